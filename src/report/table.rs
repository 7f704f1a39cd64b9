//! The report as text for people: one result as a table with everything that was found, several as an overview.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, presets};
use textwrap::{WordSeparator, WordSplitter};

use super::document::{FindingEntry, HostEntry, Report, ResultEntry};
use super::labels::Labels;
use super::outcome::Outcome;
use super::overview::conclusion;
use super::{Detail, Page, Renderer, Word, Wording, hints, overview};
use crate::advice::{Command, Remedy, Setting};
use crate::compat::{Severity, Use, Wish};
use crate::host::{Attribute, Availability};
use crate::{Engine, Isolation, OsVersion};

/// Columns below which a table is not narrowed any further.
pub(super) const NARROWEST: u16 = 60;
/// Columns below which lines of text are not narrowed any further.
pub(super) const NARROWEST_TEXT: u16 = 40;
/// The columns for the host below which lines stand in place of the table: with fewer, names and versions break into letters.
const FOR_HOST: usize = 10;
/// The columns for answers, lines and padding.
const FOR_ANSWERS: usize = 30;
/// The columns for result and host at least, the latter broken at spaces.
const FOR_RESULT_AND_HOST: usize = 26;
/// The indent of the lines below a heading.
pub(super) const INDENT: &str = "      ";
/// The indent of the further lines of a sentence there.
pub(super) const HANGING: &str = "        ";
/// The spaces around the content of a column.
pub(super) const PADDING: u16 = 2;

/// One result as a table with its findings below it; several as an overview, failures first.
#[derive(Clone, Copy, Debug)]
pub struct Table;

impl Renderer<Report> for Table {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let width = page.columns.max(NARROWEST_TEXT);
        match (report.results.as_slice(), report.errors.as_slice()) {
            ([only], []) if page.detail != Detail::Failures => write_only(report, only, page, width, out),
            _ => overview::write(report, page, width, out),
        }
    }
}

/// Writes the only result: the table, the findings, the candidates if it is not ok or every part is shown, the assumptions.
fn write_only(report: &Report, entry: &ResultEntry, page: &Page<'_>, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let style = match entry.ok {
        Some(true) => GOOD,
        Some(false) => BAD,
        None => OPEN,
    };
    let result = result(entry);
    match table(entry, result, width) {
        Some((table, named)) => {
            if !named {
                writeln!(out, "{}", entry.image.reference)?;
            }
            for line in table.lines() {
                // The result is the last cell of its row.
                match line.rsplit_once(result) {
                    Some((before, after)) if !after.contains(|c: char| c.is_alphanumeric()) => {
                        writeln!(out, "{before}{style}{result}{style:#}{after}")?;
                    }
                    _ => writeln!(out, "{line}")?,
                }
            }
        }
        None => write_lines(entry, (result, style), width, out)?,
    }
    let labels = Labels::of(report);
    let configured = if by_default(entry) { ", the default of this host" } else { "" };
    let title = format!("{} on {}: {}{configured}", entry.image.reference, labels.of_host(&entry.host), conclusion(entry));
    writeln!(out)?;
    wrapped("", style, "", &title, "  ", width, out)?;
    let mut before: Vec<&FindingEntry> = Vec::new();
    for finding in &entry.findings {
        write_sentence(finding, width, out)?;
        if !hints::is_said(finding, &before) {
            write_hint(finding, width, out)?;
        }
        before.push(finding);
    }
    if (entry.ok != Some(true) || page.detail == Detail::Every)
        && let Some(candidates) = candidate_list(entry)
    {
        wrapped("  ", PLAIN, "entries:", &candidates, "    ", width, out)?;
    }
    if is_left_out(entry) {
        let why = "Kubernetes does not start an image in Hyper-V isolation that does not run in process isolation on the node";
        wrapped("  ", PLAIN, "note:", why, "    ", width, out)?;
    }
    for line in assumptions(report, &labels, page.wording) {
        wrapped("  ", PLAIN, "", &line, "    ", width, out)?;
    }
    match entry.findings.first() {
        Some(finding) => {
            writeln!(out)?;
            writeln!(out, "{}", explain_hint(&finding.code.to_string(), page.wording))
        }
        None => Ok(()),
    }
}

