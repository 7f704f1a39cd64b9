//! What to do for an upgrade of a cluster, in its order.

use std::collections::{BTreeMap, BTreeSet};

use super::{ClusterPlanReport, ForUpgrade, NewImageEntry, OldClassEntry, OldLabelEntry, PlannedEntry, StepEntry};
use crate::Architecture;
use crate::advice::{Command, Remedy};
use crate::cluster::{Effect, Fitting, Group, Plan, Planned, Steer, Times};
use crate::compat::{About, Severity, starts_nothing};
use crate::host::{ARCHITECTURE_LABELS, AZURE_SKU, BUILD_LABEL};
use crate::report::Wording as _;
use crate::report::document::{FindingEntry, HostEntry};
use crate::report::plain::clean;

impl ClusterPlanReport {
    /// What the plan rests on.
    pub(super) fn assumptions(&self) -> Vec<String> {
        let mut assumed = Vec::new();
        if !self.added.is_empty() {
            let labels = self.next.iter().any(|group| group.is_new).then_some(
                "the nodes that come have the labels that a kubelet sets (kubernetes.io/os, kubernetes.io/arch, \
                 node.kubernetes.io/windows-build; on AKS kubernetes.azure.com/os-sku), no others, and no taints",
            );
            assumed.extend(labels.map(str::to_owned));
        }
        assumed
    }

    /// The names of the Windows that nodes have then and start pods on, each once.
    fn windows_of_then(&self, times: &Times<'_>) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let starts = |group: &Group| group.host.as_ref().is_some_and(|host| !starts_nothing(host, times.next.policy));
        for (group, of) in self.next.iter().zip(&times.next.nodes.groups) {
            if starts(of) && !names.contains(&group.name.as_str()) {
                names.push(&group.name);
            }
        }
        names
    }

