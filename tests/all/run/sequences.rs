//! Sequences of calls that tests go through again and again, with something wrong at one of the calls: a run, another process in a
//! container, the end of one.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::machine::{Ended, HYPERV, IMAGE, Machine, Running};
use crate::support::started::is_wines_fault;

/// What is done in a sequence.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// A run of an image whose layers are yet to be imported, to the end of the import.
    Import,
    /// A run of an image whose layers are imported.
    Run,
    /// The same in the background, to the end of the container.
    Detached,
    /// Another process in a container that runs on.
    Exec,
    /// The end of a container in the background, with the calls of its monitor.
    Stop,
}

/// A sequence of calls.
#[derive(Clone, Copy)]
pub struct Sequence {
    pub name: &'static str,
    pub kind: Kind,
    pub isolation: &'static [&'static str],
}

const PROCESS: &[&str] = &["--isolation", "process"];

pub const IMPORT: Sequence = Sequence { name: "import", kind: Kind::Import, isolation: PROCESS };
pub const RUN: Sequence = Sequence { name: "process", kind: Kind::Run, isolation: PROCESS };
pub const RUN_HYPERV: Sequence = Sequence { name: "hyperv", kind: Kind::Run, isolation: &HYPERV };
pub const DETACHED: Sequence = Sequence { name: "detached", kind: Kind::Detached, isolation: PROCESS };
pub const EXEC: Sequence = Sequence { name: "exec", kind: Kind::Exec, isolation: PROCESS };
pub const EXEC_HYPERV: Sequence = Sequence { name: "exec hyperv", kind: Kind::Exec, isolation: &HYPERV };
pub const STOP: Sequence = Sequence { name: "stop", kind: Kind::Stop, isolation: PROCESS };
pub const STOP_HYPERV: Sequence = Sequence { name: "stop hyperv", kind: Kind::Stop, isolation: &HYPERV };

/// The container of `exec` and `stop`.
pub const NAME: &str = "the-one";

/// What came of going through a sequence once.
pub struct Went {
    pub ended: Ended,
    /// The calls, in order of their ends.
    pub calls: Vec<Value>,
}

impl Went {
    /// True if a program was killed in one of the calls.
    pub fn was_killed(&self) -> bool {
        was_killed(&self.calls)
    }

    /// The call that something was wrong with.
    pub fn struck(&self) -> Option<&Value> {
        self.calls.iter().find(|call| call.get("fault").is_some())
    }

    /// True if a program ended without having done all.
    fn needs_help(&self) -> bool {
        self.was_killed() || self.struck().is_some_and(|call| call["fault"].as_str().unwrap().contains("Never"))
    }
}

fn was_killed(calls: &[Value]) -> bool {
    calls.iter().any(|call| call["killed"] == true)
}

impl Sequence {
    /// A machine on which to go through it many times; `None` where there is no emulator.
    pub fn machine(self) -> Option<Machine> {
        let mut machine = Machine::new()?;
        match self.kind {
            Kind::Import => {}
            Kind::Run | Kind::Detached | Kind::Stop => {
                let run = machine.run(&[self.isolation, &[IMAGE, "cmd", "/c", "exit 0"]].concat());
                run.with(0);
            }
            Kind::Exec => self.begin(&mut machine),
        }
        Some(machine)
    }

    /// Starts the container that runs on.
    fn begin(self, machine: &mut Machine) {
        let run = ["run", "-q", "-d", "--rm", "--name", NAME];
        machine.wincompat(&[&run, self.isolation, &[IMAGE, "guest", "wait", "1000"]].concat()).with(0);
    }

