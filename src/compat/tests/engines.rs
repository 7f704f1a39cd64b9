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
    let refusing = "but Docker 25.0.0 to 29.7.2 with the containerd image store refuse it";
    assert!(messages.iter().any(|message| message.contains(refusing)), "{messages:?}");
}

/// With Docker below it, by dockershim or cri-dockerd, a kubelet takes what Docker takes. Of any other program nothing is known.
#[test]
fn what_is_below_a_kubelet_decides() {
    let (old, s22) = (server("10.0.16299.1"), server("10.0.20348.1"));
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
        (crio, &s22, &["10.0.17763.1", "10.0.20348.1"], default, None, Some((may, Severity::Warning)), ""),
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
