//! The cache of earlier checks: manifests and configs by digest, and the digests that names had.

mod room;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};

use self::room::Size;
use crate::advice::{Setting, advice};
use crate::handles::Handles;
use crate::image::Digest;
// Configs may not be larger.
use crate::image::index::{LARGEST, READ, REF_NAME};
use crate::oci::layout::{Folder, Purpose, ref_name};
use crate::oci::resolve::time_left;
use crate::{Error, ErrorKind};

/// The most names; the oldest go first.
const MOST_NAMES: usize = 4096;

/// The longest time to wait for another process that writes names.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(2);

/// The bytes that a cache may have if nothing else is said: 256 MiB, the documents of some ten thousand images.
pub const CACHE_LIMIT: u64 = 256 << 20;

/// Files that were written aside so long ago were left by a process that was killed.
const LEFT: Duration = Duration::from_secs(60 * 60);
/// Content is marked as used, and the time of a name kept, only so often.
const USED: Duration = Duration::from_secs(60);

/// A cache in a folder, which is an OCI image layout.
///
/// Nothing in it is trusted: content is verified when it is read, and a damaged entry is as good as none. A cache that cannot be
/// written is not a failure: nothing more is kept, and who made it hears why. It has a size; what was not used for longest goes first.
#[derive(Debug)]
pub struct Cache {
    handles: &'static dyn Handles,
    root: PathBuf,
    limit: u64,
    deadline: Option<Instant>,
    /// The folder as it was found, and as it was made to write into.
    found: OnceLock<Option<Folder>>,
    made: OnceLock<Option<Folder>>,
    size: Mutex<Size>,
    failed: AtomicBool,
    on_failure: fn(&Error),
    /// The digests of names, as the list was when it was first read.
    names: Mutex<Option<Arc<HashMap<String, Known>>>>,
}

/// The content that a cache had before it was emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// The number of files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The content that a name had when its registry was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// E.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    pub name: String,
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
    /// The time at which the registry was asked.
    pub read: Timestamp,
}

/// The content that the cache has for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub digest: Digest,
    /// The time at which the registry was asked; an earlier version of this program did not keep it.
    pub read: Option<Timestamp>,
}

impl Known {
    /// `true` if it says all that is new: a time is kept anew only after a while, since every check would write the list.
    fn covers(&self, named: &Named) -> bool {
        let recent = |read: Timestamp| read.duration_since(named.read).unsigned_abs() < USED;
        self.digest == named.digest && self.read.is_some_and(recent)
    }
}

impl Cache {
    /// The cache in this folder, which need not exist, of at most `limit` bytes. `on_failure` is called once, with the first failure to
    /// use it.
    pub fn new(
        handles: &'static dyn Handles,
        root: impl Into<PathBuf>,
        limit: u64,
        deadline: Option<Instant>,
        on_failure: fn(&Error),
    ) -> Self {
        Self {
            handles,
            root: root.into(),
            limit,
            deadline,
            found: OnceLock::new(),
            made: OnceLock::new(),
            size: Mutex::default(),
            failed: AtomicBool::new(false),
            on_failure,
            names: Mutex::default(),
        }
    }

    /// Removes all that the cache in this folder has; a folder that is not there has nothing.
    ///
    /// # Errors
    ///
    /// A folder that is not a cache of this program, and what cannot be removed.
    pub fn empty(handles: &'static dyn Handles, root: &Path) -> Result<Emptied, Error> {
        let mut emptied = Emptied::default();
        let Some(folder) = Folder::existing(handles, root, Purpose::Cache)? else { return Ok(emptied) };
        folder.renew_index(WAIT_FOR_OTHERS, |_| ())?;
        for (digest, found) in folder.blobs()? {
            if folder.remove(&digest)? {
                emptied.files += 1;
                emptied.bytes += found.size;
            }
        }
        folder.sweep(SystemTime::now().checked_sub(LEFT).unwrap_or(SystemTime::UNIX_EPOCH))?;
        Ok(emptied)
    }