    /// What is typed.
    pub fn arguments(self) -> Vec<&'static str> {
        let echo = [IMAGE, "cmd", "/c", "echo done"];
        match self.kind {
            Kind::Import | Kind::Run => [&["run", "--rm", "-q"], self.isolation, &echo].concat(),
            Kind::Detached => [&["run", "--rm", "-q", "-d"], self.isolation, &echo].concat(),
            Kind::Exec => vec!["exec", NAME, "cmd", "/c", "echo done"],
            Kind::Stop => vec!["stop", "-t", "5", NAME],
        }
    }

    /// Does what is typed, and waits until a monitor has done all it will do.
    pub fn act(self, machine: &Machine) -> Ended {
        let from = machine.host.now();
        let ended = Running::start(machine.command(&self.arguments())).end();
        let until = Instant::now() + Duration::from_secs(60);
        let goes_on = || !machine.containers().is_empty() && !was_killed(&machine.host.calls_since(from));
        while self.kind == Kind::Detached && goes_on() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        ended
    }

    /// Goes through it, where `act` does what is typed, with the fault that is said for the number of the last call before it.
    fn go_as(self, machine: &mut Machine, fault: impl FnOnce(u64) -> String, act: impl FnOnce(&Machine) -> Ended) -> Went {
        if self.kind == Kind::Stop {
            self.begin(machine);
        }
        let from = machine.host.now();
        let fault = fault(from.calls);
        if self.kind == Kind::Stop {
            // For the monitor too, which was started before.
            machine.host.set_faults(&fault);
        } else {
            machine.faults = fault;
        }
        let ended = act(machine);
        machine.host.set_faults("");
        machine.faults.clear();
        Went { ended, calls: machine.host.calls_since(from) }
    }

    /// The calls of going through it to its good end, in the order in which they began; `operation` says of which the result comes later.
    pub fn calls(self, machine: &mut Machine, code: u32, act: impl Fn(&Machine) -> Ended) -> Vec<Value> {
        let mut go = || {
            let went = self.go_as(machine, |_| String::new(), &act);
            went.ended.with(code);
            began(went.calls)
        };
        let mut calls = go();
        if self.kind == Kind::Import {
            // To the last that a second run does not do.
            let second = go();
            let function = |call: &Value| call["function"].clone();
            let alike = calls.iter().zip(&second).take_while(|(one, other)| function(one) == function(other)).count();
            let rest = calls.split_off(calls.len() - (second.len() - alike));
            assert!(rest.iter().map(function).eq(second[alike..].iter().map(function)), "what follows the import is a run");
        }
        if self.kind == Kind::Stop {
            // Two programs are at it, and on a busy machine one asks more often, or does what the other is late with.
            calls = [go(), go(), calls].into_iter().min_by_key(Vec::len).unwrap();
        }
        calls
    }

    /// What is wrong with the machine after that: what is left of the sequence, or is not any more. Removes all that it may leave.
    pub fn wrong_after(self, machine: &mut Machine, went: &Went) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut tidy = |machine: &Machine, arguments: &[&str]| {
            let ended = machine.wincompat(arguments);
            // One that was about to end may have ended meanwhile: its folder is emptied, and then it is gone.
            let is_ending = ended.err.contains("there is no container");
            if ended.code != 0 && !(is_ending && machine.will_have_no_containers()) {
                wrong.push(format!("{} ended with {}: {}", arguments.join(" "), ended.code, ended.err));
            }
        };
        match self.kind {
            Kind::Import | Kind::Run | Kind::Detached if went.needs_help() => tidy(machine, &["prune"]),
            Kind::Import | Kind::Run | Kind::Detached => {}
            Kind::Stop => {
                let there = !machine.containers().is_empty();
                if there {
                    tidy(machine, &["rm", "-f", NAME]);
                    if went.ended.code == 0 && !went.needs_help() {
                        wrong.push("it says that it has ended the container, which is there".to_owned());
                    }
                }
            }
            Kind::Exec => {
                let phase = machine.system(&machine.containers().concat())["phase"].clone();
                if phase != "Running" {
                    wrong.push(format!("the container is {phase}"));
                }
                return wrong;
            }
        }
        let left = machine.left();
        if !left.is_empty() {
            wrong.push(format!("left: {left:#?}\n{}", went.ended.err));
        }
        wrong
    }

    /// Goes through it until something goes wrong at this point, and says what is wrong after that. Of a thousand programs Wine does not
    /// start one.
    pub fn strike<H>(
        self,
        machine: &mut Machine,
        point: &Point<H>,
        fault: impl Fn(u64) -> String,
        act: impl Fn(&Machine) -> Ended,
    ) -> (Went, Vec<String>) {
        let mut tries = 0;
        loop {
            tries += 1;
            let went = self.go_as(machine, |from| fault(from + point.place), &act);
            let mut wrong = self.wrong_after(machine, &went);
            // Where two programs are at it, which of the calls comes first is not always the same.
            let is_struck = |call: &Value| self.kind == Kind::Stop || call["function"] == point.function.as_str();
            let is_struck = went.struck().is_some_and(is_struck);
            if is_struck && !is_wines_fault(&went.ended.err) {
                return (went, wrong);
            }
            if tries == 10 {
                // Those of two programs may have ended before this call, each of these times.
                if self.kind != Kind::Stop || went.struck().is_some() {
                    wrong.push(format!("what went wrong there was {:?}", went.struck()));
                }
                return (went, wrong);
            }
        }
    }

    /// Ends what a machine was made with.
    pub fn end(self, machine: &Machine) {
        if self.kind == Kind::Exec {
            machine.wincompat(&["rm", "-f", NAME]).with(0);
        }
        machine.has_nothing_left();
    }
}

/// The calls by number, without the lines that tell of an operation's end; `operation` says of which there was one.
pub fn began(calls: Vec<Value>) -> Vec<Value> {
    let (ends, mut calls): (Vec<Value>, Vec<Value>) = calls.into_iter().partition(|call| call.get("completes").is_some());
    for call in &mut calls {
        // Of vmcompute.dll, it is the answer that says so: ERROR_VMCOMPUTE_OPERATION_PENDING.
        let pending = call["hresult"] == "0xc0370103" || ends.iter().any(|end| end["completes"] == call["n"]);
        call["operation"] = pending.into();
    }
    calls.sort_by_key(|call| call["n"].as_u64());
    calls
}

/// A call at which something is to go wrong: its place in the sequence, counted from 1, and its function.
#[derive(Clone, Debug)]
pub struct Point<H> {
    pub harm: H,
    pub place: u64,
    pub function: String,
}

/// The points of these calls for which `is_one` holds.
pub fn points<H: Copy>(calls: &[Value], harms: &[H], is_one: impl Fn(H, &Value) -> bool) -> Vec<Point<H>> {
    let mut points = Vec::new();
    for &harm in harms {
        for (call, place) in calls.iter().zip(1..).filter(|(call, _)| is_one(harm, call)) {
            points.push(Point { harm, place, function: call["function"].as_str().unwrap().to_owned() });
        }
    }
    points
}

/// Has these done by so many at a time, each of whom takes the next when it is done with one.
pub fn side_by_side<'a, T: Sync>(many: usize, all: &'a [T], work: impl Fn(&mut dyn Iterator<Item = &'a T>) + Sync) {
    let queue = Mutex::new(all.iter());
    thread::scope(|scope| {
        for _ in 0..many.min(all.len()) {
            scope.spawn(|| work(&mut std::iter::from_fn(|| queue.lock().unwrap().next())));
        }
    });
}
