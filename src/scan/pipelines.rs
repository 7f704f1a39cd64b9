//! Pipelines: the images of jobs, and the host that the service runs them on.
//!
//! Sources: the services' own references of their files.

mod azure;
mod branches;
mod builds;
mod cirrus;
mod drone;
mod github;
mod gitlab;
mod matrix;
mod tekton;
mod templates;
mod variables;

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

pub use self::azure::is_template;
pub use self::builds::{Built, built};
pub use self::github::{calls, given_by};
pub use self::gitlab::{Inputs, Layer, inputs_of, read_gitlab};
pub use self::tekton::{Runs, made_by};
pub use self::templates::with_variables;
use self::variables::{Scope, Scopes};
use super::paths::slashes;
use super::words::Values;
use super::yaml::{Node, Value};
use super::{Asked, Found, IsolatedBy, Lands, Lines, Meant, Needs, Note, Os, Problem, Scanned, platform_of_options};
use crate::{Error, ErrorKind};

/// A service that runs pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// GitHub Actions.
    GitHub,
    /// An action of GitHub.
    Action,
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

impl Service {
    /// How an isolation is asked for.
    ///
    /// Sources: the YAML schema of Azure Pipelines, `resources.containers.container`; GitLab Runner, advanced configuration,
    /// `[runners.docker]`. Drone and Woodpecker start containers through Docker and have no setting of their own, and neither have the others.
    /// Tekton makes a pod of a task.
    const fn isolated_by(self) -> IsolatedBy {
        match self {
            Self::Azure => IsolatedBy::Options,
            Self::GitLab => IsolatedBy::Runner,
            Self::Drone => IsolatedBy::Daemon,
            Self::Tekton => IsolatedBy::Kubelet,
            Self::GitHub | Self::Action | Self::Cirrus => IsolatedBy::Unknown,
        }
    }
}

/// The service whose pipeline this is, by the file's place and what stands in it.
pub fn service_of(path: &Path, root: &Node) -> Option<Service> {
    let shown = lower(path);
    let name = shown.rsplit('/').next().unwrap_or_default();
    let has = |key: &str| root.get(key).is_some();
    let api = root.text_at(&["apiVersion"]).unwrap_or_default();
    if api.starts_with("tekton.dev/") {
        return Some(Service::Tekton);
    }
    // An object of a cluster, wherever it stands.
    if !api.is_empty() && has("kind") {
        return None;
    }
    if shown.contains(".github/workflows/") && has("jobs") {
        return Some(Service::GitHub);
    }
    if ["action.yml", "action.yaml"].contains(&name) && root.at(&["runs", "using"]).is_some() {
        return Some(Service::Action);
    }
    if name.starts_with(".gitlab-ci") || (shown.contains("gitlab") && (has("stages") || has("image"))) {
        return Some(Service::GitLab);
    }
    if name.starts_with(".cirrus") {
        return Some(Service::Cirrus);
    }
    if is_of_steps(path, root) || shown.contains(".harness/") {
        return Some(Service::Drone);
    }
    if has("jobs")
        && (has("on") || root.get("jobs").is_some_and(|jobs| jobs.entries().iter().any(|(_, job)| job.get("runs-on").is_some())))
    {
        return Some(Service::GitHub);
    }
    const AZURE: [&str; 10] =
        ["pool", "stages", "resources", "trigger", "pr", "jobs", "container", "extends", "steps", "parameters"];
    let is_azure = AZURE.iter().any(|key| has(key));
    let named_azure = name.starts_with("azure-pipelines")
        || shown.contains(".azuredevops/")
        || shown.contains(".vsts-ci/")
        || shown.contains("azure-pipelines");
    let holds_azure = root.at(&["pool", "vmImage"]).is_some()
        || root.at(&["resources", "containers"]).is_some()
        || root.at(&["extends", "template"]).is_some()
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
    (looks_gitlab || gitlab::is_whole(root)).then_some(Service::GitLab)
}

/// A path with slashes on each system, in lower case.
fn lower(path: &Path) -> String {
    slashes(&path.to_string_lossy()).to_ascii_lowercase()
}

/// True for a pipeline of Drone or Woodpecker, by its place or its steps. It may have services as a Compose file has them.
pub fn is_of_steps(path: &Path, root: &Node) -> bool {
    let shown = lower(path);
    let name = shown.rsplit('/').next().unwrap_or_default();
    let is_placed = name.starts_with(".drone")
        || name.starts_with(".woodpecker")
        || shown.starts_with(".woodpecker/")
        || shown.contains("/.woodpecker/");
    is_placed || (root.text_at(&["kind"]) == Some("pipeline") && root.get("steps").is_some())
}

/// The most references of one file, each counted for each run of its job.
const MOST: usize = 200_000;

/// What to do about a pipeline that is too large.
const SMALLER: &str = "make it smaller, or leave it out by a line in .wincompatignore";

