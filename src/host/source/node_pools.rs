//! Pools of nodes, as services that run clusters list them in JSON: `az aks nodepool list`, `aws eks describe-nodegroup`,
//! `gcloud container node-pools list`, and the clusters that hold them.
//!
//! Sources: the services' references of AgentPool, Nodegroup and NodePool.

use serde_json::Value;

use super::{Document, Format, Source, Syntax};
use crate::host::facts::HostFacts;
use crate::host::vm_image;
use crate::host::{Availability, HostEngine};
use crate::knowledge::Knowledge;
use crate::text::quoted;
use crate::{Engine, Error, Kind, OsVersion};

/// The pools that run Windows; the others are left out.
pub(super) const FORMAT: Format = Format {
    syntax: Syntax::Any,
    recognises: |document| document.json().is_some_and(|json| !pools(json).is_empty()) || json_of_table(document.text).is_some(),
    hosts,
};

/// Names of columns in tables of pools, none of which has the Windows of a pool, and the command whose JSON has it.
const TABLES: [([&str; 2], &str); 3] = [
    (["OsType", "KubernetesVersion"], "az aks nodepool list"),
    (["NODEGROUP", "DESIRED"], "aws eks describe-nodegroup"),
    (["MACHINE_TYPE", "NODE_VERSION"], "gcloud container node-pools list"),
];

/// The keys of a cluster, or of an answer, that hold pools.
const HOLDERS: [&str; 3] = ["agentPoolProfiles", "nodePools", "nodegroup"];

/// A pool of one of the services.
enum Pool<'a> {
    /// Azure.
    Aks(&'a Value),
    /// Amazon.
    Eks(&'a Value),
    /// Google.
    Gke(&'a Value),
}

impl<'a> Pool<'a> {
    fn of(json: &'a Value) -> Option<Self> {
        let has = |pointer: &str| json.pointer(pointer).is_some_and(Value::is_string);
        // A machine of Azure Arc has both too, and its version.
        if has("/osType") && (has("/nodeImageVersion") || has("/osSku")) && !has("/osVersion") {
            Some(Self::Aks(json))
        } else if has("/amiType") {
            Some(Self::Eks(json))
        } else if has("/config/imageType") {
            Some(Self::Gke(json))
        } else {
            None
        }
    }

    fn text(&self, pointer: &str) -> &'a str {
        let (Self::Aks(json) | Self::Eks(json) | Self::Gke(json)) = self;
        json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_windows(&self) -> bool {
        let system = match self {
            Self::Aks(_) => self.text("/osType"),
            Self::Eks(_) => self.text("/amiType"),
            Self::Gke(_) => self.text("/config/imageType"),
        };
        system.to_ascii_lowercase().starts_with("windows")
    }

    fn name(&self) -> &'a str {
        if let Self::Eks(_) = self { self.text("/nodegroupName") } else { self.text("/name") }
    }

    /// The version of Kubernetes on the nodes, where it has three numbers.
    fn kubelet(&self) -> Option<String> {
        let version = match self {
            Self::Aks(_) => self.text("/currentOrchestratorVersion"),
            Self::Eks(_) => self.text("/releaseVersion"),
            Self::Gke(_) => self.text("/version"),
        };
        let version = version.split('-').next().unwrap_or_default();
        (version.split('.').filter(|part| part.parse::<u32>().is_ok()).count() == 3).then(|| version.to_owned())
    }

    /// The Windows of the nodes.
    fn os_version(&self, knowledge: &Knowledge) -> Option<OsVersion> {
        let release = |name: &str| knowledge.only_release_named(name).map(|release| OsVersion::of_build(release.build));
        match self {
            Self::Aks(_) => {
                let of_image = vm_image::host(self.text("/nodeImageVersion"), knowledge);
                let of_image = of_image.and_then(|host| host.parse().ok().or_else(|| release(&host)));
                of_image.or_else(|| release(self.text("/osSku").get("Windows".len()..)?))
            }
            Self::Eks(_) => self.text("/amiType").split('_').find_map(release),
            Self::Gke(_) => {
                release(&self.text("/config/windowsNodeConfig/osVersion").strip_prefix("OS_VERSION_")?.to_ascii_lowercase())
            }
        }
    }

    /// The facts of a Windows pool. Nothing in it tells whether Hyper-V is there.
    fn facts(&self, knowledge: &Knowledge) -> Result<HostFacts, Error> {
        let os_version = self.os_version(knowledge).ok_or_else(|| {
            Error::new(format!("the node pool {} does not say which Windows it runs", quoted(self.name())))
                .hint("use the output of `kubectl get nodes -o json`")
        })?;
        Ok(HostFacts {
            label: Some(self.name()).filter(|name| !name.is_empty()).map(str::to_owned),
            kind: Some(Kind::Server),
            containers: Some(Availability::Available),
            hyperv: Some(Availability::Unknown),
            engine: Some(HostEngine::new(Engine::Kubernetes, self.kubelet())),
            ..HostFacts::of_version(os_version, Source::Node)
        })
    }
}

/// The pools in this JSON: one, a list of them, or those of one cluster or of several.
fn pools(json: &Value) -> Vec<Pool<'_>> {
    let mut pools = Vec::new();
    for part in each(json) {
        let held = HOLDERS.iter().filter_map(|key| part.get(key)).flat_map(each);
        pools.extend(held.chain([part]).filter_map(Pool::of));
    }
    pools
}

