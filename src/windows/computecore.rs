//! computecore.dll: compute systems of the current generation, for process isolation.
//!
//! Every request is an operation: the function returns if the request was accepted, the operation's result if it succeeded.

mod container;
mod process;

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;

use windows_sys::Win32::Security::SECURITY_DESCRIPTOR;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_EVENT, HCS_EVENT_CALLBACK, HCS_EVENT_OPTIONS, HCS_OPERATION, HCS_OPERATION_COMPLETION, HCS_PROCESS,
    HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use super::dll::functions;
use super::notices::{self, Notice};
use super::text::{Wide, read, take_local};
use crate::hcs::call::{CallError, Reason, Result};
use crate::hcs::codes;
use crate::hcs::documents::{ResultError, ServiceProperties, SystemProperties, SystemQuery, list, to_json};
use crate::hcs::trace::{Begun, Trace};

pub(super) use container::ArgonContainer;

functions! {
    /// The functions of computecore.dll that are used here. All exist since Windows 10 1809.
    Functions of "computecore.dll" {
        fn HcsGetServiceProperties(PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcsCreateOperation(*const c_void, HCS_OPERATION_COMPLETION) -> HCS_OPERATION;
        fn HcsCloseOperation(HCS_OPERATION);
        fn HcsGetOperationResult(HCS_OPERATION, *mut PWSTR) -> HRESULT;
        fn HcsWaitForOperationResult(HCS_OPERATION, u32, *mut PWSTR) -> HRESULT;
        fn HcsWaitForOperationResultAndProcessInfo(HCS_OPERATION, u32, *mut HCS_PROCESS_INFORMATION, *mut PWSTR) -> HRESULT;
        fn HcsCreateComputeSystem(PCWSTR, PCWSTR, HCS_OPERATION, *const SECURITY_DESCRIPTOR, *mut HCS_SYSTEM) -> HRESULT;
        fn HcsOpenComputeSystem(PCWSTR, u32, *mut HCS_SYSTEM) -> HRESULT;
        fn HcsCloseComputeSystem(HCS_SYSTEM);
        fn HcsStartComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsShutDownComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsTerminateComputeSystem(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsEnumerateComputeSystems(PCWSTR, HCS_OPERATION) -> HRESULT;
        fn HcsGetComputeSystemProperties(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsSetComputeSystemCallback(HCS_SYSTEM, HCS_EVENT_OPTIONS, *const c_void, HCS_EVENT_CALLBACK) -> HRESULT;
        fn HcsCreateProcess(HCS_SYSTEM, PCWSTR, HCS_OPERATION, *const SECURITY_DESCRIPTOR, *mut HCS_PROCESS) -> HRESULT;
        fn HcsOpenProcess(HCS_SYSTEM, u32, u32, *mut HCS_PROCESS) -> HRESULT;
        fn HcsCloseProcess(HCS_PROCESS);
        fn HcsTerminateProcess(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsSignalProcess(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsGetProcessInfo(HCS_PROCESS, HCS_OPERATION) -> HRESULT;
        fn HcsGetProcessProperties(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsModifyProcess(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT;
        fn HcsSetProcessCallback(HCS_PROCESS, HCS_EVENT_OPTIONS, *const c_void, HCS_EVENT_CALLBACK) -> HRESULT;
    }
}

/// The event of an ended compute system.
const SYSTEM_EXITED: u32 = 1;
/// The event of an ended process, which comes to the process's handle only.
const PROCESS_EXITED: u32 = 0x0001_0000;
/// The event of a service that went away: all handles are dead.
const SERVICE_DISCONNECT: u32 = 0x0200_0000;

/// The loaded DLL.
pub(super) struct ComputeCore {
    functions: Functions,
    trace: Arc<Trace>,
    timeout: Duration,
}

impl ComputeCore {
    /// Loads the DLL. Calls are given this much time.
    pub fn load(trace: Arc<Trace>, timeout: Duration) -> Result<Self> {
        Ok(Self { functions: Functions::load()?, trace, timeout })
    }

    /// The versions of documents the service takes.
    pub fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        const CALL: &str = "HcsGetServiceProperties";
        let query = Wide::new(CALL, ServiceProperties::QUERY)?;
        let (begun, mut found) = (self.trace.begin(CALL, Some(ServiceProperties::QUERY)), null_mut());
        // SAFETY: the query ends with a NUL and lives through the call, which is synchronous; the out pointer is valid.
        let code = unsafe { (self.functions.HcsGetServiceProperties)(query.as_ptr(), &raw mut found) };
        // SAFETY: the document, if any, came from computecore.dll just now.
        let found = unsafe { take_local(found) };
        begun.end(code.cast_unsigned(), found.as_deref());
        check(CALL, code, found.as_deref())?;
        let properties = serde_json::from_str::<ServiceProperties>(&found.unwrap_or_default());
        properties.map(|found| found.schema_versions()).map_err(|error| CallError::unusable(CALL, error))
    }

    /// The compute systems that fit a query.
    pub fn enumerate(&self, query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        const CALL: &str = "HcsEnumerateComputeSystems";
        let query = to_json(query);
        let operation =
            Operation::start(self, CALL, Some(&query), vec![Wide::new(CALL, &query)?], |functions, operation, texts| {
                // SAFETY: the query outlives the operation, which owns it.
                unsafe { (functions.HcsEnumerateComputeSystems)(pointer(texts, 0), operation) }
            })?;
        list(CALL, operation.result()?.as_deref())
    }

    /// A call without operation, traced.
    fn call(&self, name: &'static str, document: Option<&str>, call: impl FnOnce(&Functions) -> HRESULT) -> Result<()> {
        let begun = self.trace.begin(name, document);
        let code = call(&self.functions);
        begun.end(code.cast_unsigned(), None);
        check(name, code, None)
    }
}

/// A request on its way. It owns the texts it was made with: HCS may read them until it has ended.
struct Operation<'a> {
    core: &'a ComputeCore,
    call: &'static str,
    begun: Begun<'a>,
    handle: HCS_OPERATION,
    texts: Vec<Wide>,
}

impl<'a> Operation<'a> {
    /// Makes a request; fails if it was not accepted.
    fn start(
        core: &'a ComputeCore,
        call: &'static str,
        document: Option<&str>,
        texts: Vec<Wide>,
        request: impl FnOnce(&Functions, HCS_OPERATION, &[Wide]) -> HRESULT,
    ) -> Result<Self> {
        // SAFETY: neither context nor callback: the result is waited for.
        let handle = unsafe { (core.functions.HcsCreateOperation)(null_mut(), None) };
        if handle.is_null() {
            let error = std::io::Error::last_os_error();
            return Err(CallError::unusable("HcsCreateOperation", error));
        }
        let operation = Self { core, call, begun: core.trace.begin(call, document), handle, texts };
        let code = request(&core.functions, handle, &operation.texts);
        if code < 0 {
            // A request that was not accepted has no result to wait for, but it may have a document that says why.
            let document = operation.document();
            operation.begun.end(code.cast_unsigned(), document.as_deref());
            check(call, code, document.as_deref())?;
        }
        Ok(operation)
    }

    /// The document of a request that was refused at once, if there is one. That it cannot be had changes nothing of the refusal.
    fn document(&self) -> Option<String> {
        let mut document = null_mut();
        // SAFETY: the operation is open, the out pointer is valid.
        unsafe { (self.core.functions.HcsGetOperationResult)(self.handle, &raw mut document) };
        // SAFETY: the document, if any, came from computecore.dll just now.
        unsafe { take_local(document) }
    }

    /// Leaves it alone: it goes on, and nobody is told of its result. Its handle is closed, which hcsshim does with a request on its
    /// way too (`docs/hcs.md#results`).
    fn submit(self) {
        self.begun.end(0, None);
    }

    /// Waits for its end: the document that came of it.
    fn result(self) -> Result<Option<String>> {
        let mut document = null_mut();
        // SAFETY: the operation is open and was started; the out pointer is valid.
        let code = unsafe {
            (self.core.functions.HcsWaitForOperationResult)(self.handle, milliseconds(self.core.timeout), &raw mut document)
        };
        self.end(code, document)
    }

    /// Waits for its end: a process's id and handles.
    fn process_info(self) -> Result<HCS_PROCESS_INFORMATION> {
        let mut info = HCS_PROCESS_INFORMATION::default();
        let mut document = null_mut();
        let timeout = milliseconds(self.core.timeout);
        // SAFETY: the operation is open and was started; the out pointers are valid.
        let code = unsafe {
            let wait = self.core.functions.HcsWaitForOperationResultAndProcessInfo;
            wait(self.handle, timeout, &raw mut info, &raw mut document)
        };
        self.end(code, document).map(|_| info)
    }

    fn end(self, code: HRESULT, document: PWSTR) -> Result<Option<String>> {
        // SAFETY: the document, if any, came from computecore.dll just now.
        let document = unsafe { take_local(document) };
        self.begun.end(code.cast_unsigned(), document.as_deref());
        if code.cast_unsigned() == codes::HCS_E_OPERATION_TIMEOUT {
            let (call, timeout) = (self.call, self.core.timeout);
            // It goes on. Whoever closes it or frees its texts now takes them from under the DLL's hands.
            std::mem::forget(self);
            return Err(CallError { call, reason: Reason::TimedOut(timeout) });
        }
        check(self.call, code, document.as_deref()).map(|()| document)
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        // SAFETY: the operation is open, and closed here only.
        unsafe { (self.core.functions.HcsCloseOperation)(self.handle) };
    }
}

/// The text at this place; null, which means "none" to HCS, if there is none.
fn pointer(texts: &[Wide], position: usize) -> PCWSTR {
    texts.get(position).map_or(std::ptr::null(), Wide::as_ptr)
}

/// S_FALSE and its like are successes.
fn check(call: &'static str, code: HRESULT, document: Option<&str>) -> Result<()> {
    if code >= 0 {
        return Ok(());
    }
    Err(CallError::refused(call, code.cast_unsigned(), document.map(ResultError::sentences).unwrap_or_default()))
}

/// A duration for the API, for which the greatest number means forever.
fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
}

/// Receives the events of a system's or a process's handle, on a thread of HCS. Neither blocks nor panics.
unsafe extern "system" fn on_event(event: *const HCS_EVENT, context: *const c_void) {
    // SAFETY: HCS gives a valid event.
    let event = unsafe { &*event };
    // SAFETY: the data is null or a text ended by a NUL, and belongs to HCS.
    let data = unsafe { read(event.EventData) };
    notices::report(context, Notice { kind: event.Type.cast_unsigned(), status: 0, data });
}

/// HCS's answer when the service went away.
fn disconnected(call: &'static str) -> CallError {
    CallError::refused(call, codes::HCS_E_SERVICE_DISCONNECT, Vec::new())
}

/// Never runs; it holds the declarations above against those of the windows-sys crate, which links the DLL if it is used.
#[cfg(test)]
#[expect(dead_code, reason = "that it compiles is the test")]
#[expect(clippy::extra_unused_type_parameters, reason = "what is generic and not used is not linked")]
fn declared_as_in_windows_sys<T>() -> Functions {
    use windows_sys::Win32::System::HostComputeSystem as declared;
    macro_rules! table {
        ($($name:ident)*) => { Functions { $($name: declared::$name,)* } };
    }
    table! {
        HcsGetServiceProperties HcsCreateOperation HcsCloseOperation HcsGetOperationResult HcsWaitForOperationResult
        HcsWaitForOperationResultAndProcessInfo HcsCreateComputeSystem HcsOpenComputeSystem HcsCloseComputeSystem
        HcsStartComputeSystem HcsShutDownComputeSystem HcsTerminateComputeSystem HcsEnumerateComputeSystems
        HcsGetComputeSystemProperties HcsSetComputeSystemCallback HcsCreateProcess HcsOpenProcess HcsCloseProcess HcsTerminateProcess HcsSignalProcess HcsGetProcessInfo HcsGetProcessProperties HcsModifyProcess HcsSetProcessCallback
    }
}
