//! `--offline`: from the cache, else from what is known of Microsoft's base images, else an error.

use serde_json::{Value, json};

use super::{Answer, Shop, shop};
use crate::support::program::{Program, codes};

const ON_2022: &str = "--host=10.0.20348.2402,server,hyperv";
const APP: &str = "registry.test/app:ltsc2022";

#[test]
fn the_cache_answers_what_was_checked_before() {
    let shop = Shop::of(shop());
    let (_, before) = shop.report(&[ON_2022, APP]);
    let asked = shop.server.requests().len();
    let (code, report) = shop.report(&[ON_2022, "--offline", APP]);
    assert_eq!(shop.server.requests().len(), asked, "no request is sent");
    assert_eq!(code, 0);
    let mut expected = before["results"].clone();
    expected[0]["image"]["source"] = json!("cache");
    let mut results = report["results"].clone();
    let findings = results[0]["findings"].as_array_mut().unwrap();
    let from_cache = findings.iter().position(|finding| finding["code"] == "from-cache").unwrap();
    let from_cache = findings.remove(from_cache);
    assert_eq!(results, expected, "the answer is the same, and says where it is from");
    let read = before["results"][0]["image"]["read"].as_str().unwrap();
    let day = read.split('T').next().unwrap();
    let message = from_cache["message"].as_str().unwrap();
    assert!(message.starts_with("answered from the cache, read ") && message.contains(day), "{message}");
    assert_eq!(from_cache["severity"], "warning");
}

/// Sets the time at which the tags in the cache were read, or removes it as in a cache of an earlier version.
fn set_read(program: &Program, time: Option<&str>) {
    let path = program.cache().join("index.json");
    let mut list: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for entry in list["manifests"].as_array_mut().unwrap() {
        let annotations = entry["annotations"].as_object_mut().unwrap();
        annotations.remove("wincompat.read").unwrap();
        annotations.extend(time.map(|time| ("wincompat.read".to_owned(), json!(time))));
    }
    std::fs::write(path, list.to_string()).unwrap();
}

#[test]
fn an_answer_from_the_cache_says_how_old_it_is() {
    for (read, says) in [
        (Some("2020-02-29T23:59:59Z"), " days ago (2020-02-29)"),
        (Some("9999-01-01T00:00:00Z"), "answered from the cache, read on 9999-01-01"),
        (None, "answered from the cache, it is not known when it was read"),
    ] {
        let shop = Shop::of(shop());
        shop.report(&[ON_2022, APP]);
        set_read(&shop.program, read);
        let (code, report) = shop.report(&[ON_2022, "--offline", APP]);
        let result = &report["results"][0];
        let finding = result["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "from-cache").unwrap();
        assert!(finding["message"].as_str().unwrap().contains(says), "{finding}");
        assert_eq!((code, &result["image"]["read"]), (0, &json!(read)));
        let text = shop.check(&[ON_2022, "--offline", APP]);
        let words = text.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(says) && words.contains("[from-cache]"), "{}", text.out);
        assert_eq!(shop.check(&[ON_2022, "--offline", "--deny=from-cache", APP]).code, 1);
        // Asked for again, the answer is as new as can be.
        let (_, report) = shop.report(&[ON_2022, APP]);
        assert!(!codes(&report["results"][0]).contains(&"from-cache"));
        let (_, report) = shop.report(&[ON_2022, "--offline", "--max-age=1d", APP]);
        assert_eq!(report["results"][0]["image"]["source"], "cache");
    }
}

/// Content by digest is the same at any time.
#[test]
fn a_digest_does_not_age() {
    let shop = Shop::of(shop());
    let (_, report) = shop.report(&[ON_2022, APP]);
    let by_digest = format!("{APP}@{}", report["results"][0]["image"]["digest"].as_str().unwrap());
    let (code, report) = shop.report(&[ON_2022, "--offline", "--max-age=0s", &by_digest]);
    let result = &report["results"][0];
    assert_eq!((code, &result["image"]["source"], &result["image"]["read"]), (0, &json!("cache"), &json!(null)));
    assert!(!codes(result).contains(&"from-cache"), "{result}");
}

#[test]
fn an_answer_that_is_too_old_is_not_used() {
    for (read, why) in [
        (Some("2020-02-29T23:59:59Z"), "its tag was read at 2020-02-29T23:59:59Z"),
        (Some("9999-01-01T00:00:00Z"), "its tag was read at 9999-01-01T00:00:00Z"),
        (None, "it is not known when"),
    ] {
        let shop = Shop::of(crate::check::main_command::nanoserver_1903());
        let image = "mcr.microsoft.com/windows/nanoserver:1903";
        shop.report(&[ON_2022, image]);
        set_read(&shop.program, read);
        let (code, report) = shop.report(&[ON_2022, "--offline", "--max-age=7d", image]);
        let error = &report["errors"][0];
        assert_eq!((code, &report["results"]), (2, &json!([])), "and nothing older answers in its place");
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("--max-age"), "{error}");
    }
    let refused = Shop::of(shop()).check(&[ON_2022, "--offline", "--max-age=soon", APP]);
    assert!(refused.code == 2 && refused.err.contains("write e.g. 24h, 7d or 90m"), "{}", refused.err);
}

