//! Facts that age: releases, lifecycles, base images, revision cuts, mistakes of engines. Data with a date and sources, not code.

pub mod builds;
pub mod editions;
mod engine_versions;
mod engines;
mod errors;
mod file;
mod kubelets;
mod names;
mod near;

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{Architecture, Kind};

pub use engine_versions::{
    Accepts, Below, EngineVersion, EngineVersions, NoMatch, Order, and_joined, engine_version, in_words, versions_with,
};
pub use engines::{EngineFault, FaultyVersions};
pub use errors::{
    CodeOfOperation, ErrorCode, ErrorMessage, Errors, Family, Known, Operation, OperationCase, Peer, error_by_hresult, twin,
};
pub use file::InvalidKnowledge;
pub use kubelets::Kubelet;
pub(crate) use names::longest_served;

/// The facts of judgements and of host names that may change tomorrow.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Knowledge {
    /// The day the facts were last looked over, e.g. `2026-11-23`.
    pub date: Date,
    /// Builds of the LTSC releases that carry the stable ABI, ascending, e.g. `[20348, 26100]`.
    pub stable_abi: Vec<u32>,
    /// Windows releases that can be a host.
    pub releases: Vec<Release>,
    /// Generations of Microsoft's base images, one a build, ascending.
    pub base_images: Vec<BaseImage>,
    /// Revisions of builds, and the updates that brought them.
    pub revisions: Vec<Revisions>,
    /// The ways in which versions of engines select images, by engine and store, the versions of each ascending; in a file that has none
    /// listed, those that are built in.
    #[serde(default = "EngineVersions::built_in")]
    pub engine_versions: Vec<EngineVersions>,
    /// The versions of containerd for those of Kubernetes, ascending; in a file that has none listed, those that are built in.
    #[serde(default = "Kubelet::built_in")]
    pub kubelets: Vec<Kubelet>,
    /// Mistakes of engines; in a file that has none listed, those that are built in.
    #[serde(default = "EngineFault::built_in")]
    pub engine_faults: Vec<EngineFault>,
}

/// One Windows release, e.g. Windows Server 2022.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Release {
    /// The name used in reports, e.g. `ltsc2022`, `windows-11-24h2`.
    pub id: String,
    /// The name for people, e.g. `Windows Server 2022`.
    pub name: String,
    /// E.g. `20348`.
    pub build: u32,
    /// Server or client.
    pub kind: Kind,
    /// Other names people type, lower case, e.g. `server2022`.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Architectures on which it runs containers; the first is assumed when nothing is said.
    pub architectures: Vec<Architecture>,
    /// Ends of support, by servicing channel.
    #[serde(default)]
    pub support: Vec<Support>,
    /// The address of the page on which the facts are found.
    pub source: String,
}

impl Release {
    /// The last day with regular updates for this edition (an EditionID such as `Professional`, `EnterpriseS`); where the
    /// edition is not known, of the longest served one that is neither LTSC nor IoT. Paid extensions do not count.
    pub fn support_of(&self, edition: Option<&str>) -> Option<Date> {
        let edition = edition.unwrap_or_default();
        let long_term = edition.contains("EnterpriseS");
        let home_or_pro = edition.starts_with("Core") || edition.starts_with("Professional");
        let of_iot = edition.starts_with("IoT");
        let applies = |channel: Channel| match channel {
            Channel::Paid => false,
            Channel::LongTerm => long_term && !of_iot,
            Channel::IotLongTerm => long_term && of_iot,
            Channel::Iot => of_iot,
            Channel::EnterpriseAndEducation => !home_or_pro,
            Channel::General => true,
        };
        self.support.iter().filter(|support| applies(support.channel)).map(|support| support.until).max()
    }
}

/// The time for which some editions of a release get updates.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Support {
    /// The editions.
    pub channel: Channel,
    /// The last day with updates.
    pub until: Date,
}

