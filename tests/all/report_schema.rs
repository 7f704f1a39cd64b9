//! The published JSON Schema of the report: it is the one the program's types give, and what the program prints satisfies it.

use std::path::PathBuf;

use jsonschema::Validator;
use serde_json::{Value, json};
use wincompat::report::document;

use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};
use crate::support::registry::images::{Access, Images, OCI_INDEX, serve};
use crate::support::registry::windows::WindowsImage;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema/report-v1.json")
}

fn published() -> Value {
    serde_json::from_slice(&std::fs::read(path()).unwrap()).unwrap()
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&published()).unwrap()
}

/// What is wrong with this document, each with its place.
fn faults(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_published_schema_is_that_of_the_program() {
    let generated = serde_json::to_string_pretty(&document::schema()).unwrap() + "\n";
    assert_committed("schema/report-v1.json", &generated);
}

/// A registry with an image of every kind.
fn images() -> Images {
    let linux = std::fs::read(format!("{}/fixtures/manifests/synthetic-linux-index.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let liar = WindowsImage::of("10.0.17763.1").indexed("os.version", "10.0.20348.1");
    let several = ["10.0.26100.1", "10.0.20348.1", "10.0.17763.1", "10.0.14393.1"].map(WindowsImage::of);
    let odd = [WindowsImage::of("eleven"), WindowsImage::of("10.0.26100.1").indexed("architecture", "arm64")];
    Images::default()
        .windows("app", "liar", &[liar])
        .windows("app", "several", &several)
        .windows("app", "odd", &odd)
        .windows("app", "unversioned", &[WindowsImage::without_version()])
        .single("app", "single", &WindowsImage::of("10.0.20348.1"))
        .single("app", "nothing", &WindowsImage::without_version().stated("architecture", Value::Null))
        .tagged("app", "linux", OCI_INDEX, linux)
}

const HOSTS: [&str; 7] = [
    "--host=all",
    "--host=ltsc2016",
    "--host=10.0.14393.1,client",
    "--host=10.0.26100.1,client,arm64,no-hyperv",
    "--host=windows-11-24h2,home",
    "--host=10.0.29651.1000",
    "--host=6.3.9600",
];

#[test]
fn what_is_printed_satisfies_the_schema() {
    let (validator, program) = (validator(), Program::new());
    let server = serve(images(), Access::Anyone);
    let tags = ["liar", "several", "odd", "unversioned", "single", "nothing", "linux", "no-such-tag"];
    let mut names: Vec<String> = tags.map(|tag| format!("registry.test/app:{tag}")).into();
    names.extend(
        ["https://registry.test/app", "oci:no-such-folder", "127.0.0.1:1/app", "microsoft/nanoserver"].map(str::to_owned),
    );
    let mut printed = Vec::new();
    for arguments in [
        &[][..],
        &["--isolation=auto"],
        &["--isolation=default", "--no-confirm"],
        &["--isolation=process", "--production", "--deny=warnings"],
        &["--isolation=hyperv", "--strict", "--untrusted"],
        &["--isolation=host-process"],
        &["--offline", "mcr.microsoft.com/windows/servercore:ltsc2022", "mcr.microsoft.com/windows/nanoserver"],
    ] {
        let mut command = program.check(&server.url(""));
        let answer = Answer::of(command.args(["--format=json"]).args(HOSTS).args(arguments).args(&names));
        let report = answer.json();
        assert_eq!(faults(&validator, &report), [""; 0], "{arguments:?}");
        printed.push(report);
    }

    // What was printed has every word that has no other way into a report from here.
    let words = |pointer: &str, list: &str| -> Vec<Value> {
        let entries = printed.iter().flat_map(|report| report[list].as_array().unwrap());
        let mut words: Vec<Value> = entries.map(|entry| entry.pointer(pointer).unwrap().clone()).collect();
        words.sort_by_key(Value::to_string);
        words.dedup();
        words
    };
    assert_eq!(words("/verdict", "results"), ["hyperv", "incompatible", "process", "unknown"]);
    assert_eq!(words("/isolation", "results"), ["auto", "default", "host-process", "hyperv", "process"]);
    assert_eq!(words("/use", "results"), [json!("host-process"), json!("hyperv"), json!("process"), Value::Null]);
    assert_eq!(words("/ok", "results"), [json!(false), Value::Null, json!(true)]);
    assert_eq!(words("/image/source", "results"), ["cache", "knowledge", "registry"]);
    assert_eq!(words("/kind", "errors"), ["invalid", "network", "not-found"]);
}

#[test]
fn a_report_of_nothing_but_errors_satisfies_it() {
    let (validator, program) = (validator(), Program::new());
    let mut command = program.command();
    let answer = Answer::of(command.args(["check", "--format=json", "--offline", "--host=ltsc2022", "app:1"]));
    assert_eq!(answer.code, 2);
    let report = answer.json();
    assert_eq!((&report["results"], faults(&validator, &report)), (&json!([]), vec![]));
}

/// A schema that takes everything would show nothing.
#[test]
fn what_is_no_report_does_not_satisfy_it() {
    let (validator, program) = (validator(), Program::new());
    let image = "mcr.microsoft.com/windows/nanoserver:1903";
    let answer = Answer::of(program.command().args(["check", "--format=json", "--offline", "--host=ltsc2022", image]));
    let report = answer.json();
    assert_eq!(faults(&validator, &report), [""; 0]);
    let changes: [(&str, Value); 11] = [
        ("/schema", json!("wincompat/report/v2")),
        ("/tool/version", Value::Null),
        ("/results/0/verdict", json!("perhaps")),
        ("/results/0/use", json!("vm")),
        ("/results/0/ok", json!("true")),
        ("/results/0/image/source", json!("memory")),
        ("/results/0/host/kind", Value::Null),
        ("/results/0/process/because", json!("build-mismatch")),
        ("/results/0/findings/0/severity", json!("fatal")),
        ("/results/0/candidates/0/chosen", Value::Null),
        ("/summary/ok", json!(-1)),
    ];
    for (place, value) in changes {
        let mut changed = report.clone();
        *changed.pointer_mut(place).unwrap() = value;
        assert_eq!(faults(&validator, &changed).len(), 1, "{place}");
    }
    for (place, field) in [("", "summary"), ("/results/0", "candidates"), ("/results/0/host", "default"), ("/results/0", "use")] {
        let mut changed = report.clone();
        changed.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        assert_eq!(faults(&validator, &changed).len(), 1, "{place}/{field} is missing");
    }
    let mut added = report;
    added["results"][0]["addedLater"] = json!(1);
    assert_eq!(faults(&validator, &added), [""; 0], "fields are added within a version");
}

#[test]
fn the_published_schema_of_clusters_is_that_of_the_program() {
    let generated = serde_json::to_string_pretty(&wincompat::report::cluster::schema()).unwrap() + "\n";
    assert_committed("schema/cluster-v1.json", &generated);
}

#[test]
fn the_published_schema_of_plans_of_clusters_is_that_of_the_program() {
    let generated = serde_json::to_string_pretty(&wincompat::report::cluster_plan::schema()).unwrap() + "\n";
    assert_committed("schema/cluster-plan-v1.json", &generated);
}

#[test]
fn the_published_schema_of_explanations_is_that_of_the_program() {
    let schema = wincompat::report::explanation::schema();
    assert_committed("schema/explain-v1.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    let validator = jsonschema::draft202012::new(&serde_json::to_value(&schema).unwrap()).unwrap();
    let program = Program::new();
    for asked in [&["--list"][..], &["build-mismatch", "0xc0370106"], &["no-such-thing"]] {
        let answer = Answer::of(program.command().args(["explain", "--format=json"]).args(asked));
        assert_eq!(faults(&validator, &answer.json()), [""; 0], "{asked:?}");
    }
}
