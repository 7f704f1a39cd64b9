//! Removing from an image layout: content, and files that never got their name. Only files of this program are removed, known by the form
//! of their names and by their place.

use std::io;
use std::time::SystemTime;

use super::{Folder, PARTIAL};
use crate::Error;
use crate::files::is_aside;
use crate::handles::{Found, FoundKind};
use crate::image::Digest;
use crate::oci::layout::could_not_read;

/// The files that were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The number of files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Folder {
    /// The digests of all content there is, each with the size of its file and the time at which that was written.
    pub fn blobs(&self) -> Result<Vec<(Digest, Found)>, Error> {
        let read = || -> io::Result<Vec<(Digest, Found)>> {
            let Some(content) = self.content()? else { return Ok(Vec::new()) };
            let mut blobs = Vec::new();
            for name in content.names()? {
                let Ok(digest) = format!("sha256:{name}").parse() else { continue };
                // Another process may have removed it since.
                if let Some(found) = content.look(&name)?.filter(|found| found.kind == FoundKind::File) {
                    blobs.push((digest, found));
                }
            }
            Ok(blobs)
        };
        read().map_err(|error| could_not_read(&self.shown(), &error))
    }

    /// Removes the content with this digest; `false` if there was none. Nothing listed may need it, and the caller must be
    /// [`Self::emptying`].
    pub fn remove(&self, digest: &Digest) -> Result<bool, Error> {
        let removed = self.content().and_then(|content| content.map_or(Ok(false), |content| content.remove_file(digest.hex())));
        removed.map_err(|error| self.could_not_write(&error))
    }

    /// Removes the file in which the content with this digest grew.
    pub(crate) fn remove_partial(&self, digest: &Digest) -> io::Result<()> {
        self.ingest()?.remove_file(&super::partial_name(digest)).map(drop)
    }

    /// Removes files that were written aside before this time and never got their name. The caller must be [`Self::emptying`], or the time
    /// must be longer ago than anybody takes to write one.
    pub fn sweep(&self, before: SystemTime) -> Result<Swept, Error> {
        let remove = || self.sweep_if(|name, found| (is_partial(name) || is_aside(name)) && found.modified < before);
        remove().map_err(|error| self.could_not_write(&error))
    }

    /// Removes files of processes that were killed while they placed one, but not those that grow. One that cannot be removed does
    /// no harm.
    pub(super) fn remove_left_aside(&self) {
        let _ = self.sweep_if(|name, _| is_aside(name));
    }

    fn sweep_if(&self, is_left: impl Fn(&str, &Found) -> bool) -> io::Result<Swept> {
        let mut swept = Swept::default();
        let ingest = self.ingest()?;
        for name in ingest.names()? {
            let found = ingest.look(&name)?.filter(|found| found.kind == FoundKind::File);
            if let Some(found) = found.filter(|found| is_left(&name, found))
                && ingest.remove_file(&name)?
            {
                swept.files += 1;
                swept.bytes = swept.bytes.saturating_add(found.size);
            }
        }
        Ok(swept)
    }
}

/// True for the name of a file in which content grows.
fn is_partial(name: &str) -> bool {
    name.strip_suffix(PARTIAL).is_some_and(|hex| format!("sha256:{hex}").parse::<Digest>().is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::handles::of_tests as handles;

    #[test]
    fn only_files_of_this_program_are_swept() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        let ingest = root.path().join("ingest");
        let part = format!("{}.part", Digest::of(b"").hex());
        for name in ["customers.csv", "1.part", "4711-0.new.txt", "a-0.new"] {
            fs::write(ingest.join(name), "precious").unwrap();
        }
        for name in [part.as_str(), "4711-0.new", "AbC123"] {
            fs::write(ingest.join(name), "left").unwrap();
        }
        fs::create_dir(ingest.join("4711-1.new")).unwrap();
        fs::write(root.path().join("blobs/sha256/notes"), "precious").unwrap();
        folder.commit(std::time::Duration::from_secs(30), &[], |_| ()).unwrap();
        assert!(ingest.join(&part).exists(), "a pull goes on with it");
        let swept = folder.sweep(SystemTime::now() + std::time::Duration::from_secs(1)).unwrap();
        assert_eq!(swept, Swept { files: 1, bytes: 4 });
        let mut left: Vec<_> = fs::read_dir(&ingest).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["1.part", "4711-0.new.txt", "4711-1.new", "a-0.new", "customers.csv"]);
        assert_eq!(folder.blobs().unwrap(), []);
    }
}
