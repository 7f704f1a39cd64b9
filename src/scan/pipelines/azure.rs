//! Pipelines of Azure: jobs, in stages or not, whose pool is the host.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::variables::{Scope, Scopes, of_azure};
use super::{Reader, Service, hosted};
use crate::scan::words::Values;
use crate::scan::yaml::Node;
use crate::scan::{Lands, Meant, Os};

/// What a job runs on.
type Machine = (Os, Lands);

/// A job, or the pipeline itself, with its host, and the variables that it sees, the outermost part first.
struct AzureJob<'n> {
    node: &'n Node,
    scopes: Vec<Rc<Scope>>,
    host: Machine,
}

impl Reader<'_, '_> {
    pub(super) fn azure(&mut self, root: &Node) {
        let outer = of_azure(root);
        let root_host = azure_host(root, &[&outer], self.values);
        let jobs = azure_jobs(root, &root_host, self.values);
        let users = azure_users(&jobs);
        for container in root.at(&["resources", "containers"]).map(|list| list.list()).unwrap_or_default() {
            let name = container.text_at(&["container"]).unwrap_or_default();
            if let Some(image) = container.get("image") {
                // The jobs that use it say where it runs: it must fit the host of each.
                let hosts = users.get(name).cloned().unwrap_or_else(|| vec![root_host.clone()]);
                for host in hosts {
                    self.add(image, format!("container {name}"), host, &[&outer]);
                }
            }
        }
        let names = alias_names(root);
        for AzureJob { node: job, scopes, host } in jobs {
            let object = job
                .text_at(&["job"])
                .or_else(|| job.text_at(&["deployment"]))
                .map_or("pipeline".to_owned(), |name| format!("job {name}"));
            let Some(container) = job.get("container") else { continue };
            if container.text().is_some_and(|text| names.contains(text)) {
                continue;
            }
            let scopes: Vec<&Scope> = scopes.iter().map(Rc::as_ref).collect();
            self.add_either(container, &object, &host, &scopes);
        }
    }
}

/// The host of a part, whose variables these are.
fn azure_host(part: &Node, scopes: &[&Scope], given: &Values) -> Machine {
    let Some(machine) = part.text_at(&["pool", "vmImage"]).or_else(|| part.text_at(&["vmImage"])) else { return hosted(None) };
    let scopes = Scopes { service: Service::Azure, given, parts: scopes.to_vec() };
    match scopes.meant(machine) {
        Meant::Known(machine) => hosted(Some(&machine)),
        Meant::Unresolved(names) => (Os::Unsaid, Lands::Untold(names)),
        Meant::Unevaluated { name, .. } => (Os::Unsaid, Lands::Untold(vec![name])),
    }
}

/// The jobs of a pipeline, in stages or not, and the pipeline itself.
fn azure_jobs<'n>(root: &'n Node, root_host: &Machine, given: &Values) -> Vec<AzureJob<'n>> {
    // The pool of a part counts for all below it that have none.
    let within = |node: &'n Node, outer: &[Rc<Scope>], host: &Machine| {
        let mut scopes = outer.to_vec();
        scopes.push(Rc::new(of_azure(node)));
        let seen: Vec<&Scope> = scopes.iter().map(Rc::as_ref).collect();
        let host = if node.get("pool").is_some() { azure_host(node, &seen, given) } else { host.clone() };
        AzureJob { node, scopes, host }
    };
    let whole = within(root, &[], root_host);
    let mut jobs: Vec<AzureJob<'_>> = list(root, "jobs").iter().map(|job| within(job, &whole.scopes, root_host)).collect();
    for stage in list(root, "stages") {
        let stage = within(stage, &whole.scopes, root_host);
        jobs.extend(list(stage.node, "jobs").iter().map(|job| within(job, &stage.scopes, &stage.host)));
    }
    if root.get("container").is_some() {
        jobs.insert(0, whole);
    }
    jobs
}

/// The entries of a list below a key.
fn list<'n>(part: &'n Node, key: &str) -> &'n [Rc<Node>] {
    part.get(key).map(|list| list.list()).unwrap_or_default()
}

/// The hosts of the jobs that use each container of `resources`, each once.
fn azure_users<'n>(jobs: &[AzureJob<'n>]) -> BTreeMap<&'n str, Vec<Machine>> {
    let mut users: BTreeMap<&str, Vec<Machine>> = BTreeMap::new();
    for AzureJob { node: job, host, .. } in jobs {
        let services = job.get("services").map(|services| services.entries()).unwrap_or_default();
        let names = services.into_iter().filter_map(|(_, value)| value.text()).chain(job.text_at(&["container"]));
        for name in names {
            let hosts = users.entry(name).or_default();
            if !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
    }
    users
}

/// The names by which jobs use the containers of `resources`.
fn alias_names(root: &Node) -> BTreeSet<String> {
    let list = root.at(&["resources", "containers"]).map(|list| list.list()).unwrap_or_default();
    list.iter().filter_map(|container| container.text_at(&["container"]).map(str::to_owned)).collect()
}
