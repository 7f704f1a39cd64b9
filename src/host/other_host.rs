//! The names of other Windows in a text that holds one version, as in `ltsc2019 10.0.20348.2402`: a host that would be lost.

use super::attributes::Attributes;
use super::spec::{build, build_of, is_host, is_name};
use super::version_text::{self, build_and_revision, full_version};
use super::{list, not_a_host};
use crate::advice::{Setting, advice};
use crate::knowledge::builds::{FIRST_WINDOWS_11, WINDOWS_SERVER_23H2};
use crate::knowledge::{Knowledge, Release, longest_served};
use crate::text::{is_quote, quoted};
use crate::{Error, Kind, OsVersion};

/// The longest text in which the names of other hosts are looked for, in bytes.
pub(super) const LONGEST_TEXT: usize = 4096;

/// The error of a text that names another Windows beside that of its one version, as `ltsc2019 10.0.20348.2402` does, or holds a word
/// that is almost the name of a release.
pub(super) fn beside(text: &str, version: OsVersion, knowledge: &Knowledge) -> Option<Error> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let separates = |c: char| c.is_whitespace() || ",;()[]|/+&".contains(c);
    let words = text.split(separates).map(|word| value(word.trim_matches(is_quote))).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    // `2019 10.0.20348.2402`: a list without commas.
    let are_hosts = words.iter().all(|word| is_host(word, knowledge) || Attributes::is_word(word));
    let mut rest = words.as_slice();
    let cells: Vec<&str> = text.split([',', ';', '\t']).map(str::trim).collect();
    // The two words before.
    let (mut earlier, mut before) = ("", "");
    while let Some(word) = rest.first() {
        let runs = (1..=LONGEST_RUN).rev().filter_map(|length| rest.get(..length));
        let run = runs.map(|run| (run.len(), run.join(" "))).find(|(_, name)| !knowledge.releases_named(name).is_empty());
        let (length, name) = run.unwrap_or_else(|| (1, (*word).to_owned()));
        let behind = rest.get(length..).unwrap_or_default();
        let is_labelled = version_text::OTHER_LABELS.iter().any(|label| before.eq_ignore_ascii_case(label));
        let is_of_others = is_labelled || is_of_other_product(&name, earlier, before);
        // The first word of a row of nodes is a name, whatever it is like.
        let is_node = before.is_empty() && behind.first().is_some_and(|next| is_status(next));
        let is_before_version = behind.first().is_some_and(|next| is_version(next));
        // `web2019: 10.0.20348.2402` is a computer of that name.
        let is_label = before.is_empty() && (name.ends_with(':') || is_node);
        // A year says its release at the beginning, and in a cell of its own in a row: `fileserver;2019;10.0.20348.2402`.
        let is_cell = || cells.len() > 2 && cells.contains(&name.as_str());
        let is_first_year = is_before_version && (before.is_empty() || is_cell());
        if !is_of_others && !is_label && is_another(&name, version, are_hosts, is_first_year, knowledge) {
            return Some(another(&name, version, knowledge));
        }
        // Before a version it is the name of a computer.
        if !is_before_version && !is_node && is_almost_a_release(&name, knowledge) {
            return Some(not_a_host::of(&name, knowledge));
        }
        (earlier, before, rest) = (before, *word, behind);
    }
    None
}

