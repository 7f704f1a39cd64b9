//! Lists of hosts: a file with one a line, a folder with a file for each, or a file in a format that holds several.

use std::path::Path;

use jiff::civil::Date;

use super::attributes::Attributes;
use super::facts::HostFacts;
use super::find::{Finder, Found, of_file};
use super::live::LiveHost;
use super::{other_computer, other_host, other_thing, source, spec, version_text};
use crate::advice::{Setting, advice};
use crate::knowledge::Knowledge;
use crate::text::{first_named, is_quote, quoted};
use crate::{Error, OsVersion};

/// The hosts of a file or a folder. A folder holds a file for each host; a file is a list with a host on each line, or in a format
/// that holds hosts.
///
/// # Errors
///
/// What cannot be read, the first line that is not a host, and the files of a folder in which there is none.
pub fn listed(path: &Path, live: Option<&dyn LiveHost>, knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
    let finder = Finder { live, knowledge, today };
    if path.is_dir() {
        return in_folder(&finder, path);
    }
    let bytes = source::read(path).map_err(|error| {
        // A host, not a file.
        let text = path.to_string_lossy();
        if !path.exists() && (text.starts_with('@') || spec::is_host(&text, knowledge)) {
            error.hint(advice!["a host is named with ", Setting::Host(text.into_owned())])
        } else {
            error
        }
    })?;
    let label = path.file_stem().map(|stem| stem.to_string_lossy());
    let folder = path.parent().unwrap_or(Path::new(""));
    let found = in_bytes(&finder, &bytes, label.as_deref(), folder);
    found.map(|found| of_file(found, path)).map_err(|error| within(error, &path.to_string_lossy()))
}

/// The hosts of a list in these bytes, or in what a tool printed into them; `what` names them in messages, e.g. `standard input`.
///
/// # Errors
///
/// As for [`listed`].
pub fn in_list(
    what: &str,
    bytes: &[u8],
    live: Option<&dyn LiveHost>,
    knowledge: &Knowledge,
    today: Date,
) -> Result<Vec<Found>, Error> {
    in_bytes(&Finder { live, knowledge, today }, bytes, None, Path::new("")).map_err(|error| within(error, what))
}

fn within(error: Error, what: &str) -> Error {
    error.within(format!("no hosts can be read from {}", quoted(what)))
}

