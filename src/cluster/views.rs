//! The nodes of a cluster as one workload tells them apart. Thousands of nodes are a few for each workload: those that differ only in what it
//! does not look at count as one.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Group, Nodes};
use crate::host::placement::{Condition, Placement, Term};
use crate::host::pod::RuntimeClass;
use crate::host::{ARCHITECTURE_LABELS, AZURE_SKU, BUILD_LABEL, OS_LABELS};

/// The most views that are kept, and the most nodes, groups, labels and names in all of them but the last: those of workloads that look at the
/// same are one, and one that looks at the names of hosts has every node. A node is shared with all others and takes 50 bytes here, a group with
/// its taints and its Windows about 1,000: 10 MB at the most.
const MOST_KEPT: usize = 64;
const MOST_PARTS: usize = 10_000;

/// What a workload looks at, beside what groups have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Looks {
    /// Labels, those that may be changed to lead its pods among them, as far as any node has them: the others tell none apart.
    labels: BTreeSet<String>,
    /// Names of nodes that are there.
    names: BTreeSet<String>,
    /// True if no other nodes than those of these names can be meant.
    is_by_name: bool,
}

/// The views that were made, by what was looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Views(Arc<Mutex<HashMap<Looks, Arc<Nodes>>>>);

impl Nodes {
    /// These nodes as a workload with this placement and class tells them apart: the same groups, and of the nodes that it cannot tell apart
    /// the first alone, which counts for all of them.
    pub(super) fn seen_by(&self, placement: &Placement, class: Option<&RuntimeClass>) -> Arc<Self> {
        let looks = Looks::of(placement, class, self);
        if looks.is_by_name {
            // These are a few nodes, and every bound pod has others.
            return Arc::new(self.view(&looks));
        }
        let kept = |view: Option<Arc<Self>>| {
            let mut views = self.views.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(view) = view else { return views.get(&looks).cloned() };
            let parts =
                |looks: &Looks, view: &Self| looks.labels.len() + looks.names.len() + view.nodes.len() + view.groups.len();
            let kept: usize = views.iter().map(|(looks, view)| parts(looks, view)).sum();
            if views.len() >= MOST_KEPT || kept + parts(&looks, &view) > MOST_PARTS {
                views.clear();
            }
            views.insert(looks.clone(), Arc::clone(&view));
            Some(view)
        };
        kept(None).or_else(|| kept(Some(Arc::new(self.view(&looks))))).unwrap_or_default()
    }

    fn view(&self, looks: &Looks) -> Self {
        let without_members = |group: &Group| Group {
            label: group.label.clone(),
            os: group.os.clone(),
            architecture: group.architecture.clone(),
            host: group.host.clone(),
            taints: group.taints.clone(),
            handlers: group.handlers.clone(),
            is_new: group.is_new,
            members: Vec::new(),
        };
        let groups = self.groups.iter().map(without_members).collect();
        let mut view = Self { groups, labels: Arc::clone(&self.labels), ..Self::default() };
        let seen: Vec<usize> = match looks.is_by_name {
            true => looks.names.iter().filter_map(|name| self.number(name)).collect(),
            false => (0..self.nodes.len()).collect(),
        };
        let mut numbers = HashMap::new();
        for (number, kind) in self.kinds(looks, seen) {
            let (Some(node), Some(group), Some(count)) =
                (self.nodes.get(number), self.group_of.get(number), self.counts.get(number))
            else {
                continue;
            };
            let number = *numbers.entry(kind).or_insert_with(|| {
                let number = view.nodes.len();
                view.nodes.push(Arc::clone(node));
                view.group_of.push(*group);
                view.counts.push(0);
                if let Some(group) = view.groups.get_mut(*group) {
                    group.members.push(number);
                }
                number
            });
            if let Some(counted) = view.counts.get_mut(number) {
                *counted += count;
            }
        }
        view
    }

    /// The kind of each of these nodes: one of the same group, with the same values of all labels that are looked at, and without a name that
    /// is. One label after the other, so that the memory is that of one, however many are looked at.
    fn kinds(&self, looks: &Looks, seen: Vec<usize>) -> Vec<(usize, usize)> {
        let mut first = HashMap::new();
        let mut kinds: Vec<(usize, usize)> = seen
            .into_iter()
            .filter_map(|number| {
                let (node, group, next) = (self.nodes.get(number)?, self.group_of.get(number)?, first.len());
                let name = looks.names.contains(&node.name).then_some(node.name.as_str());
                Some((number, *first.entry((*group, name)).or_insert(next)))
            })
            .collect();
        for label in &looks.labels {
            let mut values = HashMap::new();
            for (number, kind) in &mut kinds {
                let value = self.nodes.get(*number).and_then(|node| node.node.labels.get(label));
                let next = values.len();
                *kind = *values.entry((*kind, value)).or_insert(next);
            }
        }
        kinds
    }

    /// The number of the node of this name: they are in the order of their names.
    fn number(&self, name: &str) -> Option<usize> {
        self.nodes.binary_search_by(|node| node.name.as_str().cmp(name)).ok()
    }
}

