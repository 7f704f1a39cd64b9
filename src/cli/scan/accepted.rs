//! Failures that a team has accepted: they stay in the report as notes or warnings, and do not fail it.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::added::finding;
use super::settings::Settings;
use super::tree::Tree;
use crate::cli::judging::finding as code_of;
use crate::cli::placed::placed;
use crate::compat::{Code, Severity};
use crate::files::read_regular;
use crate::image::Digest;
use crate::report::document::ResultEntry;
use crate::report::scanned::Excerpts;
use crate::scan::{Failure, inline};
use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The name of the form of a baseline.
const SCHEMA: &str = "wincompat/baseline/v1";

/// The most bytes of a baseline.
const LARGEST: u64 = 64 << 20;

/// What is accepted.
#[derive(Debug)]
pub struct Accepted {
    settings: Settings,
    baseline: BTreeSet<String>,
    allowed: Vec<Code>,
    warned: Vec<Code>,
    today: Date,
    used: BTreeSet<u32>,
    /// What is wrong with exceptions in the files.
    mistakes: BTreeSet<String>,
}

/// The failures of an earlier scan.
#[derive(Debug, Serialize, Deserialize)]
struct Baseline {
    schema: String,
    failures: BTreeSet<String>,
}

impl Accepted {
    /// From the configuration, a baseline, and options.
    ///
    /// # Errors
    ///
    /// A baseline that cannot be read, or is another document.
    pub fn of(
        settings: Settings,
        baseline: Option<&Path>,
        allowed: &[Code],
        warned: &[Code],
        today: Date,
    ) -> Result<Self, Error> {
        let baseline = match baseline {
            Some(path) => read(path)?,
            None => BTreeSet::new(),
        };
        let (allowed, warned) = (allowed.to_vec(), warned.to_vec());
        Ok(Self { settings, baseline, allowed, warned, today, used: BTreeSet::new(), mistakes: BTreeSet::new() })
    }

    /// Lets the results pass that fail for accepted reasons alone.
    pub fn apply(&mut self, results: &mut [ResultEntry], tree: &Tree) {
        let failing = results.iter().filter(|entry| entry.ok == Some(false)).filter_map(|entry| entry.location.as_ref());
        // An exception may stand on the line before.
        let places: Vec<(&str, u32)> = failing
            .flat_map(|place| [place.line.saturating_sub(1), place.line].map(|line| (place.file.as_str(), line)))
            .collect();
        let lines = tree.lines(&places);
        for entry in results.iter_mut().filter(|entry| entry.ok == Some(false)) {
            let codes = codes_of(entry);
            if let Some((reason, severity)) = self.reason(entry, &codes, &lines) {
                accept(entry, &reason, severity);
            }
        }
    }

    /// Exceptions of the configuration that nothing needed, with their lines.
    pub fn unused(&self) -> Vec<u32> {
        let lines = self.settings.exceptions.iter().map(|exception| exception.line);
        lines.filter(|line| !self.used.contains(line)).collect()
    }

    /// What is wrong with exceptions in the files beside results that fail, with their places.
    pub const fn mistakes(&self) -> &BTreeSet<String> {
        &self.mistakes
    }

