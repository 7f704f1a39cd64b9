//! Every finding with a case that has it and one that has not.

use jiff::Timestamp;

use super::*;
use crate::Engine;
use crate::advice::Part;
use crate::host::HostEngine;

/// A code, a case that has it, a case that has not.
type Case = (Code, Host, Image, Policy);

fn has(code: Code, host: &Host, image: &Image, policy: &Policy) -> bool {
    let judgement = judged(host, image, policy);
    judgement.findings.iter().any(|finding| finding.code == code)
        || judgement.process.because.contains(&code)
        || judgement.hyperv.because.contains(&code)
}

fn wish(wish: Wish) -> Policy {
    Policy { wish, ..today() }
}

/// Nothing asked for but an engine in this version.
fn by(engine: Engine, version: &str) -> Policy {
    Policy { engine: Some(HostEngine::new(engine, Some(version.to_owned()))), ..wish(Wish::Default) }
}

fn no_hyperv(host: Host) -> Host {
    Host { hyperv: Availability::Unavailable, ..host }
}

fn typed(host: Host) -> Host {
    Host { source: HostSource::Text, ..host }
}

fn configured(host: Host, isolation: Isolation) -> Host {
    Host { default_isolation: Some(isolation), ..host }
}

fn with_config(version: &str, config: Config) -> Image {
    index(vec![Candidate { config, ..entry(version) }])
}

fn of_repository(repository: &str, version: &str) -> Image {
    Image { repository: Some(repository.to_owned()), ..image(version) }
}

fn on(day: jiff::civil::Date) -> Policy {
    Policy::on(day)
}

/// A policy with which images pass up to this age in months.
fn fresh(months: u32) -> Policy {
    Policy { freshness: Some(Freshness { months, newest: Vec::new() }), ..today() }
}

fn linux() -> Image {
    Image { other_platforms: vec!["linux/amd64".to_owned()], ..index(Vec::new()) }
}

fn without_architecture(version: &str) -> Image {
    index(vec![Candidate { architecture: String::new(), ..entry(version) }])
}

fn host_process_base() -> Image {
    of_repository("mcr.microsoft.com/oss/kubernetes/windows-host-process-containers-base-image", "")
}

fn single(version: &str) -> Image {
    let config = config(version);
    let mut image = index(vec![Candidate { config, ..entry("") }]);
    image.digest = image.candidates[0].digest.clone();
    image
}

fn assumed(host: Host, attribute: Attribute) -> Host {
    Host { assumed: vec![attribute], ..host }
}

const SERVER_2022: &str = "10.0.20348.5139";
const SERVER_2025: &str = "10.0.26100.32860";