    /// The content with this digest, if it is here and intact.
    pub(crate) fn content(&self, digest: &Digest) -> Option<Vec<u8>> {
        let folder = self.folder()?;
        match folder.blob(digest, LARGEST) {
            Ok(bytes) => {
                folder.mark_used(digest, USED);
                Some(bytes)
            }
            Err(error) => {
                if error.kind != ErrorKind::NotFound {
                    tracing::debug!("an entry of the cache is ignored: {}", error.sentence());
                }
                None
            }
        }
    }

    /// Keeps content, unless it is here already or there is no room for it.
    pub(crate) fn keep(&self, digest: &Digest, bytes: &[u8]) {
        let size = bytes.len() as u64;
        if size > LARGEST || self.content(digest).is_some() {
            return;
        }
        let Some(folder) = self.writable() else { return };
        match self.make_room(folder, size) {
            Ok(true) => self.has_written(folder.put(bytes).map(drop)),
            Ok(false) => {
                tracing::debug!("{digest} is not kept: this run has its share of the cache");
                true
            }
            Err(error) => self.has_written(Err(error)),
        };
    }

    /// The digest this name had, and when. The list is read once, since offline every reference asks for one.
    pub(crate) fn named(&self, name: &str) -> Option<Known> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let names = Arc::clone(names.get_or_insert_with(|| Arc::new(self.read_names())));
        names.get(name).cloned()
    }

    /// The digests of all names; a list that cannot be read has none.
    fn read_names(&self) -> HashMap<String, Known> {
        let entries = self.folder().and_then(|folder| folder.index().ok()).map(|index| index.entries).unwrap_or_default();
        let known = entries.into_iter().filter_map(|entry| {
            let read = entry.annotations.read.and_then(|read| read.parse().ok());
            Some((entry.annotations.ref_name?, Known { digest: entry.digest, read }))
        });
        known.collect()
    }

    /// Remembers which content these names have.
    pub(crate) fn remember(&self, names: &[Named]) {
        if names.is_empty() {
            return;
        }
        let known = self.read_names();
        let mut news: Vec<&Named> =
            names.iter().filter(|named| !known.get(&named.name).is_some_and(|known| known.covers(named))).collect();
        news.sort_by(|a, b| a.name.cmp(&b.name));
        if news.is_empty() {
            return;
        }
        let Some(folder) = self.writable() else { return };
        let change = |list: &mut Vec<Value>| {
            list.retain(|entry| {
                ref_name(entry).is_none_or(|name| news.binary_search_by(|new| new.name.as_str().cmp(name)).is_err())
            });
            list.extend(news.iter().map(|named| {
                json!({
                    "mediaType": named.media_type, "digest": named.digest, "size": named.size,
                    "annotations": { REF_NAME: named.name, READ: named.read.to_string() },
                })
            }));
            list.drain(..list.len().saturating_sub(MOST_NAMES));
        };
        let wait = time_left(self.deadline, WAIT_FOR_OTHERS);
        let written = match folder.index() {
            // Of a damaged list nothing can be saved, and what it said can be asked again.
            Err(error) if error.kind == ErrorKind::Invalid => folder.renew_index(wait, change),
            _ => folder.update_index(wait, change),
        };
        self.has_written(written);
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The folder to read from; `None` if there is none.
    fn folder(&self) -> Option<&Folder> {
        if let Some(made) = self.made.get() {
            return made.as_ref();
        }
        let find = || match Folder::existing(self.handles, &self.root, Purpose::Cache) {
            Ok(found) => found,
            Err(error) => {
                self.has_written(Err(error));
                None
            }
        };
        self.found.get_or_init(find).as_ref()
    }

    /// The folder while writing is worth trying: it is there or could be made, and no write has failed yet.
    fn writable(&self) -> Option<&Folder> {
        let make = || match Folder::create_for(self.handles, &self.root, Purpose::Cache) {
            Ok(folder) => {
                let _ = folder.sweep(SystemTime::now().checked_sub(LEFT).unwrap_or(SystemTime::UNIX_EPOCH));
                Some(folder)
            }
            Err(error) => {
                self.has_written(Err(error));
                None
            }
        };
        if self.failed.load(Ordering::Relaxed) {
            return None;
        }
        self.made.get_or_init(make).as_ref()
    }

    /// `true` if writing went well; the first failure is reported.
    fn has_written(&self, written: Result<(), Error>) -> bool {
        let Err(error) = written else { return true };
        if !self.failed.swap(true, Ordering::Relaxed) {
            let hint = advice![Setting::CacheVariable, " names another folder, ", Setting::NoCache, " uses none"];
            (self.on_failure)(&Error::new("nothing is kept for the next check").because(error.sentence()).hint(hint));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::advice::Remedy;
    use crate::handles::of_tests as handles;

    fn open(root: impl Into<PathBuf>) -> Cache {
        Cache::new(handles(), root, CACHE_LIMIT, None, |failure| panic!("{failure:?}"))
    }

    fn named(name: &str, content: &[u8]) -> Named {
        let media_type = crate::image::index::OCI_INDEX.to_owned();
        Named {
            name: name.to_owned(),
            media_type,
            digest: Digest::of(content),
            size: content.len() as u64,
            read: Timestamp::UNIX_EPOCH,
        }
    }

    fn digest_of(cache: &Cache, name: &str) -> Option<Digest> {
        cache.named(name).map(|known| known.digest)
    }

    #[test]
    fn the_time_of_a_name_is_kept_and_follows_the_registry() {
        let root = tempfile::tempdir().unwrap();
        let at = |seconds: i64| Named { read: Timestamp::from_second(seconds).unwrap(), ..named("a:1", b"{}") };
        let read = || open(root.path()).named("a:1").and_then(|known| known.read).map(Timestamp::as_second);
        for (asked, kept) in [(1000, 1000), (1059, 1000), (1060, 1060), (9000, 9000), (100, 100)] {
            open(root.path()).remember(&[at(asked)]);
            assert_eq!(read(), Some(kept), "{asked}");
        }
        // An earlier version kept no time, and any text may stand there.
        let list = fs::read_to_string(root.path().join("index.json")).unwrap();
        fs::write(root.path().join("index.json"), list.replace("1970-01-01T00:01:40Z", "once")).unwrap();
        assert_eq!((read(), digest_of(&open(root.path()), "a:1")), (None, Some(Digest::of(b"{}"))));
        open(root.path()).remember(&[at(200)]);
        assert_eq!(read(), Some(200));
    }

    #[test]
    fn content_and_names_are_found_again() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"{}");
        let cache = open(root.path().join("cache"));
        assert_eq!((cache.content(&digest), digest_of(&cache, "a:1")), (None, None));
        cache.keep(&digest, b"{}");
        cache.remember(&[named("a:1", b"{}"), named("b:1", b"[]")]);
        cache.remember(&[named("b:1", b"{}")]);

        let again = open(root.path().join("cache"));
        assert_eq!(again.content(&digest).as_deref(), Some(b"{}".as_slice()));
        assert_eq!(
            (digest_of(&again, "a:1"), digest_of(&again, "b:1"), digest_of(&again, "c:1")),
            (Some(digest.clone()), Some(digest), None)
        );
        assert!(Folder::open(handles(), root.path().join("cache")).is_ok(), "it is an image layout");
    }

    #[test]
    fn what_is_damaged_is_as_good_as_none() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"{}");
        let cache = open(root.path());
        cache.keep(&digest, b"{}");
        cache.remember(&[named("a:1", b"{}")]);
        fs::write(root.path().join("blobs/sha256").join(digest.hex()), "{").unwrap();
        fs::write(root.path().join("index.json"), "{").unwrap();
        assert_eq!((cache.content(&digest), digest_of(&cache, "a:1")), (None, None));
        cache.keep(&digest, b"{}");
        cache.remember(&[named("b:1", b"{}")]);
        assert_eq!(cache.content(&digest).as_deref(), Some(b"{}".as_slice()));
        assert_eq!((digest_of(&cache, "a:1"), digest_of(&cache, "b:1")), (None, Some(digest)));
    }

    #[test]
    fn old_names_go() {
        let root = tempfile::tempdir().unwrap();
        let cache = open(root.path());
        cache.remember(&[named("old:1", b"{}")]);
        let many: Vec<Named> = (0..MOST_NAMES).map(|number| named(&format!("new:{number}"), b"{}")).collect();
        cache.remember(&many);
        assert_eq!((digest_of(&cache, "old:1"), digest_of(&cache, "new:0")), (None, Some(Digest::of(b"{}"))));
    }

    #[test]
    fn a_large_entry_is_not_kept() {
        let root = tempfile::tempdir().unwrap();
        let cache = open(root.path());
        let large = vec![b' '; LARGEST as usize + 1];
        cache.keep(&Digest::of(&large), &large);
        assert_eq!(cache.content(&Digest::of(&large)), None);
    }

    #[test]
    fn what_cannot_be_written_is_said_once() {
        static REPORTED: Mutex<Vec<Error>> = Mutex::new(Vec::new());
        let root = tempfile::NamedTempFile::new().unwrap();
        let cache =
            Cache::new(handles(), root.path(), CACHE_LIMIT, None, |failure| REPORTED.lock().unwrap().push(failure.clone()));
        cache.keep(&Digest::of(b"{}"), b"{}");
        cache.keep(&Digest::of(b"[]"), b"[]");
        cache.remember(&[named("a:1", b"{}")]);
        assert_eq!(cache.content(&Digest::of(b"{}")), None);
        let reported = REPORTED.lock().unwrap();
        let [failure] = reported.as_slice() else { panic!("{reported:?}") };
        assert!(failure.sentence().starts_with("nothing is kept for the next check: "), "{failure:?}");
        let remedies = [Remedy::Setting(Setting::CacheVariable), Remedy::Setting(Setting::NoCache)];
        assert!(failure.hint.iter().flat_map(|hint| hint.remedies()).eq(&remedies), "{failure:?}");
    }

    #[test]
    fn an_emptied_cache_has_nothing_and_goes_on() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Cache::empty(handles(), &root.path().join("none")), Ok(Emptied::default()));
        let cache = open(root.path());
        cache.keep(&Digest::of(b"{}"), b"{}");
        cache.remember(&[named("a:1", b"{}")]);
        assert_eq!(Cache::empty(handles(), root.path()), Ok(Emptied { files: 1, bytes: 2 }));
        let again = open(root.path());
        assert_eq!((again.content(&Digest::of(b"{}")), digest_of(&again, "a:1")), (None, None));
        again.keep(&Digest::of(b"{}"), b"{}");
        assert!(again.content(&Digest::of(b"{}")).is_some());
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("index.json"), r#"{"my":"own"}"#).unwrap();
        assert!(Cache::empty(handles(), other.path()).is_err());
        assert_eq!(fs::read(other.path().join("index.json")).unwrap(), br#"{"my":"own"}"#);
    }

    #[test]
    fn a_folder_of_others_is_not_written() {
        static REPORTED: Mutex<Vec<Error>> = Mutex::new(Vec::new());
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("index.json"), r#"{"my":"own"}"#).unwrap();
        let cache =
            Cache::new(handles(), root.path(), CACHE_LIMIT, None, |failure| REPORTED.lock().unwrap().push(failure.clone()));
        cache.keep(&Digest::of(b"{}"), b"{}");
        cache.remember(&[named("a:1", b"{}")]);
        assert_eq!(fs::read(root.path().join("index.json")).unwrap(), br#"{"my":"own"}"#);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert_eq!(REPORTED.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_killed_runs_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        open(root.path()).keep(&Digest::of(b"{}"), b"{}");
        let left = |name: &str, age: u64| {
            let file = fs::File::create(root.path().join("ingest").join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        };
        left("4711-0.new", 2 * 3600);
        left("4712-0.new", 1);
        open(root.path()).keep(&Digest::of(b"[]"), b"[]");
        let names: Vec<_> = fs::read_dir(root.path().join("ingest")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["4712-0.new"]);
    }
}
