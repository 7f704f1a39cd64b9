//! What is found about an image on a host: codes and values, which become text only when they are printed.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::catalogue::{CATALOGUE, Row};

/// The stable name of one reason or warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// Image and host have the same build.
    BuildEqual,
    /// The host's kernel carries the stable ABI the image was built for.
    StableAbi,
    /// The image is of an older build than the host.
    ImageOlderThanHost,
    /// No entry of the image is for Windows.
    LinuxImage,
    /// The image is for another processor.
    ArchitectureMismatch,
    /// Nothing says for which processor the image is.
    ArchitectureUnknown,
    /// Nothing says for which Windows the image was built.
    OsVersionMissing,
    /// The image's `os.version` is no version.
    OsVersionUnparsable,
    /// Image or host is no Windows 10.0.
    VersionLineMismatch,
    /// The image is of a newer build than the host.
    ImageNewerThanHost,
    /// The builds differ and no stable ABI bridges them.
    BuildMismatch,
    /// Windows Server 2016: the revisions differ.
    RevisionMismatch,
    /// Windows Server 2016: a revision is not known.
    RevisionUnknown,
    /// A client before Windows 10 1809.
    ClientBefore1809,
    /// A Home edition.
    EditionHome,
    /// A Windows older than containers.
    HostBeforeContainers,
    /// The Containers feature is off.
    ContainersFeatureMissing,
    /// Hyper-V isolation cannot work on this host.
    HypervUnavailable,
    /// Nothing says whether Hyper-V isolation can work on this host.
    HypervUnknown,
    /// The base image of HostProcess containers.
    HostProcessImage,
    /// Kubernetes HostProcess was asked for.
    HostProcessVersions,
    /// Process isolation was needed and the code is untrusted.
    ProcessNotForUntrusted,
    /// Process isolation was needed in production on a client.
    ProcessNotForProduction,
    /// The other isolation would work.
    OtherIsolationPossible,
    /// The isolation taken is not the host's default.
    ExplicitIsolationNeeded,
    /// Hyper-V was assumed.
    HypervAssumed,
    /// Server or client was assumed, and it matters.
    KindAssumed,
    /// The processor was assumed.
    ArchitectureAssumed,
    /// The host is newer than every release known.
    HostNewerThanKnowledge,
    /// The knowledge is old.
    KnowledgeOld,
    /// Image and host are on different sides of the update of February 2020.
    February2020,
    /// The host lacks updates the image was built with.
    HostBehindImage,
    /// The base image gets no more updates.
    ImageEndOfSupport,
    /// The host gets no more updates.
    HostEndOfSupport,
    /// Process isolation on a client.
    ProcessOnClient,
    /// Windows Server 2025 images on Windows 11 25H2.
    Ltsc2025On25h2,
    /// Reported to work in process isolation although the builds differ.
    SharedKernelReported,
    /// Some engine versions refuse this pair.
    EngineMayRefuse,
    /// Too old for Docker Engine.
    HostTooOldForDocker,
    /// Annual Channel hosts.
    AnnualChannelHost,
    /// The config contradicts the index.
    ConfigDiffers,
    /// The config could not be read.
    ConfigUnreadable,
    /// The version comes from the history.
    VersionFromHistory,
    /// The index lacks the version.
    VersionFromConfig,
    /// Layers are kept elsewhere.
    ForeignLayers,
    /// The image is known from knowledge only.
    FromKnowledge,
}

impl Code {
    /// Every code, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|row| row.code)
    }

    /// Its name, e.g. `build-mismatch`.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What it means, for `wincompat explain`.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// What to do about it, for `wincompat explain`.
    pub fn advice(self) -> &'static str {
        self.row().advice
    }

    /// Where the fact behind it comes from.
    pub fn source(self) -> &'static str {
        self.row().source
    }

    pub(super) fn row(self) -> &'static Row {
        // The catalogue has a row for every code, in the order of the codes; a test holds it to that.
        &CATALOGUE[self as usize]
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no finding's code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no finding has this code")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// It may fail, or will some day.
    Warning,
    /// It stands in the way.
    Error,
}

/// One reason or warning about an image on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub code: Code,
    /// How much it weighs here.
    pub severity: Severity,
    /// What its text needs beside image and host.
    pub detail: Detail,
}

/// What a finding's text needs beside image and host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    #[default]
    Nothing,
    /// A day.
    Day(Date),
    /// A build or a revision.
    Number(u32),
    /// Words, possibly from outside.
    Text(String),
}

impl Finding {
    /// A finding with the weight the catalogue gives it.
    pub(super) fn new(code: Code) -> Self {
        Self { code, severity: code.row().severity, detail: Detail::Nothing }
    }

    pub(super) fn with(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }
}
