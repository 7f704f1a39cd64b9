//! Errors of cleaning up behind a container that failed: they follow from the failure, or have nothing to do with it.

use super::evidence::{Evidence, What};
use super::paste::Paste;

/// Names of orders that clean up, and sentences about them, in the form of [`Paste::text`].
const OF_CLEANUP: [&str; 15] = [
    "killpodsandbox",
    "failedkillpod",
    "errorkillingpod",
    "stoppodsandbox",
    "removepodsandbox",
    "failed(delete)",
    "failedtodestroynetwork",
    "failedtoteardown",
    "failedtocleanup",
    "failedtodeletetask",
    "failedtoremoverootfilesystem",
    "unabletoremovefilesystem",
    "destroylayer",
    "unpreparelayer",
    "deactivatelayer",
];

/// The most bytes between the name of such an order and its error.
const NEAR: usize = 400;

/// The most bytes between an operation and the words that say that it cleaned up: `plugin type="azure-vnet" failed (delete)`.
const BEHIND: usize = 40;

/// True for an error that stands behind the name of an order that cleans up, in the same statement.
pub(super) fn is_it(paste: &Paste, one: &Evidence) -> bool {
    let before = paste.around(one.start, one.end, NEAR).start;
    let end = match one.what {
        What::Operation(_) => paste.around(one.start, one.end, BEHIND).end,
        _ => one.end,
    };
    let text = paste.text.get(before..end).unwrap_or_default();
    OF_CLEANUP.iter().any(|part| text.contains(part))
}
