//! Manifests as registries and layouts hold them: an index, or the manifest of one image.

use std::collections::BTreeSet;

use oci_spec::image::{Descriptor, ImageManifest};
use url::Url;

use crate::image::Digest;
use crate::image::index::{Index, Kind, OCI_INDEX, OCI_MANIFEST, announced_type, kind_of, malformed};
use crate::layer::Compression;
use crate::text::shown;
use crate::{Error, ErrorKind};

/// More layers than Windows joins, and than any image has.
const MOST_LAYERS: usize = 512;

/// The target of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// A choice of images for several platforms.
    Index(Index),
    /// One image.
    Image(Box<ImageManifest>),
}

impl Manifest {
    /// The media type: as it was sent, or as it says itself, or OCI's.
    pub fn media_type(&self, content_type: Option<&str>) -> String {
        let stated = match self {
            Self::Index(index) => index.media_type.clone(),
            Self::Image(image) => image.media_type().as_ref().map(ToString::to_string),
        };
        let sent = content_type.and_then(announced_type);
        sent.or(stated).filter(|media_type| Kind::of(media_type).is_some()).unwrap_or_else(|| match self {
            Self::Index(_) => OCI_INDEX.to_owned(),
            Self::Image(_) => OCI_MANIFEST.to_owned(),
        })
    }
}

/// `true` if some layer of the image must be fetched from elsewhere, as with Microsoft's base images before June 2023.
pub fn has_foreign_layers(manifest: &ImageManifest) -> bool {
    manifest.layers().iter().any(|layer| {
        let kind = layer.media_type().to_string();
        is_foreign(&kind) || layer.urls().as_ref().is_some_and(|urls| !urls.is_empty())
    })
}

/// The servers that the manifest names for layers kept elsewhere, each once, e.g. `go.microsoft.com`.
pub(crate) fn layer_servers(manifest: &ImageManifest) -> Vec<String> {
    servers_of(manifest.layers().iter().flat_map(|layer| layer.urls().as_deref().unwrap_or_default()))
}

/// The servers of these addresses, each once.
pub(crate) fn servers_of(addresses: impl Iterator<Item = impl AsRef<str>>) -> Vec<String> {
    let servers = addresses.filter_map(|address| Some(shown(Url::parse(address.as_ref()).ok()?.host_str()?)));
    servers.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The digest of a descriptor, which must be a SHA-256 or a SHA-512.
pub fn digest_of(descriptor: &Descriptor) -> Result<Digest, Error> {
    let text = descriptor.digest().as_ref();
    text.parse()
        .map_err(|_| Error::of(ErrorKind::Unsupported, format!("the digest {} is neither a SHA-256 nor a SHA-512", shown(text))))
}

/// The layers of an image whose config names so many, each with the compression of its stored bytes.
///
/// # Errors
///
/// The reason for which the image cannot be pulled, by this program or an engine.
pub(crate) fn layers(manifest: &ImageManifest, in_config: usize) -> Result<Vec<(&Descriptor, Compression)>, String> {
    let layers = manifest.layers();
    if layers.is_empty() || layers.len() > MOST_LAYERS {
        return Err(format!("it has {} layers", layers.len()));
    }
    if layers.len() != in_config {
        return Err(format!("its manifest has {} layers and its config {in_config}", layers.len()));
    }
    let layers = layers.iter().map(|layer| {
        let media_type = layer.media_type().to_string();
        let compression = Compression::of_media_type(&media_type);
        let compression =
            compression.ok_or_else(|| format!("a layer is of the type {}, which is not known", shown(&media_type)))?;
        Ok((layer, compression))
    });
    layers.collect()
}

/// True if layers of this media type stay out of registries.
pub(crate) fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".foreign.") || media_type.contains(".nondistributable.")
}

/// True for the media type of an image config, and not of a Helm chart or another artifact. Docker wrote the general ones.
pub(crate) fn is_image_config(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.docker.container.image.v1+json"
            | "application/vnd.oci.image.config.v1+json"
            | "application/octet-stream"
            | "application/json"
            | ""
    )
}

