//! The report of a check as data: what `--format json` prints, `wincompat/report/v1`.
//!
//! Fields are only added within a version; a reader takes a word it does not know as unknown, see [`Word`].

mod entries;
mod placements;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use placements::{PlacementEntry, PlacementStatus};

use super::Word;
use crate::compat::{Code, Outcome, Severity, Use, Verdict, Wish};
use crate::host::{Attribute, Availability, Source as HostSource};
use crate::image::{Digest, Source as ImageSource};
use crate::{Architecture, Engine, ImageStore, Isolation, Kind, OsVersion};

/// The name of this version of the report.
pub const SCHEMA: &str = "wincompat/report/v1";

/// The report of one `wincompat check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// `wincompat/report/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: Cow<'static, str>,
    /// The program that wrote this.
    pub tool: Tool,
    /// Each image on each host, in the order of the arguments: images outer, hosts inner.
    pub results: Vec<ResultEntry>,
    /// The images that could not be read.
    pub errors: Vec<ErrorEntry>,
    /// The workloads of a cluster that do not pass, and of which no result says so: their pods can land on no node, or on one of another
    /// system. Left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placements: Vec<PlacementEntry>,
    /// The numbers of results and errors.
    pub summary: Summary,
}

/// The program that wrote a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Tool {
    /// `wincompat`.
    pub name: Cow<'static, str>,
    /// The version, e.g. `0.1.0`.
    pub version: Cow<'static, str>,
    /// The date of the knowledge, e.g. `2026-11-23`.
    pub knowledge: String,
}

/// One image on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Entry"))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResultEntry {
    /// The image; its version and architecture are those of the chosen candidate.
    pub image: ImageEntry,
    /// The host.
    pub host: HostEntry,
    /// The engine that is to start the container.
    pub engine: EngineEntry,
    /// The isolation that the versions and the host allow.
    pub verdict: Word<Verdict>,
    /// The isolation mode that was chosen.
    pub isolation: Word<Wish>,
    /// The isolation that would be used; null if nothing fits what was asked for.
    #[serde(rename = "use")]
    pub taken: Option<Word<Use>>,
    /// True if the image runs as asked; null if that cannot be decided.
    pub ok: Option<bool>,
    /// Process isolation.
    pub process: PossibilityEntry,
    /// Hyper-V isolation.
    pub hyperv: PossibilityEntry,
    /// Reasons and warnings, the most severe first.
    pub findings: Vec<FindingEntry>,
    /// Every Windows entry of the image, in index order.
    pub candidates: Vec<CandidateEntry>,
    /// The place of the reference in a scanned file; null if it was an argument.
    pub location: Option<Location>,
}

impl ResultEntry {
    /// True if it fails only because the engine has to be asked for another isolation than was asked for.
    pub fn needs_flag(&self) -> bool {
        self.ok == Some(false)
            && self.taken.is_none()
            && self.findings.iter().any(|finding| finding.code.known() == Some(Code::OtherIsolationPossible))
    }

    /// True if it fails, and an exception, a baseline or an option accepts that; `ok` is true then.
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().any(|finding| finding.code.known() == Some(Code::Accepted))
    }
}

/// An engine in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct EngineEntry {
    /// E.g. `docker`.
    pub name: Word<Engine>,
    /// E.g. `27.3.1`; null if it is not known.
    pub version: Option<String>,
    /// The image store of Docker; null if it is not known, which is taken for Docker's own.
    #[serde(default)]
    pub store: Option<Word<ImageStore>>,
    /// The version of the containerd below the kubelet; null if it is not known.
    #[serde(default)]
    pub runtime: Option<String>,
    /// The candidate that it takes; null where nothing is known of that.
    #[serde(default)]
    pub takes: Option<TakesEntry>,
}

