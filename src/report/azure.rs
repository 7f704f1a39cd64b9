//! The report for Azure Pipelines: logging commands, which become issues of the run.
//!
//! The commands are those of <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>. None of them sets the result of
//! the step: its exit code does.

use std::io::{self, Write};

use super::commands::kinds;
use super::document::Report;
use super::labels::Labels;
use super::overview::sum;
use super::plain::clean;
use super::problems::{self, Per, Problem};
use super::{Page, Renderer};

/// Errors and warnings, at most ten each, and the sum as a line.
#[derive(Clone, Copy, Debug)]
pub struct Azure;

impl Renderer<Report> for Azure {
    fn render(&self, report: &Report, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        for kind in kinds(&problems::all(report, &labels, Per::Image)) {
            for problem in kind.shown {
                writeln!(out, "{}", command(kind.word, problem))?;
            }
            if let Some(rest) = kind.rest() {
                writeln!(out, "{rest}")?;
            }
        }
        writeln!(out, "{}", sum(report))
    }
}

fn command(word: &str, problem: &Problem<'_>) -> String {
    let mut properties = format!("type={word};");
    if let Some(location) = problem.location {
        let file = property(&location.path());
        properties.push_str(&format!("sourcepath={file};linenumber={};columnnumber={};", location.line, location.column));
    }
    properties.push_str(&format!("code={};", property(&problem.code)));
    // An issue is one line in the summary of a run.
    let message = problem.lines().join(". ");
    format!("##vso[task.logissue {properties}]{}", data(&clean(&message)))
}

/// Text in the place of a message.
fn data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text in the place of a property.
fn property(text: &str) -> String {
    data(&clean(text)).replace(';', "%3B").replace(']', "%5D")
}
