//! What was asked of this machine for launching containers without an engine, beside its [probe](super::Probe).

use std::path::PathBuf;

/// What the Host Compute Service and the store's volume say. Asked only where containers are to be launched, or to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Which documents the Host Compute Service takes, each as the highest minor version of a major one, e.g. `(2, 1)`; why it did
    /// not say, where it did not.
    pub schema_versions: Result<Vec<(u32, u32)>, String>,
    /// The volume of the store.
    pub volume: Volume,
}

/// The volume that a folder is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The folder.
    pub folder: PathBuf,
    /// Its file system, e.g. `NTFS`; `None` where Windows did not say.
    pub file_system: Option<String>,
    /// Whether it is another machine's; `None` where Windows did not say.
    pub remote: Option<bool>,
    /// The bytes this user may still write there; `None` where the system did not say.
    pub free: Option<u64>,
}

impl Launch {
    /// Whether the service takes documents of this version: a version it names stands for all lower minor ones too.
    pub fn takes(&self, (major, minor): (u32, u32)) -> Option<bool> {
        let versions = self.schema_versions.as_ref().ok()?;
        Some(versions.iter().any(|version| version.0 == major && version.1 >= minor))
    }
}
