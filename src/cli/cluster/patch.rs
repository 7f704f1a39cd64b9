//! `wincompat cluster patch`: the changes that lead pods to nodes where they run, as YAML.

use std::io::Write as _;

use serde_json::Value;

use super::read::ReadArgs;
use super::upgrade::{UpgradeArgs, refuse_absent};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::subcommand::Subcommand;
use crate::cluster::{Answer, Form, Patch, Question, patch, yaml};
use crate::host::pod::Tree as _;
use crate::report::plain::clean;

/// Write changes that lead pods to nodes where they run, as YAML for kubectl or Kustomize.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat cluster patch -n shop deployment/web > web.yaml
  kubectl patch -n shop deployment web --patch-file web.yaml
  wincompat cluster patch -A --as affinity > patches.yaml
  wincompat cluster patch -A --add ltsc2022 --retire 17763

Nothing is written in the cluster. Each document is the part of a workload that changes, a strategic merge patch: for `kubectl patch`, \
or for `patches:` in a kustomization.yaml. A RuntimeClass is an object of its own: `kubectl apply` it first, as a file of its own. \
A value `null` removes a label. Each change was judged: with it, the pods land on nodes \
where all images run, and on no others. For a workload that fails and has no such change, a comment says why; one that is named and needs \
none is named on standard error. With --add and --retire it is judged on the nodes after the upgrade. docs/kubernetes.md says how to apply \
changes of many workloads.

Exit codes: 0 done, 2 a workload that fails has no change, or an error occurred.")]
pub struct Args {
    /// Workloads by kind and name, e.g. deployment/web; all that fail if none is named.
    #[arg(value_name = "KIND/NAME")]
    objects: Vec<String>,
    /// Form of the changes. If it is not given: a node selector, with affinity where several builds fit.
    #[arg(long = "as", value_name = "FORM", value_enum)]
    form: Option<FormArg>,
    #[command(flatten)]
    upgrade: UpgradeArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// The values of `--as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FormArg {
    /// A node selector alone.
    Selector,
    /// The builds in every term of the required node affinity.
    Affinity,
    /// A RuntimeClass that leads its pods.
    RuntimeClass,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let form = match self.form {
            None => Form::Shortest,
            Some(FormArg::Selector) => Form::Selector,
            Some(FormArg::Affinity) => Form::Affinity,
            Some(FormArg::RuntimeClass) => Form::RuntimeClass,
        };
        let cluster = self.read.read(&self.objects, &self.upgrade, true, io)?;
        refuse_absent(&cluster.upgrade, &cluster.nodes)?;
        let nodes = cluster.upgrade.nodes(&cluster.nodes);
        let question = Question { nodes: &nodes, ..cluster.question() };
        let answers: Vec<Answer<'_>> = cluster.workloads.iter().map(|workload| question.answer(workload)).collect();
        let mut is_whole = cluster.errors.is_empty();
        let mut classes = question.classes.clone().unwrap_or_default();
        for answer in answers.iter().filter(|answer| answer.ok == Some(false)) {
            let object = clean(&answer.workload.object()).into_owned();
            match patch(answer, &nodes, form, &mut classes) {
                Patch::Objects(objects) => {
                    for document in objects {
                        write!(io.out, "---\n# {}\n{}", heading(&document, &object), yaml(&document))?;
                    }
                }
                Patch::None(why) => {
                    is_whole = false;
                    writeln!(io.out, "# {object}: {}", clean(&why))?;
                }
            }
        }
        self.say_unchanged(&answers, io);
        for error in &cluster.errors {
            io.warn(&format!("not read: {}", error.line()).into());
        }
        Ok(if is_whole { ExitCode::DONE } else { ExitCode::NOT_DONE })
    }
}

impl Args {
    /// Says of the workloads that are named, or of all of them where none fails, that nothing is written for them.
    fn say_unchanged(&self, answers: &[Answer<'_>], io: &mut Io<'_>) {
        if self.objects.is_empty() {
            if answers.iter().all(|answer| answer.ok != Some(false)) {
                io.note(&"no change is written: no workload fails".into());
            }
            return;
        }
        for answer in answers {
            let object = answer.workload.object();
            let why = match answer.ok {
                Some(true) => "no change is needed: its pods land only on nodes where they run",
                Some(false) => continue,
                None => "no change is written: it is not known where its pods run; see `wincompat cluster check`",
            };
            io.note(&format!("{object}: {why}").into());
        }
        if answers.is_empty() {
            io.note(&"no change is needed: what is named does not run on Windows nodes".into());
        }
    }
}

/// What a document is, above it: a change of this workload, or an object that has to be there first.
fn heading(document: &Value, workload: &str) -> String {
    match document.text_at(&["kind"]).as_deref() {
        Some("RuntimeClass") => {
            let name = document.owned_at(&["metadata", "name"]);
            format!("RuntimeClass {}, for {workload}: apply it as a file of its own, before the change", clean(&name))
        }
        _ => workload.to_owned(),
    }
}
