//! The choice of containerd: `platforms/` of containerd/containerd to 1.7.18, containerd/platforms from then on, and `Manifest` of
//! `images/image.go`.

use super::docker::atoi;
use super::{Entry, Machine, Platform, Rule};

/// Go's `strconv.ParseUint` in so many bits: the value, and whether there was no error. One that is out of range is the greatest.
fn parse_uint(text: &str, bits: u32) -> (i64, bool) {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (0, false);
    }
    let greatest = (1 << bits) - 1;
    match atoi(text) {
        Some(value) if value <= greatest => (value, true),
        _ => (greatest, false),
    }
}

/// True for what came with containerd 2.0 and later; Docker 28 and later call the client of that.
pub(super) fn is_v2(rule: Rule) -> bool {
    matches!(rule, Rule::OnlyParseUint | Rule::OnlyStrict | Rule::Text | Rule::TextWithFeatures | Rule::OnlyWithFeatures)
}

/// `normalizeOS` of `database.go`, on Windows: no system is the own one.
pub(super) fn normal_os(os: &str) -> String {
    match os.to_ascii_lowercase().as_str() {
        "" => "windows".to_owned(),
        "macos" => "darwin".to_owned(),
        other => other.to_owned(),
    }
}

/// `normalizeArch` of `database.go`. Before containerd 1.6.0, `v1` of amd64 was a variant of its own, and `x86_64` had none.
pub(super) fn normal_architecture(rule: Rule, architecture: &str, variant: &str, before_1_6: bool) -> (String, String) {
    let (architecture, variant) = (architecture.to_ascii_lowercase(), variant.to_ascii_lowercase());
    let (architecture, variant) = match architecture.as_str() {
        "i386" => ("386", ""),
        "x86_64" | "x86-64" if before_1_6 => ("amd64", ""),
        "amd64" if before_1_6 => ("amd64", variant.as_str()),
        "x86_64" | "x86-64" | "amd64" => ("amd64", if variant == "v1" { "" } else { variant.as_str() }),
        "aarch64" | "arm64" => match variant.as_str() {
            "8" | "v8" => ("arm64", ""),
            // v1.0.0-rc.0 and later.
            "v8.0" if is_v2(rule) => ("arm64", ""),
            other => ("arm64", other),
        },
        "armhf" => ("arm", "v7"),
        "armel" => ("arm", "v6"),
        "arm" => match variant.as_str() {
            "" | "7" => ("arm", "v7"),
            "5" => ("arm", "v5"),
            "6" => ("arm", "v6"),
            "8" => ("arm", "v8"),
            other => ("arm", other),
        },
        other => (other, variant.as_str()),
    };
    (architecture.to_owned(), variant.to_owned())
}

/// Major, minor and build: `uint8`, `uint8` and `uint16`.
type Numbers = (i64, i64, i64);

/// `GetOsVersion` of containerd 1.6.23 and 1.7.6, `getOSVersion` of v0.2.1: errors are zeros, and what is too great is cut.
fn numbers_of_atoi(text: &str) -> Numbers {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() < 3 {
        return (0, 0, 0);
    }
    let [major, minor, build] = [0, 1, 2].map(|part| atoi(parts[part]).unwrap_or(0));
    (major.rem_euclid(1 << 8), minor.rem_euclid(1 << 8), build.rem_euclid(1 << 16))
}

/// `getOSVersion` of v1.0.0-rc.0: errors are not read, so a syntax error is 0 and what is too great is the greatest.
fn numbers_of_parse_uint(text: &str) -> Numbers {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() < 3 {
        return (0, 0, 0);
    }
    (parse_uint(parts[0], 8).0, parse_uint(parts[1], 8).0, parse_uint(parts[2], 16).0)
}

/// `getWindowsOSVersion` of v1.0.0-rc.1 and later: an error makes all of it zero.
fn strict_numbers(text: &str) -> Numbers {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() < 3 {
        return (0, 0, 0);
    }
    match (parse_uint(parts[0], 8), parse_uint(parts[1], 8), parse_uint(parts[2], 16)) {
        ((major, true), (minor, true), (build, true)) => (major, minor, build),
        _ => (0, 0, 0),
    }
}

/// `CheckHostAndContainerCompat` of hcsshim (vendored by containerd 1.6.23 to 1.7.18) and of v0.2.1 to v1.0.0-rc.1:
/// `compatLTSCReleases` is 20348 alone.
pub(super) fn runs_by_2023(host: Numbers, image: Numbers) -> bool {
    if (host.0, host.1) != (image.0, image.1) {
        return false;
    }
    if host.2 < 20348 { host.2 == image.2 } else { 20348 <= image.2 && image.2 <= host.2 }
}

/// `checkWindowsHostAndContainerCompat` of v1.0.0-rc.2 to v1.0.0-rc.4: the greatest of 20348 and 26100 that is below the host.
pub(super) fn runs_by_2025(host: Numbers, image: Numbers) -> bool {
    if (host.0, host.1) != (image.0, image.1) {
        return false;
    }
    if host.2 < 20348 {
        return host.2 == image.2;
    }
    let floor = if host.2 > 26100 { 26100 } else { 20348 };
    floor <= image.2 && image.2 <= host.2
}

/// `revision` of `platforms/defaults_windows.go`, containerd 1.5.0 to 1.6.39.
pub(super) fn revision(text: &str) -> i64 {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() < 4 { 0 } else { atoi(parts[3]).unwrap_or(0) }
}

