//! The sentences of a finding in one case, with what to do in them as data.

use std::cell::Cell;

use jiff::civil::Date;

use super::remedies::Reported;
use super::{Code, Detail, Finding, Policy, Severity, Suggestion, Wish};
use crate::advice::{Remedy, Setting};
use crate::engine::{self, Limit};
use crate::host::{Feature, Host};
use crate::image::{Candidate, Image, Source};
use crate::knowledge::Knowledge;
use crate::knowledge::builds::path_at_microsoft;
use crate::{Advice, Engine, Isolation, Kind, OsVersion};

/// The case that a finding's sentences are about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Names of releases and tags.
    pub knowledge: &'a Knowledge,
    /// The reference as it was typed.
    pub reference: &'a str,
    /// The image; `None` where only a host is described.
    pub image: Option<&'a Image>,
    /// The candidate that was judged, an index into [`Image::candidates`].
    pub chosen: Option<usize>,
    /// The host.
    pub host: &'a Host,
    /// The policy by which was judged, and by which remedies are judged.
    pub policy: &'a Policy,
}

/// One advice of several, each of which is enough.
pub(crate) fn either(alternatives: impl IntoIterator<Item = Advice>) -> Advice {
    alternatives.into_iter().reduce(|said, next| said + "; or " + next).unwrap_or_default()
}

impl Finding {
    /// The sentence that says what was found, without a full stop; both versions are in it where they matter.
    pub fn message(&self, subject: &Subject<'_>) -> Advice {
        self.fill(self.code.0.message, subject)
    }

    /// The sentence that says what to do, without a full stop; empty where there is nothing to do.
    ///
    /// The template has alternatives between bars. One that names an image or an isolation is left out if that does not pass; what
    /// stands behind two bars is said if none is left, of several the first that passes. What users report to fail is named where nothing
    /// else passes.
    pub fn help(&self, subject: &Subject<'_>) -> Advice {
        either(self.alternatives(subject))
    }

    /// The alternatives of [`Self::help`], each of which is enough.
    pub(crate) fn alternatives(&self, subject: &Subject<'_>) -> Vec<Advice> {
        // A HostProcess container that runs needs neither isolation, so nothing is to be done about them.
        if subject.policy.wish == Wish::HostProcess && self.severity == Severity::Note && !self.code.is_about_host_alone() {
            return Vec::new();
        }
        if self.severity == Severity::Note && self.is_of_what_was_not_asked_for(subject) {
            return Vec::new();
        }
        let (alternatives, otherwise) = match self.code.0.help.split_once("||") {
            Some((alternatives, otherwise)) => (alternatives, Some(otherwise)),
            None => (self.code.0.help, None),
        };
        let passing = |reported: Reported| -> Vec<Advice> {
            alternatives.split('|').filter_map(|alternative| self.alternative(alternative, subject, reported)).collect()
        };
        let mut found = passing(Reported::LeftOut);
        // The warning of what is reported to fail does not lead to it.
        if found.is_empty() && self.code != Code::Ltsc2025On25h2 {
            found = passing(Reported::Offered);
        }
        if found.is_empty() {
            let mut last = otherwise.into_iter().flat_map(|otherwise| otherwise.split('|'));
            found.extend(last.find_map(|one| self.alternative(one, subject, Reported::Offered)));
        }
        found
    }

    /// True where this, as a note, is the reason why an isolation is not taken that nobody needs: another one was asked for, or is taken.
    fn is_of_what_was_not_asked_for(&self, subject: &Subject<'_>) -> bool {
        match self.code {
            Code::BuildMismatch | Code::RevisionMismatch => subject.is_in_force(Isolation::Hyperv),
            Code::ProcessNotForUntrusted | Code::ProcessNotForProduction => true,
            _ => false,
        }
    }

    /// One alternative with its values; `None` if something in it does not pass.
    fn alternative(&self, template: &str, subject: &Subject<'_>, reported: Reported) -> Option<Advice> {
        let passes = Cell::new(true);
        let value = |name: &str, argument: &str| match subject.judged(name, argument, reported) {
            Some(Some(advice)) => Some(advice),
            Some(None) => {
                passes.set(false);
                Some(Advice::default())
            }
            None => self.value(name, argument, subject),
        };
        let advice = self.filled(template, value);
        passes.get().then_some(advice)
    }

