//! A node of Kubernetes as the scheduler sees it: labels and taints.

use std::collections::BTreeMap;

use super::Host;

/// The names by which AKS calls releases of Windows Server in the label `kubernetes.azure.com/os-sku`, by build.
const AZURE_SKUS: [(u32, &str); 3] = [(17763, "Windows2019"), (20348, "Windows2022"), (26100, "Windows2025")];

/// The label of a node's operating system, and its old name.
#[cfg(feature = "scanning")]
pub(crate) const OS_LABELS: [&str; 2] = ["kubernetes.io/os", "beta.kubernetes.io/os"];

/// The label of a node's processor, and its old name.
#[cfg(feature = "clusters")]
pub(crate) const ARCHITECTURE_LABELS: [&str; 2] = ["kubernetes.io/arch", "beta.kubernetes.io/arch"];

/// The label of a node's Windows build, as its kubelet writes it, e.g. `10.0.20348`.
pub(crate) const BUILD_LABEL: &str = "node.kubernetes.io/windows-build";

/// The label of AKS that names a Windows by its release.
pub(crate) const AZURE_SKU: &str = "kubernetes.azure.com/os-sku";

/// The taints that Kubernetes, autoscalers and the agents of nodes set and take away by themselves, while a node starts, is busy, cordoned,
/// restarting or about to go; those that end with `/*` are all of a domain. Sources: kubernetes/kubernetes
/// staging/src/k8s.io/api/core/v1/well_known_taints.go; kubernetes/autoscaler cluster-autoscaler/utils/taints/taints.go;
/// kubernetes-sigs/karpenter pkg/apis/v1/taints.go and v1beta1/taints.go; kubernetes-sigs/cluster-api api/v1beta1/common_types.go;
/// aws/aws-node-termination-handler pkg/node/node.go; GKE, graceful node shutdown.
const PASSING_TAINTS: [&str; 22] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/out-of-service",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "node.cloudprovider.kubernetes.io/shutdown",
    "node.cluster.x-k8s.io/uninitialized",
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "startup-taint.cluster-autoscaler.kubernetes.io/*",
    "ignore-taint.cluster-autoscaler.kubernetes.io/*",
    "status-taint.cluster-autoscaler.kubernetes.io/*",
    "NodeWithImpairedVolumes",
    "karpenter.sh/unregistered",
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",
    "aws-node-termination-handler/*",
    "cloud.google.com/impending-node-termination",
];

/// The end of the taint that an agent takes away once it runs on a node, e.g. `ebs.csi.aws.com/agent-not-ready`. Sources:
/// the guide to install kubernetes-sigs/aws-ebs-csi-driver; Cilium, taints and unmanaged pods.
const AGENT_STARTS: &str = "/agent-not-ready";

/// True for the key of a taint that passes by itself.
pub(super) fn passes(key: &str) -> bool {
    let is_of = |taint: &str| match taint.strip_suffix('*') {
        Some(domain) => key.starts_with(domain),
        None => key == taint,
    };
    key.ends_with(AGENT_STARTS) || PASSING_TAINTS.into_iter().any(is_of)
}

/// Labels by their names, e.g. `kubernetes.io/os` with `windows`.
pub type Labels = BTreeMap<String, String>;

/// The labels and taints of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// The labels.
    pub labels: Labels,
    /// The taints, but for those that pass by themselves: a node that is cordoned or restarts comes back.
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
    /// With them that of AKS for the releases that it offers: pods select it where they name a release at all.
    /// Sources: kubernetes/kubernetes pkg/kubelet/kubelet_node_status.go; Azure/AgentBaker for `os-sku`.
    pub fn usual_labels(&self) -> Labels {
        let mut labels = self.labels_of_its_windows();
        if !self.label.is_empty() {
            labels.insert("kubernetes.io/hostname".to_owned(), self.label.clone());
        }
        labels
    }

    /// The same without the name: those of every node with this Windows.
    pub fn labels_of_its_windows(&self) -> Labels {
        let (version, architecture) = (self.os_version, self.architecture.as_str().to_owned());
        let build = format!("{}.{}.{}", version.major, version.minor, version.build);
        let sku = AZURE_SKUS.iter().find(|(build, _)| *build == version.build).map(|(_, sku)| *sku).unwrap_or_default();
        let labels: Labels = [
            ("beta.kubernetes.io/arch", architecture.clone()),
            ("beta.kubernetes.io/os", "windows".to_owned()),
            ("kubernetes.io/arch", architecture),
            ("kubernetes.io/os", "windows".to_owned()),
            (AZURE_SKU, sku.to_owned()),
            (BUILD_LABEL, build),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        labels.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}
