//! What is known of the cluster: nodes and RuntimeClasses, and the Windows that may come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::cluster::admission::{Coming, Expected};
use crate::cluster::{Classes, ClusterNode, Nodes};
use crate::host::pod::RuntimeClass;
use crate::host::{Host, Taint};
use crate::knowledge::EngineVersion;

/// The time for which the Windows of a node that is gone is still expected: a pool at zero keeps none, also over a weekend.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// The most that are remembered, each with the labels and taints of a node: a cluster has a few builds, each with a few sets of taints.
const MOST_REMEMBERED: usize = 64;

/// The cluster at one time.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The nodes; `None` before they are listed.
    pub nodes: Option<Nodes>,
    /// The RuntimeClasses.
    pub classes: Classes,
    /// The Windows that may come.
    pub expected: Expected,
    /// The Windows of nodes and expected ones, each once: images are read for them.
    pub hosts: Arc<[Host]>,
    /// The number of these sets so far: an image that was read for another one is read again.
    pub hosts_number: u64,
    /// True if a Windows node does not say its version: what runs there is not known.
    pub has_unknown: bool,
}

/// The cluster as it changes.
#[derive(Debug)]
pub struct View {
    named: Expected,
    seen: RwLock<Arc<Seen>>,
    /// The Windows and the taints of nodes that were there, and when the last of them was.
    gone: Mutex<BTreeMap<String, (Coming, Instant)>>,
}

impl View {
    /// A cluster of which nothing is known yet but the Windows that were named as expected.
    pub fn new(named: Vec<Host>) -> Self {
        let expected: Expected = named.iter().cloned().map(Coming::from).collect();
        let seen = Seen { expected: expected.clone(), hosts: named.into(), ..Seen::default() };
        let named = expected;
        Self { named, seen: RwLock::new(Arc::new(seen)), gone: Mutex::default() }
    }

    /// The cluster now.
    pub fn now(&self) -> Arc<Seen> {
        Arc::clone(&self.seen.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the nodes; `None` is one that does not say its version.
    pub fn put_nodes(&self, nodes: &BTreeMap<String, Option<Arc<ClusterNode>>>) {
        let has_unknown = nodes.values().any(Option::is_none);
        let nodes = Nodes::of(nodes.values().flatten().cloned().collect());
        self.change(|seen| {
            let expected = self.expected(&nodes, seen.nodes.as_ref());
            let mut names = BTreeSet::new();
            let coming = expected.iter().map(|coming| coming.host.clone());
            let hosts: Vec<Host> = nodes.hosts().into_iter().chain(coming).filter(|host| names.insert(pulled_as(host))).collect();
            if seen.hosts.iter().map(pulled_as).collect::<BTreeSet<_>>() != names {
                seen.hosts = hosts.into();
                seen.hosts_number += 1;
            }
            seen.nodes = Some(nodes);
            seen.expected = expected;
            seen.has_unknown = has_unknown;
        });
    }

    /// Takes over the RuntimeClasses.
    pub fn put_classes(&self, classes: &BTreeMap<String, RuntimeClass>) {
        self.change(|seen| seen.classes = Some(classes.clone()));
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = (**seen).clone();
        change(&mut changed);
        *seen = Arc::new(changed);
    }

    /// The named Windows, and those of nodes that were there before and are not now. Another node with the same Windows changes nothing: it may be of
    /// a pool that a pod cannot land on.
    fn expected(&self, now: &Nodes, before: Option<&Nodes>) -> Expected {
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        for node in before.into_iter().flat_map(|before| &before.nodes) {
            let Some(host) = &node.host else { continue };
            let number = now.nodes.binary_search_by(|other| other.name.cmp(&node.name)).ok();
            let same = number.and_then(|number| now.nodes.get(number));
            if same.and_then(|same| same.host.as_ref()).is_some_and(|same| same == host || name(same) == name(host)) {
                continue;
            }
            let new = || Coming { host: host.clone(), labels: node.node.labels.clone(), taints: node.node.taints.clone() };
            let (coming, since) = gone.entry(shape(host, &node.node.taints)).or_insert_with(|| (new(), Instant::now()));
            // What nodes have that are alike in all else is known of those that come.
            coming.labels.retain(|key, value| node.node.labels.get(key) == Some(value));
            *since = Instant::now();
        }
        gone.retain(|_, (_, since)| since.elapsed() < REMEMBERED);
        while gone.len() > MOST_REMEMBERED {
            let Some(oldest) = gone.iter().min_by_key(|(_, (_, since))| *since).map(|(key, _)| key.clone()) else { break };
            gone.remove(&oldest);
        }
        let mut expected = self.named.clone();
        expected.extend(gone.values().map(|(coming, _)| coming.clone()));
        expected
    }
}

/// What an image is chosen by: the build, on 2016 the revision, the processor, server or client.
fn name(host: &Host) -> String {
    let version = host.os_version;
    let revision = version.revision.filter(|_| version.build == crate::knowledge::builds::WINDOWS_SERVER_2016);
    format!("{}.{revision:?}/{}/{:?}", version.build, host.architecture.as_str(), host.kind)
}

/// What tells nodes that are gone from one another: what their images are chosen by, and their taints.
fn shape(host: &Host, taints: &[Taint]) -> String {
    let mut taints: Vec<String> = taints.iter().map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect)).collect();
    taints.sort();
    format!("{} {}", name(host), taints.join(","))
}

