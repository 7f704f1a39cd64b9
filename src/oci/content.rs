//! Manifests and configs of one image, from wherever it is, and each at most once.

use std::sync::Arc;

use oci_spec::image::ImageManifest;

use crate::advice::{Setting, advice};
use crate::image::config::{self, ImageConfig};
use crate::image::index;
use crate::image::{ConfigFacts, Digest, Name};
use crate::oci::layout::Layout;
use crate::oci::manifest;
use crate::oci::manifest::Manifest;
use crate::oci::resolve::Images;
use crate::{Error, ErrorKind};

/// Where the content of an image is read by digest.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Its repository, with the cache before it.
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
}

/// What a config says, and what its manifest says of the layers.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub config: ConfigFacts,
    pub foreign_layers: bool,
}

/// An image's manifest and config as their bytes are.
#[derive(Clone, Debug)]
pub struct RawImage {
    /// The exact bytes of the manifest.
    pub manifest: Vec<u8>,
    /// Its type, e.g. `application/vnd.docker.distribution.manifest.v2+json`.
    pub media_type: String,
    /// The exact bytes of the config.
    pub config: Vec<u8>,
}

impl Images<'_> {
    /// The bytes of the image with this manifest and of its config, from the cache where they are there.
    pub async fn raw(&self, name: &Name, digest: &Digest) -> Result<RawImage, Error> {
        let (bytes, content_type) = match self.cache().and_then(|cache| cache.content(digest)) {
            Some(bytes) => (bytes, None),
            None => {
                self.refuse_offline(name, digest)?;
                let fetched = self.client()?.manifest(&name.registry, &name.repository, digest.as_str()).await?;
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
        let fetched = self.client()?.manifest(&name.registry, &name.repository, tag_or_digest).await?;
        for warning in &fetched.warnings {
            tracing::warn!("{} says: {warning}", name.registry);
        }
        let content_type = fetched.content_type.as_deref();
        let manifest =
            manifest::parse(&fetched.bytes, content_type).map_err(|error| error.within(unreadable(name, tag_or_digest)))?;
        if let Some(cache) = self.cache() {
            cache.keep(&fetched.digest, &fetched.bytes);
        }
        let media_type = manifest.media_type(content_type);
        Ok(Pointed { manifest, media_type, digest: fetched.digest, size: fetched.bytes.len() as u64 })
    }

    /// The manifest with this digest, which must have this size where one is known.
    pub(crate) async fn manifest(&self, place: &Place, digest: &Digest, size: Option<u64>) -> Result<Manifest, Error> {
        let stored = match place {
            Place::Layout(layout) => Ok(read_layout(layout, digest, index::LARGEST).await?),
            Place::Registry(name) => self.cache().and_then(|cache| cache.content(digest)).ok_or(name),
        };
        let (manifest, found) = match stored {
            Ok(bytes) => {
                let manifest =
                    manifest::parse(&bytes, None).map_err(|error| error.within(format!("{digest} could not be read")))?;
                (manifest, bytes.len() as u64)
            }
            Err(name) => {
                self.refuse_offline(name, digest)?;
                let pointed = self.fetch(name, digest.as_str()).await?;
                (pointed.manifest, pointed.size)
            }
        };
        check_size(digest, size, found)?;
        Ok(manifest)
    }

    /// What the config of the image with this manifest says. Asked for once per digest in the life of the process, however many
    /// references lead there.
    pub(crate) async fn facts(&self, place: &Place, digest: &Digest, size: Option<u64>) -> Result<Facts, Error> {
        let read = || async {
            match self.manifest(place, digest, size).await? {
                Manifest::Image(manifest) => self.facts_of(place, &manifest).await,
                Manifest::Index(_) => {
                    Err(Error::of(ErrorKind::Invalid, format!("{digest} is an index where the manifest of an image must be")))
                }
            }
        };
        self.known_facts(digest).get_or_try_init(read).await.cloned()
    }

    /// What the config of this manifest says.
    pub(crate) async fn facts_of(&self, place: &Place, manifest: &ImageManifest) -> Result<Facts, Error> {
        let config = self.config(place, manifest).await?;
        let media_type = manifest.config().media_type().to_string();
        if config.os.is_none() && !index::is_image_config(&media_type) {
            return Err(Error::of(ErrorKind::Unsupported, "this is no container image")
                .because(format!("its config is of type {}", crate::text::shown(&media_type))));
        }
        Ok(Facts { config: config.facts(self.knowledge()), foreign_layers: manifest::has_foreign_layers(manifest) })
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
            Place::Registry(name) => match self.cache().and_then(|cache| cache.content(&digest)) {
                Some(bytes) => bytes,
                None => {
                    self.refuse_offline(name, &digest)?;
                    let bytes = self.client()?.blob(&name.registry, &name.repository, &digest, size).await?;
                    if let Some(cache) = self.cache() {
                        cache.keep(&digest, &bytes);
                    }
                    bytes
                }
            },
        };
        check_size(&digest, Some(size), bytes.len() as u64)?;
        Ok(bytes)
    }

    fn refuse_offline(&self, name: &Name, digest: &Digest) -> Result<(), Error> {
        if !self.is_offline() {
            return Ok(());
        }
        Err(Error::of(ErrorKind::NotFound, format!("{}@{digest} is not in the cache", name.repository_with_registry()))
            .hint(advice!["check the image once without ", Setting::Offline]))
    }
}

fn unreadable(name: &Name, tag_or_digest: &str) -> String {
    let separator = if tag_or_digest.contains(':') { '@' } else { ':' };
    format!("{}{separator}{tag_or_digest} could not be read", name.repository_with_registry())
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
    crate::oci::resolve::blocking(move || layout.blob(&digest, max)).await
}
