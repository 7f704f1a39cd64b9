//! Failures and warnings that a team has accepted. Failures stay in the report as notes or warnings, and do not fail it; warnings stay as
//! notes.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::added::finding;
use super::answer::Judged;
use super::fleet::among;
use super::seen::{Seen, repository};
use super::settings::Settings;
use super::tree::Tree;
use crate::cli::judging::finding as code_of;
use crate::cli::placed::{is_stream, written};
use crate::compat::{Code, Severity};
use crate::files::read_regular;
use crate::image::Digest;
use crate::report::document::{FindingEntry, HostEntry, Location, ResultEntry};
use crate::report::plain::clean;
use crate::report::scanned::Excerpts;
use crate::scan::{Exception, Failure, inline, misspelt};
use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The name of the form of a baseline.
const SCHEMA: &str = "wincompat/baseline/v1";

/// The most bytes of a baseline.
const LARGEST: u64 = 64 << 20;

/// What to do about an exception whose last day is over.
const CORRECT_OR_PROLONG: &str = "correct the failure, or give the exception a later day";

/// What to do about an exception without a reason.
const WRITE_A_REASON: &str = "write the reason behind two hyphens: `# wincompat: allow CODE -- REASON`";

/// What is accepted.
#[derive(Debug)]
pub struct Accepted {
    settings: Settings,
    baseline: BTreeSet<String>,
    allowed: Vec<Code>,
    warned: Vec<Code>,
    today: Date,
    /// The folder from which exceptions and baselines see files.
    seen: Seen,
    used: BTreeSet<u32>,
    /// True if the failures of today are written to a baseline.
    is_written: bool,
    /// The failures of today, without those that something else than the baseline accepts.
    failures: BTreeSet<String>,
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
    /// From the configuration, a baseline, and options; `is_written` says that [`Self::write`] follows.
    ///
    /// # Errors
    ///
    /// A baseline that cannot be read, or is another document.
    pub fn of(
        settings: Settings,
        (baseline, is_written): (Option<&Path>, bool),
        allowed: &[Code],
        warned: &[Code],
        today: Date,
    ) -> Result<Self, Error> {
        let baseline = match baseline {
            Some(path) => read(path)?,
            None => BTreeSet::new(),
        };
        Ok(Self {
            seen: Seen::from(settings.path.as_ref().map_or_else(repository, |_| settings.folder.clone()).as_path()),
            settings,
            baseline,
            allowed: allowed.to_vec(),
            warned: warned.to_vec(),
            today,
            used: BTreeSet::new(),
            is_written,
            failures: BTreeSet::new(),
            mistakes: BTreeSet::new(),
        })
    }

    /// Lets the results pass that fail for accepted reasons alone, and makes notes of the warnings that are accepted where a result passes. A
    /// result of equal hosts is taken apart where that is so for some of them.
    pub fn apply(&mut self, judged: &mut Judged, tree: &Tree) {
        let Judged { results, at, .. } = judged;
        let is_looked_at = |entry: &&ResultEntry| entry.ok == Some(false) || !warnings_of(entry).is_empty();
        let looked_at = results.iter().filter(is_looked_at).filter_map(|entry| entry.location.as_ref());
        // An exception may stand on the line before.
        let places: Vec<(&str, u32)> = looked_at
            .flat_map(|place| [place.line.saturating_sub(1), place.line].map(|line| (place.file.as_str(), line)))
            .collect();
        let lines = tree.lines(&places);
        let mut before = std::mem::take(results).into_iter();
        for (_, range) in at {
            let from = results.len();
            for entry in before.by_ref().take(range.len()) {
                let warnings = warnings_of(&entry);
                if entry.ok == Some(false) {
                    self.add_parts(entry, &lines, results);
                } else if warnings.is_empty() {
                    results.push(entry);
                } else {
                    results.extend(self.quiet_parts(&entry, &warnings, &lines));
                }
            }
            *range = from..results.len();
        }
    }

