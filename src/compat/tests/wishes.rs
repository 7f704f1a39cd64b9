//! The table of wishes: the isolation used and the result, for every state of process and Hyper-V.

use super::*;
use crate::Engine;

/// A server and a client with an image for each pair of possibilities (process, Hyper-V), `?` undecided.
fn pair(kind: Kind, process: char, hyperv: char) -> (Host, Image) {
    let build = if kind == Kind::Server { "10.0.20348.1" } else { "10.0.22631.1" };
    let mut host = host(build, kind);
    let image = match (process, hyperv) {
        ('y', _) => image("10.0.20348.1"),
        ('n', 'n') => image("10.0.26100.1"),
        ('n', _) => image("10.0.17763.1"),
        // Only Windows Server 2016 leaves process open while Hyper-V is decided.
        ('?', 'y' | 'n') => {
            host.os_version = "10.0.14393".parse().unwrap();
            host.kind = Kind::Server;
            image("10.0.14393.1")
        }
        _ => image(""),
    };
    host.hyperv = match hyperv {
        'y' => Availability::Available,
        '?' => Availability::Unknown,
        _ => Availability::Unavailable,
    };
    (host, image)
}

/// Wish, kind, process, Hyper-V, the isolation used, the result.
type Row = (Wish, Kind, char, char, Option<Use>, Option<bool>);

#[rustfmt::skip]
const TABLE: [Row; 41] = [
    (Wish::Auto, Kind::Server, 'y', 'y', Some(Use::Process), Some(true)),
    (Wish::Auto, Kind::Server, 'y', 'n', Some(Use::Process), Some(true)),
    (Wish::Auto, Kind::Server, 'y', '?', Some(Use::Process), Some(true)),
    (Wish::Auto, Kind::Server, 'n', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Auto, Kind::Server, 'n', '?', None, None),
    (Wish::Auto, Kind::Server, 'n', 'n', None, Some(false)),
    (Wish::Auto, Kind::Server, '?', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Auto, Kind::Server, '?', '?', None, None),
    (Wish::Auto, Kind::Server, '?', 'n', None, None),
    (Wish::Auto, Kind::Client, 'y', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Auto, Kind::Client, 'y', 'n', None, Some(false)),
    (Wish::Auto, Kind::Client, 'y', '?', None, None),
    (Wish::Auto, Kind::Client, 'n', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Auto, Kind::Client, 'n', 'n', None, Some(false)),
    (Wish::Default, Kind::Server, 'y', 'y', Some(Use::Process), Some(true)),
    (Wish::Default, Kind::Server, 'n', 'y', None, Some(false)),
    (Wish::Default, Kind::Server, '?', 'y', None, None),
    (Wish::Default, Kind::Server, 'n', 'n', None, Some(false)),
    (Wish::Default, Kind::Client, 'y', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Default, Kind::Client, 'y', 'n', None, Some(false)),
    (Wish::Default, Kind::Client, 'n', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Default, Kind::Client, 'n', '?', None, None),
    (Wish::Process, Kind::Server, 'y', 'n', Some(Use::Process), Some(true)),
    (Wish::Process, Kind::Server, 'n', 'y', None, Some(false)),
    (Wish::Process, Kind::Server, '?', 'y', None, None),
    (Wish::Process, Kind::Client, 'y', 'y', Some(Use::Process), Some(true)),
    (Wish::Process, Kind::Client, 'y', 'n', Some(Use::Process), Some(true)),
    (Wish::Process, Kind::Client, 'n', 'y', None, Some(false)),
    (Wish::Hyperv, Kind::Server, 'y', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Hyperv, Kind::Server, 'y', 'n', None, Some(false)),
    (Wish::Hyperv, Kind::Server, 'y', '?', None, None),
    (Wish::Hyperv, Kind::Server, '?', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Hyperv, Kind::Client, 'n', 'y', Some(Use::Hyperv), Some(true)),
    (Wish::Hyperv, Kind::Client, 'n', 'n', None, Some(false)),
    (Wish::Hyperv, Kind::Client, 'n', '?', None, None),
    (Wish::HostProcess, Kind::Server, 'y', 'y', Some(Use::HostProcess), Some(true)),
    (Wish::HostProcess, Kind::Server, 'n', 'n', Some(Use::HostProcess), Some(true)),
    (Wish::HostProcess, Kind::Server, '?', '?', Some(Use::HostProcess), Some(true)),
    (Wish::HostProcess, Kind::Client, 'y', 'y', Some(Use::HostProcess), Some(true)),
    (Wish::HostProcess, Kind::Client, 'n', 'n', Some(Use::HostProcess), Some(true)),
    (Wish::HostProcess, Kind::Client, '?', '?', Some(Use::HostProcess), Some(true)),
];

