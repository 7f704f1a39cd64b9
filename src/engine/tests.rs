//! The engines by example: the tables of their own tests, and what users reported, each with its versions.

use super::*;
use crate::Kind;
use crate::engine::containerd::accepts;
use crate::host::{self, Spec};
use crate::image::{Config, Digest, EntryFacts, TagRead};
use crate::knowledge::Accepts;

fn host(build: u32) -> Host {
    let Ok(Spec::Hosts(mut hosts)) =
        host::parse(&format!("10.0.{build},server"), Knowledge::built_in(), jiff::civil::date(2026, 11, 26))
    else {
        panic!("one host");
    };
    let host = hosts.remove(0);
    assert_eq!(host.kind, Kind::Server);
    host
}

fn entry(architecture: &str, version: &str) -> Candidate {
    Candidate {
        digest: Some(Digest::of(format!("{architecture} {version}").as_bytes())),
        size: Some(1),
        architecture: architecture.to_owned(),
        indexed: Version::read(Some(version)),
        entry: EntryFacts::default(),
        config: Config::NotRead,
        foreign_layers: None,
        layer_servers: Vec::new(),
    }
}

fn index(versions: &[&str]) -> Image {
    Image {
        reference: "registry.example/app:1".to_owned(),
        repository: Some("registry.example/app".to_owned()),
        digest: Some(Digest::of(b"index")),
        source: Source::Registry,
        candidates: versions.iter().map(|version| entry("amd64", version)).collect(),
        other_platforms: Vec::new(),
        passed_over: Vec::new(),
        stated_digest: None,
        tag_read: TagRead::NoTag,
    }
}

fn single(version: &str) -> Image {
    let image = index(&[version]);
    Image { digest: image.candidates[0].digest.clone(), ..image }
}

/// An engine as `containerd@2.1.6`, `docker@29.1.0` or, with the store of containerd, `docker/containerd@29.1.0`.
fn engine(text: &str) -> HostEngine {
    let (name, version) = text.split_once('@').unwrap();
    let version = Some(version.to_owned());
    match name {
        "docker/containerd" => HostEngine { store: Some(ImageStore::Containerd), ..HostEngine::new(Engine::Docker, version) },
        "docker" => HostEngine { store: Some(ImageStore::GraphDriver), ..HostEngine::new(Engine::Docker, version) },
        "kubernetes" => HostEngine { runtime: version.map(EngineVersion::from), ..HostEngine::new(Engine::Kubernetes, None) },
        _ => HostEngine::new(Engine::Containerd, version),
    }
}

/// The entry that is taken, or the message.
fn taken(engine_text: &str, build: u32, image: &Image) -> Result<usize, String> {
    let host = host(build);
    let selection = select(Knowledge::built_in(), &host, image, &engine(engine_text)).expect("a known version");
    match (selection.candidate, selection.refusal) {
        (Some(index), None) => Ok(index),
        (_, Some(refusal)) => Err(refusal.message(&host)),
        (None, None) => Err(String::new()),
    }
}

/// `Test_PlatformCompat` of containerd/platforms (every release since 0.2) and of hcsshim: host, image, whether it is accepted.
const COMPATIBLE: [(u32, u32, bool); 10] = [
    (17763, 17763, true),
    (17763, 20348, false),
    (20348, 17763, false),
    (20348, 20348, true),
    (22621, 17763, false),
    (22621, 20348, true),
    (26100, 20348, true),
    (20348, 26100, false),
    (20348, 22621, false),
    (26100, 22621, true),
];

#[test]
fn the_compatibility_tests_of_the_peers() {
    for form in [Accepts::From2022, Accepts::FromPreviousRelease, Accepts::StableAbi] {
        for (on, image, expected) in COMPATIBLE {
            let version = Version::read(Some(&format!("10.0.{image}.1")));
            assert_eq!(accepts(form, &host(on), &version), expected, "{form:?}: {image} on {on}");
        }
    }
}

