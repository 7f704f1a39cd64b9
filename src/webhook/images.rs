//! Images by their references: each is read once for all who ask for it, within a bounded number of reads, and kept.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use super::metrics::Metrics;
use crate::host::Host;
use crate::image::Image;
use crate::{Error, ErrorKind};

/// The age from which a tag is read again, in the background: it may have moved.
const TAG_AGES: Duration = Duration::from_secs(300);

/// The age from which a failure is not answered any more.
const FAILURE_AGES: Duration = Duration::from_secs(15);

/// The reads at one time: of one registry, for one namespace, and of all. A namespace whose registries are slow leaves room for others.
const OF_ONE_REGISTRY: usize = 6;
const FOR_ONE_NAMESPACE: usize = 12;
const AT_ONCE: usize = 24;

/// The reads that are begun or wait, for one namespace and for all of them. What is beyond is not read.
const OF_ONE_NAMESPACE: usize = 64;
const MOST_WAITING: usize = 512;

/// The most images that are kept, and the entries of their indexes together.
const MOST_IMAGES: usize = 4096;
const MOST_ENTRIES: usize = 65_536;

/// The longest reference that is read, in bytes: a name has 255, a tag 128, a digest 71 or 135. A longer one is none.
const LONGEST_REFERENCE: usize = 1024;

/// One read of an image.
pub type Reading = Pin<Box<dyn Future<Output = Result<Image, Error>> + Send>>;

/// Reads images: the way to the registries.
pub trait Reader: Send + Sync {
    /// Reads an image, with the configs that decide for these hosts. It ends within a minute.
    fn read(&self, reference: &str, hosts: Arc<[Host]>) -> Reading;
}

/// An answer of a registry.
type Read = Result<Arc<Image>, Error>;

#[derive(Debug)]
struct Entry {
    read: Option<Read>,
    /// The time from which it is read again; `None` for what never changes.
    due: Option<Instant>,
    /// The number of the set of hosts that it was read for.
    hosts: u64,
    /// There while it is being read; it ends when that is done.
    reading: Option<watch::Receiver<()>>,
    /// The last question about it.
    used: u64,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    questions: u64,
    waiting: HashMap<String, usize>,
    registries: Places,
    namespaces: Places,
}

/// The places for reads at one time, by what they are of.
#[derive(Debug, Default)]
struct Places(HashMap<String, Arc<Semaphore>>);

impl Places {
    /// Those of this name, of which there are so many. Those that nobody uses any more are forgotten.
    fn of(&mut self, name: &str, number: usize) -> Arc<Semaphore> {
        self.0.retain(|_, places| Arc::strong_count(places) > 1);
        Arc::clone(self.0.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(number))))
    }
}

/// The images that are known.
pub struct Images {
    reader: Box<dyn Reader>,
    /// Reads are done elsewhere than answers: a slow one holds none of these up.
    runtime: Handle,
    kept: Mutex<Kept>,
    at_once: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Images {
    /// No image yet.
    pub fn new(reader: Box<dyn Reader>, runtime: Handle, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { reader, runtime, kept: Mutex::default(), at_once: Arc::new(Semaphore::new(AT_ONCE)), metrics })
    }

    /// These images, as far as they are known within this time; one that is not there was not read in time. `number` is that of the hosts.
    pub async fn get(
        self: &Arc<Self>,
        references: &[String],
        namespace: &str,
        (hosts, number): (&Arc<[Host]>, u64),
        budget: Duration,
    ) -> HashMap<String, Result<Image, Error>> {
        let until = tokio::time::Instant::now() + budget;
        let one = |reference: String| async move {
            let reading = self.begin(&reference, namespace, hosts, number);
            if let Some(mut reading) = reading {
                // It ends by an error, since nothing is ever sent.
                let _ = tokio::time::timeout_at(until, reading.changed()).await;
            }
            let read = self.kept().entries.get(&reference).and_then(|entry| entry.read.clone());
            Some((reference, read?.map(Arc::unwrap_or_clone)))
        };
        let mut references = references.to_vec();
        references.retain(|reference| reference.len() <= LONGEST_REFERENCE);
        references.sort();
        references.dedup();
        join_all(references.into_iter().map(one)).await.into_iter().flatten().collect()
    }

