//! This machine as a host: its registry, and its answers about the prerequisites of containers.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::facts::HostFacts;
use super::probe::Probe;
use super::registry::RegistryValues;
use super::{Source, source};
use crate::advice::{Setting, advice};
use crate::files::read_regular;
use crate::text::{quoted, shown};
use crate::{Advice, Error, Isolation};

/// The Windows that this program runs on.
pub trait LiveHost {
    /// Reads the values of the registry.
    ///
    /// # Errors
    ///
    /// A registry that cannot be read, or holds a value of the wrong type.
    fn registry(&self) -> Result<RegistryValues, Error>;

    /// Asks for the prerequisites of containers. What cannot be asked for is unknown.
    fn probe(&self) -> Probe;

    /// The file with the configuration of this machine's Docker, whether it exists or not; `None` if Windows has no place for it.
    fn docker_configuration(&self) -> Option<PathBuf>;

    /// Facts about this machine for a report about a failure, by their names; `store` is the folder of the store, which need not be there.
    fn describe(&self, store: &Path) -> Vec<(String, String)> {
        let _ = store;
        Vec::new()
    }

    /// The events that the services of containers have written since this time: the name of each log, and its text.
    fn events(&self, since: Timestamp) -> Vec<(String, String)> {
        let _ = since;
        Vec::new()
    }
}

/// The largest configuration of Docker that is read.
const LARGEST_CONFIGURATION: u64 = 1 << 20;

/// The facts that this machine tells of itself, and the probe that its features follow from.
///
/// # Errors
///
/// A registry that cannot be read, lacks its build or holds a value of the wrong type, the registry of a container, and no Windows.
pub(super) fn facts(live: Option<&dyn LiveHost>) -> Result<(HostFacts, Probe, Vec<Advice>), Error> {
    let live = live.ok_or_else(not_windows)?;
    // Inside a container the services are absent for a reason of its own, so the registry speaks first.
    let facts = live.registry()?.facts(Source::Live)?;
    let probe = live.probe();
    let (default_isolation, note) = live.docker_configuration().map(|file| configured(&file)).unwrap_or_default();
    let facts = HostFacts {
        default_isolation,
        architecture: probe.machine.or(facts.architecture),
        containers: Some(probe.containers()),
        hyperv: Some(probe.hyperv()),
        ..facts
    };
    Ok((facts, probe, note.into_iter().collect()))
}

/// The isolation in Docker's `daemon.json`, `"exec-opts": ["isolation=process"]`; a note where the file cannot be read or says
/// something else.
fn configured(file: &Path) -> (Option<Isolation>, Option<Advice>) {
    let note = |why: &str| {
        let shown = shown(&file.to_string_lossy());
        Advice::from(format!("the default isolation of this machine's Docker is not known, since {shown} {why}"))
    };
    let bytes = match read_regular(file, LARGEST_CONFIGURATION) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return (None, None),
        Err(error) => return (None, Some(note(&format!("cannot be read: {error}")))),
    };
    let Ok(json) = serde_json::from_str::<Value>(&source::decode(&bytes)) else {
        return (None, Some(note("is not well-formed JSON")));
    };
    let options = json.get("exec-opts").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    // As Docker does, the last of two is the one that counts.
    match options.filter_map(|option| option.split_once('=')).rfind(|(name, _)| name.eq_ignore_ascii_case("isolation")) {
        None => (None, None),
        Some((_, value)) if value.eq_ignore_ascii_case("default") || value.is_empty() => (None, None),
        Some((_, value)) => {
            let isolation = Isolation::ALL.into_iter().find(|isolation| isolation.as_str().eq_ignore_ascii_case(value));
            let note = || note(&format!("names an isolation that Docker does not know: {}", quoted(value)));
            (isolation, isolation.is_none().then(note))
        }
    }
}

