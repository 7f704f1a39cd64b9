//! The frame around every exported call: it is counted, may be made to fail, is logged, and ends in an HRESULT.

use crate::codes::OPERATION_PENDING_V1;
use crate::faults::{self, Effect, Fault};
use crate::home;
use crate::log;
use crate::rules::Refusal;
use crate::state::Lock;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Which DLL a call came through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dll {
    /// computecore.dll
    ComputeCore,
    /// vmcompute.dll
    VmCompute,
    /// computenetwork.dll
    ComputeNetwork,
}

impl Dll {
    fn name(self) -> &'static str {
        match self {
            Dll::ComputeCore => "computecore",
            Dll::VmCompute => "vmcompute",
            Dll::ComputeNetwork => "computenetwork",
        }
    }
}

/// One call that is under way.
#[derive(Clone)]
pub struct Call {
    /// Its number among all calls since the state was cleared.
    pub n: u64,
    /// Its DLL.
    pub dll: Dll,
    /// Its function.
    pub function: &'static str,
    /// The fault it was picked for.
    fault: Option<Fault>,
}

/// How a call ended well.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// S_OK.
    Now,
    /// Accepted; a notification follows (vmcompute.dll).
    Pending,
}

/// Runs one exported function that returns an HRESULT.
pub fn hresult(dll: Dll, function: &'static str, arguments: Value, act: impl FnOnce(&Call) -> Result<Done, Refusal>) -> i32 {
    run(dll, function, arguments, true, act).0
}

/// Runs one exported function that returns nothing: it cannot be made to fail, only to hang or to kill.
pub fn nothing(dll: Dll, function: &'static str, arguments: Value, act: impl FnOnce(&Call) -> Result<(), Refusal>) {
    run(dll, function, arguments, false, |call| act(call).map(|()| Done::Now));
}

/// Runs one exported function that returns something else; `failed` is what it returns where it fails.
pub fn value<R>(
    dll: Dll,
    function: &'static str,
    arguments: Value,
    failed: R,
    act: impl FnOnce(&Call) -> Result<R, Refusal>,
) -> R {
    let mut kept = None;
    let (result, injected) = run(dll, function, arguments, true, |call| {
        kept = Some(act(call)?);
        Ok(Done::Now)
    });
    if result < 0 {
        // SAFETY: sets this thread's last error.
        unsafe { windows_sys::Win32::Foundation::SetLastError(result as u32) };
    }
    if injected && result < 0 { failed } else { kept.unwrap_or(failed) }
}

fn run(
    dll: Dll,
    function: &'static str,
    arguments: Value,
    fails: bool,
    act: impl FnOnce(&Call) -> Result<Done, Refusal>,
) -> (i32, bool) {
    let began = Instant::now();
    let (n, fault) = count(function);
    let fault = fault.filter(|fault| fails || !matches!(fault.effect, Effect::Result(_)));
    let call = Call { n, dll, function, fault };
    let mut entry = json!({"n": n, "dll": dll.name(), "function": function, "arguments": arguments});
    let immediate = call.fault.clone().filter(|fault| !fault.in_operation);
    if let Some(fault) = &call.fault {
        entry["fault"] = json!(format!("{fault:?}"));
    }
    let before = immediate.as_ref().filter(|fault| !fault.acts);
    let outcome = match before {
        Some(fault) => Err(Injected(fault.effect.clone())),
        None => Ok(act(&call)),
    };
    let outcome = match (outcome, immediate.filter(|fault| fault.acts)) {
        (Ok(_), Some(fault)) => Err(Injected(fault.effect)),
        (outcome, _) => outcome,
    };
    let (result, injected) = match outcome {
        Ok(Ok(Done::Now)) => (i32::from(home::setting("S_FALSE") == "1"), false),
        Ok(Ok(Done::Pending)) => (OPERATION_PENDING_V1.hresult(), false),
        Ok(Err(refusal)) => {
            entry["rule"] = json!(refusal.rule);
            entry["message"] = json!(refusal.message);
            let code = if dll == Dll::VmCompute { refusal.code.of_vmcompute() } else { refusal.code };
            (code.hresult(), false)
        }
        Err(Injected(Effect::Result(code))) => (code as i32, true),
        Err(Injected(Effect::Never)) => {
            entry["never"] = json!(true);
            log::line(entry);
            loop {
                std::thread::sleep(Duration::from_secs(3600));
            }
        }
        Err(Injected(Effect::Kill)) => {
            entry["killed"] = json!(true);
            log::line(entry);
            die(137)
        }
    };
    entry["hresult"] = json!(format!("{result:#010x}"));
    entry["ms"] = json!(began.elapsed().as_millis() as u64);
    log::line(entry);
    (result, injected)
}

struct Injected(Effect);

impl Call {
    /// The fault for the operation's result, for calls that complete later.
    pub fn operation_fault(&self) -> Option<&Fault> {
        self.fault.as_ref().filter(|fault| fault.in_operation)
    }

    /// Whether the test wants the call to fail or to kill once it has acted: then it acts before it returns.
    pub fn acts_at_once(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.acts && !fault.in_operation)
    }

    /// Logs how what this call began was completed.
    pub fn completed(&self, result: &Result<Option<String>, Refusal>) {
        let mut entry = json!({"completes": self.n, "dll": self.dll.name(), "function": self.function});
        match result {
            Ok(document) => {
                entry["hresult"] = json!("0x00000000");
                entry["result"] = json!(document);
            }
            Err(refusal) => {
                let code = if self.dll == Dll::VmCompute { refusal.code.of_vmcompute() } else { refusal.code };
                entry["hresult"] = json!(format!("{:#010x}", code.0));
                entry["rule"] = json!(refusal.rule);
                entry["message"] = json!(refusal.message);
            }
        }
        log::line(entry);
    }
}

/// Ends the process at once, as a crash or a kill would.
pub fn die(code: u32) -> ! {
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};
    // SAFETY: ends this process.
    unsafe { TerminateProcess(GetCurrentProcess(), code) };
    std::process::abort()
}

/// Counts the call; its number, and the fault that is meant for it.
fn count(function: &'static str) -> (u64, Option<Fault>) {
    let mut lock = Lock::take();
    let mut counts = lock.counts();
    let mut next = |name: &str| {
        let count = counts.entry(name.to_string()).or_default();
        *count += 1;
        *count
    };
    let (total, own) = (next("all"), next(function));
    lock.set_counts(&counts);
    (total, faults::find(function, total, own))
}