/// The hosts of the files in a folder, by the names of the files. Folders in it and hidden files are left out.
fn in_folder(finder: &Finder<'_>, folder: &Path) -> Result<Vec<Found>, Error> {
    let shown = quoted(&folder.to_string_lossy());
    let failed = |error: std::io::Error| {
        Error::new(format!("cannot read the folder {shown}")).because(error).hint("name a folder that this user may read")
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for path in &files {
        match finder.in_file(path, &Attributes::default()) {
            Ok(hosts) => found.extend(hosts),
            Err(error) => unread.push((path, error)),
        }
    }
    if let Some((_, first)) = unread.first() {
        let names = unread.iter().filter_map(|(path, _)| Some(path.file_name()?.to_string_lossy()));
        return Err(Error::new(format!("no host can be read from {} in {shown}", first_named(names, unread.len())))
            .because(first.sentence())
            .hint("keep only files in this folder that each hold a host, or name those files one by one"));
    }
    if found.is_empty() {
        return Err(Error::new(format!("the folder {shown} holds no files")).hint(source::HINT));
    }
    Ok(found)
}

/// The hosts of a list, or of a document.
fn in_bytes(finder: &Finder<'_>, bytes: &[u8], label: Option<&str>, folder: &Path) -> Result<Vec<Found>, Error> {
    let text = source::decode(bytes);
    let document = || finder.in_bytes(bytes, label, &Attributes::default());
    if source::is_document(&text, finder.knowledge) {
        return document();
    }
    let (raw, lines): (Vec<&str>, Vec<String>) = text.lines().map(|line| (line, content(line))).unzip();
    if lines.iter().any(|line| is_property(line)) {
        return document();
    }
    let (mut found, mut unread) = (Vec::new(), None);
    // Lines that are hosts, one of them with a name, and a word that was meant to be one.
    let (mut hosts, mut has_name, mut has_word) = (0, false, false);
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        match in_line(finder, line, folder) {
            Ok(read) => {
                hosts += 1;
                has_name |= named(line, finder.knowledge).is_some() || line.contains('=');
                found.extend(read);
            }
            Err(_) if hosts == 0 && unread.is_none() && is_head_of_table(&raw, index, finder.knowledge) => {}
            Err(error) => {
                has_word |= is_word(line);
                unread.get_or_insert((index, line, error));
            }
        }
        if unread.is_some() && hosts > 1 {
            break;
        }
    }
    if let Some((index, line, error)) = unread {
        let is_first = lines.iter().take(index).all(String::is_empty);
        let error = match with_sign(line, finder.knowledge) {
            _ if is_first && is_head(line) => error.hint(source::COLUMNS),
            Some(typed) => error.hint(format!(
                "for a computer of that name, write {typed} on this line; for two hosts, give each a line of its own"
            )),
            None => error,
        };
        let error = error.within(format!("line {} is not a host", index + 1));
        // What a command printed has lines of other kinds too. In a list such a line is a host that would be forgotten.
        let is_list = hosts > 1 || (hosts == 1 && (has_name || has_word));
        return if is_list { Err(error) } else { document().map_err(|_| error) };
    }
    if found.is_empty() {
        return Err(Error::new("the list is empty").hint("write one host on each line, e.g. web01 10.0.20348.2402"));
    }
    Ok(found)
}

/// The most lines, and the longest one in bytes, that are looked at to tell a list from another text.
pub(super) const MOST_LINES: usize = 1000;
pub(super) const LONGEST_LINE: usize = 300;

/// What a text says of one host, unless it is a list with a host on each line: as one text with one version it would be one host, and
/// the others would be lost.
///
/// # Errors
///
/// A list, versions of other things than hosts, and what was wrong with the text before.
pub(super) fn of_one(text: &str, read: Result<HostFacts, Error>, knowledge: &Knowledge) -> Result<HostFacts, Error> {
    if let Some(error) = other_thing::in_lines(text) {
        return Err(error);
    }
    if !is_list(text, read.as_ref().ok().map(|facts| facts.os_version), knowledge) {
        let facts = read?;
        if let Some(other) = other_computer::named(text, knowledge) {
            return Err(version_text::without_a_windows("text", other));
        }
        let mut lines = text.lines().take(MOST_LINES);
        let other = lines.find_map(|line| other_host::product_beside(line, facts.os_version, knowledge));
        return other.map_or(Ok(facts), Err);
    }
    if text.lines().any(|line| is_property(&content(line))) {
        return Err(Error::new("this text names the systems of several hosts").hint(version_text::a_file_each()));
    }
    let error = read.err().filter(|error| error.hint.is_some());
    let error = error.unwrap_or_else(|| Error::new("this text is a list with a host on each line"));
    Err(error.hint(advice!["read a file with such a list with ", Setting::Hosts("FILE".to_owned())]))
}

