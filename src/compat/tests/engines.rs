//! Engines of which something is not known, and other programs below a kubelet.

use super::*;
use crate::{Engine, ImageStore};

/// The judgement of an index whose entries have these versions; in each the config says the same, or what stands behind a slash.
fn judged_by(engine: &HostEngine, host: &Host, entries: &[&str], wish: Wish) -> (Judgement, Vec<String>) {
    let made = entries.iter().map(|text| match text.split_once('/') {
        Some((indexed, stated)) => Candidate { config: config(stated), ..entry(indexed) },
        None => Candidate { config: config(text), ..entry(text) },
    });
    let image = index(made.collect());
    let policy = Policy { wish, engine: Some(engine.clone()), ..today() };
    let judgement = judged(host, &image, &policy);
    let subject = subject(host, &image, &policy, &judgement);
    let messages = judgement.findings.iter().map(|finding| finding.message(&subject).to_string()).collect();
    (judgement, messages)
}

/// The result, and the severity of the finding with this code.
fn severity(judgement: &Judgement, code: Code) -> Option<Severity> {
    judgement.findings.iter().find(|finding| finding.code == code).map(|finding| finding.severity)
}

/// A version that came after the known ones or before them, or before the release with its numbers, may do what they do not.
#[test]
fn where_known_versions_refuse_an_unknown_one_is_not_said_to_pass() {
    let engine = |text: &str| {
        let (name, version) = text.split_once('@').unwrap();
        match name {
            "containerd" => HostEngine::new(Engine::Containerd, Some(version.to_owned())),
            name => {
                let store = if name == "docker" { ImageStore::GraphDriver } else { ImageStore::Containerd };
                HostEngine { store: Some(store), ..HostEngine::new(Engine::Docker, Some(version.to_owned())) }
            }
        }
    };
    let (s22, s23, later) = (server("10.0.20348.1"), server("10.0.25398.1"), server("10.0.26200.1"));
    let ltsc2022 = &["10.0.20348.1"][..];
    let (may, refuses, another) = (Code::EngineMayRefuse, Code::EngineRefuses, Code::EngineTakesAnother);
    for (text, host, entries, ok, found) in [
        ("containerd@2.3.4", &later, ltsc2022, Some(false), Some((refuses, Severity::Error))),
        ("containerd@2.3.9", &later, ltsc2022, None, Some((may, Severity::Warning))),
        ("containerd@2.4.0-beta.0", &later, ltsc2022, None, Some((may, Severity::Warning))),
        ("docker/containerd@30.0.0", &later, ltsc2022, None, Some((may, Severity::Warning))),
        ("containerd@2.2.0-rc.1", &later, ltsc2022, None, Some((may, Severity::Warning))),
        ("containerd@2.2.0+azure", &later, ltsc2022, Some(false), Some((refuses, Severity::Error))),
        ("docker/containerd@29.0.0-rc.2", &later, ltsc2022, None, Some((may, Severity::Warning))),
        ("docker/containerd@24.0.9", &later, ltsc2022, None, Some((may, Severity::Warning))),
        ("docker/containerd@24.0.9", &s22, ltsc2022, Some(true), None),
        ("containerd@1.0.3", &s22, ltsc2022, Some(true), None),
        ("containerd@1.1.8", &s22, &["10.0.17763.1", "10.0.20348.1"], None, Some((may, Severity::Warning))),
        ("docker@29.7.2", &s23, &["10.0.17763.1", "10.0.20348.1"], Some(false), Some((another, Severity::Error))),
        ("docker@28.0.0-rc.1", &s23, &["10.0.17763.1", "10.0.20348.1"], Some(false), Some((another, Severity::Error))),
        ("docker@30.0.0", &s23, &["10.0.17763.1", "10.0.20348.1"], None, Some((another, Severity::Warning))),
        ("docker@30.0.0", &s23, &["10.0.20348.1", "10.0.17763.1"], Some(true), None),
        ("docker@30.0.0", &s22, &["10.0.17763.1"], Some(false), None),
    ] {
        let (judgement, messages) = judged_by(&engine(text), host, entries, Wish::Process);
        assert_eq!(judgement.ok, ok, "{text} {entries:?}: {messages:?}");
        let codes = [may, refuses, another].into_iter().filter_map(|code| Some((code, severity(&judgement, code)?)));
        assert_eq!(codes.collect::<Vec<_>>(), found.into_iter().collect::<Vec<_>>(), "{text} {entries:?}");
        assert_eq!(judgement.taken.is_some(), ok == Some(true), "{text} {entries:?}");
    }
    // What refuses it is named, where that is not one of the known mistakes.
    let (judgement, messages) = judged_by(&engine("docker/containerd@30.0.0"), &s22, &["10.0.17763.1"], Wish::Auto);
    assert_eq!((judgement.ok, severity(&judgement, may)), (None, Some(Severity::Warning)));
    let refusing = "are not known; Docker 29.6.0 to 29.7.2 with the containerd image store refuse it";
    assert!(messages.iter().any(|message| message.contains(refusing)), "{messages:?}");
}

