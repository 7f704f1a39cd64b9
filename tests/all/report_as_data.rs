//! The reports as data: what one program printed, another reads with the types of this library, and writes again.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wincompat::compat::{Code, Verdict};
use wincompat::report::explanation::ExplanationReport;
use wincompat::report::host::HostReport;
use wincompat::report::{Report, Word};

use crate::support::program::{Answer, Program};

/// The report that this command prints, read as `R`, and the text of it.
fn read<R: Serialize + DeserializeOwned + PartialEq + Debug>(arguments: &[&str]) -> (R, String) {
    let answer = Answer::of(Program::new().command().args(arguments).arg("--format=json"));
    let report: R = serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    assert_eq!(serde_json::to_string_pretty(&report).unwrap() + "\n", answer.out, "{arguments:?}");
    let again: R = serde_json::from_value(serde_json::to_value(&report).unwrap()).unwrap();
    assert_eq!(again, report, "{arguments:?}");
    (report, answer.out)
}

const IMAGES: [&str; 6] = [
    "mcr.microsoft.com/windows/nanoserver:1903",
    "mcr.microsoft.com/windows/servercore:ltsc2016",
    "mcr.microsoft.com/windows/server:ltsc2022",
    "registry.test/unknown:1",
    "oci:no-such-folder",
    "https://registry.test/app",
];

#[test]
fn every_report_of_a_check_is_read_and_written_again_unchanged() {
    let mut verdicts = Vec::new();
    for wish in ["auto", "default", "process", "hyperv", "host-process"] {
        for host in ["all", "ltsc2022", "10.0.14393.1", "26100,client,arm64,no-hyperv", "windows-11-24h2,home", "10.0.29651.1000"]
        {
            let arguments = ["check", "--offline", "--isolation", wish, "--host", host];
            let (report, _) = read::<Report>(&[&arguments[..], &IMAGES].concat());
            assert_eq!(report.errors.len(), 3);
            verdicts.extend(report.results.into_iter().filter_map(|entry| entry.verdict.known()));
        }
    }
    for verdict in [Verdict::Process, Verdict::Hyperv, Verdict::Incompatible, Verdict::Unknown] {
        assert!(verdicts.contains(&verdict), "{verdict:?}");
    }
}

#[test]
fn every_answer_about_a_host_is_read_and_written_again_unchanged() {
    for host in ["all", "ltsc2019,no-hyperv", "10.0.26100.1,client", "windows-11-24h2,home", "6.3.9600", "10.0.29651.1000"] {
        let (report, _) = read::<HostReport>(&["host", "--host", host]);
        assert!(report.hosts.iter().all(|answer| !answer.images.is_empty() && !answer.prerequisites.is_empty()));
    }
}

#[test]
fn every_explanation_is_read_and_written_again_unchanged() {
    for what in [
        "build-mismatch",
        "0xc0370106",
        "HCS_E_IMAGE_MISMATCH",
        "no matching manifest for windows/amd64 10.0.19045 in the manifest list entries",
        "hcs_e_nothing",
    ] {
        let (report, _) = read::<ExplanationReport>(&["explain", what]);
        assert_eq!(report.explanation.is_none(), what == "hcs_e_nothing", "{what}");
    }
}

#[test]
fn a_report_of_a_later_version_is_read_and_its_new_words_are_unknown() {
    let (report, text) = read::<Report>(&["check", "--offline", "--host=26100,arm64,no-hyperv", IMAGES[0], IMAGES[3]]);
    assert_eq!(report.results[0].findings[0].code.known().map(Code::as_str), Some("architecture-mismatch"));
    let words = [
        "/results/0/verdict",
        "/results/0/isolation",
        "/results/0/use",
        "/results/0/image/source",
        "/results/0/host/kind",
        "/results/0/host/architecture",
        "/results/0/host/containers",
        "/results/0/host/hyperv",
        "/results/0/host/default",
        "/results/0/host/source",
        "/results/0/host/assumed/0",
        "/results/0/host/overridden/0",
        "/results/0/process/because/0",
        "/results/0/findings/0/code",
        "/results/0/findings/0/severity",
        "/results/0/candidates/0/verdict",
        "/errors/0/kind",
    ];
    for place in words {
        let mut later: Value = serde_json::from_str(&text).unwrap();
        *later.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = json!("of-a-later-version");
        let read: Report = serde_json::from_value(later.clone()).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_ne!(read, report, "{place}");
        assert_eq!(serde_json::to_value(&read).unwrap(), later, "{place}");
    }
    let mut later: Value = serde_json::from_str(&text).unwrap();
    later["results"][0]["verdict"] = json!("microvm");
    later["results"][0]["findings"][0]["code"] = json!("new-finding");
    later["results"][0]["addedLater"] = json!({"a": [1]});
    let read: Report = serde_json::from_value(later).unwrap();
    assert_eq!(read.results[0].verdict, Word::Other("microvm".to_owned()));
    assert_eq!(read.results[0].findings[0].code.known(), None);
    assert_eq!(read.results[0].findings[0].code.to_string(), "new-finding");
}

#[test]
fn what_is_not_a_report_is_refused() {
    let (_, text) = read::<Report>(&["check", "--offline", "--host=ltsc2022", IMAGES[0]]);
    for (place, wrong) in [
        ("/results/0/verdict", json!(1)),
        ("/results/0/verdict", Value::Null),
        ("/results/0/ok", json!("true")),
        ("/results/0/host/osVersion", json!("ten")),
        ("/results/0/image/digest", json!("sha256:0")),
        ("/results/0/findings", json!({})),
        ("/summary/ok", json!(-1)),
        ("/summary", Value::Null),
    ] {
        let mut changed: Value = serde_json::from_str(&text).unwrap();
        *changed.pointer_mut(place).unwrap() = wrong.clone();
        assert!(serde_json::from_value::<Report>(changed).is_err(), "{place}: {wrong}");
    }
}
