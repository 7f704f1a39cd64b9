//! What a command printed on several computers, below a line with the name of each: `\\web01:` as PsExec writes it, `=== web01 ===`,
//! `web01:`; and YAML with a key for each computer.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use super::records::{Records, plain};
use super::{Document, Format, Read, Syntax, answers, has_names, in_answer, in_fields, inventory};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::list::{self, LONGEST_LINE, MOST_LINES, is_mixed};
use crate::host::version_text::{self, versions};
use crate::host::{other_computer, other_host, other_thing, spec};
use crate::knowledge::Knowledge;
use crate::text::{is_quote, quoted};

/// Sections whose titles cannot be anything but names of computers: by their mark, or by the digits in them.
pub(super) const FORMAT: Format = Format {
    syntax: Syntax::Answers,
    recognises: |document| named(document).is_some(),
    hosts: |document| hosts(document, named(document)),
};

/// Sections whose titles are words: `=== database`, `fileserver:`. They are computers where all of them name their Windows, and where one
/// of them did not answer while another names its Windows. What is known by its content, as a list of nodes, is read before.
pub(super) const WORDS: Format = Format {
    syntax: Syntax::Answers,
    recognises: |document| called(document).is_some(),
    hosts: |document| hosts(document, called(document)),
};

/// What makes a line a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// `\\web01:`, and a path to a file of a computer: `\\web01\c$\ver.txt`.
    PsExec,
    /// `=== web01 ===`, `==> web01 <==`.
    Equals,
    /// `--- web01 ---`.
    Hyphens,
    /// `web01:`, with so many blanks before it.
    Colon(usize),
    /// `web01 :`.
    Blank,
}

/// A line with the name of a computer, above what was printed of it.
#[derive(Clone, Copy, Debug)]
struct Title<'t> {
    /// The number of the line.
    at: usize,
    name: &'t str,
    /// The path to a file from which the name was taken: files of several computers may be on one.
    path: Option<&'t str>,
    mark: Mark,
    /// What stands behind it in the same line: that the computer did not answer.
    said: Option<&'t str>,
}

impl<'t> Title<'t> {
    fn of(at: usize, line: &'t str) -> Option<Self> {
        let trimmed = line.trim();
        if trimmed.len() > LONGEST_LINE {
            return None;
        }
        let of_psexec = || {
            let before_colon = trimmed.strip_suffix(':').and_then(|title| title.strip_prefix(r"\\"));
            let of_file = computer_of_file(trimmed.strip_suffix(':').unwrap_or(trimmed));
            Some((of_file.or_else(|| before_colon.map(|path| of_drive(path).unwrap_or(path)))?, Mark::PsExec))
        };
        let of_line = || {
            let mark = match trimmed.get(..3)? {
                "===" | "==>" => Mark::Equals,
                "---" => Mark::Hyphens,
                _ => return None,
            };
            let name = trimmed.trim_matches(|c: char| c.is_whitespace() || "=-<>".contains(c));
            // The files of a patch have such lines too, without a mark behind the name.
            let is_closed = trimmed.ends_with(['=', '-', '<']);
            (is_closed || !name.contains(['/', '\\'])).then(|| (computer_of_file(name).unwrap_or(name), mark))
        };
        // In a list of YAML a hyphen stands before the key.
        let of_colon = || {
            let key = plain(trimmed.strip_prefix("- ").unwrap_or(trimmed)).strip_suffix(':')?;
            if key.trim_end() == key {
                return Some((key.trim_end_matches(is_quote), Mark::Colon(blanks_before(line))));
            }
            // A property without a value has blanks before its colon too: `CsWorkgroup  :`.
            key.strip_suffix(' ').filter(|name| is_mixed(name) && name.trim_end() == *name).map(|name| (name, Mark::Blank))
        };
        // `web02: unreachable` beside `web01:`.
        let of_unread = || {
            let (key, said) = plain(trimmed.strip_prefix("- ").unwrap_or(trimmed)).split_once(": ")?;
            let (name, said) = (key.trim_matches(is_quote), said.trim());
            let is_unread = key.trim_end() == key && is_mixed(name) && (EMPTY.contains(&said) || is_no_answer(said));
            is_unread.then_some((name, Mark::Colon(blanks_before(line)), Some(said)))
        };
        let of_title = || of_psexec().or_else(of_line).or_else(of_colon).map(|(name, mark)| (name, mark, None));
        let (name, mark, said) = of_title().or_else(of_unread)?;
        let is_mark = |c: char| c.is_whitespace() || ":=-<>".contains(c);
        let path = trimmed.split_once(r"\\").map(|(_, path)| path.trim_end_matches(is_mark));
        let path = path.filter(|path| path.strip_prefix(name).is_some_and(|within| within.starts_with('\\')));
        // A path may have blanks in it.
        let is_name = spec::is_name(name) || (trimmed.contains(r"\\") && is_path_of_file(name));
        // PsExec writes names of computers alone, and a path to a drive begins with one.
        let is_computer = mark == Mark::PsExec || path.is_some() || !(list::is_label(name) || is_part(name));
        (is_name && is_computer).then_some(Self { at, name, path, mark, said })
    }

    /// True for a title that is the name of a computer, whatever is below it.
    fn is_sure(&self) -> bool {
        self.mark == Mark::PsExec || self.path.is_some() || is_mixed(self.name)
    }
}

/// What names a computer in the path to a file by network: `web01` of `\\web01\c$\ver.txt`. A folder that is shared in another way may have
/// files of several computers, so there it is the path: `nas01\hosts\web01.txt`.
pub(in crate::host) fn computer_of_file(path: &str) -> Option<&str> {
    let path = path.strip_prefix(r"\\").filter(|path| is_path_of_file(path))?;
    Some(of_drive(path).unwrap_or(path))
}

/// True for a path of network without the marks before it: `nas01\hosts\web01.txt`.
fn is_path_of_file(path: &str) -> bool {
    path.split_once('\\').is_some_and(|(name, within)| {
        let has_ending = within.rsplit('\\').next().is_some_and(|file| file.contains('.'));
        has_ending && spec::is_name(name) && !within.contains([':', '<', '>', '|', '"'])
    })
}

/// The computer at the beginning of a path that leads to one of its drives, or to the folder of its Windows. `None` for the names by which
/// any computer calls itself.
fn of_drive(path: &str) -> Option<&str> {
    const OWN: [&str; 4] = ["localhost", "tsclient", "wsl$", "wsl.localhost"];
    let (name, within) = path.split_once('\\')?;
    let drive = within.split('\\').next()?.strip_suffix('$')?;
    let is_letter = drive.len() == 1 && drive.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_drive = is_letter || drive.eq_ignore_ascii_case("admin");
    let is_own = OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) || name.starts_with("127.");
    (is_drive && !is_own && spec::is_name(name)).then_some(name)
}