/// The candidate that an engine takes, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TakesEntry {
    /// The index into `candidates`; null where it takes none.
    pub candidate: Option<usize>,
    /// The isolation in which it would start it.
    pub isolation: Option<Word<Use>>,
    /// What becomes of it.
    pub outcome: Word<Outcome>,
    /// The message of the engine, or of Windows; null if it starts, or no message is known.
    pub says: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Location {
    /// The path of the file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The part of the file, e.g. `service web`, `apps/v1 Deployment shop/web container web`; null if it has no name.
    #[serde(default)]
    pub object: Option<String>,
    /// The reference as it is written there, e.g. `registry.example/app:${TAG}`.
    #[serde(default)]
    pub written: String,
}

/// An image in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageEntry {
    /// As it was typed.
    pub reference: String,
    /// The digest that the reference resolved to, of an index or a manifest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub digest: Option<Digest>,
    /// The place where it was read.
    pub source: Word<ImageSource>,
    /// The time at which the registry was asked for the tag, in RFC 3339; null where none was asked for, or it is not known.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub read: Option<Timestamp>,
    /// `windows`, or the operating system of an image that is not for Windows.
    pub os: Option<String>,
    /// E.g. `amd64`.
    pub architecture: Option<String>,
    /// E.g. `10.0.20348.2402`; without the revision if that is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The generation of base images, e.g. `ltsc2022`.
    pub release: Option<String>,
}

/// A host in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostEntry {
    /// The name that tells it from other hosts, e.g. `web01`.
    #[serde(default)]
    pub label: String,
    /// E.g. `Windows Server 2022`.
    pub name: String,
    /// E.g. `10.0.20348.2402`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub os_version: OsVersion,
    /// E.g. `ltsc2022`, `windows-11-24h2`.
    pub release: Option<String>,
    /// Server or client.
    pub kind: Word<Kind>,
    /// The EditionID, e.g. `ServerDatacenter`, or the name of an edition that is not known.
    pub edition: Option<String>,
    /// E.g. `amd64`.
    pub architecture: Word<Architecture>,
    /// The Containers feature.
    pub containers: Word<Availability>,
    /// Hyper-V isolation.
    pub hyperv: Word<Availability>,
    /// The isolation that the engine takes if none is named.
    pub default: Word<Isolation>,
    /// The place where the host was read.
    pub source: Word<HostSource>,
    /// The file that it was read from; null if there was none.
    #[serde(default)]
    pub file: Option<String>,
    /// The attributes that were assumed.
    pub assumed: Vec<Word<Attribute>>,
    /// The attributes that were asked to be others than the source says.
    pub overridden: Vec<Word<Attribute>>,
    /// The names of the equal hosts that it stands for; empty where it stands for itself alone. It is not written.
    #[serde(skip)]
    pub alike: Names,
}

/// Names that many entries share.
#[derive(Clone, Debug, Default, Eq)]
pub struct Names(Arc<[String]>);

impl From<Arc<[String]>> for Names {
    fn from(names: Arc<[String]>) -> Self {
        Self(names)
    }
}

impl PartialEq for Names {
    /// Those of one fleet are one list, which can be thousands of names.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl HostEntry {
    /// The label; the name of its Windows where there is none, as in a report of before there were labels.
    pub fn called(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// The names of the hosts that it stands for.
    pub fn names(&self) -> Vec<&str> {
        if self.alike.0.is_empty() { vec![self.called()] } else { self.alike.0.iter().map(String::as_str).collect() }
    }
}

/// The possibility of one isolation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PossibilityEntry {
    /// True if it is possible; null if the facts do not decide.
    pub possible: Option<bool>,
    /// The codes of the findings that decided, or of those that are missing to decide.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub because: Vec<Word<Code>>,
}

/// One reason or warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FindingEntry {
    /// The code, e.g. `build-mismatch`, which `wincompat explain` explains.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: Word<Code>,
    /// The severity.
    pub severity: Word<Severity>,
    /// The finding in one sentence.
    pub message: String,
    /// The advice; empty if there is nothing to do.
    pub help: String,
    /// The advice as data.
    #[serde(default)]
    pub remedies: Vec<RemedyEntry>,
    /// The advice without the images that it names, where it names some: those are for one host. It is not written.
    #[serde(skip)]
    pub without_images: Option<String>,
    /// The address of the page on which the fact is found.
    pub source: Cow<'static, str>,
}

