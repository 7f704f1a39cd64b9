//! What `systeminfo` prints, in any language: recognised by the shape `10.0.N … N`, not by its labels.

use crate::Architecture;
use crate::OsVersion;

use super::Source;
use super::facts::Facts;
use super::version_text::{full_version, kind_in_words};
use crate::Error;

/// How many lines before that of the version may name the product: it is the line before, unless something was wrapped.
const LINES_BEFORE: usize = 2;

/// The facts of a `systeminfo` output; `None` if the text is none.
///
/// # Errors
///
/// The output of several machines.
pub(super) fn facts(text: &str) -> Option<Result<Facts, Error>> {
    let mut hosts = text.lines().enumerate().filter_map(|(at, line)| Some((at, version(line)?)));
    let (at, os_version) = hosts.next()?;
    if let Some((_, second)) = hosts.next() {
        let more = hosts.count();
        return Some(Err(Error::new(format!("this output of systeminfo holds {} hosts", 2 + more))
            .because(format!("the first two are {os_version} and {second}"))
            .hint("give every host a file and a --host of its own")));
    }
    let first = at.saturating_sub(LINES_BEFORE);
    let around: Vec<&str> = text.lines().skip(first).take(at + 1 - first).collect();
    let around = around.join("\n");
    Some(Ok(Facts {
        kind: kind_in_words(&around),
        edition: is_home(&around).then(|| "Core".to_owned()),
        architecture: architecture(text),
        ..Facts::of_version(os_version, Source::Systeminfo)
    }))
}

/// The version in a line such as `OS Version: 10.0.26100 N/A Build 26100`: a version whose build follows once more. There is no
/// revision in it.
fn version(line: &str) -> Option<OsVersion> {
    let mut tokens = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let version = tokens.by_ref().find_map(full_version).filter(|version| version.revision.is_none())?;
    let again = version.build.to_string();
    tokens.any(|token| token == again).then_some(version)
}

/// Windows Home is called so in most languages; where it is not, the edition is not said.
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
