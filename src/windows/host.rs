//! This Windows as a host of containers, and its volumes.

use std::path::{Path, PathBuf};

use super::{probe, registry, volume};
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
}

impl Volumes for WindowsHost {
    fn file_system(&self, folder: &Path) -> (Option<String>, Option<bool>) {
        volume::of(folder)
    }
}
