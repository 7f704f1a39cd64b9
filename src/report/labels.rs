//! The names of hosts in a report for people: each by its label, and by its version too where two labels are equal.

use std::collections::HashMap;

use super::document::{HostEntry, Report};
use crate::OsVersion;

/// The most names of one list; the others are counted.
const MOST_NAMES: usize = 12;

/// The labels of the hosts of a report.
pub(super) struct Labels {
    /// The version of each label's only host; `None` for a label that several hosts have.
    hosts: HashMap<String, Option<OsVersion>>,
}

impl Labels {
    /// The labels of all hosts in these results.
    pub fn of(report: &Report) -> Self {
        let mut hosts: HashMap<String, Option<OsVersion>> = HashMap::new();
        for entry in &report.results {
            let version = entry.host.os_version;
            hosts
                .entry(entry.host.label.clone())
                .and_modify(|known| *known = known.filter(|known| *known == version))
                .or_insert(Some(version));
        }
        Self { hosts }
    }

    /// The name of this host, e.g. `web01`, or `Windows Server 2022 (10.0.20348.2402)` beside another of that name.
    pub fn of_host(&self, host: &HostEntry) -> String {
        let label = if host.label.is_empty() { &host.name } else { &host.label };
        match self.hosts.get(&host.label) {
            Some(None) => format!("{label} ({})", host.os_version),
            _ => label.clone(),
        }
    }
}

/// These names in a list, e.g. `web01, web02 and 3 more`; all of them if `every`.
pub(super) fn joined(names: impl Iterator<Item = String>, every: bool) -> String {
    let names: Vec<String> = names.collect();
    // Some names have commas of their own, e.g. `Windows 11, version 24H2`.
    let between = if names.iter().any(|name| name.contains(", ")) { "; " } else { ", " };
    match names.get(..MOST_NAMES) {
        Some(first) if !every && names.len() > MOST_NAMES + 1 => {
            format!("{} and {} more", first.join(between), names.len() - MOST_NAMES)
        }
        _ => names.join(between),
    }
}
