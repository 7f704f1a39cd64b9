//! Image indexes and manifests, OCI's and Docker's.

use oci_spec::image::{Descriptor, ImageManifest};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::image::Digest;
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The most bytes a manifest or index may have; registries must take this much, real ones have a few KiB.
pub const LARGEST: u64 = 4 << 20;

/// OCI's image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// OCI's image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Docker's manifest list, in which MCR serves the Windows base images.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// What a reference can point to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// A choice of images for several platforms.
    Index(Index),
    /// One image.
    Image(Box<ImageManifest>),
}

impl Manifest {
    /// Its media type: as it was sent, or as it says itself, or OCI's.
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

/// A choice of images: an OCI image index or a Docker manifest list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Its own type, where it says it.
    pub media_type: Option<String>,
    /// Its entries, in order.
    #[serde(rename = "manifests")]
    pub entries: Vec<Entry>,
}

/// One entry of an index.
///
/// Not oci-spec's descriptor: the platform of that one looks for `os_version` and `os_features` and so loses `os.version`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The type of what it points to.
    pub media_type: Option<String>,
    /// The digest of what it points to.
    pub digest: Digest,
    /// The bytes of what it points to.
    pub size: u64,
    /// For which platform it is.
    pub platform: Option<Platform>,
    /// The annotations that are read here.
    #[serde(default, deserialize_with = "null_as_default")]
    pub annotations: Annotations,
}

/// The platform of an index entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// E.g. `windows`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub os: String,
    /// E.g. `amd64`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub architecture: String,
    /// E.g. `10.0.20348.2402`.
    #[serde(rename = "os.version")]
    pub os_version: Option<String>,
}

/// The annotations of an index entry that mean something here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Annotations {
    /// The name of the entry in an image layout, e.g. `ltsc2022`.
    #[serde(rename = "org.opencontainers.image.ref.name")]
    pub ref_name: Option<String>,
    /// The whole name, as containerd and `docker save` write it, e.g. `docker.io/library/app:1.2`.
    #[serde(rename = "io.containerd.image.name")]
    pub image_name: Option<String>,
    /// `attestation-manifest` on what BuildKit attaches to an image.
    #[serde(rename = "vnd.docker.reference.type")]
    pub reference_type: Option<String>,
}

fn null_as_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What a media type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An index or manifest list.
    Index,
    /// The manifest of one image.
    Image,
}

impl Kind {
    /// What this media type stands for, e.g. [`Kind::Image`] for [`DOCKER_MANIFEST`]; `None` for every other type.
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            OCI_INDEX | DOCKER_LIST => Some(Self::Index),
            OCI_MANIFEST | DOCKER_MANIFEST => Some(Self::Image),
            _ => None,
        }
    }
}

impl Entry {
    /// Whether this is not an image but says something of one: BuildKit gives such entries the platform `unknown/unknown`
    /// and an annotation.
    pub fn is_attestation(&self) -> bool {
        let unknown = |platform: &Platform| platform.os == "unknown" && platform.architecture == "unknown";
        self.annotations.reference_type.as_deref() == Some("attestation-manifest") || self.platform.as_ref().is_some_and(unknown)
    }
}

/// Whether some layer of the image must be fetched from elsewhere, as with Microsoft's base images before June 2023.
pub fn has_foreign_layers(manifest: &ImageManifest) -> bool {
    manifest.layers().iter().any(|layer| {
        let kind = layer.media_type().to_string();
        is_foreign(&kind) || layer.urls().as_ref().is_some_and(|urls| !urls.is_empty())
    })
}

/// Whether layers of this media type stay out of registries.
pub(crate) fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".foreign.") || media_type.contains(".nondistributable.")
}

/// Whether this is the media type of an image config, and not of a Helm chart or another artifact. Docker wrote the general ones.
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

/// The digest of a descriptor, which must be a SHA-256.
pub fn digest_of(descriptor: &Descriptor) -> Result<Digest, Error> {
    let text = descriptor.digest().as_ref();
    text.parse().map_err(|_| Error::of(ErrorKind::Unsupported, format!("the digest {} is not a SHA-256", shown(text))))
}

/// What tells the type of a manifest: enough to decide before the whole is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    schema_version: Option<u32>,
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    config: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
}

