//! The verdict as a property: 100,000 made pairs of host and image, each held against the rules rendered once more in [`oracle`];
//! the engine is Docker, whose choice is rendered in `engines::rule`.
//!
//! `WINCOMPAT_TEST_SEED=N` makes the pairs of another seed; the seed stands in every failure. `WINCOMPAT_TEST_PAIRS=N` makes N.

pub mod made;
mod oracle;
mod pairs;

use std::collections::BTreeMap;

use fastrand::Rng;
use wincompat::compat::{self, Policy, Use, Verdict, Wish};
use wincompat::image::{Config, Image};
use wincompat::knowledge::Knowledge;

use crate::support::random;
use made::Made;
use oracle::{Known, Silence};
use pairs::{Pair, Reading, read};

/// Pairs that are made of one image.
const HOSTS_AN_IMAGE: usize = 20;

/// The counts of a run, for whoever looks at what was covered.
#[derive(Default)]
struct Counts {
    held: usize,
    verdicts: BTreeMap<String, usize>,
    left_out: BTreeMap<Silence, usize>,
    faults: BTreeMap<String, (usize, String)>,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.held += other.held;
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        for (silence, count) in other.left_out {
            *self.left_out.entry(silence).or_default() += count;
        }
        for (what, (count, example)) in other.faults {
            let (counted, smallest) = self.faults.entry(what).or_insert_with(|| (0, example.clone()));
            *counted += count;
            if example.len() < smallest.len() {
                *smallest = example;
            }
        }
    }

    fn fault(&mut self, what: &str, example: impl FnOnce() -> String) {
        let example = example();
        let (count, smallest) = self.faults.entry(what.to_owned()).or_insert_with(|| (0, example.clone()));
        *count += 1;
        if example.len() < smallest.len() {
            *smallest = example;
        }
    }
}

/// The pairs of a seed, on all processors: each part has a seed of its own, so the pairs are the same on every machine.
fn run(seed: u64, pairs: usize) -> Counts {
    const PARTS: usize = 16;
    let parts: Vec<usize> = (0..PARTS).collect();
    let next = std::sync::Mutex::new(parts.into_iter());
    let counts = std::sync::Mutex::new(Counts::default());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let Some(part) = next.lock().unwrap().next() else { return };
                    let of_part = run_part(seed.wrapping_mul(PARTS as u64) + part as u64, pairs / PARTS);
                    counts.lock().unwrap().add(of_part);
                }
            });
        }
    });
    counts.into_inner().unwrap()
}

fn run_part(seed: u64, pairs: usize) -> Counts {
    let knowledge = Knowledge::built_in();
    let today = knowledge.date;
    let hosts = made::read_hosts(knowledge, today);
    let mut random = Rng::with_seed(seed);
    let mut counts = Counts::default();
    for _ in 0..pairs.div_ceil(HOSTS_AN_IMAGE) {
        let made = Made::any(&mut random, knowledge);
        for _ in 0..HOSTS_AN_IMAGE {
            let host = made::host(&mut random, &hosts);
            let policy = made::policy(&mut random, today);
            let reading = *random.choice(&[Reading::None, Reading::Chosen, Reading::Chosen, Reading::All]).unwrap();
            let image = read(&made, knowledge, &host, reading);
            let was_asked = |number: usize| image.candidates[number].config != Config::NotRead;
            let pair = Pair {
                knowledge,
                host: &host,
                image: &image,
                policy: &policy,
                host_facts: made::facts_of(&host),
                image_facts: made.facts(was_asked),
                reading,
            };
            let judgement = pair.judge(&policy);
            let faults = match pair.faults(&judgement, &mut random) {
                Ok(faults) => {
                    counts.held += 1;
                    *counts.verdicts.entry(format!("{:?}, ok {:?}", judgement.verdict, judgement.ok)).or_default() += 1;
                    faults
                }
                Err((silence, faults)) => {
                    *counts.left_out.entry(silence).or_default() += 1;
                    faults
                }
            };
            for fault in faults {
                counts.fault(&fault, || pair.shown(&made));
            }
        }
    }
    counts
}

#[test]
fn a_hundred_thousand_pairs_are_judged_as_the_rules_say() {
    let (seed, pairs) = (random::seed(), random::cases());
    let counts = run(seed, pairs);
    println!("seed {seed}: {pairs} pairs, {} held against the rules in all their parts", counts.held);
    for (verdict, count) in &counts.verdicts {
        println!("  {count:>7} {verdict}");
    }
    for (silence, count) in &counts.left_out {
        println!("  {count:>7} left out: {}", silence.question());
    }
    for (what, (count, example)) in &counts.faults {
        println!("{count:>7} times {what}; the smallest:\n{example}");
    }
    let faults: Vec<_> = counts.faults.iter().map(|(what, (count, _))| format!("{count} times {what}")).collect();
    assert!(faults.is_empty(), "seed {seed}: {faults:#?}");
    assert!(counts.held * 2 > pairs, "seed {seed}: only {} of {pairs} pairs were held against the rules", counts.held);
    for verdict in [Verdict::Process, Verdict::Hyperv, Verdict::Incompatible, Verdict::Unknown] {
        let name = format!("{verdict:?}, ");
        assert!(counts.verdicts.keys().any(|key| key.starts_with(&name)), "seed {seed}: no {verdict:?}");
    }
}

