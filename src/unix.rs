//! The parts of the platform that Unix gives: folders with an owner and a mode, groups of processes, the user's data folder, standard
//! streams.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use etcetera::BaseStrategy as _;
use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::handles::{Access, Found, FoundKind, Handles};
use crate::ownership::{Folders, Readers, Seen};
use crate::process_group::{ProcessGroup, ProcessGroups, Starting};

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

    fn make_in(&self, parent: &File, name: &str, readers: Readers) -> io::Result<()> {
        let mode = match readers {
            Readers::Everyone => FOLDER,
            Readers::Nobody => Mode::RWXU,
        };
        Ok(fs::mkdirat(parent, one(name)?, mode)?)
    }

    fn owner(&self, folder: &File) -> io::Result<String> {
        Ok(folder.metadata()?.uid().to_string())
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

    fn handles(&self) -> &'static dyn Handles {
        &Self
    }
}

/// The mode of new folders and files, of which the umask takes its part: nobody else may write.
const FOLDER: Mode = Mode::from_bits_retain(0o755);
const FILE: Mode = Mode::from_bits_retain(0o644);

impl Handles for UnixFolders {
    fn open_folder(&self, path: &Path, through_link: bool) -> io::Result<File> {
        let links = if through_link { OFlags::empty() } else { OFlags::NOFOLLOW };
        Ok(fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | links, Mode::empty())?.into())
    }

    fn folder_in(&self, parent: &File, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match fs::openat(parent, one(name)?, flags, Mode::empty()) {
            Ok(folder) => Ok(folder.into()),
            // A link, by the name that it has on the BSDs.
            Err(Errno::LOOP) => Err(io::ErrorKind::NotADirectory.into()),
            Err(error) => Err(error.into()),
        }
    }

    fn make_folder_in(&self, parent: &File, name: &str) -> io::Result<()> {
        Ok(fs::mkdirat(parent, one(name)?, FOLDER)?)
    }

    fn file_in(&self, parent: &File, name: &str, access: Access) -> io::Result<File> {
        let how = match access {
            Access::Read => OFlags::RDONLY,
            Access::Grow => OFlags::RDWR | OFlags::CREATE,
            Access::New => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
        };
        let flags = how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file: File = match fs::openat(parent, one(name)?, flags, FILE) {
            Ok(file) => file.into(),
            Err(Errno::LOOP | Errno::MLINK) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "it is not a regular file, but a link, which is not followed",
                ));
            }
            Err(Errno::ISDIR) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file, but a folder"));
            }
            Err(error) => return Err(error.into()),
        };
        if access == Access::Grow && file.metadata()?.nlink() > 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has a second name elsewhere, so it is not written"));
        }
        Ok(file)
    }

    fn look_in(&self, parent: &File, name: &str) -> io::Result<Found> {
        let stat = fs::statat(parent, one(name)?, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => FoundKind::File,
            FileType::Directory => FoundKind::Folder,
            _ => FoundKind::Other,
        };
        let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or_default();
        let since = Duration::new(u64::try_from(stat.st_mtime).unwrap_or_default(), nanoseconds.min(999_999_999));
        let modified = SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(Found { kind, size: u64::try_from(stat.st_size).unwrap_or_default(), modified })
    }

    fn rename(&self, from: &File, name: &str, to: &File, new_name: &str) -> io::Result<()> {
        Ok(fs::renameat(from, one(name)?, to, one(new_name)?)?)
    }

    fn remove_file_in(&self, parent: &File, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(parent, one(name)?, AtFlags::empty())?)
    }

    fn remove_folder_in(&self, parent: &File, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(parent, one(name)?, AtFlags::REMOVEDIR)?)
    }

    fn names_in(&self, folder: &File) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }
}

/// A name that leads nowhere else.
fn one(name: &str) -> io::Result<&str> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not one name in a folder"));
    }
    Ok(name)
}

/// Groups of processes with the number of their first one.
#[derive(Clone, Copy, Debug)]
pub struct UnixGroups;

impl ProcessGroups for UnixGroups {
    fn begin(&self, command: &mut Command) -> Starting {
        command.process_group(0);
        Starting::default()
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

    /// A folder `inside`, and beside it a file that must stay as it is.
    fn beside() -> (tempfile::TempDir, File) {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::create_dir(temporary.path().join("inside")).unwrap();
        std::fs::create_dir(temporary.path().join("outside")).unwrap();
        std::fs::write(temporary.path().join("precious"), "precious").unwrap();
        let folder = UnixFolders.open_folder(&temporary.path().join("inside"), false).unwrap();
        (temporary, folder)
    }

    #[test]
    fn no_link_in_a_folder_is_followed() {
        let (temporary, folder) = beside();
        let link = |name: &str, to: &str| std::os::unix::fs::symlink(to, temporary.path().join("inside").join(name)).unwrap();
        link("file", "../precious");
        link("dangling", "../none");
        link("folder", "../outside");
        for access in [Access::Read, Access::Grow] {
            for name in ["file", "dangling"] {
                assert_eq!(UnixFolders.file_in(&folder, name, access).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
            }
        }
        assert_eq!(UnixFolders.file_in(&folder, "dangling", Access::New).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(UnixFolders.folder_in(&folder, "folder").unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert_eq!(UnixFolders.look_in(&folder, "folder").unwrap().kind, FoundKind::Other);
        // What is renamed over a link, or removed, is the link.
        UnixFolders.file_in(&folder, "new", Access::New).unwrap();
        UnixFolders.rename(&folder, "new", &folder, "file").unwrap();
        UnixFolders.remove_file_in(&folder, "folder").unwrap();
        assert_eq!(std::fs::read(temporary.path().join("precious")).unwrap(), b"precious");
        assert!(temporary.path().join("outside").is_dir() && !temporary.path().join("none").exists());
    }

    #[test]
    fn a_file_with_a_second_name_is_not_written() {
        let (temporary, folder) = beside();
        std::fs::hard_link(temporary.path().join("precious"), temporary.path().join("inside/part")).unwrap();
        assert_eq!(UnixFolders.file_in(&folder, "part", Access::Grow).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(UnixFolders.file_in(&folder, "part", Access::Read).is_ok());
    }

    #[test]
    fn nobody_is_waited_for_at_the_other_end_of_a_pipe() {
        let (temporary, folder) = beside();
        assert!(std::process::Command::new("mkfifo").arg(temporary.path().join("inside/pipe")).status().unwrap().success());
        for access in [Access::Read, Access::Grow] {
            assert!(!UnixFolders.file_in(&folder, "pipe", access).unwrap().metadata().unwrap().is_file());
        }
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let (_temporary, folder) = beside();
        for name in ["", ".", "..", "../precious", "a/b", "a\0b"] {
            assert_eq!(
                UnixFolders.file_in(&folder, name, Access::Read).unwrap_err().kind(),
                io::ErrorKind::InvalidInput,
                "{name:?}"
            );
        }
        assert_eq!(UnixFolders.names_in(&folder).unwrap(), [""; 0]);
    }
}