/// The values of a list, or the only one.
fn each(json: &Value) -> &[Value] {
    json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice)
}

/// The command for JSON, where this text is a table of pools.
fn json_of_table(text: &str) -> Option<&'static str> {
    let head: Vec<&str> = text.lines().next().unwrap_or_default().split_whitespace().collect();
    TABLES.iter().find(|(columns, _)| columns.iter().all(|column| head.contains(column))).map(|(_, command)| *command)
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    if let Some(command) = json_of_table(document.text) {
        return Err(Error::new("this table of node pools does not have their Windows versions")
            .hint(format!("use the JSON of `{command}` or of `kubectl get nodes -o json`")));
    }
    let pools = document.json().map(pools).unwrap_or_default();
    let windows: Vec<&Pool<'_>> = pools.iter().filter(|pool| pool.is_windows()).collect();
    if windows.is_empty() {
        let what = if pools.len() == 1 { "this node pool does not run Windows" } else { "none of these node pools runs Windows" };
        return Err(Error::new(what).hint("list the pools of a cluster that has Windows nodes"));
    }
    let custom: Vec<&str> = pools.iter().filter(|pool| pool.text("/amiType") == "CUSTOM").map(Pool::name).collect();
    if !custom.is_empty() {
        let names = custom.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        document
            .note(format!("the AMI of {names} is custom: if it is a Windows, take its nodes from `kubectl get nodes -o json`"));
    }
    let left_out = pools.len() - windows.len();
    if left_out > 0 {
        document.note(format!("{left_out} of {} node pools left out, since only those with Windows are hosts here", pools.len()));
    }
    document.note("labels and taints of node pools are not read; `kubectl get nodes -o json` has those of their nodes");
    windows.into_iter().map(|pool| pool.facts(document.knowledge)).collect()
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;

    #[test]
    fn pools_with_windows_are_hosts() {
        for (json, expected) in [
            (
                r#"[{"name":"sys","osType":"Linux","osSku":"Ubuntu","nodeImageVersion":"AKSUbuntu-2204gen2containerd-202405.20.0"},
                {"name":"npwin","osType":"Windows","osSku":"Windows2022","currentOrchestratorVersion":"1.29.4",
                "nodeImageVersion":"AKSWindows-2022-containerd-20348.2402.240513"}]"#,
                "npwin 10.0.20348.2402",
            ),
            (r#"{"name":"npwin","osType":"Windows","osSku":"Windows2019","nodeImageVersion":"other"}"#, "npwin 10.0.17763"),
            (
                r#"{"name":"c","kubernetesVersion":"1.29","agentPoolProfiles":[{"name":"w","osType":"Windows","osSku":"Windows2025"}]}"#,
                "w 10.0.26100",
            ),
            (r#"{"nodegroup":{"nodegroupName":"w","amiType":"WINDOWS_CORE_2022_x86_64","version":"1.29"}}"#, "w 10.0.20348"),
            (
                r#"[{"name":"w","version":"1.29.4-gke.100","config":{"imageType":"WINDOWS_LTSC_CONTAINERD",
                "windowsNodeConfig":{"osVersion":"OS_VERSION_LTSC2019"}}},{"name":"l","config":{"imageType":"COS_CONTAINERD"}}]"#,
                "w 10.0.17763",
            ),
            (
                r#"{"name":"w","config":{"imageType":"WINDOWS_LTSC_CONTAINERD"}}"#,
                "the node pool `w` does not say which Windows it runs",
            ),
            (r#"{"name":"w","osType":"Windows","osSku":"W"}"#, "the node pool `w` does not say which Windows it runs"),
            (r#"{"nodegroup":{"amiType":"AL2_x86_64"}}"#, "this node pool does not run Windows"),
            (r#"{"name":"x","osType":"Windows"}"#, "a host cannot be read from JSON"),
            (
                "Name    OsType    KubernetesVersion    VmSize\n------  --------  -------------------  ------\nw  Windows  1.29  D4\n",
                "this table of node pools does not have their Windows versions",
            ),
            (
                "CLUSTER\tNODEGROUP\tSTATUS\tDESIRED CAPACITY\nc\tw\tACTIVE\t2\n",
                "this table of node pools does not have their Windows versions",
            ),
            (
                "NAME  MACHINE_TYPE  DISK_SIZE_GB  NODE_VERSION\nw  n2  100  1.29.4\n",
                "this table of node pools does not have their Windows versions",
            ),
        ] {
            assert_eq!(hosts_in(json), expected, "{json}");
        }
    }
}