fn not_windows() -> Error {
    Error::new("this machine is not a Windows host")
        .because(format!("it runs {}, so there is no Windows registry to read", std::env::consts::OS))
        .hint(advice![
            "name the host, e.g. ",
            Setting::Host("windows-server-2022".into()),
            ", or ",
            Setting::Host("all".into()),
            " for every release in support"
        ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Architecture;
    use crate::host::{Availability, Hypervisor, Services};

    /// A machine with this registry, on arm64, in which nothing may be probed if `probed` is false.
    struct Machine {
        registry: RegistryValues,
        probed: bool,
        configuration: Option<PathBuf>,
    }

    impl LiveHost for Machine {
        fn registry(&self) -> Result<RegistryValues, Error> {
            Ok(self.registry.clone())
        }

        fn probe(&self) -> Probe {
            assert!(self.probed, "the registry is enough");
            let (there, missing) = (Availability::Available, Availability::Unavailable);
            Probe {
                services: Services { vmcompute: there, hns: there, vmms: missing, hvhost: missing },
                hypervisor: Some(Hypervisor::Absent),
                machine: Some(Architecture::Arm64),
                libraries: Vec::new(),
                elevated: None,
                hyperv_administrator: None,
            }
        }

        fn docker_configuration(&self) -> Option<PathBuf> {
            self.configuration.clone()
        }
    }

    /// The default isolation that this machine says with such a `daemon.json`, and the notes.
    fn with_configuration(bytes: &[u8]) -> (Option<Isolation>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daemon.json");
        std::fs::write(&file, bytes).unwrap();
        let registry = RegistryValues { build: Some("26100".to_owned()), ..RegistryValues::default() };
        let (facts, _, notes) = facts(Some(&Machine { registry, probed: true, configuration: Some(file) })).unwrap();
        (facts.default_isolation, notes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_default_isolation_is_that_of_dockers_configuration() {
        let process = Some(Isolation::Process);
        for (text, expected) in [
            (r#"{"exec-opts": ["isolation=process"]}"#, process),
            (r#"{"exec-opts": ["isolation=hyperv", "Isolation=Process"], "debug": true}"#, process),
            ("\u{feff}{\"exec-opts\": [\"isolation=hyperv\"]}", Some(Isolation::Hyperv)),
            (r#"{"exec-opts": ["isolation=default"]}"#, None),
            (r#"{"exec-opts": []}"#, None),
            (r#"{"exec-opts": "isolation=process"}"#, None),
            ("{}", None),
        ] {
            assert_eq!(with_configuration(text.as_bytes()), (expected, Vec::new()), "{text}");
        }
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_a_note() {
        for (text, why) in [
            (&b"{"[..], "is not well-formed JSON"),
            (b"\xff\xff", "is not well-formed JSON"),
            (br#"{"exec-opts": ["isolation=vm"]}"#, "names an isolation that Docker does not know: `vm`"),
        ] {
            let (isolation, notes) = with_configuration(text);
            assert_eq!(isolation, None);
            assert!(notes[0].contains(why), "{notes:?}");
        }
        let large = vec![b' '; 2 << 20];
        assert!(with_configuration(&large).1[0].contains("cannot be read"), "a file of bounded size");
        let registry = RegistryValues { build: Some("26100".to_owned()), ..RegistryValues::default() };
        let missing = Some(PathBuf::from("no-such-folder/daemon.json"));
        let (_, _, notes) = facts(Some(&Machine { registry, probed: true, configuration: missing })).unwrap();
        assert!(notes.is_empty(), "most machines have no such file");
    }

    #[test]
    fn features_and_processor_are_the_probes() {
        let registry =
            RegistryValues { build: Some("26100".to_owned()), processor: Some("AMD64".to_owned()), ..RegistryValues::default() };
        let (facts, probe, _) = facts(Some(&Machine { registry, probed: true, configuration: None })).unwrap();
        assert_eq!(facts.architecture, Some(Architecture::Arm64), "a program for x86-64 runs emulated");
        assert_eq!(facts.containers, Some(Availability::Available));
        assert_eq!(facts.hyperv, Some(Availability::Unavailable));
        assert_eq!(probe.hypervisor, Some(Hypervisor::Absent));
    }

    #[test]
    fn the_registry_of_a_container_is_refused_before_anything_is_probed() {
        let registry = RegistryValues { build: Some("26100".to_owned()), in_container: true, ..RegistryValues::default() };
        let error = facts(Some(&Machine { registry, probed: false, configuration: None })).unwrap_err();
        assert!(error.what.starts_with("this registry is a container's"), "{error}");
    }

    #[test]
    fn elsewhere_another_host_is_to_be_named() {
        let error = facts(None).unwrap_err();
        assert_eq!(error.what, "this machine is not a Windows host");
        assert_eq!(error.hint.unwrap().remedies().count(), 2);
    }
}
