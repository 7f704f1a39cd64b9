//! What the store needs of a file system, whatever else uses the same files: locks, replacing a file, and folders that are no links.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a file is replaced that another process has open, and the pause between two tries.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Opens a lock file, and makes it if it is missing, without touching what another may have locked.
pub(crate) fn lock_file(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Takes the lock of this file until what is returned is dropped; `None` if another has it.
pub(crate) fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let lock = lock_file(path)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Renames over a file. On Windows that is refused for moments while another process has the old one open to read.
pub(crate) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    for _ in 0..TRIES {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => thread::sleep(PAUSE),
            settled => return settled,
        }
    }
    fs::rename(from, to)
}

/// Removes a folder with all in it, if there is one.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        settled => settled,
    }
}

/// Whether this is a folder and no link to one: what is locked, written and deleted in it would be elsewhere.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}
