//! Workloads of a cluster that do not pass because of the nodes that their pods can land on, and not because of an image on a host.

use serde::{Deserialize, Serialize};

use super::{FindingEntry, Location, Report};
use crate::compat::Severity;
use crate::report::Word;

/// A workload of a cluster that does not pass, and of which no result of an image says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Placement"))]
#[non_exhaustive]
pub struct PlacementEntry {
    /// E.g. `apps/v1 Deployment shop/web`.
    pub object: String,
    /// What becomes of its pods.
    pub status: Word<PlacementStatus>,
    /// False if it fails; null if that cannot be decided.
    pub ok: Option<bool>,
    /// The reason.
    pub message: String,
    /// Its images.
    pub images: Vec<String>,
    /// What was found, the most severe first.
    pub findings: Vec<FindingEntry>,
    /// The place of the workload among those of the cluster.
    pub location: Location,
}

/// What becomes of the pods of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PlacementStatus {
    /// They can land on no node.
    NoNode,
    /// They can land on a node where they do not run.
    WrongNode,
    /// Kubernetes refuses to create them.
    Refused,
    /// They land only where they run, and a finding about them is denied.
    Denied,
    /// It is not known where they land, or whether they run there.
    Unknown,
}

impl PlacementEntry {
    /// The status in a few words.
    pub(crate) fn conclusion(&self) -> &str {
        match &self.status {
            Word::Known(PlacementStatus::NoNode) => "can land on no node",
            Word::Known(PlacementStatus::WrongNode) => "can land on nodes where it does not run",
            Word::Known(PlacementStatus::Refused) => "Kubernetes refuses its pods",
            Word::Known(PlacementStatus::Denied) => "would run, but fails because of a finding that is denied",
            Word::Known(PlacementStatus::Unknown) => "undecided",
            Word::Other(word) => word,
        }
    }

    /// The findings that decide.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = &FindingEntry> {
        self.findings.iter().filter(|finding| finding.severity.known() == Some(Severity::Error))
    }

    /// What to do about them, each once.
    pub(crate) fn helps(&self) -> Vec<&str> {
        let mut helps: Vec<&str> = Vec::new();
        for finding in self.reasons() {
            if !finding.help.is_empty() && !helps.contains(&finding.help.as_str()) {
                helps.push(&finding.help);
            }
        }
        helps
    }

    /// The workload, the status, the reason and what to do, in one line.
    pub(crate) fn line(&self) -> String {
        let code = self.reasons().next().map(|finding| format!(" [{}]", finding.code)).unwrap_or_default();
        let hints: String = self.helps().iter().map(|help| format!("; hint: {help}")).collect();
        format!("{}: {}: {}{code}{hints}", self.object, self.conclusion(), self.message)
    }
}

impl Report {
    /// The same report with these workloads, which its numbers count too.
    #[must_use]
    pub fn with_placements(mut self, placements: Vec<PlacementEntry>) -> Self {
        for placement in &placements {
            match placement.ok {
                Some(true) => {}
                Some(false) => self.summary.not_ok += 1,
                None => self.summary.undecided += 1,
            }
        }
        self.placements = placements;
        self
    }
}
