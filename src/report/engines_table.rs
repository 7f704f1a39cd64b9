//! What engines take as tables: text of 80 columns, a line for each row where there are fewer, and Markdown.

use std::io::{self, Write};

use super::document::TakesEntry;
use super::engines::{EnginesAnswer, EnginesReport, VersionsEntry};
use super::markdown::escaped;
use super::table::{HANGING, INDENT, NARROWEST, PLAIN, wrapped};
use super::{Page, Renderer, Word};
use crate::compat::{Outcome, Use};
use crate::{Engine, ImageStore};

/// The names of the columns.
const HEADER: [&str; 4] = ["engine", "versions", "takes", "result"];

/// The spaces between the columns.
const BETWEEN: usize = 6;

/// Columns of the terminal from which on the table is kept, even if it is wider.
const ALWAYS_A_TABLE: u16 = 80;

/// The answer about an image that no engine pulls, and about versions of which nothing is known.
const NOTHING_KNOWN: &str = "It is not known what engines take here: none pulls such an image or starts such a container, or the \
                             versions that were asked for are not known. Leave out the version to see those that are known.";

/// What has to be known of the versions of a kubelet.
const OF_KUBELET: &str = "The versions of kubernetes are those of the containerd below the kubelet.";

/// A table for each image on each host, with what engines print and why nothing starts below it.
#[derive(Clone, Copy, Debug)]
pub struct EnginesTable;

/// The same as Markdown.
#[derive(Clone, Copy, Debug)]
pub struct EnginesMarkdown;

impl Renderer<EnginesReport> for EnginesTable {
    fn render(&self, report: &EnginesReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let width = page.columns.max(NARROWEST);
        for (number, answer) in report.answers.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            wrapped("", PLAIN, &answer.reference, &format!("on {}", host(answer)), "", width, out)?;
            let (rows, notes) = rows(answer);
            if rows.is_empty() {
                wrapped("", PLAIN, "", NOTHING_KNOWN, "", width, out)?;
                continue;
            }
            let all = || std::iter::once(HEADER.map(str::to_owned)).chain(rows.iter().cloned());
            let widest = |column: usize| all().filter_map(|row| row.get(column).map(|text| text.chars().count())).max();
            let widths = [0, 1, 2].map(|column| widest(column).unwrap_or_default());
            let table = widths.iter().sum::<usize>() + widest(3).unwrap_or_default() + BETWEEN;
            let has_room = page.columns >= ALWAYS_A_TABLE || table <= usize::from(page.columns);
            for [engine, versions, takes, result] in rows.iter().filter(|_| !has_room) {
                let line = format!("{versions}: takes {takes}, {result}");
                wrapped("", PLAIN, engine, &line, "  ", width, out)?;
            }
            let mut before = String::new();
            for [engine, versions, takes, result] in all().filter(|_| has_room) {
                let named = if engine == before { "" } else { &engine };
                let [first, second, third] = widths;
                let line = format!("{named:<first$}  {versions:<second$}  {takes:<third$}  {result}");
                writeln!(out, "{}", line.trim_end())?;
                before = engine;
            }
            for (number, note) in notes.iter().enumerate() {
                wrapped("", PLAIN, &format!("[{}]", number + 1), note, "    ", width, out)?;
            }
        }
        if has_kubelet(report) {
            writeln!(out)?;
            wrapped("", PLAIN, "", OF_KUBELET, "", width, out)?;
        }
        for error in &report.errors {
            writeln!(out)?;
            wrapped("", PLAIN, &error.name(), &format!("was not read: {}", error.message), "", width, out)?;
            if let Some(hint) = &error.hint {
                wrapped(INDENT, PLAIN, "hint:", hint, HANGING, width, out)?;
            }
        }
        Ok(())
    }
}

