//! A cluster read from its API server: lists in pages, nothing else. A list that is denied leaves the others readable.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kube::api::ListParams;
use kube::client::AuthError;
use kube::core::Request;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::client::Client;
use super::objects::group_of;
use super::{Classes, ClusterNode, Kinds, Workload, kubeconfig, rights};
use crate::host::pod::{RuntimeClass, Tree};
use crate::knowledge::Knowledge;
use crate::process_group::ProcessGroups;
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The objects of one page.
const PAGE: u32 = 500;

/// The most pages of one list: a server that goes on for ever is not followed.
const MOST_PAGES: usize = 2_000;

/// The most objects of one list that are kept: those of all its pages.
pub(super) const MOST_OBJECTS: usize = 1_000_000;

/// The most bytes of one page. An object has at most a few MiB, and most have a few KiB.
const MOST_BYTES: usize = 256 << 20;

/// The most bytes of one object: etcd takes one and a half MiB.
const LARGEST_OBJECT: usize = 3 << 20;

/// The times that a list is begun again because its pages have expired.
const MOST_STARTS: usize = 3;

/// The times that a page is asked for from a server that is busy, and the pause between them.
const MOST_TRIES: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// The namespaces that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// That of the context, or of the pod's own account.
    Own,
    /// This one.
    Namespace(String),
    /// All of them.
    All,
}

/// The way to a cluster.
#[derive(Clone, Debug)]
pub struct Access {
    /// The kubeconfig; `None` for the usual ones: `KUBECONFIG`, `~/.kube/config`, then the account of the pod that this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// The context in it; `None` for the current one.
    pub context: Option<String>,
    /// The namespaces.
    pub scope: Scope,
    /// The time that all requests together may take.
    pub within: Duration,
    /// The groups that plugins are started in.
    pub groups: Arc<dyn ProcessGroups>,
}

/// What was read of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The nodes.
    pub nodes: Vec<ClusterNode>,
    /// The RuntimeClasses.
    pub classes: Classes,
    /// The workloads, in the order of their kinds and names.
    pub workloads: Vec<Workload>,
    /// The namespace that was read, where it has no workload.
    pub empty: Option<EmptyNamespace>,
    /// What could not be read: the plural of the objects, e.g. `runtimeclasses`, or the name of one.
    pub unread: Vec<(String, Error)>,
    /// The requests that were sent.
    pub requests: usize,
}

/// A namespace of which all lists were read, and no workload is in them: the API server lists nothing for a namespace that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmptyNamespace {
    /// The name.
    pub name: String,
    /// True if it is there; an error where the namespaces could not be listed.
    pub exists: Result<bool, Error>,
}

/// A list of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    /// The versions that have it, the newest first.
    versions: &'static [&'static str],
}

impl List {
    /// The API group, e.g. `apps`; empty for that of pods.
    pub(super) fn group(&self) -> &'static str {
        self.versions.first().map_or("", |version| group_of(version))
    }
}

pub(super) const NODES: List = List { kind: "Node", plural: "nodes", versions: &["v1"] };
const NAMESPACES: List = List { kind: "Namespace", plural: "namespaces", versions: &["v1"] };
pub(super) const CLASSES: List =
    List { kind: "RuntimeClass", plural: "runtimeclasses", versions: &["node.k8s.io/v1", "node.k8s.io/v1beta1"] };

/// The lists of workloads: what makes others before what is made.
pub(super) const WORKLOADS: [&[List]; 3] = [
    &[
        List { kind: "Deployment", plural: "deployments", versions: &["apps/v1"] },
        List { kind: "StatefulSet", plural: "statefulsets", versions: &["apps/v1"] },
        List { kind: "DaemonSet", plural: "daemonsets", versions: &["apps/v1"] },
        List { kind: "CronJob", plural: "cronjobs", versions: &["batch/v1", "batch/v1beta1"] },
        List { kind: "ReplicationController", plural: "replicationcontrollers", versions: &["v1"] },
    ],
    &[
        List { kind: "ReplicaSet", plural: "replicasets", versions: &["apps/v1"] },
        List { kind: "Job", plural: "jobs", versions: &["batch/v1"] },
    ],
    &[List { kind: "Pod", plural: "pods", versions: &["v1"] }],
];

/// True for a kind of Kubernetes itself that makes pods, e.g. `apps/v1` `StatefulSet`: others have kinds of the same names.
pub(super) fn makes_pods(version: &str, kind: &str) -> bool {
    WORKLOADS.iter().flat_map(|stage| stage.iter()).any(|list| list.kind == kind && list.group() == group_of(version))
}

