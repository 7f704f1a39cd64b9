//! The report as Markdown in GitHub's flavour, for comments, summaries and wikis: failures first, then a table.

use std::io::{self, Write};

use super::document::{FindingEntry, PlacementEntry, Report, Tool};
use super::groups::{self, Group};
use super::labels::{Labels, joined};
use super::outcome::{LEGEND, Outcome};
use super::overview::{conclusion, only_workloads_fail, sum};
use super::plain::clean;
use super::table::version;
use super::{Detail, Page, Renderer, grid, hints};

/// The most images that pass everywhere with a row each; more of them are counted.
const LISTED_PASSES: usize = 10;

/// A heading, a list of what does not pass, a table of images and hosts.
#[derive(Clone, Copy, Debug)]
pub struct Markdown;

impl Renderer<Report> for Markdown {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        let summary = &report.summary;
        let heading = match (summary.not_ok, summary.undecided + summary.errors) {
            (0, 0) if report.results.is_empty() => "❔ Windows containers: no image was found",
            (0, 0) => "✅ Windows containers: every image runs",
            (0, _) => "❔ Windows containers: not everything is decided",
            _ if only_workloads_fail(report) => "❌ Windows containers: a workload does not run",
            _ => "❌ Windows containers: an image does not run",
        };
        writeln!(out, "## {heading}\n\n{}", escaped(&sum(report)))?;
        let groups = groups::groups(&report.results);
        for (ok, title) in [(Some(false), "Failed"), (None, "Undecided")] {
            let mut chosen: Vec<&Group<'_>> = groups.iter().filter(|group| group.ok() == ok).collect();
            chosen.sort_by_key(|group| Outcome::of(group.first));
            let placements: Vec<&PlacementEntry> = report.placements.iter().filter(|placement| placement.ok == ok).collect();
            if !chosen.is_empty() || !placements.is_empty() {
                writeln!(out, "\n### {title}\n")?;
            }
            for group in chosen {
                item(group, &labels, page, out)?;
            }
            for placement in placements {
                unplaced(placement, out)?;
            }
        }
        if !report.errors.is_empty() {
            writeln!(out, "\n### Not read\n")?;
        }
        for error in &report.errors {
            let place = error.location.as_ref().map(|location| format!(" at {}", escaped(&location.place()))).unwrap_or_default();
            writeln!(out, "- {}{place}: {}", code(&error.name()), sentence(&error.message))?;
            if let Some(hint) = &error.hint {
                writeln!(out, "  - hint: {}", sentence(hint))?;
            }
        }
        if page.detail == Detail::Failures {
            return Ok(());
        }
        table(report, &labels, page, out)?;
        warnings(&groups, out)?;
        footer(&report.tool, out)
    }
}

/// The last line: the program and its knowledge.
pub(super) fn footer(tool: &Tool, out: &mut dyn Write) -> io::Result<()> {
    let (name, version, knowledge) = (escaped(&tool.name), escaped(&tool.version), escaped(&tool.knowledge));
    writeln!(out, "\n<sub>{name} {version}, knowledge of {knowledge}</sub>")
}

/// Results that do not pass, as an item of a list with the places, the reasons and what to do below it.
fn item(group: &Group<'_>, labels: &Labels<'_>, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let first = group.first;
    let every = page.detail == Detail::Every;
    let hosts = joined(labels.of_results(&group.entries).into_iter(), every);
    let version = version(first.image.os_version, first.image.release.as_deref());
    writeln!(
        out,
        "- {}, built for {}, on {}: **{}**",
        code(&first.image.reference),
        escaped(&version),
        escaped(&hosts),
        escaped(conclusion(first))
    )?;
    for (places, hosts) in labels.placed(&group.entries) {
        let on = hosts.map(|hosts| format!(" on {}", escaped(&joined(hosts.into_iter(), every)))).unwrap_or_default();
        writeln!(out, "  - at {}{on}", escaped(&joined(places.into_iter(), every)))?;
    }
    let findings = group.shown(page.detail);
    for finding in &findings {
        writeln!(out, "  - {} {}", sentence(groups::sentence(finding, &group.entries)), linked(finding))?;
    }
    let is_shown = |finding: &FindingEntry| findings.iter().any(|shown| shown.code == finding.code);
    for (help, entries) in hints::of(&group.entries, is_shown) {
        let whose = hints::whose(&entries, &group.entries, labels);
        let whose = whose.map(|whose| format!(" for {}", escaped(&whose))).unwrap_or_default();
        writeln!(out, "  - hint{whose}: {}", sentence(help))?;
    }
    Ok(())
}

/// A workload without a result, with the reason and what to do.
fn unplaced(placement: &PlacementEntry, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "- {}: **{}**", code(&placement.object), escaped(placement.conclusion()))?;
    let source = placement.reasons().next().map(|finding| format!(" {}", linked(finding))).unwrap_or_default();
    writeln!(out, "  - {}{source}", sentence(&placement.message))?;
    for help in placement.helps() {
        writeln!(out, "  - hint: {}", sentence(help))?;
    }
    Ok(())
}