    /// The number of images that are kept, and of those that are being read or wait for it.
    pub fn numbers(&self) -> (usize, usize) {
        let kept = self.kept();
        (kept.entries.len(), kept.waiting.values().sum())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to read an image where that is due; what has to be waited for, if nothing is known yet.
    fn begin(
        self: &Arc<Self>,
        reference: &str,
        namespace: &str,
        hosts: &Arc<[Host]>,
        number: u64,
    ) -> Option<watch::Receiver<()>> {
        let mut kept = self.kept();
        let kept = &mut *kept;
        kept.questions += 1;
        let used = kept.questions;
        let mut waits = true;
        if let Some(entry) = kept.entries.get_mut(reference) {
            entry.used = used;
            let is_old = entry.due.is_some_and(|due| due <= Instant::now());
            // What was read is an answer until it is read again; a failure that is old is none.
            waits = entry.read.as_ref().is_none_or(|read| read.is_err() && is_old);
            let is_due = waits || is_old || entry.hosts != number;
            if let Some(reading) = &entry.reading {
                return waits.then(|| reading.clone());
            }
            if !is_due {
                return None;
            }
        }
        let of_all: usize = kept.waiting.values().sum();
        let of_namespace = kept.waiting.get(namespace).copied().unwrap_or_default();
        if of_all >= MOST_WAITING || of_namespace >= OF_ONE_NAMESPACE {
            self.metrics.read("refused");
            return None;
        }
        *kept.waiting.entry(namespace.to_owned()).or_default() += 1;
        let (done, reading) = watch::channel(());
        let entry = kept.entries.entry(reference.to_owned()).or_insert(Entry {
            read: None,
            due: None,
            hosts: number,
            reading: None,
            used,
        });
        entry.reading = Some(reading.clone());
        let for_namespace = kept.namespaces.of(namespace, FOR_ONE_NAMESPACE);
        let of_registry = kept.registries.of(registry(reference), OF_ONE_REGISTRY);
        let images = Arc::clone(self);
        let (reference, namespace, hosts) = (reference.to_owned(), namespace.to_owned(), Arc::clone(hosts));
        self.runtime.spawn(async move {
            // Whatever becomes of the read, the entry does not wait for ever.
            let mut ended = Ended { images: Arc::clone(&images), reference: reference.clone(), namespace, number, read: None };
            // None is ever closed. The namespace comes first: who waits for a place of it holds none of others.
            let _for_namespace = for_namespace.acquire().await;
            let _of_registry = of_registry.acquire().await;
            let _all = images.at_once.acquire().await;
            ended.read = Some(images.reader.read(&reference, hosts).await);
            drop(ended);
            drop(done);
        });
        waits.then_some(reading)
    }

    fn end(&self, reference: &str, namespace: &str, number: u64, read: Result<Image, Error>) {
        self.metrics.read(if read.is_ok() { "read" } else { "failed" });
        let mut kept = self.kept();
        if let Some(waiting) = kept.waiting.get_mut(namespace) {
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                kept.waiting.remove(namespace);
            }
        }
        if let Some(entry) = kept.entries.get_mut(reference) {
            entry.reading = None;
            entry.hosts = number;
            let age = match &read {
                Ok(_) if is_digest(reference) => None,
                Ok(_) => Some(TAG_AGES),
                Err(_) => Some(FAILURE_AGES),
            };
            entry.due = age.map(|age| Instant::now() + age);
            // A registry that fails now does not take back what it has said.
            if read.is_ok() || !matches!(entry.read, Some(Ok(_))) {
                entry.read = Some(read.map(Arc::new));
            }
        }
        bound(&mut kept);
    }
}

