//! The answer about a cluster as PolicyReports of Kubernetes' policy working group, `wgpolicyk8s.io/v1alpha2`: one a namespace, as YAML.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::cluster::{ClusterReport, WorkloadEntry};
use super::document::FindingEntry;
use super::{Page, Renderer};
use crate::cluster::yaml;
use crate::compat::Severity;

/// The most results of one object: the API server takes objects of about a MiB.
const MOST_RESULTS: usize = 1_000;

/// The name of the objects, and of the policy.
const NAME: &str = "wincompat";

/// Documents of YAML, for `kubectl apply`.
#[derive(Debug)]
pub struct PolicyReports;

impl Renderer<ClusterReport> for PolicyReports {
    fn render(&self, report: &ClusterReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut namespaces: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for workload in &report.workloads {
            let results = namespaces.entry(workload.resource.namespace.as_str()).or_default();
            results.extend(results_of(workload, page.now.as_second()));
        }
        for (namespace, results) in namespaces {
            for (number, part) in results.chunks(MOST_RESULTS).enumerate() {
                let name = if number == 0 { NAME.to_owned() } else { format!("{NAME}-{}", number + 1) };
                write!(out, "---\n{}", yaml(&object(&name, namespace, part)))?;
            }
        }
        Ok(())
    }
}

fn object(name: &str, namespace: &str, results: &[Value]) -> Value {
    let count = |word: &str| results.iter().filter(|result| result.get("result") == Some(&json!(word))).count();
    let numbers = ["pass", "fail", "warn", "error", "skip"].map(|word| (word.to_owned(), json!(count(word))));
    json!({
        "apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport",
        "metadata": { "name": name, "namespace": namespace, "labels": { "app.kubernetes.io/managed-by": NAME } },
        "summary": numbers.into_iter().collect::<serde_json::Map<_, _>>(), "results": results,
    })
}

/// A result for each finding; one that passes, or that is not decided, for a workload that has none which says so.
fn results_of(workload: &WorkloadEntry, seconds: i64) -> Vec<Value> {
    let mut results: Vec<Value> = workload.findings.iter().map(|finding| of_finding(workload, finding, seconds)).collect();
    let fails = workload.findings.iter().any(|finding| finding.severity.known() == Some(Severity::Error));
    let rest = match workload.ok {
        Some(true) if results.is_empty() => Some(("pass", "its pods land only where all of its images run")),
        Some(false) if !fails => Some(("fail", "its pods can land where one of its images does not run")),
        None => Some(("error", "not known: an image, or a part of the cluster, could not be read")),
        Some(_) => None,
    };
    if let Some((result, message)) = rest {
        results.push(of(workload, "lands-where-it-runs", result, "info", message, "", seconds));
    }
    results
}

fn of_finding(workload: &WorkloadEntry, finding: &FindingEntry, seconds: i64) -> Value {
    let (result, severity) = match finding.severity.known() {
        Some(Severity::Error) => ("fail", "high"),
        Some(Severity::Warning) | None => ("warn", "medium"),
        Some(Severity::Note) => ("pass", "info"),
    };
    of(workload, &finding.code.to_string(), result, severity, &finding.message, &finding.help, seconds)
}

fn of(workload: &WorkloadEntry, rule: &str, result: &str, severity: &str, message: &str, help: &str, seconds: i64) -> Value {
    let resource = &workload.resource;
    let mut written = json!({
        "policy": NAME, "rule": rule, "result": result, "severity": severity, "message": message, "source": NAME,
        "category": "Windows containers", "timestamp": { "seconds": seconds, "nanos": 0 },
        "resources": [{
            "apiVersion": resource.api_version, "kind": resource.kind, "namespace": resource.namespace, "name": resource.name,
        }],
    });
    if !help.is_empty() {
        written["properties"] = json!({ "help": help });
    }
    written
}
