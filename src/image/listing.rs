//! The images an index lists: its entries as the index alone describes them.

use std::collections::BTreeSet;

use crate::image::index::{Entry, Kind};
use crate::image::{Candidate, Config, ConfigFacts, Digest, Version, normal_architecture, normal_os};

/// The Windows candidates of an image, and the platforms of its other entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub candidates: Vec<Candidate>,
    pub other_platforms: Vec<String>,
}

/// An entry that is an image, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    #[cfg(feature = "registries")]
    pub digest: Digest,
    #[cfg(feature = "registries")]
    pub size: u64,
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
    if entry.is_attestation() {
        return Meaning::Nothing;
    }
    let kind = match entry.media_type.as_deref() {
        None | Some("") => Kind::Image,
        Some(media_type) => match Kind::of(media_type) {
            Some(kind) => kind,
            None => return Meaning::Nothing,
        },
    };
    let platform = entry.platform.clone().unwrap_or_default();
    let os = match normal_os(&platform.os) {
        os if os == "unknown" => String::new(),
        os => os,
    };
    let listed = Listed {
        #[cfg(feature = "registries")]
        digest: entry.digest.clone(),
        #[cfg(feature = "registries")]
        size: entry.size,
        os,
        is_image: true,
        candidate: Candidate {
            digest: Some(entry.digest.clone()),
            architecture: normal_architecture(&platform.architecture),
            indexed: Version::read(platform.os_version.as_deref()),
            config: Config::NotRead,
            foreign_layers: None,
        },
    };
    // Where the index says that nothing below is for Windows, there is nothing to read.
    if kind == Kind::Image || !listed.may_be_windows() { Meaning::Image(Box::new(listed)) } else { Meaning::Index }
}

/// The listing of these images, in their order; each other platform stands once.
pub(crate) fn listing(images: impl IntoIterator<Item = Listed>) -> Listing {
    let mut listing = Listing::default();
    let mut platforms = BTreeSet::new();
    for image in images.into_iter().filter(|image| image.is_image) {
        if image.may_be_windows() {
            listing.candidates.push(image.candidate);
            continue;
        }
        let platform = match image.candidate.architecture.as_str() {
            "" => image.os,
            architecture => format!("{}/{architecture}", image.os),
        };
        if platforms.insert(platform.clone()) {
            listing.other_platforms.push(platform);
        }
    }
    listing
}

/// The listing of an image without an index, from its config.
pub(crate) fn single(digest: Option<Digest>, config: ConfigFacts, foreign_layers: Option<bool>) -> Listing {
    if !config.os.is_empty() && config.os != "windows" {
        return Listing { candidates: Vec::new(), other_platforms: vec![format!("{}/{}", config.os, config.architecture)] };
    }
    let candidate = Candidate {
        digest,
        architecture: config.architecture.clone(),
        indexed: Version::Missing,
        config: Config::Read(config),
        foreign_layers,
    };
    Listing { candidates: vec![candidate], other_platforms: Vec::new() }
}
