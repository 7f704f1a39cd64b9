//! What was found, in the forms people and programs read: one renderer a file.
//!
//! A renderer knows the types of what it prints, from whichever room: a judgement of `compat`, a host, a container or an image of
//! `runner`. It asks nothing of them that reads a file or calls Windows, and no room but `cli` knows it.

mod columns;
pub mod containers;
pub mod containers_table;
pub mod document;
pub mod failure;
pub mod host;
pub mod host_table;
pub mod images;
pub mod plain;
pub mod table;

use std::io::{self, Write};

pub use document::Report;

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

/// A form of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
}

/// Writes the report in this form; `width` is the number of columns for what is wide.
pub fn write(report: &Report, format: Format, width: u16, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(report, width, out),
        Format::Json => json(report, out),
    }
}

/// Writes one JSON document and a line feed. What is printed holds no line that begins with text from outside.
pub fn json<T: serde::Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}
