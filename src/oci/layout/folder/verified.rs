//! The record of content that was verified: large content is read again only if its file has changed since.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Folder;
use crate::handles::Found;
use crate::image::Digest;
use crate::image::index::LARGEST;
use crate::{Error, ErrorKind};

/// The file of the record.
const RECORD: &str = "verified.json";
const SCHEMA: &str = "wincompat/verified/v1";
/// The number of bytes that are hashed at a time.
const READ: usize = 1 << 20;

/// The content of the record: by the digits of a digest, the file that was verified.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    schema: String,
    blobs: BTreeMap<String, Seen>,
}

/// A file as it was when its content was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    size: u64,
    /// The time of its last change in nanoseconds since 1970.
    modified: u64,
}

impl Seen {
    fn of(found: &Found) -> Self {
        let since = found.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { size: found.size, modified: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX) }
    }
}

impl Folder {
    /// True if the content with this digest is here and whole: as it was when it was last verified, or verified now.
    pub(crate) fn is_intact(&self, digest: &Digest, size: u64, wait: Duration) -> io::Result<bool> {
        let Some(found) = self.look_at_blob(digest)?.filter(|found| found.size == size) else { return Ok(false) };
        if self.record().blobs.get(digest.hex()) == Some(&Seen::of(&found)) {
            return Ok(true);
        }
        if digest_of(self.open_blob(digest)?)? != *digest {
            return Ok(false);
        }
        self.record_verified(digest, &found, wait);
        Ok(true)
    }

    /// Reads the content with this digest from its beginning to its end.
    ///
    /// # Errors
    ///
    /// Content that is not here, cannot be read, or is not what its digest says.
    pub fn verify(&self, digest: &Digest) -> Result<(), Error> {
        // A document of another program: everything large is named by its SHA-256.
        if !digest.is_sha256() {
            return self.blob(digest, LARGEST).map(drop);
        }
        let read = self.open_blob(digest).and_then(digest_of);
        match read {
            Ok(actual) if actual == *digest => Ok(()),
            Ok(actual) => Err(Error::of(ErrorKind::Invalid, format!("{digest} is damaged")).because(format!(
                "{} has the digest {actual}",
                crate::text::shown(&self.blob_path(digest).display().to_string())
            ))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Error::of(ErrorKind::NotFound, format!("{digest} is not in the store")))
            }
            Err(error) => Err(Error::of(ErrorKind::Invalid, format!("{digest} cannot be read")).because(error)),
        }
    }

    /// Records that the content with this digest, which has just got its name, was verified. Without the record it is read again.
    pub(crate) fn has_verified(&self, digest: &Digest, wait: Duration) {
        if let Ok(Some(found)) = self.look_at_blob(digest) {
            self.record_verified(digest, &found, wait);
        }
    }

    fn record_verified(&self, digest: &Digest, found: &Found, wait: Duration) {
        let written = self.lock_index(wait).and_then(|_lock| {
            let mut record = self.record();
            let names: BTreeSet<String> =
                self.content()?.map_or_else(|| Ok(Vec::new()), |content| content.names())?.into_iter().collect();
            record.blobs.retain(|hex, _| names.contains(hex));
            record.blobs.insert(digest.hex().to_owned(), Seen::of(found));
            record.schema = SCHEMA.to_owned();
            self.place(&serde_json::to_vec(&record)?, RECORD)
        });
        if let Err(error) = written {
            tracing::debug!("{digest} was verified, and that is not recorded: {error}");
        }
    }

    /// The record; one that cannot be read says nothing.
    fn record(&self) -> Record {
        let bytes = self.root.read(RECORD, LARGEST).ok().flatten().unwrap_or_default();
        let record: Option<Record> = serde_json::from_slice(&bytes).ok();
        record.filter(|record| record.schema == SCHEMA).unwrap_or_default()
    }
}

/// The digest of all that a reader has.
fn digest_of(mut reader: impl Read) -> io::Result<Digest> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; READ]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Digest::from_sha256(hash.finalize().into())),
            Ok(length) => hash.update(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::handles::of_tests as handles;

    const WAIT: Duration = Duration::from_secs(30);

    #[test]
    fn what_was_verified_is_read_again_only_if_its_file_has_changed() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        let digest = folder.put(b"layer").unwrap();
        let path = folder.blob_path(&digest);
        assert!(folder.is_intact(&digest, 5, WAIT).unwrap(), "read, since nothing is recorded");
        assert!(!folder.is_intact(&digest, 4, WAIT).unwrap());
        assert!(!folder.is_intact(&Digest::of(b"other"), 5, WAIT).unwrap());

        let written = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "LAYER").unwrap();
        assert!(!folder.is_intact(&digest, 5, WAIT).unwrap(), "of equal size, and newer");
        assert!(folder.verify(&digest).unwrap_err().what.ends_with("is damaged"));
        // The record is believed where nothing tells that the file has changed.
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        assert!(folder.is_intact(&digest, 5, WAIT).unwrap());

        for record in ["", "{", "{}", r#"{"schema":"other","blobs":{}}"#] {
            fs::write(root.path().join(RECORD), record).unwrap();
            assert!(!folder.is_intact(&digest, 5, WAIT).unwrap(), "{record}");
        }
        folder.put(b"layer").unwrap();
        assert!(folder.is_intact(&digest, 5, WAIT).unwrap());
        folder.verify(&digest).unwrap();
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path()).unwrap();
        let (one, other) = (folder.put(b"one").unwrap(), folder.put(b"other").unwrap());
        folder.has_verified(&one, WAIT);
        folder.remove(&one).unwrap();
        folder.has_verified(&other, WAIT);
        assert_eq!(folder.record().blobs.into_keys().collect::<Vec<_>>(), [other.hex()]);
        folder.has_verified(&one, WAIT);
        assert_eq!(folder.verify(&one).unwrap_err().kind, ErrorKind::NotFound);
    }
}