/// Code, then the case that has it, then the case that has not.
fn table() -> Vec<(Case, Case)> {
    let s22 = || server(SERVER_2022);
    let s25 = || server(SERVER_2025);
    let c11 = || client("10.0.22631.1");
    let case =
        |code, yes: (Host, Image, Policy), no: (Host, Image, Policy)| ((code, yes.0, yes.1, yes.2), (code, no.0, no.1, no.2));
    let plain = |host: Host, image: Image| (host, image, today());
    let of_wincompat = || Policy { engine: Some(HostEngine::new(Engine::Wincompat, None)), ..today() };
    vec![
        case(Code::BuildEqual, plain(s22(), image(SERVER_2022)), plain(s22(), image("10.0.17763.1"))),
        case(Code::StableAbi, plain(s25(), image(SERVER_2022)), plain(s22(), image(SERVER_2022))),
        case(Code::ImageOlderThanHost, plain(s22(), image("10.0.18362.1256")), plain(s22(), image(SERVER_2022))),
        case(Code::LinuxImage, plain(s22(), linux()), plain(s22(), image(SERVER_2022))),
        case(Code::ArchitectureMismatch, plain(s25(), arm(SERVER_2025)), plain(s25(), image(SERVER_2025))),
        case(Code::ArchitectureUnknown, plain(s25(), without_architecture(SERVER_2025)), plain(s25(), image(SERVER_2025))),
        case(Code::OsVersionMissing, plain(s22(), image("")), plain(s22(), image(SERVER_2022))),
        case(Code::OsVersionUnparsable, plain(s22(), image("10.0.x")), plain(s22(), image(""))),
        case(Code::VersionLineMismatch, plain(s22(), image("6.3.9600.1")), plain(s22(), image("10.0.14393.1"))),
        case(Code::ImageNewerThanHost, plain(s22(), image(SERVER_2025)), plain(s25(), image(SERVER_2025))),
        case(Code::BuildMismatch, plain(s22(), image("10.0.18362.1256")), plain(s25(), image(SERVER_2022))),
        case(
            Code::RevisionMismatch,
            plain(server("10.0.14393.1914"), image("10.0.14393.1944")),
            plain(server("10.0.17763.1914"), image("10.0.17763.1944")),
        ),
        case(
            Code::RevisionUnknown,
            plain(server("10.0.14393"), image("10.0.14393.1944")),
            plain(server("10.0.17763"), image("10.0.17763.1944")),
        ),
        case(
            Code::ClientBefore1809,
            plain(client("10.0.17134.1"), image("10.0.17134.1")),
            plain(client("10.0.17763.1"), image("10.0.17763.1")),
        ),
        case(
            Code::EditionHome,
            plain(Host { edition: Some("CoreSingleLanguage".to_owned()), ..c11() }, image(SERVER_2022)),
            plain(Host { edition: Some("Professional".to_owned()), ..c11() }, image(SERVER_2022)),
        ),
        case(
            Code::EditionUnknown,
            plain(Host { edition: Some("Otthoni".to_owned()), ..c11() }, image(SERVER_2022)),
            plain(Host { edition: None, ..c11() }, image(SERVER_2022)),
        ),
        case(
            Code::Windows32Bit,
            plain(Host { architecture: Architecture::X86, ..client("10.0.19045.1") }, image(SERVER_2022)),
            plain(client("10.0.19045.1"), image(SERVER_2022)),
        ),
        case(Code::NoSuchBuild, plain(s22(), image("10.0.1.0")), plain(s22(), image("10.0.10240.0"))),
        case(
            Code::HostBeforeContainers,
            plain(client("10.0.10586.1"), image("10.0.10586.1")),
            plain(client("10.0.14393.1"), image("10.0.14393.1")),
        ),
        case(
            Code::ContainersFeatureMissing,
            plain(Host { containers: Availability::Unavailable, ..s22() }, image(SERVER_2022)),
            plain(Host { containers: Availability::Unknown, ..s22() }, image(SERVER_2022)),
        ),
        case(Code::HypervUnavailable, plain(no_hyperv(s22()), image(SERVER_2022)), plain(s22(), image(SERVER_2022))),
        case(
            Code::HypervUnknown,
            plain(Host { hyperv: Availability::Unknown, ..s22() }, image(SERVER_2022)),
            plain(s22(), image(SERVER_2022)),
        ),
        case(Code::HostProcessImage, plain(s22(), host_process_base()), plain(s22(), image(""))),
        case(
            Code::HostProcessVersions,
            (s22(), image(SERVER_2025), wish(Wish::HostProcess)),
            (s22(), image(SERVER_2022), wish(Wish::Process)),
        ),
        case(
            Code::ProcessNotForUntrusted,
            (s22(), image(SERVER_2022), Policy { untrusted: true, ..today() }),
            plain(s22(), image(SERVER_2022)),
        ),
        case(
            Code::ProcessNotForProduction,
            (c11(), image(SERVER_2022), Policy { production: true, ..wish(Wish::Process) }),
            (s22(), image(SERVER_2022), Policy { production: true, ..wish(Wish::Process) }),
        ),
        case(
            Code::OtherIsolationPossible,
            (s22(), image("10.0.17763.1"), wish(Wish::Default)),
            (s22(), image(SERVER_2025), wish(Wish::Default)),
        ),
        case(Code::ExplicitIsolationNeeded, plain(s22(), image("10.0.17763.1")), plain(s22(), image(SERVER_2022))),
        case(
            Code::DefaultConfigured,
            (configured(s22(), Isolation::Hyperv), image(SERVER_2022), wish(Wish::Default)),
            (configured(s22(), Isolation::Process), image(SERVER_2022), wish(Wish::Default)),
        ),
        case(
            Code::HypervAssumed,
            plain(assumed(s22(), Attribute::Hyperv), image("10.0.17763.1")),
            plain(assumed(s22(), Attribute::Hyperv), image(SERVER_2022)),
        ),
        case(
            Code::KindAssumed,
            plain(assumed(s25(), Attribute::Kind), image(SERVER_2025)),
            plain(assumed(s22(), Attribute::Kind), image(SERVER_2022)),
        ),
        case(
            Code::ArchitectureAssumed,
            plain(assumed(client("10.0.26100.1"), Attribute::Architecture), image(SERVER_2025)),
            plain(assumed(s25(), Attribute::Architecture), image(SERVER_2025)),
        ),
        case(Code::HostNewerThanKnowledge, plain(server("10.0.29651.1"), image(SERVER_2025)), plain(s25(), image(SERVER_2025))),
        case(
            Code::KnowledgeOld,
            (s25(), image(SERVER_2025), on(date(2027, 11, 23))),
            (s25(), image(SERVER_2025), on(date(2026, 12, 24))),
        ),
        // 17763: .973 is the last of January 2020, .1039 and .1040 the first of February on host and image.
        case(
            Code::February2020Cut,
            plain(server("10.0.17763.973"), image("10.0.17763.1040")),
            plain(server("10.0.17763.1039"), image("10.0.17763.1040")),
        ),
        case(
            Code::HostBehindImage,
            plain(server("10.0.26100.2894"), image("10.0.26100.3194")),
            plain(server("10.0.26100.3194"), image("10.0.26100.2894")),
        ),
        case(
            Code::HostUpdatesUnknown,
            plain(server("10.0.26100"), image("10.0.26100.3194")),
            plain(typed(server("10.0.26100")), image("10.0.26100.3194")),
        ),
        case(
            Code::ImageEndOfSupport,
            plain(s22(), of_repository("mcr.microsoft.com/windows/nanoserver", "10.0.18362.1256")),
            plain(s22(), of_repository("mcr.microsoft.com/windows/nanoserver", SERVER_2022)),
        ),
        case(
            Code::BaseImageOutdated,
            (s22(), image("10.0.20348.2031"), fresh(3)),
            // Of April and May 2026, with newer ones: within the year that passes.
            (s22(), image("10.0.20348.5020"), fresh(12)),
        ),
        case(
            Code::BaseImageOutdated,
            (s22(), image("10.0.17763.1"), fresh(0)),
            // The revision is not known, and an older build is another finding.
            (s22(), image("10.0.20348"), fresh(0)),
        ),
        case(Code::BaseImageOutdated, (s25(), image("10.0.26100.33437"), fresh(0)), (s25(), image("10.0.26100.33438"), fresh(0))),
        case(
            Code::IndexEntryOutdated,
            (s22(), index(vec![entry(SERVER_2022), entry("10.0.17763.1")]), fresh(3)),
            // Of one month; and 1903 gets no more updates.
            (s22(), index(vec![entry(SERVER_2022), entry("10.0.17763.8755"), entry("10.0.18362.1")]), fresh(3)),
        ),
        case(Code::HostEndOfSupport, plain(client("10.0.19045.1"), image("10.0.19041.1")), plain(s22(), image(SERVER_2022))),
        case(
            Code::ProcessOnClient,
            (c11(), image(SERVER_2022), wish(Wish::Process)),
            (c11(), image(SERVER_2022), wish(Wish::Auto)),
        ),
        case(
            Code::Ltsc2025On25h2,
            plain(client("10.0.26200.7171"), image(SERVER_2025)),
            plain(client("10.0.26100.7171"), image(SERVER_2025)),
        ),
        case(
            Code::SharedKernelReported,
            plain(client("10.0.19045.1"), image("10.0.19041.1")),
            plain(client("10.0.19045.1"), image("10.0.19042.1")),
        ),
        case(
            Code::EngineRefuses,
            (server("10.0.26200.1"), image(SERVER_2022), by(Engine::Containerd, "2.3.4")),
            (server("10.0.26200.1"), image(SERVER_2022), by(Engine::Containerd, "2.1.5")),
        ),
        case(
            Code::EngineTakesAnother,
            (server("10.0.26200.1"), index(vec![entry("10.0.17763.1"), entry(SERVER_2022)]), wish(Wish::Default)),
            (server("10.0.26200.1"), index(vec![entry(SERVER_2022), entry("10.0.17763.1")]), wish(Wish::Default)),
        ),
        case(
            Code::EngineVersionMatters,
            (
                server("10.0.26200.1"),
                image(SERVER_2022),
                Policy { engine: Some(HostEngine::new(Engine::Containerd, None)), ..wish(Wish::Default) },
            ),
            (server("10.0.26200.1"), image(SERVER_2022), by(Engine::Containerd, "2.3.4")),
        ),
        case(
            Code::EngineMayRefuse,
            plain(client("10.0.26200.1"), image(SERVER_2022)),
            plain(client("10.0.26100.1"), image(SERVER_2022)),
        ),
        case(
            Code::HostTooOldForDocker,
            plain(server("10.0.17134.1"), image("10.0.17134.1")),
            plain(server("10.0.17763.1"), image("10.0.17763.1")),
        ),
        case(
            Code::HostTooOldForWincompat,
            (server("10.0.17134.1"), image("10.0.17134.1"), of_wincompat()),
            (server("10.0.17763.1"), image("10.0.17763.1"), of_wincompat()),
        ),
        case(
            Code::HypervDoesNotWiden,
            (s22(), image("10.0.17763.1"), Policy { wish: Wish::Hyperv, ..by(Engine::Kubernetes, "1.34.0") }),
            (s22(), image(SERVER_2022), Policy { wish: Wish::Hyperv, ..by(Engine::Kubernetes, "1.34.0") }),
        ),
        case(
            Code::DockerBeforeClientProcess,
            (client("10.0.17763.1"), image("10.0.17763.1"), Policy { wish: Wish::Process, ..by(Engine::Docker, "18.09.0") }),
            (client("10.0.17763.1"), image("10.0.17763.1"), Policy { wish: Wish::Process, ..by(Engine::Docker, "18.09.1") }),
        ),
        case(
            Code::EngineWithoutHostProcess,
            (s22(), image(SERVER_2022), Policy { wish: Wish::HostProcess, ..by(Engine::Kubernetes, "1.21.14") }),
            (s22(), image(SERVER_2022), Policy { wish: Wish::HostProcess, ..by(Engine::Kubernetes, "1.22.0") }),
        ),
        case(
            Code::AnnualChannelHost,
            plain(server("10.0.25398.1"), image("10.0.17763.1")),
            plain(server("10.0.25398.1"), image(SERVER_2022)),
        ),
        case(
            Code::ConfigDiffers,
            plain(s22(), with_config(SERVER_2022, config("10.0.20348.1"))),
            plain(s22(), with_config(SERVER_2022, config(SERVER_2022))),
        ),
        case(
            Code::ConfigUnreadable,
            plain(s22(), with_config(SERVER_2022, Config::Unreadable("gone".to_owned()))),
            plain(s22(), image(SERVER_2022)),
        ),
        case(
            Code::VersionFromHistory,
            plain(s22(), with_config("", from_history(SERVER_2022))),
            plain(s22(), with_config("", config(SERVER_2022))),
        ),
        case(
            Code::DigestDiffers,
            plain(s22(), Image { stated_digest: Some("sha256:00".to_owned()), ..image(SERVER_2022) }),
            plain(s22(), image(SERVER_2022)),
        ),
        case(
            Code::EntryPassedOver,
            plain(s22(), Image { passed_over: vec!["blake3:00".to_owned()], ..image(SERVER_2022) }),
            plain(s22(), image(SERVER_2022)),
        ),
        case(Code::VersionFromConfig, plain(s22(), with_config("", config(SERVER_2022))), plain(s22(), single(SERVER_2022))),
        case(
            Code::ForeignLayers,
            plain(s22(), index(vec![Candidate { foreign_layers: Some(true), ..entry(SERVER_2022) }])),
            plain(s22(), index(vec![Candidate { foreign_layers: Some(false), ..entry(SERVER_2022) }])),
        ),
        case(
            Code::FromCache,
            plain(s22(), Image { source: Source::Cache, tag_read: TagRead::Unknown, ..image(SERVER_2022) }),
            // Content that is named by its digest does not age.
            plain(s22(), Image { source: Source::Cache, ..image(SERVER_2022) }),
        ),
        case(
            Code::FromCache,
            plain(s22(), Image { source: Source::Cache, tag_read: TagRead::At(Timestamp::UNIX_EPOCH), ..image(SERVER_2022) }),
            plain(s22(), Image { tag_read: TagRead::At(Timestamp::UNIX_EPOCH), ..image(SERVER_2022) }),
        ),
        case(
            Code::FromKnowledge,
            plain(s22(), Image { source: Source::Knowledge, ..image("10.0.20348") }),
            plain(s22(), Image { source: Source::Cache, ..image("10.0.20348") }),
        ),
    ]
}

