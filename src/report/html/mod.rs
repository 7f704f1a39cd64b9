//! The report as one HTML page: a matrix of images and hosts, the findings of each, a filter.
//!
//! The page is read without scripts, and asks for nothing: styles and script stand in it, and its policy allows these two by their hashes
//! and nothing else. Where scripts run, they filter, and show the findings of a cell beside the matrix.

mod escape;
mod findings;
mod hosts;
pub(super) mod outline;

use std::collections::HashMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::escape::Escaped;
use super::document::{Report, ResultEntry};
use super::groups::groups;
use super::labels::Labels;
use super::outcome::{LEGEND, Outcome};
use super::overview::{errors, only_workloads_fail, sum};
use super::{Page, Renderer, grid};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Hosts from this number on have their names upright, so that columns stay narrow.
const MANY_HOSTS: usize = 7;

/// One self-contained page.
#[derive(Clone, Copy, Debug)]
pub struct Html;

impl Renderer<Report> for Html {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        let groups = groups(&report.results);
        let mut places: HashMap<*const ResultEntry, usize> = HashMap::new();
        for (number, group) in groups.iter().enumerate() {
            places.extend(group.entries.iter().map(|entry| (std::ptr::from_ref(*entry), number)));
        }
        head(report, page, out)?;
        numbers(report, out)?;
        filter(out)?;
        findings::unplaced(report, out)?;
        findings::unread(report, out)?;
        let rows = grid::rows(report, &labels);
        let place = |entry: &ResultEntry| places.get(&std::ptr::from_ref(entry)).copied().unwrap_or_default();
        matrix(&rows, &labels, place, out)?;
        findings::write(&groups, &labels, out)?;
        hosts::write(&labels, report, page.wording, out)?;
        writeln!(
            out,
            "</main>\n<dialog id=\"dialog\" aria-labelledby=\"title\"><div class=\"head\"><h2 id=\"title\" class=\"name\"></h2>\
             <button id=\"close\" type=\"button\">Close</button></div><div id=\"content\"></div></dialog>\n\
             <script>{SCRIPT}</script>\n</body>\n</html>"
        )
    }
}

/// The hash of a style or a script, for the policy of the page.
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn head(report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    let title = match (summary.not_ok, summary.undecided + summary.errors) {
        (0, 0) if report.results.is_empty() => "No image was found",
        (0, 0) => "Every image runs",
        (0, _) => "Not everything is decided",
        _ if only_workloads_fail(report) => "Not every workload runs",
        _ => "Not every image runs",
    };
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         base-uri 'none'; form-action 'none'\">",
        hash(STYLE),
        hash(SCRIPT)
    )?;
    writeln!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}: wincompat</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">Go to the findings</a>\n<header>\n<h1>{title}</h1>\n<p>{}</p>\n\
         <p class=\"soft\">Windows container images on Windows hosts. {} {}, knowledge of {}, written on {}.</p>\n</header>\n<main>",
        Escaped(&sum(report)),
        Escaped(&report.tool.name),
        Escaped(&report.tool.version),
        Escaped(&report.tool.knowledge),
        page.now.strftime("%Y-%m-%d at %H:%M UTC"),
    )
}

/// The numbers of the outcomes.
fn numbers(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    let [(unread, unread_words), (of_files, of_files_words)] = errors(report);
    let numbers = [
        ("fail", "failed", summary.not_ok.saturating_sub(summary.needs_flag)),
        ("flag", "need a flag", summary.needs_flag),
        ("open", "undecided", summary.undecided),
        ("open", unread_words, unread),
        ("open", of_files_words, of_files),
        ("pass", "passed", summary.ok),
    ];
    writeln!(out, "<ul class=\"sums\">")?;
    // A report without files has no errors in them.
    for (class, words, number) in numbers.into_iter().filter(|(_, words, number)| *number > 0 || *words != of_files_words) {
        let class = if number == 0 { "zero" } else { class };
        writeln!(out, "<li class=\"{class}\"><b>{number}</b> {words}</li>")?;
    }
    writeln!(out, "</ul>")
}

/// The filter, which the script shows: without it, nothing would come of it.
fn filter(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<form id=\"filter\" hidden role=\"search\"><label>Images <input id=\"image\" type=\"search\" autocomplete=\"off\" \
         placeholder=\"a part of the name\"></label><label>Hosts <input id=\"host\" type=\"search\" autocomplete=\"off\" \
         placeholder=\"a part of the name\"></label><fieldset><legend class=\"soft\">Show images with</legend>"
    )?;
    for (class, words) in
        [("fail", "failed"), ("flag", "needs a flag"), ("open", "undecided"), ("hyperv", "Hyper-V"), ("pass", "other passes")]
    {
        writeln!(out, "<label><input type=\"checkbox\" value=\"{class}\" checked> {words}</label>")?;
    }
    writeln!(
        out,
        "</fieldset><button type=\"reset\">Show all</button><p id=\"status\" class=\"soft\" role=\"status\"></p></form>"
    )
}

/// The class of an outcome, for its colour.
fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failed => "fail",
        Outcome::NeedsFlag => "flag",
        Outcome::Undecided => "open",
        Outcome::Hyperv => "hyperv",
        Outcome::Accepted | Outcome::Passed | Outcome::HostProcess | Outcome::Process => "pass",
    }
}

/// The classes among these outcomes, each once.
fn classes(outcomes: impl Iterator<Item = Outcome>) -> String {
    let mut outcomes: Vec<Outcome> = outcomes.collect();
    outcomes.sort_unstable();
    let mut classes: Vec<&str> = outcomes.into_iter().map(class).collect();
    classes.dedup();
    classes.join(" ")
}

/// The matrix; a cell leads to its findings.
fn matrix(
    rows: &[grid::Row<'_>],
    labels: &Labels<'_>,
    place: impl Fn(&ResultEntry) -> usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let many = if labels.hosts().len() < MANY_HOSTS { "" } else { " many" };
    writeln!(
        out,
        "<h2>Images and hosts</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Images and hosts\">\n\
         <table id=\"grid\" class=\"grid{many}\">\n<caption>{}. A cell leads to its findings.</caption>\n<thead><tr>\
         <th scope=\"col\"><span>Image</span></th>",
        Escaped(LEGEND)
    )?;
    for host in labels.hosts() {
        let name = labels.of_host(host);
        let title = format!("{name}: {}, {}", host.name, host.os_version);
        writeln!(out, "<th scope=\"col\" title=\"{}\"><span><bdi>{}</bdi></span></th>", Escaped(&title), Escaped(name))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for (number, row) in rows.iter().enumerate() {
        let states = classes(row.results().map(Outcome::of));
        write!(
            out,
            "<tr data-i=\"i{number}\" data-s=\"{states}\"><th scope=\"row\"><bdi class=\"name\">{}</bdi></th>",
            Escaped(row.image)
        )?;
        for cell in row.worst() {
            match cell {
                Some(entry) => {
                    let outcome = Outcome::of(entry);
                    write!(out, "<td class=\"{}\"><a href=\"#g{}\">{}</a></td>", class(outcome), place(entry), outcome.short())?;
                }
                None => write!(out, "<td></td>")?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>")
}