/// The failure of a cluster that does not answer in this time.
pub(super) fn late(within: Duration) -> Error {
    Error::of(ErrorKind::Network, format!("the cluster did not answer within {:.0} seconds", within.as_secs_f64().ceil()))
        .hint(MORE_TIME)
}

/// The way to go on with a cluster that is slow.
const MORE_TIME: &str = "give it more time, or read fewer namespaces";

/// What is read, or that it does not come to an end in this time.
async fn in_time<T>(within: Duration, read: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(within, read).await.unwrap_or_else(|_| Err(late(within)))
}

/// The time that is left of that for all requests.
pub(super) fn left(access: &Access, begun: Instant) -> Duration {
    access.within.saturating_sub(begun.elapsed())
}

/// The time for the lists of this stage of [`WORKLOADS`], of what is left: one that does not come to an end leaves time for those after it.
pub(super) fn share(left: Duration, stage: usize) -> Duration {
    if stage + 1 == WORKLOADS.len() { left } else { left / 2 }
}

/// True for the plural of a list of workloads, e.g. `deployments`.
pub fn is_of_workloads(plural: &str) -> bool {
    WORKLOADS.iter().flat_map(|stage| stage.iter()).any(|list| list.plural == plural)
}

/// Reads a cluster. A list that does not come to an end in time is among what could not be read.
///
/// # Errors
///
/// A cluster that cannot be reached, credentials that it refuses, and nodes that cannot be read: without them nothing can be said.
pub async fn read(access: &Access, knowledge: &Knowledge) -> Result<Snapshot, Error> {
    let begun = Instant::now();
    let client = Client::of(access, access.within).await?;
    let namespace = namespace(&access.scope, &client)?;
    let mut snapshot = Snapshot::default();
    let nodes = all(&client, NODES, None, |_, object| Some(node(object, knowledge)));
    let nodes = in_time(left(access, begun), nodes).await.map_err(|error| rights::without_nodes(error, rights::READ))?;
    snapshot.requests = nodes.requests;
    for (node, unread) in nodes.objects {
        snapshot.nodes.push(node);
        snapshot.unread.extend(unread);
    }
    let class = |_: &str, object: &Value| Some((object.owned_at(&["metadata", "name"]), RuntimeClass::of(object)));
    match in_time(left(access, begun) / 2, all(&client, CLASSES, None, class)).await {
        Ok(classes) => {
            snapshot.classes = Some(classes.objects.into_iter().collect::<BTreeMap<_, _>>());
            snapshot.requests += classes.requests;
        }
        // A cluster without the API has none.
        Err(error) if error.kind == ErrorKind::NotFound => snapshot.classes = Some(BTreeMap::new()),
        Err(error) => snapshot.unread.push((CLASSES.plural.to_owned(), error)),
    }
    let mut known = Kinds::new();
    let mut are_all_read = true;
    for (number, stage) in WORKLOADS.into_iter().enumerate() {
        let within = share(left(access, begun), number);
        let of = |list: &List| {
            let (list, client, known, namespace) = (*list, &client, &known, namespace.as_deref());
            async move {
                let workloads = all(client, list, namespace, |version, object| Workload::of(version, list.kind, object, known));
                (list, in_time(within, workloads).await)
            }
        };
        let read = join_all(stage.iter().map(of)).await;
        for (list, read) in read {
            match read {
                Ok(Listed { objects: mut workloads, requests, .. }) => {
                    workloads.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
                    snapshot.workloads.extend(workloads);
                    snapshot.requests += requests;
                    known.insert((list.group(), list.kind));
                }
                Err(error) => {
                    are_all_read = false;
                    snapshot.unread.push((list.plural.to_owned(), error));
                }
            }
        }
    }
    rights::advise(&mut snapshot.unread, rights::READ);
    if let Some(name) = namespace.filter(|_| are_all_read && snapshot.workloads.is_empty()) {
        let names = all(&client, NAMESPACES, None, |_, object| Some(object.owned_at(&["metadata", "name"])));
        let names = in_time(left(access, begun), names).await;
        snapshot.empty = Some(EmptyNamespace { exists: names.map(|names| names.objects.contains(&name)), name });
    }
    Ok(snapshot)
}

/// The namespace that is read; `None` for all of them.
///
/// # Errors
///
/// A text that is not the name of one.
pub(super) fn namespace(scope: &Scope, client: &Client) -> Result<Option<String>, Error> {
    let namespace = match scope {
        Scope::All => None,
        Scope::Own => Some(client.default_namespace().to_owned()),
        Scope::Namespace(name) => Some(name.clone()),
    };
    match namespace.as_deref().filter(|name| !is_name(name)) {
        Some(name) => Err(Error::of(ErrorKind::Invalid, format!("{} is not the name of a namespace", crate::text::quoted(name)))
            .hint("list the names: `kubectl get namespaces`")),
        None => Ok(namespace),
    }
}

