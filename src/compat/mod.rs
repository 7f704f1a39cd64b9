#![doc = include_str!("README.md")]

mod answers;
mod findings;
mod freshness;
mod policy;
mod remedies;
mod rules;
mod survey;
mod takes;
mod text;
mod warnings;

use serde::{Deserialize, Serialize};

pub use answers::{Answer, answers, known_engines, versions_of};
pub use findings::{About, Code, Detail, Finding, Severity, UnknownCode};
pub use freshness::{Freshness, NewestBase, builds, newest_reference};
pub use policy::{Policy, Use, Wish};
pub use remedies::{Suggestion, suggest};
pub use rules::Possibility;
pub use survey::{Survey, SurveyedImage, survey};
pub use takes::{Outcome, Says, Takes, taken};
pub use text::Subject;
pub(crate) use text::either;

use crate::engine::{self, Limit, Selection};
use crate::host::{Attribute, Host, HostEngine};
use crate::image::{Candidate, Config, Image};
use crate::knowledge::{Below, EngineVersions, Knowledge};
use crate::{Architecture, Isolation, Kind, OsVersion};
use rules::RuleInput;

/// The isolation that the versions and the host allow, whatever anyone wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// Process isolation is possible.
    Process,
    /// Only Hyper-V isolation is possible.
    Hyperv,
    /// Neither is possible.
    Incompatible,
    /// The facts do not decide.
    Unknown,
}

impl Verdict {
    /// From what is possible: process if it is, unknown if that is not decided, else the same for Hyper-V.
    fn from(process: &Possibility, hyperv: &Possibility) -> Self {
        match (process.possible, hyperv.possible) {
            (Some(true), _) => Self::Process,
            (None, _) => Self::Unknown,
            (Some(false), Some(true)) => Self::Hyperv,
            (Some(false), None) => Self::Unknown,
            (Some(false), Some(false)) => Self::Incompatible,
        }
    }

    /// The order in which candidates are preferred.
    const fn rank(self) -> u8 {
        match self {
            Self::Process => 4,
            // 3 is [`OPEN`].
            Self::Hyperv => 2,
            Self::Unknown => 1,
            Self::Incompatible => 0,
        }
    }
}

/// The rank of a candidate that nothing can be said of, and that might run in process isolation.
const OPEN: u8 = 3;

/// The judgement of one image on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Judgement {
    /// The candidate judged, an index into [`Image::candidates`]; `None` if the image has none for Windows.
    pub chosen: Option<usize>,
    /// The isolation that is possible with it.
    pub verdict: Verdict,
    /// The isolation asked for.
    pub wish: Wish,
    /// The isolation that would be used; `None` if nothing fits what was asked for.
    #[serde(rename = "use")]
    pub taken: Option<Use>,
    /// True if the image runs as asked; `None` if that cannot be decided.
    pub ok: Option<bool>,
    /// Process isolation.
    pub process: Possibility,
    /// Hyper-V isolation.
    pub hyperv: Possibility,
    /// Reasons and warnings, the heaviest first.
    pub findings: Vec<Finding>,
    /// The verdict of every candidate, in index order.
    pub candidates: Vec<Verdict>,
    /// The candidate that the engine takes; `None` where nothing is known of that.
    #[serde(default)]
    pub takes: Option<Takes>,
}

/// The candidate that fits the host best: process before Hyper-V, then the highest version, then index order; if nothing
/// fits, the nearest. `None` if the image has no candidate. One that users report to fail on such hosts comes after the others that
/// fit in the same way.
///
/// A config that could not be read moves nothing: the candidate keeps the place that the index gives it, since that is what engines
/// select by. Where the index does not say enough either, it comes before every candidate that needs Hyper-V isolation: it may be
/// one that does not.
pub fn choose(knowledge: &Knowledge, host: &Host, image: &Image) -> Option<usize> {
    choose_among(knowledge, host, image, &possibilities(knowledge, host, image))
}

