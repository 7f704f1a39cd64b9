//! The reasons why a text is not a host, and what may have been meant.

use super::attributes::Attributes;
use super::other_host::{self, LONGEST_TEXT, is_almost, is_said_of_others};
use super::spec::{HINT, LONGEST_NAME, is_host, is_name, items, named, one_release, with_architecture};
use super::{version_text, vm_image};
use crate::advice::{Setting, advice};
use crate::knowledge::{Knowledge, longest_served};
use crate::text::{is_quote, quoted};
use crate::{Error, placeholder};

/// The error of a text that is not a host: what it is like, or what else it is.
pub(super) fn of(text: &str, knowledge: &Knowledge) -> Error {
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
    if let Some(error) = wrong_name(text, knowledge) {
        return error;
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
    if let Some(thing) = other_thing(text) {
        return Error::new(format!("{} is {thing}, not a host", quoted(text))).hint(HINT);
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
        None => {
            within_words(text, knowledge).or_else(|| release_within(&error, text, knowledge)).unwrap_or_else(|| error.hint(HINT))
        }
    }
}

/// This error of a text that is not a host, where its words name releases: `our servers: ltsc2019`. `None` for any other text.
pub(super) fn release_within(error: &Error, text: &str, knowledge: &Knowledge) -> Option<Error> {
    let named = other_host::named_in(text, knowledge);
    let (first, others) = named.split_first()?;
    let and_others: String = others.iter().map(|name| format!(", {}", quoted(name))).collect();
    let error = error.clone().because(format!("it names {}{and_others} among other words", quoted(first)));
    Some(error.hint(advice!["did you mean ", Setting::Host(named.join(",")), "?"]))
}

/// What stands before the sign of `NAME=HOST`, whether or not it can be a name, and the host behind it; `None` for any other text.
fn name_and_host<'t>(text: &'t str, knowledge: &Knowledge) -> Option<(&'t str, &'t str)> {
    let (name, host) = text.split_once('=').map(|(name, host)| (name.trim(), host.trim()))?;
    (!host.contains('=') && is_host(host, knowledge)).then_some((name, host))
}

/// The error of a host whose name has blanks in it and a number at its end: `web 01=ltsc2022`. Other words, as of `set HOST=ltsc2022` and
/// `OS Image=…`, are not a name.
pub(super) fn spaced_name(text: &str, knowledge: &Knowledge) -> Option<Error> {
    if text.contains('\n') {
        return None;
    }
    let (name, host) = name_and_host(text, knowledge)?;
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_of_windows = |word: &str| word.eq_ignore_ascii_case("windows") || !knowledge.releases_named(word).is_empty();
    let last = words.last().copied().unwrap_or_default();
    let is_numbered = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let name_of_one = words.join("-");
    if words.len() < 2 || words.iter().any(|word| is_of_windows(word)) || !is_numbered || !is_name(&name_of_one) {
        return None;
    }
    let error = Error::new(format!("{} is not the name of a host", quoted(name))).because("a name has no blanks in it");
    Some(error.hint(advice!["did you mean ", Setting::Host(format!("{name_of_one}={host}")), "?"]))
}

/// The error of a host whose name is none, with what names are made of: `web[1]=ltsc2022`.
fn wrong_name(text: &str, knowledge: &Knowledge) -> Option<Error> {
    let (name, host) = name_and_host(text, knowledge)?;
    if is_name(name) || name.contains(char::is_whitespace) {
        return None;
    }
    let error = match name {
        "" => Error::new(format!("{} has no name before its =", quoted(text))),
        _ => Error::new(format!("{} is not the name of a host", quoted(name))),
    };
    let rule = format!(
        "a name begins with a letter or digit, and has at most {LONGEST_NAME} characters, none of them a space, a quote \
         or one of @,;=[]{{}}: name it as in "
    );
    Some(error.hint(advice![rule, Setting::Host(format!("web01={host}"))]))
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
        // `set HOST=ltsc2022` is not a host called `set`.
        if is_host(rest, knowledge) && !rest.contains('=') {
            return Some(error.hint(meant(format!("{name}={rest}"))));
        }
        if let Some(error) = several_releases(rest, &Attributes::default(), knowledge) {
            return Some(error);
        }
        if !knowledge.names_like(rest).is_empty() {
            return Some(of(rest, knowledge));
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

/// The hosts that a text names between quotes, e.g. `ltsc2022,no-hyperv` in `'ltsc2022,no-hyperv'`.
fn within_quotes<'a>(text: &'a str, knowledge: &Knowledge) -> Option<&'a str> {
    let inner = text.trim_matches(is_quote).trim();
    let is_part = |part: &str| Attributes::is_word(part) || is_host(part, knowledge);
    (inner.len() < text.len() && inner.split(',').all(is_part)).then_some(inner)
}

