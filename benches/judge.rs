//! `cargo bench --bench judge`: 10,000 images on 100 hosts, judged on one thread; how long one judgement takes, and how much of that
//! is the choice of an engine.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and may end by a panic")]

use std::time::Instant;

use wincompat::compat::{self, Policy, Verdict, Wish};
use wincompat::host::{self, Host, HostEngine};
use wincompat::image::{Candidate, Config, ConfigFacts, Digest, EntryFacts, Image, Source, TagRead, Version};
use wincompat::knowledge::Knowledge;
use wincompat::{Engine, OsVersion};

const IMAGES: usize = 10_000;
const HOSTS: usize = 100;

fn main() {
    let knowledge = Knowledge::built_in();
    let policy = Policy::on(knowledge.date);
    let images = images();
    let hosts = hosts(knowledge, &policy);
    judge(knowledge, &images, &hosts, &policy);
    compare(knowledge, &images, &hosts, &policy);
}

/// The judgement of all pairs, with the sums of what is said.
fn judge(knowledge: &Knowledge, images: &[Image], hosts: &[Host], policy: &Policy) {
    let started = Instant::now();
    let mut verdicts = [0usize; 4];
    let mut findings = 0;
    for image in images {
        for host in hosts {
            let judgement = compat::judge(knowledge, host, image, policy);
            findings += judgement.findings.len();
            verdicts[match judgement.verdict {
                Verdict::Process => 0,
                Verdict::Hyperv => 1,
                Verdict::Incompatible => 2,
                _ => 3,
            }] += 1;
        }
    }
    let taken = started.elapsed();
    let [process, hyperv, incompatible, unknown] = verdicts;
    println!(
        "{IMAGES} images on {HOSTS} hosts: {:.3} s, {:.0} ns a judgement",
        taken.as_secs_f64(),
        taken.as_nanos() as f64 / (IMAGES * HOSTS) as f64
    );
    println!("process {process}, hyperv {hyperv}, incompatible {incompatible}, unknown {unknown}, findings {findings}");
}

/// The time of a part of the pairs with engines, each against this program's own choice; the fastest of thirty rounds counts.
fn compare(knowledge: &Knowledge, images: &[Image], hosts: &[Host], policy: &Policy) {
    const ROUNDS: usize = 30;
    let node = HostEngine::new(Engine::Kubernetes, None).in_version("2.1.6".to_owned());
    let engines = [
        ("no engine", HostEngine::new(Engine::Wincompat, None)),
        ("docker", HostEngine::new(Engine::Docker, Some("29.7.2".to_owned()))),
        ("containerd", HostEngine::new(Engine::Containerd, Some("2.1.6".to_owned()))),
        ("kubernetes", node),
        ("containerd of any version", HostEngine::new(Engine::Containerd, None)),
    ];
    let mut fastest = [f64::INFINITY; 5];
    for _ in 0..ROUNDS {
        for (fastest, (_, engine)) in fastest.iter_mut().zip(&engines) {
            let mut policy = policy.clone();
            (policy.wish, policy.engine) = (Wish::Process, Some(engine.clone()));
            let started = Instant::now();
            let mut passed = 0;
            for image in images.iter().step_by(20) {
                let ok = hosts.iter().filter(|host| compat::judge(knowledge, host, image, &policy).ok == Some(true));
                passed += ok.count();
            }
            assert!(passed > 0);
            *fastest = fastest.min(started.elapsed().as_secs_f64());
        }
    }
    for (fastest_with, (name, _)) in fastest.iter().zip(&engines) {
        println!("{name}: {fastest_with:.3} s, {:.2} times the time without an engine", fastest_with / fastest[0]);
    }
}

/// Images with one to three entries of the generations there are, their configs read.
fn images() -> Vec<Image> {
    const BUILDS: [u32; 10] = [14393, 16299, 17134, 17763, 18362, 18363, 19041, 19042, 20348, 26100];
    (0..IMAGES)
        .map(|number| {
            let entry = |offset: usize| {
                let version =
                    OsVersion::new(10, 0, BUILDS[(number + offset * 3) % BUILDS.len()], Some(1 + (number % 5000) as u32));
                Candidate {
                    digest: Some(Digest::of(format!("{number} {offset}").as_bytes())),
                    size: Some(1),
                    architecture: "amd64".to_owned(),
                    indexed: Version::Known(version),
                    entry: EntryFacts::default(),
                    config: Config::Read(ConfigFacts {
                        os: "windows".to_owned(),
                        architecture: "amd64".to_owned(),
                        version: Version::Known(version),
                        history: None,
                    }),
                    foreign_layers: Some(false),
                    layer_servers: Vec::new(),
                }
            };
            Image {
                reference: format!("registry.example/app{number}:1"),
                repository: Some(format!("registry.example/app{number}")),
                digest: Some(Digest::of(format!("index {number}").as_bytes())),
                source: Source::Registry,
                candidates: (0..1 + number % 3).map(entry).collect(),
                other_platforms: Vec::new(),
                passed_over: Vec::new(),
                stated_digest: None,
                tag_read: TagRead::NoTag,
            }
        })
        .collect()
}

/// Hosts of every release there is, in many revisions.
fn hosts(knowledge: &Knowledge, policy: &Policy) -> Vec<Host> {
    let builds: Vec<u32> = knowledge.releases.iter().map(|release| release.build).collect();
    let texts: Vec<String> =
        (0..HOSTS).map(|number| format!("10.0.{}.{},hyperv", builds[number % builds.len()], 1 + number * 37)).collect();
    let found = host::find(&texts, None, knowledge, policy.today).expect("these are versions");
    found.into_iter().map(|found| found.host).collect()
}
