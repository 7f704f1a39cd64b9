//! Docker with its own image store: the order of the index, after entries of the host's own build; newer ones are left out.

use super::{Refusal, is_single, part};
use crate::host::Host;
use crate::image::{Candidate, Config, Image, PlatformStated, Version};
use crate::knowledge::{Accepts, EngineVersions, Order};

/// The entry that Docker pulls, and why it does not.
pub(super) fn select(versions: &EngineVersions, host: &Host, image: &Image) -> (Option<usize>, Option<Refusal>) {
    let chosen = match is_single(image) {
        true => Some(0),
        false => best(versions, host, image),
    };
    let Some((index, candidate)) = chosen.and_then(|index| Some((index, image.candidates.get(index)?))) else {
        return (None, Refusal::of_index(versions, image));
    };
    // The config decides once more: it is read before the layers.
    let configured = match &candidate.config {
        Config::Read(config) => Some(&config.version),
        Config::NotRead | Config::Unreadable(_) => None,
    };
    let mut stated = std::iter::once(&candidate.indexed).chain(configured);
    let newer = stated.find(|version| versions.accepts != Accepts::Any && is_newer(version, host));
    (Some(index), newer.and_then(|version| part(version, 2)).map(|build| Refusal::Newer { build }))
}

fn best(versions: &EngineVersions, host: &Host, image: &Image) -> Option<usize> {
    // An entry that does not state its platform is passed over. Processors are compared as texts, and indexes within are not read:
    // moby/moby distribution/pull_v2_windows.go, `filterManifests`.
    let accepted = |candidate: &Candidate| {
        !candidate.entry.passed_over_by_docker
            && candidate.entry.platform == PlatformStated::Whole
            && candidate.architecture == host.architecture.as_str()
            && !(versions.accepts == Accepts::NotNewer && is_newer(&candidate.indexed, host))
    };
    let of_host = |candidate: &Candidate| versions.order == Order::HostBuildFirst && is_of_host(candidate, host);
    let mut first = None;
    for (index, candidate) in image.candidates.iter().enumerate().filter(|(_, candidate)| accepted(candidate)) {
        if of_host(candidate) {
            return Some(index);
        }
        first = first.or(Some(index));
    }
    first
}

/// True for a third number above the host's build. A version that has none, or one that is not a number, passes.
fn is_newer(version: &Version, host: &Host) -> bool {
    part(version, 2).is_some_and(|build| build > u64::from(host.os_version.build))
}

/// True if the text begins with the host's version and a dot, so never for a version of three parts.
fn is_of_host(candidate: &Candidate, host: &Host) -> bool {
    match &candidate.indexed {
        Version::Known(version) => {
            (version.revision.is_some() || candidate.entry.revision_zero) && version.triple() == host.os_version.triple()
        }
        Version::Unparsable(text) => text.starts_with(&format!("{}.", host.os_version.triple())),
        Version::Missing => false,
    }
}
