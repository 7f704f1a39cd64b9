//! The report about a failure: written by itself, named in the last line, with the cause in it and no secret.

use std::fs;
use std::path::PathBuf;

use crate::run::machine::{Ended, IMAGE, ISOLATIONS, Machine};

/// The value of a variable, and an argument, that no report may hold.
const CANARY: &str = "canary-5b1e";

/// The report that the last line of an error names.
#[track_caller]
fn report_of(ended: &Ended) -> String {
    let last = ended.err.trim_end().lines().next_back().unwrap_or_default();
    let path = last.rsplit_once("what Windows answered is in ").map(|(_, path)| PathBuf::from(path));
    let path = path.unwrap_or_else(|| panic!("no report is named in:\n{}", ended.err));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Ten calls of a run, each of which fails alone.
const FUNCTIONS: [&str; 10] = [
    "ProcessBaseImage",
    "ImportLayer",
    "CreateSandboxLayer",
    "ActivateLayer",
    "PrepareLayer",
    "HcnCreateEndpoint",
    "HcnModifyNamespace",
    "HcsCreateComputeSystem",
    "HcsStartComputeSystem",
    "HcsCreateProcess",
];

#[test]
fn whichever_call_fails_the_report_has_its_cause_and_no_secret() {
    for function in FUNCTIONS {
        let Some(mut machine) = Machine::new() else { return };
        machine.faults = format!("function={function} hresult=0x80004005");
        for background in [&[][..], &["-d"]] {
            let variable = format!("TOKEN={CANARY}");
            let run = ["--isolation", "process", "-e", &variable, IMAGE, "cmd", "/c", "echo", CANARY];
            let ended = machine.run(&[background, &run].concat());
            ended.failed(125, &[function]);
            let report = report_of(&ended);
            let (_, failed) = report.split_once("## Calls that failed").unwrap_or_else(|| panic!("{report}"));
            for part in [&format!(r#""call":"{function}""#), "0x80004005", "## All calls, in order"] {
                assert!(failed.contains(part), "{function}: no {part} in\n{report}");
            }
            assert!(report.contains("## The machine") && report.contains("service vmcompute"), "{report}");
            assert!(!report.contains(CANARY), "{function}: {report}");
        }
        machine.faults.clear();
        machine.has_nothing_left();
    }
}

#[test]
fn a_command_that_does_not_start_is_reported_without_its_arguments() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let ended = machine.run(&[isolation, &[IMAGE, "no-such-program", CANARY]].concat());
        ended.failed(127, &["no such program"]);
        let report = report_of(&ended);
        assert!(report.contains("no-such-program (left out)") && !report.contains(CANARY), "{report}");
    }
}

#[test]
fn a_machine_that_is_well_is_reported_on_request() {
    let Some(machine) = Machine::new() else { return };
    let file = machine.program.folder().join("report.txt");
    machine.wincompat(&["host", "--report", file.to_str().unwrap()]).with(0);
    let report = fs::read_to_string(file).unwrap();
    for part in
        ["computecore.dll: ", "elevated: yes", r#""call":"HcsEnumerateComputeSystems""#, r#""call":"HcnEnumerateNetworks""#]
    {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
    assert!(!report.contains("## The failure") && !report.contains("Calls that failed"), "{report}");
}
