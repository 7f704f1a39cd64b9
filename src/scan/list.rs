//! Lists of images: a reference in each line.

use super::placeholder::meant;
use super::words::Values;
use super::{Found, Lines, Scanned};

/// True for a text whose lines are single words, as references are, and at least one of which can be nothing else.
pub fn is_list(text: &str) -> bool {
    let mut entries = entries(text).map(|(_, word)| word).peekable();
    let is_reference = |word: &str| {
        let first = word.chars().next().unwrap_or_default();
        (first.is_ascii_alphanumeric() || first == '$')
            && !word.ends_with(':')
            && !word.contains(['=', ',', '"', '\'', ' ', '\t'])
    };
    let mut is_certain = false;
    entries.peek().is_some()
        && entries.all(|word| {
            is_certain |= word.contains(['/', '@']) || word.contains(':');
            is_reference(word)
        })
        && is_certain
}

/// The references of a list.
pub fn read(text: &str, values: &Values) -> Scanned {
    let lines = Lines::of(text);
    let found = entries(text).map(|(at, word)| Found {
        editable: lines.literal(at..at + word.len(), word),
        ..Found::of(lines.place(at..at + word.len()), word, meant(word, values))
    });
    Scanned { found: found.collect(), ..Scanned::default() }
}

/// The text of each line without blanks and comments, with its byte.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n')
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        })
        .filter_map(|(start, line)| {
            let bare = line.trim_start_matches('\u{feff}');
            let comment = if bare.trim_start().starts_with('#') { Some(0) } else { bare.find(" #") };
            let word = bare.get(..comment.unwrap_or(bare.len()))?.trim();
            let indent = line.len() - line.trim_start_matches('\u{feff}').trim_start().len();
            (!word.is_empty()).then_some((start + indent, word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_a_line() {
        let text = "\u{feff}# images\r\nserver:1809\r\n\r\n  r.example/app@sha256:00 # why\r\napp:$TAG\r\nplain";
        assert!(is_list(text));
        let found: Vec<String> = read(text, &Values::new())
            .found
            .iter()
            .map(|found| format!("{}:{} {}", found.place.line, found.place.column, found.written))
            .collect();
        assert_eq!(found, ["2:1 server:1809", "4:3 r.example/app@sha256:00", "5:1 app:$TAG", "6:1 plain"]);
    }

    #[test]
    fn other_texts_are_not_lists() {
        for text in ["", "# nothing", "one\ntwo", "a: b\n", "services:\n", "- a/b\n", "{\"a\":\"b/c\"}", "TAG=a/b\n", "a b/c\n"] {
            assert!(!is_list(text), "{text}");
        }
    }
}
