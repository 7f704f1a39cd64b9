//! An OCI image layout in a folder: read, and written so that a reader never sees half of anything.

mod locks;
mod removal;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::files::{read_regular, retry_while_busy};
use crate::image::Digest;
use crate::image::index::{Index, LARGEST};
use crate::oci::layout::{INDEX, MARKER, check_marker, could_not_read, parse_index, verified};
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The longest time that another process may take to make the layout.
const MAKING: Duration = Duration::from_secs(30);
/// The ending of the name of a file that grows until it is whole; another pull goes on with it.
const PARTIAL: &str = "part";

/// An OCI image layout in a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A folder that may be an image layout or not be there at all; enough to ask it for content by digest.
    pub(crate) fn unchecked(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Opens a folder that is an image layout already.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = Self { root: root.into() };
        let marker = folder.file(MARKER, 4096)?;
        let marker = marker.ok_or_else(|| {
            Error::of(ErrorKind::Invalid, format!("{} is not an OCI image layout", folder.shown()))
                .because("it has no file oci-layout")
        })?;
        check_marker(&folder.shown(), &marker)?;
        Ok(folder)
    }

    /// Opens a folder, or makes an empty image layout of it if there is none.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = Self { root: root.into() };
        let make = || -> io::Result<()> {
            fs::create_dir_all(folder.root.join("blobs").join("sha256"))?;
            fs::create_dir_all(folder.ingest())?;
            let marker = folder.root.join(MARKER);
            if marker.try_exists()? {
                return Ok(());
            }
            // A file that is placed without the lock is taken for a leftover by those who have it.
            let _lock = folder.lock_index(MAKING)?;
            if marker.try_exists()? { Ok(()) } else { folder.place(br#"{"imageLayoutVersion":"1.0.0"}"#, &marker) }
        };
        make().map_err(|error| folder.could_not_write(&error))?;
        Self::open(folder.root)
    }

    /// The file for the content with this digest, whether it is there or not.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.algorithm()).join(digest.hex())
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file in which the content with this digest grows until it is whole and gets its name.
    pub fn partial_path(&self, digest: &Digest) -> PathBuf {
        self.ingest().join(digest.hex()).with_extension(PARTIAL)
    }

    /// The content with this digest, of at most `max` bytes, verified.
    pub fn blob(&self, digest: &Digest, max: u64) -> Result<Vec<u8>, Error> {
        let bytes = read(&self.blob_path(digest), max).map_err(|error| could_not_read(&self.shown(), &error))?;
        let bytes = bytes.ok_or_else(|| Error::of(ErrorKind::NotFound, format!("{} does not hold {digest}", self.shown())))?;
        verified(bytes, digest).map_err(|error| error.within(format!("{} could not be read", self.shown())))
    }

    /// Keeps these bytes under their digest. A file that is already there is replaced, since it may be damaged.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::of(bytes);
        self.place(bytes, &self.blob_path(&digest)).map_err(|error| self.could_not_write(&error))?;
        Ok(digest)
    }

    /// The entries of `index.json`; none where there is no such file yet.
    pub fn index(&self) -> Result<Index, Error> {
        match self.file(INDEX, LARGEST)? {
            Some(bytes) => parse_index(&self.shown(), &bytes),
            None => Ok(Index::default()),
        }
    }

    /// Changes the list of `index.json`, as descriptors in JSON, under a lock that other processes respect. Waits at most this long
    /// for the lock.
    pub fn update_index(&self, wait: Duration, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Error> {
        let _lock = self.lock_index(wait).map_err(|error| self.could_not_write(&error))?;
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

    fn change_index(&self, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), Error> {
        let mut index = match self.file(INDEX, LARGEST)? {
            // Not by the types of this crate: they would lose what they do not know.
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Error::of(ErrorKind::Invalid, format!("{} has a malformed index.json", self.shown()))
                    .because(shown(&error.to_string()))
            })?,
            None => json!({ "schemaVersion": 2, "mediaType": crate::image::index::OCI_INDEX, "manifests": [] }),
        };
        let list = index.get_mut("manifests").and_then(Value::as_array_mut);
        let list = list.ok_or_else(|| {
            Error::of(ErrorKind::Invalid, format!("{} has a malformed index.json", self.shown())).because("it has no manifests")
        })?;
        let before = list.clone();
        change(list);
        if *list == before {
            return Ok(());
        }
        self.place(index.to_string().as_bytes(), &self.root.join(INDEX)).map_err(|error| self.could_not_write(&error))
    }

    /// The file of this name, of at most `max` bytes, if there is one. It may be replaced at any time.
    pub(crate) fn file(&self, name: &str, max: u64) -> Result<Option<Vec<u8>>, Error> {
        let path = self.root.join(name);
        retry_while_busy(|| read(&path, max)).map_err(|error| could_not_read(&shown(&path.display().to_string()), &error))
    }

    /// Writes a file aside and renames it into place.
    fn place(&self, bytes: &[u8], target: &Path) -> io::Result<()> {
        // A layout made by others has no such folder.
        fs::create_dir_all(self.ingest())?;
        let mut file = tempfile::Builder::new().prefix("").tempfile_in(self.ingest())?;
        file.write_all(bytes)?;
        let mut aside = Some(file);
        retry_while_busy(|| {
            let Some(file) = aside.take() else { return Ok(()) };
            file.persist(target).map(drop).map_err(|refused| {
                aside = Some(refused.file);
                refused.error
            })
        })
    }

    /// The folder for files that have no name yet. Nothing in it is used but what a pull goes on with.
    fn ingest(&self) -> PathBuf {
        self.root.join("ingest")
    }

    fn shown(&self) -> String {
        shown(&self.root.display().to_string())
    }

    fn could_not_write(&self, error: &io::Error) -> Error {
        let read = could_not_read(&self.shown(), error);
        Error { what: format!("{} could not be written", self.shown()), ..read }
    }
}