#[test]
fn every_wish_on_every_kind_of_host() {
    for (wish, kind, process, hyperv, taken, ok) in TABLE {
        let (host, image) = pair(kind, process, hyperv);
        let judgement = judged(&host, &image, &Policy { wish, ..today() });
        let case = format!("{wish:?} on a {kind:?}, process {process}, Hyper-V {hyperv}");
        let state = |possible| match possible {
            Some(true) => 'y',
            Some(false) => 'n',
            None => '?',
        };
        assert_eq!(state(judgement.process.possible), process, "the case itself: {case}");
        assert_eq!(state(judgement.hyperv.possible), hyperv, "the case itself: {case}");
        assert_eq!(judgement.taken, taken, "used: {case}");
        assert_eq!(judgement.ok, ok, "ok: {case}");
    }
}

#[test]
fn untrusted_code_gets_hyperv_or_nothing() {
    let untrusted = |wish| Policy { wish, untrusted: true, ..today() };
    let (mut host, image) = pair(Kind::Server, 'y', 'y');
    assert_eq!(judged(&host, &image, &untrusted(Wish::Auto)).taken, Some(Use::Hyperv));
    assert_eq!(judged(&host, &image, &untrusted(Wish::Default)).ok, Some(false));
    host.hyperv = Availability::Unavailable;
    let judgement = judged(&host, &image, &untrusted(Wish::Auto));
    assert_eq!((judgement.verdict, judgement.taken, judgement.ok), (Verdict::Process, None, Some(false)));
}

#[test]
fn production_refuses_process_isolation_on_clients_only() {
    let production = |wish| Policy { wish, production: true, ..today() };
    let (host, image) = pair(Kind::Client, 'y', 'y');
    assert_eq!(judged(&host, &image, &production(Wish::Process)).ok, Some(false));
    assert_eq!(judged(&host, &image, &production(Wish::Auto)).taken, Some(Use::Hyperv));
    let (host, image) = pair(Kind::Server, 'y', 'y');
    assert_eq!(judged(&host, &image, &production(Wish::Process)).taken, Some(Use::Process));
}

/// Enabling Hyper-V does not help an image that is newer than the host.
#[test]
fn what_would_be_enabled_in_vain_is_a_note() {
    let weight = |process, hyperv| {
        let (mut host, image) = pair(Kind::Server, process, hyperv);
        host.hyperv = Availability::Unavailable;
        let judgement = judged(&host, &image, &today());
        judgement.findings.iter().find(|finding| finding.code == Code::HypervUnavailable).unwrap().severity
    };
    assert_eq!(weight('n', 'n'), Severity::Note);
    assert_eq!(weight('n', 'y'), Severity::Error);
}

