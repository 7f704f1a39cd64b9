//! HCS_SYSTEM: made, opened, started, ended, asked, changed.

use crate::{hresult, same_as_windows_sys};
use hcs_emulator::call::{self, Dll, Done};
use hcs_emulator::codes::POINTER;
use hcs_emulator::documents;
use hcs_emulator::events::Callback;
use hcs_emulator::log::shown;
use hcs_emulator::operations::{Output, Request, submit};
use hcs_emulator::rules::{self, Refusal};
use hcs_emulator::state::Generation;
use hcs_emulator::systems::{self, SystemHandle, V2, modify, properties};
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_SYSTEM, HcsOperationTypeCrash, HcsOperationTypeCreate,
    HcsOperationTypeEnumerate, HcsOperationTypeGetProperties, HcsOperationTypeModify, HcsOperationTypePause,
    HcsOperationTypeResume, HcsOperationTypeSave, HcsOperationTypeShutdown, HcsOperationTypeStart, HcsOperationTypeTerminate,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

same_as_windows_sys! {
    HcsCreateComputeSystem HcsOpenComputeSystem HcsCloseComputeSystem HcsStartComputeSystem HcsShutDownComputeSystem
    HcsTerminateComputeSystem HcsCrashComputeSystem HcsPauseComputeSystem HcsResumeComputeSystem HcsSaveComputeSystem
    HcsGetComputeSystemProperties HcsModifyComputeSystem HcsEnumerateComputeSystems HcsSetComputeSystemCallback
    HcsWaitForComputeSystemExit
}

fn arguments(system: HCS_SYSTEM, text: &Option<String>) -> Value {
    let id = V2.get(system).map_or(format!("{:#x}", system as usize), |system| system.id.clone());
    json!({"system": id, "document": shown(text.as_deref())})
}

