//! What to do about results of one image that are told together, each remedy once.

use std::collections::HashSet;
use std::hash::Hash;

use super::document::{FindingEntry, Location, ResultEntry};
use super::labels::{Labels, joined, places};
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
        for (number, finding) in entry.findings.iter().enumerate().filter(|(_, finding)| !finding.help.is_empty()) {
            let before: Vec<&FindingEntry> = entry.findings.iter().take(number).filter(|one| shown(one)).collect();
            if !(shown(finding) || flag(finding)) || is_said(finding, &before) {
                continue;
            }
            match hints.iter_mut().find(|(help, _)| *help == finding.help) {
                Some((_, alike)) if alike.last().is_none_or(|last| !std::ptr::eq(*last, *entry)) => alike.push(entry),
                Some(_) => {}
                None => hints.push((&finding.help, vec![entry])),
            }
        }
    }
    // Two objects of one place are one for the reader.
    without_parts(&mut hints, |entries| {
        let key = |entry: &&ResultEntry| (entry.location.as_ref().map(Location::place), entry.host.called().to_owned());
        entries.iter().map(key).collect::<HashSet<_>>()
    });
    hints
}

/// Leaves out advice that is a part of other advice for all that it is for; `keys` tells what that is, for the reader.
pub(super) fn without_parts<T, K: Eq + Hash>(hints: &mut Vec<(&str, T)>, keys: impl Fn(&T) -> HashSet<K>) {
    let keys: Vec<HashSet<K>> = hints.iter().map(|(_, whose)| keys(whose)).collect();
    let is_said = |help: &str, own: &HashSet<K>| {
        hints.iter().zip(&keys).any(|((other, _), there)| is_part(help, other) && own.is_subset(there))
    };
    let kept: Vec<bool> = hints.iter().zip(&keys).map(|((help, _), own)| !is_said(help, own)).collect();
    let mut kept = kept.into_iter();
    hints.retain(|_| kept.next().unwrap_or(true));
}

/// True if this advice is some of what the other one says, as that about an image that is built and that about the same one where it is
/// started can be.
fn is_part(help: &str, of: &str) -> bool {
    // Of two with the same alternatives in another order, neither is a part.
    help.split("; or ").count() < of.split("; or ").count()
        && help.split("; or ").all(|part| of.split("; or ").any(|other| other == part))
}

/// True if everything that a finding advises is among the remedies of these, which stand before it.
pub(super) fn is_said(finding: &FindingEntry, before: &[&FindingEntry]) -> bool {
    let remedies = &finding.remedies;
    // Advice without a remedy is in words of its own.
    let are_all = !remedies.is_empty() && finding.help.split("; or ").count() == remedies.len();
    if !are_all {
        return false;
    }
    let said: Vec<_> = before.iter().flat_map(|one| &one.remedies).collect();
    remedies.iter().all(|remedy| said.contains(&remedy))
}

/// Whose advice it is, where it is for these of all results that are told together: the hosts, or the places where the hosts are the
/// same. `None` where it is for all, and where neither tells them apart.
pub(super) fn whose(entries: &[&ResultEntry], all: &[&ResultEntry], labels: &Labels<'_>) -> Option<String> {
    if entries.len() == all.len() {
        return None;
    }
    let (hosts, places_of) = (labels.of_results(entries), places(entries));
    let names = if hosts.len() < labels.of_results(all).len() {
        hosts
    } else if places_of.len() < places(all).len() {
        places_of
    } else {
        return None;
    };
    Some(joined(names.into_iter(), false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::RemedyEntry;

    fn finding(code: Code, help: &str, remedies: &[&str]) -> FindingEntry {
        let remedy = |value: &&str| RemedyEntry { kind: "image".into(), value: (*value).to_owned(), verified: None };
        FindingEntry {
            code: code.into(),
            severity: code.severity().into(),
            message: String::new(),
            help: help.to_owned(),
            remedies: remedies.iter().map(remedy).collect(),
            without_images: None,
            source: "".into(),
        }
    }

    #[test]
    fn advice_can_be_a_part_of_other_advice() {
        assert!(is_part("update", "use a:2; or update") && is_part("update; or b", "b; or use a:2; or update"));
        for (help, of) in
            [("update", "update"), ("a; or b", "b; or a"), ("use a:2; or update", "update"), ("use a", "use a:2; or update")]
        {
            assert!(!is_part(help, of), "{help}");
        }
    }

    #[test]
    fn advice_is_left_out_where_more_is_said_for_all_that_it_is_for() {
        let mut hints = vec![("a", vec![1]), ("b; or a", vec![1, 2]), ("b", vec![2, 3]), ("a; or b", vec![1, 2])];
        without_parts(&mut hints, |numbers| numbers.iter().copied().collect::<HashSet<i32>>());
        let kept: Vec<&str> = hints.iter().map(|(help, _)| *help).collect();
        assert_eq!(kept, ["b; or a", "b", "a; or b"]);
    }

    #[test]
    fn advice_is_said_once() {
        let both = finding(Code::BuildMismatch, "for process isolation use a:2; or for Hyper-V isolation run b", &["a:2", "b"]);
        for (help, remedies, expected) in [
            ("use a:2", &["a:2"][..], true),
            ("run b; or use a:2", &["b", "a:2"], true),
            ("use a:3", &["a:3"], false),
            ("use a:2; or use a:3", &["a:2", "a:3"], false),
            ("use a:2; or update the host", &["a:2"], false),
            ("update the host", &[], false),
        ] {
            let other = finding(Code::ImageEndOfSupport, help, remedies);
            assert_eq!(is_said(&other, &[&both]), expected, "{help}");
            assert!(!is_said(&other, &[]), "{help}");
        }
    }
}