/// `TestMatchComparerMatch_WCOW`: the host's own build with any revision or none, its neighbours, and no version at all.
#[test]
fn the_matcher_tests_of_containerd() {
    let cases =
        [("10.0.17763", true), ("10.0.17763.1", true), ("10.0.17763.2", true), ("10.0.17762.1", false), ("10.0.17764.1", false)];
    let empty = [
        (Accepts::HostBuild, false),
        (Accepts::HostBuildOrNone, true),
        (Accepts::From2022, true),
        (Accepts::FromPreviousRelease, true),
        (Accepts::StableAbi, true),
    ];
    for (form, takes_none) in empty {
        for (version, expected) in cases.into_iter().chain([("", takes_none)]) {
            assert_eq!(accepts(form, &host(17763), &Version::read(Some(version))), expected, "{form:?}: {version:?}");
        }
    }
}

/// `HasPrefix` of containerd 1.5.0 to 1.6.22 and 1.7.0 to 1.7.5 asks for no dot behind the host's version.
#[test]
fn a_build_that_begins_with_the_hosts_is_accepted_as_its_own() {
    for form in [Accepts::HostBuild, Accepts::HostBuildOrNone] {
        for (version, expected) in [
            ("10.0.25398", true),
            ("10.0.253985", true),
            ("10.0.2539812.1", true),
            ("10.0.2539", false),
            ("10.0.253", false),
            ("10.0.25399", false),
            ("10.0.254985", false),
            ("10.1.253985", false),
        ] {
            assert_eq!(accepts(form, &host(25398), &Version::read(Some(version))), expected, "{form:?}: {version}");
        }
    }
    assert!(!accepts(Accepts::From2022, &host(25398), &Version::read(Some("10.0.253985"))));
}

/// `Test_PlatformOrder` of containerd/platforms since 1.0.0-rc.2; the Linux entry is not among the candidates.
#[test]
fn the_order_tests_of_containerd() {
    let two = index(&["10.0.20348.3091", "10.0.26100.2894"]);
    let newer = index(&["10.0.20348.3091", "10.0.26100.3000"]);
    for version in ["2.1.6", "2.2.7", "2.3.4"] {
        let engine = format!("containerd@{version}");
        assert_eq!(taken(&engine, 20348, &two), Ok(0), "{version}");
        assert_eq!(taken(&engine, 26100, &two), Ok(1), "{version}");
        assert_eq!(taken(&engine, 26100, &newer), Ok(1), "{version}");
    }
    // Before, the order of the index: containerd#11366.
    for version in ["1.7.27", "2.0.5", "2.1.5"] {
        assert_eq!(taken(&format!("containerd@{version}"), 26100, &two), Ok(0), "{version}");
    }
    // And in 1.6 the revision, whatever the build.
    assert_eq!(taken("containerd@1.6.36", 26100, &two), Ok(0));
    assert_eq!(taken("containerd@1.6.36", 26100, &index(&["10.0.26100.2894", "10.0.20348.3091"])), Ok(1));
    // Versions are compared as text: 887 above 3091.
    assert_eq!(taken("containerd@2.2.0", 26100, &index(&["10.0.26100.3091", "10.0.26100.887"])), Ok(1));
}

