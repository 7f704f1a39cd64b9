//! The room that a cache takes: a run has a share of it, and what was not used for longest goes.

use std::sync::PoisonError;

use super::Cache;
use crate::Error;
use crate::oci::layout::Folder;

/// A run may keep one part in so many of what the cache may have: one registry's documents do not push out all others.
const SHARE: u64 = 4;
/// The cache is looked through again after one part in so many was written, since other processes write too.
const LOOK_AGAIN: u64 = 16;
/// What is removed at once when the cache is full: one part in so many.
const ROOM: u64 = 8;
/// A file takes at least so much of a disk.
const BLOCK: u64 = 4096;

/// The bytes that the cache has, each file counted in whole blocks.
#[derive(Debug, Default)]
pub(super) struct Size {
    /// Those at the last look, and what this process has added; `None` before the first look.
    known: Option<u64>,
    /// Those that this process has added, and since the last look.
    added: u64,
    added_since: u64,
}

impl Cache {
    /// Makes room for so many bytes: what was not used for longest goes. False if this process has kept its share.
    pub(super) fn make_room(&self, folder: &Folder, bytes: u64) -> Result<bool, Error> {
        let bytes = blocks(bytes);
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        if size.added.saturating_add(bytes) > self.limit / SHARE {
            return Ok(false);
        }
        let is_known = size.added_since <= self.limit / LOOK_AGAIN;
        let known = match size.known.filter(|known| is_known && known.saturating_add(bytes) <= self.limit) {
            Some(known) => known,
            None => {
                size.added_since = 0;
                self.shrink(folder, bytes)?
            }
        };
        size.known = Some(known.saturating_add(bytes));
        size.added += bytes;
        size.added_since += bytes;
        Ok(true)
    }

    /// Looks through the cache, and removes what was not used for longest if so many more bytes do not fit: the bytes it has then.
    fn shrink(&self, folder: &Folder, more: u64) -> Result<u64, Error> {
        let mut blobs = folder.blobs()?;
        let mut total = blobs.iter().fold(0u64, |sum, (_, found)| sum.saturating_add(blocks(found.size)));
        if total.saturating_add(more) <= self.limit {
            return Ok(total);
        }
        let enough = self.limit.saturating_sub(self.limit / ROOM).saturating_sub(more);
        blobs.sort_by_key(|(_, found)| found.modified);
        for (digest, found) in blobs {
            if total <= enough {
                break;
            }
            folder.remove(&digest)?;
            total = total.saturating_sub(blocks(found.size));
        }
        Ok(total)
    }
}

/// The bytes that a file of this size takes of a disk.
const fn blocks(size: u64) -> u64 {
    if size == 0 { BLOCK } else { size.div_ceil(BLOCK).saturating_mul(BLOCK) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::handles::of_tests as handles;
    use crate::image::Digest;

    fn limited(root: &Path, limit: u64) -> Cache {
        Cache::new(handles(), root, limit, None, |failure| panic!("{failure:?}"))
    }

    /// Content that takes so many blocks, different for each number.
    fn content(number: u64, blocks: u64) -> (Digest, Vec<u8>) {
        let mut bytes = vec![b' '; usize::try_from(blocks * BLOCK).unwrap()];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        (Digest::of(&bytes), bytes)
    }

    fn used(root: &Path) -> u64 {
        let blobs = fs::read_dir(root.join("blobs/sha256")).unwrap();
        blobs.map(|blob| blocks(blob.unwrap().metadata().unwrap().len())).sum()
    }

    #[test]
    fn one_run_keeps_its_share_and_many_runs_no_more_than_the_limit() {
        let root = tempfile::tempdir().unwrap();
        let limit = 160 * BLOCK;
        for run in 0..12 {
            let cache = limited(root.path(), limit);
            for number in 0..30 {
                let (digest, bytes) = content(run * 100 + number, 4);
                cache.keep(&digest, &bytes);
            }
            assert!(used(root.path()) <= limit, "{run}");
            assert!(run > 0 || used(root.path()) == limit / SHARE);
        }
        assert!(used(root.path()) > limit / 2, "it is not emptied when it is full");
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let root = tempfile::tempdir().unwrap();
        let limit = 32 * BLOCK;
        let old: Vec<_> = (0..32).map(|number| content(number, 1)).collect();
        for some in old.chunks(8) {
            let cache = limited(root.path(), limit);
            some.iter().for_each(|(digest, bytes)| cache.keep(digest, bytes));
        }
        let hour = |digest: &Digest, hours: u64| {
            let blob = fs::File::options().write(true).open(root.path().join("blobs/sha256").join(digest.hex())).unwrap();
            blob.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        };
        (0..).zip(&old).for_each(|(number, (digest, _))| hour(digest, 100 - number));
        let cache = limited(root.path(), limit);
        assert!(cache.content(&old[0].0).is_some(), "used now");
        let (digest, bytes) = content(100, 1);
        cache.keep(&digest, &bytes);
        let is_there = |number: usize| cache.content(&old[number].0).is_some();
        assert!(is_there(0) && !is_there(1) && !is_there(5) && is_there(6) && is_there(31) && cache.content(&digest).is_some());
    }
}