/// What is said of an engine whose rules are not known: that, and what known versions do, each with its own words.
#[test]
fn an_engine_that_is_not_known_is_told_what_known_ones_do() {
    let (s22, later) = (server("10.0.20348.1"), server("10.0.26200.1"));
    let all = &["10.0.17763.1", "10.0.20348.1", "10.0.26100.1"][..];
    let old_index = "take another entry, which does not start: `The container operating system does not match the host operating \
                     system. (0xc0370101)`";
    let of = |name: Engine, version: &str| HostEngine::new(name, Some(version.to_owned()));
    let with_store = |version: &str| HostEngine { store: Some(ImageStore::Containerd), ..of(Engine::Docker, version) };
    let kubelet = |runtime: &str| {
        let runtime = Some(runtime.to_owned().into());
        HostEngine { runtime, ..of(Engine::Kubernetes, "1.30.0") }
    };
    let refuse = "no match for platform in manifest: not found`";
    for (engine, host, entries, wish, expected) in [
        (
            of(Engine::Containerd, "1.1.8"),
            &s22,
            all,
            Wish::Process,
            format!("the rules of containerd 1.1.8 are not known; containerd 1.2.0 to 1.4.13 {old_index}"),
        ),
        (
            of(Engine::Docker, "1.13.1"),
            &s22,
            all,
            Wish::Process,
            format!("the rules of Docker 1.13.1 are not known; Docker 17.03.0 to 17.09.0 {old_index}"),
        ),
        (
            of(Engine::Containerd, "2.4.0"),
            &later,
            &["10.0.20348.1"],
            Wish::Process,
            format!("the rules of containerd 2.4.0 are not known; containerd 2.3.0 to 2.3.4 refuse it: `{refuse}"),
        ),
        (
            with_store("29.7.3"),
            &later,
            &["10.0.20348.1"],
            Wish::Process,
            "the rules of Docker 29.7.3 with the containerd image store are not known; \
             Docker 29.6.0 to 29.7.2 with the containerd image store refuse it: `no matching manifest for \
             windows(10.0.26200)/amd64/v… in the manifest list entries: no match for platform in manifest: not found`"
                .to_owned(),
        ),
        // Of what is not a version, and of another program, those that are maintained tell.
        (
            kubelet("Unknown"),
            &later,
            &["10.0.20348.1"],
            Wish::Default,
            "the rules of the kubelet with containerd Unknown are not known; containerd 2.3.0 to 2.3.4 refuse it: \
             `get image config descriptor: no match for platform in manifest sha256:…: not found`"
                .to_owned(),
        ),
        (
            kubelet("cri-o://1.30.0"),
            &later,
            &["10.0.20348.1"],
            Wish::Default,
            "the rules of the kubelet with cri-o://1.30.0 are not known; containerd 2.3.0 to 2.3.4 refuse it: \
             `get image config descriptor: no match for platform in manifest sha256:…: not found`"
                .to_owned(),
        ),
    ] {
        let (judgement, messages) = judged_by(&engine, host, entries, wish);
        assert_eq!(judgement.ok, None, "{engine:?}");
        let said = messages.iter().filter(|message| message.contains("but the rules of")).collect::<Vec<_>>();
        assert!(matches!(said.as_slice(), [one] if one.ends_with(&expected)), "{engine:?}: {expected}\n{messages:?}");
    }
    // The other entries of such an index start with every version that is maintained.
    for runtime in ["Unknown", "cri-o://1.30.0", "mirantis://1.6.2"] {
        assert_eq!(judged_by(&kubelet(runtime), &s22, all, Wish::Default).0.ok, Some(true), "{runtime}");
    }
    // The rules of old versions do not count for a new one.
    let (judgement, messages) =
        judged_by(&of(Engine::Containerd, "2.4.0"), &server("10.0.17763.1"), &all[1..], Wish::HostProcess);
    let said = messages.join("\n");
    assert_eq!(judgement.ok, None, "{said}");
    assert!(said.contains("are not known; containerd 2.3.0 to 2.3.4 refuse it: `no match for platform"), "{said}");
}

