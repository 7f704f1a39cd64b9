//! Every call of Windows fails once, at every moment of a run, and the program is killed at each of them: what it took of the
//! host is given back in the end, by itself or by `prune`.
//!
//! The image's layers are imported in each run too, so these calls are among them. `--nocapture` shows how many points were
//! tried.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::machine::{Ended, HYPERV, IMAGE, Machine, Running};
use crate::support::started::is_wines_fault;

/// A run, and where its container lives.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    arguments: &'static [&'static str],
    /// In the background, where its end is to be waited for.
    detached: bool,
}

const PROCESS: Scenario = Scenario { name: "process", arguments: &["--isolation", "process"], detached: false };
const HYPER_V: Scenario = Scenario { name: "hyperv", arguments: &HYPERV, detached: false };
const DETACHED: Scenario = Scenario { name: "detached", arguments: &["-d", "--isolation", "process"], detached: true };

/// What goes wrong at a call.
#[derive(Clone, Copy, PartialEq)]
enum Harm {
    /// It fails and has done nothing.
    FailsBefore,
    /// It has done what it was asked, and fails.
    FailsAfter,
    /// It was accepted; then the operation, or the notification, fails.
    OperationFails,
    /// The program ends before the call has done anything.
    KilledBefore,
    /// The program ends when the call has done what it was asked.
    KilledAfter,
}

impl Harm {
    const ALL: [Self; 5] = [Self::FailsBefore, Self::FailsAfter, Self::OperationFails, Self::KilledBefore, Self::KilledAfter];

    const fn name(self) -> &'static str {
        match self {
            Self::FailsBefore => "fails before it acts",
            Self::FailsAfter => "fails after it acted",
            Self::OperationFails => "operation fails",
            Self::KilledBefore => "killed before it acts",
            Self::KilledAfter => "killed after it acted",
        }
    }

    fn fault(self, n: u64) -> String {
        // E_FAIL, which nothing expects.
        match self {
            Self::FailsBefore => format!("n={n} hresult=0x80004005 when=before"),
            Self::FailsAfter => format!("n={n} hresult=0x80004005 when=after"),
            Self::OperationFails => format!("n={n} hresult=0x80004005 stage=operation when=after"),
            Self::KilledBefore => format!("n={n} kill=before"),
            Self::KilledAfter => format!("n={n} kill=after"),
        }
    }

    const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }
}

/// Runs the container, and waits until its monitor, if it has one, has done all it will do.
fn run(machine: &Machine, scenario: Scenario) -> Ended {
    let arguments = [&["run", "--rm", "-q"], scenario.arguments, &[IMAGE, "cmd", "/c", "echo done"]].concat();
    let ended = Running::start(machine.command(&arguments)).end();
    if scenario.detached {
        let until = Instant::now() + Duration::from_secs(60);
        while !machine.containers().is_empty() && !was_killed(machine) && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
    }
    ended
}

/// Whether the fault has killed a program.
fn was_killed(machine: &Machine) -> bool {
    machine.host.calls().iter().any(|call| call["killed"] == true)
}

/// Whether a call has a result. Others can only hang, or kill.
fn can_fail(call: &Value) -> bool {
    call["dll"] != "computecore" || !call["function"].as_str().unwrap().starts_with("HcsClose")
}

/// Whether a function does anything, or gives anything out that it gives once. After one that does not, all is as before it.
fn acts(function: &str) -> bool {
    let only_tells = ["Open", "Query", "Enumerate", "Get", "NameToGuid", "Operation", "HcnClose"];
    function == "HcsWaitForOperationResultAndProcessInfo" || !only_tells.iter().any(|part| function.contains(part))
}

/// The calls of a good run, by number.
fn good_run(scenario: Scenario) -> Option<Vec<Value>> {
    let machine = Machine::new()?;
    run(&machine, scenario).with(0);
    assert_eq!(machine.left(), [""; 0], "{}", scenario.name);
    let (ends, mut calls): (Vec<Value>, Vec<Value>) =
        machine.host.calls().into_iter().partition(|call| call.get("completes").is_some());
    for call in &mut calls {
        // Of vmcompute.dll, it is the answer that says so: ERROR_VMCOMPUTE_OPERATION_PENDING.
        let pending = call["hresult"] == "0xc0370103" || ends.iter().any(|end| end["completes"] == call["n"]);
        call["operation"] = pending.into();
    }
    calls.sort_by_key(|call| call["n"].as_u64());
    Some(calls)
}

/// One point: what came of it, and what is wrong with that.
struct Tried {
    code: u32,
    wrong: Option<String>,
}

fn try_point(scenario: Scenario, harm: Harm, n: u64) -> Tried {
    let mut machine = Machine::new().unwrap();
    machine.faults = harm.fault(n);
    let ended = run(&machine, scenario);
    if is_wines_fault(&ended.err) {
        return try_point(scenario, harm, n);
    }
    machine.faults.clear();
    let mut wrong = Vec::new();
    if !machine.host.calls().iter().any(|call| call.get("fault").is_some()) {
        wrong.push("nothing went wrong there".to_owned());
    }
    if harm.kills() {
        if !was_killed(&machine) {
            wrong.push("nobody was killed".to_owned());
        }
        let pruned = machine.wincompat(&["prune"]);
        if pruned.code != 0 {
            wrong.push(format!("prune ended with {}: {}", pruned.code, pruned.err));
        }
    } else if ended.code != 0 && !ended.err.contains("error: ") {
        wrong.push(format!("it says nothing of its failure: {}", ended.err));
    } else if ended.code == 0 && !scenario.detached && ended.text() != "done\n" {
        wrong.push(format!("it says it went well, and its output is {:?}", ended.text()));
    }
    let left = machine.left();
    if !left.is_empty() {
        wrong.push(format!("left: {left:#?}\n{}", ended.err));
    }
    Tried { code: ended.code, wrong: (!wrong.is_empty()).then(|| wrong.join("\n")) }
}

