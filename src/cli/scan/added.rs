//! Findings that are put to results behind the judgement, by whoever has read what they compare.

use crate::compat::{Code, Policy, Severity};
use crate::report::document::{FindingEntry, ResultEntry};
use crate::report::plain::clean;

/// A finding in these words, with its usual severity.
pub fn finding(code: Code, message: &str, help: &str) -> FindingEntry {
    FindingEntry {
        code: code.into(),
        severity: code.severity().into(),
        message: clean(message).into_owned(),
        help: clean(help).into_owned(),
        remedies: Vec::new(),
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
