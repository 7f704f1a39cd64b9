//! Every call of Windows fails once, at every moment of a run, of another process in a container and of a container's end, and the
//! program is killed at each of them: what it took of the host is given back in the end, by itself or by a command.
//!
//! `--nocapture` shows how many points were tried.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::run::machine::Machine;
use crate::run::sequences::{
    DETACHED, EXEC, EXEC_HYPERV, IMPORT, Kind, NAME, Point, RUN, RUN_HYPERV, STOP, STOP_HYPERV, Sequence, Went, points,
    side_by_side,
};

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

/// Whether a call has a result. Others can only hang, or kill.
fn can_fail(call: &Value) -> bool {
    call["dll"] != "computecore" || !call["function"].as_str().unwrap().starts_with("HcsClose")
}

/// Whether a function does anything, or gives anything out that it gives once. After one that does not, all is as before it.
fn acts(function: &str) -> bool {
    let only_tells = ["Open", "Query", "Enumerate", "Get", "NameToGuid", "Operation", "HcnClose"];
    function == "HcsWaitForOperationResultAndProcessInfo" || !only_tells.iter().any(|part| function.contains(part))
}

/// What is wrong with how a sequence went that something failed in.
fn wrong_with(sequence: Sequence, harm: Harm, went: &Went) -> Option<String> {
    let ended = &went.ended;
    // What the monitor has does not come here, and the end of a container says its name.
    let says = if sequence.kind == Kind::Stop { format!("{NAME}\n") } else { "done\n".to_owned() };
    if harm.kills() && went.struck().is_some() {
        (!went.was_killed()).then(|| "nobody was killed".to_owned())
    } else if ended.code != 0 && !ended.err.contains("error: ") {
        Some(format!("it says nothing of its failure: {}", ended.err))
    } else if ended.code == 0 && sequence.kind != Kind::Detached && ended.text() != says {
        Some(format!("it says it went well, and its output is {:?}", ended.text()))
    } else {
        None
    }
}

fn is_point(harm: Harm, call: &Value) -> bool {
    let function = call["function"].as_str().unwrap();
    match harm {
        Harm::FailsBefore => can_fail(call),
        Harm::FailsAfter => can_fail(call) && acts(function),
        Harm::OperationFails => call["operation"] == true,
        Harm::KilledBefore => true,
        Harm::KilledAfter => acts(function),
    }
}

/// What came of all points of one kind.
struct Row {
    sequence: &'static str,
    harm: Harm,
    points: usize,
    codes: BTreeMap<u32, usize>,
    wrong: Vec<String>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<String> = self.codes.iter().map(|(code, count)| format!("{code}: {count}")).collect();
        let (sequence, harm) = (self.sequence, self.harm.name());
        write!(
            f,
            "{sequence:11} {harm:22} {:4} points, {:3} wrong; exit codes {}",
            self.points,
            self.wrong.len(),
            codes.join(", ")
        )
    }
}

/// How many points are tried at a time: each waits for processes most of the time.
const SIDE_BY_SIDE: usize = 4;

/// A worker's machine: another one after each point where machines are used once, or where something was wrong with it.
fn try_all(sequence: Sequence, points: &mut dyn Iterator<Item = &Point<Harm>>, tell: impl Fn(&Point<Harm>, &Went, Vec<String>)) {
    let mut kept: Option<Machine> = None;
    for point in points {
        let mut machine = kept.take().unwrap_or_else(|| sequence.machine().unwrap());
        let act = |machine: &Machine| sequence.act(machine);
        let (went, mut wrong) = sequence.strike(&mut machine, point, |n| point.harm.fault(n), act);
        wrong.extend(wrong_with(sequence, point.harm, &went));
        if wrong.is_empty() && sequence.kind != Kind::Import {
            kept = Some(machine);
        }
        tell(point, &went, wrong);
    }
    if let Some(machine) = kept {
        sequence.end(&machine);
    }
}

