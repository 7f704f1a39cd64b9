//! Other tags of the repositories of images that do not fit, each read, in the order in which they are tried.

use std::collections::BTreeMap;

use crate::Error;
use crate::host::Host;
use crate::image::{Digest, Image};
use crate::knowledge::Knowledge;
use crate::scan::{Typed, alternatives, with_tag};

/// The most images for which others are looked for.
const MOST_IMAGES: usize = 200;

/// The images that were tried, by their references.
pub struct Suggestions {
    tried: BTreeMap<String, Result<Image, Error>>,
    /// The tags that are tried for a reference.
    tags: BTreeMap<String, Vec<String>>,
}

/// An image that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggested {
    /// The reference, in the words of the one that it replaces.
    pub reference: String,
    /// The digest that it was read with.
    pub digest: Option<Digest>,
}

impl Suggestions {
    /// Reads the other tags of these references, for these hosts.
    pub fn of(
        knowledge: &Knowledge,
        hosts: &[Host],
        failing: &[&str],
        read: impl FnOnce(&[String]) -> Vec<Result<Image, Error>>,
    ) -> Self {
        let mut builds: Vec<u32> = hosts.iter().map(|host| host.os_version.build).collect();
        builds.extend(knowledge.base_images.iter().map(|base| base.build));
        builds.sort_unstable_by_key(|build| std::cmp::Reverse(*build));
        builds.dedup();
        // A newer image runs on none of them.
        let is_useful = |build: &u32| hosts.iter().any(|host| host.os_version.build >= *build);
        // Images of builds between the hosts' run on none of them without Hyper-V: those of the hosts come first.
        let of_hosts = |build: &u32| hosts.iter().any(|host| host.os_version.build == *build);
        let (first, rest): (Vec<u32>, Vec<u32>) = builds.into_iter().filter(is_useful).partition(of_hosts);
        let builds: Vec<u32> = first.into_iter().chain(rest).collect();
        let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut texts: Vec<String> = Vec::new();
        for reference in failing.iter().take(MOST_IMAGES) {
            let Some(tag) = Typed::of(reference).tag else { continue };
            let others = alternatives(tag, knowledge, &builds);
            texts.extend(others.iter().filter_map(|tag| tagged(reference, tag)));
            tags.insert((*reference).to_owned(), others);
        }
        texts.sort();
        texts.dedup();
        let images = read(&texts);
        Self { tried: texts.into_iter().zip(images).collect(), tags }
    }

    /// The first for this reference that passes; the hosts' own builds before others, so the newest that fits.
    pub fn fitting(&self, reference: &str, passes: impl Fn(&Image) -> bool) -> Option<Suggested> {
        self.tags.get(reference)?.iter().find_map(|tag| {
            let Ok(image) = self.tried.get(&tagged(reference, tag)?)? else { return None };
            let digest = image.digest.clone();
            let new = with_tag(reference, tag, digest.as_ref().map(Digest::as_str))?;
            passes(image).then_some(Suggested { reference: new, digest })
        })
    }
}

impl Suggested {
    /// The reference with its digest, where that is known.
    pub fn pinned(&self) -> String {
        match &self.digest {
            Some(digest) if !self.reference.contains('@') => format!("{}@{digest}", self.reference),
            _ => self.reference.clone(),
        }
    }
}

/// The repository of a reference with another tag.
fn tagged(reference: &str, tag: &str) -> Option<String> {
    let name = Typed::of(reference).name;
    (!name.is_empty()).then(|| format!("{name}:{tag}"))
}
