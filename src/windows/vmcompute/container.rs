//! A compute system of the older generation.

use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::HCS_SYSTEM;
use windows_sys::core::HRESULT;

use super::process::XenonProcess;
use super::{
    Answer, CREATE_COMPLETED, SERVICE_DISCONNECT, START_COMPLETED, SYSTEM_EXITED, VmCompute, disconnected, on_notification,
};
use crate::hcs::call::Result;
use crate::hcs::compute_systems::{Container, Spawned};
use crate::hcs::documents::{ProcessParameters, Xenon, to_json};
use crate::windows::handle::Owned;
use crate::windows::notices::Notices;
use crate::windows::text::Wide;

/// A container in a virtual machine of its own.
pub struct XenonContainer {
    core: Arc<VmCompute>,
    id: String,
    // Closed before the system's.
    _callback: Owned<HANDLE, HRESULT>,
    handle: Owned<HCS_SYSTEM, HRESULT>,
    notices: Notices,
    ended: AtomicBool,
}

impl XenonContainer {
    /// Creates a container.
    pub fn create(core: &Arc<VmCompute>, id: &str, document: &Xenon) -> Result<Self> {
        const CALL: &str = "HcsCreateComputeSystem";
        let document = to_json(document);
        let (wide_id, wide, mut handle) = (Wide::new(CALL, id)?, Wide::new(CALL, &document)?, null_mut());
        let answer = core.call(CALL, Some(&document), |functions, result| {
            // SAFETY: the texts live through the call, no identity means the caller's, the out pointers are valid.
            unsafe {
                let create = functions.HcsCreateComputeSystem;
                create(wide_id.as_ptr(), wide.as_ptr(), null_mut(), &raw mut handle, result)
            }
        })?;
        // SAFETY: the handle was just handed to us.
        let container = unsafe { Self::listen(core, id, handle) }?;
        if answer == Answer::Pending
            && let Err(error) = core.finish(CALL, &container.notices, CREATE_COMPLETED)
        {
            if error.is_timed_out() {
                // The creation goes on with this handle, which must not be closed under it.
                std::mem::forget(container);
            }
            return Err(error);
        }
        Ok(container)
    }

    /// Opens a container that another process created; `None` if there is none.
    pub fn open(core: &Arc<VmCompute>, id: &str) -> Result<Option<Self>> {
        match open(core, id) {
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
            // SAFETY: the handle was just handed to us.
            Ok(handle) => unsafe { Self::listen(core, id, handle) }.map(Some),
        }
    }

    /// Takes over a handle and registers for its notifications.
    ///
    /// # Safety
    /// The handle is open and belongs to nobody else.
    unsafe fn listen(core: &Arc<VmCompute>, id: &str, system: HCS_SYSTEM) -> Result<Self> {
        // SAFETY: the caller vouches for the handle; handles of HCS can be used from any thread.
        let handle = unsafe { Owned::new(system, core.functions.HcsCloseComputeSystem) };
        let notices = Notices::new();
        let (context, mut callback) = (notices.context(), null_mut());
        core.call("HcsRegisterComputeSystemCallback", None, |functions, _| {
            // SAFETY: the handle is open, the context is a number, the callback neither blocks nor panics.
            unsafe { (functions.HcsRegisterComputeSystemCallback)(system, Some(on_notification), context, &raw mut callback) }
        })?;
        // SAFETY: the callback's handle was just handed to us, likewise.
        let callback = unsafe { Owned::new(callback, core.functions.HcsUnregisterComputeSystemCallback) };
        let (core, id) = (Arc::clone(core), id.to_owned());
        Ok(Self { core, id, _callback: callback, handle, notices, ended: AtomicBool::new(false) })
    }
}

/// Opens a compute system: its handle, which is the caller's to close.
pub(super) fn open(core: &VmCompute, id: &str) -> Result<HCS_SYSTEM> {
    const CALL: &str = "HcsOpenComputeSystem";
    let (wide, mut handle) = (Wide::new(CALL, id)?, null_mut());
    core.call(CALL, Some(id), |functions, result| {
        // SAFETY: the id lives through the call, the out pointers are valid.
        unsafe { (functions.HcsOpenComputeSystem)(wide.as_ptr(), &raw mut handle, result) }
    })?;
    Ok(handle)
}

impl Container for XenonContainer {
    fn start(&self) -> Result<()> {
        const CALL: &str = "HcsStartComputeSystem";
        let answer = self.core.call(CALL, None, |functions, result| {
            // SAFETY: the handle is open, no options means the default ones, the out pointer is valid.
            unsafe { (functions.HcsStartComputeSystem)(self.handle.get(), null(), result) }
        })?;
        match answer {
            Answer::Done => Ok(()),
            Answer::Pending => self.core.finish(CALL, &self.notices, START_COMPLETED),
        }
    }

    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned> {
        XenonProcess::create(&self.core, &self.id, self.handle.get(), parameters)
    }

    fn shut_down(&self) -> Result<()> {
        let asked = self.core.call("HcsShutdownComputeSystem", None, |functions, result| {
            // SAFETY: the handle is open, no options means the default ones, the out pointer is valid.
            unsafe { (functions.HcsShutdownComputeSystem)(self.handle.get(), null(), result) }
        });
        asked.map(drop)
    }

    fn terminate(&self) -> Result<()> {
        let answer = self.core.call("HcsTerminateComputeSystem", None, |functions, result| {
            // SAFETY: the handle is open, no options means the default ones, the out pointer is valid.
            unsafe { (functions.HcsTerminateComputeSystem)(self.handle.get(), null(), result) }
        });
        match &answer {
            Ok(Answer::Pending) => {}
            Err(error) if !error.is_gone() => {}
            // No notification need come.
            _ => self.ended.store(true, Ordering::Relaxed),
        }
        answer.map(drop)
    }

    fn wait(&self, timeout: Duration) -> Result<bool> {
        if self.ended.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let notice = self.notices.wait(timeout, |notice| matches!(notice.kind, SYSTEM_EXITED | SERVICE_DISCONNECT));
        match notice.map(|notice| notice.kind) {
            Some(SERVICE_DISCONNECT) => Err(disconnected("HcsRegisterComputeSystemCallback")),
            kind => Ok(kind.is_some()),
        }
    }
}