/// Docker 29.6 and later take the entry for the level of the host's processor, which is not known here.
#[test]
fn where_the_level_of_the_processor_decides_that_is_said() {
    let of_level = |(variant, version): (&str, &str)| {
        let mut candidate = entry(version);
        candidate.entry.variant = variant.to_owned();
        candidate
    };
    for (version, host, entries, ok, is_said) in [
        ("29.5.3", "10.0.20348.1", &[("v3", "10.0.20348.1")][..], Some(false), false),
        ("29.7.2", "10.0.20348.1", &[("v3", "10.0.20348.1")], None, true),
        // No level takes that.
        ("29.7.2", "10.0.20348.1", &[("v3", "10.0.17763.1")], Some(false), false),
        // Both start.
        ("29.7.2", "10.0.26100.1", &[("v3", "10.0.26100.1"), ("", "10.0.26100.2")], Some(true), false),
        // The second one has no version.
        ("29.7.2", "10.0.26100.1", &[("v1", "10.0.26100.1"), ("v3", "")], None, true),
        ("29.5.3", "10.0.26100.1", &[("v1", "10.0.26100.1"), ("v3", "")], Some(true), false),
    ] {
        let (host, image) = (server(host), index(entries.iter().copied().map(of_level).collect()));
        let engine = HostEngine::new(Engine::Docker, Some(version.to_owned()));
        let engine = HostEngine { store: Some(ImageStore::Containerd), ..engine };
        let policy = Policy { engine: Some(engine), ..today() };
        let judgement = judged(&host, &image, &policy);
        assert_eq!(judgement.ok, ok, "{version} {entries:?}: {:?}", judgement.findings);
        let found = judgement.findings.iter().find(|finding| finding.code == Code::EngineMayRefuse);
        let message = found.map(|finding| finding.message(&subject(&host, &image, &policy, &judgement)).to_string());
        assert_eq!(message.is_some(), is_said, "{version} {entries:?}: {message:?}");
        assert!(message.is_none_or(|message| message.contains("depends on the level of the host's processor")), "{version}");
    }
}

/// An isolation is advice only where the same question with it passes: not where it is not known what the engine does.
#[test]
fn the_other_isolation_is_advice_only_where_it_passes() {
    let host = server("10.0.20348.1");
    let of = |name: Engine, version: &str| HostEngine::new(name, Some(version.to_owned()));
    let store = |version: &str, store| HostEngine { store: Some(store), ..of(Engine::Docker, version) };
    let with_containerd = |version| store(version, ImageStore::Containerd);
    for (engine, passes) in [
        (with_containerd("28.0.0-rc.1"), false),
        (with_containerd("28.0.0"), false),
        (with_containerd("29.7.3"), false),
        (with_containerd("24.0.9"), false),
        (store("29.7.2", ImageStore::GraphDriver), true),
        (store("29.7.3", ImageStore::GraphDriver), true),
        (of(Engine::Docker, "1.13.1"), true),
        (of(Engine::Containerd, "2.4.0"), false),
        (of(Engine::Containerd, "1.1.8"), false),
        (of(Engine::Containerd, "2.0.0-rc.3"), false),
        (of(Engine::Containerd, "1.6.0-rc.1"), false),
        (of(Engine::Containerd, "1.4.13"), true),
    ] {
        let (judgement, messages) = judged_by(&engine, &host, &["10.0.17763.1"], Wish::Default);
        assert_eq!(judgement.ok, Some(false), "{engine:?}: {messages:?}");
        let (other, _) = judged_by(&engine, &host, &["10.0.17763.1"], Wish::Hyperv);
        assert_eq!(other.ok == Some(true), passes, "{engine:?}: {:?}", other.findings);
        assert_eq!(severity(&judgement, Code::OtherIsolationPossible).is_some(), passes, "{engine:?}: {messages:?}");
    }
}