fn from_history(version: &str) -> Config {
    Config::Read(ConfigFacts {
        os: "windows".to_owned(),
        architecture: "amd64".to_owned(),
        version: Version::Missing,
        history: Some(version.parse().unwrap()),
    })
}

#[test]
fn every_finding_has_a_case_and_a_counterexample() {
    let table = table();
    for ((code, host, image, policy), (_, other_host, other_image, other_policy)) in &table {
        assert!(has(*code, host, image, policy), "{code} is missing: {:?}", judged(host, image, policy));
        assert!(
            !has(*code, other_host, other_image, other_policy),
            "{code} is there: {:?}",
            judged(other_host, other_image, other_policy)
        );
    }
    // What a scan compares, and what is accepted, is known behind the judgement: tests/all/scan has those.
    let is_judged =
        |code: &Code| !code.is_about(About::Acceptance) && !code.is_about(About::Scan) && !code.is_about(About::Cluster);
    for code in Code::all().filter(is_judged) {
        assert!(table.iter().any(|((listed, ..), _)| *listed == code), "{code} has no case");
    }
}

/// The options of other tools that sentences name.
const OF_OTHER_TOOLS: [&str; 3] = ["--os-version", "--allow-nondistributable-artifacts", "--pull"];

/// Every sentence can be made in every case, ends in no full stop, and the reasons name both versions.
#[test]
fn sentences_are_filled() {
    for ((code, host, image, policy), _) in table() {
        let judgement = judged(&host, &image, &policy);
        let subject = subject(&host, &image, &policy, &judgement);
        for finding in &judgement.findings {
            let help = finding.help(&subject);
            assert_eq!(finding.remedies(&subject).len(), help.remedies().count());
            for text in [finding.message(&subject), finding.help(&subject)] {
                let words = text.parts().iter().filter_map(|part| match part {
                    Part::Words(words) => Some(words.as_str()),
                    _ => None,
                });
                for word in words.flat_map(|words| words.split([' ', '`'])).filter(|word| word.starts_with("--")) {
                    assert!(OF_OTHER_TOOLS.contains(&word), "{code}: {word} is for the command line to word");
                }
                let text = text.worded(|_| "remedy".to_owned());
                assert!(!text.contains(['{', '}']) && !text.ends_with('.') && !text.contains("  "), "{code}: {text}");
            }
        }
        if let Some(finding) = judgement.findings.iter().find(|finding| finding.code == Code::ImageNewerThanHost) {
            let message = finding.message(&subject).to_string();
            assert!(message.contains(&host.os_version.to_string()) && message.contains(&subject.version().unwrap().to_string()));
        }
    }
}

