//! The base image that a mistyped name means: `windows/nanosever`, `nano-server`, `ltsc2o22`.

#[cfg(feature = "program")]
use super::builds::MICROSOFT_REGISTRY;
use super::{BaseImage, Knowledge};

/// The longest text that is compared with names, in bytes.
const LONGEST_NAME: usize = 80;

/// The repository that stands for nothing but itself: `server` alone may be anything.
const VAGUE: [&str; 2] = ["windows", "server"];

impl Knowledge {
    /// The repository of base images in Microsoft's registry that is most like this one, e.g. `windows/nanoserver` for
    /// `windows/nanosever`, `nano-server` and `sever core`; `None` if it is one already, or not near any.
    pub fn repository_like(&self, typed: &str) -> Option<&str> {
        if typed.len() > LONGEST_NAME || self.base_repositories().any(|known| known == typed) {
            return None;
        }
        let typed = plain(typed);
        let distance = |known: &str| {
            let last = known.rsplit('/').next().unwrap_or(known);
            let whole = strsim::damerau_levenshtein(&typed, &plain(known));
            let short = if VAGUE.contains(&last) { whole } else { strsim::damerau_levenshtein(&typed, last).min(whole) };
            (short <= last.len() / LETTERS_A_MISTAKE).then_some(short)
        };
        let near = self.base_repositories().filter_map(|known| Some((distance(known)?, known)));
        near.min().map(|(_, known)| known)
    }

    /// The tag of a base image that is most like this one: `ltsc2022` for `ltsc2o22`, `ltsc-2022` and `LTSC2022`. What stands before
    /// a release in the tag stays: `4.8-ltsc2022` for `4.8-ltsc2o22`. `None` if it is one already, not near any, or as near to several.
    ///
    /// With a repository only its tags count; else those that no other publisher uses for something else.
    pub fn tag_like(&self, typed: &str, repository: Option<&str>) -> Option<String> {
        if typed.len() > LONGEST_NAME {
            return None;
        }
        let of_repository = |known: &str| repository.is_none_or(|repository| repository == known);
        let all = self.base_images.iter().rev().flat_map(|image| &image.repositories);
        let tags = all.filter(|known| of_repository(&known.repository)).flat_map(|known| &known.tags).map(String::as_str);
        let mut tags: Vec<&str> = tags.filter(|tag| repository.is_some() || tag.starts_with(LONG_TERM)).collect();
        tags.sort_unstable();
        tags.dedup();
        if tags.iter().any(|tag| typed == *tag || typed.ends_with(&format!("-{tag}"))) {
            return None;
        }
        // A release has other tags in some repositories: that of `ltsc2016` is `sac2016` for `windows/nanoserver`.
        if let Some(repository) = repository
            && let Some(base) = self.base_images.iter().find(|base| base.release.eq_ignore_ascii_case(typed))
        {
            let own = base.repositories.iter().find(|known| known.repository == repository);
            return own
                .and_then(|known| known.tags.iter().find(|tag| tag.eq_ignore_ascii_case(typed)).or(known.tags.first()).cloned());
        }
        let starts = std::iter::once(0).chain(typed.match_indices('-').map(|(at, mark)| at + mark.len()));
        starts.filter_map(|at| typed.split_at_checked(at)).find_map(|(before, rest)| {
            let tag = nearest(&tags, rest)?;
            Some(format!("{before}{tag}"))
        })
    }

    /// The repository and the tag under which a release of the largest base image is found: up to 20H2 it is in `windows`, and in
    /// `windows/server` since Windows Server 2022. `None` if this repository has the release, or neither has it.
    pub fn moved_release(&self, repository: &str, tag: &str) -> Option<(&str, &str)> {
        let [before, since] = LARGEST;
        let other = match repository {
            _ if repository == before => since,
            _ if repository == since => before,
            _ => return None,
        };
        if tag.len() > LONGEST_NAME {
            return None;
        }
        let typed = plain(tag.strip_suffix("-amd64").unwrap_or(tag));
        let is_release = |image: &&BaseImage| {
            let of_other = image.repositories.iter().filter(|known| known.repository == other);
            plain(&image.release) == typed || of_other.flat_map(|known| &known.tags).any(|known| plain(known) == typed)
        };
        let image = self.base_images.iter().find(is_release)?;
        if image.repositories.iter().any(|known| known.repository == repository) {
            return None;
        }
        let found = image.repositories.iter().find(|known| known.repository == other)?;
        Some((&found.repository, found.tags.first()?))
    }

    /// True for a repository of Windows base images in Microsoft's registry, e.g. `mcr.microsoft.com` and `windows/nanoserver`.
    #[cfg(feature = "program")]
    pub(crate) fn has_base_images(&self, registry: &str, repository: &str) -> bool {
        registry == MICROSOFT_REGISTRY && self.base_repositories().any(|known| known == repository)
    }

    /// The repositories of base images, some of them more than once.
    fn base_repositories(&self) -> impl Iterator<Item = &str> {
        self.base_images.iter().flat_map(|image| &image.repositories).map(|known| known.repository.as_str())
    }
}

/// The repositories of the largest base image: up to 20H2, and since Windows Server 2022.
const LARGEST: [&str; 2] = ["windows", "windows/server"];

/// The letters of a name in which one may be wrong.
const LETTERS_A_MISTAKE: usize = 5;

/// The beginning of the tags that only Windows has.
const LONG_TERM: &str = "ltsc";

/// The letters of a year.
const YEAR: usize = 4;

