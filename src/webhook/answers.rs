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
use crate::cluster::admission::{Admitted, Case, Decision, Mode, Outcome, Pod, Refused, Review, Rules, Warning, admit, validate};
use crate::cluster::{Nodes, Question};
use crate::compat::Policy;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::login;
use crate::report::Wording;
use crate::report::plain::clean;
use crate::{Advice, Error};

/// The most images, and the most groups of nodes, that one line of the log names.
const MOST_LOGGED: usize = 20;

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
        let Decided { decision, pod, unread } = self.decide(path, &review).await;
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
                let images = pod.workload.images.iter().collect();
                let images = first(images, MOST_LOGGED, |image| login::bare(&image.reference).into_owned());
                (format!("{}/{}", pod.workload.kind, pod.workload.name), images)
            }
            None => (format!("{}/{}", review.kind, review.name), Vec::new()),
        };
        let ms = u32::try_from(took.as_micros()).map_or(f64::MAX, f64::from) / 1000.0;
        let mut values = json!({
            "path": path.as_str(), "operation": review.operation, "namespace": review.namespace, "object": object, "images": images,
            "groups": first(decision.groups.iter().collect(), MOST_LOGGED, String::clone), "case": decision.case.as_str(), "outcome": outcome, "ms": ms, "dryRun": review.dry_run,
        });
        if !unread.is_empty() {
            values["unread"] = json!(first(unread, MOST_LOGGED, |why| why));
        }
        self.journal.line("info", "decision", values);
        Ok(answer)
    }

    async fn decide(&self, path: Path, review: &Review) -> Decided {
        let seen = self.view.now();
        let Some(nodes) = &seen.nodes else {
            let warning = Warning::unknown("the nodes of the cluster are not known yet");
            return Decided::at_once(Decision { warnings: vec![warning], ..Decision::allow(Case::Unknown) });
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
            Admitted::Decided(decision) => return Decided::at_once(decision),
            Admitted::Open(pod) => pod,
        };
        let references: Vec<String> = pod.workload.images.iter().map(|image| image.reference.clone()).collect();
        let hosts = (&seen.hosts, seen.hosts_number);
        let images = self.images.get(&references, &review.namespace, hosts, self.budget).await;
        let decision = pod.decide(&question(&images), &seen.expected);
        let mut unread: Vec<String> =
            images.iter().filter_map(|(image, read)| self.why_unread(image, read.as_ref().err()?)).collect();
        unread.sort();
        Decided { decision, pod: Some(pod), unread }
    }

    /// Why an image cannot be read, for those who may see the log. An error can hold what it is about: of a reference that may have a password,
    /// nothing is said.
    fn why_unread(&self, reference: &str, error: &Error) -> Option<String> {
        let is_plain = login::bare(reference) == reference;
        is_plain.then(|| format!("{reference}: {}; {}", error.sentence(), self.wording.advice(&error.advice())))
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

/// A decision, with what the log says of it.
struct Decided {
    decision: Decision,
    pod: Option<Box<Pod>>,
    /// Why images cannot be read.
    unread: Vec<String>,
}

impl Decided {
    /// One for which no image was read.
    const fn at_once(decision: Decision) -> Self {
        Self { decision, pod: None, unread: Vec::new() }
    }
}

/// The first of these, and the number of the others.
fn first<T>(values: Vec<T>, most: usize, text: impl Fn(T) -> String) -> Vec<String> {
    let others = values.len().saturating_sub(most);
    let more = (others > 0).then(|| format!("{others} more"));
    values.into_iter().take(most).map(text).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_few_of_many() {
        assert_eq!(first(vec![1, 2, 3], 2, |number| number.to_string()), ["1", "2", "1 more"]);
        assert_eq!(first(vec![1, 2], 2, |number| number.to_string()), ["1", "2"]);
    }
}