/// What came of all points of one kind.
struct Row {
    scenario: &'static str,
    harm: Harm,
    points: usize,
    codes: BTreeMap<u32, usize>,
    wrong: Vec<String>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<String> = self.codes.iter().map(|(code, count)| format!("{code}: {count}")).collect();
        let (scenario, harm) = (self.scenario, self.harm.name());
        write!(
            f,
            "{scenario:9} {harm:22} {:4} points, {:3} wrong; exit codes {}",
            self.points,
            self.wrong.len(),
            codes.join(", ")
        )
    }
}

/// How many points are tried at a time: each waits for processes most of the time.
const SIDE_BY_SIDE: usize = 4;

fn every_point(scenario: Scenario) {
    let Some(calls) = good_run(scenario) else { return };
    let began = Instant::now();
    let mut points = Vec::new();
    for harm in Harm::ALL {
        for call in &calls {
            let function = call["function"].as_str().unwrap();
            let is_one = match harm {
                Harm::FailsBefore => can_fail(call),
                Harm::FailsAfter => can_fail(call) && acts(function),
                Harm::OperationFails => call["operation"] == true,
                Harm::KilledBefore => true,
                Harm::KilledAfter => acts(function),
            };
            if is_one {
                points.push((harm, call["n"].as_u64().unwrap(), function.to_owned()));
            }
        }
    }
    let queue = Mutex::new(points.iter());
    let rows = Mutex::new(Harm::ALL.map(|harm| Row {
        scenario: scenario.name,
        harm,
        points: 0,
        codes: BTreeMap::new(),
        wrong: Vec::new(),
    }));
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let Some((harm, n, function)) = queue.lock().unwrap().next() else { return };
                    let tried = try_point(scenario, *harm, *n);
                    let mut rows = rows.lock().unwrap();
                    let row = rows.iter_mut().find(|row| row.harm == *harm).unwrap();
                    row.points += 1;
                    *row.codes.entry(tried.code).or_default() += 1;
                    if let Some(wrong) = tried.wrong {
                        let wrong = format!("{}: call {n}, {function}, {}: {wrong}", scenario.name, harm.name());
                        println!("{wrong}");
                        row.wrong.push(wrong);
                    }
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap();
    println!("{} calls in a good run with {}; {} s for all points", calls.len(), scenario.name, began.elapsed().as_secs());
    for row in &rows {
        println!("{row}");
    }
    let tried = |harm| rows.iter().find(|row| row.harm == harm).unwrap().points;
    let can_fail = calls.iter().filter(|call| can_fail(call)).count();
    assert_eq!((tried(Harm::FailsBefore), tried(Harm::KilledBefore)), (can_fail, calls.len()));
    assert!(
        calls.len() >= 30 && [Harm::FailsAfter, Harm::OperationFails, Harm::KilledAfter].into_iter().all(|harm| tried(harm) > 0)
    );
    let wrong: Vec<&String> = rows.iter().flat_map(|row| &row.wrong).collect();
    assert!(
        wrong.is_empty(),
        "{} points went wrong:\n{}",
        wrong.len(),
        wrong.iter().map(|it| format!("{it}\n")).collect::<String>()
    );
}

#[test]
fn process_isolation_survives_every_failure() {
    every_point(PROCESS);
}

#[test]
fn hyperv_isolation_survives_every_failure() {
    every_point(HYPER_V);
}

#[test]
fn a_container_in_the_background_survives_every_failure() {
    every_point(DETACHED);
}

/// What cannot be given back, because the call for it fails each time or only says that it worked, is told of; `prune` gives it
/// back when that is possible again.
#[test]
fn what_cannot_be_given_back_is_left_to_prune() {
    let functions = [
        "HcsTerminateComputeSystem",
        "HcnDeleteNamespace",
        "HcnDeleteEndpoint",
        "UnprepareLayer",
        "DeactivateLayer",
        "DestroyLayer",
    ];
    let effects = ["hresult=0x80004005", "hresult=0"];
    let points: Vec<(&str, &str)> =
        functions.iter().flat_map(|function| effects.iter().map(|effect| (*function, *effect))).collect();
    let queue = Mutex::new(points.iter());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let Some((function, effect)) = queue.lock().unwrap().next() else { return };
                    let Some(mut machine) = Machine::new() else { return };
                    machine.faults = format!("function={function} {effect}");
                    let ended = run(&machine, PROCESS);
                    let case = format!("{function} {effect}: {}", ended.err);
                    assert_eq!(ended.with(0), "done\n", "{case}");
                    let left = machine.left();
                    assert_eq!(left.is_empty(), !ended.err.contains("`wincompat prune` tries again"), "{case} {left:#?}");
                    machine.faults.clear();
                    machine.wincompat(&["prune"]).with(0);
                    assert_eq!(machine.left(), [""; 0], "{case}");
                }
            });
        }
    });
}
