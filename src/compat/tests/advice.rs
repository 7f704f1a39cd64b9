//! Advice held against the rule: whatever a finding names passes on the same host, as asked, by the same engine, on the same day.

use super::*;
use crate::advice::{Remedy, Setting};
use crate::host::{HostEngine, Spec, parse};
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::{Engine, ImageStore, Isolation};

/// The hosts: every release that the knowledge names, each as it is, without Hyper-V, and with it unknown.
fn hosts() -> Vec<Host> {
    let knowledge = Knowledge::built_in();
    let mut hosts = Vec::new();
    for release in &knowledge.releases {
        for architecture in &release.architectures {
            let Ok(Spec::Hosts(named)) = parse(&format!("{},{}", release.id, architecture.as_str()), knowledge, today().today)
            else {
                panic!("{} names hosts", release.id);
            };
            for host in named {
                hosts.push(Host { hyperv: Availability::Unavailable, ..host.clone() });
                hosts.push(Host { hyperv: Availability::Unknown, ..host.clone() });
                hosts.push(Host { edition: Some("Core".to_owned()), ..host.clone() });
                hosts.push(host);
            }
        }
    }
    hosts
}

/// Microsoft's base images, and an image of somebody else's for each generation.
fn images() -> Vec<Image> {
    let mut images = Vec::new();
    for base in &Knowledge::built_in().base_images {
        for repository in &base.repositories {
            let name = format!("{MICROSOFT_REGISTRY}/{}", repository.repository);
            let candidates: Vec<Candidate> = repository
                .architectures
                .iter()
                .map(|architecture| Candidate {
                    architecture: architecture.as_str().to_owned(),
                    ..super::image(&format!("10.0.{}", base.build)).candidates[0].clone()
                })
                .collect();
            let reference = format!("{name}:{}", repository.tags.first().map_or("x", String::as_str));
            images.push(Image { reference, repository: Some(name), candidates, ..super::image("10.0.20348") });
        }
        images.push(Image {
            repository: Some("registry.example/app".to_owned()),
            ..super::image(&format!("10.0.{}.1", base.build))
        });
    }
    images
}

/// The image that a remedy names, as this test knows it.
fn named<'a>(images: &'a [Image], remedy: &Remedy) -> Option<&'a Image> {
    match remedy {
        Remedy::Image(reference) if reference.contains('@') => None,
        Remedy::Image(reference) => {
            Some(images.iter().find(|image| image.reference == *reference).expect("a base image is named"))
        }
        Remedy::Base { build, .. } => images.iter().find(|image| {
            image.candidates.iter().any(|candidate| candidate.os_version().is_some_and(|(version, _)| version.build == *build))
        }),
        _ => None,
    }
}

