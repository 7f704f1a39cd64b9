//! SARIF, held to what the standard and GitHub's code scanning require.
//!
//! The standard's JSON Schema is not part of this repository. With its path in `SARIF_SCHEMA` the logs are held to it too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{rendered, sample};

/// The faults that GitHub or the standard would find in a log.
pub fn assert_well(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().starts_with("https://"));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    for field in ["name", "version", "semanticVersion"] {
        assert!(driver[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        for field in ["/id", "/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            let text = rule.pointer(field).and_then(Value::as_str).unwrap_or_else(|| panic!("{field} in {rule}"));
            assert!(!text.is_empty() && (field.contains("help") || text.chars().count() <= 1024), "{field} in {rule}");
        }
        assert!(rule["helpUri"].as_str().is_none_or(|uri| uri.starts_with("https://")), "{rule}");
        assert!(["error", "warning"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
        assert!(["error", "warning"].contains(&rule["properties"]["problem.severity"].as_str().unwrap()));
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
    }
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "a rule stands once");
    let results = run["results"].as_array().unwrap();
    assert!(results.len() <= 25_000);
    let mut prints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        let text = result["message"]["text"].as_str().unwrap();
        // Links and places for arguments, by 3.11.5 and 3.11.6.
        assert!(!text.is_empty() && !text.contains("](") && !text.contains("{0}"), "{text}");
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%:".contains(&byte)), "{uri}");
        assert!(uri.starts_with("file:///") || !uri.contains(':'), "{uri}");
        if let Some(base) = place["artifactLocation"]["uriBaseId"].as_str() {
            assert!(run["originalUriBaseIds"][base].is_object(), "{base}");
        }
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1 && place["region"]["startColumn"].as_u64().unwrap() >= 1);
        let print = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
        assert!(prints.insert(print.to_owned()), "{print} stands twice");
    }
    let kinds = driver["notifications"].as_array().unwrap();
    for notification in run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap() {
        if let Some(index) = notification["descriptor"]["index"].as_u64() {
            assert_eq!(kinds[usize::try_from(index).unwrap()]["id"], notification["descriptor"]["id"]);
        }
    }
    match std::env::var("SARIF_SCHEMA") {
        Ok(path) => {
            let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert_eq!(faults, [""; 0]);
        }
        Err(_) => println!("skipped: the standard's schema, SARIF_SCHEMA does not name it"),
    }
}

fn log(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_does_not_pass_is_a_result_with_a_place_and_a_name_that_stays() {
    let log = log(&rendered("sarif", &sample::report()));
    assert_well(&log);
    let run = &log["runs"][0];
    let results: Vec<(&str, &str, &str)> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let name = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
            (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap(), name.as_str().unwrap())
        })
        .collect();
    assert_eq!(
        results,
        [
            ("image-newer-than-host", "error", "registry.test/app:ltsc2025 on web01"),
            ("image-newer-than-host", "error", "registry.test/app:ltsc2025 on web02"),
            ("build-mismatch", "error", "registry.test/app:1809 on web01"),
            ("os-version-missing", "error", "registry.test/app:unversioned on web01"),
            ("image-end-of-support", "warning", "registry.test/app:1809 on web01, web02"),
            ("os-version-missing", "warning", "registry.test/app:unversioned on web02"),
        ]
    );
    let place = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deploy/Dockerfile");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&3.into(), &6.into()));
    // An image without a file stands for itself.
    let artifact = &run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(artifact["uri"], "registry.test/app%3A1809");
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "not-found");
}

