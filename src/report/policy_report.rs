//! The answer about a cluster as PolicyReports of Kubernetes' policy working group, `wgpolicyk8s.io/v1alpha2`: one a namespace, as YAML.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::cluster::{ClusterReport, WorkloadEntry};
use super::document::FindingEntry;
use super::{Page, Renderer};
use crate::cluster::yaml;
use crate::compat::Severity;

/// The most bytes of the results of one object, as JSON. `kubectl apply` keeps a copy of what it applies in an annotation of the object, and
/// the API server takes 256 KiB of annotations.
const MOST_BYTES: usize = 200 << 10;

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
            for (number, part) in parts(results).iter().enumerate() {
                let name = if number == 0 { NAME.to_owned() } else { format!("{NAME}-{}", number + 1) };
                write!(out, "---\n{}", yaml(&object(&name, namespace, part)))?;
            }
        }
        Ok(())
    }
}

/// The results in their order, in parts that each are those of one object.
fn parts(results: Vec<Value>) -> Vec<Vec<Value>> {
    let (mut parts, mut room): (Vec<Vec<Value>>, usize) = (Vec::new(), 0);
    for result in results {
        // With the comma behind it.
        let size = result.to_string().len() + 1;
        match parts.last_mut() {
            Some(part) if size <= room => {
                part.push(result);
                room -= size;
            }
            _ => {
                parts.push(vec![result]);
                room = MOST_BYTES.saturating_sub(size);
            }
        }
    }
    parts
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

#[cfg(test)]
mod tests {
    use super::*;

    /// With the whole object in an annotation of it, as after `kubectl apply`.
    #[test]
    fn an_object_is_not_larger_than_an_annotation_may_be() {
        let result = json!({ "message": "x".repeat(600) });
        let (few, many) = (vec![result.clone(); 10], vec![result; 1_000]);
        assert_eq!(parts(few.clone()), [few]);
        let written = parts(many.clone());
        for part in &written {
            assert!(object("wincompat-10", "shop", part).to_string().len() < 256 << 10);
        }
        assert_eq!((written.len(), written.concat()), (4, many));
        // It cannot be divided.
        assert_eq!(parts(vec![json!("x".repeat(300 << 10)), json!("y")]).len(), 2);
        assert!(parts(Vec::new()).is_empty());
    }
}
