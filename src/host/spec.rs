//! The text that names hosts, e.g. `windows-server-2022,no-hyperv`, `@host.reg`, `all`. Pure: no file and no registry is read here.

use std::path::PathBuf;

use jiff::civil::Date;

use super::attributes::Attributes;
use super::facts::{HOME, HostFacts};
use super::version_text::{build_and_revision, full_version, is_build};
use super::{Host, Source, edition, list, not_a_host, other_host, source, version_text};
use crate::advice::{Setting, advice};
use crate::knowledge::{Knowledge, Release, longest_served};
use crate::login;
use crate::text::{is_quote, quoted};
use crate::{Advice, Architecture, Error, Kind, OsVersion};

/// What can be given as a host.
pub(super) const HINT: &str = "give a version (10.0.20348.2402, 20348), a release (windows-server-2022, ltsc2022, windows-11-24h2), \
                    what `ver` prints, @FILE, local or all";

/// The longest name that a host can be given, in characters.
pub(super) const LONGEST_NAME: usize = 63;

/// The name of standard input as a list of hosts.
const STANDARD_INPUT: &str = "-";

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
    specified(text, knowledge, today).map_err(|error| login_in(text, knowledge).unwrap_or(error))
}

/// [`parse`], where the error of a text with a password may still name a part of it.
fn specified(text: &str, knowledge: &Knowledge, today: Date) -> Result<Spec, Error> {
    let (source, attributes) = Attributes::split(text)?;
    if source.is_empty() {
        return Err(Error::new("the host is empty").hint(HINT));
    }
    if let Some(path) = source.strip_prefix('@') {
        return match path {
            "" => Err(Error::new("@ needs the name of a file").hint(advice!["e.g. ", Setting::Host("@host.reg".into())])),
            STANDARD_INPUT => Err(of_standard_input(text)),
            path => Ok(Spec::File(path.into(), attributes)),
        };
    }
    if source == STANDARD_INPUT {
        return Err(of_standard_input(text));
    }
    if source.eq_ignore_ascii_case("local") {
        return Ok(Spec::Local(attributes));
    }
    if source.eq_ignore_ascii_case("all") {
        return all(&attributes, knowledge, today).map(Spec::Hosts);
    }
    if let Some(read) = copied(source, knowledge) {
        return Ok(Spec::Hosts(read?.hosts.into_iter().map(|facts| facts.host(&attributes, knowledge)).collect()));
    }
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    let labelled = with_label(source, knowledge);
    let facts = facts(labelled.as_deref().unwrap_or(source), &attributes, knowledge)?;
    Ok(Spec::Hosts(vec![facts.host(&attributes, knowledge)]))
}

/// The hosts in what was copied from a tool's output, which is read as a file with it would be; `None` for any other text.
fn copied(source: &str, knowledge: &Knowledge) -> Option<Result<source::Read, Error>> {
    let is_copied = source.contains(['\n', '{']) && source::is_document(source, knowledge);
    is_copied.then(|| source::in_text(source, knowledge))
}

/// What the reader of an answer should know of the hosts in a text that was copied so, e.g. that some were left out.
pub(super) fn notes(text: &str, knowledge: &Knowledge) -> Vec<Advice> {
    let read = Attributes::split(text).ok().and_then(|(source, _)| copied(source, knowledge)?.ok());
    read.map_or_else(Vec::new, |read| read.notes)
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
    if let Some(error) = comma_in_version(text, knowledge) {
        return Err(error);
    }
    if let Some(error) = not_a_host::not_a_part(text, knowledge).or_else(|| not_a_host::spaced_name(text, knowledge)) {
        return Err(error);
    }
    if let Some(word) =
        not_a_host::unknown_word(text, knowledge).filter(|word| word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '_'))
    {
        return Err(not_a_host::unknown_attribute(word, knowledge));
    }
    let read = list::of_one(text, version_text::facts(text), knowledge);
    match read {
        Ok(facts) => other_host::beside(text, facts.os_version, knowledge).map_or(Ok(facts), Err),
        Err(error) if error.hint.is_some() => Err(error),
        Err(_) => Err(not_a_host::of(text, knowledge)),
    }
}

