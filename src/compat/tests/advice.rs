//! Advice held against the rule: whatever a finding names passes on the same host, as asked, by the same engine, on the same day.

use super::*;
use crate::advice::Remedy;
use crate::host::{HostEngine, Spec, parse};
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::{Engine, Isolation};

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
                for image in &images {
                    answers += 1;
                    let judgement = judge(knowledge, host, image, &policy);
                    let subject = Subject {
                        knowledge,
                        reference: &image.reference,
                        image: Some(image),
                        chosen: judgement.chosen,
                        host,
                        policy: &policy,
                    };
                    for finding in &judgement.findings {
                        for remedy in finding.remedies(&subject) {
                            *numbers.entry(finding.code.as_str()).or_default() += 1;
                            let case = format!(
                                "{} on {} {:?} {wish:?} {engine:?}: {} says {remedy:?}",
                                image.reference, host.name, host.hyperv, finding.code
                            );
                            if let Some(other) = named(&images, &remedy) {
                                assert_ne!(other.reference, image.reference, "itself: {case}");
                                assert_eq!(judge(knowledge, host, other, &policy).ok, Some(true), "{case}");
                            }
                            if let Remedy::Run { engine: named, isolation, image: reference } = &remedy {
                                assert_eq!((*named, reference), (engine, &image.reference), "{case}");
                                let wish = if *isolation == Isolation::Hyperv { Wish::Hyperv } else { Wish::Process };
                                assert_eq!(
                                    judge(knowledge, host, image, &Policy { wish, ..policy.clone() }).ok,
                                    Some(true),
                                    "{case}"
                                );
                                assert!(engine != Engine::Kubernetes || *isolation == Isolation::Process, "{case}");
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{answers} answers; remedies by code: {numbers:?}");
    assert!(answers > 50_000 && numbers.values().sum::<usize>() > 50_000, "{answers} {numbers:?}");
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

/// Whatever a finding about the engine offers makes the same engine start the image.
#[test]
fn what_helps_against_an_engine_is_started_by_it() {
    let knowledge = Knowledge::built_in();
    let mut engines = vec![HostEngine::new(Engine::Docker, None)];
    engines.extend(knowledge.engine_versions.iter().flat_map(|versions| {
        let named = HostEngine::new(versions.engine, Some(versions.first.to_string()));
        let node = HostEngine { runtime: Some(versions.last.to_string()), ..HostEngine::new(Engine::Kubernetes, None) };
        let node = (versions.engine == Engine::Containerd).then_some(node);
        [Some(HostEngine { store: versions.store, ..named }), node].into_iter().flatten()
    }));
    let hosts = [
        server("10.0.14393.1"),
        server("10.0.17763.5"),
        server("10.0.20348.5"),
        server("10.0.26100.5"),
        client("10.0.22631.1"),
        client("10.0.26200.1"),
    ];
    let mut numbers = std::collections::BTreeMap::<String, usize>::new();
    for (engine, wish) in engines.iter().flat_map(|engine| [Wish::Default, Wish::Auto, Wish::Hyperv].map(|wish| (engine, wish))) {
        let policy = Policy { wish, engine: Some(engine.clone()), ..today() };
        for (host, image) in hosts.iter().flat_map(|host| indexes().into_iter().map(move |image| (host, image))) {
            let judgement = judge(knowledge, host, &image, &policy);
            let subject = Subject {
                knowledge,
                reference: &image.reference,
                image: Some(&image),
                chosen: judgement.chosen,
                host,
                policy: &policy,
            };
            let of_engine = [Code::EngineRefuses, Code::EngineTakesAnother];
            for finding in judgement.findings.iter().filter(|finding| of_engine.contains(&finding.code)) {
                assert!(!finding.message(&subject).to_string().contains("``"), "{engine:?} says nothing");
                for remedy in finding.remedies(&subject) {
                    let (mut image, mut policy, mut engine) = (image.clone(), policy.clone(), engine.clone());
                    let kind = match &remedy {
                        Remedy::Image(reference) if reference.contains('@') => {
                            let digest = reference.split_once('@').map(|(_, digest)| digest.parse::<Digest>().unwrap());
                            image.candidates.retain(|candidate| candidate.digest == digest);
                            // The registry has one manifest, however often the index lists it.
                            image.candidates.truncate(1);
                            image.digest = digest;
                            "digest"
                        }
                        Remedy::EngineVersion(_, version) if engine.name == Engine::Kubernetes => {
                            engine.runtime = Some(version.clone());
                            "node"
                        }
                        Remedy::EngineVersion(_, version) => {
                            engine.version = Some(version.clone());
                            "version"
                        }
                        Remedy::ImageStore(store) => {
                            engine.store = Some(*store);
                            "store"
                        }
                        Remedy::Run { isolation: Isolation::Hyperv, .. } => {
                            policy.wish = Wish::Hyperv;
                            "flag"
                        }
                        Remedy::Base { build, .. } => {
                            image = super::image(&format!("10.0.{build}"));
                            "base"
                        }
                        other => panic!("{other:?}"),
                    };
                    policy.engine = Some(engine);
                    let judgement = judge(knowledge, host, &image, &policy);
                    assert_eq!(judgement.ok, Some(true), "{finding:?} on {} by {policy:?}: {remedy:?}", host.os_version);
                    *numbers.entry(format!("{} {kind}", finding.code)).or_default() += 1;
                }
            }
        }
    }
    println!("{numbers:?}");
    assert!(numbers.len() >= 9 && numbers.values().sum::<usize>() > 1_000, "{numbers:?}");
}
