//! The peers' own tests, typed again from their sources, against every version that has the rule they test.
//!
//! Not here, since the program has no such question: hosts without a version or of version 99 (`TestMatchComparerMatch_ABICheckWCOW`,
//! `TestFallbackOnOSVersion`), matchers for Linux (`TestMatchComparerMatch_LCOW`), and the tests of v1.0.0-rc.5, which no release has.

use wincompat::{Engine, ImageStore};

use super::program::{host, image, predicted};
use super::{Entry, Machine, Platform, Rule, asked};

const LTSC2019: u32 = 17763;
const LTSC2022: u32 = 20348;
const WINDOWS_11_22H2: u32 = 22621;
const V23H2: u32 = 25398;
const LTSC2025: u32 = 26100;

/// An entry of these tests: `""` is one for Windows without a version, `linux` one for Linux.
fn entry(version: &str) -> Entry {
    let (os, version) = if version == "linux" { ("linux", "") } else { ("windows", version) };
    let platform =
        Platform { os: os.to_owned(), architecture: "amd64".to_owned(), os_version: version.to_owned(), ..Platform::default() };
    Entry { platform: Some(platform.clone()), config: platform, attestation: false }
}

/// Asks every version that has one of these rules; the number of answers.
fn ask(rules: &[Rule], build: u32, versions: &[&str], expected: Option<usize>) -> usize {
    let reference = "registry.example/app:1".parse().unwrap();
    let host = host(Machine { build, architecture: "amd64" });
    let entries: Vec<Entry> = versions.iter().map(|version| entry(version)).collect();
    let image = image(&reference, &entries, false).unwrap();
    let mut answers = 0;
    for asked in asked().iter().filter(|asked| rules.contains(&asked.rule)) {
        for version in asked.versions {
            let predicted = predicted(&image, &host, asked, version);
            assert_eq!(predicted, expected, "{:?} {version} {:?} on {build}: {versions:?}", asked.name, asked.store);
            answers += 1;
        }
    }
    assert!(answers > 0, "{rules:?}");
    answers
}

/// A host, an image of one entry, and whether the one runs on the other.
type Pairs<'a> = &'a [(u32, u32, bool)];

fn ask_pairs(rules: &[Rule], pairs: Pairs<'_>) -> usize {
    let of_pair = |&(host, image, runs): &(u32, u32, bool)| {
        // hcsshim and containerd/platforms compare the numbers; TestMatchComparerMatch_ABICheckWCOW has them without a revision.
        ask(rules, host, &[&format!("10.0.{image}.1")], runs.then_some(0))
            + ask(rules, host, &[&format!("10.0.{image}")], runs.then_some(0))
    };
    pairs.iter().map(of_pair).sum()
}

const OF_2023: [Rule; 4] = [Rule::RevisionOf2023, Rule::OnlyAtoi, Rule::OnlyParseUint, Rule::OnlyStrict];
const OF_2025: [Rule; 3] = [Rule::Text, Rule::TextWithFeatures, Rule::OnlyWithFeatures];

#[test]
fn compatibility_of_2023() {
    // hcsshim 640a5606a osversion/platform_compat_windows_test.go, containerd/platforms v0.2.1 and v1.0.0-rc.0
    // platform_compat_windows_test.go, v1.0.0-rc.1 platform_windows_compat_test.go: Test_PlatformCompat.
    let pairs: Pairs<'_> = &[
        (LTSC2019, LTSC2019, true),
        (LTSC2019, LTSC2022, false),
        (LTSC2022, LTSC2019, false),
        (LTSC2022, LTSC2022, true),
        (WINDOWS_11_22H2, LTSC2019, false),
        (WINDOWS_11_22H2, LTSC2022, true),
    ];
    println!("{} cases, {} answers", pairs.len(), ask_pairs(&OF_2023, pairs));
}

