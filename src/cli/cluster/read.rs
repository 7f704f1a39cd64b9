//! A cluster and the images of its workloads, read for a question about them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::upgrade::UpgradeArgs;
use crate::cli::interrupted::ended_with_us;
use crate::cli::io::Io;
use crate::cli::judging::JudgingArgs;
use crate::cli::knowledge::KnowledgeArgs;
use crate::cli::policy::ISOLATION_ON_NODES;
use crate::cli::reading::read_images;
use crate::cli::registries::{CHECKED_WITHIN, RegistryArgs, runtime, with_credentials};
use crate::cli::{references, wording::CommandLine};
use crate::cluster::api::{self, Access, EmptyNamespace, Scope, Snapshot};
use crate::cluster::secrets::{self, PullSecret};
use crate::cluster::{Classes, Nodes, Question, Upgrade, Workload};
use crate::compat::Policy;
use crate::host::{Host, HostEngine};
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::oci::Options;
use crate::report::document::ErrorEntry;
use crate::text::quoted;
use crate::{Engine, Error, ErrorKind};

/// The advice about an image that is not in a registry.
const PULLED_BY: &str = "correct the image of the workload: nodes pull it by NAME:TAG";

/// The most workloads of one answer: it is held as a whole.
const MOST_WORKLOADS: usize = 50_000;

/// The cluster that is asked about.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Cluster")]
pub struct AccessArgs {
    /// Context of the kubeconfig; the current one if none is named.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Kubeconfig. If it is not given: KUBECONFIG, ~/.kube/config, then the account of the pod that this runs in.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Namespace; that of the context if none is named.
    #[arg(short, long, value_name = "NAME", conflicts_with = "all_namespaces")]
    namespace: Option<String>,
    /// All namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
}

impl AccessArgs {
    fn access(&self, within: Duration, io: &Io<'_>) -> Access {
        let scope = match (&self.namespace, self.all_namespaces) {
            (Some(name), _) => Scope::Namespace(name.clone()),
            (None, true) => Scope::All,
            (None, false) => Scope::Own,
        };
        let groups = ended_with_us(Arc::clone(&io.platform.groups));
        Access { kubeconfig: self.kubeconfig.clone(), context: self.context.clone(), scope, within, groups }
    }
}

/// The help of options whose defaults are others for a cluster, whose nodes start the containers.
const TIMEOUT: &str = "Time limit in seconds. For the whole command (default: 120)";
const ENGINE: &str = "Engine that will start the containers: docker, containerd, kubernetes or wincompat, optionally with its version \
                      (docker@27.3.1). kubernetes/containerd@2.1.5 is the kubelet with this containerd. If it is not given: kubernetes, \
                      with the versions that each node has";

/// The questions that a cluster is read for.
#[derive(clap::Args, Clone, Debug)]
#[command(
    mut_arg("isolation", |isolation| isolation.help(ISOLATION_ON_NODES)),
    mut_arg("engine", |engine| engine.help(ENGINE)),
    mut_arg("timeout", |timeout| timeout.help(TIMEOUT))
)]
pub struct ReadArgs {
    #[command(flatten)]
    access: AccessArgs,
    /// Read images with the pull secrets of the workloads and of their service accounts too, each with those of its own workloads.
    #[arg(long)]
    pull_secrets: bool,
    #[command(flatten)]
    judging: JudgingArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
}

/// A cluster, with the images of the workloads that concern Windows.
pub struct Cluster {
    knowledge: Cow<'static, Knowledge>,
    policy: Policy,
    pub nodes: Nodes,
    classes: Classes,
    /// The workloads that concern Windows.
    pub workloads: Vec<Workload>,
    /// The number of the others.
    pub elsewhere: usize,
    images: HashMap<String, Result<Image, Error>>,
    /// What could not be read.
    pub errors: Vec<ErrorEntry>,
    /// The nodes that come and go.
    pub upgrade: Upgrade,
    /// The access to images.
    options: Options,
}

impl Cluster {
    /// The question about it.
    pub fn question(&self) -> Question<'_> {
        Question {
            knowledge: &self.knowledge,
            policy: &self.policy,
            nodes: &self.nodes,
            classes: &self.classes,
            images: &self.images,
        }
    }

    /// The images of more references, for the nodes that come as well.
    pub fn read(&self, texts: &[String]) -> Vec<Result<Image, Error>> {
        let hosts = hosts_of(&self.nodes, &self.upgrade);
        let references: Vec<_> = texts.iter().map(|text| references::in_registry(text, &self.knowledge, PULLED_BY)).collect();
        read_images(self.options.clone(), &self.knowledge, &hosts, std::slice::from_ref(&self.policy), &references, true)
    }
}