/// Neither Home nor a 32-bit Windows nor what came before containers has a Hyper-V that could be enabled for them.
#[test]
fn nothing_is_to_be_enabled_where_containers_never_run() {
    for hyperv in [Availability::Unavailable, Availability::Unknown, Availability::Available] {
        let home = Host { edition: Some("CoreSingleLanguage".to_owned()), hyperv, ..client("10.0.26100.1") };
        let early = Host { hyperv, ..client("10.0.10586.1") };
        let x86 = Host { architecture: Architecture::X86, hyperv, ..client("10.0.19045.1") };
        for (host, code) in [(home, Code::EditionHome), (early, Code::HostBeforeContainers), (x86, Code::Windows32Bit)] {
            let judgement = judged(&host, &image("10.0.14393.1"), &today());
            assert_eq!(judgement.ok, Some(false));
            let said: Vec<Code> = judgement.findings.iter().map(|finding| finding.code).collect();
            assert!(said.contains(&code), "{said:?}");
            assert!(!said.contains(&Code::HypervUnavailable) && !said.contains(&Code::HypervUnknown), "{said:?}");
        }
    }
}

#[test]
fn strict_leaves_what_was_assumed_undecided() {
    let strict = Policy { strict: true, ..today() };
    let (mut host, image) = pair(Kind::Server, 'n', 'y');
    assert_eq!(judged(&host, &image, &strict).ok, Some(true));
    host.assumed = vec![Attribute::Hyperv];
    let judgement = judged(&host, &image, &strict);
    assert_eq!((judgement.verdict, judgement.taken, judgement.ok), (Verdict::Hyperv, None, None));
    assert_eq!(judged(&host, &image, &today()).ok, Some(true));
    // Process isolation does not rest on Hyper-V.
    let (mut host, image) = pair(Kind::Server, 'y', 'y');
    host.assumed = vec![Attribute::Hyperv, Attribute::Architecture, Attribute::Kind];
    assert_eq!(judged(&host, &image, &strict).taken, Some(Use::Process));
}

#[test]
fn strict_leaves_undecided_what_fails_by_an_assumption() {
    let strict = Policy { strict: true, ..today() };
    let assumed = |attribute, host: Host| Host { assumed: vec![attribute], ..host };
    let default = |policy: &Policy| Policy { wish: Wish::Default, ..policy.clone() };
    for (case, host, image, code) in [
        // A client would take Hyper-V isolation.
        ("kind", assumed(Attribute::Kind, server("10.0.26100.1")), image("10.0.17763.1"), Code::KindAssumed),
        ("processor", assumed(Attribute::Architecture, client("10.0.26100.1")), arm("10.0.26100.1"), Code::ArchitectureAssumed),
    ] {
        let undecided = judged(&host, &image, &default(&strict));
        assert_eq!((undecided.ok, undecided.taken), (None, None), "{case}");
        let judgement = judged(&host, &image, &default(&today()));
        assert_eq!(judgement.ok, Some(false), "{case}");
        for judgement in [undecided, judgement] {
            assert!(judgement.findings.iter().any(|finding| finding.code == code), "{case}: {:?}", judgement.findings);
        }
        let known = judged(&Host { assumed: Vec::new(), ..host }, &image, &default(&strict));
        assert_eq!(known.ok, Some(false), "{case}");
    }
    // Neither kind takes a newer image.
    let host = assumed(Attribute::Kind, server("10.0.26100.1"));
    let judgement = judged(&host, &image("10.0.26200.1"), &default(&strict));
    assert_eq!(judgement.ok, Some(false));
    assert!(judgement.findings.iter().all(|finding| finding.code != Code::KindAssumed));
}