#[test]
fn names_are_unique_and_those_of_their_constants() {
    let mut names = std::collections::HashSet::new();
    for code in Code::all() {
        assert!(names.insert(code.as_str()), "{code} twice");
        // `Ltsc2025On25h2` is `ltsc2025-on-25h2`.
        assert_eq!(code.as_str().replace('-', ""), format!("{code:?}").to_ascii_lowercase());
        assert!(!code.as_str().starts_with('-') && !code.as_str().ends_with('-') && !code.as_str().contains("--"), "{code}");
        assert_eq!(code.as_str().parse(), Ok(code));
        assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert!(code.source().starts_with("https://"), "{code}");
        for text in [code.meaning(), code.advice()] {
            let text = text.to_string();
            assert!(text.ends_with('.') && !text.contains(['{', '}']), "{code}: {text}");
        }
    }
    assert_eq!(names.len(), 84, "a finding was added or removed: correct the number");
    assert_eq!("build-mismatches".parse::<Code>(), Err(UnknownCode));
}

/// Another program reads by type what this one wrote.
#[test]
fn judgements_are_read_as_they_were_written() {
    for ((code, host, image, policy), _) in table() {
        let judgement = judged(&host, &image, &policy);
        let written = serde_json::to_string(&judgement).unwrap();
        assert!(written.contains(&format!("\"wish\":{}", serde_json::to_string(&policy.wish).unwrap())), "{code}: {written}");
        assert_eq!(serde_json::from_str::<Judgement>(&written).unwrap(), judgement, "{code}");
    }
    assert!(serde_json::from_str::<Code>("\"build-mismatches\"").is_err());
}

