//! Workflows of GitHub: the containers of jobs, their services, and steps that are images.
//!
//! Sources: the workflow syntax (`jobs.<job_id>.with`, `on.workflow_call.inputs`) and the metadata syntax of GitHub Actions; actions/runner:
//! ContainerOperationProvider and ContainerActionHandler refuse every system but Linux, PipelineTemplateConverter takes `docker://` away, and
//! makes no container of an empty image.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::variables::{Scope, Scopes, of_map};
use super::{Inputs, Reader, Run, Service, hosted, matrix};
use crate::scan::words::Values;
use crate::scan::yaml::{Node, Value};
use crate::scan::{Lands, Meant, Os};

/// What may stand before an image.
pub(super) const SCHEME: &str = "docker://";

/// What stands before the name of an input.
pub(super) const INPUTS: &str = "inputs.";

/// What a value takes beside its text, in bytes.
const SIZE: usize = 32;

/// The most runs of one job of a workflow that others call.
const MOST_RUNS: usize = 256;

/// The most labels of a list that a matrix gives.
const MOST_LABELS: usize = 64;

/// The image of a text that begins with `docker://`, at its place; `None` for any other.
pub(super) fn bare(image: &Node) -> Option<Node> {
    let whole = image.text()?;
    let text = whole.strip_prefix(SCHEME)?;
    let quote = usize::from(matches!(image.value, Value::Scalar { plain: false, .. }) && image.span.len() > whole.len());
    let end = image.span.end.saturating_sub(quote);
    Some(Node::of_text(text, end.saturating_sub(text.len())..end))
}

/// True for an action that is a container.
pub(super) fn is_docker(root: &Node) -> bool {
    root.text_at(&["runs", "using"]).is_some_and(|using| using.eq_ignore_ascii_case("docker"))
}

/// The hosts of the containers of actions.
pub(super) fn of_actions() -> Lands {
    let why = "GitHub runs the containers of actions on Linux only".to_owned();
    Lands::Linux { why, hint: "run the container in a step of a job on Windows, with `docker run`".to_owned() }
}

/// An image without what may stand before it.
pub(super) fn without_scheme(image: &str) -> &str {
    image.strip_prefix(SCHEME).unwrap_or(image)
}

/// The jobs of a workflow that call others, by the paths of these from the top of the repository.
pub fn calls(root: &Node) -> Vec<(&str, &Rc<Node>)> {
    let jobs = root.get("jobs").map(|jobs| jobs.entries()).unwrap_or_default();
    jobs.into_iter().filter_map(|(_, job)| Some((job.text_at(&["uses"])?.strip_prefix("./")?, job))).collect()
}

/// What a job gives to the inputs of the workflow that it calls, in each row of its matrix, each once; `None` where that is more than
/// is left, in bytes.
pub fn given_by(job: &Node, given: &Values, left: &mut usize) -> Option<BTreeSet<Inputs>> {
    let with = job.get("with").map(|with| with.entries()).unwrap_or_default();
    let mut all = BTreeSet::new();
    for row in &matrix::rows(Service::GitHub, job) {
        let scopes = Scopes { service: Service::GitHub, given, parts: vec![row] };
        let mut inputs = Inputs::new();
        for (name, node) in &with {
            let (Some(name), text) = (name.text(), node.text()) else { continue };
            *left = left.checked_sub(name.len() + text.map_or(0, str::len) + SIZE)?;
            let value = text.and_then(|text| scopes.meant(text).told().ok());
            *left = left.checked_sub(value.as_ref().map_or(0, String::len))?;
            inputs.insert(key(name), value);
        }
        *left = left.checked_sub(SIZE)?;
        all.insert(inputs);
    }
    Some(all)
}

/// The name of an input in expressions. It is the same in capitals and small letters.
///
/// Source: actions/runner, `DictionaryContextData`.
fn key(name: &str) -> String {
    format!("{INPUTS}{}", name.to_ascii_lowercase())
}

