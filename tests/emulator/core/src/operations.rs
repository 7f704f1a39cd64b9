//! Operations of computecore.dll: a request is accepted at once, its result comes later, on another thread.

use crate::call::{self, Call, Dll, Done};
use crate::codes::{
    Code, NOTIMPL, OPERATION_ALREADY_STARTED, OPERATION_NOT_STARTED, OPERATION_PENDING, OPERATION_TIMEOUT,
    PROCESS_INFO_NOT_AVAILABLE,
};
use crate::faults::Effect;
use crate::handles::{Kind, Table};
use crate::home;
use crate::processes::{Information, ProcessHandle};
use crate::rules::{self, Refusal};
use serde_json::json;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use windows_sys::Win32::System::HostComputeSystem::{HCS_OPERATION, HCS_OPERATION_COMPLETION, HcsOperationTypeNone};

/// The operations this process has open.
pub static OPERATIONS: Table<Operation> = Table::new(Dll::ComputeCore, Kind::Operation);

/// One HCS_OPERATION.
pub struct Operation {
    /// Its number, as HcsGetOperationId gives it.
    pub id: u64,
    /// Its own handle, for the callback.
    handle: Mutex<usize>,
    /// The caller's context and callback.
    callback: Mutex<(usize, HCS_OPERATION_COMPLETION)>,
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    request: Request,
    stage: Stage,
}

enum Stage {
    Idle,
    /// The call itself was refused: there is a document for HcsGetOperationResult, and nothing to wait for.
    Refused(Refusal),
    Running,
    Done(Result<Output, Refusal>),
}

/// What an operation is for.
#[derive(Clone, Copy)]
pub struct Request {
    /// HcsOperationType…
    pub kind: i32,
    /// The system's handle, or 0.
    pub system: usize,
    /// The process's handle, or 0.
    pub process: usize,
}

/// What a request gave.
#[derive(Default, Clone)]
pub struct Output {
    /// The result document.
    pub document: Option<String>,
    /// The process whose information can be fetched.
    pub process: Option<Arc<ProcessHandle>>,
}

impl Operation {
    /// A new operation, and its handle.
    pub fn create(context: usize, callback: HCS_OPERATION_COMPLETION) -> HCS_OPERATION {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let none = Request { kind: HcsOperationTypeNone, system: 0, process: 0 };
        let operation = Arc::new(Operation {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            handle: Mutex::new(0),
            callback: Mutex::new((context, callback)),
            inner: Mutex::new(Inner { request: none, stage: Stage::Idle }),
            changed: Condvar::new(),
        });
        let handle = OPERATIONS.insert(operation.clone());
        *lock(&operation.handle) = handle as usize;
        handle
    }

    /// The caller's context.
    pub fn context(&self) -> usize {
        lock(&self.callback).0
    }

    /// Replaces the context, and the callback if one is given.
    pub fn set(&self, context: usize, callback: Option<HCS_OPERATION_COMPLETION>) -> Result<(), Refusal> {
        if callback.is_some() && matches!(lock(&self.inner).stage, Stage::Running) {
            return Err(rules::OPERATION_RUNNING.refusal(OPERATION_ALREADY_STARTED, "the operation is running"));
        }
        let mut own = lock(&self.callback);
        own.0 = context;
        if let Some(callback) = callback {
            own.1 = callback;
        }
        Ok(())
    }

    /// What it was last used for.
    pub fn request(&self) -> Request {
        lock(&self.inner).request
    }

