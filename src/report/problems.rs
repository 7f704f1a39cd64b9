//! What stands in the way, and what should be known: a list for the formats that pipelines show beside the code, the worst first.

use std::borrow::Cow;
use std::collections::HashMap;

use super::document::{ErrorEntry, ErrorEntryKind, FindingEntry, HostEntry, Location, PlacementEntry, Report, ResultEntry};
use super::groups::{in_order, sentence};
use super::labels::{Labels, joined};
use super::outcome::Outcome;
use super::overview::conclusion;
use super::table::architecture;
use super::{Word, document, hints};
use crate::Kind;
use crate::compat::{Code, Severity};
use crate::image::Digest;

/// The weight of a problem, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    /// It fails, or fails until the engine is asked for another isolation.
    Failed,
    /// It is undecided, or was not read: the check does not pass either.
    Open,
    /// A warning, which lets a check pass.
    Warning,
}

/// One problem of an image, or of a workload of a cluster.
pub(super) struct Problem<'a> {
    /// The weight.
    pub level: Level,
    /// The code of the finding, e.g. `build-mismatch`, or the kind of failure to read an image, e.g. `not-found`.
    pub code: String,
    /// The code, if this version knows the finding.
    pub known: Option<Code>,
    /// The address of the page on which the fact is found; empty if there is none.
    pub source: &'a str,
    /// The image or the workload as the title names it.
    pub name: Cow<'a, str>,
    /// What the title says behind the name: the hosts and the outcome, e.g. ` on web01: will not run`.
    pub outcome: String,
    /// The sentences about it.
    pub message: String,
    /// What else was found of results that do not pass, e.g. `the host is out of support [host-end-of-support]`.
    pub notes: Vec<String>,
    /// What to do about it, each remedy once; where it differs by host, with the hosts that it is for.
    pub helps: Vec<Cow<'a, str>>,
    /// The image as it was typed, or the workload.
    pub image: &'a str,
    /// The names of the hosts, in a list; empty for an image that was not read, and for a workload.
    pub hosts: String,
    /// The place of the reference.
    pub location: Option<&'a Location>,
    /// What tells the host from those of another kind ([`kind_of`]), where the problem is of one.
    pub host: String,
}

impl Problem<'_> {
    /// The image, the hosts and the outcome, e.g. `app:1 on web01: will not run`.
    pub fn title(&self) -> String {
        format!("{}{}", self.name, self.outcome)
    }

    /// The title, the message and what to do, a line each. A message that begins with the last words of the title goes on with them.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.below_title();
        let said = self.outcome.rsplit(": ").next().unwrap_or_default();
        let rest = self.message.strip_prefix(said).filter(|rest| !said.is_empty() && !rest.starts_with(char::is_alphanumeric));
        match (rest, lines.first_mut()) {
            (Some(rest), Some(message)) => *message = format!("{}{rest}", self.title()),
            _ => lines.insert(0, self.title()),
        }
        lines
    }

    /// The message and what to do, a line each, for formats in which the title has its own place.
    pub fn below_title(&self) -> Vec<String> {
        let message = Some(self.message.clone()).filter(|message| !message.is_empty());
        message.into_iter().chain(self.helps.iter().map(|help| format!("hint: {help}"))).collect()
    }
}

/// How results are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    /// A problem for each image on each host.
    Host,
    /// A problem for each image, with all hosts on which it has the same outcome for the same reasons.
    Image,
}

