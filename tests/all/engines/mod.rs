//! What engines take, as a property: random indexes, hosts, engines and versions, each held against the published rules rendered
//! once more in [`rule`]; and what users reported.
//!
//! `WINCOMPAT_TEST_SEED=N` makes the cases of another seed, `WINCOMPAT_TEST_PAIRS=N` makes a quarter of N.

mod reports;
pub mod rule;

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::json;
use wincompat::engine::{self, Selection};
use wincompat::host::{Host, HostEngine};
use wincompat::image::{Digest, Image, Source};
use wincompat::knowledge::Knowledge;
use wincompat::{Architecture, Engine, ImageStore};

use crate::support::random;
use crate::verdict::made;
use rule::{Answer, Entry, Program, Pulled, Release, Silence};

/// Builds of images, of each generation and between them.
const BUILDS: [u32; 9] = [14393, 17763, 18363, 19041, 20348, 22621, 25398, 26100, 26200];

/// Revisions, among them such as are in another order as text than as numbers.
const REVISIONS: [u32; 6] = [1, 887, 3091, 7462, 9140, 32230];

/// Texts that are no versions, or odd ones.
const ODD: [&str; 10] = [
    "",
    "10.0",
    "windows",
    "10.0.x.1",
    "10.0.20348",
    "10.0.26100.1.2",
    "10.0.20348.",
    "10.0.99999999999",
    "6.3.9600.1",
    "10.0.-1.2",
];

/// Versions of each program: all whose documents say something, and a few of which nothing is said.
fn releases(program: Program) -> Vec<Release> {
    match program {
        Program::Docker => {
            vec![(17, 12, 0), (19, 3, 5), (20, 10, 24), (24, 0, 7), (27, 5, 1), (28, 0, 0), (28, 5, 2), (29, 0, 0), (29, 7, 2)]
        }
        Program::DockerWithContainerd => {
            vec![
                (27, 1, 0),
                (27, 2, 0),
                (27, 2, 1),
                (27, 5, 1),
                (28, 0, 0),
                (28, 5, 2),
                (29, 0, 0),
                (29, 5, 3),
                (29, 6, 0),
                (29, 7, 2),
            ]
        }
        Program::Containerd | Program::Kubelet => vec![
            (1, 4, 0),
            (1, 4, 13),
            (1, 5, 0),
            (1, 5, 18),
            (1, 6, 0),
            (1, 6, 20),
            (1, 6, 36),
            (1, 7, 0),
            (1, 7, 19),
            (1, 7, 34),
            (2, 0, 0),
            (2, 0, 11),
            (2, 1, 0),
            (2, 1, 5),
            (2, 1, 6),
            (2, 1, 9),
            (2, 2, 0),
            (2, 2, 7),
            (2, 3, 0),
            (2, 3, 4),
        ],
    }
}

/// The engine as the program knows it.
fn engine_of(program: Program, (major, minor, patch): Release) -> HostEngine {
    let version = format!("{major}.{minor}.{patch}");
    let mut engine = HostEngine::new(Engine::Containerd, Some(version.clone()));
    match program {
        Program::Docker | Program::DockerWithContainerd => {
            engine.name = Engine::Docker;
            let with_containerd = program == Program::DockerWithContainerd;
            engine.store = Some(if with_containerd { ImageStore::Containerd } else { ImageStore::GraphDriver });
        }
        Program::Containerd => {}
        Program::Kubelet => {
            engine = HostEngine::new(Engine::Kubernetes, None).in_version(version);
        }
    }
    engine
}

fn any_entry(random: &mut Rng, host: &Host) -> Entry {
    let version = match random.u32(..10) {
        0 | 1 => (*random.choice(&ODD).unwrap()).to_owned(),
        2..=4 => format!("10.0.{}.{}", host.os_version.build, random.choice(&REVISIONS).unwrap()),
        _ => format!("10.0.{}.{}", random.choice(&BUILDS).unwrap(), random.choice(&REVISIONS).unwrap()),
    };
    let architecture = if random.u32(..10) == 0 { "arm64" } else { "amd64" };
    Entry { architecture: architecture.to_owned(), version }
}