/// The only tag that is nearest to this text.
fn nearest<'k>(tags: &[&'k str], typed: &str) -> Option<&'k str> {
    let typed = plain(typed);
    let distance = |tag: &str| {
        let known = plain(tag);
        // `2022` for `ltsc2022`.
        let is_year = typed.len() == YEAR && known.starts_with(LONG_TERM) && known.ends_with(&typed);
        let distance = if is_year { 0 } else { strsim::damerau_levenshtein(&typed, &known) };
        (distance <= known.len() / LETTERS_A_MISTAKE).then_some(distance)
    };
    let near = tags.iter().filter_map(|tag| Some((distance(tag)?, *tag)));
    let mut near: Vec<(usize, &str)> = near.collect();
    near.sort_unstable();
    match near.as_slice() {
        [(_, tag)] => Some(tag),
        [(best, tag), (next, _), ..] if best < next => Some(tag),
        _ => None,
    }
}

/// A name as it is compared: small letters and digits.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use crate::knowledge::Knowledge;

    #[test]
    fn a_repository_is_suggested_where_it_is_near() {
        for (typed, expected) in [
            ("windows/nanosever", Some("windows/nanoserver")),
            ("windows/nanoservr", Some("windows/nanoserver")),
            ("windows/nano-server", Some("windows/nanoserver")),
            ("windows/nano_server", Some("windows/nanoserver")),
            ("window/nanoserver", Some("windows/nanoserver")),
            ("windowsnanoserver", Some("windows/nanoserver")),
            ("nanoserver", Some("windows/nanoserver")),
            ("nanosever", Some("windows/nanoserver")),
            ("windows/sever core", Some("windows/servercore")),
            ("sever core", Some("windows/servercore")),
            ("windows/server-core", Some("windows/servercore")),
            ("windowsservercore", Some("windows/servercore")),
            ("windows/severcore", Some("windows/servercore")),
            ("windows/servecore", Some("windows/servercore")),
            ("windows/sever", Some("windows/server")),
            ("windws", Some("windows")),
            // One already.
            ("windows/nanoserver", None),
            ("windows/server", None),
            // Not near any.
            ("server", None),
            ("windows/service", None),
            ("windows/core", None),
            ("dotnet/sdk", None),
            ("dotnet/framework/aspnet", None),
            ("windows/servercore/iis", None),
            ("nginx", None),
            ("", None),
        ] {
            assert_eq!(Knowledge::built_in().repository_like(typed), expected, "{typed}");
        }
        assert_eq!(Knowledge::built_in().repository_like(&"n".repeat(1000)), None);
    }

    #[test]
    fn a_release_is_found_in_the_repository_that_has_it() {
        for (repository, tag, expected) in [
            ("windows", "ltsc2022", Some(("windows/server", "ltsc2022"))),
            ("windows", "LTSC-2022", Some(("windows/server", "ltsc2022"))),
            ("windows", "ltsc2022-amd64", Some(("windows/server", "ltsc2022"))),
            ("windows", "ltsc2025", Some(("windows/server", "ltsc2025"))),
            ("windows/server", "ltsc2019", Some(("windows", "1809"))),
            ("windows/server", "1809", Some(("windows", "1809"))),
            ("windows/server", "20H2", Some(("windows", "20H2"))),
            // It is there, or in neither.
            ("windows", "1809", None),
            ("windows", "ltsc2019", None),
            ("windows/server", "ltsc2022", None),
            ("windows", "ltsc2016", None),
            ("windows/server", "1709", None),
            ("windows", "latest", None),
            ("windows", "", None),
            ("windows/servercore", "ltsc2022", None),
            ("windows/nanoserver", "ltsc2016", None),
        ] {
            assert_eq!(Knowledge::built_in().moved_release(repository, tag), expected, "{repository}:{tag}");
        }
        assert_eq!(Knowledge::built_in().moved_release("windows", &"l".repeat(1000)), None);
    }

    #[test]
    fn a_tag_is_suggested_where_one_is_nearest() {
        const NANO: Option<&str> = Some("windows/nanoserver");
        for (typed, repository, expected) in [
            ("ltsc2o22", NANO, Some("ltsc2022")),
            ("ltsc-2022", NANO, Some("ltsc2022")),
            ("ltsc_2022", NANO, Some("ltsc2022")),
            ("LTSC2022", NANO, Some("ltsc2022")),
            ("lstc2025", NANO, Some("ltsc2025")),
            ("ltcs2025", NANO, Some("ltsc2025")),
            ("ltsc202", NANO, None),
            ("2022", NANO, Some("ltsc2022")),
            ("20h2", NANO, Some("20H2")),
            ("sac-2016", NANO, Some("sac2016")),
            ("ltsc2016", NANO, Some("sac2016")),
            ("LTSC2019", NANO, Some("ltsc2019")),
            // A release for which this repository has no tag.
            ("ltsc2016", Some("windows/server"), None),
            ("1709", Some("windows/server"), None),
            ("ltsc2022-amd64", NANO, None),
            ("ltsc2o22", None, Some("ltsc2022")),
            ("4.8-windowsservercore-ltsc2o22", None, Some("4.8-windowsservercore-ltsc2022")),
            ("4.8-windowsservercore-ltsc-2022", None, Some("4.8-windowsservercore-ltsc2022")),
            ("8.0-nanoserver-LTSC2022", None, Some("8.0-nanoserver-ltsc2022")),
            // A tag already.
            ("ltsc2022", NANO, None),
            ("20H2", NANO, None),
            ("4.8-windowsservercore-ltsc2022", None, None),
            // As near to several, or not near any.
            ("ltsc2023", NANO, None),
            ("1908", NANO, None),
            ("latest", NANO, None),
            ("1.4", None, None),
            ("20h2", None, None),
            ("", None, None),
            ("-", None, None),
        ] {
            assert_eq!(Knowledge::built_in().tag_like(typed, repository).as_deref(), expected, "{typed}");
        }
        assert_eq!(Knowledge::built_in().tag_like(&"é-".repeat(1000), None), None);
    }
}
