//! The nodes of a cluster, and the groups of those that every image gets the same answer on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::views::Views;
use crate::Error;
use crate::host::pod::Tree;
use crate::host::{self, ARCHITECTURE_LABELS, Host, Taint};
use crate::knowledge::builds::WINDOWS_SERVER_2016;
use crate::knowledge::{EngineVersion, Knowledge};

/// The system of nodes with Windows.
pub(super) const WINDOWS: &str = "windows";

/// A node of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterNode {
    /// The name.
    pub name: String,
    /// `windows` or `linux`, in small letters; empty where the node does not say it.
    pub os: String,
    /// E.g. `amd64`, in small letters; empty where the node does not say it.
    pub architecture: String,
    /// Labels and taints.
    pub node: host::Node,
    /// The Windows that it runs.
    pub host: Option<Host>,
    /// The handlers in the configuration of its engine; `None` for a node that does not list them.
    pub handlers: Option<BTreeSet<String>>,
    /// True for one that is not there yet.
    pub is_new: bool,
}

impl ClusterNode {
    /// The node of this object.
    ///
    /// # Errors
    ///
    /// A Windows node that does not say its version.
    pub fn of(object: &Value, knowledge: &Knowledge) -> Result<Self, Error> {
        // In a cluster it cannot be left out, as in a list.
        let waiting = |error: Error| error.hint("wait until its kubelet has started, then read the cluster again");
        // Its labels and taints stand beside it, and once is enough for thousands of nodes.
        let host = host::of_node(object, knowledge).transpose().map_err(waiting)?.map(|host| Host { node: None, ..host });
        Ok(Self::with_host(object, host))
    }

    /// A Windows node that does not say its version: its labels and taints are known, and what it runs is not.
    pub(super) fn without_version(object: &Value) -> Self {
        Self { os: WINDOWS.to_owned(), ..Self::with_host(object, None) }
    }

    fn with_host(object: &Value, host: Option<Host>) -> Self {
        // Virtual kubelets write `Linux`.
        let info = |name: &str| object.owned_at(&["status", "nodeInfo", name]).to_ascii_lowercase();
        // As the Windows of a node is read; a host has one in any case.
        let label = || object.owned_at(&["metadata", "labels", ARCHITECTURE_LABELS[0]]).to_ascii_lowercase();
        let of_host = || host.as_ref().map(|host| host.architecture.as_str().to_owned());
        let said = [info("architecture"), label()].into_iter().find(|said| !said.is_empty());
        let architecture = said.or_else(of_host).unwrap_or_default();
        let handlers = object.at(&["status", "runtimeHandlers"]).map(Tree::list).filter(|handlers| !handlers.is_empty());
        Self {
            name: object.owned_at(&["metadata", "name"]),
            os: if host.is_some() { WINDOWS.to_owned() } else { info("operatingSystem") },
            architecture,
            node: host::scheduled(object),
            host,
            handlers: handlers.map(|handlers| handlers.into_iter().map(|handler| handler.owned_at(&["name"])).collect()),
            is_new: false,
        }
    }

    /// True for a node with Windows, also where it does not say its version.
    pub fn is_windows(&self) -> bool {
        self.os == WINDOWS
    }

    /// True if it says which system, version of Windows and processor it has, as a node does once its kubelet has started.
    pub fn is_known(&self) -> bool {
        self.host.is_some() || !self.is_windows() && !self.os.is_empty() && !self.architecture.is_empty()
    }
}

/// Nodes that every image gets the same answer on.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name of the first and the number of the others, e.g. `ws2022-0 and 3 more`.
    pub label: String,
    /// Its operating system.
    pub os: String,
    /// Its processor.
    pub architecture: String,
    /// The Windows: that of the member with the oldest revision, under the label of the group.
    pub host: Option<Host>,
    /// The taints.
    pub taints: Vec<Taint>,
    /// The handlers.
    pub handlers: Option<BTreeSet<String>>,
    /// True for nodes that are not there yet.
    pub is_new: bool,
    /// The numbers of its nodes.
    pub members: Vec<usize>,
}

impl Group {
    /// Nodes with this Windows that are not there.
    pub(super) fn of_host(host: Host) -> Self {
        Self {
            label: host.label.clone(),
            os: "windows".to_owned(),
            architecture: host.architecture.as_str().to_owned(),
            host: Some(host),
            taints: Vec::new(),
            handlers: None,
            members: Vec::new(),
            is_new: true,
        }
    }

    /// The words for it, e.g. `ws2022-0 and 3 more (Windows Server 2022)`.
    pub fn title(&self) -> String {
        format!("{} ({})", self.label, self.system())
    }

