//! The change of a pod's selector that leads it to nodes where all of its images run, judged before it is offered.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ClusterNode, Nodes};
use crate::host::placement::{Condition, Placement, Term, Toleration};
use crate::host::pod::{Conflict, RuntimeClass};
use crate::host::{ARCHITECTURE_LABELS, AZURE_SKU, BUILD_LABEL, Labels, OS_LABELS, Taint};

/// The keys of taints that keep pods of other systems away from Windows nodes: bearing them is what a Windows pod is expected to do.
/// The value is `windows` on GKE and elsewhere, `Windows` on OpenShift.
const OF_WINDOWS: [&str; 2] = ["os", "node.kubernetes.io/os"];

/// What a pod has to ask of its node so that it lands on nodes that fit, and on no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steer {
    /// Labels for the node selector.
    pub labels: Labels,
    /// The builds, as the label of nodes has them, e.g. `10.0.20348`; none for other systems than Windows.
    pub builds: BTreeSet<String>,
    /// Labels of the node selector that have to go.
    pub dropped: Vec<String>,
    /// Labels of which what the required affinity asks has to go.
    pub unasked: Vec<String>,
    /// Tolerations to add.
    pub tolerations: Vec<Toleration>,
    /// The placement with all this.
    pub placement: Placement,
}

impl Steer {
    /// The steering of a pod with this placement, its class not yet merged; `fits` says of each group of nodes whether all images run
    /// there. `None` if no labels tell the nodes that fit from the others.
    pub fn of(placement: &Placement, class: Option<&RuntimeClass>, nodes: &Nodes, fits: &[Option<bool>]) -> Option<Self> {
        let lands = landing(&merged(placement, class).ok()?, nodes);
        let fitting = |node: &usize| nodes.group_of.get(*node).and_then(|group| *fits.get(*group)?) == Some(true);
        // Narrowed where it can be, moved where it must be.
        let mut targets: Vec<usize> = lands.iter().copied().filter(fitting).collect();
        if targets.is_empty() {
            targets = (0..nodes.nodes.len()).filter(fitting).collect();
        }
        let is_windows = |node: &usize| nodes.nodes.get(*node).is_some_and(|node| node.host.is_some());
        if targets.iter().any(is_windows) {
            targets.retain(is_windows);
        }
        let architectures: BTreeSet<&str> =
            targets.iter().filter_map(|node| Some(nodes.nodes.get(*node)?.architecture.as_str())).collect();
        // The processor with the most nodes first.
        let number = |architecture: &str| nodes.number_of(targets.iter().copied(), architecture);
        let mut architectures: Vec<&str> = architectures.into_iter().collect();
        architectures.sort_by_key(|architecture| std::cmp::Reverse(number(architecture)));
        architectures.into_iter().find_map(|architecture| {
            let of_it: Vec<usize> = targets
                .iter()
                .copied()
                .filter(|node| nodes.nodes.get(*node).is_some_and(|node| node.architecture == architecture))
                .collect();
            let steer = Self::to(placement, architecture, &of_it, nodes)?;
            let lands = landing(&merged(&steer.placement, class).ok()?, nodes);
            (!lands.is_empty() && lands.iter().all(fitting)).then_some(steer)
        })
    }

    /// The steering to these nodes, all with this processor.
    fn to(placement: &Placement, architecture: &str, targets: &[usize], nodes: &Nodes) -> Option<Self> {
        let targets: Vec<&ClusterNode> = targets.iter().filter_map(|node| nodes.nodes.get(*node).map(Arc::as_ref)).collect();
        let os = targets.first()?.os.clone();
        let builds: BTreeSet<String> = targets
            .iter()
            .filter(|node| node.host.is_some())
            .filter_map(|node| node.node.labels.get(BUILD_LABEL).cloned())
            .collect();
        let steered =
            |key: &str| [BUILD_LABEL, AZURE_SKU].contains(&key) || OS_LABELS.contains(&key) || ARCHITECTURE_LABELS.contains(&key);
        let mut labels: Labels =
            [(OS_LABELS[0].to_owned(), os), (ARCHITECTURE_LABELS[0].to_owned(), architecture.to_owned())].into();
        if let Some(build) = builds.first().filter(|_| builds.len() == 1) {
            labels.insert(BUILD_LABEL.to_owned(), build.clone());
        }
        let mut selector = placement.selector.clone();
        // A value that is asked for already stays as it is written.
        let dropped = selector
            .iter()
            .filter(|(key, value)| steered(key) && !targets.iter().all(|node| node.node.labels.get(*key) == Some(*value)));
        let dropped: Vec<String> = dropped.map(|(key, _)| key.clone()).filter(|key| !labels.contains_key(key)).collect();
        selector.retain(|key, _| !dropped.contains(key));
        selector.extend(labels.iter().map(|(key, value)| (key.clone(), value.clone())));
        let build = (builds.len() > 1).then(|| Condition {
            key: BUILD_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: builds.iter().cloned().collect(),
        });
        let tolerations = lacking(placement, &targets);
        let terms = with_condition(placement.terms.as_deref(), build.as_ref(), builds.is_empty());
        let conditions = || placement.terms.iter().flatten().flat_map(|term| &term.labels);
        let is_asked = |key: &&str| !builds.is_empty() && conditions().any(|condition| condition.key == *key);
        let unasked = [BUILD_LABEL, AZURE_SKU].into_iter().filter(is_asked).map(str::to_owned).collect();
        let placement = Placement {
            node_name: placement.node_name.clone(),
            selector,
            terms,
            tolerations: [&placement.tolerations[..], &tolerations[..]].concat(),
        };
        Some(Self { labels, builds, dropped, unasked, tolerations, placement })
    }