/// An image of an old base passes all the same, and what to do is what would pass.
#[test]
fn an_old_base_warns_and_says_what_to_do() {
    let said = |host: &Host, image: &Image, policy: &Policy| {
        let judgement = judged(host, image, policy);
        let finding = judgement.findings.iter().find(|finding| finding.code == Code::BaseImageOutdated).unwrap();
        let subject = subject(host, image, policy, &judgement);
        (judgement.ok, finding.message(&subject).to_string(), finding.help(&subject).to_string())
    };
    let (ok, message, help) = said(&server(SERVER_2022), &image("10.0.20348.2031"), &fresh(3));
    assert_eq!(ok, Some(true));
    assert_eq!(
        message,
        "the Windows in this image is 10.0.20348.2031, released on 2023-10-10, 37 months ago; the newest of its build is 10.0.20348.5622 \
         (built-in data of 2026-11-23)"
    );
    assert_eq!(help, "build it again on the newest base image, with `docker build --pull`");
    let newest = NewestBase {
        version: "10.0.20348.6000".parse().unwrap(),
        reference: Some("mcr.microsoft.com/windows/servercore:ltsc2022".to_owned()),
    };
    let asked = Policy { freshness: Some(Freshness { months: 3, newest: vec![newest] }), ..today() };
    let own = of_repository("mcr.microsoft.com/windows/nanoserver", "10.0.20348.2031");
    let (_, message, help) = said(&server(SERVER_2022), &own, &asked);
    assert!(message.ends_with("is 10.0.20348.6000 (mcr.microsoft.com/windows/servercore:ltsc2022)"), "{message}");
    assert!(help.contains("nanoserver:ltsc2022") && help.ends_with("pulled again"), "{help}");
    // Revisions must be equal here, so a newer image would not run.
    let (ok, _, help) = said(&server("10.0.14393.3443"), &image("10.0.14393.3443"), &Policy { wish: Wish::Process, ..fresh(3) });
    assert_eq!(
        (ok, help.as_str()),
        (Some(true), "an image with the newest base of this build does not run on this host as asked")
    );
    let denied = Policy { deny: vec![Code::BaseImageOutdated], ..fresh(3) };
    assert_eq!(judged(&server(SERVER_2022), &image("10.0.20348.2031"), &denied).ok, Some(false));
}

