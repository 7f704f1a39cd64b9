//! What to do about results of one image that are told together, each remedy once.

use super::document::{FindingEntry, ResultEntry};
use crate::compat::Code;

/// The advice of the findings that are shown, each with the results that it is for; and the flag that is missing, unless a reason that
/// is shown has it among its remedies already.
pub(super) fn of<'a>(entries: &[&'a ResultEntry], shown: impl Fn(&FindingEntry) -> bool) -> Vec<(&'a str, Vec<&'a ResultEntry>)> {
    let mut hints: Vec<(&str, Vec<&ResultEntry>)> = Vec::new();
    for entry in entries {
        let flag = |finding: &FindingEntry| {
            entry.needs_flag()
                && finding.code.known() == Some(Code::OtherIsolationPossible)
                && !entry.findings.iter().any(|other| {
                    shown(other)
                        && other.code != finding.code
                        && finding.remedies.iter().all(|remedy| other.remedies.contains(remedy))
                })
        };
        for finding in entry.findings.iter().filter(|finding| !finding.help.is_empty()) {
            if !(shown(finding) || flag(finding)) {
                continue;
            }
            match hints.iter_mut().find(|(help, _)| *help == finding.help) {
                Some((_, alike)) if alike.last().is_none_or(|last| !std::ptr::eq(*last, *entry)) => alike.push(entry),
                Some(_) => {}
                None => hints.push((&finding.help, vec![entry])),
            }
        }
    }
    hints
}
