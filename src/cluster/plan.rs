//! The plan of an upgrade: each workload on the nodes of today, on those in between, and on those that come after.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::by_engine;
use super::steer::merged;
use super::upgrade::{Label, Upgrade};
use super::{Answer, ClusterNode, Group, ImageOf, Nodes, Question, Share, Workload};
use crate::OsVersion;
use crate::compat::{Use, starts_nothing};
use crate::host::placement::{Condition, Placement, Term};
use crate::host::pod::RuntimeClass;
use crate::host::{ARCHITECTURE_LABELS, BUILD_LABEL, Host, OS_LABELS};
use crate::image::Image;

/// The effect of an upgrade on a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It runs today, and will have no node that its pods can land on and where all of its images run.
    Breaks,
    /// It runs today, and its pods will also land where they do not run, e.g. on nodes that come.
    Strays,
    /// It will run in process isolation, and does not today.
    GainsProcess,
    /// It will run as it does today.
    Works,
    /// It runs neither today nor then, or lands astray today already.
    Fails,
    /// It is not known.
    Undecided,
}

/// A workload in the plan.
#[derive(Clone, Debug)]
pub struct Planned<'a> {
    /// The effect.
    pub effect: Effect,
    /// The answer on the nodes of today.
    pub today: Answer<'a>,
    /// The answer on the nodes of then.
    pub next: Answer<'a>,
    /// The answer while the nodes that come and those that go are both there, for one whose pods land astray then.
    pub strays: Option<Answer<'a>>,
    /// What it asks for that only nodes have that go.
    pub old: Vec<OldLabel>,
    /// The places of its images that need another one: no node of then runs all of its images.
    pub unfit: Vec<usize>,
    /// The builds of the nodes of then that run it with such images, as their label has them: the other images run there.
    pub builds: BTreeSet<String>,
    /// True for a DaemonSet that has pods today and no node then.
    pub ends: bool,
}

/// A label, or a name, that a workload asks for and that no node has any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldLabel {
    /// The field, e.g. `nodeSelector`.
    pub part: &'static str,
    /// E.g. `node.kubernetes.io/windows-build`.
    pub key: String,
    /// E.g. `10.0.17763`.
    pub value: String,
}

/// A RuntimeClass that leads its pods to nodes that go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldClass {
    /// The name.
    pub name: String,
    /// The labels that only those nodes have.
    pub labels: Vec<Label>,
    /// The places of the workloads that name it.
    pub users: Vec<usize>,
}

/// Another tag of a repository that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// The reference.
    pub reference: String,
    /// The builds of the nodes of then on which it runs, as their label has them.
    pub builds: BTreeSet<String>,
}

/// The plan.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The workloads, in their order.
    pub workloads: Vec<Planned<'a>>,
    /// The RuntimeClasses that lead to nodes that go.
    pub classes: Vec<OldClass>,
}

/// The question about the nodes of three times.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// The change.
    pub upgrade: &'a Upgrade,
    /// The nodes of today.
    pub today: Question<'a>,
    /// Those while nothing has gone yet.
    pub between: Question<'a>,
    /// Those of then.
    pub next: Question<'a>,
}

