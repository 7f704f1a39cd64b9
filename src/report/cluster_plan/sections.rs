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
            Section { title, is_bad, is_ordered: false, items: chosen.map(|one| self.item(one, effect)).collect() }
        };
        let unordered = |title: &'static str, is_bad: bool, items: Vec<(String, Vec<String>)>| Section {
            title,
            is_bad,
            is_ordered: false,
            items,
        };
        let images = unordered("Needs another image", true, self.images.iter().filter_map(image).collect());
        let mut rebuilt = rebuilt(&self.rebuild);
        for ((_, lines), entry) in rebuilt.items.iter_mut().zip(&self.rebuild) {
            let workloads = self.images.iter().find(|image| entry.image.as_ref() == Some(&image.image));
            lines.extend(workloads.map(|image| format!("for {}", image.workloads.join(", "))));
        }
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
        let steps = self.steps.iter().map(|step| (capitalised(&step.what), step.items.clone()));
        let assumed = self.assumed.iter().map(|assumed| (assumed.clone(), Vec::new()));
        let sections = [
            of(Effect::Breaks, "Breaks: it runs today and will not", true),
            of(Effect::Strays, "Can land where it does not run: its pods also land on nodes that do not fit", true),
            images,
            rebuilt,
            unordered("Selects nodes that will be removed", true, old.chain(classes).collect()),
            of(Effect::Undecided, "Not decided", true),
            unread(&self.errors),
            of(Effect::GainsProcess, "Will run in process isolation, and does not today", false),
            of(Effect::Fails, "Fails today and after the upgrade", false),
            Section { title: "What to do, in this order", is_bad: false, is_ordered: true, items: steps.collect() },
            unordered("Assumed", false, assumed.collect()),
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
            (summary.strays, "can land where it does not run", "can land where they do not run"),
            (
                summary.gains_process,
                "will run in process isolation and does not today",
                "will run in process isolation and do not today",
            ),
            (summary.works, "will run", "will run"),
            (summary.fails, "fails today and after the upgrade", "fail today and after the upgrade"),
            (summary.undecided, "not decided", "not decided"),
        ]);
        let images = self.workloads.iter().flat_map(|one| &one.images).collect();
        format!("{}{parts}{}", count(self.workloads.len(), "workload"), the_rest(&images, &self.errors, summary.elsewhere))
    }
}

/// An image that must be another, where a tag of its repository fits.
fn image(one: &NewImageEntry) -> Option<(String, Vec<String>)> {
    let suggested = format!("use {}, which fits", one.suggested.as_ref()?);
    Some((format!("{}{}", one.image, versioned(one.os_version)), vec![suggested, format!("for {}", one.workloads.join(", "))]))
}

/// A sentence that begins with a capital letter.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
