//! The age of an image: the revision of its Windows beside the newest base image of the same build.

use jiff::Unit;
use jiff::civil::{Date, DateDifference};

use super::{Case, Code, Detail, Finding, Subject, judge, survey};
use crate::OsVersion;
use crate::advice::Remedy;
use crate::image::{Image, Source, Version};
use crate::knowledge::builds::{MICROSOFT_REGISTRY, path_at_microsoft};
use crate::knowledge::{BaseImage, Knowledge};

/// The most entries of an index that are named in one sentence.
const MOST_NAMED: usize = 3;

/// The comparison of images with the newest base images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// The age in months up to which an image passes although there is a newer base image; with 0 none passes.
    pub months: u32,
    /// The newest base images that a registry has; those of other builds are known from the knowledge alone.
    pub newest: Vec<NewestBase>,
}

/// The newest base image of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestBase {
    /// The version, e.g. `10.0.20348.5622`.
    pub version: OsVersion,
    /// The reference that a registry was asked for, e.g. `mcr.microsoft.com/windows/servercore:ltsc2022`; `None` where the knowledge says it.
    pub reference: Option<String>,
}

/// The tag to ask a registry for the newest base image of this build, e.g. `mcr.microsoft.com/windows/servercore:ltsc2022`. All
/// repositories of a build get the same updates; Server Core is the one that every build has, and gets each of them. `None` for a build that
/// gets no more updates: the knowledge knows its last one.
pub fn newest_reference(knowledge: &Knowledge, build: u32, today: Date) -> Option<String> {
    let base = knowledge.base_image(build)?;
    let served = || base.repositories.iter().filter(|repository| today <= repository.until);
    let repository = served().find(|repository| repository.repository == SERVER_CORE).or_else(|| served().next())?;
    Some(format!("{MICROSOFT_REGISTRY}/{}:{}", repository.repository, repository.tags.first()?))
}

/// The repository that is asked for the newest base image of a build.
const SERVER_CORE: &str = "windows/servercore";

/// The builds of these images that a registry can be asked for the newest base image of, each once.
pub fn builds(knowledge: &Knowledge, images: &[&Image], today: Date) -> Vec<u32> {
    let candidates = images.iter().flat_map(|image| &image.candidates);
    let versions = candidates.filter_map(|candidate| candidate.os_version()).map(|(version, _)| version);
    let is_asked = |version: &OsVersion| {
        version.is_windows_10_line() && version.revision.is_some() && newest_reference(knowledge, version.build, today).is_some()
    };
    let mut builds: Vec<u32> = versions.filter(is_asked).map(|version| version.build).collect();
    builds.sort_unstable();
    builds.dedup();
    builds
}

impl Freshness {
    /// The newest base image of this build, of what the registry and the knowledge say.
    fn newest(&self, knowledge: &Knowledge, build: u32) -> Option<NewestBase> {
        let base = knowledge.base_image(build)?;
        let updates = knowledge.revisions(build).and_then(|revisions| revisions.updates.first());
        let known = base.last_revision.max(updates.map(|update| update.revision))?;
        let known = NewestBase { version: OsVersion::new(10, 0, build, Some(known)), reference: None };
        let asked = self.newest.iter().filter(|newest| newest.version.build == build);
        asked.chain([&known]).max_by_key(|newest| (newest.version, newest.reference.is_some())).cloned()
    }

    /// The base image that is newer than this version, which is too old.
    fn newer_than(&self, knowledge: &Knowledge, version: OsVersion, today: Date) -> Option<NewestBase> {
        let newest = self.newest(knowledge, version.build)?;
        let is_behind = version.is_windows_10_line() && version.revision.is_some() && version < newest.version;
        let months = Released::of(knowledge, version).months_before(today);
        (is_behind && (self.months == 0 || months > self.months)).then_some(newest)
    }
}

/// The time within which a revision was released, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Released {
    /// The first day it can have been.
    from: Option<Date>,
    /// The last day it can have been.
    until: Option<Date>,
}