impl FindingEntry {
    /// True if it is a warning or an error, and not a note.
    pub fn warns(&self) -> bool {
        self.severity.known() != Some(Severity::Note)
    }
}

/// One thing to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RemedyEntry {
    /// The kind: `flag`, `image`, `base`, `feature`, `update`, `setting`, `engine` or `command`.
    pub kind: Cow<'static, str>,
    /// The flag, image, base image, command or update, e.g. `--isolation=hyperv`.
    pub value: String,
    /// True for an image whose manifest was read and judged; null for other kinds.
    #[serde(default)]
    pub verified: Option<bool>,
}

/// One Windows entry of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CandidateEntry {
    /// The digest of its manifest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub digest: Option<Digest>,
    /// E.g. `amd64`.
    pub architecture: String,
    /// E.g. `10.0.20348.2402`; null if it is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The verdict for it.
    pub verdict: Word<Verdict>,
    /// True if the result is about it.
    pub chosen: bool,
}

/// An image that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Failure"))]
#[non_exhaustive]
pub struct ErrorEntry {
    /// As it was typed.
    pub reference: String,
    /// The kind of failure.
    pub kind: Word<ErrorEntryKind>,
    /// The failure and its causes.
    pub message: String,
    /// The advice.
    pub hint: Option<String>,
    /// The place in a scanned file; null if the reference was an argument.
    #[serde(default)]
    pub location: Option<Location>,
    /// True for a part of a cluster, as a list or a node, which is not an image. It is not written.
    #[serde(skip)]
    pub is_part: bool,
}

/// Kinds of failures to read an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", schemars(rename = "ErrorKind"))]
#[non_exhaustive]
pub enum ErrorEntryKind {
    /// The registry, repository, tag, blob or file does not exist.
    NotFound,
    /// Credentials are missing or were refused.
    Unauthorized,
    /// The registry could not be reached, or answered with nonsense or an error of its own.
    Network,
    /// The registry asked for a longer pause than the time that is left.
    RateLimited,
    /// The reference or the content is malformed, or a digest does not hold.
    Invalid,
    /// Well formed, but of a kind this program does not read, e.g. schema 1.
    Unsupported,
    /// It depends on a variable to which nobody gives a value.
    Unresolved,
    /// It is not in the lock that was to be checked.
    NotLocked,
}

impl ErrorEntryKind {
    /// All of them.
    #[cfg(feature = "program")]
    pub(crate) const ALL: [Self; 8] = [
        Self::NotFound,
        Self::Unauthorized,
        Self::Network,
        Self::RateLimited,
        Self::Invalid,
        Self::Unsupported,
        Self::Unresolved,
        Self::NotLocked,
    ];

    /// The word for it in documents, e.g. `not-found`.
    #[cfg(feature = "program")]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Unauthorized => "unauthorized",
            Self::Network => "network",
            Self::RateLimited => "rate-limited",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::Unresolved => "unresolved",
            Self::NotLocked => "not-locked",
        }
    }
}

/// Numbers of results and errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// Results with this verdict.
    pub process: usize,
    /// Results with this verdict.
    pub hyperv: usize,
    /// Results with this verdict.
    pub incompatible: usize,
    /// Results with this verdict.
    pub unknown: usize,
    /// Images that could not be read.
    pub errors: usize,
    /// Results that are ok.
    pub ok: usize,
    /// Results that are not ok only because the engine has to be asked for another isolation; they are among `notOk` too.
    #[serde(default)]
    pub needs_flag: usize,
    /// Results that are not ok, and workloads in `placements` that are not.
    pub not_ok: usize,
    /// Results, and workloads in `placements`, that cannot be decided.
    pub undecided: usize,
}

/// The JSON Schema of [`Report`] as it is written, as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>()
}
