//! Pipelines: the images of jobs, and the host that the service runs them on.
//!
//! Sources: the services' own references of their files; actions/runner ContainerOperationProvider for GitHub's refusal.

mod azure;
mod branches;
mod gitlab;
mod matrix;
mod variables;

use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

pub use self::gitlab::{Inputs, Layer, inputs_of, read_gitlab};
use self::variables::{Scope, Scopes, of_map};
use super::words::Values;
use super::yaml::{Node, Value};
use super::{Found, Lands, Lines, Meant, Needs, Os, Problem};
use crate::{Error, ErrorKind};

/// A service that runs pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// GitHub Actions.
    GitHub,
    /// Azure Pipelines.
    Azure,
    /// GitLab CI.
    GitLab,
    /// Drone, Woodpecker, Harness.
    Drone,
    /// Cirrus CI.
    Cirrus,
    /// Tekton.
    Tekton,
}

/// The service whose pipeline this is, by the file's place and what stands in it.
pub fn service_of(path: &Path, root: &Node) -> Option<Service> {
    let shown = path.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
    let name = shown.rsplit('/').next().unwrap_or_default();
    let has = |key: &str| root.get(key).is_some();
    let api = root.text_at(&["apiVersion"]).unwrap_or_default();
    if api.starts_with("tekton.dev/") {
        return Some(Service::Tekton);
    }
    if shown.contains(".github/workflows/") && has("jobs") {
        return Some(Service::GitHub);
    }
    if name.starts_with(".gitlab-ci") || (shown.contains("gitlab") && (has("stages") || has("image"))) {
        return Some(Service::GitLab);
    }
    if name.starts_with(".cirrus") {
        return Some(Service::Cirrus);
    }
    let is_drone = name.starts_with(".drone")
        || name.starts_with(".woodpecker")
        || shown.contains(".harness/")
        || shown.contains(".woodpecker/");
    if is_drone || (root.text_at(&["kind"]) == Some("pipeline") && has("steps")) {
        return Some(Service::Drone);
    }
    if has("jobs")
        && (has("on") || root.get("jobs").is_some_and(|jobs| jobs.entries().iter().any(|(_, job)| job.get("runs-on").is_some())))
    {
        return Some(Service::GitHub);
    }
    let is_azure =
        has("pool") || has("stages") || has("resources") || has("trigger") || has("pr") || has("jobs") || has("container");
    let named_azure = name.starts_with("azure-pipelines")
        || shown.contains(".azuredevops/")
        || shown.contains(".vsts-ci/")
        || shown.contains("azure-pipelines");
    let holds_azure = root.at(&["pool", "vmImage"]).is_some()
        || root.at(&["resources", "containers"]).is_some()
        || [("jobs", "job"), ("jobs", "deployment"), ("stages", "stage")].iter().any(|(list, name)| {
            root.get(list).is_some_and(|list| branches::items(list).iter().any(|one| one.get(name).is_some()))
        });
    if holds_azure || (named_azure && is_azure) {
        return Some(Service::Azure);
    }
    let looks_gitlab = root
        .entries()
        .iter()
        .any(|(_, job)| job.get("script").is_some() && (job.get("image").is_some() || job.get("stage").is_some()));
    looks_gitlab.then_some(Service::GitLab)
}

/// The most references of one file, each counted for each run of its job.
const MOST: usize = 200_000;

/// The references of a pipeline, and the problem of one that has too many.
pub fn read(service: Service, root: &Rc<Node>, lines: &Lines<'_>, values: &Values) -> (Vec<Found>, Option<Problem>) {
    let mut reader = Reader { service, lines, values, found: Vec::new(), left: Rc::new(Cell::new(MOST)) };
    match service {
        Service::GitHub => reader.github(root),
        Service::Azure => reader.azure(root),
        // They are read with what they include.
        Service::GitLab => {
            let read = read_gitlab(&[Layer { root, lines, inputs: Inputs::new() }], values);
            reader.found = read.found.into_iter().map(|(_, found)| found).collect();
        }
        Service::Drone => reader.drone(root),
        Service::Cirrus => reader.cirrus(root),
        Service::Tekton => reader.tekton(root),
    }
    let is_whole = reader.left.get() > 0;
    let problem = || Problem {
        place: lines.place(root.span.clone()),
        error: Error::of(ErrorKind::Invalid, format!("this pipeline has more than {MOST} images, so the others are not read"))
            .hint("make it smaller, or leave it out by a line in .wincompatignore"),
    };
    (reader.found, (!is_whole).then(problem))
}

/// One run of a part: what it runs on, and the variables that it sees, the outermost first.
#[derive(Clone)]
struct Run<'s> {
    host: (Os, Lands),
    scopes: Vec<&'s Scope>,
}

