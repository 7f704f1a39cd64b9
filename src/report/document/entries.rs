//! The entries of a report, made from judgements, hosts and errors.

use super::{
    CandidateEntry, EngineEntry, ErrorEntry, ErrorEntryKind, FindingEntry, HostEntry, ImageEntry, Location, Names,
    PossibilityEntry, RemedyEntry, Report, ResultEntry, SCHEMA, Summary, TakesEntry, Tool,
};
use crate::advice::Remedy;
use crate::compat::{Finding, Judgement, Policy, Possibility, Subject, Takes, Verdict, either};
use crate::host::Host;
use crate::image::{Config, Image, TagRead};
use crate::knowledge::{EngineVersion, Knowledge};
use crate::login;
use crate::report::plain::clean;
use crate::report::{Word, Wording};
use crate::text::shown;
use crate::{Advice, Error, ErrorKind, Isolation};

impl Tool {
    /// This program with these facts.
    pub fn with(knowledge: &Knowledge) -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            knowledge: knowledge.date.to_string(),
        }
    }
}

impl Report {
    /// A report with these results and failures.
    pub fn new(knowledge: &Knowledge, results: Vec<ResultEntry>, errors: Vec<ErrorEntry>) -> Self {
        let mut summary = Summary { errors: errors.len(), ..Summary::default() };
        for entry in &results {
            *match entry.verdict.known() {
                Some(Verdict::Process) => &mut summary.process,
                Some(Verdict::Hyperv) => &mut summary.hyperv,
                Some(Verdict::Incompatible) => &mut summary.incompatible,
                Some(Verdict::Unknown) | None => &mut summary.unknown,
            } += 1;
            *match entry.ok {
                Some(true) => &mut summary.ok,
                Some(false) => &mut summary.not_ok,
                None => &mut summary.undecided,
            } += 1;
            summary.needs_flag += usize::from(entry.needs_flag());
        }
        Self { schema: SCHEMA.into(), tool: Tool::with(knowledge), results, errors, placements: Vec::new(), summary }
    }
}

impl ResultEntry {
    /// The judgement as data, with the sentences of its findings.
    pub fn new(
        knowledge: &Knowledge,
        host: &Host,
        image: &Image,
        judgement: &Judgement,
        policy: &Policy,
        wording: &dyn Wording,
    ) -> Self {
        let candidate = judgement.chosen.and_then(|index| image.candidates.get(index));
        let version = candidate.and_then(|candidate| candidate.os_version()).map(|(version, _)| version);
        let architecture = candidate.map(|candidate| candidate.architecture.as_str()).unwrap_or_default();
        let reference = clean(&image.reference);
        let subject = Subject { knowledge, reference: &reference, image: Some(image), chosen: judgement.chosen, host, policy };
        let os = match candidate.map(|candidate| &candidate.config) {
            Some(Config::Read(config)) if !config.os.is_empty() => Some(config.os.as_str()),
            Some(_) => Some("windows"),
            None => image.other_platforms.first().and_then(|platform| platform.split('/').next()),
        };
        Self {
            image: ImageEntry {
                reference: reference.clone().into_owned(),
                digest: image.digest.clone(),
                source: image.source.into(),
                read: match image.tag_read {
                    TagRead::At(time) => Some(time),
                    TagRead::NoTag | TagRead::Unknown => None,
                },
                os: os.map(|os| clean(os).into_owned()),
                architecture: (!architecture.is_empty()).then(|| clean(architecture).into_owned()),
                os_version: version,
                release: version
                    .and_then(|version| knowledge.base_image(version.build))
                    .map(|base| clean(&base.release).into_owned()),
            },
            host: HostEntry::new(host, policy),
            engine: EngineEntry::new(host, policy, judgement.takes.as_ref()),
            verdict: judgement.verdict.into(),
            isolation: judgement.wish.into(),
            taken: judgement.taken.map(Word::from),
            ok: judgement.ok,
            process: PossibilityEntry::new(&judgement.process),
            hyperv: PossibilityEntry::new(&judgement.hyperv),
            findings: judgement.findings.iter().map(|finding| FindingEntry::new(finding, &subject, wording)).collect(),
            candidates: image
                .candidates
                .iter()
                .zip(&judgement.candidates)
                .enumerate()
                .map(|(index, (candidate, verdict))| CandidateEntry {
                    digest: candidate.digest.clone(),
                    architecture: clean(&candidate.architecture).into_owned(),
                    os_version: candidate.os_version().map(|(version, _)| version),
                    verdict: (*verdict).into(),
                    chosen: judgement.chosen == Some(index),
                })
                .collect(),
            location: None,
        }
    }
}

