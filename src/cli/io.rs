//! The surroundings of a command: its streams, the room on them, and the operating system.

use std::io::{self, Read, Write};

use jiff::Timestamp;

use super::platform::Platform;
use super::wording::CommandLine;
use crate::report::plain::clean;
use crate::report::{Detail, Page, Wording as _, failure};
use crate::{Advice, Error};

/// The streams of a command, and the system it runs on. Everything but the answer goes to `err`.
pub struct Io<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Standard output, for the answer.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// The number of columns for tables and paragraphs: those of the terminal, or 80 where the answer goes elsewhere.
    pub columns: u16,
    /// The operating system.
    pub platform: &'a Platform,
}

impl Io<'_> {
    /// Prints a failure as what, why, and what to do.
    ///
    /// # Errors
    ///
    /// Standard error cannot be written.
    pub fn fail(&mut self, error: &Error) -> io::Result<()> {
        let hint = error.hint.as_ref().map(|hint| CommandLine.advice(hint));
        failure::write(&error.what, &error.causes, hint.as_deref(), self.err)
    }

    /// Prints a warning.
    ///
    /// # Errors
    ///
    /// Standard error cannot be written.
    pub fn warn(&mut self, note: &Advice) -> io::Result<()> {
        writeln!(self.err, "warning: {}", clean(&CommandLine.advice(note)))
    }

    /// The page that answers are printed on.
    pub fn page(&self) -> Page<'static> {
        Page { columns: self.columns, now: Timestamp::now(), whole: false, detail: Detail::Summary, wording: &CommandLine }
    }
}
