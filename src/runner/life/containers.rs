//! The containers of a store and their status: the state files of the store compared with the compute systems in HCS.

use crate::Error;
use crate::Isolation;
use crate::hcs::documents::SystemQuery;
use crate::hcs::failed;
use crate::hcs::id::ContainerId;
use crate::hcs::machine::Machine;
use crate::runner::life::release;
use crate::runner::store::Store;
use crate::runner::store::state::State;

/// The status of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The owner is about to start it.
    Created,
    /// HCS lists it.
    Running,
    /// It has ended, and the owner is cleaning up after it.
    Ending,
    /// It has ended, and its end is recorded.
    Exited,
    /// The owner is gone without having recorded an end, and HCS does not list it.
    Dead,
}

impl Status {
    /// All of them, from creation to end.
    pub const ALL: [Self; 5] = [Self::Created, Self::Running, Self::Ending, Self::Exited, Self::Dead];

    /// The name, e.g. `running`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Exited => "exited",
            Self::Dead => "dead",
        }
    }
}

/// A container of this store.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The id: 64 hex digits, unless HCS lists a system with this store's owner that no run of ours created.
    pub id: String,
    /// The isolation; `None` if neither its state nor HCS has it.
    pub isolation: Option<Isolation>,
    /// The content of its state file; `None` if that is missing or unreadable.
    pub state: Option<State>,
    /// True if the process that owns it is alive.
    pub is_owned: bool,
    /// True if HCS lists it.
    pub is_in_hcs: bool,
}

impl Listed {
    /// The status.
    pub fn status(&self) -> Status {
        let has_started = self.state.as_ref().is_none_or(|state| state.started.is_some());
        let has_finished = self.state.as_ref().is_some_and(|state| state.finished.is_some());
        match (self.is_in_hcs, self.is_owned) {
            (_, true) if has_finished => Status::Ending,
            (_, true) if !has_started => Status::Created,
            (true, _) => Status::Running,
            (false, true) => Status::Ending,
            (false, false) if has_finished => Status::Exited,
            (false, false) => Status::Dead,
        }
    }
}

/// All containers of this store, the newest first. Without a machine, their status comes from the store's files alone.
///
/// # Errors
///
/// A store that cannot be read, or HCS does not answer.
pub fn list(machine: Option<&dyn Machine>, store: &Store) -> Result<Vec<Listed>, Error> {
    // The files first: a container that is recorded as started is listed by HCS until it has ended.
    let mut all = Vec::new();
    for id in store.container_ids()? {
        all.extend(in_store(store, &id)?);
    }
    let Some(machine) = machine else { return Ok(sorted(all)) };
    for isolation in Isolation::ALL {
        let owner = store.owner(isolation);
        for found in systems(machine, isolation, &SystemQuery::owner(&owner))? {
            if found.owner != owner {
                continue;
            }
            let index = match all.iter().position(|listed: &Listed| listed.id == found.id) {
                Some(index) => index,
                None => {
                    // It may have been made since the files were read.
                    let late = found.id.parse().ok().map(|id| in_store(store, &id)).transpose()?.flatten();
                    all.push(late.unwrap_or(Listed {
                        id: found.id,
                        isolation: None,
                        state: None,
                        is_owned: false,
                        is_in_hcs: false,
                    }));
                    all.len() - 1
                }
            };
            if let Some(listed) = all.get_mut(index) {
                listed.isolation = Some(isolation);
                listed.is_in_hcs = true;
            }
        }
    }
    Ok(sorted(all))
}

/// A container according to its files; `None` if it has been removed.
fn in_store(store: &Store, id: &ContainerId) -> Result<Option<Listed>, Error> {
    // A lock that cannot even be opened has no owner, and one damaged folder does not hide any other container.
    let is_owned = store.is_owned(id).unwrap_or(false);
    let state = store.state(id);
    if !store.has_container(id) {
        return Ok(None);
    }
    let isolation = state.as_ref().map(|state| state.request.isolation);
    Ok(Some(Listed { id: id.to_string(), isolation, state, is_owned, is_in_hcs: false }))
}

/// The compute systems that HCS lists; without the DLL there are none.
fn systems(
    machine: &dyn Machine,
    isolation: Isolation,
    query: &SystemQuery,
) -> Result<Vec<crate::hcs::documents::SystemProperties>, Error> {
    match release::with_retries(|| machine.systems().enumerate(isolation, query)) {
        Err(error) if error.is_missing() => Ok(Vec::new()),
        Err(error) => Err(failed(format!("which containers with {} isolation run is not known", isolation.named()), &error)),
        Ok(systems) => Ok(systems),
    }
}

fn sorted(mut all: Vec<Listed>) -> Vec<Listed> {
    all.sort_by_key(|listed| std::cmp::Reverse(listed.state.as_ref().map(|state| state.created)));
    all
}