/// What a pipeline says: its references, what is not followed, and the problem of one that has too many. It stands in a file with these
/// runs, and others call it with these inputs. `is_read` is true for a template that is among the files, by its name in the pipeline.
pub fn read(
    service: Service,
    root: &Rc<Node>,
    runs: &Runs,
    lines: &Lines<'_>,
    values: &Values,
    is_read: &dyn Fn(&str) -> bool,
    callers: &[Inputs],
) -> Scanned {
    let mut reader = Reader { service, lines, values, found: Vec::new(), notes: Vec::new(), left: Rc::new(Cell::new(MOST)) };
    match service {
        Service::GitHub => reader.github(root, callers),
        Service::Action => reader.action(root),
        Service::Azure => reader.azure(root, is_read),
        // They are read with what they include.
        Service::GitLab => {
            let read = read_gitlab(&[Layer { root, lines, inputs: Inputs::new() }], true, values);
            reader.found = read.found.into_iter().map(|(_, found)| found).collect();
        }
        Service::Drone => reader.drone(root),
        Service::Cirrus => reader.cirrus(root),
        Service::Tekton => reader.tekton(root, runs),
    }
    let mut scanned = reader.scanned(root);
    let lacking = runs.error_of(root).filter(|_| service == Service::Tekton);
    scanned.problems.extend(lacking.map(|error| Problem { place: lines.place(root.span.clone()), error }));
    scanned
}

/// One run of a part: what it runs on, and the variables that it sees, the outermost first.
#[derive(Clone)]
struct Run<'s> {
    host: (Os, Lands),
    scopes: Vec<&'s Scope>,
    /// The jobs whose containers are started by one machine, or are in one pod, each by a text that no other of the file has; none where
    /// that is not known.
    shares: Vec<String>,
}

/// A container: its image, and its options as `docker run` has them.
#[derive(Clone, Copy)]
struct Container<'n> {
    image: &'n Node,
    options: Option<&'n Node>,
}

struct Reader<'r, 't> {
    service: Service,
    lines: &'r Lines<'t>,
    values: &'r Values,
    found: Vec<Found>,
    notes: Vec<Note>,
    /// The references that may still be read.
    left: Rc<Cell<usize>>,
}

impl Reader<'_, '_> {
    /// What was found, with the problem of a pipeline that has too much.
    fn scanned(self, root: &Node) -> Scanned {
        let is_whole = self.left.get() > 0;
        let problem = || Problem {
            place: self.lines.place(root.span.clone()),
            error: Error::of(
                ErrorKind::Invalid,
                format!("this pipeline has more than {MOST} images, so the others are not read"),
            )
            .hint(SMALLER),
        };
        let problems = if is_whole { Vec::new() } else { vec![problem()] };
        Scanned { found: self.found, problems, notes: self.notes, left_out: None }
    }

    /// The reference of this image; `None` for a value that holds none. Variables may come to none, too.
    fn reference(&self, container: Container<'_>, object: String, (os, lands): (Os, Lands), scopes: &[&Scope]) -> Option<Found> {
        let is_of_github = matches!(self.service, Service::GitHub | Service::Action);
        let bare = if is_of_github { github::bare(container.image) } else { None };
        let image = bare.as_ref().unwrap_or(container.image);
        let text = image.text().filter(|text| !text.is_empty())?;
        self.left.set(self.left.get().checked_sub(1)?);
        let scopes = Scopes { service: self.service, given: self.values, parts: scopes.to_vec() };
        let meant = match scopes.meant(text) {
            Meant::Known(known) if is_of_github => Meant::Known(github::without_scheme(&known).to_owned()),
            meant => meant,
        };
        if meant == Meant::Known(String::new()) {
            return None;
        }
        let options = container.options.and_then(|options| match scopes.meant(options.text()?) {
            Meant::Known(options) => Some(options),
            _ => None,
        });
        let isolation = options.as_deref().and_then(Asked::of_options);
        let (of_platform, processor) = options.as_deref().map(platform_of_options).unwrap_or_default();
        // The machine counts more: on another system no platform of Windows runs.
        let os = if os == Os::Unsaid { of_platform } else { os };
        let editable = self.lines.literal(image.span.clone(), text);
        let is_made = editable.is_none() && matches!(meant, Meant::Known(_));
        Some(Found {
            object: Some(object),
            needs: Needs::OneHost,
            os,
            processor,
            isolation,
            isolated_by: self.service.isolated_by(),
            lands,
            editable,
            stays: is_made.then(|| self.made_from(text).to_owned()),
            ..Found::of(self.lines.place(image.span.clone()), text, meant)
        })
    }

    /// The system of a platform, if its variables have values.
    fn os_of(&self, platform: &str, scopes: &[&Scope]) -> Os {
        let scopes = Scopes { service: self.service, given: self.values, parts: scopes.to_vec() };
        match scopes.meant(platform) {
            Meant::Known(platform) => Os::of_platform(&platform),
            _ => Os::Unsaid,
        }
    }