/// The node of an object, with its name and why where it does not say which Windows it runs. Pods can land on such a node too.
pub(super) fn node(object: &Value, knowledge: &Knowledge) -> (ClusterNode, Option<(String, Error)>) {
    match ClusterNode::of(object, knowledge) {
        Ok(node) => (node, None),
        Err(error) => {
            let name = format!("node {}", shown(&object.owned_at(&["metadata", "name"])));
            (ClusterNode::without_version(object), Some((name, error)))
        }
    }
}

/// True for the name of an object: it becomes a part of a path.
pub fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    (1..=253).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(is_allowed)
}

/// The failure to get credentials, and why.
pub(super) fn no_credentials(why: &str) -> Error {
    Error::of(ErrorKind::Unauthorized, "there are no credentials for the cluster")
        .because(shown(why))
        .hint("sign in again: `kubectl get nodes` has to work")
}

/// What was read of a list.
#[derive(Clone, Debug)]
pub(super) struct Listed<T> {
    /// The objects.
    pub(super) objects: Vec<T>,
    /// The version that it is of, e.g. `v1`.
    pub(super) version: &'static str,
    /// The path of the list, e.g. `/api/v1/nodes`.
    pub(super) path: String,
    /// The state of the cluster that it shows, from which a watch goes on.
    pub(super) state: String,
    /// The requests that were sent.
    requests: usize,
}

/// The objects of a list as `reduce` wants them. It is given the version that the list is of.
pub(super) async fn all<T>(
    client: &Client,
    list: List,
    namespace: Option<&str>,
    mut reduce: impl FnMut(&str, &Value) -> Option<T>,
) -> Result<Listed<T>, Error> {
    let mut requests = 0;
    let mut missing = None;
    for version in list.versions {
        match of_version(client, list, version, namespace, &mut reduce, &mut requests).await {
            Err(error) if error.kind == ErrorKind::NotFound => missing = Some(error),
            read => return read,
        }
    }
    Err(missing.unwrap_or_else(|| Error::of(ErrorKind::NotFound, format!("the cluster has no {}", list.plural))))
}

async fn of_version<T>(
    client: &Client,
    list: List,
    version: &'static str,
    namespace: Option<&str>,
    reduce: &mut impl FnMut(&str, &Value) -> Option<T>,
    requests: &mut usize,
) -> Result<Listed<T>, Error> {
    let root = if version.contains('/') { "apis" } else { "api" };
    let within = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
    let path = format!("/{root}/{version}{within}/{}", list.plural);
    let nonsense = |why: String| unexpected(format!("the API server's answer is not a list of {}", list.plural)).because(why);
    let (mut starts, mut tries) = (1, 1);
    let mut objects = Vec::new();
    let mut next = String::new();
    for _ in 0..MOST_PAGES {
        let mut asked = ListParams::default().limit(PAGE);
        if !next.is_empty() {
            asked = asked.continue_token(&next);
        }
        *requests += 1;
        let bytes = match page(client, &path, &asked).await {
            // What was read belongs to a state that the server has forgotten.
            Err(kube::Error::Api(status)) if status.code == 410 && starts < MOST_STARTS => {
                starts += 1;
                objects.clear();
                next.clear();
                continue;
            }
            Err(kube::Error::Api(status)) if matches!(status.code, 429 | 503 | 504) && tries < MOST_TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(error) => return Err(failed(error).or_hint(rights::to_list(list.plural))),
            Ok(page) => page.map_err(nonsense)?,
        };
        tries = 1;
        let page: Page<'_> = serde_json::from_slice(&bytes).map_err(|error| nonsense(error.to_string()))?;
        // The list of a kind without objects may have `null`.
        if page.items.is_none() && !page.kind.as_str().is_some_and(|kind| kind.ends_with("List")) {
            return Err(nonsense("it has no items".to_owned()));
        }
        for item in page.items.iter().flatten() {
            let item: Value = serde_json::from_str(item.get()).map_err(|error| nonsense(error.to_string()))?;
            objects.extend(reduce(version, &item));
        }
        if objects.len() > MOST_OBJECTS {
            return Err(nonsense(format!("it has more than {MOST_OBJECTS} objects")));
        }
        let continued = page.metadata.owned_at(&["continue"]);
        if continued.is_empty() || page.items.is_none() {
            let state = page.metadata.owned_at(&["resourceVersion"]);
            return Ok(Listed { objects, version, path, state, requests: *requests });
        }
        if continued == next {
            return Err(nonsense("it names the same next page again".to_owned()));
        }
        next = continued;
    }
    Err(nonsense(format!("it has more than {MOST_PAGES} pages")))
}

