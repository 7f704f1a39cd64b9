//! The report for GitLab: Code Quality, which a merge request shows as a list and beside the lines.

use std::io::{self, Write};

use serde::Serialize;

use super::document::Report;
use super::labels::Labels;
use super::problems::{self, Level, Per, Problem};
use super::{Page, Renderer, json};

/// A JSON array with an issue for each image on each host that does not pass, each image that was not read, and each warning.
///
/// The fields are those of <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
#[derive(Clone, Copy, Debug)]
pub struct GitLab;

/// One issue.
#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

impl Renderer<Report> for GitLab {
    fn render(&self, report: &Report, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        let found = problems::all(report, &labels, Per::Host);
        let issues: Vec<Issue> =
            found.iter().zip(problems::fingerprints(&found)).map(|(problem, name)| issue(problem, name)).collect();
        json::write(&issues, out)
    }
}

fn issue(problem: &Problem<'_>, fingerprint: String) -> Issue {
    Issue {
        description: problem.lines().join(". "),
        check_name: problem.code.clone(),
        fingerprint,
        severity: match problem.level {
            Level::Failed => "critical",
            Level::Open => "major",
            Level::Warning => "minor",
        },
        location: Place {
            // GitLab wants a path. An image that stands in no file is named in its place.
            path: problem.location.map_or_else(|| problem.image.to_owned(), |location| location.path()),
            lines: Lines { begin: problem.location.map_or(1, |location| location.line.max(1)) },
        },
    }
}