impl Looks {
    fn of(placement: &Placement, class: Option<&RuntimeClass>, nodes: &Nodes) -> Self {
        let steered = [BUILD_LABEL, AZURE_SKU].into_iter().chain(OS_LABELS).chain(ARCHITECTURE_LABELS);
        let mut looks = Self { labels: steered.map(str::to_owned).collect(), ..Self::default() };
        looks.labels.extend(placement.selector.keys().chain(class.into_iter().flat_map(|class| class.selector.keys())).cloned());
        for term in placement.terms.iter().flatten() {
            looks.labels.extend(term.labels.iter().map(|condition| condition.key.clone()));
            looks.names.extend(term.fields.iter().flat_map(|Condition { values, .. }| values.iter().cloned()));
        }
        let names_nodes = |term: &Term| term.fields.iter().any(|field| field.operator == "In");
        looks.is_by_name = placement.terms.as_ref().is_some_and(|terms| terms.iter().all(names_nodes));
        if let Some(name) = &placement.node_name {
            looks.names = [name.clone()].into();
            looks.is_by_name = true;
        }
        looks.labels.retain(|label| nodes.labels.contains(label));
        looks.names.retain(|name| nodes.number(name).is_some());
        looks
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::ClusterNode;
    use crate::cluster::steer::landing;
    use crate::knowledge::Knowledge;

    /// The number of labels that only the first node has: `l0`, `l1` and so on.
    const LABELS: usize = 1000;

    fn nodes(number: usize) -> Nodes {
        let one = |number: usize| {
            let build = ["10.0.17763", "10.0.20348"][number % 2];
            let mut object = json!({"metadata": {"name": format!("n{number}"), "labels": {"kubernetes.io/os": "windows",
                "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": format!("n{number}"), "pool": format!("p{}", number % 4),
                "node.kubernetes.io/windows-build": build}}, "spec": {}, "status": {"nodeInfo": {"operatingSystem": "windows",
                "architecture": "amd64", "kernelVersion": format!("{build}.1"), "osImage": "Windows Server"}}});
            let own = if number == 0 { LABELS } else { 0 };
            for label in 0..own {
                object["metadata"]["labels"][format!("l{label}")] = json!("x");
            }
            ClusterNode::of(&object, Knowledge::built_in()).unwrap()
        };
        Nodes::of((0..number).map(one).collect())
    }

    #[test]
    fn nodes_that_a_workload_cannot_tell_apart_are_one() {
        let all = nodes(40);
        let placement = |spec: serde_json::Value| Placement::of(&spec);
        let by_name = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n7"]}]}]}}}});
        for (spec, seen, landed, of) in [
            (json!({}), 2, 40, 40),
            (json!({"nodeSelector": {"pool": "p1"}}), 4, 10, 40),
            (json!({"nodeSelector": {"kubernetes.io/hostname": "n3"}}), 40, 1, 40),
            (json!({"nodeSelector": {"nobody-has-it": "x"}}), 2, 0, 40),
            (json!({"nodeName": "n2"}), 1, 1, 1),
            (json!({"nodeName": ""}), 2, 40, 40),
            (json!({"nodeName": "gone"}), 0, 0, 0),
            (by_name, 1, 1, 1),
        ] {
            let placement = placement(spec);
            let view = all.seen_by(&placement, None);
            assert_eq!(view.nodes.len(), seen, "{placement:?}");
            assert_eq!(view.counts.iter().sum::<usize>(), of);
            assert_eq!(view.groups.len(), all.groups.len());
            let lands = landing(&placement, &view);
            assert_eq!(lands.iter().map(|node| view.counts[*node]).sum::<usize>(), landed, "{placement:?}");
            assert_eq!(landing(&placement, &all).len(), landed);
            assert!(
                view.groups.iter().enumerate().all(|(group, of)| of.members.iter().all(|node| view.group_of[*node] == group))
            );
        }
        let class = RuntimeClass { selector: [("pool".to_owned(), "p0".to_owned())].into(), ..RuntimeClass::default() };
        assert_eq!(all.seen_by(&Placement::default(), Some(&class)).nodes.len(), 4);
    }

    #[test]
    fn views_are_kept_and_not_without_end() {
        let all = nodes(4);
        let looking_at =
            |label: usize| Placement { selector: [(format!("l{label}"), String::new())].into(), ..Placement::default() };
        assert!(Arc::ptr_eq(&all.seen_by(&looking_at(0), None), &all.seen_by(&looking_at(0), None)));
        for label in 0..LABELS {
            all.seen_by(&looking_at(label), None);
        }
        assert!(all.views.0.lock().unwrap().len() <= MOST_KEPT);
    }

    /// Who writes pods makes up labels and names; nodes are those of the cluster.
    #[test]
    fn labels_that_no_node_has_make_no_views_of_their_own() {
        let all = nodes(4);
        let plain = all.seen_by(&Placement::default(), None);
        let condition = |key: String, values: Vec<String>| Condition { key, operator: "NotIn".to_owned(), values };
        for label in LABELS..LABELS + 100 {
            let term = Term {
                labels: vec![condition(format!("l{label}"), vec!["x".to_owned()])],
                fields: vec![condition("metadata.name".to_owned(), vec![format!("m{label}")])],
            };
            let view = all.seen_by(&Placement { terms: Some(vec![term]), ..Placement::default() }, None);
            assert!(Arc::ptr_eq(&view, &plain), "{label}");
        }
        // A node of a view is that of all.
        assert!(Arc::ptr_eq(&plain.nodes[0], &all.nodes[0]));
    }

    #[test]
    fn views_that_have_every_node_are_few() {
        // With two groups and five labels each.
        let number = MOST_PARTS / 4 - 10;
        let all = nodes(number);
        for label in 0..10 {
            let selector = ["kubernetes.io/hostname".to_owned(), format!("l{label}")].map(|key| (key, String::new())).into();
            let placement = Placement { selector, ..Placement::default() };
            assert_eq!(all.seen_by(&placement, None).nodes.len(), number);
        }
        // Four of them, and then again from one on.
        assert_eq!(all.views.0.lock().unwrap().len(), 2);
    }
}