/// The messages of `TestNoMatchesErr` and those that users saw, by version.
#[test]
fn the_messages_of_docker_by_version() {
    let newer = index(&["10.0.26100.1"]);
    for (engine, message) in [
        ("docker@17.12.0", Ok(0)),
        // These two lines of versions look at the first entry alone.
        ("docker@18.05.0", Err("a Windows version 10.0.26100-based image is incompatible with a 10.0.17763 host")),
        ("docker@18.09.2", Err("no matching manifest for unknown in the manifest list entries")),
        ("docker@19.03.5", Err("no matching manifest for windows/amd64 10.0.17763 in the manifest list entries")),
        ("docker@27.5.1", Err("no matching manifest for windows/amd64 10.0.17763 in the manifest list entries")),
        ("docker@28.0.0", Err("no matching manifest for windows(10.0.17763)/amd64 in the manifest list entries")),
        (
            "docker/containerd@29.0.0",
            Err(
                "no matching manifest for windows(10.0.17763)/amd64 in the manifest list entries: no match for platform in manifest: not found",
            ),
        ),
        (
            "docker/containerd@27.2.1",
            Err(
                "no matching manifest for windows(10.0.17763)/amd64 in the manifest list entries: no match for platform in manifest: not found",
            ),
        ),
        // Which level the processor has is not known.
        (
            "docker/containerd@29.6.0",
            Err(
                "no matching manifest for windows(10.0.17763)/amd64/v… in the manifest list entries: no match for platform in manifest: not found",
            ),
        ),
        ("docker/containerd@25.0.0", Err("no match for platform in manifest: not found")),
        ("docker/containerd@27.2.0", Err("no match for platform in manifest: not found")),
        ("containerd@1.7.0", Err("no match for platform in manifest: not found")),
        ("containerd@2.3.4", Err("no match for platform in manifest: not found")),
        ("kubernetes@2.0.11", Err("no match for platform in manifest: not found")),
        ("kubernetes@2.1.0", Err("get image config descriptor: no match for platform in manifest sha256:…: not found")),
        ("kubernetes@2.3.4", Err("get image config descriptor: no match for platform in manifest sha256:…: not found")),
    ] {
        assert_eq!(taken(engine, 17763, &newer), message.map_err(str::to_owned), "{engine}");
    }
    // No level on arm64.
    let on_arm = Host { architecture: crate::Architecture::Arm64, ..host(26100) };
    let image = Image { candidates: vec![entry("amd64", "10.0.26100.1")], ..index(&[]) };
    for version in ["27.2.1", "29.0.0", "29.7.2"] {
        let docker = engine(&format!("docker/containerd@{version}"));
        let refusal = select(Knowledge::built_in(), &on_arm, &image, &docker).and_then(|selection| selection.refusal);
        let said = refusal.map(|refusal| refusal.message(&on_arm)).unwrap_or_default();
        assert!(said.starts_with("no matching manifest for windows(10.0.26100)/arm64/v8 in the manifest"), "{version}: {said}");
    }
    // A single manifest is compared by Docker's own store only: moby#36184, in 18.04.
    let single = single("10.0.26100.1");
    let newer = "a Windows version 10.0.26100-based image is incompatible with a 10.0.17763 host";
    for (engine, expected) in [
        ("docker@17.12.0", Ok(0)),
        ("docker@19.03.5", Err(newer.to_owned())),
        ("docker@29.7.2", Err(newer.to_owned())),
        ("docker/containerd@29.1.0", Ok(0)),
        ("containerd@2.3.4", Ok(0)),
        ("kubernetes@1.7.20", Ok(0)),
    ] {
        assert_eq!(taken(engine, 17763, &single), expected, "{engine}");
    }
}

/// Docker's own store compares processors as texts and reads no index within an index; containerd does both.
#[test]
fn what_docker_alone_passes_over() {
    let mut image = index(&["10.0.20348.1", "10.0.20348.2"]);
    image.candidates[0].entry.passed_over_by_docker = true;
    assert_eq!(taken("docker@29.7.2", 20348, &image), Ok(1));
    assert_eq!(taken("docker@18.04.0", 20348, &image), Ok(1));
    assert_eq!(taken("containerd@1.7.0", 20348, &image), Ok(0));
    image.candidates[1].entry.passed_over_by_docker = true;
    assert!(taken("docker@29.7.2", 20348, &image).unwrap_err().starts_with("no matching manifest"));
    assert_eq!(taken("docker/containerd@29.0.0", 20348, &image), Ok(1));
}

