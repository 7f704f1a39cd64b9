//! A process in a container of the current generation.

use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Duration;

use windows_sys::Win32::Foundation::GENERIC_ALL;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_OPERATION, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM, HcsEventOptionNone,
};
use windows_sys::core::{HRESULT, PCWSTR};

use super::{ComputeCore, Functions, Operation, PROCESS_EXITED, SERVICE_DISCONNECT, container, disconnected, on_event, pointer};
use crate::hcs::call::{CallError, Result};
use crate::hcs::codes;
use crate::hcs::compute_systems::{Process, Spawned};
use crate::hcs::documents::{ConsoleSize, ModifyProcess, ProcessParameters, ProcessStatus, SignalProcess, to_json};
use crate::windows::handle::Owned;
use crate::windows::notices::{Notice, Notices};
use crate::windows::stdio::Pipe;
use crate::windows::text::Wide;

/// A process in a process-isolated container.
pub struct ArgonProcess {
    core: Arc<ComputeCore>,
    /// The id of its compute system.
    system: String,
    handle: Owned<HCS_PROCESS>,
    id: u32,
    notices: Notices,
}

type Request = unsafe extern "system" fn(HCS_PROCESS, HCS_OPERATION, PCWSTR) -> HRESULT;

impl ArgonProcess {
    /// Starts a process and takes over its standard handles.
    pub fn create(
        core: &Arc<ComputeCore>,
        system_id: &str,
        system: HCS_SYSTEM,
        parameters: &ProcessParameters,
    ) -> Result<Spawned> {
        const CALL: &str = "HcsCreateProcess";
        let document = to_json(parameters);
        let mut handle = null_mut();
        let texts = vec![Wide::new(CALL, &document)?];
        let operation = Operation::start(core, CALL, Some(&document), texts, |functions, operation, texts| {
            // SAFETY: the system is open, the text outlives the operation, the out pointer is valid.
            unsafe { (functions.HcsCreateProcess)(system, pointer(texts, 0), operation, null(), &raw mut handle) }
        })?;
        let created = operation.process_info();
        if handle.is_null() {
            return Err(created.err().unwrap_or_else(|| CallError::unusable(CALL, "it gave no handle")));
        }
        // SAFETY: the handle was just handed to us; handles of HCS can be used from any thread.
        let handle = unsafe { Owned::new(handle, core.functions.HcsCloseProcess) };
        let mut process = Self { core: Arc::clone(core), system: system_id.to_owned(), handle, id: 0, notices: Notices::new() };
        let info = match created {
            Ok(info) => info,
            Err(error) if error.is_timed_out() => {
                // The creation goes on with this handle, which must not be closed under it.
                std::mem::forget(process);
                return Err(error);
            }
            // Some builds create the process and lose its handles; asking again gives them (`docs/hcs.md#pipes`). Where
            // there is no process, the answer has no id.
            Err(error) => match process.info() {
                Ok(info) if info.ProcessId != 0 => info,
                _ => return Err(error),
            },
        };
        process.id = info.ProcessId;
        // SAFETY: the handles were given to us, once.
        let pipes = unsafe { [Pipe::from_hcs(info.StdInput), Pipe::from_hcs(info.StdOutput), Pipe::from_hcs(info.StdError)] };
        let [stdin, stdout, stderr] = pipes.map(|pipe| pipe.map_err(|error| CallError::unusable(CALL, error)));
        process.listen()?;
        if parameters.has_output() && matches!(stdout, Ok(None)) {
            // The pipe was in the answer that was lost: the process' output could not be read.
            return Err(CallError::unusable(CALL, "it gave no standard output"));
        }
        Ok(Spawned {
            stdin: stdin?.map(|pipe| Box::new(pipe) as _),
            stdout: stdout?.map(|pipe| Box::new(pipe) as _),
            stderr: stderr?.map(|pipe| Box::new(pipe) as _),
            process: Box::new(process),
        })
    }

    fn info(&self) -> Result<HCS_PROCESS_INFORMATION> {
        let operation = Operation::start(&self.core, "HcsGetProcessInfo", None, Vec::new(), |functions, operation, _| {
            // SAFETY: the handle is open.
            unsafe { (functions.HcsGetProcessInfo)(self.handle.get(), operation) }
        })?;
        operation.process_info()
    }

