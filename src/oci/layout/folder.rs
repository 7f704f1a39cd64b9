//! An image layout in a folder: read, and written so that a reader never sees half of anything.

mod locks;
mod removal;
mod verified;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::advice::{Setting, advice};
use crate::files::{OpenFolder, retry_while_busy};
use crate::handles::{Access, Found, FoundKind, Handles};
use crate::image::Digest;
use crate::image::index::{Index, LARGEST};
use crate::oci::layout::ours::{self, Purpose};
use crate::oci::layout::{EMPTY_LAYOUT, INDEX, MARKER, check_marker, could_not_read, malformed, parse_index, verified};
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The number of times that a new layout is given its marker; others can take the file away that it is to become.
const TRIES: u32 = 100;
/// The ending of the name of a file that grows until it is whole; another pull goes on with it.
const PARTIAL: &str = ".part";

/// The folder of content, and the one in it.
pub(super) const BLOBS: &str = "blobs";
const SHA256: &str = "sha256";
/// The folder for files that have no name yet. Nothing in it is used but what a pull goes on with.
pub(super) const INGEST: &str = "ingest";
/// The lock of the list.
pub(super) const INDEX_LOCK: &str = "index.json.lock";
/// The lock of all content: shared by those who add some, alone for those who remove some.
pub(super) const CONTENT_LOCK: &str = "blobs.lock";

/// An image layout in a folder. No link in it is followed.
#[derive(Clone, Debug)]
pub struct Folder {
    root: OpenFolder,
}

impl Folder {
    /// Opens a folder that is an image layout, whoever made it, to read it.
    pub fn open(handles: &'static dyn Handles, root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref();
        let opened = OpenFolder::open(handles, root, true);
        let folder = Self { root: opened.map_err(|error| could_not_read(&shown(&root.display().to_string()), &error))? };
        folder.check()?;
        Ok(folder)
    }

    /// Opens the layout of a store, and makes it if there is none. The folder must be empty or a store of this program.
    pub fn create(handles: &'static dyn Handles, root: impl AsRef<Path>) -> Result<Self, Error> {
        Self::create_for(handles, root.as_ref(), Purpose::Store)
    }

    /// [`Self::create`] for either purpose. What leads to a cache may be a link: the user's own folder of caches often is.
    pub(crate) fn create_for(handles: &'static dyn Handles, root: &Path, purpose: Purpose) -> Result<Self, Error> {
        let could_not_write = |error: &io::Error| could_not_write(&shown(&root.display().to_string()), error);
        fs::create_dir_all(root).map_err(|error| could_not_write(&error))?;
        let opened = OpenFolder::open(handles, root, purpose == Purpose::Cache);
        let folder = Self { root: opened.map_err(|error| could_not_write(&error))? };
        ours::claim(&folder.root, purpose)?;
        let make = || -> io::Result<()> {
            folder.root.folder_made(BLOBS)?.folder_made(SHA256)?;
            let ingest = folder.ingest()?;
            for _ in 0..TRIES {
                if folder.root.look(MARKER)?.is_some() {
                    break;
                }
                match folder.root.place(EMPTY_LAYOUT, &ingest, MARKER) {
                    // Those who have the lock of the list took the file for a leftover. It is not waited for: somebody may keep it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    placed => return placed,
                }
            }
            Ok(())
        };
        make().map_err(|error| could_not_write(&error))?;
        folder.check()?;
        Ok(folder)
    }

