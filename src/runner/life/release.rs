//! Releases the resources that a container holds on the host: in reverse order, with retries, and checked for success.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::Isolation;
use crate::hcs::call::{CallError, Reason, Result};
use crate::hcs::compute_systems::{ComputeSystems, Container};
use crate::hcs::documents::{SystemProperties, SystemQuery};
use crate::hcs::failed;
use crate::hcs::layers::Layers;
use crate::hcs::machine::Machine;
use crate::hcs::networks::Networks;
use crate::runner::store::Store;
use crate::runner::store::claim::Claim;
use crate::runner::store::state::Resource;
use uuid::Uuid;

/// The pauses before a failed call is made again: a disk that was just detached, or a virtual machine that is ending, keeps its
/// files open for a short time.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(200), Duration::from_millis(800), Duration::from_millis(2000)];
/// The time a terminated container may take to end.
const END: Duration = Duration::from_secs(60);
/// The time HCS may still list an ended container.
const ABSENCE: Duration = Duration::from_secs(10);

/// Releases everything the container holds, and records each release. The failures are returned, and their resources stay in the
/// state file for `prune`.
pub(crate) fn everything(
    machine: &dyn Machine,
    store: &Store,
    claim: &mut Claim,
    mut container: Option<Box<dyn Container>>,
) -> Vec<Error> {
    let mut failures: Vec<(Resource, Error)> = Vec::new();
    for resource in claim.acquired().into_iter().rev() {
        let released = match resource {
            Resource::ComputeSystem => claim.isolations().into_iter().try_for_each(|isolation| {
                let (id, owner) = (claim.id.to_string(), store.owner(isolation));
                end_container(machine.systems(), &id, isolation, Some(&owner), container.take())
            }),
            _ => release(machine, store, claim, resource),
        };
        let released = released.or_else(|error| {
            // Without the DLL there can be nothing of its making.
            if error.is_missing() && resource.is_of_a_service() { Ok(()) } else { Err(error) }
        });
        let released = released.map_err(|error| failed(format!("{} could not be released", name_of(resource)), &error));
        match released.and_then(|()| claim.released(resource)) {
            Ok(()) => {}
            Err(error) => {
                failures.push((resource, error));
                if resource == Resource::ComputeSystem {
                    // It still uses all the rest.
                    break;
                }
            }
        }
    }
    let is_left = |failures: &[(Resource, Error)], resource| failures.iter().any(|(failed, _)| *failed == resource);
    if !is_left(&failures, Resource::ComputeSystem) && !is_left(&failures, Resource::Scratch) {
        // With its folder gone, it can neither be active nor prepared, whatever the calls said.
        for resource in [Resource::Activation, Resource::Preparation] {
            if is_left(&failures, resource) && claim.released(resource).is_ok() {
                failures.retain(|(failed, _)| *failed != resource);
            }
        }
    }
    failures.into_iter().map(|(_, error)| error).collect()
}

/// Releases one resource. One that was never acquired is not a failure: it is recorded before it is acquired.
fn release(machine: &dyn Machine, store: &Store, claim: &Claim, resource: Resource) -> Result<()> {
    let (id, layers, scratch) = (&claim.id, machine.layers(), store.scratch(&claim.id));
    match resource {
        Resource::Scratch => with_retries(|| {
            let destroyed = destroy(layers, &scratch);
            if destroyed.is_err() && claim.isolations().contains(&Isolation::Process) {
                // The cause is often its own disk, still attached. If it is not, these fail, which does not matter.
                let _ = layers.unprepare(&scratch);
                let _ = layers.deactivate(&scratch);
            }
            destroyed
        }),
        // A failure of these shows when the scratch is deleted. For one that was never attached, they fail.
        Resource::Activation => persist(&PAUSES[..1], || if_there(layers, &scratch, |scratch| layers.deactivate(scratch))),
        Resource::Preparation => persist(&PAUSES[..1], || if_there(layers, &scratch, |scratch| layers.unprepare(scratch))),
        Resource::Endpoint => with_retries(|| delete_endpoint(machine.networks(), id.endpoint())),
        Resource::Namespace => with_retries(|| delete_namespace(machine.networks(), claim.namespace())),
        // Only the caller has its handle and its isolation.
        Resource::ComputeSystem => Ok(()),
    }
}

/// Deletes a layer and checks that it is gone.
pub(crate) fn destroy(layers: &dyn Layers, layer: &Path) -> Result<()> {
    if !layers.exists(layer)? {
        return Ok(());
    }
    let destroyed = layers.destroy(layer);
    if layers.exists(layer)? {
        destroyed?;
        return still_there("DestroyLayer", "the layer");
    }
    Ok(())
}

