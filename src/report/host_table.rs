//! The answer about hosts as text and tables for people.

use std::io::{self, Write};

use anstyle::Style;
use comfy_table::{ContentArrangement, Table, presets};

use super::document::HostEntry;
use super::host::{BaseImageEntry, HostAnswer, HostReport, IsolationEntry, PrerequisiteEntry};
use super::table::{BAD, GOOD, NARROWEST, NARROWEST_TEXT, OPEN, PLAIN, answer, attribute, wrapped, write_finding};
use super::{Page, Renderer, Word};
use crate::advice::{Remedy, Setting};
use crate::compat::Code;
use crate::host::{Attribute, Availability, Needed, Source};
use crate::knowledge::builds::{MICROSOFT_REGISTRY, path_at_microsoft};
use crate::{Isolation, Kind};

/// One part for each host, with an empty line between them.
#[derive(Clone, Copy, Debug)]
pub struct HostTable;

impl Renderer<HostReport> for HostTable {
    fn render(&self, report: &HostReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        for (index, answer) in report.hosts.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write_host(answer, page, out)?;
        }
        Ok(())
    }
}

fn write_host(answer: &HostAnswer, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let width = page.columns.max(NARROWEST_TEXT);
    let host = &answer.host;
    if !host.label.is_empty() && host.label != host.name {
        write!(out, "{}: ", host.label)?;
    }
    writeln!(out, "{} {}", host.name, host.os_version)?;
    line("release", host.release.as_deref().unwrap_or("not known"), width, out)?;
    line("kind", &kind(host), width, out)?;
    let file = host.file.as_deref().map(|file| format!(", {file}")).unwrap_or_default();
    line("read from", &format!("{}{file}", source(&host.source, page)), width, out)?;
    attributes("assumed", &host.assumed, width, out)?;
    attributes("overridden", &host.overridden, width, out)?;
    line("default", &format!("{} isolation", name(&host.default)), width, out)?;
    line("process", &isolation(&answer.process, &answer.images), width, out)?;
    line("Hyper-V", &isolation(&answer.hyperv, &answer.images), width, out)?;
    for finding in &answer.findings {
        write_finding(finding, width, out)?;
    }

    writeln!(out, "\nWhat containers need")?;
    for prerequisite in &answer.prerequisites {
        write_prerequisite(prerequisite, width, out)?;
    }

    writeln!(out, "\nBase images at {MICROSOFT_REGISTRY}/")?;
    let generations = answer.images.chunk_by(|a, b| a.build == b.build);
    let (supported, old): (Vec<_>, Vec<_>) = generations.partition(|images| images.iter().any(|image| image.supported));
    if page.columns < NARROWEST {
        write_lines(&supported, width, out)?;
    } else {
        writeln!(out, "{}", images(&supported, width))?;
    }
    if old.is_empty() {
        return Ok(());
    }
    wrapped("", PLAIN, "Out of support:", &format!("{}.", unsupported(&old)), "", width, out)
}

fn kind(host: &HostEntry) -> String {
    let kind = match &host.kind {
        Word::Known(Kind::Server) => "server",
        Word::Known(Kind::Client) => "client",
        Word::Other(word) => word,
    };
    let architecture = match &host.architecture {
        Word::Known(architecture) => architecture.as_str(),
        Word::Other(word) => word,
    };
    match &host.edition {
        Some(edition) => format!("{kind}, edition {edition}, {architecture}"),
        None => format!("{kind}, {architecture}"),
    }
}

fn source(source: &Word<Source>, page: &Page<'_>) -> String {
    match source {
        Word::Known(Source::Text) => {
            format!("the text of {}", page.wording.remedy(&Remedy::Setting(Setting::Host(String::new()))))
        }
        Word::Known(read) => read.title().to_owned(),
        Word::Other(word) => word.clone(),
    }
}

fn name(isolation: &Word<Isolation>) -> &str {
    match isolation {
        Word::Known(Isolation::Process) => "process",
        Word::Known(Isolation::Hyperv) => "Hyper-V",
        Word::Other(word) => word,
    }
}

