//! The sections of the answer for two fleets.

use super::document::ErrorEntry;
use super::outline::{Outline, Outlined, Section, counted};
use super::table::version;
use super::upgrade::{Change, RebuildEntry, ReferenceEntry, SideEntry, UpgradeReport};
use crate::knowledge::builds::path_at_microsoft;
use crate::text::count;

impl Outlined for UpgradeReport {
    fn outline(&self) -> Outline<'_> {
        let ok = match (self.summary.breaks, self.summary.undecided + self.summary.errors) {
            (0, 0) => Some(true),
            (0, _) => None,
            _ => Some(false),
        };
        Outline { title: title(self), sum: sum(self), ok, tool: &self.tool, sections: sections(self) }
    }
}

/// The sections that have something in them.
fn sections(report: &UpgradeReport) -> Vec<Section> {
    let of = |change: Change, title: &'static str, is_bad: bool| {
        let chosen = report.references.iter().filter(|one| one.change.known() == Some(change));
        Section { title, is_bad, is_ordered: false, items: chosen.map(|one| item(report, one, change)).collect() }
    };
    let sections = [
        of(Change::Breaks, "Works today and will not", true),
        rebuilt(&report.rebuild),
        of(Change::Undecided, "Not decided", true),
        unread(&report.errors),
        of(Change::GainsProcess, "Will work in process isolation, and does not today", false),
        of(Change::Fails, "Works neither today nor then", false),
    ];
    sections.into_iter().filter(|section| !section.items.is_empty()).collect()
}

/// The section of what must be rebuilt.
pub(super) fn rebuilt(entries: &[RebuildEntry]) -> Section {
    let item = |one: &RebuildEntry| {
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
            let is_of_microsoft = one.image.as_deref().and_then(path_at_microsoft).is_some();
            let what = if is_of_microsoft {
                "Microsoft builds it: use its tag for the new release"
            } else {
                "it is built elsewhere: rebuild it there, or use another tag"
            };
            lines.push(what.to_owned());
        }
        (what, lines)
    };
    let items = entries.iter().map(item).collect();
    Section { title: "To be rebuilt, in this order", is_bad: true, is_ordered: true, items }
}

/// The section of what could not be read.
pub(super) fn unread(errors: &[ErrorEntry]) -> Section {
    let item = |error: &ErrorEntry| (error.placed_line(), error.hint.iter().map(|hint| format!("hint: {hint}")).collect());
    Section { title: "Not read", is_bad: true, is_ordered: false, items: errors.iter().map(item).collect() }
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
        lines.extend(side.hint.iter().filter(|_| change != Change::GainsProcess).map(|hint| format!("hint: {hint}")));
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

/// The version of an image behind its name, e.g. ` [10.0.20348]`; empty where it is not known.
pub(super) fn versioned(known: Option<crate::OsVersion>) -> String {
    known.map(|known| format!(" [{}]", version(Some(known), None))).unwrap_or_default()
}

/// The title of the whole answer.
fn title(report: &UpgradeReport) -> String {
    let (today, next) = (&report.today.name, &report.next.name);
    match (report.summary.breaks, report.summary.undecided + report.summary.errors) {
        (0, 0) => format!("All that works on {today} works on {next}"),
        (0, _) => format!("From {today} to {next} not everything is decided"),
        _ => format!("Not all that works on {today} works on {next}"),
    }
}

/// The last line, e.g. `12 references: 2 work today and will not, 10 work`.
fn sum(report: &UpgradeReport) -> String {
    let summary = &report.summary;
    let parts = counted(&[
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
    ]);
    let all = report.references.len() + report.errors.len();
    format!("{} from {} to {}{parts}", count(all, "reference"), report.today.name, report.next.name)
}
