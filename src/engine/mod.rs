//! The entry of an image that an engine takes on a host, and what it says where it takes none: by engine and version. Pure.
//!
//! Which version does what is data (`knowledge`); what it does is code, one file for each algorithm:
//!
//! | file | algorithm |
//! |---|---|
//! | `graph_driver.rs` | Docker with its own image store |
//! | `containerd.rs` | containerd, and Docker with containerd's image store |
//! | `kubelet.rs` | the kubelet, with containerd below it |
//! | `message.rs` | the messages |
//! | `limits.rs` | what it does not do on a host, whatever the image |

mod containerd;
mod graph_driver;
mod kubelet;
mod limits;
mod message;

use std::borrow::Cow;

use crate::host::{Host, HostEngine};
use crate::image::{Candidate, Image, Source, Version};
use crate::knowledge::{Below, EngineVersion, EngineVersions, Knowledge, versions_with};
use crate::{Engine, ImageStore};

pub use limits::{Limit, limit, offers_host_process, part_without_host_process};
pub use message::Refusal;

/// The entry that an engine takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection<'k> {
    /// The entry, an index into [`Image::candidates`]; `None` where it takes none.
    pub candidate: Option<usize>,
    /// The reason why it does not pull the image, also an entry that it takes; `None` where it does.
    pub refusal: Option<Refusal>,
    /// The versions of the engine by which this was decided.
    pub versions: &'k EngineVersions,
    /// False for a version that came after those that are known, or just before one of them, and where the choice depends on more of the
    /// host's processor than is known: it may do something else.
    pub known: bool,
}

/// The entry of an image that an engine takes on a host. `None` for an engine, or a version of it, of which nothing is known, for
/// this program itself, and for an image that no engine pulls.
pub fn select<'k>(knowledge: &'k Knowledge, host: &Host, image: &Image, engine: &HostEngine) -> Option<Selection<'k>> {
    selected(versions(knowledge, engine)?, engine.name, host, image)
}

/// The same as [`select`] for Docker, if it had this image store.
pub(crate) fn select_in_store<'k>(
    knowledge: &'k Knowledge,
    host: &Host,
    image: &Image,
    docker: &HostEngine,
    store: ImageStore,
) -> Option<Selection<'k>> {
    let found = versions_of(knowledge, Engine::Docker, Some(store), docker.version.as_ref())?;
    selected(found, Engine::Docker, host, image)
}

/// The same as [`select`] for an engine of which this is known.
pub(crate) fn selected<'k>(
    (versions, known): (&'k EngineVersions, bool),
    engine: Engine,
    host: &Host,
    image: &Image,
) -> Option<Selection<'k>> {
    if matches!(image.source, Source::DockerArchive) {
        return None;
    }
    let known = known && !containerd::depends_on_level(versions, host, image);
    let (candidate, refusal) = match engine {
        Engine::Docker if versions.store != Some(ImageStore::Containerd) => graph_driver::select(versions, host, image),
        Engine::Docker | Engine::Containerd => containerd::select(versions, host, image),
        Engine::Kubernetes => kubelet::select(versions, host, image),
        Engine::Wincompat => return None,
    };
    Some(Selection { candidate, refusal, versions, known })
}

/// True for an image of which it depends on the level of the host's processor what these versions take.
pub(crate) fn depends_on_level(versions: &EngineVersions, host: &Host, image: &Image) -> bool {
    containerd::depends_on_level(versions, host, image)
}

/// The entries that these versions take on processors of the levels above the lowest, each an index into [`Image::candidates`].
pub(crate) fn taken_on_levels(versions: &EngineVersions, host: &Host, image: &Image) -> impl Iterator<Item = usize> {
    containerd::on_higher_levels(versions, host, image).into_iter().flatten()
}

/// What is known of this engine in its version; the flag is false for a version that came later, and for one that came before the release
/// with its numbers, with which another rule begins.
pub fn versions<'k>(knowledge: &'k Knowledge, engine: &HostEngine) -> Option<(&'k EngineVersions, bool)> {
    let (name, store) = pulling(engine)?;
    versions_of(knowledge, name, store, engine.pulling_version())
}

