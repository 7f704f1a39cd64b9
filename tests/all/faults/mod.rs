//! A registry in which one response fails, or all from one on, in each of twenty ways: whichever it is, no command says yes or no
//! without having read why, and nothing that was there is lost.
//!
//! The normal test fails each response of two checks and a pull in the ways that take no time. All of it, with the table of counts:
//! `cargo test --test all -- --ignored faults:: --nocapture`.

mod kinds;
mod scenes;

use std::collections::BTreeMap;
use std::sync::Mutex;

use kinds::{FAULTS, Fault};
use scenes::{Outcome, Scene, Template};

/// The commands that run at once: they wait more than they compute.
const AT_ONCE: usize = 12;

/// The responses that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The one of this number.
    Once(usize),
    /// All from this number on.
    From(usize),
}

impl Failing {
    fn hits(self, number: usize) -> bool {
        match self {
            Self::Once(failing) => number == failing,
            Self::From(first) => number >= first,
        }
    }
}

/// One run: a command, a fault, and where it strikes.
#[derive(Clone, Copy, Debug)]
struct Run {
    scene: Scene,
    fault: Fault,
    failing: Failing,
}

/// Every run of these scenes with these faults: for each response that the command gets when nothing fails, and one more.
fn runs(template: &Template, scenes: &[Scene], faults: &[Fault], modes: &[fn(usize) -> Failing]) -> Vec<Run> {
    let mut runs = Vec::new();
    for scene in scenes {
        let responses = template.run(*scene, None).responses;
        assert!(responses >= 3, "{scene:?} asked for {responses} things only");
        for fault in faults {
            for mode in modes {
                runs.extend((1..=responses + 1).map(|number| Run { scene: *scene, fault: *fault, failing: mode(number) }));
            }
        }
    }
    runs
}

/// The counts of outcomes, by command and fault.
type Table = BTreeMap<(&'static str, &'static str), BTreeMap<Outcome, usize>>;

/// Makes all of these runs, and gives the counts and everything that was wrong.
fn make(template: &Template, runs: Vec<Run>) -> (Table, Vec<String>) {
    let runs = Mutex::new(runs.into_iter());
    let table = Mutex::new(Table::new());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(run) = runs.lock().unwrap().next() else { return };
                    let ran = template.run(run.scene, Some((run.fault, run.failing)));
                    let mut table = table.lock().unwrap();
                    let row = table.entry((run.scene.command(), run.fault.name)).or_default();
                    *row.entry(ran.outcome).or_default() += 1;
                    wrong.lock().unwrap().extend(
                        ran.wrong.iter().map(|why| format!("{} of {:?}, {:?}: {why}", run.fault.name, run.scene, run.failing)),
                    );
                }
            });
        }
    });
    (table.into_inner().unwrap(), wrong.into_inner().unwrap())
}

fn print(table: &Table) {
    println!("{:<7} {:<24} {:>8} {:>10} {:>7} {:>7}", "", "fault", "answered", "undecided", "wrong", "runs");
    for command in ["check", "pull"] {
        for fault in FAULTS {
            let Some(row) = table.get(&(command, fault.name)) else { continue };
            let count = |outcome| row.get(&outcome).copied().unwrap_or(0);
            let all: usize = row.values().sum();
            let [answered, undecided, wrong] = [Outcome::Answered, Outcome::Undecided, Outcome::Wrong].map(count);
            println!("{command:<7} {:<24} {answered:>8} {undecided:>10} {wrong:>7} {all:>7}", fault.name);
        }
    }
}

fn hold(scenes: &[Scene], faults: &[Fault], modes: &[fn(usize) -> Failing]) {
    let template = Template::new();
    let runs = runs(&template, scenes, faults, modes);
    let (table, wrong) = make(&template, runs);
    print(&table);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[cfg_attr(windows, ignore = "starts 700 programs, which takes minutes under Wine")]
fn whichever_response_fails_nothing_is_answered_that_was_not_read() {
    let quick: Vec<Fault> = FAULTS.into_iter().filter(|fault| !fault.takes_time).collect();
    hold(&[Scene::CheckGood, Scene::CheckLiesYes, Scene::Pull], &quick, &[Failing::Once]);
}

#[test]
#[ignore = "takes minutes; prints the table of all faults and outcomes"]
fn whichever_response_fails_in_whatever_way_nothing_is_answered_that_was_not_read() {
    hold(&Scene::ALL, &FAULTS, &[Failing::Once, Failing::From]);
}
