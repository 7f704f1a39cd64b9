//! Builds and jobs judged whole: all their containers run on one host.

use std::collections::{BTreeMap, BTreeSet};

use super::added::{fits, put};
use super::answer::{Inputs, Judged, Placed, ReadImages};
use crate::compat::Code;
use crate::report::document::ResultEntry;

/// The hosts of a part of a build or job, by their names in answers.
struct Hosts {
    image: String,
    /// Those on which it runs.
    fit: BTreeSet<String>,
    /// Those on which it may run: it is not known that it does not.
    may_fit: BTreeSet<String>,
}

impl Hosts {
    fn of(entries: &[ResultEntry]) -> Option<Self> {
        let with = |is_one: &dyn Fn(Option<bool>) -> bool| -> BTreeSet<String> {
            entries.iter().filter(|entry| is_one(entry.ok)).map(|entry| entry.host.called().to_owned()).collect()
        };
        let image = entries.first()?.image.reference.clone();
        Some(Self { image, fit: with(&|ok| ok == Some(true)), may_fit: with(&|ok| ok != Some(false)) })
    }
}

impl Inputs {
    /// Lets each build and job fail whose images all run on some host, and of which no host can run all.
    pub fn judge_builds_and_jobs(&self, placed: &[Placed<'_>], images: &ReadImages<'_>, judged: &mut Judged) {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (part, (number, _)) in judged.at.iter().enumerate() {
            let shares = placed.get(*number).map(|one| one.found.shares.as_slice()).unwrap_or_default();
            for share in shares {
                groups.entry(share).or_default().push(part);
            }
        }
        let mut known: BTreeMap<usize, Option<Hosts>> = BTreeMap::new();
        for parts in groups.into_values().filter(|parts| parts.len() > 1) {
            let ones: Vec<_> = parts.iter().filter_map(|part| judged.at.get(*part).cloned()).collect();
            for (number, _) in &ones {
                known.entry(*number).or_insert_with(|| self.hosts_of(placed.get(*number)?, images));
            }
            let hosts: Option<Vec<&Hosts>> = ones.iter().map(|(number, _)| known.get(number)?.as_ref()).collect();
            let Some(which) = hosts.and_then(|hosts| no_host(&hosts)) else { continue };
            let is_job = ones.iter().any(|(number, _)| placed.get(*number).is_some_and(|one| one.found.isolated_by.is_of_job()));
            let (what, help) = if is_job {
                ("job", "use images of one Windows release for all containers of this job")
            } else {
                ("build", "use base images of one Windows release in the stages of this file that run commands")
            };
            let message = format!("not one host can run all images of this {what}: {which}");
            for entry in ones.into_iter().flat_map(|(_, range)| range) {
                let Some(entry) = judged.results.get_mut(entry).filter(|entry| !fits_no_host(entry)) else { continue };
                entry.ok = Some(false);
                // There is no machine on which the job runs: none is to be chosen for it.
                entry.findings.retain(|finding| finding.code.known() != Some(Code::JobFitsSomeHosts));
                put(entry, &self.policy, Code::BuildFitsNoHost, (&message, help));
            }
        }
    }

    /// The hosts of a reference; `None` where it has none.
    fn hosts_of(&self, one: &Placed<'_>, images: &ReadImages<'_>) -> Option<Hosts> {
        let image = one.image(images).ok()??;
        Hosts::of(&self.on_each(one, image, &self.fleet).ok()?)
    }
}

/// True for a result that is a part of a build or job which no host can run.
pub fn fits_no_host(entry: &ResultEntry) -> bool {
    entry.findings.iter().any(|finding| finding.code.known() == Some(Code::BuildFitsNoHost))
}

/// Which images run on which hosts, where each runs on one, and no host runs all; `None` where that is not so, or not decided.
fn no_host(parts: &[&Hosts]) -> Option<String> {
    let (first, others) = parts.split_first()?;
    let fits_all = |host: &String| others.iter().all(|part| part.may_fit.contains(host));
    if parts.iter().any(|part| part.fit.is_empty()) || first.may_fit.iter().any(fits_all) {
        return None;
    }
    // An image may be there twice, each time for other hosts.
    let mut hosts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in parts {
        hosts.entry(&part.image).or_default().extend(part.fit.iter().map(String::as_str));
    }
    Some(fits(&hosts))
}
