//! The text that names hosts, e.g. `windows-server-2022,no-hyperv`, `@host.reg`, `all`. Pure: no file and no registry is read here.

use std::path::PathBuf;

use jiff::civil::Date;

use super::attributes::Attributes;
use super::facts::{HOME, HostFacts};
use super::version_text::{build_and_revision, full_version, is_build};
use super::{Host, Source, edition, list, source, version_text, vm_image};
use crate::advice::{Setting, advice};
use crate::knowledge::builds::FIRST_WINDOWS_11;
use crate::knowledge::{Knowledge, Release, longest_served};
use crate::login;
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
    refuse_login(text)?;
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

/// Refuses a text that may hold a password, before it is taken apart: each part could be named in an error, and commas and equals signs can
/// stand in a password. What has spaces or braces in it was copied from the output of a tool.
pub(super) fn refuse_login(text: &str) -> Result<(), Error> {
    if text.starts_with('@') || text.contains(|c: char| c.is_whitespace() || c == '{') || !login::is_hidden(text) {
        return Ok(());
    }
    Err(Error::new(format!("{} is not a known Windows host", quoted(&login::hidden(text))))
        .because("what stands before the @ may be a password, and hosts have none")
        .hint(HINT))
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
    let Ok((source, _)) = Attributes::split(named(text.trim()).1) else { return false };
    source.len() > 1 && source.starts_with('@')
        || ["local", "all"].iter().any(|word| source.eq_ignore_ascii_case(word))
        || build_of(text, knowledge).is_some()
}

/// The build of a text that is the version or the release of one host by itself.
pub(super) fn build_of(text: &str, knowledge: &Knowledge) -> Option<u32> {
    let (source, attributes) = Attributes::split(named(text.trim()).1).ok()?;
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    let version = full_version(source).or_else(|| build_and_revision(source)).or_else(|| build(source));
    let released = || Some(one_release(source, knowledge.releases_named(source), &attributes).ok()?.os_version);
    Some(version.or_else(released)?.build)
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
    if let Some(error) = not_a_part(text, knowledge) {
        return Err(error);
    }
    if let Some(word) =
        unknown_word(text, knowledge).filter(|word| word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '_'))
    {
        return Err(unknown_attribute(word, knowledge));
    }
    let read = list::of_one(text, version_text::facts(text), knowledge);
    match read {
        Ok(facts) => other_host(text, facts.os_version, knowledge).map_or(Ok(facts), Err),
        Err(error) if error.hint.is_some() => Err(error),
        Err(_) => Err(not_a_host(text, knowledge)),
    }
}

/// The error of a list such as `ltsc2019,20348.2402,ltsc22` for its first part that is not a host, and tells nothing of the host beside
/// it either. Without it such a list would be read as a text with one version, and the other hosts would be lost.
fn not_a_part(text: &str, knowledge: &Knowledge) -> Option<Error> {
    let parts = items(text);
    let written: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    if written.len() < 2 || !written.iter().any(|part| is_host(part, knowledge)) {
        return None;
    }
    if placeholder::is_in(text) || within_quotes(text, knowledge).is_some() {
        return Some(not_a_host(text, knowledge));
    }
    let build = version_text::facts(text).ok().map(|facts| facts.os_version.build);
    // Other words say something of the host, or of its columns, that is not looked at.
    let is_wrong = |part: &str| {
        let is_like_one = Attributes::like(part).is_some()
            || Attributes::is_word(part)
            || is_almost(part, knowledge)
            || !knowledge.releases_named(part).is_empty();
        !is_part(part, build, knowledge) && (build.is_none() || is_like_one)
    };
    if let Some(wrong) = written.iter().find(|part| is_wrong(part)) {
        return Some(wrong_part(wrong, knowledge));
    }
    (written.len() < parts.len()).then(|| {
        Error::new(format!("{} has a comma without a host beside it", quoted(text))).hint(advice![
            "did you mean ",
            Setting::Host(written.join(",")),
            "?"
        ])
    })
}

/// True for a part of a list that is a host, or tells more of the host beside it, whose build this is: `Windows Server 2022 Foundation`
/// of `Windows Server 2022 Foundation, 10.0.20348`.
fn is_part(part: &str, build: Option<u32>, knowledge: &Knowledge) -> bool {
    const PRODUCTS: [&str; 4] = ["windows ", "azure stack ", "azure local ", "hyper-v server "];
    // What `x64` says of the processor is not believed without a release before it.
    let is_processor = || ["x64", "64-bit", "amd64"].iter().any(|word| part.eq_ignore_ascii_case(word));
    if is_host(part, knowledge) || !version_text::versions(part).is_empty() || is_processor() {
        return true;
    }
    let Some(build) = build else { return false };
    let named = knowledge.releases_named(part);
    if named.is_empty() {
        let lower = format!("{} ", part.to_ascii_lowercase());
        return PRODUCTS.iter().any(|product| lower.contains(product)) && !is_almost(part, knowledge);
    }
    // `22H2` of `Windows 10 Pro, 22H2, 19045.3930`.
    named.iter().any(|release| release.build == build) || is_said_of_others(part, build)
}

