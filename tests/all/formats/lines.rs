//! JSON Lines: every line is a document of its own, and satisfies the published schema.

use serde_json::Value;

use super::{rendered, sample};
use crate::support::committed::assert_committed;

#[test]
fn the_published_schema_is_that_of_the_program() {
    let generated = serde_json::to_string_pretty(&wincompat::report::jsonl::schema()).unwrap() + "\n";
    assert_committed("schema/report-line-v1.json", &generated);
}

#[test]
fn every_line_satisfies_the_schema() {
    let published = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report-line-v1.json")).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_slice(&published).unwrap()).unwrap();
    let report = sample::report();
    let text = rendered("jsonl", &report);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert_eq!(faults, [""; 0], "{line}");
    }
    let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, [&["result"; 8][..], &["error"; 2], &["summary"]].concat());

    // The fields of a line are those of the document.
    let mut whole = serde_json::to_value(&report).unwrap();
    for (number, line) in lines[..8].iter().enumerate() {
        let entry = whole["results"][number].as_object_mut().unwrap();
        entry.insert("schema".to_owned(), "wincompat/report-line/v1".into());
        entry.insert("type".to_owned(), "result".into());
        assert_eq!(line.as_object().unwrap(), entry);
    }
    assert_eq!(lines[10]["needsFlag"], 1);
    assert!(!validator.is_valid(&serde_json::json!({"schema": "wincompat/report-line/v1", "type": "rumour"})));
}
