//! The results of one image that differ only in the host, taken together.

use std::collections::HashMap;

use super::document::ResultEntry;
use super::overview::conclusion;

/// The results of one image that have the same outcome for the same reasons.
pub(super) struct Group<'a> {
    /// The first of them.
    pub first: &'a ResultEntry,
    /// All of them, in the order of the report.
    pub entries: Vec<&'a ResultEntry>,
}

impl Group<'_> {
    /// The outcome: true if they are ok.
    pub fn ok(&self) -> Option<bool> {
        self.first.ok
    }
}

/// The results of each image, grouped by outcome; images and groups in the order in which they are first met. An image that stands in several
/// places is one, whatever stands between them.
pub(super) fn groups(results: &[ResultEntry]) -> Vec<Group<'_>> {
    let mut images: Vec<Vec<Group<'_>>> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for entry in results {
        let number = *numbers.entry(entry.image.reference.as_str()).or_insert(images.len());
        match images.get_mut(number) {
            Some(groups) => add(groups, entry),
            None => images.push(vec![Group { first: entry, entries: vec![entry] }]),
        }
    }
    images.into_iter().flatten().collect()
}

/// The same of the results of one image that follow each other: all stays in the order of the report.
pub(super) fn in_order(results: &[ResultEntry]) -> Vec<Group<'_>> {
    let mut all = Vec::new();
    for run in results.chunk_by(|one, other| one.image.reference == other.image.reference) {
        let mut groups = Vec::new();
        for entry in run {
            add(&mut groups, entry);
        }
        all.append(&mut groups);
    }
    all
}

/// Adds a result of an image to its groups.
fn add<'a>(groups: &mut Vec<Group<'a>>, entry: &'a ResultEntry) {
    match groups.iter_mut().find(|group| same_outcome(group.first, entry)) {
        Some(group) => group.entries.push(entry),
        None => groups.push(Group { first: entry, entries: vec![entry] }),
    }
}

/// The results that follow each other and differ in the host alone, with all their findings.
pub(super) fn alike(results: &[ResultEntry]) -> Vec<Group<'_>> {
    let same = |one: &ResultEntry, other: &ResultEntry| {
        one.image.reference == other.image.reference
            && one.location == other.location
            && one.findings == other.findings
            && same_outcome(one, other)
    };
    let runs = results.chunk_by(same);
    runs.filter_map(|run| Some(Group { first: run.first()?, entries: run.iter().collect() })).collect()
}

/// True for results that one heading is right for.
fn same_outcome(one: &ResultEntry, other: &ResultEntry) -> bool {
    let codes = |entry: &ResultEntry| -> Vec<_> {
        entry
            .findings
            .iter()
            .filter(|finding| finding.warns())
            .map(|finding| (finding.code.clone(), finding.severity.clone()))
            .collect()
    };
    one.ok == other.ok
        && one.taken == other.taken
        && one.image.os_version == other.image.os_version
        && conclusion(one) == conclusion(other)
        && codes(one) == codes(other)
}
