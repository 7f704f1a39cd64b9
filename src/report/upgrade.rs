//! The answer of a scan for two fleets as data: what works today and will not, what will work better, what must be rebuilt first.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Word;
use super::document::{ErrorEntry, FindingEntry, HostEntry, Location, Tool};
use crate::OsVersion;
use crate::compat::Use;

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/upgrade/v1";

/// The answer for two fleets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpgradeReport {
    /// `wincompat/upgrade/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: Cow<'static, str>,
    /// The program that wrote this.
    pub tool: Tool,
    /// The hosts of today.
    pub today: FleetEntry,
    /// The hosts that come after them.
    pub next: FleetEntry,
    /// Each reference on both, in the order of files and places.
    pub references: Vec<ReferenceEntry>,
    /// What must be rebuilt, in this order.
    pub rebuild: Vec<RebuildEntry>,
    /// The references that could not be judged.
    pub errors: Vec<ErrorEntry>,
    /// The numbers of references, by their changes.
    pub summary: UpgradeSummary,
}

/// Hosts of one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FleetEntry {
    /// The name, e.g. `today`.
    pub name: String,
    /// One host of each kind.
    pub hosts: Vec<HostEntry>,
}

/// One reference on the hosts of both times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReferenceEntry {
    /// The reference.
    pub image: String,
    /// E.g. `10.0.17763.6293`, that of the lowest entry which is judged; null if it is not known.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The difference that the upgrade makes.
    pub change: Word<Change>,
    /// On the hosts of today.
    pub today: SideEntry,
    /// On the hosts that come after them.
    pub next: SideEntry,
    /// The place.
    pub location: Location,
}

/// A reference on the hosts of one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SideEntry {
    /// True if it works on each host that it can land on; null if that cannot be decided.
    pub ok: Option<bool>,
    /// The isolation that is used on all of them; null if there are several, or if it does not work.
    #[serde(rename = "use")]
    pub taken: Option<Word<Use>>,
    /// The hosts on which it does not work, or is not decided.
    pub hosts: Vec<String>,
    /// The reasons there, each once.
    pub findings: Vec<FindingEntry>,
    /// The reason where it can land on no host at all, or where its hosts are not known.
    pub nowhere: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
}

/// The difference that an upgrade makes for a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// It works today and will not.
    Breaks,
    /// It will work in process isolation, and does not today.
    GainsProcess,
    /// It will work, as it does today, or in Hyper-V isolation.
    Works,
    /// It works neither today nor after the upgrade.
    Fails,
    /// It cannot be decided.
    Undecided,
}

/// Something that must be rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RebuildEntry {
    /// The Dockerfile; null for an image that is built elsewhere.
    pub file: Option<String>,
    /// The image that is the base there, or that is built elsewhere; null where the base is made by a file before it.
    pub image: Option<String>,
    /// The version of that image.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The names of the images that the file makes, as far as they are known.
    pub makes: Vec<String>,
    /// The files that must be rebuilt before it.
    pub after: Vec<String>,
}

/// Numbers of references.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpgradeSummary {
    /// Those that work today and will not.
    pub breaks: usize,
    /// Those that will work in process isolation, and do not today.
    pub gains_process: usize,
    /// The others that will work.
    pub works: usize,
    /// Those that work neither today nor after the upgrade.
    pub fails: usize,
    /// Those that cannot be decided.
    pub undecided: usize,
    /// Those that could not be judged.
    pub errors: usize,
}

impl UpgradeReport {
    /// The answer with these parts.
    pub fn new(
        tool: Tool,
        [today, next]: [FleetEntry; 2],
        references: Vec<ReferenceEntry>,
        rebuild: Vec<RebuildEntry>,
        errors: Vec<ErrorEntry>,
    ) -> Self {
        let mut summary = UpgradeSummary { errors: errors.len(), ..UpgradeSummary::default() };
        for one in &references {
            *match one.change.known() {
                Some(Change::Breaks) => &mut summary.breaks,
                Some(Change::GainsProcess) => &mut summary.gains_process,
                Some(Change::Works) => &mut summary.works,
                Some(Change::Fails) => &mut summary.fails,
                Some(Change::Undecided) | None => &mut summary.undecided,
            } += 1;
        }
        Self { schema: SCHEMA.into(), tool, today, next, references, rebuild, errors, summary }
    }
}

/// The JSON Schema of [`UpgradeReport`] as it is written, as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<UpgradeReport>()
}