/// The results and workloads that fail or are undecided, then the warnings of each image.
pub(super) fn of_results<'a>(report: &'a Report, labels: &Labels<'a>, per: Per) -> Vec<Problem<'a>> {
    let mut found: Vec<(Outcome, Problem<'_>)> = Vec::new();
    for group in in_order(&report.results) {
        if group.ok() == Some(true) {
            continue;
        }
        let parts: Vec<Vec<&ResultEntry>> = match per {
            Per::Host => group.entries.iter().map(|entry| vec![*entry]).collect(),
            Per::Image => by_location(group.entries),
        };
        found.extend(parts.iter().filter_map(|part| Some((Outcome::of(part.first()?), failure(part, labels)?))));
    }
    found.extend(report.placements.iter().map(|placement| match placement.ok {
        None => (Outcome::Undecided, unplaced(placement)),
        Some(_) => (Outcome::Failed, unplaced(placement)),
    }));
    found.sort_by_key(|(outcome, problem)| (problem.level, *outcome));
    let mut problems: Vec<Problem<'_>> = found.into_iter().map(|(_, problem)| problem).collect();
    problems.extend(warnings(&report.results, labels));
    problems
}

/// The images that were not read.
pub(super) fn of_errors(report: &Report) -> Vec<Problem<'_>> {
    report.errors.iter().map(unread).collect()
}

/// All problems: what fails or is undecided, what was not read, the warnings.
pub(super) fn all<'a>(report: &'a Report, labels: &Labels<'a>, per: Per) -> Vec<Problem<'a>> {
    let mut problems = of_results(report, labels, per);
    problems.extend(of_errors(report));
    problems.sort_by_key(|problem| problem.level);
    problems
}

/// These results, those of one place in a file together.
fn by_location(entries: Vec<&ResultEntry>) -> Vec<Vec<&ResultEntry>> {
    let mut parts: Vec<Vec<&ResultEntry>> = Vec::new();
    for entry in entries {
        match parts.iter_mut().find(|part| part.first().is_some_and(|first| first.location == entry.location)) {
            Some(part) => part.push(entry),
            None => parts.push(vec![entry]),
        }
    }
    parts
}

/// The problem of results that fail or are undecided, all with the same outcome.
fn failure<'a>(entries: &[&'a ResultEntry], labels: &Labels<'a>) -> Option<Problem<'a>> {
    let first: &'a ResultEntry = entries.first()?;
    let severe = |finding: &&FindingEntry| finding.severity.known() == Some(Severity::Error);
    let mut reasons: Vec<&FindingEntry> = first.findings.iter().filter(severe).collect();
    if reasons.is_empty() {
        reasons = first.findings.iter().find(|finding| finding.warns()).or(first.findings.first()).into_iter().collect();
    }
    let is_reason = |finding: &FindingEntry| reasons.iter().any(|reason| reason.code == finding.code);
    let helps = named(hints::of(entries, is_reason), entries.len(), labels);
    let hosts = joined(labels.of_results(entries).into_iter(), false);
    let mut notes: Vec<String> = Vec::new();
    for finding in entries.iter().flat_map(|entry| &entry.findings).filter(|finding| !finding.warns() && !is_reason(finding)) {
        let note = format!("{} [{}]", finding.message, finding.code);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let reason = reasons.first();
    let code = code_of(reason.copied());
    Some(Problem {
        level: if first.ok.is_some() { Level::Failed } else { Level::Open },
        known: reason.and_then(|reason| reason.code.known()),
        source: reason.map_or("", |reason| &reason.source),
        name: first.image.reference.as_str().into(),
        outcome: format!(" on {hosts}: {}", conclusion(first)),
        message: reasons.iter().map(|reason| sentence(reason, entries)).collect::<Vec<_>>().join("; "),
        notes,
        helps,
        image: &first.image.reference,
        host: kind_of(&first.host),
        hosts,
        location: first.location.as_ref(),
        code,
    })
}

/// What to do, with the hosts that it is for where it is not for all results, which are so many.
fn named<'a>(hints: Vec<(&'a str, Vec<&ResultEntry>)>, all: usize, labels: &Labels<'_>) -> Vec<Cow<'a, str>> {
    let one = |(help, entries): (&'a str, Vec<&ResultEntry>)| {
        if entries.len() == all {
            return Cow::Borrowed(help);
        }
        let hosts = joined(labels.of_results(&entries).into_iter(), false);
        Cow::Owned(format!("for {hosts}: {help}"))
    };
    hints.into_iter().map(one).collect()
}