/// Reads a regular file of at most `max` bytes; `None` if there is none.
fn read(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    match read_regular(path, max) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const WAIT: Duration = Duration::from_secs(30);

    #[test]
    fn what_is_put_is_found_and_what_is_damaged_is_not() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(root.path().join("store")).unwrap();
        let digest = folder.put(b"{}").unwrap();
        assert_eq!(folder.blob(&digest, 2).unwrap(), b"{}");
        assert_eq!(folder.blob(&digest, 1).unwrap_err().kind, ErrorKind::Invalid, "larger than asked for");
        assert_eq!(folder.blob(&Digest::of(b"other"), 9).unwrap_err().kind, ErrorKind::NotFound);
        fs::write(folder.blob_path(&digest), b"{ ").unwrap();
        assert!(folder.blob(&digest, 2).unwrap_err().sentence().contains("is damaged"));
        folder.put(b"{}").unwrap();
        assert_eq!(folder.blob(&digest, 2).unwrap(), b"{}", "put again, it is whole again");
        assert_eq!(fs::read_dir(folder.ingest()).unwrap().count(), 0, "nothing is left aside");
        assert!(Folder::open(root.path().join("store")).is_ok());
    }

    #[test]
    fn a_layout_made_by_others_can_be_changed() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(MARKER), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let folder = Folder::open(root.path()).unwrap();
        folder.remove_partial(SystemTime::now()).unwrap();
        fs::remove_dir(folder.ingest()).unwrap();
        folder.update_index(WAIT, |entries| entries.push(json!({}))).unwrap();
    }

    #[test]
    fn only_a_layout_is_opened() {
        let root = tempfile::tempdir().unwrap();
        assert!(Folder::open(root.path()).unwrap_err().sentence().contains("has no file oci-layout"));
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Folder::create(&file).unwrap_err().what.ends_with("could not be written"));
        fs::write(root.path().join(MARKER), r#"{"imageLayoutVersion":"9.0.0"}"#).unwrap();
        assert_eq!(Folder::create(root.path()).unwrap_err().kind, ErrorKind::Unsupported);
    }

    #[test]
    fn many_writers_lose_no_name_and_nothing_they_do_not_know() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(root.path()).unwrap();
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
        let folder = Folder::create(root.path()).unwrap();
        let _lock = folder.lock_index(WAIT).unwrap();
        let error = folder.update_index(Duration::from_millis(20), |_| {}).unwrap_err();
        assert!(error.sentence().contains("keeps index.json locked"), "{error:?}");
    }
}
