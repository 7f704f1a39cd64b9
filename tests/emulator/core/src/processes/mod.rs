//! Processes in containers: their handles, their standard streams, their end.

mod account;
mod command;
mod environment;
mod pipe;
mod spawn;
pub mod tree;

use crate::call::Dll;
use crate::codes::{
    ELEMENT_NOT_FOUND, FILENAME_TOO_LONG, INVALID_ARGUMENT, NULL_CONTEXT, OPERATION_TIMEOUT, PROCESS_ALREADY_STOPPED,
};
use crate::documents;
use crate::events::{self, Callback, Event, Mailbox};
use crate::handles::{Kind as HandleKind, Table};
use crate::home;
use crate::owner;
use crate::rules::{self, Refusal};
use crate::state::{self, Generation, Process};
use crate::systems::objects::{self, Object};
use crate::systems::{ABORTED, SystemHandle};
use pipe::Stdio;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Threading::{
    GetExitCodeProcess, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
};

/// The process handles computecore.dll gave out in this process.
pub static V2: Table<ProcessHandle> = Table::new(Dll::ComputeCore, HandleKind::Process);
/// Those of vmcompute.dll.
pub static V1: Table<ProcessHandle> = Table::new(Dll::VmCompute, HandleKind::Process);

/// How a process ends that is told to by its console: STATUS_CONTROL_C_EXIT.
const CONTROL_C: u32 = 0xC000_013A;

