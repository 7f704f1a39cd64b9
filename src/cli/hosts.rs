//! The hosts of a question: `--host` and `--hosts`.

use std::path::Path;

use jiff::civil::Date;

use super::io::Io;
use super::offered;
use super::paths;
use super::wording::{CommandLine, shell_word};
use crate::Error;
use crate::files::read_capped;
use crate::host::{self, Found};
use crate::knowledge::Knowledge;
use crate::report::Wording as _;

/// The most bytes of a list on standard input.
const LARGEST: u64 = 64 << 20;

/// The most bytes of a host or a path that is put into a line to type.
const LONGEST_WORD: usize = 200;

/// The word of `--hosts` for standard input.
const STANDARD_INPUT: &str = "-";

/// The hosts that images are judged on.
#[derive(clap::Args, Clone, Debug)]
pub struct HostArgs {
    /// Host to check against; can be given several times, and several in one: A,B. `local` (this machine, the default), a version
    /// (10.0.20348.2402, 20348), a release (windows-server-2022, ltsc2022, windows-11-24h2), any text that contains one Windows
    /// version, @FILE (what reg, systeminfo, PowerShell, docker info or kubectl printed), or `all` (every release in support). Add
    /// attributes after commas: 26100,client,arm64,no-hyperv,home. A name goes before it: web01=@web01.txt.
    #[arg(long, value_name = "[NAME=]HOST", hide_possible_values = true, value_parser = offered::host())]
    host: Vec<String>,
    /// More hosts: from a file with one per line (HOST, NAME=HOST or NAME HOST), from the output of kubectl get nodes -o json, from a
    /// folder with a file for each host, or with - from standard input; can be
    /// given several times.
    #[arg(long, value_name = "FILE|DIR|-")]
    hosts: Vec<String>,
}

impl HostArgs {
    /// These hosts and lists.
    pub fn of(host: &[String], hosts: &[String]) -> Self {
        Self { host: host.to_vec(), hosts: hosts.to_vec() }
    }

    /// The hosts, in the order of the arguments, those of lists behind the others.
    ///
    /// # Errors
    ///
    /// The first argument that is not a host.
    pub fn find(&self, io: &mut Io<'_>, knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
        self.find_with(&[], io, knowledge, today)
    }

    /// The hosts of these texts, then those of the options.
    ///
    /// # Errors
    ///
    /// The first argument that is not a host.
    pub fn find_with(&self, texts: &[String], io: &mut Io<'_>, knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
        let live = io.platform.live_host();
        let texts: Vec<String> = texts.iter().chain(&self.host).cloned().collect();
        let mut found = Vec::new();
        if self.hosts.is_empty() || !texts.is_empty() {
            found = host::find(&texts, live, knowledge, today).map_err(or_file_meant)?;
        }
        for list in &self.hosts {
            found.extend(if list == STANDARD_INPUT {
                let bytes = read_capped(&mut io.input, LARGEST).map_err(|error| {
                    Error::new("standard input could not be read").because(error).hint("name a file with hosts instead")
                })?;
                host::in_list("standard input", &bytes, live, knowledge, today)?
            } else {
                let path = Path::new(list);
                host::listed(path, live, knowledge, today)
                    .map_err(|error| or_meant(path, |meant| format!("--hosts {}", shell_word(meant)), error))?
            });
        }
        found.iter().flat_map(|found| &found.notes).for_each(|note| io.warn(note));
        Ok(found)
    }

    /// The options with these hosts, each with a space behind it, for a command on the same hosts that reads something else from standard
    /// input; `prefix` stands before their names. What cannot be one word of a line is left to the user.
    pub fn typed(&self, prefix: &str) -> String {
        let word = |text: &str, instead: &str| {
            let is_word =
                text.len() <= LONGEST_WORD && text != STANDARD_INPUT && !text.contains(|c: char| c.is_control() || c == '`');
            if is_word { shell_word(text) } else { instead.to_owned() }
        };
        let host = self.host.iter().map(|host| format!("--{prefix}host {} ", word(host, "HOST")));
        let hosts = self.hosts.iter().map(|list| format!("--{prefix}hosts {} ", word(list, "FILE")));
        host.chain(hosts).collect()
    }

