//! Numbers for Prometheus, in its text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The upper ends of the times that are counted, in milliseconds.
const ENDS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// What is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Decisions by path, case and outcome.
    decisions: Mutex<BTreeMap<(&'static str, &'static str, &'static str), u64>>,
    times: [AtomicU64; ENDS.len()],
    time: AtomicU64,
    answered: AtomicU64,
    /// Requests that were refused, by status.
    refused: Mutex<BTreeMap<u16, u64>>,
    /// Reads of images by their ends.
    reads: Mutex<BTreeMap<&'static str, u64>>,
    /// Failures to follow the cluster, by what is followed.
    failures: Mutex<BTreeMap<&'static str, u64>>,
    /// Certificates that were taken over.
    pub certificates: AtomicU64,
    /// Certificates that could not be.
    pub certificate_failures: AtomicU64,
    /// Connections that were not served: too many, or no TLS.
    pub connections_refused: AtomicU64,
}

/// The values of the moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    /// The nodes that are known.
    pub nodes: usize,
    /// The groups of them.
    pub groups: usize,
    /// The images that are kept.
    pub images: usize,
    /// The images that are being read, or wait for it.
    pub reading: usize,
    /// The lines of the log that were dropped.
    pub lost_lines: u64,
    /// True if it is ready.
    pub ready: bool,
}

fn add<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, key: K) {
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
}

impl Metrics {
    /// Counts an answer.
    pub fn decided(&self, path: &'static str, case: &'static str, outcome: &'static str, took: Duration) {
        add(&self.decisions, (path, case, outcome));
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.time.fetch_add(micros, Ordering::Relaxed);
        self.answered.fetch_add(1, Ordering::Relaxed);
        for (end, count) in ENDS.iter().zip(&self.times) {
            if micros <= end * 1000 {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Counts a request that was refused.
    pub fn refused(&self, status: u16) {
        add(&self.refused, status);
    }

    /// Counts a read of an image.
    pub fn read(&self, end: &'static str) {
        add(&self.reads, end);
    }

    /// Counts a failure to follow objects of the cluster.
    pub fn failed(&self, followed: &'static str) {
        add(&self.failures, followed);
    }

    /// All of it as text.
    pub fn text(&self, gauges: Gauges) -> String {
        let mut text = String::new();
        let head = |text: &mut String, name: &str, kind: &str, help: &str| {
            let _ = writeln!(text, "# HELP wincompat_webhook_{name} {help}\n# TYPE wincompat_webhook_{name} {kind}");
        };
        head(&mut text, "decisions_total", "counter", "Admission requests answered, by path, case and outcome.");
        for ((path, case, outcome), count) in self.decisions.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = format!("path=\"{path}\",case=\"{case}\",outcome=\"{outcome}\"");
            let _ = writeln!(text, "wincompat_webhook_decisions_total{{{labels}}} {count}");
        }
        head(&mut text, "answer_seconds", "histogram", "Time from the whole request to the answer.");
        for (end, count) in ENDS.iter().zip(&self.times) {
            let seconds = Duration::from_millis(*end).as_secs_f64();
            let _ =
                writeln!(text, "wincompat_webhook_answer_seconds_bucket{{le=\"{seconds}\"}} {}", count.load(Ordering::Relaxed));
        }
        let answered = self.answered.load(Ordering::Relaxed);
        let sum = Duration::from_micros(self.time.load(Ordering::Relaxed)).as_secs_f64();
        let _ = writeln!(text, "wincompat_webhook_answer_seconds_bucket{{le=\"+Inf\"}} {answered}");
        let _ = writeln!(text, "wincompat_webhook_answer_seconds_sum {sum}\nwincompat_webhook_answer_seconds_count {answered}");
        head(&mut text, "refused_total", "counter", "Requests that were not admission requests, by status.");
        for (status, count) in self.refused.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(text, "wincompat_webhook_refused_total{{status=\"{status}\"}} {count}");
        }
        for (name, label, counts, help) in [
            ("image_reads_total", "end", &self.reads, "Images read from registries, by how it ended."),
            ("watch_failures_total", "of", &self.failures, "Failures to list or watch objects of the cluster."),
        ] {
            head(&mut text, name, "counter", help);
            for (value, count) in counts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                let _ = writeln!(text, "wincompat_webhook_{name}{{{label}=\"{value}\"}} {count}");
            }
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        for (name, kind, value, help) in [
            ("certificates_total", "counter", self.certificates.load(Ordering::Relaxed), "Certificates taken over."),
            (
                "certificate_failures_total",
                "counter",
                self.certificate_failures.load(Ordering::Relaxed),
                "Certificates that could not be used.",
            ),
            (
                "connections_refused_total",
                "counter",
                self.connections_refused.load(Ordering::Relaxed),
                "Connections that were not served.",
            ),
            ("log_lines_lost_total", "counter", gauges.lost_lines, "Lines of the log that nobody took in time."),
            ("nodes", "gauge", count(gauges.nodes), "Nodes that are known."),
            ("node_groups", "gauge", count(gauges.groups), "Groups of equal nodes."),
            ("images", "gauge", count(gauges.images), "Images that are kept."),
            ("images_reading", "gauge", count(gauges.reading), "Images that are being read, or wait for it."),
            ("ready", "gauge", u64::from(gauges.ready), "1 if it is ready."),
        ] {
            head(&mut text, name, kind, help);
            let _ = writeln!(text, "wincompat_webhook_{name} {value}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of docs/kubernetes.md has every metric.
    #[test]
    fn every_metric_is_in_the_docs() {
        let page = include_str!("../../docs/kubernetes.md");
        let text = Metrics::default().text(Gauges::default());
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE wincompat_webhook_"));
        let names: Vec<&str> = types.filter_map(|line| line.split(' ').next()).collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(page.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))), "{name}");
        }
    }
}
