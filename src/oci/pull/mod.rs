//! An image from its registry into the store: each byte is fetched, hashed, decompressed and written once.

mod arrivals;
mod blob;
mod documents;
mod incoming;
mod list;
mod source;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{TryStreamExt as _, stream};
use url::Url;

pub(crate) use arrivals::Turns;
pub use arrivals::{Arrival, Arrivals, Coming, Offers, in_order};
#[cfg(test)]
pub(crate) use blob::of_tests;
pub(crate) use list::listed;
pub use list::{manifest_of, stored};

use crate::advice::{Command, Setting, advice};
use crate::image::run_config::RunConfig;
use crate::image::{Digest, Name};
use crate::layer::Compression;
use crate::layer::LayerId;
use crate::oci::Images;
use crate::oci::layout::Folder;
use crate::oci::manifest;
use crate::oci::manifest::Manifest;
use crate::{Error, ErrorKind};

/// The number of layers that are fetched at once; Docker's own is 3.
const SIDE_BY_SIDE: usize = 4;
/// The most places besides the registry that are asked for a layer; images have one. Each may take its time not to answer.
const MOST_URLS: usize = 4;
/// The longest time that another process may keep the list of images locked.
const WAIT_FOR_INDEX: Duration = Duration::from_secs(30);
/// The longest time that another process may remove images, or ask for a manifest.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(300);

/// An image that is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The config.
    pub config: RunConfig,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
}

impl Pulled {
    /// The number of stored bytes of its layers, of each once.
    pub fn size(&self) -> u64 {
        let layers: BTreeSet<(&Digest, u64)> = self.layers.iter().map(|layer| (&layer.digest, layer.size)).collect();
        layers.iter().fold(0, |sum, (_, size)| sum.saturating_add(*size))
    }

    /// The ids that the layers have once they are imported, topmost first.
    pub fn layer_ids(&self) -> Vec<LayerId> {
        let mut ids: Vec<LayerId> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            ids.insert(0, LayerId::on(ids.first(), &layer.diff_id));
        }
        ids
    }
}

/// A layer of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The digest of the stored bytes.
    pub digest: Digest,
    /// The size of the stored bytes.
    pub size: u64,
    /// The compression of the stored bytes.
    pub compression: Compression,
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Places besides the registry that keep the layer.
    pub urls: Vec<Url>,
}

