//! Things that have the version of a Windows and are not hosts: files, updates, packages and images.

use super::list::{self, MOST_LINES, is_mixed};
use super::version_text::{full_version, versions};
use super::{source, spec};
use crate::Error;
use crate::text::{is_quote, quoted};

/// The advice about a text that has no other versions.
pub(super) const HINT: &str =
    "give what the command `ver` prints on each host, or the version of each, e.g. web01 10.0.20348.2402";

/// What a name is that of, where it cannot be that of a computer: `a file` for `ntdll.dll`, `an update` for `KB5037765`.
pub(super) fn named(name: &str) -> Option<&'static str> {
    const FILES: &str = "appx cpl dll efi exe msix msu mui nupkg ocx sys winmd";
    let is_known = |ending: &str| FILES.split(' ').any(|known| ending.eq_ignore_ascii_case(known));
    // A domain within a company may end so too: `dc01.corp.sys`.
    let is_in_domain = |before: &str, ending: &str| ending.eq_ignore_ascii_case("sys") && before.contains('.');
    let is_file = name.rsplit_once('.').is_some_and(|(before, ending)| {
        let is_named = !before.is_empty() && is_known(ending);
        is_named && !is_in_domain(before, ending)
    });
    if is_file {
        Some("a file")
    } else if is_update(name) {
        Some("an update")
    } else {
        None
    }
}

/// True for the name of an update: `KB5037765`.
pub(super) fn is_update(name: &str) -> bool {
    const LEAST_DIGITS: usize = 6;
    let is_number = |digits: &str| digits.len() >= LEAST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    name.split_at_checked(2).is_some_and(|(kb, digits)| kb.eq_ignore_ascii_case("kb") && is_number(digits))
}

/// The error of a name that cannot be that of a computer; `None` for any other.
pub(super) fn error(name: &str) -> Option<Error> {
    let thing = named(name)?;
    let error = Error::new(format!("{} is {thing}, not a host", quoted(name)));
    let error = error.because(format!("the version of {thing} need not be that of a host"));
    Some(error.hint("leave it out, or give the version of the host alone, as the command `ver` prints it there"))
}

