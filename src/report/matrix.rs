//! The report as a matrix: images down, hosts across, one short word a cell.

use std::io::{self, Write};

use super::document::{HostEntry, Report, ResultEntry};
use super::labels::{Labels, joined};
use super::overview::sum;
use super::table::{BAD, GOOD, NARROWEST, OPEN, PLAIN, wrapped};
use super::{Page, Renderer};
use crate::compat::Use;
use crate::text::shown;

/// The words of the cells, for the line below the matrix.
const LEGEND: &str =
    "P process isolation, H Hyper-V isolation, HP HostProcess, flag: passes with another --isolation, ? undecided";

/// Images down, hosts across. The results come first, so that names of any length stay whole and in line.
#[derive(Clone, Copy, Debug)]
pub struct Matrix;

impl Renderer<Report> for Matrix {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let width = page.columns.max(NARROWEST);
        let labels = Labels::of(report);
        let mut hosts: Vec<&HostEntry> = Vec::new();
        let mut rows: Vec<(&str, Vec<Option<&ResultEntry>>)> = Vec::new();
        for entry in &report.results {
            if rows.last().is_none_or(|(image, _)| *image != entry.image.reference) {
                rows.push((&entry.image.reference, Vec::new()));
            }
            // Every image has the hosts in the same order, so the next one is mostly the right one.
            let next = rows.last().map_or(0, |(_, cells)| cells.len());
            let column = match hosts.get(next) {
                Some(host) if **host == entry.host => next,
                _ => hosts.iter().position(|host| **host == entry.host).unwrap_or_else(|| {
                    hosts.push(&entry.host);
                    hosts.len() - 1
                }),
            };
            if let Some((_, cells)) = rows.last_mut() {
                cells.resize(cells.len().max(column + 1), None);
                if let Some(cell) = cells.get_mut(column) {
                    *cell = Some(entry);
                }
            }
        }
        let names: Vec<String> =
            hosts.iter().enumerate().map(|(number, host)| format!("{} {}", number + 1, labels.of_host(host))).collect();
        if !names.is_empty() {
            wrapped("", PLAIN, "hosts:", &joined(names.into_iter(), true), "  ", width, out)?;
            for number in 1..=hosts.len() {
                write!(out, "{number:<5}")?;
            }
            writeln!(out, "image")?;
        }
        for (image, cells) in &rows {
            for column in 0..hosts.len() {
                let (style, word) = cells.get(column).copied().flatten().map_or((PLAIN, ""), cell);
                write!(out, "{style}{word}{style:#}{:1$}", "", 5_usize.saturating_sub(word.len()))?;
            }
            writeln!(out, "{image}")?;
        }
        for error in &report.errors {
            wrapped("", BAD, "ERROR", &format!("{}: {}", shown(&error.reference), error.message), "  ", width, out)?;
        }
        if !rows.is_empty() {
            wrapped("", PLAIN, "", LEGEND, "  ", width, out)?;
        }
        writeln!(out, "{}", sum(report))
    }
}

fn cell(entry: &ResultEntry) -> (anstyle::Style, &'static str) {
    match (entry.ok, entry.taken.as_ref().and_then(super::Word::known)) {
        (Some(true), Some(Use::Process)) => (GOOD, "P"),
        (Some(true), Some(Use::Hyperv)) => (GOOD, "H"),
        (Some(true), Some(Use::HostProcess)) => (GOOD, "HP"),
        (Some(true), _) => (GOOD, "ok"),
        (Some(false), _) if entry.needs_flag() => (BAD, "flag"),
        (Some(false), _) => (BAD, "FAIL"),
        (None, _) => (OPEN, "?"),
    }
}
