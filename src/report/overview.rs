//! The report of several results for people: failures first and whole, then what is undecided or was not read, then the passes.
//!
//! Results of one image that differ only in the host are one paragraph, with the hosts in a list. So are those of several images that do
//! not pass on the same hosts for the same reasons; each image has a line of its own there.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;

use super::document::{ErrorEntry, FindingEntry, Report, ResultEntry};
use super::groups::{Group, alike, groups, sentence, together};
use super::labels::{Labels, joined, number};
use super::outcome::Outcome;
use super::problems::is_of_file;
use super::table::{
    BAD, GOOD, HANGING, INDENT, NARROWEST, OPEN, PLAIN, assumptions, candidate_list, explain_hint, severity_label, version,
    wrapped,
};
use super::{Detail, Page, hints};
use crate::Isolation;
use crate::compat::{Code, Outcome as EngineOutcome, Verdict, Wish};
use crate::text::count;

/// The name of an image in advice for several.
const ANY_IMAGE: &str = "IMAGE";
/// The most passes that are listed one by one; more of them are counted.
const LISTED_PASSES: usize = 10;

/// Writes the paragraphs, and the sum as the last line.
pub(super) fn write(report: &Report, page: &Page<'_>, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let labels = Labels::of(report);
    let groups = groups(&report.results);
    let mut written = Written { labels: &labels, page, width, paragraphs: 0, first_code: None };
    for ok in [Some(false), None] {
        let chosen: Vec<&Group<'_>> = groups.iter().filter(|group| group.ok() == ok).collect();
        written.not_passing(&chosen, out)?;
    }
    written.errors(&report.errors, out)?;
    if page.detail == Detail::Failures {
        return Ok(());
    }
    let passes: Vec<&Group<'_>> = groups.iter().filter(|group| group.ok() == Some(true)).collect();
    if page.detail == Detail::Every {
        for group in &passes {
            written.paragraph(group, out)?;
        }
    } else {
        let number: usize = passes.iter().map(|group| group.entries.len()).sum();
        if number <= LISTED_PASSES {
            written.passes(&passes, out)?;
        }
        written.warnings(&report.results, out)?;
    }
    written.end(report, out)
}

/// Writes a paragraph for each result that passes, with all its findings: those alike in all but the host are one.
pub(super) fn every_pass(report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let labels = Labels::of(report);
    let width = page.columns.max(NARROWEST);
    let mut written = Written { labels: &labels, page, width, paragraphs: 0, first_code: None };
    let passes: Vec<Group<'_>> = alike(&report.results).into_iter().filter(|group| group.ok() == Some(true)).collect();
    for group in &passes {
        written.paragraph(group, out)?;
    }
    if passes.is_empty() { Ok(()) } else { writeln!(out) }
}

/// A paragraph about results of one image: what stands beside the image, and what below it.
struct Said<'a> {
    group: &'a Group<'a>,
    /// The hosts and the outcome, e.g. `on web01: will not run`.
    on_hosts: String,
    /// The text below the heading as it is for several images: advice does not name this one.
    shared: Vec<u8>,
}

/// The state of the writing.
struct Written<'a> {
    labels: &'a Labels<'a>,
    page: &'a Page<'a>,
    width: u16,
    paragraphs: usize,
    first_code: Option<String>,
}