/// The Windows that images are read for.
fn hosts_of(nodes: &Nodes, upgrade: &Upgrade) -> Vec<Host> {
    nodes.hosts().into_iter().chain(upgrade.added.iter().cloned()).collect()
}

impl ReadArgs {
    /// Reads the cluster, then the images, for the nodes that come as well. `wanted` are objects by kind and name, e.g.
    /// `deployment/web`; all, if there is none.
    ///
    /// # Errors
    ///
    /// A cluster that cannot be reached, and one without Windows nodes.
    pub fn read(&self, wanted: &[String], upgrade: &UpgradeArgs, quiet: bool, io: &mut Io<'_>) -> Result<Cluster, Error> {
        let read = |access: &Access, knowledge: &Knowledge| {
            // The rest of the time is for the images.
            let access = Access { within: access.within / 4 * 3, ..access.clone() };
            runtime()?.block_on(api::read(&access, knowledge))
        };
        self.read_by(read, wanted, upgrade, quiet, io)
    }

    /// The way to the cluster, and the time that reading it may take.
    pub fn access(&self, io: &Io<'_>) -> Access {
        self.access.access(self.limit().unwrap_or(CHECKED_WITHIN), io)
    }

    /// The time limit that was asked for.
    pub fn limit(&self) -> Option<Duration> {
        self.registries.limit()
    }

    /// The facts that age.
    ///
    /// # Errors
    ///
    /// A file of them that cannot be read.
    pub fn knowledge(&self) -> Result<Cow<'static, Knowledge>, Error> {
        self.knowledge.load()
    }

    /// The same for a cluster that is read like this.
    pub fn read_by(
        &self,
        read: impl FnOnce(&Access, &Knowledge) -> Result<Snapshot, Error>,
        wanted: &[String],
        upgrade: &UpgradeArgs,
        quiet: bool,
        io: &mut Io<'_>,
    ) -> Result<Cluster, Error> {
        let mut policy = self.judging.policy()?;
        policy.engine.get_or_insert_with(|| HostEngine::new(Engine::Kubernetes, None));
        let knowledge = self.knowledge.load()?;
        let upgrade = upgrade.upgrade(&knowledge, policy.today)?;
        let options = self.registries.options(io.platform, !self.judging.no_confirm, Some(CHECKED_WITHIN));
        let left = || options.deadline.map_or(CHECKED_WITHIN, |deadline| deadline.saturating_duration_since(Instant::now()));
        let snapshot = read(&self.access.access(left(), io), &knowledge)?;
        let mut errors: Vec<ErrorEntry> =
            snapshot.unread.iter().map(|(what, error)| ErrorEntry::of_part(what, error, &CommandLine)).collect();
        if snapshot.workloads.len() > MOST_WORKLOADS {
            return Err(Error::new(format!("more than {MOST_WORKLOADS} workloads are too much for one answer"))
                .hint("name a namespace with -n"));
        }
        let nodes = Nodes::of(snapshot.nodes);
        let hosts = hosts_of(&nodes, &upgrade);
        if hosts.is_empty() && nodes.nodes.iter().any(|node| node.is_windows()) {
            return Err(Error::new("the Windows nodes of the cluster do not say which Windows they run")
                .hint("wait until their kubelets have started, then read the cluster again"));
        }
        if hosts.is_empty() {
            return Err(Error::new("the cluster has no Windows nodes")
                .hint("name the context of a cluster that has some: `kubectl config get-contexts`"));
        }
        if let Some(empty) = &snapshot.empty {
            refuse_unless_there(empty, io)?;
        }
        let workloads = among(snapshot.workloads, wanted, &snapshot.unread)?;
        let none = HashMap::new();
        let asked = Question { knowledge: &knowledge, policy: &policy, nodes: &nodes, classes: &snapshot.classes, images: &none };
        let next = upgrade.nodes(&nodes);
        let then = Question { nodes: &next, ..asked };
        let concerns = |workload: &Workload| asked.concerns(workload) || then.concerns(&upgrade.workload(workload, &nodes));
        let (workloads, others): (Vec<Workload>, Vec<Workload>) = workloads.into_iter().partition(concerns);
        let secrets = if self.pull_secrets {
            let access = self.access.access(left() / 4 * 3, io);
            let found = runtime()?.block_on(secrets::read(&access, &workloads))?;
            errors.extend(found.unread.iter().map(|(what, error)| ErrorEntry::of_part(what, error, &CommandLine)));
            found.of
        } else {
            Vec::new()
        };
        let mut images: HashMap<String, Result<Image, Error>> = HashMap::new();
        for (secrets, texts) in by_secrets(&workloads, &secrets) {
            let configurations: Vec<String> = secrets.iter().map(|secret| secret.reveal().to_owned()).collect();
            let options = match configurations.as_slice() {
                [] => options.clone(),
                some => with_credentials(&options, io.platform, some, "a pull secret"),
            };
            let references: Vec<_> = texts.iter().map(|text| references::in_registry(text, &knowledge, PULLED_BY)).collect();
            let read = read_images(options, &knowledge, &hosts, std::slice::from_ref(&policy), &references, quiet);
            for (text, image) in texts.into_iter().zip(read) {
                // One that can be read with the secrets of any workload is known.
                if image.is_ok() || !images.contains_key(text) {
                    images.insert(text.to_owned(), image);
                }
            }
        }
        let mut unread: Vec<(&String, &Error)> =
            images.iter().filter_map(|(text, image)| Some((text, image.as_ref().err()?))).collect();
        unread.sort_by_key(|(text, _)| *text);
        errors.extend(unread.into_iter().map(|(text, error)| ErrorEntry::new(text, error, &CommandLine)));
        let (elsewhere, classes) = (others.len(), snapshot.classes);
        Ok(Cluster { knowledge, policy, nodes, classes, workloads, elsewhere, images, errors, upgrade, options })
    }
}

