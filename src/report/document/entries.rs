//! The entries of a report, made from judgements, hosts and errors.

use super::{
    CandidateEntry, ErrorEntry, ErrorEntryKind, FindingEntry, HostEntry, ImageEntry, PossibilityEntry, Report, ResultEntry,
    SCHEMA, Summary, Tool,
};
use crate::advice::Engine;
use crate::compat::{Finding, Judgement, Possibility, Subject, Verdict};
use crate::host::Host;
use crate::image::{Config, Image};
use crate::knowledge::Knowledge;
use crate::report::plain::clean;
use crate::report::{Word, Wording};
use crate::{Error, ErrorKind, Isolation};

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
        }
        Self { schema: SCHEMA.into(), tool: Tool::with(knowledge), results, errors, summary }
    }
}

impl ResultEntry {
    /// The judgement as data, with the sentences of its findings; their help is for this engine.
    pub fn new(
        knowledge: &Knowledge,
        host: &Host,
        image: &Image,
        judgement: &Judgement,
        engine: Engine,
        wording: &dyn Wording,
    ) -> Self {
        let candidate = judgement.chosen.and_then(|index| image.candidates.get(index));
        let version = candidate.and_then(|candidate| candidate.os_version()).map(|(version, _)| version);
        let architecture = candidate.map(|candidate| candidate.architecture.as_str()).unwrap_or_default();
        let reference = clean(&image.reference);
        let subject = Subject {
            knowledge,
            reference: &reference,
            repository: image.repository.as_deref(),
            image: version,
            architecture,
            host,
            engine,
        };
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
                os: os.map(|os| clean(os).into_owned()),
                architecture: (!architecture.is_empty()).then(|| clean(architecture).into_owned()),
                os_version: version,
                release: version
                    .and_then(|version| knowledge.base_image(version.build))
                    .map(|base| clean(&base.release).into_owned()),
            },
            host: HostEntry::new(host),
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
    pub fn new(host: &Host) -> Self {
        Self {
            name: clean(&host.name).into_owned(),
            os_version: host.os_version,
            release: host.release.as_deref().map(|release| clean(release).into_owned()),
            kind: host.kind.into(),
            edition: host.edition.as_deref().map(|edition| clean(edition).into_owned()),
            architecture: host.architecture.into(),
            containers: host.containers.into(),
            hyperv: host.hyperv.into(),
            default: Isolation::default_of(host.kind).into(),
            source: host.source.into(),
            assumed: host.assumed.iter().copied().map(Word::from).collect(),
            overridden: host.overridden.iter().copied().map(Word::from).collect(),
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
        Self {
            code: finding.code.into(),
            severity: finding.severity.into(),
            message: clean(&wording.advice(&finding.message(subject))).into_owned(),
            help: clean(&wording.advice(&finding.help(subject))).into_owned(),
            source: finding.source().into(),
        }
    }
}

impl ErrorEntry {
    /// The failure to read this reference.
    pub fn new(reference: &str, error: &Error, wording: &dyn Wording) -> Self {
        let mut message = error.what.clone();
        for cause in &error.causes {
            message.push_str(": ");
            message.push_str(cause);
        }
        Self {
            reference: clean(reference).into_owned(),
            kind: ErrorEntryKind::from(error.kind).into(),
            message: clean(&message).into_owned(),
            hint: Some(clean(&wording.advice(&error.advice())).into_owned()),
        }
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
            ErrorKind::Invalid | ErrorKind::Other | ErrorKind::NoSuchCommand | ErrorKind::CommandNotStartable => Self::Invalid,
        }
    }
}
