//! The same cases for the program: the index as bytes, and the entry that it says is taken.

use wincompat::engine::select;
use wincompat::host::{self, Host, HostEngine, Spec};
use wincompat::image::{Candidate, Image, Reference, Source};
use wincompat::knowledge::Knowledge;

use super::{Asked, Entry, Machine, Platform, Rule};

fn digest(place: usize) -> String {
    format!("sha256:{place:064}")
}

fn platform_json(platform: &Platform) -> serde_json::Value {
    let mut json = serde_json::json!({ "os": platform.os, "architecture": platform.architecture });
    for (name, value) in [("variant", &platform.variant), ("os.version", &platform.os_version)] {
        if !value.is_empty() {
            json[name] = value.clone().into();
        }
    }
    if !platform.os_features.is_empty() {
        json["os.features"] = platform.os_features.clone().into();
    }
    json
}

fn index_json(entries: &[Entry]) -> String {
    let manifests = entries.iter().enumerate().map(|(place, entry)| {
        let mut json = serde_json::json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(place), "size": 1,
        });
        if let Some(platform) = &entry.platform {
            json["platform"] = platform_json(platform);
        }
        if entry.attestation {
            json["annotations"] = serde_json::json!({ "vnd.docker.reference.type": "attestation-manifest" });
        }
        json
    });
    serde_json::json!({ "schemaVersion": 2, "manifests": manifests.collect::<Vec<_>>() }).to_string()
}

/// The image as the program reads it; `None` where it lists nothing.
pub(super) fn image(reference: &Reference, entries: &[Entry], configs_read: bool) -> Option<Image> {
    let mut image = Image::from_index(reference, Source::Registry, index_json(entries).as_bytes()).ok()?;
    if configs_read {
        for candidate in &mut image.candidates {
            let config = platform_json(&entries[place(candidate)].config).to_string();
            candidate.read_config(config.as_bytes(), Knowledge::built_in()).unwrap();
        }
    }
    Some(image)
}

/// The place of a candidate in the index, from its [`digest`].
fn place(candidate: &Candidate) -> usize {
    let digest = candidate.digest.as_ref().unwrap().to_string();
    digest[digest.len() - 8..].parse().unwrap()
}

/// The entry that the program says is taken, if the pull succeeds.
pub(super) fn predicted(image: &Image, host: &Host, asked: &Asked, version: &str) -> Option<usize> {
    let mut engine = HostEngine::new(asked.name, None).in_version(version.to_owned());
    engine.store = asked.store;
    let selection = select(Knowledge::built_in(), host, image, &engine).unwrap();
    selection.candidate.filter(|_| selection.refusal.is_none()).map(|candidate| place(&image.candidates[candidate]))
}

pub(super) fn host(machine: Machine) -> Host {
    let knowledge = Knowledge::built_in();
    let text = format!("10.0.{}.1,{}", machine.build, machine.architecture);
    match host::parse(&text, knowledge, knowledge.date).unwrap() {
        Spec::Hosts(mut hosts) => hosts.remove(0),
        _ => panic!("{text} is a host"),
    }
}

/// Why a case is beyond what an [`Image`] holds, so that the program cannot follow the engine; `None` if it is not.
pub(super) fn beyond(rule: Rule, machine: Machine, entries: &[Entry], configs_read: bool) -> Option<&'static str> {
    let graph_driver = matches!(rule, Rule::DockerFirst | Rule::DockerPrefers | Rule::DockerChecksFirst | Rule::DockerLeavesOut);
    entries.iter().filter(|entry| !entry.attestation).find_map(|entry| match &entry.platform {
        Some(platform) => beyond_of_platform(machine, platform, rule),
        None if !configs_read => Some("no platform, and no config is read"),
        None if !graph_driver && !entry.config.variant.is_empty() => Some("a variant in a config"),
        None => beyond_of_platform(machine, &entry.config, rule),
    })
}

fn beyond_of_platform(machine: Machine, platform: &Platform, rule: Rule) -> Option<&'static str> {
    let Platform { os, architecture, os_version, .. } = platform;
    let parts: Vec<&str> = os_version.split('.').collect();
    // Numbers that do not print as they are written, such as `+5` and `05`.
    let odd = |part: &&str| part.parse::<i64>().is_ok_and(|number| number < 0 || number.to_string() != **part);
    match () {
        () if !matches!(os.as_str(), "windows" | "linux" | "freebsd") => Some("an unusual name of the system"),
        () if os == "linux" && matches!(rule, Rule::AnyVersion | Rule::Prefix) => Some("an image for Linux is taken"),
        () if !matches!(architecture.as_str(), "amd64" | "arm64" | "386" | "arm" | "s390x") => {
            Some("an unusual name of the processor")
        }
        () if parts.iter().any(odd) => Some("a number that is written in an unusual way"),
        () if parts.iter().take(3).any(|part| part.parse::<u64>().is_ok_and(|number| number > 65535)) => {
            Some("a number above 65535")
        }
        () if parts.iter().take(2).any(|part| part.parse::<u64>().is_ok_and(|number| number > 255)) => Some("a number above 255"),
        () if parts.len() > 2 && parts[..3].contains(&"") => Some("no number"),
        () if os_version.starts_with(&machine.version()) && parts.get(2) != Some(&machine.build.to_string().as_str()) => {
            Some("a build that begins with the host's")
        }
        () => None,
    }
}
