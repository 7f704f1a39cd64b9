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
use crate::hcs::call::Result;
use crate::hcs::compute_systems::{Container, Spawned};
use crate::hcs::documents::{Argon, ProcessParameters, to_json};
use crate::windows::handle::Owned;
use crate::windows::notices::Notices;
use crate::windows::text::Wide;

/// A process-isolated container.
pub struct ArgonContainer {
    core: Arc<ComputeCore>,
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
        let container = unsafe { Self::own(core, handle) };
        let listening = container.listen();
        match operation.result() {
            Ok(_) => listening.map(|()| container),
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
        const CALL: &str = "HcsOpenComputeSystem";
        let wide = Wide::new(CALL, id)?;
        let mut handle = null_mut();
        let opened = core.call(CALL, Some(id), |functions| {
            // SAFETY: the id lives through the call, the out pointer is valid.
            unsafe { (functions.HcsOpenComputeSystem)(wide.as_ptr(), GENERIC_ALL, &raw mut handle) }
        });
        match opened {
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
            Ok(()) => {
                // SAFETY: the handle was just handed to us.
                let container = unsafe { Self::own(core, handle) };
                container.listen()?;
                Ok(Some(container))
            }
        }
    }

    /// Takes over a handle.
    ///
    /// # Safety
    /// The handle is open and belongs to nobody else.
    unsafe fn own(core: &Arc<ComputeCore>, handle: HCS_SYSTEM) -> Self {
        // SAFETY: the caller vouches for the handle; handles of HCS can be used from any thread.
        let handle = unsafe { Owned::new(handle, core.functions.HcsCloseComputeSystem) };
        Self { core: Arc::clone(core), handle, notices: Notices::new(), ended: AtomicBool::new(false) }
    }

    /// Registers for events, once: HCS takes one callback a handle.
    fn listen(&self) -> Result<()> {
        let context = self.notices.context();
        self.core.call("HcsSetComputeSystemCallback", None, |functions| {
            // SAFETY: the handle is open, the context is a number, the callback neither blocks nor panics.
            unsafe { (functions.HcsSetComputeSystemCallback)(self.handle.get(), HcsEventOptionNone, context, Some(on_event)) }
        })
    }

    /// A request without document.
    fn request(&self, call: &'static str, function: impl FnOnce(&Functions) -> Request) -> Result<()> {
        let operation = Operation::start(&self.core, call, None, Vec::new(), |functions, operation, _| {
            // SAFETY: the handle is open, no options means the default ones.
            unsafe { function(functions)(self.handle.get(), operation, null()) }
        })?;
        operation.result().map(drop)
    }
}

impl Container for ArgonContainer {
    fn start(&self) -> Result<()> {
        self.request("HcsStartComputeSystem", |functions| functions.HcsStartComputeSystem)
    }

    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned> {
        ArgonProcess::create(&self.core, self.handle.get(), parameters)
    }

    fn shut_down(&self) -> Result<()> {
        self.request("HcsShutDownComputeSystem", |functions| functions.HcsShutDownComputeSystem)
    }

    fn terminate(&self) -> Result<()> {
        let terminated = self.request("HcsTerminateComputeSystem", |functions| functions.HcsTerminateComputeSystem);
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
