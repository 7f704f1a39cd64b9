//! Access to what is in a folder through the handle of that folder, as the operating system gives it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// The calls of the system that take the handle of a folder and one name in it, and follow no link.
///
/// A name is one part of a path, e.g. `index.json`: never empty, `.` or `..`, and without a separator. Nothing is looked at first and opened
/// later, so nobody can put a link in the place of what was looked at.
pub trait Handles: fmt::Debug + Send + Sync {
    /// Opens a folder by its path. A link in its place is followed only if `through_link` says so.
    ///
    /// # Errors
    ///
    /// Nothing is there, it is not a folder, or it may not be read.
    fn open_folder(&self, path: &Path, through_link: bool) -> io::Result<File>;

    /// Opens a folder in a folder.
    ///
    /// # Errors
    ///
    /// As for [`Self::open_folder`]; [`io::ErrorKind::NotADirectory`] for a link.
    fn folder_in(&self, parent: &File, name: &str) -> io::Result<File>;

    /// Makes a folder in a folder, with its access list or, on Unix, the mode 0755 less what the umask takes.
    ///
    /// # Errors
    ///
    /// Something is there, or it may not be made.
    fn make_folder_in(&self, parent: &File, name: &str) -> io::Result<()>;

    /// Opens a file in a folder, without waiting for anybody at the other end of a pipe.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for a link, and for a file to write that has a second name elsewhere.
    fn file_in(&self, parent: &File, name: &str, access: Access) -> io::Result<File>;

    /// Reads what is in a folder under this name, of a link the link itself.
    ///
    /// # Errors
    ///
    /// Nothing is there, or it may not be looked at.
    fn look_in(&self, parent: &File, name: &str) -> io::Result<Found>;

    /// Gives a file another name, in the same or another folder of the volume; what has that name is replaced.
    ///
    /// # Errors
    ///
    /// Nothing is there, a folder has the new name, or the names may not be changed.
    fn rename(&self, from: &File, name: &str, to: &File, new_name: &str) -> io::Result<()>;

    /// Removes a file, or a link and not what it leads to.
    ///
    /// # Errors
    ///
    /// Nothing is there, it is a folder, or it may not be removed.
    fn remove_file_in(&self, parent: &File, name: &str) -> io::Result<()>;

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// Nothing is there, it is not a folder or not empty, or it may not be removed.
    fn remove_folder_in(&self, parent: &File, name: &str) -> io::Result<()>;

    /// The names of all that is in a folder.
    ///
    /// # Errors
    ///
    /// A folder that may not be read.
    fn names_in(&self, folder: &File) -> io::Result<Vec<OsString>>;
}

/// The access to a file in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read a file that is there.
    Read,
    /// To read and write a file, which is made if it is missing and keeps its content.
    Grow,
    /// To write a file that is not there yet.
    New,
}

/// The nature of what has a name in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its kind.
    pub kind: FoundKind,
    /// The number of its bytes.
    pub size: u64,
    /// The time of its last change.
    pub modified: SystemTime,
}

/// The kinds of what can have a name in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, a pipe, a device, or another thing that is neither.
    Other,
}

#[cfg(test)]
pub(crate) use tests::of_tests;

#[cfg(test)]
mod tests {
    use super::Handles;

    /// Those of the system that the tests run on.
    #[cfg(unix)]
    pub(crate) fn of_tests() -> &'static dyn Handles {
        &crate::unix::UnixFolders
    }

    /// Those of the system that the tests run on.
    #[cfg(not(unix))]
    pub(crate) fn of_tests() -> &'static dyn Handles {
        &crate::windows::StoreFolders
    }
}
