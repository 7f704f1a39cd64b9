//! Removing from an image layout: content, and files that never got their name.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::PARTIAL;
use crate::Error;
use crate::image::Digest;
use crate::oci::layout::{Folder, could_not_read};

impl Folder {
    /// The digests of all content there is, each with the time at which it was written.
    pub fn blobs(&self) -> Result<Vec<(Digest, SystemTime)>, Error> {
        let read = || -> io::Result<Vec<(Digest, SystemTime)>> {
            let mut blobs = Vec::new();
            for entry in fs::read_dir(self.root.join("blobs").join("sha256"))? {
                let entry = entry?;
                let digest = entry.file_name().to_str().and_then(|hex| format!("sha256:{hex}").parse().ok());
                if let (Some(digest), true) = (digest, entry.file_type()?.is_file()) {
                    blobs.push((digest, entry.metadata()?.modified()?));
                }
            }
            Ok(blobs)
        };
        read().map_err(|error| could_not_read(&self.shown(), &error))
    }

    /// Removes the content with this digest; `false` if there was none. Nothing listed may need it, and the caller must be
    /// [`Self::emptying`].
    pub fn remove(&self, digest: &Digest) -> Result<bool, Error> {
        match fs::remove_file(self.blob_path(digest)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.could_not_write(&error)),
        }
    }

    /// Removes files that were written aside before this time and never got their name. The caller must be [`Self::emptying`].
    pub fn remove_partial(&self, before: SystemTime) -> Result<(), Error> {
        let remove = || -> io::Result<()> {
            fs::create_dir_all(self.ingest())?;
            for entry in fs::read_dir(self.ingest())? {
                let entry = entry?;
                if entry.file_type()?.is_file() && entry.metadata()?.modified()? < before {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        remove().map_err(|error| self.could_not_write(&error))
    }

    /// Removes files of processes that were killed while they placed one, but not those that grow. One that cannot be removed does
    /// no harm.
    pub(super) fn remove_left_aside(&self) {
        let aside = fs::read_dir(self.ingest()).into_iter().flatten().flatten();
        for left in aside.filter(|file| Path::new(&file.file_name()).extension().is_none_or(|extension| extension != PARTIAL)) {
            let _ = fs::remove_file(left.path());
        }
    }
}
