//! Manifests and configs by digest, from registries, the cache and layouts; each described at most once.

use std::sync::{Arc, OnceLock};

use oci_spec::image::ImageManifest;

use crate::advice::{Setting, advice};
use crate::image::config::{self, ImageConfig};
use crate::image::index;
use crate::image::{ConfigFacts, Digest, Name};
use crate::knowledge::Knowledge;
use crate::oci::cache::{Cache, Known, Named};
use crate::oci::distribution::{self, Client};
use crate::oci::layout::Layout;
use crate::oci::manifest::{self, Manifest};
use crate::oci::once::{Once, blocking};
use crate::{Error, ErrorKind};

/// A place from which the content of an image is read by digest.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A repository, with the cache before it.
    Registry(Name),
    /// A layout or archive.
    Layout(Arc<Layout>),
}

/// A manifest behind a tag or digest.
#[derive(Clone, Debug)]
pub(crate) struct Pointed {
    pub manifest: Manifest,
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
    /// The digest that the registry stated, where it is another one.
    pub stated_digest: Option<String>,
}

/// A manifest, its bytes in number, and whether it came from the cache.
pub(crate) struct Found {
    pub manifest: Manifest,
    pub size: u64,
    pub is_cached: bool,
}

/// The description of an image: its config, and what its manifest says of the layers.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// The bytes of the manifest.
    pub size: u64,
    pub config: ConfigFacts,
    pub foreign_layers: bool,
    /// The servers that the manifest names for layers kept elsewhere.
    pub layer_servers: Vec<String>,
}

/// Reads content by digest. Files are read off the runtime: to read, to hash and to wait for a lock would hold up all else.
pub(crate) struct Reader<'k> {
    pub is_offline: bool,
    pub knowledge: &'k Knowledge,
    cache: Option<Arc<Cache>>,
    pub registries: distribution::Options,
    /// Made when a registry is first asked: an archive needs none.
    client: OnceLock<Result<Client, Error>>,
    /// By the digest of the manifest.
    described: Once<Digest, Described>,
}

/// An image's manifest and config as their bytes are.
#[derive(Clone, Debug)]
pub struct RawImage {
    /// The exact bytes of the manifest.
    pub manifest: Vec<u8>,
    /// The media type, e.g. `application/vnd.docker.distribution.manifest.v2+json`.
    pub media_type: String,
    /// The exact bytes of the config.
    pub config: Vec<u8>,
}

impl<'k> Reader<'k> {
    /// A reader that has read nothing yet.
    pub(crate) fn new(
        is_offline: bool,
        knowledge: &'k Knowledge,
        cache: Option<Cache>,
        registries: distribution::Options,
    ) -> Self {
        let (client, described) = (OnceLock::new(), Once::default());
        Self { is_offline, knowledge, cache: cache.map(Arc::new), registries, client, described }
    }

    /// The client that a repository is asked with for this tag or digest.
    ///
    /// # Errors
    ///
    /// Offline there is none: what is not in the cache cannot be had.
    pub(crate) fn client(&self, name: &Name, tag_or_digest: &str) -> Result<&Client, Error> {
        if self.is_offline {
            let what = format!("{} is not in the cache", full_name(name, tag_or_digest));
            return Err(Error::of(ErrorKind::NotFound, what).hint(advice!["run this once without ", Setting::Offline]));
        }
        self.client.get_or_init(|| Client::new(self.registries.clone())).as_ref().map_err(Clone::clone)
    }

    /// The digest that the cache has for this name, and when it was read.
    pub(crate) async fn named(&self, name: &str) -> Option<Known> {
        let name = name.to_owned();
        self.in_cache(move |cache| cache.named(&name)).await.flatten()
    }

    /// Remembers in the cache which content these names have.
    pub(crate) async fn remember(&self, names: Vec<Named>) {
        self.in_cache(move |cache| cache.remember(&names)).await;
    }

    async fn cached(&self, digest: &Digest) -> Option<Vec<u8>> {
        let digest = digest.clone();
        self.in_cache(move |cache| cache.content(&digest)).await.flatten()
    }

