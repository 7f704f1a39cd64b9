//! Containers that one host is enough for: the other hosts are left out. A job that names no machine may be given one of these all the
//! same, and its results say so.

use std::collections::BTreeMap;

use super::added::put;
use crate::compat::{Code, Policy};
use crate::report::document::ResultEntry;
use crate::scan::{Found, Lands, Needs};
use crate::text::count;

/// The most kinds of Windows that are named in one sentence.
const MOST_NAMED: usize = 4;

/// The advice to those who can say which machines run the job.
const HELP: &str = "give the job a tag, label or pool that only machines have where the image runs, and name only those hosts";

/// Takes the results away that do not pass, where others do and one host is enough. Those that are kept say what was left out of a job.
pub fn leave_out(found: &Found, entries: &mut Vec<ResultEntry>, policy: &Policy) {
    let passes = |entry: &ResultEntry| entry.ok == Some(true);
    if found.needs_all() || !entries.iter().any(passes) {
        return;
    }
    let (kept, left): (Vec<ResultEntry>, Vec<ResultEntry>) = std::mem::take(entries).into_iter().partition(passes);
    *entries = kept;
    if left.is_empty() || !names_no_machine(found) {
        return;
    }
    let message = format!("the file does not say which of the hosts runs this job, and {}", sentence(&left));
    for entry in entries {
        put(entry, policy, Code::JobFitsSomeHosts, (&message, HELP));
    }
}

/// True for a container of a job that may be given any of the hosts, or any of the nodes with its labels. A build of a Dockerfile is
/// started where it can run.
fn names_no_machine(found: &Found) -> bool {
    let is_any = matches!(found.lands, Lands::Fleet | Lands::Nodes(_));
    found.needs == Needs::OneHost && found.isolated_by.is_of_job() && is_any
}

/// The hosts on which an image fails, else those on which it is not decided, e.g. `the image does not run on Windows Server 2022 (2 hosts)`.
fn sentence(left: &[ResultEntry]) -> String {
    let failing: Vec<&ResultEntry> = left.iter().filter(|entry| entry.ok == Some(false)).collect();
    if failing.is_empty() {
        let open: Vec<&ResultEntry> = left.iter().collect();
        return format!("it is not known whether the image runs on {}", windows_of(&open));
    }
    format!("the image does not run on {}", windows_of(&failing))
}

/// The Windows of these hosts, and how many have each.
fn windows_of(entries: &[&ResultEntry]) -> String {
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    for host in entries.iter().map(|entry| &entry.host) {
        *hosts.entry(host.name.as_str()).or_default() += host.names().len();
    }
    let mut named: Vec<String> =
        hosts.iter().take(MOST_NAMED).map(|(name, number)| format!("{name} ({})", count(*number, "host"))).collect();
    if hosts.len() > MOST_NAMED {
        named.push(format!("{} more", hosts.len() - MOST_NAMED));
    }
    named.join(", ")
}
