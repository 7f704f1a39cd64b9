//! The results of a report as a grid: images down, hosts across.

use super::document::{Report, ResultEntry};
use super::labels::Labels;

/// One image.
pub(super) struct Row<'a> {
    /// The reference as it was typed.
    pub image: &'a str,
    /// The result on each host, in the order of [`Labels::hosts`]; `None` where there is none.
    pub cells: Vec<Option<&'a ResultEntry>>,
}

impl<'a> Row<'a> {
    /// The results that there are.
    pub fn results(&self) -> impl Iterator<Item = &'a ResultEntry> {
        self.cells.iter().copied().flatten()
    }

    /// True if every result is ok.
    pub fn passes(&self) -> bool {
        self.results().all(|entry| entry.ok == Some(true))
    }
}

/// The rows of a report, in its order.
pub(super) fn rows<'a>(report: &'a Report, labels: &Labels<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for entry in &report.results {
        if rows.last().is_none_or(|row| row.image != entry.image.reference) {
            rows.push(Row { image: &entry.image.reference, cells: Vec::new() });
        }
        // Every image has the hosts in the same order, so the next one is mostly the right one.
        let next = rows.last().map_or(0, |row| row.cells.len());
        let place = match labels.hosts().get(next) {
            Some(host) if **host == entry.host => Some(next),
            _ => labels.place(&entry.host),
        };
        if let (Some(row), Some(place)) = (rows.last_mut(), place) {
            row.cells.resize(row.cells.len().max(place + 1), None);
            if let Some(cell) = row.cells.get_mut(place) {
                *cell = Some(entry);
            }
        }
    }
    for row in &mut rows {
        row.cells.resize(labels.hosts().len(), None);
    }
    rows
}
