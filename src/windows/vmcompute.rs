//! vmcompute.dll: compute systems of the older generation, for Hyper-V isolation.
//!
//! No crate and no header declares these functions; they are those that hcsshim and Docker call. A request that takes time
//! answers "pending" and ends with a notification.

mod container;
mod process;

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_NOTIFICATION_CALLBACK, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use super::dll::functions;
use super::notices::{self, Notice, Notices};
use super::text::{Wide, read, take_com};
use crate::hcs::call::{CallError, Reason, Result};
use crate::hcs::codes;
use crate::hcs::documents::{ResultError, SystemProperties, SystemQuery, list, to_json};
use crate::hcs::trace::Trace;

pub(super) use container::XenonContainer;

functions! {
    /// The functions of vmcompute.dll for compute systems that are used here. All exist since Windows 10 1607.
    Functions of "vmcompute.dll" {
        fn HcsEnumerateComputeSystems(PCWSTR, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcsCreateComputeSystem(PCWSTR, PCWSTR, HANDLE, *mut HCS_SYSTEM, *mut PWSTR) -> HRESULT;
        fn HcsOpenComputeSystem(PCWSTR, *mut HCS_SYSTEM, *mut PWSTR) -> HRESULT;
        fn HcsCloseComputeSystem(HCS_SYSTEM) -> HRESULT;
        fn HcsStartComputeSystem(HCS_SYSTEM, PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcsShutdownComputeSystem(HCS_SYSTEM, PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcsTerminateComputeSystem(HCS_SYSTEM, PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcsRegisterComputeSystemCallback(HCS_SYSTEM, HCS_NOTIFICATION_CALLBACK, *const c_void, *mut HANDLE) -> HRESULT;
        fn HcsUnregisterComputeSystemCallback(HANDLE) -> HRESULT;
        fn HcsCreateProcess(HCS_SYSTEM, PCWSTR, *mut HCS_PROCESS_INFORMATION, *mut HCS_PROCESS, *mut PWSTR) -> HRESULT;
        fn HcsOpenProcess(HCS_SYSTEM, u32, *mut HCS_PROCESS, *mut PWSTR) -> HRESULT;
        fn HcsCloseProcess(HCS_PROCESS) -> HRESULT;
        fn HcsTerminateProcess(HCS_PROCESS, *mut PWSTR) -> HRESULT;
        fn HcsSignalProcess(HCS_PROCESS, PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcsGetProcessProperties(HCS_PROCESS, *mut PWSTR, *mut PWSTR) -> HRESULT;
        fn HcsModifyProcess(HCS_PROCESS, PCWSTR, *mut PWSTR) -> HRESULT;
        fn HcsRegisterProcessCallback(HCS_PROCESS, HCS_NOTIFICATION_CALLBACK, *const c_void, *mut HANDLE) -> HRESULT;
        fn HcsUnregisterProcessCallback(HANDLE) -> HRESULT;
    }
}

/// The request was accepted.
const PENDING: HRESULT = codes::ERROR_VMCOMPUTE_OPERATION_PENDING.cast_signed();
/// The notification of an ended compute system.
const SYSTEM_EXITED: u32 = 1;
/// The notification of a creation that has ended, well or badly.
const CREATE_COMPLETED: u32 = 2;
/// The notification of a start that has ended, well or badly.
const START_COMPLETED: u32 = 3;
/// The notification of an ended process, which comes to the process's handle only.
const PROCESS_EXITED: u32 = 0x0001_0000;
/// The notification of a service that went away. The number is not the one of the newer generation.
const SERVICE_DISCONNECT: u32 = 0x0100_0000;

/// The loaded DLL.
pub(super) struct VmCompute {
    functions: Functions,
    trace: Arc<Trace>,
    timeout: Duration,
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The request is done.
    Done,
    /// The request was accepted; a notification reports its end.
    Pending,
}

impl VmCompute {
    /// Loads the DLL. Calls are given this much time.
    pub fn load(trace: Arc<Trace>, timeout: Duration) -> Result<Self> {
        Ok(Self { functions: Functions::load()?, trace, timeout })
    }

    /// The compute systems that match a query. While one is ending, the service refuses to list any for a short time.
    pub fn enumerate(&self, query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        const CALL: &str = "HcsEnumerateComputeSystems";
        let query = to_json(query);
        let wide = Wide::new(CALL, &query)?;
        let mut attempts = 0;
        let found = loop {
            let mut found = null_mut();
            let answer = self.call(CALL, Some(&query), |functions, result| {
                // SAFETY: the query lives through the call, the out pointers are valid.
                unsafe { (functions.HcsEnumerateComputeSystems)(wide.as_ptr(), &raw mut found, result) }
            });
            // SAFETY: the text, if any, came from vmcompute.dll just now.
            let found = unsafe { take_com(found) };
            match answer {
                Err(error) if error.is_invalid_state() && attempts < 100 => attempts += 1,
                answer => break answer.map(|_| found)?,
            }
            thread::sleep(Duration::from_millis(10));
        };
        list(CALL, found.as_deref())
    }

    /// Makes a call that writes a document about its failure.
    fn call(
        &self,
        name: &'static str,
        document: Option<&str>,
        call: impl FnOnce(&Functions, *mut PWSTR) -> HRESULT,
    ) -> Result<Answer> {
        let mut result = null_mut();
        let begun = self.trace.begin(name, document);
        let code = call(&self.functions, &raw mut result);
        // SAFETY: the text, if any, came from vmcompute.dll just now.
        let result = unsafe { take_com(result) };
        begun.end(code.cast_unsigned(), result.as_deref());
        match code {
            PENDING => Ok(Answer::Pending),
            0.. => Ok(Answer::Done),
            _ => Err(CallError::refused(
                name,
                code.cast_unsigned(),
                result.as_deref().map(ResultError::sentences).unwrap_or_default(),
            )),
        }
    }

    /// Waits for the notification that ends a request. A system that exits instead has not done what was asked.
    fn finish(&self, call: &'static str, notices: &Notices, kind: u32) -> Result<()> {
        let begun = self.trace.begin(call, None);
        let fits = |notice: &Notice| notice.kind == kind || matches!(notice.kind, SYSTEM_EXITED | SERVICE_DISCONNECT);
        let Some(notice) = notices.wait(self.timeout, fits) else {
            return Err(CallError { call, reason: Reason::TimedOut(self.timeout) });
        };
        begun.end(notice.status.cast_unsigned(), notice.data.as_deref());
        let messages = || notice.data.as_deref().map(ResultError::sentences).unwrap_or_default();
        match notice.kind {
            SERVICE_DISCONNECT => Err(disconnected(call)),
            _ if notice.status < 0 => Err(CallError::refused(call, notice.status.cast_unsigned(), messages())),
            found if found == kind => Ok(()),
            _ => Err(CallError::refused(call, codes::of_vmcompute(codes::HCS_E_UNEXPECTED_EXIT), messages())),
        }
    }
}

/// Receives the notifications of a system's or a process's handle, on a thread of HCS. Neither blocks nor panics.
unsafe extern "system" fn on_notification(kind: u32, context: *const c_void, status: HRESULT, data: PCWSTR) {
    // SAFETY: the data is null or a text ended by a NUL, and belongs to HCS.
    let data = unsafe { read(data) };
    notices::report(context, Notice { kind, status, data });
}

/// HCS's answer when the service went away.
fn disconnected(call: &'static str) -> CallError {
    CallError::refused(call, codes::HCS_E_SERVICE_DISCONNECT, Vec::new())
}
