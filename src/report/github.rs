//! The report for GitHub Actions: workflow commands, which become annotations of the run.
//!
//! The commands are those of <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::io::{self, Write};

use super::commands::kinds;
use super::document::Report;
use super::labels::Labels;
use super::overview::sum;
use super::plain::clean;
use super::problems::{self, Per, Problem};
use super::{Page, Renderer};

/// The longest title and the longest message that GitHub keeps, in characters.
const LONGEST_TITLE: usize = 255;
const LONGEST_MESSAGE: usize = 4096;

/// Errors and warnings, at most ten each, and the sum as a notice.
#[derive(Clone, Copy, Debug)]
pub struct GitHub;

impl Renderer<Report> for GitHub {
    fn render(&self, report: &Report, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        for kind in kinds(&problems::all(report, &labels, Per::Image)) {
            for problem in kind.shown {
                writeln!(out, "::{}{}", kind.word, command(problem))?;
            }
            if let Some(rest) = kind.rest() {
                writeln!(out, "{rest}")?;
            }
        }
        writeln!(out, "::notice title=wincompat::{}", data(&sum(report)))
    }
}

/// Everything behind the word, e.g. ` file=Dockerfile,line=3,title=app%3A1 on web01::the builds differ`.
fn command(problem: &Problem<'_>) -> String {
    let mut properties = String::new();
    if let Some(location) = problem.location {
        let file = property(&location.path());
        properties.push_str(&format!("file={file},line={},col={},", location.line, location.column));
    }
    let title: String = clean(&problem.title()).chars().take(LONGEST_TITLE).collect();
    let mut lines = problem.below_title();
    if lines.is_empty() {
        lines.push(problem.title());
    }
    if let Some(first) = lines.first_mut() {
        first.push_str(&format!(" [{}]", problem.code));
    }
    let lines: Vec<String> = lines.iter().map(|line| clean(line).into_owned()).collect();
    let message: String = lines.join("\n").chars().take(LONGEST_MESSAGE).collect();
    format!(" {properties}title={}::{}", property(&title), data(&message))
}

/// Text in the place of a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text in the place of a property.
fn property(text: &str) -> String {
    data(&clean(text)).replace(':', "%3A").replace(',', "%2C")
}
