//! Remedies that were judged: an image or an isolation is offered only where it passes on the same host, as asked, today.

use super::{Code, Judgement, Policy, Severity, Subject, Use, Wish, judge, survey};
use crate::host::Host;
use crate::image::{Candidate, Config, Digest, EntryFacts, Image, Source, Version};
use crate::knowledge::builds::{FIRST_CLIENT_WITH_PROCESS, MICROSOFT_REGISTRY, WINDOWS_SERVER_2022, path_at_microsoft};
use crate::knowledge::{BaseImage, BaseRepository, Knowledge};
use crate::{Architecture, Isolation, OsVersion};

/// A base image of Microsoft's that passes on a host as asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Suggestion<'k> {
    /// The generation, e.g. that of `ltsc2022`.
    pub base: &'k BaseImage,
    /// The repository in that generation, e.g. `windows/nanoserver`.
    pub repository: &'k BaseRepository,
    /// The judgement of it on the host.
    pub judgement: Judgement,
    /// True if it gets updates on the day of the policy.
    pub supported: bool,
}

/// What becomes of a remedy that leads to an image which users report to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reported {
    /// It is left out: something else may pass.
    LeftOut,
    /// It is offered: nothing else passes.
    Offered,
}

impl Reported {
    /// True if something with this judgement is offered.
    pub fn allows(self, judgement: &Judgement) -> bool {
        self == Self::Offered || !judgement.is_reported_to_fail()
    }
}

impl Judgement {
    /// True if users report that what would be started fails, though it fits by the rules.
    pub(crate) fn is_reported_to_fail(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == Code::Ltsc2025On25h2)
    }
}

impl Suggestion<'_> {
    /// The reference to type, e.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`; `None` for a generation without a tag.
    pub fn reference(&self) -> Option<String> {
        Some(format!("{MICROSOFT_REGISTRY}/{}:{}", self.repository.repository, self.repository.tags.first()?))
    }

    /// The order in which suggestions are preferred: those with support, then those without warnings, then process isolation, then
    /// the newest. That another engine may refuse an image does not count: what is older, it refuses as well.
    fn rank(&self) -> (bool, bool, bool, u32) {
        let warned = self.judgement.findings.iter().any(|finding| {
            finding.severity != Severity::Note
                && !matches!(finding.code, Code::ImageEndOfSupport | Code::EngineMayRefuse)
                && !finding.code.is_about_host_alone()
        });
        (self.supported, !warned, self.judgement.taken == Some(Use::Process), self.base.build)
    }
}

/// The best base image that passes on this host by this policy: of the repository with this path, e.g. `windows/nanoserver`, else of
/// any. `except` is a build that is not wanted, since an image of it has failed.
pub fn suggest<'k>(
    knowledge: &'k Knowledge,
    host: &Host,
    policy: &Policy,
    path: Option<&str>,
    except: Option<u32>,
) -> Option<Suggestion<'k>> {
    // A newer image never passes.
    let generations =
        || knowledge.base_images.iter().filter(|base| Some(base.build) != except && base.build <= host.os_version.build);
    let fits = |repository: &&BaseRepository| repository.architectures.contains(&host.architecture);
    let judged = |(base, repository): (&'k BaseImage, &'k BaseRepository)| {
        let judgement = judge(knowledge, host, &image_of(base.build, host), policy);
        let supported = policy.today <= repository.until;
        (judgement.ok == Some(true)).then_some(Suggestion { base, repository, judgement, supported })
    };
    let of_path = |base: &'k BaseImage| {
        let mut repositories = base.repositories.iter().filter(fits);
        Some((base, repositories.find(|repository| Some(repository.repository.as_str()) == path)?))
    };
    let served_longest =
        |base: &'k BaseImage| Some((base, base.repositories.iter().filter(fits).max_by_key(|repository| repository.until)?));
    let best = |found: &mut dyn Iterator<Item = (&'k BaseImage, &'k BaseRepository)>| {
        found.filter_map(judged).max_by_key(Suggestion::rank)
    };
    let same_path = path.and_then(|_| best(&mut generations().filter_map(of_path)));
    same_path.or_else(|| best(&mut generations().filter_map(served_longest)))
}

/// An image with one entry of this build for this host's processor.
fn image_of(build: u32, host: &Host) -> Image {
    let candidate = survey::candidate(host.architecture.as_str(), OsVersion::of_build(build));
    survey::image(Source::Registry, None, String::new(), vec![candidate])
}