/// The text behind a label or a name in a word: `ltsc2019` of `OS=ltsc2019`.
fn value(word: &str) -> &str {
    match word.split_once('=') {
        Some((name, value)) if is_name(name) => value.trim_matches(is_quote),
        _ => word,
    }
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
    if is_said_of_others(name, version.build) || is_of_preview(name, &named, version.build, knowledge) {
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
    let is_half_year = has_half_year(name);
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

/// True for a name that is that of a release, or of several, and not of the Windows of this version: `Windows 11` beside 10.0.20348.
pub(super) fn names_another(name: &str, version: OsVersion, knowledge: &Knowledge) -> bool {
    let named = knowledge.releases_named(name);
    let is_known = || knowledge.releases.iter().any(|release| release.build == version.build);
    let is_said = || is_said_of_later(name, version.build, knowledge);
    !named.is_empty() && !named.iter().any(|release| release.build == version.build) && !is_year(name) && is_known() && !is_said()
}

/// True for a text about images or virtual machines, by its words or its label: what it says is not said of the host.
pub(super) fn is_about_others(text: &str) -> bool {
    const OF_OTHERS: [&str; 9] = ["container", "containers", "image", "images", "guest", "guests", "base", "tag", "tags"];
    // `ContainerOS Version: …`, `baseimage_os: …`
    const IN_LABELS: [&str; 3] = ["container", "baseimage", "guestos"];
    let is_separator = |c: char| !c.is_alphanumeric();
    let is_label_of_others = || {
        let label = text.split([':', '=']).next().unwrap_or_default();
        let lower = label.to_ascii_lowercase();
        let last = label.split(is_separator).rfind(|word| !word.is_empty());
        last.is_some_and(list::is_label) && IN_LABELS.iter().any(|other| lower.contains(other))
    };
    let mut words = text.split(is_separator);
    words.any(|word| OF_OTHERS.iter().any(|other| word.eq_ignore_ascii_case(other))) || is_label_of_others()
}

/// The error of a line of a longer text that names another product: `Windows Server 2019` beside 10.0.20348. What is said of images and of
/// virtual machines is not said of the host. `ltsc2019` is the tag of an image more often than a host.
pub(super) fn product_beside(line: &str, version: OsVersion, knowledge: &Knowledge) -> Option<Error> {
    if line.len() > LONGEST_TEXT || is_about_others(line) {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    // The name of servers in the titles of updates.
    let titles = [("21h2", "windows server 2022"), ("24h2", "windows server 2025")];
    let lower = titles.iter().fold(lower, |line, (release, name)| {
        line.replace(&format!("microsoft server operating system version {release}"), name)
            .replace(&format!("microsoft server operating system, version {release}"), name)
    });
    let separates = |c: char| c.is_whitespace() || ",;:()[]|/+&<>={}".contains(c);
    let words = lower.split(separates).map(|word| word.trim_matches(|c: char| is_quote(c) || matches!(c, '.' | '!' | '?')));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    (0..words.len()).find_map(|at| {
        let rest = words.get(at..).filter(|rest| rest.first() == Some(&"windows"))?;
        let runs = (2..=LONGEST_RUN).rev().filter_map(|length| rest.get(..length));
        let name = runs.map(|run| run.join(" ")).find(|name| !knowledge.releases_named(name).is_empty())?;
        // `Windows Server` is said of many things.
        let name = Some(name).filter(|name| name.contains(|c: char| c.is_ascii_digit()))?;
        names_another(&name, version, knowledge).then(|| another(&name, version, knowledge))
    })
}

/// The ids of the releases that a text names among other words, each once, in their order: `ltsc2019` of `our servers: ltsc2019`. A year
/// by itself, and a name of several builds, is left out.
pub(super) fn named_in(text: &str, knowledge: &Knowledge) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if text.len() > LONGEST_TEXT {
        return found;
    }
    let separates = |c: char| c.is_whitespace() || ",;()[]|/+&".contains(c);
    let is_mark = |c: char| is_quote(c) || ".:!?".contains(c);
    let words = text.split(separates).map(|word| value(word.trim_matches(is_mark))).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let is_release = |name: &str| {
        let is_like_one = begins_like_a_release(name) || name.to_ascii_lowercase().contains("windows ");
        is_like_one && build_of(name, knowledge).is_some()
    };
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        let runs = (1..=LONGEST_RUN).rev().filter_map(|length| rest.get(..length));
        let run = runs.map(|run| (run.len(), run.join(" "))).find(|(_, name)| is_release(name));
        let (length, name) = run.unwrap_or((1, String::new()));
        if let Some(release) = longest_served(&knowledge.releases_named(&name))
            && !found.contains(&release.id)
        {
            found.push(release.id.clone());
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// The error of a line that begins with two names counted up before one host, as `web01/web02 ltsc2022` does: one of them would be lost.
pub(super) fn two_names(line: &str, knowledge: &Knowledge) -> Option<Error> {
    let separates = |c: char| c.is_whitespace() || ",;:=/+&".contains(c);
    let mut words = line.split(separates).filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("and"));
    let (first, second) = (words.next()?, words.next()?);
    // Behind them stands the host.
    words.next()?;
    let is_pair = without_number(first).eq_ignore_ascii_case(without_number(second)) && !first.eq_ignore_ascii_case(second);
    if !is_pair || !is_counted(first, knowledge) || !is_counted(second, knowledge) {
        return None;
    }
    let host = match (version_text::versions(line).as_slice(), named_in(line, knowledge).as_slice()) {
        ([version], _) => version.to_string(),
        ([], [release]) => release.clone(),
        _ => "HOST".to_owned(),
    };
    Some(
        Error::new(format!("{} and {} stand before one host", quoted(first), quoted(second)))
            .because("it is not known whether that host is the first, the second, or both")
            .hint(format!("for two hosts, write {first}={host},{second}={host}; for one, write its name and its host alone")),
    )
}

/// True for a word that names of computers are counted up in: `web01`.
fn is_counted(word: &str, knowledge: &Knowledge) -> bool {
    let begin = without_number(word);
    let is_label = version_text::OTHER_LABELS.iter().any(|label| begin.eq_ignore_ascii_case(label));
    let letters = begin.chars().filter(|c| c.is_alphabetic()).count();
    begin.len() < word.len() && letters > 1 && !is_label && is_name(word) && knowledge.releases_named(word).is_empty()
}

/// True for two names counted up with a slash between them, which may be two computers, or a place and a computer in it: `rack1/web02`.
/// `prod/web01` is one.
pub(super) fn may_be_two(name: &str, knowledge: &Knowledge) -> bool {
    name.split_once('/').is_some_and(|(first, second)| is_counted(first, knowledge) && is_counted(second, knowledge))
}

/// A word without the digits at its end: `web` of `web01`.
fn without_number(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// True for the release of clients before that of this build, by its half-year: builds were called so while they were previews of their
/// release, as 26200 of 25H2 was 24H2.
fn is_of_preview(name: &str, named: &[&Release], build: u32, knowledge: &Knowledge) -> bool {
    let builds = |kind: Kind| knowledge.releases.iter().filter(move |release| release.kind == kind).map(|release| release.build);
    let is_client = builds(Kind::Client).any(|known| known == build) && !builds(Kind::Server).any(|known| known == build);
    let before = builds(Kind::Client).filter(|known| (FIRST_WINDOWS_11..build).contains(known)).max();
    let is_before = |release: &&Release| release.kind == Kind::Client && Some(release.build) == before;
    is_client && has_half_year(name) && named.iter().any(is_before)
}

/// True for a name with a half-year in it: `Windows 11 24H2 Pro`.
fn has_half_year(name: &str) -> bool {
    let is_one = |word: &str| matches!(word.as_bytes(), [.., year, b'h' | b'H', b'1' | b'2'] if year.is_ascii_digit());
    name.split([' ', '-', '_']).any(is_one)
}

/// True for the name of a release that the registry says of later ones too: 2009 of every Windows 10 from 20H2, `Windows 10` of a
/// Windows 11, `Windows Server 2022` of the annual channel.
pub(super) fn is_said_of_others(name: &str, build: u32) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with("2009")
        || (lower.contains("windows 10") && build >= FIRST_WINDOWS_11)
        || (lower.contains("windows server 2022") && build == WINDOWS_SERVER_23H2)
}

/// True for the name of a release that is also said of the later one with this build.
pub(super) fn is_said_of_later(name: &str, build: u32, knowledge: &Knowledge) -> bool {
    let named = knowledge.releases_named(name);
    !named.is_empty() && (is_said_of_others(name, build) || is_of_preview(name, &named, build, knowledge))
}

/// True for four digits, which are the name of a release too.
pub(super) fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The most words of the name of a release.
const LONGEST_RUN: usize = 6;

/// Words behind which a server or a year is that of another product: `SQL Server 2019`.
const OTHER_PRODUCTS: [&str; 7] = ["sql", "mssql", "mysql", "exchange", "sharepoint", "biztalk", "devops"];

/// Words that end the names of such products, and may be the names of computers too: `Skype for Business Server 2019`.
const ENDS_OF_PRODUCTS: [&str; 6] = ["project", "foundation", "business", "integration", "online", "apps"];

/// True for the word of another product before its year.
fn is_other_product(word: &str) -> bool {
    OTHER_PRODUCTS.iter().any(|product| word.eq_ignore_ascii_case(product))
}

/// True for a server or a year of another product, by the two words before it: `Server 2019` of `SQL Server 2019`.
fn is_of_other_product(name: &str, earlier: &str, before: &str) -> bool {
    let is_end = || ENDS_OF_PRODUCTS.iter().any(|end| before.eq_ignore_ascii_case(end));
    let is_server = name.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("server"));
    (is_server || is_year(name)) && (is_other_product(before) || (!earlier.is_empty() && is_end()))
}

/// True for a text that begins with another product: `SQL Server 2019`.
pub(super) fn begins_with_other_product(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some_and(is_other_product) && words.next().is_some_and(|word| word.eq_ignore_ascii_case("server"))
}

/// True for a text that begins with the status of a node, as `kubectl get nodes` shows it behind the name.
pub(super) fn is_status(text: &str) -> bool {
    const STATUSES: [&str; 4] = ["Ready", "NotReady", "SchedulingDisabled", "Unknown"];
    let first = text.split_whitespace().next().unwrap_or_default();
    first.split(',').all(|word| STATUSES.contains(&word))
}

/// What the names of releases begin with that are written as one word.
const BEGINNINGS: [&str; 5] = ["ltsc", "ltsb", "windows-", "windows_", "server20"];

/// True for a word that begins as the names of releases do that are written as one word: `ltsc2019`.
pub(super) fn begins_like_a_release(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
}

/// True for a word within a text that is almost the name of a release.
fn is_almost_a_release(word: &str, knowledge: &Knowledge) -> bool {
    begins_like_a_release(word)
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