/// The error of a version with a number behind a comma, which would be lost: `10.0.14393,7000`, also behind a name in a line. What has
/// more cells behind it, or is a small number, is a column of its own: `web01,10.0.20348,8,32`.
pub(super) fn comma_in_version(text: &str, knowledge: &Knowledge) -> Option<Error> {
    const LEAST_DIGITS: usize = 4;
    // A build and the name of a release are hosts of their own.
    let is_number = |text: &str, least: usize| {
        let are_digits = text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit());
        are_digits && build(text).is_none() && knowledge.releases_named(text).is_empty()
    };
    let of_whole = || {
        let (before, number) = text.split_once(',')?;
        Some((full_version(before.trim())?, number.trim())).filter(|&(_, number)| is_number(number, 1))
    };
    let within = || {
        let text = Some(text).filter(|text| text.len() <= list::LONGEST_LINE && !text.contains(['\n', '{']))?;
        text.match_indices(',').find_map(|(at, _)| {
            let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
            let word = before.rsplit([' ', '\t', ',', ';', '=', ':']).next()?;
            let plain = word.trim_start_matches(is_quote);
            let version = full_version(plain)?;
            let is_quoted = plain.len() < word.len();
            let number = if is_quoted { behind.split(is_quote).next()? } else { behind };
            let number = number.trim();
            (version.revision.is_none() && is_number(number, LEAST_DIGITS)).then_some((version, number))
        })
    };
    let (version, number) = of_whole().or_else(within)?;
    let error = Error::new(format!("{} is not a known Windows host", quoted(text)))
        .because("a point stands before the revision of a version, not a comma");
    Some(match (version.revision, number.parse::<u32>()) {
        (None, Ok(revision)) => {
            let meant = OsVersion { revision: Some(revision), ..version };
            error.hint(advice!["did you mean ", Setting::Host(meant.to_string()), "?"])
        }
        _ => error.hint(HINT),
    })
}

/// The error of a text that cannot be read as hosts and may hold a password. Any other could name a part of it, since commas and equals
/// signs can stand in a password. `None` for a list of hosts and files, and for what has spaces or braces in it: that was copied from the
/// output of a tool, unless all of it is a login.
pub(super) fn login_in(text: &str, knowledge: &Knowledge) -> Option<Error> {
    of_login(text, knowledge).or_else(|| of_secrets(text))
}

/// The error of a line with the value of a key that is a secret, and of a name with a value before an `@`: `web01 ansible_password=secret`,
/// `web01=secret@x`. `None` for a text of several lines, whose errors do not repeat it.
fn of_secrets(text: &str) -> Option<Error> {
    const KEYS: [&str; 5] = ["password", "passwd", "secret", "token", "credential"];
    const ENDS: [&str; 2] = ["pass", "pwd"];
    let secret = |word: &str| -> Option<String> {
        let (key, value) = word.split_once(['=', ':'])?;
        let value = value.trim_matches(is_quote);
        let lower = key.to_ascii_lowercase();
        let is_key = KEYS.iter().any(|known| lower.contains(known)) || ENDS.iter().any(|end| lower.ends_with(end));
        let is_secret = is_key && !value.is_empty() && !value.starts_with('@');
        let before_sign = || value.rsplit_once('@').map(|(before, _)| before).filter(|before| !before.is_empty());
        let secret = if is_secret { Some(value) } else { before_sign().filter(|_| word.contains('=')) };
        secret.map(str::to_owned)
    };
    let secrets: Vec<String> = text.split([' ', '\t', ',', ';']).filter_map(secret).collect();
    if secrets.is_empty() || text.trim().contains(['\n', '{']) {
        return None;
    }
    let shown = secrets.iter().fold(text.to_owned(), |shown, secret| shown.replace(secret.as_str(), "…"));
    let error = Error::new(format!("{} is not a known Windows host", quoted(&shown)));
    Some(error.because("a part of it that may be a secret is not shown, and hosts have none").hint(HINT))
}

