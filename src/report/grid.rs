//! The results of a report as a grid: images down, hosts across.

use std::collections::HashMap;

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

/// The rows of a report, one for each image, in the order in which they are first met.
pub(super) fn rows<'a>(report: &'a Report, labels: &Labels<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    // The hosts stand in the same order behind every image, so the next one is mostly the right one.
    let mut next = 0;
    for entry in &report.results {
        let image = entry.image.reference.as_str();
        let number = *numbers.entry(image).or_insert(rows.len());
        if number == rows.len() {
            rows.push(Row { image, cells: Vec::new() });
            next = 0;
        }
        let place = match labels.hosts().get(next) {
            Some(host) if **host == entry.host => Some(next),
            _ => labels.place(&entry.host),
        };
        if let (Some(row), Some(place)) = (rows.get_mut(number), place) {
            row.cells.resize(row.cells.len().max(place + 1), Vec::new());
            if let Some(cell) = row.cells.get_mut(place) {
                cell.push(entry);
            }
            next = if place + 1 < labels.hosts().len() { place + 1 } else { 0 };
        }
    }
    for row in &mut rows {
        row.cells.resize(labels.hosts().len(), Vec::new());
    }
    rows
}