/// Has every call of a sequence harmed, of which there are at least so many.
fn every_point(sequence: Sequence, least: usize) {
    let Some(mut machine) = sequence.machine() else { return };
    let calls = sequence.calls(&mut machine, 0, |machine| sequence.act(machine));
    sequence.end(&machine);
    let began = Instant::now();
    let points = points(&calls, &Harm::ALL, is_point);
    let rows = Mutex::new(Harm::ALL.map(|harm| Row {
        sequence: sequence.name,
        harm,
        points: 0,
        codes: BTreeMap::new(),
        wrong: Vec::new(),
    }));
    let missed = AtomicUsize::new(0);
    let tell = |Point { harm, place, function }: &Point<Harm>, went: &Went, wrong: Vec<String>| {
        if went.struck().is_none() {
            missed.fetch_add(1, Ordering::Relaxed);
        }
        let mut rows = rows.lock().unwrap();
        let row = rows.iter_mut().find(|row| row.harm == *harm).unwrap();
        row.points += 1;
        *row.codes.entry(went.ended.code).or_default() += 1;
        if !wrong.is_empty() {
            let wrong = format!("{}: call {place}, {function}, {}: {}", sequence.name, harm.name(), wrong.join("\n"));
            println!("{wrong}");
            row.wrong.push(wrong);
        }
    };
    side_by_side(SIDE_BY_SIDE, &points, |points| try_all(sequence, points, tell));
    let rows = rows.into_inner().unwrap();
    println!("{} calls in {}; {} s for all points", calls.len(), sequence.name, began.elapsed().as_secs());
    for row in &rows {
        println!("{row}");
    }
    let missed = missed.into_inner();
    assert!(missed * 5 <= points.len(), "{missed} of {} points were not reached", points.len());
    let tried = |harm| rows.iter().find(|row| row.harm == harm).unwrap().points;
    let can_fail = calls.iter().filter(|call| can_fail(call)).count();
    assert_eq!((tried(Harm::FailsBefore), tried(Harm::KilledBefore)), (can_fail, calls.len()));
    assert!(calls.len() >= least && tried(Harm::FailsAfter) > 0 && tried(Harm::KilledAfter) > 0);
    assert_eq!(tried(Harm::OperationFails), calls.iter().filter(|call| call["operation"] == true).count());
    let wrong: Vec<&String> = rows.iter().flat_map(|row| &row.wrong).collect();
    assert!(
        wrong.is_empty(),
        "{} points went wrong:\n{}",
        wrong.len(),
        wrong.iter().map(|it| format!("{it}\n")).collect::<String>()
    );
}

#[test]
fn an_import_survives_every_failure() {
    every_point(IMPORT, 7);
}

#[test]
fn process_isolation_survives_every_failure() {
    every_point(RUN, 50);
}

#[test]
fn hyperv_isolation_survives_every_failure() {
    every_point(RUN_HYPERV, 25);
}

#[test]
fn a_container_in_the_background_survives_every_failure() {
    every_point(DETACHED, 50);
}

#[test]
fn another_process_in_a_container_survives_every_failure() {
    every_point(EXEC, 15);
}

#[test]
fn another_process_in_a_virtual_machine_survives_every_failure() {
    every_point(EXEC_HYPERV, 8);
}

#[test]
fn the_end_of_a_container_survives_every_failure() {
    every_point(STOP, 20);
}

#[test]
fn the_end_of_a_virtual_machine_survives_every_failure() {
    every_point(STOP_HYPERV, 10);
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
    side_by_side(SIDE_BY_SIDE, &points, |points| {
        for (function, effect) in points {
            let Some(mut machine) = Machine::new() else { return };
            machine.faults = format!("function={function} {effect}");
            let ended = RUN.act(&machine);
            let case = format!("{function} {effect}: {}", ended.err);
            assert_eq!(ended.with(0), "done\n", "{case}");
            let left = machine.left();
            assert_eq!(left.is_empty(), !ended.err.contains("` tries again"), "{case} {left:#?}");
            machine.faults.clear();
            machine.wincompat(&["prune"]).with(0);
            assert_eq!(machine.left(), [""; 0], "{case}");
        }
    });
}
