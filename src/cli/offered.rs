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
pub fn host() -> Offered<StringValueParser> {
    let values = || ["local", "all"].into_iter().chain(Knowledge::built_in().releases.iter().map(typed)).collect();
    Offered { parser: StringValueParser::new(), values }
}

/// The name of a release that is its name for people with hyphens, e.g. `windows-server-2022`, or else its id.
fn typed(release: &Release) -> &str {
    let hyphens = release.name.to_lowercase().replace(' ', "-");
    release.aliases.iter().find(|alias| **alias == hyphens).unwrap_or(&release.id)
}
