//! The formats on the command line: files beside standard output, the summary of a step, and a log that is never empty.

use std::fs;

use wincompat::report::Report;

use super::{junit, markdown, pipelines};
use crate::support::program::{Answer, Program};

/// An image that fails on this host, and one that passes with a flag.
const ARGUMENTS: [&str; 6] = [
    "check",
    "--offline",
    "--host=ltsc2022",
    "mcr.microsoft.com/windows/nanoserver:ltsc2025",
    "mcr.microsoft.com/windows/nanoserver:1809",
    "mcr.microsoft.com/windows/nanoserver:ltsc2022",
];

#[test]
fn the_ending_of_a_file_decides_its_format_and_the_log_says_what_failed() {
    let program = Program::new();
    let path = |name: &str| program.folder().join(name).to_str().unwrap().to_owned();
    let mut command = program.command();
    command.args(ARGUMENTS).arg("--format=json");
    for name in ["a.html", "a.MD", "junit.xml", "a.sarif", "a.sarif.json", "a.jsonl", "a.json"] {
        command.args(["-o", &path(name)]);
    }
    command.args(["-o", &format!("gitlab={}", path("gl-code-quality-report.json"))]);
    let answer = Answer::of(&mut command);
    assert_eq!(answer.code, 1);
    assert_eq!(answer.err.lines().filter(|line| line.starts_with("FAIL ")).count(), 2, "{}", answer.err);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    assert!(read("a.html").starts_with("<!DOCTYPE html>"));
    assert!(markdown::seen(&read("a.MD")).headings[0].contains("does not run"));
    assert_eq!(junit::cases(&read("junit.xml")).len(), 3);
    assert_eq!(read("a.sarif"), read("a.sarif.json"));
    assert_eq!(read("a.jsonl").lines().count(), 4);
    assert_eq!(serde_json::from_str::<Report>(&read("a.json")).unwrap(), serde_json::from_str(&answer.out).unwrap());
    assert!(!pipelines::assert_gitlab(&read("gl-code-quality-report.json")).is_empty());
}

#[test]
fn github_gets_annotations_and_a_summary_of_the_step() {
    let program = Program::new();
    let summary = program.file("summary", "before\n");
    let mut command = program.command();
    let answer = Answer::of(command.args(ARGUMENTS).arg("--format=github").env("GITHUB_STEP_SUMMARY", &summary));
    let errors = pipelines::of_github(&answer.out).into_iter().filter(|command| command.word == "error").count();
    assert_eq!((answer.code, errors), (1, 2), "{}", answer.out);
    let failed = answer.err.lines().find(|line| line.starts_with("FAIL mcr.microsoft.com/windows/nanoserver:ltsc2025"));
    assert!(failed.is_some_and(|line| line.contains("[image-newer-than-host]; hint: use ")), "{}", answer.err);
    let text = fs::read_to_string(&summary).unwrap();
    let rest = text.strip_prefix("before\n").unwrap();
    assert_eq!(markdown::seen(rest).rows.len(), 4, "{rest}");

    // It belongs to the format, wherever that is written; no other format has one.
    for (arguments, grows) in
        [(vec!["-o".to_owned(), format!("github={summary}.log")], true), (vec!["--format=azure".to_owned()], false)]
    {
        let before = fs::metadata(&summary).unwrap().len();
        let answer = Answer::of(program.command().args(ARGUMENTS).args(&arguments).env("GITHUB_STEP_SUMMARY", &summary));
        assert_eq!(answer.code, 1);
        assert_eq!(fs::metadata(&summary).unwrap().len() > before, grows, "{arguments:?}");
    }
}

/// GitHub refuses a summary of more than 1 MiB whole.
#[test]
fn a_summary_stays_below_what_github_takes() {
    let program = Program::new();
    for (before, after) in [(1 << 20, 1 << 20), ((1 << 20) - 20, (1 << 20) - 20), ((1 << 20) - 300, (1 << 20) - 1)] {
        let summary = program.file("summary", "x".repeat(before - 1) + "\n");
        let answer = Answer::of(program.command().args(ARGUMENTS).arg("--format=github").env("GITHUB_STEP_SUMMARY", &summary));
        assert_eq!(answer.code, 1);
        let text = fs::read_to_string(&summary).unwrap();
        assert!((before..=after).contains(&text.len()), "{} bytes", text.len());
        assert!(text.len() == before || text.ends_with("The rest is left out: the runner takes no more.\n"));
    }
}

#[test]
fn a_summary_that_cannot_be_written_is_a_warning() {
    let program = Program::new();
    let nowhere = program.folder().join("no-such-folder").join("summary");
    let answer = Answer::of(program.command().args(ARGUMENTS).arg("--format=github").env("GITHUB_STEP_SUMMARY", &nowhere));
    assert_eq!(answer.code, 1);
    assert!(
        answer.err.contains("warning: nothing was appended to ") && answer.err.contains("GITHUB_STEP_SUMMARY"),
        "{}",
        answer.err
    );
    assert!(!pipelines::of_github(&answer.out).is_empty());
}