/// A page of a list. Its objects are read one after another: all at once take many times the room of their text.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    kind: Value,
    #[serde(default)]
    metadata: Value,
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

/// The text of one page; the inner error is one that is too large.
async fn page(client: &Client, path: &str, asked: &ListParams) -> Result<Result<Vec<u8>, String>, kube::Error> {
    let request = Request::new(path).list(asked).map_err(kube::Error::BuildRequest)?;
    let bytes = client.body(request, MOST_BYTES).await?;
    Ok(bytes.ok_or_else(|| format!("a page is larger than {} MiB", MOST_BYTES >> 20)))
}

/// The object in an answer; `None` where the answer is not JSON, or too large. Nothing of it is repeated anywhere: it may be a Secret.
///
/// # Errors
///
/// A request that fails, as the client has it.
pub async fn object(client: &Client, request: hyper::Request<Vec<u8>>) -> Result<Option<Value>, kube::Error> {
    let bytes = client.body(request, LARGEST_OBJECT).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The failure of an answer that is not what was asked for.
pub fn unexpected(what: impl Into<String>) -> Error {
    Error::of(ErrorKind::Network, what).hint("check what answers at the address of the API server: `kubectl get --raw /version`")
}

/// The user of a request without credentials.
const ANONYMOUS: &str = "\"system:anonymous\"";

/// What a server that speaks TLS answers to a request without it.
const PLAIN: &str = "HTTP request to an HTTPS server";

/// A failure of the client, in words.
pub fn failed(error: kube::Error) -> Error {
    // Credentials that expire are renewed for a request: their failure is then within that of the request.
    if let Some(error) = chain(&error).find_map(|error| error.downcast_ref::<Error>()) {
        return error.clone();
    }
    if let Some(error) = chain(&error).find_map(|error| error.downcast_ref::<AuthError>()) {
        return without_credentials(error);
    }
    match error {
        kube::Error::Api(status) => {
            let message = shown(&status.message);
            match status.code {
                401 => Error::of(ErrorKind::Unauthorized, "the cluster refuses these credentials")
                    .because(message)
                    .hint("sign in again: `kubectl get nodes` has to work"),
                // Nobody who is known asks: rights for them would be rights for everyone.
                403 if status.message.contains(ANONYMOUS) => {
                    Error::of(ErrorKind::Unauthorized, "the cluster was asked without credentials")
                        .because(message)
                        .hint("give the user of the kubeconfig's context credentials: `kubectl config view --minify` shows it")
                }
                403 => Error::of(ErrorKind::Unauthorized, "the cluster does not allow this").because(message),
                400 if status.message.contains(PLAIN) => Error::of(ErrorKind::Invalid, "the kubeconfig cannot be used")
                    .because(message)
                    .hint("write https:// instead of http:// in the server of its cluster"),
                404 => Error::of(ErrorKind::NotFound, "the cluster does not have this")
                    .because(message)
                    .hint("look at what it has: `kubectl api-resources`"),
                429 => Error::of(ErrorKind::RateLimited, "the cluster gets too many requests")
                    .because(message)
                    .hint("wait a minute, then try again"),
                code @ 400..=499 => unexpected(format!("the cluster answered with status {code}")).because(message),
                code => Error::of(ErrorKind::Network, format!("the cluster answered with status {code}"))
                    .because(message)
                    .hint("try again later, or look at the API server"),
            }
        }
        // One answer took all the time that there is for all of them.
        error if is_late(&error) => Error::of(ErrorKind::Network, "the cluster did not answer in time").hint(MORE_TIME),
        kube::Error::InferKubeconfig(error) => kubeconfig::unusable(kubeconfig::words(&error)),
        kube::Error::RustlsTls(error) => kubeconfig::unusable(causes(&error)).hint(
            "check that client-certificate and client-key belong together and are PEM, and certificate-authority too: \
             `kubectl config view --minify` names them",
        ),
        error => Error::of(ErrorKind::Network, "the cluster cannot be reached")
            .because(causes(&error))
            .hint("check the address and the certificate of the API server: `kubectl cluster-info`"),
    }
}

/// The failure of a plugin that gave no credentials, and why.
pub(super) fn refused(why: &str) -> Error {
    Error::of(ErrorKind::Unauthorized, "the plugin that the kubeconfig names gave no credentials")
        .because(why)
        .hint("run it by hand, and sign in as it asks")
}

/// A failure to get credentials. What a plugin is started with and what it prints stays out of it: there may be a secret in it.
pub(super) fn without_credentials(error: &AuthError) -> Error {
    match error {
        AuthError::AuthExecRun { out, .. } => refused(&format!("it ended with {}", out.status)),
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
            refused("what it printed is not an ExecCredential with a status")
        }
        AuthError::ReadTokenFile(why, path) => {
            no_credentials(&format!("the token file {} cannot be read: {why}", path.display()))
                .hint("name a file that this user can read as the tokenFile of the user in the kubeconfig")
        }
        AuthError::MalformedTokenExpirationDate(_) => no_credentials("the time at which they expire is not a time"),
        error => no_credentials(&error.to_string()),
    }
}