/// Whatever the image, some versions of engines start nothing in an isolation on some hosts.
#[test]
fn what_an_engine_cannot_do_fails() {
    let c18 = || client("10.0.17763.1");
    for (engine, version, host, wish, expected) in [
        (Engine::Docker, "18.03.1", c18(), Wish::Process, Some(false)),
        (Engine::Docker, "18.09.0", c18(), Wish::Process, Some(false)),
        (Engine::Docker, "18.09.1", c18(), Wish::Process, Some(true)),
        (Engine::Docker, "18.03.1", c18(), Wish::Hyperv, Some(true)),
        (Engine::Docker, "18.03.1", server("10.0.17763.1"), Wish::Process, Some(true)),
        (Engine::Docker, "23.0.0", server("10.0.16299.1"), Wish::Default, Some(false)),
        (Engine::Docker, "29.7.2", client("10.0.17134.1"), Wish::Default, Some(false)),
        (Engine::Docker, "20.10.27", server("10.0.16299.1"), Wish::Default, Some(true)),
        (Engine::Docker, "29.7.2", server("10.0.17763.1"), Wish::Default, Some(true)),
        (Engine::Docker, "29.7.2", server("10.0.20348.1"), Wish::HostProcess, Some(false)),
        (Engine::Wincompat, "1.0.0", server("10.0.20348.1"), Wish::HostProcess, Some(false)),
        (Engine::Containerd, "1.5.18", server("10.0.20348.1"), Wish::HostProcess, Some(false)),
        (Engine::Containerd, "1.6.0", server("10.0.20348.1"), Wish::HostProcess, Some(true)),
        (Engine::Kubernetes, "1.21.0", server("10.0.20348.1"), Wish::HostProcess, Some(false)),
        (Engine::Kubernetes, "1.34.0", server("10.0.20348.1"), Wish::HostProcess, Some(true)),
    ] {
        let policy = Policy { wish, engine: Some(HostEngine::new(engine, Some(version.to_owned()))), ..today() };
        let image = image(&host.os_version.to_string());
        assert_eq!(judged(&host, &image, &policy).ok, expected, "{engine:?} {version} {wish:?} on {}", host.os_version);
    }
    let old = HostEngine::new(Engine::Kubernetes, Some("1.23.0".to_owned())).in_version("1.5.9".to_owned());
    let policy = Policy { wish: Wish::HostProcess, engine: Some(old), ..today() };
    let (host, image) = (server("10.0.20348.1"), image("10.0.20348.1"));
    let judgement = judged(&host, &image, &policy);
    assert_eq!(judgement.ok, Some(false));
    let finding = judgement.findings.iter().find(|finding| finding.code == Code::EngineWithoutHostProcess).unwrap();
    let message = finding.message(&subject(&host, &image, &policy, &judgement)).to_string();
    assert_eq!(message, "containerd 1.5.9 has no HostProcess containers");
}

/// What the engine surely refuses fails where the version of the image is not known, and what fits best does not fail where the engine
/// takes an entry of which nothing is known.
#[test]
fn the_entry_that_the_engine_takes_decides() {
    let (c18, s19, s22) = (client("10.0.18363.1"), server("10.0.17763.1"), server("10.0.20348.1"));
    let (refuses, another) = (Code::EngineRefuses, Code::EngineTakesAnother);
    for (engine, version, host, entries, wish, expected) in [
        (Engine::Containerd, "1.6.17", &s19, &[""][..], Wish::Default, (Some(false), Some(refuses))),
        (Engine::Containerd, "1.6.18", &s19, &[""], Wish::Default, (None, None)),
        (Engine::Containerd, "2.2.0", &s22, &["windows"], Wish::Default, (Some(false), Some(refuses))),
        (Engine::Containerd, "1.4.0", &s22, &["windows"], Wish::Default, (None, None)),
        (Engine::Containerd, "1.4.0", &s19, &["10.0.22000.1", ""], Wish::Default, (Some(false), Some(another))),
        (Engine::Containerd, "1.4.0", &s19, &["", "10.0.22000.1"], Wish::Default, (None, None)),
        (Engine::Docker, "29.7.2", &c18, &["10.0.19041.1", "", "10.0.18362.1"], Wish::Process, (None, Some(another))),
        (Engine::Docker, "29.7.2", &c18, &["10.0.19041.1", "10.0.18362.1", ""], Wish::Process, (Some(false), None)),
    ] {
        let policy = Policy { wish, engine: Some(HostEngine::new(engine, Some(version.to_owned()))), ..today() };
        let image = index(entries.iter().map(|version| entry(version)).collect());
        let judgement = judged(host, &image, &policy);
        let by_engine = judgement.findings.iter().find(|finding| [refuses, another].contains(&finding.code));
        let found = (judgement.ok, by_engine.map(|finding| finding.code));
        assert_eq!(found, expected, "{engine:?} {version}: {entries:?} on {}", host.os_version);
        let errors = judgement.findings.iter().any(|finding| finding.severity == Severity::Error);
        assert_eq!(errors, judgement.ok == Some(false), "{engine:?} {version}: {entries:?}: {:?}", judgement.findings);
        if let Some(finding) = by_engine.filter(|finding| finding.code == refuses) {
            let message = finding.message(&subject(host, &image, &policy, &judgement)).to_string();
            assert!(message.starts_with("image of an unknown version may fit host"), "{message}");
        }
    }
    // With another processor, the engine might take it.
    let policy = Policy { strict: true, engine: Some(HostEngine::new(Engine::Containerd, Some("1.6.17".to_owned()))), ..today() };
    assert_eq!(judged(&Host { assumed: vec![Attribute::Architecture], ..s19 }, &image(""), &policy).ok, None);
}

