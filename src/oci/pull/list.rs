//! The store's list of images: how an image is put into it, and found in it again.
//!
//! An image in OCI's types is listed by its manifest. One in Docker's types is listed by an index that holds its manifest and
//! nothing else: `skopeo` finds a name in `index.json` only where the type beside it is OCI's (containers/image,
//! `oci/layout/oci_transport.go`), and within an index it takes any.

use std::time::Duration;

use serde_json::{Value, json};

use crate::image::index::{self, Entry, OCI_INDEX, OCI_MANIFEST, REF_NAME};
use crate::image::{Digest, Name, config};
use crate::oci::RawImage;
use crate::oci::layout::{Folder, ref_name};
use crate::oci::manifest::{self, Manifest};
use crate::oci::pull::{Pulled, read};
use crate::{Error, ErrorKind};

/// Puts an image into the list; an older one of this name loses it. Waits at most this long for others that change the list.
pub(crate) fn record(store: &Folder, name: &Name, digest: &Digest, image: &RawImage, wait: Duration) -> Result<(), Error> {
    let full_name = name.to_string();
    let mut entry = json!({ "mediaType": image.media_type, "digest": digest, "size": image.manifest.len() });
    let mut blobs: Vec<&[u8]> = vec![&image.config, &image.manifest];
    let index;
    if image.media_type != OCI_MANIFEST {
        entry["platform"] = platform(&image.config)?;
        index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry] }).to_string();
        entry = json!({ "mediaType": OCI_INDEX, "digest": Digest::of(index.as_bytes()), "size": index.len() });
        blobs.push(index.as_bytes());
    }
    entry["annotations"] = json!({ REF_NAME: full_name });
    store.commit(wait, &blobs, |list| {
        list.retain(|entry| ref_name(entry) != Some(&full_name));
        list.push(entry);
    })
}

/// The image of this name as the store has it, `None` if it was not pulled.
pub fn stored(store: &Folder, name: &Name) -> Result<Option<Pulled>, Error> {
    match find(store, name)? {
        Some((digest, bytes)) => with_config(store, &digest, &bytes).map(Some),
        None => Ok(None),
    }
}

