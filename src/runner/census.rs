//! A look at the layers of an image: what is in them, and what an import would refuse. Nothing is kept of them.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::Error;
use crate::image::Digest;
use crate::layer::{
    BasicInfo, Content, Directory, Entry, Expected, Kind, LayerError, LayerPath, LayerSink, Limits, LinkTarget, Options,
    Position, Refusal, decode,
};
use crate::oci::pull::{self, Arrival, Arrivals};

/// The version of the form of [`Census`].
const SCHEMA: &str = "wincompat/layers/v1";
/// The most names that are given of entries refused for one reason.
const MOST_NAMES: usize = 5;

/// The document of `wincompat pull --dry-run`, `wincompat/layers/v1`: the layers of an image, and what an import would refuse of them.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Layers"))]
pub struct Census {
    /// `wincompat/layers/v1`.
    pub schema: &'static str,
    /// The name of the image.
    pub image: String,
    /// The digest of its manifest.
    pub digest: Digest,
    /// Its layers, lowest first. One that stands there twice is counted once.
    pub layers: Vec<CountedLayer>,
    /// The entries that would be refused, of all layers together.
    pub refused: u64,
}

/// The content of a layer in numbers.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CountedLayer {
    /// The digest of the stored bytes.
    pub digest: Digest,
    /// The stored bytes.
    pub size: u64,
    /// The bytes of its tar; `null` if it was not read to its end.
    pub uncompressed: Option<u64>,
    /// False if the archive is damaged in a way that nothing behind can be read.
    pub complete: bool,
    /// The entries that would be taken.
    pub entries: u64,
    /// The files among them.
    pub files: u64,
    /// The folders.
    pub folders: u64,
    /// The symbolic links and junctions.
    pub links: u64,
    /// The further names of files.
    pub hard_links: u64,
    /// The alternate streams of files.
    pub streams: u64,
    /// The files and folders of the layers below that are removed.
    pub whiteouts: u64,
    /// The longest path in the layer, e.g. `Files/Windows/WinSxS/…`.
    pub longest_path: String,
    /// The length of the longest path in UTF-16 units, as Windows counts.
    pub longest: usize,
    /// The entries that would be refused, by reason.
    pub refused: Vec<Refused>,
}

/// The entries of a layer that would be refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// The reason, in words.
    pub reason: String,
    /// The number of entries.
    pub count: u64,
    /// The first few of their names.
    pub first: Vec<String>,
}

/// Counts the layers of an image while they come.
///
/// # Errors
///
/// A layer that is damaged or not the one the image names. A pull that ends too early gives `None`: it knows why.
pub fn take(image: String, digest: Digest, arrivals: &Arrivals) -> Result<Option<Census>, Error> {
    let Some(pulled) = arrivals.described(|| Ok(()))? else { return Ok(None) };
    let mut layers: Vec<CountedLayer> = Vec::new();
    for (number, layer) in pulled.layers.iter().enumerate() {
        if layers.iter().any(|other| other.digest == layer.digest) {
            continue;
        }
        let Some(Arrival::Coming(coming)) = arrivals.layer(number, || Ok(()))? else { return Ok(None) };
        let position = if number == 0 { Position::Base } else { Position::Upper };
        let mut counter = Counter::default();
        let mut counted = None;
        let looked = coming.unpack(|stored| {
            let streamed = count(stored, layer, position, &mut counter);
            counted = match &streamed {
                Ok(streamed) => Some(Some(streamed.uncompressed)),
                Err(LayerError::Refused { entry, reason }) => {
                    counter.add(entry, reason);
                    Some(None)
                }
                Err(_) => None,
            };
            streamed
        });
        let Some(uncompressed) = counted.filter(|counted| looked.is_some() || counted.is_none()) else { return Ok(None) };
        layers.push(counter.into_layer(layer, uncompressed));
    }
    let refused = layers.iter().flat_map(|layer| &layer.refused).map(|refused| refused.count).sum();
    Ok(Some(Census { schema: SCHEMA, image, digest, layers, refused }))
}

fn count(
    stored: &mut (dyn io::Read + Send),
    layer: &pull::Layer,
    position: Position,
    counter: &mut Counter,
) -> Result<crate::layer::Streamed, LayerError> {
    let options = Options {
        compression: layer.compression,
        position,
        expected: Expected { digest: Some(&layer.digest), diff_id: Some(&layer.diff_id) },
        limits: Limits::default(),
        // Only Windows can convert the old form of security descriptors. There it is taken.
        sddl: Some(&|_| Ok(Vec::new())),
    };
    decode(stored, &options, counter).map(|decoded| decoded.streamed)
}

/// A sink that counts.
#[derive(Default)]
struct Counter {
    files: u64,
    folders: u64,
    links: u64,
    hard_links: u64,
    streams: u64,
    whiteouts: u64,
    longest_path: String,
    longest: usize,
    refused: BTreeMap<String, (u64, Vec<String>)>,
}

impl Counter {
    fn add(&mut self, entry: &str, reason: &Refusal) {
        let (count, first) = self.refused.entry(reason.to_string()).or_default();
        *count += 1;
        if first.len() < MOST_NAMES {
            first.push(entry.to_owned());
        }
    }

    fn into_layer(self, layer: &pull::Layer, uncompressed: Option<u64>) -> CountedLayer {
        let Self { files, folders, links, hard_links, streams, whiteouts, longest_path, longest, refused } = self;
        CountedLayer {
            digest: layer.digest.clone(),
            size: layer.size,
            uncompressed,
            complete: uncompressed.is_some(),
            entries: files + folders + links + hard_links + streams + whiteouts,
            files,
            folders,
            links,
            hard_links,
            streams,
            whiteouts,
            longest_path,
            longest,
            refused: refused.into_iter().map(|(reason, (count, first))| Refused { reason, count, first }).collect(),
        }
    }
}

impl LayerSink for Counter {
    fn taken(&mut self, entry: &Entry) {
        *match &entry.kind {
            Kind::Directory => &mut self.folders,
            Kind::File { .. } => &mut self.files,
            Kind::Reparse(_) => &mut self.links,
            Kind::HardLink { .. } => &mut self.hard_links,
            Kind::Stream { .. } => &mut self.streams,
            Kind::Whiteout => &mut self.whiteouts,
        } += 1;
        let path = entry.path.as_str();
        // No text has more UTF-16 units than bytes.
        if path.len() > self.longest {
            let length = path.encode_utf16().count();
            if length > self.longest {
                (self.longest, self.longest_path) = (length, path.to_owned());
            }
        }
    }

    fn refused(&mut self, entry: &str, reason: &Refusal) -> bool {
        self.add(entry, reason);
        true
    }

    fn begin(&mut self, _path: &LayerPath, _info: &BasicInfo) -> io::Result<Content> {
        Ok(Content::Data)
    }

    fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn hard_link(&mut self, _path: &LayerPath, _target: LinkTarget<'_>) -> io::Result<()> {
        Ok(())
    }

    fn remove(&mut self, _path: &LayerPath) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _directories: Vec<Directory>) -> io::Result<()> {
        Ok(())
    }

    fn abort(&mut self) {}
}