#[test]
fn compatibility_of_2025() {
    // containerd/platforms v1.0.0-rc.2 to v1.0.0-rc.4 platform_windows_compat_test.go; all but those of 23H2 are hcsshim's of
    // bacda3961, osversion/platform_compat_windows_test.go, too.
    let pairs: Pairs<'_> = &[
        (LTSC2019, LTSC2019, true),
        (LTSC2019, LTSC2022, false),
        (LTSC2022, LTSC2019, false),
        (LTSC2022, LTSC2022, true),
        (WINDOWS_11_22H2, LTSC2019, false),
        (WINDOWS_11_22H2, LTSC2022, true),
        (V23H2, LTSC2019, false),
        (V23H2, LTSC2022, true),
        (LTSC2025, LTSC2022, true),
        (LTSC2022, LTSC2025, false),
        (LTSC2022, WINDOWS_11_22H2, false),
        (LTSC2025, WINDOWS_11_22H2, true),
    ];
    println!("{} cases, {} answers", pairs.len(), ask_pairs(&OF_2025, pairs));
}

#[test]
fn order_by_text() {
    // containerd/platforms v1.0.0-rc.2 to v1.0.0-rc.4 platform_windows_compat_test.go: Test_PlatformOrder.
    let rules = [Rule::Text, Rule::TextWithFeatures];
    for (build, versions, expected) in [
        (LTSC2022, ["linux", "10.0.20348.3091", "10.0.26100.2894"], 1),
        (LTSC2025, ["linux", "10.0.20348.3091", "10.0.26100.2894"], 2),
        (LTSC2025, ["linux", "10.0.20348.3091", "10.0.26100.3000"], 2),
    ] {
        println!("{} answers", ask(&rules, build, &versions, Some(expected)));
    }
}

#[test]
fn matches_of_the_own_build() {
    // containerd 1.5.0, 1.6.0 and 1.6.18 platforms/defaults_windows_test.go: TestMatchComparerMatch; from 1.7.0 on, and in
    // containerd/platforms, TestMatchComparerMatch_WCOW and TestDefaultMatchComparer. They take the build of the machine they run on.
    let later = [
        Rule::PrefixOrNone,
        Rule::RevisionOf2023,
        Rule::OnlyPrefixOrNone,
        Rule::OnlyAtoi,
        Rule::OnlyParseUint,
        Rule::OnlyStrict,
        Rule::Text,
        Rule::TextWithFeatures,
        Rule::OnlyWithFeatures,
    ];
    let mut answers = 0;
    for build in [LTSC2019, LTSC2022, LTSC2025] {
        let own = format!("10.0.{build}");
        let (first, second) = (format!("{own}.1"), format!("{own}.2"));
        for (version, earlier_matches, later_matches) in [
            (own.as_str(), true, true),
            (first.as_str(), true, true),
            (second.as_str(), true, true),
            ("10.0.17762.1", false, false),
            ("10.0.17764.1", false, false),
            ("", false, true),
            ("linux", false, false),
        ] {
            answers += ask(&[Rule::Prefix], build, &[version], earlier_matches.then_some(0));
            answers += ask(&later, build, &[version], later_matches.then_some(0));
        }
    }
    println!("{answers} answers");
}

#[test]
fn order_by_revision() {
    // containerd 1.5.0, 1.6.0 and 1.6.18 platforms/defaults_windows_test.go: TestMatchComparerLess. From 1.7.0 on, `Only` hides that
    // order, as a comment in `NewMatcher` of containerd/platforms v1.0.0-rc.1 says.
    let versions = ["10.0.17764.1", "", "10.0.17763.1", "10.0.17763.2", "10.0.17762.1"];
    let answers = ask(&[Rule::Prefix, Rule::PrefixOrNone, Rule::RevisionOf2023], LTSC2019, &versions, Some(3));
    println!("{answers} answers");
}

#[test]
fn docker_on_1903() {
    // moby v28.0.0 to v29.6.0 daemon/containerd/platform_matchers_test.go: TestMatcherOnWindowsAmd64, without a platform.
    let versions = ["10.0.14393", "10.0.17763", "10.0.18362", "10.0.19041"];
    let with_store =
        asked().into_iter().filter(|asked| (asked.name, asked.store) == (Engine::Docker, Some(ImageStore::Containerd)));
    let rules: Vec<Rule> = with_store.map(|asked| asked.rule).collect();
    println!("{} answers", ask(&rules, 18362, &versions, Some(2)));
}
