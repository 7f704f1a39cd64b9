//! A cluster that is read and then followed: what a check asks about, as it is now. Changes are told once they have settled, so that a rollout is
//! one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::api::{self, Access, Snapshot, WORKLOADS};
use super::client::Client;
use super::watch::{Followed, Told, follow};
use super::{ClusterNode, Kinds, Workload, rights};
use crate::Error;
use crate::host::pod::RuntimeClass;
use crate::knowledge::Knowledge;

/// The time for which an API server may say nothing: longer than a watch lasts.
pub const SILENT: Duration = Duration::from_secs(310);

/// The time without a change after which the cluster has settled, and the longest time that this is waited for.
const SETTLED: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15);

/// The objects of one list. A node that does not say its version and a list that was never read have the reason.
#[derive(Clone, Debug)]
enum Objects {
    Nodes(Vec<(ClusterNode, Option<(String, Error)>)>),
    Classes(BTreeMap<String, RuntimeClass>),
    Workloads(Vec<Workload>),
    Unread(Error),
}

/// The lists by their plurals.
type Lists = Arc<Mutex<BTreeMap<&'static str, Objects>>>;

/// What is told of one list: a change of its objects, or that it cannot be read at the moment.
type Note = (&'static str, Option<Error>);

/// What has happened.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The lists whose objects are not those that they were, by their plurals, e.g. `deployments`.
    pub changed: BTreeSet<&'static str>,
    /// The lists that cannot be read at the moment, with the last reason.
    pub failed: BTreeMap<&'static str, Error>,
}

/// A cluster that is followed.
#[derive(Debug)]
pub struct Live {
    access: Access,
    knowledge: Arc<Knowledge>,
    lists: Lists,
    /// The lists of workloads that could not be read at the start, by their plurals.
    unread: Vec<&'static str>,
    notes: UnboundedReceiver<Note>,
    following: Vec<JoinHandle<()>>,
}

impl Drop for Live {
    fn drop(&mut self) {
        for task in &self.following {
            task.abort();
        }
    }
}

impl Live {
    /// Reads a cluster, and follows it from there.
    ///
    /// # Errors
    ///
    /// Those of [`api::read`].
    pub async fn start(access: Access, knowledge: Arc<Knowledge>) -> Result<Self, Error> {
        let (sender, notes) = unbounded_channel();
        let (lists, unread, following) = (Lists::default(), Vec::new(), Vec::new());
        let mut live = Self { access, knowledge, lists, unread, notes, following };
        live.begin(&sender).await?;
        Ok(live)
    }

    async fn begin(&mut self, sender: &UnboundedSender<Note>) -> Result<(), Error> {
        let begun = std::time::Instant::now();
        let client = Client::of(&self.access, SILENT).await?;
        let namespace = api::namespace(&self.access.scope, &client)?;
        let knowledge = Arc::clone(&self.knowledge);
        let nodes = move |_: &str, object: &Value| Some(api::node(object, &knowledge));
        self.follow(&client, Followed::Nodes, None, nodes, |all| Objects::Nodes(all.values().cloned().collect()), sender);
        self.follow(
            &client,
            Followed::Classes,
            None,
            |_, object| Some(RuntimeClass::of(object)),
            |all| Objects::Classes(all.clone()),
            sender,
        );
        self.read(&[Followed::Nodes], api::left(&self.access, begun)).await;
        if let Some(Objects::Unread(error)) = self.lists().get(Followed::Nodes.as_str()) {
            return Err(rights::without_nodes(error.clone(), rights::FOLLOW));
        }
        self.read(&[Followed::Classes], api::left(&self.access, begun) / 2).await;
        let (mut known, mut unread) = (Kinds::new(), Vec::new());
        for (number, stage) in WORKLOADS.into_iter().enumerate() {
            let stage: Vec<_> = stage.iter().map(|list| ((list.group(), list.kind), Followed::Workloads(*list))).collect();
            for ((_, kind), followed) in &stage {
                let (kind, known) = (*kind, known.clone());
                let reduce = move |version: &str, object: &Value| Workload::of(version, kind, object, &known);
                let all = |all: &BTreeMap<String, Workload>| Objects::Workloads(all.values().cloned().collect());
                self.follow(&client, *followed, namespace.clone(), reduce, all, sender);
            }
            let within = api::share(api::left(&self.access, begun), number);
            self.read(&stage.iter().map(|(_, followed)| *followed).collect::<Vec<_>>(), within).await;
            let lists = self.lists();
            for (kind, followed) in &stage {
                match lists.get(followed.as_str()) {
                    None | Some(Objects::Unread(_)) => unread.push(followed.as_str()),
                    Some(_) => {
                        known.insert(*kind);
                    }
                }
            }
        }
        self.unread = unread;
        // What was noted until now is in the lists, and so in the report that is made of them: it is not a change.
        while self.notes.try_recv().is_ok() {}
        Ok(())
    }