/// The end of a read, whatever it was.
struct Ended {
    images: Arc<Images>,
    reference: String,
    namespace: String,
    number: u64,
    read: Option<Result<Image, Error>>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        let failed = || Err(Error::of(ErrorKind::Network, "reading the image ended early"));
        let read = self.read.take().unwrap_or_else(failed);
        self.images.end(&self.reference, &self.namespace, self.number, read);
    }
}

/// Removes what was not asked for the longest until the rest is within its bounds.
fn bound(kept: &mut Kept) {
    let size = |entry: &Entry| match &entry.read {
        Some(Ok(image)) => 1 + image.candidates.len() + image.other_platforms.len(),
        _ => 1,
    };
    let mut entries: usize = kept.entries.values().map(size).sum();
    if kept.entries.len() <= MOST_IMAGES && entries <= MOST_ENTRIES {
        return;
    }
    let mut oldest: Vec<(u64, String)> = kept
        .entries
        .iter()
        .filter(|(_, entry)| entry.reading.is_none())
        .map(|(name, entry)| (entry.used, name.clone()))
        .collect();
    oldest.sort();
    for (_, name) in oldest {
        // A part more than has to go, so that this is not done for every read.
        if kept.entries.len() <= MOST_IMAGES - MOST_IMAGES / 8 && entries <= MOST_ENTRIES - MOST_ENTRIES / 8 {
            break;
        }
        if let Some(entry) = kept.entries.remove(&name) {
            entries = entries.saturating_sub(size(&entry));
        }
    }
}

fn is_digest(reference: &str) -> bool {
    reference.contains("@sha256:") || reference.contains("@sha512:")
}