impl Written<'_> {
    fn between(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.paragraphs += 1;
        if self.paragraphs > 1 { writeln!(out) } else { Ok(()) }
    }

    /// The names of the hosts of these results.
    fn hosts(&self, entries: &[&ResultEntry]) -> String {
        joined(self.labels.of_results(entries).into_iter(), self.page.detail == Detail::Every)
    }

    /// The paragraphs of what does not pass, which may be one for many images. Where every result is shown, each has its own.
    fn not_passing(&mut self, groups: &[&Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        if self.page.detail == Detail::Every {
            return groups.iter().try_for_each(|group| self.paragraph(group, out));
        }
        let mut said = Vec::with_capacity(groups.len());
        for &group in groups {
            let mut shared = Vec::new();
            self.body(group, ANY_IMAGE, &mut shared)?;
            said.push(Said { group, on_hosts: self.on_hosts(group), shared });
        }
        // No lines of files are shown here, so two that are alike are one paragraph already.
        for alike in together(&said, 1, |one| (&one.on_hosts, &one.shared)) {
            let Some(first) = alike.first() else { continue };
            if alike.len() > 1 {
                self.listed(&alike, &first.on_hosts, out)?;
                out.write_all(&first.shared)?;
            } else {
                self.heading(first.group, &first.on_hosts, out)?;
                self.body(first.group, first.group.first.image.reference.as_str(), out)?;
            }
        }
        Ok(())
    }

    /// A line for each of these images, so that each can be searched for, then their hosts and outcome.
    fn listed(&mut self, all: &[&Said<'_>], on_hosts: &str, out: &mut dyn Write) -> io::Result<()> {
        self.between(out)?;
        for Said { group, .. } in all {
            let (style, word) = outcome_label(group.first);
            let shown = std::iter::once(named(group.first)).chain(self.placed(group)).collect::<Vec<_>>().join(" ");
            wrapped("", style, word, &shown, INDENT, self.width, out)?;
        }
        let sentence = format!("each of these {} {on_hosts}", count(all.len(), "image"));
        wrapped(INDENT, PLAIN, "", &sentence, HANGING, self.width, out)
    }

    /// The hosts and the outcome, e.g. `on web01: will not run`.
    fn on_hosts(&self, group: &Group<'_>) -> String {
        format!("on {}: {}", self.hosts(&group.entries), conclusion(group.first))
    }

    /// The places of a group, with their hosts where those differ, e.g. `at api/Dockerfile:5 on web01`.
    fn placed(&self, group: &Group<'_>) -> Vec<String> {
        let every = self.page.detail == Detail::Every;
        let one = |(places, hosts): (Vec<String>, Option<Vec<String>>)| {
            let on = hosts.map(|hosts| format!(" on {}", joined(hosts.into_iter(), every))).unwrap_or_default();
            format!("at {}{on}", joined(places.into_iter(), every))
        };
        self.labels.placed(&group.entries).into_iter().map(one).collect()
    }

    /// A heading, then the findings, then what to do.
    fn paragraph(&mut self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.heading(group, &self.on_hosts(group), out)?;
        self.body(group, group.first.image.reference.as_str(), out)
    }

    /// The image, its hosts and outcome, and its places.
    fn heading(&mut self, group: &Group<'_>, on_hosts: &str, out: &mut dyn Write) -> io::Result<()> {
        self.between(out)?;
        let (style, word) = outcome_label(group.first);
        wrapped("", style, word, &format!("{} {on_hosts}", named(group.first)), INDENT, self.width, out)?;
        for at in self.placed(group) {
            wrapped(INDENT, PLAIN, "", &at, HANGING, self.width, out)?;
        }
        Ok(())
    }

    /// What stands below a heading: the findings, what to do with the image by this name, and the entries of the image.
    fn body(&mut self, group: &Group<'_>, name: &str, out: &mut dyn Write) -> io::Result<()> {
        let entry = group.first;
        let findings = group.shown(self.page.detail);
        for finding in &findings {
            let (style, severity) = severity_label(finding);
            let sentence = sentence(finding, &group.entries);
            wrapped(INDENT, style, &severity, &format!("{sentence} [{}]", finding.code), HANGING, self.width, out)?;
            if self.first_code.is_none() {
                self.first_code = Some(finding.code.to_string());
            }
        }
        self.hints(group, &findings, name, out)?;
        if (entry.ok != Some(true) || self.page.detail == Detail::Every)
            && let Some(candidates) = candidate_list(entry)
        {
            wrapped(INDENT, PLAIN, "entries:", &candidates, HANGING, self.width, out)?;
        }
        Ok(())
    }

    /// What to do with the image by this name, each remedy once; where it differs by host, with the hosts that it is for.
    fn hints(&self, group: &Group<'_>, findings: &[&FindingEntry], name: &str, out: &mut dyn Write) -> io::Result<()> {
        let shown = |finding: &FindingEntry| findings.iter().any(|shown| shown.code == finding.code);
        for (help, entries) in hints::of(&group.entries, shown) {
            let whose = hints::whose(&entries, &group.entries, self.labels);
            let label = whose.map_or_else(|| "hint:".to_owned(), |whose| format!("hint for {whose}:"));
            let help = renamed(help, &group.first.image.reference, name);
            wrapped(INDENT, PLAIN, "", &format!("{label} {help}"), HANGING, self.width, out)?;
        }
        Ok(())
    }

    /// The images that could not be read; a hint that several share stands once, below them.
    fn errors(&mut self, errors: &[ErrorEntry], out: &mut dyn Write) -> io::Result<()> {
        for (number, error) in errors.iter().enumerate() {
            let shared = number > 0 && errors.get(number - 1).is_some_and(|before| before.hint == error.hint);
            if !shared {
                self.between(out)?;
            }
            wrapped("", BAD, "ERROR", &error.line(), INDENT, self.width, out)?;
            let goes_on = errors.get(number + 1).is_some_and(|next| next.hint == error.hint);
            if let Some(hint) = error.hint.as_deref().filter(|_| !goes_on) {
                wrapped(INDENT, PLAIN, "hint:", hint, HANGING, self.width, out)?;
            }
        }
        Ok(())
    }

    /// A line for each image that passes.
    fn passes(&mut self, passes: &[&Group<'_>], out: &mut dyn Write) -> io::Result<()> {
        if passes.is_empty() {
            return Ok(());
        }
        self.between(out)?;
        for group in passes {
            let entry = group.first;
            let line = format!("{} on {}: {}", entry.image.reference, self.hosts(&group.entries), conclusion(entry));
            wrapped("", GOOD, "ok   ", &line, INDENT, self.width, out)?;
        }
        Ok(())
    }

    /// The warnings of the results that pass, a line a code.
    fn warnings(&mut self, results: &[ResultEntry], out: &mut dyn Write) -> io::Result<()> {
        let mut codes: Vec<(&FindingEntry, Vec<&ResultEntry>)> = Vec::new();
        for entry in results.iter().filter(|entry| entry.ok == Some(true)) {
            for finding in entry.findings.iter().filter(|finding| finding.warns()) {
                match codes.iter_mut().find(|(first, _)| first.code == finding.code) {
                    Some((_, entries)) => entries.push(entry),
                    None => codes.push((finding, vec![entry])),
                }
            }
        }
        if codes.is_empty() {
            return Ok(());
        }
        self.between(out)?;
        for (finding, entries) in codes {
            let sentence = sentence(finding, &entries);
            let images: BTreeSet<&str> = entries.iter().map(|entry| entry.image.reference.as_str()).collect();
            let place = match (entries.as_slice(), images.len()) {
                ([one], _) => format!("{} on {}", one.image.reference, self.labels.of_host(&one.host)),
                ([first, ..], 1) => format!("{} on {}", first.image.reference, self.hosts(&entries)),
                ([first, ..], images) => format!("{images} images, e.g. {}", first.image.reference),
                ([], _) => String::new(),
            };
            let (style, severity) = severity_label(finding);
            wrapped("", style, &severity, &format!("{sentence} [{}]: {place}", finding.code), INDENT, self.width, out)?;
            if self.first_code.is_none() {
                self.first_code = Some(finding.code.to_string());
            }
        }
        Ok(())
    }

    /// Assumptions, the way to an explanation, and the sum.
    fn end(&mut self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if self.paragraphs > 0 {
            writeln!(out)?;
        }
        for line in assumptions(report, self.labels, self.page.wording) {
            wrapped("", PLAIN, "", &line, "  ", self.width, out)?;
        }
        if let Some(code) = &self.first_code {
            writeln!(out, "{}", explain_hint(code, self.page.wording))?;
        }
        wrapped("", PLAIN, "", &sum(report), "  ", self.width, out)
    }
}

/// The word in front of an image, with its colour.
fn outcome_label(entry: &ResultEntry) -> (Style, &'static str) {
    match Outcome::of(entry) {
        Outcome::Failed => (BAD, "FAIL "),
        Outcome::NeedsFlag => (BAD, "flag "),
        Outcome::Undecided => (OPEN, "?    "),
        Outcome::Accepted | Outcome::Passed | Outcome::HostProcess | Outcome::Hyperv | Outcome::Process => (GOOD, "ok   "),
    }
}

/// This advice with another name in the place of that of its image, where that is a word of its own.
fn renamed(help: &str, reference: &str, name: &str) -> String {
    let is_between = |character: char| character.is_whitespace() || "`'\";,()".contains(character);
    let mut pieces = help.split(reference);
    let mut renamed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_word = renamed.chars().next_back().is_none_or(is_between) && piece.chars().next().is_none_or(is_between);
        renamed.push_str(if is_word { name } else { reference });
        renamed.push_str(piece);
    }
    renamed
}

/// The image with its version, e.g. `app:1 [10.0.20348.2402 (ltsc2022)]`.
fn named(entry: &ResultEntry) -> String {
    format!("{} [{}]", entry.image.reference, version(entry.image.os_version, entry.image.release.as_deref()))
}

/// The outcome in a few words, e.g. `process isolation`.
pub(super) fn conclusion(entry: &ResultEntry) -> &'static str {
    match Outcome::of(entry) {
        Outcome::Process => "runs with process isolation",
        Outcome::Hyperv => "runs with Hyper-V isolation",
        Outcome::HostProcess => "runs as a HostProcess container",
        Outcome::Accepted => "fails, which is accepted",
        Outcome::Passed => "runs",
        Outcome::NeedsFlag => "runs only in another isolation mode",
        Outcome::Failed if entry.taken.is_some() && fits_no_host(entry) => "would run, but no host runs all of its build or job",
        Outcome::Failed if is_open(entry) && fits_no_host(entry) => "not known, but no host runs all of its build or job",
        Outcome::Failed if entry.taken.is_some() => "would run, but fails because of a finding that is denied",
        Outcome::Failed if is_open(entry) => "not known, and fails because of a finding that is denied",
        Outcome::Failed => "will not run",
        Outcome::Undecided => "undecided",
    }
}

