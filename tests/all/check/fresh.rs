//! `wincompat check --fresh`: images beside the newest base images of their builds.

use serde_json::Value;

use super::{Shop, shop};
use crate::support::program::codes;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

const HOSTS: [&str; 2] = ["--host=ltsc2022", "--host=ltsc2019"];
const APP: &str = "registry.test/app:old";

/// An image for two releases, the older one left behind, and the base images of both.
fn images() -> Images {
    let of = WindowsImage::of;
    shop()
        .windows("app", "old", &[of("10.0.20348.5139"), of("10.0.17763.1")])
        .windows("windows/servercore", "ltsc2022", &[of("10.0.20348.9001")])
        .windows("windows/servercore", "ltsc2019", &[of("10.0.17763.9002")])
}

fn message(result: &Value, code: &str) -> String {
    let findings = result["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["code"] == code);
    found.map(|finding| finding["message"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[test]
fn the_newest_of_each_build_is_asked_for_once() {
    let shop = Shop::of(images());
    let (code, report) = shop.report(&[&HOSTS[..], &["--fresh", "--isolation=auto", APP, "registry.test/app:1809"]].concat());
    assert_eq!(code, 0, "what is old runs: {report:#}");
    let results = report["results"].as_array().unwrap();
    let [on_2022, on_2019, ..] = results.as_slice() else { panic!("{report:#}") };
    let outdated = message(on_2022, "base-image-outdated");
    assert!(outdated.contains("10.0.20348.5139, released on 2026-05-12"), "{outdated}");
    assert!(outdated.ends_with("is 10.0.20348.9001 (mcr.microsoft.com/windows/servercore:ltsc2022)"), "{outdated}");
    let outdated = message(on_2019, "base-image-outdated");
    assert!(outdated.contains("10.0.17763.1, released before 2020-01-14, at least "), "{outdated}");
    assert!(outdated.contains("10.0.17763.9002 (mcr.microsoft.com/windows/servercore:ltsc2019)"), "{outdated}");
    let left_behind = message(on_2022, "index-entry-outdated");
    assert!(left_behind.contains("10.0.17763.1 (released before 2020-01-14"), "{left_behind}");
    assert!(left_behind.contains("beside 10.0.20348.5139 (released on 2026-05-12"), "{left_behind}");
    let asked: Vec<String> = shop.server.requests().into_iter().map(|request| request.path).collect();
    let of_bases: Vec<&str> = asked.iter().map(String::as_str).filter(|path| path.contains("servercore")).collect();
    assert_eq!(of_bases, ["/v2/windows/servercore/manifests/ltsc2019", "/v2/windows/servercore/manifests/ltsc2022"]);
}

#[test]
fn ages_are_looked_at_only_where_that_is_asked_for() {
    let shop = Shop::of(images());
    let (_, report) = shop.report(&["--host=ltsc2022", APP]);
    assert!(!codes(&report["results"][0]).iter().any(|code| code.ends_with("outdated")), "{report:#}");
    assert!(!shop.server.requests().iter().any(|request| request.path.contains("servercore")));
    let (code, report) = shop.report(&["--host=ltsc2022", "--fresh=1200", APP]);
    assert!(code == 0 && !codes(&report["results"][0]).contains(&"base-image-outdated"), "{report:#}");
    let answer = shop.check(&["--host=ltsc2022", "--fresh", "--deny=base-image-outdated", APP]);
    assert!(answer.code == 1 && answer.out.contains("build it again on the newest base image"), "{answer:?}");
}

#[test]
fn what_cannot_be_asked_for_is_known_from_the_built_in_data() {
    let shop = Shop::of(shop().windows("app", "old", &[WindowsImage::of("10.0.20348.2031")]));
    let answer = shop.check(&["--host=ltsc2022", "--fresh", "--format=json", APP]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let warned =
        "mcr.microsoft.com/windows/servercore:ltsc2022 could not be asked for the newest base image, so the built-in data counts";
    assert!(answer.err.contains(warned), "{answer:?}");
    let said = message(&answer.json()["results"][0], "base-image-outdated");
    assert!(said.contains("is 10.0.20348.5622 (built-in data of "), "{said}");
    let before = shop.server.requests().len();
    let offline = shop.check(&["--host=ltsc2022", "--fresh", "--offline", "--format=json", APP]);
    assert_eq!((offline.code, offline.err.as_str()), (0, ""), "{offline:?}");
    assert_eq!(message(&offline.json()["results"][0], "base-image-outdated"), said);
    assert_eq!(shop.server.requests().len(), before);
}
