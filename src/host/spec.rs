//! The text that names hosts, e.g. `windows-server-2022,no-hyperv`, `@host.reg`, `all`. Pure: no file and no registry is read here.

use std::path::PathBuf;

use jiff::civil::Date;

use super::attributes::Attributes;
use super::facts::{HOME, HostFacts};
use super::version_text::{build_and_revision, full_version, is_build};
use super::{Host, Source, edition, source, version_text, vm_image};
use crate::advice::{Setting, advice};
use crate::knowledge::{Knowledge, Release, longest_served};
use crate::placeholder;
use crate::text::{is_quote, quoted};
use crate::{Architecture, Error, Kind, OsVersion};

const HINT: &str = "give a version (10.0.20348.2402, 20348), a release (windows-server-2022, ltsc2022, windows-11-24h2), \
                    what `ver` prints, @FILE, local or all";

/// The longest name that a host can be given, in characters.
const LONGEST_NAME: usize = 63;

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
/// A text that is not a host, a name or text that means several, attributes that contradict each other.
pub fn parse(text: &str, knowledge: &Knowledge, today: Date) -> Result<Spec, Error> {
    let (source, attributes) = Attributes::split(text)?;
    if source.is_empty() {
        return Err(Error::new("the host is empty").hint(HINT));
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
    // What was copied from a tool's output is read as a file with it would be.
    if source.contains(['\n', '{']) && source::is_document(source, knowledge) {
        let read = source::in_text(source, knowledge)?.hosts;
        return Ok(Spec::Hosts(read.into_iter().map(|facts| facts.host(&attributes, knowledge)).collect()));
    }
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    let facts = facts(source, &attributes, knowledge)?;
    Ok(Spec::Hosts(vec![facts.host(&attributes, knowledge)]))
}

/// A text and the name that it gives its host: `web01=ltsc2022` is `ltsc2022`, called `web01`.
pub(super) fn named(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, spec)) if is_name(name) && !version_text::names_a_build(name.trim()) => (Some(name.trim()), spec.trim()),
        _ => (None, text),
    }
}

/// True for a text that can be the name of a host.
pub(super) fn is_name(text: &str) -> bool {
    let text = text.trim();
    (1..=LONGEST_NAME).contains(&text.chars().count())
        && text.starts_with(char::is_alphanumeric)
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "@,;=[]{}\"'`".contains(c))
}

/// The items of a list such as `ltsc2022,26100,arm64`: each with the attributes behind it.
pub fn items(text: &str) -> Vec<&str> {
    let mut items: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for piece in text.split(',') {
        if at > 0 && !Attributes::is_word(piece) {
            items.extend(text.get(start..at - 1));
            start = at;
        }
        at += piece.len() + 1;
    }
    items.extend(text.get(start..));
    items
}

/// The texts of one argument: each of a list such as `ltsc2019,ltsc2022,no-hyperv`, whose [items] are all hosts; else the argument as
/// it is.
pub(super) fn parts<'a>(text: &'a str, knowledge: &Knowledge, today: Date) -> Vec<&'a str> {
    let parts = items(text);
    if parts.len() < 2 || !parts.iter().all(|part| is_host(part, knowledge)) {
        return vec![text];
    }
    // A name and its version may stand together: `Windows Server 2022, 10.0.20348`.
    let build = |part: &&str| match parse(named(part).1, knowledge, today) {
        Ok(Spec::Hosts(hosts)) => hosts.first().map(|host| host.os_version.build),
        _ => None,
    };
    let builds: Vec<Option<u32>> = parts.iter().map(build).collect();
    let is_one = builds.first().is_some_and(|first| first.is_some() && builds.iter().all(|build| build == first));
    if is_one && named(text).0.is_none() && parse(text, knowledge, today).is_ok() { vec![text] } else { parts }
}

