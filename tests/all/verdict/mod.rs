//! The verdict as a property: 100,000 made pairs of host and image, each held against the rules rendered once more in [`oracle`].
//!
//! `WINCOMPAT_TEST_SEED=N` makes the pairs of another seed; the seed stands in every failure. `WINCOMPAT_TEST_PAIRS=N` makes more.

mod made;
mod oracle;

use std::collections::BTreeMap;

use fastrand::Rng;
use wincompat::compat::{self, Judgement, Policy, Severity, Use, Verdict, Wish};
use wincompat::host::{Availability, Host};
use wincompat::image::{Config, Image};
use wincompat::knowledge::Knowledge;

use made::Made;
use oracle::{Answer, HostFacts, ImageFacts, Known, Possible, Silence};

/// Pairs that are made of one image.
const HOSTS_AN_IMAGE: usize = 20;

/// The configs that are read before the judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// None: the index is said to be enough.
    None,
    /// That of the chosen entry, until the chosen entry has been read.
    Chosen,
    /// All.
    All,
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// The image once these configs were asked for.
fn read(made: &Made, knowledge: &Knowledge, host: &Host, reading: Reading) -> Image {
    let mut image = made.image.clone();
    let ask = |image: &mut Image, number: usize| {
        let config = &made.entries[number].config;
        if config.unreadable {
            image.candidates[number].config = Config::Unreadable("the registry answered 500".to_owned());
        } else {
            image.candidates[number].read_config(&config.bytes, knowledge).unwrap();
        }
    };
    match reading {
        Reading::None => {}
        Reading::Chosen => {
            while let Some(number) = compat::choose(knowledge, host, &image)
                && image.candidates[number].config == Config::NotRead
            {
                ask(&mut image, number);
            }
        }
        Reading::All => {
            for number in 0..image.candidates.len() {
                if image.candidates[number].config == Config::NotRead {
                    ask(&mut image, number);
                }
            }
        }
    }
    image
}

/// One pair, and what the program and the rules say of it.
struct Pair<'a> {
    knowledge: &'a Knowledge,
    host: &'a Host,
    image: &'a Image,
    policy: &'a Policy,
    host_facts: HostFacts,
    image_facts: ImageFacts,
    reading: Reading,
}