/// A label in small letters, without what stands between its words.
fn letters(label: &str) -> String {
    label.chars().filter(|c| !matches!(c, ' ' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// True for the label of a list of such things: `images`, `baseImages`, `Installed packages`. Any other word before it may be a part of the
/// name of a computer: `win-images`.
pub(super) fn is_label(label: &str) -> bool {
    const THINGS: &str = "assemblies containers dependencies dlls drivers images libraries modules packages";
    const LONGEST: usize = 32;
    if label.len() > LONGEST {
        return false;
    }
    let letters = letters(label);
    let thing = ["base", "installed"].iter().find_map(|word| letters.strip_prefix(word)).unwrap_or(&letters);
    THINGS.split(' ').any(|known| known == thing)
}

/// True for a label of such things that groups of computers have too.
pub(super) fn may_be_group(label: &str) -> bool {
    ["containers", "images"].contains(&letters(label).as_str())
}

/// The labels in a group of computers.
pub(super) const IN_GROUPS: [&str; 2] = ["hosts", "children"];

/// True for a label of what is told of one computer: below the name of a list it makes that the name of a computer.
pub(super) fn is_of_computer(label: &str) -> bool {
    list::is_label(label) || source::OUTPUTS.contains(&label)
}

/// True for a name that is surely that of a computer, by the digits in it.
pub(super) fn is_computer(name: &str) -> bool {
    let is_other = name.contains([':', '/']) || list::is_label(name) || source::sections::is_part(name);
    is_mixed(name) && spec::is_name(name) && !is_other
}

/// The reason why what has versions below such a label is not read.
pub(super) fn reason(label: &str) -> String {
    format!("the versions below {} are not those of hosts", quoted(label))
}

/// The note about versions that were left out beside hosts.
pub(super) fn note(label: &str) -> String {
    format!("the versions below {} are left out, since they are not known to be those of hosts", quoted(label))
}

/// The error of a text that has no other versions.
pub(super) fn below(label: &str) -> Error {
    Error::new("this text does not name a host").because(reason(label)).hint(HINT)
}

/// A text of YAML without the versions below the labels of such things, and the first of these labels. `None` where none stands there.
pub(super) fn without(text: &str) -> Option<(String, &str)> {
    if !text.lines().any(|line| label_in(line).is_some()) {
        return None;
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut rest, mut first, mut at) = (String::new(), None, 0);
    while let Some((&line, behind)) = lines.get(at..).and_then(<[&str]>::split_first) {
        let (label, below) = label_in(line).map_or((None, 0), |(begin, label)| (Some(label), lines_below(behind, begin)));
        let below = behind.get(..below).unwrap_or_default();
        let has_version = below.iter().any(|line| !versions(line).is_empty());
        match label.filter(|label| has_version && !are_of_hosts(label, below)) {
            Some(label) => first = first.or(Some(label)),
            None => rest.extend(std::iter::once(line).chain(below.iter().copied())),
        }
        at += 1 + below.len();
    }
    Some((rest, first?))
}

/// The number of these lines that are below a label with so many blanks before it.
fn lines_below(lines: &[&str], begin: usize) -> usize {
    let ends = |line: &&str| {
        let (words, depth) = (line.trim_start(), depth_of(line));
        !words.is_empty() && depth <= begin && !(depth == begin && words.starts_with("- "))
    };
    lines.iter().position(ends).unwrap_or(lines.len())
}

/// The number of blanks before a line.
fn depth_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The key of a line of YAML and what is behind it.
fn key_and_value(line: &str) -> (&str, &str) {
    let words = line.trim();
    let words = words.strip_prefix("- ").unwrap_or(words);
    let (key, value) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    (key.trim_end_matches(':').trim_matches(is_quote), value.trim().trim_matches(is_quote))
}

/// True for lines below such a label that are about computers after all: a group of some, or what is told of one that is called so.
fn are_of_hosts(label: &str, lines: &[&str]) -> bool {
    let is_group = may_be_group(label);
    let is_of_some = |line: &&str| {
        let (key, value) = key_and_value(line);
        let lower = key.to_ascii_lowercase();
        let is_named = || (lower.ends_with("name") || lower == "host") && is_computer(value);
        IN_GROUPS.contains(&key) || (is_group && (is_computer(key) || is_named()))
    };
    are_of_one(lines) || lines.iter().any(is_of_some)
}

/// True for lines that tell of one computer: its properties, or what `ver` prints.
fn are_of_one(lines: &[&str]) -> bool {
    let depth = lines.iter().find(|line| !line.trim().is_empty()).map_or(0, |first| depth_of(first));
    lines.iter().any(|line| {
        let words = line.trim();
        let (key, value) = key_and_value(line);
        let is_property = depth_of(line) == depth && !words.starts_with('-') && !value.is_empty() && is_of_computer(key);
        is_property || words.starts_with("Microsoft Windows ") || words.starts_with("Windows ")
    })
}

/// The label of such things that is the name of a computer: it stands beside one, and has the Windows of one below it.
pub(super) fn computer_called_so(text: &str) -> Option<&str> {
    let lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    lines.iter().enumerate().find_map(|(at, &line)| {
        let (begin, label) = label_in(line).filter(|(_, label)| may_be_group(label))?;
        let depth = depth_of(line);
        let behind = lines.get(at + 1..)?;
        let below = behind.get(..lines_below(behind, begin))?;
        let has_version = below.iter().any(|line| !versions(line).is_empty());
        let is_beside = || lines.iter().any(|line| depth_of(line) == depth && source::sections::title(line).is_some());
        (has_version && are_of_one(below) && is_beside()).then_some(label)
    })
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
            ("http.sys", Some("a file")),
            ("dc01.corp.sys", None),
            ("System.Data.dll", Some("a file")),
            ("srv.msi", None),
            ("dll", None),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
        for label in ["images", "baseImages", "base_images", "IMAGES", "Installed packages", "dlls"] {
            assert!(is_label(label), "{label}");
        }
        for label in ["image", "win-images", "my_images", "SRV.Images", "winImages", "container-01", "imageReference", ""] {
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
        const OF_FILE: &str = "`ntdll.dll` is a file, not a host: the version of a file need not be that of a host";
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
            (
                "KB5037765 10.0.20348.2402\n",
                "`KB5037765` is an update, not a host: the version of an update need not be that of a host",
            ),
            (
                r#"{"ntdll.dll": {"version": "10.0.20348.1"}, "kernel32.dll": {"version": "10.0.20348.1"}}"#,
                "a host cannot be read from JSON: `kernel32.dll` is a file, not a host",
            ),
            (r#"{"images": {"app": {"osVersion": "10.0.20348.1"}}}"#, IN_JSON),
            (r#"{"images": {"app": {"osVersion": "10.0.20348.1"}, "db": {"osVersion": "10.0.20348.1"}}}"#, IN_JSON),
            (r#"{"images": [{"name": "app", "os": "Windows Server 2022", "osVersion": "10.0.20348.1"}]}"#, IN_JSON),
            (
                r#"{"lock": {"dependencies": {"foo": "10.0.20348.1", "bar": "10.0.20348.1"}}}"#,
                "a host cannot be read from JSON: the versions below `dependencies` are not those of hosts",
            ),
            ("images:\n  app:\n    osVersion: 10.0.20348.1\n  db:\n    osVersion: 10.0.20348.1\n", BELOW),
            ("images:\n- name: app\n  osVersion: 10.0.20348.1\n", BELOW),
            ("spec:\n  images:\n    web: 10.0.20348.1\n\n  name: x\n", BELOW),
            // Beside hosts.
            (
                "images:\n- name: app\n  osVersion: 10.0.17763.1\nhosts:\n- name: web01\n  osVersion: 10.0.20348.1\n",
                "web01 10.0.20348.1",
            ),
            (
                r#"{"images": {"app": {"osVersion": "10.0.17763.1"}}, "web01": "10.0.20348.1", "web02": "10.0.20348.1"}"#,
                "web01 10.0.20348.1, web02 10.0.20348.1",
            ),
            ("Drivers:\n  usb 10.0.17763.1\nMicrosoft Windows [Version 10.0.20348.1]\n", "Windows Server 2022 10.0.20348.1"),
            ("cmd.exe: Microsoft Windows [Version 10.0.20348.2402]\n", "Windows Server 2022 10.0.20348.2402"),
        ] {
            assert_eq!(host(text), expected, "{text}");
        }
    }

    #[test]
    fn a_computer_and_a_group_may_be_called_like_things() {
        for (text, expected) in [
            (
                r#"{"web01": {"version": "10.0.17763.5820"}, "win-images": {"version": "10.0.20348.2402"}}"#,
                "web01 10.0.17763.5820, win-images 10.0.20348.2402",
            ),
            (
                r#"{"hosts": {"web01": {"version": "10.0.17763.5820"}, "images": {"version": "10.0.20348.2402"}}}"#,
                "images 10.0.20348.2402, web01 10.0.17763.5820",
            ),
            (
                r#"{"plays": [{"tasks": [{"hosts": {"images": {"stdout": "10.0.20348.2402"}, "web01": {"stdout": "10.0.20348.2402"}}}]}]}"#,
                "images 10.0.20348.2402, web01 10.0.20348.2402",
            ),
            (
                r#"{"all": {"children": {"containers": {"hosts": {"con01": {"os_version": "10.0.20348.2402"}}},
                "web": {"hosts": {"web01": {"os_version": "10.0.17763.5820"}}}}}}"#,
                "con01 10.0.20348.2402, web01 10.0.17763.5820",
            ),
            (
                r#"{"images": {"web01": "10.0.20348.2402", "web02": "10.0.17763.5820"}, "other": {"db01": "10.0.20348.2402", "db02": "10.0.17763.5820"}}"#,
                "web01 10.0.20348.2402, web02 10.0.17763.5820, db01 10.0.20348.2402, db02 10.0.17763.5820",
            ),
            (
                r#"{"web01": {"version": "10.0.17763.5820"}, "images": {"version": "10.0.20348.2402"}}"#,
                "images 10.0.20348.2402, web01 10.0.17763.5820",
            ),
            // Ends as files do, and as domains do.
            (
                "srv.msi:\n  version: 10.0.20348.2402\ndc01.corp.sys:\n  version: 10.0.20348.2402\nweb01:\n  version: 10.0.20348.2402\n",
                "srv.msi 10.0.20348.2402, dc01.corp.sys 10.0.20348.2402, web01 10.0.20348.2402",
            ),
            // A part of what is told of one.
            (
                "web01:\n  version: 10.0.20348.2402\n  images:\n    version: 10.0.20348.2402\n",
                "Windows Server 2022 10.0.20348.2402",
            ),
            (
                "web01:\n  version: 10.0.17763.5820\nwin-images:\n  version: 10.0.20348.2402\n",
                "web01 10.0.17763.5820, win-images 10.0.20348.2402",
            ),
            (
                "web01:\n    Microsoft Windows [Version 10.0.17763.5820]\nwin-images:\n    Microsoft Windows [Version 10.0.20348.2402]\n",
                "web01 10.0.17763.5820, win-images 10.0.20348.2402",
            ),
            (
                "all:\n  children:\n    containers:\n      hosts:\n        con01:\n          os_version: 10.0.20348.2402\n        con02:\n          \
                 os_version: 10.0.17763.5820\n    web:\n      hosts:\n        web01:\n          os_version: 10.0.20348.2402\n",
                "con01 10.0.20348.2402, con02 10.0.17763.5820, web01 10.0.20348.2402",
            ),
            (
                "containers:\n- name: web01\n  osVersion: 10.0.20348.2402\n- name: web02\n  osVersion: 10.0.20348.2402\nweb:\n- name: web03\n  \
                 osVersion: 10.0.20348.2402\n",
                "web01 10.0.20348.2402, web02 10.0.20348.2402, web03 10.0.20348.2402",
            ),
        ] {
            assert_eq!(host(text), expected, "{text}");
        }
        // In YAML one that is called so is not read, and never left out in silence.
        for text in [
            "web01:\n  version: 10.0.17763.5820\nimages:\n  version: 10.0.20348.2402\n",
            "web01:\n  version: 10.0.20348.2402\nimages:\n  version: 10.0.20348.2402\n",
            "hosts:\n  web01:\n    version: 10.0.20348.2402\n  images:\n    version: 10.0.20348.2402\n",
            "web01:\n    Microsoft Windows [Version 10.0.17763.5820]\nimages:\n    Microsoft Windows [Version 10.0.20348.2402]\n",
        ] {
            assert!(read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()).is_err(), "{text}");
        }
    }

    /// The names of the hosts in a text, and the notes.
    fn with_notes(text: &str) -> String {
        let read = crate::host::source::in_text(text, Knowledge::built_in()).unwrap();
        let names: Vec<&str> = read.hosts.iter().filter_map(|host| host.label.as_deref()).collect();
        let notes: Vec<String> = read.notes.iter().map(ToString::to_string).collect();
        format!("{}: {}", names.join(", "), notes.join("; "))
    }

    #[test]
    fn what_is_left_out_beside_hosts_is_in_a_note() {
        const IMAGES: &str = "the versions below `images` are left out, since they are not known to be those of hosts";
        for (text, expected) in [
            (
                "images:\n- name: app\n  osVersion: 10.0.17763.1\nhosts:\n- name: web01\n  osVersion: 10.0.20348.1\n",
                format!("web01: {IMAGES}"),
            ),
            (
                r#"{"images": {"app": {"osVersion": "10.0.17763.1"}}, "web01": "10.0.20348.1", "web02": "10.0.20348.1"}"#,
                format!("web01, web02: {IMAGES}"),
            ),
            (
                r#"{"hosts": [{"name": "web01", "osVersion": "10.0.20348.1"}], "images": [{"name": "app", "osVersion": "10.0.17763.1"}]}"#,
                format!("web01: {IMAGES}"),
            ),
            (
                r#"{"value": [{"deviceName": "PC1", "osVersion": "10.0.22631.1"}], "allowedVersions": ["10.0.22631", "10.0.26100"]}"#,
                format!("PC1: {}", IMAGES.replace("images", "allowedVersions")),
            ),
            (
                r#"{"hosts": [{"name": "web01", "version": "10.0.20348.2402"}],
                "updates": [{"name": "2024-05 Cumulative Update", "version": "10.0.20348.2461"}]}"#,
                format!("web01: {}", IMAGES.replace("images", "updates")),
            ),
            (
                r#"{"hosts": [{"name": "web01", "version": "10.0.20348.2402"}], "baselines": [{"name": "base", "version": "10.0.20348.2461"}]}"#,
                format!("web01: {}", IMAGES.replace("images", "baselines")),
            ),
            // Computers that are to get updates.
            (
                r#"{"hosts": [{"name": "web01", "version": "10.0.20348.2402"}], "updates": [{"name": "web02", "version": "10.0.20348.2402"}]}"#,
                "web01, web02: ".to_owned(),
            ),
            // What runs on a computer that has a version of its own.
            (
                r#"{"web01": {"version": "10.0.20348.2402", "containers": {"con01": {"version": "10.0.17763.5820"}}},
                "web02": {"version": "10.0.17763.5820"}}"#,
                format!("web01, web02: {}", IMAGES.replace("images", "containers")),
            ),
            (
                r#"{"hosts": {"web01": {"version": "10.0.20348.2402", "images": {"con01": "10.0.17763.5820"}},
                "web02": {"version": "10.0.17763.5820"}}}"#,
                format!("web01, web02: {IMAGES}"),
            ),
            (
                r#"{"hosts": [{"name": "web01", "version": "10.0.20348.1"}, {"name": "web02", "version": "10.0.20348.1"}],
                "updates": [{"name": "KB5031364", "version": "10.0.20348.2031"}]}"#,
                format!("web01, web02: {}", IMAGES.replace("images", "updates")),
            ),
            (
                r#"[{"name": "web01", "version": "10.0.20348.1"}, {"name": "ntdll.dll", "version": "10.0.17763.1"}]"#,
                "web01: left out, since files and updates are not hosts: `ntdll.dll`".to_owned(),
            ),
            ("Name,OperatingSystem,OperatingSystemVersion\nsrv.sys,Windows Server 2022,10.0 (20348)\n", "srv.sys: ".to_owned()),
        ] {
            assert_eq!(with_notes(text), expected, "{text}");
        }
    }
}
