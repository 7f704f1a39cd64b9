//! The names of hosts in a report for people: each by its label, and where two labels are equal by what tells the hosts apart too.

use std::collections::{HashMap, HashSet};

use super::Word;
use super::document::{HostEntry, Location, Names, Report, ResultEntry};
use super::table::architecture;
use crate::host::{Availability, without_engine};
use crate::{Isolation, Kind};

/// The most names of one list; the others are counted.
const MOST_NAMES: usize = 12;

/// The hosts of a report and their names.
pub(super) struct Labels<'a> {
    hosts: Vec<&'a HostEntry>,
    names: Vec<String>,
    /// The places in `hosts` of the hosts with this label.
    places: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Labels<'a> {
    /// The hosts of all results, each once, in the order in which they are first met.
    pub fn of(report: &'a Report) -> Self {
        let mut hosts: Vec<&HostEntry> = Vec::new();
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for entry in &report.results {
            let alike = places.entry(entry.host.called()).or_default();
            if !alike.iter().any(|place| hosts.get(*place).is_some_and(|host| **host == entry.host)) {
                alike.push(hosts.len());
                hosts.push(&entry.host);
            }
        }
        let mut names: Vec<String> = hosts.iter().map(|host| host.called().to_owned()).collect();
        for alike in places.values().filter(|alike| alike.len() > 1) {
            let same_label: Vec<&HostEntry> = alike.iter().filter_map(|place| hosts.get(*place).copied()).collect();
            for (place, name) in alike.iter().zip(told_apart(&same_label)) {
                if let Some(known) = names.get_mut(*place) {
                    *known = name;
                }
            }
        }
        Self { hosts, names, places }
    }

    /// The hosts, each once.
    pub fn hosts(&self) -> &[&'a HostEntry] {
        &self.hosts
    }

    /// The place of this host among [`Self::hosts`].
    pub fn place(&self, host: &HostEntry) -> Option<usize> {
        let alike = self.places.get(host.called())?;
        alike.iter().copied().find(|place| self.hosts.get(*place).is_some_and(|known| *known == host))
    }

    /// The name of this host, e.g. `web01`, or `Windows Server 2022 (10.0.20348.2402)` beside another of that name.
    pub fn of_host<'h>(&'h self, host: &'h HostEntry) -> &'h str {
        let name = self.place(host).and_then(|place| self.names.get(place));
        name.map_or_else(|| host.called(), String::as_str)
    }

    /// The names of the hosts of these results, each once.
    pub fn of_results(&self, entries: &[&ResultEntry]) -> Vec<String> {
        let mut seen = HashSet::new();
        let names = entries.iter().map(|entry| self.of_host(&entry.host));
        names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
    }

    /// The places of these results, those with the same hosts together; with these hosts where they are not the same for all places.
    pub fn placed(&self, entries: &[&ResultEntry]) -> Vec<(Vec<String>, Option<Vec<String>>)> {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut by_place: Vec<(String, Vec<&ResultEntry>)> = Vec::new();
        for &entry in entries {
            let Some(place) = entry.location.as_ref().map(Location::place) else { continue };
            let number = *numbers.entry(place.clone()).or_insert(by_place.len());
            match by_place.get_mut(number) {
                Some((_, of_place)) => of_place.push(entry),
                None => by_place.push((place, vec![entry])),
            }
        }
        let mut alike: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for (place, of_place) in by_place {
            let hosts = self.of_results(&of_place);
            match alike.iter_mut().find(|(_, known)| *known == hosts) {
                Some((places, _)) => places.push(place),
                None => alike.push((vec![place], hosts)),
            }
        }
        let are_several = alike.len() > 1;
        alike.into_iter().map(|(places, hosts)| (places, are_several.then_some(hosts))).collect()
    }
}

/// The number of these hosts: one that stands for several equal ones counts as those, and one with several engines once.
pub(super) fn number(hosts: &[&HostEntry]) -> usize {
    let mut seen: HashSet<(String, &str)> = HashSet::new();
    for host in hosts {
        // The same host may be among the equal ones of several, and its engines may take different isolations by default.
        let default = Isolation::Process.into();
        let kind = format!("{:?}", HostEntry { label: String::new(), alike: Names::default(), default, ..(*host).clone() });
        seen.extend(host.names().into_iter().map(|name| (kind.clone(), without_engine(name))));
    }
    seen.len()
}

/// The places of these results in files, each once.
pub(super) fn places(entries: &[&ResultEntry]) -> Vec<String> {
    let mut seen = HashSet::new();
    let places = entries.iter().filter_map(|entry| entry.location.as_ref()).map(Location::place);
    places.filter(|place| seen.insert(place.clone())).collect()
}

/// The names of hosts with the same label: with everything in which they differ, and with numbers where that is not enough.
fn told_apart(hosts: &[&HostEntry]) -> Vec<String> {
    let described: Vec<[String; 7]> = hosts.iter().map(|host| description(host)).collect();
    let differs = |part: usize| described.iter().any(|one| one.get(part) != described.first().and_then(|first| first.get(part)));
    let mut names: Vec<String> = Vec::new();
    for (host, parts) in hosts.iter().zip(&described) {
        let told: Vec<&str> =
            parts.iter().enumerate().filter(|(part, text)| differs(*part) && !text.is_empty()).map(|(_, text)| &**text).collect();
        let name = if told.is_empty() { host.called().to_owned() } else { format!("{} ({})", host.called(), told.join(" ")) };
        let numbered = (2..).map(|number| format!("{name} #{number}"));
        names.extend(std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name)));
    }
    names
}

/// What tells a host from others of its label, in a word or two each.
fn description(host: &HostEntry) -> [String; 7] {
    let feature = |availability: &Word<Availability>, name: &str| match availability.known() {
        Some(Availability::Available) => format!("with {name}"),
        Some(Availability::Unavailable) => format!("without {name}"),
        _ => format!("{name} unknown"),
    };
    let default = match host.default.known() {
        Some(Isolation::Process) => "process by default",
        Some(Isolation::Hyperv) => "Hyper-V by default",
        None => "",
    };
    [
        host.os_version.to_string(),
        architecture(host).to_owned(),
        if host.kind.known() == Some(Kind::Client) { "client".to_owned() } else { String::new() },
        host.edition.clone().unwrap_or_default(),
        feature(&host.hyperv, "Hyper-V"),
        feature(&host.containers, "containers"),
        default.to_owned(),
    ]
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