    /// The name of its Windows, or of another system with the processor, e.g. `linux/amd64`.
    pub fn system(&self) -> String {
        match &self.host {
            Some(host) => host.name.clone(),
            None if self.os.is_empty() => "system not known yet".to_owned(),
            None if self.os == WINDOWS => "Windows, version not known yet".to_owned(),
            None if self.architecture.is_empty() => format!("{}, processor not known yet", self.os),
            None => format!("{}/{}", self.os, self.architecture),
        }
    }
}

/// All nodes of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    /// The nodes, in the order of their names.
    pub nodes: Vec<Arc<ClusterNode>>,
    /// The groups, in the order of their first nodes.
    pub groups: Vec<Group>,
    /// The group of each node.
    pub group_of: Vec<usize>,
    /// The number of nodes that each stands for: one, but in a [view](Self::seen_by).
    pub counts: Vec<usize>,
    /// The labels that any of them has.
    pub(super) labels: Arc<BTreeSet<String>>,
    /// The views of them.
    pub(super) views: Views,
}

/// What nodes of one group have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    is_new: bool,
    /// True for another system than Windows.
    is_other: bool,
    os: String,
    architecture: String,
    /// The build, on Windows Server 2016 the revision, and whether it is a server.
    version: Option<(u32, Option<u32>, bool)>,
    /// The versions of the kubelet and of the containerd below it, which decide what is pulled.
    engine: Option<(Option<EngineVersion>, Option<EngineVersion>)>,
    taints: Vec<(String, String, String)>,
    handlers: Option<BTreeSet<String>>,
}

impl Nodes {
    /// These nodes.
    pub fn of<N: Into<Arc<ClusterNode>>>(nodes: Vec<N>) -> Self {
        let mut nodes: Vec<Arc<ClusterNode>> = nodes.into_iter().map(Into::into).collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        let mut numbers: BTreeMap<Key, usize> = BTreeMap::new();
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            let group = *numbers.entry(key(node)).or_insert_with(|| {
                groups.push(Group {
                    label: node.name.clone(),
                    os: node.os.clone(),
                    architecture: node.architecture.clone(),
                    host: node.host.clone(),
                    taints: node.node.taints.clone(),
                    handlers: node.handlers.clone(),
                    is_new: node.is_new,
                    members: Vec::new(),
                });
                groups.len() - 1
            });
            group_of.push(group);
            let Some(group) = groups.get_mut(group) else { continue };
            group.members.push(number);
            if let (Some(known), Some(host)) = (&group.host, &node.host)
                && host.os_version < known.os_version
            {
                group.host = Some(host.clone());
            }
        }
        for group in &mut groups {
            if group.members.len() > 1 {
                group.label = format!("{} and {} more", group.label, group.members.len() - 1);
            }
            if let Some(host) = &mut group.host {
                host.label.clone_from(&group.label);
            }
        }
        let counts = vec![1; nodes.len()];
        let mut labels = BTreeSet::new();
        for label in nodes.iter().flat_map(|node| node.node.labels.keys()) {
            if !labels.contains(label) {
                labels.insert(label.clone());
            }
        }
        Self { nodes, groups, group_of, counts, labels: Arc::new(labels), views: Views::default() }
    }

    /// The number of those among these that have this processor.
    pub(super) fn number_of(&self, these: impl Iterator<Item = usize>, architecture: &str) -> usize {
        let is_of = |node: &usize| self.nodes.get(*node).is_some_and(|node| node.architecture == architecture);
        these.filter(is_of).filter_map(|node| self.counts.get(node)).sum()
    }

    /// The Windows of the groups.
    pub fn hosts(&self) -> Vec<Host> {
        self.groups.iter().filter_map(|group| group.host.clone()).collect()
    }
}

fn key(node: &ClusterNode) -> Key {
    let version = node.host.as_ref().map(|host| {
        let (version, is_server) = (host.os_version, host.kind == crate::Kind::Server);
        // There the revisions decide.
        (version.build, version.revision.filter(|_| version.build == WINDOWS_SERVER_2016), is_server)
    });
    let mut taints: Vec<(String, String, String)> =
        node.node.taints.iter().map(|taint| (taint.key.clone(), taint.value.clone(), taint.effect.clone())).collect();
    taints.sort();
    let engine = node.host.as_ref().and_then(|host| host.engine.as_ref());
    Key {
        is_new: node.is_new,
        is_other: node.host.is_none(),
        os: node.os.clone(),
        architecture: node.architecture.clone(),
        version,
        engine: engine.map(|engine| (engine.version.clone(), engine.runtime.clone())),
        taints,
        handlers: node.handlers.clone(),
    }
}
