//! Many references at once, each to the image it points to.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use futures_util::{StreamExt as _, stream};
use tokio::sync::OnceCell;

use crate::advice::{Setting, advice};
use crate::image::listing::{Listing, single};
use crate::image::reference::{Format, Location};
use crate::image::{Config, Digest, Image, Name, Reference, Source, config};
use crate::knowledge::Knowledge;
use crate::oci::cache::{Cache, Named};
use crate::oci::content::{Facts, Place};
use crate::oci::distribution::{self, Client};
use crate::oci::known;
use crate::oci::layout::{Chosen, Layout};
use crate::oci::manifest::Manifest;
use crate::{Error, ErrorKind};

/// How many references are resolved at once.
const SIDE_BY_SIDE: usize = 32;

/// How images are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Ask no registry: answer from the cache, then from knowledge.
    pub offline: bool,
    /// Neither read nor write the cache.
    pub no_cache: bool,
    /// The folder of the cache; [`Cache::default_root`] where none is named.
    pub cache_root: Option<PathBuf>,
    /// Read the configs of chosen candidates; without it [`Images::confirm`] does nothing.
    pub confirm: bool,
    /// When everything has to be done.
    pub deadline: Option<Instant>,
    /// How registries are reached.
    pub registries: distribution::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            offline: false,
            no_cache: false,
            cache_root: None,
            confirm: true,
            deadline: None,
            registries: distribution::Options::default(),
        }
    }
}

/// Reads images, each manifest and config at most once in its life. Needs a tokio runtime with I/O and time.
pub struct Images<'k> {
    options: Options,
    knowledge: &'k Knowledge,
    cache: Option<Cache>,
    /// Made when a registry is first asked: an archive needs none.
    client: OnceLock<Result<Client, Error>>,
    layouts: Once<(Format, PathBuf), Arc<Layout>>,
    /// By the digest of the manifest.
    facts: Once<Digest, Facts>,
}

/// What is read once, however many ask for it at the same time.
struct Once<K, T>(Mutex<HashMap<K, Arc<OnceCell<T>>>>);

impl<K: Eq + Hash, T> Once<K, T> {
    fn place(&self, key: K) -> Arc<OnceCell<T>> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}

/// What a location points to, and what the cache should remember of it.
#[derive(Clone, Debug)]
struct Resolved {
    digest: Option<Digest>,
    source: Source,
    listing: Listing,
    named: Option<Named>,
}

impl<'k> Images<'k> {
    /// Reads nothing yet.
    pub fn new(mut options: Options, knowledge: &'k Knowledge) -> Self {
        options.registries.deadline = options.registries.deadline.or(options.deadline);
        let root = options.cache_root.clone().or_else(Cache::default_root);
        let cache = root.filter(|_| !options.no_cache).map(Cache::new);
        let (layouts, facts) = (Once(Mutex::default()), Once(Mutex::default()));
        Self { options, knowledge, cache, client: OnceLock::new(), layouts, facts }
    }

    /// The images behind these references, in their order. References that mean the same are asked for once, and one failure
    /// spoils no other.
    pub async fn resolve(&self, references: &[Reference]) -> Vec<Result<Image, Error>> {
        let mut numbers: HashMap<&Location, usize> = HashMap::new();
        let mut locations = Vec::new();
        for reference in references {
            numbers.entry(reference.location()).or_insert_with(|| {
                locations.push(reference.location());
                locations.len() - 1
            });
        }
        let answers: HashMap<usize, Result<Resolved, Error>> = stream::iter(locations.into_iter().enumerate())
            .map(|(number, location)| async move { (number, self.in_time(location, self.locate(location)).await) })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        if let Some(cache) = &self.cache {
            let named: Vec<Named> = answers.values().flatten().filter_map(|resolved| resolved.named.clone()).collect();
            cache.remember(&named);
        }
        let unanswered = || Error::of(ErrorKind::Network, "the image was not looked for");
        let answer = |reference: &Reference| {
            let answer = numbers.get(reference.location()).and_then(|number| answers.get(number));
            let resolved = answer.ok_or_else(unanswered)?.clone()?;
            Ok(Image {
                reference: reference.as_str().to_owned(),
                repository: match reference.location() {
                    Location::Registry(name) => Some(name.repository_with_registry()),
                    Location::Local { .. } => None,
                },
                digest: resolved.digest,
                source: resolved.source,
                candidates: resolved.listing.candidates,
                other_platforms: resolved.listing.other_platforms,
            })
        };
        references.iter().map(answer).collect()
    }

