//! What the options of the webhook name, checked: namespaces, and Windows that may come.

use crate::Error;
use crate::cli::releases::named;
use crate::cli::time::today;
use crate::host::Host;
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// Checks the names of namespaces.
///
/// # Errors
///
/// The first that is none.
pub(super) fn namespaces(names: impl IntoIterator<Item: AsRef<str>>) -> Result<(), Error> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = |name: &str| {
        (1..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-') && name.bytes().all(is_allowed)
    };
    match names.into_iter().find(|name| !is_name(name.as_ref())) {
        None => Ok(()),
        Some(name) => Err(Error::new(format!("{} is not the name of a namespace", quoted(name.as_ref())))
            .hint("use small letters, digits and hyphens, e.g. --namespace wincompat")),
    }
}

/// The hosts that are expected.
///
/// # Errors
///
/// The first text that is not a Windows of nodes.
pub(super) fn expected(names: &[String], knowledge: &Knowledge) -> Result<Vec<Host>, Error> {
    let mut expected = Vec::new();
    for name in names {
        let hint = "give a release or a build, e.g. --expect ltsc2025 or --expect 26100".to_owned();
        expected.extend(named(name, (name, "--expect"), hint, knowledge, today())?);
    }
    Ok(expected)
}