/// Those of these workloads that are wanted by kind and name; all of them if none is.
///
/// # Errors
///
/// A name that none of them has, and a list that could not be read and may have it.
fn among(mut workloads: Vec<Workload>, wanted: &[String], unread: &[(String, Error)]) -> Result<Vec<Workload>, Error> {
    if wanted.is_empty() {
        return Ok(workloads);
    }
    workloads.retain(|workload| wanted.iter().any(|name| is_named(workload, name)));
    match wanted.iter().find(|name| !workloads.iter().any(|workload| is_named(workload, name))) {
        None => Ok(workloads),
        Some(name) => Err(match unread.iter().find(|(list, _)| api::is_of_workloads(list)) {
            Some((list, why)) => {
                let error = why.clone().within(format!("{list} cannot be read"));
                error.within(format!("it is not known whether {} is there", quoted(name)))
            }
            None => Error::of(ErrorKind::NotFound, format!("{} is not there", quoted(name)))
                .hint("name it as kind/name, e.g. deployment/web, and its namespace with -n"),
        }),
    }
}

/// Refuses a namespace without workloads, unless it is known to be there: its name may be misspelled, and a check of nothing passes.
fn refuse_unless_there(empty: &EmptyNamespace, io: &mut Io<'_>) -> Result<(), Error> {
    let name = quoted(&empty.name);
    let hint = "list the names with `kubectl get namespaces`, or check all of them with -A";
    match &empty.exists {
        Ok(true) => {
            io.warn(&format!("the namespace {name} has no workloads; -A is for all namespaces").into());
            Ok(())
        }
        Ok(false) => Err(Error::of(ErrorKind::NotFound, format!("there is no namespace {name}")).hint(hint)),
        Err(why) => {
            let error = Error::of(ErrorKind::NotFound, format!("the namespace {name} has no workloads"))
                .because("whether it is there is not known, since the namespaces could not be listed")
                .because(&why.what);
            Err(why.causes.iter().fold(error, Error::because).hint(hint))
        }
    }
}

/// The references of workloads, each once, by the pull secrets that they are read with.
fn by_secrets<'w>(workloads: &'w [Workload], secrets: &[Vec<PullSecret>]) -> BTreeMap<Vec<PullSecret>, BTreeSet<&'w str>> {
    let mut groups: BTreeMap<Vec<PullSecret>, BTreeSet<&str>> = BTreeMap::new();
    for (number, workload) in workloads.iter().enumerate() {
        let group = groups.entry(secrets.get(number).cloned().unwrap_or_default()).or_default();
        group.extend(workload.images.iter().map(|image| image.reference.as_str()));
    }
    groups
}

/// True for a workload of this kind and name, e.g. `deployment/web`, `deploy/web` or `web`.
fn is_named(workload: &Workload, name: &str) -> bool {
    let (kind, name) = name.rsplit_once('/').map_or((None, name), |(kind, name)| (Some(kind.to_lowercase()), name));
    // With its group, as `kubectl get -o name` prints it: `deployment.apps`.
    let kind = kind.map(|kind| kind.split('.').next().unwrap_or_default().to_owned());
    let own = workload.kind.to_lowercase();
    let short = match own.as_str() {
        "deployment" => "deploy",
        "statefulset" => "sts",
        "daemonset" => "ds",
        "replicaset" => "rs",
        "replicationcontroller" => "rc",
        "cronjob" => "cj",
        "pod" => "po",
        other => other,
    };
    workload.name == name && kind.is_none_or(|kind| kind == own || kind == format!("{own}s") || kind == short)
}