/// The word behind a host that is neither an attribute nor a host, e.g. `nohyperv` of `10.0.20348.2402,nohyperv`.
pub(super) fn unknown_word<'a>(text: &'a str, knowledge: &Knowledge) -> Option<&'a str> {
    let (_, words) = text.split_once(',').filter(|(head, _)| is_host(head, knowledge))?;
    let is_unknown = |word: &&str| !word.is_empty() && !Attributes::is_word(word) && !is_host(word, knowledge);
    words.split(',').map(str::trim).find(is_unknown)
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

/// The error of a list such as `ltsc2019,20348.2402,ltsc22` for its first part that is not a host, and tells nothing of the host beside
/// it either. Without it such a list would be read as a text with one version, and the other hosts would be lost.
pub(super) fn not_a_part(text: &str, knowledge: &Knowledge) -> Option<Error> {
    let parts = items(text);
    let written: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    if written.len() < 2 || !written.iter().any(|part| is_host(part, knowledge)) {
        return None;
    }
    if placeholder::is_in(text) || within_quotes(text, knowledge).is_some() {
        return Some(of(text, knowledge));
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
pub(super) fn is_part(part: &str, build: Option<u32>, knowledge: &Knowledge) -> bool {
    const PRODUCTS: [&str; 4] = ["windows ", "azure stack ", "azure local ", "hyper-v server "];
    // What `x64` says of the processor is not believed without a release before it.
    let is_processor = || ["x64", "64-bit", "amd64"].iter().any(|word| part.eq_ignore_ascii_case(word));
    // The words of a platform: `windows,amd64`.
    let is_system = || Attributes::split(part).is_ok_and(|(system, _)| system.eq_ignore_ascii_case("windows"));
    if is_host(part, knowledge) || !version_text::versions(part).is_empty() || is_processor() || is_system() {
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
    let is_another_thing = is_before_containers(source)
        || other_thing(source).is_some()
        || vm_image::host(source, knowledge).is_some()
        || tag_of_image(source, knowledge).is_some()
        // `servers: ltsc2019`.
        || (source.contains(' ') && !other_host::named_in(source, knowledge).is_empty());
    if is_another_thing { of(source, knowledge) } else { unknown_attribute(source, knowledge) }
}

/// The error of a name that several releases have.
fn several_releases(name: &str, attributes: &Attributes, knowledge: &Knowledge) -> Option<Error> {
    let named = knowledge.releases_named(name);
    if named.is_empty() { None } else { one_release(name, named, attributes).err() }
}

/// What a text is that tools show beside the version of a host: the engine of `containerd://1.7.13`, the platform of `windows/amd64`.
fn other_thing(text: &str) -> Option<&'static str> {
    let begins_with_digit = |version: &str| version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    let is_engine = |name: &str| is_name(name) && !name.starts_with("http");
    if text.split_once("://").is_some_and(|(engine, version)| is_engine(engine) && begins_with_digit(version)) {
        return Some("the version of an engine");
    }
    let (system, processor) = text.split_once('/')?;
    let is_one_of = |words: &[&str], text: &str| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_platform =
        is_one_of(&["windows", "linux"], system) && is_one_of(&["amd64", "arm64", "386", "arm", "arm64/v8"], processor);
    is_platform.then_some("a platform")
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
    // `windows` alone may be meant to be the system.
    let is_word = |base: &str| base == "server" || (base == "windows" && tag.is_empty());
    let is_base = bases.filter_map(|base| base.repository.rsplit('/').next()).any(|base| base == name && !is_word(base));
    let is_path = name.contains('/') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte));
    (is_base || is_path || (!tag.is_empty() && name.starts_with(char::is_alphabetic))).then_some(tag)
}

/// True for the name of a Windows that is older than Windows containers, e.g. `Windows Server 2012 R2`, `win7`.
pub(super) fn is_before_containers(text: &str) -> bool {
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