impl Released {
    /// That of this version: the day of its update, or between the days of the updates around it.
    fn of(knowledge: &Knowledge, version: OsVersion) -> Self {
        let updates = knowledge.revisions(version.build).map(|revisions| revisions.updates.as_slice()).unwrap_or_default();
        let (before, after): (Vec<_>, Vec<_>) = updates.iter().partition(|update| Some(update.revision) <= version.revision);
        // The newest is first.
        if let Some(own) = before.first().filter(|update| Some(update.revision) == version.revision) {
            return Self { from: Some(own.released), until: Some(own.released) };
        }
        let last_day = |base: &BaseImage| base.repositories.iter().map(|repository| repository.until).max();
        let until = after.last().map(|update| update.released);
        Self {
            from: before.first().map(|update| update.released),
            until: until.or_else(|| knowledge.base_image(version.build).and_then(last_day)),
        }
    }

    /// The full months from then to this day, at least.
    fn months_before(self, today: Date) -> u32 {
        self.until.map_or(0, |day| months(day, today))
    }

    /// In words, e.g. `released on 2023-10-10, 37 months ago`.
    fn words(self, today: Date) -> String {
        let ago = match self.months_before(today) {
            0 => "less than a month ago".to_owned(),
            1 => "1 month ago".to_owned(),
            many => format!("{many} months ago"),
        };
        match (self.from, self.until.filter(|day| *day <= today)) {
            (Some(from), Some(until)) if from == until => format!("released on {from}, {ago}"),
            (Some(from), Some(until)) => format!("released between {from} and {until}, at least {ago}"),
            (None, Some(until)) => format!("released before {until}, at least {ago}"),
            (Some(from), None) => format!("released after {from}"),
            (None, None) => "whose day is not known".to_owned(),
        }
    }
}

/// The full months from one day to another; 0 where it is not later.
fn months(from: Date, to: Date) -> u32 {
    let span = from.until(DateDifference::new(to).largest(Unit::Month));
    span.ok().and_then(|span| u32::try_from(span.get_months()).ok()).unwrap_or(0)
}

/// The findings about the age of an image, if ages are looked at.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let Some(freshness) = &case.policy.freshness else { return Vec::new() };
    let newer = case.version().and_then(|version| freshness.newer_than(case.knowledge, version, case.policy.today));
    let outdated = newer.map(|_| Finding::new(Code::BaseImageOutdated));
    outdated.into_iter().chain(of_entries(case, freshness)).collect()
}

/// The finding that entries of an index were left behind when others were built again.
fn of_entries(case: &Case<'_>, freshness: &Freshness) -> Option<Finding> {
    let (knowledge, today) = (case.knowledge, case.policy.today);
    let of_index = case.image.candidates.iter().filter_map(|candidate| match candidate.indexed {
        Version::Known(version) if version.revision.is_some() => Some((version, Released::of(knowledge, version))),
        _ => None,
    });
    let mut entries: Vec<(OsVersion, Released)> = of_index.collect();
    entries.sort_unstable_by_key(|(version, _)| *version);
    entries.dedup();
    let with_day = entries.iter().filter_map(|(version, released)| Some((version, *released, released.from?)));
    let (newest, released, day) = with_day.max_by_key(|(.., day)| *day)?;
    // A build that gets no more updates is not left behind.
    let lags = |(version, released): &&(OsVersion, Released)| {
        released.until.is_some_and(|until| months(until, day) > freshness.months)
            && newest_reference(knowledge, version.build, today).is_some()
            && freshness.newest(knowledge, version.build).is_some_and(|newest| *version < newest.version)
    };
    let named: Vec<String> =
        entries.iter().filter(lags).map(|(version, released)| format!("{version} ({})", released.words(today))).collect();
    if named.is_empty() {
        return None;
    }
    let more = if named.len() > MOST_NAMED { format!(" and {} more", named.len() - MOST_NAMED) } else { String::new() };
    let first = named.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let words = format!("{first}{more}, beside {newest} ({})", released.words(today));
    Some(Finding::new(Code::IndexEntryOutdated).with(Detail::Written(words)))
}

