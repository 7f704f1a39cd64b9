//! Answers to single questions: what the API server sends, decided with what is known, as what it gets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use serde_json::json;

use super::images::Images;
use super::journal::Journal;
use super::metrics::Metrics;
use super::view::{Seen, View};
use crate::clock::now;
use crate::cluster::admission::{Admitted, Case, Decision, Mode, Outcome, Pod, Refused, Review, Rules, admit, validate};
use crate::cluster::{Nodes, Question};
use crate::compat::Policy;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::report::Wording;
use crate::report::plain::clean;
use crate::{Advice, Error};

/// The two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Pods, which are decided about.
    Mutate,
    /// What makes pods, whose authors are warned.
    Validate,
}

impl Path {
    /// The path of a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mutate => "/mutate",
            Self::Validate => "/validate",
        }
    }
}

/// All that an answer rests on.
pub struct Answers {
    /// What is done with pods.
    pub rules: Rules,
    /// How images are judged.
    pub policy: Policy,
    /// The facts that age.
    pub knowledge: Arc<Knowledge>,
    /// The time that a question may wait for images.
    pub budget: Duration,
    /// The words of advice.
    pub wording: &'static (dyn Wording + Sync),
    /// The cluster.
    pub view: Arc<View>,
    /// The images.
    pub images: Arc<Images>,
    /// The numbers.
    pub metrics: Arc<Metrics>,
    /// The log.
    pub journal: Journal,
}

impl Answers {
    /// The answer to a question, as JSON.
    ///
    /// # Errors
    ///
    /// A body that is not a question.
    pub async fn answer(&self, path: Path, body: &[u8]) -> Result<Vec<u8>, Refused> {
        let begun = Instant::now();
        let review = Review::parse(body)?;
        let (decision, pod) = self.decide(path, &review).await;
        let word = |advice: &Advice| clean(&self.wording.advice(advice)).into_owned();
        let answer = review.answer(&decision, &word).to_string().into_bytes();
        let outcome = match &decision.outcome {
            Outcome::Allow if decision.warnings.is_empty() => "allowed",
            Outcome::Allow => "warned",
            Outcome::Steer(_) => "steered",
            Outcome::Deny(_) => "denied",
        };
        let took = begun.elapsed();
        self.metrics.decided(path.as_str(), decision.case.as_str(), outcome, took);
        let (object, images) = match &pod {
            Some(pod) => {
                let images: Vec<String> = pod.workload.images.iter().map(|image| without_credentials(&image.reference)).collect();
                (format!("{}/{}", pod.workload.kind, pod.workload.name), images)
            }
            None => (format!("{}/{}", review.kind, review.name), Vec::new()),
        };
        let ms = u32::try_from(took.as_micros()).map_or(f64::MAX, f64::from) / 1000.0;
        let values = json!({
            "path": path.as_str(), "operation": review.operation, "namespace": review.namespace, "object": object, "images": images,
            "groups": decision.groups, "case": decision.case.as_str(), "outcome": outcome, "ms": ms, "dryRun": review.dry_run,
        });
        self.journal.line("info", "decision", values);
        Ok(answer)
    }

    async fn decide(&self, path: Path, review: &Review) -> (Decision, Option<Box<Pod>>) {
        let seen = self.view.now();
        let Some(nodes) = &seen.nodes else {
            let warning = "wincompat: not judged: the nodes of the cluster are not known yet".into();
            return (Decision { warnings: vec![warning], ..Decision::allow(Case::Unknown) }, None);
        };
        let today = TimeZone::UTC.to_datetime(now()).date();
        let policy = Policy { today, ..self.policy.clone() };
        let none = HashMap::new();
        let question = |images| self.question(&policy, &seen, nodes, images);
        // Where a node does not say what it runs, nothing is denied.
        let mode = if seen.has_unknown && self.rules.mode == Mode::Enforce { Mode::Steer } else { self.rules.mode };
        let rules = Rules { mode, exempt: self.rules.exempt.clone() };
        let admitted = match path {
            Path::Mutate => admit(review, &rules, &question(&none)),
            Path::Validate => validate(review, &rules, &question(&none)),
        };
        let pod = match admitted {
            Admitted::Decided(decision) => return (decision, None),
            Admitted::Open(pod) => pod,
        };
        let references: Vec<String> = pod.workload.images.iter().map(|image| image.reference.clone()).collect();
        let hosts = (&seen.hosts, seen.hosts_number);
        let images = self.images.get(&references, &review.namespace, hosts, self.budget).await;
        let decision = pod.decide(&question(&images), &seen.expected);
        (decision, Some(pod))
    }

    fn question<'a>(
        &'a self,
        policy: &'a Policy,
        seen: &'a Seen,
        nodes: &'a Nodes,
        images: &'a HashMap<String, Result<Image, Error>>,
    ) -> Question<'a> {
        Question { knowledge: &self.knowledge, policy, nodes, classes: &seen.classes, images }
    }
}

/// A reference for the log, without what may be a password before the name of a host.
fn without_credentials(reference: &str) -> String {
    match reference.rsplit_once('@') {
        Some((_, after)) if !after.starts_with("sha") => format!("…@{after}"),
        _ => reference.to_owned(),
    }
}
