//! A folder that is open: what is in it is reached through its handle, one name at a time, and no link in it is followed.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::read::{read_capped, refuse_irregular};
use crate::files::retry_while_busy;
use crate::handles::{Access, Found, FoundKind, Handles};

/// The ending of the name of a file that is written aside, e.g. `4711-0.new`.
const ASIDE: &str = "new";
/// The number of names that are tried for a file that is written aside.
const TRIES: u64 = 1000;

/// An open folder. The folder stays the same one, whatever is put in the place of its path.
#[derive(Clone, Debug)]
pub(crate) struct OpenFolder {
    handles: &'static dyn Handles,
    handle: Arc<File>,
    /// The path that it was opened by, for messages.
    path: PathBuf,
}

impl OpenFolder {
    /// Opens a folder by its path, which may be a link if `through_link` says so.
    pub fn open(handles: &'static dyn Handles, path: &Path, through_link: bool) -> io::Result<Self> {
        let handle = Arc::new(handles.open_folder(path, through_link)?);
        Ok(Self { handles, handle, path: path.to_owned() })
    }

    /// The path that it was opened by, for messages and for callers outside this process.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The handle, for calls that are not made here.
    pub fn handle(&self) -> &File {
        &self.handle
    }

    /// Opens a folder in it.
    pub fn folder(&self, name: &str) -> io::Result<Self> {
        let handle = self.handles.folder_in(&self.handle, name).map_err(|error| match error.kind() {
            io::ErrorKind::NotADirectory => io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} is a file or a link, not a folder, and is not followed"),
            ),
            _ => error,
        })?;
        Ok(Self { handles: self.handles, handle: Arc::new(handle), path: self.path.join(name) })
    }

    /// Opens a folder in it; `None` if there is none.
    pub fn folder_if_any(&self, name: &str) -> io::Result<Option<Self>> {
        match self.folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Opens a folder in it, and makes it before if it is missing.
    pub fn folder_made(&self, name: &str) -> io::Result<Self> {
        match self.folder(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        match self.make_folder(name) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.folder(name),
        }
    }

    /// Makes a folder in it that is not there yet.
    pub fn make_folder(&self, name: &str) -> io::Result<()> {
        self.handles.make_folder_in(&self.handle, name)
    }

    /// Opens a regular file in it.
    pub fn file(&self, name: &str, access: Access) -> io::Result<File> {
        let named = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidInput => io::Error::new(error.kind(), format!("{name}: {error}")),
            _ => error,
        };
        let file = self.handles.file_in(&self.handle, name, access).map_err(named)?;
        refuse_irregular(&file.metadata()?).map_err(named)?;
        Ok(file)
    }

    /// Reads a regular file in it, of at most `max` bytes; `None` if there is none.
    pub fn read(&self, name: &str, max: u64) -> io::Result<Option<Vec<u8>>> {
        match self.file(name, Access::Read).and_then(|file| read_capped(file, max)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// Reads what has this name in it; `None` if there is nothing.
    pub fn look(&self, name: &str) -> io::Result<Option<Found>> {
        match self.handles.look_in(&self.handle, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Gives a file in it another name, there or in another folder; what has that name is replaced.
    pub fn rename(&self, name: &str, to: &Self, new_name: &str) -> io::Result<()> {
        retry_while_busy(|| self.handles.rename(&self.handle, name, &to.handle, new_name))
    }

    /// Removes a file or a link in it; `false` if there was none.
    pub fn remove_file(&self, name: &str) -> io::Result<bool> {
        match self.handles.remove_file_in(&self.handle, name) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes what has this name in it, a folder with all that is in that. A link is removed and not followed.
    pub fn remove_all(&self, name: &str) -> io::Result<()> {
        retry_while_busy(|| self.try_to_remove_all(name))
    }

    /// Removes all that is in it but what has this name.
    pub fn remove_others(&self, kept: &str) -> io::Result<()> {
        let others = || self.names().map(|names| names.into_iter().filter(|name| name != kept));
        retry_while_busy(|| {
            others()?.try_for_each(|name| self.try_to_remove_all(&name))?;
            if others()?.next().is_none() { Ok(()) } else { Err(io::ErrorKind::DirectoryNotEmpty.into()) }
        })
    }

    fn try_to_remove_all(&self, name: &str) -> io::Result<()> {
        let (mut open, mut waiting) = (Vec::new(), vec![(self.clone(), name.to_owned())]);
        while let Some((parent, name)) = waiting.pop() {
            match parent.look(&name)? {
                None => {}
                Some(Found { kind: FoundKind::Folder, .. }) => {
                    let folder = parent.folder(&name)?;
                    waiting.extend(folder.names()?.into_iter().map(|name| (folder.clone(), name)));
                    open.push((parent, name));
                }
                Some(_) => parent.remove_file(&name).map(drop)?,
            }
        }
        // Those that are in others come after them.
        for (parent, name) in open.into_iter().rev() {
            match self.handles.remove_folder_in(&parent.handle, &name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The names of all that is in it; those that are not Unicode stand there with replacements, and open nothing.
    pub fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.handles.names_in(&self.handle)?.into_iter().map(|name| name.to_string_lossy().into_owned()).collect())
    }

    /// Writes a file whole or not at all: aside, in a folder of the same volume, and then it gets its name here.
    pub fn place(&self, bytes: &[u8], aside: &Self, name: &str) -> io::Result<()> {
        let (mut file, waiting) = aside.new_file()?;
        let placed = file.write_all(bytes).and_then(|()| {
            drop(file);
            aside.rename(&waiting, self, name)
        });
        if placed.is_err() {
            let _ = aside.remove_file(&waiting);
        }
        placed
    }

    /// A new file with a name that says that it was not given its own yet.
    fn new_file(&self) -> io::Result<(File, String)> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        for _ in 0..TRIES {
            let name = format!("{}-{}.{ASIDE}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
            match self.file(&name, Access::New) {
                // A process with this number was killed, or lives on another machine that shares the folder.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return Ok((opened?, name)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// True for the name of a file that [`OpenFolder::place`] writes aside, or that earlier versions did, e.g. `AbC123`.
pub(crate) fn is_aside(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let earlier = name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    earlier
        || name
            .strip_suffix(ASIDE)
            .and_then(|name| name.strip_suffix('.')?.split_once('-'))
            .is_some_and(|(process, number)| is_number(process) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handles::of_tests as handles;

    fn open() -> (tempfile::TempDir, OpenFolder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = OpenFolder::open(handles(), temporary.path(), false).unwrap();
        (temporary, folder)
    }

    #[test]
    fn a_file_is_placed_whole_and_nothing_is_left_aside() {
        let (_temporary, folder) = open();
        let aside = folder.folder_made("aside").unwrap();
        folder.place(b"one", &aside, "file").unwrap();
        folder.place(b"two", &aside, "file").unwrap();
        assert_eq!(folder.read("file", 9).unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(folder.read("none", 9).unwrap(), None);
        assert_eq!(folder.read("file", 2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        folder.make_folder("taken").unwrap();
        assert!(folder.place(b"three", &aside, "taken").is_err());
        assert_eq!(aside.names().unwrap(), [""; 0]);
    }

    #[test]
    fn only_names_of_files_written_aside_are_known_as_such() {
        let (_temporary, folder) = open();
        let (_file, name) = folder.new_file().unwrap();
        assert!(is_aside(&name), "{name}");
        for earlier in ["AbC123", "zzzzzz"] {
            assert!(is_aside(earlier), "{earlier}");
        }
        for other in
            ["", "new", ".new", "-.new", "1-.new", "a-1.new", "1-1.part", "customers.csv", "notes", "1-1-1.new.txt", "a.new"]
        {
            assert!(!is_aside(other), "{other}");
        }
    }

    #[test]
    fn a_folder_is_removed_with_all_that_is_in_it() {
        let (temporary, folder) = open();
        std::fs::create_dir_all(temporary.path().join("a/b/c")).unwrap();
        std::fs::write(temporary.path().join("a/b/file"), "").unwrap();
        std::fs::write(temporary.path().join("beside"), "").unwrap();
        folder.remove_all("a").unwrap();
        folder.remove_all("a").unwrap();
        assert_eq!(folder.names().unwrap(), ["beside"]);
    }

    /// Windows keeps the name of a removed file for as long as somebody has it open.
    #[test]
    fn a_folder_is_removed_although_somebody_reads_a_file_in_it() {
        let (_temporary, folder) = open();
        let inner = folder.folder_made("a").unwrap();
        inner.place(b"read", &inner, "file").unwrap();
        let reader = inner.file("file", Access::Read).unwrap();
        drop(inner);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(100));
                drop(reader);
            });
            folder.remove_all("a").unwrap();
        });
        assert_eq!(folder.names().unwrap(), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_removed_and_what_it_leads_to_stays() {
        let (temporary, folder) = open();
        std::fs::create_dir_all(temporary.path().join("precious")).unwrap();
        std::fs::write(temporary.path().join("precious/file"), "").unwrap();
        std::fs::create_dir(temporary.path().join("a")).unwrap();
        std::os::unix::fs::symlink("../precious", temporary.path().join("a/link")).unwrap();
        folder.remove_all("a").unwrap();
        std::os::unix::fs::symlink("precious", temporary.path().join("a")).unwrap();
        folder.remove_all("a").unwrap();
        assert!(temporary.path().join("precious/file").exists());
        std::os::unix::fs::symlink("precious", temporary.path().join("link")).unwrap();
        let refused = folder.folder("link").unwrap_err();
        assert!(refused.to_string().contains("link is a file or a link, not a folder, and is not followed"), "{refused}");
    }
}
