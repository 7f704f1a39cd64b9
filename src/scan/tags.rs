//! Other tags of an image that may be built on another Windows: the words of a release in its tag replaced.

use std::collections::BTreeSet;

use crate::knowledge::{BaseImage, Knowledge};

/// The most tags that are tried for one image.
const MOST: usize = 12;

/// A reference as it is typed, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed<'t> {
    /// What stands before the tag.
    pub name: &'t str,
    /// The tag.
    pub tag: Option<&'t str>,
    /// The digest, e.g. `sha256:…`.
    pub digest: Option<&'t str>,
}

impl<'t> Typed<'t> {
    /// The parts of a reference in a registry.
    pub fn of(reference: &'t str) -> Self {
        let (rest, digest) = reference.split_once('@').map_or((reference, None), |(rest, digest)| (rest, Some(digest)));
        let last = rest.rfind('/').map_or(0, |at| at + 1);
        let colon = rest.get(last..).and_then(|end| end.find(':')).map(|at| last + at);
        match colon.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
            Some((name, tag)) => Self { name, tag: Some(tag), digest },
            None => Self { name: rest, tag: None, digest },
        }
    }
}

/// The tags to try in the place of this one, for images on these builds of Windows, the most likely first.
pub fn alternatives(tag: &str, knowledge: &Knowledge, builds: &[u32]) -> Vec<String> {
    let targets: Vec<&BaseImage> =
        builds.iter().filter_map(|build| knowledge.base_images.iter().find(|base| base.build == *build)).collect();
    let mut tags: Vec<String> = Vec::new();
    let named = word_in(tag, knowledge);
    for target in &targets {
        for word in words(target) {
            match named {
                Some((start, end, _)) => {
                    let new = format!("{}{word}{}", tag.get(..start).unwrap_or_default(), tag.get(end..).unwrap_or_default());
                    tags.extend(without_date(&new));
                    tags.push(new);
                }
                None => tags.push(format!("{tag}-{word}")),
            }
        }
    }
    // The tag for every Windows, where there is one.
    if let Some((start, end, _)) = named {
        let (before, after) = (tag.get(..start).unwrap_or_default(), tag.get(end..).unwrap_or_default());
        let joined = format!("{}{}", before.trim_end_matches(['-', '_', '.']), after);
        let joined = joined.trim_start_matches(['-', '_', '.']).to_owned();
        tags.extend((!joined.is_empty()).then_some(joined));
    }
    let mut seen = BTreeSet::from([tag.to_owned()]);
    tags.retain(|tag| seen.insert(tag.clone()));
    tags.truncate(MOST);
    tags
}

/// The words for a release in tags: those of Microsoft's own, the preferred first.
fn words(base: &BaseImage) -> Vec<&str> {
    let mut words: Vec<&str> = vec![base.release.as_str()];
    for tag in base.repositories.iter().flat_map(|repository| &repository.tags).filter(|tag| !tag.contains('-')) {
        if !words.iter().any(|word| word.eq_ignore_ascii_case(tag)) {
            words.push(tag);
        }
    }
    words
}

/// Where a tag names a release: the start and the end of the word, with an update's number behind it, and its build.
fn word_in(tag: &str, knowledge: &Knowledge) -> Option<(usize, usize, u32)> {
    let lower = tag.to_ascii_lowercase();
    let is_edge = |at: usize, before: bool| {
        let neighbour = if before { lower.get(..at)?.chars().next_back() } else { lower.get(at..)?.chars().next() };
        Some(neighbour.is_none_or(|character| !character.is_ascii_alphanumeric()))
    };
    let mut found: Option<(usize, usize, u32)> = None;
    for base in &knowledge.base_images {
        for word in words(base) {
            let word = word.to_ascii_lowercase();
            for (start, _) in lower.match_indices(&word) {
                let end = start + word.len();
                let is_word = is_edge(start, true) == Some(true) && is_edge(end, false) == Some(true);
                // The longest word is meant, and the last one: `ltsc2019` rather than a year.
                if is_word && found.is_none_or(|(known, known_end, _)| end - start >= known_end - known) {
                    found = Some((start, with_update(&lower, end), base.build));
                }
            }
        }
    }
    found
}

/// The end of `-kb4493509` or `_KB…` behind a word.
fn with_update(tag: &str, end: usize) -> usize {
    let behind = tag.get(end..).unwrap_or_default();
    let number = behind.strip_prefix("-kb").or_else(|| behind.strip_prefix("_kb")).unwrap_or_default();
    let digits = number.chars().take_while(char::is_ascii_digit).count();
    if digits >= 6 { end + 3 + digits } else { end }
}

/// The tag without a day such as `20240611`, which another Windows has its own of.
fn without_date(tag: &str) -> Option<String> {
    let parts: Vec<&str> = tag.split('-').collect();
    let is_day =
        |part: &&&str| part.len() == 8 && part.starts_with("20") && part.chars().all(|character| character.is_ascii_digit());
    let kept: Vec<&str> = parts.iter().filter(|part| !is_day(part)).copied().collect();
    (kept.len() < parts.len()).then(|| kept.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_references() {
        let of = |text| {
            let typed = Typed::of(text);
            (typed.name, typed.tag, typed.digest)
        };
        assert_eq!(of("r:5000/a"), ("r:5000/a", None, None));
        assert_eq!(of("r:5000/a:1"), ("r:5000/a", Some("1"), None));
        assert_eq!(of("a:1@sha256:0"), ("a", Some("1"), Some("sha256:0")));
        assert_eq!(of("a@sha256:0"), ("a", None, Some("sha256:0")));
    }

    #[test]
    fn names_end_before_tags_and_digests() {
        for (image, name) in [
            ("app", "app"),
            ("app:1", "app"),
            ("r.example:5000/a/app", "r.example:5000/a/app"),
            ("r.example:5000/a/app:1", "r.example:5000/a/app"),
            ("app@sha256:00", "app"),
            ("r.example:5000/app:1@sha256:00", "r.example:5000/app"),
        ] {
            assert_eq!(Typed::of(image).name, name, "{image}");
        }
    }

    #[test]
    fn the_suffix_of_the_user_is_kept() {
        for (tag, expected) in [
            ("1809", "ltsc2022"),
            ("ltsc2019", "ltsc2022"),
            ("4.8-windowsservercore-ltsc2019", "4.8-windowsservercore-ltsc2022"),
            ("8.0-nanoserver-1809-amd64", "8.0-nanoserver-ltsc2022-amd64"),
            ("1809-KB4493509", "ltsc2022"),
            ("20H2", "ltsc2022"),
            ("1.2", "1.2-ltsc2022"),
        ] {
            let tags = alternatives(tag, Knowledge::built_in(), &[20348]);
            assert_eq!(tags.first().map(String::as_str), Some(expected), "{tag}: {tags:?}");
            assert!(!tags.contains(&tag.to_owned()) && tags.len() <= MOST);
        }
        let tags = alternatives("4.8-20240611-windowsservercore-ltsc2019", Knowledge::built_in(), &[20348]);
        assert_eq!(
            tags,
            ["4.8-windowsservercore-ltsc2022", "4.8-20240611-windowsservercore-ltsc2022", "4.8-20240611-windowsservercore"]
        );
        assert_eq!(alternatives("a18090", Knowledge::built_in(), &[20348]), ["a18090-ltsc2022"]);
    }
}
