//! The answers of the versions of an engine: which do the same with an image, and which do not.

use super::rules::{self, RuleInput};
use super::takes::tells_of;
use super::{
    Case, Choice, Code, Finding, Judgement, Outcome, Policy, Possibility, Says, Severity, Subject, Takes, Use, Wish, judge,
};
use crate::engine::{self, Selection};
use crate::host::{Host, HostEngine};
use crate::image::Image;
use crate::knowledge::{EngineVersions, Knowledge, and_joined, in_words, versions_with};
use crate::{Advice, Engine, ImageStore, Isolation};

/// Versions of an engine that follow each other, and what all of them do with one image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<'k> {
    /// The first and the last of what is known of them.
    pub versions: (&'k EngineVersions, &'k EngineVersions),
    /// The entry that they take, and what becomes of it.
    pub takes: Takes,
}

/// The reasons for which an isolation is not tried: the policy, or what the engine does not do on this host.
const NOT_TRIED: [Code; 6] = [
    Code::ProcessNotForUntrusted,
    Code::ProcessNotForProduction,
    Code::HostTooOldForDocker,
    Code::DockerBeforeClientProcess,
    Code::HypervDoesNotWiden,
    Code::EngineWithoutHostProcess,
];

/// What versions do with an image that they do not start.
const REFUSE: &str = "refuse it";
const TAKE_ANOTHER: &str = "take another entry, which does not start";
const DO_NOT_START: &str = "do not start it";

impl Takes {
    /// What becomes of an image of which this entry is chosen; `None` where it starts, or where that is not known.
    fn refusal(&self, chosen: Option<usize>) -> Option<&'static str> {
        match (self.outcome, self.says) {
            (Outcome::Starts | Outcome::Unknown, _) => None,
            (Outcome::Refuses, Some(Says::Pull(_))) => Some(REFUSE),
            (Outcome::Refuses, _) if self.is_another(chosen) => Some(TAKE_ANOTHER),
            (Outcome::Refuses, _) => Some(DO_NOT_START),
        }
    }
}

impl Answer<'_> {
    /// The reasons why the entry that these versions of this engine take does not start, or why that is not known, with their sentences:
    /// those that the words of the engine do not say. Empty where it starts, and where none is taken.
    pub fn reasons(
        &self,
        knowledge: &Knowledge,
        host: &Host,
        image: &Image,
        policy: &Policy,
        engine: &HostEngine,
    ) -> Vec<(Code, Advice)> {
        let taken = self.takes.candidate.and_then(|index| image.candidates.get(index));
        let Some(candidate) = taken.filter(|_| self.takes.outcome != Outcome::Starts) else { return Vec::new() };
        let alone = Image { candidates: vec![candidate.clone()], ..image.clone() };
        // What is denied is no reason of an engine.
        let with = |versions: &EngineVersions| Policy {
            engine: Some(last_of(engine, versions)),
            deny: Vec::new(),
            deny_warnings: false,
            ..policy.clone()
        };
        let (first, last) = self.versions;
        let policy = &with(last);
        let judgement = judge(knowledge, host, &alone, policy);
        let decided = (self.takes.outcome == Outcome::Refuses).then_some(false);
        let because = |possibility: &Possibility| match possibility.possible == decided {
            true => possibility.because.clone(),
            false => Vec::new(),
        };
        let wished = policy.allowed_by(policy.wish, host, host.kind);
        let mut codes: Vec<Code> = match self.takes.isolation {
            Some(Use::Process | Use::Hyperv) => {
                let of = |isolation: &Isolation| rules::of(*isolation, &judgement.process, &judgement.hyperv);
                wished.iter().flat_map(|isolation| because(of(isolation))).collect()
            }
            Some(Use::HostProcess) | None => {
                rules::reasons_beside_version(host, &RuleInput::of(candidate, image.repository.as_deref()))
            }
        };
        // What only some of these versions do not do is no reason of all of them.
        let of_first = not_tried(&judge(knowledge, host, &alone, &with(first)));
        codes.extend(not_tried(&judgement).into_iter().filter(|code| of_first.contains(code)));
        let is_said = |code: Code| {
            self.takes.says.is_some() && matches!(code, Code::BuildMismatch | Code::RevisionMismatch | Code::ImageNewerThanHost)
        };
        let reference = &image.reference;
        let subject = Subject { knowledge, reference, image: Some(&alone), chosen: judgement.chosen, host, policy };
        let found = judgement.findings.iter().filter(|finding| codes.contains(&finding.code) && !is_said(finding.code));
        found.map(|finding| (finding.code, finding.message(&subject))).collect()
    }
}

/// The reasons of a judgement for which an isolation that was asked for is not tried.
fn not_tried(judgement: &Judgement) -> Vec<Code> {
    let is_one = |finding: &&Finding| finding.severity == Severity::Error && NOT_TRIED.contains(&finding.code);
    judgement.findings.iter().filter(is_one).map(|finding| finding.code).collect()
}

/// The answers of every known version of this engine, the oldest first; neighbours that do the same are one. Empty for an engine of
/// which nothing is known, and for an image that no engine pulls.
pub fn answers<'k>(
    knowledge: &'k Knowledge,
    host: &Host,
    image: &Image,
    policy: &Policy,
    engine: &HostEngine,
) -> Vec<Answer<'k>> {
    let mut answers: Vec<Answer<'k>> = Vec::new();
    for versions in of_engine(knowledge, engine) {
        let engine = last_of(engine, versions);
        let Some(takes) = judge(knowledge, host, image, &Policy { engine: Some(engine), ..policy.clone() }).takes else {
            continue;
        };
        match answers.last_mut() {
            Some(answer) if answer.takes == takes => answer.versions.1 = versions,
            _ => answers.push(Answer { versions: (versions, versions), takes }),
        }
    }
    answers
}

