//! What would fit in the place of an image that does not: other tags of its repository, each read and judged on the same hosts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use super::answer::{Inputs, Placed, name_of};
use super::builds::fits_no_host;
use super::fix::{Fixes, file_of};
use super::fleet::Landed;
use super::pods;
use super::tree::{Tree, shown};
use crate::Error;
use crate::cli::suggestions::{Suggested, Suggestions};
use crate::host::Host;
use crate::report::document::{FindingEntry, RemedyEntry, ResultEntry};
use crate::report::plain::clean;
use crate::scan::{Editable, Found, Meant, Os};

/// A reference that was judged, and what would fit in its place.
struct Choice<'p> {
    one: &'p Placed<'p>,
    /// The hosts that it can land on.
    hosts: Rc<[Landed]>,
    /// Its results.
    range: Range<usize>,
    does_fail: bool,
    /// An image that passes on all of its hosts.
    new: Option<Suggested>,
}

/// The place of a reference, e.g. `compose.yaml:7`.
fn place_of(path: &Path, found: &Found) -> String {
    format!("{}:{}", shown(path), found.place.line)
}

/// A reference among others of the same line, e.g. `service c (Dockerfile:1)`.
fn named(path: &Path, found: &Found) -> String {
    let place = place_of(path, found);
    found.object.as_ref().map_or_else(|| place.clone(), |object| format!("{object} ({place})"))
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
        tree: &Tree,
    ) -> Result<Fixes, Error> {
        // Where no host runs a whole build, another tag of one image does not tell which of them is to change.
        let does_fail = |entry: &ResultEntry| entry.ok == Some(false) && !fits_no_host(entry);
        let fails = |range: &Range<usize>, results: &[ResultEntry]| {
            results.get(range.clone()).is_some_and(|entries| entries.iter().any(does_fail))
        };
        let mut failing: Vec<&str> = Vec::new();
        for (number, _) in judged_at.iter().filter(|(_, range)| fails(range, results)) {
            failing.extend(placed.get(*number).map(|one| name_of(one.found)));
        }
        failing.sort_unstable();
        failing.dedup();
        let suggestions = Suggestions::of(&self.knowledge, self.fleet.hosts(), &failing, |texts| self.read(texts));
        let mut chosen: BTreeMap<usize, Choice<'_>> = BTreeMap::new();
        for (number, range) in judged_at {
            let Some(one) = placed.get(*number) else { continue };
            let hosts = self.landing(one.found, &self.fleet)?;
            let on: Vec<&Host> = hosts.iter().map(|landed| &landed.host).collect();
            let does_fail = fails(range, results);
            let new = if does_fail { self.fitting(&suggestions, one, &on) } else { None };
            chosen.insert(*number, Choice { one, hosts, range: range.clone(), does_fail, new });
        }
        let mut fixes = self.fixes(placed, &chosen, tree);
        for Choice { one, hosts, range, new, .. } in chosen.values().filter(|choice| choice.does_fail) {
            let why = self.stays(one, new.as_ref(), &fixes);
            if let (Some(new), Some(why)) = (new, &why) {
                fixes.keep(format!("{} stays, where {} would fit: {why}", place_of(one.path, one.found), new.reference));
            }
            // What one host takes may fail on another that needs the reference too.
            let of_all = new.as_ref().filter(|_| one.found.needs_all() && hosts.len() > 1);
            // An image for one node of a pod would fail on the others.
            let is_spread = of_all.is_none() && pods::is_spread(one, results.get(range.clone()).unwrap_or_default());
            for entry in results.get_mut(range.clone()).unwrap_or_default().iter_mut().filter(|entry| does_fail(entry)) {
                if is_spread && pods::is_of_build(entry) {
                    continue;
                }
                let Some(landed) = hosts.iter().find(|landed| landed.has(entry)) else { continue };
                let own = || self.fitting(&suggestions, one, &[&landed.host]);
                if let (Some(suggested), Some(finding)) = (of_all.cloned().or_else(own), entry.findings.first_mut()) {
                    if of_all.is_some() {
                        leave_images_out(finding);
                    }
                    add_suggested(suggested, why.as_deref(), finding);
                }
            }
        }
        Ok(fixes)
    }

    /// The changes that references want. A text stays if any other reference rests on it, also one that is not judged now.
    fn fixes(&self, placed: &[Placed<'_>], chosen: &BTreeMap<usize, Choice<'_>>, tree: &Tree) -> Fixes {
        let mut fixes = Fixes::default();
        for Choice { one, does_fail, new, .. } in chosen.values() {
            let place = named(one.path, one.found);
            let own = new.as_ref().and_then(|new| text_for(one.found, new));
            for editable in one.found.changeable() {
                if own.is_some_and(|own| own != editable) {
                    fixes.forbid(one.path, editable, || format!("{place} rests on it, and is changed in its own text"));
                    continue;
                }
                match new.as_ref().map(|new| editable.for_reference(&new.reference)) {
                    Some(Some(_)) if !tree.is_named(file_of(one.path, editable)) => {
                        let why = || "it is not below the paths that were named, so other uses of it are not known".to_owned();
                        fixes.forbid(one.path, editable, why);
                    }
                    Some(Some(new)) => fixes.add((one.path, &place), editable, new),
                    Some(None) => fixes.forbid(one.path, editable, || format!("{place} needs more than this text changed")),
                    None if *does_fail => {
                        fixes.forbid(one.path, editable, || format!("nothing fits for {place}, which rests on it"));
                    }
                    None => fixes.forbid(one.path, editable, || format!("{place} rests on it, and fits as it is")),
                }
            }
        }
        let unjudged =
            placed.iter().enumerate().filter(|(number, _)| !chosen.contains_key(number)).map(|(_, one)| (one.path, one.found));
        let foreign = self.files.iter().flat_map(|file| file.scanned.found.iter().map(|found| (file.path.as_path(), found)));
        let foreign = foreign.filter(|(_, found)| found.os == Os::Other);
        let others = self.set_aside.iter().flat_map(|file| file.scanned.found.iter().map(|found| (file.path.as_path(), found)));
        for (path, found) in unjudged.chain(foreign).chain(others) {
            for editable in found.changeable() {
                let is = if found.os == Os::Other { "is for another system" } else { "is not judged here" };
                fixes.forbid(path, editable, || format!("{} rests on it, and {is}", named(path, found)));
            }
        }
        fixes
    }

    /// The reason why a reference is not changed for which this would fit; `None` if it is.
    fn stays(&self, one: &Placed<'_>, new: Option<&Suggested>, fixes: &Fixes) -> Option<String> {
        let new = new?;
        if let Some(text) = text_for(one.found, new) {
            return fixes.stays(one.path, text);
        }
        if one.found.editable.is_none() || one.found.stays.is_some() {
            let is_given = "its value is not one plain text of these files".to_owned();
            return Some(one.found.stays.clone().unwrap_or(is_given));
        }
        one.found.editables().find_map(|editable| match editable.for_reference(&new.reference) {
            None => Some(format!("more than the text {} would have to change", editable.text)),
            Some(_) => fixes.stays(one.path, editable),
        })
    }

    /// The first image that passes on these hosts in the place of this one; one that users report to fail only where no other passes.
    fn fitting(&self, suggestions: &Suggestions, one: &Placed<'_>, hosts: &[&Host]) -> Option<Suggested> {
        let Meant::Known(reference) = &one.found.meant else { return None };
        let policy = self.policy_of(one.found);
        let passing = |may_be_reported: bool| {
            suggestions.fitting(reference, |image| {
                let on = |host: &&Host| {
                    let judgement = self.judge(one.found, host, image, &policy);
                    judgement.ok == Some(true) && (may_be_reported || !judgement.is_reported_to_fail())
                };
                if one.found.needs_all() { hosts.iter().all(on) } else { hosts.iter().any(on) }
            })
        };
        passing(false).or_else(|| passing(true))
    }
}

