//! The results of one image that differ only in the host, taken together.

use super::document::ResultEntry;

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

/// The results of each image, grouped by outcome; images and groups in the order in which they are first met.
pub(super) fn groups(results: &[ResultEntry]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    // Results of one image follow each other.
    let mut image_begins = 0;
    let mut image = None;
    for entry in results {
        if image != Some(&entry.image.reference) {
            image_begins = groups.len();
            image = Some(&entry.image.reference);
        }
        let alike = groups.iter_mut().skip(image_begins).find(|group| same_outcome(group.first, entry));
        match alike {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { first: entry, entries: vec![entry] }),
        }
    }
    groups
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
        && one.needs_flag() == other.needs_flag()
        && codes(one) == codes(other)
}