/// The advice about a revision names the side on which it is missing.
#[test]
fn a_missing_revision_is_asked_for_where_it_is_missing() {
    let known = |image: Image| Image { source: Source::Knowledge, ..image };
    for (host, image, advice) in [
        (server("10.0.14393"), image("10.0.14393.1944"), "name the host with its revision"),
        (server("10.0.14393.1944"), image("10.0.14393"), "name the image by a tag that has the revision"),
        (server("10.0.14393.1944"), known(image("10.0.14393")), "so that the registry is asked for the image's revision"),
    ] {
        let policy = today();
        let judgement = judged(&host, &image, &policy);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::RevisionUnknown).unwrap();
        let help = finding.help(&subject(&host, &image, &policy, &judgement)).to_string();
        assert!(help.contains(advice) && !help.contains("; or "), "{help}");
    }
}

/// Nodes never tell whether Hyper-V is there, and Kubernetes does not use it: who finds it out has the same answer.
#[test]
fn kubernetes_does_not_ask_for_what_it_does_not_use() {
    let found = |wish: Wish, engine: Engine, version: &str, ok: Option<bool>| {
        let policy = Policy { engine: Some(HostEngine::new(engine, None)), wish, ..today() };
        let (host, image) = (Host { hyperv: Availability::Unknown, ..server("10.0.20348.1") }, image(version));
        let judgement = judged(&host, &image, &policy);
        assert_eq!(judgement.ok, ok, "{engine:?}");
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::HypervUnknown).unwrap();
        (finding.severity, finding.help(&subject(&host, &image, &policy, &judgement)).to_string().is_empty())
    };
    let of_2019 = "10.0.17763.1";
    assert_eq!(found(Wish::Default, Engine::Kubernetes, of_2019, Some(false)), (Severity::Note, true));
    assert_eq!(found(Wish::Default, Engine::Docker, of_2019, Some(false)), (Severity::Error, false));
    // Where that alone leaves open whether a pod with such a class starts, it is the reason.
    assert_eq!(found(Wish::Hyperv, Engine::Kubernetes, "10.0.20348.1", None), (Severity::Warning, false));
}

/// In process isolation an image from before Windows Server 2022 runs on hosts of its own build alone.
#[test]
fn a_newer_host_is_offered_where_the_image_runs_on_it() {
    for (wish, engine, host, version, newer) in [
        (Wish::Default, Engine::Docker, server("10.0.17763.1"), "10.0.18362.1", None),
        (Wish::Process, Engine::Docker, client("10.0.17763.1"), "10.0.18362.1", None),
        (Wish::Auto, Engine::Kubernetes, server("10.0.17763.1"), "10.0.18362.1", None),
        (Wish::Default, Engine::Docker, client("10.0.17763.1"), "10.0.18362.1", Some(client("10.0.22631.1"))),
        (Wish::Auto, Engine::Docker, server("10.0.17763.1"), "10.0.18362.1", Some(server("10.0.20348.1"))),
        (Wish::Hyperv, Engine::Docker, server("10.0.17763.1"), "10.0.18362.1", Some(server("10.0.20348.1"))),
        (Wish::Default, Engine::Docker, server("10.0.17763.1"), "10.0.20348.1", Some(server("10.0.26100.1"))),
    ] {
        let policy = Policy { wish, engine: Some(HostEngine::new(engine, None)), ..today() };
        let image = image(version);
        let judgement = judged(&host, &image, &policy);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::ImageNewerThanHost).unwrap();
        let help = finding.help(&subject(&host, &image, &policy, &judgement)).to_string();
        assert_eq!(help.contains(" or newer"), newer.is_some(), "{wish:?} {engine:?} {version}: {help}");
        let later = newer.clone().unwrap_or_else(|| Host { os_version: "10.0.20348.1".parse().unwrap(), ..host });
        assert_eq!(judged(&later, &image, &policy).ok, Some(newer.is_some()), "{wish:?} {engine:?} {version}");
    }
}

