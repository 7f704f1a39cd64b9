//! What the options of the webhook name, checked: namespaces, and Windows that may come.

use crate::Error;
use crate::cli::releases::named;
use crate::cli::time::today;
use crate::host::{self, Host};
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// Checks the names of namespaces that this option names, e.g. `--exempt`.
///
/// # Errors
///
/// The first that is none.
pub(super) fn namespaces(option: &str, names: impl IntoIterator<Item: AsRef<str>>) -> Result<(), Error> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = |name: &str| {
        (1..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-') && name.bytes().all(is_allowed)
    };
    let Some(name) = names.into_iter().find(|name| !is_name(name.as_ref())) else { return Ok(()) };
    let name = name.as_ref();
    let hint = if name.contains(['*', '?']) {
        format!("give each name in full, patterns cannot be used: {option} dev-1,dev-2")
    } else {
        format!("use small letters, digits and hyphens, e.g. {option} monitoring")
    };
    Err(Error::new(format!("{} is not the name of a namespace", quoted(name))).hint(hint))
}

/// What can be written for `--expect`.
pub(super) const EXPECTED: &str =
    "give a release or a build, with its processor where it is not amd64: --expect ltsc2025, --expect 26100,arm64";

/// The hosts that are expected: each text names one, or several with commas between them, with attributes behind each as for `--host`.
///
/// # Errors
///
/// The first text that is not a Windows of nodes.
pub(super) fn expected(names: &[String], knowledge: &Knowledge) -> Result<Vec<Host>, Error> {
    let mut expected = Vec::new();
    let read = |text: &str| named(text, (text, "--expect"), EXPECTED.to_owned(), knowledge, today());
    for text in names {
        let each: Result<Vec<Vec<Host>>, Error> = host::items(text).into_iter().map(read).collect();
        // A word behind a release may be meant as an attribute of it, which only the whole text tells.
        let hosts = each.map_err(|error| read(text).err().unwrap_or(error))?;
        expected.extend(hosts.into_iter().flatten());
    }
    Ok(expected)
}