/// True if the time for an answer is over.
fn is_late(error: &kube::Error) -> bool {
    let is_timeout = |error: &(dyn std::error::Error + 'static)| {
        error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
    };
    chain(error).any(is_timeout)
}

/// An error and those behind it, from the outside in.
pub(super) fn chain(error: &kube::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}

/// An error with what is behind it, each said once.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut words = vec![error.to_string()];
    let mut inner = error.source();
    while let Some(error) = inner {
        let said = error.to_string();
        if !words.iter().any(|known| known.contains(&said)) {
            words.push(said);
        }
        inner = error.source();
    }
    shown(&words.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_takes_too_long_is_not_a_cluster_that_is_not_there() {
        let what = |kind: std::io::ErrorKind| failed(kube::Error::Service(std::io::Error::from(kind).into())).what;
        assert_eq!(what(std::io::ErrorKind::TimedOut), "the cluster did not answer in time");
        assert_eq!(what(std::io::ErrorKind::ConnectionRefused), "the cluster cannot be reached");
    }

    /// Credentials are renewed for a request: the failure of that request has what the plugin was started with, and what it printed.
    #[test]
    fn a_plugin_that_fails_for_a_request_is_said_without_its_secrets() {
        let out = std::process::Output {
            status: std::process::ExitStatus::default(),
            stdout: b"hunter2".to_vec(),
            stderr: b"hunter2".to_vec(),
        };
        let error = AuthError::AuthExecRun { cmd: "CLIENT_SECRET=hunter2 plugin".to_owned(), out: Box::new(out) };
        assert!(error.to_string().contains("hunter2"));
        let failure = failed(kube::Error::Service(error.into()));
        assert_eq!(failure.what, "the plugin that the kubeconfig names gave no credentials");
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }

    #[test]
    fn a_token_file_that_cannot_be_read_is_named() {
        let why = std::io::Error::from(std::io::ErrorKind::NotFound);
        let failure = failed(kube::Error::Auth(AuthError::ReadTokenFile(why, PathBuf::from("/nowhere/token"))));
        assert!(failure.causes[0].starts_with("the token file /nowhere/token cannot be read: "), "{failure:?}");
        assert!(failure.advice().to_string().contains("tokenFile"), "{failure:?}");
    }

    #[test]
    fn nobody_is_told_to_give_rights_to_everyone() {
        let forbidden = |user: &str| {
            let message = format!("nodes is forbidden: User \"{user}\" cannot list resource \"nodes\"");
            let status = kube::core::Status::failure(&message, "Forbidden").with_code(403).boxed();
            failed(kube::Error::Api(status)).or_hint("let this user list nodes").advice().to_string()
        };
        assert_eq!(forbidden("reader"), "let this user list nodes");
        assert!(forbidden("system:anonymous").starts_with("give the user of the kubeconfig's context credentials"));
    }

    #[test]
    fn an_address_without_tls_is_said_to_be_wrong() {
        let status = |message: &str| {
            let status = kube::core::Status::failure(message, "BadRequest").with_code(400).boxed();
            failed(kube::Error::Api(status)).advice().to_string()
        };
        assert!(status("Client sent an HTTP request to an HTTPS server.\n").contains("https:// instead of http://"));
        assert!(!status("bad").contains("https://"));
    }

    #[test]
    fn a_cluster_that_is_busy_is_not_one_that_lacks_rights() {
        let status = |code: u16| kube::Error::Api(kube::core::Status::failure("x", "y").with_code(code).boxed());
        let hint = |code: u16| failed(status(code)).or_hint("let this user list pods").advice().to_string();
        assert_eq!((hint(403).as_str(), hint(429).as_str()), ("let this user list pods", "wait a minute, then try again"));
    }
}
