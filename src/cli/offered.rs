//! Values that completions offer where others may be typed too, for example `--engine docker`, or `docker@27.3.1`.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::Engine;
use crate::compat::Code;
use crate::knowledge::{Knowledge, Release};
use crate::report::document::ErrorEntryKind;

/// A parser of values, and those that completions offer.
#[derive(Clone)]
pub struct Offered<P> {
    parser: P,
    values: fn() -> Vec<&'static str>,
}

impl<P: TypedValueParser> TypedValueParser for Offered<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&clap::Arg>, value: &OsStr) -> Result<P::Value, clap::Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter().map(PossibleValue::new)))
    }
}

/// An engine, read by this parser.
pub fn engine<P: TypedValueParser>(parser: P) -> Offered<P> {
    Offered { parser, values: || Engine::ALL.into_iter().map(Engine::as_str).collect() }
}

/// A finding's code, or the word for all warnings, read by this parser.
pub fn denied<P: TypedValueParser>(parser: P) -> Offered<P> {
    Offered { parser, values: || std::iter::once(super::judging::WARNINGS).chain(Code::all().map(Code::as_str)).collect() }
}

/// A finding's code, a kind of failure, or any other text.
pub fn explained() -> Offered<StringValueParser> {
    let values = || Code::all().map(Code::as_str).chain(ErrorEntryKind::ALL.map(ErrorEntryKind::as_str)).collect();
    Offered { parser: StringValueParser::new(), values }
}

/// A host, as this machine, all releases, or one of them, or any other text.
pub fn host() -> Offered<impl TypedValueParser<Value = String>> {
    let values = || ["local", "all"].into_iter().chain(Knowledge::built_in().releases.iter().map(typed)).collect();
    Offered { parser: StringValueParser::new().map(with_usual_spaces), values }
}

/// The text of a host with the usual space for each other one, as word processors and web pages put between words: nobody sees the
/// difference. The name of a file may hold one.
fn with_usual_spaces(text: String) -> String {
    if text.is_ascii() || text.contains('@') {
        return text;
    }
    text.chars().map(|c| if c.is_whitespace() && !c.is_ascii() { ' ' } else { c }).collect()
}

/// The name of a release that is its name for people with hyphens, e.g. `windows-server-2022`, or else its id.
fn typed(release: &Release) -> &str {
    let hyphens = release.name.to_lowercase().replace(' ', "-");
    release.aliases.iter().find(|alias| **alias == hyphens).unwrap_or(&release.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_that_does_not_break_a_line_is_a_space() {
        for (text, read) in [
            ("web01\u{a0}ltsc2022", "web01 ltsc2022"),
            ("Windows\u{202f}Server\u{3000}2022", "Windows Server 2022"),
            ("web 01\tx", "web 01\tx"),
            ("@my\u{a0}host.txt", "@my\u{a0}host.txt"),
        ] {
            assert_eq!(with_usual_spaces(text.to_owned()), read);
        }
    }
}