/// A kubelet with Docker below it pulls as Docker does, whatever Docker's version of containerd.
#[test]
fn docker_below_a_kubelet_pulls_by_its_own_rule() {
    let two = index(&["10.0.17763.1", "10.0.20348.1"]);
    for (build, entry) in [(20348, 1), (25398, 0)] {
        assert_eq!(taken("kubernetes@docker://20.10.21", build, &two), Ok(entry), "{build}");
        assert_eq!(taken("docker@20.10.21", build, &two), Ok(entry), "{build}");
        assert_eq!(taken("kubernetes@1.7.20", build, &two), Ok(1), "{build}");
    }
    let refused = "no matching manifest for windows/amd64 10.0.17763 in the manifest list entries";
    assert_eq!(taken("kubernetes@docker://20.10.21", 17763, &index(&["10.0.20348.1"])), Err(refused.to_owned()));
}

/// Variants and 32-bit processors: `Match` of `platforms.go`, `normalizeArch` and `platformVector` of containerd/platforms.
#[test]
fn variants_and_smaller_processors_are_told_apart() {
    let refused = |engine: &str, image: &Image| taken(engine, 20348, image).is_err();
    let of_variant = |variant: &str| {
        let mut image = index(&["10.0.20348.1"]);
        image.candidates[0].entry.variant = variant.to_owned();
        image
    };
    for engine in ["containerd@1.4.13", "containerd@1.7.34", "containerd@2.3.4", "docker/containerd@28.0.0", "kubernetes@2.1.5"] {
        assert!(refused(engine, &of_variant("v2")), "{engine}");
        assert!(!refused(engine, &of_variant("")), "{engine}");
    }
    for (engine, expected) in [
        ("containerd@1.2.0", true),
        ("containerd@1.5.18", true),
        ("containerd@1.6.0", false),
        ("containerd@2.3.4", false),
        ("docker/containerd@25.0.0", false),
    ] {
        assert_eq!(refused(engine, &of_variant("v1")), expected, "{engine}");
    }
    // Docker compares the names of processors alone; from 29.6 on, the other store asks for the level of the host's.
    assert_eq!(taken("docker@29.7.2", 20348, &of_variant("v2")), Ok(0));
    for (variant, known) in [("v2", false), ("v1", true), ("", true)] {
        let image = of_variant(variant);
        let selection = select(Knowledge::built_in(), &host(20348), &image, &engine("docker/containerd@29.7.2")).unwrap();
        assert_eq!(selection.known, known, "{variant}");
    }
    let mut both = index(&["10.0.20348.1", "10.0.20348.2"]);
    both.candidates[0].architecture = "386".to_owned();
    let smaller = Image { candidates: vec![both.candidates[0].clone()], ..both.clone() };
    for (engine, takes) in [
        ("containerd@1.6.39", false),
        ("containerd@1.7.0", true),
        ("containerd@2.1.5", true),
        ("containerd@2.1.6", false),
        ("containerd@2.3.4", false),
        ("docker/containerd@25.0.0", true),
        ("docker/containerd@28.5.2", true),
        ("docker/containerd@29.0.0", false),
        ("docker/containerd@29.7.2", true),
        ("docker@29.7.2", false),
    ] {
        assert_eq!(refused(engine, &smaller), !takes, "{engine}");
        assert_eq!(taken(engine, 20348, &both), Ok(1), "{engine}");
    }
}

