//! The entry that the engine takes, and what becomes of it, beside the one that fits best.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::answers::of_engine;
use super::remedies::{Reported, wish_for};
use super::warnings::is_reported_to_fail;
use super::{Case, Choice, Code, Finding, Judgement, Policy, Possibility, Severity, Subject, Use, Verdict, Wish, judge};
use crate::advice::Remedy;
use crate::engine::{self, Refusal, Selection, select, select_in_store};
use crate::host::{Attribute, Host, HostEngine};
use crate::image::Image;
use crate::knowledge::{Below, EngineVersion, EngineVersions, Knowledge, versions_with};
use crate::{Engine, ImageStore, Isolation};

/// The entry that the engine takes, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Takes {
    /// The entry, an index into [`Image::candidates`]; `None` where the engine takes none, and where it is not known which one: that can
    /// depend on the level of the host's processor.
    pub candidate: Option<usize>,
    /// The isolation in which it would start it.
    pub isolation: Option<Use>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The words with which it is refused, where they are known.
    pub says: Option<Says>,
    /// False for a version of the engine that is newer than those that are known, and where the level of the host's processor decides.
    pub known: bool,
}

impl Takes {
    /// True for another entry than the one that is chosen.
    pub(super) fn is_another(&self, chosen: Option<usize>) -> bool {
        self.candidate.is_some() && self.candidate != chosen
    }
}

/// What becomes of the entry that an engine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "EngineOutcome"))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// The container starts.
    Starts,
    /// The engine does not pull the image, or Windows does not start the container.
    Refuses,
    /// The facts do not decide.
    Unknown,
}

/// The words with which an image is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Says {
    /// Those of the engine, which does not pull the image.
    Pull(Refusal),
    /// Those of Windows, which does not start a container of another build.
    Start,
}

impl Says {
    /// The message as it is printed on this host.
    pub fn message(self, host: &Host) -> String {
        match self {
            Self::Pull(refusal) => refusal.message(host),
            Self::Start => "The container operating system does not match the host operating system. (0xc0370101)".to_owned(),
        }
    }
}

/// The engine where nothing names another one.
static UNNAMED: HostEngine = HostEngine { name: Engine::Docker, version: None, store: None, runtime: None };

impl Policy {
    /// The engine that is to start the container on this host, with all that is known of it: what was asked for, and what the
    /// host's source tells of the same engine beyond that.
    pub fn engine_of<'a>(&'a self, host: &'a Host) -> Cow<'a, HostEngine> {
        match (self.engine.as_ref(), host.engine.as_ref()) {
            (None, own) => Cow::Borrowed(own.unwrap_or(&UNNAMED)),
            (Some(asked), Some(own)) if own.name == asked.name => Cow::Owned(asked.beside(Some(own))),
            (Some(asked), _) => Cow::Borrowed(asked),
        }
    }
}

/// The entry that the engine of this policy takes on this host, an index into [`Image::candidates`]; `None` where it takes none,
/// and where nothing is known of that.
pub fn taken(knowledge: &Knowledge, host: &Host, image: &Image, policy: &Policy) -> Option<usize> {
    select(knowledge, host, image, &policy.engine_of(host))?.candidate
}

/// True for versions by which an engine is judged whose own version is not known. What is not a version, as of a build of one's own, and
/// another program below a kubelet can have the rules of those that are maintained; any other version those of all.
pub(super) fn tells_of(engine: &HostEngine, versions: &EngineVersions, policy: &Policy) -> bool {
    let has_numbers = || engine.pulling_version().is_some_and(|version| version.numbers().is_some());
    versions.is_maintained(policy.today) || has_numbers()
}