/// The error of a text with a user name and a password.
fn of_login(text: &str, knowledge: &Knowledge) -> Option<Error> {
    let is_copied = text.contains(|c: char| c.is_whitespace() || c == '{') && !login::is_whole(text);
    if text.starts_with('@') || is_copied || !login::is_hidden(text) || items(text).iter().all(|item| is_host(item, knowledge)) {
        return None;
    }
    let error = Error::new(format!("{} is not a known Windows host", quoted(&login::hidden(text))));
    Some(error.because("what stands before the @ may be a password, and hosts have none").hint(HINT))
}

/// The error of standard input as a host: `-`, `@-`.
fn of_standard_input(text: &str) -> Error {
    Error::new(format!("{} is not a host", quoted(text)))
        .because("standard input is read as a list of hosts, or as what a tool printed")
        .hint(advice!["read it with ", Setting::Hosts(STANDARD_INPUT.to_owned())])
}

/// A bare build, e.g. `20348`.
pub(super) fn build(text: &str) -> Option<OsVersion> {
    let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let build = digits.then(|| text.parse().ok()).flatten().filter(|build| is_build(*build))?;
    Some(OsVersion::of_build(build))
}

/// The one release that a name means. A server and a client of one build are one answer, of which the server is assumed, as
/// for a bare build.
pub(super) fn one_release(text: &str, mut named: Vec<&Release>, attributes: &Attributes) -> Result<HostFacts, Error> {
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

/// The build of a text that is the version or the release of one host by itself.
pub(super) fn build_of(text: &str, knowledge: &Knowledge) -> Option<u32> {
    let (source, attributes) = Attributes::split(named(text.trim()).1).ok()?;
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    let version = full_version(source).or_else(|| build_and_revision(source)).or_else(|| build(source));
    let released = || Some(one_release(source, knowledge.releases_named(source), &attributes).ok()?.os_version);
    Some(version.or_else(released)?.build)
}

/// True for a text that is a host by itself, and does not only hold a version somewhere: `ltsc2022`, `20348,client`, `@web01.txt`.
pub fn is_host(text: &str, knowledge: &Knowledge) -> bool {
    let Ok((source, _)) = Attributes::split(named(text.trim()).1) else { return false };
    source.len() > 1 && source.starts_with('@')
        || ["local", "all"].iter().any(|word| source.eq_ignore_ascii_case(word))
        || build_of(text, knowledge).is_some()
}

/// The release and the processor of a name such as `ltsc2025-arm64`, as tags of images have them.
pub(super) fn with_architecture<'a>(text: &'a str, attributes: Attributes, knowledge: &Knowledge) -> (&'a str, Attributes) {
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

/// The facts of a line of a file that is the version or the release of one host by itself, with a name before it or attributes behind
/// it: `win11,24h2`, `web01=26100,client`.
pub(super) fn facts_of_line(line: &str, knowledge: &Knowledge) -> Option<HostFacts> {
    let (name, spec) = named(line.trim());
    let (source, attributes) = Attributes::split(spec).ok()?;
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    let labelled = with_label(source, knowledge);
    if labelled.is_none() {
        build_of(spec, knowledge)?;
    }
    let facts = facts(labelled.as_deref().unwrap_or(source), &attributes, knowledge).ok()?;
    Some(HostFacts {
        label: name.map(str::to_owned),
        kind: attributes.kind_asked().or(facts.kind),
        edition: if attributes.home { Some(HOME.to_owned()) } else { edition::id_of(source).or(facts.edition) },
        architecture: attributes.architecture.or(facts.architecture),
        hyperv: attributes.hyperv.or(facts.hyperv),
        ..facts
    })
}

/// A text with a bare build beside parts that say more of its host, `Windows Server 2022, 21H2, 20348`, and that build as a version behind
/// it. `None` for any other text.
fn with_label(text: &str, knowledge: &Knowledge) -> Option<String> {
    let parts = items(text);
    let builds: Vec<u32> = parts.iter().filter_map(|part| build(part.trim())).map(|version| version.build).collect();
    let first = *builds.first()?;
    // Attributes and names are those of hosts in a list.
    let is_more = |part: &&str| match build_of(part, knowledge) {
        _ if part.contains([',', '=']) => false,
        Some(other) => other == first || is_2009(part) || other_host::is_said_of_later(part, first, knowledge),
        None => !is_host(part, knowledge) && not_a_host::is_part(part.trim(), Some(first), knowledge),
    };
    let is_one = parts.iter().any(|part| is_product(part)) && parts.iter().all(is_more);
    (is_one && version_text::versions(text).is_empty()).then(|| format!("{text}, {}", OsVersion::of_build(first)))
}

/// True for the name of a product, which has blanks in it, as tools write it: `Windows Server 2022`.
fn is_product(part: &str) -> bool {
    part.trim().contains(' ')
}

/// True for the release that the registry names of every later one too.
pub(super) fn is_2009(part: &str) -> bool {
    part.trim() == "2009"
}

/// True for the name of a product with its bare build behind it: `Windows Server 2022, 20348`.
pub(super) fn is_with_build(text: &str, knowledge: &Knowledge) -> bool {
    with_label(text, knowledge).is_some()
}

/// A text and the name that it gives its host: `web01=ltsc2022` is `ltsc2022`, called `web01`. A label is not a name: `OS=ltsc2022`.
pub(super) fn named(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((label, spec)) if is_label(label) && !spec.contains('=') => (None, spec.trim()),
        Some((name, spec)) if is_name(name) && !is_label(name) && !version_text::names_a_build(name.trim()) => {
            (Some(name.trim()), spec.trim())
        }
        _ => (None, text),
    }
}

