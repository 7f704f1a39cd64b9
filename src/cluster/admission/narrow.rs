//! Conditions that keep a pod to the nodes where all of its images run. They only ever narrow what its author asked for.

use std::collections::BTreeSet;

use crate::cluster::steer::{landing, merged};
use crate::cluster::{Nodes, Workload};
use crate::host::placement::{Condition, Placement};
use crate::host::pod::RuntimeClass;
use crate::host::{ARCHITECTURE_LABELS, BUILD_LABEL, OS_LABELS};

/// A build and a processor on which all images run, e.g. `10.0.20348` and `amd64`.
pub(super) type Target = (String, String);

/// The conditions that lead the pods of a workload to these builds and processors and to no node that is not in `fits`; `None` where no
/// label tells them apart. A build that nodes have as well on which not all images run is left out where that is what tells the others apart.
/// With conditions for nodes that are still to come, the pods may land nowhere for now.
pub(super) fn conditions(
    workload: &Workload,
    class: Option<&RuntimeClass>,
    nodes: &Nodes,
    fits: &BTreeSet<usize>,
    targets: &BTreeSet<Target>,
) -> Option<Vec<Condition>> {
    let all: BTreeSet<&str> = targets.iter().map(|(_, architecture)| architecture.as_str()).collect();
    let number = |architecture: &str| nodes.number_of(fits.iter().copied(), architecture);
    // All processors together, then each alone, that with the most nodes first.
    let mut alone: Vec<BTreeSet<&str>> = all.iter().map(|architecture| BTreeSet::from([*architecture])).collect();
    alone.sort_by_key(|one| std::cmp::Reverse(one.iter().map(|architecture| number(architecture)).sum::<usize>()));
    let tried: Vec<BTreeSet<&str>> = std::iter::once(all).chain(alone).collect();
    let of = |architectures: &BTreeSet<&str>, is_shared: bool| {
        let mut builds: BTreeSet<&str> = targets
            .iter()
            .filter(|(_, architecture)| architectures.contains(architecture.as_str()))
            .map(|(build, _)| build.as_str())
            .collect();
        if is_shared {
            let of_all = [is_in(BUILD_LABEL, &builds), is_in(ARCHITECTURE_LABELS[0], architectures)];
            let narrowed = workload.placement.narrowed(&of_all);
            for node in landing(&merged(&narrowed, class).ok()?, nodes) {
                let node = nodes.nodes.get(node).filter(|_| !fits.contains(&node));
                if let Some(build) = node.and_then(|node| node.node.labels.get(BUILD_LABEL)) {
                    builds.remove(build.as_str());
                }
            }
        }
        if builds.is_empty() {
            return None;
        }
        let mut conditions = vec![is_in(BUILD_LABEL, &builds)];
        for (labels, values) in [(OS_LABELS, &BTreeSet::from(["windows"])), (ARCHITECTURE_LABELS, architectures)] {
            let asked = labels.iter().find_map(|label| workload.placement.values_of(label));
            if !asked.is_some_and(|asked| asked.iter().all(|value| values.contains(value))) {
                conditions.push(is_in(labels[0], values));
            }
        }
        let narrowed = workload.placement.narrowed(&conditions);
        let lands = landing(&merged(&narrowed, class).ok()?, nodes);
        let is_right = lands.iter().all(|node| fits.contains(node)) && (fits.is_empty() || !lands.is_empty());
        is_right.then_some(conditions)
    };
    let whole = tried.iter().find_map(|architectures| of(architectures, false));
    whole.or_else(|| tried.iter().find_map(|architectures| of(architectures, true)))
}

fn is_in(key: &str, values: &BTreeSet<&str>) -> Condition {
    Condition { key: key.to_owned(), operator: "In".to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect() }
}

impl Placement {
    /// The placement with these conditions in every term of its required affinity. A term that is empty never holds, and stays as it is.
    #[must_use]
    pub(super) fn narrowed(&self, conditions: &[Condition]) -> Self {
        let mut terms = self.terms.clone().unwrap_or_else(|| vec![crate::host::placement::Term::default()]);
        for term in &mut terms {
            let is_empty = term.labels.is_empty() && term.fields.is_empty();
            if self.terms.is_none() || !is_empty {
                term.labels.extend_from_slice(conditions);
            }
        }
        Self { terms: Some(terms), ..self.clone() }
    }
}