    fn reason(&mut self, entry: &mut ResultEntry, codes: &[String], lines: &Excerpts) -> Option<(String, Severity)> {
        let all_in =
            |list: &[Code]| !codes.is_empty() && codes.iter().all(|code| list.iter().any(|known| known.as_str() == code));
        if all_in(&self.allowed) {
            return Some(("accepted by the option allow".to_owned(), Severity::Note));
        }
        if all_in(&self.warned) {
            return Some(("a warning by the option warn".to_owned(), Severity::Warning));
        }
        if self.baseline.contains(&fingerprint(entry, codes)) {
            return Some(("known from the baseline".to_owned(), Severity::Note));
        }
        let place = entry.location.clone()?;
        let line = |number: u32| lines.get(&(place.file.clone(), number)).map(String::as_str);
        let found = inline(line(place.line), line(place.line.saturating_sub(1)));
        for code in found.iter().flat_map(|found| &found.codes) {
            if let Err(why) = code_of(code) {
                self.mistakes.insert(format!("{}:{}: the exception names {}: {why}", place.file, place.line, quoted(code)));
            }
        }
        if let Some(found) = found.filter(|found| codes.iter().all(|code| found.codes.contains(code))) {
            if !found.reason.is_empty() {
                return Some((format!("accepted in the file: {}", found.reason), Severity::Note));
            }
            entry.findings.push(finding(
                Code::ExceptionWithoutReason,
                "the exception in the file has no reason, so it does not count",
                "",
            ));
        }
        let failure = Failure { codes, image: &entry.image.reference, path: &place.file, host: entry.host.called() };
        let exception = self.settings.exceptions.iter().find(|exception| exception.covers(&failure))?;
        self.used.insert(exception.line);
        if let Some(day) = exception.until.filter(|_| exception.is_expired(self.today)) {
            let text =
                format!("the exception in line {} of the configuration ended on {day}: {}", exception.line, exception.reason);
            entry.findings.push(finding(Code::ExceptionExpired, &text, ""));
            return None;
        }
        let until = exception.until.map(|day| format!(" until {day}")).unwrap_or_default();
        Some((format!("accepted{until}: {}", exception.reason), Severity::Note))
    }
}

/// Writes the failures of these results for later scans.
///
/// # Errors
///
/// A file that cannot be written.
pub fn write(path: &Path, results: &[ResultEntry]) -> Result<usize, Error> {
    let failing = results.iter().filter(|entry| entry.ok == Some(false));
    let failures: BTreeSet<String> = failing.map(|entry| fingerprint(entry, &codes_of(entry))).collect();
    let number = failures.len();
    let baseline = Baseline { schema: SCHEMA.to_owned(), failures };
    let mut text =
        serde_json::to_string_pretty(&baseline).map_err(|error| Error::new("the baseline could not be made").because(error))?;
    text.push('\n');
    placed(path, &text).map_err(|error| {
        Error::new(format!("the baseline {} could not be written", path.display()))
            .because(error)
            .hint("name a file in a folder that this user may write to")
    })?;
    Ok(number)
}

fn read(path: &Path) -> Result<BTreeSet<String>, Error> {
    let failed = |kind: ErrorKind, why: String| {
        Error::of(kind, format!("the baseline {} could not be read", path.display()))
            .because(why)
            .hint("make one with --write-baseline FILE")
    };
    let bytes = read_regular(path, LARGEST).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed(ErrorKind::NotFound, error.to_string()),
        _ => failed(ErrorKind::Invalid, error.to_string()),
    })?;
    let baseline: Baseline = serde_json::from_slice(&bytes).map_err(|error| failed(ErrorKind::Invalid, error.to_string()))?;
    if baseline.schema != SCHEMA {
        return Err(failed(ErrorKind::Unsupported, format!("it is not of the form {SCHEMA}")));
    }
    Ok(baseline.failures)
}

/// The codes of the errors of a result.
fn codes_of(entry: &ResultEntry) -> Vec<String> {
    let errors = entry.findings.iter().filter(|finding| finding.severity.known() == Some(Severity::Error));
    errors.map(|finding| finding.code.to_string()).collect()
}

/// The name of a failure that stays the same while lines move: codes, image, host, file, part of the file.
fn fingerprint(entry: &ResultEntry, codes: &[String]) -> String {
    let place = entry.location.as_ref();
    let file = place.map(|place| place.file.as_str()).unwrap_or_default();
    let object = place.and_then(|place| place.object.as_deref()).unwrap_or_default();
    let parts = [&codes.join(","), entry.image.reference.as_str(), entry.host.called(), file, object];
    let parts: Vec<String> = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    Digest::of(parts.concat().as_bytes()).hex().to_owned()
}

fn accept(entry: &mut ResultEntry, reason: &str, severity: Severity) {
    for finding in entry.findings.iter_mut().filter(|finding| finding.severity.known() == Some(Severity::Error)) {
        finding.severity = severity.into();
    }
    entry.findings.push(finding(Code::Accepted, reason, ""));
    entry.ok = Some(true);
}