/// The part of a reference that may be a registry.
fn registry(reference: &str) -> &str {
    reference.split_once('/').map_or("", |(first, _)| first)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::image::{Reference, Source};

    /// A registry that answers when it is told to, and counts.
    #[derive(Clone, Default)]
    struct Held {
        begun: Arc<AtomicUsize>,
        now: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
        gate: Arc<tokio::sync::Notify>,
        is_open: bool,
    }

    impl Reader for Held {
        fn read(&self, reference: &str, _: Arc<[Host]>) -> Reading {
            let (held, text) = (self.clone(), reference.to_owned());
            Box::pin(async move {
                held.begun.fetch_add(1, Ordering::SeqCst);
                let now = held.now.fetch_add(1, Ordering::SeqCst) + 1;
                held.most.fetch_max(now, Ordering::SeqCst);
                if !held.is_open {
                    held.gate.notified().await;
                }
                held.now.fetch_sub(1, Ordering::SeqCst);
                if text.contains("missing") {
                    return Err(Error::new("not there"));
                }
                let index = br#"{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 429,
                    "digest": "sha256:03e2a67ea588f6e15e96ac23109629ca081970063c0b97f98a62176ebd419867",
                    "platform": {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1"}}]}"#;
                let reference: Reference = text.parse()?;
                Image::from_index(&reference, Source::Registry, index)
            })
        }
    }

    fn images(held: &Held) -> Arc<Images> {
        Images::new(Box::new(held.clone()), Handle::current(), Arc::default())
    }

    async fn get(images: &Arc<Images>, reference: &str, namespace: &str, budget: u64) -> Option<bool> {
        let hosts: Arc<[Host]> = Arc::new([]);
        let read = images.get(&[reference.to_owned()], namespace, (&hosts, 1), Duration::from_millis(budget)).await;
        read.get(reference).map(Result::is_ok)
    }

    #[tokio::test]
    async fn questions_at_one_time_share_a_read_and_later_ones_need_none() {
        let held = Held::default();
        let images = images(&held);
        assert_eq!(get(&images, "r.test/a:1", "n", 10).await, None);
        let both = async { tokio::join!(get(&images, "r.test/a:1", "n", 10_000), get(&images, "r.test/a:1", "m", 10_000)) };
        let open = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            held.gate.notify_waiters();
        };
        let (both, ()) = tokio::join!(both, open);
        assert_eq!(both, (Some(true), Some(true)));
        assert_eq!(get(&images, "r.test/a:1", "n", 0).await, Some(true));
        assert_eq!(held.begun.load(Ordering::SeqCst), 1);
        assert_eq!(images.numbers(), (1, 0));
    }

    #[tokio::test]
    async fn a_failure_is_an_answer_for_a_while() {
        let held = Held { is_open: true, ..Held::default() };
        let images = images(&held);
        for _ in 0..3 {
            assert_eq!(get(&images, "r.test/missing:1", "n", 10_000).await, Some(false));
        }
        assert_eq!(held.begun.load(Ordering::SeqCst), 1);
    }

    /// For other hosts an image is read again, in the background.
    #[tokio::test]
    async fn other_hosts_make_a_read_due() {
        let held = Held { is_open: true, ..Held::default() };
        let images = images(&held);
        assert_eq!(get(&images, "r.test/a@sha256:00", "n", 10_000).await, Some(false));
        assert_eq!(get(&images, "r.test/a:1", "n", 10_000).await, Some(true));
        let hosts: Arc<[Host]> = Arc::new([]);
        let read = images.get(&["r.test/a:1".to_owned()], "n", (&hosts, 2), Duration::ZERO).await;
        assert_eq!(read.len(), 1);
        while images.numbers().1 > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(held.begun.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_flood_of_images_of_one_namespace_leaves_room_for_others() {
        let held = Held::default();
        let images = images(&held);
        for number in 0..2_000 {
            assert_eq!(get(&images, &format!("flood{}.test/a:{number}", number % 50), "flood", 0).await, None);
        }
        assert_eq!(images.numbers(), (OF_ONE_NAMESPACE, OF_ONE_NAMESPACE));
        assert_eq!(get(&images, "r.test/a:1", "other", 0).await, None);
        assert_eq!(images.numbers().1, OF_ONE_NAMESPACE + 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(held.most.load(Ordering::SeqCst), FOR_ONE_NAMESPACE + 1);
        while images.numbers().1 > 0 {
            held.gate.notify_waiters();
            tokio::task::yield_now().await;
        }
        assert_eq!(get(&images, "r.test/a:1", "other", 0).await, Some(true));
    }

    #[tokio::test]
    async fn reads_at_one_time_have_a_limit() {
        let held = Held::default();
        let images = images(&held);
        for number in 0..60 {
            get(&images, &format!("r{number}.test/a:1"), &format!("n{}", number % 6), 0).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(held.most.load(Ordering::SeqCst), AT_ONCE);
    }

    #[tokio::test]
    async fn one_registry_does_not_use_up_all_reads() {
        let held = Held::default();
        let images = images(&held);
        for number in 0..OF_ONE_NAMESPACE {
            get(&images, &format!("r.test/a:{number}"), "n", 0).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(held.most.load(Ordering::SeqCst), OF_ONE_REGISTRY);
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let held = Held { is_open: true, ..Held::default() };
        let images = images(&held);
        for number in 0..MOST_IMAGES + 10 {
            assert_eq!(get(&images, &format!("r.test/a:{number}"), "n", 10_000).await, Some(true));
        }
        let (kept, reading) = images.numbers();
        assert!(kept <= MOST_IMAGES && kept > MOST_IMAGES / 2, "{kept}");
        assert_eq!(reading, 0);
        // The last ones are still there.
        let begun = held.begun.load(Ordering::SeqCst);
        assert_eq!(get(&images, &format!("r.test/a:{}", MOST_IMAGES + 9), "n", 0).await, Some(true));
        assert_eq!(held.begun.load(Ordering::SeqCst), begun);
    }
}