impl Subject<'_> {
    /// The best base image that passes as asked, where it is another than this image's; in process isolation, if `process`.
    pub(super) fn suggestion(&self, process: bool) -> Option<Suggestion<'_>> {
        let path = self.image.and_then(|image| image.repository.as_deref()).and_then(path_at_microsoft);
        // That of this image's own build for the host's processor is another.
        let has_processor = self.architecture() == self.host.architecture.as_str();
        let own = self.version().filter(|_| has_processor).map(|version| version.build);
        let except = |build: Option<u32>| suggest(self.knowledge, self.host, self.policy, path, build);
        let mut found = except(own)?;
        // Its tag may be the very one that was judged: the registry has no entry there for the host's processor.
        if found.reference().as_deref() == Some(self.reference) {
            found = except(Some(found.base.build))
                .filter(|found| Some(found.base.build) != own && found.reference().as_deref() != Some(self.reference))?;
        }
        (!process || found.judgement.taken == Some(Use::Process)).then_some(found)
    }

    /// True if this image passes on this host where this isolation is asked for.
    pub(super) fn passes_in(&self, isolation: Isolation) -> bool {
        self.passing_in(isolation).is_some()
    }

    /// True if this image passes where this isolation is asked for, and another one is in force.
    pub(super) fn passes_if_run_in(&self, isolation: Isolation, reported: Reported) -> bool {
        !self.is_in_force(isolation) && self.passing_in(isolation).is_some_and(|judgement| reported.allows(&judgement))
    }

    /// True if this isolation, and no other, was asked for, or is what the engine takes on this host with no flag.
    pub(super) fn is_in_force(&self, isolation: Isolation) -> bool {
        *self.policy.allowed_by(self.policy.wish, self.host, self.host.kind) == [isolation]
    }

    /// The judgement of this image where this isolation is asked for, if it passes.
    fn passing_in(&self, isolation: Isolation) -> Option<Judgement> {
        if isolation == Isolation::Hyperv && !self.policy.engine_on(self.host).offers_hyperv() {
            return None;
        }
        let policy = Policy { wish: wish_for(isolation), ..self.policy.clone() };
        Some(judge(self.knowledge, self.host, self.image?, &policy)).filter(|judgement| judgement.ok == Some(true))
    }

    /// True if this image passes, as asked, on the first client that has process isolation: it needs equal builds.
    pub(super) fn passes_on_1809(&self) -> bool {
        let host = Host { os_version: OsVersion::of_build(FIRST_CLIENT_WITH_PROCESS), ..self.host.clone() };
        self.image.is_some_and(|image| judge(self.knowledge, &host, image, self.policy).ok == Some(true))
    }

    /// True if this image, built for the host's processor, would pass on the host, and there is a base image for that processor which is
    /// not newer than the host: those for arm64 began with build 26100.
    pub(super) fn processor_is_served(&self) -> bool {
        let would_pass = |version: OsVersion| {
            judge(self.knowledge, self.host, &image_of(version.build, self.host), self.policy).ok == Some(true)
        };
        if !self.version().is_none_or(would_pass) {
            return false;
        }
        let serves = |base: &BaseImage| {
            let mut repositories = base.repositories.iter();
            base.build <= self.host.os_version.build
                && repositories.any(|repository| repository.architectures.contains(&self.host.architecture))
        };
        self.knowledge.base_images.iter().any(serves)
    }

    /// True if this image passes once the index states of the chosen entry what its config does: the platform and the version.
    pub(super) fn passes_once_indexed(&self) -> bool {
        let Some(mut image) = self.image.cloned() else { return false };
        let Some(entry) = self.chosen.and_then(|chosen| image.candidates.get_mut(chosen)) else { return false };
        let Some((version, _)) = entry.os_version() else { return false };
        if let Config::Read(config) = &entry.config {
            entry.architecture.clone_from(&config.architecture);
        }
        // An index within the index stays one.
        let passed_over_by_docker = entry.entry.passed_over_by_docker;
        (entry.indexed, entry.entry) = (Version::Known(version), EntryFacts { passed_over_by_docker, ..EntryFacts::default() });
        judge(self.knowledge, self.host, &image, self.policy).ok == Some(true)
    }

    /// The processor of the image, if it passes on a host that has it and is otherwise the same.
    pub(super) fn other_processor(&self) -> Option<Architecture> {
        let all = [Architecture::Amd64, Architecture::Arm64];
        let architecture = all.into_iter().find(|architecture| architecture.as_str() == self.architecture())?;
        let host = Host { architecture, ..self.host.clone() };
        let image = self.image?;
        (judge(self.knowledge, &host, image, self.policy).ok == Some(true)).then_some(architecture)
    }

    /// The builds of the hosts that run this image as asked, or in process isolation if `process`, e.g. `17763, 20348 or newer`. In
    /// Hyper-V isolation any image runs on newer hosts too, in process isolation one from Windows Server 2022 on; each entry for the
    /// same processor adds the hosts of its own build.
    pub(super) fn host_builds(&self, process: bool) -> String {
        let entries = self.image.into_iter().flat_map(|image| &image.candidates);
        let same = entries.filter(|candidate| candidate.architecture == self.architecture());
        let mut builds: Vec<u32> =
            same.filter_map(|candidate| candidate.os_version()).map(|(version, _)| version.build).collect();
        builds.sort_unstable();
        builds.dedup();
        let allowed = self.policy.allowed_by(self.policy.wish, self.host, self.host.kind);
        let is_hyperv = !process && allowed.contains(&Isolation::Hyperv) && self.policy.engine_on(self.host).offers_hyperv();
        let runs_on_newer = |build: u32| is_hyperv || build >= WINDOWS_SERVER_2022;
        let lowest = builds.iter().copied().find(|build| runs_on_newer(*build));
        let equal = builds.into_iter().filter(|build| !runs_on_newer(*build)).map(|build| build.to_string());
        let newer = lowest.map(|build| format!("{build} or newer"));
        let all: Vec<String> = equal.chain(newer.clone()).collect();
        match (all.split_last(), newer) {
            (Some((last, [])), _) => last.clone(),
            (Some((last, others)), None) => format!("{} or {last}", others.join(", ")),
            (Some(_), Some(_)) => all.join(", "),
            (None, _) => String::new(),
        }
    }

    /// True if this image says that it is for another processor than the host's.
    pub(super) fn is_for_another_processor(&self) -> bool {
        !self.architecture().is_empty() && self.architecture() != self.host.architecture.as_str()
    }

    /// The newest entry of this image that passes alone, by its digest, e.g. `app@sha256:…`: without warnings, but for those of the host
    /// and of the isolation, which are the same for all entries.
    pub(super) fn other_entry(&self) -> Option<String> {
        let image = self.image?;
        let passes = |candidate: &Candidate| {
            let alone = Image { candidates: vec![candidate.clone()], digest: candidate.digest.clone(), ..image.clone() };
            let judgement = judge(self.knowledge, self.host, &alone, self.policy);
            let is_of_all = |code: Code| {
                matches!(code, Code::ProcessOnClient | Code::ExplicitIsolationNeeded | Code::EngineMayRefuse)
                    || code.is_about_host_alone()
            };
            let mut findings = judgement.findings.iter();
            judgement.ok == Some(true) && findings.all(|finding| finding.severity == Severity::Note || is_of_all(finding.code))
        };
        let named = image.candidates.iter().filter(|candidate| candidate.digest.is_some() && passes(candidate));
        let newest = named.max_by_key(|candidate| candidate.os_version().map(|(version, _)| version))?;
        self.by_digest(newest.digest.as_ref())
    }

    /// True for an image in a folder or an archive: no engine and no registry knows it by that name.
    pub(super) fn is_local(&self) -> bool {
        let is = |image: &Image| matches!(image.source, Source::OciLayout | Source::OciArchive | Source::DockerArchive);
        self.image.is_some_and(is)
    }

    /// This image's name with this digest, e.g. `registry.example/app@sha256:…`; `None` for one in a folder or an archive, whose entries
    /// have no names.
    pub(super) fn by_digest(&self, digest: Option<&Digest>) -> Option<String> {
        let digest = digest.filter(|_| !self.is_local())?;
        let name = match self.reference.split_once('@') {
            Some((name, _)) => name,
            None => match self.reference.rsplit_once(':') {
                // A port, not a tag, where a slash follows.
                Some((name, tag)) if !tag.contains('/') => name,
                _ => self.reference,
            },
        };
        Some(format!("{name}@{digest}"))
    }
}

/// The wish with which this isolation is asked for.
pub(super) const fn wish_for(isolation: Isolation) -> Wish {
    match isolation {
        Isolation::Process => Wish::Process,
        Isolation::Hyperv => Wish::Hyperv,
    }
}