    /// The layout of a store or cache of this program; `None` if there is none.
    ///
    /// # Errors
    ///
    /// A folder that holds something else.
    pub(crate) fn existing(handles: &'static dyn Handles, root: &Path, purpose: Purpose) -> Result<Option<Self>, Error> {
        let opened = match OpenFolder::open(handles, root, purpose == Purpose::Cache) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| could_not_read(&shown(&root.display().to_string()), &error))?,
        };
        let folder = Self { root: opened };
        let is_made = ours::is_ours(&folder.root, purpose)? && folder.file(MARKER, LARGEST)?.is_some();
        if is_made { folder.check().map(|()| Some(folder)) } else { Ok(None) }
    }

    /// Refuses what is not an image layout of a version that is read here.
    fn check(&self) -> Result<(), Error> {
        let marker = self.file(MARKER, 4096)?.ok_or_else(|| {
            Error::of(ErrorKind::Invalid, format!("{} is not an OCI image layout", self.shown()))
                .because("it has no file oci-layout")
        })?;
        check_marker(&self.shown(), &marker)
    }

    /// The path of the file for the content with this digest, for messages.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.path().join(BLOBS).join(digest.algorithm()).join(digest.hex())
    }

    /// The path of the folder itself.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The path of the file in which the content with this digest grows until it is whole and gets its name, for messages.
    pub fn partial_path(&self, digest: &Digest) -> PathBuf {
        self.root.path().join(INGEST).join(partial_name(digest))
    }

    /// The content with this digest, of at most `max` bytes, verified.
    pub fn blob(&self, digest: &Digest, max: u64) -> Result<Vec<u8>, Error> {
        let read = self
            .content_by(digest.algorithm())
            .and_then(|content| content.map_or(Ok(None), |content| content.read(digest.hex(), max)));
        let bytes = read.map_err(|error| could_not_read(&self.shown(), &error))?;
        let bytes = bytes.ok_or_else(|| Error::of(ErrorKind::NotFound, format!("{} does not hold {digest}", self.shown())))?;
        verified(bytes, digest).map_err(|error| error.within(format!("{} could not be read", self.shown())))
    }

    /// Opens the content with this digest to read it; it is not verified.
    pub fn open_blob(&self, digest: &Digest) -> io::Result<File> {
        self.content_by(digest.algorithm())?.ok_or(io::ErrorKind::NotFound)?.file(digest.hex(), Access::Read)
    }

    /// The file of the content with this digest; `None` if there is none.
    pub(crate) fn look_at_blob(&self, digest: &Digest) -> io::Result<Option<Found>> {
        let found = self.content_by(digest.algorithm())?.map_or(Ok(None), |content| content.look(digest.hex()))?;
        Ok(found.filter(|found| found.kind == FoundKind::File))
    }

    /// Notes that the content with this digest was used now, unless that was noted a short time ago. One that cannot be noted does no
    /// harm.
    pub(crate) fn mark_used(&self, digest: &Digest, often_enough: Duration) {
        let now = SystemTime::now();
        let Ok(file) = self.open_blob(digest) else { return };
        let written = file.metadata().and_then(|metadata| metadata.modified());
        if written.is_ok_and(|written| now.duration_since(written).is_ok_and(|ago| ago > often_enough)) {
            let _ = file.set_modified(now);
        }
    }

    /// The number of bytes of the content with this digest that an earlier pull left.
    pub(crate) fn partial_size(&self, digest: &Digest) -> io::Result<u64> {
        let found = self.ingest()?.look(&partial_name(digest))?;
        Ok(found.filter(|found| found.kind == FoundKind::File).map_or(0, |found| found.size))
    }

    /// Keeps these bytes under their digest. A file that is already there is replaced, since it may be damaged.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        let put = || self.content_made()?.place(bytes, &self.ingest()?, digest.hex());
        put().map_err(|error| self.could_not_write(&error))?;
        Ok(digest)
    }

    /// Gives the file in which content grew the name of that content.
    pub(crate) fn complete(&self, digest: &Digest) -> io::Result<()> {
        self.ingest()?.rename(&partial_name(digest), &self.content_made()?, digest.hex())
    }

    /// The entries of `index.json`; none where there is no such file yet.
    pub fn index(&self) -> Result<Index, Error> {
        match self.list_file()? {
            Some(bytes) => parse_index(&self.shown(), &bytes).map_err(|error| self.with_new_list(error)),
            None => Ok(Index::default()),
        }
    }

    /// Changes the list of `index.json`, as descriptors in JSON, under a lock that other processes respect. Waits at most this long
    /// for the lock.
    pub fn update_index(&self, wait: Duration, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Error> {
        let _lock = self.lock_index(wait).map_err(|error| self.could_not_write(&error))?;
        self.change_index(change)
    }

    /// [`Folder::update_index`] of a list that is begun anew, since nothing can be saved of the one that is there.
    pub(crate) fn renew_index(&self, wait: Duration, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Error> {
        let _lock = self.lock_index(wait).map_err(|error| self.could_not_write(&error))?;
        self.root.remove_file(INDEX).map_err(|error| self.could_not_write(&error))?;
        self.change_index(change)
    }

    /// [`Folder::put`] for all of these under the lock of the list, then [`Folder::update_index`]. Files that a killed process left
    /// aside are removed, so in such a layout nothing may be put in any other way.
    pub fn commit(&self, wait: Duration, blobs: &[&[u8]], change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Error> {
        let _lock = self.lock_index(wait).map_err(|error| self.could_not_write(&error))?;
        self.remove_left_aside();
        for bytes in blobs {
            self.put(bytes)?;
        }
        self.change_index(change)
    }

    /// Refuses a list in which no image can be found, or none be put.
    pub(crate) fn check_index(&self) -> Result<(), Error> {
        self.index()?;
        list_in(&mut self.raw_index()?).map(drop).ok_or_else(|| self.without_list())
    }

    fn change_index(&self, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Error> {
        let mut index = self.raw_index()?;
        let list = list_in(&mut index).ok_or_else(|| self.without_list())?;
        let before = list.clone();
        change(list);
        if *list == before {
            return Ok(());
        }
        self.place(index.to_string().as_bytes(), INDEX).map_err(|error| self.could_not_write(&error))
    }

    /// The content of `index.json`. Not by the types of this crate: they would lose what they do not know.
    fn raw_index(&self) -> Result<Value, Error> {
        match self.list_file()? {
            Some(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| self.with_new_list(malformed(&self.shown(), INDEX, &error)))
            }
            None => Ok(json!({ "schemaVersion": 2, "mediaType": crate::image::index::OCI_INDEX, "manifests": [] })),
        }
    }

    /// The bytes of `index.json`; `None` where there is no such file yet.
    fn list_file(&self) -> Result<Option<Vec<u8>>, Error> {
        // A pipe or a folder in its place, and a list that is too large, help nobody any more.
        self.file(INDEX, LARGEST).map_err(|error| match error.kind {
            ErrorKind::Invalid => self.with_new_list(error),
            _ => error,
        })
    }

    fn without_list(&self) -> Error {
        let what = format!("{} has a malformed index.json", self.shown());
        self.with_new_list(Error::of(ErrorKind::Invalid, what).because("it has no manifests"))
    }

    /// The error with the advice to begin the list anew.
    fn with_new_list(&self, error: Error) -> Error {
        let list = shown(&self.root.path().join(INDEX).display().to_string());
        error.hint(format!("remove {list}, then pull the images again: the layers that are there are not downloaded again"))
    }

    /// The file of this name in the layout's own folder, of at most `max` bytes, if there is one. It may be replaced at any time.
    pub(crate) fn file(&self, name: &str, max: u64) -> Result<Option<Vec<u8>>, Error> {
        let read = retry_while_busy(|| self.root.read(name, max));
        read.map_err(|error| could_not_read(&shown(&self.root.path().join(name).display().to_string()), &error))
    }

    /// Writes a file of the layout's own folder aside and renames it into place.
    fn place(&self, bytes: &[u8], name: &str) -> io::Result<()> {
        self.root.place(bytes, &self.ingest()?, name)
    }

    /// The folder of content by SHA-256, which is all that this program writes; `None` if there is none.
    fn content(&self) -> io::Result<Option<OpenFolder>> {
        self.content_by(SHA256)
    }

    /// The folder of content by this algorithm; `None` if there is none.
    fn content_by(&self, algorithm: &str) -> io::Result<Option<OpenFolder>> {
        self.root.folder_if_any(BLOBS)?.map_or(Ok(None), |blobs| blobs.folder_if_any(algorithm))
    }

    fn content_made(&self) -> io::Result<OpenFolder> {
        self.root.folder_made(BLOBS)?.folder_made(SHA256)
    }

    fn ingest(&self) -> io::Result<OpenFolder> {
        self.root.folder_made(INGEST)
    }

    fn shown(&self) -> String {
        shown(&self.root.path().display().to_string())
    }

    fn could_not_write(&self, error: &io::Error) -> Error {
        could_not_write(&self.shown(), error)
    }
}

/// The entries of an index in JSON.
fn list_in(index: &mut Value) -> Option<&mut Vec<Value>> {
    index.get_mut("manifests")?.as_array_mut()
}

fn could_not_write(what: &str, error: &io::Error) -> Error {
    let read = could_not_read(what, error);
    let failed = Error { what: format!("{what} could not be written"), ..read };
    match error.kind() {
        io::ErrorKind::TimedOut => failed.hint(advice!["end that process, or wait longer with ", Setting::Timeout]),
        // What is refused by its nature.
        io::ErrorKind::InvalidInput => {
            failed.hint("remove it, if it is not needed elsewhere: only regular files of one name are written")
        }
        _ => failed.or_hint("check permissions and disk space there"),
    }
}

/// The name of the file in which the content with this digest grows.
fn partial_name(digest: &Digest) -> String {
    format!("{}{PARTIAL}", digest.hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handles::of_tests as handles;

    const WAIT: Duration = Duration::from_secs(30);

    #[test]
    fn what_is_put_is_found_and_what_is_damaged_is_not() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path().join("store")).unwrap();
        let digest = folder.put(b"{}").unwrap();
        assert_eq!(folder.blob(&digest, 2).unwrap(), b"{}");
        assert_eq!(folder.blob(&digest, 1).unwrap_err().kind, ErrorKind::Invalid, "larger than asked for");
        assert_eq!(folder.blob(&Digest::of(b"other"), 9).unwrap_err().kind, ErrorKind::NotFound);
        fs::write(folder.blob_path(&digest), b"{ ").unwrap();
        assert!(folder.blob(&digest, 2).unwrap_err().sentence().contains("is damaged"));
        folder.put(b"{}").unwrap();
        assert_eq!(folder.blob(&digest, 2).unwrap(), b"{}", "put again, it is whole again");
        assert_eq!(folder.ingest().unwrap().names().unwrap(), [""; 0], "nothing is left aside");
        assert!(Folder::open(handles(), root.path().join("store")).is_ok());
    }

    #[test]
    fn a_layout_made_by_others_is_read_and_not_written() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(MARKER), EMPTY_LAYOUT).unwrap();
        assert_eq!(Folder::open(handles(), root.path()).unwrap().index().unwrap().entries, []);
        let refused = Folder::create(handles(), root.path()).unwrap_err();
        assert!(refused.what.ends_with("is not used as the store"), "{refused:?}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_a_layout_is_opened() {
        let root = tempfile::tempdir().unwrap();
        let refused = Folder::open(handles(), root.path()).unwrap_err();
        assert!(refused.sentence().contains("has no file oci-layout"));
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Folder::create(handles(), &file).unwrap_err().what.ends_with("could not be written"));
        fs::remove_file(file).unwrap();
        Folder::create(handles(), root.path()).unwrap();
        fs::write(root.path().join(MARKER), r#"{"imageLayoutVersion":"9.0.0"}"#).unwrap();
        assert_eq!(Folder::create(handles(), root.path()).unwrap_err().kind, ErrorKind::Unsupported);
    }

    #[test]
    fn many_writers_lose_no_name_and_nothing_they_do_not_know() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        let foreign =
            json!({ "digest": Digest::of(b""), "size": 0, "platform": { "os": "windows", "os.version": "10.0.1" }, "x": [1] });
        folder.update_index(WAIT, |list| list.push(foreign.clone())).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let folder = &folder;
                scope.spawn(move || {
                    for number in 0..5 {
                        let entry = json!({ "digest": Digest::of(&[writer, number]), "size": 2 });
                        folder.update_index(WAIT, |list| list.push(entry)).unwrap();
                        folder.index().expect("a reader never sees half of it");
                    }
                });
            }
        });
        assert_eq!(folder.index().unwrap().entries.len(), 41);
        let written: Value = serde_json::from_slice(&fs::read(root.path().join(INDEX)).unwrap()).unwrap();
        assert_eq!(written["manifests"][0], foreign);
    }

    #[test]
    fn a_lock_that_is_kept_is_not_waited_for_forever() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        let _lock = folder.lock_index(WAIT).unwrap();
        let error = folder.update_index(Duration::from_millis(20), |_| {}).unwrap_err();
        assert!(error.sentence().contains("keeps index.json locked"), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn no_link_in_a_layout_is_followed_and_nothing_of_a_file_is_quoted() {
        use std::os::unix::fs::symlink;

        let secret = "\"the secret of another file\"";
        for place in ["index.json", "oci-layout", "blobs", "blobs/sha256"] {
            let outside = tempfile::tempdir().unwrap();
            fs::write(outside.path().join("secret"), secret).unwrap();
            let root = tempfile::tempdir().unwrap();
            let digest = Folder::create(handles(), root.path()).unwrap().put(b"{}").unwrap();
            let path = root.path().join(place);
            if path.is_dir() {
                fs::rename(&path, outside.path().join("moved")).unwrap();
                symlink(outside.path().join("moved"), &path).unwrap();
            } else {
                let _ = fs::remove_file(&path);
                symlink(outside.path().join("secret"), &path).unwrap();
            }
            let read = Folder::open(handles(), root.path()).and_then(|folder| {
                folder.index()?;
                folder.blob(&digest, 9)
            });
            let refused = read.unwrap_err();
            assert!(!refused.sentence().contains("secret of"), "{refused:?}");
            assert!(refused.sentence().contains("is not followed") && refused.hint.is_some(), "{place}: {refused:?}");
        }
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        fs::write(root.path().join(INDEX), secret).unwrap();
        let refused = folder.index().unwrap_err();
        assert!(!refused.sentence().contains("secret of"), "{refused:?}");
    }

    #[cfg(unix)]
    #[test]
    fn all_files_are_readable_alike() {
        use std::os::unix::fs::PermissionsExt as _;

        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        let digest = folder.put(b"{}").unwrap();
        folder.update_index(WAIT, |list| list.push(json!({}))).unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let modes: std::collections::BTreeSet<u32> =
            [folder.blob_path(&digest), root.path().join(INDEX), root.path().join(MARKER)].map(mode).into();
        assert_eq!(modes.len(), 1, "{modes:?}");
        assert!(modes.iter().all(|mode| mode & 0o400 != 0 && mode & 0o022 == 0), "{modes:?}");
    }
}