impl Pair<'_> {
    /// The pair and its judgement on a few lines, for whoever looks for the fault.
    fn shown(&self, made: &Made) -> String {
        let (host, policy, judgement) = (&self.host_facts, self.policy, self.judge(self.policy));
        let mut text = format!(
            "  host {} {:?} {} home {}, containers {:?}, hyperv {:?}, assumed {:?}\n",
            host.version,
            host.kind,
            host.architecture.as_str(),
            host.home,
            host.containers,
            host.hyperv,
            self.host.assumed
        );
        for (number, (entry, made)) in self.image_facts.entries.iter().zip(&made.entries).enumerate() {
            let was_asked = self.image.candidates[number].config != Config::NotRead;
            text += &format!("  entry {number}: {entry:?}, asked {was_asked}, made {}\n", made.shown());
        }
        let asked = format!("untrusted {}, production {}, strict {}", policy.untrusted, policy.production, policy.strict);
        text += &format!("  {}; wish {:?}, {asked}, {:?} read\n", self.image.reference, policy.wish, self.reading);
        let codes: Vec<_> = judgement.findings.iter().map(|finding| (finding.code.as_str(), finding.severity)).collect();
        let (process, hyperv) = (&judgement.process, &judgement.hyperv);
        text += &format!(
            "  judged: chosen {:?}, process {:?}, hyperv {:?}, use {:?}, ok {:?}, {codes:?}\n",
            judgement.chosen, process.possible, hyperv.possible, judgement.taken, judgement.ok
        );
        let answer = oracle::answer(host, &self.image_facts, made::asked(policy));
        text + &format!("  the rules: {answer:?}\n")
    }

    fn judge(&self, policy: &Policy) -> Judgement {
        compat::judge(self.knowledge, self.host, self.image, policy)
    }

    /// All that is wrong with this pair's judgement; or the question that the documents leave open.
    fn faults(&self, judgement: &Judgement, random: &mut Rng) -> Result<Vec<String>, (Silence, Vec<String>)> {
        let mut faults = self.breaches(judgement, random);
        let expected = oracle::answer(&self.host_facts, &self.image_facts, made::asked(self.policy));
        match expected {
            Err(silence) => Err((silence, faults)),
            Ok(answer) => {
                faults.extend(differences(&answer, judgement));
                match self.denied(judgement, random) {
                    Ok(more) => faults.extend(more),
                    Err(silence) => return Err((silence, faults)),
                }
                Ok(faults)
            }
        }
    }

    /// What no judgement may be, whether or not the documents say what it must be.
    fn breaches(&self, judgement: &Judgement, random: &mut Rng) -> Vec<String> {
        let mut faults = Vec::new();
        let mut must = |held: bool, what: &str| {
            if !held {
                faults.push(what.to_owned());
            }
        };
        let possible = Possible { process: judgement.process.possible, hyperv: judgement.hyperv.possible };
        must(judgement.verdict == possible.verdict(), "the verdict follows from what is possible");
        must(judgement.taken.is_some() == (judgement.ok == Some(true)), "ok is true where something is taken, and only there");
        let errors = judgement.findings.iter().any(|finding| finding.severity == Severity::Error);
        must(!errors || judgement.ok != Some(true), "a finding is an error only where the result is not ok");
        must(judgement.candidates.len() == self.image_facts.entries.len(), "every Windows entry is judged");
        let chosen = judgement.chosen.map(|number| (number, &self.image_facts.entries[number]));
        if let Some(taken) = judgement.taken {
            let entry = chosen.map(|(_, entry)| entry);
            let mut host = self.host_facts.clone();
            if host.containers == Availability::Unknown {
                // That is a question, and not a wrong yes: see `Silence::ContainersUnknown`.
                host.containers = Availability::Available;
            }
            let is_possible = entry.is_some_and(|entry| {
                let possible = oracle::possible(&host, entry, self.image_facts.host_process_base);
                match taken {
                    Use::Process => possible.process == Some(true),
                    Use::Hyperv => possible.hyperv == Some(true),
                    _ => !entry.not_windows && entry.architecture == self.host_facts.architecture.as_str(),
                }
            });
            must(is_possible, "a wrong yes: what is taken is possible for the chosen entry");
            let versions_matter = taken != Use::HostProcess;
            let unread = entry.is_some_and(|entry| entry.version == Known::Unread);
            must(!(versions_matter && unread), "a wrong yes: the result rests on a config that could not be had");
            let no_build = |version: wincompat::OsVersion| version.build < 10240 && version.is_windows_10_line();
            let of_none = entry.is_some_and(|entry| matches!(entry.version, Known::Version(version) if no_build(version)))
                || no_build(self.host_facts.version);
            must(!(versions_matter && of_none), "a wrong yes: no Windows had this build");
            let rests = taken == Use::Hyperv && self.host_facts.hyperv_is_assumed;
            let says_so = judgement.findings.iter().any(|finding| finding.code.as_str() == "hyperv-assumed");
            must(!rests || says_so, "a result that rests on Hyper-V being assumed says so");
            must(!(rests && self.policy.strict), "with --strict a result that rests on an assumption is open");
        }
        if self.reading == Reading::Chosen
            && let Some((number, _)) = chosen
        {
            must(self.image.candidates[number].config != Config::NotRead, "the chosen entry was read");
        }
        if random.u8(..8) == 0 {
            let plain = self.judge(&Policy::on(self.policy.today));
            must(
                (plain.verdict, &plain.process, &plain.hyperv, plain.chosen)
                    == (judgement.verdict, &judgement.process, &judgement.hyperv, judgement.chosen),
                "no wish and no policy changes what is possible",
            );
        }
        faults
    }

    /// What denying findings makes of a result: not ok, if it was and the finding is there; else what it was.
    fn denied(&self, judgement: &Judgement, random: &mut Rng) -> Result<Vec<String>, Silence> {
        let others: Vec<_> = judgement.findings.iter().filter(|finding| finding.severity != Severity::Error).collect();
        let mut policy = self.policy.clone();
        let hit = if random.bool() {
            policy.deny_warnings = true;
            others.iter().any(|finding| finding.severity == Severity::Warning)
        } else if let Some(finding) = random.choice(&others)
            && random.u8(..4) > 0
        {
            policy.deny = vec![finding.code];
            true
        } else {
            let absent = ["build-mismatch", "hyperv-assumed", "host-newer-than-knowledge", "image-end-of-support"];
            let absent = absent.iter().filter_map(|code| code.parse::<compat::Code>().ok());
            policy.deny = absent.filter(|code| judgement.findings.iter().all(|finding| finding.code != *code)).collect();
            false
        };
        if hit && judgement.ok.is_none() {
            return Err(Silence::DeniedAndOpen);
        }
        let expected = if hit { Some(false) } else { judgement.ok };
        let denied = self.judge(&policy);
        let mut faults = Vec::new();
        if denied.ok != expected {
            faults.push(format!("with {:?} denied (warnings: {}) ok is {:?}", policy.deny, policy.deny_warnings, denied.ok));
        }
        if (denied.verdict, denied.chosen) != (judgement.verdict, judgement.chosen) {
            faults.push("what is denied changes the verdict or the choice".to_owned());
        }
        Ok(faults)
    }
}

/// How a judgement differs from the answer.
fn differences(answer: &Answer, judgement: &Judgement) -> Vec<String> {
    let mut faults = Vec::new();
    let mut differ = |what: &str, expected: String, found: String| {
        if expected != found {
            faults.push(format!("{what}: {found}, where the rules say {expected}"));
        }
    };
    let possible = Possible { process: judgement.process.possible, hyperv: judgement.hyperv.possible };
    differ("process", format!("{:?}", answer.possible.process), format!("{:?}", possible.process));
    differ("hyperv", format!("{:?}", answer.possible.hyperv), format!("{:?}", possible.hyperv));
    differ("verdict", format!("{:?}", answer.possible.verdict()), format!("{:?}", judgement.verdict));
    differ("ok", format!("{:?}", answer.ok), format!("{:?}", judgement.ok));
    differ("use", format!("{:?}", answer.taken), format!("{:?}", judgement.taken));
    if let Some(chosen) = answer.chosen {
        let right = if judgement.chosen == Some(chosen) { "the right one" } else { "another" };
        differ("chosen", "the right one".to_owned(), right.to_owned());
    }
    faults
}

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
    let seed = number("WINCOMPAT_TEST_SEED", 20_348);
    let pairs = number("WINCOMPAT_TEST_PAIRS", 100_000) as usize;
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
