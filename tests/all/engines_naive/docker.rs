//! The choice of Docker's graph driver: `pullManifestList` and `filterManifests` of moby/moby.

use super::{Entry, Machine, Rule};

/// Go's `strconv.Atoi`.
pub(super) fn atoi(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// `checkImageCompatibility` of `pull_v2_windows.go`: false for a build above the host's; what is no number passes.
pub(super) fn is_not_newer(machine: Machine, version: &str) -> bool {
    match version.split('.').nth(2).map(atoi) {
        Some(Some(build)) => build <= i64::from(machine.build),
        _ => true,
    }
}

/// `filterManifests` and `pullManifestList`.
pub(super) fn taken(rule: Rule, machine: Machine, entries: &[Entry], configs_read: bool) -> Option<usize> {
    let mut matches = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let platform = entry.platform.clone().unwrap_or_default();
        // `Platform.Architecture == runtime.GOARCH`: no other spelling. The system is `windows` exactly, from 18.06.0 in any case.
        let own_system = match rule {
            Rule::DockerLeavesOut => platform.os.eq_ignore_ascii_case("windows"),
            _ => platform.os == "windows",
        };
        if platform.architecture != machine.architecture || !own_system {
            continue;
        }
        if rule == Rule::DockerLeavesOut && !is_not_newer(machine, &platform.os_version) {
            continue;
        }
        matches.push((place, platform));
    }
    // `versionMatch`: the host's version and a dot; `sort.Stable` moves those to the front.
    let own = format!("{}.", machine.version());
    let preferred = match rule {
        Rule::DockerFirst => None,
        _ => matches.iter().find(|(_, platform)| platform.os_version.starts_with(&own)),
    };
    let (place, platform) = preferred.or_else(|| matches.first())?;
    if rule == Rule::DockerChecksFirst && !is_not_newer(machine, &platform.os_version) {
        return None;
    }
    // `pullSchema2Layers` asks the same of the config, since 18.04.0.
    let checks_config = matches!(rule, Rule::DockerChecksFirst | Rule::DockerLeavesOut);
    if configs_read && checks_config && !is_not_newer(machine, &entries[*place].config.os_version) {
        return None;
    }
    Some(*place)
}
