//! A compute system of the current generation.

use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use windows_sys::Win32::Foundation::GENERIC_ALL;
use windows_sys::Win32::System::HostComputeSystem::{HCS_OPERATION, HCS_SYSTEM, HcsEventOptionNone};
use windows_sys::core::{HRESULT, PCWSTR};

use super::process::ArgonProcess;
use super::{ComputeCore, Functions, Operation, SERVICE_DISCONNECT, SYSTEM_EXITED, disconnected, on_event, pointer};
use crate::hcs::call::{CallError, Result};
use crate::hcs::compute_systems::{Container, Spawned};
use crate::hcs::documents::{Argon, ProcessParameters, SystemProperties, to_json};
use crate::windows::handle::Owned;
use crate::windows::notices::Notices;
use crate::windows::text::Wide;

/// A process-isolated container.
pub struct ArgonContainer {
    core: Arc<ComputeCore>,
    id: String,
    handle: Owned<HCS_SYSTEM>,
    notices: Notices,
    ended: AtomicBool,
}

type Request = unsafe extern "system" fn(HCS_SYSTEM, HCS_OPERATION, PCWSTR) -> HRESULT;

impl ArgonContainer {
    /// Creates a container.
    pub fn create(core: &Arc<ComputeCore>, id: &str, document: &Argon) -> Result<Self> {
        const CALL: &str = "HcsCreateComputeSystem";
        let document = to_json(document);
        let texts = vec![Wide::new(CALL, id)?, Wide::new(CALL, &document)?];
        let mut handle = null_mut();
        let operation = Operation::start(core, CALL, Some(&document), texts, |functions, operation, texts| {
            // SAFETY: the texts outlive the operation, the out pointer is valid, no security descriptor means the default one.
            unsafe {
                let create = functions.HcsCreateComputeSystem;
                create(pointer(texts, 0), pointer(texts, 1), operation, null(), &raw mut handle)
            }
        })?;
        // SAFETY: the handle was just handed to us. It is valid before the creation has ended.
        let container = unsafe { Self::own(core, id, handle) };
        match operation.result() {
            // Not before: no client registers for events of a system that is being made.
            Ok(_) => container.listen().map(|()| container),
            Err(error) => {
                if error.is_timed_out() {
                    // The creation goes on with this handle, which must not be closed under it.
                    std::mem::forget(container);
                }
                Err(error)
            }
        }
    }

    /// Opens a container that another process created; `None` if there is none.
    pub fn open(core: &Arc<ComputeCore>, id: &str) -> Result<Option<Self>> {
        match open(core, id) {
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
            Ok(handle) => {
                // SAFETY: the handle was just handed to us.
                let container = unsafe { Self::own(core, id, handle) };
                container.listen()?;
                Ok(Some(container))
            }
        }
    }

    /// Takes over a handle.
    ///
    /// # Safety
    /// The handle is open and belongs to nobody else.
    unsafe fn own(core: &Arc<ComputeCore>, id: &str, handle: HCS_SYSTEM) -> Self {
        // SAFETY: the caller vouches for the handle; handles of HCS can be used from any thread.
        let handle = unsafe { Owned::new(handle, core.functions.HcsCloseComputeSystem) };
        Self { core: Arc::clone(core), id: id.to_owned(), handle, notices: Notices::new(), ended: AtomicBool::new(false) }
    }

    /// Registers for events, once: HCS takes one callback a handle. A container that ended before that is found by a question.
    fn listen(&self) -> Result<()> {
        let context = self.notices.context();
        self.core.call("HcsSetComputeSystemCallback", None, |functions| {
            // SAFETY: the handle is open, the context is a number, the callback neither blocks nor panics.
            unsafe { (functions.HcsSetComputeSystemCallback)(self.handle.get(), HcsEventOptionNone, context, Some(on_event)) }
        })?;
        // What is not known does not stand in the way.
        let has_ended = self.properties().map_or_else(|error| error.is_gone(), |found| found.has_stopped());
        self.ended.store(has_ended, Ordering::Relaxed);
        Ok(())
    }

    fn properties(&self) -> Result<SystemProperties> {
        const CALL: &str = "HcsGetComputeSystemProperties";
        let query = SystemProperties::QUERY;
        let operation =
            Operation::start(&self.core, CALL, Some(query), vec![Wide::new(CALL, query)?], |functions, operation, texts| {
                // SAFETY: the handle is open, the query outlives the operation, which owns it.
                unsafe { (functions.HcsGetComputeSystemProperties)(self.handle.get(), operation, pointer(texts, 0)) }
            })?;
        let found = operation.result()?.unwrap_or_default();
        serde_json::from_str(&found).map_err(|error| CallError::unusable(CALL, error))
    }

    /// A request without document.
    fn request(&self, call: &'static str, function: impl FnOnce(&Functions) -> Request) -> Result<Operation<'_>> {
        Operation::start(&self.core, call, None, Vec::new(), |functions, operation, _| {
            // SAFETY: the handle is open, no options means the default ones.
            unsafe { function(functions)(self.handle.get(), operation, null()) }
        })
    }
}

/// Opens a compute system: its handle, which is the caller's to close.
pub(super) fn open(core: &ComputeCore, id: &str) -> Result<HCS_SYSTEM> {
    const CALL: &str = "HcsOpenComputeSystem";
    let (wide, mut handle) = (Wide::new(CALL, id)?, null_mut());
    core.call(CALL, Some(id), |functions| {
        // SAFETY: the id lives through the call, the out pointer is valid.
        unsafe { (functions.HcsOpenComputeSystem)(wide.as_ptr(), GENERIC_ALL, &raw mut handle) }
    })?;
    Ok(handle)
}

impl Container for ArgonContainer {
    fn start(&self) -> Result<()> {
        self.request("HcsStartComputeSystem", |functions| functions.HcsStartComputeSystem)?.result().map(drop)
    }

    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned> {
        ArgonProcess::create(&self.core, &self.id, self.handle.get(), parameters)
    }

    fn shut_down(&self) -> Result<()> {
        // Its operation ends with the container, which may take as long as the container likes.
        self.request("HcsShutDownComputeSystem", |functions| functions.HcsShutDownComputeSystem).map(Operation::submit)
    }

    fn terminate(&self) -> Result<()> {
        let terminated = self
            .request("HcsTerminateComputeSystem", |functions| functions.HcsTerminateComputeSystem)
            .and_then(|operation| operation.result().map(drop));
        if terminated.as_ref().map_or_else(|error| error.is_gone(), |()| true) {
            // The result of this operation is the end, whether or not the event comes.
            self.ended.store(true, Ordering::Relaxed);
        }
        terminated
    }

    fn wait(&self, timeout: Duration) -> Result<bool> {
        if self.ended.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let notice = self.notices.wait(timeout, |notice| matches!(notice.kind, SYSTEM_EXITED | SERVICE_DISCONNECT));
        match notice.map(|notice| notice.kind) {
            Some(SERVICE_DISCONNECT) => Err(disconnected("HcsSetComputeSystemCallback")),
            kind => Ok(kind.is_some()),
        }
    }
}
