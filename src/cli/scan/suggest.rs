//! What would fit in the place of an image that does not: other tags of its repository, each read and judged on the same hosts.

use std::collections::BTreeMap;
use std::ops::Range;

use super::answer::{Inputs, Placed, name_of};
use super::fix::Fixes;
use crate::Error;
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
        // A newer image runs on none of them.
        let is_useful = |build: &u32| inputs.fleet.hosts().iter().any(|host| host.os_version.build >= *build);
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
        let images = inputs.read(&texts);
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

impl Inputs {
    /// Puts remedies that were read and judged to the results that fail, and gives the changes of files that follow from them.
    ///
    /// # Errors
    ///
    /// None of the hosts.
    pub fn suggest(
        &self,
        placed: &[Placed<'_>],
        judged_at: &[(usize, Range<usize>)],
        results: &mut [ResultEntry],
    ) -> Result<Fixes, Error> {
        let fails = |range: &Range<usize>, results: &[ResultEntry]| {
            results.get(range.clone()).is_some_and(|entries| entries.iter().any(|entry| entry.ok == Some(false)))
        };
        let mut failing: Vec<&str> = Vec::new();
        for (number, _) in judged_at.iter().filter(|(_, range)| fails(range, results)) {
            failing.extend(placed.get(*number).map(|one| name_of(one.found)));
        }
        failing.sort_unstable();
        failing.dedup();
        let suggestions = Suggestions::of(self, &failing);
        let mut fixes = Fixes::default();
        for (number, range) in judged_at {
            let Some(one) = placed.get(*number) else { continue };
            let policy = self.policy_of(one.found);
            let hosts = self.fleet.landing(&one.found.lands, &self.knowledge, policy.today)?;
            let does_fail = fails(range, results);
            for entry in results.get_mut(range.clone()).unwrap_or_default().iter_mut().filter(|entry| entry.ok == Some(false)) {
                let host = hosts.iter().find(|host| host.label == entry.host.label && host.os_version == entry.host.os_version);
                if let Some(host) = host {
                    suggestions.add(self, one, host, entry);
                }
            }
            let hosts: Vec<&Host> = hosts.iter().collect();
            let new = if does_fail { suggestions.fitting(self, one, &hosts) } else { None };
            let place = format!("{}:{}", one.file, one.found.place.line);
            let Some(editable) = &one.found.editable else {
                if let Some(new) = new {
                    fixes.keep(format!("{place} stays, where {} would fit: its value is not one plain text of these files, or is used for more than this image", new.reference));
                }
                continue;
            };
            match new.as_ref().and_then(|new| editable.for_reference(&new.reference)) {
                Some(new) => fixes.add((one.path, &place), editable, new),
                None => {
                    if let Some(new) = new {
                        fixes.keep(format!(
                            "{place} stays, where {} would fit: more than the text that can be changed would differ",
                            new.reference
                        ));
                    }
                    fixes.forbid(one.path, editable);
                }
            }
        }
        Ok(fixes)
    }
}

/// The repository of a reference with another tag.
fn tagged(reference: &str, tag: &str) -> Option<String> {
    let name = Typed::of(reference).name;
    (!name.is_empty()).then(|| format!("{name}:{tag}"))
}