    /// Exceptions of the configuration that nothing needed, with their lines. Where a part of its folder is looked at, the others may need
    /// them.
    pub fn unused(&self, tree: &Tree) -> Vec<u32> {
        let is_whole = self.settings.path.as_deref().is_some_and(|path| tree.is_named(path));
        let lines = self.settings.exceptions.iter().map(|exception| exception.line);
        lines.filter(|line| is_whole && !self.used.contains(line)).collect()
    }

    /// What is wrong with exceptions in the files beside results that fail, with their places.
    pub const fn mistakes(&self) -> &BTreeSet<String> {
        &self.mistakes
    }

    /// Adds a result that fails, and what becomes of it on each of its hosts: those with one answer together.
    fn add_parts(&mut self, entry: ResultEntry, lines: &Excerpts, results: &mut Vec<ResultEntry>) {
        let codes = codes_of(&entry);
        let mut parts = self.by_host(&entry, |accepted, path, host| {
            accepted.answer(&entry, &Failure { codes: &codes, image: &entry.image.reference, path, host }, lines)
        });
        let last = parts.pop();
        results.extend(parts.into_iter().map(|(answer, host)| answer.put(ResultEntry { host, ..entry.clone() })));
        results.extend(last.map(|(answer, host)| answer.put(ResultEntry { host, ..entry })));
    }

    /// A result that passes with warnings of these codes, and what becomes of each of them on each of its hosts.
    fn quiet_parts(&mut self, entry: &ResultEntry, warnings: &[String], lines: &Excerpts) -> Vec<ResultEntry> {
        let parts = self.by_host(entry, |accepted, path, host| {
            let failure = |code| Failure { codes: std::slice::from_ref(code), image: &entry.image.reference, path, host };
            warnings.iter().map(|code| accepted.answer_to_warning(entry, &failure(code), lines)).collect::<Vec<_>>()
        });
        let put = |(answers, host): (Vec<Answer>, HostEntry)| {
            let mut entry = ResultEntry { host, ..entry.clone() };
            for (code, answer) in warnings.iter().zip(answers) {
                answer.quiet(code, &mut entry);
            }
            entry
        };
        parts.into_iter().map(put).collect()
    }

