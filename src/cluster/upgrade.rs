//! The nodes of a cluster after an upgrade: pools that come, builds that go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ClusterNode, Nodes, Workload};
use crate::host::{AZURE_SKU, Availability, Host, Node, OS_LABELS};

/// The change of a cluster's nodes.
#[derive(Clone, Debug, Default)]
pub struct Upgrade {
    /// The Windows of each pool that comes.
    pub added: Vec<Host>,
    /// The builds whose nodes go.
    pub retired: BTreeSet<u32>,
}

/// A label by its name and value.
pub type Label = (String, String);

impl Upgrade {
    /// The same without the nodes that go: the cluster in between, while both are there.
    #[must_use]
    pub fn without_retiring(&self) -> Self {
        Self { added: self.added.clone(), retired: BTreeSet::new() }
    }

    /// The nodes after it.
    pub fn nodes(&self, today: &Nodes) -> Nodes {
        let is_azure = today.nodes.iter().any(|node| node.node.labels.contains_key(AZURE_SKU));
        let stays = today.nodes.iter().filter(|node| !self.retires(node)).cloned();
        let new = self.added.iter().map(|host| Arc::new(new_pool(host, self.name_of(host), is_azure)));
        Nodes::of(stays.chain(new).collect())
    }

    /// The name of the nodes of a pool that comes: with its processor where another pool that comes has the same Windows.
    fn name_of(&self, pool: &Host) -> String {
        match self.added.iter().filter(|other| other.name == pool.name).count() {
            0 | 1 => "the new pool".to_owned(),
            _ => format!("the new {} pool", pool.architecture.as_str()),
        }
    }

    /// True for a node that goes.
    pub fn retires(&self, node: &ClusterNode) -> bool {
        node.host.as_ref().is_some_and(|host| self.retired.contains(&host.os_version.build))
    }

    /// The workload as it is after it: a pod whose node goes is created again.
    pub fn workload(&self, workload: &Workload, today: &Nodes) -> Workload {
        let mut after = workload.clone();
        if workload.kind == "Pod" && self.node_of(workload, today).is_some() {
            after.placement.node_name = None;
        }
        after
    }

    /// The name of the node that goes and that the workload is bound to.
    pub(super) fn node_of<'w>(&self, workload: &'w Workload, today: &Nodes) -> Option<&'w str> {
        let name = workload.placement.node_name.as_deref()?;
        today.nodes.iter().any(|node| node.name == name && self.retires(node)).then_some(name)
    }

    /// The labels that only nodes have that go: each name with such values.
    pub(super) fn labels_that_go(&self, today: &Nodes, next: &Nodes) -> BTreeMap<String, BTreeSet<String>> {
        let mut gone: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in today.nodes.iter().filter(|node| self.retires(node)) {
            // That no Windows is left is no matter of labels.
            for (key, value) in node.node.labels.iter().filter(|(key, _)| !OS_LABELS.contains(&key.as_str())) {
                gone.entry(key.clone()).or_default().insert(value.clone());
            }
        }
        for node in &next.nodes {
            for (key, values) in &mut gone {
                if let Some(value) = node.node.labels.get(key) {
                    values.remove(value);
                }
            }
        }
        gone.retain(|_, values| !values.is_empty());
        gone
    }
}

/// A node of a pool that comes, with the labels that its kubelet will set. That of AKS is there if the cluster's nodes have it.
fn new_pool(host: &Host, name: String, is_azure: bool) -> ClusterNode {
    let mut labels = host.labels_of_its_windows();
    labels.retain(|key, _| is_azure || key != AZURE_SKU);
    let mut host = host.clone();
    host.label.clone_from(&name);
    // As for every node: nothing tells whether Hyper-V is there.
    (host.containers, host.hyperv) = (Availability::Available, Availability::Unknown);
    ClusterNode {
        name,
        os: "windows".to_owned(),
        architecture: host.architecture.as_str().to_owned(),
        node: Node { labels, taints: Vec::new() },
        host: Some(host),
        handlers: None,
        is_new: true,
    }
}
