//! Pods judged whole: all their images run on one node.

use std::collections::{BTreeMap, BTreeSet};

use super::added::{fits, put};
use super::answer::{Judged, Placed};
use super::suggest::leave_images_out;
use crate::compat::{Code, Policy};
use crate::host::BUILD_LABEL;
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

/// Says of each image of a pod that can land on nodes of several builds, and fails on some of them, what helps on all: an image for one build
/// alone would fail on the others.
pub fn advise(placed: &[Placed<'_>], judged: &mut Judged) {
    let pods = || placed.iter().filter_map(|one| one.found.together.as_deref());
    for (number, range) in &judged.at {
        let Some(one) = placed.get(*number) else { continue };
        let results = judged.results.get_mut(range.clone()).unwrap_or_default();
        if !is_spread(one, results) {
            continue;
        }
        let is_alone = one.found.together.as_deref().is_none_or(|pod| pods().filter(|other| *other == pod).count() == 1);
        // Each of the nodes that a DaemonSet selects is to have a pod.
        let is_of_daemon = one.found.object.as_ref().is_some_and(|object| object.split(' ').nth(1) == Some("DaemonSet"));
        let advice = for_all_builds(results, is_alone && !is_of_daemon);
        for entry in results.iter_mut().filter(|entry| entry.ok == Some(false) && is_of_build(entry)) {
            entry.findings.iter_mut().for_each(leave_images_out);
            if let Some(finding) = entry.findings.first_mut() {
                finding.help = match finding.help.as_str() {
                    "" => advice.clone(),
                    help => format!("{advice}; or {help}"),
                };
            }
        }
    }
}

/// True for an image of a pod that can land on nodes of several builds, as these results say.
pub fn is_spread(one: &Placed<'_>, results: &[ResultEntry]) -> bool {
    let builds: BTreeSet<u32> = results.iter().map(|entry| entry.host.os_version.build).collect();
    one.found.needs_all() && one.found.is_of_kubernetes() && builds.len() > 1
}

/// True for a result that fails because of the build, or because the engine does not take the entry of that build.
pub fn is_of_build(entry: &ResultEntry) -> bool {
    let code = entry.findings.first().and_then(|finding| finding.code.known());
    matches!(code, Some(Code::BuildMismatch | Code::ImageNewerThanHost | Code::EngineRefuses))
}

/// What helps on the nodes of all these results. A selector is named for the only image of a pod: for others it may be another one.
fn for_all_builds(results: &[ResultEntry], is_alone: bool) -> String {
    let label = |entry: &ResultEntry| {
        let version = entry.host.os_version;
        format!("{}.{}.{}", version.major, version.minor, version.build)
    };
    let all: BTreeSet<String> = results.iter().map(label).collect();
    let open: BTreeSet<String> = results.iter().filter(|entry| entry.ok != Some(true)).map(label).collect();
    let fitting: Vec<&str> = all.difference(&open).map(String::as_str).collect();
    let index = "use an image whose index has an entry for each build of the nodes";
    match fitting.as_slice() {
        [build] if is_alone => format!("select {BUILD_LABEL}: {build}; or {index}"),
        [_, ..] if is_alone => format!("select {BUILD_LABEL} In {}; or {index}", fitting.join(", ")),
        _ => format!("{index}: {}", all.into_iter().collect::<Vec<_>>().join(", ")),
    }
}
