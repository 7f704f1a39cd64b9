//! Pods judged whole: all their images run on one node.

use std::collections::{BTreeMap, BTreeSet};

use super::added::{fits, put};
use super::answer::{Judged, Placed};
use crate::compat::{Code, Policy};
use crate::report::document::ResultEntry;

/// Puts a finding to the failures of each pod whose images all fit a node, and of which no node fits all.
pub fn judge_whole(placed: &[Placed<'_>], judged: &mut Judged, policy: &Policy) {
    let mut pods: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (part, (number, _)) in judged.at.iter().enumerate() {
        let Some(one) = placed.get(*number).filter(|one| one.found.needs_all()) else { continue };
        if let Some(pod) = &one.found.together {
            pods.entry(pod).or_default().push(part);
        }
    }
    for parts in pods.values().filter(|parts| parts.len() > 1) {
        let ranges: Vec<_> = parts.iter().filter_map(|part| Some(judged.at.get(*part)?.1.clone())).collect();
        let containers: Vec<&[ResultEntry]> = ranges.iter().filter_map(|range| judged.results.get(range.clone())).collect();
        let Some(message) = no_node(&containers) else { continue };
        for range in ranges {
            let entries = judged.results.get_mut(range).unwrap_or_default().iter_mut();
            for entry in entries.filter(|entry| entry.ok == Some(false)) {
                put(entry, policy, Code::PodFitsNoNode, (&message, "use images of one Windows release in this pod"));
            }
        }
    }
}

/// The sentence that no node fits all of these containers although each fits one; `None` where that is not so, or not decided.
fn no_node(containers: &[&[ResultEntry]]) -> Option<String> {
    let has_node = |results: &&[ResultEntry]| results.iter().any(|entry| entry.ok == Some(true));
    let failing: BTreeSet<&str> =
        containers.iter().copied().flatten().filter(|entry| entry.ok == Some(false)).map(|entry| entry.host.called()).collect();
    let nodes: BTreeSet<&str> = containers.iter().copied().flatten().map(|entry| entry.host.called()).collect();
    if !containers.iter().all(has_node) || failing != nodes {
        return None;
    }
    let mut nodes_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in containers.iter().copied().flatten() {
        let nodes = nodes_of.entry(&entry.image.reference).or_default();
        if entry.ok == Some(true) {
            nodes.insert(entry.host.called());
        }
    }
    Some(format!("not one node fits all images of this pod: {}", fits(&nodes_of)))
}