/// The inputs of a workflow, once for each that calls it: those that it is not given have their default, or are empty. Where it is started by
/// hand too, one with all of them unknown. What they are where no workflow is known to call it is not known.
fn called(root: &Node, callers: &[Inputs]) -> Vec<Scope> {
    if callers.is_empty() {
        return vec![Scope::new()];
    }
    let declared = |event: &str| root.at(&["on", event, "inputs"]).map(|inputs| inputs.entries()).unwrap_or_default();
    let named = |(name, input): &(&Rc<Node>, &Rc<Node>)| {
        let default = input.text_at(&["default"]).unwrap_or_default().to_owned();
        Some((key(name.text()?), Some(default)))
    };
    let usual: Scope = declared("workflow_call").iter().filter_map(named).collect();
    let mut all: Vec<Scope> = Vec::new();
    for caller in callers {
        let mut scope = usual.clone();
        scope.extend(caller.clone());
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    let by_hand: Scope = declared("workflow_dispatch").iter().filter_map(named).map(|(name, _)| (name, None)).collect();
    if !by_hand.is_empty() {
        all.push(by_hand);
    }
    all
}

impl Reader<'_, '_> {
    /// A workflow, which other workflows call with these inputs.
    pub(super) fn github(&mut self, root: &Node, callers: &[Inputs]) {
        let outer = of_map(root.get("env"));
        let (called, unknown) = (called(root, callers), [Scope::new()]);
        for (name, job) in root.get("jobs").map(|jobs| jobs.entries()).unwrap_or_default() {
            if self.left.get() == 0 {
                break;
            }
            let own = of_map(job.get("env"));
            let rows = matrix::rows(self.service, job);
            let object = format!("job {}", name.text().unwrap_or_default());
            let labels = job.get("runs-on").map(|on| labels(on)).unwrap_or_default();
            let is_small = called.len().saturating_mul(rows.len()) <= MOST_RUNS;
            let inputs = if is_small { called.as_slice() } else { &unknown };
            let run = |(inputs, row)| {
                let scopes = vec![inputs, &outer, &own, row];
                Run { host: self.github_host(&labels, &scopes), scopes, shares: Vec::new() }
            };
            let runs: Vec<Run<'_>> =
                inputs.iter().flat_map(|inputs| rows.iter().map(move |row| (inputs, row))).map(run).collect();
            if let Some(container) = job.get("container") {
                self.add_either(container, &object, &runs);
            }
            for (service, node) in job.get("services").map(|services| services.entries()).unwrap_or_default() {
                let object = format!("{object} service {}", service.text().unwrap_or_default());
                self.add_either(node, &object, &runs);
            }
            for step in job.get("steps").map(|steps| steps.list()).unwrap_or_default() {
                if let Some(uses) = step.get("uses").filter(|uses| bare(uses).is_some()) {
                    self.add(uses, object.clone(), &runs);
                }
            }
        }
    }

    /// An action: its image, if it has one, and those of its steps.
    pub(super) fn action(&mut self, root: &Node) {
        let runs = [Run { host: (Os::Unsaid, of_actions()), scopes: Vec::new(), shares: Vec::new() }];
        let steps = root.at(&["runs", "steps"]).map(|steps| steps.list()).unwrap_or_default();
        let of_steps = steps.iter().filter_map(|step| step.get("uses"));
        let images = is_docker(root).then(|| root.at(&["runs", "image"])).flatten().into_iter().chain(of_steps);
        for image in images.filter(|image| bare(image).is_some()) {
            self.add(image, "action".to_owned(), &runs);
        }
    }

    /// GitHub's runner starts containers on Linux alone, whatever the machine. The first label that says its system decides.
    fn github_host(&self, labels: &[&str], scopes: &[&Scope]) -> (Os, Lands) {
        let scopes = Scopes { service: self.service, given: self.values, parts: scopes.to_vec() };
        let why = "GitHub's runner starts the containers of a job on Linux only";
        let hint = "run the container in a step of a job on Windows, with `docker run`".to_owned();
        let mut unknown = Vec::new();
        for label in labels {
            let (known, names) = meant(label, &scopes);
            unknown.extend(names);
            match known.iter().map(|label| system(label)).find(|os| *os != Os::Unsaid) {
                Some(Os::Windows) => return (Os::Windows, Lands::Nowhere { why: why.to_owned(), hint }),
                Some(_) => return (Os::Other, Lands::Linux { why: why.to_owned(), hint }),
                None => {}
            }
        }
        let whatever = if unknown.is_empty() { String::new() } else { format!(", whatever {} is", unknown.join(", ")) };
        (Os::Unsaid, Lands::Linux { why: format!("{why}{whatever}"), hint })
    }
}

/// The labels of a text in `runs-on`, and its variables without a value. A list of a matrix is several.
fn meant(label: &str, scopes: &Scopes<'_>) -> (Vec<String>, Vec<String>) {
    let names = match scopes.meant(label).told() {
        Ok(known) => return (vec![known], Vec::new()),
        Err(names) => names,
    };
    if let ([name], true) = (names.as_slice(), label.starts_with("${{") && label.ends_with("}}")) {
        let item = |index: usize| match scopes.meant(&format!("${{{{ {name}[{index}] }}}}")) {
            Meant::Known(label) if !label.is_empty() => Some(label),
            _ => None,
        };
        let list: Vec<String> = (0..MOST_LABELS).map_while(item).collect();
        if !list.is_empty() {
            return (list, Vec::new());
        }
    }
    (vec![label.to_owned()], names)
}

/// The system that a label says.
fn system(label: &str) -> Os {
    // The label of users' own runners.
    if label.eq_ignore_ascii_case("linux") { Os::Other } else { hosted(Some(label)).0 }
}

/// The labels of `runs-on`: a text, a list, or either below `labels` beside a `group`.
fn labels(on: &Node) -> Vec<&str> {
    let labels = if on.is_map() { on.get("labels").map(AsRef::as_ref) } else { Some(on) };
    labels
        .into_iter()
        .flat_map(|labels: &Node| labels.text().into_iter().chain(labels.list().iter().filter_map(|one| one.text())))
        .collect()
}