#[test]
fn no_advice_names_what_does_not_pass() {
    let knowledge = Knowledge::built_in();
    let (hosts, images) = (hosts(), images());
    let mut numbers = std::collections::BTreeMap::<&str, usize>::new();
    let mut answers = 0;
    for engine in Engine::ALL {
        for wish in [Wish::Default, Wish::Auto, Wish::Process, Wish::Hyperv] {
            let policy = Policy { wish, engine: Some(HostEngine::new(engine, None)), ..today() };
            // The variants of hosts matter to the rule and not to engines.
            for host in hosts.iter().filter(|host| engine == Engine::Docker || host.hyperv == Availability::Available) {
                // The same few images are named again and again.
                let mut passes = std::collections::BTreeMap::<*const Image, Option<bool>>::new();
                for image in &images {
                    answers += 1;
                    let judgement = judge(knowledge, host, image, &policy);
                    let subject = subject(host, image, &policy, &judgement);
                    for finding in &judgement.findings {
                        for remedy in finding.remedies(&subject) {
                            *numbers.entry(finding.code.as_str()).or_default() += 1;
                            let case = || {
                                let (image, host, hyperv, code) = (&image.reference, &host.name, host.hyperv, finding.code);
                                format!("{image} on {host} {hyperv:?} {wish:?} {engine:?}: {code} says {remedy:?}")
                            };
                            if let Some(other) = named(&images, &remedy) {
                                assert_ne!(other.reference, image.reference, "itself: {}", case());
                                let passes = passes
                                    .entry(std::ptr::from_ref(other))
                                    .or_insert_with(|| judge(knowledge, host, other, &policy).ok);
                                assert_eq!(*passes, Some(true), "{}", case());
                            }
                            if let Remedy::Run { engine: named, isolation, image: reference } = &remedy {
                                assert_eq!((*named, reference), (engine, &image.reference), "{}", case());
                                let wish = if *isolation == Isolation::Hyperv { Wish::Hyperv } else { Wish::Process };
                                assert_eq!(
                                    judge(knowledge, host, image, &Policy { wish, ..policy.clone() }).ok,
                                    Some(true),
                                    "{}",
                                    case()
                                );
                                assert!(engine != Engine::Kubernetes || *isolation == Isolation::Process, "{}", case());
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{answers} answers; remedies by code: {numbers:?}");
    assert!(answers > 50_000 && numbers.values().sum::<usize>() > 50_000, "{answers} {numbers:?}");
    // None of them falls silent.
    let codes: Vec<&str> = numbers.keys().copied().collect();
    let advised = [
        "annual-channel-host",
        "architecture-mismatch",
        "build-mismatch",
        "client-before-1809",
        "engine-may-refuse",
        "engine-refuses",
        "engine-version-matters",
        "explicit-isolation-needed",
        "host-end-of-support",
        "hyperv-assumed",
        "hyperv-does-not-widen",
        "hyperv-unavailable",
        "hyperv-unknown",
        "image-end-of-support",
        "image-newer-than-host",
        "ltsc2025-on-25h2",
        "other-isolation-possible",
        "revision-unknown",
    ];
    assert_eq!(codes, advised);
}

/// Indexes of one to three entries, and each with an entry whose version the index leaves out.
fn indexes() -> Vec<Image> {
    let builds = ["10.0.14393.1", "10.0.17763.1", "10.0.20348.1", "10.0.26100.1", ""];
    let mut indexes = Vec::new();
    for first in builds {
        for second in builds {
            for third in [None, Some("10.0.20348.5"), Some("10.0.17763.9")] {
                let read = |version: &&str| Candidate {
                    digest: Some(Digest::of(format!("{first} {second} {version}").as_bytes())),
                    config: config(if version.is_empty() { "10.0.26100.1" } else { version }),
                    ..entry(version)
                };
                indexes.push(index([Some(first), Some(second), third].iter().flatten().map(read).collect()));
            }
        }
    }
    indexes
}

/// The question once a remedy is followed: the image, the policy, and a word for the kind; `None` for what names no image, isolation
/// or engine.
fn followed(remedy: &Remedy, image: &Image, policy: &Policy, engine: &HostEngine) -> Option<(Image, Policy, &'static str)> {
    let (mut image, mut policy) = (image.clone(), policy.clone());
    let kind = match remedy {
        Remedy::Image(reference) if reference.contains('@') => {
            let digest = reference.split_once('@').map(|(_, digest)| digest.parse::<Digest>().unwrap());
            image.candidates.retain(|candidate| candidate.digest == digest);
            // The registry has one manifest, however often the index lists it.
            image.candidates.truncate(1);
            image.digest = digest;
            "digest"
        }
        Remedy::EngineVersion(_, version) => {
            policy.engine = Some(engine.in_version(version.clone()));
            "version"
        }
        Remedy::ImageStore(store) => {
            policy.engine = Some(HostEngine { store: Some(*store), ..engine.clone() });
            "store"
        }
        Remedy::Run { isolation, .. } | Remedy::Setting(Setting::Isolation(isolation)) => {
            policy.wish = if *isolation == Isolation::Hyperv { Wish::Hyperv } else { Wish::Process };
            "isolation"
        }
        Remedy::Base { build, .. } => {
            image = super::image(&format!("10.0.{build}"));
            "base"
        }
        Remedy::Image(_) | Remedy::EngineFlag(..) => panic!("{remedy:?} of an image that is none of Microsoft's"),
        _ => return None,
    };
    Some((image, policy, kind))
}

/// The engines: Docker as it is, and each in the first and the last of the versions that do the same; those below a kubelet too.
fn engines() -> Vec<HostEngine> {
    let mut engines = vec![HostEngine::new(Engine::Docker, None), HostEngine::new(Engine::Wincompat, None)];
    for versions in &Knowledge::built_in().engine_versions {
        let named = HostEngine::new(versions.engine, Some(versions.first.to_string()));
        engines.push(HostEngine { store: versions.store, ..named });
        if versions.engine == Engine::Containerd {
            engines.push(HostEngine::new(Engine::Kubernetes, None).in_version(versions.last.to_string()));
        }
    }
    engines
}

/// Whatever any finding offers makes the same engine start the image; another version of it is maintained, and later if any such is.
#[test]
fn every_remedy_is_started_by_the_same_engine() {
    let knowledge = Knowledge::built_in();
    let hosts = [
        server("10.0.14393.1"),
        server("10.0.17763.5"),
        server("10.0.20348.5"),
        server("10.0.26100.5"),
        client("10.0.22631.1"),
        client("10.0.26200.1"),
    ];
    let indexes = indexes();
    let mut numbers = std::collections::BTreeMap::<String, usize>::new();
    for engine in engines() {
        for wish in [Wish::Default, Wish::Auto, Wish::Hyperv, Wish::HostProcess] {
            let policy = Policy { wish, engine: Some(engine.clone()), ..today() };
            for (host, image) in hosts.iter().flat_map(|host| indexes.iter().map(move |image| (host, image))) {
                let judgement = judge(knowledge, host, image, &policy);
                let subject = subject(host, image, &policy, &judgement);
                for finding in &judgement.findings {
                    if [Code::EngineRefuses, Code::EngineTakesAnother].contains(&finding.code) {
                        assert!(!finding.message(&subject).to_string().contains("``"), "{engine:?} says nothing");
                    }
                    for remedy in finding.remedies(&subject) {
                        let Some((image, policy, kind)) = followed(&remedy, image, &policy, &engine) else { continue };
                        let then = judge(knowledge, host, &image, &policy);
                        assert_eq!(then.ok, Some(true), "{finding:?} on {} by {policy:?}: {remedy:?}", host.os_version);
                        *numbers.entry(format!("{} {kind}", finding.code)).or_default() += 1;
                        if let Remedy::EngineVersion(_, version) = &remedy {
                            let passes =
                                |engine| judge(knowledge, host, subject.image.unwrap(), &Policy { engine, ..policy.clone() });
                            // A later one whose entry is reported to fail is not better.
                            assert_maintained(&engine, version, |engine| {
                                let judgement = passes(Some(engine));
                                judgement.ok == Some(true) && !judgement.is_reported_to_fail()
                            });
                        }
                    }
                }
            }
        }
    }
    println!("{numbers:?}");
    assert!(numbers.len() >= 12 && numbers.values().sum::<usize>() > 1_000, "{numbers:?}");
}

/// Holds a version that is offered against the rule: it is maintained, and an earlier one only if no later one passes.
fn assert_maintained(engine: &HostEngine, offered: &str, passes: impl Fn(HostEngine) -> bool) {
    let knowledge = Knowledge::built_in();
    let (now, _) = crate::engine::versions(knowledge, engine).unwrap();
    let mut maintained = crate::knowledge::versions_with(&knowledge.engine_versions, now.engine, now.store);
    maintained.retain(|other| other.is_maintained(today().today));
    let named = maintained.iter().find(|other| other.last.to_string() == offered);
    let named = named.unwrap_or_else(|| panic!("{engine:?}: {offered} is not maintained"));
    if named.first < now.first {
        for later in maintained.iter().filter(|later| later.first > now.first) {
            assert!(!passes(engine.in_version(later.last.to_string())), "{engine:?}: {offered}, and {} passes", later.last);
        }
    }
}

/// containerd 1.4 took any entry, as a HostProcess container needs: it is out of support, and not advice.
#[test]
fn no_old_engine_is_offered_for_a_host_process_container() {
    let image = index(vec![entry("10.0.17763.1")]);
    let host = server("10.0.20348.5");
    for version in ["1.7.20", "2.0.4", "2.3.4"] {
        let engine = HostEngine::new(Engine::Kubernetes, None).in_version(version.to_owned());
        let policy = Policy { wish: Wish::HostProcess, engine: Some(engine), ..today() };
        let judgement = judged(&host, &image, &policy);
        let subject = subject(&host, &image, &policy, &judgement);
        let refused = judgement.findings.iter().find(|finding| finding.code == Code::EngineRefuses).expect("it is refused");
        let remedies = refused.remedies(&subject);
        assert!(
            remedies.iter().any(|remedy| matches!(remedy, Remedy::Image(reference) if reference.contains('@'))),
            "{remedies:?}"
        );
        assert!(!remedies.iter().any(|remedy| matches!(remedy, Remedy::EngineVersion(..))), "{remedies:?}");
    }
}

/// Windows 11 25H2 is reported to fail with images of Windows Server 2025. That another engine refuses those of 2022 as well does not
/// lead to older ones, which it refuses too.
#[test]
fn a_client_that_fails_with_the_newest_images_is_led_to_the_generation_before() {
    let (host, image, policy) = (client("10.0.26200.1"), super::image("10.0.26100.1"), today());
    let judgement = judge(Knowledge::built_in(), &host, &image, &policy);
    let subject = subject(&host, &image, &policy, &judgement);
    let finding = judgement.findings.iter().find(|finding| finding.code == Code::Ltsc2025On25h2).unwrap();
    let builds: Vec<u32> = finding
        .remedies(&subject)
        .iter()
        .filter_map(|remedy| match remedy {
            Remedy::Base { build, .. } => Some(*build),
            _ => None,
        })
        .collect();
    assert_eq!(builds, [20348]);
}

/// Users report what fails on the clients that there are. Of a newer one nothing is known, so its best entry is that of the rule.
#[test]
fn a_client_that_is_newer_than_all_known_ones_is_not_one_that_is_reported_to_fail() {
    let both = index(vec![entry("10.0.20348.1"), entry("10.0.26100.1")]);
    let newest = Knowledge::built_in().newest_build(crate::Kind::Client);
    for (build, chosen, is_reported) in [(26200, 0, true), (newest, 0, true), (newest + 1, 1, false), (99999, 1, false)] {
        let host = client(&format!("10.0.{build}.1"));
        assert_eq!(judged(&host, &both, &today()).chosen, Some(chosen), "{build}");
        let judgement = judged(&host, &super::image("10.0.26100.1"), &today());
        assert_eq!(judgement.is_reported_to_fail(), is_reported, "{build}");
        let is_new = judgement.findings.iter().any(|finding| finding.code == Code::HostNewerThanKnowledge);
        assert_eq!(is_new, !is_reported, "{build}");
    }
}

/// Base images for arm64 began with build 26100. An older host of arm64 is told of another host, not of an entry that cannot exist.
#[test]
fn an_entry_for_a_processor_is_advised_where_one_can_run() {
    for (host, image, expected, not) in [
        ("10.0.26100.1", "10.0.20348.1", "use an image with an arm64 entry; or use an amd64 host", "no base"),
        ("10.0.22631.1", "10.0.20348.1", "use an amd64 host", "entry"),
        ("10.0.22631.1", "10.0.26100.1", "use another host: no base image for arm64", "entry"),
    ] {
        let host = Host { architecture: Architecture::Arm64, ..client(host) };
        let (image, policy) = (super::image(image), today());
        let judgement = judged(&host, &image, &policy);
        let subject = subject(&host, &image, &policy, &judgement);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::ArchitectureMismatch).unwrap();
        let help = finding.help(&subject).to_string();
        assert!(help.contains(expected) && !help.contains(not), "{help}");
    }
}

/// A pod for Linux runs on Linux nodes; on a machine it needs another engine.
#[test]
fn a_linux_image_is_led_to_where_it_runs() {
    let (host, image) = (server("10.0.20348.1"), index(Vec::new()));
    let help = |engine: Engine| {
        let policy = Policy { engine: Some(HostEngine::new(engine, None)), ..today() };
        help_of(Code::LinuxImage, &host, &image, &policy)
    };
    let (of_pod, of_docker) = (help(Engine::Kubernetes), help(Engine::Docker));
    assert!(of_pod.contains("`kubernetes.io/os: linux`") && !of_pod.contains("Docker"), "{of_pod}");
    assert!(of_docker.contains("WSL 2") && !of_docker.contains("kubernetes"), "{of_docker}");
}

/// Kubernetes has no option for an isolation, and an engine does not know an archive by its name.
#[test]
fn a_command_that_is_advised_can_be_typed() {
    let host = Host { hyperv: Availability::Unavailable, ..server("10.0.20348.1") };
    let help = |image: &Image, engine: Engine| {
        let policy = Policy { wish: Wish::Hyperv, engine: Some(HostEngine::new(engine, None)), ..today() };
        let judgement = judged(&host, image, &policy);
        let subject = subject(&host, image, &policy, &judgement);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::OtherIsolationPossible).unwrap();
        (finding.help(&subject).to_string(), finding.remedies(&subject))
    };
    let image = super::image("10.0.20348.1");
    let (words, remedies) = help(&image, Engine::Kubernetes);
    assert!(words.contains("RuntimeClass") && remedies.is_empty(), "{words}");
    let run = |image: &str| vec![Remedy::Run { engine: Engine::Docker, isolation: Isolation::Process, image: image.to_owned() }];
    assert_eq!(help(&image, Engine::Docker).1, run("registry.example/app:1"));
    let archive = Image { source: Source::OciLayout, reference: "oci:app".to_owned(), ..image };
    assert_eq!(help(&archive, Engine::Docker).1, run("IMAGE"));
}

/// An image of Windows Server 2016 does not run in process isolation on Windows 10 1809 either: an update is no way to that.
#[test]
fn an_update_to_the_first_client_with_process_isolation_is_advised_where_it_helps() {
    for (image, hyperv, expected, not) in [
        ("10.0.14393.1", Availability::Available, "Run", "update"),
        ("10.0.14393.1", Availability::Unavailable, "use a newer host, and an image of its build", "update"),
        ("10.0.17763.1", Availability::Available, "update the host to Windows 10, version 1809", "newer host"),
    ] {
        let host = Host { hyperv, ..client("10.0.17134.1") };
        let (image, policy) = (super::image(image), Policy { wish: Wish::Process, ..today() });
        let judgement = judged(&host, &image, &policy);
        let subject = subject(&host, &image, &policy, &judgement);
        let help = Finding::new(Code::ClientBefore1809).help(&subject);
        let said = format!("{help} {:?}", help.remedies().collect::<Vec<_>>());
        assert!(said.contains(expected) && !said.contains(not), "{said}");
    }
}

/// The help of a finding of this judgement, as this test prints it.
fn help_of(code: Code, host: &Host, image: &Image, policy: &Policy) -> String {
    let judgement = judged(host, image, policy);
    let subject = subject(host, image, policy, &judgement);
    let finding = judgement.findings.iter().find(|finding| finding.code == code);
    finding.unwrap_or_else(|| panic!("{code} is said: {:?}", judgement.findings)).help(&subject).to_string()
}

/// What users report to fail is neither the best entry nor advice, where something else passes.
#[test]
fn what_is_reported_to_fail_is_not_advice() {
    let host = client("10.0.26200.1");
    let both = index(vec![entry("10.0.20348.1"), entry("10.0.26100.1")]);
    let codes = |judgement: &Judgement| judgement.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
    for wish in [Wish::Default, Wish::Process, Wish::Hyperv] {
        let judgement = judged(&host, &both, &Policy { wish, ..today() });
        assert_eq!((judgement.chosen, judgement.ok), (Some(0), Some(true)), "{wish:?}");
        let codes = codes(&judgement);
        assert!(!codes.contains(&Code::EngineTakesAnother) && !codes.contains(&Code::Ltsc2025On25h2), "{codes:?}");
    }
    // The engine takes the entry that is reported to fail: both sentences lead to the other one.
    let turned = index(vec![entry("10.0.26100.1"), entry("10.0.20348.1")]);
    let good = Digest::of(b"10.0.20348.1").to_string();
    for wish in [Wish::Process, Wish::Hyperv] {
        let policy = Policy { wish, ..today() };
        assert_eq!(judged(&host, &turned, &policy).chosen, Some(1));
        for code in [Code::Ltsc2025On25h2, Code::EngineTakesAnother] {
            let help = help_of(code, &host, &turned, &policy);
            assert!(help.contains(&good) && !help.contains("isolation:") && !help.contains("26100"), "{code}: {help}");
        }
    }
    let policy = Policy { wish: Wish::Hyperv, ..today() };
    let judgement = judged(&host, &turned, &policy);
    let warning = judgement.findings.iter().find(|finding| finding.code == Code::Ltsc2025On25h2).unwrap();
    let message = warning.message(&subject(&host, &turned, &policy, &judgement)).to_string();
    assert!(message.contains("(10.0.26100.1)"), "{message}");

    // An older entry that starts is as good as one that is reported to fail.
    let older = index(vec![entry("10.0.17763.1"), entry("10.0.26100.1")]);
    let judgement = judged(&host, &older, &Policy { wish: Wish::Default, ..today() });
    assert!(!codes(&judgement).contains(&Code::EngineTakesAnother), "{judgement:?}");

    // An engine that refuses what fits is not a reason to name what is reported to fail.
    let docker = HostEngine { store: Some(ImageStore::Containerd), ..HostEngine::new(Engine::Docker, None) };
    let policy = Policy { wish: Wish::Default, engine: Some(docker.in_version("29.5.0".to_owned())), ..today() };
    let image = index(vec![entry("10.0.20348.1")]);
    let help = help_of(Code::EngineRefuses, &host, &image, &policy);
    assert!(help.contains("imagestore") && !help.contains("26100"), "{help}");
}

/// The image has an entry of the host's own build: an image of that build is not what is missing.
#[test]
fn an_index_that_does_not_state_the_platform_is_to_be_corrected() {
    let host = server("10.0.20348.5");
    let unstated = |version: &str, platform: PlatformStated| Candidate {
        indexed: Version::Missing,
        entry: EntryFacts { platform, ..EntryFacts::default() },
        config: config(version),
        ..entry(version)
    };
    for (candidates, containerd) in [
        (vec![unstated("10.0.20348.1", PlatformStated::Unusable)], "2.2.0"),
        (vec![unstated("10.0.17763.1", PlatformStated::None), unstated("10.0.20348.1", PlatformStated::NoneAgain)], "1.6.17"),
    ] {
        let engine = HostEngine::new(Engine::Containerd, Some(containerd.to_owned()));
        let policy = Policy { wish: Wish::Default, engine: Some(engine), ..today() };
        let image = index(candidates);
        let named = help_of(Code::EngineRefuses, &host, &image, &policy);
        assert!(named.contains("@sha256:") && !named.contains("correct the index"), "{named}");
        // An entry of a folder has no name.
        let local = Image { source: Source::OciLayout, reference: "oci:app".to_owned(), ..image };
        assert_eq!(
            help_of(Code::EngineRefuses, &host, &local, &policy),
            "correct the index: the entry of this image needs the platform windows/amd64 with os.version 10.0.20348.1"
        );
    }
}

/// The warning of images that are reported to fail does not lead to another of them.
#[test]
fn a_warning_does_not_advise_what_it_warns_of() {
    let host = client("10.0.26200.1");
    let entries = ["10.0.17763.1", "10.0.20348.1", "10.0.26100.887", "10.0.26100.3091"].map(entry).to_vec();
    let image = Image { source: Source::OciLayout, reference: "oci:app".to_owned(), ..index(entries) };
    let engine = HostEngine::new(Engine::Containerd, Some("2.1.6".to_owned()));
    let policy = Policy { wish: Wish::Default, engine: Some(engine), ..today() };
    let help = help_of(Code::Ltsc2025On25h2, &host, &image, &policy);
    assert_eq!(help, "try it before you rely on it, and pull the image again after Windows updates");
}

/// Only Docker has another image store, and a version is named only where one is known that passes.
#[test]
fn an_engine_that_may_refuse_is_told_what_passes() {
    let (host, image) = (server("10.0.26200.1"), super::image("10.0.20348.1"));
    let of = |name: Engine| HostEngine::new(name, None);
    let by_digest = Remedy::Image(format!("registry.example/app@{}", image.candidates[0].digest.as_ref().unwrap()));
    let old = || Remedy::EngineVersion(Engine::Containerd, "2.0.11".to_owned());
    let crio = HostEngine { runtime: Some("cri-o://1.30.0".to_owned().into()), ..of(Engine::Kubernetes) };
    for (engine, others) in [
        (of(Engine::Containerd).in_version("2.3.9".to_owned()), vec![old()]),
        (of(Engine::Containerd).in_version("not-a-version".to_owned()), vec![old()]),
        // It is not known which versions are for this kubelet.
        (of(Engine::Kubernetes).in_version("2.3.9".to_owned()), Vec::new()),
        (crio, Vec::new()),
        (of(Engine::Docker), vec![Remedy::ImageStore(ImageStore::GraphDriver)]),
    ] {
        let policy = Policy { wish: Wish::Default, engine: Some(engine), ..today() };
        let judgement = judged(&host, &image, &policy);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::EngineMayRefuse).expect("it may refuse it");
        let expected: Vec<Remedy> = std::iter::once(by_digest.clone()).chain(others).collect();
        assert_eq!(finding.remedies(&subject(&host, &image, &policy, &judgement)), expected, "{:?}", policy.engine);
    }
    // An entry of an archive has no name of its own.
    let archive = Image { source: Source::OciLayout, reference: "oci:app".to_owned(), ..image };
    let policy = Policy { wish: Wish::Default, engine: Some(of(Engine::Kubernetes).in_version("2.3.9".to_owned())), ..today() };
    assert_eq!(help_of(Code::EngineMayRefuse, &host, &archive, &policy), "try it on such a host before you rely on it");
}

/// containerd lists for each Kubernetes which of its versions are recommended; 2.0 is not for 1.35 and later.
#[test]
fn a_kubelet_is_not_led_to_a_containerd_that_is_too_old_for_it() {
    let (host, image) = (server("10.0.26200.1"), super::image("10.0.20348.1"));
    let offered = |kubelet: Option<&str>, containerd: &str| {
        let engine = HostEngine::new(Engine::Kubernetes, kubelet.map(str::to_owned)).in_version(containerd.to_owned());
        let policy = Policy { wish: Wish::Default, engine: Some(engine), ..today() };
        let judgement = judged(&host, &image, &policy);
        let refused = judgement.findings.iter().find(|finding| finding.code == Code::EngineRefuses).expect("it is refused");
        let remedies = refused.remedies(&subject(&host, &image, &policy, &judgement));
        remedies.into_iter().find_map(|remedy| match remedy {
            Remedy::EngineVersion(_, version) => Some(version),
            _ => None,
        })
    };
    assert_eq!(offered(Some("v1.33.4"), "2.3.4").as_deref(), Some("2.0.11"));
    for kubelet in [Some("v1.35.0"), Some("v1.36.1"), Some("v1.40.0"), None] {
        assert_eq!(offered(kubelet, "2.3.4"), None, "{kubelet:?}");
    }
    // A later one than its own is, where nothing is listed for the kubelet.
    for kubelet in [Some("v1.31.2"), None] {
        assert_eq!(offered(kubelet, "1.7.5").as_deref(), Some("2.0.11"), "{kubelet:?}");
    }
    assert_eq!(offered(Some("v1.36.1"), "1.7.5"), None);
}

/// The registry may have less below a tag than the knowledge says: what has just failed is never advice.
#[test]
fn the_image_that_failed_is_not_named_again() {
    let host = Host { architecture: Architecture::Arm64, ..client("10.0.26100.1") };
    let name = format!("{MICROSOFT_REGISTRY}/windows/nanoserver");
    for (tag, expected) in [("ltsc2025", false), ("10.0.26100.1-amd64", true)] {
        let image = Image { reference: format!("{name}:{tag}"), repository: Some(name.clone()), ..super::image("10.0.26100.1") };
        let help = help_of(Code::ArchitectureMismatch, &host, &image, &today());
        assert_eq!(help.contains("nanoserver:ltsc2025"), expected, "{help}");
        assert!(help.contains("arm64 entry"), "{help}");
    }
}

/// Two findings about one pair do not contradict each other, and say nothing twice.
#[test]
fn an_image_for_another_processor_and_a_newer_windows_needs_a_host_of_both() {
    let (host, image) = (server("10.0.20348.1"), arm("10.0.26100.1"));
    let newer = help_of(Code::ImageNewerThanHost, &host, &image, &today());
    assert_eq!(newer, "run this image on an arm64 host of build 26100 or newer");
    let other = help_of(Code::ArchitectureMismatch, &host, &image, &today());
    assert!(other.contains("20348") && !other.contains("host"), "{other}");
    // An image of the host's own Windows is told of its processor alone.
    let same = help_of(Code::ArchitectureMismatch, &server("10.0.26100.1"), &image, &today());
    assert_eq!(same, "use an image with an amd64 entry; or use an arm64 host");
}

/// Each entry of a tag brings hosts of its own.
#[test]
fn the_hosts_of_a_tag_are_those_of_all_its_entries() {
    let entries = || ["10.0.17763.1", "10.0.20348.1", "10.0.26100.1"].map(entry).to_vec();
    for (wish, versions, expected) in [
        (Wish::Process, entries(), "a host of build 17763, 20348 or newer"),
        (Wish::Hyperv, entries(), "a host of build 17763 or newer"),
        (Wish::Process, vec![entry("10.0.17763.1")], "a host of build 17763"),
        (Wish::Process, vec![entry("10.0.17763.1"), entry("10.0.18362.1")], "a host of build 17763 or 18362"),
        (Wish::Process, vec![entry("10.0.20348.1")], "a host of build 20348 or newer"),
    ] {
        let policy = Policy { wish, ..today() };
        let help = help_of(Code::ImageNewerThanHost, &server("10.0.14393.1"), &index(versions), &policy);
        assert!(help.ends_with(expected), "{help}");
    }
}

/// Nobody is told to do what was done: the isolation was asked for, or is taken already.
#[test]
fn what_was_asked_for_is_not_advice() {
    let (host, image) = (server("10.0.26100.1"), super::image("10.0.17763.1"));
    let asked = Policy { wish: Wish::Hyperv, ..today() };
    assert_eq!(judged(&host, &image, &asked).ok, Some(true));
    assert_eq!(help_of(Code::BuildMismatch, &host, &image, &asked), "");
    let by_default = Policy { wish: Wish::Default, ..today() };
    assert!(help_of(Code::BuildMismatch, &host, &image, &by_default).contains("hyperv"));
    // A client takes it with no flag, and so does a server whose engine is configured so.
    let (desk, whatever_works) = (client("10.0.26100.1"), today());
    let configured = Host { default_isolation: Some(Isolation::Hyperv), ..host.clone() };
    for (host, policy) in [(&desk, &by_default), (&desk, &whatever_works), (&configured, &by_default)] {
        assert_eq!(judged(host, &image, policy).taken, Some(Use::Hyperv), "{host:?}");
        assert_eq!(help_of(Code::BuildMismatch, host, &image, policy), "", "{host:?}");
    }
    let untrusted = Policy { untrusted: true, ..today() };
    assert_eq!(judged(&host, &image, &untrusted).taken, Some(Use::Hyperv));
    assert_eq!(help_of(Code::ProcessNotForUntrusted, &host, &image, &untrusted), "");
}

/// The best entry starts in both isolations, and the one that the engine takes in the other one alone: it needs a flag.
#[test]
fn an_entry_that_the_engine_takes_and_starts_in_the_other_isolation_needs_a_flag() {
    let versions = ["10.0.17763.1", "10.0.20348.1", "10.0.26100.1"];
    for (host, wish, expected) in [
        (server("10.0.25398.1"), Wish::Default, Some(Isolation::Hyperv)),
        (client("10.0.26200.1"), Wish::Process, Some(Isolation::Hyperv)),
        // Without Hyper-V there is no other isolation.
        (Host { hyperv: Availability::Unavailable, ..server("10.0.25398.1") }, Wish::Default, None),
    ] {
        let judgement = judged(&host, &index(versions.map(entry).to_vec()), &Policy { wish, ..today() });
        assert_eq!((judgement.ok, judgement.process.possible), (Some(false), Some(true)), "{host:?}");
        let other = judgement.findings.iter().find(|finding| finding.code == Code::OtherIsolationPossible);
        assert_eq!(other.map(|finding| finding.detail.clone()), expected.map(Detail::OtherIsolation), "{host:?}");
    }
}
