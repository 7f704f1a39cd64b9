//! The sentences of a finding, made when they are printed.

use std::fmt::Write as _;

use super::{Code, Detail, Finding};
use crate::Kind;
use crate::OsVersion;
use crate::host::{Feature, Host};
use crate::knowledge::Knowledge;

/// Who is to run the container: whose command line the help shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Docker, for `wincompat check`.
    Docker,
    /// This program, for `wincompat run`.
    Wincompat,
}

/// What a finding's sentences speak of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Names of releases and tags.
    pub knowledge: &'a Knowledge,
    /// The reference as it was typed.
    pub reference: &'a str,
    /// Its repository with registry, where it has one.
    pub repository: Option<&'a str>,
    /// The version of the chosen candidate.
    pub image: Option<OsVersion>,
    /// The architecture of the chosen candidate.
    pub architecture: &'a str,
    /// The host.
    pub host: &'a Host,
    /// Who is to run the container.
    pub engine: Engine,
}

impl Finding {
    /// What was found, one sentence without a full stop; both versions are in it where they matter.
    pub fn message(&self, subject: &Subject<'_>) -> String {
        self.fill(self.code.row().message, subject)
    }

    /// What to do about it; empty where there is nothing to do.
    pub fn help(&self, subject: &Subject<'_>) -> String {
        self.fill(self.code.row().help, subject)
    }

    /// Replaces each `{name}` of a template.
    fn fill(&self, template: &str, subject: &Subject<'_>) -> String {
        let mut text = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            self.value(name, subject, &mut text);
            rest = after;
        }
        text.push_str(rest);
        text
    }

    fn value(&self, name: &str, subject: &Subject<'_>, text: &mut String) {
        let host = subject.host;
        // Writing to a String cannot fail.
        let _ = match name {
            "run" => match subject.engine {
                Engine::Docker => write!(text, "docker run"),
                Engine::Wincompat => write!(text, "wincompat run"),
            },
            "reference" => write!(text, "{}", subject.reference),
            "image" => match subject.image {
                Some(version) => write!(text, "{version}"),
                None => write!(text, "of an unknown version"),
            },
            "image-release" => match subject.image.and_then(|image| subject.knowledge.base_image(image.build)) {
                Some(base) => write!(text, " ({})", base.release),
                None => Ok(()),
            },
            "host" => write!(text, "{}", host.os_version),
            "host-name" => write!(text, "{}", host.name),
            "architecture" => write!(text, "{}", subject.architecture),
            "host-architecture" => write!(text, "{}", host.architecture.as_str()),
            "host-kind" => match host.kind {
                Kind::Server => write!(text, "server"),
                Kind::Client => write!(text, "client"),
            },
            "edition" => write!(text, "{}", host.edition.as_deref().unwrap_or("Home")),
            "newest" => write!(text, "{}", subject.knowledge.newest_build(host.kind)),
            "suggestion" => write!(text, "{}", subject.suggestion()),
            "enable-containers" => write!(text, "{}", host.command_to_enable(Feature::Containers)),
            "enable-hyperv" => write!(text, "{}", host.command_to_enable(Feature::HyperV)),
            "update" => match &self.detail {
                Detail::Text(kb) => write!(text, "at least {kb}"),
                _ => write!(text, "the latest cumulative update"),
            },
            "detail" => match &self.detail {
                Detail::Nothing => Ok(()),
                Detail::Day(day) => write!(text, "{day}"),
                Detail::Number(number) => write!(text, "{number}"),
                Detail::Text(words) => write!(text, "{words}"),
            },
            unknown => {
                debug_assert!(false, "the catalogue names a value {unknown} that does not exist");
                Ok(())
            }
        };
    }

    /// Where the fact comes from.
    pub fn source(&self) -> &'static str {
        self.code.source()
    }
}

impl Subject<'_> {
    /// An image to use instead: the same base image for this host's build or its stable ABI, else the generation to rebase on.
    fn suggestion(&self) -> String {
        let Some(base) = self.best_generation() else {
            return "no Windows base image fits this host".to_owned();
        };
        let own = self.repository.and_then(|repository| repository.strip_prefix("mcr.microsoft.com/"));
        let same = base.repositories.iter().find(|entry| Some(entry.repository.as_str()) == own);
        match same.and_then(|entry| entry.tags.first().map(|tag| (&entry.repository, tag))) {
            Some((repository, tag)) => format!("use mcr.microsoft.com/{repository}:{tag}"),
            None => format!("use an image built on {} (build {})", base.release, base.build),
        }
    }

    /// The newest generation of base images this host runs in process isolation, else the newest it can run at all.
    fn best_generation(&self) -> Option<&crate::knowledge::BaseImage> {
        let host = self.host.os_version.build;
        let floor = self.knowledge.stable_abi_floor(host).unwrap_or(host);
        let fits = |base: &&crate::knowledge::BaseImage| {
            base.build <= host && base.repositories.iter().any(|entry| entry.architectures.contains(&self.host.architecture))
        };
        let runs_as_process = |base: &&crate::knowledge::BaseImage| base.build >= floor;
        let newest = |base: &&crate::knowledge::BaseImage| base.build;
        self.knowledge
            .base_images
            .iter()
            .filter(fits)
            .filter(runs_as_process)
            .max_by_key(newest)
            .or_else(|| self.knowledge.base_images.iter().filter(fits).max_by_key(newest))
    }
}

impl Code {
    /// Every template of the catalogue, for tests that look for values that do not exist.
    #[cfg(test)]
    pub(super) fn templates(self) -> [&'static str; 2] {
        [self.row().message, self.row().help]
    }
}
