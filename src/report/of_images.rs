//! The formats of reports of images on hosts, for every answer that holds one.

use std::io::{self, Write};

use super::{Appended, Format, Page, Renderer, Report, for_people, for_programs};
use super::{azure, github, gitlab, html, jsonl, junit, markdown, matrix, sarif};

/// An answer that holds a report of images on hosts, and is that in most formats.
pub(super) trait HoldsReport: 'static {
    /// The report.
    fn report(&self) -> &Report;
}

/// A format of a report, for an answer that holds one.
pub(super) struct Held<T>(pub(super) T);

impl<R: HoldsReport, T: Renderer<Report>> Renderer<R> for Held<T> {
    fn render(&self, answer: &R, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.0.render(answer.report(), page, out)
    }
}

/// The lines of `--help` in which the answers differ.
pub(super) struct Abouts {
    /// That of `matrix`.
    pub matrix: &'static str,
    /// That of `jsonl`.
    pub lines: &'static str,
    /// That of `junit`.
    pub junit: &'static str,
}

/// The formats: the text and the JSON are of the answer itself, the others of its report.
pub(super) const fn formats<R: HoldsReport>(text: Format<R>, json: Format<R>, about: &Abouts) -> [Format<R>; 11] {
    [
        text,
        for_people("matrix", about.matrix, &[], &Held(matrix::Matrix)),
        json,
        for_programs("jsonl", about.lines, &["jsonl", "ndjson"], &Held(jsonl::JsonLines)),
        for_programs("html", "One page with a matrix, a filter and every finding", &["html", "htm"], &Held(html::Html)),
        for_programs(
            "markdown",
            "Markdown for comments and summaries, failures first",
            &["md", "markdown"],
            &Held(markdown::Markdown),
        ),
        for_programs("junit", about.junit, &["xml"], &Held(junit::JUnit)),
        for_programs("sarif", "SARIF 2.1.0 for code scanning", &["sarif", "sarif.json"], &Held(sarif::Sarif)),
        Format {
            // The summary of a step in GitHub Actions, which takes at most 1 MiB.
            appended: Some(Appended { variable: "GITHUB_STEP_SUMMARY", most: 1024 * 1024, renderer: &Held(markdown::Markdown) }),
            ..for_programs("github", "Annotations of GitHub Actions, and the step's summary", &[], &Held(github::GitHub))
        },
        for_programs("azure", "Issues of Azure Pipelines", &[], &Held(azure::Azure)),
        for_programs("gitlab", "Code Quality of GitLab", &[], &Held(gitlab::GitLab)),
    ]
}