/// What stands in YAML and in lists instead of what a computer would have said.
const EMPTY: [&str; 9] = ["null", "~", "{}", "[]", "none", "failed", "offline", "unknown", "n/a"];

/// True for a word that tells how a computer is, and is not its name: `unknown`, `up`.
pub(in crate::host) fn is_state(word: &str) -> bool {
    const STATES: &str = "alive available down dead error failure false no ok online ready reachable running stopped success \
                          true unavailable unreachable up yes";
    EMPTY.iter().copied().chain(STATES.split_whitespace()).any(|known| word.eq_ignore_ascii_case(known))
}

/// The name of a computer in a line that is surely the title of a section.
pub(in crate::host) fn title(line: &str) -> Option<&str> {
    Title::of(0, line).filter(|title| title.is_sure() && title.said.is_none()).map(|title| title.name)
}

/// The name of a computer in a line that says that it did not answer: `web02: unreachable`.
pub(in crate::host) fn unread(line: &str) -> Option<&str> {
    Title::of(0, line).filter(|title| title.said.is_some()).map(|title| title.name)
}

/// True for a word above a part of what is said of one computer or of images, or above a part of a report, as `Network` of
/// `=== Network ===`, and for the name of a file or an update. `container-01` is the name of a computer.
pub(in crate::host) fn is_part(word: &str) -> bool {
    const PARTS: &str = "actual addresses after agent all allocatable amd64 annotations arm64 available base base64 baseline \
                         before begin build capacity children cleanup client cmd conditions container containers cpu current \
                         data description desired disk disks docker end environment error errors events expected facts \
                         firewall found guest guests hardware host hosts hotfixes image images info installed issue items \
                         kernel labels latest linux log login logs machine md5 memory message metadata minimum msg network \
                         new nodeinfo note notes old os osinfo output platform powershell previous problem properties \
                         recommended registry required requirements result results running runtime server services setup \
                         software spec start status stderr stdout steps storage summary supported symptom symptoms system tag \
                         tags target tests update updates utf8 vars version win32 windows workaround x64 x86";
    // Of these a computer has several: `nic1`.
    const COUNTED: &str = "adapter attempt check disk drive eth ipv kb nic partition phase sha stage step task volume";
    let is_one_of = |words: &str, word: &str| words.split(' ').any(|known| word.eq_ignore_ascii_case(known));
    let counted = word.trim_end_matches(|c: char| c.is_ascii_digit());
    is_one_of(PARTS, word) || (counted.len() < word.len() && is_one_of(COUNTED, counted)) || other_thing::named(word).is_some()
}

/// True for the few words that a tool prints of a computer that did not answer or did not let it in.
pub(in crate::host) fn is_no_answer(text: &str) -> bool {
    const PHRASES: &str = "access is denied, access denied, access was denied, permission denied, network path, unreachable, not \
                           reachable, timed out, connection refused, could not connect, cannot connect, couldn't access, could not \
                           access, no route to host, is offline, logon failure, rpc server is unavailable";
    // PowerShell writes a paragraph.
    const OF_POWERSHELL: &str = "connecting to remote server";
    let text = text.trim();
    if text.len() > LONGEST_ANSWER {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    lower.contains(OF_POWERSHELL) || (text.len() <= LONGEST_LINE && PHRASES.split(", ").any(|phrase| lower.contains(phrase)))
}

/// The longest text that tells that a computer did not answer, in bytes.
const LONGEST_ANSWER: usize = 1000;

/// What a text says of one computer.
struct Section<'t> {
    title: Title<'t>,
    body: String,
}

impl Section<'_> {
    fn names_windows(&self, knowledge: &Knowledge) -> bool {
        names_windows(&self.body, knowledge)
    }

    /// The name of the computer that a script wrote above its Windows: `Host: web01`. A field of YAML says less than the key above it, and
    /// a request of HTTP names what was asked. A title with digits may be the name of the computer too, so it is kept before the other, and
    /// below it a word is not a name, as in `Host: pending`.
    fn name_within(&self, knowledge: &Knowledge) -> Option<String> {
        let title = self.title.name;
        let mut lines = self.body.lines().filter(|line| !line.trim().is_empty()).peekable();
        let is_yaml = matches!(self.title.mark, Mark::Colon(_)) && lines.peek().is_some_and(|first| blanks_before(first) > 0);
        let mut above = lines.take_while(|line| !is_yaml && versions(line).is_empty() && !line.contains(" HTTP/"));
        let names = |line: &str| line.split(':').next().is_some_and(|label| label.to_ascii_lowercase().contains("name"));
        let is_word = |line: &str, name: &str| self.title.is_sure() && !is_mixed(name) && !names(line);
        let name = above.find_map(|line| {
            let name = other_computer::labelled(line)?;
            (!is_word(line, name) && !spec::is_host(name, knowledge)).then_some(name)
        })?;
        Some(if is_same(title, name) {
            if title.len() > name.len() { title.to_owned() } else { name.to_owned() }
        } else if is_mixed(title) && !self.is_below_path() {
            format!("{title}/{name}")
        } else {
            name.to_owned()
        })
    }

    /// True where the title is the path to a file, which is not the name of a computer.
    fn is_below_path(&self) -> bool {
        let Title { name, mark, .. } = self.title;
        name.contains('/') || is_path_of_file(name) || (mark == Mark::PsExec && name.contains('\\'))
    }
}

/// True for two names of one computer, of which one may have its domain.
fn is_same(one: &str, other: &str) -> bool {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_alone = |name: &str| !name.contains('.');
    one.eq_ignore_ascii_case(other) || (first(one) == first(other) && (is_alone(one) || is_alone(other)))
}

/// True for a text with a version or a release that is not that of an image.
pub(super) fn names_windows(text: &str, knowledge: &Knowledge) -> bool {
    let names_release = |line: &str| !other_host::is_about_others(line) && !other_host::named_in(line, knowledge).is_empty();
    text.lines().any(|line| !versions(line).is_empty() && !other_host::is_about_others(line))
        || (versions(text).is_empty() && text.lines().take(MOST_LINES).any(names_release))
}

fn blanks_before(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The most marks and depths of titles that are looked at.
const MOST_MARKS: usize = 32;

/// The titles with one mark.
type Group<'t> = (Mark, Vec<Title<'t>>);