    /// What to do, in its order: after each step, what ran before still runs.
    pub(super) fn steps(
        &self,
        (plan, times): (&Plan<'_>, &Times<'_>),
        suggested: &BTreeMap<String, Fitting>,
        (then, between): (&ForUpgrade<'_>, &ForUpgrade<'_>),
    ) -> Vec<StepEntry> {
        let mut steps = Vec::new();
        let mut step = |what: &str, items: Vec<String>| {
            if !items.is_empty() {
                steps.push(StepEntry { what: what.to_owned(), items });
            }
        };
        let with_entries = || plan.workloads.iter().zip(&self.workloads);
        let windows = self.windows_of_then(times);
        let has_none = |planned: &Planned<'_>| windows.is_empty() && has_nowhere(planned);
        let ending = with_entries().filter(|(planned, _)| has_none(planned)).map(|(_, entry)| entry.object.clone());
        step(
            "no Windows node is left for these: keep some of the nodes, plan a pool that comes, or remove these",
            ending.collect(),
        );
        let pins = with_entries().filter_map(|(planned, entry)| {
            Some(match &planned.strays.as_ref()?.steer {
                Some(steer) => format!("{}: {}; {}", entry.object, led(steer, ""), written_by(planned, between)),
                None => format!("{}: no label tells the nodes apart; label them, and select that label", entry.object),
            })
        });
        step("pin what would land on the new nodes and not run there, before they come", pins.collect());
        step("build the images that must change", self.images.iter().map(|image| image.what_to_do(&windows)).collect());
        let pool = |host: &HostEntry| {
            let architecture = host.architecture.known().map(Architecture::as_str).unwrap_or_default();
            format!("{} (build {}, {architecture})", host.name, host.os_version.build)
        };
        step("add the new nodes", self.added.iter().map(pool).collect());
        step(
            "look at where everything lands now",
            match self.added.as_slice() {
                [] => Vec::new(),
                _ => vec![format!(
                    "{} shows what they really have: labels, taints, handlers",
                    then.remedy(&Remedy::Command(Command::ClusterCheck))
                )],
            },
        );
        let nodes = if self.added.is_empty() { "nodes that stay" } else { "the new nodes" };
        let is_replaced = |class: &&OldClassEntry| !class.workloads.is_empty() && !windows.is_empty();
        let classes = self.classes.iter().filter(is_replaced).map(|class| {
            let (labels, users) = (class.labels.join(", "), class.workloads.join(", "));
            let is_rebuilt = self.images.iter().flat_map(|image| &image.workloads).any(|one| class.workloads.contains(one));
            let when = if is_rebuilt { ", with the new image where the next step names one" } else { "" };
            format!("{}: {labels}; make one for {nodes}, and name it in {users}{when}", class.name)
        });
        step("replace the RuntimeClasses that lead to nodes that will be removed", classes.collect());
        let rollout = with_entries().filter(|(planned, _)| !planned.unfit.is_empty()).map(|(planned, entry)| {
            let images = self.images.iter().filter(|image| image.workloads.contains(&entry.object));
            let images = images.map(|image| {
                let new = image.suggested.as_deref().unwrap_or("the rebuilt image");
                format!("{} becomes {new}", image.image)
            });
            let builds = builds(planned, suggested);
            let selection = self.selection(planned, entry, &builds, nodes);
            let lacking = lacking(times.lacking(plan, planned, Some(&builds)));
            let by_hand = by_hand(planned).map(|by_hand| format!("; {by_hand}")).unwrap_or_default();
            format!("{}: {}; {selection}{lacking}{by_hand}", entry.object, images.collect::<Vec<_>>().join(", "))
        });
        step("roll out the images, each with its selector in one change", rollout.collect());
        let breaking = with_entries().filter(|(planned, _)| planned.effect == Effect::Breaks);
        let refused = breaking.flat_map(|(_, entry)| {
            let by_engine = entry.findings.iter().filter(|finding| is_by_engine(finding));
            by_engine.map(|finding| format!("{}: {}; {}", entry.object, finding.message, finding.help))
        });
        step("let the engine of the nodes that stay start these images", refused.collect());
        let without_way = |planned: &Planned<'_>, entry: &PlannedEntry| {
            let has_way = !entry.old.is_empty() || entry.select.is_some() || !planned.unfit.is_empty();
            let builds = (!planned.builds.is_empty()).then_some(&planned.builds);
            if planned.effect == Effect::Breaks && !has_way { times.lacking(plan, planned, builds) } else { None }
        };
        let is_changed = |planned: &Planned<'_>, entry: &PlannedEntry| {
            let is_led = planned.effect == Effect::Breaks && entry.select.is_some();
            let is_changed = !entry.old.is_empty() || is_led || without_way(planned, entry).is_some() || is_left(planned, times);
            is_changed && planned.unfit.is_empty() && !planned.ends && !has_none(planned)
        };
        let changes = with_entries().filter(|(planned, entry)| is_changed(planned, entry)).map(|(planned, entry)| {
            let labels: Vec<String> = entry.old.iter().map(OldLabelEntry::words).collect();
            let labels = labels.join(", ");
            if let Some(lacks) = without_way(planned, entry) {
                return format!("{}{}", entry.object, lacking(Some(lacks)).replacen(';', ":", 1));
            }
            if is_left(planned, times) && labels.is_empty() {
                let of_then = "find out whether it runs on the others, and let it select these";
                return format!("{}: step 1 pins it to nodes that will be removed; {of_then}", entry.object);
            }
            if planned.today.workload.kind == "Pod" && planned.today.workload.owner.is_none() && !labels.is_empty() {
                return format!("{}: {labels}; {}", entry.object, created_again(planned));
            }
            let object = &entry.object;
            match &planned.next.steer {
                Some(steer) => {
                    let labels = if labels.is_empty() { labels } else { format!("{labels}; ") };
                    format!("{object}: {labels}{}; {}", led(steer, instead_of_pin(planned)), written_by(planned, then))
                }
                None if has_own_build_alone(entry) && !planned.builds.is_empty() => {
                    let lacking = lacking(times.lacking(plan, planned, Some(&planned.builds)));
                    format!("{object}: {labels}; {} once its pods run there{lacking}", build_words(&planned.builds))
                }
                None if entry.next.is_empty() => format!("{object}: {labels}; {}", given(entry, nodes)),
                None => format!("{object}: {labels}; it can go, other nodes are named beside it"),
            }
        });
        step("change what selects nodes that will be removed", changes.collect());
        step(
            "cordon and drain the nodes that will be removed",
            self.going
                .iter()
                .map(|node| format!("`kubectl cordon {node}`, then `kubectl drain {node} --ignore-daemonsets`"))
                .collect(),
        );
        let ends = with_entries()
            .filter(|(planned, _)| planned.ends)
            .map(|(_, entry)| format!("{}: no node is left for it", entry.object));
        let unused = self.classes.iter().map(|class| format!("RuntimeClass {}: it leads to no node", class.name));
        step("remove what is left over, with these nodes", ends.chain(unused).collect());
        steps
    }

    /// What the pods of a workload with new images, which run on these builds, select instead of what only nodes have that go.
    fn selection(&self, planned: &Planned<'_>, entry: &PlannedEntry, builds: &BTreeSet<String>, nodes: &str) -> String {
        let class = planned.today.workload.class.as_deref().map(clean);
        if let Some(class) = self.classes.iter().find(|one| class.as_deref() == Some(one.name.as_str())) {
            return format!("name the RuntimeClass for {nodes} instead of {}", class.name);
        }
        if !has_own_build_alone(entry) {
            let labels: Vec<String> = entry.old.iter().map(OldLabelEntry::words).collect();
            return format!("{}; {}", labels.join(", "), given(entry, nodes));
        }
        let is_replaced = |old: &OldLabelEntry| old.part == "nodeSelector" && old.key == BUILD_LABEL && builds.len() == 1;
        let taken_out = entry.old.iter().filter(|old| !is_replaced(old)).map(|old| match old.part.as_str() {
            "nodeName" => format!(", without the node {}", old.value),
            "nodeSelector" => format!(", take out {}: {}", old.key, old.value),
            _ => format!(", take {}: {} out of its affinity", old.key, old.value),
        });
        let taken_out: Vec<String> = taken_out.collect();
        let mut images = self.images.iter().filter(|image| image.workloads.contains(&entry.object));
        // An image that is still to be built may be for some of them alone.
        let of_rebuilt = if builds.len() > 1 && images.any(|image| image.suggested.is_none()) {
            ", as far as the rebuilt image runs on them"
        } else {
            ""
        };
        format!("{}{}{of_rebuilt}{}", build_words(builds), instead_of_pin(planned), taken_out.concat())
    }
}