/// True for a text that is a host by itself, and does not only hold a version somewhere: `ltsc2022`, `20348,client`, `@web01.txt`.
pub fn is_host(text: &str, knowledge: &Knowledge) -> bool {
    let Ok((source, attributes)) = Attributes::split(named(text.trim()).1) else { return false };
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    let is_version = || full_version(source).or_else(|| build_and_revision(source)).or_else(|| build(source)).is_some();
    let is_release = || one_release(source, knowledge.releases_named(source), &attributes).is_ok();
    source.len() > 1 && source.starts_with('@')
        || ["local", "all"].iter().any(|word| source.eq_ignore_ascii_case(word))
        || is_version()
        || is_release()
}

/// The release and the processor of a name such as `ltsc2025-arm64`, as tags of images have them.
fn with_architecture<'a>(text: &'a str, attributes: Attributes, knowledge: &Knowledge) -> (&'a str, Attributes) {
    // The word of Linux for it has a mark in it.
    let text_and_word = match text.len().checked_sub("_x86_64".len()).and_then(|at| text.split_at_checked(at)) {
        Some((release, word)) if word.eq_ignore_ascii_case("_x86_64") => Some((release, "amd64")),
        _ => text.rsplit_once(['-', ' ', '_']),
    };
    let named = text_and_word.and_then(|(release, word)| {
        let architecture = match word.to_ascii_lowercase().as_str() {
            "amd64" | "x64" => Architecture::Amd64,
            "arm64" => Architecture::Arm64,
            "x86" => Architecture::X86,
            _ => return None,
        };
        (!knowledge.releases_named(release).is_empty()).then_some((release, architecture))
    });
    match named {
        Some((release, architecture)) => {
            (release, Attributes { architecture: attributes.architecture.or(Some(architecture)), ..attributes })
        }
        None => (text, attributes),
    }
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
        .map(|release| HostFacts::of_release(release).host(attributes, knowledge))
        .collect();
    if hosts.is_empty() {
        return Err(Error::new("no release in support is left").hint("leave out one of the attributes behind `all`"));
    }
    Ok(hosts)
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
    if let Some(word) =
        unknown_word(text, knowledge).filter(|word| word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '_'))
    {
        return Err(unknown_attribute(word, knowledge));
    }
    version_text::facts(text).map_err(|error| match error.hint {
        Some(_) => error,
        None => not_a_host(text, knowledge),
    })
}

/// The error of a text that is not a host: what it is like, or what else it is.
fn not_a_host(text: &str, knowledge: &Knowledge) -> Error {
    let error = Error::new(format!("{} is not a known Windows host", quoted(text)));
    if let Some(meant) = within_quotes(text, knowledge) {
        return error.because("the quotes are part of it: cmd takes away double quotes only").hint(advice![
            "did you mean ",
            Setting::Host(meant.to_owned()),
            "?"
        ]);
    }
    if placeholder::is_in(text) {
        return error.because(placeholder::REASON).hint(placeholder::HINT);
    }
    if let Some(word) = unknown_word(text, knowledge) {
        return unknown_attribute(word, knowledge);
    }
    if let Some(host) = vm_image::host(text, knowledge) {
        let error = Error::new(format!("{} is an image of virtual machines, not a host", quoted(text)));
        return if host.is_empty() {
            error.hint(HINT)
        } else {
            error.hint(advice!["name the Windows that a machine of it runs: ", Setting::Host(host)])
        };
    }
    if is_before_containers(text) {
        return Error::new(format!("{} has no containers", quoted(text)))
            .because("they came with Windows Server 2016 and Windows 10, version 1607")
            .hint(HINT);
    }
    if let Some(tag) = tag_of_image(text, knowledge) {
        let host = knowledge.releases_named(tag).first().map_or("windows-server-2022", |release| release.id.as_str());
        return Error::new(format!("{} is an image, not a host", quoted(text)))
            .hint(advice!["name the image without an option, and the host it is to run on with ", Setting::Host(host.into())]);
    }
    match knowledge.names_like(text).split_first() {
        Some((first, others)) => {
            // Home has no Windows containers: without it the answer would be another.
            let is_home = text.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("home"));
            let home = if is_home { ",home" } else { "" };
            let others: String = others.iter().map(|name| format!(" or {name}{home}")).collect();
            error.hint(advice!["did you mean ", Setting::Host(format!("{first}{home}")), others, "?"])
        }
        None => error.hint(HINT),
    }
}

