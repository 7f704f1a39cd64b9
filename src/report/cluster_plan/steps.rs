//! What to do for an upgrade of a cluster, in its order.

use super::{ClusterPlanReport, ForUpgrade, NewImageEntry, OldClassEntry, OldLabelEntry, PlannedEntry, StepEntry};
use crate::Architecture;
use crate::advice::{Command, Remedy};
use crate::cluster::{Effect, Plan, Planned};
use crate::compat::{About, Severity};
use crate::host::{AZURE_SKU, BUILD_LABEL};
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

    /// The names of the Windows that nodes have then, each once.
    fn windows_of_then(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for group in self.next.iter().filter(|group| group.os_version.is_some()) {
            if !names.contains(&group.name.as_str()) {
                names.push(&group.name);
            }
        }
        names
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
        let windows = self.windows_of_then();
        let has_none = |planned: &Planned<'_>| windows.is_empty() && has_nowhere(planned);
        let ending = with_entries().filter(|(planned, _)| has_none(planned)).map(|(_, entry)| entry.object.clone());
        step(
            "no Windows node is left for these: keep some of the nodes, plan a pool that comes, or remove these",
            ending.collect(),
        );
        let pins = with_entries().filter(|(planned, _)| planned.strays.is_some()).map(|(planned, entry)| match &entry.pin {
            Some(labels) => format!("{}: select {labels}; {}", entry.object, written_by(planned, between)),
            None => format!("{}: no label tells the nodes apart; label them, and select that label", entry.object),
        });
        step("pin what would land on the new nodes and not run there, before they come", pins.collect());
        step("make the images that have to be others", self.images.iter().map(|image| image.what_to_do(&windows)).collect());
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
        let breaking = with_entries().filter(|(planned, _)| planned.effect == Effect::Breaks);
        let refused = breaking.flat_map(|(_, entry)| {
            let by_engine = entry.findings.iter().filter(|finding| is_by_engine(finding));
            by_engine.map(|finding| format!("{}: {}; {}", entry.object, finding.message, finding.help))
        });
        step("let the engine of the nodes that stay start these images", refused.collect());
        let is_changed =
            |planned: &Planned<'_>, entry: &PlannedEntry| !entry.old.is_empty() && !planned.ends && !has_none(planned);
        let nodes = if self.added.is_empty() { "nodes that stay" } else { "the new nodes" };
        let changes = with_entries().filter(|(planned, entry)| is_changed(planned, entry)).map(|(planned, entry)| {
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
                    let when = if planned.unfit.is_empty() { "once its pods run there" } else { "with the new image" };
                    // A selector of the build is replaced by the new one; what else asks for the old build stays.
                    let stays = entry.old.iter().any(|old| old.part != "nodeSelector" || old.key != BUILD_LABEL);
                    let taken = if stays { "take this out, and " } else { "" };
                    format!("{object}: {labels}; {taken}select {BUILD_LABEL}: {build} {when}")
                }
                (None, _) if entry.next.is_empty() => {
                    format!("{object}: {labels}; give {nodes} what it asks for, or let it ask for something else")
                }
                (None, _) => format!("{object}: {labels}; it can go, other nodes are named beside it"),
            }
        });
        step("change what names nodes that go", changes.collect());
        let is_replaced = |class: &&OldClassEntry| !class.workloads.is_empty() && !windows.is_empty();
        let classes = self.classes.iter().filter(is_replaced).map(|class| {
            let (labels, users) = (class.labels.join(", "), class.workloads.join(", "));
            format!("{}: {labels}; make one for {nodes}, and name it in {users}", class.name)
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
    let workload = planned.today.workload;
    if let Some(owner) = &workload.owner {
        return format!("change {}, which it belongs to", clean(owner));
    }
    match workload.kind.as_str() {
        // They keep what they were created with.
        "Pod" | "Job" => "change its manifest, and create it again".to_owned(),
        _ if workload.has_plain_names() => format!("{} writes it", clean(&wording.patch(workload.path()))),
        _ => "change its manifest".to_owned(),
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
