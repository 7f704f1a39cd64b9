//! What would fit in the place of an image that does not: other tags of its repository, each read and judged on the same hosts.

use std::ops::Range;

use super::answer::{Inputs, Placed, name_of};
use super::fix::Fixes;
use crate::Error;
use crate::cli::suggestions::{Suggested, Suggestions};
use crate::compat::judge;
use crate::host::Host;
use crate::report::document::{RemedyEntry, ResultEntry};
use crate::scan::{Meant, Needs};

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
        let suggestions = Suggestions::of(&self.knowledge, self.fleet.hosts(), &failing, |texts| self.read(texts));
        let mut fixes = Fixes::default();
        for (number, range) in judged_at {
            let Some(one) = placed.get(*number) else { continue };
            let policy = self.policy_of(one.found);
            let hosts = self.fleet.landing(&one.found.lands, &self.knowledge, policy.today)?;
            let does_fail = fails(range, results);
            for entry in results.get_mut(range.clone()).unwrap_or_default().iter_mut().filter(|entry| entry.ok == Some(false)) {
                let host = hosts.iter().find(|host| host.label == entry.host.label && host.os_version == entry.host.os_version);
                if let Some(host) = host {
                    self.add_suggested(&suggestions, one, host, entry);
                }
            }
            let hosts: Vec<&Host> = hosts.iter().collect();
            let new = if does_fail { self.fitting(&suggestions, one, &hosts) } else { None };
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

    /// The first image that passes on these hosts in the place of this one.
    fn fitting(&self, suggestions: &Suggestions, one: &Placed<'_>, hosts: &[&Host]) -> Option<Suggested> {
        let Meant::Known(reference) = &one.found.meant else { return None };
        let policy = self.policy_of(one.found);
        suggestions.fitting(reference, |image| {
            let on = |host: &&Host| judge(&self.knowledge, host, image, &policy).ok == Some(true);
            if one.found.needs == Needs::EveryHost { hosts.iter().all(on) } else { hosts.iter().any(on) }
        })
    }

    /// Puts a remedy to a result that fails.
    fn add_suggested(&self, suggestions: &Suggestions, one: &Placed<'_>, host: &Host, entry: &mut ResultEntry) {
        let Some(suggested) = self.fitting(suggestions, one, &[host]) else { return };
        let Some(finding) = entry.findings.first_mut() else { return };
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
    }
}
