//! The sentences of a finding in one case, with what to do in them as data.

use super::{Detail, Finding};
use crate::advice::{Remedy, Setting, advice};
use crate::host::{Feature, Host};
use crate::knowledge::builds::{MICROSOFT_REGISTRY, path_at_microsoft};
use crate::knowledge::{BaseImage, Knowledge};
use crate::{Advice, Engine, Isolation, Kind, OsVersion};

/// The case that a finding's sentences are about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Names of releases and tags.
    pub knowledge: &'a Knowledge,
    /// The reference as it was typed.
    pub reference: &'a str,
    /// The repository with its registry, where the reference has one.
    pub repository: Option<&'a str>,
    /// The version of the chosen candidate.
    pub image: Option<OsVersion>,
    /// The architecture of the chosen candidate.
    pub architecture: &'a str,
    /// The host.
    pub host: &'a Host,
    /// The engine that is to start the container.
    pub engine: Engine,
}

impl Finding {
    /// The sentence that says what was found, without a full stop; both versions are in it where they matter.
    pub fn message(&self, subject: &Subject<'_>) -> Advice {
        self.fill(self.code.0.message, subject)
    }

    /// The sentence that says what to do, without a full stop; empty where there is nothing to do.
    pub fn help(&self, subject: &Subject<'_>) -> Advice {
        self.fill(self.code.0.help, subject)
    }

    /// The remedies of [`Finding::help`] as data alone, in the order of the sentence, e.g. `[Run {..}, Image(..)]`.
    pub fn remedies(&self, subject: &Subject<'_>) -> Vec<Remedy> {
        self.help(subject).remedies().cloned().collect()
    }

    /// A template with its values.
    fn fill(&self, template: &str, subject: &Subject<'_>) -> Advice {
        Advice::from_template(template, |name, argument| self.value(name, argument, subject)).unwrap_or_else(|unknown| {
            debug_assert!(false, "{}: {unknown}", self.code);
            template.into()
        })
    }

    /// The value of a name in a template. Values of another finding are empty.
    fn value(&self, name: &str, argument: &str, subject: &Subject<'_>) -> Option<Advice> {
        let host = subject.host;
        let words = match (name, &self.detail) {
            ("image", _) => subject.image.map_or_else(|| "of an unknown version".to_owned(), |version| version.to_string()),
            ("image-release", _) => {
                let base = subject.image.and_then(|image| subject.knowledge.base_image(image.build));
                base.map_or_else(String::new, |base| format!(" ({})", base.release))
            }
            ("architecture", _) => subject.architecture.to_owned(),
            ("host", _) => host.os_version.to_string(),
            ("host-name", _) => host.name.clone(),
            ("host-architecture", _) => host.architecture.as_str().to_owned(),
            ("host-kind", _) => match host.kind {
                Kind::Server => "server".to_owned(),
                Kind::Client => "client".to_owned(),
            },
            ("edition", _) => host.edition.as_deref().unwrap_or("Home").to_owned(),
            ("newest", _) => subject.knowledge.newest_build(host.kind).to_string(),
            ("knowledge-date", _) => subject.knowledge.date.to_string(),
            ("engines", _) => subject.refusing_engines(),
            ("microsoft-registry", _) => MICROSOFT_REGISTRY.to_owned(),
            ("platforms", Detail::Platforms(words))
            | ("reason", Detail::Reason(words))
            | ("stated", Detail::Stated(words))
            | ("written", Detail::Written(words)) => words.clone(),
            ("end-of-support", Detail::EndOfSupport(day)) => day.to_string(),
            ("first-revision", Detail::FirstRevision(revision)) => revision.to_string(),
            ("other-isolation", Detail::OtherIsolation(isolation)) => isolation.as_str().to_owned(),
            ("platforms" | "reason" | "stated" | "written" | "end-of-support" | "first-revision" | "other-isolation", _) => {
                String::new()
            }
            _ => return self.remedy(name, argument, subject),
        };
        Some(words.into())
    }

    /// The remedy of a name in a template, where it depends on the case.
    fn remedy(&self, name: &str, argument: &str, subject: &Subject<'_>) -> Option<Advice> {
        let feature = |feature| Remedy::Feature(subject.host.command_to_enable(feature).to_owned()).into();
        match (name, &self.detail) {
            ("suggestion", _) => Some(subject.suggestion()),
            ("enable-containers", _) => Some(feature(Feature::Containers)),
            ("enable-hyperv", _) => Some(feature(Feature::HyperV)),
            ("update", Detail::Update(kb)) => Some(Remedy::Update(Some(kb.clone())).into()),
            ("update", _) => Some(Remedy::Update(None).into()),
            ("own-host", _) => Some(Setting::Host(format!("{},{argument}", subject.host.os_version)).into()),
            ("run", _) => Isolation::ALL
                .into_iter()
                .find(|isolation| isolation.as_str() == argument)
                .map(|isolation| subject.run(isolation)),
            ("run-other", Detail::OtherIsolation(isolation)) => Some(subject.run(*isolation)),
            ("run-other", _) => Some(Advice::default()),
            _ => None,
        }
    }
}

impl Subject<'_> {
    /// The image, started in this isolation.
    fn run(&self, isolation: Isolation) -> Advice {
        Remedy::Run { engine: self.engine, isolation, image: self.reference.to_owned() }.into()
    }

    /// The engines that refuse this pair by mistake, e.g. `Docker 29.0.0 to 29.7.2 with the containerd image store`.
    fn refusing_engines(&self) -> String {
        let faults = self.image.map(|image| self.knowledge.engine_faults_with(self.host.os_version.build, image.build));
        faults.into_iter().flatten().map(|fault| fault.engines_joined(" and ")).collect::<Vec<_>>().join(" and ")
    }

    /// An image to use instead: the same base image for this host's build or its stable ABI, else the generation to rebase on.
    fn suggestion(&self) -> Advice {
        let Some(base) = self.best_generation() else {
            return "no Windows base image fits this host".into();
        };
        let own = self.repository.and_then(path_at_microsoft);
        let same = base.repositories.iter().find(|entry| Some(entry.repository.as_str()) == own);
        match same.and_then(|entry| Some((&entry.repository, entry.tags.first()?))) {
            Some((path, tag)) => advice!["use ", Remedy::Image(format!("{MICROSOFT_REGISTRY}/{path}:{tag}"))],
            None => advice!["use ", Remedy::Base { release: base.release.clone(), build: base.build }],
        }
    }

    /// The newest generation of base images this host runs in process isolation, else the newest it can run at all.
    fn best_generation(&self) -> Option<&BaseImage> {
        let host = self.host.os_version.build;
        let floor = self.knowledge.stable_abi_floor(host).unwrap_or(host);
        let fits = |base: &&BaseImage| {
            base.build <= host && base.repositories.iter().any(|entry| entry.architectures.contains(&self.host.architecture))
        };
        let runs_as_process = |base: &&BaseImage| base.build >= floor;
        let newest = |base: &&BaseImage| base.build;
        self.knowledge
            .base_images
            .iter()
            .filter(fits)
            .filter(runs_as_process)
            .max_by_key(newest)
            .or_else(|| self.knowledge.base_images.iter().filter(fits).max_by_key(newest))
    }
}
