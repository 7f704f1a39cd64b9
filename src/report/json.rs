//! Any report as one JSON document, and any line of JSON Lines.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{Page, Renderer};
use crate::text::is_invisible;

/// One JSON document and a line feed.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl<R: Serialize> Renderer<R> for Json {
    fn render(&self, report: &R, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(report, out)
    }
}

/// Writes one JSON document and a line feed. Strings are escaped, so no line begins with text from outside, and none holds the
/// beginning of a command to a pipeline's runner.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn write<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    // A document is made of many short texts: here the compiler knows where they go.
    let mut out = BufWriter::new(out);
    document.serialize(&mut Serializer::with_formatter(&mut out, Harmless(PrettyFormatter::new())))?;
    writeln!(out)?;
    out.flush()
}

/// Writes one JSON document on one line, as [`write`] escapes it.
///
/// # Errors
///
/// A stream that cannot be written.
#[cfg(feature = "program")]
pub(super) fn write_line<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut *out, Harmless(serde_json::ser::CompactFormatter)))?;
    writeln!(out)
}

/// Another formatter, with `\u` escapes in strings for characters that nobody sees and for the second `#` of `##vso[` and `##[`,
/// which Azure's agent takes as a command wherever they stand.
struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Nearly all texts.
        let mut last = b'\0';
        let is_plain = fragment.bytes().all(|byte| {
            let doubled = last == b'#' && byte == b'#';
            last = byte;
            matches!(byte, b' '..=b'~') && !doubled
        });
        if is_plain {
            return out.write_all(fragment.as_bytes());
        }
        let mut before = '\0';
        let mut written = 0;
        for (at, character) in fragment.char_indices() {
            if is_invisible(character) || (character == '#' && before == '#') {
                out.write_all(fragment.as_bytes().get(written..at).unwrap_or_default())?;
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                written = at + character.len_utf8();
            }
            before = character;
        }
        out.write_all(fragment.as_bytes().get(written..).unwrap_or_default())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hold_no_command_and_stay_what_they_are() {
        let text = "a\u{1b}[31m ##vso[task.complete]\u{202e}###[error]\n\u{e0041}ä😀\"";
        let mut out = Vec::new();
        write_line(&[text], &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(!written.contains("##") && written.lines().count() == 1, "{written}");
        assert!(!written.trim_end().chars().any(is_invisible), "{written}");
        assert!(written.contains("ä😀"));
        assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap(), [text]);
    }
}
