//! The parts of the platform that Unix gives: folders with an owner and a mode, groups of processes, the user's data folder, standard
//! streams.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::BaseStrategy as _;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::ownership::{Folders, Readers, Seen};
use crate::process_group::{ProcessGroup, ProcessGroups};

/// Folders with an owner and a mode.
#[derive(Clone, Copy, Debug)]
pub struct UnixFolders;

impl Folders for UnixFolders {
    fn look(&self, folder: &Path) -> io::Result<Seen> {
        let found = folder.symlink_metadata()?;
        Ok(Seen { folder: found.is_dir(), owner: found.uid().to_string() })
    }

    fn make(&self, folder: &Path, readers: Readers) -> io::Result<()> {
        let mode = match readers {
            Readers::Everyone => 0o755,
            Readers::Nobody => 0o700,
        };
        std::fs::DirBuilder::new().mode(mode).create(folder)
    }

    fn user(&self) -> io::Result<String> {
        Ok(rustix::process::geteuid().as_raw().to_string())
    }

    fn trusted(&self) -> &'static [(&'static str, &'static str)] {
        &[("0", "root")]
    }

    fn elevation(&self) -> Option<&'static str> {
        None
    }
}

/// Groups of processes with the number of their first one.
#[derive(Clone, Copy, Debug)]
pub struct UnixGroups;

impl ProcessGroups for UnixGroups {
    fn begin(&self, command: &mut Command) {
        command.process_group(0);
    }

    fn of(&self, process: u32) -> io::Result<Box<dyn ProcessGroup>> {
        let first = i32::try_from(process).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Box::new(Group(first)))
    }
}

/// The group of this first process.
struct Group(Pid);

impl ProcessGroup for Group {
    fn end(&self) {
        // It fails where all of them have ended.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

/// The store's folder in the user's data folder, e.g. `/home/me/.local/share/wincompat`; `None` without a home.
pub fn default_store() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|folders| folders.data_dir().join("wincompat"))
}

/// Standard input, as a file.
///
/// # Errors
///
/// It is closed.
pub fn stdin() -> io::Result<File> {
    own(io::stdin())
}

/// Standard output, as a file.
///
/// # Errors
///
/// It is closed.
pub fn stdout() -> io::Result<File> {
    own(io::stdout())
}

/// Standard error, as a file.
///
/// # Errors
///
/// It is closed.
pub fn stderr() -> io::Result<File> {
    own(io::stderr())
}

fn own(stream: impl AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_the_users_and_a_private_one_nobody_elses() {
        let temporary = tempfile::tempdir().unwrap();
        for (name, readers, mode) in [("public", Readers::Everyone, 0o755), ("private", Readers::Nobody, 0o700)] {
            let folder = temporary.path().join(name);
            assert_eq!(UnixFolders.look(&folder).unwrap_err().kind(), io::ErrorKind::NotFound);
            UnixFolders.make(&folder, readers).unwrap();
            assert_eq!(UnixFolders.look(&folder).unwrap(), Seen { folder: true, owner: UnixFolders.user().unwrap() });
            assert_eq!(folder.metadata().unwrap().mode() & 0o777, mode, "{name}");
            assert_eq!(UnixFolders.make(&folder, readers).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
    }

    #[test]
    fn a_link_is_not_a_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let link = temporary.path().join("link");
        std::os::unix::fs::symlink(temporary.path(), &link).unwrap();
        assert!(!UnixFolders.look(&link).unwrap().folder);
    }
}
