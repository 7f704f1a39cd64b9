//! What would fit in the place of an image that does not: other tags of its repository, each read and judged on the same hosts.

use std::collections::BTreeMap;

use super::{Inputs, Placed};
use crate::Error;
use crate::cli::reading::read_images;
use crate::cli::references;
use crate::compat::judge;
use crate::host::Host;
use crate::image::{Digest, Image};
use crate::report::document::{RemedyEntry, ResultEntry};
use crate::scan::{Meant, Needs, Typed, alternatives, with_tag};

/// The most images for which others are looked for.
const MOST_IMAGES: usize = 200;

/// The images that were tried, by their references.
pub struct Suggestions {
    tried: BTreeMap<String, Result<Image, Error>>,
    /// The tags that are tried for a reference.
    tags: BTreeMap<String, Vec<String>>,
}

/// An image that fits on these hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggested {
    /// The reference, in the words of the one that it replaces.
    pub reference: String,
    /// The digest that it was read with.
    pub digest: Option<Digest>,
}

impl Suggestions {
    /// Reads the other tags of these references.
    pub fn of(inputs: &Inputs, failing: &[&str]) -> Self {
        let mut builds: Vec<u32> = inputs.fleet.hosts().iter().map(|host| host.os_version.build).collect();
        builds.extend(inputs.knowledge.base_images.iter().map(|base| base.build));
        builds.sort_unstable_by_key(|build| std::cmp::Reverse(*build));
        builds.dedup();
        let newest = inputs.fleet.hosts().iter().map(|host| host.os_version.build).max().unwrap_or(u32::MAX);
        let is_useful = |build: &u32| {
            let passes = |host: &Host| host.os_version.build >= *build;
            *build <= newest && inputs.fleet.hosts().iter().any(passes)
        };
        // Images of builds between the hosts' run on none of them without Hyper-V: those of the hosts come first.
        let of_hosts = |build: &u32| inputs.fleet.hosts().iter().any(|host| host.os_version.build == *build);
        let (first, rest): (Vec<u32>, Vec<u32>) = builds.into_iter().filter(is_useful).partition(of_hosts);
        let builds: Vec<u32> = first.into_iter().chain(rest).collect();
        let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut texts: Vec<String> = Vec::new();
        for reference in failing.iter().take(MOST_IMAGES) {
            let Some(tag) = Typed::of(reference).tag else { continue };
            let others = alternatives(tag, &inputs.knowledge, &builds);
            texts.extend(others.iter().filter_map(|tag| tagged(reference, tag)));
            tags.insert((*reference).to_owned(), others);
        }
        texts.sort();
        texts.dedup();
        let deadline = inputs.options.deadline;
        let references: Vec<_> = texts.iter().map(|text| references::read(text, &inputs.knowledge, deadline)).collect();
        let images = read_images(
            inputs.options.clone(),
            &inputs.knowledge,
            inputs.fleet.hosts(),
            &inputs.policy,
            &references,
            inputs.quiet,
        );
        Self { tried: texts.into_iter().zip(images).collect(), tags }
    }

    /// The first that passes on all of these hosts; the hosts' own builds before others, so the newest that fits.
    pub fn fitting(&self, inputs: &Inputs, one: &Placed<'_>, hosts: &[&Host]) -> Option<Suggested> {
        let Meant::Known(reference) = &one.found.meant else { return None };
        let policy = inputs.policy_of(one.found);
        let passes = |image: &Image| {
            let on = |host: &&Host| judge(&inputs.knowledge, host, image, &policy).ok == Some(true);
            if one.found.needs == Needs::EveryHost { hosts.iter().all(on) } else { hosts.iter().any(on) }
        };
        self.tags.get(reference)?.iter().find_map(|tag| {
            let Ok(image) = self.tried.get(&tagged(reference, tag)?)? else { return None };
            let digest = image.digest.clone();
            let new = with_tag(reference, tag, digest.as_ref().map(Digest::as_str))?;
            passes(image).then_some(Suggested { reference: new, digest })
        })
    }

    /// Puts a remedy to a result that fails.
    pub fn add(&self, inputs: &Inputs, one: &Placed<'_>, host: &Host, entry: &mut ResultEntry) {
        let Some(suggested) = self.fitting(inputs, one, &[host]) else { return };
        let Some(finding) = entry.findings.first_mut() else { return };
        let Suggested { reference, digest } = suggested;
        let pinned = match &digest {
            Some(digest) if !reference.contains('@') => format!("{reference}@{digest}"),
            _ => reference.clone(),
        };
        let known = finding.remedies.iter().position(|remedy| remedy.value == reference);
        match known.and_then(|known| finding.remedies.get_mut(known)) {
            Some(remedy) => *remedy = RemedyEntry { value: pinned, verified: Some(true), ..remedy.clone() },
            None => {
                finding.help = match finding.help.as_str() {
                    "" => format!("use {reference}"),
                    help => format!("use {reference}; or {help}"),
                };
                finding.remedies.insert(0, RemedyEntry { kind: "image".into(), value: pinned, verified: Some(true) });
            }
        }
    }
}

/// The repository of a reference with another tag.
fn tagged(reference: &str, tag: &str) -> Option<String> {
    let name = Typed::of(reference).name;
    (!name.is_empty()).then(|| format!("{name}:{tag}"))
}