/// One HCS_PROCESS.
pub struct ProcessHandle {
    generation: Generation,
    system: String,
    inner: Mutex<Inner>,
    /// Its notifications.
    pub mailbox: Arc<Mailbox>,
    closing: Arc<Object>,
    exited: Object,
    /// Of the handle of its system.
    signals: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Inner {
    pid: u32,
    began: u64,
    exit_code: Option<u32>,
    stdio: Option<Stdio>,
    /// The emulator's own end of the standard input: while it is open, closing the caller's is not enough.
    stdin: Option<Object>,
    console: Option<Value>,
    /// How often its status was told since it ended.
    told: u32,
}

/// What HCS_PROCESS_INFORMATION holds.
#[derive(Default)]
pub struct Information {
    /// The process id.
    pub pid: u32,
    /// Standard input, output, error: handles of this process, 0 where none was asked for or it was given already.
    pub stdio: [usize; 3],
}

impl ProcessHandle {
    /// A handle whose process is not there yet.
    pub fn unbound(system: &SystemHandle) -> Arc<ProcessHandle> {
        Arc::new(ProcessHandle {
            generation: system.generation,
            system: system.id.clone(),
            signals: system.signals.clone(),
            inner: Mutex::default(),
            mailbox: Arc::default(),
            closing: Arc::new(objects::event()),
            exited: objects::event(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder panics")
    }

    /// Its inner part, if its process was ever made.
    fn made(&self) -> Result<MutexGuard<'_, Inner>, Refusal> {
        let inner = self.lock();
        let made = inner.pid != 0;
        rules::PROCESS_MADE.require(made, NULL_CONTEXT, || format!("no process of {} was made for this handle", self.system))?;
        Ok(inner)
    }

    /// Refuses a handle whose process was never made.
    pub fn check(&self) -> Result<(), Refusal> {
        self.made().map(drop)
    }

    /// The process information: the streams go to the first who asks.
    pub fn take_information(&self) -> Information {
        let mut inner = self.lock();
        Information { pid: inner.pid, stdio: inner.stdio.take().map(Stdio::give).unwrap_or_default() }
    }

    /// ProcessStatus. The exit code cannot be read before the exit was delivered.
    pub fn status(&self) -> Result<String, Refusal> {
        let mut inner = self.made()?;
        inner.told += u32::from(inner.exit_code.is_some());
        let mut status = status(inner.pid, inner.exit_code);
        match home::setting("EXIT").as_str() {
            // The first answer comes too early.
            "late" if inner.told == 1 => unreaped(&mut status),
            "unknown" if inner.told > 0 => status["LastWaitResult"] = json!(INVALID_HANDLE),
            _ => {}
        }
        Ok(status.to_string())
    }

    /// Waits for the exit to be delivered, so many milliseconds at most; the status.
    pub fn wait(&self, timeout: u32) -> Result<String, Refusal> {
        self.check()?;
        if !objects::wait(self.exited.0, timeout) {
            return Err(rules::OPERATION_TIMEOUT.refusal(OPERATION_TIMEOUT, format!("no exit after {timeout} ms")));
        }
        self.status()
    }

    /// Registers the caller's callback.
    pub fn set_callback(&self, callback: Callback) -> Result<(), Refusal> {
        let inner = self.made()?;
        rules::CALLBACK_LATE
            .require(inner.exit_code.is_none(), PROCESS_ALREADY_STOPPED, || "the process has exited".to_string())?;
        drop(inner);
        let rule = if self.generation == Generation::V1 { &rules::ONE_CALLBACK_V1 } else { &rules::ONE_CALLBACK };
        self.mailbox.register(callback, rule)
    }

    /// Waits for the real process and passes its exit on, also after the handle was closed if it is the creator's.
    fn watch(self: &Arc<Self>, process: Object, creator: bool) {
        let handle = self.clone();
        std::thread::spawn(move || {
            let never = objects::event();
            let stop = if creator { &never } else { &*handle.closing };
            let process = process;
            if !objects::first_of(process.0, stop) {
                return;
            }
            let mut code = 0;
            // SAFETY: the handle is open and the place valid.
            unsafe { GetExitCodeProcess(process.0, &mut code) };
            handle.ended(code);
        });
    }

    fn ended(&self, code: u32) {
        let pid = self.lock().pid;
        state::with(|state| {
            if let Some(process) = state.systems.get_mut(&self.system).and_then(|system| system.processes.get_mut(&pid)) {
                process.exit_code.get_or_insert(code);
            }
        });
        self.lock().exit_code = Some(code);
        objects::set(&self.exited);
        let data = (self.generation == Generation::V2).then(|| exit_data(pid, code)).flatten();
        self.mailbox.post(Event { kind: 0x0001_0000, status: 0, data }, events::held(self.generation));
    }

    fn alive(&self) -> Result<MutexGuard<'_, Inner>, Refusal> {
        let inner = self.made()?;
        if inner.exit_code.is_some() {
            let says = format!("process {} has exited", inner.pid);
            return Err(rules::PROCESS_STOPPED.refusal(PROCESS_ALREADY_STOPPED, says));
        }
        Ok(inner)
    }
}

fn status(pid: u32, exit_code: Option<u32>) -> Value {
    json!({
        "ProcessId": pid,
        "Exited": exit_code.is_some(),
        "ExitCode": exit_code.unwrap_or(u32::MAX),
        "LastWaitResult": 0,
    })
}

/// How long a creation waits for the end of its process, in milliseconds, if `HCSEMU_CREATE` is `ended`.
const SHORT: u32 = 60_000;
/// WAIT_TIMEOUT.
const TIMED_OUT: u32 = 258;
/// The HRESULT of ERROR_INVALID_HANDLE.
const INVALID_HANDLE: i32 = 0x8007_0006_u32 as i32;

/// What is told of a process that has ended and was not reaped.
fn unreaped(status: &mut Value) {
    status["ExitCode"] = json!(u32::MAX);
    status["LastWaitResult"] = json!(TIMED_OUT);
}

/// The document of the exit event. `HCSEMU_EXIT` says what a client is to bear in it: `no-data` (no document), `no-code` (one
/// without ExitCode), `late` (the code comes with the second question only), `unknown` (it never holds).
fn exit_data(pid: u32, code: u32) -> Option<String> {
    let mut status = status(pid, Some(code));
    match home::setting("EXIT").as_str() {
        "no-data" => return None,
        "no-code" => drop(status.as_object_mut().and_then(|status| status.remove("ExitCode"))),
        "late" => unreaped(&mut status),
        "unknown" => status["LastWaitResult"] = json!(INVALID_HANDLE),
        _ => {}
    }
    Some(status.to_string())
}

/// Starts a process in a running container.
pub fn create(system: &SystemHandle, handle: &Arc<ProcessHandle>, parameters: Option<&str>) -> Result<(), Refusal> {
    let record = state::with(|state| system.running(state).cloned())?;
    let newer = record.document.get("SchemaVersion").is_some();
    let parameters = documents::read(if newer { "ProcessParameters" } else { "ProcessConfig" }, parameters)?;
    check(&parameters)?;
    account::check(&record, parameters["User"].as_str().unwrap_or_default())?;
    let mut started = spawn::start(&record, &system.job(), &parameters)?;
    let process = Process {
        began: owner::began(started.process.0),
        command_line: parameters["CommandLine"].as_str().unwrap_or_default().to_string(),
        exit_code: None,
    };
    {
        let mut inner = handle.lock();
        inner.pid = started.pid;
        inner.began = process.began;
        inner.stdin = started.stdin.take();
        inner.stdio = started.stdio.take();
    }
    state::with(|state| match system.running(state) {
        Ok(system) => {
            system.processes.insert(started.pid, process);
            Ok(())
        }
        Err(refusal) => {
            tree::end(started.pid, owner::began(started.process.0), ABORTED);
            Err(refusal)
        }
    })?;
    spawn::resume(&started);
    handle.watch(started.process, true);
    if home::setting("CREATE") == "ended" {
        objects::wait(handle.exited.0, SHORT);
    }
    Ok(())
}

fn check(parameters: &Value) -> Result<(), Refusal> {
    let given = |name: &str| !parameters[name].as_str().unwrap_or_default().is_empty();
    let fine = (given("CommandLine") || given("ApplicationName")) && parameters.get("CommandArgs").is_none();
    rules::COMMAND_LINE.require(fine, INVALID_ARGUMENT, || format!("no command line for Windows in {parameters}"))?;
    let length = parameters["CommandLine"].as_str().unwrap_or_default().encode_utf16().count();
    rules::COMMAND_LINE.require(length < 32768, FILENAME_TOO_LONG, || format!("a command line of {length} characters"))?;
    if let Some(size) = parameters["ConsoleSize"].as_array() {
        rules::CONSOLE_SIZE.require(size.len() == 2, INVALID_ARGUMENT, || format!("ConsoleSize {size:?}"))?;
    }
    environment::check(&parameters["Environment"])
}

/// Opens a process of a container by its id.
pub fn open(system: &SystemHandle, pid: u32) -> Result<Arc<ProcessHandle>, Refusal> {
    let process = state::with(|state| {
        let process = system.live(state)?.processes.get(&pid).cloned();
        process.ok_or_else(|| rules::PROCESS_FOUND.refusal(ELEMENT_NOT_FOUND, format!("process {pid} is not of {}", system.id)))
    })?;
    let handle = ProcessHandle::unbound(system);
    {
        let mut inner = handle.lock();
        inner.pid = pid;
        inner.began = process.began;
    }
    // SAFETY: the handle is checked before it is kept.
    let real = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE, 0, pid) };
    match process.exit_code {
        Some(code) => handle.ended(code),
        None if real.is_null() || owner::began(real) != process.began => {
            let says = format!("process {pid} has exited");
            return Err(rules::PROCESS_STOPPED.refusal(PROCESS_ALREADY_STOPPED, says));
        }
        None => {
            handle.watch(Object(real), false);
            return Ok(handle);
        }
    }
    drop((!real.is_null()).then_some(Object(real)));
    Ok(handle)
}