    /// What this function says of each host of a result, by the path of the file and the name of the host; hosts with one answer together.
    fn by_host<A: PartialEq>(
        &mut self,
        entry: &ResultEntry,
        mut answer: impl FnMut(&mut Self, &str, &str) -> A,
    ) -> Vec<(A, HostEntry)> {
        let by_name = self.looks_at_names();
        let place = entry.location.as_ref().filter(|_| by_name);
        let file = place.map(|place| self.seen.name(Path::new(&place.file))).unwrap_or_default();
        let hosts = if by_name { entry.host.names() } else { vec![entry.host.called()] };
        let mut parts: Vec<(A, Vec<String>)> = Vec::new();
        for host in hosts {
            let answer = answer(self, &file, host);
            match parts.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, hosts)) => hosts.push(host.to_owned()),
                None => parts.push((answer, vec![host.to_owned()])),
            }
        }
        let is_whole = parts.len() == 1;
        let host = |hosts: Vec<String>| if is_whole { entry.host.clone() } else { among(&entry.host, hosts) };
        parts.into_iter().map(|(answer, hosts)| (answer, host(hosts))).collect()
    }

    /// What becomes of one warning of a result that passes. An exception has to name it: one without a code is for failures.
    fn answer_to_warning(&mut self, entry: &ResultEntry, failure: &Failure<'_>, lines: &Excerpts) -> Answer {
        let (exception, allowed) = self.covered(failure, |exception| exception.code.is_some());
        allowed.unwrap_or_else(|| self.excepted(entry, failure, exception, lines))
    }

    fn answer(&mut self, entry: &ResultEntry, failure: &Failure<'_>, lines: &Excerpts) -> Answer {
        let (exception, allowed) = self.covered(failure, |_| true);
        if let Some(allowed) = allowed {
            return allowed;
        }
        if are_all_in(failure.codes, &self.warned) {
            return Answer::accepted("a warning by the option warn", Severity::Warning);
        }
        let fingerprint = self.names_failures().then(|| fingerprint(failure, entry.location.as_ref()));
        let is_known = fingerprint.as_ref().is_some_and(|one| self.baseline.contains(one));
        let answer = match is_known {
            true => Answer::accepted("known from the baseline", Severity::Note),
            false => self.excepted(entry, failure, exception, lines),
        };
        if is_known || answer.accepted.is_none() {
            self.failures.extend(fingerprint);
        }
        answer
    }

    /// The number of the exception that covers a failure or a warning and that `counts` for it, and the answer of the option that allows it.
    /// The exception covers it, whatever else accepts it too.
    fn covered(&mut self, failure: &Failure<'_>, counts: impl Fn(&Exception) -> bool) -> (Option<usize>, Option<Answer>) {
        let mut exceptions = self.settings.exceptions.iter().enumerate();
        let found = exceptions.find(|(_, exception)| counts(exception) && exception.covers(failure));
        self.used.extend(found.map(|(_, exception)| exception.line));
        let is_allowed = are_all_in(failure.codes, &self.allowed);
        let allowed = is_allowed.then(|| Answer::accepted("accepted by the option allow", Severity::Note));
        (found.map(|(number, _)| number), allowed)
    }

    /// What the exception in the file says, and the one of this number.
    fn excepted(&mut self, entry: &ResultEntry, failure: &Failure<'_>, number: Option<usize>, lines: &Excerpts) -> Answer {
        let exception = number.and_then(|number| self.settings.exceptions.get(number));
        excepted(entry, failure, (exception, self.today), lines, &mut self.mistakes)
    }

    /// True if a baseline is read or written.
    fn names_failures(&self) -> bool {
        self.is_written || !self.baseline.is_empty()
    }

    /// True if what becomes of a failure can depend on the names of its host and file. Thousands of hosts can be equal.
    fn looks_at_names(&self) -> bool {
        self.names_failures() || !self.settings.exceptions.is_empty()
    }

    /// Writes the failures of today for later scans, also those that the baseline of this one knows; returns their number.
    ///
    /// # Errors
    ///
    /// Another file in its place, a file that cannot be written.
    pub fn write(self, path: &Path) -> Result<usize, Error> {
        if !is_stream(path) {
            match read(path) {
                Err(error) if error.kind != ErrorKind::NotFound => {
                    return Err(error
                        .within(format!("the baseline {} was not written", path.display()))
                        .hint("name another file, or remove this one first"));
                }
                _ => {}
            }
        }
        let number = self.failures.len();
        let baseline = Baseline { schema: SCHEMA.to_owned(), failures: self.failures };
        let mut text = serde_json::to_string_pretty(&baseline)
            .map_err(|error| Error::new("the baseline could not be made").because(error))?;
        text.push('\n');
        written(path, |out| out.write_all(text.as_bytes())).map_err(|error| {
            Error::new(format!("the baseline {} could not be written", path.display()))
                .because(error)
                .hint("name a file in a folder that this user may write to")
        })?;
        Ok(number)
    }
}

/// True if there are codes, and each is in the list.
fn are_all_in(codes: &[String], list: &[Code]) -> bool {
    !codes.is_empty() && codes.iter().all(|code| list.iter().any(|known| known.as_str() == code))
}

/// What the exception in the file says, and the one of the configuration that covers the failure; what is wrong with the former is put to the
/// mistakes.
fn excepted(
    entry: &ResultEntry,
    failure: &Failure<'_>,
    (exception, today): (Option<&Exception>, Date),
    lines: &Excerpts,
    mistakes: &mut BTreeSet<String>,
) -> Answer {
    let mut answer = Answer::default();
    let Some(place) = &entry.location else { return answer };
    let of_file = lines.get(&place.file);
    let line = |number: u32| of_file.and_then(|lines| lines.get(&number)).map(String::as_str);
    let (own, before) = (line(place.line), line(place.line.saturating_sub(1)));
    let at = || format!("{}:{}", place.file, place.line);
    if let Some(word) = misspelt(own, before) {
        mistakes.insert(format!("{}: {} after `wincompat:` is not known; write allow CODE -- REASON", at(), quoted(word)));
    }
    let found = inline(own, before);
    for code in found.iter().flat_map(|found| &found.codes) {
        if let Err(why) = code_of(code) {
            mistakes.insert(format!("{}: the exception names {}: {why}", at(), quoted(code)));
        }
    }
    if let Some(found) = found.filter(|found| failure.codes.iter().all(|code| found.codes.contains(code))) {
        if !found.reason.is_empty() {
            return Answer::accepted(&format!("accepted in the file: {}", found.reason), Severity::Note);
        }
        let text = "the exception in the file has no reason, so it does not count";
        answer.added.push(finding(Code::ExceptionWithoutReason, text, WRITE_A_REASON));
    }
    let Some(exception) = exception else { return answer };
    match exception.until {
        Some(day) if exception.is_expired(today) => {
            let text =
                format!("the exception in line {} of the configuration ended on {day}: {}", exception.line, exception.reason);
            answer.added.push(finding(Code::ExceptionExpired, &text, CORRECT_OR_PROLONG));
        }
        until => {
            let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
            answer.accepted = Some((format!("accepted{until}: {}", exception.reason), Severity::Note));
        }
    }
    answer
}