/// Reads an index or manifest. Its type is told by the `Content-Type` it came with, by its own `mediaType` and by its shape, and
/// these must agree: a body that is an index to one reader and an image to another is an attack (CVE-2021-41190).
pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Manifest, Error> {
    let malformed =
        |error: serde_json::Error| Error::of(ErrorKind::Invalid, "the manifest is malformed").because(shown(&error.to_string()));
    if bytes.len() as u64 > LARGEST {
        return Err(Error::of(ErrorKind::Invalid, format!("the manifest has more than {} MiB", LARGEST >> 20)));
    }
    let announced = content_type.and_then(announced_type);
    if announced.as_deref().is_some_and(|kind| kind.contains("html")) {
        return Err(Error::of(ErrorKind::Network, "a web page came instead of a manifest")
            .hint("something between here and the registry may have answered in its place: a proxy, a portal, a firewall"));
    }
    let shape: Shape = serde_json::from_slice(bytes).map_err(malformed)?;
    let stated = shape.media_type.as_deref().filter(|stated| !stated.is_empty());
    refuse_schema_1(&shape, [announced.as_deref(), stated])?;
    if shape.schema_version != Some(2) {
        let what = match shape.schema_version {
            Some(version) => format!("the manifest is of schema {version}; 2 is the one there is"),
            None => "the manifest does not say its schema".to_owned(),
        };
        return Err(Error::of(ErrorKind::Invalid, what));
    }
    match kind(&shape, announced.as_deref(), stated)? {
        Kind::Index => serde_json::from_slice(bytes).map(Manifest::Index).map_err(malformed),
        Kind::Image => serde_json::from_slice(bytes).map(|image| Manifest::Image(Box::new(image))).map_err(malformed),
    }
}

/// The media type of a `Content-Type` header without its parameters; `None` if it says nothing, as `application/json` does.
fn announced_type(header: &str) -> Option<String> {
    let media_type = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let says_nothing = matches!(
        media_type.as_str(),
        "" | "application/json" | "application/octet-stream" | "binary/octet-stream" | "text/plain"
    );
    (!says_nothing).then_some(media_type)
}

fn refuse_schema_1(shape: &Shape, types: [Option<&str>; 2]) -> Result<(), Error> {
    let named = types.into_iter().flatten().any(|name| name.starts_with("application/vnd.docker.distribution.manifest.v1+"));
    if named || shape.schema_version == Some(1) || shape.fs_layers.is_some() {
        return Err(Error::of(ErrorKind::Unsupported, "the manifest is of schema 1")
            .because("this format of before 2016 does not say the platform, and Docker no longer reads it")
            .hint("pull the image with a Docker of before version 27 and push it again, or build it anew"));
    }
    Ok(())
}

/// What the manifest is, from everything that tells it.
fn kind(shape: &Shape, announced: Option<&str>, stated: Option<&str>) -> Result<Kind, Error> {
    let contradiction = |why: String| Err(Error::of(ErrorKind::Invalid, "the manifest contradicts itself").because(why));
    if let (Some(announced), Some(stated)) = (announced, stated)
        && announced != stated
    {
        return contradiction(format!("it was sent as {}, and says it is {}", shown(announced), shown(stated)));
    }
    let looks = match (&shape.manifests, &shape.layers) {
        (Some(_), Some(_)) => return contradiction("it has both manifests and layers".to_owned()),
        (Some(_), None) if shape.config.is_some() => return contradiction("it has both manifests and a config".to_owned()),
        (Some(_), None) => Kind::Index,
        (None, Some(_)) => Kind::Image,
        (None, None) => return Err(Error::of(ErrorKind::Invalid, "the manifest has neither manifests nor layers")),
    };
    let Some(named) = announced.or(stated) else {
        return Ok(looks);
    };
    match Kind::of(named) {
        Some(kind) if kind == looks => Ok(kind),
        Some(_) => contradiction(format!(
            "it is named {}, and has {}",
            shown(named),
            match looks {
                Kind::Index => "manifests",
                Kind::Image => "layers",
            }
        )),
        None => Err(Error::of(ErrorKind::Unsupported, format!("the manifest is of type {}, which is no image", shown(named)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (&image(""), Some("application/vnd.cncf.helm.chart.v1+json"), Unsupported, "which is no image"),
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
    fn foreign_layers_are_told_by_type_or_urls() {
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
