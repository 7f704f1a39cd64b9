//! The answer for two fleets for people: sections with a title, the same in each format, and their text form.

use std::io::{self, Write};

use super::plain::clean;
use super::table::{BAD, GOOD, OPEN, PLAIN, version, wrapped};
use super::upgrade::{Change, ReferenceEntry, SideEntry, UpgradeReport};
use super::{Page, Renderer};

/// A part of the answer.
pub(super) struct Section {
    /// The title, e.g. `Works today and will not`.
    pub title: &'static str,
    /// True for what stands against the upgrade.
    pub is_bad: bool,
    /// What is in it: a heading with the lines below it.
    pub items: Vec<(String, Vec<String>)>,
}

/// The sections that have something in them.
pub(super) fn sections(report: &UpgradeReport) -> Vec<Section> {
    let of = |change: Change, title: &'static str, is_bad: bool| {
        let chosen = report.references.iter().filter(|one| one.change.known() == Some(change));
        Section { title, is_bad, items: chosen.map(|one| item(report, one, change)).collect() }
    };
    let rebuild = report.rebuild.iter().enumerate().map(|(number, one)| {
        let what = match (&one.file, &one.image) {
            (Some(file), Some(image)) => format!("{file}, from {image}{}", versioned(one.os_version)),
            (Some(file), None) => file.clone(),
            (None, image) => format!("{}{}", image.as_deref().unwrap_or_default(), versioned(one.os_version)),
        };
        let mut lines = Vec::new();
        if !one.makes.is_empty() {
            lines.push(format!("makes {}", one.makes.join(", ")));
        }
        if !one.after.is_empty() {
            lines.push(format!("after {}", one.after.join(", ")));
        }
        if one.file.is_none() {
            lines.push("it is built elsewhere: rebuild it there, or use another tag".to_owned());
        }
        (format!("{}. {what}", number + 1), lines)
    });
    let errors = report.errors.iter().map(|error| {
        let place = error.location.as_ref().map(|place| format!("{}:{} ", place.file, place.line)).unwrap_or_default();
        (format!("{place}{}", error.line()), error.hint.iter().map(|hint| format!("hint: {hint}")).collect())
    });
    let sections = [
        of(Change::Breaks, "Works today and will not", true),
        Section { title: "To be rebuilt, in this order", is_bad: true, items: rebuild.collect() },
        of(Change::Undecided, "Not decided", true),
        Section { title: "Not read", is_bad: true, items: errors.collect() },
        of(Change::GainsProcess, "Will work in process isolation, and does not today", false),
        of(Change::Fails, "Works neither today nor then", false),
    ];
    sections.into_iter().filter(|section| !section.items.is_empty()).collect()
}

/// A reference, with its hosts and reasons.
fn item(report: &UpgradeReport, one: &ReferenceEntry, change: Change) -> (String, Vec<String>) {
    let heading = format!("{}:{} {}{}", one.location.file, one.location.line, one.image, versioned(one.os_version));
    let mut lines: Vec<String> = one.location.object.iter().map(|object| format!("in {object}")).collect();
    let side = |side: &SideEntry, name: &str| {
        let mut lines = Vec::new();
        if !side.hosts.is_empty() {
            lines.push(format!("{name}: not on {}", side.hosts.join(", ")));
        }
        lines.extend(side.nowhere.iter().map(|why| format!("{name}: {why}")));
        for finding in &side.findings {
            lines.push(format!("{} [{}]", finding.message, finding.code));
            if !finding.help.is_empty() && change != Change::GainsProcess {
                lines.push(format!("hint: {}", finding.help));
            }
        }
        lines
    };
    if change == Change::GainsProcess {
        lines.extend(side(&one.today, &report.today.name));
    } else {
        lines.extend(side(&one.next, &report.next.name));
    }
    (heading, lines)
}

fn versioned(known: Option<crate::OsVersion>) -> String {
    known.map(|known| format!(" [{}]", version(Some(known), None))).unwrap_or_default()
}

/// The title of the whole answer.
pub(super) fn title(report: &UpgradeReport) -> String {
    let (today, next) = (&report.today.name, &report.next.name);
    match (report.summary.breaks, report.summary.undecided + report.summary.errors) {
        (0, 0) => format!("All that works on {today} works on {next}"),
        (0, _) => format!("From {today} to {next} not everything is decided"),
        _ => format!("Not all that works on {today} works on {next}"),
    }
}

/// The last line, e.g. `12 references: 2 work today and will not, 10 work`.
pub(super) fn sum(report: &UpgradeReport) -> String {
    let summary = &report.summary;
    let parts: Vec<String> = [
        (summary.breaks, "works today and will not", "work today and will not"),
        (
            summary.gains_process,
            "will work in process isolation and does not today",
            "will work in process isolation and do not today",
        ),
        (summary.works, "will work", "will work"),
        (summary.fails, "works neither today nor then", "work neither today nor then"),
        (summary.undecided, "not decided", "not decided"),
        (summary.errors, "not read", "not read"),
    ]
    .iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, of_one, of_several)| format!("{number} {}", if *number == 1 { of_one } else { of_several }))
    .collect();
    let all = report.references.len() + report.errors.len();
    let word = if all == 1 { "reference" } else { "references" };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{all} {word} from {} to {}{parts}", report.today.name, report.next.name)
}

/// The text form.
#[derive(Debug)]
pub struct UpgradeText;

impl Renderer<UpgradeReport> for UpgradeText {
    fn render(&self, report: &UpgradeReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        for section in sections(report) {
            let style = if section.is_bad { BAD } else { GOOD };
            wrapped("", style, &format!("{}:", section.title), "", "", page.columns, out)?;
            for (heading, lines) in section.items {
                wrapped("  ", PLAIN, "", &clean(&heading), "    ", page.columns, out)?;
                for line in lines {
                    wrapped("      ", PLAIN, "", &clean(&line), "        ", page.columns, out)?;
                }
            }
            writeln!(out)?;
        }
        let style = if report.summary.breaks > 0 {
            BAD
        } else if report.summary.undecided > 0 {
            OPEN
        } else {
            GOOD
        };
        wrapped("", style, &format!("{}.", title(report)), &clean(&sum(report)), "  ", page.columns, out)
    }
}
