//! Images made of an input: configs, manifests and indexes that name each other, honestly or not.

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use serde_json::{Value, json};
use wincompat::image::Digest;

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

const VERSIONS: [&str; 8] = [
    "10.0.20348.4294",
    "10.0.17763.7314",
    "10.0.26100.4061",
    "10.0.20348.2031",
    "10.0.14393.7969",
    "10.0.18362.1256",
    "10.0.20348",
    "",
];

pub fn digest_of(bytes: &[u8]) -> String {
    Digest::of(bytes).as_str().to_owned()
}

/// All documents of a repository.
pub struct World {
    documents: Vec<Vec<u8>>,
    /// The media types of the documents.
    types: Vec<&'static str>,
}

impl World {
    /// The documents that an input describes; the last one is what the tag names.
    pub fn of(input: &mut Unstructured<'_>) -> Result<Self> {
        let mut world = Self { documents: Vec::new(), types: Vec::new() };
        let mut entries = Vec::new();
        for _ in 0..input.int_in_range(1..=8)? {
            let indexed = input.choose(&VERSIONS)?;
            let stated = if input.ratio(1, 3)? { input.choose(&VERSIONS)? } else { indexed };
            let config = world.config(input, stated)?;
            let config = described(input, CONFIG, &config)?;
            let layer = json!({"mediaType": LAYER, "digest": digest_of(b"layer"), "size": 5});
            let mut manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
            spoil(input, &mut manifest)?;
            let manifest = world.add(manifest.to_string().into_bytes(), MANIFEST);
            let mut entry = described(input, MANIFEST, &manifest)?;
            let os = *input.choose(&["windows", "windows", "windows", "linux"])?;
            entry["platform"] = json!({"os": os, "architecture": input.choose(&["amd64", "amd64", "amd64", "arm64"])?});
            if !indexed.is_empty() {
                entry["platform"]["os.version"] = json!(indexed);
            }
            entries.push(entry);
        }
        if input.ratio(3, 4)? {
            let mut index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
            spoil(input, &mut index)?;
            let index = world.add(index.to_string().into_bytes(), INDEX);
            if input.ratio(1, 8)? {
                let outer = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described(input, INDEX, &index)?]});
                world.add(outer.to_string().into_bytes(), INDEX);
            }
        }
        Ok(world)
    }

    /// A config, of which an input may have its own text.
    fn config(&mut self, input: &mut Unstructured<'_>, version: &str) -> Result<Vec<u8>> {
        let mut config =
            json!({"os": "windows", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [digest_of(b"")]}});
        if !version.is_empty() {
            config["os.version"] = json!(version);
        }
        let bytes = match input.int_in_range(0..=7)? {
            0 => input.arbitrary::<&[u8]>()?.to_vec(),
            _ => {
                spoil(input, &mut config)?;
                config.to_string().into_bytes()
            }
        };
        Ok(self.add(bytes, CONFIG))
    }

    fn add(&mut self, bytes: Vec<u8>, media_type: &'static str) -> Vec<u8> {
        self.documents.push(bytes.clone());
        self.types.push(media_type);
        bytes
    }

    /// What the tag names.
    pub fn top(&self) -> &[u8] {
        self.documents.last().map(Vec::as_slice).unwrap_or_default()
    }

    /// The document with this digest.
    pub fn document(&self, digest: &str) -> Option<&[u8]> {
        self.documents.iter().find(|document| digest_of(document) == digest).map(Vec::as_slice)
    }

    /// The names by which documents can be asked for: the tag, and their digests.
    pub fn names(&self) -> Vec<String> {
        let digests = self.documents.iter().map(|document| digest_of(document));
        std::iter::once("1".to_owned()).chain(digests).collect()
    }

    /// The document behind the end of a path, and its media type.
    pub fn behind(&self, name: &str) -> Option<(&[u8], &'static str)> {
        let is_it = |document: &Vec<u8>| digest_of(document) == name;
        let number = if name == "1" { self.documents.len().checked_sub(1) } else { self.documents.iter().position(is_it) };
        number.map(|number| (self.documents[number].as_slice(), self.types[number]))
    }

    /// Any document.
    pub fn any(&self, input: &mut Unstructured<'_>) -> Result<&[u8]> {
        input.choose(&self.documents).map(Vec::as_slice)
    }
}

/// A descriptor, which may lie.
fn described(input: &mut Unstructured<'_>, media_type: &str, content: &[u8]) -> Result<Value> {
    let mut size = content.len() as u64;
    let mut digest = digest_of(content);
    match input.int_in_range(0..=31)? {
        0 => size = input.arbitrary()?,
        1 => digest = digest_of(b"other"),
        2 => digest = digest.replace("sha256", "sha512"),
        3 => digest = String::from_utf8_lossy(input.arbitrary()?).into_owned(),
        _ => {}
    }
    Ok(json!({"mediaType": media_type, "digest": digest, "size": size}))
}

/// Changes one field of a document now and then.
fn spoil(input: &mut Unstructured<'_>, document: &mut Value) -> Result<()> {
    if input.ratio(15, 16)? {
        return Ok(());
    }
    let Some(object) = document.as_object_mut() else { return Ok(()) };
    let keys: Vec<String> = object.keys().cloned().collect();
    let key = input.choose(&keys)?.clone();
    let value = match input.int_in_range(0..=4)? {
        0 => Value::Null,
        1 => json!(input.arbitrary::<i64>()?),
        2 => json!(input.arbitrary::<&str>()?),
        3 => json!([]),
        _ => json!({}),
    };
    object.insert(key, value);
    Ok(())
}
