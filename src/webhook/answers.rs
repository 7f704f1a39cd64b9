//! Answers to single questions: what the API server sends, decided with what is known, as what it gets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::json;

use super::images::{Images, owned};
use super::journal::Journal;
use super::metrics::Metrics;
use super::view::{Seen, View};
use super::work::Work;
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

/// The bytes from which reading a question, or writing down what it was about, takes longer than a millisecond.
const LARGE_QUESTION: usize = 64 << 10;

/// The time for the judgement where waiting for images has used up the budget: it takes a tenth of a second at the most.
const JUDGED: Duration = Duration::from_millis(200);

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
    /// The work that may take long.
    pub work: Work,
    /// The log.
    pub journal: Journal,
}

impl Answers {
    /// The answer to a question, as JSON.
    ///
    /// # Errors
    ///
    /// A body that is not a question.
    pub async fn answer(&self, path: Path, body: Bytes) -> Result<Vec<u8>, Refused> {
        let begun = Instant::now();
        let size = body.len();
        let review = apart(size, || Review::parse(&body))?;
        drop(body);
        let decided = self.decide(path, &review).await;
        Ok(apart(size, || self.told(path, &review, &decided, begun)))
    }

    /// The answer of a decision, which is counted and logged.
    fn told(&self, path: Path, review: &Review, decided: &Decided, begun: Instant) -> Vec<u8> {
        let Decided { decision, pod, unread } = decided;
        let word = |advice: &Advice| clean(&self.wording.advice(advice)).into_owned();
        let answer = review.answer(decision, &word).to_string().into_bytes();
        let outcome = match &decision.outcome {
            Outcome::Allow if decision.warnings.is_empty() => "allowed",
            Outcome::Allow => "warned",
            Outcome::Steer(_) => "steered",
            Outcome::Deny(_) => "denied",
        };
        let took = begun.elapsed();
        self.metrics.decided(path.as_str(), decision.case.as_str(), outcome, took);
        let (object, images) = match pod {
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
            values["unread"] = json!(first(unread.iter().collect(), MOST_LOGGED, String::clone));
        }
        self.journal.line("info", "decision", values);
        answer
    }

    async fn decide(&self, path: Path, review: &Review) -> Decided {
        let until = tokio::time::Instant::now() + self.budget;
        let seen = self.view.now();
        let Some(nodes) = &seen.nodes else {
            let warning = Warning::unknown("the nodes of the cluster are not known yet");
            return Decided::at_once(Decision { warnings: vec![warning], ..Decision::allow(Case::Unknown) });
        };
        let today = TimeZone::UTC.to_datetime(now()).date();
        let policy = Policy { today, ..self.policy.clone() };
        let none = HashMap::new();
        // Where a node does not say what it runs, nothing is denied.
        let mode = if seen.has_unknown && self.rules.mode == Mode::Enforce { Mode::Steer } else { self.rules.mode };
        let rules = Rules { mode, exempt: self.rules.exempt.clone() };
        let question = self.question(&policy, &seen, nodes, &none);
        let admitted = self.work.run(until, || match path {
            Path::Mutate => admit(review, &rules, &question),
            Path::Validate => validate(review, &rules, &question),
        });
        let pod = match admitted.await {
            None => return Decided::at_once(busy()),
            Some(Admitted::Decided(decision)) => return Decided::at_once(decision),
            Some(Admitted::Open(pod)) => pod,
        };
        let references: Vec<String> = pod.workload.images.iter().map(|image| image.reference.clone()).collect();
        let hosts = (&seen.hosts, seen.hosts_number);
        let read = self.images.get(&references, &review.namespace, hosts, until).await;
        let decided = self.work.run(until + JUDGED, || {
            let images = owned(read);
            let decision = pod.decide(&self.question(&policy, &seen, nodes, &images), &seen.expected);
            let mut unread: Vec<String> =
                images.iter().filter_map(|(image, read)| self.why_unread(image, read.as_ref().err()?)).collect();
            unread.sort();
            (decision, unread)
        });
        let (decision, unread) = decided.await.unwrap_or_else(|| (busy(), Vec::new()));
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

/// Work on a question of this size; that on a large one is done without holding up other tasks of this thread.
fn apart<T>(size: usize, work: impl FnOnce() -> T) -> T {
    if size < LARGE_QUESTION { work() } else { tokio::task::block_in_place(work) }
}

/// The decision where too much else is to be decided.
fn busy() -> Decision {
    let warning = Warning::unknown("this webhook has too many questions at once");
    Decision { warnings: vec![warning], ..Decision::allow(Case::Unknown) }
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
