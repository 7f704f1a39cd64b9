//! A process in a container of the older generation.

use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::HostComputeSystem::{HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

use super::{Functions, PROCESS_EXITED, SERVICE_DISCONNECT, VmCompute, container, disconnected, on_notification};
use crate::hcs::call::{CallError, Result};
use crate::hcs::codes;
use crate::hcs::compute_systems::{Process, Spawned};
use crate::hcs::documents::{ConsoleSize, ModifyProcess, ProcessParameters, ProcessStatus, SignalProcess, to_json};
use crate::windows::handle::Owned;
use crate::windows::notices::Notices;
use crate::windows::stdio::Pipe;
use crate::windows::text::{Wide, take_com};

/// A process in a container in a virtual machine.
pub struct XenonProcess {
    core: Arc<VmCompute>,
    /// The id of its compute system.
    system: String,
    // Closed before the process's.
    _callback: Owned<HANDLE, HRESULT>,
    handle: Owned<HCS_PROCESS, HRESULT>,
    id: u32,
    notices: Notices,
}

type Request = unsafe extern "system" fn(HCS_PROCESS, PCWSTR, *mut PWSTR) -> HRESULT;

impl XenonProcess {
    /// Starts a process and takes over its standard handles.
    pub fn create(core: &Arc<VmCompute>, system_id: &str, system: HCS_SYSTEM, parameters: &ProcessParameters) -> Result<Spawned> {
        const CALL: &str = "HcsCreateProcess";
        let document = to_json(parameters);
        let wide = Wide::new(CALL, &document)?;
        let (mut info, mut handle) = (HCS_PROCESS_INFORMATION::default(), null_mut());
        core.call(CALL, Some(&document), |functions, result| {
            // SAFETY: the system is open, the text lives through the call, the out pointers are valid.
            unsafe { (functions.HcsCreateProcess)(system, wide.as_ptr(), &raw mut info, &raw mut handle, result) }
        })?;
        // SAFETY: the handle was just handed to us; handles of HCS can be used from any thread.
        let handle = unsafe { Owned::new(handle, core.functions.HcsCloseProcess) };
        // SAFETY: the handles were given to us, once.
        let pipes = unsafe { [Pipe::from_hcs(info.StdInput), Pipe::from_hcs(info.StdOutput), Pipe::from_hcs(info.StdError)] };
        let [stdin, stdout, stderr] = pipes.map(|pipe| pipe.map_err(|error| CallError::unusable(CALL, error)));
        let process = Self::listen(core, system_id, handle, info.ProcessId)?;
        Ok(Spawned {
            stdin: stdin?.map(|pipe| Box::new(pipe) as _),
            stdout: stdout?.map(|pipe| Box::new(pipe) as _),
            stderr: stderr?.map(|pipe| Box::new(pipe) as _),
            process: Box::new(process),
        })
    }

    /// Registers for the exit notification. HCS keeps one that came before (`docs/hcs.md#events`).
    fn listen(core: &Arc<VmCompute>, system: &str, handle: Owned<HCS_PROCESS, HRESULT>, id: u32) -> Result<Self> {
        let notices = Notices::new();
        let (process, context, mut callback) = (handle.get(), notices.context(), null_mut());
        core.call("HcsRegisterProcessCallback", None, |functions, _| {
            // SAFETY: the handle is open, the context is a number, the callback neither blocks nor panics.
            unsafe { (functions.HcsRegisterProcessCallback)(process, Some(on_notification), context, &raw mut callback) }
        })?;
        // SAFETY: the callback's handle was just handed to us, likewise.
        let callback = unsafe { Owned::new(callback, core.functions.HcsUnregisterProcessCallback) };
        Ok(Self { core: Arc::clone(core), system: system.to_owned(), _callback: callback, handle, id, notices })
    }

    fn status(&self) -> Result<ProcessStatus> {
        const CALL: &str = "HcsGetProcessProperties";
        let mut status = null_mut();
        let answer = self.core.call(CALL, None, |functions, result| {
            // SAFETY: the handle is open, the out pointers are valid.
            unsafe { (functions.HcsGetProcessProperties)(self.handle.get(), &raw mut status, result) }
        });
        // SAFETY: the text, if any, came from vmcompute.dll just now.
        let status = unsafe { take_com(status) };
        answer.map(|_| ProcessStatus::read(status.as_deref()))
    }

    /// Makes a call with handles of its own, as those of computecore.dll do (`docs/hcs.md#signals`); where they cannot be had, with the one
    /// there is.
    fn with_own_handles(&self, call: impl FnOnce(HCS_PROCESS) -> Result<()>) -> Result<()> {
        const OPEN: &str = "HcsOpenProcess";
        let system = match container::open(&self.core, &self.system) {
            // SAFETY: the handle was just handed to us; handles of HCS can be used from any thread.
            Ok(system) => unsafe { Owned::new(system, self.core.functions.HcsCloseComputeSystem) },
            Err(error) if error.is_gone() => return Err(error),
            Err(_) => return call(self.handle.get()),
        };
        let mut process = null_mut();
        let opened = self.core.call(OPEN, Some(&self.id.to_string()), |functions, result| {
            // SAFETY: the system is open, the out pointers are valid.
            unsafe { (functions.HcsOpenProcess)(system.get(), self.id, &raw mut process, result) }
        });
        match opened {
            Err(error) if error.is_gone() => Err(error),
            Err(_) => call(self.handle.get()),
            Ok(_) => {
                // SAFETY: the handle was just handed to us, likewise.
                let process = unsafe { Owned::new(process, self.core.functions.HcsCloseProcess) };
                call(process.get())
            }
        }
    }

    /// A request about the process of this handle, which is open.
    fn request(
        &self,
        process: HCS_PROCESS,
        call: &'static str,
        document: &str,
        function: impl FnOnce(&Functions) -> Request,
    ) -> Result<()> {
        let wide = Wide::new(call, document)?;
        let answer = self.core.call(call, Some(document), |functions, result| {
            // SAFETY: the handle is open, the text lives through the call, the out pointer is valid.
            unsafe { function(functions)(process, wide.as_ptr(), result) }
        });
        answer.map(drop)
    }
}

impl Process for XenonProcess {
    fn id(&self) -> u32 {
        self.id
    }

    fn wait(&self, timeout: Duration) -> Result<Option<u32>> {
        let notice = self.notices.wait(timeout, |notice| matches!(notice.kind, PROCESS_EXITED | SERVICE_DISCONNECT));
        match notice.map(|notice| notice.kind) {
            None => Ok(None),
            Some(SERVICE_DISCONNECT) => Err(disconnected("HcsRegisterProcessCallback")),
            // Before the notification, the exit code reads 0xFFFFFFFF.
            Some(_) => ProcessStatus::code_of_ended(None, "HcsGetProcessProperties", || self.status()).map(Some),
        }
    }

    fn close_stdin(&self) -> Result<()> {
        self.request(self.handle.get(), "HcsModifyProcess", &to_json(&ModifyProcess::CLOSE_STDIN), |functions| {
            functions.HcsModifyProcess
        })
    }

    fn resize(&self, size: ConsoleSize) -> Result<()> {
        let document = to_json(&ModifyProcess::ConsoleSize { size });
        self.request(self.handle.get(), "HcsModifyProcess", &document, |functions| functions.HcsModifyProcess)
    }

    fn interrupt(&self) -> Result<()> {
        self.with_own_handles(|process| {
            self.request(process, "HcsSignalProcess", &to_json(&SignalProcess::CTRL_C), |functions| functions.HcsSignalProcess)
        })
    }

    fn terminate(&self) -> Result<()> {
        let answer = self.with_own_handles(|process| {
            let answer = self.core.call("HcsTerminateProcess", None, |functions, result| {
                // SAFETY: the handle is open, the out pointer is valid.
                unsafe { (functions.HcsTerminateProcess)(process, result) }
            });
            answer.map(drop)
        });
        match answer {
            // Windows says so of the termination of a process that has ended.
            Err(error) if error.code() == Some(codes::E_ACCESSDENIED) || error.is_gone() => Ok(()),
            answer => answer,
        }
    }
}
