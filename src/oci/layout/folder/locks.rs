//! The locks of an image layout: of its list, of its content, and of each file that grows.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::{CONTENT_LOCK, INDEX_LOCK, partial_name};
use crate::advice::{Setting, advice};
use crate::files::{lock_shared_within, lock_within, retry_while_busy, try_lock};
use crate::handles::Access;
use crate::image::Digest;
use crate::oci::layout::Folder;
use crate::{Error, ErrorKind};

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
        let ingest = self.ingest()?;
        let file = retry_while_busy(|| ingest.file(&partial_name(digest), Access::Grow))?;
        lock_within(&file, limit, waiting)?;
        Ok(file)
    }

    /// Keeps other processes from removing content until what is returned is dropped: content that is not listed yet may be needed.
    /// Waits at most this long for those who are removing some.
    pub fn filling(&self, wait: Duration) -> Result<File, Error> {
        let users = self.root.file(CONTENT_LOCK, Access::Grow).map_err(|error| self.could_not_write(&error))?;
        match lock_shared_within(&users, wait, |_| Ok(())) {
            Ok(()) => Ok(users),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Error::of(ErrorKind::Invalid, format!("{} could not be written", self.shown()))
                    .because(format!("another process removes images, or keeps {} locked", self.lock_path(CONTENT_LOCK)))
                    .hint(advice![
                        "try again when it is done, or give it more time with ",
                        Setting::Timeout,
                        "; if it is never done, end the process that has the file open"
                    ]))
            }
            Err(error) => Err(self.could_not_write(&error)),
        }
    }

    /// The right to remove content until what is returned is dropped; `None` while another process adds some.
    pub fn emptying(&self) -> Result<Option<File>, Error> {
        let users = self.root.file(CONTENT_LOCK, Access::Grow);
        users.and_then(try_lock).map_err(|error| self.could_not_write(&error))
    }

    /// The right to change the list.
    pub(super) fn lock_index(&self, wait: Duration) -> io::Result<File> {
        let file = self.root.file(INDEX_LOCK, Access::Grow)?;
        lock_within(&file, wait, |_| Ok(())).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => io::Error::new(
                error.kind(),
                format!("another process keeps index.json locked: the one that has {} open", self.lock_path(INDEX_LOCK)),
            ),
            _ => error,
        })?;
        Ok(file)
    }

    fn lock_path(&self, name: &str) -> String {
        crate::text::shown(&self.root.path().join(name).display().to_string())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::handles::of_tests as handles;

    #[test]
    fn what_is_in_the_way_of_a_lock_is_named_with_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(handles(), root.path().join("store")).unwrap();
        let (elsewhere, lock) = (root.path().join("elsewhere"), root.path().join("store").join(INDEX_LOCK));
        fs::write(&elsewhere, "precious").unwrap();
        for make in [|to: &Path, at: &Path| fs::hard_link(to, at), |to: &Path, at: &Path| std::os::unix::fs::symlink(to, at)] {
            make(&elsewhere, &lock).unwrap();
            let error = folder.update_index(Duration::ZERO, |_| ()).unwrap_err();
            assert!(error.sentence().contains("index.json.lock: it "), "{error:?}");
            assert!(error.hint.unwrap().to_string().starts_with("remove it, "));
            fs::remove_file(&lock).unwrap();
        }
        assert_eq!(fs::read(elsewhere).unwrap(), b"precious");
    }
}
