//! What is known of the cluster: nodes and RuntimeClasses, and the Windows that may come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::cluster::admission::Expected;
use crate::cluster::{Classes, ClusterNode, Nodes};
use crate::host::Host;
use crate::host::pod::RuntimeClass;
use crate::{Architecture, Kind};

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

/// A Windows among all: what an image is chosen by.
type Key = (u32, Option<u32>, Architecture, Kind);

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
            let before: Vec<Key> = seen.hosts.iter().map(key).collect();
            let mut keys = BTreeSet::new();
            let hosts: Vec<Host> =
                nodes.hosts().into_iter().chain(expected.iter().cloned()).filter(|host| keys.insert(sortable(host))).collect();
            if hosts.iter().map(key).collect::<Vec<_>>() != before {
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
        let present: BTreeSet<String> = now.hosts().iter().map(sortable).collect();
        for host in before.map(Nodes::hosts).unwrap_or_default() {
            if !present.contains(&sortable(&host)) {
                gone.insert(sortable(&host), (host, Instant::now()));
            }
        }
        gone.retain(|key, (_, since)| !present.contains(key) && since.elapsed() < REMEMBERED);
        while gone.len() > MOST_REMEMBERED {
            let Some(oldest) = gone.iter().min_by_key(|(_, (_, since))| *since).map(|(key, _)| key.clone()) else { break };
            gone.remove(&oldest);
        }
        let mut expected = self.named.clone();
        expected.extend(gone.values().map(|(host, _)| host.clone()));
        expected.retain(|host| !present.contains(&sortable(host)));
        expected
    }
}

fn key(host: &Host) -> Key {
    (host.os_version.build, host.os_version.revision, host.architecture, host.kind)
}

/// The same as a text, without the revision but where the revisions decide.
fn sortable(host: &Host) -> String {
    let version = host.os_version;
    let revision = version.revision.filter(|_| version.build == crate::knowledge::builds::WINDOWS_SERVER_2016);
    format!("{}.{revision:?}/{}/{:?}", version.build, host.architecture.as_str(), host.kind)
}
