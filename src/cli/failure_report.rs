//! The report that is written by itself when a call of Windows has failed, and its name in the last line of the error.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::platform::Platform;
use super::wording::{CommandLine, OnStore};
use crate::Error;
use crate::advice::advice;
use crate::clock::now;
use crate::hcs::journal::Journal;
use crate::report::failure_report::FailureReport;
use crate::runner::store::Store;

/// The error with a hint that names the report, which is written before; the error as it is, if no call has failed since the last one.
pub fn attach(platform: &Platform, store: &Path, error: &Error) -> Error {
    if !platform.journal.has_failed() {
        return error.clone();
    }
    let Ok(text) = text(platform, store, Some(error)) else { return error.clone() };
    // What comes after this is another failure.
    platform.journal.clear();
    match keep(platform, store, &text) {
        Some(path) => {
            let hint = error.advice();
            error.clone().hint(advice![hint, "; what Windows answered is in ", path.display().to_string()])
        }
        None => error.clone(),
    }
}

/// The text of a report.
///
/// # Errors
///
/// None that a text in memory has.
pub fn text(platform: &Platform, store: &Path, error: Option<&Error>) -> io::Result<Vec<u8>> {
    let began = platform.journal.calls().0.first().map_or_else(now, |call| call.at);
    let host = platform.live_host();
    let report = FailureReport {
        command: &command(),
        error,
        written: now(),
        facts: host.map(|host| host.describe(store)).unwrap_or_default(),
        journal: &platform.journal,
        events: host.map(|host| host.events(began)).unwrap_or_default(),
    };
    let mut text = Vec::new();
    report.write(&OnStore(Some(store.to_owned())), &mut text)?;
    Ok(text)
}

/// Writes the calls so far into the folder for temporary files, for a program that is about to end in the middle of one: the path.
pub fn last_words(journal: &Arc<Journal>) -> Option<PathBuf> {
    if !journal.has_failed() {
        return None;
    }
    let report = FailureReport {
        command: &command(),
        error: Some(&Error::new("interrupted before everything was released")),
        written: now(),
        facts: Vec::new(),
        journal,
        events: Vec::new(),
    };
    let mut text = Vec::new();
    report.write(&CommandLine, &mut text).ok()?;
    keep_aside(&text)
}

/// Keeps a report in the store, or, where that cannot be written, in the folder for temporary files.
fn keep(platform: &Platform, store: &Path, text: &[u8]) -> Option<PathBuf> {
    Store::keep_report(&*platform.folders, store, &name(now()), text).ok().or_else(|| keep_aside(text))
}

fn keep_aside(text: &[u8]) -> Option<PathBuf> {
    // Never over something that is there: another report of the same second has another name.
    let prefix = format!("wincompat-report-{}-", name(now()));
    let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".txt").tempfile().ok()?;
    file.write_all(text).ok()?;
    file.keep().ok().map(|(_, path)| path)
}

/// The name of a report of this time, e.g. `20261126T085357-run`.
fn name(time: Timestamp) -> String {
    let command: String = command().chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    format!("{}-{command}", time.strftime("%Y%m%dT%H%M%S"))
}

/// The command that was typed, without its arguments.
fn command() -> String {
    std::env::args_os().nth(1).map(OsString::into_string).and_then(Result::ok).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::platform::tests::bare;
    use crate::ownership::tests::PlainFolders;

    fn fail(journal: &Journal) {
        let number = journal.begin("PrepareLayer", Some("C:\\scratch"));
        journal.end(number, 0x8007_0005, Duration::ZERO, None);
    }

    #[test]
    fn a_failed_call_is_reported_once_and_the_last_line_says_where() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(&PlainFolders, folder.path()).unwrap();
        let platform = bare();
        let error = Error::new("the container was not started").hint("look");
        assert_eq!(attach(&platform, folder.path(), &error), error, "no call has failed");
        fail(&platform.journal);
        let told = attach(&platform, folder.path(), &error).hint.unwrap().to_string();
        let path = told.strip_prefix("look; what Windows answered is in ").unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("error: the container was not started") && text.contains("0x80070005"), "{text}");
        assert!(Path::new(path).starts_with(folder.path().join("reports")), "{path}");
        assert_eq!(attach(&platform, folder.path(), &error), error, "it was reported");
    }

    #[test]
    fn where_there_is_no_store_the_report_is_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let platform = bare();
        fail(&platform.journal);
        let told = attach(&platform, &folder.path().join("none"), &Error::new("x").hint("y")).hint.unwrap().to_string();
        let path = told.rsplit(" is in ").next().unwrap();
        assert!(std::fs::read_to_string(path).unwrap().contains("PrepareLayer"));
        std::fs::remove_file(path).unwrap();
        assert!(!folder.path().join("none").exists());
    }

    #[test]
    fn what_has_not_returned_when_the_program_ends_is_kept_too() {
        let journal = Arc::new(Journal::default());
        assert_eq!(last_words(&journal), None);
        journal.begin("ImportLayer", None);
        // Two of one second are two files.
        let reports = [last_words(&journal).unwrap(), last_words(&journal).unwrap()];
        assert_ne!(reports[0], reports[1]);
        for path in reports {
            assert!(std::fs::read_to_string(&path).unwrap().contains("ImportLayer"));
            std::fs::remove_file(path).unwrap();
        }
    }
}