/// True for a text with hosts on several lines, and for one with a host or a system on a line that is not of this version.
pub(super) fn is_list(text: &str, version: Option<OsVersion>, knowledge: &Knowledge) -> bool {
    let lines: Vec<String> = text.lines().map(content).filter(|line| !line.is_empty()).take(MOST_LINES).collect();
    if lines.len() < 2 {
        return false;
    }
    let names_another = |name: &str| {
        name.len() <= LONGEST_LINE && version.is_some_and(|version| other_host::names_another(name, version, knowledge))
    };
    if lines.iter().any(|line| is_property(line)) {
        // `os: ltsc2019` beside `os: 10.0.20348.2402` is that of another host.
        return lines.iter().filter_map(|line| system(line)).any(names_another);
    }
    if lines.iter().any(|line| names_another(line)) {
        return true;
    }
    let entries: Vec<Entry> = lines.iter().filter_map(|line| Entry::of(line, knowledge)).collect();
    let are_several = entries.iter().any(|entry| entry.is_named)
        || entries.iter().any(|entry| entries.first().is_some_and(|first| first.build != entry.build));
    let is_other = |entry: &Entry| entry.is_whole && version.is_some_and(|version| entry.build != Some(version.build));
    (entries.len() > 1 && are_several) || entries.iter().any(is_other)
}

/// The number of columns behind the second that a line of a list does not have.
const MOST_COLUMNS: usize = 5;

/// A line that is like one of a list of hosts.
struct Entry {
    /// True if a name stands before the host.
    is_named: bool,
    /// True if nothing stands behind the host.
    is_whole: bool,
    /// The build of the host; `None` where its release is misspelt, or several have its name.
    build: Option<u32>,
}

impl Entry {
    /// The entry that a line is: `ltsc2022`, `web01 ltsc2022`, `web01 10.0.20348.2402 rack3`, `web01 ltsc22`.
    fn of(line: &str, knowledge: &Knowledge) -> Option<Self> {
        if line.len() > LONGEST_LINE {
            return None;
        }
        let build = |text: &str| surely_build_of(text, knowledge);
        let mut words = line.split(SEPARATORS).filter(|word| !word.is_empty());
        let first = words.next()?;
        let name = first.trim_end_matches(':');
        if is_label(name) || spec::named(line).0.is_some_and(is_label) {
            return None;
        }
        if let Some(build) = build(line) {
            return Some(Self { is_named: spec::named(line).0.is_some(), is_whole: true, build: Some(build) });
        }
        let is_product = ["microsoft", "windows", "server"].iter().any(|word| name.eq_ignore_ascii_case(word))
            || other_host::begins_with_other_product(line);
        let is_of_host = |rest: &str| !is_number(rest) || build(rest).is_some();
        if let Some((_, rest)) = named(line, knowledge).filter(|(_, rest)| !is_product && is_of_host(rest)) {
            let version = || version_text::versions(rest).first().map(|version| version.build);
            return Some(Self { is_named: true, is_whole: true, build: spec::build_of(rest, knowledge).or_else(version) });
        }
        let rest = line.split_once(SEPARATORS).map(|(_, rest)| rest.trim()).filter(|_| spec::is_name(name) && !is_product);
        if other_host::is_almost(line, knowledge) || rest.is_some_and(|rest| other_host::is_almost(rest, knowledge)) {
            return Some(Self { is_named: false, is_whole: true, build: None });
        }
        // `web02 windows 11`: a name that several releases have.
        if is_mixed(name) && rest.is_some_and(|rest| !knowledge.releases_named(rest).is_empty()) {
            return Some(Self { is_named: true, is_whole: false, build: None });
        }
        if let Some(build) = build(first) {
            return Some(Self { is_named: spec::named(first).0.is_some(), is_whole: false, build: Some(build) });
        }
        if let Some(build) = words.next().and_then(build).filter(|_| rest.is_some()) {
            return Some(Self { is_named: true, is_whole: false, build: Some(build) });
        }
        // `web prod ltsc2019`: a release in a column behind. Longer lines are sentences.
        let columns: Vec<&str> = words.take(MOST_COLUMNS).collect();
        let release = columns.iter().copied().filter(|word| other_host::begins_like_a_release(word)).find_map(build);
        let build = release.filter(|_| columns.len() < MOST_COLUMNS)?;
        Some(Self { is_named: false, is_whole: true, build: Some(build) })
    }
}

