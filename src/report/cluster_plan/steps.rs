//! What to do for an upgrade of a cluster, in its order.

use super::{ClusterPlanReport, ForUpgrade, NewImageEntry, OldLabelEntry, StepEntry};
use crate::Architecture;
use crate::advice::{Command, Remedy};
use crate::cluster::{Plan, Planned};
use crate::host::{AZURE_SKU, BUILD_LABEL};
use crate::report::Wording as _;
use crate::report::document::HostEntry;
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

    /// What to do, in its order.
    pub(super) fn steps(&self, plan: &Plan<'_>, then: &ForUpgrade<'_>, between: &ForUpgrade<'_>) -> Vec<StepEntry> {
        let mut steps = Vec::new();
        let mut step = |what: &str, items: Vec<String>| {
            if !items.is_empty() {
                steps.push(StepEntry { what: what.to_owned(), items });
            }
        };
        let with_entries = || plan.workloads.iter().zip(&self.workloads);
        let pins = with_entries().filter(|(planned, _)| planned.strays.is_some()).map(|(planned, entry)| match &entry.pin {
            Some(labels) => format!("{}: select {labels}; {}", entry.object, written_by(planned, between)),
            None => format!("{}: no label tells the nodes apart; label them, and select that label", entry.object),
        });
        step("pin what would land on the new nodes and not run there, before they come", pins.collect());
        step("make the images that have to be others", self.images.iter().map(NewImageEntry::what_to_do).collect());
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
        let rollout = self.images.iter().flat_map(|image| {
            let new = image.suggested.as_deref().unwrap_or("the rebuilt image");
            image.workloads.iter().map(move |workload| format!("{workload}: {} becomes {new}", image.image))
        });
        step("roll out the images", rollout.collect());
        let changes = with_entries().filter(|(planned, entry)| !entry.old.is_empty() && !planned.ends).map(|(planned, entry)| {
            let labels: Vec<String> = entry.old.iter().map(OldLabelEntry::words).collect();
            let labels = labels.join(", ");
            if planned.today.workload.kind == "Pod" && planned.today.workload.owner.is_none() {
                return format!("{}: {labels}; create it again from its manifest, without this", entry.object);
            }
            let object = &entry.object;
            let is_of_build = entry.old.iter().all(|old| [BUILD_LABEL, AZURE_SKU].contains(&old.key.as_str()));
            match (&entry.select, &planned.build) {
                (Some(select), _) => format!("{object}: {labels}; select {select}; {}", written_by(planned, then)),
                (None, Some(build)) if is_of_build => {
                    format!("{object}: {labels}; select {BUILD_LABEL}: {build} with the new image")
                }
                (None, _) if entry.next.is_empty() => {
                    format!("{object}: {labels}; give the new nodes what it asks for, or let it ask for something else")
                }
                (None, _) => format!("{object}: {labels}; it can go, other nodes are named beside it"),
            }
        });
        step("change what names nodes that go", changes.collect());
        let classes = self.classes.iter().filter(|class| !class.workloads.is_empty()).map(|class| {
            format!(
                "{}: {}; make one for the new nodes, and name it in {}",
                class.name,
                class.labels.join(", "),
                class.workloads.join(", ")
            )
        });
        step("replace the RuntimeClasses that lead to nodes that go", classes.collect());
        step(
            "cordon and drain the nodes that go",
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
}

/// The way to the change of a workload.
fn written_by(planned: &Planned<'_>, wording: &ForUpgrade<'_>) -> String {
    let workload = planned.today.workload;
    match workload.kind.as_str() {
        // They keep what they were created with.
        "Pod" | "Job" => "change its manifest, and create it again".to_owned(),
        _ => format!("{} writes it", clean(&wording.patch(workload.path()))),
    }
}

impl NewImageEntry {
    /// What to do about it.
    fn what_to_do(&self) -> String {
        match &self.suggested {
            Some(suggested) => format!("{}: {suggested} is there, and fits", self.image),
            None => format!("{}: rebuild it on a base of the new Windows, and push it under a tag of its own", self.image),
        }
    }
}
    if let Some(owner) = &workload.owner {
        return format!("change {}, which it belongs to", clean(owner));
    }
