//! The findings of each image in the page: what does not pass is open, the rest is folded.

use std::collections::HashMap;
use std::io::{self, Write};

use super::escape::{Escaped, Sentence};
use super::{class, classes};
use crate::compat::Severity;
use crate::report::Word;
use crate::report::document::{FindingEntry, HostEntry, Report};
use crate::report::groups::Group;
use crate::report::labels::{Labels, joined, number};
use crate::report::markdown::is_address;
use crate::report::outcome::Outcome;
use crate::report::overview::conclusion;
use crate::report::table::{candidate_list, version};
use crate::text::count;

/// The most images that are open from the beginning; with more of them, all are folded.
const MOST_OPEN: usize = 20;

/// Writes the workloads of a cluster without a result.
pub(super) fn unplaced(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.placements.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Workloads</h2>\n<ul id=\"workloads\" class=\"findings\">")?;
    for placement in &report.placements {
        let class = if placement.ok.is_none() { "open" } else { "fail" };
        let code = placement.reasons().next().map(|finding| format!(" <code>{}</code>", Escaped(&finding.code.to_string())));
        writeln!(
            out,
            "<li><span class=\"mark {class}\">{}</span> <bdi class=\"name\">{}</bdi>: {}{}{}</li>",
            Escaped(placement.conclusion()),
            Escaped(&placement.object),
            Sentence(&placement.message),
            code.unwrap_or_default(),
            placement.helps().into_iter().map(hint).collect::<String>()
        )?;
    }
    writeln!(out, "</ul>")
}

/// Writes the images that were not read.
pub(super) fn unread(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Not read</h2>\n<ul id=\"unread\" class=\"findings\">")?;
    for error in &report.errors {
        writeln!(
            out,
            "<li><span class=\"mark open\">not read</span> <bdi class=\"name\">{}</bdi>{}: {}{}</li>",
            Escaped(&error.name()),
            error.location.as_ref().map(|location| format!(" at {}", Escaped(&location.place()))).unwrap_or_default(),
            Sentence(&error.message),
            hint(error.hint.as_deref().unwrap_or_default())
        )?;
    }
    writeln!(out, "</ul>")
}

