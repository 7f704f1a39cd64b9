//! Reports with every kind of thing: a pass in either isolation, one that needs a flag, a failure, one undecided, images that were not
//! read.

use serde_json::{Value, json};
use wincompat::report::Report;

/// The digest of no image.
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SOURCE: &str = "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility";

/// A host with this label and version.
pub fn host(label: &str, version: &str) -> Value {
    json!({
        "label": label, "name": "Windows Server 2022", "osVersion": version, "release": "ltsc2022", "kind": "server",
        "edition": null, "architecture": "amd64", "containers": "available", "hyperv": "available", "default": "process",
        "source": "text", "file": null, "assumed": ["edition", "hyperv"], "overridden": [],
    })
}

/// A finding with this code and severity.
pub fn finding(code: &str, severity: &str, message: &str, help: &str) -> Value {
    json!({"code": code, "severity": severity, "message": message, "help": help, "remedies": [], "source": SOURCE})
}

/// A result of this image on this host; `use` is the isolation that is taken, `ok` the outcome.
pub fn result(image: &str, host: Value, taken: Option<&str>, ok: Option<bool>, findings: Vec<Value>) -> Value {
    json!({
        "image": {
            "reference": image, "digest": DIGEST, "source": "registry", "os": "windows", "architecture": "amd64",
            "osVersion": "10.0.20348.2402", "release": "ltsc2022",
        },
        "host": host, "engine": {"name": "docker", "version": null},
        "verdict": match (ok, taken) { (None, _) => "unknown", (_, Some(taken)) => taken, _ => "incompatible" },
        "isolation": "default", "use": taken, "ok": ok,
        "process": {"possible": taken == Some("process"), "because": []},
        "hyperv": {"possible": taken == Some("hyperv"), "because": []},
        "findings": findings,
        "candidates": [
            {"digest": DIGEST, "architecture": "amd64", "osVersion": "10.0.20348.2402", "verdict": "process", "chosen": true},
            {"digest": null, "architecture": "amd64", "osVersion": "10.0.17763.1", "verdict": "hyperv", "chosen": false},
        ],
        "location": null,
    })
}

/// The same result, found in this file.
pub fn found_in(mut result: Value, file: &str, line: u32, column: u32) -> Value {
    result["location"] = json!({"file": file, "line": line, "column": column});
    result
}

/// A report of these results and errors, with its numbers.
pub fn of(results: Vec<Value>, errors: Vec<Value>) -> Report {
    let count = |ok: Value| results.iter().filter(|result| result["ok"] == ok).count();
    let verdict = |verdict: &str| results.iter().filter(|result| result["verdict"] == verdict).count();
    let needs_flag = |result: &&Value| {
        let findings = result["findings"].as_array().unwrap();
        result["ok"] == false && findings.iter().any(|finding| finding["code"] == "other-isolation-possible")
    };
    let summary = json!({
        "process": verdict("process"), "hyperv": verdict("hyperv"), "incompatible": verdict("incompatible"),
        "unknown": verdict("unknown"), "errors": errors.len(), "ok": count(json!(true)), "notOk": count(json!(false)),
        "undecided": count(Value::Null), "needsFlag": results.iter().filter(needs_flag).count(),
    });
    let tool = json!({"name": "wincompat", "version": "1.2.3", "knowledge": "2026-11-23"});
    let report = json!({
        "schema": "wincompat/report/v1", "tool": tool, "results": results, "errors": errors, "summary": summary,
    });
    serde_json::from_value(report).unwrap()
}

/// The report of the snapshots.
pub fn report() -> Report {
    let hosts = [host("web01", "10.0.20348.2402"), host("web02", "10.0.26100.1742")];
    let on = |number: usize| hosts[number].clone();
    let old = finding(
        "image-end-of-support",
        "warning",
        "Windows base images of build 10.0.17763 have had no updates since 2024-01-09",
        "use a supported base image",
    );
    let mismatch = |host: &str| {
        let message = format!("process isolation needs matching builds: image 10.0.17763, host {host}");
        finding("build-mismatch", "error", &message, "for process isolation use registry.test/app:ltsc2022")
    };
    let mut flag = finding(
        "other-isolation-possible",
        "note",
        "hyperv isolation would work here",
        "run `docker run --isolation=hyperv registry.test/app:1809`",
    );
    flag["remedies"] = json!([{"kind": "flag", "value": "--isolation=hyperv", "verified": null}]);
    let newer = |host: &str| {
        let message =
            format!("image 10.0.26100 (ltsc2025) is newer than host {host}, so it cannot run there in any isolation mode");
        finding("image-newer-than-host", "error", &message, "run this image on a host of build 26100 or newer")
    };
    let unknown = finding(
        "os-version-missing",
        "warning",
        "image has no os.version; host is 10.0.20348",
        "only the start of a container will tell",
    );
    let newest = |number: usize, host: &str| {
        found_in(
            result("registry.test/app:ltsc2025", on(number), None, Some(false), vec![newer(host)]),
            "deploy\\Dockerfile",
            3,
            6,
        )
    };
    of(
        vec![
            result("registry.test/app:ltsc2022", on(0), Some("process"), Some(true), vec![]),
            result("registry.test/app:ltsc2022", on(1), Some("process"), Some(true), vec![]),
            result("registry.test/app:1809", on(0), None, Some(false), vec![mismatch("10.0.20348"), old.clone(), flag]),
            result("registry.test/app:1809", on(1), Some("hyperv"), Some(true), vec![old]),
            newest(0, "10.0.20348"),
            newest(1, "10.0.20349"),
            result("registry.test/app:unversioned", on(0), None, None, vec![unknown.clone()]),
            result("registry.test/app:unversioned", on(1), Some("process"), Some(true), vec![unknown]),
        ],
        vec![
            json!({"reference": "registry.test/gone:1", "kind": "not-found", "message": "there is no such tag", "hint": "look for the tags there are"}),
            json!({"reference": "private.test/app", "kind": "unauthorized", "message": "credentials are missing", "hint": null}),
        ],
    )
}
