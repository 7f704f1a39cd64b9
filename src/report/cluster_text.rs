//! The answer about a cluster for people: workloads that fail first and whole, then what is not known, then the rest as a number.

use std::io::{self, Write};

use super::cluster::{ClusterReport, LandsEntry, WorkloadEntry, not_for_windows, titles};
use super::document::ErrorEntry;
use super::table::{BAD, GOOD, HANGING, INDENT, NARROWEST, OPEN, PLAIN, explain_hint, severity_label, wrapped};
use super::{Detail, Page, Renderer};
use crate::compat::Severity;
use crate::text::{count, counted};

/// The most workloads that pass with a line each; more of them are counted.
const LISTED_PASSES: usize = 10;

/// The text form.
#[derive(Debug)]
pub struct ClusterText;

impl Renderer<ClusterReport> for ClusterText {
    fn render(&self, report: &ClusterReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let width = page.columns.max(NARROWEST);
        for ok in [Some(false), None] {
            for workload in report.workloads.iter().filter(|workload| workload.ok == ok) {
                paragraph(report, workload, page, width, out)?;
                writeln!(out)?;
            }
        }
        for (line, hint) in together(&report.report.errors) {
            wrapped("", BAD, "ERROR", &line, INDENT, width, out)?;
            if let Some(hint) = hint {
                wrapped(INDENT, PLAIN, "hint:", hint, HANGING, width, out)?;
            }
            writeln!(out)?;
        }
        let code = report.workloads.iter().filter(|workload| workload.ok != Some(true)).flat_map(|one| &one.findings).next();
        if let Some(finding) = code {
            writeln!(out, "{}", explain_hint(&finding.code.to_string(), page.wording))?;
        }
        if page.detail == Detail::Failures {
            return Ok(());
        }
        let passes: Vec<&WorkloadEntry> = report.workloads.iter().filter(|workload| workload.ok == Some(true)).collect();
        for workload in &passes {
            let warned = workload.findings.iter().any(|finding| finding.warns());
            if page.detail == Detail::Every || warned {
                paragraph(report, workload, page, width, out)?;
            } else if passes.len() <= LISTED_PASSES {
                let line = format!("{}: {}", workload.object, titles(&report.groups, &workload.lands));
                wrapped("", GOOD, "ok   ", line.trim_end_matches(": "), INDENT, width, out)?;
            }
        }
        if page.detail == Detail::Every {
            for group in &report.groups {
                let taints = if group.taints.is_empty() { String::new() } else { format!("; {}", group.taints.join(", ")) };
                let version = group.os_version.map(|version| format!(" {version}")).unwrap_or_default();
                wrapped("", PLAIN, "nodes", &format!("{}:{version}{taints}", group.title()), INDENT, width, out)?;
            }
        }
        wrapped("", PLAIN, "", &sum(report), "  ", width, out)
    }
}

/// What could not be read, each with its hint: the lists of the API that are not read for the same reason together.
fn together(errors: &[ErrorEntry]) -> Vec<(String, Option<&str>)> {
    let reason = |error: &ErrorEntry| error.message.split(": ").next().unwrap_or_default().to_owned();
    let is_list = |error: &ErrorEntry| error.reference.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut groups: Vec<Vec<&ErrorEntry>> = Vec::new();
    for error in errors {
        let is_same = |first: &ErrorEntry| is_list(first) && first.hint == error.hint && reason(first) == reason(error);
        let group = groups.iter_mut().find(|group| is_list(error) && group.first().is_some_and(|first| is_same(first)));
        match group {
            Some(group) => group.push(error),
            None => groups.push(vec![error]),
        }
    }
    let line = |group: &[&ErrorEntry]| match group {
        [error] => error.line(),
        several => {
            let names: Vec<String> = several.iter().map(|error| error.name()).collect();
            format!("{}: {}", names.join(", "), several.first().map(|error| reason(error)).unwrap_or_default())
        }
    };
    groups.iter().map(|group| (line(group), group.first().and_then(|error| error.hint.as_deref()))).collect()
}

/// A workload with its nodes, its findings, and what to do.
fn paragraph(
    report: &ClusterReport,
    workload: &WorkloadEntry,
    page: &Page<'_>,
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (style, word) = match workload.ok {
        Some(true) => (GOOD, "ok   "),
        Some(false) => (BAD, "FAIL "),
        None => (OPEN, "?    "),
    };
    wrapped("", style, word, &workload.object, INDENT, width, out)?;
    let of =
        |fits: Option<bool>| -> Vec<LandsEntry> { workload.lands.iter().filter(|lands| lands.fits == fits).cloned().collect() };
    for (label, lands) in [("does not run on:", of(Some(false))), ("not known on:", of(None)), ("runs on:", of(Some(true)))] {
        if !lands.is_empty() {
            wrapped(INDENT, PLAIN, label, &titles(&report.groups, &lands), HANGING, width, out)?;
        }
    }
    if workload.lands.is_empty() {
        wrapped(INDENT, PLAIN, "", "can land on no node", HANGING, width, out)?;
    }
    let reason = report.report.placements.iter().find(|placement| workload.ok.is_none() && placement.object == workload.object);
    if let Some(placement) = reason {
        wrapped(INDENT, PLAIN, "", &placement.message, HANGING, width, out)?;
    }
    let mut helps: Vec<&str> = Vec::new();
    let lowest = if page.detail == Detail::Every { Severity::Note } else { Severity::Warning };
    let shown = |severity: Option<Severity>| severity.is_none_or(|severity| severity >= lowest);
    for finding in workload.findings.iter().filter(|finding| shown(finding.severity.known())) {
        let (style, severity) = severity_label(finding);
        wrapped(INDENT, style, &severity, &format!("{} [{}]", finding.message, finding.code), HANGING, width, out)?;
        if !finding.help.is_empty() && !helps.contains(&finding.help.as_str()) {
            helps.push(&finding.help);
        }
    }
    for help in helps {
        wrapped(INDENT, PLAIN, "hint:", help, HANGING, width, out)?;
    }
    Ok(())
}

/// The last line, e.g. `2 workloads on 3 nodes in 1 group: 1 passes, 1 fails`.
fn sum(report: &ClusterReport) -> String {
    let summary = &report.summary;
    let all = summary.ok + summary.not_ok + summary.undecided;
    let mut parts = vec![counted(summary.ok, "passes", "pass"), counted(summary.not_ok, "fails", "fail")];
    parts.extend((summary.undecided > 0).then(|| format!("{} undecided", summary.undecided)));
    parts.extend((summary.errors > 0).then(|| format!("{} not read", summary.errors)));
    let nodes: usize = report.groups.iter().map(|group| group.nodes.len()).sum();
    let where_they_land = format!("{} in {}", count(nodes, "node"), count(report.groups.len(), "group"));
    let others = not_for_windows(summary.elsewhere);
    format!("{} on {where_they_land}: {}{others}", count(all, "workload"), parts.join(", "))
}
