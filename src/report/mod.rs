//! The answers of the commands: as data, and in the formats that people and programs read.
//!
//! The data can be written and read again, so that one program can read another's answer: [`Report`] is what `wincompat check`
//! says, [`host::HostReport`] what `wincompat host` says, [`explanation::ExplanationReport`] what `wincompat explain` says.
//!
//! A new format is a file here with its [`Renderer`], and its line in the list of formats: that of `of_images`, or that of its report.
//! A renderer knows the types of what it prints, from whichever room. It calls nothing that judges, reads a file or asks Windows.

#[cfg(feature = "program")]
mod azure;
#[cfg(all(feature = "running", feature = "schema"))]
pub mod census;
#[cfg(feature = "program")]
mod census_text;
#[cfg(feature = "clusters")]
pub mod cluster;
#[cfg(feature = "clusters")]
pub mod cluster_plan;
#[cfg(feature = "clusters")]
mod cluster_text;
#[cfg(feature = "program")]
mod columns;
#[cfg(feature = "program")]
mod commands;
#[cfg(feature = "running")]
pub mod containers;
#[cfg(feature = "program")]
mod containers_table;
pub mod document;
pub mod engines;
#[cfg(feature = "program")]
mod engines_table;
pub mod explanation;
#[cfg(feature = "program")]
mod explanation_text;
pub mod failure;
#[cfg(feature = "running")]
pub mod failure_report;
#[cfg(feature = "program")]
mod github;
#[cfg(feature = "program")]
mod gitlab;
#[cfg(feature = "program")]
mod grid;
#[cfg(feature = "program")]
mod groups;
#[cfg(feature = "program")]
mod hints;
pub mod host;
#[cfg(feature = "program")]
pub mod host_table;
#[cfg(feature = "program")]
mod html;
#[cfg(feature = "running")]
pub mod images;
#[cfg(feature = "program")]
mod images_table;
pub mod json;
#[cfg(feature = "program")]
pub mod jsonl;
#[cfg(feature = "program")]
mod junit;
#[cfg(feature = "program")]
mod labels;
pub mod lines;
#[cfg(feature = "program")]
mod markdown;
#[cfg(feature = "program")]
pub mod matrix;
#[cfg(feature = "program")]
mod of_images;
#[cfg(feature = "program")]
mod outcome;
#[cfg(feature = "program")]
mod outline;
#[cfg(feature = "program")]
mod outline_markdown;
#[cfg(feature = "program")]
mod overview;
pub mod plain;
#[cfg(feature = "program")]
mod plan_text;
#[cfg(feature = "clusters")]
mod policy_report;
#[cfg(feature = "program")]
mod problems;
#[cfg(feature = "program")]
mod sarif;
#[cfg(feature = "program")]
pub mod scanned;
#[cfg(feature = "program")]
mod snippets;
#[cfg(feature = "program")]
pub mod table;
#[cfg(feature = "program")]
pub mod upgrade;
#[cfg(feature = "program")]
mod upgrade_text;
mod word;

use std::fmt;
use std::io::{self, Write};

use jiff::Timestamp;

pub use document::Report;
pub use word::Word;

use crate::advice::{Advice, Remedy};

/// The words in which a program offers what this library names as data.
pub trait Wording {
    /// The words for one remedy, e.g. `--offline` or `` `wincompat prune` ``.
    fn remedy(&self, remedy: &Remedy) -> String;

    /// A piece of advice, with its remedies worded.
    fn advice(&self, advice: &Advice) -> String {
        advice.worded(|remedy| self.remedy(remedy))
    }
}

/// The writer of one format of a report `R`.
pub trait Renderer<R>: Sync {
    /// Writes the report.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written.
    fn render(&self, report: &R, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// The page that a report is written on.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The number of columns for tables and paragraphs, e.g. 80.
    pub columns: u16,
    /// The time from which ages are counted, e.g. `3 weeks ago`.
    pub now: Timestamp,
    /// True if ids and commands are not cut.
    pub whole: bool,
    /// The amount that is written of an answer with many parts.
    pub detail: Detail,
    /// The words for remedies.
    pub wording: &'a dyn Wording,
}

/// The amount that is written of an answer with many parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Failures alone.
    Failures,
    /// Failures whole, the rest in short.
    #[default]
    Summary,
    /// Every part whole.
    Every,
}

/// A format that a command offers.
pub struct Format<R: 'static> {
    /// The name, e.g. `json`.
    pub name: &'static str,
    /// A line for `--help`, e.g. `One JSON document`.
    pub about: &'static str,
    /// The endings of files that are written in it if no format is named, e.g. `["json"]`.
    pub endings: &'static [&'static str],
    /// True if people read every failure in it, so that standard error need not repeat them.
    pub for_people: bool,
    /// The renderer.
    pub renderer: &'static dyn Renderer<R>,
    /// A further report that belongs to it.
    pub appended: Option<Appended<R>>,
}

/// A report that a pipeline's runner wants appended to a file, which it names in a variable of the environment.
pub struct Appended<R: 'static> {
    /// The name of the variable, e.g. `GITHUB_STEP_SUMMARY`.
    pub variable: &'static str,
    /// The most bytes that the runner takes.
    pub most: u64,
    /// The renderer; its text may be cut behind any line.
    pub renderer: &'static dyn Renderer<R>,
}