    /// The result, waited for at most this long (milliseconds, `u32::MAX` for ever). The document is given also with failures.
    pub fn result(&self, timeout: u32, waits: bool, wants_process: bool) -> (Result<Output, Refusal>, Option<String>) {
        let deadline = (timeout != u32::MAX).then(|| Instant::now() + Duration::from_millis(timeout.into()));
        let mut inner = lock(&self.inner);
        while let Stage::Running = inner.stage {
            if !waits {
                return (Err(rules::OPERATION_RUNNING.refusal(OPERATION_PENDING, "the operation is still running")), None);
            }
            inner = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(inner).expect("no holder panics"),
                Some(Duration::ZERO) => {
                    let says = format!("not complete after {timeout} ms");
                    return (Err(rules::OPERATION_TIMEOUT.refusal(OPERATION_TIMEOUT, says)), None);
                }
                Some(left) => self.changed.wait_timeout(inner, left).expect("no holder panics").0,
            };
        }
        match &inner.stage {
            Stage::Done(Ok(output)) if wants_process && output.process.is_none() => {
                let says = "the operation was for no process";
                (Err(rules::PROCESS_INFO.refusal(PROCESS_INFO_NOT_AVAILABLE, says)), None)
            }
            Stage::Done(Ok(output)) => (Ok(output.clone()), output.document.clone()),
            Stage::Refused(refusal) if !waits => (Err(refusal.clone()), Some(error_document(refusal, Dll::ComputeCore))),
            Stage::Done(Err(refusal)) => (Err(refusal.clone()), Some(error_document(refusal, Dll::ComputeCore))),
            _ => (Err(rules::OPERATION_STARTED.refusal(OPERATION_NOT_STARTED, "the operation was never started")), None),
        }
    }

    fn complete(&self, result: Result<Output, Refusal>) {
        lock(&self.inner).stage = Stage::Done(result);
        self.changed.notify_all();
        let (context, callback) = *lock(&self.callback);
        let handle = *lock(&self.handle);
        if let Some(callback) = callback {
            // SAFETY: the caller gave the function and its context, to be called with this operation when it completes.
            unsafe { callback(handle as HCS_OPERATION, context as *const c_void) };
        }
    }
}

/// HcsCancelOperation: documented as not implemented.
pub fn cancel(operation: HCS_OPERATION) -> Result<Done, Refusal> {
    OPERATIONS.get(operation)?;
    Err(rules::OPERATION_CANCEL.refusal(NOTIMPL, "operations cannot be cancelled"))
}

/// Starts a request: `work` runs on another thread, and the operation takes its result.
pub fn submit(
    call: &Call,
    operation: HCS_OPERATION,
    request: Request,
    work: impl FnOnce() -> Result<Output, Refusal> + Send + 'static,
) -> Result<Done, Refusal> {
    let operation = OPERATIONS.get(operation)?;
    {
        let mut inner = lock(&operation.inner);
        if let Stage::Running = inner.stage {
            return Err(rules::OPERATION_RUNNING.refusal(OPERATION_ALREADY_STARTED, "the operation is already running"));
        }
        *inner = Inner { request, stage: Stage::Running };
    }
    let finish = |call: &Call, operation: &Operation, result: Result<Output, Refusal>| {
        call.completed(&result.as_ref().map(|output| output.document.clone()).map_err(Clone::clone));
        operation.complete(result);
    };
    if home::setting("REFUSE_AT") == "call" && call.operation_fault().is_none() {
        let result = work();
        if let Err(refusal) = result {
            lock(&operation.inner).stage = Stage::Refused(refusal.clone());
            return Err(refusal);
        }
        let call = call.clone();
        std::thread::spawn(move || finish(&call, &operation, result));
        return Ok(Done::Now);
    }
    if call.acts_at_once() {
        finish(call, &operation, work());
        return Ok(Done::Now);
    }
    let call = call.clone();
    std::thread::spawn(move || {
        let fault = call.operation_fault().cloned();
        let worked = match &fault {
            Some(fault) if !fault.acts => None,
            _ => Some(work()),
        };
        match fault.map(|fault| fault.effect) {
            None => finish(&call, &operation, worked.expect("there was no fault")),
            Some(Effect::Result(code)) => finish(&call, &operation, outcome_of(code)),
            Some(Effect::Never) => {}
            Some(Effect::Kill) => call::die(137),
        }
    });
    Ok(Done::Now)
}

fn outcome_of(code: u32) -> Result<Output, Refusal> {
    if (code as i32) < 0 { Err(injected(code)) } else { Ok(Output::default()) }
}

/// The refusal an injected fault gives.
pub fn injected(code: u32) -> Refusal {
    Refusal { code: Code(code), rule: "injected", message: format!("the test asked for {code:#010x}") }
}

/// The ResultError document for a refusal.
pub fn error_document(refusal: &Refusal, dll: Dll) -> String {
    let code = if dll == Dll::VmCompute { refusal.code.of_vmcompute() } else { refusal.code };
    json!({
        "Error": code.hresult(),
        "ErrorMessage": code.text(),
        "ErrorEvents": [{
            "Message": refusal.message,
            "Provider": "17103e3f-3c6e-4677-bb17-3b267eb5be57",
            "EventId": 11008,
            "Source": format!("hcsemu rule {}", refusal.rule),
        }],
    })
    .to_string()
}

/// Fills a caller's process information.
pub fn information(output: &Output) -> Information {
    output.process.as_ref().map(|process| process.take_information()).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no holder panics")
}