impl<'a> Times<'a> {
    /// The plan for these workloads; `after` has each of them as it is then.
    pub fn plan(&self, workloads: &'a [Workload], after: &'a [Workload]) -> Plan<'a> {
        let gone = Gone {
            labels: self.upgrade.labels_that_go(self.today.nodes, self.next.nodes),
            kept: self.next.nodes.nodes.iter().flat_map(|node| node.node.labels.keys().cloned()).collect(),
            names: retiring(self.today.nodes, self.upgrade).into_iter().collect(),
        };
        let planned = workloads.iter().zip(after).map(|(workload, after)| self.planned(workload, after, &gone)).collect();
        Plan { workloads: planned, classes: self.classes(workloads, &gone.labels) }
    }

    fn planned(&self, workload: &'a Workload, after: &'a Workload, gone: &Gone) -> Planned<'a> {
        let (today, next) = (self.today.answer(workload), self.next.answer(after));
        let between = self.between.answer(workload);
        let runs_today = self.runs_today(&today);
        // One that does not run has no pods to keep where they are.
        let strays = (runs_today == Some(true) && self.is_astray(&between)).then_some(between);
        let ends = workload.kind == "DaemonSet" && next.lands.is_empty() && runs_today == Some(true);
        let effect = effect((&today, runs_today), &next, strays.is_some(), ends);
        let mut old = old_labels(&workload.placement, gone);
        old.extend(self.upgrade.node_of(workload, self.today.nodes).map(|name| OldLabel {
            part: "nodeName",
            key: "metadata.name".to_owned(),
            value: name.to_owned(),
        }));
        let (unfit, builds) = if effect == Effect::Breaks { self.unfit(after, &next) } else { (Vec::new(), BTreeSet::new()) };
        Planned { effect, today, next, strays, old, unfit, builds, ends }
    }

    /// True if pods run on nodes of today, also where it is not known of others that they can land on; `None` if that is not known.
    fn runs_today(&self, today: &Answer<'_>) -> Option<bool> {
        // What a class adds that could not be read decides where pods land.
        let is_of_unread = today.workload.class.is_some() && self.today.classes.is_none();
        let is_somewhere = today.lands.iter().any(|share| share.fits == Some(true));
        if is_somewhere && !is_of_unread { Some(true) } else { runs(today) }
    }

    /// True for pods that can land on a node that comes and where they do not run.
    fn is_astray(&self, between: &Answer<'_>) -> bool {
        let is_new = |share: &Share| self.between.nodes.groups.get(share.group).is_some_and(|group| group.is_new);
        between.lands.iter().any(|share| share.fits == Some(false) && is_new(share))
    }

    /// The images that have to be others where no node is left for all of them, and the builds of the nodes that run the rest: of those on
    /// which most of them run.
    fn unfit(&self, workload: &Workload, next: &Answer<'_>) -> (Vec<usize>, BTreeSet<String>) {
        if next.lands.iter().any(|share| share.fits != Some(false)) || !next.elsewhere.is_empty() {
            return (Vec::new(), BTreeSet::new());
        }
        let misfits = |host: &Host| -> Option<Vec<usize>> {
            let mut misfits = Vec::new();
            for (number, image_of) in workload.images.iter().enumerate() {
                let Some(Ok(image)) = self.next.images.get(&image_of.reference) else { return None };
                let judgement = self.next.judged(image_of, image, host);
                match judgement.ok {
                    // Another image does not help where the engine is what has to be another.
                    Some(false) if by_engine(&judgement).is_none() => misfits.push(number),
                    Some(_) => {}
                    None => return None,
                }
            }
            Some(misfits)
        };
        let groups = self.next.nodes.groups.iter().filter_map(|group| Some((group, group.host.as_ref()?)));
        let groups = groups.filter(|(_, host)| !starts_nothing(host, self.next.policy));
        let judged: Vec<(Vec<usize>, &Group, u32)> =
            groups.filter_map(|(group, host)| Some((misfits(host)?, group, host.os_version.build))).collect();
        // No Windows node may be left, for whatever image.
        let best = judged.iter().min_by_key(|(misfits, _, build)| (misfits.len(), Reverse(*build)));
        let Some((unfit, ..)) = best else { return (Vec::new(), BTreeSet::new()) };
        let alike = judged.iter().filter(|(misfits, ..)| misfits == unfit);
        (unfit.clone(), alike.filter_map(|(_, group, _)| self.label_of(group)).collect())
    }

    /// The build of a group of nodes of then, as their label has it.
    fn label_of(&self, group: &Group) -> Option<String> {
        let node = self.next.nodes.nodes.get(*group.members.first()?)?;
        node.node.labels.get(BUILD_LABEL).cloned()
    }

    /// The builds of the nodes of then on which this image runs instead of one of a workload.
    pub fn builds_that_run(&self, image_of: &ImageOf, image: &Image) -> BTreeSet<String> {
        let runs =
            |group: &&Group| group.host.as_ref().is_some_and(|host| self.next.judged(image_of, image, host).ok == Some(true));
        self.next.nodes.groups.iter().filter(runs).filter_map(|group| self.label_of(group)).collect()
    }

    /// What has to be done so that a node of then takes the pods of a workload, once they select these builds instead of what only nodes have
    /// that go; without builds, a node where all of its images run. Of the node that needs the least: its name, and what is to be done. `None`
    /// where a node takes them, or there is no such node.
    pub fn lacking(
        &self,
        plan: &Plan<'_>,
        planned: &Planned<'_>,
        builds: Option<&BTreeSet<String>>,
    ) -> Option<(&str, Vec<String>)> {
        let workload = planned.next.workload;
        // One that leads to nodes that go is replaced.
        let is_replaced = plan.classes.iter().any(|class| workload.class.as_ref() == Some(&class.name));
        let class = self.next.class_of(workload).filter(|_| !is_replaced);
        let placement = merged(&asking(planned, builds), class).ok()?;
        let nodes = self.next.nodes;
        let is_meant = |node: &ClusterNode, group: &usize| match builds {
            Some(builds) => node.node.labels.get(BUILD_LABEL).is_some_and(|build| builds.contains(build)),
            None => planned.next.elsewhere.contains(group),
        };
        let meant = nodes.nodes.iter().zip(&nodes.group_of).filter(|(node, group)| is_meant(node, group));
        let lacks = meant.map(|(node, _)| (node.name.as_str(), lacks(&placement, class, node)));
        lacks.min_by_key(|(_, lacks)| lacks.len()).filter(|(_, lacks)| !lacks.is_empty())
    }

    /// The RuntimeClasses that lead to nodes that go.
    fn classes(&self, workloads: &[Workload], gone: &BTreeMap<String, BTreeSet<String>>) -> Vec<OldClass> {
        let mut old = Vec::new();
        for (name, class) in self.next.classes.iter().flatten() {
            let goes = |(key, value): &(&String, &String)| gone.get(*key).is_some_and(|values| values.contains(*value));
            let labels: Vec<Label> =
                class.selector.iter().filter(goes).map(|(key, value)| (key.clone(), value.clone())).collect();
            if labels.is_empty() {
                continue;
            }
            let users = workloads.iter().enumerate().filter(|(_, one)| one.class.as_ref() == Some(name));
            old.push(OldClass { name: name.clone(), labels, users: users.map(|(number, _)| number).collect() });
        }
        old
    }
}

