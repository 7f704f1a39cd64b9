//! The built-in facts against their own rules, and the figures that decide, typed once more.

use std::collections::HashSet;

use jiff::civil::date;

use super::*;

fn built_in() -> &'static Knowledge {
    Knowledge::built_in()
}

/// Names that mean several builds, by design: whoever uses one is asked which.
const AMBIGUOUS: [&str; 17] = [
    "windows-10",
    "windows10",
    "win-10",
    "win10",
    "windows-11",
    "windows11",
    "win-11",
    "win11",
    "windows-server",
    "azure-stack-hci",
    "azure-local",
    "hci",
    "1607",
    "21h2",
    "22h2",
    "23h2",
    "24h2",
];

#[test]
fn the_built_in_file_passes_its_own_checks() {
    Knowledge::from_json(include_bytes!("knowledge.json")).unwrap();
}

#[test]
fn releases_are_ordered_by_build_servers_first() {
    let order = |release: &Release| (release.build, release.kind == Kind::Client);
    assert!(built_in().releases.is_sorted_by_key(order));
}

#[test]
fn no_alias_names_two_releases_unless_meant() {
    let ids: HashSet<&str> = built_in().releases.iter().map(|release| release.id.as_str()).collect();
    for release in &built_in().releases {
        let distinct: HashSet<&String> = release.aliases.iter().collect();
        assert_eq!(distinct.len(), release.aliases.len(), "{} has an alias twice", release.id);
        for alias in &release.aliases {
            assert!(!ids.contains(alias.as_str()), "{alias} of {} is an id", release.id);
            let several = built_in().releases_named(alias).len() > 1;
            assert_eq!(several, AMBIGUOUS.contains(&alias.as_str()), "{alias} of {}", release.id);
        }
    }
}

#[test]
fn an_ambiguous_name_means_several_builds_or_kinds() {
    for name in AMBIGUOUS {
        let meant: HashSet<_> = built_in().releases_named(name).iter().map(|release| (release.build, release.kind)).collect();
        assert!(meant.len() > 1, "{name}");
    }
}

#[test]
fn every_build_of_a_base_image_is_a_server_release() {
    for image in &built_in().base_images {
        let release = built_in().release(image.build, Kind::Server).unwrap();
        assert_eq!(release.id, image.release);
    }
    for build in &built_in().stable_abi {
        assert!(built_in().base_image(*build).is_some());
    }
}

#[test]
fn days_and_sources_are_sane() {
    let containers_began = date(2015, 1, 1);
    let far = date(2040, 1, 1);
    for release in &built_in().releases {
        assert!(release.source.starts_with("https://"), "{}", release.id);
        for support in &release.support {
            assert!(support.until > containers_began && support.until < far, "{}", release.id);
        }
    }
    for image in &built_in().base_images {
        assert!(image.source.starts_with("https://"));
        for repository in &image.repositories {
            assert!(repository.until > containers_began && repository.until < far, "{}", image.release);
        }
    }
    for revisions in &built_in().revisions {
        for update in &revisions.updates {
            assert!(update.released <= built_in().date && update.kb.starts_with("KB"), "{}.{}", revisions.build, update.revision);
            assert!(update.hotpatch.is_none_or(|hotpatch| hotpatch < update.revision), "{}.{}", revisions.build, update.revision);
        }
    }
}