/// The code of a problem with this reason.
fn code_of(reason: Option<&FindingEntry>) -> String {
    reason.map_or_else(|| "undecided".to_owned(), |reason| reason.code.to_string())
}

/// The problem of a workload without a result.
fn unplaced(placement: &PlacementEntry) -> Problem<'_> {
    let reason = placement.reasons().next();
    let code = code_of(reason);
    Problem {
        level: if placement.ok.is_some() { Level::Failed } else { Level::Open },
        known: reason.and_then(|reason| reason.code.known()),
        source: reason.map_or("", |reason| &reason.source),
        name: placement.object.as_str().into(),
        outcome: format!(": {}", placement.conclusion()),
        message: placement.message.clone(),
        notes: Vec::new(),
        helps: placement.helps().into_iter().map(Cow::Borrowed).collect(),
        image: &placement.object,
        hosts: String::new(),
        location: Some(&placement.location),
        host: String::new(),
        code,
    }
}

/// The warnings, a problem for each code, image and place.
fn warnings<'a>(results: &'a [ResultEntry], labels: &Labels<'a>) -> Vec<Problem<'a>> {
    type Key<'a> = (&'a str, Option<&'a Location>, String);
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let mut found: Vec<Vec<(&ResultEntry, &FindingEntry)>> = Vec::new();
    for entry in results {
        // The reason why something is undecided is a problem of its own.
        let reason = if entry.ok.is_none() { entry.findings.first() } else { None };
        let warns = |finding: &&FindingEntry| {
            !matches!(finding.severity.known(), Some(Severity::Note | Severity::Error))
                && reason.is_none_or(|reason| reason.code != finding.code)
        };
        for finding in entry.findings.iter().filter(warns) {
            let key = (entry.image.reference.as_str(), entry.location.as_ref(), finding.code.to_string());
            let place = *places.entry(key).or_insert(found.len());
            match found.get_mut(place) {
                Some(alike) => alike.push((entry, finding)),
                None => found.push(vec![(entry, finding)]),
            }
        }
    }
    found.iter().filter_map(|alike| warning(alike, labels)).collect()
}

fn warning<'a>(alike: &[(&'a ResultEntry, &'a FindingEntry)], labels: &Labels<'a>) -> Option<Problem<'a>> {
    let (entry, finding) = *alike.first()?;
    let code = finding.code.to_string();
    let same = alike.iter().all(|(_, other)| other.message == finding.message);
    let mut helps: Vec<(&str, Vec<&ResultEntry>)> = Vec::new();
    for &(entry, finding) in alike.iter().filter(|(_, finding)| !finding.help.is_empty()) {
        match helps.iter_mut().find(|(help, _)| *help == finding.help) {
            Some((_, entries)) => entries.push(entry),
            None => helps.push((&finding.help, vec![entry])),
        }
    }
    let helps = named(helps, alike.len(), labels);
    let hosts = joined(labels.of_results(&alike.iter().map(|(entry, _)| *entry).collect::<Vec<_>>()).into_iter(), false);
    let title = finding.code.known().map_or_else(|| code.clone(), |code| code.title().to_owned());
    Some(Problem {
        level: Level::Warning,
        known: finding.code.known(),
        source: &finding.source,
        message: if same { finding.message.clone() } else { String::new() },
        notes: Vec::new(),
        name: entry.image.reference.as_str().into(),
        outcome: format!(" on {hosts}: {title}"),
        helps,
        image: &entry.image.reference,
        hosts,
        location: entry.location.as_ref(),
        // The hosts may change, and the warning stays the same.
        host: String::new(),
        code,
    })
}

/// True for an error of a file itself, which names no image.
pub(super) fn is_of_file(error: &ErrorEntry) -> bool {
    error.location.as_ref().is_some_and(|location| location.file == error.reference)
}

