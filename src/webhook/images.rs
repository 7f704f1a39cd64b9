//! Images by their references: each is read once for all who ask for it, within a bounded number of reads, and kept.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use super::metrics::Metrics;
use crate::host::Host;
use crate::image::{Candidate, Config, Image, Version};
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

/// The most images that are kept, and the bytes of all of them: an eighth of the memory that the manifest gives to a server. An entry of an index takes
/// about 500 bytes, and images of people have a few entries.
const MOST_IMAGES: usize = 4096;
const MOST_BYTES: usize = 32 << 20;

/// The bytes of the largest image that is kept, and of all images of one pod while they are judged: 2,000 entries, and 8,000.
const LARGEST_IMAGE: usize = 1 << 20;
const MOST_OF_ONE_POD: usize = 4 << 20;

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
pub(super) type Read = Result<Arc<Image>, Error>;

#[derive(Debug)]
struct Entry {
    read: Option<Read>,
    /// The bytes of what was read.
    size: usize,
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

    /// These images, as far as they are known until then; one that is not there was not read in time. `number` is that of the hosts.
    pub async fn get(
        self: &Arc<Self>,
        references: &[String],
        namespace: &str,
        (hosts, number): (&Arc<[Host]>, u64),
        until: tokio::time::Instant,
    ) -> BTreeMap<String, Read> {
        let one = |reference: String| async move {
            if reference.len() > LONGEST_REFERENCE {
                return Some((reference, Err(too_long())));
            }
            let reading = self.begin(&reference, namespace, hosts, number);
            if let Some(mut reading) = reading {
                // It ends by an error, since nothing is ever sent.
                let _ = tokio::time::timeout_at(until, reading.changed()).await;
            }
            let read = self.kept().entries.get(&reference).and_then(|entry| entry.read.clone());
            Some((reference, read?))
        };
        let mut references = references.to_vec();
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
            size: 0,
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
        let is_answer = read.is_ok();
        let size = read.as_ref().map_or(0, size);
        let read = if size > LARGEST_IMAGE { Err(too_large()) } else { read };
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
            // A registry that fails now does not take back what it has said, and one that answers by too large an image does.
            if is_answer || !matches!(entry.read, Some(Ok(_))) {
                entry.size = reference.len() + read.as_ref().map_or_else(|error| error.sentence().len(), |_| size);
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

/// Images of one pod, each of its own while they are judged; what is too much for that is an error.
pub(super) fn owned(read: BTreeMap<String, Read>) -> HashMap<String, Result<Image, Error>> {
    let mut left = MOST_OF_ONE_POD;
    let mut own = |image: Arc<Image>| -> Result<Image, Error> {
        left = left.checked_sub(size(&image)).ok_or_else(too_large)?;
        Ok(Arc::unwrap_or_clone(image))
    };
    read.into_iter().map(|(reference, read)| (reference, read.and_then(&mut own))).collect()
}

/// The bytes of an image: every part of it whose length its registry decides.
fn size(image: &Image) -> usize {
    let text = |text: &String| size_of::<String>() + text.len();
    let version = |version: &Version| if let Version::Unparsable(text) = version { text.len() } else { 0 };
    let candidate = |candidate: &Candidate| {
        let config = match &candidate.config {
            Config::NotRead => 0,
            Config::Unreadable(why) => why.len(),
            Config::Read(facts) => facts.os.len() + facts.architecture.len() + version(&facts.version),
        };
        let lists = candidate.entry.features.iter().chain(&candidate.layer_servers);
        let digest = candidate.digest.as_ref().map_or(0, |digest| digest.as_str().len());
        size_of::<Candidate>()
            + digest
            + candidate.architecture.len()
            + version(&candidate.indexed)
            + config
            + lists.map(text).sum::<usize>()
    };
    let texts = image.other_platforms.iter().chain(&image.passed_over).chain(&image.stated_digest);
    size_of::<Image>() + image.candidates.iter().map(candidate).sum::<usize>() + texts.map(text).sum::<usize>()
}

fn too_large() -> Error {
    let most = LARGEST_IMAGE >> 20;
    let what = format!("what its index says takes more than {most} MiB, or that of all images of the pod too much");
    Error::of(ErrorKind::Other, what).hint("use images whose indexes have fewer entries")
}

fn too_long() -> Error {
    Error::of(ErrorKind::Invalid, format!("the reference has more than {LONGEST_REFERENCE} bytes"))
        .hint("correct the image of the pod: nodes pull it by NAME:TAG")
}

/// Removes what was not asked for the longest until the rest is within its bounds.
fn bound(kept: &mut Kept) {
    let mut bytes: usize = kept.entries.values().map(|entry| entry.size).sum();
    if kept.entries.len() <= MOST_IMAGES && bytes <= MOST_BYTES {
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
        if kept.entries.len() <= MOST_IMAGES - MOST_IMAGES / 8 && bytes <= MOST_BYTES - MOST_BYTES / 8 {
            break;
        }
        if let Some(entry) = kept.entries.remove(&name) {
            bytes = bytes.saturating_sub(entry.size);
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
                let mut image = Image::from_index(&reference, Source::Registry, index)?;
                // E.g. `large-300`: so many thousand bytes.
                if let Some((_, thousands)) = text.split_once("large-") {
                    image.candidates[0].entry.features = vec!["x".repeat(thousands.parse::<usize>().unwrap() * 1000)];
                }
                Ok(image)
            })
        }
    }

    fn images(held: &Held) -> Arc<Images> {
        Images::new(Box::new(held.clone()), Handle::current(), Arc::default())
    }

    async fn get(images: &Arc<Images>, reference: &str, namespace: &str, budget: u64) -> Option<bool> {
        let hosts: Arc<[Host]> = Arc::new([]);
        let until = tokio::time::Instant::now() + Duration::from_millis(budget);
        let read = images.get(&[reference.to_owned()], namespace, (&hosts, 1), until).await;
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
        let read = images.get(&["r.test/a:1".to_owned()], "n", (&hosts, 2), tokio::time::Instant::now()).await;
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
    async fn a_reference_that_is_too_long_is_not_read() {
        let held = Held { is_open: true, ..Held::default() };
        let images = images(&held);
        let long = format!("r.test/a:{}", "1".repeat(LONGEST_REFERENCE));
        assert_eq!(get(&images, &long, "n", 10_000).await, Some(false));
        assert_eq!((held.begun.load(Ordering::SeqCst), images.numbers().0), (0, 0));
    }

    /// Who pushes an image decides how long its texts are.
    #[tokio::test]
    async fn what_is_kept_is_bounded_in_bytes() {
        let held = Held { is_open: true, ..Held::default() };
        let images = images(&held);
        assert_eq!(get(&images, "r.test/a:large-1100", "n", 10_000).await, Some(false));
        for number in 0..50 {
            assert_eq!(get(&images, &format!("r{number}.test/a:large-1000"), "n", 10_000).await, Some(true));
        }
        let bytes: usize = images.kept().entries.values().map(|entry| entry.size).sum();
        assert!((25_000_000..=MOST_BYTES).contains(&bytes), "{bytes}");
        // A pod has as many as can be judged.
        let names: Vec<String> = (45..50).map(|number| format!("r{number}.test/a:large-1000")).collect();
        let hosts: Arc<[Host]> = Arc::new([]);
        let read = images.get(&names, "n", (&hosts, 1), tokio::time::Instant::now()).await;
        assert_eq!((read.len(), read.values().filter(|read| read.is_ok()).count()), (5, 5));
        let own = owned(read);
        assert_eq!((own.len(), own.values().filter(|read| read.is_ok()).count()), (5, 4));
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
