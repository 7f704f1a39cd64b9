//! Many images and many hosts in one call, and which entry of an index each host gets.

use serde_json::{Value, json};

use super::{Answer, Shop, shop};
use crate::support::registry::images::{DOCKER_LIST, DOCKER_MANIFEST, Images};
use crate::support::registry::windows::WindowsImage;

const HOSTS: [&str; 4] = ["--host", "windows-server-2022", "--host", "ltsc2019"];

fn references(report: &Value) -> Vec<&str> {
    let results = report["results"].as_array().unwrap();
    results.iter().map(|result| result["image"]["reference"].as_str().unwrap()).collect()
}

#[test]
fn images_come_from_a_file_after_those_of_the_arguments() {
    let shop = Shop::of(shop());
    let list = "# what we deploy\n\nregistry.test/app:1809\r\n  registry.test/app:ltsc2025  # soon\n";
    let file = shop.program.file("images.txt", list);
    let (code, report) = shop.report(&["--host", "windows-server-2022", "--from", &file, "registry.test/app:ltsc2022"]);
    assert_eq!(references(&report), ["registry.test/app:ltsc2022", "registry.test/app:1809", "registry.test/app:ltsc2025"]);
    assert_eq!(code, 1);
    let (code, report) = shop.report(&["--host", "windows-server-2022", "--from", &file]);
    assert_eq!((code, references(&report).len()), (1, 2));
}

#[test]
fn images_come_from_standard_input() {
    let shop = Shop::of(shop());
    let mut command = shop.program.check(&shop.server.url(""));
    command.args(["--format=json", "--isolation=auto", "--host=windows-server-2022", "--from=-"]);
    let answer = Answer::of(command.write_stdin("registry.test/app:1809\nregistry.test/app:ltsc2022\n"));
    assert_eq!(references(&answer.json()), ["registry.test/app:1809", "registry.test/app:ltsc2022"]);
    assert_eq!(answer.code, 0);
}

#[test]
fn a_list_that_is_no_list_is_an_error() {
    let shop = Shop::of(shop());
    let empty = shop.program.file("empty.txt", "# nothing yet\n");
    let bytes = shop.program.file("bytes.txt", b"registry.test/app:1809\n\xff\n");
    for (file, reason) in [
        (empty.as_str(), "error: no image to check\n"),
        (&bytes, "caused by: line 2 of the list is not valid UTF-8\nhint: save the list as UTF-8\n"),
        ("no-such-list.txt", "error: no-such-list.txt could not be read\n"),
    ] {
        let answer = shop.check(&["--host=windows-server-2022", "--from", file]);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{file}");
        assert!(answer.err.contains(reason), "{file}: {}", answer.err);
    }
    assert_eq!(shop.server.requests().len(), 0);
}

#[test]
fn results_have_the_order_of_the_arguments_images_outer_hosts_inner() {
    let shop = Shop::of(shop());
    // What is named twice is judged once.
    let images = ["registry.test/app:ltsc2022", "registry.test/app:1809", "registry.test/app:ltsc2022"];
    let (code, report) = shop.report(&[&HOSTS[..], &images[..]].concat());
    let found = report["results"].as_array().unwrap().iter().map(|result| {
        let image = result["image"]["reference"].as_str().unwrap().rsplit(':').next().unwrap();
        (image, result["host"]["release"].as_str().unwrap(), result["verdict"].as_str().unwrap())
    });
    let expected = [
        ("ltsc2022", "ltsc2022", "process"),
        ("ltsc2022", "ltsc2019", "incompatible"),
        ("1809", "ltsc2022", "hyperv"),
        ("1809", "ltsc2019", "process"),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(code, 1);
}

#[test]
fn every_release_in_support_can_be_asked_for() {
    let shop = Shop::of(shop());
    let (_, report) = shop.report(&["--host=all,server", "--host=all,client", "registry.test/app:ltsc2022"]);
    let results = report["results"].as_array().unwrap();
    assert!(results.len() >= 4, "{report:#}");
    let kinds: Vec<_> = results.iter().map(|result| result["host"]["kind"].as_str().unwrap()).collect();
    assert!(kinds.starts_with(&["server"]) && kinds.ends_with(&["client"]));
}

/// The versions of the chosen and of all candidates, and the verdict.
fn choice(report: &Value, result: usize) -> (&str, Vec<(&str, bool)>, &str) {
    let result = &report["results"][result];
    let candidates = result["candidates"].as_array().unwrap().iter();
    let candidates = candidates.map(|candidate| (candidate["osVersion"].as_str().unwrap(), candidate["chosen"] == true));
    (result["image"]["osVersion"].as_str().unwrap(), candidates.collect(), result["verdict"].as_str().unwrap())
}

#[test]
fn each_host_gets_its_entry_of_an_index() {
    let versions = ["10.0.26100.9", "10.0.20348.10", "10.0.20348.9", "10.0.17763.1"];
    let images = Images::default().windows("app", "multi", &versions.map(WindowsImage::of));
    let shop = Shop::of(images);
    let hosts = ["--host=windows-server-2025", "--host=windows-server-2022", "--host=ltsc2019", "--host=ltsc2016"];
    let (code, report) = shop.report(&[&hosts[..], &["registry.test/app:multi"]].concat());
    let chosen =
        |number: usize| -> Vec<_> { versions.iter().enumerate().map(|(index, version)| (*version, index == number)).collect() };
    assert_eq!(choice(&report, 0), ("10.0.26100.9", chosen(0), "process"));
    assert_eq!(choice(&report, 1), ("10.0.20348.10", chosen(1), "process"), "versions are numbers");
    assert_eq!(choice(&report, 2), ("10.0.17763.1", chosen(3), "process"));
    assert_eq!(choice(&report, 3), ("10.0.17763.1", chosen(3), "incompatible"), "the nearest");
    assert_eq!(code, 1);
}

/// `hello-world:nanoserver` as Docker Hub serves it.
#[test]
fn a_real_index_with_two_entries() {
    let fixture = |name: &str| {
        let path = format!("{}/fixtures/manifests/dockerhub-hello-world-nanoserver-{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    };
    let repository = "library/hello-world";
    let images = Images::default()
        .tagged(repository, "nanoserver", DOCKER_LIST, fixture("index"))
        .manifest(repository, DOCKER_MANIFEST, fixture("ltsc2022-20348.5622-manifest"))
        .manifest(repository, DOCKER_MANIFEST, fixture("ltsc2025-26100.33438-manifest"));
    let shop = Shop::of(images);
    let hosts = ["--host=windows-server-2022", "--host=windows-server-2025", "--host=windows-11-25h2", "--host=ltsc2019"];
    let (code, report) = shop.report(&[&hosts[..], &["--no-confirm", "hello-world:nanoserver"]].concat());
    let found: Vec<_> =
        (0..4).map(|result| (choice(&report, result).0, choice(&report, result).2, &report["results"][result]["use"])).collect();
    let expected = [
        ("10.0.20348.5622", "process", &json!("process")),
        ("10.0.26100.33438", "process", &json!("process")),
        ("10.0.20348.5622", "process", &json!("hyperv")),
        ("10.0.20348.5622", "incompatible", &json!(null)),
    ];
    assert_eq!(found, expected);
    assert_eq!(code, 1);
}