/// True for a workload that asks for nothing that goes but builds, processors, or the node that it is bound to.
fn has_own_build_alone(entry: &PlannedEntry) -> bool {
    let is_own = |old: &OldLabelEntry| [BUILD_LABEL, AZURE_SKU].contains(&old.key.as_str()) || is_processor(old);
    entry.old.iter().all(|old| is_own(old) || old.part == "nodeName")
}

fn is_processor(old: &OldLabelEntry) -> bool {
    ARCHITECTURE_LABELS.contains(&old.key.as_str())
}

/// What to do about what a workload asks for and only nodes have that go.
fn given(entry: &PlannedEntry, nodes: &str) -> String {
    match entry.old.iter().any(is_processor) {
        // A node cannot be given another processor.
        true => format!("let it ask for what {nodes} have"),
        false => format!("give {nodes} what it asks for, or let it ask for something else"),
    }
}

/// What has to be done besides, so that this node takes the pods.
fn lacking(lacking: Option<(&str, Vec<String>)>) -> String {
    let words = |(node, lacks): (&str, Vec<String>)| {
        clean(&format!("; then no node takes its pods. So that {node} takes them: {}", lacks.join("; "))).into_owned()
    };
    lacking.map(words).unwrap_or_default()
}

/// The builds of the nodes of then on which a workload runs with its new images: all on which those that are known run.
fn builds(planned: &Planned<'_>, suggested: &BTreeMap<String, Fitting>) -> BTreeSet<String> {
    let images = planned.unfit.iter().filter_map(|number| planned.today.workload.images.get(*number));
    let known = images.filter_map(|image| suggested.get(&image.reference));
    known.fold(planned.builds.clone(), |builds, fitting| &builds & &fitting.builds)
}

