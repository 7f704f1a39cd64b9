//! The rights of virtual machines on files: granted, revoked, and outliving the machine.

use super::{normal, path_argument};
use crate::codes::FILE_NOT_FOUND;
use crate::rules::{self, Refusal};
use crate::state;

/// Grants or revokes a machine's (or the group's) access to a file.
pub fn change(vm: Option<String>, file: Option<String>, grant: bool) -> Result<(), Refusal> {
    let (vm, file) = (path_argument(vm)?.to_lowercase(), path_argument(file)?);
    if !std::path::Path::new(&file).exists() {
        return Err(rules::VM_ACCESS.refusal(FILE_NOT_FOUND, format!("{file:?} does not exist")));
    }
    let entry = (vm, normal(&file));
    state::with(|state| if grant { state.grants.insert(entry) } else { state.grants.remove(&entry) });
    Ok(())
}