/// The way to an explanation of this code, and of others.
pub(super) fn explain_hint(code: &str, wording: &dyn Wording) -> String {
    format!("More about a code in brackets: {}", wording.remedy(&Remedy::Command(Command::Explain(code.to_owned()))))
}

/// The entries of an image that has several, e.g. `10.0.17763.1 amd64, 10.0.20348.1 amd64`.
pub(super) fn candidate_list(entry: &ResultEntry) -> Option<String> {
    const MOST: usize = 12;
    if entry.candidates.len() < 2 {
        return None;
    }
    let one = |candidate: &super::document::CandidateEntry| {
        let version = candidate.os_version.map_or_else(|| "no version".to_owned(), |version| version.to_string());
        format!("{version} {}", candidate.architecture)
    };
    let mut listed: Vec<String> = entry.candidates.iter().take(MOST).map(one).collect();
    if entry.candidates.len() > MOST {
        listed.push(format!("{} more", entry.candidates.len() - MOST));
    }
    Some(listed.join(", "))
}

/// The assumptions about the hosts of a report, in words, those of equal hosts in one line; then the way to change them. Three hosts
/// and more are not named where the line is about all of them.
pub(super) fn assumptions(report: &Report, labels: &Labels<'_>, wording: &dyn Wording) -> Vec<String> {
    let mut assumed: Vec<(String, Vec<&str>)> = Vec::new();
    let mut hyperv = false;
    let mut hosts = BTreeSet::new();
    for entry in &report.results {
        let name = labels.of_host(&entry.host);
        hosts.insert(name);
        let words: Vec<&str> = entry.host.assumed.iter().filter_map(|attribute| assumption(attribute, entry)).collect();
        if words.is_empty() {
            continue;
        }
        hyperv |= words.contains(&HYPERV_ON);
        let words = words.join(", ");
        match assumed.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => assumed.push((words, vec![name])),
        }
    }
    let all = super::labels::number(labels.hosts());
    let line = |(words, names): (String, Vec<&str>)| {
        let of = if names.len() == hosts.len() && names.len() > 2 && all > 2 {
            format!("all {all} hosts")
        } else {
            super::labels::joined(names.into_iter().map(str::to_owned), false)
        };
        format!("Assumed about {of}: {words}.")
    };
    let mut lines: Vec<String> = assumed.into_iter().map(line).collect();
    if let Some(last) = lines.last_mut().filter(|_| hyperv) {
        let change = wording.remedy(&Remedy::Setting(Setting::Host("…,no-hyperv".to_owned())));
        last.push_str(&format!(" If Hyper-V is off there: {change}"));
    }
    lines
}

const HYPERV_ON: &str = "Hyper-V on";

/// The words for one assumption.
fn assumption<'a>(attribute: &'a Word<Attribute>, entry: &'a ResultEntry) -> Option<&'a str> {
    Some(match attribute {
        Word::Known(Attribute::Kind) => match entry.host.kind {
            Word::Known(crate::Kind::Client) => "it is a client",
            _ => "it is a server",
        },
        Word::Known(Attribute::Edition) if entry.host.kind.known() == Some(crate::Kind::Client) => "not a Home edition",
        // An edition matters on clients only.
        Word::Known(Attribute::Edition) => return None,
        Word::Known(Attribute::Architecture) => architecture(&entry.host),
        Word::Known(Attribute::Containers) if entry.host.containers.known() == Some(Availability::Available) => {
            "Containers feature on"
        }
        Word::Known(Attribute::Hyperv) if is_available(entry) && !is_in_pod(entry) => HYPERV_ON,
        // A Home edition has neither, as is said; and whether Hyper-V is on changes nothing in Kubernetes.
        Word::Known(Attribute::Containers | Attribute::Hyperv) => return None,
        Word::Other(word) => word,
    })
}

/// True if the host is said or assumed to have Hyper-V.
fn is_available(entry: &ResultEntry) -> bool {
    entry.host.hyperv.known() == Some(Availability::Available)
}

/// True for a container that Kubernetes starts.
fn is_in_pod(entry: &ResultEntry) -> bool {
    entry.engine.name.known() == Some(Engine::Kubernetes)
}

