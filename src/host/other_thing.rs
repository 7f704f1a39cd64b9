//! Things that have the version of a Windows and are not hosts: files, updates, packages and images.

use super::version_text::{full_version, versions};
use crate::Error;
use crate::text::{is_quote, quoted};

/// What a name is that of, where it cannot be that of a computer: `a file` for `ntdll.dll`, `an update` for `KB5037765`.
pub(super) fn named(name: &str) -> Option<&'static str> {
    const FILES: &str = "appx cpl dll drv efi exe msi msix msu mui nupkg ocx sys winmd";
    const LEAST_DIGITS: usize = 6;
    let is_known = |ending: &str| FILES.split(' ').any(|known| ending.eq_ignore_ascii_case(known));
    let is_file = name.rsplit_once('.').is_some_and(|(before, ending)| !before.is_empty() && is_known(ending));
    let is_number = |digits: &str| digits.len() >= LEAST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_update = name.split_at_checked(2).is_some_and(|(kb, digits)| kb.eq_ignore_ascii_case("kb") && is_number(digits));
    if is_file {
        Some("a file")
    } else if is_update {
        Some("an update")
    } else {
        None
    }
}

/// The error of a name that cannot be that of a computer; `None` for any other.
pub(super) fn error(name: &str) -> Option<Error> {
    let thing = named(name)?;
    let error = Error::new(format!("{} is {thing}, not a host", quoted(name)));
    let error = error.because("it has a version of its own");
    Some(error.hint("leave it out, or give the version of the host alone, as the command `ver` prints it there"))
}

/// True for the label of a list of such things, in any spelling: `baseImages`, `installed_packages`.
pub(super) fn is_label(label: &str) -> bool {
    const THINGS: &str = "assemblies container containers dependencies dlls drivers image images libraries modules packages";
    let is_thing = |word: &str| THINGS.split(' ').any(|known| word.eq_ignore_ascii_case(known));
    let last = label.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let last_hump = last.rfind(char::is_uppercase).and_then(|at| last.get(at..));
    is_thing(last) || last_hump.is_some_and(is_thing)
}

/// The reason why what has versions below such a label is not read.
pub(super) fn reason(label: &str) -> String {
    format!("the versions below {} are not those of hosts", quoted(label))
}

/// The error of a text that has no other versions.
pub(super) fn below(label: &str) -> Error {
    let error = Error::new("this text does not name a host").because(reason(label));
    error.hint("give what the command `ver` prints on each host, or the version of each, e.g. web01 10.0.20348.2402")
}

/// A text of YAML without what stands below the labels of such things, and the first of these labels. `None` where no version stands
/// there.
pub(super) fn without(text: &str) -> Option<(String, &str)> {
    if !text.lines().any(|line| label_in(line).is_some()) {
        return None;
    }
    let (mut rest, mut first, mut has_version) = (String::new(), None, false);
    // The place where the label begins that a line is below.
    let mut at: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        let depth = line.len() - words.len();
        let ends = |at: usize| !words.is_empty() && depth <= at && !(depth == at && words.starts_with("- "));
        at = at.filter(|at| !ends(*at));
        if at.is_some() {
            has_version |= !versions(line).is_empty();
        } else if let Some((begin, label)) = label_in(line) {
            at = Some(begin);
            first = first.or(Some(label));
        } else {
            rest.push_str(line);
        }
    }
    Some((rest, first?)).filter(|_| has_version)
}

/// The label of such things that is alone in a line, and the place where it begins.
fn label_in(line: &str) -> Option<(usize, &str)> {
    let words = line.trim_start();
    let words = words.strip_prefix("- ").map_or(words, str::trim_start);
    let label = words.trim_end().strip_suffix(':')?.trim_matches(is_quote);
    is_label(label).then_some((line.len() - words.len(), label))
}

/// The error of a text whose versions each stand behind the name of a file or an update in their lines: `ntdll.dll 10.0.20348.1`.
pub(super) fn in_lines(text: &str) -> Option<Error> {
    let mut with_version = text.lines().filter(|line| !versions(line).is_empty());
    let first = before_version(with_version.next()?)?;
    with_version.all(|line| before_version(line).is_some()).then(|| error(first)).flatten()
}

