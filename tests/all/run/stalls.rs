//! Calls that never return and operations that never complete: a program waits for its timeout, reports it, and releases what it
//! acquired; or it is given up as its user would, and a command releases that.
//!
//! The program's own timeout is minutes. So what it does is done by this test program once more, with a shorter one: a run on the request
//! that `wincompat run --dry-run --format json` shows, another process, the end of a container. `--nocapture` shows how many points were
//! tried.

use std::cell::RefCell;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wincompat::hcs::trace::Trace;
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull;
use wincompat::internals::runner::life::context::{Context, Progress};
use wincompat::internals::runner::life::interrupts::Interrupts;
use wincompat::internals::runner::life::monitor::{Monitored, Order, serve};
use wincompat::internals::runner::life::stdio;
use wincompat::internals::runner::life::{ending, exec, run};
use wincompat::internals::runner::request::{ProcessRequest, RunRequest};
use wincompat::internals::runner::store::Store;
use wincompat::internals::runner::store::import::import;
use wincompat::windows::{StoreFolders, connect};

use crate::run::machine::{Ended, HYPERV, IMAGE, Machine, Running};
use crate::run::sequences::{
    DETACHED, EXEC, EXEC_HYPERV, Kind, NAME, Point, RUN, RUN_HYPERV, STOP, STOP_HYPERV, Sequence, Went, began, points,
    side_by_side,
};
use crate::support::again::again;
use crate::support::emulated::image::name;
use crate::support::started::{LONG, is_wines_fault};

/// The variable with the task; without it, there is nobody to be impatient.
const TASK: &str = "WINCOMPAT_TEST_IMPATIENT";
/// Long enough for whatever completes, on a busy machine too.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);
/// What the impatient says once its container runs.
const RUNS: &str = "it runs";

/// No test: what the others start. Its task is a word, and for a container its request.
#[test]
fn the_impatient() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (task, request): (String, Value) = serde_json::from_str(&task).unwrap();
    let request = || serde_json::from_value::<RunRequest>(request.clone()).unwrap();
    let root = PathBuf::from(std::env::var_os("WINCOMPAT_ROOT").unwrap());
    let (store, interrupts) = (Store::open(&StoreFolders, &root).unwrap(), Interrupts::new());
    let machine = connect(Trace::off(), CALL_TIMEOUT);
    let report = |progress: Progress<'_>| {
        if matches!(progress, Progress::Running(_)) {
            println!("{RUNS}");
        }
    };
    let context = Context { machine: &*machine, store: &store, interrupts: &interrupts, report: &report, console: &|| None };
    let (exit_code, left_over) = match task.as_str() {
        "run" => {
            let blobs = Folder::create(&StoreFolders, &root).unwrap();
            let image = pull::stored(&blobs, &name("app", "1")).unwrap().unwrap();
            import(&*machine, &store, &blobs, &image.layers, &interrupts, &|_| ()).unwrap();
            let outcome = run::run(&context, &request(), |_| Ok(stdio::Stdio::nothing())).unwrap();
            (outcome.exit_code, outcome.left_over)
        }
        "monitor" => {
            let order = Order { root: root.clone(), trace: None, request: request() };
            let mut line = serde_json::to_vec(&order).unwrap();
            line.push(b'\n');
            let machine = Monitored {
                connect: &|trace| Ok(connect(trace, CALL_TIMEOUT)),
                folders: &StoreFolders,
                report: &|_, error| error.clone(),
            };
            // The end of the order would be an interrupt.
            serve(&machine, Cursor::new(line).chain(std::io::stdin()), std::io::stdout());
            (Ok(0), Vec::new())
        }
        "exec" => {
            let process = ProcessRequest { command_line: "cmd /c exit 4".to_owned(), ..ProcessRequest::default() };
            let id = store.resolve(NAME).unwrap();
            (exec::run(&context, &id, &process, || Ok(stdio::Stdio::nothing())), Vec::new())
        }
        "stop" => {
            let (id, timeout) = (store.resolve(NAME).unwrap(), Duration::from_secs(1));
            (ending::stop(&*machine, &store, &id, Some(timeout)).map(|()| 0), Vec::new())
        }
        other => panic!("{other}"),
    };
    let said: Vec<String> = exit_code.as_ref().err().into_iter().chain(&left_over).map(|error| format!("{error:?}")).collect();
    eprintln!("{}", said.join("\n"));
    // Not with the end of the test: threads that wait in vain would keep it.
    std::process::exit(exit_code.map_or(125, u32::cast_signed));
}

