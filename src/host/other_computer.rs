//! What tells the output of several computers from that of one: titles, and lines that tools write before or above what each computer
//! said.

use std::collections::HashSet;
use std::net::IpAddr;

use super::list::{self, LONGEST_LINE, MOST_LINES, is_mixed};
use super::{other_thing, source, spec, version_text};
use crate::knowledge::Knowledge;

/// The second computer with a section or a line of its own in what a tool printed of several, one that stands below what was printed
/// of a computer without a name, and one that a remote shell could not reach.
pub(super) fn named<'t>(text: &'t str, knowledge: &Knowledge) -> Option<&'t str> {
    let lines = text.lines().take(MOST_LINES).map(str::trim).filter(|line| !line.is_empty() && line.len() <= LONGEST_LINE);
    let lines: Vec<&str> = lines.collect();
    let titles: HashSet<&str> = lines.iter().copied().filter_map(source::sections::title).collect();
    // The first name, and whether it is above what was printed.
    let mut first: Option<(&str, bool)> = None;
    // A version without a name, and the computer below it.
    let (mut is_told, mut below) = (false, None);
    // The last name that a tool wrote, and whether a version is below it.
    let mut of_tool: Option<(&str, bool)> = None;
    for (at, line) in lines.iter().copied().enumerate() {
        if let Some(name) = several_or_unread(line) {
            return Some(name);
        }
        if let Some(name) = named_by_tool(line) {
            match of_tool {
                Some((known, true)) if !name.eq_ignore_ascii_case(known) => return Some(name),
                Some((_, true)) => {}
                _ => of_tool = Some((name, false)),
            }
        }
        if let Some((_, has_version)) = &mut of_tool {
            *has_version |= !version_text::versions(line).is_empty();
        }
        if let Some((name, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']'))
            && rest.trim_start().starts_with("Connecting to remote server")
        {
            return Some(name);
        }
        let could_not = line.strip_suffix(':').and_then(|line| line.rsplit_once(" access "));
        if let Some((before, name)) = could_not
            && (before.ends_with("Couldn't") || before.ends_with("Could not"))
            && !titles.contains(name)
        {
            return Some(name);
        }
        if let (Some((known, true)), Some(name)) = (first, source::sections::unread(line))
            && !name.eq_ignore_ascii_case(known)
        {
            return Some(name);
        }
        let title = source::sections::title(line);
        // What `hostname` prints, above what `ver` does.
        let alone = || {
            let is_next_told = || lines.get(at + 1).is_some_and(|next| !version_text::versions(next).is_empty());
            (is_name_alone(line, knowledge) && is_next_told()).then_some(line)
        };
        let heading = title.or_else(alone);
        // `db01: ltsc2022` beside `web01:`.
        let Some(name) = heading.or_else(|| list::computer_named(line, knowledge)) else {
            let has_version = !version_text::versions(line).is_empty();
            // Other titles than those of PsExec may be above a part of what was told.
            if let Some((name, is_sure)) = below
                && (has_version && is_sure || source::sections::is_no_answer(line))
            {
                return Some(name);
            }
            is_told |= has_version && first.is_none();
            continue;
        };
        match first {
            None => {
                first = Some((name, heading.is_some()));
                below = title.filter(|_| is_told).map(|name| (name, line.starts_with(r"\\")));
            }
            Some((known, is_heading)) if name.eq_ignore_ascii_case(known) || !(is_heading || heading.is_some()) => {}
            Some(_) => return Some(name),
        }
    }
    other_thing::computer_called_so(text)
}

