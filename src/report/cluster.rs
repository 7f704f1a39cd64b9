//! The answer of `wincompat cluster check` as data, `wincompat/cluster/v1`: which workloads land where, and what is wrong with that.

use std::borrow::Cow;

use serde::Serialize;

use super::cluster_text::ClusterText;
use super::document::{ErrorEntry, FindingEntry, Location, PlacementEntry, PlacementStatus, RemedyEntry, Report, ResultEntry};
use super::of_images::{Abouts, HoldsReport, formats};
use super::plain::clean;
use super::policy_report::PolicyReports;
use super::{Format, Printed, Wording, for_people, for_programs};
use crate::OsVersion;
use crate::cluster::{Answer, Group, Question, Said, Share, Workload};
use crate::compat::{Code, Severity};
use crate::text::{counted, quoted};

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/cluster/v1";

/// The answer of a check of a cluster.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClusterReport {
    /// `wincompat/cluster/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: Cow<'static, str>,
    /// The nodes, in groups of those that every image gets the same answer on.
    pub groups: Vec<GroupEntry>,
    /// The workloads that are for Windows, or can land on Windows nodes.
    pub workloads: Vec<WorkloadEntry>,
    /// The numbers of workloads.
    pub summary: ClusterSummary,
    /// Each of their images on each group of Windows nodes that it can land on, the workloads that do not pass for another reason, and what
    /// could not be read.
    pub report: Report,
}

/// Nodes that every image gets the same answer on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GroupEntry {
    /// The name of the first and the number of the others, e.g. `ws2022-0 and 3 more`.
    pub label: String,
    /// The name of its Windows, e.g. `Windows Server 2022`; for other systems e.g. `linux/amd64`.
    pub name: String,
    /// The version of its Windows: of several revisions the oldest; null for other systems.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The names of its nodes.
    pub nodes: Vec<String>,
    /// Its taints, e.g. `os=windows:NoSchedule`.
    pub taints: Vec<String>,
    /// The runtime handlers in the configuration of its engine; null where the nodes do not list them.
    pub handlers: Option<Vec<String>>,
    /// True for nodes that are not there yet, in a plan.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_new: bool,
}

/// A workload, and where its pods land.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkloadEntry {
    /// E.g. `apps/v1 Deployment shop/web`.
    pub object: String,
    /// True if its pods land only on nodes where all of its images run; null if that is not known.
    pub ok: Option<bool>,
    /// Its images.
    pub images: Vec<String>,
    /// The nodes that its pods can land on.
    pub lands: Vec<LandsEntry>,
    /// Other groups on which all of its images run.
    pub elsewhere: Vec<usize>,
    /// What was found, the most severe first.
    pub findings: Vec<FindingEntry>,
    /// The parts of `object`.
    #[serde(flatten)]
    pub(super) resource: Resource,
}

/// An object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource {
    /// E.g. `apps/v1`.
    pub api_version: String,
    /// E.g. `Deployment`.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// The part of a group that pods can land on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LandsEntry {
    /// The number of the group in `groups`, from 0.
    pub group: usize,
    /// The number of its nodes that the pods can land on.
    pub nodes: usize,
    /// True if all images run there; null if that is not known.
    pub fits: Option<bool>,
}

/// Numbers of workloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClusterSummary {
    /// Workloads whose pods land only where they run.
    pub ok: usize,
    /// Workloads whose pods can land where they do not run, or nowhere.
    pub not_ok: usize,
    /// Workloads of which that is not known.
    pub undecided: usize,
    /// Workloads that are not for Windows, and land on no Windows node.
    pub elsewhere: usize,
    /// Parts of the cluster, and images, that could not be read.
    pub errors: usize,
}

