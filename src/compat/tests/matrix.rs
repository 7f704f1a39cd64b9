//! The verdict matrix, every cell typed by hand: P process, H Hyper-V only, X neither.

use super::*;

const IMAGES: [&str; 10] = [
    "10.0.14393.9140",
    "10.0.16299.1087",
    "10.0.17134.1305",
    "10.0.17763.8755",
    "10.0.18362.1256",
    "10.0.18363.1556",
    "10.0.19041.1415",
    "10.0.19042.1889",
    "10.0.20348.5139",
    "10.0.26100.32860",
];

/// Host, its kind, and a cell for each image. Hosts have the image's revision at build 14393.
#[rustfmt::skip]
const MATRIX: [(&str, Kind, &str); 23] = [
    // image build:              14393 16299 17134 17763 18362 18363 19041 19042 20348 26100
    ("10.0.14393.9140", Kind::Server, "P X X X X X X X X X"),
    ("10.0.15063", Kind::Client,      "H X X X X X X X X X"),
    ("10.0.16299", Kind::Server,      "H P X X X X X X X X"),
    ("10.0.17134", Kind::Server,      "H H P X X X X X X X"),
    ("10.0.17763", Kind::Server,      "H H H P X X X X X X"),
    ("10.0.17784", Kind::Server,      "H H H H X X X X X X"),
    ("10.0.18362", Kind::Server,      "H H H H P X X X X X"),
    ("10.0.18363", Kind::Server,      "H H H H H P X X X X"),
    ("10.0.19041", Kind::Server,      "H H H H H H P X X X"),
    ("10.0.19042", Kind::Server,      "H H H H H H H P X X"),
    ("10.0.19043", Kind::Client,      "H H H H H H H H X X"),
    ("10.0.19044", Kind::Client,      "H H H H H H H H X X"),
    ("10.0.19045", Kind::Client,      "H H H H H H H H X X"),
    ("10.0.20348", Kind::Server,      "H H H H H H H H P X"),
    ("10.0.20349", Kind::Server,      "H H H H H H H H P X"),
    ("10.0.22000", Kind::Client,      "H H H H H H H H P X"),
    ("10.0.22621", Kind::Client,      "H H H H H H H H P X"),
    ("10.0.22631", Kind::Client,      "H H H H H H H H P X"),
    ("10.0.25398", Kind::Server,      "H H H H H H H H P X"),
    ("10.0.26100", Kind::Server,      "H H H H H H H H P P"),
    ("10.0.26200", Kind::Client,      "H H H H H H H H P P"),
    ("10.0.26300", Kind::Client,      "H H H H H H H H P P"),
    ("10.0.28000", Kind::Client,      "H H H H H H H H P P"),
];

/// Rows whose host also exists as a client (or a server) of the same build, or lies beyond every release.
#[rustfmt::skip]
const MORE: [(&str, Kind, &str); 9] = [
    ("10.0.29651", Kind::Server,      "H H H H H H H H P P"),
    ("10.0.26100", Kind::Client,      "H H H H H H H H P P"),
    ("10.0.17763", Kind::Client,      "H H H P X X X X X X"),
    ("10.0.18362", Kind::Client,      "H H H H P X X X X X"),
    ("10.0.18363", Kind::Client,      "H H H H H P X X X X"),
    ("10.0.19041", Kind::Client,      "H H H H H H P X X X"),
    ("10.0.19042", Kind::Client,      "H H H H H H H P X X"),
    // Clients before 1809 had no process isolation: their own build is Hyper-V only.
    ("10.0.14393.9140", Kind::Client, "H X X X X X X X X X"),
    ("10.0.17134", Kind::Client,      "H H H X X X X X X X"),
];

