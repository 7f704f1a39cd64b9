//! `--deny`, `--strict` and `--knowledge`: what is held against a result beside the wish.

use serde_json::json;

use super::{Shop, shop};
use crate::support::program::codes;

/// Hyper-V isolation on a server, for which a flag must be given: a warning.
const HYPERV: [&str; 4] = ["--isolation=auto", "--host", "10.0.20348.2402,server,hyperv", "registry.test/app:1809"];
/// The same on a host whose Hyper-V is assumed.
const ASSUMED: [&str; 4] = ["--isolation=auto", "--host", "windows-server-2022", "registry.test/app:1809"];
const PROCESS: [&str; 4] = ["--isolation=auto", "--host", "windows-server-2022", "registry.test/app:ltsc2022"];

#[test]
fn denied_findings_are_errors_and_change_no_verdict() {
    let shop = Shop::of(shop());
    for (deny, code) in [
        (&["--deny", "explicit-isolation-needed"][..], 1),
        (&["--deny", "build-mismatch"], 1),
        (&["--deny", "linux-image,build-mismatch"], 1),
        (&["--deny", "linux-image", "--deny", "build-mismatch"], 1),
        (&["--deny", "warnings"], 1),
        (&["--deny", "linux-image"], 0),
        (&[], 0),
    ] {
        let (exit, report) = shop.report(&[deny, &HYPERV].concat());
        let result = &report["results"][0];
        assert_eq!(exit, code, "{deny:?}");
        assert_eq!(result["ok"], json!(code == 0), "{deny:?}");
        assert_eq!((&result["verdict"], &result["use"]), (&json!("hyperv"), &json!("hyperv")), "{deny:?}");
        let errors = result["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error").count();
        assert_eq!(errors > 0, code == 1, "{deny:?}: {result:#}");
    }
}

#[test]
fn warnings_are_denied_only_where_there_are_some() {
    let shop = Shop::of(shop());
    let host = "10.0.20348.9999,server,hyperv";
    let (exit, report) = shop.report(&["--deny", "warnings", "--host", host, "registry.test/app:ltsc2022"]);
    assert_eq!(exit, 0, "{report:#}");
}

#[test]
fn a_code_that_does_not_exist_is_an_error_of_usage() {
    let shop = Shop::of(shop());
    let answer = shop.check(&[&["--deny", "build-mismach"], &PROCESS[..]].concat());
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("'build-mismach'"), "{}", answer.err);
    assert!(answer.err.contains("did you mean build-mismatch?"), "{}", answer.err);
    let answer = shop.check(&[&["--deny", "everything"], &PROCESS[..]].concat());
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("no finding has this code"), "{}", answer.err);
    // The name of an error is no finding.
    let answer = shop.check(&[&["--deny", "HCS_E_IMAGE_MISMATCH"], &PROCESS[..]].concat());
    assert!(!answer.err.contains("did you mean"), "{}", answer.err);
}

#[test]
fn strict_leaves_what_rests_on_an_assumption_undecided() {
    let shop = Shop::of(shop());
    for (arguments, ok, code) in [(&ASSUMED, json!(null), 2), (&HYPERV, json!(true), 0), (&PROCESS, json!(true), 0)] {
        let (exit, report) = shop.report(&[&["--strict"], &arguments[..]].concat());
        assert_eq!((exit, &report["results"][0]["ok"]), (code, &ok), "{arguments:?}");
        let (exit, _) = shop.report(arguments);
        assert_eq!(exit, 0, "without --strict: {arguments:?}");
    }
    let (_, report) = shop.report(&[&["--strict"], &ASSUMED[..]].concat());
    let result = &report["results"][0];
    assert_eq!(result["verdict"], "hyperv", "no policy changes a verdict");
    assert!(codes(result).contains(&"hyperv-assumed"));
}

#[test]
fn facts_can_come_from_a_file() {
    let shop = Shop::of(shop());
    let mut knowledge: serde_json::Value = serde_json::from_str(include_str!("../../../src/knowledge/knowledge.json")).unwrap();
    knowledge["date"] = json!("2001-02-03");
    // As if the stable ABI had begun with Windows Server 2025.
    knowledge["stable_abi"] = json!([26100]);
    let file = shop.program.file("facts.json", knowledge.to_string());
    let pair = ["--isolation=auto", "--host", "10.0.26100.9999,server,hyperv", "registry.test/app:ltsc2022"];
    let (_, report) = shop.report(&pair);
    assert_eq!(report["results"][0]["verdict"], "process");
    let (code, report) = shop.report(&[&["--knowledge", &file], &pair[..]].concat());
    assert_eq!(code, 0);
    assert_eq!(report["tool"]["knowledge"], "2001-02-03");
    assert!(codes(&report["results"][0]).contains(&"knowledge-old"));
    assert_eq!(report["results"][0]["verdict"], "hyperv");
}

#[test]
fn bad_facts_are_refused_before_anything_is_asked() {
    let shop = Shop::of(shop());
    let built_in = include_str!("../../../src/knowledge/knowledge.json");
    let cases = [
        ("empty.json", String::new()),
        ("no-json.json", "# facts".to_owned()),
        ("other.json", r#"{"schema":"wincompat/knowledge/v2"}"#.to_owned()),
        ("wrong-type.json", built_in.replacen("10240", "\"10240\"", 1)),
        ("wrong-day.json", built_in.replacen("2026-11-23", "2026-13-23", 1)),
        ("deep.json", "[".repeat(100_000)),
    ];
    for (name, content) in cases {
        let file = shop.program.file(name, content);
        let answer = shop.check(&[&["--knowledge", &file], &PROCESS[..]].concat());
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{name}");
        assert!(answer.err.starts_with("error: the knowledge in "), "{name}: {}", answer.err);
        assert!(answer.err.contains(name) && answer.err.contains("\ncaused by: "), "{name}: {}", answer.err);
    }
    let answer = shop.check(&[&["--knowledge", "does-not-exist.json"], &PROCESS[..]].concat());
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert_eq!(shop.server.requests().len(), 0);
}
