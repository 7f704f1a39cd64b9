//! This machine as a host: its registry, and its answers about the prerequisites of containers.

use super::Source;
use super::facts::HostFacts;
use super::probe::Probe;
use super::registry::RegistryValues;
use crate::Error;
use crate::advice::{Setting, advice};

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
}

/// The facts that this machine tells of itself, and the probe that its features follow from.
///
/// # Errors
///
/// A registry that cannot be read, lacks its build or holds a value of the wrong type, the registry of a container, and no Windows.
pub(super) fn facts(live: Option<&dyn LiveHost>) -> Result<(HostFacts, Probe), Error> {
    let live = live.ok_or_else(not_windows)?;
    // Inside a container the services are absent for a reason of its own, so the registry speaks first.
    let facts = live.registry()?.facts(Source::Live)?;
    let probe = live.probe();
    let facts = HostFacts {
        architecture: probe.machine.or(facts.architecture),
        containers: Some(probe.containers()),
        hyperv: Some(probe.hyperv()),
        ..facts
    };
    Ok((facts, probe))
}

fn not_windows() -> Error {
    Error::new("this machine is not a Windows host")
        .because(format!("it runs {}, which has no Windows registry", std::env::consts::OS))
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
    }

    #[test]
    fn features_and_processor_are_the_probes() {
        let registry =
            RegistryValues { build: Some("26100".to_owned()), processor: Some("AMD64".to_owned()), ..RegistryValues::default() };
        let (facts, probe) = facts(Some(&Machine { registry, probed: true })).unwrap();
        assert_eq!(facts.architecture, Some(Architecture::Arm64), "a program for x86-64 runs emulated");
        assert_eq!(facts.containers, Some(Availability::Available));
        assert_eq!(facts.hyperv, Some(Availability::Unavailable));
        assert_eq!(probe.hypervisor, Some(Hypervisor::Absent));
    }

    #[test]
    fn the_registry_of_a_container_is_refused_before_anything_is_probed() {
        let registry = RegistryValues { build: Some("26100".to_owned()), in_container: true, ..RegistryValues::default() };
        let error = facts(Some(&Machine { registry, probed: false })).unwrap_err();
        assert!(error.what.starts_with("this registry is a container's"), "{error}");
    }

    #[test]
    fn elsewhere_another_host_is_to_be_named() {
        let error = facts(None).unwrap_err();
        assert_eq!(error.what, "this machine is not a Windows host");
        assert_eq!(error.hint.unwrap().remedies().count(), 2);
    }
}