fn any_pulled(random: &mut Rng, host: &Host) -> Pulled {
    match random.u32(..8) {
        0 => Pulled::Manifest(any_entry(random, host)),
        _ => Pulled::Index((0..=random.usize(..5)).map(|_| any_entry(random, host)).collect()),
    }
}

/// The image as a registry would serve it.
fn image(pulled: &Pulled) -> Image {
    let reference = "registry.test/app:1".parse().unwrap();
    match pulled {
        Pulled::Index(entries) => {
            let listed = entries.iter().enumerate().map(|(number, entry)| {
                let mut platform = json!({"os": "windows", "architecture": entry.architecture});
                if !entry.version.is_empty() {
                    platform["os.version"] = json!(entry.version);
                }
                json!({
                    "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 429,
                    "digest": format!("sha256:{number:064x}"), "platform": platform,
                })
            });
            let manifests: Vec<_> = listed.collect();
            let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
            Image::from_index(&reference, Source::Registry, index.as_bytes()).unwrap()
        }
        Pulled::Manifest(entry) => {
            let mut config = json!({"os": "windows", "architecture": entry.architecture, "config": {}});
            if !entry.version.is_empty() {
                config["os.version"] = json!(entry.version);
            }
            let digest = format!("sha256:{:064x}", 1).parse::<Digest>().unwrap();
            let config = config.to_string();
            Image::from_config(&reference, Source::Registry, Some(digest), config.as_bytes(), Knowledge::built_in()).unwrap()
        }
    }
}

fn answered(selection: &Selection<'_>, host: &Host) -> Answer {
    match (selection.candidate, selection.refusal) {
        (Some(index), None) => Answer::Takes(index),
        (_, refusal) => Answer::Refuses(refusal.map(|refusal| refusal.message(host)).unwrap_or_default()),
    }
}

#[test]
fn engines_take_what_the_published_rules_say() {
    let (seed, cases) = (random::seed(), random::fewer_cases());
    let knowledge = Knowledge::built_in();
    let hosts = made::read_hosts(knowledge, knowledge.date);
    let mut random = Rng::with_seed(seed);
    let mut held = BTreeMap::<String, usize>::new();
    let mut left_out = BTreeMap::<Silence, usize>::new();
    let mut refused = 0;
    for _ in 0..cases {
        let mut host = hosts[random.usize(..hosts.len())].clone();
        let architecture = if random.u32(..10) == 0 { Architecture::Arm64 } else { Architecture::Amd64 };
        host.architecture = architecture;
        let program =
            *random.choice(&[Program::Docker, Program::DockerWithContainerd, Program::Containerd, Program::Kubelet]).unwrap();
        let release = *random.choice(&releases(program)).unwrap();
        let pulled = any_pulled(&mut random, &host);
        let facts = rule::Host { build: host.os_version.build.into(), architecture: architecture.as_str() };
        let expected = match rule::answer(program, release, facts, &pulled) {
            Ok(expected) => expected,
            Err(silence) => {
                *left_out.entry(silence).or_default() += 1;
                continue;
            }
        };
        let selection = engine::select(knowledge, &host, &image(&pulled), &engine_of(program, release));
        let found = selection.as_ref().map(|selection| answered(selection, &host));
        assert_eq!(found.as_ref(), Some(&expected), "seed {seed}: {program:?} {release:?} on {facts:?}: {pulled:?}");
        refused += usize::from(matches!(expected, Answer::Refuses(_)));
        *held.entry(format!("{program:?}")).or_default() += 1;
    }
    println!("seed {seed}: {cases} cases; held {held:?}, {refused} of them refused; left out {left_out:?}");
    let all: usize = held.values().sum();
    assert!(held.len() == 4 && all * 4 > cases * 3 && refused * 10 > all, "{held:?} {left_out:?} {refused}");
}