impl HostEntry {
    /// This host as data.
    pub fn new(host: &Host, policy: &Policy) -> Self {
        Self {
            label: clean(&host.label).into_owned(),
            name: clean(&host.name).into_owned(),
            os_version: host.os_version,
            release: host.release.as_deref().map(|release| clean(release).into_owned()),
            kind: host.kind.into(),
            edition: host.edition.as_deref().map(|edition| clean(edition).into_owned()),
            architecture: host.architecture.into(),
            containers: host.containers.into(),
            hyperv: host.hyperv.into(),
            default: policy.default_on(host).first().copied().unwrap_or(Isolation::Process).into(),
            source: host.source.into(),
            file: host.file.as_deref().map(|file| clean(file).into_owned()),
            assumed: host.assumed.iter().copied().map(Word::from).collect(),
            overridden: host.overridden.iter().copied().map(Word::from).collect(),
            alike: Names::default(),
        }
    }
}

impl EngineEntry {
    /// The engine that is to start containers on this host.
    fn new(host: &Host, policy: &Policy, takes: Option<&Takes>) -> Self {
        let engine = policy.engine_of(host);
        let cleaned = |version: &Option<EngineVersion>| version.as_deref().map(|version| clean(version).into_owned());
        Self {
            name: engine.name.into(),
            version: cleaned(&engine.version),
            store: engine.store.map(Word::from),
            runtime: cleaned(&engine.runtime),
            takes: takes.map(|takes| TakesEntry::new(takes, host)),
        }
    }
}

impl TakesEntry {
    /// What is taken on this host as data.
    pub(in crate::report) fn new(takes: &Takes, host: &Host) -> Self {
        Self {
            candidate: takes.candidate,
            isolation: takes.isolation.map(Word::from),
            outcome: takes.outcome.into(),
            says: takes.says.map(|says| clean(&says.message(host)).into_owned()),
        }
    }
}

impl PossibilityEntry {
    pub(in crate::report) fn new(possibility: &Possibility) -> Self {
        Self { possible: possibility.possible, because: possibility.because.iter().copied().map(Word::from).collect() }
    }
}

impl FindingEntry {
    pub(in crate::report) fn new(finding: &Finding, subject: &Subject<'_>, wording: &dyn Wording) -> Self {
        let alternatives = finding.alternatives(subject);
        let names_image =
            |advice: &Advice| advice.remedies().any(|remedy| matches!(remedy, Remedy::Image(_) | Remedy::Base { .. }));
        let worded = |advice: &Advice| clean(&wording.advice(advice)).into_owned();
        let without_images = alternatives.iter().any(names_image).then(|| {
            let others = alternatives.iter().filter(|advice| !names_image(advice)).cloned();
            worded(&either(others))
        });
        let help = either(alternatives);
        Self {
            without_images,
            code: finding.code.into(),
            severity: finding.severity.into(),
            message: clean(&wording.advice(&finding.message(subject))).into_owned(),
            help: worded(&help),
            remedies: help.remedies().map(|remedy| RemedyEntry::new(remedy, wording)).collect(),
            source: finding.source().into(),
        }
    }
}

impl RemedyEntry {
    pub(in crate::report) fn new(remedy: &Remedy, wording: &dyn Wording) -> Self {
        let kind = match remedy {
            Remedy::EngineFlag(..) | Remedy::Run { .. } => "flag",
            Remedy::Image(_) => "image",
            Remedy::Base { .. } => "base",
            Remedy::Feature(_) => "feature",
            Remedy::Update(_) => "update",
            Remedy::EngineVersion(..) | Remedy::ImageStore(_) => "engine",
            Remedy::Setting(_) => "setting",
            Remedy::Command(_) => "command",
        };
        let value = match remedy {
            Remedy::Run { engine, isolation, .. } => wording.remedy(&Remedy::EngineFlag(*engine, Some(*isolation))),
            Remedy::Base { release, .. } => release.clone(),
            other => wording.remedy(other),
        };
        Self { kind: kind.into(), value: clean(value.trim_matches('`')).into_owned(), verified: None }
    }
}