/// The text between the variables of a reference by which alone this image differs from it.
fn text_for<'f>(found: &'f Found, new: &Suggested) -> Option<&'f Editable> {
    found.texts.iter().find(|text| text.for_reference(&new.reference).is_some())
}

/// Takes the images out of what a finding advises, which are for its host alone.
pub(super) fn leave_images_out(finding: &mut FindingEntry) {
    if let Some(others) = finding.without_images.take() {
        finding.help = others;
    }
    finding.remedies.retain(|remedy| !["image", "base"].contains(&&*remedy.kind));
}

/// Puts an image that fits to the reason why a result fails.
fn add_suggested(suggested: Suggested, why: Option<&str>, finding: &mut FindingEntry) {
    let (pinned, reference) = (suggested.pinned(), suggested.reference);
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
    if let Some(why) = why {
        finding.help = format!("{}; this is to be changed by hand: {}", finding.help, clean(why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::scan::added::finding;
    use crate::compat::Code;

    /// Other advice can name the image too.
    #[test]
    fn advice_without_images_is_what_was_said_beside_them() {
        let remedy = |kind: &'static str, value: &str| RemedyEntry { kind: kind.into(), value: value.to_owned(), verified: None };
        let mut advised = FindingEntry {
            remedies: vec![remedy("image", "a:1"), remedy("flag", "--isolation=hyperv")],
            without_images: Some("start a:1 with --isolation=hyperv".to_owned()),
            ..finding(Code::BuildMismatch, "", "use a:1; or start a:1 with --isolation=hyperv")
        };
        leave_images_out(&mut advised);
        assert_eq!(advised.help, "start a:1 with --isolation=hyperv");
        assert_eq!(advised.remedies, [remedy("flag", "--isolation=hyperv")]);
        let mut other = finding(Code::BuildMismatch, "", "update the host");
        leave_images_out(&mut other);
        assert_eq!(other.help, "update the host");
    }
}
