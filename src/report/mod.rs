//! The answers of the commands: as data, and in the formats that people and programs read.
//!
//! The data can be written and read again, so that one program can read another's answer: [`Report`] is what `wincompat check`
//! says, [`host::HostReport`] what `wincompat host` says, [`explanation::ExplanationReport`] what `wincompat explain` says.
//!
//! A new format is a file here with its [`Renderer`], and its lines in this file. A renderer knows the types of what it prints, from
//! whichever room. It calls nothing that judges, reads a file or asks Windows.

#[cfg(feature = "program")]
mod columns;
#[cfg(feature = "running")]
pub mod containers;
#[cfg(feature = "program")]
mod containers_table;
pub mod document;
pub mod explanation;
#[cfg(feature = "program")]
mod explanation_text;
pub mod failure;
pub mod host;
#[cfg(feature = "program")]
pub mod host_table;
#[cfg(feature = "running")]
pub mod images;
#[cfg(feature = "program")]
mod images_table;
pub mod json;
pub mod plain;
#[cfg(feature = "program")]
pub mod table;
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
    /// The words for remedies.
    pub wording: &'a dyn Wording,
}

/// A format that a command offers.
pub struct Format<R: 'static> {
    /// The name, e.g. `json`.
    pub name: &'static str,
    /// A line for `--help`, e.g. `One JSON document`.
    pub about: &'static str,
    /// The renderer.
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
    Format { name: "json", about: "One JSON document", renderer: &json::Json }
}

/// The formats of `wincompat check`.
#[cfg(feature = "program")]
impl Printed for Report {
    const CALLED: &'static str = "report";
    const FORMATS: &'static [Format<Self>] =
        &[Format { name: "table", about: "Text for people", renderer: &table::Table }, one_json_document()];
}

/// The formats of `wincompat host`.
#[cfg(feature = "program")]
impl Printed for host::HostReport {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] =
        &[Format { name: "table", about: "Text for people", renderer: &host_table::HostTable }, one_json_document()];
}

/// The formats of `wincompat explain`.
#[cfg(feature = "program")]
impl Printed for explanation::ExplanationReport {
    const CALLED: &'static str = "explanation";
    const FORMATS: &'static [Format<Self>] =
        &[Format { name: "text", about: "For people", renderer: &explanation_text::ExplanationText }, one_json_document()];
}

/// The formats of `wincompat ps`.
#[cfg(feature = "program")]
impl Printed for containers::Containers {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] =
        &[Format { name: "table", about: "Text for people", renderer: &containers_table::ContainersTable }, one_json_document()];
}

/// The formats of `wincompat images`.
#[cfg(feature = "program")]
impl Printed for images::ImageListing {
    const CALLED: &'static str = "answer";
    const FORMATS: &'static [Format<Self>] =
        &[Format { name: "table", about: "Text for people", renderer: &images_table::ImagesTable }, one_json_document()];
}