    /// The files and folders that lists of hosts are read from.
    pub fn lists(&self) -> impl Iterator<Item = &Path> {
        self.hosts.iter().filter(|list| *list != STANDARD_INPUT).map(Path::new)
    }

    /// True if hosts are read from standard input.
    pub fn read_standard_input(&self) -> bool {
        self.hosts.iter().any(|list| list == STANDARD_INPUT)
    }
}

/// The error about a file that is not there, with the files beside it that may be meant.
fn or_meant(path: &Path, typed: impl Fn(&str) -> String, error: Error) -> Error {
    match paths::meant(path, typed) {
        Some(meant) => error.hint(meant),
        None => error,
    }
}

/// The same of a file that a host names, as `@web01.txt`.
fn or_file_meant(error: Error) -> Error {
    match error.missing.clone() {
        Some(path) => or_meant(&path, |meant| format!("--host {}", file_word(meant)), error),
        None => error,
    }
}

/// The host of a file as one word to type: `@web01.txt`, and `'@web 01.txt'` with the sign between the quotes, since PowerShell reads the
/// sign before a quote in its own way.
fn file_word(path: &str) -> String {
    let word = format!("@{path}");
    if shell_word(path) == path { word } else { shell_word(&word) }
}

/// The only one of these hosts; `purpose` says what wants one, e.g. `an image is pulled for one host`.
///
/// # Errors
///
/// Several hosts.
pub fn only(found: Vec<Found>, purpose: &str) -> Result<Found, Error> {
    let [host] = <[Found; 1]>::try_from(found).map_err(|hosts| {
        Error::new(format!("{purpose}, and these are {}", hosts.len())).hint("name one, e.g. --host windows-server-2022")
    })?;
    // Of a list, others may have been left out.
    if host.host.file.is_some() {
        host.notes.iter().for_each(|note| tracing::warn!("{}", CommandLine.advice(note)));
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_asked_for_by_the_names_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("web01.txt"), "").unwrap();
        let hint = |typed: &[String]| {
            let failed = host::find(typed, None, Knowledge::built_in(), jiff::civil::date(2026, 11, 23)).unwrap_err();
            or_file_meant(failed).hint.unwrap().to_string()
        };
        let expected = format!("did you mean --host {}?", file_word(&path("web01.txt")));
        for begin in ["", "front="] {
            for end in ["", ",no-hyperv", ",nohyperv"] {
                assert_eq!(hint(&[format!("{begin}@{}{end}", path("web1.txt"))]), expected, "{begin}{end}");
            }
        }
        std::fs::write(path("sql 01.txt"), "").unwrap();
        let meant = hint(&[format!("@{}", path("sql01.txt"))]);
        let quoted = ['\'', '"'].map(|quote| format!("did you mean --host {quote}@{}{quote}", path("sql 01.txt")));
        assert!(quoted.iter().any(|quoted| meant.starts_with(quoted)), "{meant}");
        assert_eq!(file_word("web01.txt"), "@web01.txt");
        // Another file is at fault, or none.
        let missing = format!("@{}", path("web1.txt"));
        for wrong in [format!("@{}", path("web01.txt")), "ltsc22".to_owned()] {
            assert!(!hint(&[wrong.clone(), missing.clone()]).contains("web01.txt"), "{wrong}");
        }
    }

    #[test]
    fn hosts_are_typed_again() {
        let typed = |host: &[&str], hosts: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            HostArgs::of(&texts(host), &texts(hosts)).typed("")
        };
        assert_eq!(typed(&[], &[]), "");
        assert_eq!(typed(&["ltsc2022", "web=20348"], &["nodes.json"]), "--host ltsc2022 --host web=20348 --hosts nodes.json ");
        // Standard input holds what is scanned.
        assert_eq!(typed(&["Windows\n10.0.20348"], &["-"]), "--host HOST --hosts FILE ");
        assert_eq!(HostArgs::of(&["ltsc2025".to_owned()], &[]).typed("next-"), "--next-host ltsc2025 ");
    }
}
