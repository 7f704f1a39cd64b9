//! containerd, also below a kubelet or as the image store of Docker: the entries that its matcher accepts, in its order.

use std::cmp::Ordering;

use super::{Refusal, indexed, is_single, part};
use crate::host::Host;
use crate::image::{Candidate, Config, Image, PlatformStated, Version};
use crate::knowledge::{Accepts, EngineVersions, Order};

/// The entry that containerd pulls, and why it does not. An image without an index is not compared with the host.
pub(super) fn select(versions: &EngineVersions, host: &Host, image: &Image) -> (Option<usize>, Option<Refusal>) {
    if is_single(image) {
        return (Some(0), None);
    }
    let mut best: Option<(usize, &Candidate)> = None;
    for (index, candidate) in image.candidates.iter().enumerate().filter(|(_, candidate)| fits(versions, host, candidate)) {
        if best.is_none_or(|(_, best)| precedes(versions.order, candidate, best)) {
            best = Some((index, candidate));
        }
    }
    match best {
        Some((index, _)) => (Some(index), None),
        None => (None, Refusal::of_index(versions, image)),
    }
}

/// True for an entry that the matcher accepts. The first one without a platform is read further, and its config is compared.
fn fits(versions: &EngineVersions, host: &Host, candidate: &Candidate) -> bool {
    let of_processor = |architecture: &str| architecture == host.architecture.as_str();
    let entry = &candidate.entry;
    match (entry.platform, &candidate.config) {
        (PlatformStated::NoneAgain | PlatformStated::Unusable, _) => false,
        (PlatformStated::None, Config::Read(config)) => {
            let version = if versions.reads_configs { &config.version } else { &Version::Missing };
            let is_windows = matches!(config.os.as_str(), "" | "windows");
            is_windows && of_processor(&config.architecture) && accepts(versions.accepts, host, version)
        }
        (PlatformStated::None, Config::NotRead | Config::Unreadable(_)) => true,
        (PlatformStated::Whole | PlatformStated::Processor, _) => {
            of_processor(&candidate.architecture)
                && accepts(versions.accepts, host, &candidate.indexed)
                && (!versions.refuses_features
                    || matches!(entry.features.as_slice(), [] | [_]) && entry.features.iter().all(|feature| feature == "win32k"))
        }
    }
}

fn has_no_platform(candidate: &Candidate) -> bool {
    matches!(candidate.entry.platform, PlatformStated::None | PlatformStated::NoneAgain)
}

/// True for a version that is accepted on this host.
pub(super) fn accepts(accepts: Accepts, host: &Host, version: &Version) -> bool {
    let line = (u64::from(host.os_version.major), u64::from(host.os_version.minor));
    let builds = accepts.builds(host.os_version.build);
    let is_within = |image: u64| u32::try_from(image).is_ok_and(|image| builds.contains(&image));
    match accepts {
        Accepts::Any | Accepts::FirstNotNewer => true,
        Accepts::NotNewer => part(version, 2).is_none_or(is_within),
        Accepts::HostBuild => is_of_host(version, host),
        Accepts::HostBuildOrNone => *version == Version::Missing || is_of_host(version, host),
        Accepts::From2022 | Accepts::FromPreviousRelease | Accepts::StableAbi => {
            let is_of_line = (part(version, 0), part(version, 1)) == (Some(line.0), Some(line.1));
            *version == Version::Missing || is_of_line && part(version, 2).is_some_and(is_within)
        }
    }
}

/// True if the text begins with the host's version.
fn is_of_host(version: &Version, host: &Host) -> bool {
    match version {
        Version::Known(version) => version.triple() == host.os_version.triple(),
        Version::Unparsable(text) => text.starts_with(&host.os_version.triple().to_string()),
        Version::Missing => false,
    }
}

/// True if the later entry comes before the one that was best so far; equal ones keep the order of the index.
fn precedes(order: Order, later: &Candidate, best: &Candidate) -> bool {
    // Those without a platform come last.
    match (has_no_platform(later), has_no_platform(best)) {
        (true, _) => return false,
        (false, true) => return true,
        (false, false) => {}
    }
    let revision = |candidate: &Candidate| part(&candidate.indexed, 3).unwrap_or(0);
    let ordering = match order {
        Order::Index | Order::HostBuildFirst => Ordering::Equal,
        Order::Features => later.entry.features.len().cmp(&best.entry.features.len()),
        Order::Revision => revision(later).cmp(&revision(best)),
        Order::Text => indexed(later).cmp(&indexed(best)),
    };
    ordering == Ordering::Greater
}