fn null(what: &str) -> Refusal {
    rules::NULL_POINTER.refusal(POINTER, format!("{what} is null"))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateComputeSystem(
    id: PCWSTR,
    configuration: PCWSTR,
    operation: HCS_OPERATION,
    _security: *const SECURITY_DESCRIPTOR,
    system: *mut HCS_SYSTEM,
) -> HRESULT {
    // SAFETY: the caller's texts are null or end with a NUL.
    let (id, configuration) = unsafe { (read(id), read(configuration)) };
    let logged = json!({"id": id, "document": shown(configuration.as_deref())});
    hresult("HcsCreateComputeSystem", logged, |call| {
        let id = id.ok_or_else(|| null("the id"))?;
        if system.is_null() {
            return Err(null("the place for the handle"));
        }
        let handle = SystemHandle::unbound(Generation::V2, &id);
        let given = V2.insert(handle.clone());
        let request = Request { kind: HcsOperationTypeCreate, system: given as usize, process: 0 };
        // SAFETY: the caller's place was checked. It is filled before the operation can complete.
        unsafe { *system = given };
        let submitted = submit(call, operation, request, move || {
            systems::create::create(&handle, configuration.as_deref()).map(|()| Output::default())
        });
        if submitted.is_err() {
            let _ = V2.remove(given);
            // SAFETY: as above.
            unsafe { *system = std::ptr::null_mut() };
        }
        submitted
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenComputeSystem(id: PCWSTR, access: u32, system: *mut HCS_SYSTEM) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    let id = unsafe { read(id) };
    hresult("HcsOpenComputeSystem", json!({"id": id, "access": access}), |_| {
        let id = id.ok_or_else(|| null("the id"))?;
        if system.is_null() {
            return Err(null("the place for the handle"));
        }
        let handle = systems::open(Generation::V2, &id)?;
        // SAFETY: the caller's place was checked.
        unsafe { *system = V2.insert(handle) };
        Ok(Done::Now)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseComputeSystem(system: HCS_SYSTEM) {
    let logged = arguments(system, &None);
    call::nothing(Dll::ComputeCore, "HcsCloseComputeSystem", logged, |_| {
        systems::close(&*V2.remove(system)?);
        Ok(())
    });
}

/// A request about a system that is open.
unsafe fn request(
    function: &'static str,
    kind: i32,
    system: HCS_SYSTEM,
    operation: HCS_OPERATION,
    text: PCWSTR,
    work: impl FnOnce(&SystemHandle, Option<&str>) -> Result<Option<String>, Refusal> + Send + 'static,
) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    let text = unsafe { read(text) };
    hresult(function, arguments(system, &text), |call| {
        let handle: Arc<SystemHandle> = V2.get(system)?;
        let request = Request { kind, system: system as usize, process: 0 };
        submit(call, operation, request, move || {
            work(&handle, text.as_deref()).map(|document| Output { document, process: None })
        })
    })
}

/// Reads options of this definition, and drops them: a container has no use for them.
fn options(definition: &str, text: Option<&str>) -> Result<(), Refusal> {
    documents::read_optional(definition, text).map(drop)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsStartComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    unsafe {
        request("HcsStartComputeSystem", HcsOperationTypeStart, system, operation, text, |handle, _| {
            systems::start(handle).map(|()| None)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsShutDownComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsShutDownComputeSystem", HcsOperationTypeShutdown, system, operation, text, |handle, text| {
            options("ShutdownOptions", text)?;
            systems::stop(handle, true).map(|()| None)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsTerminateComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsTerminateComputeSystem", HcsOperationTypeTerminate, system, operation, text, |handle, _| {
            systems::stop(handle, false).map(|()| None)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCrashComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsCrashComputeSystem", HcsOperationTypeCrash, system, operation, text, |handle, text| {
            options("CrashOptions", text)?;
            systems::unsupported(handle)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsPauseComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsPauseComputeSystem", HcsOperationTypePause, system, operation, text, |handle, text| {
            options("PauseOptions", text)?;
            systems::pause(handle, true).map(|()| None)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsResumeComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsResumeComputeSystem", HcsOperationTypeResume, system, operation, text, |handle, _| {
            systems::pause(handle, false).map(|()| None)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSaveComputeSystem(system: HCS_SYSTEM, operation: HCS_OPERATION, text: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsSaveComputeSystem", HcsOperationTypeSave, system, operation, text, |handle, text| {
            options("SaveOptions", text)?;
            systems::unsupported(handle)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetComputeSystemProperties(
    system: HCS_SYSTEM,
    operation: HCS_OPERATION,
    text: PCWSTR,
) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        let kind = HcsOperationTypeGetProperties;
        request("HcsGetComputeSystemProperties", kind, system, operation, text, |handle, text| {
            properties::of_system(handle, text).map(Some)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyComputeSystem(
    system: HCS_SYSTEM,
    operation: HCS_OPERATION,
    configuration: PCWSTR,
    _identity: HANDLE,
) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsModifyComputeSystem", HcsOperationTypeModify, system, operation, configuration, |handle, text| {
            modify::modify(handle, text).map(|()| None)
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsEnumerateComputeSystems(query: PCWSTR, operation: HCS_OPERATION) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    let query = unsafe { read(query) };
    hresult("HcsEnumerateComputeSystems", json!({"query": shown(query.as_deref())}), |call| {
        let request = Request { kind: HcsOperationTypeEnumerate, system: 0, process: 0 };
        submit(call, operation, request, move || {
            properties::enumerate(query.as_deref()).map(|document| Output { document, process: None })
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetComputeSystemCallback(
    system: HCS_SYSTEM,
    options: HCS_EVENT_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HRESULT {
    let mut logged = arguments(system, &None);
    logged["options"] = json!(options);
    hresult("HcsSetComputeSystemCallback", logged, |_| {
        V2.get(system)?.set_callback(Callback::Event(callback, context as usize)).map(|()| Done::Now)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForComputeSystemExit(system: HCS_SYSTEM, timeout: u32, result: *mut PWSTR) -> HRESULT {
    let mut logged = arguments(system, &None);
    logged["timeout"] = json!(timeout);
    hresult("HcsWaitForComputeSystemExit", logged, |_| {
        let status = V2.get(system)?.wait(timeout)?;
        // SAFETY: the caller's pointer is null or valid.
        unsafe { give_to(result, Some(&status), Owner::Local) };
        Ok(Done::Now)
    })
}