/// The manifest of the image of this name, and its digest.
fn find(store: &Folder, name: &Name) -> Result<Option<(Digest, Vec<u8>)>, Error> {
    let full_name = name.to_string();
    for entry in &store.index()?.entries {
        // An image that was asked for by the digest of an index is listed by that of a manifest, and by its name.
        let named = entry.annotations.ref_name.as_deref() == Some(&full_name);
        if !named && name.digest.is_none() {
            continue;
        }
        match manifest_of(store, entry) {
            Ok(Some((digest, bytes))) if named || name.digest.as_ref() == Some(&digest) => return Ok(Some((digest, bytes))),
            Err(error) if named => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}

/// The manifest that an entry of the list stands for, and its digest: what the entry names, or what stands alone in the index it
/// names. `None` for an index of several.
pub fn manifest_of(store: &Folder, entry: &Entry) -> Result<Option<(Digest, Vec<u8>)>, Error> {
    let bytes = store.blob(&entry.digest, index::LARGEST)?;
    let index = match manifest::parse(&bytes, None)? {
        Manifest::Image(_) => return Ok(Some((entry.digest.clone(), bytes))),
        Manifest::Index(index) => index,
    };
    let [only] = index.entries.as_slice() else { return Ok(None) };
    let bytes = store.blob(&only.digest, index::LARGEST)?;
    let is_image = matches!(manifest::parse(&bytes, None)?, Manifest::Image(_));
    Ok(is_image.then(|| (only.digest.clone(), bytes)))
}

/// The image that an entry of the list stands for; `None` for an index of several.
pub(crate) fn listed(store: &Folder, entry: &Entry) -> Result<Option<Pulled>, Error> {
    match manifest_of(store, entry)? {
        Some((digest, bytes)) => with_config(store, &digest, &bytes).map(Some),
        None => Ok(None),
    }
}

fn with_config(store: &Folder, digest: &Digest, bytes: &[u8]) -> Result<Pulled, Error> {
    let Manifest::Image(image) = manifest::parse(bytes, None)? else {
        return Err(Error::of(ErrorKind::Invalid, format!("{digest} is not the manifest of an image")));
    };
    let config = store.blob(&manifest::digest_of(image.config())?, config::LARGEST)?;
    read(bytes, &config, digest)
}

/// The platform of an image from its config, in the form of an index.
fn platform(config: &[u8]) -> Result<Value, Error> {
    let config: Value = serde_json::from_slice(config)
        .map_err(|error| Error::of(ErrorKind::Invalid, "the config of the image is malformed").because(error.to_string()))?;
    let facts = ["architecture", "os", "os.version", "os.features", "variant"];
    Ok(facts.into_iter().filter_map(|fact| Some((fact.to_owned(), config.get(fact)?.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handles::of_tests as handles;
    use crate::image::reference::{Location, Reference};

    const WAIT: Duration = Duration::from_secs(30);
    const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

    fn name(text: &str) -> Name {
        let reference: Reference = text.parse().unwrap();
        let Location::Registry(name) = reference.location() else { panic!("{text} is not a name") };
        name.clone()
    }

    /// An image of this type; the version makes it another one.
    fn image(media_type: &str, version: &str) -> (Digest, RawImage) {
        let layer = Digest::of(b"");
        let config = json!({
            "os": "windows", "architecture": "amd64", "os.version": version, "os.features": ["win32k"], "config": {},
            "rootfs": { "type": "layers", "diff_ids": [layer] },
        })
        .to_string();
        let described =
            |media_type: &str, bytes: &[u8]| json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() });
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type,
            "config": described("application/vnd.docker.container.image.v1+json", config.as_bytes()),
            "layers": [described("application/vnd.docker.image.rootfs.diff.tar.gzip", b"")],
        })
        .to_string();
        let digest = Digest::of(manifest.as_bytes());
        (digest, RawImage { manifest: manifest.into_bytes(), media_type: media_type.to_owned(), config: config.into_bytes() })
    }

    #[test]
    fn images_of_both_families_are_found_by_name_and_by_digest() {
        let root = tempfile::tempdir().unwrap();
        let store = Folder::create(handles(), root.path()).unwrap();
        let images = [
            ("r.test/app:oci", image(OCI_MANIFEST, "10.0.20348.1")),
            ("r.test/app:docker", image(DOCKER_MANIFEST, "10.0.20348.1")),
            ("r.test/app:other", image(DOCKER_MANIFEST, "10.0.20348.2")),
        ];
        for (text, (digest, raw)) in &images {
            assert!(stored(&store, &name(text)).unwrap().is_none());
            record(&store, &name(text), digest, raw, WAIT).unwrap();
        }
        for (text, (digest, _)) in &images {
            let by_digest = format!("r.test/app@{digest}");
            for asked in [*text, by_digest.as_str()] {
                let (found, _) = find(&store, &name(asked)).unwrap().expect(asked);
                assert_eq!(found, *digest, "{asked}");
                assert!(stored(&store, &name(asked)).unwrap().is_some(), "{asked}");
            }
        }
        assert!(stored(&store, &name(&format!("r.test/app@{}", Digest::of(b"none")))).unwrap().is_none());
        // The name moves on.
        let text = images[0].0;
        let (digest, raw) = &images[2].1;
        record(&store, &name(text), digest, raw, WAIT).unwrap();
        assert_eq!(find(&store, &name(text)).unwrap().unwrap().0, *digest);
        assert_eq!(store.index().unwrap().entries.len(), 3);
    }

    #[test]
    fn an_index_says_for_which_version_of_windows_its_image_is() {
        let root = tempfile::tempdir().unwrap();
        let store = Folder::create(handles(), root.path()).unwrap();
        let (digest, raw) = image(DOCKER_MANIFEST, "10.0.20348.1");
        record(&store, &name("r.test/app:1"), &digest, &raw, WAIT).unwrap();
        let [entry] = store.index().unwrap().entries.try_into().unwrap();
        assert_eq!(entry.media_type.as_deref(), Some(OCI_INDEX));
        let index: Value = serde_json::from_slice(&store.blob(&entry.digest, 4096).unwrap()).unwrap();
        assert_eq!(
            index["manifests"],
            json!([{
                "mediaType": DOCKER_MANIFEST, "digest": digest, "size": raw.manifest.len(),
                "platform": { "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1", "os.features": ["win32k"] },
            }])
        );
    }
}
