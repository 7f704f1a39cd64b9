//! The output of `systeminfo` in any language: recognised by the shape `10.0.N … N`, not by its labels.

use crate::Architecture;
use crate::OsVersion;

use super::{Format, Source, Syntax};
use crate::Error;
use crate::advice::{Setting, advice};
use crate::host::facts::HostFacts;
use crate::host::version_text::{full_version, kind_in_words};
use crate::host::{edition, version_text};

/// The output of `systeminfo` on one machine.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Text, recognises, hosts };

/// The number of lines before that of the version which may name the product: it is the line before, unless something was wrapped.
const LINES_BEFORE: usize = 2;

/// Recognises a line with a version.
fn recognises(text: &str) -> bool {
    text.lines().any(|line| version(line).is_some())
}

/// The host of a `systeminfo` output.
///
/// # Errors
///
/// The output of several machines, or other versions beside it.
fn hosts(text: &str) -> Result<Vec<HostFacts>, Error> {
    let mut versions = text.lines().enumerate().filter_map(|(at, line)| Some((at, version(line)?)));
    let Some((at, os_version)) = versions.next() else { return Ok(Vec::new()) };
    if let Some((_, second)) = versions.next() {
        let more = versions.count();
        return Err(Error::new(format!("this output of systeminfo holds {} hosts", 2 + more))
            .because(format!("the first two are {os_version} and {second}"))
            .hint(advice!["give every host a file and a ", Setting::Host(String::new()), " of its own"]));
    }
    // Another host may stand beside it in another form, or on the same line. The same version with its revision is a gain.
    let all = version_text::versions(text);
    let os_version = match all.as_slice() {
        [one] if one.triple() == os_version.triple() => *one,
        _ => return Err(version_text::several_versions(&all)),
    };
    let first = at.saturating_sub(LINES_BEFORE);
    let around: Vec<&str> = text.lines().skip(first).take(at + 1 - first).collect();
    let around = around.join("\n");
    Ok(vec![HostFacts {
        kind: kind_in_words(&around),
        edition: edition::said(&around),
        architecture: architecture(text),
        ..HostFacts::of_version(os_version, Source::Systeminfo)
    }])
}

/// The version in a line such as `OS Version: 10.0.26100 N/A Build 26100`: a version whose build follows once more. There is no
/// revision in it.
fn version(line: &str) -> Option<OsVersion> {
    let mut tokens = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let version = tokens.by_ref().find_map(full_version).filter(|version| version.revision.is_none())?;
    let again = version.build.to_string();
    tokens.any(|token| token == again).then_some(version)
}

/// The system type, e.g. `x64-based PC`, has the same processor names in every language.
fn architecture(text: &str) -> Option<Architecture> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let has = |name: &str| words.clone().any(|word| word.eq_ignore_ascii_case(name));
    match (has("x64"), has("arm64")) {
        (true, false) => Some(Architecture::Amd64),
        (false, true) => Some(Architecture::Arm64),
        _ => None,
    }
}
