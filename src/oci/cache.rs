//! The cache of earlier checks: manifests and configs by digest, and the digests that names had.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::advice::{Setting, advice};
use crate::image::Digest;
// Configs may not be larger.
use crate::image::index::{LARGEST, REF_NAME};
use crate::oci::layout::{Folder, ref_name};
use crate::{Error, ErrorKind};

/// The most names; the oldest go first.
const MOST_NAMES: usize = 4096;

/// The longest time to wait for another process that writes names.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(2);

/// A cache in a folder, which is an OCI image layout.
///
/// Nothing in it is trusted: content is verified when it is read, and a damaged entry is as good as none. A cache that cannot be
/// written is not a failure: nothing more is kept, and who made it hears why.
#[derive(Debug)]
pub struct Cache {
    folder: Folder,
    root: PathBuf,
    created: OnceLock<bool>,
    failed: AtomicBool,
    on_failure: fn(&Error),
    /// The digests of names, as the list was when it was first read.
    names: Mutex<Option<Arc<HashMap<String, Digest>>>>,
}

/// The content that a name had when its registry was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// E.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    pub name: String,
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
}

impl Cache {
    /// The cache in this folder, which need not exist. `on_failure` is called once, with the first failure to write it.
    pub fn new(root: impl Into<PathBuf>, on_failure: fn(&Error)) -> Self {
        let root = root.into();
        let folder = Folder::unchecked(&root);
        Self { folder, root, created: OnceLock::new(), failed: AtomicBool::new(false), on_failure, names: Mutex::default() }
    }

    /// The content with this digest, if it is here and intact.
    pub(crate) fn content(&self, digest: &Digest) -> Option<Vec<u8>> {
        match self.folder.blob(digest, LARGEST) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                if error.kind != ErrorKind::NotFound {
                    tracing::debug!("an entry of the cache is ignored: {}", error.sentence());
                }
                None
            }
        }
    }

    /// Keeps content, unless it is here already.
    pub(crate) fn keep(&self, digest: &Digest, bytes: &[u8]) {
        if bytes.len() as u64 <= LARGEST && self.content(digest).is_none() && self.is_writable() {
            self.has_written(self.folder.put(bytes).map(drop));
        }
    }

    /// The digest this name had. The list is read once, since offline every reference asks for one.
    pub(crate) fn named(&self, name: &str) -> Option<Digest> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let names = Arc::clone(names.get_or_insert_with(|| Arc::new(self.read_names())));
        names.get(name).cloned()
    }

    /// The digests of all names; a list that cannot be read has none.
    fn read_names(&self) -> HashMap<String, Digest> {
        let entries = self.folder.index().map(|index| index.entries).unwrap_or_default();
        entries.into_iter().filter_map(|entry| Some((entry.annotations.ref_name?, entry.digest))).collect()
    }

    /// Remembers which content these names have.
    pub(crate) fn remember(&self, names: &[Named]) {
        if names.is_empty() {
            return;
        }
        let known = self.read_names();
        let mut news: Vec<&Named> = names.iter().filter(|named| known.get(&named.name) != Some(&named.digest)).collect();
        news.sort_by(|a, b| a.name.cmp(&b.name));
        if news.is_empty() || !self.is_writable() {
            return;
        }
        let change = |list: &mut Vec<Value>| {
            list.retain(|entry| {
                ref_name(entry).is_none_or(|name| news.binary_search_by(|new| new.name.as_str().cmp(name)).is_err())
            });
            list.extend(news.iter().map(|named| {
                json!({
                    "mediaType": named.media_type, "digest": named.digest, "size": named.size,
                    "annotations": { REF_NAME: named.name },
                })
            }));
            list.drain(..list.len().saturating_sub(MOST_NAMES));
        };
        let written = match self.folder.update_index(WAIT_FOR_OTHERS, change) {
            // Of a damaged list nothing can be saved, and what it said can be asked again.
            Err(error) if error.kind == ErrorKind::Invalid => {
                let _ = std::fs::remove_file(self.root.join("index.json"));
                self.folder.update_index(WAIT_FOR_OTHERS, change)
            }
            written => written,
        };
        self.has_written(written);
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// `true` while writing is worth trying: the folder is there or could be made, and no write has failed yet.
    fn is_writable(&self) -> bool {
        *self.created.get_or_init(|| self.has_written(Folder::create(&self.root).map(drop)))
            && !self.failed.load(Ordering::Relaxed)
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

    fn open(root: impl Into<PathBuf>) -> Cache {
        Cache::new(root, |failure| panic!("{failure:?}"))
    }

    fn named(name: &str, content: &[u8]) -> Named {
        let media_type = crate::image::index::OCI_INDEX.to_owned();
        Named { name: name.to_owned(), media_type, digest: Digest::of(content), size: content.len() as u64 }
    }

    #[test]
    fn content_and_names_are_found_again() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"{}");
        let cache = open(root.path().join("cache"));
        assert_eq!((cache.content(&digest), cache.named("a:1")), (None, None));
        cache.keep(&digest, b"{}");
        cache.remember(&[named("a:1", b"{}"), named("b:1", b"[]")]);
        cache.remember(&[named("b:1", b"{}")]);

        let again = open(root.path().join("cache"));
        assert_eq!(again.content(&digest).as_deref(), Some(b"{}".as_slice()));
        assert_eq!((again.named("a:1"), again.named("b:1"), again.named("c:1")), (Some(digest.clone()), Some(digest), None));
        assert!(Folder::open(root.path().join("cache")).is_ok(), "it is an image layout");
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
        assert_eq!((cache.content(&digest), cache.named("a:1")), (None, None));
        cache.keep(&digest, b"{}");
        cache.remember(&[named("b:1", b"{}")]);
        assert_eq!(cache.content(&digest).as_deref(), Some(b"{}".as_slice()));
        assert_eq!((cache.named("a:1"), cache.named("b:1")), (None, Some(digest)));
    }

    #[test]
    fn old_names_go() {
        let root = tempfile::tempdir().unwrap();
        let cache = open(root.path());
        cache.remember(&[named("old:1", b"{}")]);
        let many: Vec<Named> = (0..MOST_NAMES).map(|number| named(&format!("new:{number}"), b"{}")).collect();
        cache.remember(&many);
        assert_eq!((cache.named("old:1"), cache.named("new:0")), (None, Some(Digest::of(b"{}"))));
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
        let cache = Cache::new(root.path(), |failure| REPORTED.lock().unwrap().push(failure.clone()));
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
}