    /// What to ask for, as a sentence, e.g. `select kubernetes.io/os: windows, and tolerate os=windows:NoSchedule`.
    pub fn sentence(&self) -> String {
        format!("select {}", self.words())
    }

    /// The words for it: the labels, with what has to go and what has to be tolerated.
    pub fn words(&self) -> String {
        self.selection() + &self.besides()
    }

    /// The words for the labels, e.g. `kubernetes.io/os: windows, node.kubernetes.io/windows-build In 10.0.20348, 10.0.26100`.
    pub fn selection(&self) -> String {
        let mut words: Vec<String> = self.labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        if self.builds.len() > 1 {
            let builds: Vec<&str> = self.builds.iter().map(String::as_str).collect();
            words.push(format!("{BUILD_LABEL} In {}", builds.join(", ")));
        }
        words.join(", ")
    }

    /// What has to go and what has to be tolerated, e.g. `, take out pool, and tolerate os=windows:NoSchedule`; empty if nothing has.
    pub fn besides(&self) -> String {
        let mut words: Vec<String> = self.dropped.iter().map(|key| format!(", take out {key}")).collect();
        if !self.unasked.is_empty() {
            words.push(match self.placement.terms {
                Some(_) => format!(", take out what the node affinity asks of {} now", self.unasked.join(" and ")),
                // It asks for nothing else.
                None => ", take out the required node affinity".to_owned(),
            });
        }
        words.extend(self.tolerations.iter().map(|one| format!(", and tolerate {}={}:{}", one.key, one.value, one.effect)));
        words.concat()
    }
}

/// The tolerations that a pod with this placement lacks for the taints of these nodes that tell Windows from other systems.
fn lacking(placement: &Placement, nodes: &[&ClusterNode]) -> Vec<Toleration> {
    let mut bearing = placement.clone();
    for taint in nodes.iter().flat_map(|node| &node.node.taints).filter(|taint| is_of_windows(taint)) {
        if bearing.intolerable(std::slice::from_ref(taint)).is_some() {
            bearing.tolerations.push(Toleration {
                key: taint.key.clone(),
                value: taint.value.clone(),
                effect: taint.effect.clone(),
                ..Toleration::default()
            });
        }
    }
    bearing.tolerations.split_off(placement.tolerations.len())
}

/// True for a taint that keeps pods of other systems away.
fn is_of_windows(taint: &Taint) -> bool {
    OF_WINDOWS.contains(&taint.key.as_str()) && taint.value.eq_ignore_ascii_case("windows")
}

/// Terms of which every one has this condition, and none another one of the build. An empty term never holds, and stays away.
fn with_condition(terms: Option<&[Term]>, condition: Option<&Condition>, keeps_builds: bool) -> Option<Vec<Term>> {
    let is_kept = |one: &&Condition| keeps_builds || ![BUILD_LABEL, AZURE_SKU].contains(&one.key.as_str());
    let Some(terms) = terms else {
        return condition.map(|condition| vec![Term { labels: vec![condition.clone()], fields: Vec::new() }]);
    };
    let mut changed = Vec::new();
    for term in terms.iter().filter(|term| !term.labels.is_empty() || !term.fields.is_empty()) {
        let mut labels: Vec<Condition> = term.labels.iter().filter(is_kept).cloned().collect();
        labels.extend(condition.cloned());
        if labels.is_empty() && term.fields.is_empty() {
            // It asked for a build alone, and the node selector does so now.
            return None;
        }
        changed.push(Term { labels, fields: term.fields.clone() });
    }
    Some(changed)
}

/// The placement with that of the class.
///
/// # Errors
///
/// A class that contradicts it.
pub fn merged(placement: &Placement, class: Option<&RuntimeClass>) -> Result<Placement, Conflict> {
    match class {
        Some(class) => placement.clone().with_class(class),
        None => Ok(placement.clone()),
    }
}

/// The numbers of the nodes that a pod can land on.
pub fn landing(placement: &Placement, nodes: &Nodes) -> Vec<usize> {
    let allowed = nodes.nodes.iter().enumerate().filter(|(_, node)| placement.allows(&node.name, &node.node));
    allowed.map(|(number, _)| number).collect()
}
