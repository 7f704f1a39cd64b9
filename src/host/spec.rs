//! The text of `--host`: what it asks for, and the hosts it names. Pure: no file and no registry is read here.

use crate::advice::{Setting, advice};
use std::path::PathBuf;

use jiff::civil::Date;

use crate::knowledge::{Knowledge, Release};

use super::attributes::Attributes;
use super::facts::Facts;
use super::version_text::{build_and_revision, full_version, is_build};
use super::{Host, Source, version_text};
use crate::Error;
use crate::text::quoted;

const HINT: &str = "give a version (10.0.20348.2402, 20348), a release (windows-server-2022, ltsc2022, windows-11-24h2), \
                    what `ver` prints, @FILE, local or all";

/// What one `--host` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// This machine.
    Local(Attributes),
    /// The host in a file.
    File(PathBuf, Attributes),
    /// Hosts that the text itself names.
    Hosts(Vec<Host>),
}

/// Reads the text of one `--host`, e.g. `windows-server-2022`, `26100,client,arm64`, `@host.reg`, `all`. Today decides what
/// `all` is: every release in support.
///
/// # Errors
///
/// A text that names no host, a name or text that means several, attributes that contradict each other.
pub fn parse(text: &str, knowledge: &Knowledge, today: Date) -> Result<Request, Error> {
    let (source, attributes) = Attributes::split(text)?;
    if source.is_empty() {
        return Err(Error::new("an empty --host names no host").hint(HINT));
    }
    if let Some(path) = source.strip_prefix('@') {
        return match path {
            "" => Err(Error::new("@ needs the name of a file").hint(advice!["e.g. ", Setting::Host("@host.reg".into())])),
            path => Ok(Request::File(path.into(), attributes)),
        };
    }
    if source.eq_ignore_ascii_case("local") {
        return Ok(Request::Local(attributes));
    }
    if source.eq_ignore_ascii_case("all") {
        return all(&attributes, knowledge, today).map(Request::Hosts);
    }
    let facts = facts(source, &attributes, knowledge)?;
    Ok(Request::Hosts(vec![facts.host(&attributes, knowledge)]))
}

/// Every release in support. Here, kind and architecture choose among them instead of changing them.
fn all(attributes: &Attributes, knowledge: &Knowledge, today: Date) -> Result<Vec<Host>, Error> {
    let kind = attributes.kind_asked();
    let edition = attributes.home.then_some(super::facts::HOME);
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

fn of_release(release: &Release) -> Facts {
    Facts {
        release: Some(release.id.clone()),
        kind: Some(release.kind),
        ..Facts::of_version(crate::OsVersion::of_build(release.build), Source::Text)
    }
}

/// What a text other than `local`, `all` and `@FILE` says of its host.
fn facts(text: &str, attributes: &Attributes, knowledge: &Knowledge) -> Result<Facts, Error> {
    let version = full_version(text).or_else(|| build_and_revision(text)).or_else(|| build(text));
    if let Some(version) = version {
        return Ok(Facts::of_version(version, Source::Text));
    }
    let named = knowledge.releases_named(text);
    if !named.is_empty() {
        return one_release(text, named, attributes);
    }
    version_text::facts(text).map_err(|error| match error.hint {
        Some(_) => error,
        None => Error::new(format!("{} names no Windows host", quoted(text))).hint(match not_an_attribute(text) {
            Some(word) => format!("{} is no attribute; these are: {}", quoted(word), Attributes::WORDS),
            None => HINT.to_owned(),
        }),
    })
}

/// A bare build, e.g. `20348`.
fn build(text: &str) -> Option<crate::OsVersion> {
    let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let build = digits.then(|| text.parse().ok()).flatten().filter(|build| is_build(*build))?;
    Some(crate::OsVersion::of_build(build))
}

/// The one release that a name means. A server and a client of one build are one answer, of which the server is assumed, as
/// for a bare build.
fn one_release(text: &str, mut named: Vec<&Release>, attributes: &Attributes) -> Result<Facts, Error> {
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
            .hint(format!("name one of them, e.g. --host {}", first.id)));
    }
    Ok(if named.iter().all(|release| release.kind == first.kind) {
        of_release(first)
    } else {
        Facts::of_version(crate::OsVersion::of_build(first.build), Source::Text)
    })
}

/// The first of the words after a version or name that is no attribute, for a hint.
fn not_an_attribute(text: &str) -> Option<&str> {
    let (source, words) = text.split_once(',')?;
    let is_host = full_version(source).or_else(|| build_and_revision(source)).or_else(|| build(source)).is_some();
    (is_host || source.eq_ignore_ascii_case("local")).then(|| words.split(',').map(str::trim).find(|word| !word.is_empty()))?
}