    /// The remedies of [`Finding::help`] as data alone, in the order of the sentence, e.g. `[Run {..}, Image(..)]`.
    pub fn remedies(&self, subject: &Subject<'_>) -> Vec<Remedy> {
        self.help(subject).remedies().cloned().collect()
    }

    /// A template with its values.
    fn fill(&self, template: &str, subject: &Subject<'_>) -> Advice {
        self.filled(template, |name, argument| self.value(name, argument, subject))
    }

    fn filled(&self, template: &str, value: impl Fn(&str, &str) -> Option<Advice>) -> Advice {
        Advice::from_template(template, value).unwrap_or_else(|unknown| {
            debug_assert!(false, "{}: {unknown}", self.code);
            template.into()
        })
    }

    /// The value of a name in a template. Values of another finding are empty.
    fn value(&self, name: &str, argument: &str, subject: &Subject<'_>) -> Option<Advice> {
        let host = subject.host;
        let words = match (name, &self.detail) {
            ("host-builds", _) => subject.host_builds(argument == "process"),
            ("host-for-image", _) if subject.is_for_another_processor() => format!("an {} host", subject.architecture()),
            ("host-for-image", _) => "a host".to_owned(),
            ("image", _) => subject.version().map_or_else(|| "of an unknown version".to_owned(), |version| version.to_string()),
            ("image-release", _) => {
                let base = subject.version().and_then(|image| subject.knowledge.base_image(image.build));
                base.map_or_else(String::new, |base| format!(" ({})", base.release))
            }
            ("architecture", _) => subject.architecture().to_owned(),
            ("host", _) => host.os_version.to_string(),
            ("host-name", _) => host.name.clone(),
            ("host-architecture", _) => host.architecture.as_str().to_owned(),
            ("host-kind", _) => match host.kind {
                Kind::Server => "server".to_owned(),
                Kind::Client => "client".to_owned(),
            },
            ("configured-default", _) => match subject.policy.configured_default(host) {
                Some(Isolation::Process) => "process".to_owned(),
                Some(Isolation::Hyperv) => "Hyper-V".to_owned(),
                None => String::new(),
            },
            ("needs", _) if subject.passes_in(Isolation::Process) => "is to run in".to_owned(),
            ("needs", _) => "needs".to_owned(),
            ("newest-base", _) => subject.newest_words(),
            ("released", _) => subject.released_words(),
            ("edition", _) => host.edition.as_deref().unwrap_or("Home").to_owned(),
            ("newest", _) => subject.knowledge.newest_build(host.kind).to_string(),
            ("knowledge-date", _) => subject.knowledge.date.to_string(),
            ("engine", _) => subject.engine_words(),
            ("engine-minimum", _) => subject.engine_minimum().to_owned(),
            ("engine-before-host-process", _) => subject.engine_before_host_process(),
            ("engine-differs", _) => subject.differing_versions(),
            ("engine-doubt", _) => subject.engine_doubt(),
            ("engine-says", _) => subject.engine_says(),
            ("engine-takes", _) => subject.engine_takes(),
            ("fits", _) if subject.may_fit_only() => "may fit".to_owned(),
            ("fits", _) => "fits".to_owned(),
            ("platforms", Detail::Platforms(words))
            | ("reason", Detail::Reason(words))
            | ("stated", Detail::Stated(words))
            | ("written", Detail::Written(words)) => words.clone(),
            ("end-of-support", Detail::EndOfSupport(day)) => day.to_string(),
            ("first-revision", Detail::FirstRevision(revision)) => revision.to_string(),
            ("tag-read", Detail::TagRead(day)) => read_on(*day, subject.policy.today),
            ("other-isolation", Detail::OtherIsolation(Isolation::Process)) => "process".to_owned(),
            ("other-isolation", Detail::OtherIsolation(Isolation::Hyperv)) => "Hyper-V".to_owned(),
            (
                "platforms" | "reason" | "stated" | "written" | "end-of-support" | "first-revision" | "other-isolation"
                | "tag-read",
                _,
            ) => String::new(),
            // A cluster gives them.
            (name, _) if super::findings::cluster::VALUES.contains(&name) => String::new(),
            _ => return self.remedy(name, argument, subject),
        };
        Some(words.into())
    }