    /// The same of an image as text, or below `image` or `name`.
    fn either(&self, node: &Node, object: &str, host: &(Os, Lands), scopes: &[&Scope]) -> Option<Found> {
        self.reference(Container::of(node)?, object.to_owned(), host.clone(), scopes)
    }

    /// The reason why an image stays that is made from values which stand elsewhere.
    fn made_from(&self, text: &str) -> &'static str {
        let is_of_inputs = self.service == Service::GitLab && !text.replace("$[[", "").contains('$');
        if is_of_inputs {
            "it is made from inputs, whose values stand where the file is included, or in its header"
        } else {
            "it is made from variables, which the steps of the pipeline see too"
        }
    }

    /// Adds what this image means in each of the runs, each meaning on each host once, as a part of the jobs of all of these.
    fn add(&mut self, image: &Node, object: String, runs: &[Run<'_>]) {
        self.add_container(Container { image, options: None }, object, runs);
    }

    /// The same with the options of the container.
    fn add_container(&mut self, container: Container<'_>, object: String, runs: &[Run<'_>]) {
        let mut known = HashMap::new();
        let mut hosts: HashMap<&(Os, Lands), usize> = HashMap::new();
        // A text without variables means the same in each run.
        let mut texts = [Some(container.image), container.options].into_iter().flatten();
        let is_plain = texts.all(|node| node.text().is_none_or(|text| !text.contains(['$', '{', '<', '%'])));
        for run in runs {
            let same = if is_plain { hosts.get(&run.host).copied() } else { None };
            if let Some(same) = same {
                self.join(same, run);
                continue;
            }
            let Some(found) = self.reference(container, object.clone(), run.host.clone(), &run.scopes) else { continue };
            let key = (found.meant.clone(), found.os, found.lands.clone(), found.isolation);
            let at = *known.entry(key).or_insert(self.found.len());
            hosts.insert(&run.host, at);
            match self.found.get_mut(at) {
                Some(one) => one.shares.extend(run.shares.iter().cloned()),
                None => self.found.push(Found { shares: run.shares.clone(), ..found }),
            }
        }
    }

    /// Notes that the reference with this number is a part of the jobs of one more run. That counts as a reference does: a file may have
    /// many of them.
    fn join(&mut self, number: usize, run: &Run<'_>) {
        let Some(left) = self.left.get().checked_sub(1).filter(|_| !run.shares.is_empty()) else { return };
        self.left.set(left);
        if let Some(one) = self.found.get_mut(number) {
            one.shares.extend(run.shares.iter().cloned());
        }
    }

    /// The same of an image as text, or below `image` or `name`.
    fn add_either(&mut self, node: &Node, object: &str, runs: &[Run<'_>]) {
        if let Some(container) = Container::of(node) {
            self.add_container(container, object.to_owned(), runs);
        }
    }
}

impl<'n> Container<'n> {
    /// That of a node which is its image, or has it.
    fn of(node: &'n Node) -> Option<Self> {
        Some(Self { image: image_of(node)?, options: node.get("options").map(Rc::as_ref) })
    }
}

/// The image of a node that is its text, or has it below `image` or `name`.
fn image_of(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Scalar { .. } => Some(node),
        _ => node.get("image").or_else(|| node.get("name")).map(Rc::as_ref),
    }
}

/// The releases in the names of the machines that GitHub and Azure have, by their years.
const RELEASES: [(&str, &str); 4] = [("2016", "ltsc2016"), ("2019", "ltsc2019"), ("2022", "ltsc2022"), ("2025", "ltsc2025")];

/// The host behind a label of GitHub's or Azure's: `windows-2022`.
///
/// Sources: actions/runner-images, README; Azure Pipelines, Microsoft-hosted agents; microsoft/azure-pipelines-image-generation for
/// the machines of before 2022.
pub(super) fn hosted(machine: Option<&str>) -> (Os, Lands) {
    let Some(machine) = machine else { return (Os::Unsaid, Lands::Fleet) };
    let lower = machine.to_ascii_lowercase();
    let of_visual_studio = || lower.strip_prefix("vs20").and_then(|rest| rest.split_once("-win")).map(|(_, release)| release);
    if lower.starts_with("windows") || lower.starts_with("vs20") || lower == "win1803" {
        let release = match lower.as_str() {
            // Which release it is changes with the years: the knowledge has it.
            "windows-latest" => Some("windows-latest"),
            "win1803" => Some("1803"),
            _ => {
                let year = lower.strip_prefix("windows-").or_else(of_visual_studio).unwrap_or_default();
                RELEASES.iter().find(|(known, _)| year.starts_with(known)).map(|(_, release)| *release)
            }
        };
        (Os::Windows, release.map_or_else(|| Lands::Unknown(machine.to_owned()), |release| Lands::Hosted(release.to_owned())))
    } else if lower.starts_with("ubuntu") || lower.starts_with("macos") {
        (Os::Other, Lands::Fleet)
    } else {
        (Os::Unsaid, Lands::Fleet)
    }
}

#[cfg(test)]
mod tests;
