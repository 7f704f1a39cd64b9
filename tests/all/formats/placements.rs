//! Workloads of a cluster that do not pass, and of which no result says so: what every format says of them.

use serde_json::{Value, json};
use wincompat::report::Report;

use super::hostile::HOSTILE;
use super::{FORMATS, html, junit, markdown, pipelines, rendered, sample, sarif};

/// A workload with this status, whose name, reason and advice have this text in them.
fn placement(status: &str, ok: Option<bool>, text: &str) -> Value {
    let said =
        sample::finding("selector-excludes-fitting", "error", &format!("MARK reason {text}"), &format!("MARK advice {text}"));
    json!({
        "object": format!("apps/v1 Deployment shop/MARK{status}{text}"), "status": status, "ok": ok,
        "message": format!("MARK reason {text}"), "images": ["registry.test/app:1"],
        "findings": if ok.is_none() { json!([]) } else { json!([said]) },
        "location": {"file": format!("shop/deployment/MARK{text}"), "line": 1, "column": 1},
    })
}

/// One workload that lands nowhere and one that is not decided, beside an image that passes.
fn report(text: &str) -> Report {
    let passes = sample::result("app:1", sample::host("web01", "10.0.20348.1"), Some("process"), Some(true), vec![]);
    let mut report = serde_json::to_value(sample::of(vec![passes], vec![])).unwrap();
    report["placements"] = json!([placement("no-node", Some(false), text), placement("unknown", None, text)]);
    (report["summary"]["notOk"], report["summary"]["undecided"]) = (json!(1), json!(1));
    serde_json::from_value(report).unwrap()
}

/// They are failures with a reason and something to do, and not images that were not read.
#[test]
fn a_workload_without_a_node_is_a_failure_in_every_format() {
    let report = report("");
    for name in FORMATS.into_iter().chain(["matrix"]) {
        let printed = rendered(name, &report).split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["MARKno-node", "MARKunknown", "MARK reason", "MARK advice"] {
            assert!(printed.contains(words), "{name}: {words}: {printed}");
        }
        let unread = if name == "html" { "<h2>Not read</h2>" } else { "not read" };
        assert!(!printed.contains(unread) && !printed.contains("the image is read"), "{name}: {printed}");
    }
    let cases = junit::cases(&rendered("junit", &report));
    let outcomes: Vec<&str> = cases.iter().map(|[.., outcome]| outcome.as_str()).collect();
    assert_eq!(outcomes, ["passed", "failure", "error"]);
    let log: Value = serde_json::from_str(&rendered("sarif", &report)).unwrap();
    sarif::assert_well(&log);
    let run = &log["runs"][0];
    let rules: Vec<&Value> = run["results"].as_array().unwrap().iter().map(|result| &result["ruleId"]).collect();
    assert_eq!(rules, ["selector-excludes-fitting", "undecided"]);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"], json!([]));
    let seen = markdown::seen(&rendered("markdown", &report));
    assert_eq!(seen.headings, ["❌ Windows containers: a workload does not run", "Failed", "Undecided", "Images and hosts"]);
    assert!(
        seen.text.contains("1 image on 1 host: 1 passed, 0 failed. 1 workload failed, 1 workload undecided"),
        "{}",
        seen.text
    );
    assert!(rendered("html", &report).contains("<h1>Not every workload runs</h1>"));
    let severities: Vec<Value> = serde_json::from_str::<Vec<Value>>(&rendered("gitlab", &report)).unwrap();
    let severities: Vec<&Value> = severities.iter().map(|issue| &issue["severity"]).collect();
    assert_eq!(severities, ["critical", "major"]);
    // A reader of the numbers alone does not take it for a pass.
    let mut lines = Vec::new();
    wincompat::report::lines::write(&report, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert!(
        lines.starts_with("FAIL apps/v1 Deployment shop/MARKno-node: can land on no node: MARK reason  [selector-"),
        "{lines}"
    );
    assert!(lines.contains("\nUNDECIDED apps/v1 Deployment shop/MARKunknown: undecided: MARK reason"), "{lines}");
}

#[test]
fn a_line_for_each_satisfies_the_schema() {
    let published = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report-line-v1.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_slice(&published).unwrap()).unwrap();
    let text = rendered("jsonl", &report(""));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["result", "placement", "placement", "summary"]);
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert_eq!(faults, [""; 0], "{line}");
    }
}

#[test]
fn hostile_names_of_workloads_are_harmless_in_every_format() {
    let honest = html::seen(&rendered("html", &report("honest")));
    let shape = |seen: &markdown::Seen| (seen.headings.len(), seen.rows.len(), seen.items);
    let of_markdown = shape(&markdown::seen(&rendered("markdown", &report("honest"))));
    for text in HOSTILE {
        let report = report(text);
        assert_eq!(serde_json::from_str::<Report>(&rendered("json", &report)).unwrap(), report, "{text:?}");
        let page = html::seen(&rendered("html", &report));
        for name in ["h1", "h2", "li", "b", "script", "img"] {
            assert_eq!(page.count(name), honest.count(name), "<{name}> with {text:?}");
        }
        assert_eq!(shape(&markdown::seen(&rendered("markdown", &report))), of_markdown, "{text:?}");
        assert_eq!(junit::cases(&rendered("junit", &report)).len(), 3, "{text:?}");
        sarif::assert_well(&serde_json::from_str(&rendered("sarif", &report)).unwrap());
        let words: Vec<String> =
            pipelines::of_github(&rendered("github", &report)).into_iter().map(|command| command.word).collect();
        assert_eq!(words, ["error", "error", "notice"], "{text:?}");
        assert_eq!(pipelines::of_azure(&rendered("azure", &report)).len(), 2, "{text:?}");
        let mut lines = Vec::new();
        wincompat::report::lines::write(&report, &mut lines).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap().lines().count(), 2, "{text:?}");
        let matrix = rendered("matrix", &report);
        assert!(
            !matrix.contains("##vso") && !matrix.lines().any(|line| line.trim_start().starts_with("::")),
            "{text:?}: {matrix}"
        );
    }
}