    /// The remedy of a name in a template, where it depends on the case.
    fn remedy(&self, name: &str, argument: &str, subject: &Subject<'_>) -> Option<Advice> {
        let feature = |feature| Remedy::Feature(subject.host.command_to_enable(feature).to_owned()).into();
        match (name, &self.detail) {
            ("enable-containers", _) => Some(feature(Feature::Containers)),
            ("enable-hyperv", _) => Some(feature(Feature::HyperV)),
            ("update", Detail::Update(kb)) => Some(Remedy::Update(Some(kb.clone())).into()),
            ("update", _) => Some(Remedy::Update(None).into()),
            ("own-host", _) => Some(Setting::Host(format!("{},{argument}", subject.host.os_version)).into()),
            ("run-other", Detail::OtherIsolation(isolation)) => Some(subject.run(*isolation)),
            ("run-other", _) => Some(Advice::default()),
            _ => None,
        }
    }
}

impl Subject<'_> {
    fn candidate(&self) -> Option<&Candidate> {
        self.image?.candidates.get(self.chosen?)
    }

    /// The version of the chosen candidate.
    pub(super) fn version(&self) -> Option<OsVersion> {
        self.candidate().and_then(|candidate| candidate.os_version()).map(|(version, _)| version)
    }

    /// The architecture of the chosen candidate, e.g. `amd64`; empty if nothing says it.
    pub(super) fn architecture(&self) -> &str {
        self.candidate().map_or("", |candidate| candidate.architecture.as_str())
    }

    /// The advice of a name that stands for something that has to pass: the inner `None` if it does not, the outer one for any other
    /// name.
    fn judged(&self, name: &str, argument: &str, reported: Reported) -> Option<Option<Advice>> {
        let isolation = || Isolation::ALL.into_iter().find(|isolation| isolation.as_str() == argument);
        Some(match name {
            "base" => {
                let is_meant = |found: &Suggestion<'_>| match argument {
                    "supported" => found.supported,
                    // What is said of the processor names it.
                    "same-processor" => !self.is_for_another_processor(),
                    _ => true,
                };
                let found = self.suggestion(argument == "process").filter(is_meant);
                let own = self.version().map(|version| version.build);
                found.filter(|found| reported.allows(&found.judgement)).and_then(|found| {
                    let path = self.image.and_then(|image| image.repository.as_deref()).and_then(path_at_microsoft);
                    match found.reference().filter(|_| path == Some(found.repository.repository.as_str())) {
                        Some(reference) => Some(Remedy::Image(reference).into()),
                        // It is built on that, for another processor.
                        None if own == Some(found.base.build) => None,
                        None => Some(Remedy::Base { release: found.base.release.clone(), build: found.base.build }.into()),
                    }
                })
            }
            // Kubernetes has no use for it.
            "enable-hyperv" if self.policy.engine_on(self.host) == Engine::Kubernetes => None,
            // Nothing is to be found out where the engine has no Hyper-V isolation.
            "if-offered" => self.policy.engine_on(self.host).offers_hyperv().then(Advice::default),
            "if-in-pod" => (self.policy.engine_on(self.host) == Engine::Kubernetes).then(Advice::default),
            "unless-in-pod" => (self.policy.engine_on(self.host) != Engine::Kubernetes).then(Advice::default),
            // There a RuntimeClass asks for it.
            "if-by-class" => {
                let is_by_class = self.policy.wish == Wish::Hyperv && !self.policy.engine_on(self.host).offers_hyperv();
                is_by_class.then(Advice::default)
            }
            "chosen-entry" => self.chosen_entry(reported).map(|reference| Remedy::Image(reference).into()),
            "engine-version" => self.other_engine_version(reported).map(Advice::from),
            "fresh-base" => self.fresh_base(),
            "image-store" => self.other_store(reported).map(Advice::from),
            "own-store" => self.own_store(reported).map(Advice::from),
            "if-indexed" => self.passes_once_indexed().then(Advice::default),
            "entry" => self.other_entry().map(|reference| Remedy::Image(reference).into()),
            "host-behind" => self.version().is_some_and(|image| self.host.os_version < image).then(Advice::default),
            "image-behind" => self.version().is_some_and(|image| self.host.os_version > image).then(Advice::default),
            "processor-served" => self.processor_is_served().then(Advice::default),
            "other-processor" => self.other_processor().map(|architecture| architecture.as_str().into()),
            "on-1809" => self.passes_on_1809().then(Advice::default),
            "no-revision" => self.lacks_revision(argument).then(Advice::default),
            "if" => isolation().filter(|&isolation| self.passes_in(isolation)).map(|_| Advice::default()),
            "run" => {
                let passes = |isolation: &Isolation| self.passes_if_run_in(*isolation, reported);
                isolation().filter(passes).map(|isolation| self.run(isolation))
            }
            _ => return None,
        })
    }

    /// True if the revision of this is not known: of the `host`, of an `image` that a registry answered for, or of one that was judged
    /// `offline`.
    fn lacks_revision(&self, of: &str) -> bool {
        let is_offline = self.image.is_some_and(|image| image.source == Source::Knowledge);
        let image = || self.version().is_some_and(|version| version.revision.is_none());
        match of {
            "host" => self.host.os_version.revision.is_none(),
            "offline" => is_offline && image(),
            _ => !is_offline && image(),
        }
    }

    /// The image, started in this isolation.
    fn run(&self, isolation: Isolation) -> Advice {
        let engine = self.policy.engine_on(self.host);
        // It has no option for it: process isolation is what it uses without such a class.
        if engine == Engine::Kubernetes {
            return "the pod without a RuntimeClass for Hyper-V isolation".into();
        }
        // An engine does not start what is in an archive under the archive's name.
        let image = if self.is_local() { "IMAGE" } else { self.reference };
        Remedy::Run { engine, isolation, image: image.to_owned() }.into()
    }

    /// What needs a newer host.
    fn engine_minimum(&self) -> &'static str {
        match engine::limit(&self.policy.engine_of(self.host), self.host, Isolation::Process) {
            Some(Limit::NoPods) => "the minimum of containerd for pods",
            _ => "Docker Engine's minimum",
        }
    }

    /// The engines that refuse this pair by mistake, with the words that all of them have in common, e.g. `Docker 29.0.0 to 29.7.2 with
    /// the containerd image store refuse it: …`.
    pub(super) fn faulty_engines(&self) -> String {
        let faults = self.version().map(|image| self.knowledge.engine_faults_with(self.host.os_version.build, image.build));
        let faults: Vec<String> = faults.into_iter().flatten().map(|fault| fault.engines_joined(" and ")).collect();
        format!("{} refuse it: `no match for platform in manifest`", faults.join(" and "))
    }
}

/// The day on which a tag was read, as seen from this day, e.g. `read 3 days ago (2026-11-22)`.
fn read_on(day: Option<Date>, today: Date) -> String {
    let Some(day) = day else { return "it is not known when it was read".to_owned() };
    match day.until(today).map_or(-1, |span| span.get_days()) {
        0 => format!("read today ({day})"),
        1 => format!("read 1 day ago ({day})"),
        days if days > 1 => format!("read {days} days ago ({day})"),
        // The clock was set back since.
        _ => format!("read on {day}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::read_on;

    #[test]
    fn a_day_is_named_with_its_distance() {
        let today = date(2026, 11, 25);
        for (day, words) in [
            (Some(date(2026, 11, 22)), "read 3 days ago (2026-11-22)"),
            (Some(date(2026, 11, 24)), "read 1 day ago (2026-11-24)"),
            (Some(today), "read today (2026-11-25)"),
            (Some(date(2025, 11, 25)), "read 365 days ago (2025-11-25)"),
            (Some(date(2026, 11, 26)), "read on 2026-11-26"),
            (None, "it is not known when it was read"),
        ] {
            assert_eq!(read_on(day, today), words);
        }
    }
}
