//! The hosts of one question: from texts, from files, and this machine.

use std::path::Path;

use jiff::civil::Date;

use super::attributes::Attributes;
use super::facts::HostFacts;
use super::launch::Launch;
use super::live::{self, LiveHost};
use super::prerequisite::Prerequisite;
use super::probe::Probe;
use super::spec::{Spec, parse};
use super::{Host, list, not_a_host, other_host, other_thing, source, spec};
use crate::advice::{Setting, advice};
use crate::knowledge::Knowledge;
use crate::text::{is_on_network, quoted};
use crate::{Advice, Error};

/// A host, and the answers of this machine if it is this machine.
#[derive(Clone, Debug)]
pub struct Found {
    /// The host.
    pub host: Host,
    /// The probe that its features follow from.
    pub probe: Option<Probe>,
    /// The answers about launching containers, if that was asked.
    pub launch: Option<Launch>,
    /// What the reader of an answer should know, e.g. that the nodes of a list that do not run Windows were left out.
    pub notes: Vec<Advice>,
}

impl Found {
    /// The prerequisites of containers on this host.
    pub fn prerequisites(&self) -> Vec<Prerequisite> {
        self.host.prerequisites(self.probe.as_ref(), self.launch.as_ref())
    }
}

impl From<Host> for Found {
    fn from(host: Host) -> Self {
        Self { host, probe: None, launch: None, notes: Vec::new() }
    }
}

/// The hosts that texts specify, in their order; this machine if there are none. A text can specify several, and give a name:
/// `web01=ltsc2022`.
///
/// # Errors
///
/// The first text that is not a host, file that cannot be read, or this machine where it is asked for and is not a Windows host.
pub fn find(texts: &[String], live: Option<&dyn LiveHost>, knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
    let finder = Finder { live, knowledge, today };
    if texts.is_empty() {
        return Ok(vec![finder.this_machine(&Attributes::default())?]);
    }
    let mut found = Vec::new();
    for text in texts {
        found.extend(finder.in_argument(text, Path::new(""))?);
    }
    Ok(found)
}

/// The search for hosts.
pub(super) struct Finder<'a> {
    /// This machine, if it is Windows.
    pub live: Option<&'a dyn LiveHost>,
    /// The names of releases.
    pub knowledge: &'a Knowledge,
    /// The day by which releases are in support.
    pub today: Date,
}

impl Finder<'_> {
    /// The hosts of one argument, or of one line of a list that lies in this folder.
    pub fn in_argument(&self, text: &str, folder: &Path) -> Result<Vec<Found>, Error> {
        let mut found = Vec::new();
        for part in spec::parts(text, self.knowledge, self.today) {
            let (name, spec) = spec::named(part);
            let read = match other_host::two_names(part, self.knowledge) {
                Some(error) => Err(error),
                None => self.with_name(name, spec, folder),
            };
            found.extend(read.map_err(|error| spec::login_in(text, self.knowledge).unwrap_or(error))?);
        }
        Ok(found)
    }

    /// The hosts of one text, called so; of several, each is called so before its own name.
    pub fn with_name(&self, name: Option<&str>, text: &str, folder: &Path) -> Result<Vec<Found>, Error> {
        if let Some(error) = name.and_then(other_thing::error) {
            return Err(error);
        }
        let mut found = match parse(text, self.knowledge, self.today).map_err(|error| on_disk(text, error, self.knowledge))? {
            Spec::Local(attributes) => vec![self.this_machine(&attributes)?],
            Spec::File(path, attributes) => self.in_file(&folder.join(&path), &attributes).map_err(|error| {
                // Behind a comma stand words that were meant to be attributes.
                match path.to_str().and_then(|path| path.split_once(',')) {
                    Some((file, words)) if folder.join(file).exists() => {
                        not_a_host::unknown_attribute(words.split(',').next().unwrap_or(words), self.knowledge)
                    }
                    Some((file, _)) if error.missing.is_some() => error.of_missing(&folder.join(file)),
                    _ => error,
                }
            })?,
            Spec::Hosts(hosts) => {
                let mut found: Vec<Found> = hosts.into_iter().map(Found::from).collect();
                if let Some(first) = found.first_mut() {
                    first.notes = spec::notes(text, self.knowledge);
                }
                found
            }
        };
        let several = found.len() > 1;
        for (host, name) in found.iter_mut().map(|found| &mut found.host).zip(name.into_iter().cycle()) {
            host.label = if several { format!("{name}/{}", host.label) } else { name.to_owned() };
        }
        Ok(found)
    }

    /// The hosts in a file, whose name without its ending is their label: `web01` for those in `hosts/web01.reg`.
    pub fn in_file(&self, path: &Path, attributes: &Attributes) -> Result<Vec<Found>, Error> {
        let label = path.file_stem().map(|stem| stem.to_string_lossy());
        let read = source::read(path)?;
        self.in_bytes(&read, label.as_deref(), attributes)
            .map(|found| of_file(found, path))
            .map_err(|error| error.within(format!("no host can be read from {}", quoted(&path.to_string_lossy()))))
    }

    /// The hosts in the bytes of a file, the first with the notes.
    pub fn in_bytes(&self, bytes: &[u8], label: Option<&str>, attributes: &Attributes) -> Result<Vec<Found>, Error> {
        let read = source::hosts(bytes, self.knowledge)?;
        let mut found: Vec<Found> = hosts(read.hosts, label, attributes, self.knowledge).into_iter().map(Found::from).collect();
        if let Some(first) = found.first_mut() {
            first.notes = read.notes;
        }
        Ok(found)
    }

    fn this_machine(&self, attributes: &Attributes) -> Result<Found, Error> {
        let (facts, probe, notes) = live::facts(self.live)?;
        Ok(Found { probe: Some(probe), notes, ..facts.host(attributes, self.knowledge).into() })
    }
}