impl Case<'_> {
    /// The entry that the engine takes, with the choice of its isolation where it is another one than the best. `None` where nothing
    /// is known of that: an old version, an archive that no engine pulls, and a HostProcess container of an engine that has none.
    pub(super) fn takes(&self, chosen: Option<usize>, choice: &Choice) -> Option<(Takes, Option<Choice>)> {
        let engine = self.engine.name;
        if self.wish == Wish::HostProcess && matches!(engine, Engine::Docker | Engine::Wincompat) {
            return None;
        }
        if engine == Engine::Wincompat {
            return Some((self.taken(chosen, choice, None, true), None));
        }
        let selection = self.selection?;
        let Some(index) = selection.candidate else {
            // A later version may have other rules, where this one would refuse what fits.
            let outcome = if selection.known || choice.ok == Some(false) { Outcome::Refuses } else { Outcome::Unknown };
            let says = selection.refusal.map(Says::Pull);
            return Some((Takes { candidate: None, isolation: self.tried(choice), outcome, says, known: selection.known }, None));
        };
        let by_level = |takes: Takes| match takes.outcome == Outcome::Starts && self.may_fail_by_level(selection) {
            true => Takes { candidate: None, outcome: Outcome::Unknown, ..takes },
            false => takes,
        };
        if Some(index) == chosen {
            return Some((by_level(self.taken(chosen, choice, selection.refusal, selection.known)), None));
        }
        let (process, hyperv) = self.all.get(index)?;
        let other = Case { candidate: self.image.candidates.get(index), process, hyperv, ..*self };
        let other_choice = other.choose_isolation();
        let other_choice = Choice { ok: other_choice.ok.filter(|_| selection.refusal.is_none()), ..other_choice };
        let mut takes = other.taken(Some(index), &other_choice, selection.refusal, selection.known);
        if !selection.known && takes.outcome == Outcome::Refuses && choice.ok == Some(true) {
            // A later version may take what fits.
            takes = Takes { outcome: Outcome::Unknown, says: None, ..takes };
        }
        Some((by_level(takes), Some(other_choice)))
    }

    /// True where the engine takes an entry, on some level of the host's processor, of which it is not known that it starts.
    fn may_fail_by_level(&self, selection: &Selection<'_>) -> bool {
        let may_fail = |index: usize| {
            let Some((process, hyperv)) = self.all.get(index) else { return false };
            let other = Case { candidate: self.image.candidates.get(index), process, hyperv, ..*self };
            other.choose_isolation().ok != Some(true)
        };
        !selection.known
            && engine::depends_on_level(selection.versions, self.host, self.image)
            && engine::taken_on_levels(selection.versions, self.host, self.image).any(may_fail)
    }

    /// The same of this entry, which the engine takes, where this isolation is chosen for it.
    fn taken(&self, candidate: Option<usize>, choice: &Choice, refusal: Option<Refusal>, known: bool) -> Takes {
        let isolation = self.tried(choice);
        let outcome = match choice.ok {
            _ if refusal.is_some() => Outcome::Refuses,
            Some(true) => Outcome::Starts,
            Some(false) => Outcome::Refuses,
            None => Outcome::Unknown,
        };
        let mismatch = |possibility: &Possibility| {
            possibility.because.iter().any(|code| matches!(*code, Code::BuildMismatch | Code::RevisionMismatch))
        };
        // What is out of the choice is not tried, so Windows says nothing about it.
        let is_tried = choice.excluded.is_empty();
        let by_windows = outcome == Outcome::Refuses && isolation == Some(Use::Process) && is_tried && mismatch(self.process);
        let says = refusal.map(Says::Pull).or_else(|| by_windows.then_some(Says::Start));
        Takes { candidate, isolation, outcome, says, known }
    }

    /// The isolation that is used, else the one that would be tried first.
    fn tried(&self, choice: &Choice) -> Option<Use> {
        let first = || match self.wish {
            Wish::HostProcess => Some(Use::HostProcess),
            _ => self.wished().first().copied().map(Use::from),
        };
        choice.taken.or_else(first)
    }

    /// The finding about what the engine takes, where that is something else than what fits best; `alone` is the result of what fits
    /// best by itself.
    pub(super) fn engine_finding(&self, chosen: Option<usize>, alone: Option<bool>, takes: &Takes) -> Option<Finding> {
        let is_other = takes.is_another(chosen);
        // Engines select by the processor, and by the kind of the host they take an isolation.
        let assumes = self.host.assumes(Attribute::Architecture) || self.host.assumes(Attribute::Kind);
        let decides = match (alone, takes.outcome) {
            (Some(true), _) => true,
            // A sure refusal, whatever else is not known of the image.
            (None, Outcome::Refuses) => takes.known && !self.is_unread() && !(self.policy.strict && assumes),
            (Some(false), Outcome::Unknown) => is_other,
            (None | Some(false), _) => false,
        };
        if !decides {
            return None;
        }
        if takes.outcome == Outcome::Refuses && (takes.candidate.is_none() || takes.candidate == chosen) {
            return Some(Finding::new(Code::EngineRefuses));
        }
        let build = |index: Option<usize>| {
            self.image.candidates.get(index?).and_then(|candidate| candidate.os_version()).map(|(version, _)| version.build)
        };
        // What is reported to fail is not better than an entry that starts.
        let is_reported = build(chosen).is_some_and(|build| is_reported_to_fail(self.knowledge, self.host, build));
        if takes.outcome == Outcome::Starts && is_reported {
            return None;
        }
        let another = is_other && (takes.outcome != Outcome::Starts || build(takes.candidate) != build(chosen));
        let severity = match takes.outcome {
            Outcome::Starts => Severity::Note,
            Outcome::Refuses => Severity::Error,
            Outcome::Unknown => Severity::Warning,
        };
        another.then(|| Finding { severity, ..Finding::new(Code::EngineTakesAnother) })
    }

    /// True where an image that fits is refused by known versions of the engine, and nothing is known of its own: one that came after them
    /// or before them, or another program below a kubelet.
    pub(super) fn unknown_version_decides(&self, chosen: Option<usize>, choice: &Choice, takes: Option<&Takes>) -> bool {
        if let Some(takes) = takes {
            return !takes.known && takes.candidate.is_none() && takes.outcome == Outcome::Unknown;
        }
        self.versions.is_none()
            && of_engine(self.knowledge, self.engine).into_iter().any(|versions| {
                if !tells_of(self.engine, versions, self.policy) {
                    return false;
                }
                let selection = engine::selected((versions, true), self.engine.name, self.host, self.image);
                let other = Case { selection: selection.as_ref(), ..*self }.takes(chosen, choice);
                other.is_some_and(|(takes, _)| takes.outcome == Outcome::Refuses)
            })
    }

    /// True if the engine takes the image where this isolation is asked for, and starts it.
    pub(super) fn engine_starts(&self, isolation: Isolation, chosen: Option<usize>) -> bool {
        let other = Case { wish: wish_for(isolation), ..*self };
        let choice = other.choose_isolation();
        let takes = other.takes(chosen, &choice).map(|(takes, _)| takes);
        let starts = takes.map_or(choice.ok == Some(true), |takes| takes.outcome == Outcome::Starts);
        starts && !other.unknown_version_decides(chosen, &choice, takes.as_ref())
    }

    /// True if it depends on what nobody said of the engine whether it takes the image: Docker's store.
    pub(super) fn engine_may_refuse(&self) -> bool {
        match self.engine.name {
            Engine::Docker if self.engine.store.is_none() => {
                let other = select_in_store(self.knowledge, self.host, self.image, self.engine, ImageStore::Containerd);
                other.is_some_and(|selection| selection.candidate.is_none())
            }
            _ => false,
        }
    }
}

