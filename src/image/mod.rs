//! Images as they are described: references, digests, indexes, manifests and configs, and the Windows candidates they list.

pub mod config;
mod digest;
pub(crate) mod docker_hub;
pub mod index;
pub(crate) mod listing;
mod name;
pub mod reference;
pub mod run_config;
pub(crate) mod spelling;
#[cfg(test)]
pub(crate) mod test_knowledge;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use digest::Digest;
pub use docker_hub::DOCKER_HUB;
pub use name::Name;
pub use name::registry as registry_name;
pub use reference::Reference;

use crate::image::index::Index;
use crate::image::listing::{Listing, Meaning, listing, meaning, single};
use crate::image::reference::Location;
use crate::knowledge::Knowledge;
use crate::text::shown;
use crate::{Error, ErrorKind, OsVersion};

/// An image that a reference points to, reduced to what the judgement needs.
#[derive(Clone, Debug)]
pub struct Image {
    /// The reference as it was typed.
    pub reference: String,
    /// The repository with its registry, e.g. `mcr.microsoft.com/windows/nanoserver`; `None` for layouts and archives.
    pub repository: Option<String>,
    /// The digest that the reference resolved to: that of the index or of the single manifest; `None` when it comes from
    /// knowledge, or from an archive of `docker save` that has no manifests.
    pub digest: Option<Digest>,
    /// The place where it was read.
    pub source: Source,
    /// The Windows entries, in index order.
    pub candidates: Vec<Candidate>,
    /// Platforms of the entries that are not Windows, e.g. `linux/amd64`; attestations are left out.
    pub other_platforms: Vec<String>,
    /// The digests of entries that may be for Windows and are passed over, since their algorithm is not read here, e.g. `blake3:…`.
    pub passed_over: Vec<String>,
    /// The digest that the registry states for the tag, where its answer has another one.
    pub stated_digest: Option<String>,
    /// The time at which the registry was asked for the tag.
    pub tag_read: TagRead,
}

/// The time at which a registry was asked for a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagRead {
    /// None was asked for: the image is named by its digest, or it is in no registry.
    #[default]
    NoTag,
    /// It is not known: a cache of an earlier version does not say it.
    Unknown,
    /// This time.
    At(Timestamp),
}

impl Image {
    /// The image with these bytes of an index, as the index alone describes it. The configs of its candidates are not read: add
    /// them with [`Candidate::read_config`] where they are at hand, since the engines believe the config.
    ///
    /// # Errors
    ///
    /// Bytes that are not an index, an index that lists no image, and one that refers to further indexes: those list images
    /// that are not in these bytes.
    ///
    /// ```
    /// use wincompat::image::{Image, Source};
    ///
    /// let index = br#"{"schemaVersion": 2, "manifests": [{
    ///     "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 429,
    ///     "digest": "sha256:03e2a67ea588f6e15e96ac23109629ca081970063c0b97f98a62176ebd419867",
    ///     "platform": {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.2582"}}]}"#;
    /// let image = Image::from_index(&"registry.example/app:1.0".parse()?, Source::Registry, index)?;
    /// assert_eq!(image.candidates.len(), 1);
    /// # Ok::<(), wincompat::Error>(())
    /// ```
    pub fn from_index(reference: &Reference, source: Source, bytes: &[u8]) -> Result<Self, Error> {
        let mut images = Vec::new();
        let index = Index::parse(bytes)?;
        for entry in &index.entries {
            match meaning(entry) {
                Meaning::Image(image) => images.push(*image),
                Meaning::Nothing => {}
                Meaning::Index => {
                    return Err(Error::of(ErrorKind::Unsupported, "the index refers to further indexes")
                        .because(format!("{} is an index", entry.digest))
                        .hint("read that index in its place"));
                }
            }
        }
        let listing = listing(images, &index.passed_over);
        if listing.candidates.is_empty() && listing.other_platforms.is_empty() {
            return Err(Error::of(ErrorKind::Unsupported, "the index lists no image"));
        }
        Ok(Self::of(reference, source, Some(Digest::of(bytes)), listing))
    }

    /// The image without an index that has this config; `manifest` is the digest of its manifest, where it has one.
    ///
    /// # Errors
    ///
    /// A malformed config.
    pub fn from_config(
        reference: &Reference,
        source: Source,
        manifest: Option<Digest>,
        config: &[u8],
        knowledge: &Knowledge,
    ) -> Result<Self, Error> {
        let config = config::parse(config)?.facts(knowledge);
        let listing = single(manifest.clone(), config, None, Vec::new());
        Ok(Self::of(reference, source, manifest, listing))
    }