/// The possibilities of process and of Hyper-V isolation of every candidate, in index order.
fn possibilities(knowledge: &Knowledge, host: &Host, image: &Image) -> Vec<(Possibility, Possibility)> {
    let of = |candidate| rules::possibilities(knowledge, host, &RuleInput::of(candidate, image.repository.as_deref()));
    image.candidates.iter().map(of).collect()
}

/// The same as [`choose`], where these are the [`possibilities`].
fn choose_among(knowledge: &Knowledge, host: &Host, image: &Image, all: &[(Possibility, Possibility)]) -> Option<usize> {
    let key = |candidate: &Candidate, (process, hyperv): &(Possibility, Possibility)| {
        let input = RuleInput::of(candidate, image.repository.as_deref());
        let read = Verdict::from(process, hyperv);
        let (verdict, rank) = if input.unread {
            let input = RuleInput::selected_by(candidate, image.repository.as_deref());
            let (by_index, hyperv_by_index) = rules::possibilities(knowledge, host, &input);
            let verdict = Verdict::from(&by_index, &hyperv_by_index);
            let rank = match (input.is_incomplete() || by_index.possible.is_none(), process.possible) {
                (false, _) => verdict.rank(),
                (true, None) => OPEN,
                (true, Some(_)) => read.rank(),
            };
            (verdict, rank)
        } else {
            (read, read.rank())
        };
        let fits_processor = input.architecture == host.architecture.as_str();
        let version = input.version.ok();
        let distance = match (verdict, version) {
            (Verdict::Incompatible, Some(version)) => version.build.abs_diff(host.os_version.build),
            _ => 0,
        };
        let is_reported = version.is_some_and(|version| warnings::is_reported_to_fail(knowledge, host, version.build));
        (rank, fits_processor, std::cmp::Reverse(distance), !is_reported, version)
    };
    let mut best = None;
    for (index, (candidate, possibilities)) in image.candidates.iter().zip(all).enumerate() {
        let key = key(candidate, possibilities);
        // Only a better one replaces the first: equal ones keep index order.
        if best.as_ref().is_none_or(|(_, best_key)| key > *best_key) {
            best = Some((index, key));
        }
    }
    best.map(|(index, _)| index)
}

/// True if the engine starts nothing on this host, whatever the image: containerd starts no pods on Windows Server 2016.
pub fn starts_nothing(host: &Host, policy: &Policy) -> bool {
    let engine = policy.engine_of(host);
    Isolation::ALL.iter().all(|isolation| engine::limit(&engine, host, *isolation).is_some())
}

/// The judgement of an image on a host: of the candidate that fits it best.
pub fn judge(knowledge: &Knowledge, host: &Host, image: &Image, policy: &Policy) -> Judgement {
    let engine = &*policy.engine_of(host);
    judge_by(knowledge, host, image, policy, (engine, engine::versions(knowledge, engine)))
}

