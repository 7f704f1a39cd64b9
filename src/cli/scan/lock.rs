//! Locks: what references stood for when they were checked, so that exactly that can be checked again without a registry.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::added::put;
use super::answer::{Judged, Placed, ReadImages, name_of};
use crate::cli::placed::{self, is_stream};
use crate::compat::{Code, Policy};
use crate::files::read_regular;
use crate::image::reference::Location;
use crate::image::{Candidate, Config, ConfigFacts, Digest, EntryFacts, Image, Reference, Source, TagRead, Version};
use crate::text::quoted;
use crate::{Error, ErrorKind, OsVersion};

/// The name of the form of a lock.
const SCHEMA: &str = "wincompat/lock/v1";

/// The most bytes of a lock.
const LARGEST: u64 = 64 << 20;

/// What references stood for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    schema: String,
    images: BTreeMap<String, Locked>,
}

/// An image of a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Locked {
    /// The digest that the reference stood for.
    digest: Digest,
    /// The day since when that is known.
    date: Date,
    /// The Windows entries, in index order.
    candidates: Vec<LockedCandidate>,
    /// The platforms of the other entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    other_platforms: Vec<String>,
}

/// A Windows entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LockedCandidate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    architecture: String,
    /// As the index says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    os_version: Option<String>,
    /// What else the index says of it, where that is out of the ordinary.
    #[serde(default, skip_serializing_if = "EntryFacts::is_usual")]
    entry: EntryFacts,
    /// What the config says, where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    config: Option<LockedConfig>,
}

/// What engines believe of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LockedConfig {
    os: String,
    architecture: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    os_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<OsVersion>,
}

impl Lock {
    /// Reads a lock.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is something else.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |kind: ErrorKind, why: String| {
            Error::of(kind, format!("the lock {} could not be read", quoted(&path.to_string_lossy())))
                .because(why)
                .hint("make one with --write-lock FILE")
        };
        let bytes = read_regular(path, LARGEST).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => failed(ErrorKind::NotFound, error.to_string()),
            std::io::ErrorKind::FileTooLarge => failed(ErrorKind::Invalid, format!("it has more than {} MiB", LARGEST >> 20)),
            _ => failed(ErrorKind::Invalid, error.to_string()),
        })?;
        let lock: Self = serde_json::from_slice(&bytes).map_err(|error| failed(ErrorKind::Invalid, error.to_string()))?;
        if lock.schema != SCHEMA {
            return Err(failed(ErrorKind::Unsupported, format!("it is not of the form {SCHEMA}")));
        }
        Ok(lock)
    }

    /// The day of its oldest entry.
    pub fn oldest(&self) -> Option<Date> {
        self.images.values().map(|locked| locked.date).min()
    }

    /// True for a reference that stood for an image with an entry for Windows.
    pub fn is_for_windows(&self, text: &str) -> bool {
        self.images.get(text).is_some_and(|locked| !locked.candidates.is_empty())
    }

    /// The image that a reference stood for.
    ///
    /// # Errors
    ///
    /// One that is not in it.
    pub fn image(&self, text: &str, reference: &Reference) -> Result<Image, Error> {
        let locked = self.images.get(text).ok_or_else(|| {
            Error::of(ErrorKind::NotLocked, format!("{} is not in the lock", quoted(text)))
                .hint("write the lock again with --write-lock FILE, where the registry can be asked")
        })?;
        let (repository, is_tag) = match reference.location() {
            Location::Registry(name) => (Some(name.repository_with_registry()), name.digest.is_none()),
            Location::Local { .. } => (None, false),
        };
        let read = TimeZone::UTC.to_timestamp(locked.date.at(0, 0, 0, 0)).ok().filter(|_| is_tag);
        Ok(Image {
            reference: text.to_owned(),
            repository,
            digest: Some(locked.digest.clone()),
            source: Source::Lock,
            candidates: locked.candidates.iter().map(LockedCandidate::candidate).collect(),
            other_platforms: locked.other_platforms.clone(),
            passed_over: Vec::new(),
            stated_digest: None,
            tag_read: read.map_or(TagRead::NoTag, TagRead::At),
        })
    }

    /// Writes what these references stand for today, and returns the numbers of entries and of references that could not be read. An
    /// entry that is as it was keeps its day, and that of a reference which could not be read now stays.
    ///
    /// # Errors
    ///
    /// Another file in its place, a folder that cannot be written to.
    pub fn write(path: &Path, images: &ReadImages<'_>, today: Date) -> Result<(usize, usize), Error> {
        let none = || Self { schema: SCHEMA.to_owned(), images: BTreeMap::new() };
        let known = match Self::read(path) {
            Ok(lock) => lock,
            Err(error) if error.kind == ErrorKind::NotFound || is_stream(path) => none(),
            Err(error) => {
                return Err(error
                    .within(format!("{} was not written", quoted(&path.to_string_lossy())))
                    .hint("name another file, or remove this one first"));
            }
        };
        let mut lock = none();
        let mut unread = 0;
        for (text, image) in images {
            let old = known.images.get(*text);
            let new = image.as_ref().ok().and_then(|image| Locked::of(image, today));
            unread += usize::from(new.is_none());
            let kept = match (&new, old) {
                (Some(new), Some(old)) => *old == Locked { date: old.date, ..new.clone() },
                (new, _) => new.is_none(),
            };
            if let Some(entry) = if kept { old.cloned() } else { new } {
                lock.images.insert((*text).to_owned(), entry);
            }
        }
        let failed = |error: &dyn ToString| {
            Error::new(format!("the lock {} could not be written", quoted(&path.to_string_lossy())))
                .because(error.to_string())
                .hint("name a file in a folder that this user may write to")
        };
        let mut text = serde_json::to_string_pretty(&lock).map_err(|error| failed(&error))?;
        text.push('\n');
        placed::written(path, |out| out.write_all(text.as_bytes())).map_err(|error| failed(&error))?;
        Ok((lock.images.len(), unread))
    }

    /// Puts a finding to the results of each tag that stands for another image now, and returns the references that are not in it.
    pub fn compare(&self, placed: &[Placed<'_>], images: &ReadImages<'_>, judged: &mut Judged, policy: &Policy) -> Vec<String> {
        for (number, range) in &judged.at {
            let Some(text) = placed.get(*number).map(|one| name_of(one.found)) else { continue };
            let (Some(locked), Some(Ok(image))) = (self.images.get(text), images.get(text)) else { continue };
            let Some(digest) = image.digest.as_ref().filter(|digest| **digest != locked.digest) else { continue };
            let message = format!(
                "this tag stood for {} when it was locked on {}, and stands for {digest} now",
                locked.digest, locked.date
            );
            let help = "look at the new image, then write the lock again with --write-lock; or name the image by its digest";
            for entry in judged.results.get_mut(range.clone()).unwrap_or_default() {
                put(entry, policy, Code::TagMoved, (&message, help));
            }
        }
        images.keys().filter(|text| !self.images.contains_key(**text)).map(|text| (*text).to_owned()).collect()
    }
}

