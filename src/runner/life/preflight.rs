//! The questions about launching containers that only a running machine can answer, asked before anything is acquired.
//!
//! Their answers become prerequisites, which `wincompat host` lists and which can stand in the way of one container:
//! [`crate::host::obstacles`].

use std::path::Path;

use crate::hcs::system::System;
use crate::host::{Launch, Volume};

/// Asks this machine for what launching needs beside what its probe says; the result belongs into [`Found::launch`]. What is
/// not known stands in it as such. The store need not be there yet.
///
/// [`Found::launch`]: crate::host::Found::launch
pub fn ask(system: &dyn System, store_root: &Path) -> Launch {
    let schema_versions = system.schema_versions().map_err(|error| error.to_string());
    Launch { schema_versions, volume: volume(store_root) }
}

/// The volume of a folder that need not be there yet: that of the nearest one above.
fn volume(folder: &Path) -> Volume {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|folder| folder.is_dir()).unwrap_or(&absolute);
    #[cfg(windows)]
    let (file_system, remote) = crate::windows::volume::of(there);
    #[cfg(not(windows))]
    let (file_system, remote) = (None, None);
    Volume { file_system, remote, free: fs4::available_space(there).ok(), folder: absolute }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hcs::plan::Plan;

    #[test]
    fn the_volume_of_a_store_that_is_still_to_be_made_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("not").join("there");
        let launch = ask(&Plan::new(), &root);
        assert_eq!(launch.takes((2, 1)), Some(true));
        assert_eq!(launch.volume.folder, std::path::absolute(&root).unwrap());
        assert!(launch.volume.free.is_some());
        assert_eq!(launch.volume.file_system.is_some(), cfg!(windows));
        assert!(!root.exists());
    }
}
