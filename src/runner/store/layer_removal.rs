//! Deletes a layer of an image, of which HCS may keep a virtual machine as a template for Hyper-V containers.

use std::path::Path;

use crate::Error;
use crate::Isolation;
use crate::hcs::documents::SystemQuery;
use crate::hcs::failed;
use crate::hcs::machine::Machine;
use crate::runner::life::release;

/// Deletes the layer in this folder, and ends the templates that were booted from it and hold its files open.
///
/// No container may use the layer; whoever calls this has seen to that.
pub fn remove_layer(machine: &dyn Machine, folder: &Path) -> Result<(), Error> {
    let failed = |error: &_| failed(format!("the layer {} was not deleted", folder.display()), error);
    match release::with_retries(|| machine.systems().enumerate(Isolation::Hyperv, &SystemQuery::default())) {
        Ok(systems) => {
            for template in
                systems.iter().filter(|found| found.is_runtime_template && is_below(&found.runtime_image_path, folder))
            {
                release::end_container(machine.systems(), &template.id, Isolation::Hyperv, None, None)
                    .map_err(|error| failed(&error))?;
            }
        }
        // Without the DLL there are no templates.
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(failed(&error)),
    }
    release::with_retries(|| release::destroy(machine.layers(), folder)).map_err(|error| failed(&error))
}

/// True if a path from HCS is this folder or in it, in any case.
fn is_below(path: &str, folder: &Path) -> bool {
    let path = path.to_lowercase();
    let folder = folder.to_string_lossy().to_lowercase();
    path.strip_prefix(&folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['\\', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_belongs_to_the_layer_it_was_booted_from() {
        let layer = Path::new("C:\\store\\layers\\aa");
        assert!(is_below("c:\\Store\\layers\\AA\\UtilityVM", layer));
        assert!(is_below("C:\\store\\layers\\aa", layer));
        assert!(!is_below("C:\\store\\layers\\aab\\UtilityVM", layer));
        assert!(!is_below("", layer));
    }
}