/// This engine in every known version: of those that do the same the last one.
pub fn versions_of(knowledge: &Knowledge, engine: &HostEngine) -> Vec<HostEngine> {
    of_engine(knowledge, engine).into_iter().map(|versions| last_of(engine, versions)).collect()
}

/// This engine in the last of these versions.
fn last_of(engine: &HostEngine, versions: &EngineVersions) -> HostEngine {
    engine.in_version(versions.written(&versions.last))
}

/// What is known of this engine with its image store, the oldest version first.
pub(super) fn of_engine<'k>(knowledge: &'k Knowledge, engine: &HostEngine) -> Vec<&'k EngineVersions> {
    let Some((name, store)) = engine::pulling(engine) else { return Vec::new() };
    versions_with(&knowledge.engine_versions, name, store)
}

/// The engines of which something is known, without versions: Docker with each of its stores, containerd, and the kubelet.
pub fn known_engines() -> [HostEngine; 4] {
    let docker = |store| HostEngine { store: Some(store), ..HostEngine::new(Engine::Docker, None) };
    [
        docker(ImageStore::GraphDriver),
        docker(ImageStore::Containerd),
        HostEngine::new(Engine::Containerd, None),
        HostEngine::new(Engine::Kubernetes, None),
    ]
}

impl Case<'_> {
    /// True if it was said which engine it is, but not which version, and other known versions than the newest do something else with
    /// an image that fits.
    pub(super) fn version_matters(&self, chosen: Option<usize>, choice: &Choice, takes: &Takes) -> bool {
        if !self.engine_is_named() || choice.ok == Some(false) || self.engine.pulling_version().is_some() {
            return false;
        }
        // What only some versions do, whatever entry is taken.
        let has_limits = self.engine.name == Engine::Docker || self.wish == Wish::HostProcess;
        let taken = |selection: &Selection<'_>| (selection.candidate, selection.refusal);
        of_engine(self.knowledge, self.engine).into_iter().any(|versions| {
            let selection = engine::selected((versions, true), self.engine.name, self.host, self.image);
            if !has_limits && selection.as_ref().map(taken) == self.selection.map(taken) {
                return false;
            }
            let engine = last_of(self.engine, versions);
            let other = Case { engine: &engine, selection: selection.as_ref(), ..*self }.takes(chosen, choice);
            other.is_some_and(|(other, _)| (other.candidate, other.outcome) != (takes.candidate, takes.outcome))
        })
    }
}

impl Subject<'_> {
    /// The known versions that do something else with the image than the newest, e.g. `containerd 1.5.0 to
    /// 1.6.17 and 2.1.6 to 2.3.4`.
    pub(super) fn differing_versions(&self) -> String {
        let Some(image) = self.image else { return String::new() };
        let engine = self.policy.engine_of(self.host);
        let answers = answers(self.knowledge, self.host, image, self.policy, &engine);
        let newest = answers.last().map(|answer| (answer.takes.candidate, answer.takes.outcome));
        self.versions_in_words(&answers, |takes| Some((takes.candidate, takes.outcome)) != newest)
    }

    /// What known versions do that do not start the image, e.g. `containerd 2.3.0 to 2.3.4 refuse it: …`: those by which an engine is
    /// judged whose own version is not known.
    pub(super) fn refusing_versions(&self) -> Vec<String> {
        let Some(image) = self.image else { return Vec::new() };
        let engine = self.policy.engine_of(self.host);
        let takes = |versions: &EngineVersions| {
            let policy = Policy { engine: Some(last_of(&engine, versions)), ..self.policy.clone() };
            judge(self.knowledge, self.host, image, &policy).takes
        };
        let nearest = engine::versions(self.knowledge, &engine).map(|(nearest, _)| nearest);
        let tells = |versions: &EngineVersions| match nearest {
            Some(nearest) => std::ptr::eq(nearest, versions),
            None => tells_of(&engine, versions, self.policy),
        };
        let told = of_engine(self.knowledge, &engine).into_iter().filter(|versions| tells(versions));
        let answers: Vec<(&EngineVersions, Takes)> = told.filter_map(|versions| Some((versions, takes(versions)?))).collect();
        let clause = |deed: &str| {
            let is_meant = |takes: &Takes| takes.refusal(self.chosen) == Some(deed);
            let meant: Vec<_> = answers.iter().filter(|(_, takes)| is_meant(takes)).collect();
            let words = in_words(&self.knowledge.engine_versions, |versions| {
                meant.iter().any(|(meant, _)| std::ptr::eq(*meant, versions))
            });
            let mut says = meant.iter().map(|(_, takes)| takes.says.map(|says| says.message(self.host)));
            let first = says.next()?;
            let message = first.filter(|first| says.all(|next| next.as_ref() == Some(first)));
            let quoted = message.map(|message| format!(": `{message}`")).unwrap_or_default();
            Some(format!("{} {deed}{quoted}", and_joined(&words)))
        };
        [REFUSE, TAKE_ANOTHER, DO_NOT_START].into_iter().filter_map(clause).collect()
    }

    /// The versions whose answer is meant, as ranges.
    fn versions_in_words(&self, answers: &[Answer<'_>], is_meant: impl Fn(&Takes) -> bool) -> String {
        let of_versions = |versions: &EngineVersions| {
            answers.iter().find(|answer| {
                let (first, last) = answer.versions;
                (versions.engine, versions.store) == (first.engine, first.store)
                    && (&first.first..=&last.last).contains(&&versions.first)
            })
        };
        let is_of_one = |versions: &EngineVersions| of_versions(versions).is_some_and(|answer| is_meant(&answer.takes));
        and_joined(&in_words(&self.knowledge.engine_versions, is_of_one))
    }
}
