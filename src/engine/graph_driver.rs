//! Docker with its own image store: the order of the index, after entries of the host's own build; newer ones are left out.

use super::{Refusal, is_single, part};
use crate::host::Host;
use crate::image::{Candidate, Config, Image, Version};
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
    let stated = match &candidate.config {
        Config::Read(config) => &config.version,
        Config::NotRead | Config::Unreadable(_) => &candidate.indexed,
    };
    let newer = bounded(versions) && is_newer(stated, host);
    (Some(index), newer.then(|| part(stated, 2).map(|build| Refusal::Newer { build })).flatten())
}

fn best(versions: &EngineVersions, host: &Host, image: &Image) -> Option<usize> {
    // Docker passes over an entry without a platform; once its config is read, that is not to be told any more.
    let accepted = |candidate: &Candidate| {
        let of_processor = candidate.architecture.is_empty() || candidate.architecture == host.architecture.as_str();
        of_processor && !(bounded(versions) && is_newer(&candidate.indexed, host))
    };
    let of_host = |candidate: &Candidate| versions.order == Order::HostBuildFirst && is_of_host(&candidate.indexed, host);
    let mut first = None;
    for (index, candidate) in image.candidates.iter().enumerate().filter(|(_, candidate)| accepted(candidate)) {
        if of_host(candidate) {
            return Some(index);
        }
        first = first.or(Some(index));
    }
    first
}

fn bounded(versions: &EngineVersions) -> bool {
    versions.accepts == Accepts::NotNewer
}

/// True for a third number above the host's build. A version that has none, or one that is not a number, passes.
fn is_newer(version: &Version, host: &Host) -> bool {
    part(version, 2).is_some_and(|build| build > u64::from(host.os_version.build))
}

/// True if the text begins with the host's version and a dot, so never for a version of three parts.
fn is_of_host(version: &Version, host: &Host) -> bool {
    match version {
        Version::Known(version) => version.revision.is_some() && version.triple() == host.os_version.triple(),
        Version::Unparsable(text) => text.starts_with(&format!("{}.", host.os_version.triple())),
        Version::Missing => false,
    }
}
