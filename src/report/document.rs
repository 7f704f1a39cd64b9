//! The report of a check as data: what `--format json` prints, `wincompat/report/v1`.
//!
//! Fields are only added within a version; a reader takes a word it does not know as unknown, see [`Word`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::plain::clean;
use super::{Word, Wording};
use crate::advice::Engine;
use crate::compat::{Code, Finding, Judgement, Possibility, Severity, Subject, Use, Verdict, Wish};
use crate::host::{Attribute, Availability, Host, Source as HostSource};
use crate::image::{Config, Digest, Image, Source as ImageSource};
use crate::knowledge::Knowledge;
use crate::{Architecture, Error, ErrorKind, Isolation, Kind, OsVersion};

/// The name of this version of the report.
pub const SCHEMA: &str = "wincompat/report/v1";

/// Everything one `check` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `wincompat/report/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: Cow<'static, str>,
    /// What wrote this.
    pub tool: Tool,
    /// Each image on each host, in the order of the arguments: images outer, hosts inner.
    pub results: Vec<ResultEntry>,
    /// The images that could not be read.
    pub errors: Vec<ErrorEntry>,
    /// How many of what.
    pub summary: Summary,
}

/// The program that wrote a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `wincompat`.
    pub name: Cow<'static, str>,
    /// Its version, e.g. `0.1.0`.
    pub version: Cow<'static, str>,
    /// The day of its facts, e.g. `2026-11-23`.
    pub knowledge: String,
}

impl Tool {
    /// This program with these facts.
    pub fn with(knowledge: &Knowledge) -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            knowledge: knowledge.date.to_string(),
        }
    }
}

/// One image on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Entry"))]
#[serde(rename_all = "camelCase")]
pub struct ResultEntry {
    /// The image; its version and architecture are those of the chosen candidate.
    pub image: ImageEntry,
    /// The host.
    pub host: HostEntry,
    /// What the versions and the host allow.
    pub verdict: Word<Verdict>,
    /// What was asked for.
    pub isolation: Word<Wish>,
    /// What `run` would take.
    #[serde(rename = "use")]
    pub taken: Option<Word<Use>>,
    /// Whether that is well; null if it cannot be decided.
    pub ok: Option<bool>,
    /// Process isolation.
    pub process: PossibilityEntry,
    /// Hyper-V isolation.
    pub hyperv: PossibilityEntry,
    /// Reasons and warnings, the heaviest first.
    pub findings: Vec<FindingEntry>,
    /// Every Windows entry of the image, in index order.
    pub candidates: Vec<CandidateEntry>,
    /// Where the reference stands in a scanned file; null when it was an argument.
    pub location: Option<Location>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// The file's path.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// An image in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageEntry {
    /// As it was typed.
    pub reference: String,
    /// What it resolved to: an index or a manifest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub digest: Option<Digest>,
    /// Where it was read.
    pub source: Word<ImageSource>,
    /// `windows`, or the operating system of an image that is not for Windows.
    pub os: Option<String>,
    /// E.g. `amd64`.
    pub architecture: Option<String>,
    /// E.g. `10.0.20348.2402`; without the revision where that is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The generation of base images, e.g. `ltsc2022`.
    pub release: Option<String>,
}

/// A host in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HostEntry {
    /// E.g. `Windows Server 2022`.
    pub name: String,
    /// E.g. `10.0.20348.2402`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub os_version: OsVersion,
    /// E.g. `ltsc2022`, `windows-11-24h2`.
    pub release: Option<String>,
    /// Server or client.
    pub kind: Word<Kind>,
    /// The EditionID, e.g. `ServerDatacenter`.
    pub edition: Option<String>,
    /// E.g. `amd64`.
    pub architecture: Word<Architecture>,
    /// The Containers feature.
    pub containers: Word<Availability>,
    /// Hyper-V isolation.
    pub hyperv: Word<Availability>,
    /// What Docker takes when nothing is said.
    pub default: Word<Isolation>,
    /// Where the host was read.
    pub source: Word<HostSource>,
    /// What was assumed.
    pub assumed: Vec<Word<Attribute>>,
    /// What attributes on the command line changed.
    pub overridden: Vec<Word<Attribute>>,
}

/// Whether one isolation is possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PossibilityEntry {
    /// Null where the facts do not decide.
    pub possible: Option<bool>,
    /// Codes of what decided, or of what is missing to decide.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub because: Vec<Word<Code>>,
}

/// One reason or warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingEntry {
    /// E.g. `build-mismatch`; `wincompat explain CODE` tells more.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: Word<Code>,
    /// How much it weighs.
    pub severity: Word<Severity>,
    /// What was found.
    pub message: String,
    /// What to do; empty where there is nothing to do.
    pub help: String,
    /// Where the fact comes from.
    pub source: Cow<'static, str>,
}

/// One Windows entry of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CandidateEntry {
    /// The digest of its manifest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub digest: Option<Digest>,
    /// E.g. `amd64`.
    pub architecture: String,
    /// E.g. `10.0.20348.2402`; null where it is unknown.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub os_version: Option<OsVersion>,
    /// The verdict for it.
    pub verdict: Word<Verdict>,
    /// Whether the result speaks of it.
    pub chosen: bool,
}

/// An image that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Failure"))]
pub struct ErrorEntry {
    /// As it was typed.
    pub reference: String,
    /// What kind of failure.
    pub kind: Word<ErrorEntryKind>,
    /// What failed and why.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Kinds of failures to read an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", schemars(rename = "ErrorKind"))]
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
}