    fn lists(&self) -> MutexGuard<'_, BTreeMap<&'static str, Objects>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a list from now on.
    fn follow<T: PartialEq + Send + Sync + 'static>(
        &mut self,
        client: &Client,
        followed: Followed,
        namespace: Option<String>,
        reduce: impl Fn(&str, &Value) -> Option<T> + Send + Sync + 'static,
        objects: impl Fn(&BTreeMap<String, T>) -> Objects + Send + Sync + 'static,
        sender: &UnboundedSender<Note>,
    ) {
        let (client, lists, sender) = (client.clone(), Arc::clone(&self.lists), sender.clone());
        self.following.push(tokio::spawn(async move {
            let plural = followed.as_str();
            let told = |told: Told<'_, T>| {
                let mut lists = lists.lock().unwrap_or_else(PoisonError::into_inner);
                let failure = match told {
                    Told::Known(all) => {
                        lists.insert(plural, objects(all));
                        None
                    }
                    Told::Failed(error) => {
                        // As where it is read once.
                        let error = error.clone().or_hint(rights::to_list(plural));
                        // What was known stays known.
                        lists.entry(plural).or_insert_with(|| Objects::Unread(error.clone()));
                        Some(error)
                    }
                };
                // Nobody waits for it any more where the receiver is gone.
                let _ = sender.send((plural, failure));
            };
            follow(&client, followed, namespace.as_deref(), reduce, told).await;
        }));
    }

    /// Waits until these lists are known, or known not to be readable. One that does not come to an end in this time is not read for now.
    async fn read(&mut self, of: &[Followed], within: Duration) {
        let known = async {
            while of.iter().any(|followed| !self.lists().contains_key(followed.as_str())) {
                if self.notes.recv().await.is_none() {
                    return;
                }
            }
        };
        if timeout(within, known).await.is_err() {
            let mut lists = self.lists();
            for followed in of {
                lists.entry(followed.as_str()).or_insert_with(|| Objects::Unread(api::late(within)));
            }
        }
    }

    /// The cluster as it is known now.
    pub fn now(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let lists = self.lists();
        let stages = WORKLOADS.iter().flat_map(|stage| stage.iter().map(|list| list.plural));
        let order = [Followed::Nodes.as_str(), Followed::Classes.as_str()].into_iter().chain(stages);
        for (plural, objects) in order.filter_map(|plural| Some((plural, lists.get(plural)?))) {
            match objects {
                Objects::Nodes(nodes) => {
                    for (node, unread) in nodes {
                        snapshot.nodes.push(node.clone());
                        snapshot.unread.extend(unread.clone());
                    }
                }
                Objects::Classes(classes) => snapshot.classes = Some(classes.clone()),
                Objects::Workloads(workloads) => snapshot.workloads.extend(workloads.iter().cloned()),
                Objects::Unread(error) => snapshot.unread.push((plural.to_owned(), error.clone())),
            }
        }
        rights::advise(&mut snapshot.unread, rights::FOLLOW);
        snapshot
    }

    /// Waits until something has happened, and until that has settled.
    pub async fn change(&mut self) -> Change {
        let mut change = self.settled().await;
        // What belongs to the objects of a list that can be read by now does not stand for itself any more. Where the new start fails, the next
        // change tries it again.
        let is_read = |plural: &&'static str| !matches!(self.lists().get(plural), None | Some(Objects::Unread(_)));
        if self.unread.iter().any(is_read) {
            match Self::start(self.access.clone(), Arc::clone(&self.knowledge)).await {
                Ok(again) => *self = again,
                Err(error) => {
                    change.failed.insert(Followed::Nodes.as_str(), error);
                }
            }
        }
        change
    }

    async fn settled(&mut self) -> Change {
        let mut change = Change::default();
        let mut until = None;
        let mut longest = Instant::now();
        loop {
            let note = match until {
                None => self.notes.recv().await,
                Some(until) => match timeout_at(longest.min(until), self.notes.recv()).await {
                    Ok(note) => note,
                    Err(_) => return change,
                },
            };
            // The sender lives as long as what is followed.
            let Some((plural, failure)) = note else { return change };
            let now = Instant::now();
            if until.is_none() {
                longest = now + LONGEST;
            }
            until = Some(now + SETTLED);
            match failure {
                Some(error) => {
                    change.failed.insert(plural, error);
                }
                None => {
                    change.failed.remove(plural);
                    change.changed.insert(plural);
                }
            }
        }
    }
}