impl Renderer<EnginesReport> for EnginesMarkdown {
    fn render(&self, report: &EnginesReport, _page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        for answer in &report.answers {
            writeln!(out, "### {} on {}\n", escaped(&answer.reference), escaped(&host(answer)))?;
            let (rows, notes) = rows(answer);
            if rows.is_empty() {
                writeln!(out, "{NOTHING_KNOWN}\n")?;
                continue;
            }
            writeln!(out, "| {} |\n|---|---|---|---|", HEADER.join(" | "))?;
            for row in &rows {
                let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
                writeln!(out, "| {} |", cells.join(" | "))?;
            }
            writeln!(out)?;
            for (number, note) in notes.iter().enumerate() {
                writeln!(out, "* {} {}", escaped(&format!("[{}]", number + 1)), escaped(note))?;
            }
            if !notes.is_empty() {
                writeln!(out)?;
            }
        }
        if has_kubelet(report) {
            writeln!(out, "{OF_KUBELET}\n")?;
        }
        for error in &report.errors {
            writeln!(out, "* {} was not read: {}", escaped(&error.name()), escaped(&error.message))?;
            if let Some(hint) = &error.hint {
                writeln!(out, "  * hint: {}", escaped(hint))?;
            }
        }
        Ok(())
    }
}

fn has_kubelet(report: &EnginesReport) -> bool {
    let mut entries = report.answers.iter().flat_map(|answer| &answer.versions);
    entries.any(|entry| entry.engine.known() == Some(Engine::Kubernetes))
}

/// The host with its version.
fn host(answer: &EnginesAnswer) -> String {
    let host = &answer.host;
    if host.called() == host.name {
        format!("{} ({})", host.name, host.os_version)
    } else {
        format!("{} ({}, {})", host.called(), host.name, host.os_version)
    }
}

/// The rows, and the messages and reasons to which they refer by number.
fn rows(answer: &EnginesAnswer) -> (Vec<[String; 4]>, Vec<String>) {
    let mut notes: Vec<String> = Vec::new();
    let rows = answer.versions.iter().map(|entry| {
        let reasons = entry.reasons.iter().map(|reason| format!("{} [{}]", reason.message, reason.code));
        let mut numbers: Vec<String> = Vec::new();
        for note in entry.takes.says.iter().cloned().chain(reasons) {
            let known = notes.iter().position(|known| *known == note);
            let place = known.unwrap_or(notes.len());
            if known.is_none() {
                notes.push(note);
            }
            numbers.push((place + 1).to_string());
        }
        let result = result(&entry.takes);
        let result = if numbers.is_empty() { result } else { format!("{result} [{}]", numbers.join(", ")) };
        [engine(entry).to_owned(), format!("{} to {}", entry.first, entry.last), takes(entry), result]
    });
    (rows.collect(), notes)
}

/// The engine as it is named as an option, e.g. `docker/containerd`.
fn engine(entry: &VersionsEntry) -> &str {
    match (&entry.engine, entry.store.as_ref().and_then(Word::known)) {
        (Word::Known(Engine::Docker), Some(ImageStore::Containerd)) => "docker/containerd",
        (Word::Known(engine), _) => engine.as_str(),
        (Word::Other(word), _) => word,
    }
}

/// The entry by its place in the index, from 1, and its version.
fn takes(entry: &VersionsEntry) -> String {
    match (entry.takes.candidate, &entry.os_version) {
        (Some(index), Some(version)) => format!("{}: {version}", index + 1),
        (Some(index), None) => format!("{}: not known", index + 1),
        (None, _) if entry.takes.outcome.known() == Some(Outcome::Unknown) => "not known".to_owned(),
        (None, _) => "nothing".to_owned(),
    }
}

fn result(takes: &TakesEntry) -> String {
    match (takes.outcome.known(), takes.candidate) {
        (Some(Outcome::Starts), _) => match takes.isolation.as_ref().and_then(Word::known) {
            Some(Use::Hyperv) => "starts, Hyper-V".to_owned(),
            Some(Use::HostProcess) => "starts, HostProcess".to_owned(),
            _ => "starts, process".to_owned(),
        },
        (Some(Outcome::Refuses), None) => "refuses".to_owned(),
        (Some(Outcome::Refuses), Some(_)) => "does not start".to_owned(),
        _ => "not known".to_owned(),
    }
}