impl Locked {
    /// An image as it is on this day; `None` for one without a digest, or of which something could not be read.
    fn of(image: &Image, date: Date) -> Option<Self> {
        let candidates = image.candidates.iter().map(LockedCandidate::of).collect::<Option<_>>()?;
        Some(Self { digest: image.digest.clone()?, date, candidates, other_platforms: image.other_platforms.clone() })
    }
}

impl LockedCandidate {
    fn of(candidate: &Candidate) -> Option<Self> {
        let config = match &candidate.config {
            Config::NotRead => None,
            Config::Unreadable(_) => return None,
            Config::Read(facts) => Some(LockedConfig {
                os: facts.os.clone(),
                architecture: facts.architecture.clone(),
                os_version: written(&facts.version),
                history: facts.history,
            }),
        };
        let os_version = written(&candidate.indexed);
        Some(Self {
            digest: candidate.digest.clone(),
            architecture: candidate.architecture.clone(),
            os_version,
            entry: candidate.entry.clone(),
            config,
        })
    }

    fn candidate(&self) -> Candidate {
        let config = self.config.as_ref().map_or(Config::NotRead, |config| {
            Config::Read(ConfigFacts {
                os: config.os.clone(),
                architecture: config.architecture.clone(),
                version: Version::read(config.os_version.as_deref()),
                history: config.history,
            })
        });
        Candidate {
            digest: self.digest.clone(),
            size: None,
            architecture: self.architecture.clone(),
            indexed: Version::read(self.os_version.as_deref()),
            entry: self.entry.clone(),
            config,
            foreign_layers: None,
            layer_servers: Vec::new(),
        }
    }
}

fn written(version: &Version) -> Option<String> {
    match version {
        Version::Known(version) => Some(version.to_string()),
        Version::Unparsable(text) => Some(text.clone()),
        Version::Missing => None,
    }
}
