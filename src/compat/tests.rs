//! The rules by example: given a host and an image, this is said.

mod advice;
mod cases;
mod engines;
mod matrix;
mod unread;
mod wishes;

use jiff::civil::date;

use super::*;
use crate::Architecture;
use crate::OsVersion;
use crate::host::{Availability, Source as HostSource};
use crate::image::{Config, ConfigFacts, Digest, EntryFacts, PlatformStated, Source, TagRead, Version};

/// A host with everything enabled, as a live one would be.
pub(super) fn host(version: &str, kind: Kind) -> Host {
    let os_version: OsVersion = version.parse().unwrap();
    let release = Knowledge::built_in().release(os_version.build, kind);
    let name = release.map_or_else(|| format!("Windows build {}", os_version.build), |release| release.name.clone());
    Host {
        label: name.clone(),
        name,
        os_version,
        release: release.map(|release| release.id.clone()),
        kind,
        edition: Some(if kind == Kind::Server { "ServerDatacenter" } else { "Enterprise" }.to_owned()),
        architecture: Architecture::Amd64,
        containers: Availability::Available,
        hyperv: Availability::Available,
        engine: None,
        default_isolation: None,
        node: None,
        source: HostSource::Live,
        file: None,
        assumed: Vec::new(),
        overridden: Vec::new(),
    }
}

/// What the sentences of these findings are about.
pub(super) fn subject<'a>(host: &'a Host, image: &'a Image, policy: &'a Policy, judgement: &Judgement) -> Subject<'a> {
    Subject {
        knowledge: Knowledge::built_in(),
        reference: &image.reference,
        image: Some(image),
        chosen: judgement.chosen,
        host,
        policy,
    }
}

pub(super) fn server(version: &str) -> Host {
    host(version, Kind::Server)
}

pub(super) fn client(version: &str) -> Host {
    host(version, Kind::Client)
}

/// An entry of an index, its config not read.
pub(super) fn entry(version: &str) -> Candidate {
    Candidate {
        digest: Some(Digest::of(version.as_bytes())),
        size: Some(1),
        architecture: "amd64".to_owned(),
        indexed: if version.is_empty() {
            Version::Missing
        } else {
            version.parse().map_or_else(|_| Version::Unparsable(version.to_owned()), Version::Known)
        },
        entry: EntryFacts::default(),
        config: Config::NotRead,
        foreign_layers: None,
        layer_servers: Vec::new(),
    }
}

/// An image of some repository that is none of Microsoft's, with these entries.
pub(super) fn index(candidates: Vec<Candidate>) -> Image {
    Image {
        reference: "registry.example/app:1".to_owned(),
        repository: Some("registry.example/app".to_owned()),
        digest: Some(Digest::of(b"index")),
        source: Source::Registry,
        candidates,
        other_platforms: Vec::new(),
        passed_over: Vec::new(),
        stated_digest: None,
        tag_read: TagRead::NoTag,
    }
}

pub(super) fn image(version: &str) -> Image {
    index(vec![entry(version)])
}

/// A config that says this version for Windows on amd64.
pub(super) fn config(version: &str) -> Config {
    Config::Read(ConfigFacts {
        os: "windows".to_owned(),
        architecture: "amd64".to_owned(),
        version: entry(version).indexed,
        history: None,
    })
}

pub(super) fn today() -> Policy {
    Policy { wish: Wish::Auto, ..Policy::on(date(2026, 11, 23)) }
}

pub(super) fn arm(version: &str) -> Image {
    index(vec![Candidate { architecture: "arm64".to_owned(), ..entry(version) }])
}

pub(super) fn judged(host: &Host, image: &Image, policy: &Policy) -> Judgement {
    judge(Knowledge::built_in(), host, image, policy)
}