impl ClusterReport {
    /// The report of these answers; `elsewhere` counts the workloads that are not among them, `errors` is what could not be read.
    pub fn new(
        question: &Question<'_>,
        answers: &[Answer<'_>],
        elsewhere: usize,
        errors: Vec<ErrorEntry>,
        wording: &dyn Wording,
    ) -> Self {
        let groups: Vec<GroupEntry> = question.nodes.groups.iter().map(|group| GroupEntry::new(group, question)).collect();
        let (mut results, mut placements, mut workloads) = (Vec::new(), Vec::new(), Vec::new());
        let mut summary = ClusterSummary { elsewhere, errors: errors.len(), ..ClusterSummary::default() };
        for answer in answers {
            *match answer.ok {
                Some(true) => &mut summary.ok,
                Some(false) => &mut summary.not_ok,
                None => &mut summary.undecided,
            } += 1;
            let entry = WorkloadEntry::new(answer, wording);
            let of_answer = of_images(question, answer, &entry.findings, wording);
            let has_unread =
                || answer.workload.images.iter().any(|image| !matches!(question.images.get(&image.reference), Some(Ok(_))));
            let is_shown = match answer.ok {
                Some(true) => true,
                Some(false) => of_answer.iter().any(|result| result.ok == Some(false)),
                None => has_unread() || of_answer.iter().any(|result| result.ok.is_none()),
            };
            if !is_shown {
                placements.push(placement(question, answer, &entry, &groups));
            }
            results.extend(of_answer);
            workloads.push(entry);
        }
        let report = Report::new(question.knowledge, results, errors).with_placements(placements);
        Self { schema: SCHEMA.into(), groups, workloads, summary, report }
    }
}

impl GroupEntry {
    pub(super) fn new(group: &Group, question: &Question<'_>) -> Self {
        let cleaned = |text: &str| clean(text).into_owned();
        let member = |number: &usize| question.nodes.nodes.get(*number).map(|node| cleaned(&node.name));
        Self {
            label: cleaned(&group.label),
            name: match &group.host {
                Some(host) => cleaned(&host.name),
                None => cleaned(&format!("{}/{}", group.os, group.architecture)),
            },
            os_version: group.host.as_ref().map(|host| host.os_version),
            nodes: group.members.iter().filter_map(member).collect(),
            taints: group
                .taints
                .iter()
                .map(|taint| cleaned(&format!("{}={}:{}", taint.key, taint.value, taint.effect)))
                .collect(),
            handlers: group.handlers.as_ref().map(|handlers| handlers.iter().map(|name| cleaned(name)).collect()),
            is_new: group.is_new,
        }
    }

    /// The words for it, e.g. `ws2022-0 and 3 more (Windows Server 2022)`.
    pub(super) fn title(&self) -> String {
        format!("{} ({})", self.label, self.name)
    }
}

/// The groups that these are parts of, each with the number of its nodes where it is not all of them.
pub(super) fn titles(groups: &[GroupEntry], lands: &[LandsEntry]) -> String {
    let title = |lands: &LandsEntry| {
        let group = groups.get(lands.group)?;
        let all = group.nodes.len();
        Some(if lands.nodes < all { format!("{} of {all} like {}", lands.nodes, group.title()) } else { group.title() })
    };
    lands.iter().filter_map(title).collect::<Vec<_>>().join(", ")
}

/// The end of a sum with the number of workloads that are not for Windows, e.g. `; 3 are not for Windows`; empty if there are none.
pub(super) fn not_for_windows(number: usize) -> String {
    if number == 0 { String::new() } else { format!("; {}", counted(number, "is not for Windows", "are not for Windows")) }
}

impl LandsEntry {
    pub(super) fn new(share: &Share) -> Self {
        Self { group: share.group, nodes: share.nodes, fits: share.fits }
    }
}

/// The images of a workload, each once.
pub(super) fn images_of(workload: &Workload) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for image in &workload.images {
        let image = clean(&image.reference).into_owned();
        if !images.contains(&image) {
            images.push(image);
        }
    }
    images
}

impl WorkloadEntry {
    fn new(answer: &Answer<'_>, wording: &dyn Wording) -> Self {
        Self {
            object: clean(&answer.workload.object()).into_owned(),
            ok: answer.ok,
            images: images_of(answer.workload),
            lands: answer.lands.iter().map(LandsEntry::new).collect(),
            elsewhere: answer.elsewhere.clone(),
            findings: answer.findings.iter().map(|said| entry(said, wording)).collect(),
            resource: Resource::new(answer.workload),
        }
    }
}

impl Resource {
    pub(super) fn new(workload: &Workload) -> Self {
        let cleaned = |text: &str| clean(text).into_owned();
        Self {
            api_version: cleaned(&workload.api_version),
            kind: cleaned(&workload.kind),
            namespace: cleaned(&workload.namespace),
            name: cleaned(&workload.name),
        }
    }
}

pub(super) fn entry(said: &Said, wording: &dyn Wording) -> FindingEntry {
    FindingEntry {
        code: said.code.into(),
        severity: said.severity.into(),
        message: clean(&wording.advice(&said.message)).into_owned(),
        help: clean(&wording.advice(&said.help)).into_owned(),
        remedies: said.help.remedies().map(|remedy| RemedyEntry::new(remedy, wording)).collect(),
        without_images: None,
        source: said.code.source().into(),
    }
}

/// The place of a part of a workload.
fn location(answer: &Answer<'_>, part: &str, written: &str) -> Location {
    let object = format!("{} {part}", answer.workload.object());
    Location::new(&answer.workload.path(), 1, 1, Some(object.trim_end()), written)
}

