//! The text that names hosts, e.g. `windows-server-2022,no-hyperv`, `@host.reg`, `all`. Pure: no file and no registry is read here.

use std::path::PathBuf;

use jiff::civil::Date;

use super::attributes::Attributes;
use super::facts::{HOME, HostFacts};
use super::version_text::{build_and_revision, full_version, is_build};
use super::{Host, Source, version_text};
use crate::advice::{Setting, advice};
use crate::knowledge::{Knowledge, Release};
use crate::text::quoted;
use crate::{Error, OsVersion};

const HINT: &str = "give a version (10.0.20348.2402, 20348), a release (windows-server-2022, ltsc2022, windows-11-24h2), \
                    what `ver` prints, @FILE, local or all";

/// The hosts that one text specifies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spec {
    /// This machine.
    Local(Attributes),
    /// The hosts in a file.
    File(PathBuf, Attributes),
    /// The hosts that the text itself names.
    Hosts(Vec<Host>),
}

/// Reads a text that specifies hosts, e.g. `windows-server-2022`, `26100,client,arm64`, `@host.reg`, `all`. Today decides what
/// `all` is: every release in support.
///
/// # Errors
///
/// A text that names no host, a name or text that means several, attributes that contradict each other.
pub fn parse(text: &str, knowledge: &Knowledge, today: Date) -> Result<Spec, Error> {
    let (source, attributes) = Attributes::split(text)?;
    if source.is_empty() {
        return Err(Error::new("an empty text names no host").hint(HINT));
    }
    if let Some(path) = source.strip_prefix('@') {
        return match path {
            "" => Err(Error::new("@ needs the name of a file").hint(advice!["e.g. ", Setting::Host("@host.reg".into())])),
            path => Ok(Spec::File(path.into(), attributes)),
        };
    }
    if source.eq_ignore_ascii_case("local") {
        return Ok(Spec::Local(attributes));
    }
    if source.eq_ignore_ascii_case("all") {
        return all(&attributes, knowledge, today).map(Spec::Hosts);
    }
    let facts = facts(source, &attributes, knowledge)?;
    Ok(Spec::Hosts(vec![facts.host(&attributes, knowledge)]))
}

/// Every release in support. Here, kind and architecture choose among them instead of changing them.
fn all(attributes: &Attributes, knowledge: &Knowledge, today: Date) -> Result<Vec<Host>, Error> {
    let kind = attributes.kind_asked();
    let edition = attributes.home.then_some(HOME);
    let hosts: Vec<Host> = knowledge
        .releases
        .iter()
        .filter(|release| release.support_of(edition).is_some_and(|until| until >= today))
        .filter(|release| kind.is_none_or(|kind| kind == release.kind))
        .filter(|release| attributes.architecture.is_none_or(|wanted| release.architectures.contains(&wanted)))
        .map(|release| of_release(release).host(attributes, knowledge))
        .collect();
    if hosts.is_empty() {
        return Err(Error::new("no release in support is left"));
    }
    Ok(hosts)
}

fn of_release(release: &Release) -> HostFacts {
    HostFacts {
        release: Some(release.id.clone()),
        kind: Some(release.kind),
        ..HostFacts::of_version(OsVersion::of_build(release.build), Source::Text)
    }
}

/// The facts that a text other than `local`, `all` and `@FILE` tells of its host.
fn facts(text: &str, attributes: &Attributes, knowledge: &Knowledge) -> Result<HostFacts, Error> {
    let version = full_version(text).or_else(|| build_and_revision(text)).or_else(|| build(text));
    if let Some(version) = version {
        return Ok(HostFacts::of_version(version, Source::Text));
    }
    let named = knowledge.releases_named(text);
    if !named.is_empty() {
        return one_release(text, named, attributes);
    }
    version_text::facts(text).map_err(|error| match error.hint {
        Some(_) => error,
        None => Error::new(format!("{} names no Windows host", quoted(text))).hint(match not_an_attribute(text) {
            Some(word) => format!("{} is not an attribute; these are: {}", quoted(word), Attributes::WORDS),
            None => HINT.to_owned(),
        }),
    })
}

/// A bare build, e.g. `20348`.
fn build(text: &str) -> Option<OsVersion> {
    let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let build = digits.then(|| text.parse().ok()).flatten().filter(|build| is_build(*build))?;
    Some(OsVersion::of_build(build))
}

/// The one release that a name means. A server and a client of one build are one answer, of which the server is assumed, as
/// for a bare build.
fn one_release(text: &str, mut named: Vec<&Release>, attributes: &Attributes) -> Result<HostFacts, Error> {
    if let Some(kind) = attributes.kind_asked()
        && named.iter().any(|release| release.kind == kind)
    {
        named.retain(|release| release.kind == kind);
    }
    let Some(first) = named.first() else {
        return Err(Error::new(format!("{} names no Windows release", quoted(text))));
    };
    if named.iter().any(|release| release.build != first.build) {
        let listed: Vec<_> = named.iter().map(|release| format!("{} (build {})", release.id, release.build)).collect();
        return Err(Error::new(format!("{} means more than one Windows release", quoted(text)))
            .because(format!("it may be {}", listed.join(", ")))
            .hint(advice!["name one of them, e.g. ", Setting::Host(first.id.clone())]));
    }
    Ok(if named.iter().all(|release| release.kind == first.kind) {
        of_release(first)
    } else {
        HostFacts::of_version(OsVersion::of_build(first.build), Source::Text)
    })
}

/// The first of the words after a version or name that is not an attribute, for a hint.
fn not_an_attribute(text: &str) -> Option<&str> {
    let (source, words) = text.split_once(',')?;
    let is_host = full_version(source).or_else(|| build_and_revision(source)).or_else(|| build(source)).is_some();
    (is_host || source.eq_ignore_ascii_case("local")).then(|| words.split(',').map(str::trim).find(|word| !word.is_empty()))?
}
