//! Launching containers without an engine: what this machine answers about it beside its [probe](super::Probe), what it needs, and
//! what stands in its way.

mod obstacles;
mod prerequisites;

use std::path::{Path, PathBuf};

pub use obstacles::{obstacles, refusal};
pub(super) use prerequisites::{elevation, hcs_access};

/// The answers of the Host Compute Service and of the store's volume. They are asked for only where containers are launched or
/// shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The versions of documents that the Host Compute Service takes, each as the highest minor version of a major one, e.g. `(2, 1)`;
    /// the reason if it did not say.
    pub schema_versions: Result<Vec<(u32, u32)>, String>,
    /// The volume of the store.
    pub volume: Volume,
}

/// The volume that a folder is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The folder.
    pub folder: PathBuf,
    /// The file system, e.g. `NTFS`; `None` if Windows did not say.
    pub file_system: Option<String>,
    /// True if it is another machine's; `None` if Windows did not say.
    pub remote: Option<bool>,
    /// The bytes this user may still write there; `None` if the system did not say.
    pub free: Option<u64>,
}

/// The volumes of this machine.
pub trait Volumes {
    /// Reads the file system of the volume that an existing folder is on, e.g. `NTFS`, and whether it is another machine's; `None`
    /// for what the system does not say.
    fn file_system(&self, folder: &Path) -> (Option<String>, Option<bool>);
}

impl Launch {
    /// True if the service takes documents of this version: a version it names stands for all lower minor ones too. `None` if it did
    /// not say.
    pub fn takes(&self, (major, minor): (u32, u32)) -> Option<bool> {
        let versions = self.schema_versions.as_ref().ok()?;
        Some(versions.iter().any(|version| version.0 == major && version.1 >= minor))
    }
}
