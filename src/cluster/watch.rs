//! Objects of a cluster as they change: a list, then a watch that goes on from it. What is known stays known while the API server is away.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::api::WatchParams;
use kube::core::{Request, WatchEvent};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::api::{self, CLASSES, List, MOST_OBJECTS, NODES};
use super::client::Client;
use crate::host::pod::Tree;
use crate::{Error, ErrorKind};

/// The seconds of one watch: the server ends it, and the next goes on from there.
const SECONDS: u32 = 290;

/// The pauses after failures: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pauses before the next list and the next watch: each is twice as long as the last one, until there is a success.
#[derive(Debug)]
struct Pauses {
    list: Duration,
    watch: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { list: FIRST_PAUSE, watch: FIRST_PAUSE }
    }
}

impl Pauses {
    /// A list was read.
    const fn listed(&mut self) {
        self.list = FIRST_PAUSE;
    }

    /// A watch has ended, whose state had moved or not. One that has gone on for a while was a success, however quiet it was.
    fn watched(&mut self, has_moved: bool, lasted: Duration) {
        if has_moved || lasted >= LONGEST_PAUSE {
            self.watch = FIRST_PAUSE;
        }
    }

    /// The pause after a list that failed.
    fn after_list(&mut self) -> Duration {
        twice(&mut self.list)
    }

    /// The pause after a watch that brought nothing, or whose state is forgotten.
    fn after_watch(&mut self) -> Duration {
        twice(&mut self.watch)
    }
}

/// This pause, which is twice as long the next time.
fn twice(pause: &mut Duration) -> Duration {
    std::mem::replace(pause, LONGEST_PAUSE.min(*pause * 2))
}

/// The pause before a list that the cluster does not have is asked for again.
const MISSING_PAUSE: Duration = Duration::from_secs(300);

/// The time for which changes are collected, and the most of them.
const COLLECTED: Duration = Duration::from_millis(50);
const MOST_COLLECTED: usize = 500;

/// The objects that are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// The nodes.
    Nodes,
    /// The RuntimeClasses; a cluster whose API does not have them has none.
    Classes,
    /// The workloads of one kind.
    Workloads(List),
}

impl Followed {
    const fn list(self) -> List {
        match self {
            Self::Nodes => NODES,
            Self::Classes => CLASSES,
            Self::Workloads(list) => list,
        }
    }

    /// The name, e.g. `nodes`.
    pub const fn as_str(self) -> &'static str {
        self.list().plural
    }
}

