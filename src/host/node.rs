//! A node of Kubernetes as the scheduler sees it: labels and taints.

use std::collections::BTreeMap;

use super::Host;

/// Labels by their names, e.g. `kubernetes.io/os` with `windows`.
pub type Labels = BTreeMap<String, String>;

/// The labels and taints of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// The labels.
    pub labels: Labels,
    /// The taints.
    pub taints: Vec<Taint>,
}

/// A taint of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Taint {
    /// E.g. `os`.
    pub key: String,
    /// E.g. `windows`; empty where there is none.
    pub value: String,
    /// `NoSchedule`, `NoExecute` or `PreferNoSchedule`.
    pub effect: String,
}

impl Host {
    /// The labels that a node with this Windows has, whatever cluster it is in.
    /// Source: kubernetes/kubernetes pkg/kubelet/kubelet_node_status.go.
    pub fn usual_labels(&self) -> Labels {
        let (version, architecture) = (self.os_version, self.architecture.as_str().to_owned());
        let build = format!("{}.{}.{}", version.major, version.minor, version.build);
        [
            ("beta.kubernetes.io/arch", architecture.clone()),
            ("beta.kubernetes.io/os", "windows".to_owned()),
            ("kubernetes.io/arch", architecture),
            ("kubernetes.io/hostname", self.label.clone()),
            ("kubernetes.io/os", "windows".to_owned()),
            ("node.kubernetes.io/windows-build", build),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}