/// The word behind a host that is neither an attribute nor a host, e.g. `nohyperv` of `10.0.20348.2402,nohyperv`.
fn unknown_word<'a>(text: &'a str, knowledge: &Knowledge) -> Option<&'a str> {
    let (_, words) = text.split_once(',').filter(|(head, _)| is_host(head, knowledge))?;
    let is_unknown = |word: &&str| !word.is_empty() && !Attributes::is_word(word) && !is_host(word, knowledge);
    words.split(',').map(str::trim).find(is_unknown)
}

/// The hosts that a text names between quotes, e.g. `ltsc2022,no-hyperv` in `'ltsc2022,no-hyperv'`.
fn within_quotes<'a>(text: &'a str, knowledge: &Knowledge) -> Option<&'a str> {
    let inner = text.trim_matches(is_quote).trim();
    let is_part = |part: &str| Attributes::is_word(part) || is_host(part, knowledge);
    (inner.len() < text.len() && inner.split(',').all(is_part)).then_some(inner)
}

/// The error of a word behind a host that is neither an attribute nor a host.
pub(super) fn unknown_attribute(word: &str, knowledge: &Knowledge) -> Error {
    let error = Error::new(format!("unknown attribute {}", quoted(word)));
    let near = Attributes::like(word).map(str::to_owned).or_else(|| knowledge.names_like(word).first().map(ToString::to_string));
    let known = format!("the attributes of a host are {}", Attributes::WORDS);
    error.hint(match near {
        Some(near) => format!("did you mean {near}? {known}"),
        None => known,
    })
}

/// The tag of a text that is the name of an image: `nanoserver:ltsc2022`, `registry.example/app`; empty where it has none.
fn tag_of_image<'a>(text: &'a str, knowledge: &Knowledge) -> Option<&'a str> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    let (name, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (text, ""),
    };
    // `/hosts/list.txt`, `./list.txt` and `C:\hosts\list.txt` are files.
    let has_drive = matches!(text.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    let is_name = !has_drive && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_name || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        return None;
    }
    let bases = knowledge.base_images.iter().flat_map(|base| &base.repositories);
    let is_base = bases.filter_map(|base| base.repository.rsplit('/').next()).any(|base| base == name && base != "server");
    let is_path = name.contains('/') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte));
    (is_base || is_path || (!tag.is_empty() && name.starts_with(char::is_alphabetic))).then_some(tag)
}

/// True for the name of a Windows that is older than Windows containers, e.g. `Windows Server 2012 R2`, `win7`.
fn is_before_containers(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let name: String = lower.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    let name = name.strip_prefix("microsoft").unwrap_or(&name);
    let Some(name) = name.strip_prefix("windows").or_else(|| name.strip_prefix("win")).or_else(|| name.strip_prefix("ws")) else {
        return false;
    };
    let name = name.strip_prefix("server").unwrap_or(name);
    let begins = |old: &str| name.strip_prefix(old).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    ["2003", "2008", "2012", "7", "8", "xp", "vista"].into_iter().any(begins)
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
    let Some(first) = named.first().copied() else {
        return Err(Error::new(format!("{} is not a known Windows release", quoted(text))));
    };
    if named.iter().any(|release| release.build != first.build) {
        let listed: Vec<_> = named.iter().map(|release| format!("{} (build {})", release.id, release.build)).collect();
        return Err(Error::new(format!("{} means more than one Windows release", quoted(text)))
            .because(format!("it may be {}", listed.join(", ")))
            .hint(advice!["name one of them, e.g. ", Setting::Host(longest_served(&named).unwrap_or(first).id.clone())]));
    }
    Ok(if named.iter().all(|release| release.kind == first.kind) {
        let edition = edition::of_release_name(text).filter(|_| first.kind == Kind::Client);
        HostFacts { edition, ..HostFacts::of_release(first) }
    } else {
        HostFacts::of_version(OsVersion::of_build(first.build), Source::Text)
    })
}