/// The name of a file or an update before the version in a line.
fn before_version(line: &str) -> Option<&str> {
    const SEPARATORS: [char; 6] = [' ', '\t', ',', ';', '=', ':'];
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (name, rest) = line.split_once(SEPARATORS)?;
    let name = name.trim_end_matches(is_quote);
    let mut words = rest.split(|c: char| c.is_whitespace() || is_quote(c) || SEPARATORS.contains(&c));
    let version = words.find(|word| !word.is_empty())?;
    (named(name).is_some() && full_version(version).is_some()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Attributes, read};
    use crate::knowledge::Knowledge;

    #[test]
    fn things_are_known_by_their_names_and_by_the_labels_of_their_lists() {
        for (name, expected) in [
            ("ntdll.dll", Some("a file")),
            ("Setup.EXE", Some("a file")),
            ("KB5037765", Some("an update")),
            ("kb7", None),
            ("web01", None),
            ("web01.corp.example", None),
            (".sys", None),
            ("dll", None),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
        for label in ["images", "baseImages", "base_images", "IMAGES", "Installed Packages", "dlls"] {
            assert!(is_label(label), "{label}");
        }
        for label in ["base-image2", "container-01", "servers", "imageReference", ""] {
            assert!(!is_label(label), "{label}");
        }
    }

    /// The labels and versions of the hosts in a text, or what is wrong with it, with the first cause.
    fn host(text: &str) -> String {
        match read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()) {
            Ok(hosts) => hosts.iter().map(|host| format!("{} {}", host.label, host.os_version)).collect::<Vec<_>>().join(", "),
            Err(error) => format!("{}: {}", error.what, error.causes.first().map_or("", String::as_str)),
        }
    }

    #[test]
    fn the_versions_of_things_are_not_hosts() {
        const OF_FILE: &str = "`ntdll.dll` is a file, not a host: it has a version of its own";
        const BELOW: &str = "this text does not name a host: the versions below `images` are not those of hosts";
        const IN_JSON: &str = "a host cannot be read from JSON: the versions below `images` are not those of hosts";
        for (text, expected) in [
            ("ntdll.dll 10.0.20348.1\n", OF_FILE),
            ("ntdll.dll=10.0.20348.1\n", OF_FILE),
            ("ntdll.dll: 10.0.20348.1\nuser32.dll: 10.0.20348.1\n", OF_FILE),
            ("files:\n  - \"ntdll.dll\": \"10.0.20348.1\"\n", OF_FILE),
            ("Name,Version\nntdll.dll,10.0.20348.1\nkernel32.dll,10.0.20348.1\n", OF_FILE),
            (r#"[{"name": "ntdll.dll", "version": "10.0.20348.1"}, {"name": "user32.dll", "version": "10.0.20348.1"}]"#, OF_FILE),
            (r#"{"value": [{"name": "ntdll.dll", "version": "10.0.20348.1"}]}"#, OF_FILE),
            ("KB5037765 10.0.20348.2402\n", "`KB5037765` is an update, not a host: it has a version of its own"),
            (
                r#"{"ntdll.dll": {"version": "10.0.20348.1"}, "kernel32.dll": {"version": "10.0.20348.1"}}"#,
                "a host cannot be read from JSON: `kernel32.dll` is a file, not a host",
            ),
            (r#"{"images": {"app": {"osVersion": "10.0.20348.1"}}}"#, IN_JSON),
            (r#"{"images": {"app1": {"osVersion": "10.0.20348.1"}, "db1": {"osVersion": "10.0.20348.1"}}}"#, IN_JSON),
            (r#"{"images": [{"name": "app", "os": "Windows Server 2022", "osVersion": "10.0.20348.1"}]}"#, IN_JSON),
            (
                r#"{"lock": {"dependencies": {"foo": "10.0.20348.1", "bar": "10.0.20348.1"}}}"#,
                "a host cannot be read from JSON: the versions below `dependencies` are not those of hosts",
            ),
            ("images:\n  app1:\n    osVersion: 10.0.20348.1\n  app2:\n    osVersion: 10.0.20348.1\n", BELOW),
            ("images:\n- name: app\n  osVersion: 10.0.20348.1\n", BELOW),
            ("spec:\n  images:\n    app1: 10.0.20348.1\n\n  name: x\n", BELOW),
            // Beside hosts.
            (
                "images:\n- name: app\n  osVersion: 10.0.17763.1\nhosts:\n- name: web01\n  osVersion: 10.0.20348.1\n",
                "web01 10.0.20348.1",
            ),
            (
                r#"{"images": {"app1": {"osVersion": "10.0.17763.1"}}, "web01": "10.0.20348.1", "web02": "10.0.20348.1"}"#,
                "web01 10.0.20348.1, web02 10.0.20348.1",
            ),
            ("Drivers:\n  usb 10.0.17763.1\nMicrosoft Windows [Version 10.0.20348.1]\n", "Windows Server 2022 10.0.20348.1"),
            ("cmd.exe: Microsoft Windows [Version 10.0.20348.2402]\n", "Windows Server 2022 10.0.20348.2402"),
        ] {
            assert_eq!(host(text), expected, "{text}");
        }
    }
}