/// True for a word that tells what stands behind its sign: `OS`, `Version`.
fn is_label(text: &str) -> bool {
    const LABELS: [&str; 8] = ["os", "osname", "osversion", "version", "kernel", "caption", "productname", "operatingsystem"];
    LABELS.iter().any(|label| text.trim().eq_ignore_ascii_case(label))
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
    // What has labels, or a bare build beside a product, tells of one host.
    let has_label = |part: &&&str| part.split_once('=').is_some_and(|(label, _)| is_label(label));
    // `Windows 11 24H2, 26200` is one host in the row of a list, and two here.
    let is_another = |part: &&str| {
        let others = || parts.iter().filter_map(|other| build(other.trim()));
        let own = build_of(part, knowledge).filter(|_| !is_2009(part));
        own.is_some_and(|own| others().any(|other| other.build != own))
    };
    let is_one_labelled = || with_label(text, knowledge).is_some() && !parts.iter().any(is_another);
    if parts.iter().filter(has_label).count() > 1 || is_one_labelled() {
        return vec![text];
    }
    // A name and its version may stand together: `Windows Server 2022, 10.0.20348`.
    let build = |part: &&str| match parse(named(part).1, knowledge, today) {
        Ok(Spec::Hosts(hosts)) => hosts.first().map(|host| host.os_version.build),
        _ => None,
    };
    // `2009` of `Windows Server 2022, 2009, 20348.2402`.
    let has_product = parts.iter().any(|part| is_product(part));
    let builds: Vec<Option<u32>> = parts.iter().filter(|part| !(has_product && is_2009(part))).map(build).collect();
    let is_one = builds.first().is_some_and(|first| first.is_some() && builds.iter().all(|build| build == first));
    if is_one && named(text).0.is_none() && parse(text, knowledge, today).is_ok() { vec![text] } else { parts }
}
