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
use super::{Host, source};
use crate::Error;
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// A host, and the answers of this machine if it is this machine.
#[derive(Clone, Debug)]
pub struct Found {
    /// The host.
    pub host: Host,
    /// The probe that its features follow from.
    pub probe: Option<Probe>,
    /// The answers about launching containers, if that was asked.
    pub launch: Option<Launch>,
}

impl Found {
    /// The prerequisites of containers on this host.
    pub fn prerequisites(&self) -> Vec<Prerequisite> {
        self.host.prerequisites(self.probe.as_ref(), self.launch.as_ref())
    }
}

impl From<Host> for Found {
    fn from(host: Host) -> Self {
        Self { host, probe: None, launch: None }
    }
}

/// The hosts that texts specify, in their order; this machine if there are none. A text can specify several.
///
/// # Errors
///
/// The first text that names no host, file that cannot be read, or this machine where it is asked for and is not a Windows host.
pub fn find(texts: &[String], live: Option<&dyn LiveHost>, knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
    if texts.is_empty() {
        return Ok(vec![this_machine(live, &Attributes::default(), knowledge)?]);
    }
    let mut found = Vec::new();
    for text in texts {
        match parse(text, knowledge, today)? {
            Spec::Local(attributes) => found.push(this_machine(live, &attributes, knowledge)?),
            Spec::File(path, attributes) => found.extend(in_file(&path, &attributes, knowledge)?.into_iter().map(Found::from)),
            Spec::Hosts(hosts) => found.extend(hosts.into_iter().map(Found::from)),
        }
    }
    Ok(found)
}

/// The hosts in the bytes of a file, at least one: a registry export in UTF-16 or UTF-8, the output of `systeminfo` in any
/// language, or a text with one Windows version. A host without a name of its own gets this label, e.g. the name of the file; with
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
    let labelled = |facts: HostFacts| HostFacts { label: facts.label.or_else(|| label.map(str::to_owned)), ..facts };
    Ok(source::hosts(bytes)?.into_iter().map(|facts| labelled(facts).host(attributes, knowledge)).collect())
}

/// The hosts in a file, whose name without its ending is their label: `web01` for those in `hosts/web01.reg`.
fn in_file(path: &Path, attributes: &Attributes, knowledge: &Knowledge) -> Result<Vec<Host>, Error> {
    let label = path.file_stem().map(|stem| stem.to_string_lossy());
    read(&source::read(path)?, label.as_deref(), attributes, knowledge)
        .map(|hosts| hosts.into_iter().map(|host| Host { file: Some(path.to_string_lossy().into_owned()), ..host }).collect())
        .map_err(|error| error.within(format!("no host can be read from {}", quoted(&path.to_string_lossy()))))
}

fn this_machine(live: Option<&dyn LiveHost>, attributes: &Attributes, knowledge: &Knowledge) -> Result<Found, Error> {
    let (facts, probe) = live::facts(live)?;
    Ok(Found { probe: Some(probe), ..facts.host(attributes, knowledge).into() })
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
}
