//! The end and the removal of a container by a process that does not own it.
//!
//! Such a process talks to HCS. The owner sees its container end, records the exit code and releases its resources; the process that
//! ended it waits for that. If the owner is gone, the process cleans up itself.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::Isolation;
use crate::advice::{Command, Setting, advice};
use crate::clock::now;
use crate::hcs::compute_systems::Container;
use crate::hcs::documents::SystemQuery;
use crate::hcs::failed;
use crate::hcs::id::ContainerId;
use crate::hcs::machine::Machine;
use crate::process_group::ProcessGroups;
use crate::runner::life::release;
use crate::runner::store::Store;
use crate::runner::store::claim::{Claim, FoundContainer};
use crate::runner::store::state::State;

/// The time a container may take to shut down by default; the same as Docker's.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// The time the owner of an ended container may take to clean up after it: more than its own timeouts.
const CLEAN_UP: Duration = Duration::from_secs(180);
/// The time that the owner of a container that is removed by force gets to clean up, before it is ended.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pause before a container that still has an owner is ended again.
const AGAIN: Duration = Duration::from_millis(500);
/// The pause between two looks for the end.
const TICK: Duration = Duration::from_millis(20);

/// Shuts a container down, ends it by force after the timeout, and waits until all its resources are released. Without a timeout
/// the container's own is used.
///
/// # Errors
///
/// A container that does not end, or cannot be cleaned up.
pub fn stop(machine: &dyn Machine, store: &Store, id: &ContainerId, timeout: Option<Duration>) -> Result<(), Error> {
    let own = store.state(id).and_then(|state| state.request.stop_timeout);
    let timeout = timeout.or(own.map(|seconds| Duration::from_secs(seconds.into()))).unwrap_or(STOP_TIMEOUT);
    for isolation in isolations(store, id) {
        if let Some(container) = open(machine, store, id, isolation)? {
            shut_down(container, timeout)?;
        }
    }
    kill(machine, store, id)
}

/// Requests the shutdown of a container without waiting for it; returns true if it was running.
///
/// # Errors
///
/// A container that cannot be asked.
pub fn terminate(machine: &dyn Machine, store: &Store, id: &ContainerId) -> Result<bool, Error> {
    for isolation in isolations(store, id) {
        if let Some(container) = open(machine, store, id, isolation)? {
            return match container.shut_down() {
                Err(error) if error.is_gone() => Ok(false),
                Err(error) => Err(failed(format!("the container {} was not asked to end", id.short()), &error)),
                Ok(()) => Ok(true),
            };
        }
    }
    Ok(false)
}

/// Ends a container by force if it runs, and waits until all its resources are released.
///
/// # Errors
///
/// A container that does not end, or cannot be cleaned up.
pub fn kill(machine: &dyn Machine, store: &Store, id: &ContainerId) -> Result<(), Error> {
    end(machine, store, id)?;
    settle(machine, store, id, None)
}

/// [`kill`], and the process that owns the container is ended too, if it does not clean up soon: it may be in a call of Windows that never
/// returns. What it leaves is released here.
fn kill_with_owner(machine: &dyn Machine, store: &Store, id: &ContainerId, processes: &dyn ProcessGroups) -> Result<(), Error> {
    if let Err(error) = end(machine, store, id) {
        // The system itself may wait for what its owner has begun.
        end_owner(store, id, processes);
        end(machine, store, id).map_err(|_| error)?;
    }
    settle(machine, store, id, Some(processes))
}

/// Ends the process that owns a container. Its number was written by a process that has the container locked: while that is so, no other
/// process has it.
fn end_owner(store: &Store, id: &ContainerId, processes: &dyn ProcessGroups) {
    let owner = || {
        let is_owned = store.is_owned(id).unwrap_or(false);
        store.state(id).and_then(|state| state.owner).filter(|owner| is_owned && *owner != std::process::id())
    };
    let Some(process) = owner() else { return };
    // Opened, it stays the same process; it must be the owner then, too.
    if let Ok(opened) = processes.of(process)
        && owner() == Some(process)
    {
        opened.end();
    }
}

