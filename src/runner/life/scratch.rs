//! The scratch layer, which holds everything a container writes.

use std::thread;
use std::time::Duration;

use crate::Error;
use crate::hcs::call::CallError;
use crate::hcs::codes;
use crate::hcs::documents::Layer;
use crate::hcs::failed;
use crate::hcs::layers::Layers;
use crate::runner::store::Store;
use crate::runner::store::claim::Claim;
use crate::runner::store::state::Resource;

/// The number of tries to attach a disk. Windows Server 2019 answers "not ready" for a short time (`docs/hcs.md#scratch-layers`).
const ATTEMPTS: usize = 5;

/// Creates the scratch, with a disk of this many bytes if they are named. For Hyper-V isolation that is all: the virtual machine
/// attaches it.
pub(crate) fn create(
    host: &dyn Layers,
    store: &Store,
    claim: &mut Claim,
    layers: &[Layer],
    bytes: Option<u64>,
) -> Result<(), Error> {
    claim.acquiring(Resource::Scratch)?;
    let scratch = store.scratch(&claim.id);
    host.create_scratch(&scratch, layers).map_err(|error| failed("the container's scratch layer was not created", &error))?;
    let Some(bytes) = bytes else { return Ok(()) };
    host.expand(&scratch, bytes).map_err(|error| {
        let shown = failed("the container's disk was not enlarged", &error);
        if is_for_lack_of_rights(&error) {
            shown.hint("enlarging the disk of a container needs an elevated prompt")
        } else {
            shown
        }
    })
}

/// Attaches the scratch for process isolation: its volume, e.g. `\\?\Volume{6b9a436d-…}\`.
pub(crate) fn mount(host: &dyn Layers, store: &Store, claim: &mut Claim, layers: &[Layer]) -> Result<String, Error> {
    let scratch = store.scratch(&claim.id);
    claim.acquiring(Resource::Activation)?;
    claim.acquiring(Resource::Preparation)?;
    let mut attempt = 0;
    let mounted = loop {
        attempt += 1;
        let mounted = host
            .activate(&scratch)
            .map_err(|error| ("attached", error))
            .and_then(|()| host.prepare(&scratch, layers).map_err(|error| ("prepared", error)));
        match mounted {
            Err((_, error)) if is_not_ready(&error) && attempt < ATTEMPTS => {
                // A half-attached disk would be refused the next time. If there is none, this fails, which does not matter.
                let _ = host.deactivate(&scratch);
                thread::sleep(Duration::from_millis(100));
            }
            settled => break settled,
        }
    };
    mounted.map_err(|(what, error)| {
        let shown = failed(format!("the container's scratch layer was not {what}"), &error);
        if is_for_lack_of_rights(&error) {
            shown.hint("process isolation needs an elevated prompt at every start")
        } else {
            shown
        }
    })?;
    host.volume(&scratch).map_err(|error| failed("the volume of the container's scratch layer is not known", &error))
}

/// True if the token has too few rights (`docs/hcs.md#rights`).
const fn is_for_lack_of_rights(error: &CallError) -> bool {
    matches!(error.code(), Some(codes::E_ACCESSDENIED | codes::ERROR_PRIVILEGE_NOT_HELD))
}

/// True if a disk is not ready yet.
const fn is_not_ready(error: &CallError) -> bool {
    matches!(error.code(), Some(codes::ERROR_NOT_READY | codes::ERROR_DEVICE_NOT_CONNECTED))
}