/// Who asks for Hyper-V isolation needs no word about it; Kubernetes has none, and process isolation is offered where that is possible.
#[test]
fn a_flag_is_named_only_to_whom_it_is_news() {
    let found = |wish: Wish, engine: Engine, version: &str| {
        let policy = Policy { wish, engine: Some(HostEngine::new(engine, None)), ..today() };
        let (host, image) = (server("10.0.20348.1"), image(version));
        let judgement = judged(&host, &image, &policy);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::ExplicitIsolationNeeded)?;
        let subject = subject(&host, &image, &policy, &judgement);
        Some(format!("{}: {}", finding.message(&subject), finding.help(&subject)))
    };
    assert_eq!(found(Wish::Hyperv, Engine::Docker, "10.0.20348.1"), None);
    assert_eq!(found(Wish::Hyperv, Engine::Docker, "10.0.17763.1"), None);
    let auto = found(Wish::Auto, Engine::Docker, "10.0.17763.1").unwrap();
    assert!(auto.starts_with("image 10.0.17763.1 needs Hyper-V isolation on host 10.0.20348.1"), "{auto}");
    let kubernetes = found(Wish::Hyperv, Engine::Kubernetes, "10.0.20348.1").unwrap();
    assert!(kubernetes.contains("is to run in Hyper-V") && kubernetes.contains("ask for process isolation"), "{kubernetes}");
    assert_eq!(found(Wish::Hyperv, Engine::Kubernetes, "10.0.17763.1"), None);
    // What is offered there passes on the node.
    let policy = Policy { wish: Wish::Hyperv, engine: Some(HostEngine::new(Engine::Kubernetes, None)), ..today() };
    let (host, image) = (server("10.0.20348.1"), image("10.0.17763.1"));
    let judgement = judged(&host, &image, &policy);
    let finding = judgement.findings.iter().find(|finding| finding.code == Code::HypervDoesNotWiden).unwrap();
    let help = finding.help(&subject(&host, &image, &policy, &judgement)).to_string();
    assert!(help.contains("ltsc2022"), "{help}");
}

#[test]
fn denied_findings_fail_the_result_and_change_no_verdict() {
    let (host, image) = pair(Kind::Server, 'n', 'y');
    let plain = judged(&host, &image, &today());
    let denied = judged(&host, &image, &Policy { deny: vec![Code::BuildMismatch], ..today() });
    assert_eq!((plain.ok, denied.ok), (Some(true), Some(false)));
    assert_eq!(plain.verdict, denied.verdict);
    let finding = denied.findings.iter().find(|finding| finding.code == Code::BuildMismatch).unwrap();
    assert_eq!(finding.severity, Severity::Error);
    let warnings = judged(&host, &image, &Policy { deny_warnings: true, ..today() });
    assert_eq!(warnings.ok, Some(false), "explicit-isolation-needed is a warning");
    assert_eq!(judged(&host, &image, &Policy { deny: vec![Code::ConfigDiffers], ..today() }).ok, Some(true));
}

