//! The choice of every engine, against a plain rendering of the published rules, over random indexes; and the peers' own tests.
//!
//! The rendering follows the sources of the engines line by line and shares nothing with `src/engine`. Each rule names its source:
//! the tags that have it, and the file. [`program::beyond`] names the kinds of entries that an image does not hold as they are
//! written, so that the program cannot follow the engine there. `WINCOMPAT_TEST_SEED=N` makes other indexes, `WINCOMPAT_TEST_PAIRS=N`
//! a quarter as many.

mod cases;
mod containerd;
mod docker;
mod peers;
mod program;

use std::collections::BTreeMap;

use wincompat::image::Reference;
use wincompat::{Engine, ImageStore};

use crate::support::random;
use cases::{BUILDS, entries, one_of};
use program::{beyond, host, image, predicted};

/// The platform of an index entry or of a config, as Go reads it: what is absent is empty.
#[derive(Clone, Debug, Default)]
struct Platform {
    os: String,
    architecture: String,
    variant: String,
    os_version: String,
    os_features: Vec<String>,
}

/// An entry of an index.
#[derive(Clone, Debug)]
struct Entry {
    platform: Option<Platform>,
    config: Platform,
    attestation: bool,
}

/// The machine as the engines ask for it: `10.0.BUILD` and Go's name of the processor.
#[derive(Clone, Copy, Debug)]
struct Machine {
    build: u32,
    architecture: &'static str,
}

impl Machine {
    /// `10.0.26100`: `DefaultSpec` of containerd/platforms, and moby's `filterManifests`, leave the revision out.
    fn version(self) -> String {
        format!("10.0.{}", self.build)
    }
}

/// The rules there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// docker 17.03.0 to 17.09.0, `distribution/pull_v2.go`, `pullManifestList`: the first entry with Go's own system and processor.
    DockerFirst,
    /// docker 17.09.1 to 18.03.1, `distribution/pull_v2_windows.go`, `filterManifests` and `manifestsByVersion`: the host's build
    /// first, else the order of the index.
    DockerPrefers,
    /// docker 18.04.0 and 18.05.0, the same, and `checkImageCompatibility` of the first alone.
    DockerChecksFirst,
    /// docker 18.06.0 to 29.7.2 (there `daemon/internal/distribution/pull_v2_windows.go`): newer entries are left out before that.
    DockerLeavesOut,
    /// containerd 1.2.0 to 1.4.13, `platforms/defaults_windows.go`: versions are not looked at; Linux after Windows.
    AnyVersion,
    /// containerd 1.5.0 to 1.6.17, the same file: `HasPrefix` of the host's version; then the highest revision.
    Prefix,
    /// containerd 1.6.18 to 1.6.22, the same file: that, or no version.
    PrefixOrNone,
    /// containerd 1.6.23 to 1.6.39, the same file: hcsshim's `CheckHostAndContainerCompat` of 2023; then the highest revision.
    RevisionOf2023,
    /// containerd 1.7.0 to 1.7.5, `platforms/defaults_windows.go` and `platforms/compare.go`: `Only`, with `HasPrefix` or no version;
    /// the order of the index.
    OnlyPrefixOrNone,
    /// containerd 1.7.6 to 1.7.34 (from 1.7.19 as containerd/platforms v0.2.1): `Only`, the check of 2023 with numbers of `Atoi`.
    OnlyAtoi,
    /// containerd 2.0.0 and 2.0.1, containerd/platforms v1.0.0-rc.0: that with numbers of `ParseUint`, whose errors are not read.
    OnlyParseUint,
    /// containerd 2.0.2 to 2.1.5, containerd/platforms v1.0.0-rc.1 `getWindowsOSVersion`: a number that is none makes the version none.
    OnlyStrict,
    /// containerd 2.1.6 to 2.2.7, containerd/platforms v1.0.0-rc.2: the list with ltsc2025, the processor alone, and the versions as
    /// text (`windowsMatchComparer`).
    Text,
    /// containerd 2.3.0 to 2.3.4, containerd/platforms v1.0.0-rc.4: that, and `os.features` beside `win32k` hide an entry.
    TextWithFeatures,
    /// docker 29.6.0 to 29.7.2 with the containerd store, `daemon/containerd/image_pull.go`: v1.0.0-rc.4 by `Only(hostPlatformSpec())`;
    /// the most features first, then the order of the index.
    OnlyWithFeatures,
}

/// An engine, the versions that are asked here, and its rule.
struct Asked {
    name: Engine,
    store: Option<ImageStore>,
    rule: Rule,
    versions: &'static [&'static str],
}

