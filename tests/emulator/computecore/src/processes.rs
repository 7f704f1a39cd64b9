//! HCS_PROCESS: made, opened, asked, signalled, ended.

use crate::{hresult, same_as_windows_sys};
use hcs_emulator::call::{self, Dll, Done};
use hcs_emulator::codes::POINTER;
use hcs_emulator::documents;
use hcs_emulator::events::Callback;
use hcs_emulator::log::shown;
use hcs_emulator::operations::{Output, Request, submit};
use hcs_emulator::processes::{self, ProcessHandle, V2};
use hcs_emulator::rules::{self, Refusal};
use hcs_emulator::systems::{self, properties};
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use std::ffi::c_void;
use std::sync::Arc;
use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_PROCESS, HCS_SYSTEM, HcsOperationTypeCreateProcess,
    HcsOperationTypeGetProcessInfo, HcsOperationTypeGetProcessProperties, HcsOperationTypeModifyProcess,
    HcsOperationTypeSignalProcess,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

same_as_windows_sys! {
    HcsCreateProcess HcsOpenProcess HcsCloseProcess HcsTerminateProcess HcsSignalProcess HcsGetProcessInfo
    HcsGetProcessProperties HcsModifyProcess HcsSetProcessCallback HcsWaitForProcessExit
}

fn arguments(process: HCS_PROCESS, text: &Option<String>) -> Value {
    json!({"process": format!("{:#x}", process as usize), "document": shown(text.as_deref())})
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateProcess(
    system: HCS_SYSTEM,
    parameters: PCWSTR,
    operation: HCS_OPERATION,
    _security: *const SECURITY_DESCRIPTOR,
    process: *mut HCS_PROCESS,
) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    let parameters = unsafe { read(parameters) };
    let logged = json!({"system": format!("{:#x}", system as usize), "document": shown(parameters.as_deref())});
    hresult("HcsCreateProcess", logged, |call| {
        let container = systems::V2.get(system)?;
        if process.is_null() {
            return Err(rules::NULL_POINTER.refusal(POINTER, "the place for the handle is null"));
        }
        let handle = ProcessHandle::unbound(&container);
        let given = V2.insert(handle.clone());
        let request = Request { kind: HcsOperationTypeCreateProcess, system: system as usize, process: given as usize };
        // SAFETY: the caller's place was checked. It is filled before the operation can complete.
        unsafe { *process = given };
        let submitted = submit(call, operation, request, move || {
            processes::create(&container, &handle, parameters.as_deref())?;
            Ok(Output { document: None, process: Some(handle) })
        });
        if submitted.is_err() {
            let _ = V2.remove(given);
            // SAFETY: as above.
            unsafe { *process = std::ptr::null_mut() };
        }
        submitted
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenProcess(system: HCS_SYSTEM, pid: u32, access: u32, process: *mut HCS_PROCESS) -> HRESULT {
    let logged = json!({"system": format!("{:#x}", system as usize), "pid": pid, "access": access});
    hresult("HcsOpenProcess", logged, |_| {
        if process.is_null() {
            return Err(rules::NULL_POINTER.refusal(POINTER, "the place for the handle is null"));
        }
        let handle = processes::open(&*systems::V2.get(system)?, pid)?;
        // SAFETY: the caller's place was checked.
        unsafe { *process = V2.insert(handle) };
        Ok(Done::Now)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseProcess(process: HCS_PROCESS) {
    call::nothing(Dll::ComputeCore, "HcsCloseProcess", arguments(process, &None), |_| {
        processes::close(&*V2.remove(process)?);
        Ok(())
    });
}

/// A request about a process that is open.
unsafe fn request(
    function: &'static str,
    kind: i32,
    process: HCS_PROCESS,
    operation: HCS_OPERATION,
    text: PCWSTR,
    work: impl FnOnce(&Arc<ProcessHandle>, Option<&str>) -> Result<Output, Refusal> + Send + 'static,
) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    let text = unsafe { read(text) };
    hresult(function, arguments(process, &text), |call| {
        let handle = V2.get(process)?;
        let request = Request { kind, system: 0, process: process as usize };
        submit(call, operation, request, move || work(&handle, text.as_deref()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsTerminateProcess(process: HCS_PROCESS, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT {
    // The enumeration of operations has no type of its own for this one.
    let kind = HcsOperationTypeSignalProcess;
    // SAFETY: the caller's text is null or ends with a NUL.
    unsafe {
        request("HcsTerminateProcess", kind, process, operation, options, |handle, text| {
            documents::read_optional("SignalProcessOptions", text)?;
            processes::terminate(handle).map(|()| Output::default())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSignalProcess(process: HCS_PROCESS, operation: HCS_OPERATION, options: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsSignalProcess", HcsOperationTypeSignalProcess, process, operation, options, |handle, text| {
            processes::signal(handle, text).map(|()| Output::default())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessInfo(process: HCS_PROCESS, operation: HCS_OPERATION) -> HRESULT {
    // SAFETY: there is no text.
    unsafe {
        let kind = HcsOperationTypeGetProcessInfo;
        request("HcsGetProcessInfo", kind, process, operation, std::ptr::null(), |handle, _| {
            handle.check().map(|()| Output { document: None, process: Some(handle.clone()) })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessProperties(process: HCS_PROCESS, operation: HCS_OPERATION, query: PCWSTR) -> HRESULT {
    // SAFETY: the caller's text is null or ends with a NUL.
    unsafe {
        let kind = HcsOperationTypeGetProcessProperties;
        request("HcsGetProcessProperties", kind, process, operation, query, |handle, text| {
            properties::of_process(handle, text).map(|found| Output { document: Some(found), process: None })
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyProcess(process: HCS_PROCESS, operation: HCS_OPERATION, settings: PCWSTR) -> HRESULT {
    // SAFETY: as above.
    unsafe {
        request("HcsModifyProcess", HcsOperationTypeModifyProcess, process, operation, settings, |handle, text| {
            processes::modify(handle, text).map(|()| Output::default())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetProcessCallback(
    process: HCS_PROCESS,
    options: HCS_EVENT_OPTIONS,
    context: *const c_void,
    callback: HCS_EVENT_CALLBACK,
) -> HRESULT {
    let mut logged = arguments(process, &None);
    logged["options"] = json!(options);
    hresult("HcsSetProcessCallback", logged, |_| {
        V2.get(process)?.set_callback(Callback::Event(callback, context as usize)).map(|()| Done::Now)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForProcessExit(process: HCS_PROCESS, timeout: u32, result: *mut PWSTR) -> HRESULT {
    let mut logged = arguments(process, &None);
    logged["timeout"] = json!(timeout);
    hresult("HcsWaitForProcessExit", logged, |_| {
        let status = V2.get(process)?.wait(timeout)?;
        // SAFETY: the caller's pointer is null or valid.
        unsafe { give_to(result, Some(&status), Owner::Local) };
        Ok(Done::Now)
    })
}