/// An event while an image is pulled.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The layers are known, and none is fetched yet.
    Planned(&'a Planned<'a>),
    /// A layer is fetched; this many of its bytes are there already.
    Begun(&'a Layer, u64),
    /// Another process has a layer locked for a while already: it fetches the layer, or keeps this one from it.
    Waiting(&'a Layer),
    /// So many more bytes of a layer have come.
    Advanced(&'a Layer, u64),
    /// A layer is in the store and verified.
    Done(&'a Layer),
}

/// What is to be fetched for an image, each layer counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned<'a> {
    /// The name that the image was asked for by.
    pub name: &'a Name,
    /// The number of its layers.
    pub layers: usize,
    /// The number of those that are not whole in the store.
    pub missing: usize,
    /// The number of compressed bytes of those that are not there yet.
    pub bytes: u64,
}

impl<'a> Planned<'a> {
    /// The layers of the image of which `missing` has still some bytes to fetch.
    fn of(name: &'a Name, layers: &[Layer], missing: impl Fn(&Layer) -> u64) -> Self {
        let mut seen = BTreeSet::new();
        let once = layers.iter().filter(|layer| seen.insert(&layer.digest));
        once.map(missing).fold(Self { name, layers: 0, missing: 0, bytes: 0 }, |sum, bytes| Self {
            name,
            layers: sum.layers + 1,
            missing: sum.missing + usize::from(bytes > 0),
            bytes: sum.bytes.saturating_add(bytes),
        })
    }
}

/// A receiver of [`Event`]s, called from several threads.
pub type Watch = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// Brings the image with this manifest into the store, under the name it was asked for by.
///
/// Layers that are in the store already are not asked for again, those that another process fetches are waited for, and an earlier
/// pull that was interrupted goes on where it stopped.
pub async fn pull(images: &Images<'_>, name: &Name, digest: &Digest, store: &Folder, watch: &Watch) -> Result<Pulled, Error> {
    pull_and_offer(images, name, digest, store, watch, None).await
}

/// [`pull`], and the layers are offered to one who uses them on their way into the store, so that each is decompressed and hashed
/// once. It ends, with an error, when they are not wanted any more: what came until then stays.
pub async fn pull_in_order(
    images: &Images<'_>,
    name: &Name,
    digest: &Digest,
    store: &Folder,
    watch: &Watch,
    offers: Offers,
) -> Result<Pulled, Error> {
    let pulled = pull_and_offer(images, name, digest, store, watch, Some(&offers.0));
    tokio::select! {
        biased;
        pulled = pulled => pulled,
        () = offers.0.given_up() => Err(given_up()),
    }
}

/// Offers the layers of an image one after the other, lowest first, and keeps nothing of them: for one who only looks at them.
pub async fn offer_unkept(
    images: &Images<'_>,
    name: &Name,
    digest: &Digest,
    watch: &Watch,
    offers: Offers,
) -> Result<Pulled, Error> {
    let looked = async {
        let pulled = described(images, name, digest).await?;
        let source = source::Source { images, name };
        watch(Event::Planned(&Planned::of(name, &pulled.layers, |layer| layer.size)));
        offers.0.describe(&pulled);
        let mut seen = BTreeSet::new();
        for (number, layer) in pulled.layers.iter().enumerate().filter(|(_, layer)| seen.insert(&layer.digest)) {
            blob::pass_by(source, layer, number, watch, &offers.0).await?;
        }
        Ok(pulled)
    };
    tokio::select! {
        biased;
        pulled = looked => pulled,
        () = offers.0.given_up() => Err(given_up()),
    }
}

fn given_up() -> Error {
    Error::of(ErrorKind::Network, "the pull was given up")
}

async fn pull_and_offer(
    images: &Images<'_>,
    name: &Name,
    digest: &Digest,
    store: &Folder,
    watch: &Watch,
    offers: Option<&Turns>,
) -> Result<Pulled, Error> {
    refuse_other_digests(digest, &[digest])?;
    let _filling = store.filling(images.time_left(WAIT_FOR_OTHERS))?;
    // An image cannot be put into a list that is broken: known before anything is fetched.
    store.check_index()?;
    let raw = documents::fetch(images, name, digest, store).await?;
    let pulled = read(&raw.manifest, &raw.config, digest)?;
    let planned = Planned::of(name, &pulled.layers, |layer| blob::missing(store, layer));
    refuse_without_space(store, planned.bytes)?;
    watch(Event::Planned(&planned));
    if let Some(offers) = offers {
        offers.describe(&pulled);
    }
    // A layer that stands twice in an image is fetched once.
    let mut seen = BTreeSet::new();
    let once = pulled.layers.iter().enumerate().filter(|(_, layer)| seen.insert(&layer.digest));
    let source = source::Source { images, name };
    stream::iter(once.map(Ok::<_, Error>))
        .try_for_each_concurrent(SIDE_BY_SIDE, |(number, layer)| {
            let (store, watch, deadline) = (store.clone(), Arc::clone(watch), images.deadline());
            let target = blob::Target { store, watch, number, offers: offers.cloned(), deadline };
            blob::fetch(source, layer, target)
        })
        .await?;
    list::record(store, name, digest, &raw, images.time_left(WAIT_FOR_INDEX))?;
    Ok(pulled)
}

/// The image with this manifest, of which nothing but the manifest and the config are fetched.
pub async fn described(images: &Images<'_>, name: &Name, digest: &Digest) -> Result<Pulled, Error> {
    let raw = images.raw(name, digest).await?;
    read(&raw.manifest, &raw.config, digest)
}

/// Reads an image's layers from its manifest and config together.
fn read(manifest: &[u8], config: &[u8], digest: &Digest) -> Result<Pulled, Error> {
    let invalid = |why: String| {
        Error::of(ErrorKind::Invalid, format!("the image {digest} cannot be pulled"))
            .because(why)
            .hint("push the image again, or use another tag")
    };
    let Manifest::Image(manifest) = manifest::parse(manifest, None)? else {
        return Err(invalid("it is an index, not an image".to_owned()));
    };
    let config_digest = manifest::digest_of(manifest.config())?;
    let config = RunConfig::parse(config)?;
    let diff_ids = &config.rootfs.diff_ids;
    let layers = manifest::layers(&manifest, diff_ids.len()).map_err(invalid)?;
    let layers = layers.into_iter().zip(diff_ids).map(|((descriptor, compression), diff_id)| {
        let urls = descriptor.urls().iter().flatten().filter_map(|url| url.parse().ok()).take(MOST_URLS).collect();
        Ok(Layer {
            digest: manifest::digest_of(descriptor)?,
            size: descriptor.size(),
            compression,
            diff_id: diff_id.clone(),
            urls,
        })
    });
    let layers: Vec<Layer> = layers.collect::<Result<_, Error>>()?;
    let named = layers.iter().flat_map(|layer| [&layer.digest, &layer.diff_id]).chain([&config_digest]);
    refuse_other_digests(digest, &named.collect::<Vec<_>>())?;
    Ok(Pulled { layers, config })
}

/// Refuses an image in which something is named by another algorithm than SHA-256, which names everything in a store.
fn refuse_other_digests(image: &Digest, named: &[&Digest]) -> Result<(), Error> {
    let Some(other) = named.iter().find(|digest| !digest.is_sha256()) else { return Ok(()) };
    Err(Error::of(ErrorKind::Unsupported, format!("the image {image} cannot be pulled"))
        .because(format!("the store names everything by SHA-256, and the image has {other}"))
        .hint("push the image again with SHA-256 digests, or use another tag"))
}

/// Refuses what cannot fit before anything is fetched.
fn refuse_without_space(store: &Folder, needed: u64) -> Result<(), Error> {
    // Where the system does not tell, writing will.
    let Ok(free) = fs4::available_space(store.root()) else { return Ok(()) };
    if needed <= free {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Invalid, format!("the image does not fit on the disk of {}", store.root().display()))
        .because(format!("{} are to be fetched and {} are free", crate::text::size(needed), crate::text::size(free)))
        .hint(advice![
            "remove images with ",
            Command::RemoveImage(String::new()),
            ", or use a store on another disk with ",
            Setting::Store
        ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Reference;
    use crate::image::reference::Location;

    #[test]
    fn a_layer_that_stands_twice_in_an_image_is_planned_once() {
        let reference: Reference = "r.test/app:1".parse().unwrap();
        let Location::Registry(name) = reference.location() else { panic!("{reference:?}") };
        let layer = |content: &str, size| {
            let digest = Digest::of(content.as_bytes());
            Layer { diff_id: digest.clone(), digest, size, compression: Compression::Gzip, urls: Vec::new() }
        };
        let layers = [layer("a", 30), layer("b", 500), layer("a", 30), layer("c", u64::MAX)];
        let planned = |left: &[u64; 3]| {
            let missing = |layer: &Layer| match layer.size {
                30 => left[0],
                500 => left[1],
                _ => left[2],
            };
            let Planned { layers, missing, bytes, .. } = Planned::of(name, &layers, missing);
            (layers, missing, bytes)
        };
        assert_eq!(planned(&[30, 500, 0]), (3, 2, 530));
        assert_eq!(planned(&[0, 0, 0]), (3, 0, 0));
        assert_eq!(planned(&[1, 0, u64::MAX]), (3, 2, u64::MAX));
    }
}