/// True if Hyper-V isolation would run the image, and the engine does not take it for such images.
fn is_left_out(entry: &ResultEntry) -> bool {
    is_in_pod(entry) && entry.process.possible == Some(false) && entry.hyperv.possible == Some(true)
}

/// The word for Hyper-V isolation by the engine of the result.
fn of_hyperv(entry: &ResultEntry) -> &'static str {
    if is_left_out(entry) { "no" } else { answer(entry.hyperv.possible) }
}

/// The result as asked, in a word or two.
fn result(entry: &ResultEntry) -> &'static str {
    match Outcome::of(entry) {
        Outcome::Process => "ok: process",
        Outcome::Hyperv => "ok: hyperv",
        Outcome::Accepted => "accepted",
        Outcome::HostProcess | Outcome::Passed => "ok",
        Outcome::NeedsFlag => "flag",
        Outcome::Failed => "FAIL",
        Outcome::Undecided => "undecided",
    }
}

/// True if nobody asked for the isolation that is taken, the host takes it by default, and another one would be possible too.
fn by_default(entry: &ResultEntry) -> bool {
    entry.ok == Some(true)
        && entry.host.default.known() == Some(Isolation::Hyperv)
        && entry.taken.as_ref().and_then(Word::known) == Some(Use::Hyperv)
        && entry.process.possible == Some(true)
        && matches!(entry.isolation.known(), Some(Wish::Auto | Wish::Default))
}

/// What the table has, a line each, for a terminal that is too narrow for it.
fn write_lines(entry: &ResultEntry, (result, style): (&str, Style), width: u16, out: &mut dyn Write) -> io::Result<()> {
    let lines = [
        ("image", entry.image.reference.clone()),
        ("version", version(entry.image.os_version, entry.image.release.as_deref())),
        ("host", format!("{} {}", entry.host.label, entry.host.os_version)),
        ("process", answer(entry.process.possible).to_owned()),
        ("Hyper-V", of_hyperv(entry).to_owned()),
    ];
    for (name, text) in lines {
        wrapped("", PLAIN, &format!("{name:<8}"), &text, "         ", width, out)?;
    }
    writeln!(out, "result   {style}{result}{style:#}")
}

/// The table, and true if the reference stands in it: it stays whole, so that it can be searched for, and goes above the table where
/// there is not enough room beside the other columns. `None` where the host would have too little.
fn table(entry: &ResultEntry, result: &str, width: u16) -> Option<(comfy_table::Table, bool)> {
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(["image", "host", "process", "Hyper-V", "result"]);
    let reference = entry.image.reference.chars().count();
    let for_version = entry.host.os_version.to_string().len();
    let for_others = FOR_ANSWERS + (result.len() + for_version).max(FOR_RESULT_AND_HOST);
    let beside = usize::from(width).saturating_sub(for_others);
    let fits = reference <= beside;
    let version = version(entry.image.os_version, entry.image.release.as_deref());
    let version_width = version.len();
    table.add_row([
        if fits { format!("{}\n{version}", entry.image.reference) } else { version },
        format!("{}\n{}", entry.host.label, entry.host.os_version),
        answer(entry.process.possible).to_owned(),
        of_hyperv(entry).to_owned(),
        result.to_owned(),
    ]);
    // Answers are short and stay whole; what wraps is the host, and only where there is no room for it.
    let for_image = version_width.max(if fits { reference } else { 0 });
    let for_host = entry.host.label.chars().count().max(for_version);
    let beside_host = for_image + result.len() + FOR_ANSWERS;
    if beside_host + for_host.min(FOR_HOST) > usize::from(width) {
        return None;
    }
    if beside_host + for_host <= usize::from(width)
        && let Some(host) = table.column_mut(1)
    {
        host.set_constraint(ColumnConstraint::ContentWidth);
    }
    if let Some(image) = table.column_mut(0) {
        image.set_constraint(ColumnConstraint::ContentWidth);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    Some((table, fits))
}

/// Breaks a reference after slashes into lines of at most this many characters, where its parts allow.
pub(super) fn broken_at_slashes(reference: &str, width: usize) -> String {
    let mut broken = String::with_capacity(reference.len() + 2);
    let mut line = 0;
    for part in reference.split_inclusive('/') {
        let length = part.chars().count();
        if line > 0 && line + length > width {
            broken.push('\n');
            line = 0;
        }
        broken.push_str(part);
        line += length;
    }
    broken
}

/// A version with its release, e.g. `10.0.20348.2402 (ltsc2022)`.
pub(super) fn version(version: Option<OsVersion>, release: Option<&str>) -> String {
    match (version, release) {
        (Some(version), Some(release)) => format!("{version} ({release})"),
        (Some(version), None) => version.to_string(),
        (None, _) => "no version".to_owned(),
    }
}

/// The word for the architecture of a host, e.g. `amd64`.
pub(super) fn architecture(host: &HostEntry) -> &str {
    match &host.architecture {
        Word::Known(architecture) => architecture.as_str(),
        Word::Other(word) => word,
    }
}

/// The word for an attribute of a host, e.g. `hyperv`.
pub(super) fn attribute(attribute: &Word<Attribute>) -> &str {
    match attribute {
        Word::Known(attribute) => attribute.as_str(),
        Word::Other(word) => word,
    }
}

pub(super) fn answer(possible: Option<bool>) -> &'static str {
    match possible {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    }
}

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const OPEN: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const PLAIN: Style = Style::new();