impl From<ErrorKind> for ErrorEntryKind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Unauthorized => Self::Unauthorized,
            ErrorKind::Network => Self::Network,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Invalid | ErrorKind::Other | ErrorKind::NoSuchCommand | ErrorKind::CommandNotStartable => Self::Invalid,
        }
    }
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
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
    /// Results that are well.
    pub ok: usize,
    /// Results that are not.
    pub not_ok: usize,
    /// Results that cannot be decided.
    pub undecided: usize,
}

impl Report {
    /// A report with these results and failures.
    pub fn new(knowledge: &Knowledge, results: Vec<ResultEntry>, errors: Vec<ErrorEntry>) -> Self {
        let mut summary = Summary { errors: errors.len(), ..Summary::default() };
        for entry in &results {
            *match entry.verdict.known() {
                Some(Verdict::Process) => &mut summary.process,
                Some(Verdict::Hyperv) => &mut summary.hyperv,
                Some(Verdict::Incompatible) => &mut summary.incompatible,
                Some(Verdict::Unknown) | None => &mut summary.unknown,
            } += 1;
            *match entry.ok {
                Some(true) => &mut summary.ok,
                Some(false) => &mut summary.not_ok,
                None => &mut summary.undecided,
            } += 1;
        }
        Self { schema: SCHEMA.into(), tool: Tool::with(knowledge), results, errors, summary }
    }
}

impl ResultEntry {
    /// The judgement as data, with the sentences of its findings; their help is for this engine.
    pub fn new(
        knowledge: &Knowledge,
        host: &Host,
        image: &Image,
        judgement: &Judgement,
        engine: Engine,
        wording: &dyn Wording,
    ) -> Self {
        let candidate = judgement.chosen.and_then(|index| image.candidates.get(index));
        let version = candidate.and_then(|candidate| candidate.os_version()).map(|(version, _)| version);
        let architecture = candidate.map(|candidate| candidate.architecture.as_str()).unwrap_or_default();
        let reference = clean(&image.reference);
        let subject = Subject {
            knowledge,
            reference: &reference,
            repository: image.repository.as_deref(),
            image: version,
            architecture,
            host,
            engine,
        };
        let os = match candidate.map(|candidate| &candidate.config) {
            Some(Config::Read(config)) if !config.os.is_empty() => Some(config.os.as_str()),
            Some(_) => Some("windows"),
            None => image.other_platforms.first().and_then(|platform| platform.split('/').next()),
        };
        Self {
            image: ImageEntry {
                reference: reference.clone().into_owned(),
                digest: image.digest.clone(),
                source: image.source.into(),
                os: os.map(|os| clean(os).into_owned()),
                architecture: (!architecture.is_empty()).then(|| clean(architecture).into_owned()),
                os_version: version,
                release: version
                    .and_then(|version| knowledge.base_image(version.build))
                    .map(|base| clean(&base.release).into_owned()),
            },
            host: HostEntry::new(host),
            verdict: judgement.verdict.into(),
            isolation: judgement.wish.into(),
            taken: judgement.taken.map(Word::from),
            ok: judgement.ok,
            process: PossibilityEntry::new(&judgement.process),
            hyperv: PossibilityEntry::new(&judgement.hyperv),
            findings: judgement.findings.iter().map(|finding| FindingEntry::new(finding, &subject, wording)).collect(),
            candidates: image
                .candidates
                .iter()
                .zip(&judgement.candidates)
                .enumerate()
                .map(|(index, (candidate, verdict))| CandidateEntry {
                    digest: candidate.digest.clone(),
                    architecture: clean(&candidate.architecture).into_owned(),
                    os_version: candidate.os_version().map(|(version, _)| version),
                    verdict: (*verdict).into(),
                    chosen: judgement.chosen == Some(index),
                })
                .collect(),
            location: None,
        }
    }
}

impl HostEntry {
    /// This host as data.
    pub fn new(host: &Host) -> Self {
        Self {
            name: clean(&host.name).into_owned(),
            os_version: host.os_version,
            release: host.release.as_deref().map(|release| clean(release).into_owned()),
            kind: host.kind.into(),
            edition: host.edition.as_deref().map(|edition| clean(edition).into_owned()),
            architecture: host.architecture.into(),
            containers: host.containers.into(),
            hyperv: host.hyperv.into(),
            default: Isolation::default_of(host.kind).into(),
            source: host.source.into(),
            assumed: host.assumed.iter().copied().map(Word::from).collect(),
            overridden: host.overridden.iter().copied().map(Word::from).collect(),
        }
    }
}

impl PossibilityEntry {
    pub(super) fn new(possibility: &Possibility) -> Self {
        Self { possible: possibility.possible, because: possibility.because.iter().copied().map(Word::from).collect() }
    }
}

impl FindingEntry {
    pub(super) fn new(finding: &Finding, subject: &Subject<'_>, wording: &dyn Wording) -> Self {
        Self {
            code: finding.code.into(),
            severity: finding.severity.into(),
            message: clean(&wording.advice(&finding.message(subject))).into_owned(),
            help: clean(&wording.advice(&finding.help(subject))).into_owned(),
            source: finding.source().into(),
        }
    }
}

impl ErrorEntry {
    /// The failure to read this reference.
    pub fn new(reference: &str, error: &Error, wording: &dyn Wording) -> Self {
        let mut message = error.what.clone();
        for cause in &error.causes {
            message.push_str(": ");
            message.push_str(cause);
        }
        Self {
            reference: clean(reference).into_owned(),
            kind: ErrorEntryKind::from(error.kind).into(),
            message: clean(&message).into_owned(),
            hint: error.hint.as_ref().map(|hint| clean(&wording.advice(hint)).into_owned()),
        }
    }
}

/// The JSON Schema of [`Report`] as it is written, as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>()
}