/// True for a part of a build or job of which no host runs all: it fails though nobody denied anything.
fn fits_no_host(entry: &ResultEntry) -> bool {
    entry.findings.iter().any(|finding| finding.code.known() == Some(Code::BuildFitsNoHost))
}

/// True if the facts leave open whether it runs as asked, though it fails.
fn is_open(entry: &ResultEntry) -> bool {
    if let Some(takes) = &entry.engine.takes {
        return takes.outcome.known() == Some(EngineOutcome::Unknown);
    }
    match entry.isolation.known() {
        Some(Wish::Process) => entry.process.possible.is_none(),
        Some(Wish::Hyperv) => entry.hyperv.possible.is_none(),
        // The verdict may be open because of the other isolation, which nobody asked for.
        Some(Wish::Default) => match entry.host.default.known() {
            Some(Isolation::Process) => entry.process.possible.is_none(),
            Some(Isolation::Hyperv) => entry.hyperv.possible.is_none(),
            None => false,
        },
        Some(Wish::Auto) => entry.verdict.known() == Some(Verdict::Unknown),
        Some(Wish::HostProcess) | None => false,
    }
}

/// True if what fails are workloads alone, and no image on a host.
pub(super) fn only_workloads_fail(report: &Report) -> bool {
    report.placements.iter().filter(|placement| placement.ok == Some(false)).count() == report.summary.not_ok
}

