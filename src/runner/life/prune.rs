//! Releases everything that killed runs left behind, and removes ended containers with their logs.

use crate::Error;
use crate::Isolation;
use crate::hcs::documents::SystemQuery;
use crate::hcs::failed;
use crate::hcs::id::ContainerId;
use crate::hcs::machine::Machine;
use crate::runner::life::release;
use crate::runner::store::Store;
use crate::runner::store::claim::FoundContainer;
use crate::runner::store::import;

/// The result of pruning.
#[derive(Debug, Default)]
pub struct Pruned {
    /// Removed containers of the store.
    pub containers: Vec<ContainerId>,
    /// Ended compute systems of this store's owner without a folder in the store.
    pub compute_systems: Vec<String>,
    /// Deleted endpoints without a folder in the store, by name.
    pub endpoints: Vec<String>,
    /// Resources that could not be released.
    pub left_over: Vec<Error>,
}

/// Removes all containers of this store that no living process owns, and layers whose import was killed.
pub fn prune(machine: &dyn Machine, store: &Store) -> Result<Pruned, Error> {
    let mut pruned = Pruned::default();
    for id in store.container_ids()? {
        let mut claim = match store.find(&id) {
            Ok(Some(FoundContainer::Ours(claim))) => claim,
            Ok(_) => continue,
            // One damaged folder does not keep anything else from being released.
            Err(error) => {
                pruned.left_over.push(error);
                continue;
            }
        };
        let left_over = release::everything(machine, store, &mut claim, None);
        if left_over.is_empty() {
            match claim.remove(store) {
                Ok(()) => pruned.containers.push(id),
                Err(error) => pruned.left_over.push(error),
            }
        } else {
            pruned.left_over.extend(left_over);
        }
    }
    for isolation in Isolation::ALL {
        stray_systems(machine, store, isolation, &mut pruned);
    }
    stray_endpoints(machine, store, &mut pruned);
    pruned.left_over.extend(import::sweep(machine, store)?);
    Ok(pruned)
}

/// True if a container has no folder. The folder is created before anything else of a container and removed after everything else,
/// so without it nothing of that container is in use.
fn is_stray(store: &Store, id: &ContainerId) -> bool {
    !store.has_container(id)
}

fn stray_systems(machine: &dyn Machine, store: &Store, isolation: Isolation, pruned: &mut Pruned) {
    let owner = store.owner(isolation);
    let systems = match release::with_retries(|| machine.systems().enumerate(isolation, &SystemQuery::owner(&owner))) {
        Ok(systems) => systems,
        Err(error) if error.is_missing() => return,
        Err(error) => {
            pruned.left_over.push(failed(format!("containers with {} isolation are not known", isolation.named()), &error));
            return;
        }
    };
    for found in systems {
        // HCS is asked for this owner's systems only, but what is ended here is worth a second look.
        if found.owner != owner || !found.id.parse().is_ok_and(|id| is_stray(store, &id)) {
            continue;
        }
        match release::end_container(machine.systems(), &found.id, isolation, Some(&owner), None) {
            Ok(()) => pruned.compute_systems.push(found.id),
            Err(error) => pruned.left_over.push(failed(format!("the container {} was not ended", found.id), &error)),
        }
    }
}

fn stray_endpoints(machine: &dyn Machine, store: &Store, pruned: &mut Pruned) {
    let endpoints = match release::with_retries(|| machine.networks().endpoints()) {
        Ok(endpoints) => endpoints,
        Err(error) if error.is_missing() => return,
        Err(error) => {
            pruned.left_over.push(failed("the host's network endpoints are not known", &error));
            return;
        }
    };
    for endpoint in endpoints {
        if !store.container_of_endpoint(&endpoint.name).is_some_and(|id| is_stray(store, &id)) {
            continue;
        }
        let deleted = release::with_retries(|| {
            // Namespace first: the other way round both can get stuck.
            endpoint.namespace().map_or(Ok(()), |namespace| release::delete_namespace(machine.networks(), namespace))?;
            release::delete_endpoint(machine.networks(), endpoint.id)
        });
        match deleted {
            Ok(()) => pruned.endpoints.push(endpoint.name),
            Err(error) => pruned.left_over.push(failed(format!("the endpoint {} was not deleted", endpoint.name), &error)),
        }
    }
}
