//! Names that are nearly right: misspelled, cut, or written with other marks between the words.

use super::unread;
use crate::compat::Code;
use crate::explain::suggest;

/// The names that may be meant, those that begin with the text first.
pub(super) fn suggestions(text: &str) -> Vec<&str> {
    const MOST: usize = 3;
    let mut names: Vec<&str> = begun(text);
    for name in suggest(text, Code::all().map(Code::as_str).chain(unread::names())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MOST);
    names
}

/// The codes of reports that begin with this text.
fn begun(text: &str) -> Vec<&'static str> {
    const LEAST: usize = 4;
    let name = plain(text);
    let codes = Code::all().map(Code::as_str).chain(unread::names());
    codes.filter(|code| name.len() >= LEAST && code.starts_with(&name)).collect()
}

/// True for a code that is cut, e.g. `image-newer`.
pub(super) fn is_cut_code(text: &str) -> bool {
    plain(text).contains('-') && !begun(text).is_empty()
}

/// True for a word that is nearly a code of a report, e.g. `unauthorised`.
pub(super) fn is_misspelled(word: &str) -> bool {
    const NEARLY: f64 = 0.8;
    let name = plain(word);
    unread::names().any(|code| strsim::normalized_damerau_levenshtein(&name, code) >= NEARLY)
}

/// A text as codes are written: `Build_Mismatch` is `build-mismatch`.
pub(super) fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('_', "-")
}
