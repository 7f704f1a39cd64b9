//! What a command printed on several computers, below a line with the name of each: `\\web01:` as PsExec writes it, `=== web01 ===`,
//! `web01:`; and YAML with a key for each computer.

use super::records::{Records, plain};
use super::{Document, Format, Read, Syntax, answers, in_answer, inventory};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::list::{self, LONGEST_LINE, MOST_LINES, is_mixed};
use crate::host::version_text::{self, versions};
use crate::host::{other_host, spec};
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
    /// `\\web01:`.
    PsExec,
    /// `=== web01 ===`, `==> web01 <==`.
    Equals,
    /// `--- web01 ---`.
    Hyphens,
    /// `web01:`, with so many blanks before it.
    Colon(usize),
}

/// A line with the name of a computer, above what was printed of it.
#[derive(Clone, Copy, Debug)]
struct Title<'t> {
    /// The number of the line.
    at: usize,
    name: &'t str,
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
        let of_psexec = || Some((trimmed.strip_prefix(r"\\")?.strip_suffix(':')?, Mark::PsExec));
        let of_line = || {
            let mark = match trimmed.get(..3)? {
                "===" | "==>" => Mark::Equals,
                "---" => Mark::Hyphens,
                _ => return None,
            };
            let name = trimmed.trim_matches(|c: char| c.is_whitespace() || "=-<>".contains(c));
            // The files of a patch have such lines too.
            (!name.contains(['/', '\\'])).then_some((name, mark))
        };
        // A property without a value has blanks before its colon: `CsWorkgroup  :`. In a list of YAML a hyphen stands before the key.
        let of_colon = || {
            let key = plain(trimmed.strip_prefix("- ").unwrap_or(trimmed)).strip_suffix(':')?;
            (key.trim_end() == key).then_some((key.trim_end_matches(is_quote), Mark::Colon(blanks_before(line))))
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
        // PsExec writes names of computers alone.
        let is_computer = mark == Mark::PsExec || !(list::is_label(name) || is_part(name));
        (spec::is_name(name) && is_computer).then_some(Self { at, name, mark, said })
    }

    /// True for a title that is the name of a computer, whatever is below it.
    fn is_sure(&self) -> bool {
        self.mark == Mark::PsExec || is_mixed(self.name)
    }
}

/// What stands in YAML and in lists instead of what a computer would have said.
const EMPTY: [&str; 9] = ["null", "~", "{}", "[]", "none", "failed", "offline", "unknown", "n/a"];

/// The name of a computer in a line that is surely the title of a section.
pub(in crate::host) fn title(line: &str) -> Option<&str> {
    Title::of(0, line).filter(|title| title.is_sure() && title.said.is_none()).map(|title| title.name)
}

/// The name of a computer in a line that says that it did not answer: `web02: unreachable`.
pub(in crate::host) fn unread(line: &str) -> Option<&str> {
    Title::of(0, line).filter(|title| title.said.is_some()).map(|title| title.name)
}