/// The editions of a release that get updates for a time, as Microsoft's lists of lifecycles name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum Channel {
    /// `Extended Security Updates`, for which is paid.
    Paid,
    /// `LTSC` and `LTSB`.
    LongTerm,
    /// The same of `IoT Enterprise`.
    IotLongTerm,
    /// `IoT Enterprise`.
    Iot,
    /// `Enterprise and Education`.
    EnterpriseAndEducation,
    /// All others, e.g. `Home and Pro`, `mainstream`.
    General,
}

impl From<String> for Channel {
    fn from(name: String) -> Self {
        let is_iot = name.starts_with("IoT");
        match name.as_str() {
            "Extended Security Updates" => Self::Paid,
            _ if name.contains("LTSC") || name.contains("LTSB") => {
                if is_iot {
                    Self::IotLongTerm
                } else {
                    Self::LongTerm
                }
            }
            _ if is_iot => Self::Iot,
            "Enterprise and Education" => Self::EnterpriseAndEducation,
            _ => Self::General,
        }
    }
}

/// One generation of Microsoft's Windows base images.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct BaseImage {
    /// E.g. `20348`.
    pub build: u32,
    /// The release name used in reports, e.g. `ltsc2022`, `1903`.
    pub release: String,
    /// The repositories below `mcr.microsoft.com/` that carry it, each with its tags.
    pub repositories: Vec<BaseRepository>,
    /// The revision of the newest that is known, e.g. `5622`.
    #[serde(default)]
    pub last_revision: Option<u32>,
    /// The address of the page on which the facts are found.
    pub source: String,
}

/// One repository of base images and the tags under which it carries one generation.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct BaseRepository {
    /// E.g. `windows/nanoserver`.
    pub repository: String,
    /// Tags of this generation, the preferred one first, e.g. `["ltsc2022"]`.
    pub tags: Vec<String>,
    /// The last day of support for this image.
    pub until: Date,
    /// Architectures with an image of this generation.
    pub architectures: Vec<Architecture>,
}

/// The known revisions of one build.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Revisions {
    /// E.g. `17763`.
    pub build: u32,
    /// First revision on the new side of the update of February 2020 (KB4542617), e.g. `1039`.
    #[serde(default)]
    pub february_2020: Option<u32>,
    /// Released cumulative updates, newest first.
    #[serde(default)]
    pub updates: Vec<Update>,
}

/// One cumulative update.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Update {
    /// E.g. `4061`.
    pub revision: u32,
    /// E.g. `KB5058411`.
    pub kb: String,
    /// The day it was released.
    pub released: Date,
    /// The revision that a hotpatched server reports instead in that month, where known.
    #[serde(default)]
    pub hotpatch: Option<u32>,
}

impl Knowledge {
    /// The facts this program was built with.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Knowledge> = LazyLock::new(|| {
            serde_json::from_str(include_str!("knowledge.json")).expect("the built-in knowledge is read by a test")
        });
        &BUILT_IN
    }

    /// The release with this build and kind.
    pub fn release(&self, build: u32, kind: Kind) -> Option<&Release> {
        self.releases.iter().find(|release| release.build == build && release.kind == kind)
    }

    /// The highest build among the releases of this kind.
    pub fn newest_build(&self, kind: Kind) -> u32 {
        self.releases.iter().filter(|release| release.kind == kind).map(|release| release.build).max().unwrap_or(0)
    }

    /// The generation of base images with this build.
    pub fn base_image(&self, build: u32) -> Option<&BaseImage> {
        self.base_images.iter().find(|image| image.build == build)
    }

    /// The known revisions of this build.
    pub fn revisions(&self, build: u32) -> Option<&Revisions> {
        self.revisions.iter().find(|revisions| revisions.build == build)
    }

    /// The lowest image build that a host runs in process isolation, for hosts from the first stable-ABI release on: the LTSC
    /// before the greatest LTSC not above the host; `None` for older hosts, which need their own build.
    pub fn stable_abi_floor(&self, host_build: u32) -> Option<u32> {
        let greatest = self.stable_abi.iter().rposition(|&ltsc| ltsc <= host_build)?;
        self.stable_abi.get(greatest.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests;
