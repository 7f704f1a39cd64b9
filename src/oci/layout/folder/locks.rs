//! The locks of an image layout: of its list, of its content, and of each file that grows.

use std::fs::File;
use std::io;
use std::time::Duration;

use crate::files::{lock_file, lock_shared_within, lock_within, retry_while_busy, try_lock};
use crate::image::Digest;
use crate::oci::layout::Folder;
use crate::{Error, ErrorKind};

/// The lock of all content: shared by those who add some, alone for those who remove some.
const CONTENT: &str = "blobs.lock";

impl Folder {
    /// Locks the file in which the content with this digest grows. Another process that has it locked may have completed and
    /// renamed it by then, and may also never let go of it: `waiting` hears again and again how long that takes, and ends the
    /// waiting with an error.
    pub fn lock_partial(
        &self,
        digest: &Digest,
        limit: Duration,
        waiting: impl FnMut(Duration) -> io::Result<()>,
    ) -> io::Result<File> {
        let path = self.partial_path(digest);
        let file = retry_while_busy(|| File::options().read(true).write(true).create(true).truncate(false).open(&path))?;
        lock_within(&file, limit, waiting)?;
        Ok(file)
    }

    /// Keeps other processes from removing content until what is returned is dropped: content that is not listed yet may be needed.
    /// Waits at most this long for those who are removing some.
    pub fn filling(&self, wait: Duration) -> Result<File, Error> {
        let users = lock_file(&self.root.join(CONTENT)).map_err(|error| self.could_not_write(&error))?;
        match lock_shared_within(&users, wait, |_| Ok(())) {
            Ok(()) => Ok(users),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Error::of(ErrorKind::Invalid, format!("{} could not be written", self.shown()))
                    .because("another process removes images, or keeps blobs.lock locked")
                    .hint("try again when it is done; if it is never done, end the process that has blobs.lock open"))
            }
            Err(error) => Err(self.could_not_write(&error)),
        }
    }

    /// The right to remove content until what is returned is dropped; `None` while another process adds some.
    pub fn emptying(&self) -> Result<Option<File>, Error> {
        try_lock(&self.root.join(CONTENT)).map_err(|error| self.could_not_write(&error))
    }

    /// The right to change the list.
    pub(super) fn lock_index(&self, wait: Duration) -> io::Result<File> {
        let file = lock_file(&self.root.join("index.json.lock"))?;
        lock_within(&file, wait, |_| Ok(())).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => io::Error::new(error.kind(), "another process keeps index.json locked"),
            _ => error,
        })?;
        Ok(file)
    }
}