/// True for a word above a part of what is said of one computer, or of images, as `Network` of `=== Network ===`. `container-01` is the
/// name of a computer.
pub(in crate::host) fn is_part(word: &str) -> bool {
    const PARTS: &str = "actual after all amd64 arm64 base base64 before begin children client cmd container containers \
                         cpu current data description disk disks docker end environment error errors expected facts \
                         firewall guest guests hardware host hosts hotfixes image images issue linux log logs machine \
                         md5 memory message metadata msg network new note notes old os output platform powershell \
                         previous problem properties registry result results server services setup software spec start \
                         status stderr stdout steps storage summary symptom symptoms system tag tags update updates utf8 \
                         vars version win32 windows x64 x86";
    // Of these a computer has several: `nic1`.
    const COUNTED: &str = "adapter disk drive eth ipv kb nic partition sha volume";
    let is_one_of = |words: &str, word: &str| words.split(' ').any(|known| word.eq_ignore_ascii_case(known));
    let counted = word.trim_end_matches(|c: char| c.is_ascii_digit());
    is_one_of(PARTS, word) || (counted.len() < word.len() && is_one_of(COUNTED, counted))
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

/// The sections of [`FORMAT`]. A word is a title beside sure ones where what is below it is that of another computer.
fn named<'t>(document: &Document<'t>) -> Option<Vec<Section<'t>>> {
    let knowledge = document.knowledge;
    let Titles { lines, groups, left_out } = Titles::of(document.text);
    let found = groups.into_iter().find_map(|(mark, all)| {
        let sure: Vec<Title<'_>> = all.iter().copied().filter(Title::is_sure).collect();
        let least = if matches!(mark, Mark::Colon(_)) { 2 } else { 1 };
        let with_words = || {
            let sections = below(&lines, &all, least, knowledge)?;
            let is_computer = |section: &Section<'_>| {
                !section.title.is_sure() && (section.names_windows(knowledge) || is_no_answer(&section.body))
            };
            sections.iter().any(is_computer).then_some(sections)
        };
        let is_any_sure = !sure.is_empty();
        let sections = is_any_sure.then(|| with_words().or_else(|| below(&lines, &sure, least, knowledge))).flatten();
        sections.filter(|sections| sections.iter().any(|section| section.names_windows(knowledge)))
    });
    // What is below that title is not known, which is an error.
    found.or_else(|| Some(vec![Section { title: left_out?, body: String::new() }]))
}

/// The sections of [`WORDS`], and those of which one is about a computer that did not answer.
fn called<'t>(document: &Document<'t>) -> Option<Vec<Section<'t>>> {
    let knowledge = document.knowledge;
    let Titles { lines, groups, .. } = Titles::of(document.text);
    groups.into_iter().filter(|(_, group)| !group.iter().any(Title::is_sure)).find_map(|(_, group)| {
        let sections = below(&lines, &group, 2, knowledge)?;
        let names_windows = |section: &Section<'_>| section.names_windows(knowledge);
        let is_unread = |section: &Section<'_>| !names_windows(section) && is_no_answer(&section.body);
        let are_computers = sections.iter().all(names_windows) || sections.iter().any(is_unread);
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
        // A key ends before the next line that is no deeper.
        let is_outside = |line: &&str| match title.mark {
            Mark::Colon(depth) if depth > 0 => !line.trim().is_empty() && blanks_before(line) <= depth,
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

fn hosts(document: &Document<'_>, sections: Option<Vec<Section<'_>>>) -> Result<Vec<HostFacts>, Error> {
    let sections = sections.unwrap_or_default();
    let read = |section: &Section<'_>| of_section(section, document.knowledge);
    answers::hosts(document, sections.iter().map(|section| (section.title.name, read(section))).collect())
}

/// The hosts in one section. It is what a tool printed, or properties that have a column in an inventory.
fn of_section(section: &Section<'_>, knowledge: &Knowledge) -> Result<Read, Error> {
    let (name, body) = (section.title.name, section.body.as_str());
    if !section.names_windows(knowledge) {
        return Err(version_text::without_a_windows("text", name));
    }
    // A heading of a list is not a computer.
    if let Some(other) = other_in(section, knowledge) {
        return Err(Error::new(format!("the lines below {} name another computer, {}", quoted(name), quoted(other)))
            .hint(format!("leave out the line with {}, or write one host on each line", quoted(name))));
    }
    in_answer(body, knowledge).or_else(|error| {
        let records = Records::of_text(body).all;
        let read = match records.as_slice() {
            [record] if versions(body).len() < 2 => inventory::computer(record, knowledge),
            _ => None,
        };
        let read = read.unwrap_or(Err(error)).map(|facts| Read { hosts: vec![facts], notes: Vec::new() });
        read.map_err(|error| error.within(format!("the Windows of {} is not known", quoted(name))))
    })
}

/// The name of another computer in what is below a title: before a host in a line, before the host in each line, and above the Windows.
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
    in_line().or_else(in_each_line).or_else(above_windows)
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;

    const NOT_OF_EACH: &str = "this text is about several computers, and does not name the Windows of each";

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