/// No wish and no policy changes a verdict.
#[test]
fn wishes_never_change_a_verdict() {
    for (_, kind, process, hyperv, _, _) in TABLE {
        let (host, image) = pair(kind, process, hyperv);
        let plain = judged(&host, &image, &today());
        for wish in [Wish::Auto, Wish::Default, Wish::Process, Wish::Hyperv, Wish::HostProcess] {
            let policy = Policy { wish, untrusted: true, production: true, strict: true, deny_warnings: true, ..today() };
            let judgement = judged(&host, &image, &policy);
            assert_eq!(
                (judgement.verdict, &judgement.process, &judgement.hyperv),
                (plain.verdict, &plain.process, &plain.hyperv)
            );
        }
    }
}

/// A HostProcess container is a container: where there are none, there is none of these.
#[test]
fn a_host_process_container_needs_a_host_with_containers() {
    let asked = Policy { wish: Wish::HostProcess, ..today() };
    let c11 = || client("10.0.26100.1");
    let image = image("10.0.26100.1");
    let edition = |edition: Option<&str>| Host { edition: edition.map(str::to_owned), ..c11() };
    for (case, host, ok) in [
        ("everything is there", c11(), Some(true)),
        ("Home", edition(Some("Core")), Some(false)),
        ("Home in one language", edition(Some("CoreSingleLanguage")), Some(false)),
        ("an edition that is not known", edition(Some("Starter")), None),
        ("no edition", edition(None), Some(true)),
        ("no feature", Host { containers: Availability::Unavailable, ..c11() }, Some(false)),
        ("no feature on a server", Host { containers: Availability::Unavailable, ..server("10.0.20348.1") }, Some(false)),
        ("nothing known of the feature", Host { containers: Availability::Unknown, ..c11() }, Some(true)),
        ("a Windows before containers", server("10.0.10586.1"), Some(false)),
        ("another processor", Host { architecture: Architecture::Arm64, ..c11() }, Some(false)),
    ] {
        let judgement = judged(&host, &image, &asked);
        assert_eq!(judgement.ok, ok, "{case}: {judgement:?}");
        assert_eq!(judgement.taken.is_some(), ok == Some(true), "{case}");
    }
}

/// Where it runs, nothing is to be done about isolations that it does not use.
#[test]
fn a_host_process_container_that_runs_leaves_nothing_to_do() {
    let asked = Policy { wish: Wish::HostProcess, ..today() };
    for version in ["10.0.17763.1", "10.0.26100.1", ""] {
        let (host, image) = (Host { hyperv: Availability::Unavailable, ..server("10.0.20348.1") }, image(version));
        let judgement = judged(&host, &image, &asked);
        assert_eq!(judgement.ok, Some(true), "{version}");
        let has = |code: &Code| judgement.findings.iter().any(|finding| finding.code == *code);
        assert!(has(&Code::HostProcessVersions), "{version}");
        // Why it fits in neither isolation is no matter here.
        let because = [&judgement.process, &judgement.hyperv].map(|possibility| &possibility.because);
        for code in because.into_iter().flatten() {
            assert!(!has(code), "{version}: {code}");
        }
        let subject = subject(&host, &image, &asked, &judgement);
        for finding in judgement.findings.iter().filter(|finding| !finding.code.is_about_host_alone()) {
            assert_eq!(finding.help(&subject).to_string(), "", "{}", finding.code);
        }
    }
}

/// An image that names a build no Windows had is undecided, not old.
#[test]
fn a_build_that_no_windows_had_decides_nothing() {
    for version in ["10.0.0", "10.0.1.1", "10.0.99.0", "10.0.10239.7"] {
        for host in [server("10.0.14393.1"), server("10.0.20348.1"), client("10.0.26100.1")] {
            for wish in [Wish::Auto, Wish::Default, Wish::Process, Wish::Hyperv] {
                let judgement = judged(&host, &image(version), &Policy { wish, ..today() });
                assert_eq!((judgement.verdict, judgement.ok), (Verdict::Unknown, None), "{version} on {}", host.os_version);
            }
        }
    }
}
