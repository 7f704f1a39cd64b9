//! The answer of `wincompat cluster plan` as data, `wincompat/cluster-plan/v1`: an upgrade of a cluster before it is done.

mod sections;
mod steps;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::cluster::{GroupEntry, LandsEntry, Resource, entry, images_of};
use super::document::{ErrorEntry, FindingEntry, HostEntry, Tool};
use super::plain::clean;
use super::upgrade::RebuildEntry;
use super::{Format, Printed, Word, Wording, outlined};
use crate::OsVersion;
use crate::advice::{Command, Remedy};
use crate::cluster::{Effect, Fitting, Plan, Planned, Times, retiring, version_of};

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/cluster-plan/v1";

/// The plan of an upgrade.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClusterPlanReport {
    /// `wincompat/cluster-plan/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: Cow<'static, str>,
    /// The program that wrote this.
    pub tool: Tool,
    /// The Windows of each pool that comes.
    pub added: Vec<HostEntry>,
    /// The builds whose nodes go, e.g. `20348`.
    pub retired: Vec<u32>,
    /// The names of the nodes that go.
    pub going: Vec<String>,
    /// What the plan rests on.
    pub assumed: Vec<String>,
    /// The nodes of today, in groups of those that every image gets the same answer on.
    pub today: Vec<GroupEntry>,
    /// The nodes of then.
    pub next: Vec<GroupEntry>,
    /// The workloads that are for Windows, or can land on Windows nodes.
    pub workloads: Vec<PlannedEntry>,
    /// The RuntimeClasses that lead their pods to nodes that go.
    pub classes: Vec<OldClassEntry>,
    /// The images that must be others.
    pub images: Vec<NewImageEntry>,
    /// Those of them for which no other tag is known that fits: they must be rebuilt, in this order.
    pub rebuild: Vec<RebuildEntry>,
    /// What to do, in this order.
    pub steps: Vec<StepEntry>,
    /// What could not be read.
    pub errors: Vec<ErrorEntry>,
    /// The numbers of workloads, by the effect on them.
    pub summary: PlanSummary,
}

/// A workload before and after an upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlannedEntry {
    /// E.g. `apps/v1 Deployment shop/web`.
    pub object: String,
    /// `breaks`: it runs today, and then no node is left that its pods can land on and where all images run. `strays`: its pods also land
    /// where they do not run, e.g. on nodes that come. `gains-process`: it runs then, in process isolation, and does not today. `works`,
    /// `fails`: as today. `undecided`.
    pub effect: Word<Effect>,
    /// Its images.
    pub images: Vec<String>,
    /// The nodes of today that its pods can land on, by their numbers in `today`.
    pub today: Vec<LandsEntry>,
    /// The nodes of then, by their numbers in `next`.
    pub next: Vec<LandsEntry>,
    /// What is found then, the most severe first.
    pub findings: Vec<FindingEntry>,
    /// What its pods ask for that only nodes have that go.
    pub old: Vec<OldLabelEntry>,
    /// The labels that lead its pods to nodes of then where they run, e.g. `kubernetes.io/os: windows`, with what has to be taken out and
    /// tolerated; null if it needs no change, or none is known.
    pub select: Option<String>,
    /// The labels that keep its pods from nodes that come and where they do not run, in the same words; null if it needs none, or none is
    /// known.
    pub pin: Option<String>,
    /// The parts of `object`.
    #[serde(flatten)]
    pub(super) resource: Resource,
}

/// Something that pods ask for and that only nodes have that go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OldLabelEntry {
    /// The field: `nodeSelector`, `nodeAffinity` or `nodeName`.
    pub part: String,
    /// E.g. `node.kubernetes.io/windows-build`.
    pub key: String,
    /// E.g. `10.0.17763`.
    pub value: String,
}

/// A RuntimeClass that leads its pods to nodes that go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OldClassEntry {
    /// The name.
    pub name: String,
    /// The labels that only those nodes have, e.g. `node.kubernetes.io/windows-build: 10.0.17763`.
    pub labels: Vec<String>,
    /// The workloads that name it, among those that were read.
    pub workloads: Vec<String>,
}

