//! Findings that are put to results behind the judgement, by whoever has read what they compare.

use std::collections::{BTreeMap, BTreeSet};

use crate::compat::{Code, Policy, Severity};
use crate::report::document::{FindingEntry, ResultEntry};
use crate::report::plain::clean;

/// The most images and hosts that are named in one sentence.
const MOST_NAMED: usize = 4;

/// Which images run on which hosts, by their names: `a:1 fits x, y; b:1 fits z`.
pub fn fits(hosts: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let named = |(image, hosts): (&&str, &BTreeSet<&str>)| {
        let hosts: Vec<&str> = hosts.iter().take(MOST_NAMED).copied().collect();
        format!("{image} fits {}", hosts.join(", "))
    };
    let named: Vec<String> = hosts.iter().take(MOST_NAMED).map(named).collect();
    named.join("; ")
}

/// A finding in these words, with its usual severity.
pub fn finding(code: Code, message: &str, help: &str) -> FindingEntry {
    FindingEntry {
        code: code.into(),
        severity: code.severity().into(),
        message: clean(message).into_owned(),
        help: clean(help).into_owned(),
        remedies: Vec::new(),
        without_images: None,
        source: code.source().into(),
    }
}

/// Puts a finding to a result, behind those that are as severe. The result fails if the policy says so.
pub fn put(entry: &mut ResultEntry, policy: &Policy, code: Code, (message, help): (&str, &str)) {
    let mut added = finding(code, message, help);
    if policy.denies(code, code.severity()) {
        added.severity = Severity::Error.into();
        entry.ok = Some(false);
    }
    entry.findings.push(added);
    entry.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity.known()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_images_are_named_with_their_first_hosts() {
        let hosts = BTreeMap::from([("b:1", BTreeSet::from(["z"])), ("a:1", BTreeSet::from(["x", "y"]))]);
        assert_eq!(fits(&hosts), "a:1 fits x, y; b:1 fits z");
        let many = BTreeMap::from([("a:1", BTreeSet::from(["1", "2", "3", "4", "5"]))]);
        assert_eq!(fits(&many), "a:1 fits 1, 2, 3, 4");
    }
}
