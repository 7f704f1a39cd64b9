//! The surroundings of a command: its streams, the room on them, and the operating system.

use std::io::{Read, Write as _};

use anstyle::{AnsiColor, Style};

use super::exit::ExitCode;
use super::failure_report;
use super::platform::Platform;
use super::store::StoreArgs;
use super::stream::Stream;
use super::wording::CommandLine;
use crate::clock::now;
use crate::report::plain::clean;
use crate::report::{Detail, Page, Wording as _, failure};
use crate::{Advice, Error};

/// The style of the word in front of an error, as the parser of the command line has it.
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The streams of a command, and the system it runs on. Everything but the answer goes to `err`. Writing to either never fails:
/// what could not be written is known at the end ([`Self::ended`]).
pub struct Io<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Standard output, for the answer.
    pub out: &'a mut Stream,
    /// Standard error.
    pub err: &'a mut Stream,
    /// The number of columns for tables and paragraphs: those of the terminal, or 80 where the answer goes elsewhere.
    pub columns: u16,
    /// The operating system.
    pub platform: &'a Platform,
    /// The store that the command works on, if it works on one.
    pub store: Option<StoreArgs>,
}

impl Io<'_> {
    /// Prints a failure as what, why, and what to do. Where a call of Windows has failed, a report is written, and named at the end.
    pub fn fail(&mut self, error: &Error) {
        let error = self.reported(error);
        let mut text = Vec::new();
        // Standard error keeps its failures to itself: there is no other place to tell them. Memory has none.
        let _ = failure::write(&error.what, &error.causes, &self.words(&error.advice()), &mut text);
        let text = String::from_utf8_lossy(&text);
        let rest = text.strip_prefix("error:").unwrap_or(&text);
        let word = self.error_word();
        let _ = write!(self.err, "{word}{rest}");
    }

    /// `error:`, with its colour where standard error shows colours.
    pub fn error_word(&self) -> String {
        if self.err.has_colours() { format!("{ERROR}error:{ERROR:#}") } else { "error:".to_owned() }
    }

    /// The error with a hint that names the report about a failed call of Windows, which is written before.
    fn reported(&self, error: &Error) -> Error {
        match self.store.as_ref().and_then(|store| store.folder(self.platform).ok()) {
            Some(folder) => failure_report::attach(self.platform, &folder, error),
            None => error.clone(),
        }
    }

    /// A piece of advice in the words of the command line; commands are for the store that this one works on.
    fn words(&self, advice: &Advice) -> String {
        self.store.as_ref().map_or_else(|| CommandLine.advice(advice), |store| store.wording().advice(advice))
    }

    /// Writes a report about a failure that does not end the command, and prints where it is.
    pub fn report(&mut self, error: Error) {
        let reported = self.reported(&error);
        if reported != error {
            self.warn(&reported.advice());
        }
    }

    /// Prints a warning.
    pub fn warn(&mut self, note: &Advice) {
        let words = self.words(note);
        let _ = writeln!(self.err, "warning: {}", clean(&words));
    }

    /// Prints what was done, or how, where nothing is wrong.
    pub fn note(&mut self, note: &Advice) {
        let words = self.words(note);
        let _ = writeln!(self.err, "note: {}", clean(&words));
    }

    /// The exit code of a command that ended with `code`: that, unless it was a success whose answer could not be written. That is
    /// printed, and ends with `unwritten`. A reader that has closed the stream has seen enough.
    pub fn ended(&mut self, code: ExitCode, unwritten: impl FnOnce(&Error) -> ExitCode) -> ExitCode {
        let _ = self.out.flush();
        let Some(failed) = self.out.failure() else { return code };
        let error = Error::new("the answer could not be written")
            .because(failed)
            .hint("check disk space and permissions where standard output goes");
        self.fail(&error);
        if code == ExitCode::DONE { unwritten(&error) } else { code }
    }

    /// The page that answers are printed on.
    pub fn page(&self) -> Page<'static> {
        Page { columns: self.columns, now: now(), whole: false, detail: Detail::Summary, wording: &CommandLine }
    }
}