/// Deletes an endpoint and checks that it is gone.
pub(crate) fn delete_endpoint(networks: &dyn Networks, id: Uuid) -> Result<()> {
    unless_absent(networks.delete_endpoint(id))?;
    if networks.has_endpoint(id)? {
        return still_there("HcnDeleteEndpoint", "the endpoint");
    }
    Ok(())
}

/// Deletes a namespace and checks that it is gone.
pub(crate) fn delete_namespace(networks: &dyn Networks, id: Uuid) -> Result<()> {
    unless_absent(networks.delete_namespace(id))?;
    if networks.has_namespace(id)? {
        return still_there("HcnDeleteNamespace", "the namespace");
    }
    Ok(())
}

/// Ends a container and waits until HCS no longer lists it. Without a handle it is opened first, if HCS lists it with this owner. A handle that no longer works (the service has been restarted, or a signal is stuck before the end on it) is
/// replaced by a new one.
pub(crate) fn end_container(
    systems: &dyn ComputeSystems,
    id: &str,
    isolation: Isolation,
    owner: Option<&str>,
    mut handle: Option<Box<dyn Container>>,
) -> Result<()> {
    let is_it = |found: &SystemProperties| found.id == id && owner.is_none_or(|owner| found.owner == owner);
    with_retries(|| {
        let container = match handle.take() {
            Some(handle) => handle,
            None if !systems.enumerate(isolation, &SystemQuery::id(id))?.iter().any(is_it) => return Ok(()),
            None => match systems.open(id, isolation)? {
                Some(container) => container,
                None => return Ok(()),
            },
        };
        match container.terminate() {
            Err(error) if !error.is_gone() => return Err(error),
            _ => {}
        }
        if container.wait(END)? {
            Ok(())
        } else {
            Err(CallError { call: "HcsTerminateComputeSystem", reason: Reason::TimedOut(END) })
        }
    })?;
    let mut waited = Duration::ZERO;
    loop {
        let found = with_retries(|| systems.enumerate(isolation, &SystemQuery::id(id)))?;
        if !found.iter().any(is_it) {
            return Ok(());
        }
        if waited >= ABSENCE {
            return Err(CallError::unusable("HcsEnumerateComputeSystems", "the container is still listed after its end"));
        }
        let pause = Duration::from_millis(50);
        thread::sleep(pause);
        waited += pause;
    }
}

/// Makes a call until it succeeds, with pauses between the tries.
pub(crate) fn with_retries<T>(call: impl FnMut() -> Result<T>) -> Result<T> {
    persist(&PAUSES, call)
}

/// Makes a call until it succeeds, with these pauses between the tries. A missing DLL does not appear by waiting, and a call that
/// timed out twice is not made again.
fn persist<T>(pauses: &[Duration], mut call: impl FnMut() -> Result<T>) -> Result<T> {
    let mut timed_out = false;
    for pause in pauses {
        match call() {
            Err(error) if error.is_missing() || (timed_out && error.is_timed_out()) => return Err(error),
            Err(error) => timed_out = error.is_timed_out(),
            settled => return settled,
        }
        thread::sleep(*pause);
    }
    call()
}

/// Makes a call about the scratch if there is one.
fn if_there(layers: &dyn Layers, scratch: &Path, undo: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if layers.exists(scratch)? { unless_absent(undo(scratch)) } else { Ok(()) }
}

/// Counts the deletion of an absent object as a success.
fn unless_absent(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.is_absent() => Ok(()),
        result => result,
    }
}

/// The error of a deletion that was reported and did not happen.
fn still_there(call: &'static str, what: &str) -> Result<()> {
    Err(CallError::unusable(call, format_args!("it claims success, but {what} is still there")))
}

const fn name_of(resource: Resource) -> &'static str {
    match resource {
        Resource::Scratch => "the scratch layer",
        Resource::Activation => "the attached scratch disk",
        Resource::Preparation => "the prepared scratch volume",
        Resource::Endpoint => "the network endpoint",
        Resource::Namespace => "the network namespace",
        Resource::ComputeSystem => "the compute system",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_made_again_while_that_can_help() {
        let tries = |error: CallError| {
            let mut tries = 0;
            let result = persist(&[Duration::ZERO; 4], || {
                tries += 1;
                Err::<(), _>(error.clone())
            });
            assert_eq!(result, Err(error.clone()));
            tries
        };
        let error = |reason| CallError { call: "HcsTerminateComputeSystem", reason };
        assert_eq!(tries(CallError::refused("HcsTerminateComputeSystem", 0x8000_4005, Vec::new())), 5);
        // Minutes each.
        assert_eq!(tries(error(Reason::TimedOut(END))), 2);
        assert_eq!(tries(error(Reason::Missing { what: String::new(), hint: "" })), 1);
    }
}
