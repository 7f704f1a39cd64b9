//! The images an index lists: its entries as the index alone describes them.

use std::collections::BTreeSet;

use crate::image::index::{Entry, Kind};
use crate::image::{
    Candidate, Config, ConfigFacts, Digest, EntryFacts, PlatformStated, Version, normal_architecture, normal_os, normal_variant,
};
use crate::text::shown;

/// The Windows candidates of an image, the platforms of its other entries, and the entries for Windows that are passed over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub candidates: Vec<Candidate>,
    pub other_platforms: Vec<String>,
    pub passed_over: Vec<String>,
}

/// An entry that is an image, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    #[cfg(feature = "registries")]
    pub digest: Digest,
    /// Empty where nothing says it.
    pub os: String,
    /// `false` once its config has shown that it is something else.
    pub is_image: bool,
    pub candidate: Candidate,
}

/// The meaning of an entry.
pub(crate) enum Meaning {
    /// An image, or an index below which nothing is for Windows.
    Image(Box<Listed>),
    /// An index that may list images for Windows.
    Index,
    /// Something said of an image, or a type that is not read.
    Nothing,
}

impl Listed {
    /// True if the image may be for Windows: one that does not say its system may be.
    pub fn may_be_windows(&self) -> bool {
        self.os.is_empty() || self.os == "windows"
    }
}

/// The meaning of this entry, from the index alone.
pub(crate) fn meaning(entry: &Entry) -> Meaning {
    let (os, architecture) = platform(entry);
    let media_type = entry.media_type.as_deref().unwrap_or_default();
    let kind = if media_type.is_empty() { Some(Kind::Image) } else { Kind::of(media_type) };
    let doubt = match kind {
        _ if entry.is_attestation() => Some("the index calls it an attestation".to_owned()),
        None => Some(format!("the index gives it the type {}", shown(media_type))),
        Some(_) => None,
    };
    let config = match doubt {
        None => Config::NotRead,
        // Some engines go by the platform alone, and take it for the image.
        Some(doubt) if os == "windows" => Config::Unreadable(format!("{doubt}, and the platform of an image")),
        Some(_) => return Meaning::Nothing,
    };
    let is_index = kind == Some(Kind::Index) && config == Config::NotRead;
    let listed = Listed {
        #[cfg(feature = "registries")]
        digest: entry.digest.clone(),
        os,
        is_image: true,
        candidate: Candidate {
            digest: Some(entry.digest.clone()),
            size: Some(entry.size),
            architecture,
            indexed: Version::read(entry.platform.as_ref().and_then(|platform| platform.os_version.as_deref())),
            entry: entry_facts(entry),
            config,
            foreign_layers: None,
            layer_servers: Vec::new(),
        },
    };
    // Where the index says that nothing below is for Windows, there is nothing to read.
    if !is_index || !listed.may_be_windows() { Meaning::Image(Box::new(listed)) } else { Meaning::Index }
}

/// The system and the processor of this entry; empty where nothing says it.
fn platform<D>(entry: &Entry<D>) -> (String, String) {
    let Some(platform) = &entry.platform else { return Default::default() };
    let os = match normal_os(&platform.os) {
        os if os == "unknown" => String::new(),
        os => os,
    };
    (os, normal_architecture(&platform.architecture))
}

/// What engines look at beside the system, the processor and the version.
fn entry_facts(entry: &Entry) -> EntryFacts {
    let Some(platform) = &entry.platform else {
        return EntryFacts { platform: PlatformStated::None, ..EntryFacts::default() };
    };
    let stated = match normal_os(&platform.os).as_str() {
        _ if platform.architecture.is_empty() => PlatformStated::Unusable,
        "unknown" => PlatformStated::Unusable,
        "" => PlatformStated::Processor,
        _ => PlatformStated::Whole,
    };
    let architecture = normal_architecture(&platform.architecture);
    EntryFacts {
        platform: stated,
        variant: normal_variant(&architecture, &platform.variant),
        features: platform.os_features.clone(),
        passed_over_by_docker: platform.architecture != architecture,
        revision_zero: platform.os_version.as_deref().is_some_and(|version| version.split('.').nth(3) == Some("0")),
    }
}

/// The listing of these images, in their order; each other platform stands once, also that of an entry that is passed over.
pub(crate) fn listing(images: impl IntoIterator<Item = Listed>, passed_over: &[Entry<String>]) -> Listing {
    let mut listing = Listing::default();
    let mut others = Vec::new();
    let mut is_first = true;
    for mut image in images.into_iter().filter(|image| image.is_image) {
        if image.candidate.entry.platform == PlatformStated::None && !std::mem::take(&mut is_first) {
            image.candidate.entry.platform = PlatformStated::NoneAgain;
        }
        match image.may_be_windows() {
            true => listing.candidates.push(image.candidate),
            false => others.push((image.os, image.candidate.architecture)),
        }
    }
    for entry in passed_over.iter().filter(|entry| !entry.is_attestation()) {
        match platform(entry) {
            (os, _) if os.is_empty() || os == "windows" => listing.passed_over.push(shown(&entry.digest)),
            other => others.push(other),
        }
    }
    let mut seen = BTreeSet::new();
    let others = others.into_iter().map(|(os, architecture)| match architecture.as_str() {
        "" => os,
        architecture => format!("{os}/{architecture}"),
    });
    listing.other_platforms = others.filter(|platform| seen.insert(platform.clone())).collect();
    listing
}

/// The listing of an image without an index, from its config.
pub(crate) fn single(
    digest: Option<Digest>,
    config: ConfigFacts,
    foreign_layers: Option<bool>,
    layer_servers: Vec<String>,
) -> Listing {
    if !config.os.is_empty() && config.os != "windows" {
        let other_platforms = vec![format!("{}/{}", config.os, config.architecture)];
        return Listing { other_platforms, ..Listing::default() };
    }
    let candidate = Candidate {
        digest,
        size: None,
        architecture: config.architecture.clone(),
        indexed: Version::Missing,
        entry: EntryFacts::default(),
        config: Config::Read(config),
        foreign_layers,
        layer_servers,
    };
    Listing { candidates: vec![candidate], ..Listing::default() }
}
