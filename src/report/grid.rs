//! The results of a report as a grid: images down, hosts across.

use super::document::{Report, ResultEntry};
use super::labels::Labels;
use super::outcome::Outcome;

/// One image.
pub(super) struct Row<'a> {
    /// The reference as it was typed.
    pub image: &'a str,
    /// The results on each host, in the order of [`Labels::hosts`]: an image that stands in several places has several.
    cells: Vec<Vec<&'a ResultEntry>>,
}

impl<'a> Row<'a> {
    /// The results that there are.
    pub fn results(&self) -> impl Iterator<Item = &'a ResultEntry> {
        self.cells.iter().flatten().copied()
    }

    /// The worst result on each host, in the order of [`Labels::hosts`]; `None` where there is none.
    pub fn worst(&self) -> impl Iterator<Item = Option<&'a ResultEntry>> {
        self.cells.iter().map(|cell| cell.iter().copied().min_by_key(|entry| Outcome::of(entry)))
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
            row.cells.resize(row.cells.len().max(place + 1), Vec::new());
            if let Some(cell) = row.cells.get_mut(place) {
                cell.push(entry);
            }
        }
    }
    for row in &mut rows {
        row.cells.resize(labels.hosts().len(), Vec::new());
    }
    rows
}
