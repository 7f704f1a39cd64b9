//! Folders that are not links, and removing them.

use std::fs;
use std::io;
use std::path::Path;

/// Removes a folder with all in it, if there is one.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        settled => settled,
    }
}

/// `true` for a folder that is not a link to one: what is locked, written and deleted in it would be elsewhere.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}
