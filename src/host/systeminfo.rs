//! The output of `systeminfo` in any language: recognised by the shape `10.0.N … N`, not by its labels.

use crate::Architecture;
use crate::OsVersion;

use super::facts::HostFacts;
use super::source::{Format, Source, Syntax};
use super::version_text::{full_version, kind_in_words};
use crate::Error;
use crate::advice::{Setting, advice};

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
/// The output of several machines.
fn hosts(text: &str) -> Result<Vec<HostFacts>, Error> {
    let mut versions = text.lines().enumerate().filter_map(|(at, line)| Some((at, version(line)?)));
    let Some((at, os_version)) = versions.next() else { return Ok(Vec::new()) };
    if let Some((_, second)) = versions.next() {
        let more = versions.count();
        return Err(Error::new(format!("this output of systeminfo holds {} hosts", 2 + more))
            .because(format!("the first two are {os_version} and {second}"))
            .hint(advice!["give every host a file and a ", Setting::Host(String::new()), " of its own"]));
    }
    let first = at.saturating_sub(LINES_BEFORE);
    let around: Vec<&str> = text.lines().skip(first).take(at + 1 - first).collect();
    let around = around.join("\n");
    Ok(vec![HostFacts {
        kind: kind_in_words(&around),
        edition: is_home(&around).then(|| "Core".to_owned()),
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

/// Recognises Windows Home, which is called so in most languages; where it is not, the edition is not said.
fn is_home(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("windows 10 home") || text.contains("windows 11 home")
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
