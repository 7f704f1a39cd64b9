//! Images in the file system: OCI image layouts, archives of them, and the archives of `docker save`.
//!
//! Everything is read in place and within bounds, nothing is unpacked; content with a digest is verified over its exact bytes.

mod agreement;
mod archive;
mod docker;
mod folder;
mod names;
mod ours;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

pub use archive::Archive;
pub use folder::Folder;
pub(crate) use ours::{Purpose, claim, is_ours};

use crate::handles::Handles;
use crate::image::index::{Entry, Index, LARGEST, REF_NAME};
use crate::image::reference::Format;
use crate::image::spelling::Keys;
use crate::image::{Digest, spelling};
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The file that makes a folder an image layout (image-spec, `image-layout.md`).
const MARKER: &str = "oci-layout";
const INDEX: &str = "index.json";
/// The content of that file, as this program writes it.
const EMPTY_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// The most digests that are shown in an error.
const MOST_LISTED: usize = 5;

/// The longest version of a layout that is shown.
const LONGEST_VERSION: usize = 16;

/// An opened image layout or archive.
#[derive(Debug)]
pub struct Layout {
    /// The name in messages: the path as it was typed.
    shown: String,
    files: Files,
    list: List,
}

#[derive(Debug)]
enum Files {
    Folder(Folder),
    Archive(Archive),
}

/// The list of images.
#[derive(Debug)]
enum List {
    /// `index.json`, and the digest of that file.
    Oci(Index, Digest),
    /// The `manifest.json` of an older `docker save`.
    Docker(Vec<docker::Saved>),
}

/// The image a reference chose in a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The manifest or index behind this entry.
    Entry(Box<Entry>),
    /// These entries together are the choice: `index.json` itself, whose digest this is, is the index of the image.
    Index(Vec<Entry>, Digest),
    /// An image without a manifest: its config, whether it has foreign layers, and the servers of those.
    Config(Vec<u8>, bool, Vec<String>),
}

/// The form of the images at this path, by its content; `None` for a folder or an archive without any. Reading through a compressed
/// archive ends at the deadline.
///
/// # Errors
///
/// What is not an archive, and one that cannot be read.
pub fn format_of(path: &Path, deadline: Option<Instant>) -> Result<Option<Format>, Error> {
    if path.is_dir() {
        return Ok(path.join(MARKER).is_file().then_some(Format::OciLayout));
    }
    let shown = shown(&path.display().to_string());
    let archive = open_archive(path, &shown, deadline)?;
    let has = |name: &str| {
        let read = archive.read(name, LARGEST).map_err(|error| could_not_read(&shown, &error));
        read.map(|bytes| bytes.is_some())
    };
    // A newer `docker save` writes both.
    Ok(if has("manifest.json")? { Some(Format::DockerArchive) } else { has(MARKER)?.then_some(Format::OciArchive) })
}

fn open_archive(path: &Path, shown: &str, deadline: Option<Instant>) -> Result<Archive, Error> {
    Archive::open(path, deadline).map_err(|error| {
        let failed = could_not_read(shown, &error);
        match error.kind() {
            io::ErrorKind::InvalidInput => failed.hint("save it to a file first, and name that file"),
            _ => failed,
        }
    })
}

impl Layout {
    /// Opens a folder or archive. Reading through a compressed archive, or one with very many images, ends with an error at the deadline.
    pub fn open(handles: &'static dyn Handles, format: Format, path: &Path, deadline: Option<Instant>) -> Result<Self, Error> {
        let shown = shown(&path.display().to_string());
        let not_found = |error: io::Error| could_not_read(&shown, &error);
        let is_folder = std::fs::metadata(path).map_err(not_found)?.is_dir();
        let files = match (format, is_folder) {
            (Format::OciLayout, true) => Files::Folder(Folder::open(handles, path)?),
            (Format::OciArchive | Format::DockerArchive, false) => Files::Archive(open_archive(path, &shown, deadline)?),
            (Format::OciLayout, false) => {
                let error = Error::of(ErrorKind::Invalid, format!("{shown} is a file, not the folder of an OCI image layout"));
                return Err(error.or_hint(format!("type oci-archive:{shown} or docker-archive:{shown} for an archive")));
            }
            (Format::OciArchive | Format::DockerArchive, true) => {
                let error = Error::of(ErrorKind::Invalid, format!("{shown} is a folder, not an archive"));
                return Err(error.or_hint(format!("type oci:{shown} for the folder of an OCI image layout")));
            }
        };
        let mut layout = Self { shown, files, list: List::Docker(Vec::new()) };
        layout.list = layout.read_list(format, deadline)?;
        Ok(layout)
    }

