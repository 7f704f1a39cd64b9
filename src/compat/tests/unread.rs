//! Configs that cannot be had, in thousands of made images: an answer with them is the answer without, or none.

use super::*;

/// A small generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

const VERSIONS: [&str; 10] = [
    "10.0.14393.1",
    "10.0.14393",
    "10.0.17763.1",
    "10.0.17763.9",
    "10.0.20348.1",
    "10.0.20348.9",
    "10.0.26100.1",
    "6.3.9600.1",
    "",
    "10.0.x",
];

/// An entry as the index has it, and its config.
fn made(numbers: &mut Numbers) -> (Candidate, Config) {
    let version = numbers.one_of(&VERSIONS);
    let architecture = numbers.one_of(&["amd64", "amd64", "amd64", "arm64", ""]);
    let platform = if architecture.is_empty() { PlatformStated::Unusable } else { PlatformStated::Whole };
    let entry_facts = EntryFacts { platform, ..EntryFacts::default() };
    let indexed = Candidate { architecture: architecture.to_owned(), entry: entry_facts, ..entry(version) };
    // Every other config says what its index says.
    let version = if numbers.below(2) == 0 { version } else { numbers.one_of(&VERSIONS) };
    let facts = ConfigFacts {
        os: numbers.one_of(&["windows", "windows", "windows", "linux", ""]).to_owned(),
        architecture: numbers.one_of(&["amd64", "amd64", "amd64", "arm64", ""]).to_owned(),
        version: entry(version).indexed,
        history: None,
    };
    (indexed, Config::Read(facts))
}

/// Gives a candidate its config. What the index leaves out of the platform is taken from there.
fn confirm(candidate: &mut Candidate, config: &Config) {
    if let Config::Read(facts) = config
        && candidate.architecture.is_empty()
    {
        candidate.architecture.clone_from(&facts.architecture);
    }
    candidate.config = config.clone();
}

/// The image as a check reads it for this host: first what the index leaves out, then what is chosen or taken, until nothing is left.
fn read(host: &Host, entries: &[(Candidate, Config)]) -> Image {
    let mut image = index(entries.iter().map(|(indexed, _)| indexed.clone()).collect());
    for (candidate, (_, config)) in image.candidates.iter_mut().zip(entries) {
        if !matches!(candidate.indexed, Version::Known(_)) || candidate.architecture.is_empty() {
            confirm(candidate, config);
        }
    }
    let unread = |image: &Image| {
        let wanted = [choose(Knowledge::built_in(), host, image), taken(Knowledge::built_in(), host, image, &today())];
        wanted.into_iter().flatten().find(|number| image.candidates[*number].config == Config::NotRead)
    };
    while let Some(number) = unread(&image) {
        confirm(&mut image.candidates[number], &entries[number].1);
    }
    image
}

/// Each entry as the index has it, what became of its config, and what that says.
fn shown(image: &Image, entries: &[(Candidate, Config)]) -> String {
    let one = |(candidate, (indexed, config)): (&Candidate, &(Candidate, Config))| {
        let Config::Read(facts) = config else { return String::new() };
        let became = match candidate.config {
            Config::NotRead => "not read",
            Config::Unreadable(_) => "unread",
            Config::Read(_) => "read",
        };
        let (version, architecture) = (&indexed.indexed, &indexed.architecture);
        format!("\n{version:?} {architecture}, {became}: {:?} {} {}", facts.version, facts.architecture, facts.os)
    };
    image.candidates.iter().zip(entries).map(one).collect()
}

#[test]
fn an_answer_without_all_configs_is_that_with_them_or_none() {
    let hosts = [
        server("10.0.20348.5"),
        server("10.0.14393.1"),
        server("10.0.26100.1"),
        client("10.0.22631.1"),
        client("10.0.17134.1"),
        Host { hyperv: Availability::Unavailable, ..server("10.0.20348.5") },
        Host { hyperv: Availability::Unknown, ..client("10.0.26100.1") },
        Host { edition: Some("Core".to_owned()), ..client("10.0.22631.1") },
    ];
    let wishes = [Wish::Auto, Wish::Default, Wish::Process, Wish::Hyperv];
    let mut numbers = Numbers(1);
    let (mut undecided, mut decided) = (0, 0);
    for number in 0..2_000 {
        let host = &hosts[numbers.below(hosts.len())];
        let entries: Vec<_> = (0..1 + numbers.below(5)).map(|_| made(&mut numbers)).collect();
        let with_failures: Vec<_> = entries
            .iter()
            .map(|(indexed, config)| {
                let fails = numbers.below(3) == 0;
                (indexed.clone(), if fails { Config::Unreadable("gone".to_owned()) } else { config.clone() })
            })
            .collect();
        let (whole, broken) = (read(host, &entries), read(host, &with_failures));
        for wish in wishes {
            let plain = Policy { wish, ..today() };
            let (expected, found) = (judged(host, &whole, &plain), judged(host, &broken, &plain));
            let case = || format!("{number}: {} {:?} {}", host.os_version, host.kind, shown(&broken, &entries));
            // What the engine takes may be the best by its config, though it is not by its index.
            let may_be_best = found.takes.and_then(|takes| takes.candidate).is_some_and(|number| {
                Some(number) != found.chosen && matches!(broken.candidates[number].config, Config::Unreadable(_))
            });
            assert!(
                may_be_best || found.verdict == Verdict::Unknown || found.verdict == expected.verdict,
                "{:?} {:?}{}",
                found.verdict,
                expected.verdict,
                case()
            );
            assert!(found.ok.is_none() || found.ok == expected.ok, "{}", case());
            let unread = found.chosen.is_some_and(|chosen| matches!(broken.candidates[chosen].config, Config::Unreadable(_)));
            *(if unread && found.ok.is_none() { &mut undecided } else { &mut decided }) += 1;
            if unread {
                assert_eq!(found.taken, None, "{}", case());
                // What holds against the image while nothing is known of it holds against it in any case.
                let denying = Policy { deny_warnings: true, strict: true, ..plain.clone() };
                if judged(host, &broken, &denying).ok == Some(false) {
                    assert_eq!(judged(host, &whole, &denying).ok, Some(false), "{}", case());
                }
            }
        }
    }
    assert!(undecided > 800 && decided > 3_000, "{undecided} undecided, {decided} decided");
}
