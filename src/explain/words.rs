//! Short texts: the words of an error as people remember them, and names that are nearly right.

use std::collections::HashSet;

use super::{Explanation, of_code, of_message};
use crate::knowledge::Errors;

/// The most words of a short text.
const SHORT: usize = 12;

/// Single words by which an error is known, each with the name of its message.
const ALONE: [(&str, &str); 1] = [("denied", "registry-login")];

/// Words that say nothing about an error.
const PLAIN: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "be",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "error",
    "failed",
    "failure",
    "for",
    "found",
    "from",
    "has",
    "have",
    "in",
    "is",
    "it",
    "its",
    "no",
    "not",
    "of",
    "on",
    "or",
    "something",
    "that",
    "the",
    "there",
    "this",
    "to",
    "was",
    "were",
    "which",
    "will",
    "windows",
    "with",
];

/// Explains a few words that are all in the title of one error, e.g. `hypervisor is not present`, or the one word
/// by which an error is known.
pub(super) fn explain(text: &str) -> Option<Explanation> {
    let asked = words(text)?;
    let errors = Errors::built_in();
    if asked.len() < 2 {
        let word = asked.iter().next()?;
        let (_, id) = ALONE.iter().find(|(known, _)| *known == word.as_str())?;
        return errors.texts().find(|message| message.id == *id).map(of_message);
    }
    let share = |title: &str| {
        let of_title = words_of(title);
        let all = !of_title.is_empty() && asked.iter().all(|word| of_title.contains(word));
        all.then_some((asked.len() << 8) / of_title.len())
    };
    let codes = errors.codes.iter().filter_map(|error| {
        let share = std::iter::once(&error.title).chain(&error.texts).filter_map(|title| share(title)).max()?;
        Some((share, of_code(error)))
    });
    let messages = errors.texts().filter_map(|message| Some((share(&message.title)?, of_message(message))));
    // Of equals the first, the more common one.
    let mut best: Option<(usize, Explanation)> = None;
    for (share, explanation) in codes.chain(messages) {
        if best.as_ref().is_none_or(|(most, _)| share > *most) {
            best = Some((share, explanation));
        }
    }
    best.map(|(_, explanation)| explanation)
}

/// The words of a short text that say something; `None` for a longer text.
fn words(text: &str) -> Option<HashSet<String>> {
    (text.len() <= 120 && text.split_whitespace().count() <= SHORT).then(|| words_of(text))
}

/// The words of a text that say something. A number keeps its sign: `exit 1` is not `-1`.
fn words_of(text: &str) -> HashSet<String> {
    let pieces = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    let words =
        pieces.flat_map(|piece| piece.split(move |c: char| c == '-' && piece.parse::<i64>().is_err())).map(str::to_lowercase);
    words.filter(|word| !word.is_empty() && !PLAIN.contains(&word.as_str())).collect()
}

/// The names most like this text, at most three, the nearest first: those of errors and messages, and `others`.
pub fn suggest<'a>(text: &str, others: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const LONGEST_NAME: usize = 60;
    const ALIKE: f64 = 0.7;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if text.is_empty() || text.len() > LONGEST_NAME {
        return Vec::new();
    }
    let errors = Errors::built_in();
    let names = errors.codes.iter().flat_map(|error| &error.names).chain(errors.texts().map(|message| &message.id));
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let alike = strsim::normalized_damerau_levenshtein(&text, &name);
        // A part of a name, such as `image-mismatch` of `HCS_E_IMAGE_MISMATCH`.
        let plain = |name: &str| name.replace(['-', '_', ' '], "");
        let (asked, known) = (plain(&text), plain(&name));
        let is_part = asked.len() >= 5 && known.contains(&asked);
        // A word of it, such as `port` of `port-reserved`.
        let is_word = asked.len() >= 3 && name.split(['-', '_', ' ']).any(|word| word == text);
        if is_part || is_word { alike.max(ALIKE) } else { alike }
    };
    let mut alike: Vec<(f64, &str)> = names
        .map(String::as_str)
        .chain(others)
        .map(|name| (likeness(name), name))
        .filter(|&(likeness, _)| likeness >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (next, _)| next.total_cmp(one));
    alike.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_word_is_explained_where_an_error_is_known_by_it() {
        for word in ["denied", "Denied"] {
            assert_eq!(explain(word).map(|found| found.id), Some("registry-login".to_owned()), "{word}");
        }
        assert!(explain("hypervisor").is_none());
    }

    #[test]
    fn a_number_keeps_its_sign() {
        assert_eq!(explain("exit -1").map(|found| found.id), Some("0xffffffff".to_owned()));
        assert!(explain("exit 1").is_none());
        assert_eq!(words_of("--exit=-1"), words_of("exit -1"));
        assert_eq!(words_of("32-bit"), words_of("32 bit"));
    }
}
