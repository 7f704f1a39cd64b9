//! The report about a failure: written by itself, named in the last line, with the cause in it and no secret.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::machine::{Ended, IMAGE, ISOLATIONS, Machine, VERSION};
use crate::support::emulated::image::{Image, base_layer};
use crate::support::layers::archive::Meta;

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

/// Of a layer that cannot be written, the report and the trace have the last entries, and the call that failed with its file.
#[test]
fn a_layer_that_cannot_be_written_is_reported_with_its_last_entries() {
    let mut base = base_layer(VERSION);
    for number in 0..30 {
        base.file(&format!("Files/file-{number}"), &Meta::default(), b"text");
    }
    let Some(mut machine) = Machine::with(&Image::of(VERSION, vec![base.finish()])) else { return };
    // ERROR_DISK_FULL; the files before those of the test are fewer.
    machine.faults = "function=BackupWrite n=20 hresult=0x80070070".to_owned();
    let trace = machine.program.folder().join("trace.jsonl");
    let run = ["--isolation", "process", "--trace", trace.to_str().unwrap(), IMAGE, "cmd", "/c", "exit 0"];
    let ended = machine.run(&run);
    ended.failed(125, &["was not imported", "of the layer could not be written"]);
    let report = report_of(&ended);
    let (_, failed) = report.split_once("## Calls that failed").unwrap_or_else(|| panic!("{report}"));
    for text in [failed, &fs::read_to_string(&trace).unwrap()] {
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let entries = lines.find(|line| line["call"] == "entries of a layer").unwrap_or_else(|| panic!("{text}"));
        assert_eq!(entries["hresult"], "0x80004005", "{entries}");
        let last = entries["document"]["last"].as_array().unwrap();
        let file = last.last().unwrap().as_str().unwrap().strip_prefix("file Files/").unwrap();
        assert_eq!(last.len(), 10, "{entries}");
        assert!(entries["document"]["entries"].as_u64().unwrap() > 10, "{entries}");
        let why = format!(r"BackupWrite of Files\{file}: ");
        assert!(entries["result"].as_str().unwrap().contains(&why) && ended.err.contains(&why), "{why}: {entries}");
    }
    machine.faults.clear();
    machine.has_nothing_left();
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