    fn of(reference: &Reference, source: Source, digest: Option<Digest>, listing: Listing) -> Self {
        let Listing { candidates, other_platforms, passed_over } = listing;
        let repository = match reference.location() {
            Location::Registry(name) => Some(name.repository_with_registry()),
            Location::Local { .. } => None,
        };
        let reference = reference.as_str().to_owned();
        Self {
            reference,
            repository,
            digest,
            source,
            candidates,
            other_platforms,
            passed_over,
            stated_digest: None,
            tag_read: TagRead::NoTag,
        }
    }
}

/// One Windows entry of an image; an image without an index has one.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The digest of its manifest; `None` when it comes from knowledge, or from an archive of `docker save` that has none.
    pub digest: Option<Digest>,
    /// The bytes of its manifest, as the index says; `None` for an image without an index.
    pub size: Option<u64>,
    /// OCI's name of its architecture, e.g. `amd64`; empty where nothing says it.
    pub architecture: String,
    /// The version that the index states; [`Version::Missing`] for an image without an index.
    pub indexed: Version,
    /// What else the index states of it that engines look at.
    pub entry: EntryFacts,
    /// The content of its config, once it was read.
    pub config: Config,
    /// True if its manifest has layers that must be fetched from elsewhere; `None` before the manifest was read.
    pub foreign_layers: Option<bool>,
    /// The servers that its manifest names for those layers, e.g. `go.microsoft.com`.
    pub layer_servers: Vec<String>,
}

/// What an entry of an index states beside its processor and its version, as engines look at it. That of an image without an index is
/// the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryFacts {
    /// How much it states of its platform.
    #[serde(default, skip_serializing_if = "is_default")]
    pub platform: PlatformStated,
    /// The variant of its processor, e.g. `v2`; empty for that of every arm64, `v8`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub variant: String,
    /// Its `os.features`, e.g. `win32k`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub features: Vec<String>,
    /// True for a version with a revision of 0, such as `10.0.20348.0`, which stands for none in [`OsVersion`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub revision_zero: bool,
    /// True for an entry of an index within the index, and for one that writes its processor in another way, such as `x86_64`: Docker's
    /// own store passes over these.
    #[serde(default, skip_serializing_if = "is_default")]
    pub passed_over_by_docker: bool,
}

impl EntryFacts {
    /// True for an entry that states nothing out of the ordinary.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How much an entry of an index states of its platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlatformStated {
    /// The system and the processor.
    #[default]
    Whole,
    /// The processor, and no system.
    Processor,
    /// No processor, or `unknown` as the system: no engine takes it.
    Unusable,
    /// No platform; the first such entry of the index.
    None,
    /// No platform, as an earlier entry.
    NoneAgain,
}

/// An `os.version` as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// It reads as a version.
    Known(OsVersion),
    /// There is none.
    Missing,
    /// There is one, and it is not a version: the text, shortened.
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
    /// It could not be read: why, in one sentence. Nothing that rests on it is decided.
    Unreadable(String),
    /// The content.
    Read(ConfigFacts),
}

/// The content of the config of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFacts {
    /// The `os`, e.g. `windows`.
    pub os: String,
    /// The `architecture`, e.g. `amd64`.
    pub architecture: String,
    /// The `os.version`.
    pub version: Version,
    /// The version named by the last `Apply image` or `Install update` of its history.
    pub history: Option<OsVersion>,
}

/// The place where the effective version of a candidate was found.
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
    /// Adds the config of this entry, which the engines believe more than the index.
    ///
    /// # Errors
    ///
    /// A malformed config; the candidate stays as it was.
    pub fn read_config(&mut self, bytes: &[u8], knowledge: &Knowledge) -> Result<(), Error> {
        self.config = Config::Read(config::parse(bytes)?.facts(knowledge));
        Ok(())
    }

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

/// The place where an image was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The registry.
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
    /// A lock, which an earlier scan wrote.
    Lock,
}

/// The name of an operating system as OCI has it: `Windows` is `windows`.
pub(crate) fn normal_os(text: &str) -> String {
    shown(text).to_ascii_lowercase()
}

/// The name of a processor as OCI has it: `x86_64` is `amd64`, `aarch64` is `arm64`, as for containerd.
pub(crate) fn normal_architecture(text: &str) -> String {
    let lower = shown(text).to_ascii_lowercase();
    match lower.as_str() {
        "x86_64" | "x86-64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        _ => lower,
    }
}

/// The variant of a processor: every arm64 has `v8`, which no variant stands for, as for containerd.
pub(crate) fn normal_variant(architecture: &str, text: &str) -> String {
    let lower = shown(text).to_ascii_lowercase();
    match (architecture, lower.as_str()) {
        ("arm64", "8" | "v8") => String::new(),
        _ => lower,
    }
}

#[cfg(test)]
mod tests;