impl<R> fmt::Debug for Format<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A report that a command prints in one of several formats.
pub trait Printed: Sized + 'static {
    /// The word for it in `--help`, e.g. `report`.
    const CALLED: &'static str;
    /// The formats; the first is taken if none is named.
    const FORMATS: &'static [Format<Self>];
}

/// The format of every report that can be serialised.
#[cfg(feature = "program")]
const fn one_json_document<R: serde::Serialize>() -> Format<R> {
    Format {
        name: "json",
        about: "One JSON document",
        endings: &["json"],
        for_people: false,
        renderer: &json::Json,
        appended: None,
    }
}

/// A format that people read.
#[cfg(feature = "program")]
const fn for_people<R>(
    name: &'static str,
    about: &'static str,
    endings: &'static [&'static str],
    renderer: &'static dyn Renderer<R>,
) -> Format<R> {
    Format { name, about, endings, for_people: true, renderer, appended: None }
}

/// A format for programs and pages, so that standard error repeats what does not pass.
#[cfg(feature = "program")]
const fn for_programs<R>(
    name: &'static str,
    about: &'static str,
    endings: &'static [&'static str],
    renderer: &'static dyn Renderer<R>,
) -> Format<R> {
    Format { name, about, endings, for_people: false, renderer, appended: None }
}

/// The formats of a report that is written in sections.
#[cfg(feature = "program")]
const fn outlined<R: outline::Outlined + serde::Serialize>() -> [Format<R>; 4] {
    [
        for_people("text", "Text for people", &["txt"], &outline::OutlineText),
        one_json_document(),
        for_programs("html", "One page", &["html", "htm"], &html::outline::OutlineHtml),
        for_programs("markdown", "Markdown for comments and summaries", &["md", "markdown"], &outline_markdown::OutlineMarkdown),
    ]
}

#[cfg(feature = "program")]
impl of_images::HoldsReport for Report {
    fn report(&self) -> &Report {
        self
    }
}

/// The formats of `wincompat check`.
#[cfg(feature = "program")]
impl Printed for Report {
    const CALLED: &'static str = "report";
    const FORMATS: &'static [Format<Self>] = &of_images::formats(
        for_people("table", "Text for people, failures first", &["txt"], &table::Table),
        one_json_document(),
        &of_images::Abouts {
            matrix: "Text: images down, hosts across",
            lines: "JSON Lines: a result a line",
            junit: "JUnit's XML: a suite an image, a test a host",
        },
    );
}

/// The formats of `wincompat scan` for two fleets; their names are among those for one.
#[cfg(feature = "program")]
impl Printed for upgrade::UpgradeReport {
    const CALLED: &'static str = "report";
    const FORMATS: &'static [Format<Self>] = &outlined();
}

/// The formats of `wincompat host`.
#[cfg(feature = "program")]
impl Printed for host::HostReport {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] =
        &[for_people("table", "Text for people", &["txt"], &host_table::HostTable), one_json_document()];
}

/// The formats of `wincompat engines`.
#[cfg(feature = "program")]
impl Printed for engines::EnginesReport {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] = &[
        for_people("table", "Text for people", &["txt"], &engines_table::EnginesTable),
        one_json_document(),
        for_programs("markdown", "Markdown for comments and summaries", &["md", "markdown"], &engines_table::EnginesMarkdown),
    ];
}

/// The formats of `wincompat explain`.
#[cfg(feature = "program")]
impl Printed for explanation::ExplanationReport {
    const CALLED: &'static str = "explanation";
    const FORMATS: &'static [Format<Self>] =
        &[for_people("text", "For people", &["txt"], &explanation_text::ExplanationText), one_json_document()];
}

/// The formats of `wincompat ps`.
#[cfg(feature = "program")]
impl Printed for containers::Containers {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] =
        &[for_people("table", "Text for people", &["txt"], &containers_table::ContainersTable), one_json_document()];
}

/// The formats of `wincompat run --dry-run`.
#[cfg(feature = "program")]
impl Printed for crate::runner::life::dry_run::Planned {
    const CALLED: &'static str = "dry run";
    const FORMATS: &'static [Format<Self>] =
        &[for_people("text", "Numbered steps, for people", &["txt"], &plan_text::PlanText), one_json_document()];
}

/// The formats of `wincompat pull --dry-run`.
#[cfg(feature = "program")]
impl Printed for crate::runner::census::Census {
    const CALLED: &'static str = "dry run";
    const FORMATS: &'static [Format<Self>] =
        &[for_people("text", "A paragraph a layer, for people", &["txt"], &census_text::CensusText), one_json_document()];
}

/// The formats of `wincompat images`.
#[cfg(feature = "program")]
impl Printed for images::ImageListing {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] =
        &[for_people("table", "Text for people", &["txt"], &images_table::ImagesTable), one_json_document()];
}

#[cfg(test)]
mod tests {
    use super::{Detail, Page};
    use crate::cli::wording::CommandLine;

    impl Page<'static> {
        /// The page of a test: this many columns, on 2026-11-25 at this time of day in UTC, e.g. `10:10`.
        pub(super) fn of_test(columns: u16, time: &str) -> Self {
            let now = format!("2026-11-25T{time}:00Z").parse().unwrap();
            Self { columns, now, whole: false, detail: Detail::default(), wording: &CommandLine }
        }
    }
}
