//! The sections of the plan of an upgrade.

use super::{ClusterPlanReport, NewImageEntry, OldLabelEntry, PlannedEntry};
use crate::cluster::Effect;
use crate::compat::Severity;
use crate::report::cluster::{LandsEntry, the_rest, titles};
use crate::report::outline::{Outline, Outlined, Section, counted};
use crate::report::upgrade_text::{rebuilt, unread, versioned};
use crate::text::count;

impl Outlined for ClusterPlanReport {
    fn outline(&self) -> Outline<'_> {
        let ok = match (self.summary.breaks + self.summary.strays, self.summary.undecided + self.summary.errors) {
            (0, 0) => Some(true),
            (0, _) => None,
            _ => Some(false),
        };
        let title = match ok {
            Some(true) => "All that runs today runs then",
            None => "Not everything is decided",
            Some(false) => "Not everything that runs today runs after the upgrade",
        };
        Outline { title: title.to_owned(), sum: self.sum(), ok, tool: &self.tool, sections: self.sections() }
    }
}

impl ClusterPlanReport {
    /// The sections that have something in them.
    fn sections(&self) -> Vec<Section> {
        let of = |effect: Effect, title: &'static str, is_bad: bool| {
            let chosen = self.workloads.iter().filter(|one| one.effect.known() == Some(effect));
            Section { title, is_bad, items: chosen.map(|one| self.item(one, effect)).collect() }
        };
        let images = Section { title: "Needs another image", is_bad: true, items: self.images.iter().map(image).collect() };
        let old = self
            .workloads
            .iter()
            .filter(|one| !one.old.is_empty())
            .map(|one| (one.object.clone(), one.old.iter().map(OldLabelEntry::words).collect()));
        let classes = self.classes.iter().map(|class| {
            let users = match class.workloads.as_slice() {
                [] => "no workload that was read names it".to_owned(),
                users => format!("named by {}", users.join(", ")),
            };
            (format!("RuntimeClass {}", class.name), vec![format!("it selects {}", class.labels.join(", ")), users])
        });
        let steps = self
            .steps
            .iter()
            .enumerate()
            .map(|(number, step)| (format!("{}. {}", number + 1, capitalised(&step.what)), step.items.clone()));
        let assumed = self.assumed.iter().map(|assumed| (assumed.clone(), Vec::new()));
        let sections = [
            of(Effect::Breaks, "Breaks: it runs today and will not", true),
            of(Effect::Strays, "Lands astray: its pods also land on new nodes where they do not run", true),
            images,
            rebuilt(&self.rebuild),
            Section { title: "Names nodes that go", is_bad: true, items: old.chain(classes).collect() },
            of(Effect::Undecided, "Not decided", true),
            unread(&self.errors),
            of(Effect::GainsProcess, "Will run in process isolation, and does not today", false),
            of(Effect::Fails, "Does not run as it should today, nor then", false),
            Section { title: "What to do, in this order", is_bad: false, items: steps.collect() },
            Section { title: "Assumed", is_bad: false, items: assumed.collect() },
        ];
        sections.into_iter().filter(|section| !section.items.is_empty()).collect()
    }

    /// A workload, with its nodes and reasons.
    fn item(&self, one: &PlannedEntry, effect: Effect) -> (String, Vec<String>) {
        let mut lines = Vec::new();
        let today = titles(&self.today, &one.today);
        if !today.is_empty() {
            lines.push(format!("today: lands on {today}"));
        }
        let next = |fits: Option<bool>| {
            let lands: Vec<LandsEntry> = one.next.iter().filter(|lands| lands.fits == fits).cloned().collect();
            titles(&self.next, &lands)
        };
        for (words, titles) in [
            ("then: runs on", next(Some(true))),
            ("then: does not run on", next(Some(false))),
            ("then: not known on", next(None)),
        ] {
            if !titles.is_empty() {
                lines.push(format!("{words} {titles}"));
            }
        }
        if one.next.is_empty() {
            lines.push("then: can land on no node".to_owned());
        }
        if effect != Effect::GainsProcess {
            let told = one.findings.iter().filter(|finding| finding.severity.known() == Some(Severity::Error));
            lines.extend(told.map(|finding| format!("{} [{}]", finding.message, finding.code)));
        }
        (one.object.clone(), lines)
    }

    /// The last line, e.g. `12 workloads: 2 break, 10 work. 1 image could not be read`.
    fn sum(&self) -> String {
        let summary = &self.summary;
        let parts = counted(&[
            (summary.breaks, "breaks", "break"),
            (summary.strays, "lands astray", "land astray"),
            (
                summary.gains_process,
                "will run in process isolation and does not today",
                "will run in process isolation and do not today",
            ),
            (summary.works, "will run", "will run"),
            (summary.fails, "does not run as it should today, nor then", "do not run as they should today, nor then"),
            (summary.undecided, "not decided", "not decided"),
        ]);
        let images = self.workloads.iter().flat_map(|one| &one.images).collect();
        format!("{}{parts}{}", count(self.workloads.len(), "workload"), the_rest(&images, &self.errors, summary.elsewhere))
    }
}

/// An image that must be another.
fn image(one: &NewImageEntry) -> (String, Vec<String>) {
    let suggested = match &one.suggested {
        Some(suggested) => format!("use {suggested}, which fits"),
        None => "no other tag of its repository is known to fit".to_owned(),
    };
    (format!("{}{}", one.image, versioned(one.os_version)), vec![suggested, format!("for {}", one.workloads.join(", "))])
}

/// A sentence that begins with a capital letter.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
