//! Many references at once, each to the image it points to.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use crate::advice::{Setting, advice};
use crate::clock::now;
use crate::handles::Handles;
use crate::image::index::Index;
use crate::image::listing::{Listing, single};
use crate::image::reference::{Format, Location};
use crate::image::{Config, Digest, Image, Name, Reference, Source, TagRead, config};
use crate::knowledge::Knowledge;
use crate::oci::cache::{CACHE_LIMIT, Cache, Known, Named};
use crate::oci::content::{Place, Pointed, RawImage, Reader};
use crate::oci::distribution::{self, Client};
use crate::oci::known;
use crate::oci::layout::{Chosen, Layout};
use crate::oci::manifest::Manifest;
use crate::oci::once::{Once, blocking};
use crate::oci::waiting::{Outstanding, Waiting};
use crate::{Error, ErrorKind};

/// The number of references that are resolved at once.
const SIDE_BY_SIDE: usize = 32;

/// The settings with which images are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The calls with which files in layouts and in the cache are reached.
    pub handles: &'static dyn Handles,
    /// Ask no registry: answer from the cache, then from knowledge.
    pub offline: bool,
    /// The folder of the cache; without one, nothing is kept.
    pub cache_root: Option<PathBuf>,
    /// The bytes that the cache may have.
    pub cache_limit: u64,
    /// The age from which an answer of the cache for a tag is not used.
    pub max_age: Option<Duration>,
    /// Called once, when the cache cannot be written and nothing more is kept.
    pub on_cache_failure: fn(&Error),
    /// Read the configs of chosen candidates; without it [`Images::confirm`] does nothing.
    pub confirm: bool,
    /// The time by which everything has to be done.
    pub deadline: Option<Instant>,
    /// The settings with which registries are reached.
    pub registries: distribution::Options,
}

impl Options {
    /// Options with which nothing comes from the environment, and nothing is kept.
    pub fn new(handles: &'static dyn Handles) -> Self {
        Self {
            handles,
            offline: false,
            cache_root: None,
            cache_limit: CACHE_LIMIT,
            max_age: None,
            on_cache_failure: |_| {},
            confirm: true,
            deadline: None,
            registries: distribution::Options::default(),
        }
    }
}

/// Reads images, each manifest and config at most once in its life. Needs a tokio runtime with I/O and time.
pub struct Images<'k> {
    handles: &'static dyn Handles,
    confirm: bool,
    deadline: Option<Instant>,
    reader: Reader<'k>,
    layouts: Once<(Format, PathBuf), Arc<Layout>>,
    max_age: Option<Duration>,
    outstanding: Outstanding,
}

/// The image behind a location, and what the cache should remember of it.
#[derive(Clone, Debug)]
struct Resolved {
    digest: Option<Digest>,
    source: Source,
    listing: Listing,
    named: Option<Named>,
    /// The digest that the registry stated for the tag, where its answer has another one.
    stated_digest: Option<String>,
    tag_read: TagRead,
}

impl Resolved {
    /// The image with this listing, of which the cache keeps no name.
    fn new(digest: Option<Digest>, source: Source, listing: Listing) -> Self {
        Self { digest, source, listing, named: None, stated_digest: None, tag_read: TagRead::NoTag }
    }
}

/// References with one location, each with its number among all.
type Group<'r> = (&'r Location, Vec<Numbered<'r>>);
type Numbered<'r> = (usize, &'r Reference);

impl<'k> Images<'k> {
    /// A reader of images that has read nothing yet.
    pub fn new(options: Options, knowledge: &'k Knowledge) -> Self {
        let Options { handles, offline, cache_root, cache_limit, max_age, on_cache_failure, confirm, deadline, mut registries } =
            options;
        let cache = cache_root.map(|root| Cache::new(handles, root, cache_limit, deadline, on_cache_failure));
        registries.deadline = registries.deadline.or(deadline);
        let reader = Reader::new(offline, knowledge, cache, registries);
        let outstanding = Outstanding::default();
        Self { handles, confirm, deadline, reader, layouts: Once::default(), max_age, outstanding }
    }