/// Writes every image with its groups; their numbers are those of the links in the matrix.
pub(super) fn write(groups: &[Group<'_>], labels: &Labels<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2 id=\"findings\" tabindex=\"-1\">Findings</h2>")?;
    let numbered: Vec<(usize, &Group<'_>)> = groups.iter().enumerate().collect();
    let images: Vec<&[(usize, &Group<'_>)]> =
        numbered.chunk_by(|(_, one), (_, other)| one.first.image.reference == other.first.image.reference).collect();
    let fails = |image: &[(usize, &Group<'_>)]| image.iter().any(|(_, group)| group.ok() != Some(true));
    let open = images.iter().filter(|image| fails(image)).count() <= MOST_OPEN;
    let mut ordered: Vec<(usize, &[(usize, &Group<'_>)])> = images.iter().copied().enumerate().collect();
    ordered.sort_by_key(|(_, image)| !fails(image));
    for (number, image) in ordered {
        let Some((_, first)) = image.first() else { continue };
        let states = classes(image.iter().map(|(_, group)| Outcome::of(group.first)));
        let is_open = if open && fails(image) { " open" } else { "" };
        write!(
            out,
            "<details class=\"image\" id=\"i{number}\" data-s=\"{states}\"{is_open}><summary><bdi class=\"name\">{}</bdi>",
            Escaped(&first.first.image.reference)
        )?;
        for (_, group) in image {
            write!(out, " {}", mark(group))?;
        }
        writeln!(out, "</summary>")?;
        for (number, group) in image {
            write_group(*number, group, labels, out)?;
        }
        writeln!(out, "</details>")?;
    }
    Ok(())
}

/// The outcome and the number of hosts, e.g. `FAIL on 3 hosts`.
fn mark(group: &Group<'_>) -> String {
    let outcome = Outcome::of(group.first);
    let hosts: Vec<&HostEntry> = group.entries.iter().map(|entry| &entry.host).collect();
    let hosts = count(number(&hosts), "host");
    format!("<span class=\"mark {}\">{} on {hosts}</span>", class(outcome), outcome.short())
}

fn write_group(number: usize, group: &Group<'_>, labels: &Labels<'_>, out: &mut dyn Write) -> io::Result<()> {
    let first = group.first;
    let hosts = labels.of_results(&group.entries);
    let all = hosts.len();
    let hosts = joined(hosts.into_iter(), true);
    let outcome = class(Outcome::of(first));
    writeln!(out, "<section class=\"group\" id=\"g{number}\"><h3>On {}</h3>", Escaped(&hosts))?;
    writeln!(out, "<p><span class=\"mark {outcome}\">{}</span></p>\n<ul class=\"findings\">", Escaped(conclusion(first)))?;
    for (finding, places) in findings(group, labels) {
        let (severity, class) = severity(finding);
        write!(out, "<li")?;
        let mut for_hosts = String::new();
        if places.len() < all {
            let numbers: Vec<String> = places.iter().map(usize::to_string).collect();
            let names = places.iter().filter_map(|place| labels.hosts().get(*place)).map(|host| labels.of_host(host).to_owned());
            write!(out, " data-h=\"{}\"", numbers.join(" "))?;
            for_hosts = format!("<span class=\"for soft\">for {}: </span>", Escaped(&joined(names, true)));
        }
        write!(out, "><span class=\"mark {class}\">{}</span> {for_hosts}{} ", Escaped(severity), Sentence(&finding.message))?;
        let code = finding.code.to_string();
        if is_address(&finding.source) {
            let source = Escaped(&finding.source);
            write!(out, "<a href=\"{source}\" rel=\"noopener noreferrer\"><code>{}</code></a>", Escaped(&code))?;
        } else {
            write!(out, "<code>{}</code>", Escaped(&code))?;
        }
        writeln!(out, "{}</li>", hint(&finding.help))?;
    }
    writeln!(out, "</ul>")?;
    facts(group, labels, out)?;
    writeln!(out, "</section>")
}

/// The findings of a group, each sentence once, with the places of the hosts that it is about; the most severe first.
fn findings<'a>(group: &Group<'a>, labels: &Labels<'_>) -> Vec<(&'a FindingEntry, Vec<usize>)> {
    let mut found: Vec<(&FindingEntry, Vec<usize>)> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for entry in &group.entries {
        let Some(place) = labels.place(&entry.host) else { continue };
        for finding in &entry.findings {
            let number = *known.entry((finding.message.as_str(), finding.help.as_str())).or_insert(found.len());
            match found.get_mut(number) {
                Some((_, places)) if places.contains(&place) => {}
                Some((_, places)) => places.push(place),
                None => found.push((finding, vec![place])),
            }
        }
    }
    found.sort_by_key(|(finding, _)| match finding.severity.known() {
        Some(Severity::Error) => 0,
        Some(Severity::Note) => 2,
        _ => 1,
    });
    found
}

fn severity(finding: &FindingEntry) -> (&str, &'static str) {
    match &finding.severity {
        Word::Known(Severity::Error) => ("error", "fail"),
        Word::Known(Severity::Warning) => ("warning", "flag"),
        Word::Known(Severity::Note) => ("note", "zero"),
        Word::Other(word) => (word, "flag"),
    }
}

fn hint(help: &str) -> String {
    if help.is_empty() { String::new() } else { format!("<br><b>What to do:</b> {}", Sentence(help)) }
}

/// The image as it was read, and where it stands.
fn facts(group: &Group<'_>, labels: &Labels<'_>, out: &mut dyn Write) -> io::Result<()> {
    let image = &group.first.image;
    let mut facts = vec![("Built for", version(image.os_version, image.release.as_deref()))];
    facts.extend(image.architecture.clone().map(|architecture| ("Architecture", architecture)));
    facts.extend(image.digest.as_ref().map(|digest| ("Digest", digest.to_string())));
    facts.extend(candidate_list(group.first).map(|entries| ("Entries", entries)));
    for (places, hosts) in labels.placed(&group.entries) {
        let on = hosts.map(|hosts| format!(" on {}", joined(hosts.into_iter(), true))).unwrap_or_default();
        facts.push(("Found in", format!("{}{on}", joined(places.into_iter(), true))));
    }
    write!(out, "<dl>")?;
    for (name, value) in facts {
        write!(out, "<dt>{name}</dt><dd class=\"name\">{}</dd>", Escaped(&value))?;
    }
    writeln!(out, "</dl>")
}