/// True if the version of an image passes.
pub(super) fn version_passes(rule: Rule, machine: Machine, text: &str) -> bool {
    let host = machine.version();
    match rule {
        Rule::AnyVersion | Rule::DockerFirst | Rule::DockerPrefers | Rule::DockerChecksFirst | Rule::DockerLeavesOut => true,
        Rule::Prefix => text.starts_with(&host),
        Rule::PrefixOrNone | Rule::OnlyPrefixOrNone => text.starts_with(&host) || text.is_empty(),
        Rule::RevisionOf2023 | Rule::OnlyAtoi => text.is_empty() || runs_by_2023(numbers_of_atoi(&host), numbers_of_atoi(text)),
        Rule::OnlyParseUint => text.is_empty() || runs_by_2023(numbers_of_parse_uint(&host), numbers_of_parse_uint(text)),
        Rule::OnlyStrict => text.is_empty() || runs_by_2023(strict_numbers(&host), strict_numbers(text)),
        Rule::Text | Rule::TextWithFeatures | Rule::OnlyWithFeatures => {
            text.is_empty() || runs_by_2025(strict_numbers(&host), strict_numbers(text))
        }
    }
}

/// `matcher.Match` of v1.0.0-rc.3 with `windowsStripFeaturesMatcher` of rc.4, for a host without features: one `win32k` is cut out,
/// and nothing may remain. `Normalize` makes one of equal features, after that.
pub(super) fn features_pass(rule: Rule, features: &[String]) -> bool {
    if !matches!(rule, Rule::TextWithFeatures | Rule::OnlyWithFeatures) {
        return true;
    }
    let win32k = features.iter().position(|feature| feature == "win32k");
    features.iter().enumerate().all(|(place, _)| Some(place) == win32k)
}

/// The platforms that are tried, best first: `Default` and `platformVector`.
pub(super) fn vector(rule: Rule, machine: Machine) -> Vec<(&'static str, &'static str, &'static str)> {
    let own = ("windows", machine.architecture, "");
    match rule {
        // Ordered(DefaultSpec(), linux/amd64), whatever the processor of the host.
        Rule::AnyVersion => vec![own, ("linux", "amd64", "")],
        // Ordered(DefaultSpec(), linux/GOARCH).
        Rule::Prefix | Rule::PrefixOrNone | Rule::RevisionOf2023 => vec![own, ("linux", machine.architecture, "")],
        Rule::Text | Rule::TextWithFeatures => vec![own],
        _ if machine.architecture == "amd64" => vec![own, ("windows", "386", "")],
        _ => {
            let arm = ["v8", "v7", "v6", "v5"].map(|variant| ("windows", "arm", variant));
            [own].into_iter().chain(arm).collect()
        }
    }
}

/// The place of the first platform of the vector that matches this one.
pub(super) fn rank(rule: Rule, machine: Machine, platform: &Platform, before_1_6: bool) -> Option<usize> {
    let os = normal_os(&platform.os);
    let (architecture, variant) = normal_architecture(rule, &platform.architecture, &platform.variant, before_1_6);
    let place = vector(rule, machine).iter().position(|&tried| tried == (&os, &architecture, &variant))?;
    let passes = match rule {
        // matchComparer.Match looks at the version of whatever the two defaults match.
        Rule::Prefix => version_passes(rule, machine, &platform.os_version),
        // From 1.6.18 on, it asks for `windows` as it is written.
        Rule::PrefixOrNone | Rule::RevisionOf2023 => {
            platform.os == "windows" && version_passes(rule, machine, &platform.os_version)
        }
        _ => version_passes(rule, machine, &platform.os_version),
    };
    (passes && features_pass(rule, &platform.os_features)).then_some(place)
}

/// `Less`, for two that match.
pub(super) fn less(rule: Rule, (a, rank_a): (&Platform, usize), (b, rank_b): (&Platform, usize)) -> bool {
    match rule {
        Rule::Prefix | Rule::PrefixOrNone | Rule::RevisionOf2023 => revision(&a.os_version) > revision(&b.os_version),
        Rule::Text | Rule::TextWithFeatures => a.os_version > b.os_version,
        Rule::OnlyWithFeatures if rank_a == rank_b => a.os_features.len() > b.os_features.len(),
        _ => rank_a < rank_b,
    }
}

/// `Manifest` of containerd's `images/image.go` (later `core/images/image.go`), and `FilterPlatforms` and `LimitManifests` of
/// `images/handlers.go`: entries without a platform come last, and the config of the one that is taken is then looked at.
pub(super) fn taken(rule: Rule, machine: Machine, entries: &[Entry], before_1_6: bool) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (place, entry) in entries.iter().enumerate() {
        let Some(platform) = &entry.platform else { continue };
        let Some(own) = rank(rule, machine, platform, before_1_6) else { continue };
        let better = best.is_none_or(|(held, held_rank)| {
            entries[held].platform.as_ref().is_some_and(|held| less(rule, (platform, own), (held, held_rank)))
        });
        if better {
            best = Some((place, own));
        }
    }
    if let Some((place, _)) = best {
        return Some(place);
    }
    let place = entries.iter().position(|entry| entry.platform.is_none())?;
    // Before 2.0, only the system and the processor of the config are asked; from then on the whole platform.
    let config = &entries[place].config;
    let config = match is_v2(rule) {
        true => config.clone(),
        false => Platform { os: config.os.clone(), architecture: config.architecture.clone(), ..Platform::default() },
    };
    rank(rule, machine, &config, before_1_6).map(|_| place)
}