    /// The images behind these references, in their order. References that mean the same are asked for once, and one failure
    /// spoils no other.
    pub async fn resolve(&self, references: &[Reference]) -> Vec<Result<Image, Error>> {
        self.outstanding.expect(references.len());
        let answers: Vec<(Vec<Numbered<'_>>, Result<Resolved, Error>)> = stream::iter(by_location(references))
            .map(|(location, wanted)| async move {
                let _reading = self.outstanding.reading(location, wanted.len());
                (wanted, self.locate_in_time(location).await)
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let named = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()?.named.clone());
        self.reader.remember(named.collect()).await;
        let mut images: Vec<(usize, Result<Image, Error>)> = Vec::with_capacity(references.len());
        for (wanted, answer) in answers {
            images.extend(wanted.into_iter().map(|(number, reference)| {
                let image = answer.clone().map(|resolved| image(reference, resolved));
                (number, image)
            }));
        }
        images.sort_by_key(|(number, _)| *number);
        images.into_iter().map(|(_, image)| image).collect()
    }

    /// The image behind this reference.
    pub async fn resolve_one(&self, reference: &Reference) -> Result<Image, Error> {
        let resolved = self.locate_in_time(reference.location()).await?;
        self.reader.remember(resolved.named.iter().cloned().collect()).await;
        Ok(image(reference, resolved))
    }

    /// The bytes of the image with this manifest and of its config, from the cache where they are there.
    pub async fn raw(&self, name: &Name, digest: &Digest) -> Result<RawImage, Error> {
        self.reader.raw(name, digest).await
    }

    /// The images that are waited for.
    pub fn waiting(&self) -> Waiting {
        self.outstanding.now()
    }

    /// The time by which everything has to be done.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// This time, or what is left of it until the deadline.
    pub(crate) fn time_left(&self, limit: Duration) -> Duration {
        time_left(self.deadline, limit)
    }

    /// The client that a repository is asked with for this content; offline there is none.
    pub(crate) fn client(&self, name: &Name, digest: &Digest) -> Result<&Client, Error> {
        self.reader.client(name, digest.as_str())
    }

    /// A pause before another try of work over several requests, spread as those of a request.
    pub(crate) fn spread(&self, pause: Duration) -> Duration {
        self.reader.registries.retry.spread(pause)
    }

    /// Reads the configs of these candidates of an image, where they were not read yet. A config that cannot be read is recorded as
    /// such.
    pub async fn confirm(&self, reference: &Reference, image: &mut Image, candidates: &[usize]) {
        if !self.confirm {
            return;
        }
        for number in candidates {
            let Some(candidate) = image.candidates.get_mut(*number).filter(|candidate| candidate.config == Config::NotRead)
            else {
                continue;
            };
            let read = async {
                let place = self.place(reference.location()).await?;
                self.reader.read_config(&place, candidate).await;
                Ok(())
            };
            if let Err(error) = self.in_time(reference.location(), read).await {
                candidate.config = Config::Unreadable(error.sentence());
            }
        }
    }

    /// [`Images::confirm`] for many images at once.
    pub async fn confirm_all<'a>(&self, choices: impl IntoIterator<Item = (&'a Reference, &'a mut Image, Vec<usize>)>) {
        let choices: Vec<_> = choices.into_iter().collect();
        self.outstanding.expect(choices.len());
        stream::iter(choices)
            .for_each_concurrent(SIDE_BY_SIDE, |(reference, image, candidates)| async move {
                let _reading = self.outstanding.reading(reference.location(), 1);
                self.confirm(reference, image, &candidates).await;
            })
            .await;
    }

    async fn locate_in_time(&self, location: &Location) -> Result<Resolved, Error> {
        match location {
            Location::Registry(name) => {
                known::refuse_latest(self.reader.knowledge, name)?;
                self.refuse_old(name).await?;
                let located = self.in_time(location, self.locate_name(name)).await;
                located.map_err(|error| known::advise(self.reader.knowledge, name, with_general_advice(error)))
            }
            Location::Local { format, path, name } => {
                let located = self.in_time(location, self.locate_in_layout(*format, path, name.as_deref())).await;
                located.map_err(|error| error.or_hint(format.advice()))
            }
        }
    }

    async fn locate_name(&self, name: &Name) -> Result<Resolved, Error> {
        let place = Place::Registry(name.clone());
        if let Some(digest) = &name.digest {
            let found = self.reader.manifest(&place, digest, None).await?;
            let source = if found.is_cached { Source::Cache } else { Source::Registry };
            let listing = self.list_any(&place, digest, found.manifest, found.size).await?;
            return Ok(Resolved::new(Some(digest.clone()), source, listing));
        }
        let full_name = name.to_string();
        if self.reader.is_offline {
            return self.locate_offline(&place, name, &full_name).await;
        }
        let pointed = match self.reader.fetch(name, name.tag_or_latest()).await {
            Ok(pointed) => pointed,
            Err(error) => return Err(self.offer_offline(&full_name, error).await),
        };
        let Pointed { media_type, size, .. } = &pointed;
        let read = Timestamp::from_second(now().as_second()).unwrap_or_default();
        let named = Named { name: full_name, media_type: media_type.clone(), digest: pointed.digest.clone(), size: *size, read };
        let listing = self.list_any(&place, &pointed.digest, pointed.manifest, pointed.size).await?;
        let resolved = Resolved::new(Some(pointed.digest), Source::Registry, listing);
        let tag_read = TagRead::At(read);
        Ok(Resolved { named: Some(named), stated_digest: pointed.stated_digest, tag_read, ..resolved })
    }

    async fn locate_offline(&self, place: &Place, name: &Name, full_name: &str) -> Result<Resolved, Error> {
        let failure = match self.reader.named(full_name).await {
            Some(Known { digest, read }) => {
                let listing = async {
                    let found = self.reader.manifest(place, &digest, None).await?;
                    self.list_any(place, &digest, found.manifest, found.size).await
                };
                match listing.await {
                    Ok(listing) => {
                        let tag_read = read.map_or(TagRead::Unknown, TagRead::At);
                        return Ok(Resolved { tag_read, ..Resolved::new(Some(digest), Source::Cache, listing) });
                    }
                    Err(error) => error,
                }
            }
            None => Error::of(ErrorKind::NotFound, format!("{full_name} is not in the cache")),
        };
        match known::candidates(self.reader.knowledge, name) {
            Some(candidates) => {
                let listing = Listing { candidates, ..Listing::default() };
                Ok(Resolved::new(None, Source::Knowledge, listing))
            }
            None => Err(failure.or_hint(advice![
                "check it once without ",
                Setting::Offline,
                "; without network only Microsoft's base images are known"
            ])),
        }
    }

    /// Refuses an answer of the cache that is older than was allowed, or may be.
    async fn refuse_old(&self, name: &Name) -> Result<(), Error> {
        let Some(most) = self.max_age.filter(|_| self.reader.is_offline && name.digest.is_none()) else { return Ok(()) };
        let full_name = name.to_string();
        let Some(Known { read, .. }) = self.reader.named(&full_name).await else { return Ok(()) };
        // Of a time that is still to come, the age is not known.
        let age = |read: Timestamp| Duration::try_from(now().duration_since(read)).ok();
        let why = match read {
            Some(read) if age(read).is_some_and(|age| age <= most) => return Ok(()),
            Some(read) => format!("its tag was read at {read}"),
            None => "it is not known when its tag was read".to_owned(),
        };
        Err(Error::of(ErrorKind::NotFound, format!("the answer of the cache for {full_name} is too old"))
            .because(why)
            .hint(advice!["check it once without ", Setting::Offline, ", or allow more with ", Setting::MaxAge]))
    }

    /// Says that an earlier answer could be had, where the registry gives none.
    async fn offer_offline(&self, full_name: &str, error: Error) -> Error {
        let unreachable = matches!(error.kind, ErrorKind::Network | ErrorKind::RateLimited);
        if unreachable && self.reader.named(full_name).await.is_some() {
            return error.or_hint(advice![Setting::Offline, " answers with what an earlier check found"]);
        }
        error
    }

    async fn locate_in_layout(&self, format: Format, path: &Path, name: Option<&str>) -> Result<Resolved, Error> {
        let source = match format {
            Format::OciLayout => Source::OciLayout,
            Format::OciArchive => Source::OciArchive,
            Format::DockerArchive => Source::DockerArchive,
        };
        let layout = self.layout(format, path).await?;
        let place = Place::Layout(Arc::clone(&layout));
        let name = name.map(str::to_owned);
        let (digest, listing) = match blocking(move || layout.choose(name.as_deref())).await? {
            Chosen::Entry(entry) => {
                let found = self.reader.manifest(&place, &entry.digest, Some(entry.size)).await?;
                let listing = self.list_any(&place, &entry.digest, found.manifest, found.size).await?;
                (Some(entry.digest), listing)
            }
            Chosen::Index(entries, digest) => {
                let index = Index { entries, ..Index::default() };
                (Some(digest), self.reader.list(&place, index).await?)
            }
            Chosen::Config(bytes, foreign_layers, layer_servers) => {
                let config = config::parse(&bytes)?.facts(self.reader.knowledge);
                (None, single(None, config, Some(foreign_layers), layer_servers))
            }
        };
        Ok(Resolved::new(digest, source, listing))
    }

    /// The listing of this index or manifest of so many bytes.
    async fn list_any(&self, place: &Place, digest: &Digest, manifest: Manifest, size: u64) -> Result<Listing, Error> {
        match manifest {
            Manifest::Index(index) => self.reader.list(place, index).await,
            Manifest::Image(manifest) => self.reader.list_single(place, digest, &manifest, size).await,
        }
    }

    async fn place(&self, location: &Location) -> Result<Place, Error> {
        match location {
            Location::Registry(name) => Ok(Place::Registry(name.clone())),
            Location::Local { format, path, .. } => self.layout(*format, path).await.map(Place::Layout),
        }
    }

    async fn layout(&self, format: Format, path: &Path) -> Result<Arc<Layout>, Error> {
        let open = || async {
            let (handles, path, deadline) = (self.handles, path.to_owned(), self.deadline);
            let opened = blocking(move || Layout::open(handles, format, &path, deadline)).await.map(Arc::new);
            opened.map_err(|error| error.or_hint(format.advice()))
        };
        self.layouts.cell((format, path.to_owned())).get_or_try_init(open).await.cloned()
    }

    /// The result of this work, or the failure to end before the deadline.
    async fn in_time<T>(&self, location: &Location, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some(deadline) = self.deadline else {
            return work.await;
        };
        tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| {
            let what = match location {
                Location::Registry(name) => name.to_string(),
                Location::Local { path, .. } => crate::text::shown(&path.display().to_string()),
            };
            Err(Error::of(ErrorKind::Network, format!("the time ran out while {what} was being read"))
                .hint(advice!["allow more time with ", Setting::Timeout]))
        })
    }
}

