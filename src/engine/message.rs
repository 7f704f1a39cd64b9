//! The messages of engines.

use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::image::Image;
use crate::knowledge::{EngineVersions, NoMatch};
use crate::{Architecture, Engine, ImageStore};

/// The reason why an engine does not pull an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The index has no entry that it accepts.
    NoEntry {
        /// The words for it.
        words: NoMatch,
        /// True where the words of containerd follow those of Docker.
        containerd: bool,
    },
    /// The image is newer than the host.
    Newer {
        /// The build of the image, e.g. `26100`.
        build: u64,
    },
}

impl Refusal {
    /// The refusal of an index in which nothing is accepted; `None` where there may be no index: an image for one other system.
    pub(super) fn of_index(versions: &EngineVersions, image: &Image) -> Option<Self> {
        let is_index = !image.candidates.is_empty() || image.other_platforms.len() > 1;
        let containerd = versions.engine == Engine::Docker && versions.store == Some(ImageStore::Containerd);
        is_index.then_some(Self::NoEntry { words: versions.message, containerd })
    }

    /// The message that the engine prints on this host. What depends on the machine or on the index is three dots in it: the level of
    /// the processor from 1 to 4 in that of Docker 29.6 and later, as in `/amd64/v3`, and the digest in that of the kubelet.
    pub fn message(self, host: &Host) -> String {
        let version = host.os_version.triple();
        // Where a platform is written by containerd's rules, its variant follows the processor.
        let architecture = match (host.architecture, self) {
            (Architecture::Arm64, Self::NoEntry { words, containerd }) if containerd || words != NoMatch::Platform => "arm64/v8",
            (architecture, _) => architecture.as_str(),
        };
        let platform = match self {
            Self::Newer { build } => {
                return format!("a Windows version 10.0.{build}-based image is incompatible with a {version} host");
            }
            Self::NoEntry { words: NoMatch::NoPlatform, .. } => {
                return "no match for platform in manifest: not found".to_owned();
            }
            Self::NoEntry { words: NoMatch::NoPlatformInImage, .. } => {
                return "get image config descriptor: no match for platform in manifest sha256:…: not found".to_owned();
            }
            Self::NoEntry { words: NoMatch::Platform, .. } => format!("windows/{architecture}"),
            Self::NoEntry { words: NoMatch::Unknown, .. } => "unknown".to_owned(),
            Self::NoEntry { words: NoMatch::PlatformAndVersion, .. } => format!("windows/{architecture} {version}"),
            Self::NoEntry { words: NoMatch::LevelInPlatform, .. } if host.architecture == Architecture::Amd64 => {
                format!("windows({version})/{architecture}/v…")
            }
            Self::NoEntry { words: NoMatch::VersionInPlatform | NoMatch::LevelInPlatform, .. } => {
                format!("windows({version})/{architecture}")
            }
        };
        let cause = match self {
            Self::NoEntry { containerd: true, .. } => ": no match for platform in manifest: not found",
            _ => "",
        };
        format!("no matching manifest for {platform} in the manifest list entries{cause}")
    }
}
