//! Pipelines of Azure: jobs, in stages or not, whose pool is the host.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::variables::of_azure;
use super::{Reader, hosted};
use crate::scan::yaml::Node;
use crate::scan::{Lands, Os};

/// What a job runs on.
type Machine = (Os, Lands);

/// A job, or the pipeline itself, with its host.
struct AzureJob<'n> {
    node: &'n Node,
    stage: Option<&'n Node>,
    host: Machine,
}

impl Reader<'_, '_> {
    pub(super) fn azure(&mut self, root: &Node) {
        let root_host = azure_host(root);
        let outer = of_azure(root);
        let users = azure_users(root);
        for container in root.at(&["resources", "containers"]).map(|list| list.list()).unwrap_or_default() {
            let name = container.text_at(&["container"]).unwrap_or_default();
            if let Some(image) = container.get("image") {
                // The jobs that use it say where it runs.
                let host = users.get(name).unwrap_or(&root_host).clone();
                self.add(image, format!("container {name}"), host, &[&outer]);
            }
        }
        let names = alias_names(root);
        for AzureJob { node: job, stage, host } in azure_jobs(root) {
            let object = job
                .text_at(&["job"])
                .or_else(|| job.text_at(&["deployment"]))
                .map_or("pipeline".to_owned(), |name| format!("job {name}"));
            let Some(container) = job.get("container") else { continue };
            if container.text().is_some_and(|text| names.contains(text)) {
                continue;
            }
            let of_stage = stage.map(of_azure).unwrap_or_default();
            self.add_either(container, &object, &host, &[&outer, &of_stage, &of_azure(job)]);
        }
    }
}

fn azure_host(part: &Node) -> Machine {
    hosted(part.text_at(&["pool", "vmImage"]).or_else(|| part.text_at(&["vmImage"])))
}

/// The jobs of a pipeline, in stages or not, and the pipeline itself.
fn azure_jobs(root: &Node) -> Vec<AzureJob<'_>> {
    let root_host = azure_host(root);
    let or = |part: &Node, outer: &Machine| if part.get("pool").is_some() { azure_host(part) } else { outer.clone() };
    let whole = root.get("container").map(|_| AzureJob { node: root, stage: None, host: root_host.clone() });
    let mut jobs: Vec<AzureJob<'_>> = whole.into_iter().collect();
    for node in list(root, "jobs") {
        jobs.push(AzureJob { node, stage: None, host: or(node, &root_host) });
    }
    for stage in list(root, "stages") {
        let host = or(stage, &root_host);
        let of_stage = list(stage, "jobs").iter().map(|node| AzureJob { node, stage: Some(stage), host: or(node, &host) });
        jobs.extend(of_stage);
    }
    jobs
}

/// The entries of a list below a key.
fn list<'n>(part: &'n Node, key: &str) -> &'n [Rc<Node>] {
    part.get(key).map(|list| list.list()).unwrap_or_default()
}

/// The hosts of the jobs that use each container of `resources`: those of the first one.
fn azure_users(root: &Node) -> BTreeMap<&str, Machine> {
    let mut users = BTreeMap::new();
    for AzureJob { node: job, host, .. } in azure_jobs(root) {
        let services = job.get("services").map(|services| services.entries()).unwrap_or_default();
        let names = services.into_iter().filter_map(|(_, value)| value.text()).chain(job.text_at(&["container"]));
        for name in names {
            users.entry(name).or_insert_with(|| host.clone());
        }
    }
    users
}

/// The names by which jobs use the containers of `resources`.
fn alias_names(root: &Node) -> BTreeSet<String> {
    let list = root.at(&["resources", "containers"]).map(|list| list.list()).unwrap_or_default();
    list.iter().filter_map(|container| container.text_at(&["container"]).map(str::to_owned)).collect()
}
