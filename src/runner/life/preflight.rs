//! The questions about launching containers that only a running machine can answer, asked before anything is acquired.
//!
//! Their answers become prerequisites, which `wincompat host` lists and which can stand in the way of one container:
//! [`crate::host::obstacles`].

use std::path::Path;

use crate::hcs::machine::Machine;
use crate::host::{Launch, Volume, Volumes};

/// Asks this machine for what launching needs beside what its probe says; the result belongs into [`Found::launch`]. What is
/// not known stands in it as such. The store need not be there yet.
///
/// [`Found::launch`]: crate::host::Found::launch
pub fn ask(machine: &dyn Machine, volumes: &dyn Volumes, store_root: &Path) -> Launch {
    let schema_versions = machine.systems().schema_versions().map_err(|error| error.to_string());
    Launch { schema_versions, volume: volume(volumes, store_root) }
}

/// The volume of a folder that need not be there yet: that of the nearest one above.
fn volume(volumes: &dyn Volumes, folder: &Path) -> Volume {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|folder| folder.is_dir()).unwrap_or(&absolute);
    let (file_system, remote) = volumes.file_system(there);
    Volume { file_system, remote, free: fs4::available_space(there).ok(), folder: absolute }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hcs::plan::Plan;

    /// One local volume, of which only folders that exist are asked for.
    struct LocalVolume;

    impl Volumes for LocalVolume {
        fn file_system(&self, folder: &Path) -> (Option<String>, Option<bool>) {
            assert!(folder.is_dir(), "{}", folder.display());
            (Some("NTFS".to_owned()), Some(false))
        }
    }

    #[test]
    fn the_volume_of_a_store_that_is_still_to_be_made_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("not").join("there");
        let launch = ask(&Plan::new(), &LocalVolume, &root);
        assert_eq!(launch.takes((2, 1)), Some(true));
        assert_eq!(launch.volume.folder, std::path::absolute(&root).unwrap());
        assert!(launch.volume.free.is_some());
        assert_eq!((launch.volume.file_system.as_deref(), launch.volume.remote), (Some("NTFS"), Some(false)));
        assert!(!root.exists());
    }
}
