//! This machine as a host: its registry, and what was asked of Windows beside it.

use super::facts::Facts;
use super::probe::Probe;
use crate::Error;
use crate::advice::{Setting, advice};

/// What this machine says of itself, and the probe its features were read from.
///
/// # Errors
///
/// A registry that cannot be read, lacks its build or holds a value of the wrong type, and the registry of a container.
#[cfg(windows)]
pub(super) fn facts() -> Result<(Facts, Probe), Error> {
    // Inside a container the services are absent for a reason of its own, so the registry speaks first.
    let facts = crate::windows::registry::values()?.facts(super::Source::Live)?;
    let probe = crate::windows::probe::probe();
    let facts = Facts {
        architecture: probe.machine.or(facts.architecture),
        containers: Some(probe.containers()),
        hyperv: Some(probe.hyperv()),
        ..facts
    };
    Ok((facts, probe))
}

/// Nothing but Windows has the registry that says which Windows this is.
///
/// # Errors
///
/// Always.
#[cfg(not(windows))]
pub(super) fn facts() -> Result<(Facts, Probe), Error> {
    Err(Error::new("this machine is no Windows host")
        .because(format!("it runs {}, which has no Windows registry", std::env::consts::OS))
        .hint(advice![
            "name the host, e.g. ",
            Setting::Host("windows-server-2022".into()),
            ", or ",
            Setting::Host("all".into()),
            " for every release in support"
        ]))
}