    /// The image with this name, or the only one. Names are compared as typed, then as Docker reads them, then by their tags alone.
    pub fn choose(&self, name: Option<&str>) -> Result<Chosen, Error> {
        match &self.list {
            List::Oci(index, digest) => {
                let names = |entry: &Entry| {
                    let annotations = &entry.annotations;
                    [&annotations.image_name, &annotations.ref_name].into_iter().flatten().cloned().collect()
                };
                let mut entries = names::choose(&self.shown, &index.entries, name, names, |entry| entry.digest.as_str())?;
                self.refuse_others_of_one_name(&entries)?;
                Ok(match entries.pop() {
                    Some(entry) if entries.is_empty() => Chosen::Entry(Box::new(entry)),
                    last => Chosen::Index(entries.into_iter().chain(last).collect(), digest.clone()),
                })
            }
            List::Docker(saved) => {
                let found = names::choose(&self.shown, saved, name, docker::Saved::names, |saved| &saved.config)?;
                match found.as_slice() {
                    [image] => Ok(Chosen::Config(self.docker_config(image)?, image.has_foreign_layers(), image.layer_servers())),
                    _ => Err(Error::of(ErrorKind::Invalid, format!("{} holds several images of one name", self.shown))),
                }
            }
        }
    }

    /// Refuses entries that share a name and are not one image for several platforms: of such entries skopeo takes the first one, and a
    /// program that loads one after the other keeps the last one.
    fn refuse_others_of_one_name(&self, entries: &[Entry]) -> Result<(), Error> {
        let images: Vec<&Entry> = entries.iter().filter(|entry| !entry.is_attestation()).collect();
        let name = |entry: &&Entry| entry.annotations.ref_name.clone().or_else(|| entry.annotations.image_name.clone());
        let Some(name) = images.iter().find_map(name).filter(|_| images.len() > 1) else { return Ok(()) };
        let what = format!("{} holds {} different images named {}", self.shown, images.len(), shown(&name));
        let whole_names: BTreeSet<String> = images.iter().filter_map(|entry| entry.annotations.image_name.clone()).collect();
        if whole_names.len() > 1 {
            return Err(names::which(&self.shown, what, &whole_names));
        }
        let mut platforms = BTreeSet::new();
        let mut is_for_another_platform = |entry: &&Entry| match &entry.platform {
            Some(platform) if platform.os.eq_ignore_ascii_case("windows") => {
                platforms.insert((platform.architecture.clone(), platform.os_version.clone()))
            }
            Some(platform) => !platform.os.is_empty(),
            None => false,
        };
        if images.iter().all(&mut is_for_another_platform) {
            return Ok(());
        }
        let digests: Vec<&str> = images.iter().take(MOST_LISTED).map(|entry| entry.digest.as_str()).collect();
        let more = images.len().saturating_sub(MOST_LISTED);
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        Err(Error::of(ErrorKind::Invalid, what)
            .because(format!("they are {}{rest}", digests.join(", ")))
            .hint("programs take different ones of them: write it again with one image of each name"))
    }

    /// The content with this digest, of at most `max` bytes, verified.
    pub fn blob(&self, digest: &Digest, max: u64) -> Result<Vec<u8>, Error> {
        let bytes = match &self.files {
            Files::Folder(folder) => return folder.blob(digest, max),
            Files::Archive(_) => self.file(&format!("blobs/{}/{}", digest.algorithm(), digest.hex()), max)?,
        };
        let bytes = bytes.ok_or_else(|| Error::of(ErrorKind::NotFound, format!("{} does not hold {digest}", self.shown)))?;
        verified(bytes, digest).map_err(|error| error.within(format!("{} could not be read", self.shown)))
    }

    fn file(&self, name: &str, max: u64) -> Result<Option<Vec<u8>>, Error> {
        match &self.files {
            Files::Folder(folder) => folder.file(name, max),
            Files::Archive(archive) => archive.read(name, max).map_err(|error| could_not_read(&self.shown, &error)),
        }
    }

    fn read_list(&self, format: Format, deadline: Option<Instant>) -> Result<List, Error> {
        let invalid = |what: &str| Error::of(ErrorKind::Invalid, format!("{} {what}", self.shown));
        if let Some(marker) = self.file(MARKER, 4096)? {
            check_marker(&self.shown, &marker)?;
            let bytes = self.file(INDEX, LARGEST)?.ok_or_else(|| invalid("has no index.json"))?;
            let index = parse_index(&self.shown, &bytes)?;
            agreement::check(self, &index, &self.also_saved(format)?, deadline)?;
            return Ok(List::Oci(index, Digest::of(&bytes)));
        }
        match self.file("manifest.json", LARGEST)? {
            Some(bytes) if format == Format::DockerArchive => docker::parse(&self.shown, &bytes).map(List::Docker),
            Some(_) if format == Format::OciArchive => {
                Err(invalid("is an archive of docker save").hint(format!("type docker-archive:{}", self.shown)))
            }
            _ if format == Format::DockerArchive => {
                Err(invalid("is not an archive of docker save").because("it holds neither manifest.json nor an image layout"))
            }
            _ => Err(invalid("is not an OCI image layout").because("it has no file oci-layout")),
        }
    }