#[test]
fn what_was_never_checked_is_an_error_with_something_to_do() {
    let shop = Shop::of(shop());
    let (code, report) = shop.report(&[ON_2022, "--offline", APP]);
    assert_eq!((code, &report["results"]), (2, &json!([])));
    assert_eq!(report["errors"][0]["kind"], "not-found");
    assert_eq!(report["errors"][0]["message"], "registry.test/app:ltsc2022 is not in the cache");
    assert!(report["errors"][0]["hint"].as_str().unwrap().contains("without --offline"));
    assert_eq!(shop.server.requests().len(), 0);
}

#[test]
fn base_images_are_known() {
    let shop = Shop::of(shop());
    for (image, host, verdict) in [
        ("mcr.microsoft.com/windows/nanoserver:1903", "windows-server-2022", "hyperv"),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "windows-server-2025", "process"),
        ("mcr.microsoft.com/windows/server:ltsc2025", "windows-server-2022", "incompatible"),
        ("mcr.microsoft.com/windows/nanoserver:10.0.17763.437", "10.0.17763.8755,server", "process"),
    ] {
        let (code, report) = shop.report(&["--offline", "--isolation=auto", "--host", host, image]);
        let result = &report["results"][0];
        assert_eq!(result["verdict"], verdict, "{image} on {host}");
        assert_eq!(code, i32::from(verdict == "incompatible"), "{image} on {host}");
        assert_eq!((&result["image"]["source"], &result["image"]["digest"]), (&json!("knowledge"), &json!(null)));
        assert!(codes(result).contains(&"from-knowledge"), "it is said that no registry was asked: {result:#}");
    }
    assert_eq!(shop.server.requests().len(), 0);
}

/// What a check found counts before what is known in general.
#[test]
fn the_cache_counts_before_knowledge() {
    let shop = Shop::of(crate::check::main_command::nanoserver_1903());
    let image = "mcr.microsoft.com/windows/nanoserver:1903";
    shop.report(&[ON_2022, image]);
    let (_, report) = shop.report(&[ON_2022, "--offline", image]);
    assert_eq!(report["results"][0]["image"]["source"], "cache");
    assert_eq!(report["results"][0]["image"]["osVersion"], "10.0.18362.1256");
}

/// A registry that is gone is an error, and says how to get the earlier answer.
#[test]
fn a_registry_that_is_gone_is_not_replaced_by_the_cache_unasked() {
    let Shop { server, program } = Shop::of(shop());
    let url = server.url("");
    let check = |arguments: &[&str]| Answer::of(program.check(&url).args(["--format=json", ON_2022, APP]).args(arguments));
    assert_eq!(check(&[]).code, 0);
    let _held = server.gone();
    let answer = check(&[]);
    assert_eq!(answer.code, 2);
    let error = &answer.json()["errors"][0];
    assert_eq!(
        (&error["kind"], &error["hint"]),
        (&json!("network"), &json!("--offline answers with what an earlier check found"))
    );
    assert_eq!(check(&["--offline"]).code, 0);
}

/// A Home edition has no Hyper-V that could be enabled for containers: nothing is said of it but that it is Home.
#[test]
fn of_a_home_edition_nothing_is_to_be_enabled() {
    let program = Program::new();
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2025";
    let answer = Answer::of(program.command().args(["check", "--offline", "--host=26100,client,home", image]));
    assert_eq!(answer.code, 1, "{}", answer.err);
    assert!(answer.out.contains("[edition-home]"), "{}", answer.out);
    for never in ["Enable-WindowsOptionalFeature", "hyperv-unavailable", "Hyper-V on", "Containers feature on"] {
        assert!(!answer.out.contains(never), "{never}: {}", answer.out);
    }
}

/// Each engine has a result of its own, and the host is one all the same.
#[test]
fn a_host_with_several_engines_is_counted_once() {
    for (hosts, sum) in [("ltsc2022", "1 image on 1 host: "), ("ltsc2022,ltsc2025", "1 image on 2 hosts: ")] {
        let program = Program::new();
        let mut command = program.command();
        command.args(["check", "--offline", "--engine", "docker,containerd,kubernetes"]);
        for host in hosts.split(',') {
            command.args(["--host", host]);
        }
        let answer = Answer::of(command.arg("mcr.microsoft.com/windows/nanoserver:ltsc2022"));
        assert!(answer.out.contains(sum), "{}", answer.out);
    }
}