/// The images of a workload on the groups that it can land on; those that fail have the findings of the workload before their own.
fn of_images(question: &Question<'_>, answer: &Answer<'_>, findings: &[FindingEntry], wording: &dyn Wording) -> Vec<ResultEntry> {
    let mut results = Vec::new();
    for (number, group, judgement) in &answer.judged {
        let Some(image_of) = answer.workload.images.get(*number) else { continue };
        let host = question.nodes.groups.get(*group).and_then(|group| group.host.as_ref());
        let (Some(host), Some(Ok(image))) = (host, question.images.get(&image_of.reference)) else { continue };
        let mut result = ResultEntry::new(question.knowledge, host, image, judgement, question.policy, wording);
        result.location = Some(location(answer, &image_of.part, &image_of.reference));
        let fits = answer.lands.iter().find(|share| share.group == *group).and_then(|share| share.fits);
        if fits == Some(false) && answer.ok == Some(false) {
            // An image that would run does not, for what the group lacks.
            result.ok = Some(false);
            // What the image says itself need not be said of the workload.
            let is_own = |finding: &&FindingEntry| result.findings.iter().any(|own| own.code == finding.code);
            let of_workload: Vec<FindingEntry> = findings.iter().filter(|finding| !is_own(finding)).cloned().collect();
            result.findings.splice(0..0, of_workload);
        }
        results.push(result);
    }
    results
}

/// A workload that does not pass where no result of its images says so, with what becomes of its pods and why.
fn placement(question: &Question<'_>, answer: &Answer<'_>, entry: &WorkloadEntry, groups: &[GroupEntry]) -> PlacementEntry {
    let is_refused = |said: &Said| matches!(said.code, Code::RuntimeClassMissing | Code::RuntimeClassConflicts);
    let on = |fits: Option<bool>| {
        let lands: Vec<LandsEntry> = entry.lands.iter().filter(|lands| lands.fits == fits).cloned().collect();
        titles(groups, &lands)
    };
    let is_wrong = entry.lands.iter().any(|lands| lands.fits == Some(false));
    let status = match answer.ok {
        None => PlacementStatus::Unknown,
        Some(_) if answer.findings.iter().any(is_refused) => PlacementStatus::Refused,
        Some(_) if is_wrong => PlacementStatus::WrongNode,
        // A DaemonSet that lands nowhere has no pods, and that is no mistake.
        Some(_) if entry.lands.is_empty() && answer.workload.kind != "DaemonSet" => PlacementStatus::NoNode,
        Some(_) => PlacementStatus::Denied,
    };
    let errors = entry.findings.iter().filter(|finding| finding.severity.known() == Some(Severity::Error));
    let said: Vec<&str> = errors.map(|finding| finding.message.as_str()).collect();
    let message = match (&answer.workload.class, question.classes) {
        _ if answer.ok.is_some() && !said.is_empty() => said.join("; "),
        _ if answer.ok.is_some() => format!("an image does not run on {}", on(Some(false))),
        (Some(class), None) => format!("its RuntimeClass {} could not be read, so its nodes are not known", quoted(class)),
        _ if entry.lands.is_empty() => {
            "its pods can land on no node, and whether its images run on others is not known".to_owned()
        }
        _ => format!("it is not known whether its pods run on {}", on(None)),
    };
    PlacementEntry {
        object: entry.object.clone(),
        status: status.into(),
        ok: answer.ok,
        message: clean(&message).into_owned(),
        images: entry.images.clone(),
        findings: entry.findings.clone(),
        location: location(answer, "", answer.workload.images.first().map(|image| image.reference.as_str()).unwrap_or_default()),
    }
}

impl HoldsReport for ClusterReport {
    fn report(&self) -> &Report {
        &self.report
    }
}

impl Printed for ClusterReport {
    const CALLED: &'static str = "report";
    const FORMATS: &'static [Format<Self>] = &with_policy_reports(formats(
        for_people("text", "Text for people: each workload that fails, with its nodes", &["txt"], &ClusterText),
        super::one_json_document(),
        &Abouts {
            matrix: "Text: images down, groups of nodes across",
            lines: "JSON Lines: an image on a group of nodes a line",
            junit: "JUnit's XML: a suite an image, a test a group of nodes",
        },
    ));
}

/// These formats, and PolicyReports.
const fn with_policy_reports(formats: [Format<ClusterReport>; 11]) -> [Format<ClusterReport>; 12] {
    let [text, matrix, json, jsonl, html, markdown, junit, sarif, github, azure, gitlab] = formats;
    let about = "PolicyReports (wgpolicyk8s.io/v1alpha2) as YAML, one a namespace";
    let reports = for_programs("policyreport", about, &["yaml", "yml"], &PolicyReports);
    [text, matrix, json, jsonl, html, markdown, junit, sarif, github, azure, gitlab, reports]
}

/// The JSON Schema of [`ClusterReport`], as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<ClusterReport>()
}