impl Subject<'_> {
    /// The base image that is newer than this image.
    fn newer_base(&self) -> Option<NewestBase> {
        self.policy.freshness.as_ref()?.newer_than(self.knowledge, self.version()?, self.policy.today)
    }

    /// The newest base image of this build and where that is known from, e.g. `10.0.20348.5622 (mcr.microsoft.com/windows/servercore:ltsc2022)`.
    pub(super) fn newest_words(&self) -> String {
        let Some(NewestBase { version, reference }) = self.newer_base() else { return String::new() };
        match reference {
            Some(reference) => format!("{version} ({reference})"),
            None => format!("{version} (built-in data of {})", self.knowledge.date),
        }
    }

    /// The day on which the revision of this image was released, e.g. `released on 2023-10-10, 37 months ago`.
    pub(super) fn released_words(&self) -> String {
        let released = self.version().map(|version| Released::of(self.knowledge, version)).unwrap_or_default();
        released.words(self.policy.today)
    }

    /// The way to the newest base image of this build, if an image of it passes: Microsoft's own is pulled, any other built again.
    pub(super) fn fresh_base(&self) -> Option<crate::Advice> {
        let newest = self.newer_base()?;
        let candidate = survey::candidate(self.architecture(), newest.version);
        let image = survey::image(Source::Registry, None, String::new(), vec![candidate]);
        let policy = super::Policy { freshness: None, ..self.policy.clone() };
        if judge(self.knowledge, self.host, &image, &policy).ok != Some(true) {
            return None;
        }
        let path = self.image.and_then(|image| image.repository.as_deref()).and_then(path_at_microsoft);
        let base = self.knowledge.base_image(newest.version.build)?;
        let own = base.repositories.iter().find(|repository| Some(repository.repository.as_str()) == path);
        Some(match own.and_then(|repository| Some((repository, repository.tags.first()?))) {
            Some((repository, tag)) => {
                let image = format!("{MICROSOFT_REGISTRY}/{}:{tag}", repository.repository);
                crate::Advice::from("use ") + Remedy::Image(image) + ", pulled again"
            }
            None => "build it again on the newest base image, with `docker build --pull`".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_day_of_a_revision_is_that_of_its_update_or_between_two() {
        let today = date(2026, 11, 23);
        for (version, words) in [
            ("10.0.20348.5139", "released on 2026-05-12, 6 months ago"),
            ("10.0.20348.5021", "released between 2026-04-14 and 2026-05-12, at least 6 months ago"),
            ("10.0.17763.1", "released before 2020-01-14, at least 82 months ago"),
            ("10.0.20348.9999", "released after 2026-05-12"),
            ("10.0.19041.1", "released before 2021-12-14, at least 59 months ago"),
            ("10.0.12345.1", "whose day is not known"),
        ] {
            let version = version.parse().unwrap();
            assert_eq!(Released::of(Knowledge::built_in(), version).words(today), words, "{version}");
        }
        let words = |days: Date| Released { from: Some(days), until: Some(days) }.words(today);
        assert_eq!(words(date(2026, 11, 10)), "released on 2026-11-10, less than a month ago");
        assert_eq!(words(date(2026, 10, 23)), "released on 2026-10-23, 1 month ago");
    }

    #[test]
    fn the_newest_is_that_of_the_registry_or_of_the_knowledge() {
        let asked = |version: &str| NewestBase { version: version.parse().unwrap(), reference: Some("asked".to_owned()) };
        let freshness = Freshness { months: 3, newest: vec![asked("10.0.20348.6000"), asked("10.0.26100.1")] };
        let newest = |build| {
            let newest = freshness.newest(Knowledge::built_in(), build).unwrap();
            (newest.version.to_string(), newest.reference.is_some())
        };
        assert_eq!(newest(20348), ("10.0.20348.6000".to_owned(), true));
        // A mirror that lags does not make the knowledge wrong.
        assert_eq!(newest(26100), ("10.0.26100.33438".to_owned(), false));
        assert_eq!(newest(17763), ("10.0.17763.8755".to_owned(), false));
        assert!(freshness.newest(Knowledge::built_in(), 22621).is_none());
    }

    #[test]
    fn one_tag_is_asked_for_a_build_that_gets_updates() {
        let today = date(2026, 11, 23);
        let reference = |build| newest_reference(Knowledge::built_in(), build, today);
        assert_eq!(reference(20348).as_deref(), Some("mcr.microsoft.com/windows/servercore:ltsc2022"));
        assert_eq!(reference(14393).as_deref(), Some("mcr.microsoft.com/windows/servercore:ltsc2016"));
        assert_eq!((reference(18362), reference(22621)), (None, None));
    }
}