/// These hosts as those of a file.
pub(super) fn of_file(found: Vec<Found>, path: &Path) -> Vec<Found> {
    let file = path.to_string_lossy();
    let with_file = |host: Host| Host { file: host.file.or_else(|| Some(file.clone().into_owned())), ..host };
    found.into_iter().map(|found| Found { host: with_file(found.host), ..found }).collect()
}

/// The error of a text that is not a host, with what to type where it is the name of a file or a folder.
fn on_disk(text: &str, error: Error, knowledge: &Knowledge) -> Error {
    // A name such as `windows-11` means a release, whatever lies in this folder.
    let path = Path::new(text);
    if text.starts_with('@') || text.is_empty() || is_on_network(text) {
        error
    } else if path.is_dir() {
        Error::new(format!("{} is a folder, not a host", quoted(text)))
            .hint(advice!["read the hosts in its files with ", Setting::Hosts(text.to_owned())])
    } else if path.is_file() {
        let is_list = source::read(path).is_ok_and(|bytes| list::is_list(&source::decode(&bytes), None, knowledge));
        let setting = if is_list { Setting::Hosts(text.to_owned()) } else { Setting::Host(format!("@{text}")) };
        Error::new(format!("{} is a file, not a host", quoted(text))).hint(advice!["read it with ", setting])
    } else {
        error
    }
}

/// The hosts in the bytes of a file, at least one: a registry export, what `systeminfo`, PowerShell, Docker or `kubectl` print, or a
/// text with one Windows version. A host without a name of its own gets this label, e.g. the name of the file; with
/// no label, the name of its release.
///
/// ```
/// use wincompat::host::{Attributes, read};
/// use wincompat::knowledge::Knowledge;
///
/// let printed = b"Microsoft Windows [Version 10.0.20348.2402]";
/// let hosts = read(printed, Some("web01"), &Attributes::default(), Knowledge::built_in())?;
/// assert_eq!((hosts[0].label.as_str(), hosts[0].name.as_str()), ("web01", "Windows Server 2022"));
/// # Ok::<_, wincompat::Error>(())
/// ```
///
/// # Errors
///
/// Bytes in no known format, several hosts where the format has one, or a registry export that does not say which Windows it is
/// from.
pub fn read(bytes: &[u8], label: Option<&str>, attributes: &Attributes, knowledge: &Knowledge) -> Result<Vec<Host>, Error> {
    Ok(hosts(source::hosts(bytes, knowledge)?.hosts, label, attributes, knowledge))
}

/// The host that a node of Kubernetes is, as its object in JSON says; `None` for a node that does not run Windows.
///
/// # Errors
///
/// A Windows node that does not say its version.
#[cfg(feature = "clusters")]
pub(crate) fn of_node(object: &serde_json::Value, knowledge: &Knowledge) -> Option<Result<Host, Error>> {
    let facts = source::nodes::facts(object)?;
    Some(facts.map(|facts| facts.host(&Attributes::default(), knowledge)))
}

/// The hosts of these facts. Those without a name of their own get this label.
fn hosts(facts: Vec<HostFacts>, label: Option<&str>, attributes: &Attributes, knowledge: &Knowledge) -> Vec<Host> {
    let labelled = |facts: HostFacts| HostFacts { label: facts.label.or_else(|| label.map(str::to_owned)), ..facts };
    facts.into_iter().map(|facts| labelled(facts).host(attributes, knowledge)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(texts: &[&str]) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let found = find(&texts, None, Knowledge::built_in(), jiff::civil::date(2026, 11, 23)).unwrap();
        found.into_iter().map(|found| found.host.label).collect()
    }

    #[test]
    fn a_host_without_a_name_has_its_files_or_its_releases() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web01.txt");
        std::fs::write(&file, "Microsoft Windows [Version 10.0.20348.2402]").unwrap();
        let file = format!("@{}", file.display());
        assert_eq!(labels(&["ltsc2025", &file, "29651"]), ["Windows Server 2025", "web01", "Windows build 29651"]);
    }

    #[test]
    fn a_file_and_a_folder_are_told_how_to_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fleet.txt");
        std::fs::write(&file, "ltsc2022").unwrap();
        for (path, kind, option) in [(file.as_path(), "file", "host(\"@"), (folder.path(), "folder", "hosts(\"")] {
            let text = path.display().to_string();
            let error =
                find(std::slice::from_ref(&text), None, Knowledge::built_in(), jiff::civil::date(2026, 11, 23)).err().unwrap();
            assert_eq!(error.what, format!("{} is a {kind}, not a host", quoted(&text)));
            let hint = error.hint.unwrap().to_string();
            assert!(hint.contains(option), "{hint}");
        }
    }

    /// A path with two slashes may be one of another machine, which would be asked; here it is the same folder.
    #[test]
    fn a_text_that_may_name_another_machine_is_not_looked_up() {
        let folder = tempfile::tempdir().unwrap();
        for text in [format!("/{}", folder.path().display()), r"\\server.test\share".to_owned()] {
            let error =
                find(std::slice::from_ref(&text), None, Knowledge::built_in(), jiff::civil::date(2026, 11, 23)).err().unwrap();
            assert_eq!(error.what, format!("{} is not a known Windows host", quoted(&text)));
        }
    }
}