/// The program that pulls images for this engine, with its image store; `None` for this program itself. The version of a kubelet decides
/// nothing.
pub fn pulling(engine: &HostEngine) -> Option<(Engine, Option<ImageStore>)> {
    match engine.name {
        Engine::Docker => Some((Engine::Docker, Some(engine.store.unwrap_or(ImageStore::GraphDriver)))),
        Engine::Kubernetes if engine.below() == Some(Below::Docker) => Some((Engine::Docker, Some(ImageStore::GraphDriver))),
        Engine::Containerd | Engine::Kubernetes => Some((Engine::Containerd, None)),
        Engine::Wincompat => None,
    }
}

fn versions_of<'k>(
    knowledge: &'k Knowledge,
    name: Engine,
    store: Option<ImageStore>,
    version: Option<&EngineVersion>,
) -> Option<(&'k EngineVersions, bool)> {
    let Some(version) = version else { return knowledge.engine_versions_of(name, store, None) };
    // One that is not a version, as of a build of one's own, is not the newest.
    let numbers = version.numbers()?;
    let (versions, known) = knowledge.engine_versions_of(name, store, Some(numbers))?;
    let is_before = version.is_early() && *numbers == versions.first;
    Some((versions, known && !(is_before && begins_a_rule(knowledge, versions))))
}

/// True if these versions have another rule than those before them, so that it is not known which one a pre-release of the first of them
/// has. The first release of a line was made from what followed the first one of the line before: it need not have what came to that
/// line later, so all of that line counts.
fn begins_a_rule(knowledge: &Knowledge, versions: &EngineVersions) -> bool {
    let line = |version: &semver::Version| (version.major, version.minor);
    let mut earlier = versions_with(&knowledge.engine_versions, versions.engine, versions.store);
    earlier.retain(|other| other.first < versions.first);
    let Some(before) = earlier.last().map(|other| line(&other.last)) else { return true };
    earlier.iter().rev().take_while(|other| line(&other.last) == before).any(|other| !is_same_rule(other, versions))
}

/// True for versions that select entries in the same way, whatever they say and for however long they are maintained.
fn is_same_rule(one: &EngineVersions, other: &EngineVersions) -> bool {
    let rule = |versions: &EngineVersions| (versions.accepts, versions.order, versions.refuses_features, versions.reads_configs);
    rule(one) == rule(other) && containerd::takes_v1(one) == containerd::takes_v1(other)
}

/// True for an image without an index, or one that is named by the digest of its manifest: then there is nothing to choose.
fn is_single(image: &Image) -> bool {
    match image.candidates.as_slice() {
        [only] => image.source != Source::Knowledge && image.digest.is_some() && image.digest == only.digest,
        _ => false,
    }
}

/// The version of an entry as the index writes it; empty where it has none.
fn indexed(candidate: &Candidate) -> Cow<'_, str> {
    match &candidate.indexed {
        Version::Known(version) if candidate.entry.revision_zero => Cow::Owned(format!("{version}.0")),
        Version::Known(version) => Cow::Owned(version.to_string()),
        Version::Missing => Cow::Borrowed(""),
        Version::Unparsable(text) => Cow::Borrowed(text),
    }
}

/// The number of one part of a version, as engines cut it out of the text: `10.0.20348.2402` has 20348 as its third.
fn part(version: &Version, position: usize) -> Option<u64> {
    match (version, position) {
        (Version::Known(version), 0) => Some(version.major.into()),
        (Version::Known(version), 1) => Some(version.minor.into()),
        (Version::Known(version), 2) => Some(version.build.into()),
        (Version::Known(version), 3) => version.revision.map(u64::from),
        (Version::Unparsable(text), _) => text.split('.').nth(position)?.parse().ok(),
        (Version::Known(_) | Version::Missing, _) => None,
    }
}

#[cfg(test)]
mod tests;
