//! Where something stands in a file.

use std::ops::Range;
use std::rc::Rc;

use super::Editable;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The bytes of what stands there, from the start of the file.
    pub span: Range<usize>,
}

/// The lines of a text: turns bytes into lines and columns.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Rc<[usize]>,
    /// The characters before every 1024th byte: a line may be long, and many references may stand in it.
    characters: Rc<[usize]>,
    /// Where the bytes of spans count from: a text within a text has its own.
    from: usize,
}

impl<'a> Lines<'a> {
    /// The lines of this text. A line feed ends one, so that a carriage return before it belongs to the line that it ends.
    pub fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect::<Vec<_>>().into();
        let mut number = 0;
        let count = |part: &[u8]| {
            let before = number;
            number += part.iter().filter(|byte| is_first(**byte)).count();
            before
        };
        let characters = text.as_bytes().chunks(CHUNK).map(count).collect();
        Self { text, starts, characters, from: 0 }
    }

    /// The same lines for spans that count from this byte.
    #[must_use]
    pub fn from(&self, from: usize) -> Self {
        Self { text: self.text, starts: Rc::clone(&self.starts), characters: Rc::clone(&self.characters), from }
    }

    /// The text in which spans count.
    pub fn text(&self) -> &'a str {
        self.text.get(self.from..).unwrap_or_default()
    }

    /// The characters before a byte.
    fn characters_before(&self, byte: usize) -> usize {
        let chunk = byte / CHUNK;
        let known = self.characters.get(chunk).copied().unwrap_or_default();
        let rest = self.text.as_bytes().get(chunk * CHUNK..byte).unwrap_or_default();
        known + rest.iter().filter(|byte| is_first(**byte)).count()
    }

    /// The place of these bytes. A byte order mark at the start of the text is not a character of it.
    pub fn place(&self, span: Range<usize>) -> Place {
        let span = self.from + span.start..self.from + span.end;
        let index = self.starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or_default();
        let marked = index == 0 && span.start > 0 && self.text.starts_with('\u{feff}');
        let before = self.characters_before(span.start.min(self.text.len())).saturating_sub(self.characters_before(start));
        let characters = before.saturating_sub(usize::from(marked));
        Place { line: number(index), column: number(characters), span }
    }
}

impl Lines<'_> {
    /// This text where it stands within these bytes, e.g. between quotes, as what can be changed of a reference; `None` where it is
    /// written in another way, or depends on variables.
    pub fn literal(&self, span: Range<usize>, text: &str) -> Option<Editable> {
        literal(self.text, self.from + span.start..self.from + span.end, text)
    }
}

/// The same within these bytes of a whole file.
pub fn literal(whole: &str, span: Range<usize>, text: &str) -> Option<Editable> {
    let raw = whole.get(span.clone())?;
    let at = span.start + raw.find(text)?;
    // A block of YAML ends with the line.
    let is_whole = raw.trim_matches(['"', '\'']) == text || raw.trim() == text;
    (is_whole && !text.contains(['$', '{', '%', '<'])).then(|| Editable {
        file: None,
        span: at..at + text.len(),
        text: text.to_owned(),
        before: String::new(),
        after: String::new(),
        is_bare: false,
    })
}

/// The bytes between two counts of characters.
const CHUNK: usize = 1024;

/// True for the first byte of a character of UTF-8.
const fn is_first(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// An index from 0 as a number from 1.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "\u{feff}FROM a\r\nÄÖ b\n\nc";
        let lines = Lines::of(text);
        let of = |what: &str| {
            let at = text.find(what).unwrap();
            let place = lines.place(at..at + what.len());
            (place.line, place.column)
        };
        assert_eq!(of("FROM"), (1, 1));
        assert_eq!(of("a"), (1, 6));
        assert_eq!(of("b"), (2, 4));
        assert_eq!(of("c"), (4, 1));
        assert_eq!(lines.place(text.len()..text.len()).line, 4);
        let long = "ä".repeat(5_000) + "b";
        assert_eq!(Lines::of(&long).place(10_000..10_001).column, 5_001);
        assert_eq!(Lines::of(&long).from(4_000).place(0..2).column, 2_001);
    }
}
