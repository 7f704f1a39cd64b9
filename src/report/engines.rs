//! The answer of `wincompat engines` as data: what every version of every engine takes of an image on a host.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::document::{ErrorEntry, HostEntry, TakesEntry, Tool};
use super::plain::clean;
use super::{Word, Wording};
use crate::compat::{Answer, Code, Policy};
use crate::host::{Host, HostEngine};
use crate::image::{Digest, Image};
use crate::knowledge::Knowledge;
use crate::{Engine, Error, ImageStore};

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/engines/v1";

/// The answer of one `wincompat engines`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct EnginesReport {
    /// `wincompat/engines/v1`.
    pub schema: Cow<'static, str>,
    /// The program that wrote this.
    pub tool: Tool,
    /// One entry for each image on each host: images in the order of the arguments, within them hosts.
    pub answers: Vec<EnginesAnswer>,
    /// The images that could not be read.
    pub errors: Vec<ErrorEntry>,
}

/// The answers of all engines about one image on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct EnginesAnswer {
    /// The reference as it was typed.
    pub reference: String,
    /// What it resolved to.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub digest: Option<Digest>,
    /// The host, as in a report of `check`.
    pub host: HostEntry,
    /// The versions of engines, those with the same answer in one entry.
    pub versions: Vec<VersionsEntry>,
}

/// Versions of an engine with the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VersionsEntry {
    /// The engine.
    pub engine: Word<Engine>,
    /// The image store of Docker; null for others.
    pub store: Option<Word<ImageStore>>,
    /// The first of these versions, e.g. `2.1.6`; of the containerd below it for a kubelet.
    pub first: String,
    /// The last of them that is known, e.g. `2.3.4`.
    pub last: String,
    /// The entry that they take, and what becomes of it.
    pub takes: TakesEntry,
    /// The version of Windows of that entry, e.g. `10.0.20348.2402`; null if they take none, or it is not known.
    pub os_version: Option<String>,
    /// The digest of its manifest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub digest: Option<Digest>,
    /// The reasons why that entry does not start, or why that is not known, beside the message in `takes`.
    #[serde(default)]
    pub reasons: Vec<ReasonEntry>,
}

/// A reason why an entry does not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ReasonEntry {
    /// The code of the finding, e.g. `edition-home`, which `wincompat explain` explains.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: Word<Code>,
    /// The finding in one sentence.
    pub message: String,
}

impl EnginesReport {
    /// An answer that has nothing yet.
    pub fn new(knowledge: &Knowledge) -> Self {
        Self { schema: SCHEMA.into(), tool: Tool::with(knowledge), answers: Vec::new(), errors: Vec::new() }
    }

    /// Adds an image that could not be read.
    pub fn failed(&mut self, reference: &str, error: &Error, wording: &dyn Wording) {
        self.errors.push(ErrorEntry::new(reference, error, wording));
    }

    /// Adds the answers of engines about an image on a host.
    pub fn answered(
        &mut self,
        knowledge: &Knowledge,
        image: &Image,
        host: &Host,
        policy: &Policy,
        answers: &[(HostEngine, Answer<'_>)],
        wording: &dyn Wording,
    ) {
        let versions = answers.iter().map(|(engine, answer)| {
            let reasons = answer
                .reasons(knowledge, host, image, policy, engine)
                .into_iter()
                .map(|(code, message)| ReasonEntry { code: code.into(), message: clean(&wording.advice(&message)).into_owned() });
            VersionsEntry { reasons: reasons.collect(), ..VersionsEntry::new(image, host, engine, answer) }
        });
        self.answers.push(EnginesAnswer {
            reference: clean(&image.reference).into_owned(),
            digest: image.digest.clone(),
            host: HostEntry::new(host, policy),
            versions: versions.collect(),
        });
    }
}

impl VersionsEntry {
    /// An answer without reasons.
    fn new(image: &Image, host: &Host, engine: &HostEngine, answer: &Answer<'_>) -> Self {
        let candidate = answer.takes.candidate.and_then(|index| image.candidates.get(index));
        let version = candidate.and_then(|candidate| candidate.os_version()).map(|(version, _)| version.to_string());
        let (first, last) = answer.versions;
        Self {
            engine: engine.name.into(),
            store: engine.store.map(Word::from),
            first: first.written(&first.first),
            last: last.written(&last.last),
            takes: TakesEntry::new(&answer.takes, host),
            os_version: version,
            digest: candidate.and_then(|candidate| candidate.digest.clone()),
            reasons: Vec::new(),
        }
    }
}

/// The JSON Schema of [`EnginesReport`], as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(EnginesReport)
}