/// An image that must be another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewImageEntry {
    /// The image.
    pub image: String,
    /// E.g. `10.0.17763.6293`, that of its lowest Windows entry; null if it is not known.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// Another tag of its repository that fits, with its digest: it was read and judged. Null if none is known.
    pub suggested: Option<String>,
    /// The workloads that need it.
    pub workloads: Vec<String>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepEntry {
    /// In one sentence.
    pub what: String,
    /// What it is to be done with, and the commands for it.
    pub items: Vec<String>,
}

/// Numbers of workloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// Those that run today, and then will have no node.
    pub breaks: usize,
    /// Those whose pods will also land where they do not run.
    pub strays: usize,
    /// Those that will run in process isolation, and do not today.
    pub gains_process: usize,
    /// The others that will run.
    pub works: usize,
    /// Those that do not run as they should today, nor then.
    pub fails: usize,
    /// Those of which it is not known.
    pub undecided: usize,
    /// Workloads that are not for Windows, and land on no Windows node.
    pub elsewhere: usize,
    /// Parts of the cluster, and images, that could not be read.
    pub errors: usize,
}

/// The wording of an answer about the nodes after an upgrade: a change that is written has to be for these.
struct ForUpgrade<'w> {
    inner: &'w dyn Wording,
    added: &'w [String],
    retired: &'w [u32],
}

impl Wording for ForUpgrade<'_> {
    fn remedy(&self, remedy: &Remedy) -> String {
        match remedy {
            Remedy::Command(Command::ClusterPatch(path)) => {
                let (added, retired) = (self.added.to_vec(), self.retired.to_vec());
                self.inner.remedy(&Remedy::Command(Command::ClusterPatchFor { path: path.clone(), added, retired }))
            }
            other => self.inner.remedy(other),
        }
    }
}

impl ForUpgrade<'_> {
    /// The command that writes the change of a workload.
    fn patch(&self, path: String) -> String {
        self.remedy(&Remedy::Command(Command::ClusterPatch(path)))
    }
}

/// All that a plan is made of.
pub struct Parts<'p> {
    /// The nodes of its times.
    pub times: Times<'p>,
    /// The plan.
    pub plan: &'p Plan<'p>,
    /// Tags that fit, by the images that they replace.
    pub suggested: &'p BTreeMap<String, Fitting>,
    /// The number of workloads that are not in the plan.
    pub elsewhere: usize,
    /// What could not be read.
    pub errors: Vec<ErrorEntry>,
}

impl ClusterPlanReport {
    /// The report of a plan.
    pub fn new(parts: Parts<'_>, wording: &dyn Wording) -> Self {
        let Parts { times, plan, suggested, elsewhere, errors } = parts;
        let releases: Vec<String> = times.upgrade.added.iter().map(typed).collect();
        let retired: Vec<u32> = times.upgrade.retired.iter().copied().collect();
        let then = ForUpgrade { inner: wording, added: &releases, retired: &retired };
        let between = ForUpgrade { inner: wording, added: &releases, retired: &[] };
        let mut summary = PlanSummary { elsewhere, errors: errors.len(), ..PlanSummary::default() };
        for planned in &plan.workloads {
            *match planned.effect {
                Effect::Breaks => &mut summary.breaks,
                Effect::Strays => &mut summary.strays,
                Effect::GainsProcess => &mut summary.gains_process,
                Effect::Works => &mut summary.works,
                Effect::Fails => &mut summary.fails,
                Effect::Undecided => &mut summary.undecided,
            } += 1;
        }
        let workloads: Vec<PlannedEntry> = plan.workloads.iter().map(|planned| PlannedEntry::new(planned, &then)).collect();
        let images = new_images(plan, &times, suggested);
        let classes: Vec<OldClassEntry> = plan.classes.iter().map(|class| OldClassEntry::new(class, plan)).collect();
        let groups = |question: &crate::cluster::Question<'_>| {
            question.nodes.groups.iter().map(|group| GroupEntry::new(group, question)).collect()
        };
        let rebuild = images.iter().filter(|image| image.suggested.is_none()).map(|image| RebuildEntry {
            file: None,
            image: Some(image.image.clone()),
            os_version: image.os_version,
            makes: Vec::new(),
            after: Vec::new(),
        });
        let mut report = Self {
            schema: SCHEMA.into(),
            tool: Tool::with(times.today.knowledge),
            added: times.upgrade.added.iter().map(|host| HostEntry::new(host, times.today.policy)).collect(),
            retired: retired.clone(),
            going: retiring(times.today.nodes, times.upgrade).iter().map(|name| clean(name).into_owned()).collect(),
            assumed: Vec::new(),
            today: groups(&times.today),
            next: groups(&times.next),
            workloads,
            classes,
            rebuild: rebuild.collect(),
            images,
            steps: Vec::new(),
            errors,
            summary,
        };
        report.assumed = report.assumptions();
        report.steps = report.steps((plan, &times), suggested, (&then, &between));
        report
    }
}

