//! Results that are told together: those of one image that differ only in the host, and images of which the same is said.

use std::collections::HashMap;
use std::hash::Hash;

use super::document::{FindingEntry, ResultEntry};
use super::overview::conclusion;
use super::{Detail, Word};
use crate::compat::{Code, Severity};

/// The most images of which the same is said that have a paragraph each where the lines that name them are shown.
pub(super) const MOST_APART: usize = 3;

/// These items in groups, which stand where their first items do. Items with the same key are one group if they are more than
/// `most_apart`; every other item is a group of its own.
pub(super) fn together<'a, T, K: Eq + Hash>(items: &'a [T], most_apart: usize, key: impl Fn(&'a T) -> K) -> Vec<Vec<&'a T>> {
    let keys: Vec<K> = items.iter().map(key).collect();
    let mut numbers: HashMap<&K, usize> = HashMap::new();
    for key in &keys {
        *numbers.entry(key).or_default() += 1;
    }
    let mut places: HashMap<&K, usize> = HashMap::new();
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for (item, key) in items.iter().zip(&keys) {
        let are_many = numbers.get(key).is_some_and(|number| *number > most_apart);
        let place = if are_many { *places.entry(key).or_insert(groups.len()) } else { groups.len() };
        match groups.get_mut(place) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// The results of one image that have the same outcome for the same reasons.
pub(super) struct Group<'a> {
    /// The first of them.
    pub first: &'a ResultEntry,
    /// All of them, in the order of the report.
    pub entries: Vec<&'a ResultEntry>,
}

impl<'a> Group<'a> {
    /// The outcome: true if they are ok.
    pub fn ok(&self) -> Option<bool> {
        self.first.ok
    }

    /// The findings that are shown: of what fails the errors, else the warnings too, and all where these would be none or every result is
    /// shown whole.
    pub fn shown(&self, detail: Detail) -> Vec<&'a FindingEntry> {
        let all: &'a [FindingEntry] = &self.first.findings;
        let from = |lowest: Severity| -> Vec<&'a FindingEntry> {
            all.iter().filter(|finding| finding.severity.known().is_none_or(|severity| severity >= lowest)).collect()
        };
        let shown = match (detail, self.ok()) {
            (Detail::Every, _) => from(Severity::Note),
            (_, Some(false)) => from(Severity::Error),
            _ => from(Severity::Warning),
        };
        if shown.is_empty() && self.ok() != Some(true) { from(Severity::Note) } else { shown }
    }
}

/// The sentence of a finding of results that are told together: its message if all of them have it, else the title of its code.
pub(super) fn sentence<'f>(finding: &'f FindingEntry, entries: &[&ResultEntry]) -> &'f str {
    let has = |entry: &&ResultEntry| entry.findings.iter().any(|other| other.message == finding.message);
    match finding.code.known() {
        Some(code) if !entries.iter().all(has) => code.title(),
        _ => &finding.message,
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
    one.ok == other.ok
        && one.taken == other.taken
        && one.image.os_version == other.image.os_version
        && warnings(one).eq(warnings(other))
        && conclusion(one) == conclusion(other)
}

/// What a result fails for or warns of.
fn warnings(entry: &ResultEntry) -> impl Iterator<Item = (&Word<Code>, &Word<Severity>)> {
    entry.findings.iter().filter(|finding| finding.warns()).map(|finding| (&finding.code, &finding.severity))
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn many_with_one_key_are_one_group_where_the_first_of_them_stands() {
        let words = ["a1", "b1", "a2", "c1", "b2", "a3"];
        let grouped = |most_apart: usize| -> Vec<String> {
            let groups = together(&words, most_apart, |word| word.chars().next());
            groups.iter().map(|group| group.iter().map(|word| **word).collect::<Vec<_>>().join(" ")).collect()
        };
        assert_eq!(grouped(1), ["a1 a2 a3", "b1 b2", "c1"]);
        assert_eq!(grouped(2), ["a1 a2 a3", "b1", "c1", "b2"]);
        assert_eq!(grouped(3), words);
    }
}