/// The numbers of images that were not read and of files that are wrong, which are not images, with the words for them.
pub(super) fn errors(report: &Report) -> [(usize, &'static str); 2] {
    let of_files = report.errors.iter().filter(|error| is_of_file(error)).count();
    let words = if of_files == 1 { "error in a file" } else { "errors in files" };
    [(report.errors.len() - of_files, "not read"), (of_files, words)]
}

/// The last line, e.g. `2 images on 3 hosts: 4 passed, 2 failed`.
pub(super) fn sum(report: &Report) -> String {
    let summary = &report.summary;
    let unread = report.errors.iter().filter(|error| !is_of_file(error) && !error.is_part);
    let images: BTreeSet<&str> = report
        .results
        .iter()
        .map(|entry| entry.image.reference.as_str())
        .chain(unread.map(|error| error.reference.as_str()))
        .collect();
    let hosts = number(Labels::of(report).hosts());
    let accepted = match report.results.iter().filter(|entry| entry.is_accepted()).count() {
        0 => String::new(),
        1 => " (1 as an accepted failure)".to_owned(),
        number => format!(" ({number} as accepted failures)"),
    };
    let mut parts = vec![format!("{} passed{accepted}", summary.ok)];
    let [unread, of_files] = errors(report);
    // Workloads have numbers of their own, behind those of images on hosts.
    let open = report.placements.iter().filter(|placement| placement.ok.is_none()).count();
    let failing = report.placements.iter().filter(|placement| placement.ok == Some(false)).count();
    let counts = [
        (summary.needs_flag, if summary.needs_flag == 1 { "needs a flag" } else { "need a flag" }),
        (summary.undecided.saturating_sub(open), "undecided"),
        unread,
        of_files,
    ];
    let failed = summary.not_ok.saturating_sub(summary.needs_flag + failing);
    let mut counts: Vec<String> =
        counts.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    let place = usize::from(summary.needs_flag > 0).min(counts.len());
    counts.insert(place, format!("{failed} failed"));
    parts.append(&mut counts);
    let on = if hosts == 0 { String::new() } else { format!(" on {}", count(hosts, "host")) };
    let workloads = [(failing, "failed"), (open, "undecided")].into_iter().filter(|(number, _)| *number > 0);
    let workloads: Vec<String> = workloads.map(|(number, word)| format!("{} {word}", count(number, "workload"))).collect();
    let workloads = if workloads.is_empty() { String::new() } else { format!(". {}", workloads.join(", ")) };
    format!("{}{on}: {}{workloads}", count(images.len(), "image"), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn advice_for_several_images_names_none_of_them() {
        for (help, expected) in [
            ("`docker run --isolation=hyperv app:1`", "`docker run --isolation=hyperv IMAGE`"),
            ("run app:1; or use app:1", "run IMAGE; or use IMAGE"),
            ("use app:1.2, app:1@sha256:00 or my-app:1", "use app:1.2, app:1@sha256:00 or my-app:1"),
            ("run this image on another host", "run this image on another host"),
        ] {
            assert_eq!(renamed(help, "app:1", "IMAGE"), expected, "{help}");
            assert_eq!(renamed(help, "app:1", "app:1"), help);
        }
    }
}
