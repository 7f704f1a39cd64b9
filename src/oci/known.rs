//! Microsoft's base images as the knowledge has them: for when no registry is asked, and for when the registry refuses.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::OsVersion;
use crate::advice::advice;
use crate::clock::now;
use crate::image::{Candidate, Config, DOCKER_HUB, EntryFacts, Name, Version};
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::knowledge::{BaseImage, BaseRepository, Knowledge};
use crate::{Error, ErrorKind};

/// The generations of base images in this repository, the newest first; none if it is not a repository of base images.
fn generations<'k>(knowledge: &'k Knowledge, name: &Name) -> Vec<(&'k BaseImage, &'k BaseRepository)> {
    if name.registry != MICROSOFT_REGISTRY {
        return Vec::new();
    }
    let all = knowledge.base_images.iter().rev();
    all.filter_map(|image| {
        let repository = image.repositories.iter().find(|repository| repository.repository == name.repository)?;
        Some((image, repository))
    })
    .collect()
}

/// The candidates behind a tag of a base image, as far as the tag alone says them: `ltsc2022`, `ltsc2025-arm64`, `10.0.17763.437`,
/// `1809-KB4493509`. A digest says nothing.
pub(crate) fn candidates(knowledge: &Knowledge, name: &Name) -> Option<Vec<Candidate>> {
    let (None, Some(tag)) = (&name.digest, &name.tag) else {
        return None;
    };
    let (tag, only) = match tag.rsplit_once('-') {
        Some((rest, architecture @ ("amd64" | "arm64"))) => (rest, Some(architecture)),
        _ => (tag.as_str(), None),
    };
    let written = tag.parse::<OsVersion>().ok();
    let release = match tag.split_once("-KB") {
        Some((release, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => release,
        _ => tag,
    };
    let mut generations = generations(knowledge, name).into_iter();
    let (image, repository) = generations.find(|(image, repository)| match written {
        Some(version) => version.is_windows_10_line() && version.build == image.build,
        None => repository.tags.iter().any(|known| known == release),
    })?;
    let architectures = repository.architectures.iter().map(|architecture| architecture.as_str());
    let candidates: Vec<Candidate> = architectures
        .filter(|architecture| only.is_none_or(|only| only == *architecture))
        .map(|architecture| Candidate {
            digest: None,
            size: None,
            architecture: architecture.to_owned(),
            indexed: Version::Known(written.unwrap_or(OsVersion::of_build(image.build))),
            entry: EntryFacts::default(),
            config: Config::NotRead,
            foreign_layers: None,
            layer_servers: Vec::new(),
        })
        .collect();
    (!candidates.is_empty()).then_some(candidates)
}

/// The tag by which a generation is named: the one of the long-term channel, e.g. `ltsc2019` rather than `1809`, else the first.
fn named_by(repository: &BaseRepository) -> Option<String> {
    let long_term = repository.tags.iter().find(|tag| tag.starts_with("ltsc"));
    long_term.or(repository.tags.first()).cloned()
}

/// The tags of a repository of base images, the newest generation first, e.g. `ltsc2025, ltsc2022, 1903`.
fn tags(knowledge: &Knowledge, name: &Name) -> Option<String> {
    let generations = generations(knowledge, name);
    let tags: Vec<String> = generations.iter().filter_map(|(_, repository)| named_by(repository)).collect();
    (!tags.is_empty()).then(|| tags.join(", "))
}

/// A tag for each generation that gets updates on this day, the newest first, e.g. `ltsc2025, ltsc2022, ltsc2019`.
fn supported_tags(knowledge: &Knowledge, name: &Name, today: Date) -> Option<String> {
    let generations = generations(knowledge, name);
    let supported = generations.iter().filter(|(_, repository)| repository.until >= today);
    let tags: Vec<String> = supported.filter_map(|(_, repository)| named_by(repository)).collect();
    (!tags.is_empty()).then(|| tags.join(", "))
}

/// True for a tag that the knowledge has for this repository of base images, e.g. `ltsc2022`.
fn has_known_tag(knowledge: &Knowledge, name: &Name) -> bool {
    let typed = name.tag.as_ref();
    generations(knowledge, name).iter().any(|(_, repository)| repository.tags.iter().any(|tag| Some(tag) == typed))
}

/// Refuses a base image without a tag or digest: Docker would take `latest`, which Microsoft removed on 2019-04-16.
pub(crate) fn refuse_latest(knowledge: &Knowledge, name: &Name) -> Result<(), Error> {
    refuse_latest_on(knowledge, name, TimeZone::UTC.to_datetime(now()).date())
}

fn refuse_latest_on(knowledge: &Knowledge, name: &Name, today: Date) -> Result<(), Error> {
    if name.digest.is_some() || name.tag.is_some() {
        return Ok(());
    }
    let Some(tags) = supported_tags(knowledge, name, today).or_else(|| tags(knowledge, name)) else {
        return Ok(());
    };
    let repository = name.repository_with_registry();
    Err(Error::of(ErrorKind::NotFound, format!("{repository} needs a tag"))
        .because("Windows base images have no tag `latest`, which a name without a tag means")
        .hint(format!("name one of {tags}")))
}

/// Adds to the failure of a registry what its user may not know about the name: that it is a known mistake holds whether the registry
/// refuses it or does not answer at all.
pub(crate) fn advise(knowledge: &Knowledge, name: &Name, mut error: Error) -> Error {
    let is_refused = matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unauthorized);
    let is_unanswered = matches!(error.kind, ErrorKind::Network | ErrorKind::RateLimited);
    let moved = match name.repository.as_str() {
        "microsoft/nanoserver" if name.registry == DOCKER_HUB => Some(moved(name, "windows/nanoserver")),
        "microsoft/windowsservercore" if name.registry == DOCKER_HUB => Some(moved(name, "windows/servercore")),
        "microsoft/windows" if name.registry == DOCKER_HUB => Some(moved(name, "windows")),
        other if name.registry == DOCKER_HUB && other.starts_with("microsoft/") => {
            Some(format!("Microsoft's images moved from Docker Hub to {MICROSOFT_REGISTRY}"))
        }
        _ => None,
    };
    // A registry that wants a login says nothing of the tag, and one that is known is not the slip.
    let is_absent = error.kind == ErrorKind::NotFound && !has_known_tag(knowledge, name);
    let tags = tags(knowledge, name).filter(|_| is_absent);
    let tags = tags.map(|tags| format!("its tags are {tags}, as far as is known here"));
    if is_unanswered && let Some(moved) = &moved {
        error = before_hint(error, moved, "; if that fails too: ");
    }
    if is_refused && let Some(advice) = moved.or(tags) {
        error = error.hint(advice);
    }
    // Where the registry says nothing of the tag, one that looks like a slip may be there, unless all of the repository's are known.
    let meant = meant(knowledge, name).filter(|meant| is_refused || (is_unanswered && meant.is_of_known));
    if let Some(Meant { image, .. }) = meant {
        error = before_hint(error, &format!("did you mean {image}?"), " If not: ");
    }
    if name.has_doubtful_registry() {
        error = error.hint(of_doubtful_registry(knowledge, name));
    }
    error
}

/// The error with this sentence before its hint.
fn before_hint(mut error: Error, sentence: &str, between: &str) -> Error {
    match error.hint.take() {
        Some(hint) => error.hint(advice![format!("{sentence}{between}"), hint]),
        None => error.hint(sentence),
    }
}

/// The hint for a name such as `Windows/nanoserver`, whose first part was hardly meant as a registry.
fn of_doubtful_registry(knowledge: &Knowledge, name: &Name) -> String {
    let repository = format!("{}/{}", name.registry.to_ascii_lowercase(), name.repository);
    let at_microsoft = Name { registry: MICROSOFT_REGISTRY.to_owned(), repository, ..name.clone() };
    let repository = &at_microsoft.repository;
    let meant = if generations(knowledge, &at_microsoft).is_empty() {
        format!("for Docker Hub type {repository}")
    } else {
        format!("did you mean {MICROSOFT_REGISTRY}/{repository}?")
    };
    format!("Docker takes {} for a registry because of its upper case; {meant}", name.registry)
}

/// What was meant by a name with a slip in it.
struct Meant {
    /// The image, e.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    image: String,
    /// True if it is in a repository of base images, whose tags are known.
    is_of_known: bool,
}

/// The image that was meant by a name with a slip in it, as far as the knowledge of base images says.
fn meant(knowledge: &Knowledge, name: &Name) -> Option<Meant> {
    let at_microsoft = name.registry == MICROSOFT_REGISTRY;
    let typed = name.repository.strip_prefix("library/").unwrap_or(&name.repository);
    let repository = (at_microsoft || name.registry == DOCKER_HUB).then(|| knowledge.repository_like(typed)).flatten();
    let known = repository.or_else(|| at_microsoft.then_some(typed).filter(|_| !generations(knowledge, name).is_empty()));
    let meant = |image: String| Some(Meant { image, is_of_known: known.is_some() });
    let tag = match (&name.tag, &name.digest) {
        (Some(tag), None) => {
            if let Some((repository, tag)) = known.and_then(|known| knowledge.moved_release(known, tag)) {
                return meant(format!("{MICROSOFT_REGISTRY}/{repository}:{tag}"));
            }
            knowledge.tag_like(tag, known)
        }
        _ => None,
    };
    let named = match repository {
        Some(repository) => format!("{MICROSOFT_REGISTRY}/{repository}"),
        None if tag.is_some() => name.repository_with_registry(),
        None => return None,
    };
    meant(match (tag.as_ref().or(name.tag.as_ref()), &name.digest) {
        (Some(tag), None) => format!("{named}:{tag}"),
        _ => named,
    })
}

fn moved(name: &Name, repository: &str) -> String {
    // There is no `latest` there.
    let tag = name.tag.as_deref().filter(|tag| *tag != "latest").unwrap_or("TAG");
    format!("Microsoft's images moved from Docker Hub: this one is {MICROSOFT_REGISTRY}/{repository}:{tag}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::image::reference::{Location, Reference};
    use crate::image::test_knowledge::knowledge;

    fn name(text: &str) -> Name {
        match text.parse::<Reference>().unwrap().location() {
            Location::Registry(name) => name.clone(),
            Location::Local { .. } => panic!("{text}"),
        }
    }

    #[test]
    fn a_tag_of_a_base_image_says_its_build() {
        for (text, expected) in [
            ("mcr.microsoft.com/windows/nanoserver:1903", "amd64 10.0.18362"),
            ("mcr.microsoft.com/windows/servercore:1809", "amd64 10.0.17763"),
            ("mcr.microsoft.com/windows/servercore:ltsc2019", "amd64 10.0.17763"),
            ("mcr.microsoft.com/windows/nanoserver:1809-KB4493509", "amd64 10.0.17763"),
            ("mcr.microsoft.com/windows/nanoserver:10.0.17763.437", "amd64 10.0.17763.437"),
            ("mcr.microsoft.com/windows/nanoserver:10.0.20348.2402-amd64", "amd64 10.0.20348.2402"),
            ("mcr.microsoft.com/windows/nanoserver:ltsc2025", "amd64 10.0.26100, arm64 10.0.26100"),
            ("mcr.microsoft.com/windows/nanoserver:ltsc2025-arm64", "arm64 10.0.26100"),
            // Nano Server has no tag ltsc2019, no architecture arm64 before 2025, and no build that is not known.
            ("mcr.microsoft.com/windows/nanoserver:ltsc2019", ""),
            ("mcr.microsoft.com/windows/nanoserver:1809-arm64", ""),
            ("mcr.microsoft.com/windows/nanoserver:10.0.99999.1", ""),
            ("mcr.microsoft.com/windows/nanoserver:6.3.17763", ""),
            ("mcr.microsoft.com/windows/nanoserver:1809-KBx", ""),
            ("mcr.microsoft.com/windows/nanoserver", ""),
            ("mcr.microsoft.com/dotnet/sdk:1903", ""),
            ("example.com/windows/nanoserver:1903", ""),
            (
                "mcr.microsoft.com/windows/nanoserver:1903@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "",
            ),
        ] {
            let found = candidates(&knowledge(), &name(text)).unwrap_or_default();
            let shown = found.iter().map(|candidate| match candidate.os_version() {
                Some((version, _)) => format!("{} {version}", candidate.architecture),
                None => panic!("{text}: {candidate:?}"),
            });
            assert_eq!(shown.collect::<Vec<_>>().join(", "), expected, "{text}");
        }
    }

    #[test]
    fn base_images_have_no_latest() {
        let nano = name("mcr.microsoft.com/windows/nanoserver");
        let hint = |knowledge: &Knowledge, today: Date| {
            let error = refuse_latest_on(knowledge, &nano, today).unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotFound);
            error.hint.unwrap().to_string()
        };
        let all = "name one of ltsc2025, ltsc2022, 1909, 1903, 1809";
        // What gets no updates is not offered, unless nothing else is there.
        assert_eq!(hint(&knowledge(), date(2040, 1, 1)), all);
        assert_eq!(hint(Knowledge::built_in(), date(2026, 11, 23)), "name one of ltsc2025, ltsc2022, ltsc2019");
        for accepted in ["mcr.microsoft.com/windows/nanoserver:1809", "mcr.microsoft.com/dotnet/sdk", "nginx"] {
            assert_eq!(refuse_latest(&knowledge(), &name(accepted)), Ok(()), "{accepted}");
        }
    }

    #[test]
    fn the_tags_of_a_refusal_are_those_for_a_name_without_a_tag() {
        let nano = name("mcr.microsoft.com/windows/nanoserver:ltsc2023");
        let advised = advise(Knowledge::built_in(), &nano, Error::of(ErrorKind::NotFound, "no"));
        let hint = advised.hint.unwrap().to_string();
        assert!(hint.contains("its tags are ltsc2025, ltsc2022, ") && hint.contains("ltsc2019"), "{hint}");
    }

    #[test]
    fn a_name_that_is_not_near_another_is_left_alone() {
        for text in ["nginx", "r.test/nanosever:1", "mcr.microsoft.com/dotnet/sdk:8.0", "mcr.microsoft.com/windows/service:1"] {
            let error = Error::of(ErrorKind::NotFound, "no").hint("as the registry said");
            assert_eq!(advise(&knowledge(), &name(text), error).hint.unwrap().to_string(), "as the registry said", "{text}");
        }
    }

    #[test]
    fn a_release_in_another_repository_is_named() {
        for (text, meant) in [
            ("mcr.microsoft.com/windows:ltsc2022", "mcr.microsoft.com/windows/server:ltsc2022"),
            ("mcr.microsoft.com/windows:ltsc2025", "mcr.microsoft.com/windows/server:ltsc2025"),
            ("mcr.microsoft.com/windws:ltsc2022", "mcr.microsoft.com/windows/server:ltsc2022"),
            ("mcr.microsoft.com/windows/server:ltsc2019", "mcr.microsoft.com/windows:1809"),
        ] {
            let advised = advise(Knowledge::built_in(), &name(text), Error::of(ErrorKind::NotFound, "no"));
            let hint = advised.hint.unwrap_or_default().to_string();
            assert!(hint.starts_with(&format!("did you mean {meant}?")), "{text}: {hint}");
        }
    }

    #[test]
    fn a_refusal_is_explained() {
        for (text, kind, hint) in [
            ("microsoft/nanoserver:1803", ErrorKind::Unauthorized, "mcr.microsoft.com/windows/nanoserver:1803"),
            ("microsoft/windowsservercore", ErrorKind::NotFound, "mcr.microsoft.com/windows/servercore"),
            ("microsoft/iis", ErrorKind::Unauthorized, "moved from Docker Hub to mcr.microsoft.com"),
            ("mcr.microsoft.com/windows/nanoserver:latest", ErrorKind::NotFound, "its tags are ltsc2025, ltsc2022"),
            (
                "mcr.microsoft.com/windows/nanosever:ltsc2022",
                ErrorKind::NotFound,
                "did you mean mcr.microsoft.com/windows/nanoserver:ltsc2022?",
            ),
            (
                "mcr.microsoft.com/windows/nano-server:LTSC-2022",
                ErrorKind::NotFound,
                "did you mean mcr.microsoft.com/windows/nanoserver:ltsc2022?",
            ),
            ("nanosever", ErrorKind::Unauthorized, "did you mean mcr.microsoft.com/windows/nanoserver?"),
            (
                "mcr.microsoft.com/windows/nanoserver:ltsc2o22",
                ErrorKind::NotFound,
                "did you mean mcr.microsoft.com/windows/nanoserver:ltsc2022? If not: its tags are ltsc2025, ltsc2022",
            ),
            ("r.test/app:4.8-ltsc-2022", ErrorKind::NotFound, "did you mean r.test/app:4.8-ltsc2022?"),
            ("r.test/app:4.8-ltsc-2022", ErrorKind::Network, ""),
            ("Windows/nanoserver", ErrorKind::Network, "did you mean mcr.microsoft.com/windows/nanoserver?"),
            ("Team/app:1", ErrorKind::Network, "for Docker Hub type team/app"),
            ("nginx", ErrorKind::NotFound, "as the registry said"),
            // Of a mirror that wants a login, or that does not have what Microsoft has.
            ("mcr.microsoft.com/windows/nanoserver:ltsc2022", ErrorKind::Unauthorized, "as the registry said"),
            ("mcr.microsoft.com/windows/nanoserver:latest", ErrorKind::Unauthorized, "as the registry said"),
            ("mcr.microsoft.com/windows/nanoserver:ltsc2022", ErrorKind::NotFound, "as the registry said"),
            (
                "mcr.microsoft.com/windows/nanosever:ltsc2022",
                ErrorKind::Unauthorized,
                "did you mean mcr.microsoft.com/windows/nanoserver:ltsc2022?",
            ),
            // A registry that does not answer says nothing of tags whose repository is not known.
            ("mcr.microsoft.com/windows/nanoserver:latest", ErrorKind::Network, "as the registry said"),
            ("mcr.microsoft.com/windows/nanoserver:ltsc2022", ErrorKind::Network, "as the registry said"),
            ("nginx:4.8-ltsc-2022", ErrorKind::RateLimited, "as the registry said"),
            ("microsoft/nanoserver:1803", ErrorKind::Invalid, "as the registry said"),
        ] {
            let error = Error::of(kind, "no");
            let error = if hint.starts_with("as") { error.hint("as the registry said") } else { error };
            let advised = advise(&knowledge(), &name(text), error);
            assert!(advised.hint.clone().unwrap_or_default().to_string().contains(hint), "{text}: {:?}", advised.hint);
        }
    }
    #[test]
    fn a_known_mistake_is_named_where_the_registry_does_not_answer() {
        for (text, expected) in [
            (
                "microsoft/nanoserver:1803",
                "Microsoft's images moved from Docker Hub: this one is mcr.microsoft.com/windows/nanoserver:1803; if that fails too: look",
            ),
            ("microsoft/iis", "Microsoft's images moved from Docker Hub to mcr.microsoft.com; if that fails too: look"),
            ("windowsservercore", "did you mean mcr.microsoft.com/windows/servercore? If not: look"),
            (
                "mcr.microsoft.com/windows/nanosever:ltsc2022",
                "did you mean mcr.microsoft.com/windows/nanoserver:ltsc2022? If not: look",
            ),
            (
                "mcr.microsoft.com/windows/nanoserver:ltsc2o22",
                "did you mean mcr.microsoft.com/windows/nanoserver:ltsc2022? If not: look",
            ),
        ] {
            for kind in [ErrorKind::Network, ErrorKind::RateLimited] {
                let advised = advise(&knowledge(), &name(text), Error::of(kind, "no").hint("look"));
                assert_eq!(advised.hint.unwrap().to_string(), expected, "{text}");
            }
        }
    }
}