/// The lines of a text, and the titles among them.
struct Titles<'t> {
    lines: Vec<&'t str>,
    /// The titles by their marks.
    groups: Vec<Group<'t>>,
    /// The first that is surely one, and whose mark is not looked at.
    left_out: Option<Title<'t>>,
}

impl<'t> Titles<'t> {
    fn of(text: &'t str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut left_out = None;
        for title in lines.iter().enumerate().filter_map(|(at, &line)| Title::of(at, line)) {
            if let Some((_, group)) = groups.iter_mut().find(|(mark, _)| *mark == title.mark) {
                group.push(title);
            } else if groups.len() < MOST_MARKS {
                groups.push((title.mark, vec![title]));
            } else if title.is_sure() && title.said.is_none() {
                left_out = left_out.or(Some(title));
            }
        }
        // Without a title of a computer, `test1: failed` may be about anything.
        for (_, group) in &mut groups {
            if !group.iter().any(|title| title.is_sure() && title.said.is_none()) {
                group.retain(|title| title.said.is_none());
            }
        }
        Self { lines, groups, left_out }
    }
}

/// What is read of a document here, each part once it was asked for.
#[derive(Default)]
pub(super) struct Kept<'t> {
    titles: OnceCell<Titles<'t>>,
    named: OnceCell<Option<Vec<Section<'t>>>>,
    called: OnceCell<Option<Vec<Section<'t>>>>,
}

fn titles<'d, 't>(document: &'d Document<'t>) -> &'d Titles<'t> {
    document.sections.titles.get_or_init(|| Titles::of(document.text))
}

/// The sections of [`FORMAT`].
fn named<'d, 't>(document: &'d Document<'t>) -> Option<&'d [Section<'t>]> {
    document.sections.named.get_or_init(|| below_names(document)).as_deref()
}

/// The sections of [`WORDS`].
fn called<'d, 't>(document: &'d Document<'t>) -> Option<&'d [Section<'t>]> {
    document.sections.called.get_or_init(|| below_words(document)).as_deref()
}

/// The sections below sure titles. A word is a title beside them where what is below it is that of another computer.
fn below_names<'t>(document: &Document<'t>) -> Option<Vec<Section<'t>>> {
    let knowledge = document.knowledge;
    let Titles { lines, groups, left_out } = titles(document);
    let found = groups.iter().find_map(|(mark, all)| {
        if is_any_lost(*mark, all, groups) {
            return None;
        }
        let sure: Vec<Title<'_>> = all.iter().copied().filter(Title::is_sure).collect();
        let least = if matches!(mark, Mark::Colon(_) | Mark::Blank) { 2 } else { 1 };
        let with_words = || {
            let sections = below(lines, all, least, knowledge)?;
            let is_told = |section: &Section<'_>| section.names_windows(knowledge) || is_no_answer(&section.body);
            // A word within what is said of a computer would take its Windows from it.
            let are_whole = sections.iter().filter(|section| section.title.is_sure()).all(is_told);
            let is_computer = |section: &Section<'_>| !section.title.is_sure() && is_told(section);
            (are_whole && sections.iter().any(is_computer)).then_some(sections)
        };
        let is_any_sure = !sure.is_empty();
        let sections = is_any_sure.then(|| with_words().or_else(|| below(lines, &sure, least, knowledge))).flatten();
        let sections = sections.filter(|sections| sections.iter().any(|section| section.names_windows(knowledge)));
        sections.filter(|sections| !are_named_below(document, sections))
    });
    // What is below that title is not known, which is an error.
    found.or_else(|| Some(vec![Section { title: (*left_out)?, body: String::new() }]))
}

/// True where a computer has a title with another mark than these: it would be lost.
fn is_any_lost(mark: Mark, titles: &[Title<'_>], groups: &[Group<'_>]) -> bool {
    let known: HashSet<String> = titles.iter().map(|title| title.name.to_ascii_lowercase()).collect();
    let others = groups.iter().filter(|(other, _)| discriminant(other) != discriminant(&mark));
    others.flat_map(|(_, others)| others).any(|other| other.is_sure() && !known.contains(&other.name.to_ascii_lowercase()))
}

/// True where what is below the titles has the names of its computers, as rows of nodes have, and each title has some below it.
fn are_named_below(document: &Document<'_>, sections: &[Section<'_>]) -> bool {
    sections.iter().all(|section| section.names_windows(document.knowledge)) && has_names(document)
}

/// The sections below words, and those of which one is about a computer that did not answer.
fn below_words<'t>(document: &Document<'t>) -> Option<Vec<Section<'t>>> {
    let knowledge = document.knowledge;
    let Titles { lines, groups, .. } = titles(document);
    let are_words = |mark: Mark, group: &[Title<'_>]| !group.iter().any(Title::is_sure) && !is_any_lost(mark, group, groups);
    groups.iter().filter(|(mark, group)| are_words(*mark, group)).find_map(|(_, group)| {
        let sections = below(lines, group, 2, knowledge)?;
        let names_windows = |section: &Section<'_>| section.names_windows(knowledge);
        let are_computers = sections.iter().all(|section| names_windows(section) || is_no_answer(&section.body));
        (are_computers && sections.iter().any(names_windows)).then_some(sections)
    })
}

/// The sections below these titles, at least so many. `None` for a text that names a Windows outside of them: that would be of another host.
fn below<'t>(lines: &[&'t str], titles: &[Title<'t>], least: usize, knowledge: &Knowledge) -> Option<Vec<Section<'t>>> {
    let mut outside = lines.get(..titles.first()?.at)?.to_vec();
    if titles.len() < least {
        return None;
    }
    let mut sections = Vec::new();
    for (index, title) in titles.iter().enumerate() {
        let end = titles.get(index + 1).map_or(lines.len(), |next| next.at);
        let behind = lines.get(title.at + 1..end)?;
        // A key ends before the next line that is no deeper. What a tool printed need not be deeper.
        let first = behind.iter().find(|line| !line.trim().is_empty()).map_or(0, |first| blanks_before(first));
        let is_outside = |line: &&str| match title.mark {
            Mark::Colon(depth) if depth > 0 || first > 0 => !line.trim().is_empty() && blanks_before(line) <= depth,
            _ => false,
        };
        let inner = behind.iter().position(is_outside).unwrap_or(behind.len());
        let (body, rest) = behind.split_at_checked(if title.said.is_some() { 0 } else { inner })?;
        outside.extend(rest);
        sections.push(Section { title: *title, body: title.said.map_or_else(|| body.join("\n"), str::to_owned) });
    }
    // A comment is not of a host.
    outside.retain(|line| !line.trim_start().starts_with('#'));
    (!names_windows(&outside.join("\n"), knowledge)).then_some(sections)
}

fn hosts(document: &Document<'_>, sections: Option<&[Section<'_>]>) -> Result<Vec<HostFacts>, Error> {
    let sections = sections.unwrap_or_default();
    let is_only = sections.len() == 1;
    let mut paths: HashMap<String, HashSet<Option<&str>>> = HashMap::new();
    for Section { title, .. } in sections {
        paths.entry(title.name.to_ascii_lowercase()).or_default().insert(title.path);
    }
    let parts = sections.iter().map(|section| {
        let title = section.title;
        let read = of_section(section, is_only, document.knowledge);
        // Files at several paths of one computer may be about as many.
        let are_several = paths.get(&title.name.to_ascii_lowercase()).is_some_and(|paths| paths.len() > 1);
        // A title may be that of a group.
        let own = answers::own_name(&read, || section.name_within(document.knowledge));
        let is_own = own.as_deref().is_some_and(|own| is_same(title.name, own));
        let name = title.path.filter(|_| are_several && !is_own).unwrap_or(title.name);
        (name.to_owned(), own, read)
    });
    answers::hosts_by_own_names(document, parts.collect())
}

