//! Image indexes and manifest lists, and the media types that tell them from the manifests of single images.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::image::Digest;
use crate::image::digest::is_of_another_algorithm;
use crate::image::spelling;
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

/// The annotation with the name of an entry in an image layout.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The annotation with the time at which a registry was asked for an entry of the cache.
pub const READ: &str = "wincompat.read";

/// A choice of images: an OCI image index or a Docker manifest list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Index {
    /// The type that it states itself.
    pub media_type: Option<String>,
    /// The entries, in order.
    pub entries: Vec<Entry>,
    /// The entries with a digest of an algorithm that is not read here, e.g. `blake3:…`. They cannot be verified, so they are passed
    /// over, and the others are as good as ever.
    pub passed_over: Vec<Entry<String>>,
}

/// An index as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    media_type: Option<String>,
    manifests: Vec<Entry<String>>,
}

impl TryFrom<Written> for Index {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let mut index = Self { media_type: written.media_type, ..Self::default() };
        for Entry { media_type, digest, size, platform, annotations } in written.manifests {
            match digest.parse() {
                Ok(digest) => index.entries.push(Entry { media_type, digest, size, platform, annotations }),
                Err(_) if is_of_another_algorithm(&digest) => {
                    index.passed_over.push(Entry { media_type, digest, size, platform, annotations });
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(index)
    }
}

/// One entry of an index.
///
/// Not oci-spec's descriptor: the platform of that one looks for `os_version` and `os_features` and so loses `os.version`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<D = Digest> {
    /// The type of what it points to.
    pub media_type: Option<String>,
    /// The digest of what it points to.
    pub digest: D,
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
    /// The variant of the processor, e.g. `v8`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub variant: String,
    /// E.g. `10.0.20348.2402`.
    #[serde(rename = "os.version")]
    pub os_version: Option<String>,
    /// E.g. `win32k`.
    #[serde(rename = "os.features", default, deserialize_with = "nulls_as_default")]
    pub os_features: Vec<String>,
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
    /// The time at which a registry was asked for it, in the cache of this program.
    #[serde(rename = "wincompat.read")]
    pub read: Option<String>,
    /// `attestation-manifest` on what BuildKit attaches to an image.
    #[serde(rename = "vnd.docker.reference.type")]
    pub reference_type: Option<String>,
}

fn null_as_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A list of which nulls are empty texts, as engines read it.
fn nulls_as_default<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list: Vec<Option<String>> = null_as_default(deserializer)?;
    Ok(list.into_iter().map(Option::unwrap_or_default).collect())
}

/// The things that a media type can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An index or manifest list.
    Index,
    /// The manifest of one image.
    Image,
}

impl Kind {
    /// The meaning of this media type, e.g. [`Kind::Image`] for [`DOCKER_MANIFEST`]; `None` for every other type.
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            OCI_INDEX | DOCKER_LIST => Some(Self::Index),
            OCI_MANIFEST | DOCKER_MANIFEST => Some(Self::Image),
            _ => None,
        }
    }
}

impl<D> Entry<D> {
    /// True for an entry that is not an image but says something of one: BuildKit gives such entries the platform `unknown/unknown`
    /// and an annotation.
    pub fn is_attestation(&self) -> bool {
        let unknown = |platform: &Platform| platform.os == "unknown" && platform.architecture == "unknown";
        self.annotations.reference_type.as_deref() == Some("attestation-manifest") || self.platform.as_ref().is_some_and(unknown)
    }
}

/// The fields that tell the type of a manifest: enough to decide before the whole is read.
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

impl Index {
    /// Reads the index in these bytes.
    ///
    /// # Errors
    ///
    /// Bytes that are not an index, or a malformed one; the manifest of a single image is not an index.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        match kind_of(bytes, None)? {
            Kind::Index => serde_json::from_slice(bytes).map_err(malformed),
            Kind::Image => Err(Error::of(ErrorKind::Invalid, "the manifest is of a single image, not an index")
                .hint("the version of a single image is in its config")),
        }
    }
}

/// The error of JSON that does not have the form of an index or a manifest.
pub(crate) fn malformed(error: serde_json::Error) -> Error {
    Error::of(ErrorKind::Invalid, "the manifest is malformed").because(shown(&error.to_string()))
}

/// The kind of an index or manifest, from its first glance: the `Content-Type` it came with, its own `mediaType` and its shape
/// must agree. A body that is an index to one reader and an image to another is an attack (CVE-2021-41190).
pub(crate) fn kind_of(bytes: &[u8], content_type: Option<&str>) -> Result<Kind, Error> {
    if bytes.len() as u64 > LARGEST {
        return Err(Error::of(ErrorKind::Invalid, format!("the manifest has more than {} MiB", LARGEST >> 20)));
    }
    let announced = content_type.and_then(announced_type);
    if announced.as_deref().is_some_and(|kind| kind.contains("html")) {
        return Err(Error::of(ErrorKind::Network, "a web page came instead of a manifest")
            .hint("something between here and the registry may have answered in its place: a proxy, a portal, a firewall"));
    }
    let shape: Shape = serde_json::from_slice(bytes).map_err(malformed)?;
    spelling::check(bytes, spelling::MANIFEST)
        .map_err(|why| Error::of(ErrorKind::Invalid, "the manifest is malformed").because(why))?;
    let stated = shape.media_type.as_deref().filter(|stated| !stated.is_empty());
    refuse_schema_1(&shape, [announced.as_deref(), stated])?;
    if shape.schema_version != Some(2) {
        let what = match shape.schema_version {
            Some(version) => format!("the manifest is of schema {version}; 2 is the one there is"),
            None => "the manifest does not say its schema".to_owned(),
        };
        return Err(Error::of(ErrorKind::Invalid, what));
    }
    kind(&shape, announced.as_deref(), stated)
}

/// The media type of a `Content-Type` header without its parameters; `None` if it says nothing, as `application/json` does.
pub(crate) fn announced_type(header: &str) -> Option<String> {
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
            .hint("pull the image with a Docker of before version 27 and push it again, or build it again"));
    }
    Ok(())
}

/// The kind of the manifest, from everything that tells it.
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
        None => {
            Err(Error::of(ErrorKind::Unsupported, format!("the manifest is of type {}, which is not an image", shown(named))))
        }
    }
}