    /// Registers for the exit event. A process that ended before that is asked for its end once; and one whose end is known need not be
    /// listened to.
    fn listen(&self) -> Result<()> {
        let context = self.notices.context();
        let listening = self.core.call("HcsSetProcessCallback", None, |functions| {
            // SAFETY: the handle is open, the context is a number, the callback neither blocks nor panics.
            unsafe { (functions.HcsSetProcessCallback)(self.handle.get(), HcsEventOptionNone, context, Some(on_event)) }
        });
        let data = self.properties().ok().flatten();
        let status = ProcessStatus::read(data.as_deref());
        if status.has_exited() {
            self.notices.report(Notice { kind: PROCESS_EXITED, status: 0, data });
        }
        if status.code().is_some() { Ok(()) } else { listening }
    }

    /// The document of its status.
    fn properties(&self) -> Result<Option<String>> {
        self.request("HcsGetProcessProperties", None, |functions| functions.HcsGetProcessProperties)
    }

    /// A signal through handles of its own: the service serves those of one handle of a system one after the other, and one that waits
    /// for the end of its target would hold up the next (`docs/hcs.md#signals`).
    fn signal(&self, call: &'static str, document: Option<String>, function: fn(&Functions) -> Request) -> Result<()> {
        const OPEN: &str = "HcsOpenProcess";
        let own = |error: CallError| {
            if error.is_gone() { Err(error) } else { self.request(call, document.clone(), function).map(drop) }
        };
        let system = match container::open(&self.core, &self.system) {
            // SAFETY: the handle was just handed to us; handles of HCS can be used from any thread.
            Ok(system) => unsafe { Owned::new(system, self.core.functions.HcsCloseComputeSystem) },
            Err(error) => return own(error),
        };
        let mut process = null_mut();
        let opened = self.core.call(OPEN, Some(&self.id.to_string()), |functions| {
            // SAFETY: the system is open, the out pointer is valid.
            unsafe { (functions.HcsOpenProcess)(system.get(), self.id, GENERIC_ALL, &raw mut process) }
        });
        if let Err(error) = opened {
            return own(error);
        }
        // SAFETY: the handle was just handed to us, likewise.
        let process = unsafe { Owned::new(process, self.core.functions.HcsCloseProcess) };
        request_on(&self.core, process.get(), call, document, function).map(drop)
    }

    /// A request with or without document: the document that came of it.
    fn request(
        &self,
        call: &'static str,
        document: Option<String>,
        function: impl FnOnce(&Functions) -> Request,
    ) -> Result<Option<String>> {
        request_on(&self.core, self.handle.get(), call, document, function)
    }
}

/// A request about the process of this handle, which is open: the document that came of it.
fn request_on(
    core: &ComputeCore,
    process: HCS_PROCESS,
    call: &'static str,
    document: Option<String>,
    function: impl FnOnce(&Functions) -> Request,
) -> Result<Option<String>> {
    let texts = document.iter().map(|text| Wide::new(call, text)).collect::<Result<_>>()?;
    let operation = Operation::start(core, call, document.as_deref(), texts, |functions, operation, texts| {
        // SAFETY: the handle is open; the text, if any, outlives the operation.
        unsafe { function(functions)(process, operation, pointer(texts, 0)) }
    })?;
    operation.result()
}

impl Process for ArgonProcess {
    fn id(&self) -> u32 {
        self.id
    }

    fn wait(&self, timeout: Duration) -> Result<Option<u32>> {
        let notice = self.notices.wait(timeout, |notice| matches!(notice.kind, PROCESS_EXITED | SERVICE_DISCONNECT));
        let Some(notice) = notice else { return Ok(None) };
        if notice.kind == SERVICE_DISCONNECT {
            return Err(disconnected("HcsSetProcessCallback"));
        }
        let ask = || self.properties().map(|found| ProcessStatus::read(found.as_deref()));
        ProcessStatus::code_of_ended(notice.data.as_deref(), "HcsGetProcessProperties", ask).map(Some)
    }

    fn close_stdin(&self) -> Result<()> {
        self.request("HcsModifyProcess", Some(to_json(&ModifyProcess::CLOSE_STDIN)), |functions| functions.HcsModifyProcess)
            .map(drop)
    }

    fn resize(&self, size: ConsoleSize) -> Result<()> {
        let document = to_json(&ModifyProcess::ConsoleSize { size });
        self.request("HcsModifyProcess", Some(document), |functions| functions.HcsModifyProcess).map(drop)
    }

    fn interrupt(&self) -> Result<()> {
        self.signal("HcsSignalProcess", Some(to_json(&SignalProcess::CTRL_C)), |functions| functions.HcsSignalProcess)
    }

    fn terminate(&self) -> Result<()> {
        match self.signal("HcsTerminateProcess", None, |functions| functions.HcsTerminateProcess) {
            // Windows says so of the termination of a process that has ended.
            Err(error) if error.code() == Some(codes::E_ACCESSDENIED) || error.is_gone() => Ok(()),
            result => result,
        }
    }
}
