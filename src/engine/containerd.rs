//! containerd, also below a kubelet or as the image store of Docker: the entries that its matcher accepts, in its order.

use std::cmp::Ordering;

use super::{Refusal, indexed, is_single, part};
use crate::host::Host;
use crate::image::{Candidate, Config, Image, PlatformStated, Version};
use crate::knowledge::{Accepts, EngineVersions, Order};
use crate::{Architecture, Engine};

/// The entry that containerd pulls, and why it does not. An image without an index is not compared with the host.
pub(super) fn select(versions: &EngineVersions, host: &Host, image: &Image) -> (Option<usize>, Option<Refusal>) {
    match select_on(LOWEST_LEVEL, versions, host, image) {
        Some(index) => (Some(index), None),
        None => (None, Refusal::of_index(versions, image)),
    }
}

/// The entry that containerd pulls on a processor of this level.
fn select_on(level: u8, versions: &EngineVersions, host: &Host, image: &Image) -> Option<usize> {
    if is_single(image) {
        return Some(0);
    }
    let fitting = image.candidates.iter().enumerate().filter(|(_, candidate)| fits(level, versions, host, candidate));
    let mut best: Option<(usize, Fitting<'_>)> = None;
    for (index, candidate) in fitting {
        let place = processor(level, versions, host, &candidate.architecture, &candidate.entry.variant).unwrap_or_default();
        if best.is_none_or(|(_, best)| precedes(versions.order, (candidate, place), best)) {
            best = Some((index, (candidate, place)));
        }
    }
    best.map(|(index, _)| index)
}

/// The levels of amd64: `v1` is every such processor. Only Docker 29.6 and later ask for more, by the level of the host's.
const LOWEST_LEVEL: u8 = 1;
const HIGHER_LEVELS: [u8; 3] = [2, 3, 4];

/// The entries that are taken on processors of the higher levels.
pub(super) fn on_higher_levels(versions: &EngineVersions, host: &Host, image: &Image) -> [Option<usize>; 3] {
    HIGHER_LEVELS.map(|level| select_on(level, versions, host, image))
}

/// An entry that the matcher accepts, with the place of its processor.
type Fitting<'c> = (&'c Candidate, u8);

/// The first containerd for which `v1` is every amd64 (`normalizeArch`); before, it is a variant of its own.
const FIRST_WITH_V1: semver::Version = semver::Version::new(1, 6, 0);

/// True for versions that take an entry for `v1` of amd64, where the variant of the processor is compared.
pub(super) fn takes_v1(versions: &EngineVersions) -> bool {
    versions.engine != Engine::Containerd || versions.first >= FIRST_WITH_V1
}

/// The place of a processor among those that are tried, the host's own first; `None` for one that is not.
fn processor(level: u8, versions: &EngineVersions, host: &Host, architecture: &str, variant: &str) -> Option<u8> {
    let own = host.architecture.as_str();
    // From the host's level down to the lowest.
    let levels = level - LOWEST_LEVEL;
    if architecture == own {
        return match (own, variant) {
            (_, "") => Some(levels),
            ("amd64", "v1") => takes_v1(versions).then_some(levels),
            ("amd64", "v2") => level.checked_sub(2),
            ("amd64", "v3") => level.checked_sub(3),
            ("amd64", "v4") => level.checked_sub(4),
            // Since containerd/platforms 1.0.0-rc.0.
            ("arm64", "v8.0") => versions.reads_configs.then_some(levels),
            _ => None,
        };
    }
    if !tries_32_bit(versions) {
        return None;
    }
    match (own, architecture, variant) {
        ("amd64", "386", "") | ("arm64", "arm", "v8" | "8") => Some(levels + 1),
        ("arm64", "arm", "v7" | "7" | "") => Some(2),
        ("arm64", "arm", "v6" | "6") => Some(3),
        ("arm64", "arm", "v5" | "5") => Some(4),
        _ => None,
    }
}

/// True where the matcher is that of `Only`, which tries the 32-bit processors after the own one (`platformVector`). The others are
/// `Default`.
fn tries_32_bit(versions: &EngineVersions) -> bool {
    matches!(versions.order, Order::Index | Order::Features) && versions.accepts != Accepts::Any
}

/// True for an index of which it depends on the level of the host's amd64 what is taken, e.g. `v3`: Docker 29.6 and later ask for it.
pub(super) fn depends_on_level(versions: &EngineVersions, host: &Host, image: &Image) -> bool {
    let of_level = |candidate: &Candidate| {
        candidate.architecture == "amd64" && matches!(candidate.entry.variant.as_str(), "v2" | "v3" | "v4")
    };
    let may_depend =
        versions.order == Order::Features && host.architecture == Architecture::Amd64 && image.candidates.iter().any(of_level);
    let on_lowest = || select_on(LOWEST_LEVEL, versions, host, image);
    may_depend && on_higher_levels(versions, host, image).iter().any(|taken| *taken != on_lowest())
}

/// True for an entry that the matcher accepts. The first one without a platform is read further, and its config is compared.
fn fits(level: u8, versions: &EngineVersions, host: &Host, candidate: &Candidate) -> bool {
    let of_processor = |architecture: &str, variant: &str| processor(level, versions, host, architecture, variant).is_some();
    let entry = &candidate.entry;
    match (entry.platform, &candidate.config) {
        (PlatformStated::NoneAgain | PlatformStated::Unusable, _) => false,
        (PlatformStated::None, Config::Read(config)) => {
            let version = if versions.reads_configs { &config.version } else { &Version::Missing };
            let is_windows = matches!(config.os.as_str(), "" | "windows");
            is_windows && of_processor(&config.architecture, "") && accepts(versions.accepts, host, version)
        }
        (PlatformStated::None, Config::NotRead | Config::Unreadable(_)) => true,
        (PlatformStated::Whole | PlatformStated::Processor, _) => {
            of_processor(&candidate.architecture, &entry.variant)
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

/// True if the text begins with the host's version. No dot has to follow, so on 25398 `10.0.253985` does.
fn is_of_host(version: &Version, host: &Host) -> bool {
    let own = host.os_version;
    match version {
        Version::Known(version) => {
            let mut build = version.build;
            while build > own.build {
                build /= 10;
            }
            (version.major, version.minor, build) == (own.major, own.minor, own.build)
        }
        Version::Unparsable(text) => text.starts_with(&own.triple().to_string()),
        Version::Missing => false,
    }
}

/// True if the later entry comes before the one that was best so far; equal ones keep the order of the index.
fn precedes(order: Order, (later, later_place): Fitting<'_>, (best, best_place): Fitting<'_>) -> bool {
    // Those without a platform come last.
    match (has_no_platform(later), has_no_platform(best)) {
        (true, _) => return false,
        (false, true) => return true,
        (false, false) if later_place != best_place => return later_place < best_place,
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