/// What users reported, with the versions in which it happened, and those in which it did not.
#[test]
fn what_users_reported_is_predicted() {
    let refused = Err("no match for platform in manifest: not found".to_owned());
    // docker/for-win#13986 and fluent-package-builder#386: the oldest entry on a client, since it is the first.
    assert_eq!(taken("docker@24.0.7", 22631, &index(&["10.0.17763.1", "10.0.20348.1"])), Ok(0));
    assert_eq!(taken("docker@24.0.7", 20348, &index(&["10.0.17763.1", "10.0.20348.1"])), Ok(1));
    // docker/cli#138: no versions in the index, so the first entry.
    assert_eq!(taken("docker@17.09.0", 14393, &index(&["", ""])), Ok(0));
    // containerd#8070: an index of a HostProcess image says no version.
    for (version, expected) in [("1.6.17", refused.clone()), ("1.6.18", Ok(0)), ("1.6.19", Ok(0)), ("1.7.0", Ok(0))] {
        assert_eq!(taken(&format!("containerd@{version}"), 17763, &index(&[""])), expected, "{version}");
    }
    // moby#53397 and containerd/platforms#34: hosts above 26100 and ltsc2022.
    let ltsc2022 = index(&["10.0.20348.1"]);
    for (version, accepted) in [
        ("containerd@1.7.34", true),
        ("containerd@2.1.5", true),
        ("containerd@2.1.6", false),
        ("containerd@2.1.9", false),
        ("containerd@2.3.4", false),
        ("kubernetes@2.1.6", false),
        ("kubernetes@2.0.4+azure", true),
        ("docker/containerd@28.5.2", true),
        ("docker/containerd@29.0.0", false),
        ("docker/containerd@29.7.2", false),
        ("docker@29.7.2", true),
    ] {
        assert_eq!(taken(version, 26200, &ltsc2022).is_ok(), accepted, "{version}");
        assert_eq!(taken(version, 26100, &ltsc2022), Ok(0), "{version}");
    }
    // containerd#8348: ltsc2019 on a node with 2022, whatever the runtime class.
    assert_eq!(taken("kubernetes@1.6.36", 20348, &index(&["10.0.17763.1"])), refused);
    // containerd 1.7.0 to 1.7.5 took the host's own build only.
    assert_eq!(taken("containerd@1.7.5", 25398, &ltsc2022), refused);
    assert_eq!(taken("containerd@1.7.6", 25398, &ltsc2022), Ok(0));
}

#[test]
fn what_is_not_known_is_not_predicted() {
    let knowledge = Knowledge::built_in();
    let image = index(&["10.0.20348.1"]);
    for text in ["docker@1.13.0", "containerd@1.0.0", "docker/containerd@24.0.9"] {
        assert_eq!(select(knowledge, &host(20348), &image, &engine(text)), None, "{text}");
    }
    let later = select(knowledge, &host(26200), &image, &engine("containerd@2.3.5")).expect("the rule of 2.3.4");
    assert_eq!((later.candidate, later.known), (None, false));
    // What came before a release may have the rule before it; vendors have the release's own.
    for (text, known) in [
        ("containerd@2.3.0-beta.0", false),
        ("docker/containerd@29.0.0-rc.2", false),
        ("containerd@2.2.0", true),
        ("containerd@2.2.1-rc.1", true),
        ("containerd@2.2.0-k3s1", true),
    ] {
        let selection = select(knowledge, &host(26200), &image, &engine(text)).expect("a rule");
        assert_eq!((selection.candidate, selection.known), (None, known), "{text}");
    }
    // Where the rule goes on, that of a pre-release is known. Between containerd 2.1.0 and 2.1.6, which 2.2.0 is like, it changed.
    for (text, known) in [
        ("docker@28.0.0-rc.1", true),
        ("docker@23.0.0-rc.4", true),
        ("docker@18.06.0-ce-rc1", false),
        ("docker@17.03.0-ce-rc1", false),
        ("docker/containerd@28.0.0-rc.1", false),
        ("containerd@1.4.0-rc.0", true),
        ("containerd@1.6.0-rc.1", false),
        ("containerd@2.0.0-rc.3", false),
        ("containerd@2.1.0-rc.1", true),
        ("containerd@2.2.0-rc.1", false),
    ] {
        assert_eq!(versions(knowledge, &engine(text)).map(|(_, known)| known), Some(known), "{text}");
    }
    assert_eq!(select(knowledge, &host(20348), &image, &engine("kubernetes@cri-o://1.30.0")), None);
    let archive = Image { source: Source::DockerArchive, ..image };
    assert_eq!(select(knowledge, &host(20348), &archive, &engine("docker@29.7.2")), None);
}