/// The hosts in one section, which may be the only one. It is what a tool printed, or properties that have a column in an inventory.
fn of_section(section: &Section<'_>, is_only: bool, knowledge: &Knowledge) -> Result<Read, Error> {
    let (name, body) = (section.title.name, section.body.as_str());
    if !section.names_windows(knowledge) {
        return Err(version_text::without_a_windows("text", name));
    }
    let of_whom = |error: Error| error.within(format!("the Windows of {} is not known", quoted(name)));
    if let Some(read) = in_fields(body, knowledge) {
        return read.map_err(of_whom);
    }
    // A heading of a list is not a computer.
    if let Some(other) = other_in(section, knowledge) {
        return Err(Error::new(format!("the lines below {} name another computer, {}", quoted(name), quoted(other)))
            .hint(format!("leave out the line with {}, or write one host on each line", quoted(name))));
    }
    if let Some(line) = strange_line(section, is_only, knowledge) {
        return Err(Error::new(format!("the line {} below {} may be about another computer", quoted(line), quoted(name)))
            .hint("write one host on each line, or save the output of each computer in a file of its own"));
    }
    in_answer(body, knowledge).or_else(|error| {
        let records = Records::of_text(body).all;
        let read = match records.as_slice() {
            [record] if versions(body).len() < 2 => inventory::computer(record, knowledge),
            _ => None,
        };
        // The same version with its revision is a gain.
        let whole = |facts: HostFacts| match versions(body).as_slice() {
            [version] if version.triple() == facts.os_version.triple() => HostFacts { os_version: *version, ..facts },
            _ => facts,
        };
        // The release in a field and the version of another build are two.
        let one_build = |facts: HostFacts| match versions(body).as_slice() {
            [version] if version.build != facts.os_version.build => {
                Err(version_text::several_versions(&[facts.os_version, *version]))
            }
            _ => Ok(facts),
        };
        let read = read.unwrap_or(Err(error)).and_then(one_build);
        read.map(|facts| Read { hosts: vec![whole(facts)], notes: Vec::new() }).map_err(of_whom)
    })
}

/// The line of a section with a Windows that is not what a tool prints of its own computer, or the second answer of one: `frontend ltsc2022`,
/// a second `Microsoft Windows [Version …]`. In a text with one section, a sentence may have the Windows.
fn strange_line<'s>(section: &'s Section<'_>, is_only: bool, knowledge: &Knowledge) -> Option<&'s str> {
    let lines: Vec<&str> = section.body.lines().map(without_mark).filter(|line| !line.is_empty()).collect();
    let is_told = |line: &&str| line.len() <= LONGEST_LINE && names_windows(line, knowledge);
    let with_windows: Vec<&str> = lines.iter().copied().filter(is_told).collect();
    if is_only && with_windows.len() < 2 {
        return None;
    }
    let is_answer = |line: &str| {
        let begins = |word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        line.starts_with(|c: char| c.is_ascii_digit()) || begins("microsoft") || begins("windows")
    };
    let is_property = |line: &str| {
        let label = line.split([':', '=']).next().unwrap_or_default().trim();
        list::is_label(label) && label.len() < line.len()
            || line.split_whitespace().nth(1).is_some_and(|word| word.starts_with("REG_"))
    };
    let is_windows = |word: &str| is_answer(word) || other_host::begins_like_a_release(word) || other_thing::is_update(word);
    // Before the Windows stand words that are not names of computers, or a label with blanks in it: `Platform: Windows Server 2022`,
    // `This host runs 10.0.20348.2402`, `Latest KB: KB5036909 (OS Build 20348.2402)`.
    let is_of_itself = |line: &str| {
        const WORDS: [&str; 11] = ["answer", "detected", "is", "it", "location", "model", "on", "role", "runs", "this", "type"];
        let is_known =
            |word: &str| is_part(word) || list::is_label(word) || WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
        let has_label = || {
            line.split_once(':').is_some_and(|(label, value)| {
                let is_of_words = words(label).count() > 1 && label.chars().all(|c| c.is_alphabetic() || c == ' ');
                is_of_words && words(value).next().is_some_and(is_windows)
            })
        };
        words(line).take_while(|word| !is_windows(word)).all(is_known) || has_label()
    };
    let is_versioned = |line: &&str| is_answer(line) && !versions(line).is_empty();
    let answers: Vec<&str> = with_windows.iter().copied().filter(is_versioned).collect();
    // The same version right below, in other words: `Windows: 10.0.20348.1` above `Microsoft Windows [Version 10.0.20348.1]`.
    let second = match answers.as_slice() {
        [one, next] if one != next && versions(one) == versions(next) => {
            let are_together = lines.windows(2).any(|pair| pair == answers.as_slice());
            (!are_together).then_some(*next)
        }
        [_, next, ..] => Some(*next),
        _ => None,
    };
    let is_strange = |line: &&str| !is_answer(line) && !is_property(line) && !is_of_itself(line);
    with_windows.iter().copied().find(is_strange).or(second)
}

/// A line without blanks around it, and without a mark before it that is not a name.
fn without_mark(line: &str) -> &str {
    const MARKS: [&str; 3] = ["[INFO] ", "-> ", "* "];
    let line = line.trim();
    MARKS.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line).trim_start()
}

/// The words of a text, without the signs between a label and its value.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ':' | '=')).filter(|word| !word.is_empty())
}

