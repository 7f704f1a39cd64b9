//! Reports of users about what engines took or refused, each with its versions: what happened is predicted.

use wincompat::Kind;
use wincompat::compat::{self, Outcome, Policy, Wish};
use wincompat::host::Host;
use wincompat::image::Image;
use wincompat::knowledge::Knowledge;

use super::rule::{Entry, Program, Pulled, Release};
use super::{engine_of, image};
use crate::verdict::made;

/// What users saw.
enum Saw {
    /// This entry was taken, and the container started.
    Started(usize),
    /// This entry was taken, and the container did not start.
    Failed(usize),
    /// Nothing was pulled, and this was said.
    Refused(&'static str),
}

use Saw::{Failed, Refused, Started};

const NO_MATCH: &str = "no match for platform in manifest: not found";

fn entry(version: &str) -> Entry {
    Entry { architecture: "amd64".to_owned(), version: version.to_owned() }
}

fn index(versions: &[&str]) -> Image {
    image(&Pulled::Index(versions.iter().map(|version| entry(version)).collect()))
}

fn single(version: &str) -> Image {
    image(&Pulled::Manifest(entry(version)))
}

fn host(build: u32, kind: Kind) -> Host {
    let knowledge = Knowledge::built_in();
    let hosts = made::read_hosts(knowledge, knowledge.date);
    hosts.into_iter().find(|host| (host.os_version.build, host.kind) == (build, kind)).unwrap()
}

/// Holds one report: the program in a version, on a host, with an image asked for in this way.
fn holds(report: &str, program: Program, release: Release, host: &Host, image: &Image, wish: Wish, saw: &Saw) {
    let knowledge = Knowledge::built_in();
    let mut policy = Policy::on(knowledge.date);
    policy.wish = wish;
    policy.engine = Some(engine_of(program, release));
    let judgement = compat::judge(knowledge, host, image, &policy);
    let takes = judgement.takes.unwrap_or_else(|| panic!("{report}: nothing is known of {release:?}"));
    let says = takes.says.map(|says| says.message(host));
    match saw {
        Started(entry) => assert_eq!((takes.candidate, takes.outcome), (Some(*entry), Outcome::Starts), "{report} {release:?}"),
        Failed(entry) => {
            assert_eq!((takes.candidate, takes.outcome), (Some(*entry), Outcome::Refuses), "{report} {release:?}: {says:?}");
        }
        Refused(message) => {
            assert_eq!((takes.outcome, says.as_deref()), (Outcome::Refuses, Some(*message)), "{report} {release:?}");
        }
    }
    assert_eq!(judgement.ok == Some(true), matches!(saw, Started(_)), "{report} {release:?}: {:?}", judgement.findings);
}

#[test]
fn what_users_of_docker_reported_is_predicted() {
    use Program::{Docker, DockerWithContainerd};
    let (server, client) = (|build| host(build, Kind::Server), |build| host(build, Kind::Client));
    let both = index(&["10.0.17763.1", "10.0.20348.1"]);
    let framework = index(&["10.0.14393.6981", "10.0.17763.5820", "10.0.20348.2461"]);
    let ltsc2022 = index(&["10.0.20348.1"]);
    let refused_2022 = "no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries: no match for platform in manifest: not found";
    let with_level = "no matching manifest for windows(10.0.26200)/amd64/v… in the manifest list entries: no match for platform in manifest: not found";
    for (report, program, release, host, image, saw) in [
        ("docker/for-win#13986", Docker, (24, 0, 7), client(22631), &both, Started(0)),
        ("docker/for-win#13986, on a server", Docker, (24, 0, 7), server(20348), &both, Started(1)),
        ("fluent-package-builder#386", Docker, (24, 0, 7), client(19045), &both, Started(0)),
        ("docker/cli#138", Docker, (17, 9, 0), server(17763), &index(&["10.0.14393.1", "10.0.17763.1"]), Failed(0)),
        (
            "docker/cli#138, with versions",
            Docker,
            (17, 9, 1),
            server(17763),
            &index(&["10.0.14393.1", "10.0.17763.1"]),
            Started(1),
        ),
        ("moby/moby#53397", DockerWithContainerd, (29, 0, 0), client(26200), &ltsc2022, Refused(refused_2022)),
        ("moby/moby#53397", DockerWithContainerd, (29, 7, 2), client(26200), &ltsc2022, Refused(with_level)),
        ("moby/moby#53397, the other store", Docker, (29, 7, 2), client(26200), &ltsc2022, Started(0)),
        ("moby/moby#53397, before", DockerWithContainerd, (28, 5, 2), client(26200), &ltsc2022, Started(0)),
        ("dotnet-framework-docker#1130", Docker, (27, 3, 1), server(26100), &framework, Failed(0)),
        (
            "microsoft/Windows-Containers#258",
            Docker,
            (20, 10, 17),
            client(19044),
            &ltsc2022,
            Refused("no matching manifest for windows/amd64 10.0.19044 in the manifest list entries"),
        ),
        (
            "MicrosoftDocs/Virtualization-Documentation#1786",
            Docker,
            (20, 10, 12),
            client(19044),
            &single("10.0.20348.1"),
            Refused("a Windows version 10.0.20348-based image is incompatible with a 10.0.19044 host"),
        ),
        (
            "gillesvink/NukeDockerBuild#16",
            Docker,
            (24, 0, 7),
            client(19045),
            &single("10.0.20348.1"),
            Refused("a Windows version 10.0.20348-based image is incompatible with a 10.0.19045 host"),
        ),
        ("moby/moby#36184, before", Docker, (17, 12, 0), server(16299), &single("10.0.17134.1"), Failed(0)),
        (
            "moby/moby#36184",
            Docker,
            (18, 4, 0),
            server(16299),
            &single("10.0.17134.1"),
            Refused("a Windows version 10.0.17134-based image is incompatible with a 10.0.16299 host"),
        ),
    ] {
        holds(report, program, release, &host, image, Wish::Default, &saw);
    }
    // moby#39328: Hyper-V isolation does not help against the refusal.
    let newer = "a Windows version 10.0.18362-based image is incompatible with a 10.0.17763 host";
    holds("moby/moby#39328", Docker, (19, 3, 0), &server(17763), &single("10.0.18362.1"), Wish::Hyperv, &Refused(newer));
}

#[test]
fn what_users_of_containerd_reported_is_predicted() {
    use Program::{Containerd, Docker, Kubelet};
    let (server, client) = (|build| host(build, Kind::Server), |build| host(build, Kind::Client));
    let ltsc2022 = index(&["10.0.20348.1"]);
    let ltsc2019 = index(&["10.0.17763.1"]);
    let two = index(&["10.0.20348.3091", "10.0.26100.2894"]);
    let none_for = index(&["10.0.17763.1", "10.0.19042.1"]);
    let (default, host_process) = (Wish::Default, Wish::HostProcess);
    for (report, program, release, host, image, wish, saw) in [
        ("containerd/containerd#8070", Kubelet, (1, 6, 17), server(17763), &index(&[""]), host_process, Refused(NO_MATCH)),
        ("containerd/containerd#8070", Kubelet, (1, 6, 19), server(17763), &index(&[""]), host_process, Started(0)),
        ("containerd/containerd#7431", Kubelet, (1, 6, 6), server(20348), &ltsc2019, host_process, Refused(NO_MATCH)),
        ("containerd/containerd#7439", Containerd, (1, 6, 8), client(22000), &ltsc2022, default, Refused(NO_MATCH)),
        ("containerd/containerd#7439, since", Containerd, (1, 7, 19), client(22000), &ltsc2022, default, Started(0)),
        ("containerd/containerd#7439, docker can", Docker, (20, 10, 17), client(22000), &ltsc2022, default, Started(0)),
        ("containerd/containerd#8348", Kubelet, (1, 6, 36), server(20348), &ltsc2019, default, Refused(NO_MATCH)),
        (
            "containerd/containerd#8348, by digest",
            Containerd,
            (1, 6, 36),
            server(20348),
            &single("10.0.17763.1"),
            Wish::Hyperv,
            Started(0),
        ),
        (
            "containerd/containerd#8348, by digest, process",
            Kubelet,
            (1, 6, 36),
            server(20348),
            &single("10.0.17763.1"),
            default,
            Failed(0),
        ),
        ("containerd/containerd#9125", Containerd, (1, 7, 5), client(19044), &none_for, default, Refused(NO_MATCH)),
        ("containerd/containerd#9125", Containerd, (1, 6, 36), client(19044), &ltsc2022, default, Refused(NO_MATCH)),
        ("containerd/containerd#11366", Kubelet, (2, 0, 2), server(26100), &two, default, Started(0)),
        ("containerd/containerd#11366, since", Kubelet, (2, 1, 6), server(26100), &two, default, Started(1)),
        ("kubernetes/kubernetes#105216", Kubelet, (1, 5, 5), server(20348), &none_for, default, Refused(NO_MATCH)),
        ("nodes of EKS", Kubelet, (2, 1, 6), server(26100), &ltsc2022, default, Started(0)),
        ("containerd/platforms#34", Containerd, (2, 1, 5), client(26200), &ltsc2022, default, Started(0)),
        ("containerd/platforms#34", Containerd, (2, 1, 6), client(26200), &ltsc2022, default, Refused(NO_MATCH)),
        ("containerd/platforms#34", Containerd, (2, 3, 4), client(26200), &ltsc2022, default, Refused(NO_MATCH)),
    ] {
        holds(report, program, release, &host, image, wish, &saw);
    }
}

/// microsoft/hcsshim#2566: ltsc2025 is pulled on 25H2, and fails there in both isolations for many: a warning, whatever the engine.
#[test]
fn what_fails_on_25h2_behind_the_pull_is_warned_of() {
    let knowledge = Knowledge::built_in();
    let host = host(26200, Kind::Client);
    for wish in [Wish::Process, Wish::Hyperv] {
        for (program, release) in [(Program::Docker, (29, 7, 2)), (Program::Containerd, (2, 3, 4))] {
            let mut policy = Policy::on(knowledge.date);
            (policy.wish, policy.engine) = (wish, Some(engine_of(program, release)));
            let judgement = compat::judge(knowledge, &host, &index(&["10.0.26100.1"]), &policy);
            assert_eq!(judgement.takes.map(|takes| takes.candidate), Some(Some(0)), "{program:?}");
            let codes: Vec<_> = judgement.findings.iter().map(|finding| finding.code.as_str()).collect();
            assert!(codes.contains(&"ltsc2025-on-25h2"), "{codes:?}");
        }
    }
}
