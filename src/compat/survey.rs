//! The survey of a host: what it runs of its own version, and of Microsoft's base images.

use super::{Judgement, Policy, judge};
use crate::OsVersion;
use crate::host::Host;
use crate::image::{Candidate, Config, EntryFacts, Image, Source, TagRead, Version};
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::knowledge::{BaseImage, BaseRepository, Knowledge};

/// The images that a host runs.
#[derive(Clone, Debug)]
pub struct Survey<'a> {
    /// The judgement of any image of the host's own version.
    pub own: Judgement,
    /// Microsoft's base images, the newest first.
    pub images: Vec<SurveyedImage<'a>>,
}

/// A base image, judged.
#[derive(Clone, Debug)]
pub struct SurveyedImage<'a> {
    /// The generation, e.g. that of `ltsc2022`.
    pub base: &'a BaseImage,
    /// The repository in that generation, e.g. `windows/nanoserver`.
    pub repository: &'a BaseRepository,
    /// E.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    pub reference: String,
    /// The judgement.
    pub judgement: Judgement,
}

/// Judges what a host runs, of its own version and of Microsoft's base images.
pub fn survey<'a>(knowledge: &'a Knowledge, host: &Host, policy: &Policy) -> Survey<'a> {
    let own = image(Source::Knowledge, None, String::new(), vec![candidate(host.architecture.as_str(), host.os_version)]);
    let images = knowledge.base_images.iter().rev().flat_map(|base| {
        base.repositories.iter().map(|repository| SurveyedImage::new(knowledge, host, base, repository, policy))
    });
    Survey { own: judge(knowledge, host, &own, policy), images: images.collect() }
}

impl<'a> SurveyedImage<'a> {
    fn new(knowledge: &Knowledge, host: &Host, base: &'a BaseImage, repository: &'a BaseRepository, policy: &Policy) -> Self {
        let name = format!("{MICROSOFT_REGISTRY}/{}", repository.repository);
        let reference = match repository.tags.first() {
            Some(tag) => format!("{name}:{tag}"),
            None => name.clone(),
        };
        // Only the build is known for sure: the tag moves to another revision every month.
        let version = OsVersion::of_build(base.build);
        let candidates = repository.architectures.iter().map(|architecture| candidate(architecture.as_str(), version)).collect();
        let judgement = judge(knowledge, host, &image(Source::Knowledge, Some(name), reference.clone(), candidates), policy);
        Self { base, repository, reference, judgement }
    }
}

/// An image that nobody has read.
pub(super) fn image(source: Source, repository: Option<String>, reference: String, candidates: Vec<Candidate>) -> Image {
    Image {
        reference,
        repository,
        digest: None,
        source,
        candidates,
        other_platforms: Vec::new(),
        passed_over: Vec::new(),
        stated_digest: None,
        tag_read: TagRead::NoTag,
    }
}

/// An entry of this version.
pub(super) fn candidate(architecture: &str, version: OsVersion) -> Candidate {
    Candidate {
        digest: None,
        size: None,
        architecture: architecture.to_owned(),
        indexed: Version::Known(version),
        entry: EntryFacts::default(),
        config: Config::NotRead,
        foreign_layers: None,
        layer_servers: Vec::new(),
    }
}