/// The build of a text that is surely one host. A number may count anything, and a year need not be a release; the build of a
/// release is one.
pub(super) fn surely_build_of(text: &str, knowledge: &Knowledge) -> Option<u32> {
    let is_known = |build: u32| knowledge.releases.iter().any(|release| release.build == build);
    spec::build_of(text, knowledge).filter(|build| !other_host::is_year(text) && (!is_number(text) || is_known(*build)))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// True for a word that tells what stands behind it, and is no name of a host: `Version`, `CurrentBuild`.
pub(super) fn is_label(word: &str) -> bool {
    const ENDS: [&str; 11] =
        ["build", "number", "version", "name", "caption", "edition", "kernel", "product", "release", "releaseid", "system"];
    let word = word.to_ascii_lowercase();
    ["os", "ver"].contains(&word.as_str()) || ENDS.iter().any(|end| word.ends_with(end))
}

/// A line without blanks around it and without its comment, which begins with `#` at the start or behind a blank.
fn without_comment(line: &str) -> &str {
    let begins = |at: &usize| line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace));
    let end = line.match_indices('#').map(|(at, _)| at).find(begins);
    line.get(..end.unwrap_or(line.len())).unwrap_or_default().trim()
}

/// The marks between the cells of a table.
const BARS: [char; 4] = ['|', '│', '┃', '║'];

/// What a line of a list holds, without its comment and without the marks that lists, tables and quotes put around it: `- ltsc2019`,
/// `1. ltsc2019`, `"ltsc2019",`; of the row of a table, `| web1 | ltsc2019 |`, the cells with blanks between them. Empty for a line
/// that has nothing but marks, as `---` and `|---|---|`.
fn content(line: &str) -> String {
    let line = without_bullet(without_comment(line));
    if !line.contains(char::is_alphanumeric) && !line.contains('@') {
        return String::new();
    }
    let is_row = line.starts_with(BARS) || line.contains(" | ");
    let cells: Vec<&str> = if is_row { line.split(BARS).collect() } else { vec![line] };
    let cells = cells.into_iter().map(|cell| without_quotes(cell.trim().trim_matches('*')));
    let cells: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
    cells.join(" ").trim_end_matches([',', ';']).trim().to_owned()
}

/// A line without the mark of an item before it: `-`, `*`, `1.`, and behind it the box of a task. A number below zero has no blank behind
/// its sign.
fn without_bullet(line: &str) -> &str {
    let unnumbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if unnumbered.len() < line.len() {
        unnumbered.strip_prefix(['.', ')'])
    } else {
        line.strip_prefix(['-', '*', '+', '>', '\u{2022}', '\u{2013}'])
    };
    let Some(rest) = rest.filter(|rest| rest.starts_with(char::is_whitespace)) else { return line };
    let rest = rest.trim_start();
    ["[ ] ", "[x] ", "[X] "].iter().find_map(|task| rest.strip_prefix(task)).unwrap_or(rest).trim_start()
}

/// A text without quotes. An apostrophe within a word stays.
fn without_quotes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_within = before.is_alphanumeric() && characters.peek().is_some_and(|next| next.is_alphanumeric());
        if !is_quote(character) || is_within {
            plain.push(character);
        }
        before = character;
    }
    plain.trim().to_owned()
}

/// True for the head of a table: words above a rule. A host has digits, or the name of a Windows behind its own.
fn is_head_of_table(lines: &[&str], index: usize, knowledge: &Knowledge) -> bool {
    let is_rule = |line: &&str| line.contains("--") && !line.contains(char::is_alphanumeric);
    let is_head = |line: &&str| {
        let line = content(line);
        let names_windows = line.split_once(SEPARATORS).is_some_and(|(_, rest)| !knowledge.releases_named(rest).is_empty());
        !names_windows && !line.contains(|c: char| c.is_ascii_digit() || c == '@')
    };
    lines.get(index).is_some_and(is_head) && lines.get(index + 1).is_some_and(is_rule)
}

