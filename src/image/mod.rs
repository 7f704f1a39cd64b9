//! What an image reference points to: its Windows candidates, and where they come from.

mod cache;
mod candidates;
pub mod config;
mod content;
mod digest;
pub mod distribution;
mod known;
pub mod layout;
pub mod list;
pub mod manifest;
mod name;
pub mod reference;
mod resolve;
#[cfg(test)]
mod test_knowledge;

use std::fmt::Write as _;

use serde::Serialize;

pub use cache::Cache;
pub use content::RawImage;
pub use digest::Digest;
pub(crate) use name::registry as registry_name;
pub use name::{DOCKER_HUB, Name};
pub use reference::Reference;
pub use resolve::{Images, Options};

use crate::OsVersion;

/// What a reference points to, reduced to what the judgement needs.
#[derive(Clone, Debug)]
pub struct Image {
    /// The reference as it was typed.
    pub reference: String,
    /// The repository with its registry, e.g. `mcr.microsoft.com/windows/nanoserver`; `None` for layouts and archives.
    pub repository: Option<String>,
    /// What the reference resolved to: the digest of the index or of the single manifest; `None` when it comes from
    /// knowledge, or from an archive of `docker save` that has no manifests.
    pub digest: Option<Digest>,
    /// Where it was read.
    pub source: Source,
    /// The Windows entries, in index order.
    pub candidates: Vec<Candidate>,
    /// Platforms of the entries that are not Windows, e.g. `linux/amd64`; attestations are left out.
    pub other_platforms: Vec<String>,
}

/// One Windows entry of an image; an image without an index has one.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The digest of its manifest; `None` when it comes from knowledge, or from an archive of `docker save` that has none.
    pub digest: Option<Digest>,
    /// OCI's name of its architecture, e.g. `amd64`; empty where nothing says it.
    pub architecture: String,
    /// What the index says of its version; [`Version::Missing`] for an image without an index.
    pub indexed: Version,
    /// What its config says, once it was read.
    pub config: Config,
    /// Whether its manifest has layers that must be fetched from elsewhere; `None` before the manifest was read.
    pub foreign_layers: Option<bool>,
}

/// An `os.version` as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// It reads as a version.
    Known(OsVersion),
    /// There is none.
    Missing,
    /// There is one, and it is no version: the text, shortened.
    Unparsable(String),
}

impl Version {
    /// Reads an `os.version`; an empty one is none.
    pub(crate) fn read(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Missing,
            Some(text) => text.parse().map_or_else(|_| Self::Unparsable(shown(text)), Self::Known),
        }
    }
}

/// The config of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Config {
    /// It was not asked for, or not yet.
    NotRead,
    /// It could not be read: why, in one sentence.
    Unreadable(String),
    /// What it says.
    Read(ConfigFacts),
}

/// What the config of a candidate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFacts {
    /// Its `os`, e.g. `windows`.
    pub os: String,
    /// Its `architecture`.
    pub architecture: String,
    /// Its `os.version`.
    pub version: Version,
    /// The version named by the last `Apply image` or `Install update` of its history.
    pub history: Option<OsVersion>,
}

/// Where the effective version of a candidate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionSource {
    /// The entry of the index.
    Index,
    /// The image config.
    Config,
    /// The history of the image config.
    History,
}

impl Candidate {
    /// The version that decides, and where it was found: the config's (it is what the engines start), else the index's, else
    /// the one named in the config's history.
    pub fn version(&self) -> (&Version, VersionSource) {
        let Config::Read(facts) = &self.config else {
            return (&self.indexed, VersionSource::Index);
        };
        match (&facts.version, &self.indexed) {
            (Version::Missing, Version::Missing) => (&facts.version, VersionSource::Config),
            (Version::Missing, indexed) => (indexed, VersionSource::Index),
            (stated, _) => (stated, VersionSource::Config),
        }
    }

    /// The effective version as numbers, if it is known.
    pub fn os_version(&self) -> Option<(OsVersion, VersionSource)> {
        match self.version() {
            (Version::Known(version), source) => Some((*version, source)),
            (Version::Missing, _) => match &self.config {
                Config::Read(facts) => facts.history.map(|version| (version, VersionSource::History)),
                Config::NotRead | Config::Unreadable(_) => None,
            },
            (Version::Unparsable(_), _) => None,
        }
    }
}

/// Where an image was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Its registry.
    Registry,
    /// The cache of an earlier check.
    Cache,
    /// An OCI image layout in a folder.
    OciLayout,
    /// An OCI image layout in a tar archive.
    OciArchive,
    /// An archive of `docker save`.
    DockerArchive,
    /// The built-in knowledge of Microsoft's base images.
    Knowledge,
}

/// Why an image could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// What kind of failure this is.
    pub kind: ErrorKind,
    /// What failed, one sentence without a full stop.
    pub what: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Error {
    /// A failure of this kind, without cause or hint yet.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), causes: Vec::new(), hint: None }
    }

    /// Adds a cause below those already there.
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Says first what this failure was a part of, e.g. `app:1.2 could not be read`.
    pub fn within(mut self, what: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.what, what.into());
        self.causes.insert(0, inner);
        self
    }

    /// What failed and why, in one sentence.
    pub fn sentence(&self) -> String {
        std::iter::once(&self.what).chain(&self.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    /// Says what to do, unless something closer to the failure has said it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }
}

/// The name of an operating system as OCI has it: `Windows` is `windows`.
fn normal_os(text: &str) -> String {
    shown(text).to_ascii_lowercase()
}

/// The name of a processor as OCI has it: `x86_64` is `amd64`, `aarch64` is `arm64`, as for containerd.
fn normal_architecture(text: &str) -> String {
    let lower = shown(text).to_ascii_lowercase();
    match lower.as_str() {
        "x86_64" | "x86-64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        _ => lower,
    }
}

/// A text from outside as it may stand in a message: control characters escaped, cut after 200 characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == 200 {
            shown.push('…');
            break;
        }
        if character.is_control() {
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Kinds of failures to read an image; the words of the JSON report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The registry, repository, tag, blob or file does not exist.
    NotFound,
    /// Credentials are missing or were refused.
    Unauthorized,
    /// The registry could not be reached, or answered with nonsense or an error of its own.
    Network,
    /// The registry asked for patience longer than we have.
    RateLimited,
    /// The reference or the content is malformed, or a digest does not hold.
    Invalid,
    /// Well formed, but of a kind this program does not read, e.g. schema 1.
    Unsupported,
}
