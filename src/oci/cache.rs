//! What earlier checks read: manifests and configs by digest, and which digest a name had.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use etcetera::BaseStrategy as _;
use serde_json::{Value, json};

use crate::oci::layout::Folder;
// Configs may be no larger.
use crate::image::Digest;
use crate::image::index::LARGEST;
use crate::{Error, ErrorKind};

/// The most names; the oldest go first.
const MOST_NAMES: usize = 4096;

/// How long to wait for another process that writes names.
const PATIENCE: Duration = Duration::from_secs(2);

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// A cache in a folder, which is an OCI image layout.
///
/// Nothing in it is trusted: content is verified when it is read, and a damaged entry is as good as none. A cache that cannot be
/// written is worth one warning and no failure.
#[derive(Debug)]
pub struct Cache {
    folder: Folder,
    root: PathBuf,
    created: OnceLock<bool>,
    failed: AtomicBool,
}

/// Which content a name had when its registry was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// E.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    pub name: String,
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
}

impl Cache {
    /// The cache in this folder, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { folder: Folder::unchecked(&root), root, created: OnceLock::new(), failed: AtomicBool::new(false) }
    }

    /// The folder for the cache when none is named: `WINCOMPAT_CACHE`, else `%LOCALAPPDATA%\wincompat\cache` on Windows and
    /// `$XDG_CACHE_HOME/wincompat` elsewhere; `None` where there is no home.
    pub fn default_root() -> Option<PathBuf> {
        if let Some(root) = std::env::var_os("WINCOMPAT_CACHE").filter(|root| !root.is_empty()) {
            return Some(root.into());
        }
        let caches = etcetera::choose_base_strategy().ok()?.cache_dir().join("wincompat");
        Some(if cfg!(windows) { caches.join("cache") } else { caches })
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
            self.report(self.folder.put(bytes).map(drop));
        }
    }

    /// The digest this name had.
    pub(crate) fn named(&self, name: &str) -> Option<Digest> {
        let entries = self.folder.index().ok()?.entries;
        let entry = entries.into_iter().rfind(|entry| entry.annotations.ref_name.as_deref() == Some(name))?;
        Some(entry.digest)
    }

    /// Remembers which content these names have.
    pub(crate) fn remember(&self, names: &[Named]) {
        let known: HashMap<String, Digest> = match self.folder.index() {
            Ok(index) => {
                index.entries.into_iter().filter_map(|entry| Some((entry.annotations.ref_name?, entry.digest))).collect()
            }
            Err(_) => HashMap::new(),
        };
        let mut news: Vec<&Named> = names.iter().filter(|named| known.get(&named.name) != Some(&named.digest)).collect();
        news.sort_by(|a, b| a.name.cmp(&b.name));
        if news.is_empty() || !self.is_writable() {
            return;
        }
        let change = |list: &mut Vec<Value>| {
            list.retain(|entry| {
                let name = entry.get("annotations").and_then(|annotations| annotations.get(REF_NAME)).and_then(Value::as_str);
                name.is_none_or(|name| news.binary_search_by(|new| new.name.as_str().cmp(name)).is_err())
            });
            list.extend(news.iter().map(|named| {
                json!({
                    "mediaType": named.media_type, "digest": named.digest, "size": named.size,
                    "annotations": { REF_NAME: named.name },
                })
            }));
            list.drain(..list.len().saturating_sub(MOST_NAMES));
        };
        let written = match self.folder.update_index(PATIENCE, change) {
            // Of a damaged list nothing can be saved, and what it said can be asked again.
            Err(error) if error.kind == ErrorKind::Invalid => {
                let _ = std::fs::remove_file(self.root.join("index.json"));
                self.folder.update_index(PATIENCE, change)
            }
            written => written,
        };
        self.report(written);
    }

    /// Whether writing is worth trying: the folder is there or could be made, and no write has failed yet.
    fn is_writable(&self) -> bool {
        *self.created.get_or_init(|| self.report(Folder::create(&self.root).map(drop))) && !self.failed.load(Ordering::Relaxed)
    }

    /// Says once that writing does not work; `true` if it does.
    fn report(&self, written: Result<(), Error>) -> bool {
        let Err(error) = written else { return true };
        if !self.failed.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "nothing is kept for the next check: {}; WINCOMPAT_CACHE names another folder, --no-cache uses none",
                error.sentence()
            );
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    fn named(name: &str, content: &[u8]) -> Named {
        let media_type = crate::image::index::OCI_INDEX.to_owned();
        Named { name: name.to_owned(), media_type, digest: Digest::of(content), size: content.len() as u64 }
    }

    #[test]
    fn content_and_names_are_found_again() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"{}");
        let cache = Cache::new(root.path().join("cache"));
        assert_eq!((cache.content(&digest), cache.named("a:1")), (None, None));
        cache.keep(&digest, b"{}");
        cache.remember(&[named("a:1", b"{}"), named("b:1", b"[]")]);
        cache.remember(&[named("b:1", b"{}")]);

        let again = Cache::new(root.path().join("cache"));
        assert_eq!(again.content(&digest).as_deref(), Some(b"{}".as_slice()));
        assert_eq!((again.named("a:1"), again.named("b:1"), again.named("c:1")), (Some(digest.clone()), Some(digest), None));
        assert!(Folder::open(root.path().join("cache")).is_ok(), "it is an image layout");
    }

    #[test]
    fn what_is_damaged_is_as_good_as_none() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"{}");
        let cache = Cache::new(root.path());
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
        let cache = Cache::new(root.path());
        cache.remember(&[named("old:1", b"{}")]);
        let many: Vec<Named> = (0..MOST_NAMES).map(|number| named(&format!("new:{number}"), b"{}")).collect();
        cache.remember(&many);
        assert_eq!((cache.named("old:1"), cache.named("new:0")), (None, Some(Digest::of(b"{}"))));
    }

    #[test]
    fn a_large_entry_is_not_kept() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::new(root.path());
        let large = vec![b' '; LARGEST as usize + 1];
        cache.keep(&Digest::of(&large), &large);
        assert_eq!(cache.content(&Digest::of(&large)), None);
    }

    #[test]
    fn what_cannot_be_written_is_said_once() {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let root = tempfile::NamedTempFile::new().unwrap();
            let cache = Cache::new(root.path());
            cache.keep(&Digest::of(b"{}"), b"{}");
            cache.keep(&Digest::of(b"[]"), b"[]");
            cache.remember(&[named("a:1", b"{}")]);
            assert_eq!(cache.content(&Digest::of(b"{}")), None);
        });
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(lines.matches("WARN").count(), 1, "{lines}");
        assert!(lines.contains("nothing is kept for the next check") && lines.contains("WINCOMPAT_CACHE"), "{lines}");
    }
}