/// The same, where this is the engine, with what is known of its version: to look that up takes a tenth of a judgement.
fn judge_by(
    knowledge: &Knowledge,
    host: &Host,
    image: &Image,
    policy: &Policy,
    (engine, versions): (&HostEngine, Option<(&EngineVersions, bool)>),
) -> Judgement {
    let mut all = possibilities(knowledge, host, image);
    let chosen = choose_among(knowledge, host, image, &all);
    let candidates = all.iter().map(|(process, hyperv)| Verdict::from(process, hyperv)).collect();
    let candidate = chosen.and_then(|index| image.candidates.get(index));
    let nothing = rules::nothing_for_windows();
    let (process, hyperv) = chosen.and_then(|index| all.get(index)).unwrap_or(&nothing);

    let selection = versions.and_then(|versions| engine::selected(versions, engine.name, host, image));
    let selection = selection.as_ref();
    let case = Case {
        knowledge,
        host,
        image,
        candidate,
        all: &all,
        process,
        hyperv,
        policy,
        wish: policy.wish,
        engine,
        versions,
        selection,
    };
    let mut choice = case.choose_isolation();
    let against = if choice.ok == Some(false) { case.assumptions_against() } else { Vec::new() };
    choice.ok = choice.ok.filter(|_| !policy.strict || against.is_empty());
    let is_open = choice.ok.is_none();
    let (takes, other) = case.takes(chosen, &choice).unzip();
    let version_matters = takes.as_ref().is_some_and(|takes| case.version_matters(chosen, &choice, takes));
    // What is chosen by itself, whatever the engine does.
    let alone = choice.ok;
    if takes.as_ref().is_some_and(|takes| takes.is_another(chosen) && takes.outcome == Outcome::Unknown) {
        // That what fits best fails says nothing of what is taken.
        choice.ok = alone.filter(|ok| *ok);
    }
    if let Some(other) = other.flatten().filter(|other| choice.ok == Some(true) && other.ok == Some(true)) {
        // The entry that the engine takes may need the other isolation, and rest on more.
        choice = Choice { taken: other.taken, fits: other.fits, ..choice };
    }
    let assumptions = choice.fits.map_or(against, |fits| case.assumptions(fits).collect());
    let mut findings = case.findings(&choice, &assumptions, chosen, takes.as_ref());
    let by_engine = if alone == Some(true) && case.unknown_version_decides(chosen, &choice, takes.as_ref()) {
        Some(Finding::new(Code::EngineMayRefuse))
    } else {
        takes.as_ref().and_then(|takes| case.engine_finding(chosen, alone, takes))
    };
    if let Some(finding) = by_engine {
        // What is taken decides. Where it could not be read, nothing is known of it.
        let ok = match finding.severity {
            Severity::Error => Some(false),
            Severity::Warning => None,
            Severity::Note => choice.ok,
        };
        choice = Choice { ok, taken: choice.taken.filter(|_| ok == Some(true)), ..choice };
        findings.push(finding);
        // What the engine takes may start in the other isolation; where nothing fits by itself, that was said before.
        if (alone, ok) == (Some(true), Some(false))
            && let Some(other) = case.other_isolation(chosen)
        {
            findings.push(Finding::new(Code::OtherIsolationPossible).with(Detail::OtherIsolation(other)));
        }
    }
    if version_matters {
        findings.push(Finding::new(Code::EngineVersionMatters));
    }
    let mut denied = false;
    // Nothing that would be otherwise with the config holds against the image while that could not be read.
    let unread = is_open && case.is_unread();
    let may_deny = |finding: &Finding| !unread || finding.code.is_about_host_alone();
    for finding in findings.iter_mut().filter(|finding| policy.denies(finding.code, finding.severity) && may_deny(finding)) {
        finding.severity = Severity::Error;
        denied = true;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let (process, hyperv) = chosen.map_or(nothing, |index| all.swap_remove(index));
    Judgement {
        chosen,
        verdict: Verdict::from(&process, &hyperv),
        wish: policy.wish,
        taken: choice.taken,
        ok: if denied { Some(false) } else { choice.ok },
        process,
        hyperv,
        findings,
        candidates,
        takes,
    }
}

/// One image on one host, with its possibilities.
#[derive(Clone, Copy)]
struct Case<'a> {
    knowledge: &'a Knowledge,
    host: &'a Host,
    image: &'a Image,
    candidate: Option<&'a Candidate>,
    /// The possibilities of all candidates, in index order.
    all: &'a [(Possibility, Possibility)],
    process: &'a Possibility,
    hyperv: &'a Possibility,
    policy: &'a Policy,
    /// The isolation asked for: that of the policy, or another one that is tried.
    wish: Wish,
    /// The engine: that of the policy and the host, or the same in another version.
    engine: &'a HostEngine,
    /// What is known of the engine of the policy and the host in its version.
    versions: Option<(&'a EngineVersions, bool)>,
    /// The entry that the engine selects, whatever isolation is asked for.
    selection: Option<&'a Selection<'a>>,
}

/// The isolation taken, and its grounds.
struct Choice {
    taken: Option<Use>,
    ok: Option<bool>,
    /// What fits as the facts are; not taken where nothing may be assumed and something is.
    fits: Option<Use>,
    /// The reasons why isolations that were asked for are out of the choice.
    excluded: Vec<Code>,
}

impl Case<'_> {
    /// True if the config of the candidate could not be read.
    fn is_unread(&self) -> bool {
        self.candidate.is_some_and(|candidate| matches!(candidate.config, Config::Unreadable(_)))
    }

    /// The version of the candidate, where it decides.
    fn version(&self) -> Option<OsVersion> {
        let input = RuleInput::of(self.candidate?, self.image.repository.as_deref());
        input.version.ok().filter(|_| !input.unread)
    }

    /// The isolations that the wish allows, the preferred one first.
    fn wished(&self) -> &'static [Isolation] {
        self.policy.allowed_by(self.wish, self.host, self.host.kind)
    }

    fn choose_isolation(&self) -> Choice {
        if self.wish == Wish::HostProcess {
            return self.choose_host_process();
        }
        let mut excluded = Vec::new();
        let mut undecided = false;
        let mut fits = None;
        for &isolation in self.wished() {
            if let Some(code) = self.excludes(isolation) {
                if !excluded.contains(&code) {
                    excluded.push(code);
                }
                continue;
            }
            let possible = rules::of(isolation, self.process, self.hyperv).possible;
            match possible.filter(|_| !self.is_of_the_node(isolation) || self.process.possible.is_some()) {
                Some(false) => {}
                None => undecided = true,
                Some(true) => {
                    fits = Some(Use::from(isolation));
                    break;
                }
            }
        }
        let taken = fits.filter(|&fits| self.may_take(fits));
        let ok = match (taken, fits) {
            (Some(_), _) => Some(true),
            (None, Some(_)) => None,
            (None, None) => (!undecided).then_some(false),
        };
        Choice { taken, ok, fits, excluded }
    }

    /// True unless nothing may be assumed, and this rests on an assumption.
    fn may_take(&self, fits: Use) -> bool {
        !self.policy.strict || self.assumptions(fits).next().is_none()
    }

    /// The reason why this isolation is out of the choice, by the policy or for the engine, if it is.
    fn excludes(&self, isolation: Isolation) -> Option<Code> {
        let excluded = self.policy.excludes(isolation, self.host).or_else(|| {
            engine::limit(self.engine, self.host, isolation).map(|limit| match limit {
                Limit::HostTooOld | Limit::NoPods => Code::HostTooOldForDocker,
                Limit::NoLibraries => Code::HostTooOldForWincompat,
                Limit::ProcessOnClient => Code::DockerBeforeClientProcess,
            })
        });
        let widens_nothing = || self.is_of_the_node(isolation) && self.hyperv.possible != Some(false);
        excluded.or_else(|| (widens_nothing() && self.process.possible == Some(false)).then_some(Code::HypervDoesNotWiden))
    }

    /// True for Hyper-V isolation by an engine whose virtual machine has the node's Windows, whatever the image: only an image that fits
    /// in process isolation runs in it.
    fn is_of_the_node(&self, isolation: Isolation) -> bool {
        isolation == Isolation::Hyperv && !self.engine.name.offers_hyperv()
    }

    /// True if something names the engine: the policy or the host.
    fn engine_is_named(&self) -> bool {
        self.policy.engine.is_some() || self.host.engine.is_some()
    }

    /// HostProcess containers run in the host's own job: only the system and the processor must fit, on a host that has containers, with
    /// an engine that has them.
    fn choose_host_process(&self) -> Choice {
        if self.engine_is_named() && !engine::offers_host_process(self.engine) {
            return Choice { taken: None, ok: Some(false), fits: None, excluded: vec![Code::EngineWithoutHostProcess] };
        }
        if engine::limit(self.engine, self.host, Isolation::Process) == Some(Limit::NoPods) {
            return Choice { taken: None, ok: Some(false), fits: None, excluded: vec![Code::HostTooOldForDocker] };
        }
        if self.engine.below() == Some(Below::Another) {
            // Nobody says that it has them.
            return Choice { taken: None, ok: None, fits: None, excluded: vec![Code::EngineWithoutHostProcess] };
        }
        let has_containers = rules::host_allows_containers(self.host).map_or(Some(true), |(allowed, _)| allowed);
        let fits = match self.candidate {
            _ if has_containers == Some(false) => Some(false),
            None => Some(false),
            Some(candidate) => {
                let input = RuleInput::of(candidate, self.image.repository.as_deref());
                match input.architecture {
                    _ if input.unread => None,
                    _ if !input.windows => Some(false),
                    "" => None,
                    architecture if architecture != self.host.architecture.as_str() => Some(false),
                    _ => has_containers,
                }
            }
        };
        let ok = fits.filter(|fits| !fits || self.may_take(Use::HostProcess));
        let chosen = |really: Option<bool>| (really == Some(true)).then_some(Use::HostProcess);
        Choice { taken: chosen(ok), ok, fits: chosen(fits), excluded: Vec::new() }
    }

    /// The assumptions that something which fits rests on.
    fn assumptions(&self, fits: Use) -> impl Iterator<Item = Code> {
        let hyperv = fits == Use::Hyperv && self.host.assumes(Attribute::Hyperv);
        let kind = self.host.assumes(Attribute::Kind) && self.kind_matters(fits);
        let either = [hyperv.then_some(Code::HypervAssumed), kind.then_some(Code::KindAssumed)];
        either.into_iter().flatten().chain(self.architecture_assumption())
    }

    /// True if the other kind of host would have led to another isolation.
    fn kind_matters(&self, taken: Use) -> bool {
        let first = |kind| self.policy.allowed_by(self.wish, self.host, kind).first().copied().map(Use::from);
        match self.wish {
            Wish::Auto | Wish::Default => self.other_kind().is_some_and(|other| first(other) != Some(taken)),
            Wish::Process => rules::client_without_process(self.host.os_version.build) && self.other_kind().is_some(),
            Wish::Hyperv | Wish::HostProcess => false,
        }
    }

    /// The other kind, if a host of this build can be of it.
    fn other_kind(&self) -> Option<Kind> {
        let other = match self.host.kind {
            Kind::Server => Kind::Client,
            Kind::Client => Kind::Server,
        };
        let build = self.host.os_version.build;
        let can_be = self.knowledge.release(build, other).is_some() || self.knowledge.release(build, self.host.kind).is_none();
        can_be.then_some(other)
    }

    /// The processors for which the release of this host exists; `None` where that is not known.
    fn architectures(&self) -> Option<&[Architecture]> {
        self.knowledge.release(self.host.os_version.build, self.host.kind).map(|release| release.architectures.as_slice())
    }

    /// The assumption of a processor, where the release exists for another one as well.
    fn architecture_assumption(&self) -> impl Iterator<Item = Code> {
        let has_several = || self.architectures().is_none_or(|architectures| architectures.len() > 1);
        (self.host.assumes(Attribute::Architecture) && has_several()).then_some(Code::ArchitectureAssumed).into_iter()
    }

    /// The assumptions without which an image that fails here might pass.
    fn assumptions_against(&self) -> Vec<Code> {
        let lenient = self.policy.strict.then(|| Policy { strict: false, ..self.policy.clone() });
        let policy = lenient.as_ref().unwrap_or(self.policy);
        let passes = |attribute: Attribute, other: Host| {
            let assumed = other.assumed.into_iter().filter(|assumed| *assumed != attribute).collect();
            let engine = (self.engine, self.versions);
            judge_by(self.knowledge, &Host { assumed, ..other }, self.image, policy, engine).ok != Some(false)
        };
        let mut codes = Vec::new();
        if self.host.assumes(Attribute::Kind)
            && let Some(kind) = self.other_kind()
            && passes(Attribute::Kind, Host { kind, ..self.host.clone() })
        {
            codes.push(Code::KindAssumed);
        }
        let processors = self.architectures().unwrap_or(&[Architecture::Amd64, Architecture::Arm64]).iter();
        let mut others = processors.filter(|&&architecture| architecture != self.host.architecture);
        if self.host.assumes(Attribute::Architecture)
            && others.any(|&architecture| passes(Attribute::Architecture, Host { architecture, ..self.host.clone() }))
        {
            codes.push(Code::ArchitectureAssumed);
        }
        codes
    }

    fn findings(&self, choice: &Choice, assumptions: &[Code], chosen: Option<usize>, takes: Option<&Takes>) -> Vec<Finding> {
        let mut findings = self.reasons(choice);
        // An error stands in the way of the result: where something else was found, this is what the user asked for.
        let severity = match choice.ok {
            Some(true) => Severity::Note,
            None if self.wish == Wish::HostProcess => Severity::Warning,
            Some(false) | None => Severity::Error,
        };
        findings.extend(choice.excluded.iter().map(|&code| Finding { severity, ..Finding::new(code) }));
        findings.extend(assumptions.iter().map(|&code| Finding::new(code)));
        if choice.ok != Some(true)
            && let Some(other) = self.other_isolation(chosen)
        {
            findings.push(Finding::new(Code::OtherIsolationPossible).with(Detail::OtherIsolation(other)));
        }
        warnings::add(&mut findings, self, choice.taken, takes);
        findings
    }

    /// Every reason why an isolation is impossible or undecided, once; its severity is that of the result.
    fn reasons(&self, choice: &Choice) -> Vec<Finding> {
        // A HostProcess container needs neither isolation.
        if choice.fits == Some(Use::HostProcess) {
            return Vec::new();
        }
        let severity = match choice.ok {
            Some(true) => Severity::Note,
            None => Severity::Warning,
            Some(false) => Severity::Error,
        };
        // Few results have more than eight, and to make room twice takes as long as to find one.
        let mut findings: Vec<Finding> = Vec::with_capacity(8);
        for possibility in [self.process, self.hyperv] {
            if possibility.possible == Some(true) {
                continue;
            }
            for &code in &possibility.because {
                if !findings.iter().any(|finding| finding.code == code) {
                    // Whoever enabled Hyper-V for an image that cannot run in it either would have done so in vain, and so would
                    // whoever found out whether it is there for an engine that does not use it.
                    let is_only_reason = self.wish == Wish::Hyperv && self.process.possible == Some(true);
                    let in_vain = code == Code::HypervUnavailable && possibility.because.len() > 1
                        || code == Code::HypervUnknown && !self.engine.name.offers_hyperv() && !is_only_reason;
                    let severity = if in_vain { Severity::Note } else { severity };
                    findings.push(Finding { code, severity, detail: self.detail(code) });
                }
            }
        }
        findings
    }

    fn detail(&self, code: Code) -> Detail {
        match code {
            Code::LinuxImage => Detail::Platforms(match self.candidate.map(|candidate| &candidate.config) {
                // The index says Windows, and the config does not.
                Some(Config::Read(config)) => format!("{}/{}", config.os, config.architecture),
                _ => self.image.other_platforms.join(", "),
            }),
            Code::OsVersionUnparsable => match self.candidate.map(|candidate| candidate.version().0) {
                Some(crate::image::Version::Unparsable(text)) => Detail::Written(text.clone()),
                Some(crate::image::Version::Known(version)) => Detail::Written(version.to_string()),
                _ => Detail::Nothing,
            },
            Code::ConfigUnreadable => match self.candidate.map(|candidate| &candidate.config) {
                Some(Config::Unreadable(reason)) => Detail::Reason(reason.clone()),
                _ => Detail::Nothing,
            },
            _ => Detail::Nothing,
        }
    }

    /// An isolation that is possible and allowed by the policy, but was not wished for; the engine takes the image for it.
    fn other_isolation(&self, chosen: Option<usize>) -> Option<Isolation> {
        let wished = self.wished();
        [Isolation::Hyperv, Isolation::Process].into_iter().find(|&isolation| {
            !wished.contains(&isolation)
                && (isolation == Isolation::Process || self.engine.name.offers_hyperv())
                && self.wish != Wish::HostProcess
                && self.policy.excludes(isolation, self.host).is_none()
                && rules::of(isolation, self.process, self.hyperv).possible == Some(true)
                && self.engine_starts(isolation, chosen)
        })
    }
}

#[cfg(test)]
mod tests;
