//! Pipelines of Azure: jobs, in stages or not, whose pool is the host.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::matrix::rows;
use super::variables::{Scope, Scopes, of_azure};
use super::{Reader, Run, Service, hosted};
use crate::scan::words::Values;
use crate::scan::yaml::Node;
use crate::scan::{Lands, Meant, Os};

/// A part of a pipeline: a job, a stage, or the pipeline itself.
struct Part<'n> {
    node: &'n Node,
    /// The part that says the pool: this one, or the nearest around it that does.
    pool: &'n Node,
    /// The variables that it sees, the outermost first.
    scopes: Vec<Rc<Scope>>,
    /// The rows of its matrix.
    rows: Vec<Scope>,
}

impl<'n> Part<'n> {
    /// A part below another one, or the pipeline.
    fn of(node: &'n Node, outer: Option<&Self>) -> Self {
        let mut scopes = outer.map(|outer| outer.scopes.clone()).unwrap_or_default();
        scopes.push(Rc::new(of_azure(node)));
        // The pool of a part counts for all below it that have none.
        let pool = outer.filter(|_| node.get("pool").is_none()).map_or(node, |outer| outer.pool);
        Self { node, pool, scopes, rows: rows(Service::Azure, node) }
    }

    /// How often it runs, and on what.
    fn runs(&self, given: &Values) -> Vec<Run<'_>> {
        let run = |row| {
            let scopes: Vec<&Scope> = self.scopes.iter().map(Rc::as_ref).chain([row]).collect();
            Run { host: machine(self.pool, &scopes, given), scopes }
        };
        self.rows.iter().map(run).collect()
    }

    /// True for one that uses the container of `resources` with this name, itself or beside its steps.
    fn uses(&self, name: &str) -> bool {
        let services = self.node.get("services").map(|services| services.entries()).unwrap_or_default();
        let mut names = services.into_iter().filter_map(|(_, value)| value.text()).chain(self.node.text_at(&["container"]));
        names.any(|used| used == name)
    }
}

impl Reader<'_, '_> {
    pub(super) fn azure(&mut self, root: &Node) {
        let whole = Part::of(root, None);
        let jobs = jobs(&whole);
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for container in root.at(&["resources", "containers"]).map(|list| list.list()).unwrap_or_default() {
            let name = container.text_at(&["container"]).unwrap_or_default();
            names.insert(name);
            let Some(image) = container.get("image") else { continue };
            // The jobs that use it say where it runs: it must fit the host of each.
            let of_users = jobs.iter().filter(|job| job.uses(name)).flat_map(|job| job.runs(self.values));
            let mut hosts: Vec<_> = of_users.map(|run| run.host).collect();
            if hosts.is_empty() {
                hosts = whole.runs(self.values).into_iter().map(|run| run.host).collect();
            }
            let scopes: Vec<&Scope> = whole.scopes.iter().map(Rc::as_ref).collect();
            let runs: Vec<Run<'_>> = hosts.into_iter().map(|host| Run { host, scopes: scopes.clone() }).collect();
            self.add(image, format!("container {name}"), &runs);
        }
        for job in &jobs {
            let name = job.node.text_at(&["job"]).or_else(|| job.node.text_at(&["deployment"]));
            let object = name.map_or("pipeline".to_owned(), |name| format!("job {name}"));
            let Some(container) = job.node.get("container") else { continue };
            if !container.text().is_some_and(|text| names.contains(text)) {
                self.add_either(container, &object, &job.runs(self.values));
            }
        }
    }
}

/// The host of a pool, for a job that sees these variables.
fn machine(part: &Node, scopes: &[&Scope], given: &Values) -> (Os, Lands) {
    let Some(machine) = part.text_at(&["pool", "vmImage"]).or_else(|| part.text_at(&["vmImage"])) else { return hosted(None) };
    let scopes = Scopes { service: Service::Azure, given, parts: scopes.to_vec() };
    match scopes.meant(machine) {
        Meant::Known(machine) => hosted(Some(&machine)),
        Meant::Unresolved(names) => (Os::Unsaid, Lands::Untold(names)),
        Meant::Unevaluated { name, .. } => (Os::Unsaid, Lands::Untold(vec![name])),
    }
}

/// The jobs of a pipeline, in stages or not, and the pipeline itself where it is one.
fn jobs<'n>(whole: &Part<'n>) -> Vec<Part<'n>> {
    let root = whole.node;
    let mut jobs = Vec::new();
    if root.get("container").is_some() || root.get("services").is_some() {
        jobs.push(Part::of(root, None));
    }
    jobs.extend(list(root, "jobs").iter().map(|job| Part::of(job, Some(whole))));
    for stage in list(root, "stages") {
        let stage = Part::of(stage, Some(whole));
        jobs.extend(list(stage.node, "jobs").iter().map(|job| Part::of(job, Some(&stage))));
    }
    jobs
}

/// The entries of a list below a key.
fn list<'n>(part: &'n Node, key: &str) -> &'n [Rc<Node>] {
    part.get(key).map(|list| list.list()).unwrap_or_default()
}