    /// Keeps content for the next check. The cache names it by its SHA-256; what an index names otherwise is asked for again.
    async fn keep(&self, digest: &Digest, bytes: Vec<u8>) {
        if !digest.is_sha256() {
            return;
        }
        let digest = digest.clone();
        self.in_cache(move |cache| cache.keep(&digest, &bytes)).await;
    }

    /// Work in the cache's files; `None` where there is no cache.
    async fn in_cache<T: Send + 'static>(&self, work: impl FnOnce(&Cache) -> T + Send + 'static) -> Option<T> {
        let cache = Arc::clone(self.cache.as_ref()?);
        blocking(move || Ok(work(&cache))).await.ok()
    }

    /// The bytes of the image with this manifest and of its config, from the cache where they are there.
    pub async fn raw(&self, name: &Name, digest: &Digest) -> Result<RawImage, Error> {
        let (bytes, content_type) = match self.cached(digest).await {
            Some(bytes) => (bytes, None),
            None => {
                let client = self.client(name, digest.as_str())?;
                let fetched = client.manifest(&name.registry, &name.repository, digest.as_str()).await?;
                (fetched.bytes, fetched.content_type)
            }
        };
        let content_type = content_type.as_deref();
        let parsed = manifest::parse(&bytes, content_type).map_err(|error| error.within(unreadable(name, digest.as_str())))?;
        let media_type = parsed.media_type(content_type);
        let Manifest::Image(image) = parsed else {
            return Err(Error::of(ErrorKind::Invalid, format!("{digest} is an index where the manifest of an image must be")));
        };
        let config = self.config_bytes(&Place::Registry(name.clone()), &image).await?;
        Ok(RawImage { manifest: bytes, media_type, config })
    }

    /// Asks the registry for a tag or digest.
    pub(crate) async fn fetch(&self, name: &Name, tag_or_digest: &str) -> Result<Pointed, Error> {
        let client = self.client(name, tag_or_digest)?;
        let fetched = client.manifest(&name.registry, &name.repository, tag_or_digest).await?;
        for warning in &fetched.warnings {
            tracing::warn!("{} says: {warning}", name.registry);
        }
        let content_type = fetched.content_type.as_deref();
        let manifest =
            manifest::parse(&fetched.bytes, content_type).map_err(|error| error.within(unreadable(name, tag_or_digest)))?;
        let (media_type, size) = (manifest.media_type(content_type), fetched.bytes.len() as u64);
        self.keep(&fetched.digest, fetched.bytes).await;
        Ok(Pointed { manifest, media_type, digest: fetched.digest, size, stated_digest: fetched.stated_digest })
    }

    /// The manifest with this digest, which must have this size where one is known.
    pub(crate) async fn manifest(&self, place: &Place, digest: &Digest, size: Option<u64>) -> Result<Found, Error> {
        let (stored, is_cached) = match place {
            Place::Layout(layout) => (Ok(read_layout(layout, digest, index::LARGEST).await?), false),
            Place::Registry(name) => {
                let cached = self.cached(digest).await;
                let is_cached = cached.is_some();
                (cached.ok_or(name), is_cached)
            }
        };
        let (manifest, bytes) = match stored {
            Ok(bytes) => {
                let manifest =
                    manifest::parse(&bytes, None).map_err(|error| error.within(format!("{digest} could not be read")))?;
                (manifest, bytes.len() as u64)
            }
            Err(name) => {
                let pointed = self.fetch(name, digest.as_str()).await?;
                (pointed.manifest, pointed.size)
            }
        };
        check_size(digest, size, bytes)?;
        Ok(Found { manifest, size: bytes, is_cached })
    }

    /// The description of the image with this manifest, which must have this size where one is known. Asked for once per digest in
    /// the life of the process, however many references lead there.
    pub(crate) async fn describe(&self, place: &Place, digest: &Digest, size: Option<u64>) -> Result<Described, Error> {
        let read = || async {
            let found = self.manifest(place, digest, size).await?;
            match found.manifest {
                Manifest::Image(manifest) => self.describe_now(place, &manifest, found.size).await,
                Manifest::Index(_) => {
                    Err(Error::of(ErrorKind::Invalid, format!("{digest} is an index where the manifest of an image must be")))
                }
            }
        };
        let described = self.described.cell(digest.clone()).get_or_try_init(read).await.cloned()?;
        // Another index may have led here before, and said another size.
        check_size(digest, size, described.size)?;
        Ok(described)
    }

    /// [`Reader::describe`] of a manifest that was read already, and has so many bytes.
    pub(crate) async fn describe_manifest(
        &self,
        place: &Place,
        digest: &Digest,
        manifest: &ImageManifest,
        size: u64,
    ) -> Result<Described, Error> {
        let read = || self.describe_now(place, manifest, size);
        self.described.cell(digest.clone()).get_or_try_init(read).await.cloned()
    }

    async fn describe_now(&self, place: &Place, manifest: &ImageManifest, size: u64) -> Result<Described, Error> {
        let config = self.config(place, manifest).await?;
        let media_type = manifest.config().media_type().to_string();
        if config.os.is_none() && !manifest::is_image_config(&media_type) {
            return Err(Error::of(ErrorKind::Unsupported, "this is not a container image")
                .because(format!("its config is of type {}", crate::text::shown(&media_type))));
        }
        let facts = config.facts(self.knowledge);
        if facts.os == "windows" {
            manifest::layers(manifest, config.layers()).map_err(|why| {
                Error::of(ErrorKind::Invalid, "the image cannot be pulled")
                    .because(why)
                    .hint("push the image again, or use another tag")
            })?;
        }
        let foreign_layers = manifest::has_foreign_layers(manifest);
        let layer_servers = manifest::layer_servers(manifest);
        Ok(Described { size, config: facts, foreign_layers, layer_servers })
    }

    async fn config(&self, place: &Place, manifest: &ImageManifest) -> Result<ImageConfig, Error> {
        let bytes = self.config_bytes(place, manifest).await?;
        let digest = manifest.config().digest();
        config::parse(&bytes).map_err(|error| error.within(format!("{digest} could not be read")))
    }

    async fn config_bytes(&self, place: &Place, manifest: &ImageManifest) -> Result<Vec<u8>, Error> {
        let digest = manifest::digest_of(manifest.config())?;
        let size = manifest.config().size();
        if size > config::LARGEST {
            return Err(Error::of(ErrorKind::Invalid, format!("the image config {digest} has {size} bytes, more than 4 MiB")));
        }
        let bytes = match place {
            Place::Layout(layout) => read_layout(layout, &digest, size).await?,
            Place::Registry(name) => match self.cached(&digest).await {
                Some(bytes) => bytes,
                None => {
                    let client = self.client(name, digest.as_str())?;
                    let bytes = client.blob(&name.registry, &name.repository, &digest, size).await?;
                    self.keep(&digest, bytes.clone()).await;
                    bytes
                }
            },
        };
        check_size(&digest, Some(size), bytes.len() as u64)?;
        Ok(bytes)
    }
}

/// The name of this tag or digest of a repository, e.g. `r.test/app:1`.
fn full_name(name: &Name, tag_or_digest: &str) -> String {
    let separator = if tag_or_digest.contains(':') { '@' } else { ':' };
    format!("{}{separator}{tag_or_digest}", name.repository_with_registry())
}

fn unreadable(name: &Name, tag_or_digest: &str) -> String {
    format!("{} could not be read", full_name(name, tag_or_digest))
}

/// A descriptor binds the size as well as the digest.
fn check_size(digest: &Digest, stated: Option<u64>, found: u64) -> Result<(), Error> {
    match stated {
        Some(stated) if stated != found => {
            Err(Error::of(ErrorKind::Invalid, format!("{digest} has {found} bytes, and what refers to it says {stated}")))
        }
        _ => Ok(()),
    }
}

async fn read_layout(layout: &Arc<Layout>, digest: &Digest, max: u64) -> Result<Vec<u8>, Error> {
    let (layout, digest) = (Arc::clone(layout), digest.clone());
    blocking(move || layout.blob(&digest, max)).await
}