/// The line of a reference may move, and the texts of a finding may change: the alert stays the same.
#[test]
fn fingerprints_do_not_depend_on_lines_and_texts() {
    let prints = |line: u32, message: &str| {
        let finding = sample::finding("build-mismatch", "error", message, "");
        let one = |image: &str| {
            let result = sample::result(image, sample::host("web01", "10.0.20348.1"), None, Some(false), vec![finding.clone()]);
            sample::found_in(result, "Dockerfile", line, 1)
        };
        let log = log(&rendered("sarif", &sample::of(vec![one("app:1"), one("app:2"), one("app:1")], vec![])));
        assert_well(&log);
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        results.into_iter().map(|result| result["partialFingerprints"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(prints(3, "the builds differ"), prints(12, "other words"));
}

/// Equal hosts are judged once, and the result is called after all of them: one more of them, or an update, is not another problem.
#[test]
fn fingerprints_do_not_depend_on_how_many_hosts_are_equal() {
    let prints = |format: &str, pointer: &str, hosts: &[(&str, &str)]| {
        let result = |(label, version): &(&str, &str)| {
            let finding = sample::finding("build-mismatch", "error", "the builds differ", "");
            let result = sample::result("app:1", sample::host(label, version), None, Some(false), vec![finding]);
            sample::found_in(result, "Dockerfile", 3, 1)
        };
        let written = rendered(format, &sample::of(hosts.iter().map(result).collect(), vec![]));
        let document: Value = serde_json::from_str(&written).unwrap();
        let results = document.pointer(if format == "sarif" { "/runs/0/results" } else { "" }).unwrap().as_array().unwrap();
        let prints: Vec<String> = results.iter().map(|one| one.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect();
        assert_eq!(prints.iter().collect::<BTreeSet<_>>().len(), hosts.len(), "{written}");
        prints
    };
    for (format, pointer) in [("sarif", "/partialFingerprints/primaryLocationLineHash"), ("gitlab", "/fingerprint")] {
        let prints = |hosts: &[(&str, &str)]| prints(format, pointer, hosts);
        let one = prints(&[("web", "10.0.20348.1")]);
        assert_eq!(prints(&[("web and 1 more", "10.0.20348.1")]), one, "{format}");
        assert_eq!(prints(&[("web and 2 more", "10.0.20348.2402")]), one, "{format}");
        assert_ne!(prints(&[("web", "10.0.26100.1")]), one, "{format}");
        // Where each host is a result of its own, those that were known stay.
        let two = prints(&[("web", "10.0.20348.1"), ("db", "10.0.20348.1")]);
        assert_eq!(two[0], one[0], "{format}");
        assert_eq!(prints(&[("a", "10.0.20348.1"), ("web", "10.0.20348.1"), ("db", "10.0.20348.1")])[..2], two, "{format}");
    }
}

#[test]
fn what_was_not_read_has_its_place() {
    let error = serde_json::json!({"reference": "app:1", "kind": "not-found", "message": "there is no such tag", "hint": null,
        "location": {"file": "a/Dockerfile", "line": 7, "column": 6}});
    let report = sample::of(vec![], vec![error]);
    let log = log(&rendered("sarif", &report));
    assert_well(&log);
    let place = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"];
    assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&"a/Dockerfile".into(), &7.into()));
    assert!(rendered("markdown", &report).contains("- `app:1` at a/Dockerfile:7: there is no such tag"));
    assert!(rendered("html", &report).contains(" at a/Dockerfile:7: there is no such tag"));
    assert!(rendered("junit", &report).contains("the image is read at a/Dockerfile:7"));
    assert!(rendered("matrix", &report).contains("a/Dockerfile:7: app:1: there is no such tag"));
}

#[test]
fn absolute_paths_are_addresses_of_files() {
    for (file, uri) in [
        ("C:\\src\\a b\\Dockerfile", "file:///C%3A/src/a%20b/Dockerfile"),
        ("/src/ä/Dockerfile", "file:///src/%C3%A4/Dockerfile"),
        ("./x.yaml", "x.yaml"),
        ("a:b", "a%3Ab"),
    ] {
        let result = sample::result("app:1", sample::host("web01", "10.0.20348.1"), None, Some(false), vec![]);
        let log = log(&rendered("sarif", &sample::of(vec![sample::found_in(result, file, 1, 1)], vec![])));
        assert_well(&log);
        assert_eq!(log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], uri);
    }
}