impl Subject<'_> {
    /// The image judged as it was, by this policy.
    fn judged_by(&self, policy: &Policy) -> Option<Judgement> {
        Some(judge(self.knowledge, self.host, self.image?, policy))
    }

    /// The name of the engine with its version, e.g. `containerd 2.3.4, the newest that is known,`.
    pub(super) fn engine_words(&self) -> String {
        let engine = self.policy.engine_of(self.host);
        let named = engine::versions(self.knowledge, &engine).map(|(versions, _)| versions);
        let newest = |versions: &EngineVersions| format!("{} (the newest known version)", versions.written(&versions.last));
        let version = |said: Option<&str>| said.map(str::to_owned).or_else(|| named.map(newest)).unwrap_or_default();
        match engine.name {
            Engine::Docker => {
                let store = match engine.store {
                    Some(ImageStore::Containerd) => " with the containerd image store",
                    Some(ImageStore::GraphDriver) | None => "",
                };
                format!("Docker {}{store}", version(engine.version.as_deref()))
            }
            Engine::Containerd => format!("containerd {}", version(engine.version.as_deref())),
            Engine::Kubernetes => match (engine.below(), engine.runtime.as_ref()) {
                (Some(Below::Docker), Some(docker)) => format!("the kubelet with Docker {}", docker.without_program()),
                (Some(Below::Another), Some(another)) => format!("the kubelet with {another}"),
                _ => format!("the kubelet with containerd {}", version(engine.runtime.as_deref())),
            },
            Engine::Wincompat => Engine::Wincompat.as_str().to_owned(),
        }
    }

    /// The reason why it is in doubt whether an engine starts an image that fits: what refuses it, or what is not known.
    pub(super) fn engine_doubt(&self) -> String {
        let engine = self.engine_words();
        if self.level_decides() {
            return format!(
                "whether {engine} takes it depends on the level of the host's processor, from `amd64/v1` to `amd64/v4`, which is not known"
            );
        }
        let is_known = engine::versions(self.knowledge, &self.policy.engine_of(self.host)).is_some_and(|(_, known)| known);
        let takes = || self.judged_by(self.policy).and_then(|judgement| judgement.takes);
        if is_known || takes().is_some_and(|takes| takes.candidate.is_some()) {
            // It takes the image with the store that is assumed; with the other one it may not.
            return self.faulty_engines();
        }
        let unknown = format!("the rules of {engine} are not known");
        std::iter::once(unknown).chain(self.refusing_versions()).collect::<Vec<_>>().join("; ")
    }

    /// True where the engine's version is known, and it depends on the level of the host's processor what it takes.
    fn level_decides(&self) -> bool {
        let engine = self.policy.engine_of(self.host);
        match (engine::versions(self.knowledge, &engine), self.image) {
            (Some((versions, true)), Some(image)) => engine::depends_on_level(versions, self.host, image),
            _ => false,
        }
    }

    /// The engine that has no HostProcess containers: of Kubernetes the part that is too old.
    pub(super) fn engine_before_host_process(&self) -> String {
        let engine = self.policy.engine_of(self.host);
        match engine::part_without_host_process(&engine) {
            Some((name, version)) => format!("{name} {version}"),
            None => self.engine_words(),
        }
    }

    /// True for an image of which it is not known whether it fits, whatever the engine does with it.
    pub(super) fn may_fit_only(&self) -> bool {
        let judgement = self.judged_by(self.policy);
        self.policy.wish != Wish::HostProcess && judgement.is_some_and(|judgement| judgement.verdict == Verdict::Unknown)
    }

    /// The message of the engine or of Windows; empty if it says none that is known.
    pub(super) fn engine_says(&self) -> String {
        let takes = self.judged_by(self.policy).and_then(|judgement| judgement.takes);
        takes.and_then(|takes| takes.says).map(|says| says.message(self.host)).unwrap_or_default()
    }

    /// The entry that the engine takes, and whether that starts, e.g. `the first entry, 10.0.17763.1, which does not start`.
    pub(super) fn engine_takes(&self) -> String {
        let Some(takes) = self.judged_by(self.policy).and_then(|judgement| judgement.takes) else { return String::new() };
        let candidate = takes.candidate.and_then(|index| self.image?.candidates.get(index));
        let version = candidate.and_then(|candidate| candidate.os_version());
        let version = version.map_or_else(|| "of an unknown version".to_owned(), |(version, _)| version.to_string());
        let place = match takes.candidate {
            Some(0) => "the first Windows entry".to_owned(),
            Some(index) => format!("Windows entry {}", index + 1),
            None => return String::new(),
        };
        let outcome = match (takes.outcome, takes.says) {
            (Outcome::Starts, _) => "which starts too".to_owned(),
            (Outcome::Refuses, Some(says)) => format!("which does not start: `{}`", says.message(self.host)),
            (Outcome::Refuses, None) => "which does not start".to_owned(),
            (Outcome::Unknown, _) if !takes.known => "by the rules of the known version that is nearest".to_owned(),
            (Outcome::Unknown, _) => "of which it is not known whether it starts".to_owned(),
        };
        format!("{place} ({version}), {outcome}")
    }

    /// True if this image passes by this engine.
    fn passes_by(&self, engine: HostEngine, reported: Reported) -> bool {
        let policy = Policy { engine: Some(engine), ..self.policy.clone() };
        self.judged_by(&policy).is_some_and(|judgement| {
            reported.allows(&judgement)
                && judgement.ok == Some(true)
                && judgement.takes.is_some_and(|takes| takes.known && takes.outcome == Outcome::Starts)
        })
    }

    /// Another version of the engine with which this image passes, among those that are maintained: the next later one; an earlier
    /// one only where no later one passes. Below a kubelet it is one that is recommended for that; where it is not known which are, a
    /// later one.
    pub(super) fn other_engine_version(&self, reported: Reported) -> Option<Remedy> {
        let engine = self.policy.engine_of(self.host).into_owned();
        if engine.below() == Some(Below::Another) {
            return None;
        }
        let (name, store) = engine::pulling(&engine)?;
        // Every version comes after one that is not known at all.
        let now = engine::versions(self.knowledge, &engine).map(|(now, _)| &now.first);
        let is_later = |other: &EngineVersions| now.is_none_or(|now| other.first > *now);
        let same = versions_with(&self.knowledge.engine_versions, name, store).into_iter();
        let kubelet = engine.version.as_ref().and_then(EngineVersion::numbers);
        let is_meant = |other: &&EngineVersions| {
            let is_for_kubelet = || self.knowledge.recommends(&other.last, kubelet).unwrap_or_else(|| is_later(other));
            let is_other = now != Some(&other.first) && other.is_maintained(self.policy.today);
            is_other && (engine.name != Engine::Kubernetes || is_for_kubelet())
        };
        let others = same.filter(is_meant);
        let (later, earlier): (Vec<&EngineVersions>, Vec<_>) = others.partition(|other| is_later(other));
        let mut versions = later.into_iter().chain(earlier.into_iter().rev()).map(|versions| versions.written(&versions.last));
        let version = versions.find(|version| self.passes_by(engine.in_version(version.clone()), reported))?;
        Some(Remedy::EngineVersion(name, version))
    }

    /// Docker's own image store, where it is not known that this is the one, and this image passes with it.
    pub(super) fn own_store(&self, reported: Reported) -> Option<Remedy> {
        let engine = self.policy.engine_of(self.host).into_owned();
        let own = ImageStore::GraphDriver;
        let may_be_another = engine.name == Engine::Docker && engine.store != Some(own);
        (may_be_another && self.passes_by(HostEngine { store: Some(own), ..engine }, reported)).then_some(Remedy::ImageStore(own))
    }

    /// The other image store of Docker, where this image passes with it.
    pub(super) fn other_store(&self, reported: Reported) -> Option<Remedy> {
        let engine = self.policy.engine_of(self.host).into_owned();
        if engine.name != Engine::Docker {
            return None;
        }
        let store = match engine.store {
            Some(ImageStore::Containerd) => ImageStore::GraphDriver,
            Some(ImageStore::GraphDriver) | None => ImageStore::Containerd,
        };
        self.passes_by(HostEngine { store: Some(store), ..engine }, reported).then_some(Remedy::ImageStore(store))
    }

    /// The chosen entry by its digest, where the engine starts it so, e.g. `app@sha256:…`; another one that passes, where the chosen one
    /// is reported to fail.
    pub(super) fn chosen_entry(&self, reported: Reported) -> Option<String> {
        let image = self.image?;
        let candidate = image.candidates.get(self.chosen?)?;
        let alone = Image { candidates: vec![candidate.clone()], digest: candidate.digest.clone(), ..image.clone() };
        let judgement = judge(self.knowledge, self.host, &alone, self.policy);
        if judgement.is_reported_to_fail()
            && let Some(other) = self.other_entry()
        {
            return Some(other);
        }
        let passes = image.digest != alone.digest && judgement.ok == Some(true) && reported.allows(&judgement);
        passes.then(|| self.by_digest(candidate.digest.as_ref())).flatten()
    }
}