/// True for the name of a release that the registry says of later ones too: 2009 of every Windows 10 from 20H2, `Windows 10` of a
/// Windows 11.
fn is_said_of_others(name: &str, build: u32) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with("2009") || (lower.contains("windows 10") && build >= FIRST_WINDOWS_11)
}

/// True for four digits, which are the name of a release too.
pub(super) fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The error of a part of a list that is not a host.
fn wrong_part(part: &str, knowledge: &Knowledge) -> Error {
    if Attributes::is_word(part) {
        return Error::new(format!("the attribute {} stands before its host", quoted(part)))
            .hint("write the attributes behind the host, e.g. 26100,client");
    }
    let (source, attributes) = match Attributes::split(named(part).1) {
        Ok(split) => split,
        Err(error) => return error,
    };
    let (source, attributes) = with_architecture(source, attributes, knowledge);
    if let Some(error) = several_releases(source, &attributes, knowledge) {
        return error;
    }
    let is_another_thing =
        is_before_containers(source) || vm_image::host(source, knowledge).is_some() || tag_of_image(source, knowledge).is_some();
    if is_another_thing { not_a_host(source, knowledge) } else { unknown_attribute(source, knowledge) }
}

/// The error of a name that several releases have.
fn several_releases(name: &str, attributes: &Attributes, knowledge: &Knowledge) -> Option<Error> {
    let named = knowledge.releases_named(name);
    if named.is_empty() { None } else { one_release(name, named, attributes).err() }
}

/// The longest text in which the names of other hosts are looked for, in bytes.
const LONGEST_TEXT: usize = 4096;

/// The most words of the name of a release.
const LONGEST_RUN: usize = 6;

/// Words behind which a year or a number is that of another product.
const OTHER_PRODUCTS: [&str; 3] = ["sql", "exchange", "sharepoint"];

/// What the names of releases begin with that are written as one word.
const BEGINNINGS: [&str; 5] = ["ltsc", "ltsb", "windows-", "windows_", "server20"];

/// The error of a text that names another Windows beside that of its one version, as `ltsc2019 10.0.20348.2402` does, or holds a word
/// that is almost the name of a release.
pub(super) fn other_host(text: &str, version: OsVersion, knowledge: &Knowledge) -> Option<Error> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let separates = |c: char| c.is_whitespace() || ",;()[]|/+&".contains(c);
    let words = text.split(separates).map(|word| named(word.trim_matches(is_quote)).1).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    // `2019 10.0.20348.2402`: a list without commas.
    let are_hosts = words.iter().all(|word| is_host(word, knowledge) || Attributes::is_word(word));
    let mut rest = words.as_slice();
    let mut before = "";
    while let Some(word) = rest.first() {
        let runs = (1..=LONGEST_RUN).rev().filter_map(|length| rest.get(..length));
        let run = runs.map(|run| (run.len(), run.join(" "))).find(|(_, name)| !knowledge.releases_named(name).is_empty());
        let (length, name) = run.unwrap_or_else(|| (1, (*word).to_owned()));
        let behind = rest.get(length..).unwrap_or_default();
        let is_of_others =
            OTHER_PRODUCTS.iter().chain(&version_text::OTHER_LABELS).any(|label| before.eq_ignore_ascii_case(label));
        let is_before_version = behind.first().is_some_and(|next| is_version(next));
        // `web2019: 10.0.20348.2402` is a computer of that name.
        let is_label = before.is_empty() && name.ends_with(':');
        let is_first_year = is_before_version && before.is_empty();
        if !is_of_others && !is_label && is_another(&name, version, are_hosts, is_first_year, knowledge) {
            return Some(another(&name, version, knowledge));
        }
        // Before a version it is the name of a computer.
        if !is_before_version && is_almost_a_release(&name, knowledge) {
            return Some(not_a_host(&name, knowledge));
        }
        (before, rest) = (*word, behind);
    }
    None
}

/// True for a version with its build: `10.0.20348`, `20348.2402`.
fn is_version(text: &str) -> bool {
    full_version(text).or_else(|| build_and_revision(text)).is_some()
}

