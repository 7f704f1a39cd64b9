//! The report as a matrix: images down, hosts across, one short word a cell.

use std::io::{self, Write};

use super::document::{Report, ResultEntry};
use super::labels::{Labels, joined};
use super::outcome::{LEGEND, Outcome};
use super::overview::sum;
use super::plain::clean;
use super::table::{BAD, GOOD, NARROWEST, OPEN, PLAIN, wrapped};
use super::{Detail, Page, Renderer, grid};

/// Images down, hosts across. The results come first, so that names of any length stay whole and in line.
/// Where failures alone are shown, images that pass have no row.
#[derive(Clone, Copy, Debug)]
pub struct Matrix;

impl Renderer<Report> for Matrix {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let width = page.columns.max(NARROWEST);
        let labels = Labels::of(report);
        let (hosts, mut rows) = (labels.hosts(), grid::rows(report, &labels));
        let failures_alone = page.detail == Detail::Failures;
        if failures_alone {
            rows.retain(|row| !row.passes());
        }
        let names: Vec<String> =
            hosts.iter().enumerate().map(|(number, host)| format!("{} {}", number + 1, labels.of_host(host))).collect();
        let are_hosts_shown = if failures_alone { !rows.is_empty() } else { !names.is_empty() };
        if are_hosts_shown {
            wrapped("", PLAIN, "hosts:", &joined(names.into_iter(), true), "  ", width, out)?;
            for number in 1..=hosts.len() {
                write!(out, "{number:<5}")?;
            }
            writeln!(out, "image")?;
        }
        for row in &rows {
            for entry in row.worst() {
                let (style, word) = entry.map_or((PLAIN, ""), cell);
                write!(out, "{style}{word}{style:#}{:1$}", "", 5_usize.saturating_sub(word.len()))?;
            }
            writeln!(out, "{}", row.image)?;
        }
        for placement in &report.placements {
            let (style, word) = if placement.ok.is_none() { (OPEN, "?") } else { (BAD, "FAIL") };
            wrapped("", style, word, &clean(&placement.line()), "  ", width, out)?;
        }
        for error in &report.errors {
            wrapped("", BAD, "ERROR", &error.placed_line(), "  ", width, out)?;
        }
        if !rows.is_empty() {
            wrapped("", PLAIN, "", LEGEND, "  ", width, out)?;
        }
        if failures_alone { Ok(()) } else { writeln!(out, "{}", sum(report)) }
    }
}

fn cell(entry: &ResultEntry) -> (anstyle::Style, &'static str) {
    let outcome = Outcome::of(entry);
    let style = match outcome {
        Outcome::Failed | Outcome::NeedsFlag => BAD,
        Outcome::Undecided => OPEN,
        _ => GOOD,
    };
    (style, outcome.short())
}
