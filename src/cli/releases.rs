//! Releases of Windows that options other than `--host` name: the errors of hosts in the words of these options.

use jiff::civil::Date;

use super::wording::CommandLine;
use crate::Error;
use crate::advice::{Remedy, Setting};
use crate::host::{self, Host, Spec};
use crate::knowledge::Knowledge;
use crate::report::Wording as _;
use crate::text::quoted;

/// The hosts that a text names which was given to this option; it is read as `typed`.
///
/// # Errors
///
/// A text that is not a release of Windows, with `hint` where nothing is like it.
pub fn named(
    typed: &str,
    (text, option): (&str, &str),
    hint: String,
    knowledge: &Knowledge,
    today: Date,
) -> Result<Vec<Host>, Error> {
    match host::parse(typed, knowledge, today) {
        Ok(Spec::Hosts(hosts)) => Ok(hosts),
        Ok(Spec::Local(_) | Spec::File(..)) => Err(not_a_release(text, hint)),
        Err(error) => Err(in_words_of(&error, text, option, hint)),
    }
}

fn not_a_release(text: &str, hint: String) -> Error {
    Error::new(format!("{} is not a release of Windows", quoted(text))).hint(hint)
}

/// The error of a host in the words of another option; `hint` where it suggests nothing.
fn in_words_of(error: &Error, text: &str, option: &str, hint: String) -> Error {
    let words = error.advice().worded(|remedy| match remedy {
        Remedy::Setting(Setting::Host(name)) => format!("{option} {name}"),
        other => CommandLine.remedy(other),
    });
    if !error.causes.is_empty() {
        // It says why, e.g. that it means several.
        return error.clone().hint(words);
    }
    let suggests = words.starts_with("did you mean");
    not_a_release(text, if suggests { words } else { hint })
}
