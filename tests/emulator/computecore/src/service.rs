//! The service itself, and the rights of virtual machines on files.

use crate::{hresult, same_as_windows_sys};
use hcs_emulator::call::Done;
use hcs_emulator::layers::access;
use hcs_emulator::layers::scratch::VM_GROUP;
use hcs_emulator::log::shown;
use hcs_emulator::operations::error_document;
use hcs_emulator::systems::properties;
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::json;
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

same_as_windows_sys! { HcsGetServiceProperties HcsGrantVmAccess HcsRevokeVmAccess HcsGrantVmGroupAccess HcsRevokeVmGroupAccess }

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetServiceProperties(query: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL, its place null or valid.
    unsafe {
        let query = read(query);
        give_to(result, None, Owner::Local);
        hresult("HcsGetServiceProperties", json!({"query": shown(query.as_deref())}), |_| {
            let found = properties::of_service(query.as_deref()).inspect_err(|refusal| {
                let document = error_document(refusal, hcs_emulator::call::Dll::ComputeCore);
                give_to(result, Some(&document), Owner::Local);
            })?;
            give_to(result, Some(&found), Owner::Local);
            Ok(Done::Now)
        })
    }
}

unsafe fn change(function: &'static str, vm: Option<PCWSTR>, file: PCWSTR, grant: bool) -> HRESULT {
    // SAFETY: the caller's texts are null or end with a NUL.
    let (vm, file) = unsafe { (vm.map_or_else(|| Some(VM_GROUP.to_string()), |vm| read(vm)), read(file)) };
    hresult(function, json!({"vm": vm, "file": file}), |_| access::change(vm, file, grant).map(|()| Done::Now))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGrantVmAccess(vm: PCWSTR, file: PCWSTR) -> HRESULT {
    // SAFETY: as for `change`.
    unsafe { change("HcsGrantVmAccess", Some(vm), file, true) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsRevokeVmAccess(vm: PCWSTR, file: PCWSTR) -> HRESULT {
    // SAFETY: as for `change`.
    unsafe { change("HcsRevokeVmAccess", Some(vm), file, false) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGrantVmGroupAccess(file: PCWSTR) -> HRESULT {
    // SAFETY: as for `change`.
    unsafe { change("HcsGrantVmGroupAccess", None, file, true) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsRevokeVmGroupAccess(file: PCWSTR) -> HRESULT {
    // SAFETY: as for `change`.
    unsafe { change("HcsRevokeVmGroupAccess", None, file, false) }
}