/// The answer for an isolation: how to get it, or what stands in its way.
fn isolation(entry: &IsolationEntry, images: &[BaseImageEntry]) -> String {
    let because: Vec<String> = entry
        .works
        .because
        .iter()
        .map(|code| match code.known().map(Code::title) {
            Some(title) => format!("{title} [{code}]"),
            None => format!("[{code}]"),
        })
        .collect();
    let builds = match entry.builds {
        Some([lowest, highest]) if lowest == highest => {
            let exists = images.iter().any(|image| image.build == lowest);
            format!("images of build {lowest}{}", if exists { "" } else { ", but Microsoft has no base image of that build" })
        }
        Some([lowest, highest]) => format!("images of builds {lowest} to {highest}"),
        None => "no image".to_owned(),
    };
    match entry.works.possible {
        Some(true) => format!("yes: {}; {builds}", entry.how),
        Some(false) => format!("no: {}", because.join("; ")),
        None => format!("not decided: {}", because.join("; ")),
    }
}

fn attributes(label: &str, attributes: &[Word<Attribute>], width: u16, out: &mut dyn Write) -> io::Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = attributes.iter().map(attribute).collect();
    line(label, &names.join(", "), width, out)
}

/// A label and its text, broken into lines that begin where the text does.
fn line(label: &str, text: &str, width: u16, out: &mut dyn Write) -> io::Result<()> {
    styled_line(PLAIN, label, text, width, out)
}

fn styled_line(style: Style, label: &str, text: &str, width: u16, out: &mut dyn Write) -> io::Result<()> {
    wrapped("  ", style, &format!("{label:<11}"), text, "              ", width, out)
}

fn write_prerequisite(prerequisite: &PrerequisiteEntry, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let (style, state) = match prerequisite.state.known() {
        Some(Availability::Available) if prerequisite.assumed => (OPEN, "assumed"),
        Some(Availability::Available) => (GOOD, "ok"),
        Some(Availability::Unavailable) => (BAD, "missing"),
        Some(Availability::Unknown) | None => (OPEN, "unknown"),
    };
    let needed = match prerequisite.needed.known() {
        Some(Needed::Both) | None => "",
        Some(Needed::Hyperv) => " (for Hyper-V isolation)",
        Some(Needed::Hcs) => " (for `run`)",
    };
    let found = format!("{}: {}{needed}", prerequisite.name, prerequisite.found);
    styled_line(style, state, &found, width, out)?;
    // Commands are to be copied: so far to the left, each known one fits on a line.
    for step in &prerequisite.fix {
        wrapped("    > ", PLAIN, "", step, "      ", width, out)?;
    }
    Ok(())
}

/// A line for each image, for a terminal that is too narrow for the table.
fn write_lines(generations: &[&[BaseImageEntry]], width: u16, out: &mut dyn Write) -> io::Result<()> {
    for image in generations.iter().copied().flatten() {
        let runs = format!("process {}, Hyper-V {}", answer(image.process), answer(image.hyperv));
        let line = format!("{}, build {}: {runs}", below_registry(image), image.build);
        wrapped("  ", PLAIN, "", &line, "    ", width, out)?;
    }
    Ok(())
}

/// One row for what runs alike in one generation.
fn images(generations: &[&[BaseImageEntry]], width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(["image", "build", "process", "Hyper-V"]);
    let alike = |a: &BaseImageEntry, b: &BaseImageEntry| (a.process, a.hyperv) == (b.process, b.hyperv);
    for row in generations.iter().flat_map(|images| images.chunk_by(alike)) {
        let Some(first) = row.first() else { continue };
        let names: Vec<_> = row.iter().map(below_registry).collect();
        let build = first.build.to_string();
        table.add_row([&names.join("\n"), &build, answer(first.process), answer(first.hyperv)]);
    }
    table
}

/// The name of an image below its registry, with a word if it gets no more updates.
fn below_registry(image: &BaseImageEntry) -> String {
    let name = path_at_microsoft(&image.reference).unwrap_or(&image.reference);
    if image.supported { name.to_owned() } else { format!("{name} (out of support)") }
}

/// The releases of old generations by what they run in, e.g. `20h2, 2004 with Hyper-V isolation`.
fn unsupported(generations: &[&[BaseImageEntry]]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for image in generations.iter().filter_map(|images| images.first()) {
        let outcome = match (image.process, image.hyperv) {
            (Some(true), Some(true)) => "with either isolation",
            (Some(true), _) => "with process isolation",
            (Some(false), Some(true)) => "with Hyper-V isolation",
            (Some(false), Some(false)) => "not at all",
            _ => "undecided",
        };
        match groups.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, releases)) => releases.push(&image.release),
            None => groups.push((outcome, vec![&image.release])),
        }
    }
    let parts: Vec<_> = groups.iter().map(|(outcome, releases)| format!("{} {outcome}", releases.join(", "))).collect();
    parts.join("; ")
}
