//! Ctrl-C: the first one is passed on, the second one ends the process, and nothing is left behind.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::run::machine::{Ended, IMAGE, ISOLATIONS, Machine, Running};

/// STATUS_CONTROL_C_EXIT.
const CONTROL_C: u32 = 0xc000_013a;
/// ERROR_PROCESS_ABORTED, which the emulator gives to what HcsTerminateProcess ends.
const ABORTED: u32 = 1067;

/// A program on a console, whose Ctrl-C is pressed as often as is said.
struct Console(Running);

impl Console {
    fn start(machine: &Machine, arguments: &[&str]) -> Self {
        Self::start_where(machine, "", arguments)
    }

    /// On a host whose signals are as this says (`HCSEMU_SIGNALS`).
    fn start_where(machine: &Machine, signals: &str, arguments: &[&str]) -> Self {
        let mut command = machine.interruptible(&[&["run", "--rm", "-q"], arguments].concat());
        command.stdin(Stdio::piped()).env("HCSEMU_SIGNALS", signals);
        Self(Running::start(command))
    }

    fn press(&mut self) {
        self.0.stdin().write_all(b"\n").unwrap();
        self.0.stdin().flush().unwrap();
    }

    fn end(self) -> Ended {
        self.0.end_without_closing()
    }
}

#[test]
fn it_is_passed_on() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let mut console = Console::start(&machine, &[isolation, &[IMAGE, "guest", "wait", "1000"]].concat());
        assert_eq!(console.0.line(), "ready");
        console.press();
        let ended = console.end();
        ended.with(CONTROL_C);
        assert_eq!(ended.err, "");
        assert_eq!(machine.last_document("HcsSignalProcess"), json!({"Signal": "CtrlC"}));
        assert_eq!(machine.host.calls_of("HcsTerminateProcess").len(), 0);
        machine.has_nothing_left();
    }
}

#[test]
fn a_second_one_ends_who_does_not_listen() {
    for isolation in ISOLATIONS {
        let Some(mut machine) = Machine::new() else { return };
        machine.faults = "function=HcsSignalProcess hresult=0".to_owned();
        let mut console = Console::start(&machine, &[isolation, &[IMAGE, "guest", "wait", "1000"]].concat());
        assert_eq!(console.0.line(), "ready");
        console.press();
        machine.wait_for("HcsSignalProcess");
        console.press();
        let ended = console.end();
        ended.with(ABORTED);
        machine.has_nothing_left();
    }
}

/// On Server Core a signal returns when its target has ended.
#[test]
fn a_signal_that_waits_for_its_target_holds_up_nobody() {
    for isolation in ISOLATIONS {
        let Some(machine) = Machine::new() else { return };
        let arguments = [isolation, &[IMAGE, "guest", "wait", "1000"]].concat();
        let mut console = Console::start_where(&machine, "wait", &arguments);
        assert_eq!(console.0.line(), "ready");
        console.press();
        console.end().with(CONTROL_C);
        machine.has_nothing_left();

        // Neither the second Ctrl-C nor what ends the process then waits for one that is not heard.
        let began = Instant::now();
        let mut console = Console::start_where(&machine, "deaf", &arguments);
        assert_eq!(console.0.line(), "ready");
        console.press();
        thread::sleep(Duration::from_secs(2));
        console.press();
        console.end().with(ABORTED);
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
        machine.has_nothing_left();
    }
}

#[test]
fn a_third_one_gives_up() {
    let Some(mut machine) = Machine::new() else { return };
    machine.faults = "function=HcsSignalProcess hresult=0; function=HcsTerminateProcess hresult=0".to_owned();
    let mut console = Console::start(&machine, &[IMAGE, "guest", "wait", "1000"]);
    assert_eq!(console.0.line(), "ready");
    console.press();
    machine.wait_for("HcsSignalProcess");
    console.press();
    machine.wait_for("HcsTerminateProcess");
    console.press();
    console.end().failed(125, &["interrupted"]);
    machine.has_nothing_left();
}

#[test]
fn many_end_the_program_whatever_it_waits_for() {
    for (scenario, function) in [(&[][..], "PrepareLayer"), (&["-d"], "HcsStartComputeSystem")] {
        let Some(mut machine) = Machine::new() else { return };
        machine.faults = format!("function={function} never");
        let mut console = Console::start(&machine, &[scenario, &[IMAGE, "guest", "wait", "1000"]].concat());
        machine.wait_for(function);
        for _ in 0..4 {
            console.press();
            // Each is to be one of its own.
            thread::sleep(Duration::from_millis(300));
        }
        console.end().failed(125, &["interrupted before everything was released", "`wincompat prune --root "]);
        machine.faults.clear();
        if scenario.contains(&"-d") {
            // Its monitor still waits, and is somebody's who looks after it. Whoever ends it, ends the container.
            let monitor = machine.host.calls_of(function)[0]["pid"].to_string();
            let killed = Command::new("taskkill").args(["/f", "/pid", &monitor]).stdout(Stdio::null()).status().unwrap();
            assert!(killed.success());
        }
        machine.wincompat(&["prune"]).with(0);
        machine.has_nothing_left();
    }
}
