//! What is known of the cluster: nodes and RuntimeClasses, and the Windows that may come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::cluster::admission::Expected;
use crate::cluster::{Classes, ClusterNode, Nodes};
use crate::host::Host;
use crate::host::pod::RuntimeClass;
use crate::knowledge::EngineVersion;

/// The time for which a Windows whose last node is gone is still expected: a pool at zero keeps none, also over a weekend.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// The most that are remembered.
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
    /// The Windows of nodes that were there, and when the last of them was.
    gone: Mutex<BTreeMap<String, (Host, Instant)>>,
}

impl View {
    /// A cluster of which nothing is known yet but the Windows that were named as expected.
    pub fn new(named: Expected) -> Self {
        let seen = Seen { expected: named.clone(), hosts: named.clone().into(), ..Seen::default() };
        Self { named, seen: RwLock::new(Arc::new(seen)), gone: Mutex::default() }
    }

    /// The cluster now.
    pub fn now(&self) -> Arc<Seen> {
        Arc::clone(&self.seen.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the nodes; `None` is one that does not say its version.
    pub fn put_nodes(&self, nodes: &BTreeMap<String, Option<ClusterNode>>) {
        let has_unknown = nodes.values().any(Option::is_none);
        let nodes = Nodes::of(nodes.values().flatten().cloned().collect());
        self.change(|seen| {
            let expected = self.expected(&nodes, seen.nodes.as_ref());
            let mut names = BTreeSet::new();
            let hosts: Vec<Host> =
                nodes.hosts().into_iter().chain(expected.iter().cloned()).filter(|host| names.insert(pulled_as(host))).collect();
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

    /// The named Windows, and those whose nodes were there before and are not now.
    fn expected(&self, now: &Nodes, before: Option<&Nodes>) -> Expected {
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let present: BTreeSet<String> = now.hosts().iter().map(name).collect();
        for host in before.map(Nodes::hosts).unwrap_or_default() {
            if !present.contains(&name(&host)) {
                gone.insert(name(&host), (host, Instant::now()));
            }
        }
        gone.retain(|key, (_, since)| !present.contains(key) && since.elapsed() < REMEMBERED);
        while gone.len() > MOST_REMEMBERED {
            let Some(oldest) = gone.iter().min_by_key(|(_, (_, since))| *since).map(|(key, _)| key.clone()) else { break };
            gone.remove(&oldest);
        }
        let mut expected = self.named.clone();
        expected.extend(gone.values().map(|(host, _)| host.clone()));
        expected.retain(|host| !present.contains(&name(host)));
        expected
    }
}

/// What an image is chosen by: the build, on 2016 the revision, the processor, server or client.
fn name(host: &Host) -> String {
    let version = host.os_version;
    let revision = version.revision.filter(|_| version.build == crate::knowledge::builds::WINDOWS_SERVER_2016);
    format!("{}.{revision:?}/{}/{:?}", version.build, host.architecture.as_str(), host.kind)
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

    fn node(build: &str) -> (String, Option<ClusterNode>) {
        let object = json!({"metadata": {"name": build}, "status": {"nodeInfo": {"operatingSystem": "windows", "architecture": "amd64",
            "kernelVersion": format!("{build}.1"), "osImage": "Windows Server"}}});
        (build.to_owned(), ClusterNode::of(&object, Knowledge::built_in()).ok())
    }

    #[test]
    fn a_windows_whose_last_node_is_gone_is_expected_until_it_is_back() {
        let view = View::new(Vec::new());
        let builds = |view: &View| view.now().expected.iter().map(|host| host.os_version.build).collect::<Vec<_>>();
        view.put_nodes(&[node("10.0.20348"), node("10.0.26100")].into());
        assert_eq!(builds(&view), [0; 0]);
        let before = view.now().hosts_number;
        view.put_nodes(&[node("10.0.20348")].into());
        assert_eq!(builds(&view), [26100]);
        // Images are read for it still.
        assert_eq!(view.now().hosts.len(), 2);
        view.put_nodes(&[node("10.0.20348"), node("10.0.26100")].into());
        assert_eq!(builds(&view), [0; 0]);
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