#[test]
fn each_build_is_the_release_microsoft_names() {
    for (build, kind, id) in [
        (14393, Kind::Server, "ltsc2016"),
        (14393, Kind::Client, "windows-10-1607"),
        (16299, Kind::Server, "1709"),
        (17134, Kind::Server, "1803"),
        (17763, Kind::Server, "ltsc2019"),
        (17763, Kind::Client, "windows-10-1809"),
        (17784, Kind::Server, "azure-stack-hci-20h2"),
        (18362, Kind::Server, "1903"),
        (18363, Kind::Server, "1909"),
        (19041, Kind::Server, "2004"),
        (19042, Kind::Server, "20h2"),
        (19043, Kind::Client, "windows-10-21h1"),
        (19044, Kind::Client, "windows-10-21h2"),
        (19045, Kind::Client, "windows-10-22h2"),
        (20348, Kind::Server, "ltsc2022"),
        (20349, Kind::Server, "azure-stack-hci-22h2"),
        (22000, Kind::Client, "windows-11-21h2"),
        (22621, Kind::Client, "windows-11-22h2"),
        (22631, Kind::Client, "windows-11-23h2"),
        (25398, Kind::Server, "server-23h2"),
        (26100, Kind::Server, "ltsc2025"),
        (26100, Kind::Client, "windows-11-24h2"),
        (26200, Kind::Client, "windows-11-25h2"),
        (26300, Kind::Client, "windows-11-26h2"),
        (28000, Kind::Client, "windows-11-26h1"),
    ] {
        assert_eq!(built_in().release(build, kind).unwrap().id, id, "{build}");
    }
    assert!(built_in().release(22000, Kind::Server).is_none());
    assert!(built_in().release(20348, Kind::Client).is_none());
}

#[test]
fn revisions_part_where_microsoft_parted_them() {
    for (build, cut) in [(14393, 3504), (17134, 1304), (17763, 1039), (18362, 657), (18363, 657)] {
        assert_eq!(built_in().revisions(build).unwrap().february_2020, Some(cut), "{build}");
    }
    // These are kept in the file for readers of it; no rule rests on them so far.
    let file: serde_json::Value = serde_json::from_str(include_str!("knowledge.json")).unwrap();
    let revisions = file["revisions"].as_array().unwrap();
    for (build, cut) in [(17763, 7249), (20348, 3566), (26100, 3781)] {
        let of_build = revisions.iter().find(|revisions| revisions["build"] == build).unwrap();
        assert_eq!(of_build["april_2025"], cut, "{build}");
    }
    for of_build in revisions {
        let expected = if of_build["build"] == 26100 { serde_json::json!(32230) } else { serde_json::Value::Null };
        assert_eq!(of_build["server_sequence"], expected, "{}", of_build["build"]);
    }
}

#[test]
fn base_images_are_those_microsoft_published() {
    for (build, repository, tag, until) in [
        (14393, "windows/nanoserver", "sac2016", date(2018, 10, 9)),
        (14393, "windows/servercore", "ltsc2016", date(2027, 1, 11)),
        (17763, "windows/nanoserver", "1809", date(2029, 1, 9)),
        (17763, "windows/servercore", "ltsc2019", date(2029, 1, 9)),
        (17763, "windows", "1809", date(2029, 1, 9)),
        (18362, "windows/nanoserver", "1903", date(2020, 12, 8)),
        (19042, "windows", "20H2", date(2022, 8, 9)),
        (20348, "windows/server", "ltsc2022", date(2031, 10, 14)),
        (26100, "windows/nanoserver", "ltsc2025", date(2034, 10, 10)),
    ] {
        let image = built_in().base_image(build).unwrap();
        let found = image.repositories.iter().find(|found| found.repository == repository).unwrap();
        assert_eq!((found.tags[0].as_str(), found.until), (tag, until), "{build} {repository}");
    }
    // The full `windows` image ended with 20H2, `windows/server` began with 2022.
    let has = |build, repository: &str| {
        built_in().base_image(build).unwrap().repositories.iter().any(|found| found.repository == repository)
    };
    assert!(!has(20348, "windows") && !has(26100, "windows") && !has(17763, "windows/server"));
}

#[test]
fn the_stable_abi_floor_is_the_ltsc_before_the_greatest() {
    for (host, floor) in
        [(19045, None), (20347, None), (20348, Some(20348)), (25398, Some(20348)), (26100, Some(20348)), (28000, Some(20348))]
    {
        assert_eq!(built_in().stable_abi_floor(host), floor, "{host}");
    }
}