/// True for a name within a text that is not one of the Windows of this version. `is_listed` says that all of the text are hosts,
/// `is_before_version` that a version follows the name.
fn is_another(name: &str, version: OsVersion, is_listed: bool, is_before_version: bool, knowledge: &Knowledge) -> bool {
    let is_known = |build: u32| knowledge.releases.iter().any(|release| release.build == build);
    if let Some(other) = build(name) {
        return other.build != version.build && (is_listed || is_known(other.build));
    }
    let named = knowledge.releases_named(name);
    if is_version(name) || named.is_empty() || named.iter().any(|release| release.build == version.build) {
        return false;
    }
    if is_listed {
        return true;
    }
    if is_said_of_others(name, version.build) {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    // A year, as in `(c) 2019 Microsoft`.
    let is_product = ["win", "server", "ltsc", "azure", "hci", "sac"].iter().any(|product| lower.contains(product));
    if !is_product && lower.split(' ').any(is_year) {
        return is_before_version;
    }
    let is_word = !name.contains(' ');
    let is_one = named.iter().all(|release| named.first().is_some_and(|first| first.build == release.build));
    let is_half_year = matches!(lower.as_bytes(), [.., year, b'h', b'1' | b'2'] if year.is_ascii_digit());
    // The build of a preview is none of the release that it is called by.
    (is_one && is_word && !is_half_year) || ((is_one || is_word || is_half_year) && is_known(version.build))
}

/// The error of a text that names this Windows beside another version.
fn another(name: &str, version: OsVersion, knowledge: &Knowledge) -> Error {
    let named = knowledge.releases_named(name);
    let typed = longest_served(&named).map_or(name, |release| release.id.as_str());
    Error::new("this text holds more than one Windows version")
        .because(format!("{} and {version} are not the same Windows", quoted(name)))
        .hint(advice![
            "name one of the two; for both, put a comma between them: ",
            Setting::Host(format!("{typed},{version}")),
            "; for a computer of that name, ",
            Setting::Host(format!("{}={version}", name.replace(' ', "-").trim_end_matches(':')))
        ])
}

/// True for a word within a text that is almost the name of a release.
fn is_almost_a_release(word: &str, knowledge: &Knowledge) -> bool {
    let lower = word.to_ascii_lowercase();
    BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && is_almost(word, knowledge)
}

/// True for a text that is almost the name of a release, e.g. `ltsc22`, `Windows Server 2020`. A text with a version or with the name of
/// one release in it says what it is: `Windows Server 2022 Core`.
pub(super) fn is_almost(text: &str, knowledge: &Knowledge) -> bool {
    const SHORTEST: usize = 6;
    let mut ends = text.match_indices([' ', '-', '_']).filter_map(|(at, _)| text.get(..at));
    text.len() >= SHORTEST
        && text.contains(|c: char| c.is_ascii_digit())
        && !knowledge.names_like(text).is_empty()
        && knowledge.releases_named(text).is_empty()
        && version_text::versions(text).is_empty()
        && !ends.any(|beginning| build_of(beginning, knowledge).is_some())
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
        None => within_words(text, knowledge).unwrap_or_else(|| error.hint(HINT)),
    }
}

/// The error of a text that is not like one host, by the words in it: hosts without commas between them, a name before a host, and a word
/// behind the name of a release.
fn within_words(text: &str, knowledge: &Knowledge) -> Option<Error> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let error = Error::new(format!("{} is not a known Windows host", quoted(text)));
    let meant = |host: String| advice!["did you mean ", Setting::Host(host), "?"];
    let separated: Vec<&str> = text.split([';', '|']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty()).collect();
    for parts in [separated, words] {
        if parts.len() > 1 && parts.iter().all(|part| is_host(part, knowledge) || Attributes::is_word(part)) {
            return Some(error.because("commas stand between hosts").hint(meant(parts.join(","))));
        }
    }
    let behind_name = text.split_once([' ', '\t', ';']).map(|(name, rest)| (name.trim_end_matches(':'), rest.trim()));
    let is_label = |name: &str| version_text::OTHER_LABELS.iter().any(|label| name.eq_ignore_ascii_case(label));
    if let Some((name, rest)) = behind_name.filter(|(name, _)| is_name(name) && !is_label(name)) {
        if is_host(rest, knowledge) {
            return Some(error.hint(meant(format!("{name}={rest}"))));
        }
        if let Some(error) = several_releases(rest, &Attributes::default(), knowledge) {
            return Some(error);
        }
        if !knowledge.names_like(rest).is_empty() {
            return Some(not_a_host(rest, knowledge));
        }
    }
    // `windows-11-home`, `windows-server-latest`.
    let (release, word) = text.rsplit_once(['-', ' ', '_'])?;
    let attribute = if word.eq_ignore_ascii_case("home") {
        ",home"
    } else if word.eq_ignore_ascii_case("latest") {
        ""
    } else {
        return None;
    };
    let release = longest_served(&knowledge.releases_named(release))?;
    Some(error.hint(meant(format!("{}{attribute}", release.id))))
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
    let near = Attributes::like(word);
    if near.is_none()
        && let Some(name) = knowledge.names_like(word).first()
    {
        return Error::new(format!("{} is not a known Windows host", quoted(word))).hint(format!("did you mean {name}?"));
    }
    let known = format!("the attributes of a host are {}", Attributes::WORDS);
    Error::new(format!("unknown attribute {}", quoted(word))).hint(match near {
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