/// The name of a computer in a line that a tool writes above what was printed there, or that was typed: `ok: [web01] => …` of Ansible,
/// `$ ssh web01 ver`, `=== Host web01 ===`, `=== web01.example (10.0.0.5) ===`, `Host: web01`.
fn named_by_tool(line: &str) -> Option<&str> {
    const STATUSES: [&str; 5] = ["ok", "changed", "fatal", "failed", "unreachable"];
    const WORDS: [&str; 5] = ["host", "computer", "server", "machine", "node"];
    let of_ansible = || {
        let (status, rest) = line.split_once(": [")?;
        let (name, _) = rest.split_once(']').filter(|_| STATUSES.contains(&status))?;
        Some(name)
    };
    let of_shell = || {
        let (prompt, typed) = line.split_once("ssh ")?;
        let word = typed.split_whitespace().find(|word| !word.starts_with('-') && word.contains(char::is_alphabetic))?;
        prompt.trim_end().ends_with(['$', '#', '>', '%']).then(|| word.rsplit('@').next().unwrap_or(word))
    };
    let between_marks = || {
        let begins = ["===", "---", "==>"].iter().any(|mark| line.starts_with(mark));
        let inner = line.trim_matches(|c: char| c.is_whitespace() || "=-<>".contains(c));
        let (first, second) = inner.split_once(' ').filter(|_| begins)?;
        // `=== Host network ===` is above a part of one.
        let is_word = is_mixed(second) && WORDS.iter().any(|word| first.trim_end_matches(':').eq_ignore_ascii_case(word));
        let address = || second.strip_prefix('(')?.strip_suffix(')')?.parse::<IpAddr>().ok();
        if is_word { Some(second) } else { address().map(|_| first) }
    };
    let behind_label = || labelled(line).filter(|name| is_mixed(name));
    let name = of_ansible().or_else(of_shell).or_else(between_marks).or_else(behind_label)?;
    // `ok: [2/5]` counts steps.
    let is_word = name.contains(char::is_alphabetic) && !name.eq_ignore_ascii_case("localhost");
    (spec::is_name(name) && is_word).then_some(name)
}

/// The name of a computer behind a label, alone in its line: `Host: web01`, `Computer Name : fileserver`.
pub(super) fn labelled(line: &str) -> Option<&str> {
    const LABELS: [&str; 4] = ["host", "hostname", "computer", "computername"];
    let (label, name) = line.split_once(':').map(|(label, name)| (label, name.trim()))?;
    let letters: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_label = LABELS.iter().any(|known| letters.eq_ignore_ascii_case(known));
    let is_word = spec::is_name(name) && !name.contains(':') && name.contains(char::is_alphabetic);
    let is_word_of_tools = list::is_label(name) || source::sections::is_part(name) || source::sections::is_state(name);
    let is_other = name.eq_ignore_ascii_case("localhost") || is_word_of_tools;
    (is_label && is_word && !is_other).then_some(name)
}

/// The names of several computers above what all of them printed, `web[01-02] (2)` of clush, and the name of one that a tool could not
/// ask: `[2] 10:00:01 [FAILURE] web02`.
fn several_or_unread(line: &str) -> Option<&str> {
    let of_several = || {
        let (names, count) = line.split_once(" (")?;
        let count: usize = count.strip_suffix(')')?.parse().ok()?;
        let is_one_word = names.starts_with(char::is_alphabetic) && !names.contains(' ');
        (count > 1 && is_one_word && names.contains('[')).then_some(names)
    };
    let of_unread = || {
        let (before, rest) = line.split_once("[FAILURE] ")?;
        rest.split_whitespace().next().filter(|_| before.is_empty() || before.starts_with('['))
    };
    of_several().or_else(of_unread)
}

/// True for a word that is the name of a computer, with digits in it, and no host.
fn is_name_alone(line: &str, knowledge: &Knowledge) -> bool {
    spec::is_name(line)
        && is_mixed(line)
        && !(line.contains(':') || list::is_label(line) || source::sections::is_part(line) || spec::is_host(line, knowledge))
        && version_text::versions(line).is_empty()
}

#[cfg(test)]
mod tests {
    use crate::host::list::tests::host;