/// This time, or what is left of it until the deadline.
pub(crate) fn time_left(deadline: Option<Instant>, limit: Duration) -> Duration {
    deadline.map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(Instant::now())))
}

/// The distinct locations of references, in the order in which they first come.
fn by_location(references: &[Reference]) -> Vec<Group<'_>> {
    let mut numbers: HashMap<Location, usize> = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, reference) in references.iter().enumerate() {
        let location = reference.location();
        let wanted = (number, reference);
        let meant = meant(location);
        match numbers.get(&meant).and_then(|group| groups.get_mut(*group)) {
            Some((_, group)) => group.push(wanted),
            None => {
                numbers.insert(meant, groups.len());
                groups.push((location, vec![wanted]));
            }
        }
    }
    groups
}

/// The place without the tag beside a digest, which decides alone.
fn meant(location: &Location) -> Location {
    match location {
        Location::Registry(name) if name.digest.is_some() => Location::Registry(Name { tag: None, ..name.clone() }),
        other => other.clone(),
    }
}

fn image(reference: &Reference, resolved: Resolved) -> Image {
    Image {
        reference: reference.as_str().to_owned(),
        repository: match reference.location() {
            Location::Registry(name) => Some(name.repository_with_registry()),
            Location::Local { .. } => None,
        },
        digest: resolved.digest,
        source: resolved.source,
        candidates: resolved.listing.candidates,
        other_platforms: resolved.listing.other_platforms,
        passed_over: resolved.listing.passed_over,
        stated_digest: resolved.stated_digest,
        tag_read: resolved.tag_read,
    }
}

/// Says what to do about a registry's failure where nothing closer to it did.
fn with_general_advice(error: Error) -> Error {
    match error.kind {
        ErrorKind::Network => {
            error.or_hint("check the name of the registry, the network and the proxy (HTTPS_PROXY), then try again")
        }
        ErrorKind::Invalid | ErrorKind::Unsupported => error.or_hint("push the image again, or use another tag"),
        _ => error,
    }
}