struct Reader<'r, 't> {
    service: Service,
    lines: &'r Lines<'t>,
    values: &'r Values,
    found: Vec<Found>,
    /// The references that may still be read.
    left: Rc<Cell<usize>>,
}

impl Reader<'_, '_> {
    /// The reference of this image; `None` for a value that holds none.
    fn reference(&self, image: &Node, object: String, (os, lands): (Os, Lands), scopes: &[&Scope]) -> Option<Found> {
        let text = image.text().filter(|text| !text.is_empty())?;
        self.left.set(self.left.get().checked_sub(1)?);
        let scopes = Scopes { service: self.service, given: self.values, parts: scopes.to_vec() };
        let meant = scopes.meant(text);
        let editable = self.lines.literal(image.span.clone(), text);
        let is_made = editable.is_none() && matches!(meant, Meant::Known(_));
        Some(Found {
            place: self.lines.place(image.span.clone()),
            object: Some(object),
            written: text.to_owned(),
            meant,
            needs: Needs::OneHost,
            os,
            isolation: None,
            lands,
            together: None,
            editable,
            stays: is_made.then(|| "it is made from variables, which the steps of the pipeline see too".to_owned()),
        })
    }

    /// The same of an image as text, or below `image` or `name`.
    fn either(&self, node: &Node, object: &str, host: &(Os, Lands), scopes: &[&Scope]) -> Option<Found> {
        self.reference(image_of(node)?, object.to_owned(), host.clone(), scopes)
    }