/// Ends the compute system if HCS lists it.
fn end(machine: &dyn Machine, store: &Store, id: &ContainerId) -> Result<(), Error> {
    for isolation in isolations(store, id) {
        // With a handle of its own: HCS takes one request after the other on each, and shutting down may be one that lasts.
        release::end_container(machine.systems(), &id.to_string(), isolation, Some(&store.owner(isolation)), None)
            .or_else(|error| if error.is_missing() { Ok(()) } else { Err(error) })
            .map_err(|error| failed(format!("the container {} was not ended", id.short()), &error))?;
    }
    Ok(())
}

/// True if HCS lists this container.
///
/// # Errors
///
/// HCS does not answer.
pub fn runs(machine: &dyn Machine, store: &Store, id: &ContainerId) -> Result<bool, Error> {
    for isolation in isolations(store, id) {
        if open(machine, store, id, isolation)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes a container with its log. One that runs is ended first by force, with the process that owns it if that hangs; without `force` it
/// is refused.
///
/// # Errors
///
/// A container that runs, does not end, or cannot be cleaned up.
pub fn remove(machine: &dyn Machine, store: &Store, id: &ContainerId, force: Option<&dyn ProcessGroups>) -> Result<(), Error> {
    if force.is_none() && (store.is_owned(id)? || runs(machine, store, id)?) {
        return Err(Error::new(format!("the container {} runs", id.short())).hint(advice![
            "end it with ",
            Command::Stop,
            ", or use ",
            Setting::Force
        ]));
    }
    match force {
        Some(processes) => kill_with_owner(machine, store, id, processes)?,
        None => kill(machine, store, id)?,
    }
    match store.find(id)? {
        None => Ok(()),
        Some(FoundContainer::Ours(claim)) => claim.remove(store),
        Some(FoundContainer::Owned) => {
            Err(Error::new(format!("the container {} is being looked at by another process", id.short()))
                .hint("try again in a moment"))
        }
    }
}

/// Waits until a container has ended and been cleaned up; returns its exit code.
///
/// # Errors
///
/// A container that ended without that being known, or whose owner is gone.
pub fn wait(store: &Store, id: &ContainerId) -> Result<u32, Error> {
    let mut last: Option<State> = None;
    let is_there = loop {
        // Checked before the file is read: what was written before the end is seen.
        let is_owned = store.is_owned(id)?;
        let now = store.state(id);
        let is_there = now.is_some();
        // The owner of a container with --rm removes its state soon after it has written it.
        last = now.or(last);
        if !is_owned {
            break is_there;
        }
        thread::sleep(TICK);
    };
    let code = last.as_ref().and_then(|state| state.exit_code);
    code.ok_or_else(|| {
        let unknown = Error::new(format!("what the container {} ended with is not known", id.short()));
        match last {
            Some(state) if state.finished.is_some() => unknown.because("its process was lost"),
            Some(_) if is_there => unknown.because("the process that looked after it is gone").hint(advice![
                Command::ListContainers,
                " shows its state, ",
                Command::Prune,
                " removes what is left of it"
            ]),
            _ => unknown.because("its state cannot be read, or it was removed meanwhile"),
        }
    })
}

/// Opens a container that runs.
pub(crate) fn open_running(machine: &dyn Machine, store: &Store, id: &ContainerId) -> Result<Box<dyn Container>, Error> {
    for isolation in isolations(store, id) {
        if let Some(container) = open(machine, store, id, isolation)? {
            return Ok(container);
        }
    }
    Err(Error::new(format!("the container {} does not run", id.short()))
        .hint(advice![Command::ListContainers, " shows its state"]))
}

/// Opens a container that HCS lists as one of this store.
fn open(
    machine: &dyn Machine,
    store: &Store,
    id: &ContainerId,
    isolation: Isolation,
) -> Result<Option<Box<dyn Container>>, Error> {
    let failed = |error: &_| failed(format!("the container {} cannot be opened", id.short()), error);
    let (id, owner) = (id.to_string(), store.owner(isolation));
    let systems = match release::with_retries(|| machine.systems().enumerate(isolation, &SystemQuery::id(&id))) {
        Err(error) if error.is_missing() => return Ok(None),
        systems => systems.map_err(|error| failed(&error))?,
    };
    if !systems.iter().any(|found| found.id == id && found.owner == owner) {
        return Ok(None);
    }
    machine.systems().open(&id, isolation).map_err(|error| failed(&error))
}

/// The isolations a container may have.
fn isolations(store: &Store, id: &ContainerId) -> Vec<Isolation> {
    State::isolations(store.state(id).as_ref())
}

/// Requests a shutdown and waits at most this long for the end. A refusal ends the wait.
fn shut_down(container: Box<dyn Container>, timeout: Duration) -> Result<(), Error> {
    let container: Arc<dyn Container> = Arc::from(container);
    let (answer, answered) = mpsc::channel();
    let shutting_down = Arc::clone(&container);
    // The call may last as long as the shutting down does.
    thread::Builder::new().name("shut down".to_owned()).spawn(move || answer.send(shutting_down.shut_down())).map_err(
        |error| {
            Error::new("no thread to stop the container")
                .because(error)
                .hint("close other programs to free memory, then try again")
        },
    )?;
    let until = Instant::now() + timeout;
    while Instant::now() < until {
        match container.wait(TICK.min(timeout)) {
            Ok(false) => {}
            // What cannot be waited for can still be ended.
            Ok(true) | Err(_) => return Ok(()),
        }
        if let Ok(Err(_)) = answered.try_recv() {
            return Ok(());
        }
    }
    Ok(())
}

/// Waits until a container has no owner, and releases everything left of one whose owner is gone. With `processes`, an owner that takes too
/// long is ended.
fn settle(machine: &dyn Machine, store: &Store, id: &ContainerId, processes: Option<&dyn ProcessGroups>) -> Result<(), Error> {
    let until = Instant::now() + CLEAN_UP;
    let mut give_up = processes.map(|processes| (processes, Instant::now() + PATIENCE));
    let mut again = Instant::now() + AGAIN;
    loop {
        match store.find(id)? {
            None => return Ok(()),
            Some(FoundContainer::Ours(claim)) => return clean_up(machine, store, *claim),
            Some(FoundContainer::Owned) if Instant::now() >= until => {
                return Err(Error::new(format!("the container {} has ended, and is not cleaned up", id.short()))
                    .because(format!("its background process has taken {} seconds so far", CLEAN_UP.as_secs()))
                    .hint(advice![
                        "end that process and release what it left with ",
                        Command::RemoveContainer(id.short()),
                        " and ",
                        Setting::Force
                    ]));
            }
            Some(FoundContainer::Owned) if give_up.is_some_and(|(_, after)| Instant::now() >= after) => {
                if let Some((processes, _)) = give_up.take() {
                    end_owner(store, id, processes);
                }
            }
            // One that was being made is there by now.
            Some(FoundContainer::Owned) if Instant::now() >= again => {
                end(machine, store, id)?;
                again = Instant::now() + AGAIN;
            }
            Some(FoundContainer::Owned) => thread::sleep(TICK),
        }
    }
}

/// Cleans up in place of the owner.
fn clean_up(machine: &dyn Machine, store: &Store, mut claim: Claim) -> Result<(), Error> {
    if claim.state().is_some_and(|state| state.finished.is_none()) {
        claim.update(|state| state.finished = Some(now()))?;
    }
    let goes = claim.state().map_or_else(|| claim.is_torn(), |state| state.request.remove);
    match release::everything(machine, store, &mut claim, None).into_iter().next() {
        Some(left) => Err(left),
        None if goes => claim.remove(store),
        None => {
            claim.keep();
            Ok(())
        }
    }
}
