//! Folders with an owner and an access list of their own, as the operating system makes and shows them.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::handles::Handles;

/// The folders of this machine, for a program that runs elevated and must not be led into a stranger's.
pub trait Folders: Send + Sync {
    /// Reads what is at this path; a link or another reparse point is looked at and not followed.
    ///
    /// # Errors
    ///
    /// Nothing is there, or it may not be looked at.
    fn look(&self, folder: &Path) -> io::Result<Seen>;

    /// Makes a folder together with its access list, so that there is no time without it.
    ///
    /// # Errors
    ///
    /// Something is there, or this user may not make it.
    fn make(&self, folder: &Path, readers: Readers) -> io::Result<()>;

    /// [`Self::make`] in a folder that is open, under one name.
    ///
    /// # Errors
    ///
    /// As for [`Self::make`].
    fn make_in(&self, parent: &File, name: &str, readers: Readers) -> io::Result<()>;

    /// The owner of a folder that is open, in the notation of [`Seen::owner`].
    ///
    /// # Errors
    ///
    /// The system did not say.
    fn owner(&self, folder: &File) -> io::Result<String>;

    /// The user of this process, in the notation of [`Seen::owner`].
    ///
    /// # Errors
    ///
    /// The system did not say.
    fn user(&self) -> io::Result<String>;

    /// The owners that are trusted beside the user, in the notation of [`Seen::owner`], each with its name for people, e.g.
    /// `("S-1-5-18", "SYSTEM")`.
    fn trusted(&self) -> &'static [(&'static str, &'static str)];

    /// The step that gives a user more rights, e.g. `open the console with "Run as administrator"`; `None` if there is none that
    /// is usual.
    fn elevation(&self) -> Option<&'static str>;

    /// The calls with which what is in a folder is reached through its handle.
    fn handles(&self) -> &'static dyn Handles;
}

/// The users who may read a folder and its content, beside the system, the administrators and the one who made it. Nobody else
/// may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everyone: layers and blobs are public, and what runs in a container reads its layers.
    Everyone,
    /// Nobody else: containers have passwords in their environment. On Windows, the virtual machines of Hyper-V isolation read
    /// their scratch here, and Hyper-V Administrators write: they start containers unelevated, and HCS lets them into every
    /// container anyway.
    Nobody,
}

/// The nature and the owner of what is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// True for a folder, false for a file, a link or another reparse point.
    pub folder: bool,
    /// The owner: a SID, e.g. `S-1-5-32-544`, or a number of Unix.
    pub owner: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Folders of one user, without access lists.
    pub(crate) struct PlainFolders;

    impl Folders for PlainFolders {
        fn look(&self, folder: &Path) -> io::Result<Seen> {
            Ok(Seen { folder: folder.symlink_metadata()?.is_dir(), owner: "user".to_owned() })
        }

        fn make(&self, folder: &Path, _: Readers) -> io::Result<()> {
            std::fs::create_dir(folder)
        }

        fn make_in(&self, parent: &File, name: &str, _: Readers) -> io::Result<()> {
            self.handles().make_folder_in(parent, name)
        }

        fn owner(&self, _: &File) -> io::Result<String> {
            self.user()
        }

        fn user(&self) -> io::Result<String> {
            Ok("user".to_owned())
        }

        fn trusted(&self) -> &'static [(&'static str, &'static str)] {
            &[("1", "SYSTEM"), ("2", "Administrators")]
        }

        fn elevation(&self) -> Option<&'static str> {
            Some("run it as an administrator")
        }

        fn handles(&self) -> &'static dyn Handles {
            crate::handles::of_tests()
        }
    }
}
