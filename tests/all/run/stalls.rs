//! Operations that never complete: the run waits for its timeout, reports it, and releases what it acquired.
//!
//! The program's own timeout is minutes. So the container is run by this test program once more, with a shorter one, on the request
//! that `wincompat run --dry-run --format json` shows.

use std::time::{Duration, Instant};

use serde_json::Value;
use wincompat::hcs::trace::Trace;
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull;
use wincompat::internals::runner::life::context::Context;
use wincompat::internals::runner::life::interrupts::Interrupts;
use wincompat::internals::runner::life::run;
use wincompat::internals::runner::life::stdio::Stdio;
use wincompat::internals::runner::request::RunRequest;
use wincompat::internals::runner::store::Store;
use wincompat::internals::runner::store::import::import;
use wincompat::windows::{StoreFolders, connect};

use crate::run::machine::{Ended, HYPERV, IMAGE, Machine, Running};
use crate::support::again::again;
use crate::support::emulated::image::name;
use crate::support::started::LONG;

/// The variable with the request; without it, there is nobody to be impatient.
const TASK: &str = "WINCOMPAT_TEST_IMPATIENT";
/// Long enough for whatever completes, on a busy machine too.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);

/// No test: what the others start.
#[test]
fn the_impatient() {
    let Ok(request) = std::env::var(TASK) else { return };
    let request: RunRequest = serde_json::from_str(&request).unwrap();
    let root = std::env::var_os("WINCOMPAT_ROOT").unwrap();
    let (store, blobs) = (Store::open(&StoreFolders, root.as_ref()).unwrap(), Folder::create(&StoreFolders, root).unwrap());
    let (machine, interrupts) = (connect(Trace::off(), CALL_TIMEOUT), Interrupts::new());
    let image = pull::stored(&blobs, &name("app", "1")).unwrap().unwrap();
    import(&*machine, &store, &blobs, &image.layers, &interrupts, &|_| ()).unwrap();
    let context = Context { machine: &*machine, store: &store, interrupts: &interrupts, report: &|_| (), console: &|| None };
    let outcome = run::run(&context, &request, |_| Ok(Stdio::nothing())).unwrap();
    let said: Vec<String> =
        outcome.exit_code.as_ref().err().into_iter().chain(&outcome.left_over).map(|error| format!("{error:?}")).collect();
    eprintln!("{}", said.join("\n"));
    // Not with the end of the test: threads that wait in vain would keep it.
    std::process::exit(outcome.exit_code.map_or(125, u32::cast_signed));
}

/// What never completes, whether it acts, and what the run ends with.
type Stall = (&'static str, &'static str, u32);

/// Runs a container with little patience, and one function whose operations never complete.
fn stalled(machine: &mut Machine, isolation: &[&str], (function, when, _): Stall) -> (Ended, Duration) {
    let plan = machine.run(&[isolation, &["--dry-run", "--format", "json", IMAGE, "cmd", "/c", "exit 4"]].concat()).with(0);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    machine.faults = format!("function={function} stage=operation when={when} never");
    let mut command = again(module_path!(), "the_impatient");
    command.arg("--nocapture").env(TASK, plan["request"].to_string());
    let began = Instant::now();
    let ended = Running::start(machine.place(command)).end();
    machine.faults.clear();
    (ended, began.elapsed())
}

fn nothing_waits_for_ever(isolation: &[&str], stalls: &[Stall]) {
    for &stall in stalls {
        let Some(mut machine) = Machine::new() else { return };
        let (ended, took) = stalled(&mut machine, isolation, stall);
        let (function, when, code) = stall;
        println!("{function} never completes, {when} it acts: exit code {} after {} s", ended.code, took.as_secs());
        ended.with(code);
        // The next try finds nothing more to be done: closing the last handle ends a container too.
        let goes_unnoticed = function == "HcsTerminateComputeSystem";
        let says_so = ended.err.contains(&format!("{function}: no answer within {} seconds", CALL_TIMEOUT.as_secs()));
        assert!(says_so || goes_unnoticed, "{function}: {}", ended.err);
        assert!(took < LONG, "{function}: {took:?}");
        // What did not complete may still be there: with the program gone, `prune` gets it.
        machine.wincompat(&["prune"]).with(0);
        machine.has_nothing_left();
    }
}

#[test]
fn with_process_isolation_nothing_waits_for_ever() {
    let stalls = [
        // It is not there yet: whoever watched it already would hear that.
        ("HcsCreateComputeSystem", "before", 125),
        ("HcsCreateComputeSystem", "after", 125),
        ("HcsStartComputeSystem", "after", 125),
        ("HcsCreateProcess", "before", 125),
        ("HcsTerminateComputeSystem", "before", 4),
        ("HcsTerminateComputeSystem", "after", 4),
        ("HcsEnumerateComputeSystems", "before", 4),
    ];
    nothing_waits_for_ever(&["--isolation", "process"], &stalls);
}

#[test]
fn with_hyperv_isolation_nothing_waits_for_ever() {
    let stalls = [
        ("HcsCreateComputeSystem", "before", 125),
        ("HcsCreateComputeSystem", "after", 125),
        ("HcsStartComputeSystem", "after", 125),
        ("HcsTerminateComputeSystem", "after", 4),
    ];
    nothing_waits_for_ever(&HYPERV, &stalls);
}