/// With Docker below it, by dockershim or cri-dockerd, a kubelet takes what Docker takes. Of any other program nothing is known.
#[test]
fn what_is_below_a_kubelet_decides() {
    let (old, s22, later) = (server("10.0.16299.1"), server("10.0.20348.1"), server("10.0.26200.1"));
    let by_config = &["/10.0.17763.1", "/10.0.20348.1"][..];
    let (docker, crio) = ("docker://20.10.21", "cri-o://1.30.0");
    let (may, another, too_old, without) =
        (Code::EngineMayRefuse, Code::EngineTakesAnother, Code::HostTooOldForDocker, Code::EngineWithoutHostProcess);
    let (default, host_process) = (Wish::Default, Wish::HostProcess);
    for (runtime, host, entries, wish, ok, found, says) in [
        (docker, &s22, by_config, default, Some(false), Some((another, Severity::Error)), "the kubelet with Docker 20.10.21"),
        (docker, &s22, &["10.0.17763.1", "10.0.20348.1"], default, Some(true), None, ""),
        (
            docker,
            &s22,
            by_config,
            host_process,
            Some(false),
            Some((without, Severity::Error)),
            "Docker 20.10.21 has no HostProcess containers",
        ),
        (docker, &old, &["10.0.16299.1"], default, Some(true), None, ""),
        (
            "docker://23.0.1",
            &old,
            &["10.0.16299.1"],
            default,
            Some(false),
            Some((too_old, Severity::Error)),
            "Docker Engine's minimum",
        ),
        (crio, &s22, &["10.0.17763.1", "10.0.20348.1"], default, Some(true), None, ""),
        (crio, &later, &["10.0.20348.1"], default, None, Some((may, Severity::Warning)), "cri-o://1.30.0 are not known"),
        (crio, &s22, &["10.0.20348.1"], default, Some(true), None, ""),
        (
            crio,
            &s22,
            &["10.0.20348.1"],
            host_process,
            None,
            Some((without, Severity::Warning)),
            "the kubelet with cri-o://1.30.0",
        ),
        (
            "1.7.0",
            &old,
            &["10.0.16299.1"],
            default,
            Some(false),
            Some((too_old, Severity::Error)),
            "containerd for pods, build 17763",
        ),
        ("1.7.0", &old, &["10.0.16299.1"], host_process, Some(false), Some((too_old, Severity::Error)), "containerd for pods"),
    ] {
        let mut kubelet = HostEngine::new(Engine::Kubernetes, Some("1.23.17".to_owned()));
        kubelet.runtime = Some(runtime.to_owned().into());
        let (judgement, messages) = judged_by(&kubelet, host, entries, wish);
        assert_eq!(judgement.ok, ok, "{runtime} {entries:?} {wish:?}: {messages:?}");
        let codes = [may, another, too_old, without].into_iter().filter_map(|code| Some((code, severity(&judgement, code)?)));
        assert_eq!(codes.collect::<Vec<_>>(), found.into_iter().collect::<Vec<_>>(), "{runtime} {entries:?} {wish:?}");
        assert!(says.is_empty() || messages.iter().any(|message| message.contains(says)), "{says}: {messages:?}");
    }
    // Nothing tells what is below the kubelet: containerd, unless dockershim may be.
    for (kubelet, ok) in [(None, Some(false)), (Some("1.24.0"), Some(false)), (Some("1.23.17"), Some(true))] {
        let kubelet = HostEngine::new(Engine::Kubernetes, kubelet.map(str::to_owned));
        assert_eq!(judged_by(&kubelet, &old, &["10.0.16299.1"], default).0.ok, ok, "{kubelet:?}");
    }
}