/// The name of another computer in what is below a title: before a host in a line, before the host in each line, above the Windows, and
/// that of a key below the key of a group.
fn other_in<'s>(section: &'s Section<'_>, knowledge: &Knowledge) -> Option<&'s str> {
    let lines: Vec<&str> = section.body.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_other = |name: &&str| !name.eq_ignore_ascii_case(section.title.name);
    let in_line = || lines.iter().copied().filter_map(|line| list::computer_named(line, knowledge)).find(is_other);
    let in_each_line = || {
        let names: Option<Vec<&str>> = lines.iter().copied().map(|line| list::word_named(line, knowledge)).collect();
        names?.into_iter().filter(|name| !is_part(name)).find(is_other)
    };
    let above_windows = || {
        let at = lines.iter().copied().position(|line| title(line).is_some_and(|name| is_other(&name)))?;
        let (before, behind) = lines.split_at_checked(at)?;
        title(behind.first().copied()?).filter(|_| !names_windows(&before.join("\n"), knowledge))
    };
    let in_key = || match section.title.mark {
        Mark::Colon(_) => key_with_windows(&section.body, knowledge).filter(is_other),
        _ => None,
    };
    in_line().or_else(in_each_line).or_else(above_windows).or_else(in_key)
}

/// The first key of YAML in a text that is a word as names are, and has a Windows behind it or below it: `web: ltsc2022`.
fn key_with_windows<'t>(text: &'t str, knowledge: &Knowledge) -> Option<&'t str> {
    let lines: Vec<&str> = text.lines().filter(|line| line.len() <= LONGEST_LINE).take(MOST_LINES).collect();
    lines.iter().copied().enumerate().find_map(|(at, line)| {
        let (key, value) = line.trim().split_once(':')?;
        let is_word = key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !is_word || !spec::is_name(key) || list::is_label(key) || is_part(key) {
            return None;
        }
        let is_deeper = |below: &&&str| below.trim().is_empty() || blanks_before(below) > blanks_before(line);
        let below: Vec<&str> = lines.get(at + 1..)?.iter().take_while(is_deeper).copied().collect();
        let is_told = if value.trim().is_empty() {
            names_windows(&below.join("\n"), knowledge)
        } else {
            list::surely_build_of(plain(value), knowledge).is_some()
        };
        is_told.then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;

    #[test]
    fn what_a_computer_says_of_itself_is_not_another_computer() {
        for (line, version) in [
            ("Server: Windows Server 2022", "10.0.20348"),
            ("Platform: Windows Server 2022", "10.0.20348"),
            ("Platform: 10.0.20348.2402", "10.0.20348.2402"),
            ("Output: 10.0.20348.2402", "10.0.20348.2402"),
            ("Running Windows Server 2022 10.0.20348.2402", "10.0.20348.2402"),
            ("This host runs 10.0.20348.2402", "10.0.20348.2402"),
            ("Latest KB: KB5036909 (OS Build 20348.2402)", "10.0.20348.2402"),
        ] {
            let text = format!("=== web01 ===\n{line}\n=== web02 ===\n{line}\n");
            assert_eq!(hosts_in(&text), format!("web01 {version}, web02 {version}"), "{line}");
        }
        for line in [
            "Host: Windows Server 2022",
            "Platform: Windows Server 2022",
            "Detected: Windows Server 2022",
            "Role: Windows Server 2022",
            "Type: Windows Server 2022",
            "Model: Windows Server 2022",
            "Location: Windows Server 2022",
            "Answer: Windows Server 2022",
        ] {
            for answer in ["10.0.20348.2402", "Microsoft Windows [Version 10.0.20348.2402]"] {
                let text = format!("=== web01 ===\n{line}\n{answer}\n");
                assert_eq!(hosts_in(&text), "web01 10.0.20348.2402", "{text}");
            }
        }
        // The same version in other words, and marks that are not names.
        for answer in [
            "Windows: 10.0.20348.2402\nMicrosoft Windows [Version 10.0.20348.2402]",
            "Microsoft Windows Server 2022 Datacenter 10.0.20348.2402\n\nMicrosoft Windows [Version 10.0.20348.2402]",
            "[INFO] Microsoft Windows [Version 10.0.20348.2402]",
            "-> Microsoft Windows [Version 10.0.20348.2402]",
            "* Microsoft Windows [Version 10.0.20348.2402]",
        ] {
            let text = format!("=== web01 ===\n{answer}\n=== web02 ===\n{answer}\n");
            assert_eq!(hosts_in(&text), "web01 10.0.20348.2402, web02 10.0.20348.2402", "{text}");
        }
        for answer in [
            "Windows: 10.0.20348.2402\ndone\nMicrosoft Windows [Version 10.0.20348.2402]",
            "Microsoft Windows [Version 10.0.20348.2402]\nMicrosoft Windows [Version 10.0.20348.2402]",
        ] {
            let text = format!("=== web01 ===\n{answer}\n=== web02 ===\n10.0.20348.2402\n");
            assert!(hosts_in(&text).contains("may be about another computer"), "{text}: {}", hosts_in(&text));
        }
        // The version is that of another Windows.
        for label in ["Host", "Server", "Platform", "OS"] {
            for answer in ["10.0.17763.5820", "Microsoft Windows [Version 10.0.17763.5820]"] {
                let text = format!("=== web01 ===\n{label}: Windows Server 2022\n{answer}\n");
                assert_eq!(hosts_in(&text), "the Windows of `web01` is not known", "{text}");
            }
        }
        for line in ["Host: frontend 10.0.20348.2402", "Server frontend ltsc2022", "frontend: 10.0.20348.2402"] {
            let text = format!("=== web01 ===\n{line}\n10.0.20348.2402\n=== web02 ===\n10.0.20348.2402\n");
            assert!(hosts_in(&text).contains("may be about another computer"), "{line}: {}", hosts_in(&text));
        }
    }

    const NOT_OF_EACH: &str = "this text is about several computers, and does not name the Windows of each";

    /// What stands below the answer of a computer, or beside it, may be another one.
    #[test]
    fn a_line_that_may_be_about_another_computer_is_an_error() {
        let sections = "=== web01 ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== web02 ===\n\
                        Microsoft Windows [Version 10.0.20348.2402]\n";
        assert_eq!(hosts_in(sections), "web01 10.0.20348.2402, web02 10.0.20348.2402");
        for line in [
            "- web03 10.0.20348.2402",
            "frontend 10.0.20348.2402",
            "frontend ltsc2022",
            "frontend=ltsc2022",
            "frontend Windows Server 2022",
            "[web03] Microsoft Windows [Version 10.0.20348.2402]",
            "# web03\n10.0.20348.2402",
            "web03\n10.0.20348.2402",
            "$ ssh web03 ver\n10.0.20348.2402",
            "--- db ---\n10.0.20348.2402",
        ] {
            let read = hosts_in(&format!("{sections}{line}\n"));
            assert!(!read.contains("web01 10.0.20348.2402, web02 10.0.20348.2402"), "{line}: {read}");
        }
        let groups = hosts_in("rack1:\n  - web01 10.0.20348.2402\nrack2:\n  - web02 10.0.17763.5830\n");
        assert!(!groups.contains("rack1 10.0.20348.2402"), "{groups}");
    }

    #[test]
    fn sections_of_computers_are_hosts_of_their_names() {
        for (text, expected) in [
            (
                "PsExec v2.43 - Execute processes remotely\r\n\r\n\\\\fileserver:\r\n\r\nMicrosoft Windows [Version 10.0.20348.2402]\r\n\
                 cmd exited on fileserver with error code 0.\r\n\\\\database:\r\n\r\nMicrosoft Windows [Version 10.0.20348.2402]\r\n",
                "fileserver 10.0.20348.2402, database 10.0.20348.2402",
            ),
            ("\\\\web01:\n10.0.20348.2402\n\\\\appbuild:\n10.0.20348.2402\n", "web01 10.0.20348.2402, appbuild 10.0.20348.2402"),
            (
                "=== database\nMicrosoft Windows [Version 10.0.20348.2402]\n=== fileserver\nMicrosoft Windows [Version 10.0.17763.1]\n",
                "database 10.0.20348.2402, fileserver 10.0.17763.1",
            ),
            ("--- web01 ---\nMicrosoft Windows [Version 10.0.20348.2402]\n", "web01 10.0.20348.2402"),
            (
                "web01:\n  Microsoft Windows [Version 10.0.20348.2402]\nweb02:\n  Microsoft Windows [Version 10.0.20348.2402]\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                "database:\n  Microsoft Windows [Version 10.0.20348.2402]\nfileserver:\n  Microsoft Windows [Version 10.0.20348.2402]\n",
                "database 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            // Registries of two computers with the same values.
            (
                "\\\\web01:\n    CurrentBuild    REG_SZ    20348\n    UBR    REG_DWORD    0x962\n\
                 \\\\web02:\n    CurrentBuild    REG_SZ    20348\n    UBR    REG_DWORD    0x962\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            // YAML.
            (
                "all:\n  hosts:\n    web01:\n      version: 10.0.20348.2402\n    web02:\n      version: 10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            ("web01:\n  os: ltsc2019\nweb02:\n  os: ltsc2022\n", "web01 10.0.17763, web02 10.0.20348"),
            (
                "- web01:\n    version: 10.0.20348.2402\n- web02:\n    version: 10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                "database:\n  version: 10.0.20348.2402\nfileserver:\n  version: 10.0.20348.2402\n",
                "database 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            // Names with the words of images in them.
            (
                "container-01:\n  version: 10.0.20348.2402\nguest-02:\n  version: 10.0.20348.2402\n",
                "container-01 10.0.20348.2402, guest-02 10.0.20348.2402",
            ),
            (
                "=== container-01 ===\n10.0.20348.2402\n=== base-image2 ===\n10.0.20348.2402\n",
                "container-01 10.0.20348.2402, base-image2 10.0.20348.2402",
            ),
            // Comments and quotes of YAML.
            (
                "# Windows Server 2019 is gone\nweb01: # front\n  version: 10.0.20348.2402\n\"web02\":\n  version: 10.0.20348.2402\n\
                 'web03': # back\n  version: 10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402, web03 10.0.20348.2402",
            ),
            // Parts of one computer below its title.
            (
                "=== web01 ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== Registry ===\n    CurrentBuild    REG_SZ    20348\n    \
                 UBR    REG_DWORD    0x962\n",
                "web01 10.0.20348.2402",
            ),
            (
                "=== web01 ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== Firewall ===\n3 refused\n=== Hotfixes ===\n",
                "web01 10.0.20348.2402",
            ),
            ("=== web01 ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== Patches ===\n", "web01 10.0.20348.2402"),
            // Names with a path or a domain.
            (
                "==> hosts/web01.txt <==\nMicrosoft Windows [Version 10.0.20348.2402]\n\n==> hosts/web02.txt <==\n10.0.20348.2402\n",
                "hosts/web01.txt 10.0.20348.2402, hosts/web02.txt 10.0.20348.2402",
            ),
            (
                "=== CORP\\web01 ===\n10.0.20348.2402\n=== CORP\\web02 ===\n10.0.20348.2402\n",
                "CORP\\web01 10.0.20348.2402, CORP\\web02 10.0.20348.2402",
            ),
            ("web01 :\n10.0.20348.2402\nweb02 :\n10.0.20348.2402\n", "web01 10.0.20348.2402, web02 10.0.20348.2402"),
            // Tables of one computer, which have words before their versions.
            (
                "=== web01 ===\n\nPlatform ServicePack Version      VersionString\n-------- ----------- -------      -------------\n\
                 \x20Win32NT             10.0.20348.0 Microsoft Windows NT 10.0.20348.0\n",
                "web01 10.0.20348",
            ),
            (
                "=== web01 ===\n\nSystemDirectory     BuildNumber Version\n---------------     ----------- -------\n\
                 C:\\Windows\\system32 20348       10.0.20348\n",
                "web01 10.0.20348",
            ),
            // Names of their own below titles.
            (
                "=== prod1 ===\nServer:\n Kernel Version: 10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)\n \
                 Operating System: Microsoft Windows Server Version 21H2 (OS Build 20348.2402)\n OSType: windows\n Name: WEB01\n",
                "WEB01 10.0.20348.2402",
            ),
            (
                "prod1:\nName:               win1\nLabels:             kubernetes.io/os=windows\nAddresses:\n  InternalIP:  10.0.0.5\n\
                 System Info:\n  Kernel Version:             10.0.20348.2402\n  OS Image:                   Windows Server 2022 Datacenter\n  \
                 Operating System:           windows\n",
                "win1 10.0.20348.2402",
            ),
            (
                "=== rack1 ===\nHost: web01\nMicrosoft Windows [Version 10.0.20348.2402]\n=== rack2 ===\nComputer Name : fileserver\n\
                 Microsoft Windows [Version 10.0.20348.2402]\n",
                "rack1/web01 10.0.20348.2402, rack2/fileserver 10.0.20348.2402",
            ),
            (
                "=== prod ===\nHost: web01\n10.0.20348.2402\n=== test ===\nHost: db\n10.0.20348.2402\n",
                "web01 10.0.20348.2402, db 10.0.20348.2402",
            ),
            ("=== web01 ===\nHost: hv1\n10.0.20348.2402\n", "web01/hv1 10.0.20348.2402"),
            ("=== web01 ===\nHost: web01.corp.example\n10.0.20348.2402\n", "web01.corp.example 10.0.20348.2402"),
            ("=== web01.corp.example ===\nHost: web01\n10.0.20348.2402\n", "web01.corp.example 10.0.20348.2402"),
            ("=== web01.corp.example ===\nHost: web01.corp.example\n10.0.20348.2402\n", "web01.corp.example 10.0.20348.2402"),
            (
                "=== web01.a.example ===\nHost: web01.b.example\n10.0.20348.2402\n",
                "web01.a.example/web01.b.example 10.0.20348.2402",
            ),
            // A section that is there twice.
            (
                "=== web01 ===\nHost: hv1\n10.0.20348.2402\n=== web01 ===\nHost: hv1\n10.0.20348.2402\n",
                "web01/hv1 10.0.20348.2402",
            ),
            (
                "=== web01 ===\nHost: web01\n10.0.20348.2402\n=== web01 ===\nHost: web01\n10.0.20348.2402\n",
                "web01 10.0.20348.2402",
            ),
            // A path is not a computer.
            ("\\\\nas01\\out\\web01.txt:\nHost: web01\n10.0.20348.2402\n", "web01 10.0.20348.2402"),
            (
                "\\\\web01\\c$\\a.txt:\nHost: web01\n10.0.20348.2402\n\\\\web01\\c$\\b.txt:\nHost: web01\n10.0.20348.2402\n",
                "web01 10.0.20348.2402",
            ),
            ("=== hosts/web01.txt ===\nHost: web01\n10.0.20348.2402\n", "web01 10.0.20348.2402"),
            // What is not a name.
            ("=== web01 ===\nHost: ltsc2022\nMicrosoft Windows [Version 10.0.20348.2402]\n", "web01 10.0.20348.2402"),
            ("=== web01 ===\nHost: pending\n10.0.20348.2402\n", "web01 10.0.20348.2402"),
            ("=== web01 ===\nComputer: vmware\n10.0.20348.2402\n", "web01 10.0.20348.2402"),
            ("\\\\fileserver:\nHost: enabled\n10.0.20348.2402\n", "fileserver 10.0.20348.2402"),
            ("=== web01 ===\nGET /os HTTP/1.1\nHost: api01.example.com\n10.0.20348.2402\n", "web01 10.0.20348.2402"),
            (
                "=== web01 ===\nHost: unknown\n10.0.20348.2402\n=== web02 ===\nHost: OK\n10.0.20348.2402\n=== web03 ===\nHost: n/a\n10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402, web03 10.0.20348.2402",
            ),
            ("=== web01 ===\nHost: 10.0.0.5\n10.0.20348.2402\nHost: proxy7\n", "web01 10.0.20348.2402"),
            (
                "web01:\n  Host: esx1\n  10.0.20348.2402\nweb02:\n  10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            // Paths to files of computers.
            ("\\\\web01\\c$\\ver.txt:\nMicrosoft Windows [Version 10.0.20348.2402]\n", "web01 10.0.20348.2402"),
            (
                "\r\n\\\\fileserver\\c$\\ver.txt\r\n\r\n\r\n10.0.20348.2402\r\n\r\n\\\\web02\\c$\\my files\\ver.txt\r\n\r\n\r\n10.0.20348.1\r\n",
                "fileserver 10.0.20348.2402, web02 10.0.20348.1",
            ),
            (
                "==> \\\\web01\\c$\\ver.txt <==\n10.0.20348.2402\n==> \\\\web02\\c$\\ver.txt <==\n10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                "=== \\\\images\\c$\\ver.txt ===\n10.0.20348.2402\n=== \\\\fileserver\\c$\\ver.txt ===\n10.0.20348.2402\n",
                "images 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            ("==> \\\\images\\c$\\ver.txt <==\nMicrosoft Windows [Version 10.0.20348.2402]\n", "images 10.0.20348.2402"),
            // What is shared may have files of several computers.
            (
                "\\\\nas01\\hosts\\web01.txt:\n10.0.20348.2402\n\n\\\\nas01\\hosts\\web02.txt:\n10.0.20348.2402\n",
                "nas01\\hosts\\web01.txt 10.0.20348.2402, nas01\\hosts\\web02.txt 10.0.20348.2402",
            ),
            (
                "\\\\nas01\\hosts\\web01:\n10.0.20348.2402\n\\\\nas01\\hosts\\web02:\n10.0.20348.2402\n",
                "nas01\\hosts\\web01 10.0.20348.2402, nas01\\hosts\\web02 10.0.20348.2402",
            ),
            (
                "\n\\\\nas01\\my hosts\\web01.txt\n\n\n10.0.20348.2402\n\n\\\\nas01\\my hosts\\web02.txt\n\n\n10.0.20348.2402\n",
                "nas01\\my hosts\\web01.txt 10.0.20348.2402, nas01\\my hosts\\web02.txt 10.0.20348.2402",
            ),
            (
                "==> \\\\nas01\\hosts\\web01.txt <==\n10.0.20348.2402\n==> \\\\nas01\\hosts\\web02.txt <==\n10.0.17763.5820\n",
                "nas01\\hosts\\web01.txt 10.0.20348.2402, nas01\\hosts\\web02.txt 10.0.17763.5820",
            ),
            (
                "=== \\\\localhost\\c$\\web01.txt ===\n10.0.20348.2402\n=== \\\\localhost\\c$\\web02.txt ===\n10.0.20348.2402\n",
                "localhost\\c$\\web01.txt 10.0.20348.2402, localhost\\c$\\web02.txt 10.0.20348.2402",
            ),
            (
                "\\\\nas01\\c$\\web01.txt:\n10.0.20348.2402\n\\\\nas01\\c$\\web02.txt:\n10.0.20348.2402\n",
                "nas01\\c$\\web01.txt 10.0.20348.2402, nas01\\c$\\web02.txt 10.0.20348.2402",
            ),
            ("\\\\nas01\\c$\\web01.txt:\n10.0.20348.2402\n\\\\nas01\\c$\\web01.txt:\n10.0.20348.2402\n", "nas01 10.0.20348.2402"),
            // Keys at more depths than most texts have.
            (
                "a1:\n b1:\n  c1:\n   d1:\n    e1:\n     f1:\n      g1:\n       h1:\n        web01:\n          version: 10.0.20348.2402\n        \
                 web02:\n          version: 10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
        ] {
            assert_eq!(hosts_in(text), expected, "{text}");
        }
    }

    #[test]
    fn a_computer_without_a_windows_is_named() {
        for (text, expected) in [
            ("=== database\nMicrosoft Windows [Version 10.0.20348.2402]\n=== fileserver\nAccess is denied.\n", NOT_OF_EACH),
            ("database:\n  Microsoft Windows [Version 10.0.20348.2402]\nfileserver:\n  Access is denied.\n", NOT_OF_EACH),
            ("web01:\n  version: 10.0.20348.2402\nweb02:\n  address: 10.0.0.5\n", NOT_OF_EACH),
            (
                "web01:\n  os_name: Windows Server 2019\n  version: ltsc2022\nweb02:\n  version: ltsc2022\n",
                "the Windows of `web01` is not known",
            ),
            (
                "rack1:\nweb01 10.0.20348.2402\nrack2:\nweb02 10.0.20348.2402\n",
                "the lines below `rack1` name another computer, `web01`",
            ),
            ("rack1:\nweb01=ltsc2022\nrack2:\nweb02=ltsc2019\n", "the lines below `rack1` name another computer, `web01`"),
            (
                "rack1:\nfileserver 10.0.20348.2402\nrack2:\ndatabase 10.0.20348.2402\n",
                "the lines below `rack1` name another computer, `fileserver`",
            ),
            (
                "web01:\n  version: 10.0.20348.2402\ngroup:\n  db01:\n    version: 10.0.20348.2402\nweb02:\n  version: 10.0.20348.2402\n",
                "the lines below `group` name another computer, `db01`",
            ),
            // Titles with marks of two kinds.
            ("=== web01 ===\n10.0.20348.2402\n--- web02 ---\n10.0.20348.2402\n", NOT_OF_EACH),
            ("=== web01 ===\n10.0.20348.2402\nweb02:\n10.0.20348.2402\n", NOT_OF_EACH),
            ("\\\\web01:\n10.0.20348.2402\nweb02:\n10.0.20348.2402\n", NOT_OF_EACH),
            ("web01:\n10.0.20348.2402\nweb02:\n10.0.20348.2402\n\\\\web03:\n10.0.20348.2402\n", NOT_OF_EACH),
            // Groups with computers in them.
            (
                "group1:\n  hosts:\n    web:\n      version: 10.0.20348.2402\n    app:\n      version: 10.0.20348.2402\ngroup2:\n  hosts:\n    \
                 db:\n      version: 10.0.20348.2402\n",
                "the lines below `group1` name another computer, `web`",
            ),
            (
                "frontend:\n  web:\n    version: 10.0.20348.2402\nbackend:\n  db:\n    version: 10.0.20348.2402\n",
                "the lines below `frontend` name another computer, `web`",
            ),
            (
                "frontend:\n  web: 10.0.20348.2402\nbackend:\n  db: 10.0.20348.2402\n",
                "the lines below `frontend` name another computer, `web`",
            ),
            // A host beside the keys.
            (
                "hosts:\n  web01:\n    version: 10.0.20348.2402\n  db01: ltsc2019\n  web02:\n    version: 10.0.20348.2402\n",
                NOT_OF_EACH,
            ),
            ("hosts:\n  web01:\n    version: 10.0.20348.2402\n  db01: ltsc2022\n", NOT_OF_EACH),
            // One that did not answer, in the line of its key.
            ("web01:\n  version: 10.0.20348.2402\nweb02: unreachable\n", NOT_OF_EACH),
            ("hosts:\n  web01:\n    version: 10.0.20348.2402\n  \"web02\": null # new\n", NOT_OF_EACH),
            (
                "database:\n  10.0.20348.2402\nfileserver:\n  10.0.20348.2402\ntest1: failed\n",
                "database 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            (
                "db01 ltsc2019\n=== web01 ===\nMicrosoft Windows [Version 10.0.20348.2402]\n",
                "this text is a list with a host on each line",
            ),
            ("db01 ltsc2022\n=== web01 ===\nMicrosoft Windows [Version 10.0.20348.2402]\n", NOT_OF_EACH),
            (
                "=== web01\nMicrosoft Windows [Version 10.0.20348.2402]\n=== web01\nMicrosoft Windows [Version 10.0.17763.1]\n",
                "this text holds 2 hosts with the name `web01`",
            ),
        ] {
            assert_eq!(hosts_in(text), expected, "{text}");
        }
    }

    #[test]
    fn parts_of_one_computer_are_not_computers() {
        for text in [
            "=== Windows ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== Network ===\nnone\n",
            "=== Login ===\nbob\n=== Kernel ===\nMicrosoft Windows [Version 10.0.20348.2402]\n",
            "Notes:\nOS Build 20348.2402\nContact:\n",
            "Description:\ndocker pull failed\nEnvironment:\nMicrosoft Windows [Version 10.0.20348.2402]\n",
            "Symptom:\nthe pull timed out\nWorkaround:\nMicrosoft Windows [Version 10.0.20348.2402]\n",
            "=== cmd ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== powershell ===\n10.0.20348.2402\n",
            "Requirements:\nWindows Server 2022 (10.0.20348)\nFound:\nMicrosoft Windows [Version 10.0.20348.2402]\n",
            "Running:\n  10.0.20348.2402\nLatest:\n  10.0.20348.2402\n",
            "=== Environment ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== Tests ===\n0 failed, 12 passed\n=== Cleanup ===\n",
            "Login:\n  bob\nAgent:\n  Microsoft Windows [Version 10.0.20348.2402]\nErrors:\n  Access is denied.\n",
            "step1:\n  10.0.20348.2402\nstep2:\n  10.0.20348.2402\n",
            "CsWorkgroup :\nOsVersion : 10.0.20348\nWindowsUBR : 2402\nCsModel2 :\n",
        ] {
            assert!(hosts_in(text).ends_with(" 10.0.20348.2402"), "{text}: {}", hosts_in(text));
            assert!(hosts_in(text).starts_with("Windows Server 2022"), "{text}: {}", hosts_in(text));
        }
        // Images of services are not the Windows of computers.
        let compose = "services:\n  web1:\n    image: servercore:10.0.17763.1\n  web2:\n    image: servercore:10.0.17763.1\n";
        assert_eq!(hosts_in(compose), NOT_OF_EACH);
    }
}