/// What selects these builds.
fn build_words(builds: &BTreeSet<String>) -> String {
    let all: Vec<&str> = builds.iter().map(String::as_str).collect();
    match all.as_slice() {
        [] => "select labels of nodes that the new images run on".to_owned(),
        [build] => format!("select {BUILD_LABEL}: {}", clean(build)),
        all => format!("select {BUILD_LABEL} In {}", clean(&all.join(", "))),
    }
}

/// That a selector replaces the pin of a workload that was pinned before.
fn instead_of_pin(planned: &Planned<'_>) -> &'static str {
    let pin = planned.strays.as_ref().and_then(|strays| strays.steer.as_ref());
    if pin.is_some_and(|pin| !pin.builds.is_empty()) { " instead of the build that step 1 pins" } else { "" }
}

/// True for a workload that is pinned before to builds that no node of then has, where it is not known whether it runs on others.
fn is_left(planned: &Planned<'_>, times: &Times<'_>) -> bool {
    let Some(pin) = planned.strays.as_ref().and_then(|strays| strays.steer.as_ref()) else { return false };
    let mut builds = times.next.nodes.nodes.iter().filter_map(|node| node.node.labels.get(BUILD_LABEL));
    planned.effect == Effect::Undecided && !pin.builds.is_empty() && !builds.any(|build| pin.builds.contains(build))
}

/// What leads pods to nodes that fit, with these words behind the labels.
fn led(steer: &Steer, pin: &str) -> String {
    clean(&format!("select {}{pin}{}", steer.selection(), steer.besides())).into_owned()
}

/// What to do about a bare pod whose node goes, or that asks for what only such nodes have.
fn created_again(planned: &Planned<'_>) -> String {
    let besides = match (&planned.next.steer, planned.next.ok) {
        (Some(steer), _) => format!(", and {}", led(steer, "")),
        (None, Some(true)) => String::new(),
        (None, _) => "; then look at where it lands".to_owned(),
    };
    format!("create it again from its manifest, without this{besides}")
}

/// True for a workload that is to run, lands on no node of then where it may run, and has no other node that it fits.
fn has_nowhere(planned: &Planned<'_>) -> bool {
    let lands = planned.next.lands.iter().any(|share| share.fits != Some(false));
    matches!(planned.effect, Effect::Breaks | Effect::Undecided) && !lands && planned.next.elsewhere.is_empty()
}

/// True for a finding that says that the engine does not start an image.
fn is_by_engine(finding: &FindingEntry) -> bool {
    let is_of_engine = finding.code.known().is_some_and(|code| code.is_about(About::Engine));
    is_of_engine && finding.severity.known() == Some(Severity::Error)
}

/// The way to the change of a workload.
fn written_by(planned: &Planned<'_>, wording: &ForUpgrade<'_>) -> String {
    by_hand(planned).unwrap_or_else(|| format!("{} writes it", clean(&wording.patch(planned.today.workload.path()))))
}

/// The way to the change of a workload that is not changed where it is.
fn by_hand(planned: &Planned<'_>) -> Option<String> {
    let workload = planned.today.workload;
    if let Some(owner) = &workload.owner {
        return Some(format!("change {}, which it belongs to", clean(owner)));
    }
    match workload.kind.as_str() {
        // They keep what they were created with.
        "Pod" | "Job" => Some("change its manifest, and create it again".to_owned()),
        _ if workload.has_plain_names() => None,
        _ => Some("change its manifest".to_owned()),
    }
}

impl NewImageEntry {
    /// What to do about it, where these are the Windows of then.
    fn what_to_do(&self, windows: &[&str]) -> String {
        let windows = windows.join(" or ");
        match &self.suggested {
            Some(suggested) => format!("{}: {suggested} is there, and fits", self.image),
            None => format!("{}: rebuild it on a base of {windows}, and push it under a tag of its own", self.image),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_rebuilt_for_the_windows_that_is_there_then() {
        let image = NewImageEntry { image: "app:1".to_owned(), os_version: None, suggested: None, workloads: Vec::new() };
        assert_eq!(
            image.what_to_do(&["Windows Server 2019", "Windows Server 2022"]),
            "app:1: rebuild it on a base of Windows Server 2019 or Windows Server 2022, and push it under a tag of its own"
        );
    }
}