    /// The images in the `manifest.json` of an archive that is an image layout, too. In one that nobody calls Docker's, a file of this
    /// name may be anything.
    fn also_saved(&self, format: Format) -> Result<Vec<docker::Saved>, Error> {
        if format == Format::OciLayout {
            return Ok(Vec::new());
        }
        match self.file("manifest.json", LARGEST)? {
            None => Ok(Vec::new()),
            Some(bytes) if format == Format::DockerArchive => docker::parse(&self.shown, &bytes),
            Some(bytes) => match docker::parse(&self.shown, &bytes) {
                // A list of images to engines all the same.
                Err(error) if bytes.trim_ascii_start().starts_with(b"[") && spelling::check(&bytes, spelling::SAVED).is_err() => {
                    Err(error)
                }
                parsed => Ok(parsed.unwrap_or_default()),
            },
        }
    }

    /// The config of an image without a manifest. Docker names the file after its digest; other tools do not always.
    fn docker_config(&self, image: &docker::Saved) -> Result<Vec<u8>, Error> {
        let bytes = self.file(&image.config, crate::image::config::LARGEST)?.ok_or_else(|| {
            Error::of(ErrorKind::Invalid, format!("{} does not hold the config {}", self.shown, shown(&image.config)))
        })?;
        match image.config_digest() {
            Some(digest) => verified(bytes, &digest).map_err(|error| error.within(format!("{} could not be read", self.shown))),
            None => Ok(bytes),
        }
    }
}

/// The name of an entry of `index.json`, which is not read by type.
pub(crate) fn ref_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

/// Reads `index.json`.
fn parse_index(shown_path: &str, bytes: &[u8]) -> Result<Index, Error> {
    let index = serde_json::from_slice(bytes).map_err(|error| malformed(shown_path, INDEX, &error))?;
    check_spelling(shown_path, INDEX, bytes, spelling::MANIFEST)?;
    Ok(index)
}

/// Refuses a file that spells one of these keys in another case.
fn check_spelling(shown_path: &str, file: &str, bytes: &[u8], keys: &'static Keys) -> Result<(), Error> {
    spelling::check(bytes, keys)
        .map_err(|why| Error::of(ErrorKind::Invalid, format!("{shown_path} has a malformed {file}")).because(why))
}

/// The error of a file that is not what its name says. Its bytes are not quoted: a stranger may have put any file in its place.
fn malformed(shown_path: &str, file: &str, error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        Category::Data => "it is JSON of another form",
        Category::Eof => "it ends too early for JSON",
        Category::Io | Category::Syntax => "it is not JSON",
    };
    // Of a value within, serde_json does not always know the place.
    let place = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!(" (line {line}, column {column})"),
    };
    Error::of(ErrorKind::Invalid, format!("{shown_path} has a malformed {file}")).because(format!("{what}{place}"))
}

/// Refuses an `oci-layout` file of a version that is not read here.
fn check_marker(shown_path: &str, bytes: &[u8]) -> Result<(), Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Marker {
        image_layout_version: String,
    }
    let marker: Marker = serde_json::from_slice(bytes).map_err(|error| malformed(shown_path, MARKER, &error))?;
    let version = &marker.image_layout_version;
    if version.starts_with("1.") {
        return Ok(());
    }
    let is_number = version.len() <= LONGEST_VERSION && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let version = if is_number { format!("of version {version}") } else { "of an unknown version".to_owned() };
    Err(Error::of(ErrorKind::Unsupported, format!("{shown_path} is an image layout {version}"))
        .because("version 1 is the one this program reads")
        .hint("copy the image again with a program that writes version 1, e.g. skopeo"))
}

/// These bytes, if this is their digest.
fn verified(bytes: Vec<u8>, digest: &Digest) -> Result<Vec<u8>, Error> {
    if digest.is_of(&bytes) {
        return Ok(bytes);
    }
    let actual = Digest::of(&bytes);
    Err(Error::of(ErrorKind::Invalid, format!("{digest} is damaged")).because(format!("what is stored has the digest {actual}")))
}

/// A failure to read or write a file, in the words of the report.
fn could_not_read(what: &str, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::Unauthorized,
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        _ => ErrorKind::Invalid,
    };
    let failed = Error::of(kind, format!("{what} could not be read")).because(shown(&error.to_string()));
    // What is refused by its nature: a link, a pipe, a folder in the place of a file.
    if error.kind() == io::ErrorKind::InvalidInput {
        return failed
            .hint("oci:DIR takes a folder of regular files: no link in it is followed, and `cp -rL` copies it without them");
    }
    failed
}
