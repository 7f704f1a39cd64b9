//! The answer of `wincompat scan`: the report of a check whose results have places, and the lines that stand there.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::document::Report;
use super::{Format, Page, Printed, Renderer, STEP_SUMMARY};
use super::{azure, github, gitlab, html, json, jsonl, junit, markdown, matrix, sarif, snippets};

/// The answer of a scan.
#[derive(Clone, Debug)]
pub struct ScanReport {
    /// The results.
    pub report: Report,
    /// The lines that are shown, by file and number.
    pub lines: Excerpts,
}

/// Lines of files, by the name of the file in the report and the number of the line.
pub type Excerpts = BTreeMap<(String, u32), String>;

/// A format that needs no lines.
struct Of<T>(T);

impl<T: Renderer<Report>> Renderer<ScanReport> for Of<T> {
    fn render(&self, report: &ScanReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.0.render(&report.report, page, out)
    }
}

const fn for_programs(
    name: &'static str,
    about: &'static str,
    endings: &'static [&'static str],
    renderer: &'static dyn Renderer<ScanReport>,
) -> Format<ScanReport> {
    super::for_programs(name, about, endings, renderer)
}

impl Printed for ScanReport {
    const CALLED: &'static str = "report";
    const FORMATS: &'static [Format<Self>] = &[
        super::for_people("text", "Text for people: each failure at its line", &["txt"], &snippets::Snippets),
        super::for_people("matrix", "Text: images down, hosts across", &[], &Of(matrix::Matrix)),
        for_programs("json", "One JSON document", &["json"], &Of(json::Json)),
        for_programs("jsonl", "JSON Lines: a result a line", &["jsonl", "ndjson"], &Of(jsonl::JsonLines)),
        for_programs("html", "One page with a matrix, a filter and every finding", &["html", "htm"], &Of(html::Html)),
        for_programs(
            "markdown",
            "Markdown for comments and summaries, failures first",
            &["md", "markdown"],
            &Of(markdown::Markdown),
        ),
        for_programs("junit", "JUnit's XML: a suite an image, a test a host", &["xml"], &Of(junit::JUnit)),
        for_programs("sarif", "SARIF 2.1.0 for code scanning", &["sarif", "sarif.json"], &Of(sarif::Sarif)),
        Format {
            appended: Some(super::Appended {
                variable: STEP_SUMMARY.variable,
                most: STEP_SUMMARY.most,
                renderer: &Of(markdown::Markdown),
            }),
            ..for_programs("github", "Annotations of GitHub Actions, and the step's summary", &[], &Of(github::GitHub))
        },
        for_programs("azure", "Issues of Azure Pipelines", &[], &Of(azure::Azure)),
        for_programs("gitlab", "Code Quality of GitLab", &[], &Of(gitlab::GitLab)),
    ];
}