/// True if pods can land where all of their images run; `None` if that is not known.
fn runs(answer: &Answer<'_>) -> Option<bool> {
    let has = |fits: Option<bool>| answer.lands.iter().any(|share| share.fits == fits);
    if answer.ok.is_none() || (!has(Some(true)) && has(None)) {
        return None;
    }
    Some(has(Some(true)))
}

/// True for a DaemonSet that lands on no node, and so has no pods: that is no mistake.
fn is_idle(answer: &Answer<'_>) -> bool {
    answer.workload.kind == "DaemonSet" && answer.lands.is_empty() && answer.ok == Some(true)
}

/// True if every pod runs in process isolation, whatever is denied.
fn is_process(answer: &Answer<'_>) -> bool {
    let is_process = |judgement: &crate::compat::Judgement| judgement.ok == Some(true) && judgement.taken == Some(Use::Process);
    let is_whole = answer.lands.iter().all(|share| share.fits == Some(true));
    is_whole && !answer.judged.is_empty() && answer.judged.iter().all(|(_, _, judged)| is_process(judged))
}

/// The effect on a workload with these answers, the first with whether it runs today.
fn effect((today, runs_today): (&Answer<'_>, Option<bool>), next: &Answer<'_>, strays: bool, ends: bool) -> Effect {
    if ends {
        return if strays { Effect::Strays } else { Effect::Works };
    }
    let is_whole = |answer: &Answer<'_>| answer.lands.iter().all(|share| share.fits == Some(true));
    match (runs_today, runs(next)) {
        (Some(true), Some(false)) => Effect::Breaks,
        // A finding that is denied is one as well.
        (Some(true), Some(true)) if today.ok == Some(true) && next.ok == Some(false) && is_whole(next) => Effect::Breaks,
        // A pod that is created again lands on other nodes of today too.
        (Some(true), Some(true)) if today.ok == Some(true) && next.ok == Some(false) => Effect::Strays,
        (_, None) | (None, Some(false)) => Effect::Undecided,
        _ if is_idle(today) && is_idle(next) => Effect::Works,
        (_, Some(true)) if strays => Effect::Strays,
        (_, Some(true)) if next.ok == Some(false) => Effect::Fails,
        _ if is_process(next) && !is_process(today) => Effect::GainsProcess,
        (_, Some(true)) => Effect::Works,
        (Some(false), Some(false)) => Effect::Fails,
    }
}

/// What is no longer there once nodes have gone.
struct Gone {
    /// The labels that no other node has, with their values.
    labels: BTreeMap<String, BTreeSet<String>>,
    /// The labels that other nodes have, with whatever value.
    kept: BTreeSet<String>,
    /// The names of these nodes.
    names: BTreeSet<String>,
}

impl Gone {
    /// The values of a condition of an affinity that go, where it asks for what is gone.
    fn values_of<'a>(&'a self, condition: &'a Condition) -> Vec<&'a String> {
        let Some(gone) = self.labels.get(&condition.key) else { return Vec::new() };
        match condition.operator.as_str() {
            "In" => condition.values.iter().filter(|value| gone.contains(*value)).collect(),
            "Exists" if !self.kept.contains(&condition.key) => gone.iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// What a placement asks for that only nodes have that go.
fn old_labels(placement: &Placement, gone: &Gone) -> Vec<OldLabel> {
    let label = |part, key: &str, value: &str| OldLabel { part, key: key.to_owned(), value: value.to_owned() };
    let is_gone = |(key, value): &(&String, &String)| gone.labels.get(*key).is_some_and(|values| values.contains(*value));
    let mut old: Vec<OldLabel> =
        placement.selector.iter().filter(is_gone).map(|(key, value)| label("nodeSelector", key, value)).collect();
    for term in placement.terms.iter().flatten() {
        let of_labels = term.labels.iter().flat_map(|one| gone.values_of(one).into_iter().map(|value| (one.key.as_str(), value)));
        // Of fields there is the name alone.
        let named = term.fields.iter().filter(|one| one.operator == "In").flat_map(|one| &one.values);
        let of_names = named.filter(|name| gone.names.contains(*name)).map(|name| ("metadata.name", name));
        for (key, value) in of_labels.chain(of_names) {
            let label = label("nodeAffinity", key, value);
            if !old.contains(&label) {
                old.push(label);
            }
        }
    }
    old
}

/// The placement of a workload that has the pin of the plan, and asks for nothing that only nodes have that go, but for builds.
fn asking(planned: &Planned<'_>, builds: Option<&BTreeSet<String>>) -> Placement {
    let pin = planned.strays.as_ref().and_then(|strays| strays.steer.as_ref());
    let mut placement = pin.map_or_else(|| planned.next.workload.placement.clone(), |pin| pin.placement.clone());
    let is_old = |key: &str, value: &str| planned.old.iter().any(|old| old.key == key && old.value == value);
    let is_replaced = pin.is_some() || builds.is_some_and(|builds| builds.len() == 1);
    placement.selector.retain(|key, value| !(is_old(key, value) || is_replaced && key == BUILD_LABEL));
    let kept = |condition: &Condition| {
        let is_pin = condition.key == BUILD_LABEL && pin.is_some_and(|pin| condition.values.iter().eq(&pin.builds));
        let mut kept = condition.clone();
        match condition.operator.as_str() {
            "In" => kept.values.retain(|value| !is_old(&condition.key, value)),
            "Exists" if planned.old.iter().any(|old| old.key == condition.key) => return None,
            _ => return Some(kept),
        }
        (!is_pin && !kept.values.is_empty()).then_some(kept)
    };
    let Some(terms) = placement.terms.take() else { return placement };
    let mut changed = Vec::new();
    for term in terms.iter().filter(|term| !term.labels.is_empty() || !term.fields.is_empty()) {
        let of = |conditions: &[Condition]| -> Vec<Condition> { conditions.iter().filter_map(kept).collect() };
        let term = Term { labels: of(&term.labels), fields: of(&term.fields) };
        if term.labels.is_empty() && term.fields.is_empty() {
            // It asked for what goes alone.
            return placement;
        }
        changed.push(term);
    }
    placement.terms = Some(changed);
    placement
}

/// What has to be done so that this node takes pods with this placement and class.
fn lacks(placement: &Placement, class: Option<&RuntimeClass>, node: &ClusterNode) -> Vec<String> {
    let labels = &node.node.labels;
    let absent = placement.selector.iter().filter(|(key, value)| labels.get(*key) != Some(*value));
    let mut lacks: Vec<String> = absent
        .map(|(key, value)| {
            let is_own = OS_LABELS.contains(&key.as_str()) || ARCHITECTURE_LABELS.contains(&key.as_str());
            let or_given = if is_own { "" } else { ", or give the node that label" };
            format!("let them not select {key}: {value}{or_given}")
        })
        .collect();
    let affinity = Placement { terms: placement.terms.clone(), ..Placement::default() };
    if !affinity.selects(&node.name, labels) {
        lacks.push("change their required node affinity, which does not hold there".to_owned());
    }
    let taints = placement.all_intolerable(&node.node.taints);
    lacks.extend(taints.map(|taint| format!("let them tolerate {}={}:{}", taint.key, taint.value, taint.effect)));
    if let (Some(class), Some(handlers), true) = (class, &node.handlers, node.host.is_some())
        && !handlers.contains(&class.handler)
    {
        lacks.push(format!("configure the handler {} there", class.handler));
    }
    lacks
}

/// The version of an image, as the lowest of its Windows entries has it.
pub fn version_of(question: &Question<'_>, reference: &str) -> Option<OsVersion> {
    let Some(Ok(image)) = question.images.get(reference) else { return None };
    image.candidates.iter().filter_map(|candidate| candidate.os_version()).map(|(version, _)| version).min()
}

/// The names of the nodes that go.
pub fn retiring(nodes: &Nodes, upgrade: &Upgrade) -> Vec<String> {
    nodes.nodes.iter().filter(|node| upgrade.retires(node)).map(|node| node.name.clone()).collect()
}