/// What becomes of a failure.
#[derive(Default, PartialEq, Eq)]
struct Answer {
    /// Why it is accepted, and how severe it is then.
    accepted: Option<(String, Severity)>,
    /// What is to be said of exceptions that do not count.
    added: Vec<FindingEntry>,
}

impl Answer {
    fn accepted(reason: &str, severity: Severity) -> Self {
        Self { accepted: Some((reason.to_owned(), severity)), added: Vec::new() }
    }

    /// Makes notes of the warnings with this code, if they are accepted.
    fn quiet(self, code: &str, entry: &mut ResultEntry) {
        for added in self.added {
            if !entry.findings.contains(&added) {
                entry.findings.push(added);
            }
        }
        let Some((reason, severity)) = self.accepted else { return };
        for finding in entry.findings.iter_mut().filter(|finding| is_warning(finding) && finding.code.to_string() == code) {
            finding.severity = severity.into();
            finding.message.push_str("; ");
            finding.message.push_str(&clean(&reason));
        }
        entry.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity.known()));
    }

    fn put(self, mut entry: ResultEntry) -> ResultEntry {
        entry.findings.extend(self.added);
        if let Some((reason, severity)) = self.accepted {
            accept(&mut entry, &reason, severity);
        }
        entry
    }
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

fn is_warning(finding: &FindingEntry) -> bool {
    finding.severity.known() == Some(Severity::Warning)
}

/// The codes of the warnings of a result that passes, each once.
fn warnings_of(entry: &ResultEntry) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for finding in entry.findings.iter().filter(|finding| entry.ok == Some(true) && is_warning(finding)) {
        let code = finding.code.to_string();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// The name of a failure that stays the same while lines move: codes, image, host, file, part of the file.
fn fingerprint(failure: &Failure<'_>, place: Option<&Location>) -> String {
    let object = first_job(place.and_then(|place| place.object.as_deref()).unwrap_or_default());
    let parts = [&failure.codes.join(","), failure.image, failure.host, failure.path, object];
    let parts: Vec<String> = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    Digest::of(parts.concat().as_bytes()).hex().to_owned()
}

/// What a failure belongs to, by the first of several jobs of GitLab, as in `job a, job b and 2 more`: others may come and go.
fn first_job(object: &str) -> &str {
    let first = object.split_once(", job ").filter(|_| object.starts_with("job "));
    first.map_or(object, |(first, _)| first)
}

fn accept(entry: &mut ResultEntry, reason: &str, severity: Severity) {
    for finding in entry.findings.iter_mut().filter(|finding| finding.severity.known() == Some(Severity::Error)) {
        finding.severity = severity.into();
    }
    entry.findings.push(finding(Code::Accepted, reason, ""));
    entry.ok = Some(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_several_jobs_is_known_by_the_first_of_them() {
        for (object, expected) in [
            ("job a", "job a"),
            ("job a, job b", "job a"),
            ("job a service, job b service, job c service, job d service and 1 more", "job a service"),
            ("service web, job b", "service web, job b"),
            ("stage build", "stage build"),
            ("", ""),
        ] {
            assert_eq!(first_job(object), expected, "{object}");
        }
    }
}