/// The name of a release as it is typed, e.g. `ltsc2025`; with the processor where it is not the usual one.
fn typed(host: &crate::host::Host) -> String {
    let release = host.release.clone().unwrap_or_else(|| host.os_version.build.to_string());
    match host.architecture {
        crate::Architecture::Amd64 => release,
        other => format!("{release},{}", other.as_str()),
    }
}

impl PlannedEntry {
    fn new(planned: &Planned<'_>, wording: &dyn Wording) -> Self {
        let old = planned.old.iter().map(|old| OldLabelEntry {
            part: old.part.to_owned(),
            key: clean(&old.key).into_owned(),
            value: clean(&old.value).into_owned(),
        });
        let words = |answer: &crate::cluster::Answer<'_>| answer.steer.as_ref().map(|steer| clean(&steer.words()).into_owned());
        Self {
            object: clean(&planned.today.workload.object()).into_owned(),
            effect: planned.effect.into(),
            images: images_of(planned.today.workload),
            today: planned.today.lands.iter().map(LandsEntry::new).collect(),
            next: planned.next.lands.iter().map(LandsEntry::new).collect(),
            findings: planned.next.findings.iter().map(|said| entry(said, wording)).collect(),
            old: old.collect(),
            select: words(&planned.next),
            pin: planned.strays.as_ref().and_then(words),
            resource: Resource::new(planned.today.workload),
        }
    }
}

impl OldLabelEntry {
    /// The words for it, e.g. `nodeSelector has node.kubernetes.io/windows-build: 10.0.17763`.
    pub(super) fn words(&self) -> String {
        match self.part.as_str() {
            "nodeName" => format!("it is bound to the node {}", self.value),
            part => format!("{part} has {}: {}", self.key, self.value),
        }
    }
}

impl OldClassEntry {
    fn new(class: &crate::cluster::OldClass, plan: &Plan<'_>) -> Self {
        let user = |number: &usize| Some(clean(&plan.workloads.get(*number)?.today.workload.object()).into_owned());
        Self {
            name: clean(&class.name).into_owned(),
            labels: class.labels.iter().map(|(key, value)| clean(&format!("{key}: {value}")).into_owned()).collect(),
            workloads: class.users.iter().filter_map(user).collect(),
        }
    }
}

/// The images that must be others, those of the oldest Windows first.
fn new_images(plan: &Plan<'_>, times: &Times<'_>, suggested: &BTreeMap<String, Fitting>) -> Vec<NewImageEntry> {
    let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for planned in &plan.workloads {
        let object = clean(&planned.today.workload.object()).into_owned();
        for image in planned.unfit.iter().filter_map(|number| planned.today.workload.images.get(*number)) {
            let users = users.entry(image.reference.as_str()).or_default();
            if !users.contains(&object) {
                users.push(object.clone());
            }
        }
    }
    let entry = |(reference, workloads): (&str, Vec<String>)| NewImageEntry {
        image: clean(reference).into_owned(),
        os_version: version_of(&times.next, reference),
        suggested: suggested.get(reference).map(|suggested| clean(&suggested.reference).into_owned()),
        workloads,
    };
    let mut images: Vec<NewImageEntry> = users.into_iter().map(entry).collect();
    images.sort_by(|one, other| (one.os_version, &one.image).cmp(&(other.os_version, &other.image)));
    images
}

impl Printed for ClusterPlanReport {
    const CALLED: &'static str = "plan";
    const FORMATS: &'static [Format<Self>] = &outlined();
}

/// The JSON Schema of [`ClusterPlanReport`], as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<ClusterPlanReport>()
}