fn unread(error: &ErrorEntry) -> Problem<'_> {
    let code = kind(&error.kind);
    // What is wrong at the place of an image, or has no value there, says nothing of the image: nobody asked for it. A file that is wrong
    // stands for itself.
    let is_wrong = matches!(error.kind.known(), Some(ErrorEntryKind::Invalid | ErrorEntryKind::Unresolved));
    let is_of_image = error.location.is_some() && !is_of_file(error);
    let what = if is_wrong && is_of_image { "was not judged" } else { "was not read" };
    Problem {
        level: Level::Open,
        known: None,
        source: "",
        name: error.name().into(),
        outcome: format!(" {what}"),
        message: error.message.clone(),
        notes: Vec::new(),
        helps: error.hint.iter().map(|hint| Cow::Borrowed(hint.as_str())).collect(),
        image: &error.reference,
        hosts: String::new(),
        location: error.location.as_ref(),
        host: String::new(),
        code,
    }
}

/// The kind of failure as the JSON has it, e.g. `not-found`.
pub(super) fn kind(kind: &Word<document::ErrorEntryKind>) -> String {
    match kind {
        Word::Known(kind) => kind.as_str().to_owned(),
        Word::Other(word) => word.clone(),
    }
}

/// What tells a host from those of another kind, e.g. `20348 server amd64`: neither its name, which counts the hosts that are equal to it,
/// nor the revision, which changes with every update.
fn kind_of(host: &HostEntry) -> String {
    let kind = match &host.kind {
        Word::Known(Kind::Server) => "server",
        Word::Known(Kind::Client) => "client",
        Word::Other(word) => word,
    };
    format!("{} {kind} {}", host.os_version.build, architecture(host))
}

/// A name from these parts. The line is not among them: it moves.
fn fingerprint(code: &str, image: &str, host: &str, location: Option<&Location>) -> String {
    let file = location.map_or("", |location| &location.file);
    let parts = [code, image, host, file].map(|part| format!("{}:{part}", part.len()));
    Digest::of(parts.concat().as_bytes()).hex().to_owned()
}

/// A name for each problem that stays the same from run to run. Problems of one name, such as those of an image that stands twice in one
/// file or of two equal hosts, get different ones.
pub(super) fn fingerprints(problems: &[Problem<'_>]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let one = |problem: &Problem<'_>| {
        let name = fingerprint(&problem.code, problem.image, &problem.host, problem.location);
        let number = seen.entry(name.clone()).or_insert(0);
        *number += 1;
        if *number > 1 { fingerprint(&name, &(*number - 1).to_string(), "", None) } else { name }
    };
    problems.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_title_says_is_not_said_again() {
        let lines = |outcome: &str, message: &str| {
            let problem = Problem {
                level: Level::Warning,
                code: "from-knowledge".to_owned(),
                known: None,
                source: "",
                name: "app:1".into(),
                outcome: outcome.to_owned(),
                message: message.to_owned(),
                notes: Vec::new(),
                helps: vec!["run again".into()],
                image: "app:1",
                hosts: "web: 01".to_owned(),
                location: None,
                host: String::new(),
            };
            let mut lines = problem.lines();
            assert_eq!(lines.pop().as_deref(), Some("hint: run again"));
            lines
        };
        assert_eq!(lines(" on web: 01: not checked", "not checked; it is old"), ["app:1 on web: 01: not checked; it is old"]);
        assert_eq!(lines(" on web: 01: not checked", "not checked"), ["app:1 on web: 01: not checked"]);
        assert_eq!(lines(" on web: 01: not checked", "not checked2"), ["app:1 on web: 01: not checked", "not checked2"]);
        assert_eq!(
            lines(" on web: 01: will not run", "the builds differ"),
            ["app:1 on web: 01: will not run", "the builds differ"]
        );
        assert_eq!(lines(" on web: 01: not checked", ""), ["app:1 on web: 01: not checked"]);
        assert_eq!(lines("", "it failed"), ["app:1", "it failed"]);
    }
}
