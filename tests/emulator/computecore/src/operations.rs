//! HCS_OPERATION: made, asked for results, closed.

use crate::{hresult, same_as_windows_sys};
use hcs_emulator::call::{self, Dll, Done};
use hcs_emulator::operations::{self, OPERATIONS, Operation, Output, information};
use hcs_emulator::rules::Refusal;
use hcs_emulator::text::{Owner, give_to};
use serde_json::json;
use std::ffi::c_void;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_OPERATION_TYPE, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
    HcsOperationTypeNone,
};
use windows_sys::core::{HRESULT, PWSTR};

same_as_windows_sys! {
    HcsCreateOperation HcsCloseOperation HcsGetOperationContext HcsSetOperationContext HcsGetComputeSystemFromOperation
    HcsGetProcessFromOperation HcsGetOperationType HcsGetOperationId HcsGetOperationResult HcsGetOperationResultAndProcessInfo
    HcsWaitForOperationResult HcsWaitForOperationResultAndProcessInfo HcsSetOperationCallback HcsCancelOperation
}

fn handle(operation: HCS_OPERATION) -> serde_json::Value {
    json!({"operation": format!("{:#x}", operation as usize)})
}

fn value<R>(function: &'static str, operation: HCS_OPERATION, failed: R, read: impl FnOnce(&Operation) -> R) -> R {
    call::value(Dll::ComputeCore, function, handle(operation), failed, |_| Ok(read(&*OPERATIONS.get(operation)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateOperation(context: *const c_void, callback: HCS_OPERATION_COMPLETION) -> HCS_OPERATION {
    let arguments = json!({"callback": callback.is_some()});
    call::value(Dll::ComputeCore, "HcsCreateOperation", arguments, std::ptr::null_mut(), |_| {
        Ok(Operation::create(context as usize, callback))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseOperation(operation: HCS_OPERATION) {
    call::nothing(Dll::ComputeCore, "HcsCloseOperation", handle(operation), |_| OPERATIONS.remove(operation).map(drop));
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationContext(operation: HCS_OPERATION) -> *mut c_void {
    value("HcsGetOperationContext", operation, std::ptr::null_mut(), |operation| operation.context() as *mut c_void)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetOperationContext(operation: HCS_OPERATION, context: *const c_void) -> HRESULT {
    hresult("HcsSetOperationContext", handle(operation), |_| {
        OPERATIONS.get(operation)?.set(context as usize, None).map(|()| Done::Now)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetComputeSystemFromOperation(operation: HCS_OPERATION) -> HCS_SYSTEM {
    value("HcsGetComputeSystemFromOperation", operation, std::ptr::null_mut(), |operation| {
        operation.request().system as HCS_SYSTEM
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessFromOperation(operation: HCS_OPERATION) -> HCS_PROCESS {
    value("HcsGetProcessFromOperation", operation, std::ptr::null_mut(), |operation| operation.request().process as HCS_PROCESS)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationType(operation: HCS_OPERATION) -> HCS_OPERATION_TYPE {
    value("HcsGetOperationType", operation, HcsOperationTypeNone, |operation| operation.request().kind)
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationId(operation: HCS_OPERATION) -> u64 {
    value("HcsGetOperationId", operation, 0, |operation| operation.id)
}

/// The result of an operation: the document in every case, the process's information where it is asked for.
unsafe fn result(
    function: &'static str,
    operation: HCS_OPERATION,
    timeout: Option<u32>,
    process: Option<*mut HCS_PROCESS_INFORMATION>,
    document: *mut PWSTR,
) -> HRESULT {
    let mut arguments = handle(operation);
    if let Some(timeout) = timeout {
        arguments["timeout"] = json!(timeout);
    }
    // SAFETY: the caller's pointers are null or valid for one value.
    unsafe { give_to(document, None, Owner::Local) };
    hresult(function, arguments, |_| {
        let operation = OPERATIONS.get(operation)?;
        let (output, text) = operation.result(timeout.unwrap_or(0), timeout.is_some(), process.is_some());
        // SAFETY: as above.
        unsafe { give_to(document, text.as_deref(), Owner::Local) };
        let output = output?;
        if let Some(place) = process.filter(|place| !place.is_null()) {
            // SAFETY: as above.
            unsafe { *place = process_information(&output) };
        }
        Ok(Done::Now)
    })
}

fn process_information(output: &Output) -> HCS_PROCESS_INFORMATION {
    let found = information(output);
    let [input, out, errors] = found.stdio.map(|handle| handle as *mut c_void);
    HCS_PROCESS_INFORMATION { ProcessId: found.pid, Reserved: 0, StdInput: input, StdOutput: out, StdError: errors }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationResult(operation: HCS_OPERATION, document: *mut PWSTR) -> HRESULT {
    // SAFETY: the caller's pointer is null or valid.
    unsafe { result("HcsGetOperationResult", operation, None, None, document) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetOperationResultAndProcessInfo(
    operation: HCS_OPERATION,
    process: *mut HCS_PROCESS_INFORMATION,
    document: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's pointers are null or valid.
    unsafe { result("HcsGetOperationResultAndProcessInfo", operation, None, Some(process), document) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForOperationResult(operation: HCS_OPERATION, timeout: u32, document: *mut PWSTR) -> HRESULT {
    // SAFETY: the caller's pointer is null or valid.
    unsafe { result("HcsWaitForOperationResult", operation, Some(timeout), None, document) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsWaitForOperationResultAndProcessInfo(
    operation: HCS_OPERATION,
    timeout: u32,
    process: *mut HCS_PROCESS_INFORMATION,
    document: *mut PWSTR,
) -> HRESULT {
    // SAFETY: the caller's pointers are null or valid.
    unsafe { result("HcsWaitForOperationResultAndProcessInfo", operation, Some(timeout), Some(process), document) }
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSetOperationCallback(
    operation: HCS_OPERATION,
    context: *const c_void,
    callback: HCS_OPERATION_COMPLETION,
) -> HRESULT {
    hresult("HcsSetOperationCallback", handle(operation), |_| -> Result<Done, Refusal> {
        OPERATIONS.get(operation)?.set(context as usize, Some(callback)).map(|()| Done::Now)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCancelOperation(operation: HCS_OPERATION) -> HRESULT {
    hresult("HcsCancelOperation", handle(operation), |_| operations::cancel(operation))
}
