//! Windows images of any version, as bytes that fit together: config, manifest, index.

use serde_json::{Value, json};
use wincompat::image::Digest;

use super::images::{Images, OCI_INDEX, OCI_MANIFEST};

/// A layer that is not compressed.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// One image. What its index says of it and what its config says are two things, so that they can contradict each other.
#[derive(Clone, Debug)]
pub struct WindowsImage {
    /// The platform in the index; null where the index says nothing.
    pub platform: Value,
    pub config: Value,
    /// Descriptors.
    pub layers: Value,
}

impl WindowsImage {
    /// For amd64, with this `os.version`, e.g. `10.0.20348.2402`. Its one layer is empty, and not served.
    pub fn of(version: &str) -> Self {
        Self {
            platform: json!({"os": "windows", "architecture": "amd64", "os.version": version}),
            config: json!({
                "os": "windows", "architecture": "amd64", "os.version": version, "config": {},
                "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"")]},
            }),
            layers: json!([descriptor(LAYER, b"")]),
        }
    }

    /// Without a word on its version, in the index or in the config.
    pub fn without_version() -> Self {
        let mut image = Self::of("");
        for facts in [&mut image.platform, &mut image.config] {
            facts.as_object_mut().unwrap().remove("os.version");
        }
        image
    }

    /// A field of the platform in the index.
    pub fn indexed(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.platform[field] = value.into();
        self
    }

    /// A field of the config.
    pub fn stated(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.config[field] = value.into();
        self
    }

    pub fn config_bytes(&self) -> Vec<u8> {
        self.config.to_string().into_bytes()
    }

    pub fn manifest_bytes(&self) -> Vec<u8> {
        let config = descriptor(OCI_CONFIG, &self.config_bytes());
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": self.layers}).to_string().into_bytes()
    }

    /// Its entry in an index.
    pub fn entry(&self) -> Value {
        let mut entry = descriptor(OCI_MANIFEST, &self.manifest_bytes());
        if !self.platform.is_null() {
            entry["platform"] = self.platform.clone();
        }
        entry
    }
}

/// An index of these images, in their order.
pub fn index_bytes(images: &[WindowsImage]) -> Vec<u8> {
    let entries: Vec<Value> = images.iter().map(WindowsImage::entry).collect();
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string().into_bytes()
}

pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes).as_str(), "size": bytes.len()})
}

impl Images {
    /// An index of these images under a tag.
    pub fn windows(mut self, repository: &str, tag: &str, images: &[WindowsImage]) -> Self {
        for image in images {
            self = self.manifest(repository, OCI_MANIFEST, image.manifest_bytes()).blob(repository, image.config_bytes());
        }
        self.tagged(repository, tag, OCI_INDEX, index_bytes(images))
    }

    /// This image without an index under a tag.
    pub fn single(self, repository: &str, tag: &str, image: &WindowsImage) -> Self {
        self.blob(repository, image.config_bytes()).tagged(repository, tag, OCI_MANIFEST, image.manifest_bytes())
    }
}