/// The system that a line with a property tells, unless it is that of an image: `Windows Server 2019` of `OS: Windows Server 2019`.
fn system(line: &str) -> Option<&str> {
    let (label, value) = line.split_once(':').filter(|_| is_property(line))?;
    (!other_host::is_about_others(label)).then_some(value.trim())
}

/// True for a line that tells one property of a host, e.g. `ansible_kernel: 10.0.20348.0`: what stands before the colon is no name,
/// as those of `os-01: ltsc2022` and `os-web: ltsc2022` are.
fn is_property(line: &str) -> bool {
    const WORDS: [&str; 8] = ["os", "osname", "osversion", "kernel", "version", "caption", "distribution", "productname"];
    const LAST: [&str; 4] = ["name", "family", "build", "edition"];
    line.split_once(':').is_some_and(|(label, _)| {
        let words: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let is_one_of = |known: &[&str], word: &str| known.iter().any(|known| word.eq_ignore_ascii_case(known));
        let is_hyphened = label.trim().contains('-');
        let ends_well = words.last().is_some_and(|last| is_one_of(&WORDS, last) || is_one_of(&LAST, last));
        !label.contains(|c: char| c.is_ascii_digit())
            && words.iter().any(|word| is_one_of(&WORDS, word))
            && (!is_hyphened || ends_well)
    })
}

/// True for a line that is like the head of a table in CSV: `Machine;Windows`.
fn is_head(line: &str) -> bool {
    line.contains([',', ';', '\t']) && !line.contains(|c: char| c.is_ascii_digit() || "=@".contains(c))
}

/// True for a word of letters and digits, as names of releases are, e.g. `ltsc2002`.
fn is_word(line: &str) -> bool {
    line.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '='))
        && line.contains(|character: char| character.is_ascii_digit())
        && line.contains(|character: char| character.is_ascii_alphabetic())
}

/// The characters between a name and its host.
const SEPARATORS: [char; 4] = [' ', '\t', ',', ';'];

/// True for a word with letters and digits, as names of computers are.
pub(super) fn is_mixed(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_alphabetic())
}

/// The name and the host of a line `NAME SPEC`, also where other columns follow a version.
fn named<'line>(line: &'line str, knowledge: &Knowledge) -> Option<(&'line str, &'line str)> {
    let (first, rest) = line.split_once(SEPARATORS)?;
    // What was looked for in files has the file before it: `hosts/web01.txt:Microsoft Windows [Version …]`.
    // `KB5031364,web01,10.0.20348.2402`: an update has no Windows.
    if line.len() <= LONGEST_LINE
        && other_thing::is_update(first)
        && let Some(found) = named(rest.trim(), knowledge).filter(|(name, _)| is_mixed(name))
    {
        return Some(found);
    }
    let (name, rest) = (first.trim_end_matches(":Microsoft").trim_end_matches(':'), rest.trim());
    let of_file = source::sections::computer_of_file(name);
    let name = of_file.unwrap_or(name);
    // The whole line may be one release: `win11,24h2`.
    if !spec::is_name(name) || spec::is_host(line, knowledge) || other_host::begins_with_other_product(line) {
        return None;
    }
    let versions = version_text::versions(rest);
    let build = || spec::build_of(rest, knowledge).or_else(|| Some(versions.first()?.build));
    let is_named = if other_host::is_status(rest) {
        // In a row of nodes the name stands first, whatever it is like.
        versions.len() == 1
    } else {
        // All of `Windows Server 2022, 20348` is the host.
        let is_row = || spec::is_with_build(rest, knowledge) && (is_mixed(name) || !spec::is_with_build(line, knowledge));
        let is_name = is_mixed(name) || of_file.is_some();
        let holds_host = spec::is_host(rest, knowledge) || is_row() || (is_name && versions.len() == 1);
        // `win11 10.0.26100` says more of one host.
        let is_release = || knowledge.releases_named(name).iter().any(|release| Some(release.build) == build());
        holds_host && (first.ends_with(':') || !(spec::is_host(name, knowledge) || is_release()))
    };
    // `web 01=ltsc2022`: one name, with a blank in it.
    let (second, host) = spec::named(rest);
    let is_cut = second.is_some_and(|second| !is_label(second)) && !is_mixed(name) && spec::is_host(host, knowledge);
    (is_named && !is_cut).then_some((name, rest))
}

