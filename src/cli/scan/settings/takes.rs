//! What a key of `wincompat.toml` takes, and the errors of what it does not take.

use std::ops::Range;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction};
use toml::Spanned;
use toml::de::DeValue;

use crate::login;
use crate::text::quoted;
use crate::{Error, ErrorKind};

/// A value with its place in the file.
type Written<'v> = Spanned<DeValue<'v>>;

/// The values that a key takes, by the option that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// `true` or `false`.
    Switch,
    /// One text.
    One,
    /// One text, or `true` for the usual one.
    OneOrSwitch,
    /// One text, or a list.
    List,
    /// Names with their values, or a list of `NAME=VALUE`.
    Pairs,
}

impl Takes {
    /// The values that this option of a scan takes.
    pub fn of(option: &Arg) -> Self {
        match option.get_action() {
            ArgAction::SetTrue => Self::Switch,
            ArgAction::Append if option.get_long() == Some("var") => Self::Pairs,
            ArgAction::Append => Self::List,
            _ if option.get_num_args().is_some_and(|number| number.min_values() == 0) => Self::OneOrSwitch,
            _ => Self::One,
        }
    }

    /// The values in words, and a line that is right.
    fn words(self, key: &str) -> (&'static str, String) {
        match self {
            Self::Switch => ("true or false", format!("write {key} = true")),
            Self::One => ("one text", format!("write {key} = \"VALUE\"")),
            Self::OneOrSwitch => ("true, false or one text", format!("write {key} = true, or {key} = \"VALUE\"")),
            Self::List => ("text, or a list of texts", format!("write {key} = [\"VALUE\", \"VALUE\"]")),
            Self::Pairs => ("a text for each name", format!("write [{key}], and below it NAME = \"VALUE\"")),
        }
    }

    /// What this value of a file says to the option: `None` switches it on.
    ///
    /// # Errors
    ///
    /// A value of a type that the key does not take, with its place.
    pub fn read(self, key: &str, value: &Written<'_>, file: &str) -> Result<Vec<Option<String>>, (Range<usize>, Error)> {
        let wrong = |value: &Written<'_>| {
            let (takes, hint) = self.words(key);
            (value.span(), not_taken(key, takes, value, file).hint(hint))
        };
        let text = |value: &Written<'_>| text_of(value.get_ref()).map(Some).ok_or_else(|| wrong(value));
        match (self, value.get_ref()) {
            (Self::Switch | Self::OneOrSwitch, DeValue::Boolean(true)) => Ok(vec![None]),
            (Self::Switch | Self::OneOrSwitch, DeValue::Boolean(false)) => Ok(Vec::new()),
            (Self::Switch, _) => Err(wrong(value)),
            (Self::List | Self::Pairs, DeValue::Array(list)) => list.iter().map(text).collect(),
            (Self::Pairs, DeValue::Table(table)) => table
                .iter()
                .map(|(name, value)| match text_of(value.get_ref()) {
                    Some(text) => Ok(Some(format!("{}={text}", name.get_ref()))),
                    None => Err(wrong(value)),
                })
                .collect(),
            _ => Ok(vec![text(value)?]),
        }
    }
}

/// The text of a value that is one, or a whole number.
pub fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The error of a key of this file that takes something else than this value.
pub fn not_taken(key: &str, takes: &str, value: &Written<'_>, file: &str) -> Error {
    let written = match value.get_ref() {
        // It may be spread over lines that do not follow each other.
        DeValue::Table(_) => "a table".to_owned(),
        _ => quoted(file.get(value.span()).unwrap_or_default()),
    };
    Error::of(ErrorKind::Invalid, format!("`{key}` takes {takes}, not {written}"))
}

/// The error of a value that is of the right type.
pub fn refused(key: &str, value: &str, why: &str) -> Error {
    let value = if value.is_empty() { "an empty text".to_owned() } else { quoted(&login::hidden(value)) };
    let what = format!("`{key}` does not take {value}");
    Error::of(ErrorKind::Invalid, if why.is_empty() { what } else { format!("{what}: {why}") })
        .hint("`wincompat scan --help` says what each option takes")
}

/// The same where the option says so.
pub fn refused_by_option(key: &str, error: &clap::Error) -> Error {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    // As a whole a reason is like a password where it has a colon and `docker@27.3.1` in it.
    let hidden = login::hidden(&why);
    let refused = refused(key, value, if login::is_hidden(value) { hidden.as_ref() } else { why.as_str() });
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(words)) if !words.is_empty() => refused.hint(format!("it takes {}", words.join(", "))),
        _ => refused,
    }
}