/// What an image is chosen and pulled by: the same with the versions of the kubelet and of the containerd below it.
fn pulled_as(host: &Host) -> (String, Option<EngineVersion>, Option<EngineVersion>) {
    let engine = host.engine.as_ref();
    (name(host), engine.and_then(|engine| engine.version.clone()), engine.and_then(|engine| engine.runtime.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::knowledge::Knowledge;

    fn node(build: &str) -> (String, Option<Arc<ClusterNode>>) {
        of_pool(build, build, "web", None)
    }

    /// A node of a pool, with a taint that has no value.
    fn of_pool(name: &str, build: &str, pool: &str, taint: Option<&str>) -> (String, Option<Arc<ClusterNode>>) {
        let taints: Vec<_> = taint.iter().map(|key| json!({"key": key, "effect": "NoSchedule"})).collect();
        let object = json!({"metadata": {"name": name, "labels": {"pool": pool, "kubernetes.io/os": "windows"}},
            "spec": {"taints": taints}, "status": {"nodeInfo": {"operatingSystem": "windows", "architecture": "amd64",
            "kernelVersion": format!("{build}.1"), "osImage": "Windows Server"}}});
        (name.to_owned(), ClusterNode::of(&object, Knowledge::built_in()).ok().map(Arc::new))
    }

    fn builds(view: &View) -> Vec<u32> {
        view.now().expected.iter().map(|coming| coming.host.os_version.build).collect()
    }

    /// A Windows is expected whatever nodes have it: a pod may not be able to land on those.
    #[test]
    fn a_windows_that_was_named_is_expected_while_nodes_have_it() {
        let (name, other) = node("10.0.20348");
        let named = other.as_ref().and_then(|node| node.host.clone()).unwrap();
        let view = View::new(vec![named]);
        view.put_nodes(&[(name, other)].into());
        assert_eq!(builds(&view), [20348]);
        assert_eq!(view.now().hosts.len(), 1);
    }

    #[test]
    fn a_pool_that_is_gone_is_expected_with_what_its_nodes_had_in_common() {
        let view = View::new(Vec::new());
        let stays = of_pool("db-0", "10.0.20348", "db", Some("dedicated"));
        let web = |number: u32| of_pool(&format!("web-{number}"), "10.0.20348", "web", None);
        view.put_nodes(&[stays.clone(), web(0), web(1), of_pool("spot-0", "10.0.20348", "spot", None)].into());
        view.put_nodes(&[stays.clone(), of_pool("spot-0", "10.0.20348", "spot", None)].into());
        let coming = view.now().expected.clone();
        assert_eq!((coming.len(), coming[0].labels["pool"].as_str(), coming[0].taints.len()), (1, "web", 0));
        view.put_nodes(&[stays].into());
        let coming = view.now().expected.clone();
        assert_eq!((coming.len(), coming[0].labels.get("pool")), (1, None));
        assert_eq!(coming[0].labels["kubernetes.io/os"], "windows");
        // Another taint is another pool.
        view.put_nodes(&BTreeMap::new());
        assert_eq!(builds(&view), [20348, 20348]);
    }

    #[test]
    fn a_windows_whose_nodes_are_gone_is_expected() {
        let view = View::new(Vec::new());
        view.put_nodes(&[node("10.0.20348"), node("10.0.26100")].into());
        assert_eq!(builds(&view), [0; 0]);
        let before = view.now().hosts_number;
        view.put_nodes(&[node("10.0.20348")].into());
        assert_eq!(builds(&view), [26100]);
        // Images are read for it still.
        assert_eq!(view.now().hosts.len(), 2);
        view.put_nodes(&[node("10.0.20348"), node("10.0.26100")].into());
        assert_eq!(builds(&view), [26100]);
        view.put_nodes(&[node("10.0.17763"), node("10.0.20348"), node("10.0.26100")].into());
        assert!(view.now().hosts_number > before);
    }

    #[test]
    fn a_node_that_does_not_say_its_windows_is_known_to_be_there() {
        let view = View::new(Vec::new());
        view.put_nodes(&[node("10.0.20348"), ("new".to_owned(), None)].into());
        assert!(view.now().has_unknown);
        view.put_nodes(&[node("10.0.20348")].into());
        assert!(!view.now().has_unknown);
    }
}
