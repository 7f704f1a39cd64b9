//! The answer of `wincompat images` as data: the images in a store.

use jiff::Timestamp;
use serde::Serialize;

use super::plain::clean;
use crate::image::reference::Location;
use crate::image::{Digest, Reference};
use crate::runner::store::images::StoredImage;

/// The answer of `wincompat images`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Images"))]
pub struct ImageListing {
    /// The version of this form.
    schema: &'static str,
    /// In the store's order.
    pub images: Vec<ImageEntry>,
}

/// An image.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageEntry {
    /// The name in the store, e.g. `docker.io/library/app:1`; `null` if it has none.
    pub name: Option<String>,
    /// The repository with its registry; `null` if it has no name.
    pub repository: Option<String>,
    /// The tag; `null` if it has none.
    pub tag: Option<String>,
    /// The digest of the manifest.
    pub digest: Digest,
    /// The time when it was built.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub created: Option<Timestamp>,
    /// E.g. `amd64`.
    pub architecture: Option<String>,
    /// E.g. `10.0.20348.2402`.
    pub os_version: Option<String>,
    /// The number of bytes that the layers take in the store, compressed; `null` if its manifest cannot be read.
    pub size: Option<u64>,
}

impl ImageListing {
    /// The answer with these images.
    pub fn new(stored: &[StoredImage]) -> Self {
        Self { schema: "wincompat/images/v1", images: stored.iter().map(ImageEntry::new).collect() }
    }
}

/// The JSON Schema of [`ImageListing`], as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<ImageListing>()
}

impl ImageEntry {
    fn new(stored: &StoredImage) -> Self {
        let harmless = |text: &Option<String>| text.as_deref().map(|text| clean(text).into_owned());
        let reference = stored.name.as_deref().and_then(|name| name.parse::<Reference>().ok());
        let (repository, tag) = match reference.as_ref().map(Reference::location) {
            Some(Location::Registry(name)) => (Some(name.repository_with_registry()), name.tag.clone()),
            _ => (harmless(&stored.name), None),
        };
        let config = stored.config.clone().unwrap_or_default();
        Self {
            name: harmless(&stored.name),
            repository,
            tag,
            digest: stored.digest.clone(),
            created: config.created,
            architecture: harmless(&config.architecture),
            os_version: harmless(&config.os_version),
            size: stored.size,
        }
    }
}
