//! This Windows as a host of containers, and its volumes.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{events, facts, probe, registry, volume};
use crate::Error;
use crate::host::{LiveHost, Probe, RegistryValues, Volumes};

/// The Windows that this program runs on.
#[derive(Clone, Copy, Debug)]
pub struct WindowsHost;

impl LiveHost for WindowsHost {
    fn registry(&self) -> Result<RegistryValues, Error> {
        registry::values()
    }

    fn probe(&self) -> Probe {
        probe::probe()
    }

    fn docker_configuration(&self) -> Option<PathBuf> {
        // Docker takes this folder where no other is named (`getDefaultDaemonConfigFile` of github.com/moby/moby).
        std::env::var_os("ProgramData").map(|data| Path::new(&data).join(r"docker\config\daemon.json"))
    }

    fn describe(&self, store: &Path) -> Vec<(String, String)> {
        facts::facts(store)
    }

    fn events(&self, since: Timestamp) -> Vec<(String, String)> {
        events::since(since)
    }
}

impl Volumes for WindowsHost {
    fn file_system(&self, folder: &Path) -> (Option<String>, Option<bool>) {
        volume::of(folder)
    }
}
