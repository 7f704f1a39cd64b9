//! Releases of Windows that options other than `--host` name: the errors of hosts in the words of these options.

use crate::Error;
use crate::advice::{Remedy, Setting};
use crate::report::Wording as _;
use crate::text::quoted;

use super::wording::CommandLine;

/// The error of a host in the words of another option; `hint` where it suggests nothing.
pub fn in_words_of(error: &Error, text: &str, option: &str, hint: String) -> Error {
    let words = error.advice().worded(|remedy| match remedy {
        Remedy::Setting(Setting::Host(name)) => format!("{option} {name}"),
        other => CommandLine.remedy(other),
    });
    if !error.causes.is_empty() {
        // It means several.
        return error.clone().hint(words);
    }
    let suggests = words.starts_with("did you mean");
    Error::new(format!("{} is not a release of Windows", quoted(text))).hint(if suggests { words } else { hint })
}