#[test]
fn matrix_of_hosts_and_images() {
    let mut cells = 0;
    for (version, kind, row) in MATRIX.iter().chain(&MORE) {
        for (image_version, cell) in IMAGES.iter().zip(row.split(' ')) {
            let judgement = judged(&host(version, *kind), &image(image_version), &today());
            let (process, hyperv, verdict) = match cell {
                "P" => (true, true, Verdict::Process),
                "H" => (false, true, Verdict::Hyperv),
                _ => (false, false, Verdict::Incompatible),
            };
            let case = format!("{kind:?} {version}, image {image_version}");
            assert_eq!(judgement.process.possible, Some(process), "process: {case}");
            assert_eq!(judgement.hyperv.possible, Some(hyperv), "Hyper-V: {case}");
            assert_eq!(judgement.verdict, verdict, "{case}");
            cells += 1;
        }
    }
    assert_eq!(cells, 320);
}

/// The table of the room's page, made of what `judge` says.
#[test]
fn the_page_shows_the_matrix() {
    let builds = IMAGES.map(|version| version.parse::<OsVersion>().unwrap().build.to_string());
    let mut table = format!("| host | kind | {} |\n|---|---|{}\n", builds.join(" | "), ":-:|".repeat(builds.len()));
    for (version, kind, _) in MATRIX.iter().chain(&MORE) {
        let host = host(version, *kind);
        let cells = IMAGES.map(|version| match judged(&host, &image(version), &today()).verdict {
            Verdict::Process => "**P**",
            Verdict::Hyperv => "H",
            Verdict::Incompatible => "X",
            Verdict::Unknown => "?",
        });
        let build = host.os_version.build;
        let name = if host.release.is_some() { format!("{} ({build})", host.name) } else { host.name };
        let kind = if *kind == Kind::Server { "server" } else { "client" };
        table += &format!("| {name} | {kind} | {} |\n", cells.join(" | "));
    }
    assert!(include_str!("../README.md").contains(&table), "the table of src/compat/README.md should be:\n{table}");
}

#[test]
fn without_hyperv_what_needs_it_is_incompatible() {
    let mut host = server("10.0.20348");
    host.hyperv = Availability::Unavailable;
    assert_eq!(judged(&host, &image("10.0.17763.8755"), &today()).verdict, Verdict::Incompatible);
    assert_eq!(judged(&host, &image("10.0.20348.5139"), &today()).verdict, Verdict::Process);
    host.hyperv = Availability::Unknown;
    assert_eq!(judged(&host, &image("10.0.17763.8755"), &today()).verdict, Verdict::Unknown);
    assert_eq!(judged(&host, &image("10.0.26100.32860"), &today()).verdict, Verdict::Incompatible);
}

/// Windows Server 2016 compares revisions; where one is missing, nothing is decided.
#[test]
fn revisions_decide_on_windows_server_2016() {
    let possible = |host: &str, image_version: &str| judged(&server(host), &image(image_version), &today()).process.possible;
    assert_eq!(possible("10.0.14393.1914", "10.0.14393.1914"), Some(true));
    assert_eq!(possible("10.0.14393.1914", "10.0.14393.1944"), Some(false));
    assert_eq!(possible("10.0.14393", "10.0.14393.1944"), None);
    assert_eq!(possible("10.0.14393.1914", "10.0.14393"), None);
    assert_eq!(possible("10.0.14393.0", "10.0.14393.0"), None);
    assert_eq!(possible("10.0.17763.1", "10.0.17763.9999"), Some(true));
}

/// When the next LTSC ships, its hosts drop the one before the last.
#[test]
fn next_ltsc_moves_the_floor() {
    let mut knowledge = Knowledge::built_in().clone();
    knowledge.stable_abi.push(30000);
    let verdict = |build: &str, image_version: &str| judge(&knowledge, &server(build), &image(image_version), &today()).verdict;
    assert_eq!(verdict("10.0.30000", "10.0.20348.5139"), Verdict::Hyperv);
    assert_eq!(verdict("10.0.30000", "10.0.26100.32860"), Verdict::Process);
    assert_eq!(verdict("10.0.29999", "10.0.20348.5139"), Verdict::Process);
}