/// Revisions are not compared across builds, on clients since their sequence is their own, nor held against a hotpatch.
#[test]
fn revisions_that_must_not_be_compared() {
    let found = |host: &Host, image_version: &str| {
        judged(host, &image(image_version), &wish(Wish::Process))
            .findings
            .into_iter()
            .find(|finding| finding.code == Code::HostBehindImage)
    };
    assert_eq!(found(&client("10.0.26100.7462"), "10.0.26100.32230"), None, "a client numbers its updates otherwise");
    assert_eq!(found(&server("10.0.26100.1"), "10.0.20348.5139"), None, "another build");
    let hotpatched = found(&server("10.0.26100.4061"), "10.0.26100.32860").map(|finding| finding.severity);
    assert_eq!(hotpatched, Some(Severity::Warning), "really behind");
    let hotpatched = found(&server("10.0.26100.32772"), "10.0.26100.32860").map(|finding| finding.severity);
    assert_eq!(hotpatched, Some(Severity::Note), "the hotpatch of May 2026 is the same month");
    assert_eq!(found(&server("10.0.26100"), "10.0.26100.32860"), None, "an unknown revision says nothing");
    let isolated = judged(&server("10.0.26100.1"), &image("10.0.26100.32860"), &wish(Wish::Hyperv));
    assert!(isolated.findings.iter().all(|finding| finding.code != Code::HostBehindImage), "Hyper-V isolation is spared");
}