/// What is told of objects that are followed.
#[derive(Debug)]
pub enum Told<'a, T> {
    /// All of them, by their names, after a change.
    Known(&'a BTreeMap<String, T>),
    /// They cannot be read at the moment, and this is tried again.
    Failed(&'a Error),
}

/// The end of a watch.
enum Ended {
    /// By the server, after its time.
    InTime,
    /// The state that it went on from is forgotten.
    Expired,
    Failed(Error),
}

/// Follows these objects for ever, those of one namespace if it is named. `reduce` is given the version of the list and takes what matters of an
/// object, `None` for one that does not matter at all; changes of the rest are not told.
pub async fn follow<T: PartialEq>(
    client: &Client,
    followed: Followed,
    namespace: Option<&str>,
    reduce: impl Fn(&str, &Value) -> Option<T>,
    mut told: impl FnMut(Told<'_, T>),
) {
    let mut known: Option<BTreeMap<String, T>> = None;
    let mut pauses = Pauses::default();
    loop {
        let reduced = |version: &str, object: &Value| Some((name(object), reduce(version, object)?));
        let listed = api::all(client, followed.list(), namespace, reduced).await;
        match listed {
            Ok(listed) => {
                pauses.listed();
                let new: BTreeMap<String, T> = listed.objects.into_iter().collect();
                if known.as_ref() != Some(&new) {
                    told(Told::Known(&new));
                }
                let known = known.insert(new);
                let mut state = listed.state;
                loop {
                    let (before, begun) = (state.clone(), Instant::now());
                    let reduce = |object: &Value| reduce(listed.version, object);
                    let ended = watch(client, &listed.path, &mut state, known, &reduce, &mut told).await;
                    pauses.watched(before != state, begun.elapsed());
                    match ended {
                        Ended::InTime => {}
                        Ended::Expired => break,
                        Ended::Failed(error) => told(Told::Failed(&error)),
                    }
                    if before == state {
                        tokio::time::sleep(pauses.after_watch()).await;
                    }
                }
                tokio::time::sleep(pauses.after_watch()).await;
            }
            Err(error) if error.kind == ErrorKind::NotFound && followed == Followed::Classes => {
                if known.as_ref().is_none_or(|known| !known.is_empty()) {
                    told(Told::Known(known.insert(BTreeMap::new())));
                }
                tokio::time::sleep(MISSING_PAUSE).await;
            }
            Err(error) => {
                told(Told::Failed(&error));
                tokio::time::sleep(pauses.after_list()).await;
            }
        }
    }
}

/// The name of an object among those of its kind, e.g. `shop/web`, or `node-1` for one without a namespace.
fn name(object: &Value) -> String {
    let name = object.owned_at(&["metadata", "name"]);
    object.text_at(&["metadata", "namespace"]).map_or_else(|| name.clone(), |namespace| format!("{namespace}/{name}"))
}

/// One watch from this state on, which moves with it.
async fn watch<T: PartialEq>(
    client: &Client,
    path: &str,
    state: &mut String,
    known: &mut BTreeMap<String, T>,
    reduce: &impl Fn(&Value) -> Option<T>,
    told: &mut impl FnMut(Told<'_, T>),
) -> Ended {
    let asked = Request::new(path).watch(&WatchParams::default().timeout(SECONDS), state).map_err(kube::Error::BuildRequest);
    let events = match asked {
        Ok(request) => client.events(request).await,
        Err(error) => Err(error),
    };
    let mut events = match events {
        Ok(events) => events,
        Err(error) => return ended(error),
    };
    let mut changes = 0;
    // The time at which what was collected is told.
    let mut until: Option<Instant> = None;
    loop {
        let next = match until {
            None => events.next().await,
            // Not only where nothing comes: what does not count may come without a pause.
            Some(time) if changes >= MOST_COLLECTED || time <= Instant::now() => {
                told(Told::Known(known));
                (changes, until) = (0, None);
                continue;
            }
            Some(time) => match timeout_at(time, events.next()).await {
                Ok(next) => next,
                Err(_) => continue,
            },
        };
        let event = match next {
            Ok(Some(event)) => event,
            other => {
                if changes > 0 {
                    told(Told::Known(known));
                }
                return match other {
                    Err(error) => ended(error),
                    Ok(_) => Ended::InTime,
                };
            }
        };
        let object = match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                let name = name(&object);
                changes += usize::from(match reduce(&object) {
                    Some(reduced) if known.get(&name) != Some(&reduced) => {
                        known.insert(name, reduced);
                        true
                    }
                    Some(_) => false,
                    None => known.remove(&name).is_some(),
                });
                object
            }
            WatchEvent::Deleted(object) => {
                changes += usize::from(known.remove(&name(&object)).is_some());
                object
            }
            WatchEvent::Bookmark(bookmark) => {
                state.clone_from(&bookmark.metadata.resource_version);
                continue;
            }
            WatchEvent::Error(status) => {
                if changes > 0 {
                    told(Told::Known(known));
                }
                return ended(kube::Error::Api(status));
            }
        };
        // The list is read again, and says that it is too long.
        if known.len() > MOST_OBJECTS {
            return Ended::Expired;
        }
        if changes > 0 {
            until.get_or_insert_with(|| Instant::now() + COLLECTED);
        }
        let at = object.owned_at(&["metadata", "resourceVersion"]);
        if !at.is_empty() {
            *state = at;
        }
    }
}

fn ended(error: kube::Error) -> Ended {
    match error {
        kube::Error::Api(status) if matches!(status.code, 410 | 404) => Ended::Expired,
        error => Ended::Failed(api::failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_ends_long_pauses() {
        let mut pauses = Pauses::default();
        let milliseconds = |pause: Duration| pause.as_millis();
        let after_lists: Vec<u128> = (0..8).map(|_| milliseconds(pauses.after_list())).collect();
        assert_eq!(after_lists, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        // Failures to list are none of the watch.
        assert_eq!(milliseconds(pauses.after_watch()), 500);
        pauses.listed();
        assert_eq!(milliseconds(pauses.after_list()), 500);
        // A list does not end those of a watch that ends at once again and again.
        assert_eq!(milliseconds(pauses.after_watch()), 1000);
        pauses.watched(false, Duration::from_secs(1));
        assert_eq!(milliseconds(pauses.after_watch()), 2000);
        pauses.watched(true, Duration::from_secs(1));
        assert_eq!(milliseconds(pauses.after_watch()), 500);
        pauses.watched(false, Duration::from_secs(290));
        assert_eq!(milliseconds(pauses.after_watch()), 500);
    }
}