    /// Adds what this image means in each of the runs, each meaning on each host once.
    fn add(&mut self, image: &Node, object: String, runs: &[Run<'_>]) {
        let mut known = HashSet::new();
        let mut hosts = HashSet::new();
        // A text without variables means the same in each run.
        let is_plain = image.text().is_some_and(|text| !text.contains(['$', '{', '<', '%']));
        for run in runs {
            if is_plain && !hosts.insert(&run.host) {
                continue;
            }
            let Some(found) = self.reference(image, object.clone(), run.host.clone(), &run.scopes) else { return };
            if known.insert((found.meant.clone(), found.os, found.lands.clone())) {
                self.found.push(found);
            }
        }
    }

    /// The same of an image as text, or below `image` or `name`.
    fn add_either(&mut self, node: &Node, object: &str, runs: &[Run<'_>]) {
        if let Some(image) = image_of(node) {
            self.add(image, object.to_owned(), runs);
        }
    }

    fn github(&mut self, root: &Node) {
        let outer = of_map(root.get("env"));
        for (name, job) in root.get("jobs").map(|jobs| jobs.entries()).unwrap_or_default() {
            if self.left.get() == 0 {
                break;
            }
            let own = of_map(job.get("env"));
            let rows = matrix::rows(self.service, job);
            let object = format!("job {}", name.text().unwrap_or_default());
            let labels = job.get("runs-on").map(|on| labels(on)).unwrap_or_default();
            let run = |row| {
                let scopes = vec![&outer, &own, row];
                Run { host: self.github_host(&labels, &scopes), scopes }
            };
            let runs: Vec<Run<'_>> = rows.iter().map(run).collect();
            if let Some(container) = job.get("container") {
                self.add_either(container, &object, &runs);
            }
            for (service, node) in job.get("services").map(|services| services.entries()).unwrap_or_default() {
                let object = format!("{object} service {}", service.text().unwrap_or_default());
                self.add_either(node, &object, &runs);
            }
            for step in job.get("steps").map(|steps| steps.list()).unwrap_or_default() {
                if let Some(uses) = step.get("uses")
                    && let Some(image) = uses.text().and_then(|text| text.strip_prefix("docker://"))
                {
                    let start = uses.span.end.saturating_sub(image.len());
                    self.add(&Node::of_text(image, start..uses.span.end), object.clone(), &runs);
                }
            }
        }
    }

    /// GitHub's runner starts containers on Linux alone, whatever the machine. The first label that says its system decides.
    fn github_host(&self, labels: &[&str], scopes: &[&Scope]) -> (Os, Lands) {
        let scopes = Scopes { service: self.service, given: self.values, parts: scopes.to_vec() };
        let host = |label: &&str| match scopes.meant(label) {
            // The label of users' own runners.
            Meant::Known(known) if known.eq_ignore_ascii_case("linux") => (Os::Other, Lands::Fleet),
            Meant::Known(known) => hosted(Some(&known)),
            _ => hosted(Some(label)),
        };
        match labels.iter().map(host).find(|(os, _)| *os != Os::Unsaid) {
            Some((Os::Windows, _)) => {
                let why = "GitHub's runner starts the containers of a job on Linux only".to_owned();
                (Os::Windows, Lands::Nowhere { why, hint: "run the container in a step, with `docker run`".to_owned() })
            }
            other => other.unwrap_or_else(|| hosted(None)),
        }
    }

    fn drone(&mut self, root: &Node) {
        let os = match root.text_at(&["platform", "os"]) {
            Some("windows") => Os::Windows,
            Some(_) => Os::Other,
            None if root.text_at(&["platform"]).is_some_and(|platform| platform.starts_with("windows")) => Os::Windows,
            None => Os::Unsaid,
        };
        let lands = root.text_at(&["platform", "version"]).map_or(Lands::Fleet, |version| Lands::Hosted(version.to_owned()));
        for key in ["steps", "services", "pipeline"] {
            let Some(list) = root.get(key) else { continue };
            let named = list.list().iter().map(|step| (step.text_at(&["name"]).unwrap_or_default().to_owned(), step));
            let keyed = list.entries();
            let keyed = keyed.iter().map(|(name, step)| (name.text().unwrap_or_default().to_owned(), *step));
            for (name, step) in named.chain(keyed) {
                if let Some(image) = step.get("image") {
                    let runs = [Run { host: (os, lands.clone()), scopes: Vec::new() }];
                    self.add(image, format!("step {name}"), &runs);
                }
            }
        }
    }

    fn cirrus(&mut self, root: &Node) {
        let mut parts: Vec<&Node> = vec![root];
        let entries = root.entries();
        parts.extend(entries.iter().map(|(_, part)| part.as_ref()));
        let outer = of_map(root.get("env"));
        for part in parts {
            for container in
                part.entries().iter().filter(|(name, _)| name.text() == Some("windows_container")).map(|(_, value)| value)
            {
                for image in container.get("image").into_iter().flat_map(|image| {
                    // A matrix of images is a list.
                    if image.list().is_empty() { vec![image] } else { image.list().iter().collect() }
                }) {
                    let own = of_map(part.get("env"));
                    let runs = [Run { host: (Os::Windows, Lands::Fleet), scopes: vec![&outer, &own] }];
                    self.add(image, "windows_container".to_owned(), &runs);
                }
            }
        }
    }

    fn tekton(&mut self, root: &Node) {
        let name = root.text_at(&["metadata", "name"]).unwrap_or("?");
        let kind = root.text_at(&["kind"]).unwrap_or_default();
        let specs = [&["spec"][..], &["spec", "taskSpec"]].into_iter().filter_map(|path| root.at(path));
        let mut lists: Vec<&Rc<Node>> = specs.flat_map(|spec| [spec.get("steps"), spec.get("sidecars")]).flatten().collect();
        for task in root
            .at(&["spec", "tasks"])
            .or_else(|| root.at(&["spec", "pipelineSpec", "tasks"]))
            .map(|tasks| tasks.list())
            .unwrap_or_default()
        {
            lists.extend(task.at(&["taskSpec", "steps"]));
        }
        for step in lists.into_iter().flat_map(|list| list.list()) {
            if let Some(image) = step.get("image") {
                let object = format!("{kind} {name} step {}", step.text_at(&["name"]).unwrap_or("?"));
                self.add(image, object, &[Run { host: (Os::Unsaid, Lands::Fleet), scopes: Vec::new() }]);
            }
        }
    }
}

/// The labels of `runs-on`: a text, a list, or either below `labels` beside a `group`.
fn labels(on: &Node) -> Vec<&str> {
    let labels = if on.is_map() { on.get("labels").map(Rc::as_ref) } else { Some(on) };
    labels
        .into_iter()
        .flat_map(|labels| labels.text().into_iter().chain(labels.list().iter().filter_map(|one| one.text())))
        .collect()
}

/// The image of a node that is its text, or has it below `image` or `name`.
fn image_of(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Scalar { .. } => Some(node),
        _ => node.get("image").or_else(|| node.get("name")).map(Rc::as_ref),
    }
}

/// The host behind a label of GitHub's or Azure's: `windows-2022`.
pub(super) fn hosted(machine: Option<&str>) -> (Os, Lands) {
    let Some(machine) = machine else { return (Os::Unsaid, Lands::Fleet) };
    let lower = machine.to_ascii_lowercase();
    let release = [("2016", "ltsc2016"), ("2019", "ltsc2019"), ("2022", "ltsc2022"), ("2025", "ltsc2025")];
    if lower.starts_with("windows") || lower.starts_with("vs20") {
        match release.iter().find(|(year, _)| lower.contains(&format!("windows-{year}"))) {
            Some((_, release)) => (Os::Windows, Lands::Hosted((*release).to_owned())),
            None => (Os::Windows, Lands::Fleet),
        }
    } else if lower.starts_with("ubuntu") || lower.starts_with("macos") {
        (Os::Other, Lands::Fleet)
    } else {
        (Os::Unsaid, Lands::Fleet)
    }
}

#[cfg(test)]
mod tests;