mod choosing {
    use super::*;

    fn chosen(host: &Host, versions: &[&str]) -> Option<usize> {
        choose(Knowledge::built_in(), host, &index(versions.iter().map(|version| entry(version)).collect()))
    }

    #[test]
    fn process_before_hyperv_then_the_highest_version_then_index_order() {
        assert_eq!(chosen(&server(SERVER_2022), &["10.0.17763.1", "10.0.20348.1", "10.0.26100.1"]), Some(1));
        assert_eq!(chosen(&server(SERVER_2025), &["10.0.17763.1", "10.0.20348.1", "10.0.26100.1"]), Some(2));
        assert_eq!(
            chosen(&server(SERVER_2025), &["10.0.26100.7462", "10.0.26100.32230", "10.0.26100.887"]),
            Some(1),
            "as numbers"
        );
        assert_eq!(chosen(&server(SERVER_2022), &["10.0.14393.1", "10.0.17763.1"]), Some(1));
        assert_eq!(chosen(&server(SERVER_2022), &["10.0.20348.5", "10.0.20348.5"]), Some(0));
        assert_eq!(chosen(&server(SERVER_2022), &["", "10.0.17763.1"]), Some(1), "Hyper-V before unknown");
        assert_eq!(chosen(&server(SERVER_2022), &[]), None);
    }

    #[test]
    fn if_nothing_fits_the_nearest() {
        assert_eq!(chosen(&server("10.0.17763.1"), &["10.0.26100.1", "10.0.20348.1"]), Some(1));
    }

    #[test]
    fn another_processor_is_never_nearer() {
        let mut image = index(vec![entry("10.0.26100.1"), entry("10.0.26100.1")]);
        image.candidates[0].architecture = "arm64".to_owned();
        assert_eq!(choose(Knowledge::built_in(), &server(SERVER_2025), &image), Some(1));
        assert_eq!(judged(&server(SERVER_2025), &image, &today()).candidates, [Verdict::Incompatible, Verdict::Process]);
    }
}