/// Closes a handle: its callback is drained, the process goes on.
pub fn close(handle: &ProcessHandle) {
    handle.mailbox.close();
    objects::set(&handle.closing);
    let mut inner = handle.lock();
    inner.stdio = None;
    inner.stdin = None;
}

/// Ends a process, and only that one: its children live on in the container.
pub fn terminate(handle: &ProcessHandle) -> Result<(), Refusal> {
    let _turn = turn(handle);
    let inner = handle.alive()?;
    tree::end(inner.pid, inner.began, ABORTED);
    Ok(())
}

/// Sends a console signal. Here it is an end with the code an unhandled one gives, for all who share the console.
///
/// `HCSEMU_SIGNALS` says what a client is to bear: `wait` (a signal returns when its target has ended, and the next one through
/// the same handle of the system waits for it, as on Server Core), `deaf` (the same, and the target does not listen).
pub fn signal(handle: &ProcessHandle, options: Option<&str>) -> Result<(), Refusal> {
    documents::read("SignalProcessOptions", options)?;
    let _turn = turn(handle);
    let (pid, began) = {
        let inner = handle.alive()?;
        (inner.pid, inner.began)
    };
    let mode = home::setting("SIGNALS");
    if mode != "deaf" {
        tree::end_all(pid, began, CONTROL_C);
    }
    if matches!(mode.as_str(), "wait" | "deaf") {
        objects::first_of(handle.exited.0, &handle.closing);
    }
    Ok(())
}

/// The turn of a signal among those of one handle of the system.
fn turn(handle: &ProcessHandle) -> Option<MutexGuard<'_, ()>> {
    matches!(home::setting("SIGNALS").as_str(), "wait" | "deaf").then(|| handle.signals.lock().expect("no holder panics"))
}

/// HcsModifyProcess: a console's size, or the end of standard input.
pub fn modify(handle: &ProcessHandle, request: Option<&str>) -> Result<(), Refusal> {
    let request = documents::read("ProcessModifyRequest", request)?;
    let mut inner = handle.alive()?;
    match (request["Operation"].as_str(), request.get("ConsoleSize"), request.get("CloseHandle")) {
        (Some("ConsoleSize"), Some(size), None) => inner.console = Some(size.clone()),
        (Some("CloseHandle"), None, Some(close)) => {
            if matches!(close["Handle"].as_str(), Some("StdIn" | "All")) {
                inner.stdin = None;
            }
        }
        _ => return Err(rules::OPTIONS.refusal(INVALID_ARGUMENT, format!("{request}"))),
    }
    Ok(())
}

/// A handle as Windows functions take it.
fn raw(handle: usize) -> HANDLE {
    handle as HANDLE
}