    #[test]
    fn a_text_about_several_computers_is_not_one_host() {
        const SEVERAL: &str = "this text is about several computers, and does not name the Windows of each";
        const MORE: &str = "this text holds more than one Windows version";
        for (text, expected) in [
            (
                "\\\\web01:\n\nMicrosoft Windows [Version 10.0.20348.2402]\n\\\\web02:\nCould not access web02:\nAccess is denied.\n",
                SEVERAL,
            ),
            ("=== web01\nMicrosoft Windows [Version 10.0.20348.2402]\n=== web02\nAccess denied\n", SEVERAL),
            ("--- web01 ---\nMicrosoft Windows [Version 10.0.20348.2402]\n--- web02 ---\nAccess denied\n", SEVERAL),
            ("web01:\n  Microsoft Windows [Version 10.0.20348.2402]\nweb02:\n  Access denied\n", SEVERAL),
            ("Microsoft Windows [Version 10.0.20348.2402]\n[web02] Connecting to remote server web02 failed\n", SEVERAL),
            // PsExec, of a computer that it did not reach.
            ("Microsoft Windows [Version 10.0.20348.2402]\nCouldn't access web02:\nThe network path was not found.\n", SEVERAL),
            // A computer without a name before one with a title.
            ("Microsoft Windows [Version 10.0.20348.2402]\n\\\\web02:\nMicrosoft Windows [Version 10.0.20348.2402]\n", SEVERAL),
            ("Microsoft Windows [Version 10.0.20348.2402]\nweb02:\n  Access is denied.\n", SEVERAL),
            ("Microsoft Windows [Version 10.0.20348.2402]\nstep2:\n  the pull failed\n", "10.0.20348.2402"),
            ("web01:\nMicrosoft Windows [Version 10.0.20348.2402]\ndb01: 10.0.20348.2402\n", SEVERAL),
            // What `hostname` and `ver` print.
            (
                "web01\n\nMicrosoft Windows [Version 10.0.20348.2402]\nweb02\n\nMicrosoft Windows [Version 10.0.20348.2402]\n",
                SEVERAL,
            ),
            ("web01\n  version: 10.0.20348.2402\nweb02\n  version: 10.0.20348.2402\n", SEVERAL),
            // What a script writes, and what findstr does.
            ("Host: web01\n10.0.20348.2402\nHost: web02\n10.0.20348.2402\n", SEVERAL),
            ("Host: web01\n10.0.20348.2402\nHost: web01\n10.0.20348.2402\n", "10.0.20348.2402"),
            (
                "\\\\web01\\c$\\ver.txt:Microsoft Windows [Version 10.0.20348.2402]\n\\\\web02\\c$\\ver.txt:Microsoft Windows [Version 10.0.20348.2402]\n",
                "this text is a list with a host on each line",
            ),
            // Lines of other tools.
            (
                "ok: [web01] => {\"msg\": \"Microsoft Windows [Version 10.0.20348.2402]\"}\n\
                 ok: [web02] => {\"msg\": \"Microsoft Windows [Version 10.0.20348.2402]\"}\n",
                SEVERAL,
            ),
            ("$ ssh web01 ver\n10.0.20348.2402\n$ ssh web02 ver\n10.0.20348.2402\n", SEVERAL),
            ("$ ssh jump01\n$ ssh web01 ver\n10.0.20348.2402\n$ ssh web01 exit\n", "10.0.20348.2402"),
            ("=== Host OS ===\n10.0.20348.2402\n=== Host network ===\nnone\n", "10.0.20348.2402"),
            ("ok: [1/2] 10.0.20348.2402\nok: [2/2] done\n", "10.0.20348.2402"),
            ("=== Host web01 ===\n10.0.20348.2402\n=== Host web02 ===\n10.0.20348.2402\n", SEVERAL),
            (
                "=== web01.corp.example (10.0.0.5) ===\n10.0.20348.2402\n=== web02.corp.example (10.0.0.6) ===\n10.0.20348.2402\n",
                SEVERAL,
            ),
            ("---------------\nweb[01-02] (2)\n---------------\nMicrosoft Windows [Version 10.0.20348.2402]\n", SEVERAL),
            (
                "[1] 10:00:00 [SUCCESS] web01\nMicrosoft Windows [Version 10.0.20348.2402]\n[2] 10:00:01 [FAILURE] web02 Exited with \
                 error code 255\n",
                SEVERAL,
            ),
            ("Microsoft Windows [Version 10.0.20348.2402]\nweb01\n10.0.20348.2402\n", "10.0.20348.2402"),
            ("=== Windows ===\nMicrosoft Windows [Version 10.0.20348.2402]\n=== Network ===\nnone\n", "10.0.20348.2402"),
            (
                "2024-05 Cumulative Update for Windows Server 2019 for x64-based Systems (KB5037765) (17763.5820)\n\
                 2024-05 Cumulative Update for Windows 11 Version 23H2 for x64-based Systems (KB5037771)\n",
                MORE,
            ),
            ("The host of Monday has version 10.0.17763.5820.\nThe other one runs Windows Server 2022.\n", MORE),
        ] {
            assert_eq!(host(text), expected, "{text}");
        }
    }
}