/// Containerd's rules by its versions: the tags of containerd/containerd, and the version of containerd/platforms in their `go.mod`.
const CONTAINERD: [(Rule, &[&str]); 10] = [
    (Rule::AnyVersion, &["1.2.0", "1.3.10", "1.4.13"]),
    (Rule::Prefix, &["1.5.0", "1.5.18", "1.6.0", "1.6.17"]),
    (Rule::PrefixOrNone, &["1.6.18", "1.6.22"]),
    (Rule::RevisionOf2023, &["1.6.23", "1.6.39"]),
    (Rule::OnlyPrefixOrNone, &["1.7.0", "1.7.5"]),
    (Rule::OnlyAtoi, &["1.7.6", "1.7.18", "1.7.19", "1.7.34"]),
    (Rule::OnlyParseUint, &["2.0.0", "2.0.1"]),
    (Rule::OnlyStrict, &["2.0.2", "2.0.11", "2.1.0", "2.1.5"]),
    (Rule::Text, &["2.1.6", "2.1.9", "2.2.0", "2.2.7"]),
    (Rule::TextWithFeatures, &["2.3.0", "2.3.4"]),
];

/// Docker's rules by its versions: the tags of moby/moby.
const DOCKER: [(Option<ImageStore>, Rule, &[&str]); 9] = [
    (Some(ImageStore::GraphDriver), Rule::DockerFirst, &["17.03.0", "17.06.2", "17.09.0"]),
    (Some(ImageStore::GraphDriver), Rule::DockerPrefers, &["17.09.1", "17.12.1", "18.03.1"]),
    (Some(ImageStore::GraphDriver), Rule::DockerChecksFirst, &["18.04.0", "18.05.0"]),
    (
        Some(ImageStore::GraphDriver),
        Rule::DockerLeavesOut,
        &["18.06.0", "18.09.9", "19.03.15", "20.10.27", "23.0.6", "28.5.2", "29.7.2"],
    ),
    // containerd 1.7.12 to 1.7.18 in the first, containerd/platforms v0.2.1 in the others.
    (Some(ImageStore::Containerd), Rule::OnlyAtoi, &["25.0.0", "26.1.4", "27.0.3", "27.1.0", "27.5.1"]),
    (Some(ImageStore::Containerd), Rule::OnlyStrict, &["28.0.0", "28.5.2"]),
    (Some(ImageStore::Containerd), Rule::Text, &["29.0.0", "29.5.3"]),
    (Some(ImageStore::Containerd), Rule::OnlyWithFeatures, &["29.6.0", "29.7.2"]),
    // Without a word on the store, Docker for Windows has the graph driver (daemon/image_store_choice.go).
    (None, Rule::DockerLeavesOut, &["27.3.1"]),
];

/// Every engine that is asked. The kubelet pulls by the containerd below it, whose CRI resolves images by `platforms.Default()`
/// (`pkg/cri/cri.go`, later `plugins/cri/cri.go`).
fn asked() -> Vec<Asked> {
    let docker = DOCKER.iter().map(|&(store, rule, versions)| Asked { name: Engine::Docker, store, rule, versions });
    let below = |name| CONTAINERD.iter().map(move |&(rule, versions)| Asked { name, store: None, rule, versions });
    docker.chain(below(Engine::Containerd)).chain(below(Engine::Kubernetes)).collect()
}

/// The entry that is taken, if the pull succeeds.
fn takes(asked: &Asked, version: &str, machine: Machine, entries: &[Entry], configs_read: bool) -> Option<usize> {
    match asked.rule {
        Rule::DockerFirst | Rule::DockerPrefers | Rule::DockerChecksFirst | Rule::DockerLeavesOut => {
            docker::taken(asked.rule, machine, entries, configs_read)
        }
        rule => {
            let before_1_6 = ["1.2.", "1.3.", "1.4.", "1.5."].iter().any(|start| version.starts_with(start));
            containerd::taken(rule, machine, entries, before_1_6)
        }
    }
}

#[test]
fn the_choice_over_random_indexes_is_that_of_the_published_rules() {
    let mut random = fastrand::Rng::with_seed(random::seed());
    let reference: Reference = "registry.example/app:1".parse().unwrap();
    let asked = asked();
    let mut machines = Vec::new();
    for build in BUILDS.into_iter().chain([17784, 20400, 26101, 29651]) {
        for architecture in ["amd64", "arm64"] {
            let machine = Machine { build, architecture };
            machines.push((machine, host(machine)));
        }
    }
    let mut apart = BTreeMap::<&str, usize>::new();
    let (mut cases, mut taken) = (0, 0);
    while cases < random::fewer_cases() {
        let (machine, host) = one_of(&mut random, &machines);
        let entries = entries(&mut random, *machine);
        let configs_read = random.bool();
        let Some(read) = image(&reference, &entries, configs_read) else { continue };
        for _ in 0..12 {
            let asked = one_of(&mut random, &asked);
            let version = one_of(&mut random, asked.versions);
            if let Some(why) = beyond(asked.rule, *machine, &entries, configs_read) {
                *apart.entry(why).or_default() += 1;
                continue;
            }
            let expected = takes(asked, version, *machine, &entries, configs_read);
            let predicted = predicted(&read, host, asked, version);
            assert_eq!(
                predicted, expected,
                "{:?} {version} {:?} on {machine:?}, configs read: {configs_read}\n{entries:#?}",
                asked.name, asked.store
            );
            cases += 1;
            taken += usize::from(expected.is_some());
        }
    }
    println!("{cases} cases, an entry is taken in {taken}; left out: {apart:?}");
}
