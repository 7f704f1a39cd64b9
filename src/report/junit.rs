//! The report as JUnit's XML, which nearly every pipeline shows as tests: a suite for each image, a case for each host
//! and place.
//!
//! A result that is not ok is a failure. One that is undecided is an error, and so is an image that was not read: neither was shown to
//! run, so no job may look as if all had passed. A workload of a cluster without a result is a suite with one case.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::document::{FindingEntry, Location, PlacementEntry, Report, ResultEntry};
use super::labels::Labels;
use super::overview::conclusion;
use super::plain::clean;
use super::problems::kind;
use super::table::severity_label;
use super::{Page, Renderer, grid};

/// One `testsuites` element.
#[derive(Clone, Copy, Debug)]
pub struct JUnit;

impl Renderer<Report> for JUnit {
    fn render(&self, report: &Report, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        let mut document = Document::new("wincompat");
        let mut names = Names::default();
        let mut suites = Suites::default();
        for row in grid::rows(report, &labels) {
            let image = clean(row.image);
            for entry in row.results() {
                let name = names.one(&image, &named(labels.of_host(&entry.host), entry.location.as_ref()));
                suites.add(&image, case(entry, name));
            }
        }
        for placement in &report.placements {
            let object = clean(&placement.object);
            let name = names.one(&object, &named("its pods land where they run", Some(&placement.location)));
            let mut case = TestCase::new(name, unplaced(placement));
            case.set_classname(&*object);
            suites.add(&object, case);
        }
        for error in &report.errors {
            let reference = error.name();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let hint = error.hint.iter().map(|hint| format!("hint: {}", clean(hint)));
            let lines: Vec<String> = std::iter::once(clean(&error.message).into_owned()).chain(hint).collect();
            status.set_message(clean(&error.message)).set_type(clean(&kind(&error.kind))).set_description(lines.join("\n"));
            let reference = clean(&reference);
            let name = names.one(&reference, &named("the image is read", error.location.as_ref()));
            let mut case = TestCase::new(name, status);
            case.set_classname(&*reference);
            suites.add(&reference, case);
        }
        for suite in suites.all {
            document.add_test_suite(suite);
        }
        let text = document.to_string().map_err(io::Error::other)?;
        // The schema by which Jenkins' xUnit plugin validates does not know this attribute on the first element.
        out.write_all(text.replacen(" skipped=\"0\"", "", 1).as_bytes())
    }
}

/// The suites, each name once: an image may be judged in one place, and not be read in another.
#[derive(Default)]
struct Suites {
    all: Vec<TestSuite>,
    numbers: HashMap<String, usize>,
}

impl Suites {
    /// Adds a case to the suite of this name.
    fn add(&mut self, name: &str, case: TestCase) {
        let number = *self.numbers.entry(name.to_owned()).or_insert(self.all.len());
        if number == self.all.len() {
            self.all.push(TestSuite::new(name));
        }
        if let Some(suite) = self.all.get_mut(number) {
            suite.add_test_case(case);
        }
    }
}

/// The names of the cases of each suite: Jenkins takes two cases of one name for one.
#[derive(Default)]
struct Names(HashMap<(String, String), usize>);

impl Names {
    /// This name, with a number if it was taken before.
    fn one(&mut self, suite: &str, name: &str) -> String {
        let number = self.0.entry((suite.to_owned(), name.to_owned())).or_default();
        *number += 1;
        if *number == 1 { name.to_owned() } else { format!("{name} #{number}") }
    }
}

/// The name of a case with the place in a file, e.g. `web01 at Dockerfile:3`.
fn named(what: &str, location: Option<&Location>) -> String {
    let place = location.map(|location| format!(" at {}", location.place())).unwrap_or_default();
    clean(&format!("{what}{place}")).into_owned()
}

fn case(entry: &ResultEntry, name: String) -> TestCase {
    let status = match entry.ok {
        Some(true) => TestCaseStatus::success(),
        Some(false) => unpassed(NonSuccessKind::Failure, entry),
        None => unpassed(NonSuccessKind::Error, entry),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(clean(&entry.image.reference));
    let warnings: Vec<String> = entry.findings.iter().filter(|finding| finding.warns()).map(line).collect();
    if entry.ok == Some(true) && !warnings.is_empty() {
        case.set_system_out(warnings.join("\n"));
    }
    case
}

fn unpassed(kind: NonSuccessKind, entry: &ResultEntry) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    let mut lines = vec![conclusion(entry).to_owned()];
    lines.extend(entry.findings.iter().map(line));
    if let Some(reason) = entry.findings.first() {
        status.set_message(clean(&reason.message)).set_type(clean(&reason.code.to_string()));
    } else {
        status.set_message(conclusion(entry));
    }
    status.set_description(lines.join("\n"));
    status
}

/// The failure of a workload without a result; an error where that is not decided.
fn unplaced(placement: &PlacementEntry) -> TestCaseStatus {
    let kind = if placement.ok.is_none() { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut status = TestCaseStatus::non_success(kind);
    let mut lines = vec![clean(placement.conclusion()).into_owned(), clean(&placement.message).into_owned()];
    lines.extend(placement.findings.iter().map(line));
    status.set_message(clean(&placement.message)).set_description(lines.join("\n"));
    if let Some(reason) = placement.reasons().next() {
        status.set_type(clean(&reason.code.to_string()));
    }
    status
}

/// A finding with what to do, e.g. `error: the builds differ [build-mismatch]`.
fn line(finding: &FindingEntry) -> String {
    let (_, severity) = severity_label(finding);
    let hint = if finding.help.is_empty() { String::new() } else { format!("\n  hint: {}", clean(&finding.help)) };
    format!("{} {} [{}]{hint}", clean(&severity), clean(&finding.message), clean(&finding.code.to_string()))
}