/// The severity of a finding as the label of its line, with its colour.
pub(super) fn severity_label(finding: &FindingEntry) -> (Style, String) {
    match &finding.severity {
        Word::Known(Severity::Error) => (BAD, "error:".to_owned()),
        Word::Known(Severity::Warning) => (OPEN, "warning:".to_owned()),
        Word::Known(Severity::Note) => (PLAIN, "note:".to_owned()),
        Word::Other(word) => (OPEN, format!("{word}:")),
    }
}

pub(super) fn write_finding(finding: &FindingEntry, width: u16, out: &mut dyn Write) -> io::Result<()> {
    write_sentence(finding, width, out)?;
    write_hint(finding, width, out)
}

fn write_sentence(finding: &FindingEntry, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let (style, severity) = severity_label(finding);
    wrapped("  ", style, &severity, &format!("{} [{}]", finding.message, finding.code), "    ", width, out)
}

/// What to do, if anything.
fn write_hint(finding: &FindingEntry, width: u16, out: &mut dyn Write) -> io::Result<()> {
    if finding.help.is_empty() {
        return Ok(());
    }
    wrapped("    ", PLAIN, "hint:", &finding.help, "      ", width, out)
}

/// Writes a label and text, broken at spaces and never inside a word: a long name stays one that can be copied. The label
/// has the style; without a label, the whole text has it.
pub(super) fn wrapped(
    first: &str,
    style: Style,
    label: &str,
    text: &str,
    then: &str,
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paragraph = if label.is_empty() { text.to_owned() } else { format!("{label} {text}") };
    let options = textwrap::Options::new(width.into())
        .initial_indent(first)
        .subsequent_indent(then)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    for (number, line) in textwrap::wrap(&paragraph, options).into_iter().enumerate() {
        match line.strip_prefix(first).and_then(|line| line.strip_prefix(label)) {
            _ if label.is_empty() => writeln!(out, "{style}{line}{style:#}")?,
            Some(rest) if number == 0 => writeln!(out, "{first}{style}{label}{style:#}{rest}")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_break_after_slashes_only() {
        let nano = "mcr.microsoft.com/windows/nanoserver:1903";
        assert_eq!(broken_at_slashes(nano, 41), nano);
        assert_eq!(broken_at_slashes(nano, 26), "mcr.microsoft.com/windows/\nnanoserver:1903");
        assert_eq!(broken_at_slashes(nano, 24), "mcr.microsoft.com/\nwindows/nanoserver:1903");
        assert_eq!(broken_at_slashes("app@sha256:00", 5), "app@sha256:00");
    }

    #[test]
    fn text_breaks_at_spaces_only() {
        let mut out = Vec::new();
        wrapped("  ", PLAIN, "note:", "a name_that_is_longer_than_the_line here", "    ", 20, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  note: a\n    name_that_is_longer_than_the_line\n    here\n");
    }
}