/// Reads an index or manifest, which came with this `Content-Type`.
///
/// # Errors
///
/// Bytes that are neither, are malformed, or contradict themselves or their `Content-Type`.
pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Manifest, Error> {
    match kind_of(bytes, content_type)? {
        Kind::Index => serde_json::from_slice(bytes).map(Manifest::Index).map_err(malformed),
        Kind::Image => serde_json::from_slice(bytes).map(|image| Manifest::Image(Box::new(image))).map_err(malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::index::{DOCKER_LIST, DOCKER_MANIFEST, Entry, LARGEST};

    const HEX: &str = "03e2a67ea588f6e15e96ac23109629ca081970063c0b97f98a62176ebd419867";

    fn entry() -> String {
        format!(r#"{{"mediaType":"{DOCKER_MANIFEST}","size":574,"digest":"sha256:{HEX}"}}"#)
    }

    fn index(fields: &str) -> String {
        format!(r#"{{"schemaVersion":2{fields},"manifests":[{}]}}"#, entry())
    }

    fn image(fields: &str) -> String {
        format!(r#"{{"schemaVersion":2{fields},"config":{},"layers":[{}]}}"#, entry(), entry())
    }

    #[test]
    fn the_type_comes_from_header_body_or_shape() {
        let named = |media_type: &str| format!(r#","mediaType":"{media_type}""#);
        for (body, header, kind) in [
            (index(""), None, Kind::Index),
            (index(&named("")), None, Kind::Index),
            (index(&named(OCI_INDEX)), None, Kind::Index),
            (index(&named(DOCKER_LIST)), Some(DOCKER_LIST), Kind::Index),
            (index(""), Some("application/vnd.oci.image.index.v1+json; charset=utf-8"), Kind::Index),
            (image(""), None, Kind::Image),
            (image(&named(DOCKER_MANIFEST)), Some("application/json"), Kind::Image),
            (image(&named(OCI_MANIFEST)), Some("application/octet-stream"), Kind::Image),
            (image(""), Some("Application/VND.oci.image.manifest.v1+json"), Kind::Image),
        ] {
            let found = match parse(body.as_bytes(), header).unwrap_or_else(|error| panic!("{body}: {error:?}")) {
                Manifest::Index(_) => Kind::Index,
                Manifest::Image(_) => Kind::Image,
            };
            assert_eq!(found, kind, "{body} as {header:?}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        use ErrorKind::{Invalid, Network, Unsupported};
        let both = format!(r#"{{"schemaVersion":2,"manifests":[],"config":{},"layers":[]}}"#, entry());
        let schema_1 = r#"{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[],"signatures":[]}"#;
        for (body, header, kind, said) in [
            (both.as_str(), None, Invalid, "contradicts itself"),
            (&index(r#","config":{}"#), None, Invalid, "contradicts itself"),
            (&index(""), Some(OCI_MANIFEST), Invalid, "contradicts itself"),
            (&image(""), Some(DOCKER_LIST), Invalid, "contradicts itself"),
            (&index(r#","mediaType":"application/vnd.oci.image.manifest.v1+json""#), None, Invalid, "contradicts itself"),
            (&index(&format!(r#","mediaType":"{OCI_INDEX}""#)), Some(DOCKER_LIST), Invalid, "contradicts itself"),
            (schema_1, None, Unsupported, "schema 1"),
            (schema_1, Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), Unsupported, "schema 1"),
            (&image(""), Some("application/vnd.docker.distribution.manifest.v1+json"), Unsupported, "schema 1"),
            (r#"{"schemaVersion":2,"layers":[],"fsLayers":[]}"#, None, Unsupported, "schema 1"),
            (r#"{"schemaVersion":3,"manifests":[]}"#, None, Invalid, "schema 3"),
            (r#"{"manifests":[]}"#, None, Invalid, "does not say its schema"),
            (r#"{"schemaVersion":2}"#, None, Invalid, "neither"),
            (r#"{"schemaVersion":2,"layers":[]}"#, None, Invalid, "malformed"),
            (r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#, None, Invalid, "malformed"),
            (r#"{"schemaVersion":2,"manifests":[{"digest":"sha256:../../x","size":1}]}"#, None, Invalid, "malformed"),
            (r#"{"schemaVersion":2,"manifests":[{"digest":"","size":-1}]}"#, None, Invalid, "malformed"),
            (&image(""), Some("application/vnd.cncf.helm.chart.v1+json"), Unsupported, "which is not an image"),
            ("<html>", Some("text/html; charset=utf-8"), Network, "web page"),
            ("<html>", None, Invalid, "malformed"),
            ("", None, Invalid, "malformed"),
            ("[]", None, Invalid, "malformed"),
        ] {
            let error = parse(body.as_bytes(), header).expect_err(body);
            assert_eq!(error.kind, kind, "{body}");
            assert!(error.what.contains(said), "{body}: {error:?}");
        }
    }

    #[test]
    fn an_entry_keeps_its_os_version() {
        let platform =
            r#""platform":{"architecture":"amd64","os":"windows","os.version":"10.0.17763.3770","os.features":["win32k"]}"#;
        let body = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"digest":"sha256:{HEX}","size":574,"annotations":null,{platform}}}]}}"#
        );
        let Ok(Manifest::Index(index)) = parse(body.as_bytes(), None) else { panic!() };
        let found = index.entries[0].platform.as_ref().unwrap();
        assert_eq!((found.os.as_str(), found.architecture.as_str()), ("windows", "amd64"));
        assert_eq!(found.os_version.as_deref(), Some("10.0.17763.3770"));
    }

    #[test]
    fn attestations_are_known_by_annotation_or_platform() {
        for (fields, expected) in [
            (r#""annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#, true),
            (r#""platform":{"os":"unknown","architecture":"unknown"}"#, true),
            (r#""platform":{"os":"windows","architecture":"unknown"}"#, false),
            (r#""platform":{"os":null}"#, false),
        ] {
            let body = format!(r#"{{"digest":"sha256:{HEX}","size":1,{fields}}}"#);
            let entry: Entry = serde_json::from_str(&body).unwrap();
            assert_eq!(entry.is_attestation(), expected, "{fields}");
        }
    }

    #[test]
    fn foreign_layers_are_known_by_type_or_urls() {
        let plain = "application/vnd.docker.image.rootfs.diff.tar.gzip";
        for (media_type, urls, expected) in [
            (plain, "", false),
            (plain, r#","urls":[]"#, false),
            (plain, r#","urls":["https://mcr.microsoft.com/x"]"#, true),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "", true),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "", true),
        ] {
            let layer = format!(r#"{{"mediaType":"{media_type}","size":1,"digest":"sha256:{HEX}"{urls}}}"#);
            let body = format!(r#"{{"schemaVersion":2,"config":{},"layers":[{layer}]}}"#, entry());
            let Ok(Manifest::Image(image)) = parse(body.as_bytes(), None) else { panic!("{body}") };
            assert_eq!(has_foreign_layers(&image), expected, "{layer}");
        }
    }

    #[test]
    fn deep_and_large_bodies_end() {
        let deep = |open: &str| format!(r#"{{"schemaVersion":2,"manifests":{}"#, open.repeat(1_000_000));
        for body in [deep("["), deep(r#"{"a":"#), deep(r#"[{"annotations":"#)] {
            assert_eq!(parse(body.as_bytes(), None).unwrap_err().kind, ErrorKind::Invalid);
        }
        let deep_entry =
            format!(r#"{{"schemaVersion":2,"manifests":[{{"x":{}1{}}}]}}"#, "[".repeat(500_000), "]".repeat(500_000));
        assert!(parse(deep_entry.as_bytes(), None).is_err(), "an entry without digest");
        assert!(parse(&vec![b' '; LARGEST as usize + 1], None).unwrap_err().what.contains("4 MiB"));
    }
}