/// The matrix itself, cell by cell: a row of hosts, each with its columns of images from 1607 to 2025.
#[test]
fn the_matrix_is_reproduced() {
    const IMAGES: [u32; 10] = [14393, 16299, 17134, 17763, 18362, 18363, 19041, 19042, 20348, 26100];
    const ROWS: [(u32, &str); 24] = [
        (14393, "PXXXXXXXXX"),
        (15063, "HXXXXXXXXX"),
        (16299, "HPXXXXXXXX"),
        (17134, "HHPXXXXXXX"),
        (17763, "HHHPXXXXXX"),
        (17784, "HHHHXXXXXX"),
        (18362, "HHHHPXXXXX"),
        (18363, "HHHHHPXXXX"),
        (19041, "HHHHHHPXXX"),
        (19042, "HHHHHHHPXX"),
        (19043, "HHHHHHHHXX"),
        (19044, "HHHHHHHHXX"),
        (19045, "HHHHHHHHXX"),
        (20348, "HHHHHHHHPX"),
        (20349, "HHHHHHHHPX"),
        (22000, "HHHHHHHHPX"),
        (22621, "HHHHHHHHPX"),
        (22631, "HHHHHHHHPX"),
        (25398, "HHHHHHHHPX"),
        (26100, "HHHHHHHHPP"),
        (26200, "HHHHHHHHPP"),
        (26300, "HHHHHHHHPP"),
        (28000, "HHHHHHHHPP"),
        (29651, "HHHHHHHHPP"),
    ];
    let knowledge = Knowledge::built_in();
    let policy = Policy::on(knowledge.date);
    let hosts = made::read_hosts(knowledge, knowledge.date);
    for (build, row) in ROWS {
        for (image_build, cell) in IMAGES.into_iter().zip(row.chars()) {
            let mut host = hosts.iter().find(|host| host.os_version.build == build).unwrap().clone();
            host.os_version.revision = Some(1914);
            let config = format!(r#"{{"os":"windows","architecture":"amd64","os.version":"10.0.{image_build}.1914"}}"#);
            let reference = "registry.test/app:1".parse().unwrap();
            let source = wincompat::image::Source::Registry;
            let image = Image::from_config(&reference, source, None, config.as_bytes(), knowledge).unwrap();
            let expected = match cell {
                'P' => Verdict::Process,
                'H' => Verdict::Hyperv,
                _ => Verdict::Incompatible,
            };
            let facts = made::facts_of(&host);
            let entry = oracle::Entry {
                architecture: "amd64".to_owned(),
                version: Known::Version(wincompat::OsVersion::new(10, 0, image_build, Some(1914))),
                not_windows: false,
                indexed: String::new(),
                stated: String::new(),
            };
            assert_eq!(compat::judge(knowledge, &host, &image, &policy).verdict, expected, "{image_build} on {build}");
            assert_eq!(oracle::possible(&facts, &entry, false).verdict(), expected, "the oracle: {image_build} on {build}");
        }
    }
}

/// An asked wish has its row in the table on both kinds of hosts.
#[test]
fn every_wish_has_its_row() {
    let knowledge = Knowledge::built_in();
    let hosts = made::read_hosts(knowledge, knowledge.date);
    let config = br#"{"os":"windows","architecture":"amd64","os.version":"10.0.26100.1"}"#;
    let source = wincompat::image::Source::Registry;
    let image = Image::from_config(&"registry.test/app:1".parse().unwrap(), source, None, config, knowledge).unwrap();
    let process = Some(Use::Process);
    let hyperv = Some(Use::Hyperv);
    for (wish, server, client) in [
        (Wish::Auto, process, hyperv),
        (Wish::Default, process, hyperv),
        (Wish::Process, process, process),
        (Wish::Hyperv, hyperv, hyperv),
        (Wish::HostProcess, Some(Use::HostProcess), Some(Use::HostProcess)),
    ] {
        for host in hosts.iter().filter(|host| host.os_version.build == 26100) {
            let mut policy = Policy::on(knowledge.date);
            policy.wish = wish;
            let expected = if host.kind == wincompat::Kind::Server { server } else { client };
            assert_eq!(compat::judge(knowledge, host, &image, &policy).taken, expected, "{wish:?} on a {:?}", host.kind);
        }
    }
}