/// Starts the impatient on a machine.
fn impatient(machine: &Machine, task: &str, request: &Value) -> Running {
    let mut command = again(module_path!(), "the_impatient");
    command.arg("--nocapture").env(TASK, json!([task, request]).to_string());
    let mut command = machine.place(command);
    command.stdin(Stdio::piped());
    Running::start(command)
}

/// The request that `wincompat run` makes of these arguments, which a dry run shows.
fn request(machine: &Machine, arguments: &[&str]) -> Value {
    let plan = machine.run(&[&["--dry-run", "--format", "json"], arguments].concat()).with(0);
    serde_json::from_str::<Value>(&plan).unwrap()["request"].clone()
}

/// What never completes, whether it acts, and what the run ends with.
type Stall = (&'static str, &'static str, u32);

/// Runs a container with little patience, and one function whose operations never complete.
fn stalled(machine: &mut Machine, isolation: &[&str], (function, when, _): Stall) -> (Ended, Duration) {
    let request = request(machine, &[isolation, &[IMAGE, "cmd", "/c", "exit 4"]].concat());
    machine.faults = format!("function={function} stage=operation when={when} never");
    let began = Instant::now();
    let ended = impatient(machine, "run", &request).end();
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

/// What never ends.
#[derive(Clone, Copy, PartialEq)]
enum Hang {
    /// The request is accepted, and does nothing; its operation, or its notification, never comes.
    Operation,
    /// The call itself does not return.
    Call,
}

/// A machine on which a sequence is gone through again and again, and what the impatient is to run there.
struct Tried {
    machine: Machine,
    request: Value,
}

impl Tried {
    fn on(sequence: Sequence, machine: Machine) -> Self {
        let (name, process): (&[&str], &[&str]) = match sequence.kind {
            Kind::Stop => (&["--name", NAME], &["guest", "wait", "1000"]),
            _ => (&[], &["cmd", "/c", "exit 4"]),
        };
        let request = request(&machine, &[name, sequence.isolation, &[IMAGE], process].concat());
        Self { machine, request }
    }

    /// Has the impatient go through the sequence, where the nth operation of a function never completes, if one is named.
    fn go(&self, sequence: Sequence, hangs: Option<(&str, usize)>) -> Went {
        let host = &self.machine.host;
        // The one whose container is ended has little patience too.
        let owner = (sequence.kind == Kind::Stop).then(|| {
            let mut owner = impatient(&self.machine, "run", &self.request);
            while !owner.line().ends_with(RUNS) {}
            owner
        });
        let from = host.now();
        let fault = hangs.map_or_else(String::new, |(function, nth)| {
            let before = host.calls_of(function).iter().filter(|call| call.get("n").is_some()).count();
            format!("function={function} n={} stage=operation when=before never", before + nth)
        });
        // For the owner too, which was started before.
        host.set_faults(&fault);
        let task = match sequence.kind {
            Kind::Import | Kind::Run => "run",
            Kind::Detached => "monitor",
            Kind::Exec => "exec",
            Kind::Stop => "stop",
        };
        let mut ended = impatient(&self.machine, task, &self.request).end_without_closing();
        host.set_faults("");
        if let Some(owner) = owner {
            if ended.code != 0 {
                // Its container may run on.
                self.machine.wincompat(&["rm", "-f", NAME]);
            }
            ended.err.push_str(&owner.end_without_closing().err);
        }
        Went { ended, calls: host.calls_since(from) }
    }

    /// The calls of the impatient to a good end.
    fn calls(&self, sequence: Sequence) -> Vec<Value> {
        let went = self.go(sequence, None);
        went.ended.with(good(sequence));
        began(went.calls)
    }

    /// The nth operation of a function never completes: the impatient ends by itself.
    fn operation(&mut self, sequence: Sequence, function: &str, nth: usize) -> (Went, Vec<String>) {
        let mut tries = 0;
        loop {
            tries += 1;
            let began = Instant::now();
            let went = self.go(sequence, Some((function, nth)));
            let took = began.elapsed();
            let mut wrong = sequence.wrong_after(&mut self.machine, &went);
            let is_struck = went.struck().is_some() && !is_wines_fault(&went.ended.err);
            if is_struck || tries == 3 {
                wrong.extend(wrong_with_operation(sequence, function, &went));
                if took >= LONG {
                    wrong.push(format!("it took {} s", took.as_secs()));
                }
                // Two programs may have ended before this one, each of these times.
                if !is_struck && sequence.kind != Kind::Stop {
                    wrong.push(format!("what never completed was {:?}", went.struck()));
                }
                return (went, wrong);
            }
        }
    }

    /// A call never returns: the program is given up.
    fn call(&mut self, sequence: Sequence, point: &Point<Hang>) -> (Went, Vec<String>) {
        let stays = RefCell::new(Vec::new());
        let give_up = |machine: &Machine| give_up(sequence, machine, &stays);
        let (went, mut wrong) = sequence.strike(&mut self.machine, point, |n| format!("n={n} never"), give_up);
        wrong.extend(wrong_with_call(sequence, &point.function, &went));
        wrong.extend(stays.into_inner());
        (went, wrong)
    }
}

/// What the impatient ends with where all goes well.
fn good(sequence: Sequence) -> u32 {
    if matches!(sequence.kind, Kind::Run | Kind::Exec) { 4 } else { 0 }
}

/// What is wrong with how the impatient ended, one of whose operations did not complete: it does without, or says so.
fn wrong_with_operation(sequence: Sequence, function: &str, went: &Went) -> Option<String> {
    let ended = &went.ended;
    let said = format!("{}{}", ended.err, ended.text());
    let says_so = said.contains(&format!("{function}: no answer within {} seconds", CALL_TIMEOUT.as_secs()));
    let runs = sequence.kind != Kind::Detached || said.contains(r#"{"running":"#);
    let went_well = ended.code == good(sequence) && runs;
    (!says_so && !went_well).then(|| format!("it ended with {}: {said}", ended.code))
}

/// What is wrong with how a program ended that was given up in a call.
fn wrong_with_call(sequence: Sequence, function: &str, went: &Went) -> Option<String> {
    went.struck()?;
    let ended = &went.ended;
    let says_so = ended.code == 125 && ended.err.contains("interrupted before everything was released");
    // Where nobody asks for Ctrl-C, or not yet, the system ends the program.
    let by_the_system = sequence.kind == Kind::Stop || function == "HcsGetServiceProperties";
    // It was done when its monitor made the call.
    let was_done = sequence.kind == Kind::Detached && ended.code == 0;
    (!says_so && !by_the_system && !was_done).then(|| format!("it ended with {}: {}", ended.code, ended.err))
}

/// The time between two Ctrl-C: each is to be one of its own.
const BETWEEN: Duration = Duration::from_millis(150);

/// Does what is typed, and gives it up once a call does not return: by Ctrl-C until it ends, and what is in the background by
/// `rm --force`. What cannot be removed goes to `stays`.
fn give_up(sequence: Sequence, machine: &Machine, stays: &RefCell<Vec<String>>) -> Ended {
    let from = machine.host.now();
    let hangs = || machine.host.hangs_since(from);
    let mut command = machine.interruptible(&sequence.arguments());
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    let until = Instant::now() + LONG;
    while running.child.try_wait().unwrap().is_none() && Instant::now() < until {
        if hangs() {
            // It may have ended just now.
            let _ = running.stdin().write_all(b"\n");
            thread::sleep(BETWEEN);
        }
        thread::sleep(Duration::from_millis(20));
    }
    let ended = running.end_without_closing();
    if sequence.kind == Kind::Detached {
        while !hangs() && !machine.containers().is_empty() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        for id in machine.containers() {
            let removed = machine.wincompat(&["rm", "-f", &id]);
            if removed.code != 0 {
                stays.borrow_mut().push(format!("rm -f ended with {}: {}", removed.code, removed.err));
            }
        }
    }
    ended
}

/// The number of points that are tried at a time. `rm --force` gives a monitor that hangs fifteen seconds.
fn many(sequence: Sequence) -> usize {
    match sequence.kind {
        Kind::Detached => 12,
        Kind::Stop => 8,
        _ => 4,
    }
}

/// The functions whose operations are among these calls, in order.
fn operations(calls: &[Value]) -> Vec<&str> {
    let calls = calls.iter().filter(|call| call["operation"] == true);
    calls.map(|call| call["function"].as_str().unwrap()).collect()
}

/// Has every call of a sequence never return, and every operation of the same never complete; of each there are at least so many.
fn every_call_hangs(sequence: Sequence, least: usize, least_operations: usize) {
    let Some(mut machine) = sequence.machine() else { return };
    let calls = sequence.calls(&mut machine, 0, |machine| sequence.act(machine));
    let first = Tried::on(sequence, machine);
    let hurried = first.calls(sequence);
    if sequence.kind != Kind::Stop {
        assert_eq!(operations(&calls), operations(&hurried), "the impatient does what the program does");
    }
    let began = Instant::now();
    // Those first that take longest.
    let all =
        [points(&hurried, &[Hang::Operation], |_, call| call["operation"] == true), points(&calls, &[Hang::Call], |_, _| true)]
            .concat();
    let first = Mutex::new(Some(first));
    let tried = [Hang::Operation, Hang::Call].map(|hang| (hang, AtomicUsize::new(0)));
    let (missed, all_wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    side_by_side(many(sequence), &all, |points| {
        let mut kept = first.lock().unwrap().take();
        for point in points {
            let mut on = kept.take().unwrap_or_else(|| Tried::on(sequence, sequence.machine().unwrap()));
            let Point { harm, place, function } = point;
            let ((went, wrong), what) = match harm {
                Hang::Operation => {
                    let before = &hurried[..usize::try_from(*place).unwrap()];
                    let nth = before.iter().filter(|call| call["function"] == function.as_str()).count();
                    (on.operation(sequence, function, nth), "never completes")
                }
                Hang::Call => (on.call(sequence, point), "never returns"),
            };
            tried.iter().find(|(hang, _)| hang == harm).unwrap().1.fetch_add(1, Ordering::Relaxed);
            if went.struck().is_none() {
                missed.fetch_add(1, Ordering::Relaxed);
            }
            if wrong.is_empty() {
                kept = Some(on);
            } else {
                let wrong = format!("{}: call {place}, {function}, {what}: {}", sequence.name, wrong.join("\n"));
                println!("{wrong}");
                all_wrong.lock().unwrap().push(wrong);
            }
        }
        if let Some(on) = kept {
            sequence.end(&on.machine);
        }
    });
    let ([completed, returned], missed) = (tried.map(|(_, count)| count.into_inner()), missed.into_inner());
    println!(
        "{returned} calls of {} never returned and {completed} operations of {} never completed in {}; {missed} were missed; {} s",
        calls.len(),
        operations(&hurried).len(),
        sequence.name,
        began.elapsed().as_secs()
    );
    assert_eq!((returned, completed), (calls.len(), operations(&hurried).len()));
    assert!(returned >= least && completed >= least_operations, "{returned} calls, {completed} operations");
    assert!(missed * 5 <= all.len(), "{missed} of {} points were not reached", all.len());
    let wrong = all_wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} points went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_container_in_the_background_is_given_up_at_every_call() {
    every_call_hangs(DETACHED, 50, 6);
}

#[test]
fn another_process_in_a_container_is_given_up_at_every_call() {
    every_call_hangs(EXEC, 15, 4);
}

#[test]
fn another_process_in_a_virtual_machine_is_given_up_at_every_call() {
    every_call_hangs(EXEC_HYPERV, 8, 0);
}

#[test]
fn hyperv_isolation_is_given_up_at_every_call() {
    every_call_hangs(RUN_HYPERV, 25, 3);
}

#[test]
fn process_isolation_is_given_up_at_every_call() {
    every_call_hangs(RUN, 50, 6);
}

#[test]
fn the_end_of_a_container_is_given_up_at_every_call() {
    every_call_hangs(STOP, 20, 5);
}

#[test]
fn the_end_of_a_virtual_machine_is_given_up_at_every_call() {
    every_call_hangs(STOP_HYPERV, 10, 1);
}