/// The name of a computer, with digits in it, before the host in a line of a list: `web01 ltsc2022`, `web01=ltsc2022`.
pub(super) fn computer_named<'line>(line: &'line str, knowledge: &Knowledge) -> Option<&'line str> {
    let with_sign = || {
        let (name, host) = spec::named(line);
        name.filter(|_| surely_build_of(host, knowledge).is_some())
    };
    let name = named(line, knowledge).map(|(name, _)| name).or_else(with_sign)?;
    // `10:00:00Z` is a time.
    (is_mixed(name) && !is_label(name) && !name.contains(':')).then_some(name)
}

/// The name before a version or a release in a line, whatever it is like: `fileserver 10.0.20348.2402`.
pub(super) fn word_named<'line>(line: &'line str, knowledge: &Knowledge) -> Option<&'line str> {
    let (name, rest) = named(line, knowledge)?;
    let is_host = !version_text::versions(rest).is_empty() || other_host::begins_like_a_release(rest);
    let is_label = is_label(name) || line.get(name.len()..).is_some_and(|behind| behind.starts_with(':'));
    (is_host && !is_label).then_some(name)
}

/// A line whose first word is the name of a release, and may be that of a computer, with a sign behind it: `server2019=10.0.20348.2402`.
fn with_sign(line: &str, knowledge: &Knowledge) -> Option<String> {
    let (name, rest) = line.split_once(SEPARATORS)?;
    let is_called_so = spec::is_name(name) && is_mixed(name) && spec::is_host(name, knowledge);
    match version_text::versions(rest).as_slice() {
        [version] if is_called_so => Some(format!("{name}={version}")),
        _ => None,
    }
}

/// The hosts of a line: `SPEC`, `NAME=SPEC`, or `NAME SPEC` with a blank, a tab, a comma or a semicolon between the two.
fn in_line(finder: &Finder<'_>, line: &str, folder: &Path) -> Result<Vec<Found>, Error> {
    if let Some(error) = other_host::two_names(line, finder.knowledge).or_else(|| several_in_row(line, finder.knowledge)) {
        return Err(error);
    }
    match named(line, finder.knowledge) {
        Some((name, rest)) if other_host::may_be_two(name, finder.knowledge) => {
            let error = Error::new(format!("{} may be the name of one host or of several", quoted(name)));
            Err(error.hint(format!("for one host, write {name}={rest} on this line; for several, give each a line of its own")))
        }
        Some((name, rest)) => finder.with_name(Some(name), rest, folder),
        None => finder.in_argument(line, folder),
    }
}

/// The error of a row whose cells behind the name are hosts of different builds: `web01,Windows Server 2019,20348`.
fn several_in_row(line: &str, knowledge: &Knowledge) -> Option<Error> {
    let (first, rest) = line.split_once(SEPARATORS)?;
    let name = first.trim_end_matches(':');
    // `Windows Server 2019, 20348` has no name before it.
    let are_hosts = spec::items(line).iter().all(|item| spec::is_host(item, knowledge));
    if are_hosts || !spec::is_name(name) || spec::is_host(name, knowledge) || !knowledge.releases_named(name).is_empty() {
        return None;
    }
    let mut cells = rest.split([',', ';', '\t']).map(str::trim).filter(|cell| !cell.is_empty() && !Attributes::is_word(cell));
    let of_cell = |cell| Some((cell, spec::build_of(cell, knowledge).filter(|_| !spec::is_2009(cell))?));
    let (one, build) = cells.next().and_then(of_cell)?;
    let builds: Vec<(&str, u32)> = cells.map(of_cell).collect::<Option<_>>()?;
    // `Windows Server 2022` of the annual channel, as the registry names it.
    let is_said = |(other, its_build): &(&str, u32)| {
        other_host::is_said_of_later(one, *its_build, knowledge) || other_host::is_said_of_later(other, build, knowledge)
    };
    let (other, _) = builds.into_iter().find(|other| other.1 != build && !is_said(other))?;
    let error = Error::new("this line names more than one Windows");
    let error = error.because(format!("{} and {} are not the same Windows", quoted(one), quoted(other)));
    Some(error.hint("correct the line; for two hosts, give each a line of its own"))
}