/// The images that do not pass everywhere, then those that do.
fn table(report: &Report, labels: &Labels<'_>, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = grid::rows(report, labels);
    let (passed, open): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.passes());
    let listed = if page.detail == Detail::Every || passed.len() <= LISTED_PASSES { passed.len() } else { 0 };
    if open.len() + listed > 0 {
        writeln!(out, "\n### Images and hosts\n")?;
        let names: Vec<String> = labels.hosts().iter().map(|host| format!(" {} |", escaped(labels.of_host(host)))).collect();
        writeln!(out, "| image |{}\n|---|{}", names.concat(), ":-:|".repeat(names.len()))?;
        for row in open.iter().chain(passed.iter().take(listed)) {
            let cells: Vec<String> = row.worst().map(|cell| format!(" {} |", cell.map_or("", word))).collect();
            writeln!(out, "| {} |{}", code(row.image), cells.concat())?;
        }
        writeln!(out, "\n{}", escaped(LEGEND))?;
    }
    if listed < passed.len() {
        writeln!(out, "\n{} images pass on every host.", passed.len())?;
    }
    Ok(())
}

/// A result in a cell; the sign tells results apart where colours and letters are not enough.
fn word(entry: &super::document::ResultEntry) -> &'static str {
    match Outcome::of(entry) {
        Outcome::Failed => "❌ FAIL",
        Outcome::NeedsFlag => "🚩 flag",
        Outcome::Undecided => "❔",
        Outcome::Accepted => "✅ acc",
        Outcome::Passed => "✅",
        Outcome::HostProcess => "✅ HP",
        Outcome::Hyperv => "✅ H",
        Outcome::Process => "✅ P",
    }
}

/// The warnings of what passes, a line a code.
fn warnings<'a>(groups: &[Group<'a>], out: &mut dyn Write) -> io::Result<()> {
    let mut found: Vec<(&'a FindingEntry, Vec<&'a str>)> = Vec::new();
    for group in groups.iter().filter(|group| group.ok() == Some(true)) {
        for finding in group.first.findings.iter().filter(|finding| finding.warns()) {
            let image = group.first.image.reference.as_str();
            match found.iter_mut().find(|(known, _)| known.code == finding.code) {
                Some((_, images)) if images.last() == Some(&image) => {}
                Some((_, images)) => images.push(image),
                None => found.push((finding, vec![image])),
            }
        }
    }
    if !found.is_empty() {
        writeln!(out, "\n### Warnings\n")?;
    }
    for (finding, images) in found {
        let title = finding.code.known().map_or(finding.message.as_str(), |code| code.title());
        let first = images.first().map(|image| code(image)).unwrap_or_default();
        let more = if images.len() > 1 { format!(" and {} more", images.len() - 1) } else { String::new() };
        writeln!(out, "- {} {}: {first}{more}", escaped(title), linked(finding))?;
    }
    Ok(())
}

/// The code of a finding, with a link to its source.
fn linked(finding: &FindingEntry) -> String {
    let code = code(&finding.code.to_string());
    if is_address(&finding.source) { format!("([{code}](<{}>))", finding.source) } else { format!("({code})") }
}

/// True for the address of a page that can stand in a link as it is: `https`, and nothing that would have to be escaped.
pub(super) fn is_address(source: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&()*+,;=".contains(&byte);
    source.starts_with("https://") && source.bytes().all(is_plain) && source.matches('#').count() < 2
}

/// Text in the place of words: nothing in it is markup, a mention or a link.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for character in clean(text).chars() {
        match character {
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => {
                escaped.push_str(&format!("&#{};", u32::from(character)));
            }
            // `@team` would be told, `#1` would be linked: not so with a comment between.
            '@' | '#' if !before.is_alphanumeric() => {
                escaped.push(character);
                escaped.push_str("<!-- -->");
            }
            // `https://…` and `www.…` would be links.
            ':' | '.' if before.is_alphanumeric() => escaped.push_str(&address_broken(character, &escaped)),
            _ => escaped.push(character),
        }
        before = character;
    }
    escaped
}

/// A colon or a full stop; with a comment behind it where an address would begin.
fn address_broken(character: char, before: &str) -> String {
    let word: String = before.chars().rev().take_while(char::is_ascii_alphabetic).take(7).collect();
    let begins = ["ptth", "sptth", "ptf", "www", "otliam", "ppmx"].iter().any(|known| word.eq_ignore_ascii_case(known));
    if begins { format!("{character}<!-- -->") } else { character.to_string() }
}

/// A sentence: as [`escaped`], and what stands between two backticks is code.
pub(super) fn sentence(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd backtick belongs to nothing.
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts.into_iter().enumerate();
    parts.map(|(number, part)| if number.is_multiple_of(2) { escaped(part) } else { code(part) }).collect()
}

/// Text as code. Where a backtick or a bar is in it, an element with everything escaped stands for the usual form.
fn code(text: &str) -> String {
    let clean = clean(text);
    if clean.contains(['`', '|', '\\']) || clean.trim().is_empty() {
        format!("<code>{}</code>", escaped(&clean))
    } else {
        format!("`{clean}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        let table = [
            ("plain text, 10.0.20348.1 (ltsc2022)", "plain text, 10.0.20348.1 (ltsc2022)"),
            ("a|b", "a&#124;b"),
            ("`x`", "&#96;x&#96;"),
            ("<script>", "&#60;script&#62;"),
            ("[x](y)", "&#91;x&#93;(y)"),
            ("@all app@sha256:00 #1", "@<!-- -->all app@sha256:00 #<!-- -->1"),
            ("https://x WWW.x", "https:<!-- -->//x WWW.<!-- -->x"),
            ("a\n# b", "a #<!-- --> b"),
        ];
        for (text, expected) in table {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(sentence("run `a|b` or `c <d>`"), "run <code>a&#124;b</code> or `c <d>`");
        assert_eq!(sentence("an odd `one"), "an odd &#96;one");
        assert_eq!(code("app:1"), "`app:1`");
        assert_eq!(code("a`|b"), "<code>a&#96;&#124;b</code>");
    }
}