impl Location {
    /// A place in a file, and what stands there.
    pub fn new(file: &str, line: u32, column: u32, object: Option<&str>, written: &str) -> Self {
        let cleaned = |text: &str| clean(text).into_owned();
        Self { file: cleaned(file), line, column, object: object.map(cleaned), written: cleaned(written) }
    }

    /// The path as repositories write it: with slashes, and without `./`.
    pub(crate) fn path(&self) -> String {
        let slashed = self.file.replace('\\', "/");
        slashed.strip_prefix("./").map_or(slashed.clone(), str::to_owned)
    }

    /// The file and the line, e.g. `deploy/Dockerfile:3`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.path(), self.line)
    }
}

impl ErrorEntry {
    /// As [`Self::line`], behind the place where there is one, e.g. `Dockerfile:3: app:1: there is no such tag`.
    pub(crate) fn placed_line(&self) -> String {
        match &self.location {
            // What is wrong with a file as a whole.
            Some(location) if location.file == self.reference => format!("{}: {}", location.place(), self.message),
            Some(location) => format!("{}: {}", location.place(), self.line()),
            None => self.line(),
        }
    }

    /// The image as reports name it, also where nothing was typed.
    pub(crate) fn name(&self) -> String {
        if self.reference.trim().is_empty() { "an empty name".to_owned() } else { shown(&self.reference) }
    }

    /// The image and what failed, in one line that names the image once.
    pub(crate) fn line(&self) -> String {
        let reference = self.name();
        // A short word such as `app` may stand in any sentence.
        let begins = || self.message.strip_prefix(&reference).is_some_and(|rest| rest.starts_with(' '));
        let is_named =
            self.reference.trim().is_empty() || reference.contains(['/', ':']) && self.message.contains(&reference) || begins();
        if is_named { self.message.clone() } else { format!("{reference}: {}", self.message) }
    }

    /// The failure to read this reference.
    pub fn new(reference: &str, error: &Error, wording: &dyn Wording) -> Self {
        let mut message = error.what.clone();
        for cause in &error.causes {
            message.push_str(": ");
            message.push_str(cause);
        }
        Self {
            // No report shows a password.
            reference: clean(&login::hidden(reference)).into_owned(),
            kind: ErrorEntryKind::from(error.kind).into(),
            message: clean(&message).into_owned(),
            hint: Some(clean(&wording.advice(&error.advice())).into_owned()),
            location: None,
            is_part: false,
        }
    }

    /// The failure to read this part of a cluster.
    #[cfg(feature = "clusters")]
    pub(crate) fn of_part(part: &str, error: &Error, wording: &dyn Wording) -> Self {
        Self { is_part: true, ..Self::new(part, error, wording) }
    }
}

impl From<ErrorKind> for ErrorEntryKind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Unauthorized => Self::Unauthorized,
            ErrorKind::Network => Self::Network,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Unresolved => Self::Unresolved,
            ErrorKind::NotLocked => Self::NotLocked,
            ErrorKind::Invalid | ErrorKind::Other | ErrorKind::NoSuchCommand | ErrorKind::CommandNotStartable => Self::Invalid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_image_that_was_not_read_is_named_once() {
        for (reference, message, expected) in [
            ("r.test/app:1", "r.test/app:1 was not found", "r.test/app:1 was not found"),
            ("r.test/app:1", "the registry is away", "r.test/app:1: the registry is away"),
            ("lay", "lay holds 2 images", "lay holds 2 images"),
            ("lay", "the layout is damaged", "lay: the layout is damaged"),
            ("app", "apples were found", "app: apples were found"),
            ("", "`` is not an image reference", "`` is not an image reference"),
        ] {
            let kind = ErrorEntryKind::from(ErrorKind::Invalid).into();
            let (reference, message) = (reference.to_owned(), message.to_owned());
            let entry = ErrorEntry { reference, kind, message, hint: None, location: None, is_part: false };
            assert_eq!(entry.line(), expected);
        }
    }
}