#[cfg(test)]
pub(super) mod tests {
    use crate::host::{Attributes, read};
    use crate::knowledge::Knowledge;

    /// The versions of the hosts in a text, or what is wrong with it.
    pub(in crate::host) fn host(text: &str) -> String {
        match read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()) {
            Ok(hosts) => hosts.iter().map(|host| host.os_version.to_string()).collect::<Vec<_>>().join(", "),
            Err(error) => error.what,
        }
    }

    #[test]
    fn a_label_of_images_says_nothing_of_the_host() {
        for label in ["ContainerOS Version", "Container OS Version", "baseimage_os", "guestos_name"] {
            let text = format!("os_version: 10.0.20348.2402\n{label}: Windows Server 2019\n");
            assert_eq!(host(&text), "10.0.20348.2402", "{label}");
        }
        let own = "os_version: 10.0.20348.2402\nos_name: Windows Server 2019\n";
        assert_eq!(host(own), "this text names the systems of several hosts");
    }

    #[test]
    fn a_row_may_name_the_release_that_its_build_is_called_by() {
        let listed = |text: &str| {
            let today = jiff::civil::date(2026, 6, 1);
            match super::in_list("a list", text.as_bytes(), None, Knowledge::built_in(), today) {
                Ok(found) => {
                    let hosts = found.iter().map(|found| format!("{} {}", found.host.label, found.host.os_version));
                    hosts.collect::<Vec<_>>().join(", ")
                }
                Err(error) => error.causes.join(": "),
            }
        };
        assert_eq!(
            listed(
                "\\\\web01\\c$\\ver.txt:Microsoft Windows [Version 10.0.20348.2402]\n\\\\images\\c$\\ver.txt:Microsoft Windows [Version 10.0.17763.1]\n"
            ),
            "web01 10.0.20348.2402, images 10.0.17763.1"
        );
        assert_eq!(
            listed(
                "\\\\nas01\\hosts\\web01.txt:Microsoft Windows [Version 10.0.20348.2402]\n\\\\nas01\\hosts\\web02.txt:Microsoft Windows [Version 10.0.17763.1]\n"
            ),
            "nas01\\hosts\\web01.txt 10.0.20348.2402, nas01\\hosts\\web02.txt 10.0.17763.1"
        );
        assert_eq!(
            listed("KB5031364,web01,10.0.20348.2402\nKB5031364,web02,10.0.17763.1\n"),
            "web01 10.0.20348.2402, web02 10.0.17763.1"
        );
        assert_eq!(listed("web01,Windows Server 2022,10.0.25398.887\n"), "web01 10.0.25398.887");
        assert_eq!(listed("pc1,Windows 11 24H2,26200\n"), "pc1 10.0.26200");
        assert_eq!(listed("Windows 11 24H2,26200\n"), "Windows 11, version 24H2 10.0.26100, Windows 11, version 25H2 10.0.26200");
        for row in ["web01,Windows Server 2019,20348\n", "web01,Windows Server 2022,10.0.17763.1\n", "web01,2019,10.0.20348\n"] {
            assert!(listed(row).contains("are not the same Windows"), "{row}: {}", listed(row));
        }
    }
}