    /// Reads the configs of these candidates of an image, where they were not read yet. A config that cannot be read is recorded as
    /// such.
    pub async fn confirm(&self, reference: &Reference, image: &mut Image, candidates: &[usize]) {
        if !self.options.confirm {
            return;
        }
        for number in candidates {
            let Some(candidate) = image.candidates.get_mut(*number).filter(|candidate| candidate.config == Config::NotRead)
            else {
                continue;
            };
            let read = async {
                let place = self.place(reference.location()).await?;
                self.read_config(&place, candidate).await;
                Ok(())
            };
            if let Err(error) = self.in_time(reference.location(), read).await {
                candidate.config = Config::Unreadable(error.sentence());
            }
        }
    }

    /// [`Images::confirm`] for many images at once.
    pub async fn confirm_all<'a>(&self, choices: impl IntoIterator<Item = (&'a Reference, &'a mut Image, Vec<usize>)>) {
        stream::iter(choices)
            .for_each_concurrent(SIDE_BY_SIDE, |(reference, image, candidates)| async move {
                self.confirm(reference, image, &candidates).await;
            })
            .await;
    }

    /// How many requests were sent to registries until now.
    pub fn requests(&self) -> distribution::RequestCount {
        match self.client.get() {
            Some(Ok(client)) => client.requests(),
            _ => distribution::RequestCount::default(),
        }
    }

    async fn locate(&self, location: &Location) -> Result<Resolved, Error> {
        match location {
            Location::Registry(name) => {
                known::refuse_latest(self.knowledge, name)?;
                self.locate_name(name).await.map_err(|error| or_general_advice(known::advise(self.knowledge, name, error)))
            }
            Location::Local { format, path, name } => {
                let located = self.locate_in_layout(*format, path, name.as_deref()).await;
                located.map_err(|error| error.or_hint(format.advice()))
            }
        }
    }

    async fn locate_name(&self, name: &Name) -> Result<Resolved, Error> {
        let place = Place::Registry(name.clone());
        if let Some(digest) = &name.digest {
            let cached = self.cache.as_ref().is_some_and(|cache| cache.content(digest).is_some());
            let manifest = self.manifest(&place, digest, None).await?;
            let source = if cached { Source::Cache } else { Source::Registry };
            let listing = self.list_any(&place, digest, manifest).await?;
            return Ok(Resolved { digest: Some(digest.clone()), source, listing, named: None });
        }
        let full_name = name.to_string();
        if self.options.offline {
            return self.locate_offline(&place, name, &full_name).await;
        }
        let pointed = self.fetch(name, name.tag_or_latest()).await.map_err(|error| self.offer_offline(&full_name, error))?;
        let named = Named { name: full_name, media_type: pointed.media_type, digest: pointed.digest.clone(), size: pointed.size };
        let listing = self.list_any(&place, &pointed.digest, pointed.manifest).await?;
        Ok(Resolved { digest: Some(pointed.digest), source: Source::Registry, listing, named: Some(named) })
    }

    async fn locate_offline(&self, place: &Place, name: &Name, full_name: &str) -> Result<Resolved, Error> {
        let cached = self.cache.as_ref().and_then(|cache| cache.named(full_name));
        let failure = match cached {
            Some(digest) => {
                let listing = async {
                    let manifest = self.manifest(place, &digest, None).await?;
                    self.list_any(place, &digest, manifest).await
                };
                match listing.await {
                    Ok(listing) => {
                        return Ok(Resolved { digest: Some(digest), source: Source::Cache, listing, named: None });
                    }
                    Err(error) => error,
                }
            }
            None => Error::of(ErrorKind::NotFound, format!("{full_name} is not in the cache")),
        };
        match known::candidates(self.knowledge, name) {
            Some(candidates) => {
                let listing = Listing { candidates, other_platforms: Vec::new() };
                Ok(Resolved { digest: None, source: Source::Knowledge, listing, named: None })
            }
            None => Err(failure.or_hint(advice![
                "check it once without ",
                Setting::Offline,
                "; without network only Microsoft's base images are known"
            ])),
        }
    }

    /// Says that an earlier answer could be had, where the registry gives none.
    fn offer_offline(&self, full_name: &str, error: Error) -> Error {
        let unreachable = matches!(error.kind, ErrorKind::Network | ErrorKind::RateLimited);
        if unreachable && self.cache.as_ref().is_some_and(|cache| cache.named(full_name).is_some()) {
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
        let (digest, listing) = match layout.choose(name)? {
            Chosen::Entry(entry) => {
                let manifest = self.manifest(&place, &entry.digest, Some(entry.size)).await?;
                let listing = self.list_any(&place, &entry.digest, manifest).await?;
                (Some(entry.digest), listing)
            }
            Chosen::Index(entries, digest) => (Some(digest), self.list(&place, entries).await?),
            Chosen::Config(bytes, foreign_layers) => {
                let config = config::parse(&bytes)?.facts(self.knowledge);
                (None, single(None, config, Some(foreign_layers)))
            }
        };
        Ok(Resolved { digest, source, listing, named: None })
    }

    async fn list_any(&self, place: &Place, digest: &Digest, manifest: Manifest) -> Result<Listing, Error> {
        match manifest {
            Manifest::Index(index) => self.list(place, index.entries).await,
            Manifest::Image(manifest) => self.list_single(place, digest, &manifest).await,
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
            let (path, deadline) = (path.to_owned(), self.options.deadline);
            let opened = blocking(move || Layout::open(format, &path, deadline)).await.map(Arc::new);
            opened.map_err(|error| error.or_hint(format.advice()))
        };
        self.layouts.place((format, path.to_owned())).get_or_try_init(open).await.cloned()
    }

    /// The result of this work, or the failure of its time being over.
    async fn in_time<T>(&self, location: &Location, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some(deadline) = self.options.deadline else {
            return work.await;
        };
        tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| {
            let what = match location {
                Location::Registry(name) => name.to_string(),
                Location::Local { path, .. } => crate::text::shown(&path.display().to_string()),
            };
            Err(Error::of(ErrorKind::Network, format!("the time was over before {what} was read"))
                .hint(advice![Setting::Timeout, " gives more of it"]))
        })
    }

    /// The client that registries are asked with.
    pub(crate) fn client(&self) -> Result<&Client, Error> {
        self.client.get_or_init(|| Client::new(self.options.registries.clone())).as_ref().map_err(Clone::clone)
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    pub(crate) fn knowledge(&self) -> &'k Knowledge {
        self.knowledge
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.options.offline
    }

    /// Where the facts of the image with this manifest are kept.
    pub(crate) fn known_facts(&self, manifest: &Digest) -> Arc<OnceCell<Facts>> {
        self.facts.place(manifest.clone())
    }
}

/// Says what to do about a registry's failure where nothing closer to it did.
fn or_general_advice(error: Error) -> Error {
    match error.kind {
        ErrorKind::Network => {
            error.or_hint("look at the name of the registry, the network and the proxy (HTTPS_PROXY), then try again")
        }
        ErrorKind::Invalid | ErrorKind::Unsupported => error.or_hint("have the image pushed anew, or take another tag of it"),
        _ => error,
    }
}

/// Reads files where waiting for them keeps nothing else from going on.
pub(crate) async fn blocking<T: Send + 'static>(read: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(Error::of(ErrorKind::Invalid, "reading a file failed").because(error.to_string())))
}
