//! The report as a table for people, with the findings below it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Width, presets};
use textwrap::{WordSeparator, WordSplitter};

use super::document::{ErrorEntry, FindingEntry, Report, ResultEntry};
use super::{Page, Renderer, Word};
use crate::advice::{Command, Remedy};
use crate::compat::{Severity, Use, Verdict, Wish};
use crate::host::Attribute;
use crate::text::shown;
use crate::{Isolation, OsVersion};

/// Columns below which a table is not narrowed any further.
pub(super) const NARROWEST: u16 = 60;
/// The columns for answers, lines and padding.
const FOR_ANSWERS: usize = 30;
/// The columns for verdict and host at least, the latter broken at spaces.
const FOR_VERDICT_AND_HOST: usize = 26;
/// The spaces around the content of a column.
pub(super) const PADDING: u16 = 2;

/// A table, the findings of each result below it, then the images that could not be read.
#[derive(Clone, Copy, Debug)]
pub struct Table;

impl Renderer<Report> for Table {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(report, page, out)
    }
}

fn write(report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let width = page.columns.max(NARROWEST);
    if !report.results.is_empty() {
        writeln!(out, "{}", results(report, width))?;
    }
    let mut explained = BTreeSet::new();
    for entry in &report.results {
        writeln!(out)?;
        write_entry(entry, width, &mut explained, out)?;
    }
    for error in &report.errors {
        writeln!(out)?;
        write_error(error, width, out)?;
    }
    if report.results.len() + report.errors.len() > 1 {
        writeln!(out)?;
        writeln!(out, "{}", summary(report))?;
    }
    if let Some(code) = explained.first() {
        writeln!(out)?;
        let explain = page.wording.remedy(&Remedy::Command(Command::Explain(code.clone())));
        writeln!(out, "{explain} tells more; so for every name in brackets.")?;
    }
    Ok(())
}

fn results(report: &Report, width: u16) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(["image", "host", "process", "Hyper-V", "verdict"]);
    let longest = report.results.iter().map(|entry| entry.image.reference.chars().count()).max().unwrap_or_default();
    // A version stays whole, also beside the longest verdict.
    let for_version = report.results.iter().map(|entry| entry.host.os_version.to_string().len()).max().unwrap_or_default();
    let for_verdict = report.results.iter().map(|entry| verdict(&entry.verdict).chars().count()).max().unwrap_or_default();
    let for_others = FOR_ANSWERS + (for_verdict + for_version).max(FOR_VERDICT_AND_HOST);
    let for_image = usize::from(width).saturating_sub(for_others).min(longest);
    for entry in &report.results {
        let version = version(entry.image.os_version, entry.image.release.as_deref());
        table.add_row([
            format!("{}\n{version}", broken_at_slashes(&entry.image.reference, for_image)),
            format!("{}\n{}", entry.host.name, entry.host.os_version),
            answer(entry.process.possible).to_owned(),
            answer(entry.hyperv.possible).to_owned(),
            verdict(&entry.verdict).to_owned(),
        ]);
    }
    // Answers are short and stay whole; what wraps is the host, and the image only where it must.
    if let Some(image) = table.column_mut(0) {
        image.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(for_image as u16 + PADDING)));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
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

fn version(version: Option<OsVersion>, release: Option<&str>) -> String {
    match (version, release) {
        (Some(version), Some(release)) => format!("{version} ({release})"),
        (Some(version), None) => version.to_string(),
        (None, _) => "no version".to_owned(),
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

fn verdict(verdict: &Word<Verdict>) -> &str {
    match verdict {
        Word::Known(Verdict::Process) => "process",
        Word::Known(Verdict::Hyperv) => "hyperv",
        Word::Known(Verdict::Incompatible) => "incompatible",
        Word::Known(Verdict::Unknown) => "unknown",
        Word::Other(word) => word,
    }
}

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const OPEN: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const PLAIN: Style = Style::new();

fn write_entry(entry: &ResultEntry, width: u16, explained: &mut BTreeSet<String>, out: &mut dyn Write) -> io::Result<()> {
    let style = match entry.ok {
        Some(true) => GOOD,
        Some(false) => BAD,
        None => OPEN,
    };
    let title = format!("{} on {}: {}", entry.image.reference, entry.host.name, conclusion(entry));
    wrapped("", style, "", &title, "  ", width, out)?;
    for finding in &entry.findings {
        write_finding(finding, width, out)?;
        explained.insert(finding.code.to_string());
    }
    if !entry.host.assumed.is_empty() {
        let assumed: Vec<_> = entry.host.assumed.iter().map(attribute).collect();
        wrapped("  ", PLAIN, "assumed of the host:", &assumed.join(", "), "    ", width, out)?;
    }
    Ok(())
}

fn conclusion(entry: &ResultEntry) -> &'static str {
    match (entry.ok, entry.taken.as_ref().map(Word::known)) {
        // The verdict above says that process isolation is possible too.
        (Some(true), Some(Some(Use::Hyperv)))
            if entry.verdict.known() == Some(Verdict::Process)
                && matches!(entry.isolation.known(), Some(Wish::Auto | Wish::Default))
                && entry.host.default.known() == Some(Isolation::Hyperv) =>
        {
            "runs with Hyper-V isolation, the default of this host"
        }
        (Some(true), Some(Some(Use::Process))) => "runs with process isolation",
        (Some(true), Some(Some(Use::Hyperv))) => "runs with Hyper-V isolation",
        (Some(true), Some(Some(Use::HostProcess))) => "runs as a HostProcess container",
        (Some(true), Some(None)) => "runs with an isolation that this version does not know",
        (Some(false), Some(_)) => "would run, but a finding is denied",
        (Some(true) | Some(false), None) => "does not run as asked",
        (None, _) => "cannot be decided",
    }
}

pub(super) fn write_finding(finding: &FindingEntry, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let (style, severity) = match &finding.severity {
        Word::Known(Severity::Error) => (BAD, "error:".to_owned()),
        Word::Known(Severity::Warning) => (OPEN, "warning:".to_owned()),
        Word::Known(Severity::Note) => (PLAIN, "note:".to_owned()),
        Word::Other(word) => (OPEN, format!("{word}:")),
    };
    wrapped("  ", style, &severity, &format!("{} [{}]", finding.message, finding.code), "    ", width, out)?;
    if finding.help.is_empty() {
        return Ok(());
    }
    wrapped("    ", PLAIN, "help:", &finding.help, "      ", width, out)
}

fn write_error(error: &ErrorEntry, width: u16, out: &mut dyn Write) -> io::Result<()> {
    wrapped("", BAD, "not read:", &format!("{}: {}", shown(&error.reference), error.message), "  ", width, out)?;
    match &error.hint {
        Some(hint) => wrapped("  ", PLAIN, "hint:", hint, "    ", width, out),
        None => Ok(()),
    }
}

fn summary(report: &Report) -> String {
    let summary = &report.summary;
    let mut parts = vec![format!("{} well", summary.ok), format!("{} not", summary.not_ok)];
    if summary.undecided > 0 {
        parts.push(format!("{} undecided", summary.undecided));
    }
    if summary.errors > 0 {
        parts.push(format!("{} not read", summary.errors));
    }
    parts.join(", ")
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
