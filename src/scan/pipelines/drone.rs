//! Pipelines of Drone and Woodpecker: steps, services and clones, each with an image.
//!
//! Sources: docs.drone.io, `platform` (without a system, it is Linux), `type: kubernetes` (the steps are containers of a pod);
//! woodpecker-ci.org, workflow syntax: `labels`, `clone`, `matrix`, `when`; Kubernetes backend: `backend_options` (a step is a pod).

use std::collections::HashMap;
use std::rc::Rc;

use super::variables::{Scope, Scopes};
use super::{Reader, Run, matrix};
use crate::scan::yaml::Node;
use crate::scan::{IsolatedBy, Lands, Meant, Os};

/// The type of a pipeline of Drone whose steps run in a pod.
const IN_PODS: &str = "kubernetes";

/// The types of pipelines of Drone whose steps are not containers.
const WITHOUT_CONTAINERS: [&str; 4] = ["exec", "ssh", "digitalocean", "macstadium"];

/// The most steps with conditions that are compared with the others.
const MOST_CONDITIONS: usize = 8;

/// The most values of conditions that are compared with rows of a matrix, once for each row. Steps with more count in all rows.
const MOST_COMPARED: usize = 2_000_000;

/// The parts of a pipeline that have images, each with its name in answers.
fn steps_of(root: &Node) -> Vec<(String, &Rc<Node>)> {
    let mut steps = Vec::new();
    for (key, word) in [("clone", "clone"), ("steps", "step"), ("services", "step"), ("pipeline", "step")] {
        let Some(list) = root.get(key) else { continue };
        let named = list.list().iter().map(|step| (step.text_at(&["name"]).unwrap_or_default(), step));
        let keyed = list.entries().into_iter().map(|(name, step)| (name.text().unwrap_or_default(), step));
        let all = named.chain(keyed).filter(|(_, step)| step.get("image").is_some());
        steps.extend(all.map(|(name, step)| (format!("{word} {name}"), step)));
    }
    steps
}

/// True for conditions of a step of which none holds in this row of a matrix, on this system, as far as that is told by the two.
fn is_left_out(when: &Rc<Node>, row: &Row<'_>, os: Os) -> bool {
    let all = if when.list().is_empty() { std::slice::from_ref(when) } else { when.list() };
    all.iter().all(|one| is_of_another_row(one, row) || is_of_another_system(one, os))
}

/// A row of a matrix of Woodpecker.
struct Row<'s> {
    values: &'s Scope,
    /// All of its names are known: any other one is an empty text.
    is_whole: bool,
}

impl Row<'_> {
    /// True if the value of this name is known to be another one than this; `None` where it is not known.
    fn is_other(&self, name: &str, wanted: &str) -> Option<bool> {
        let value = match self.values.get(name) {
            Some(value) => value.as_deref()?,
            None if self.is_whole => "",
            None => return None,
        };
        (!is_pattern(wanted)).then_some(value != wanted)
    }
}

/// True for a pattern, or a text with a variable: what it matches is not looked at.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{', '\\', '$'])
}

/// True for a condition that names other values of a matrix than those of this row, or leaves out all of those that it names.
///
/// Source: woodpecker-ci/woodpecker, `pipeline/frontend/yaml/constraint/map.go`.
fn is_of_another_row(condition: &Node, row: &Row<'_>) -> bool {
    let Some(matrix) = condition.get("matrix") else { return false };
    let map = |key: &str| matrix.get(key).filter(|map| map.is_map());
    let is_other = |(name, wanted): &(&Rc<Node>, &Rc<Node>)| row.is_other(name.text()?, wanted.text()?);
    let excluded = map("exclude").map(|map| map.entries()).unwrap_or_default();
    let is_excluded = !excluded.is_empty() && excluded.iter().all(|one| is_other(one) == Some(false));
    let wanted = map("include").unwrap_or(matrix).entries();
    is_excluded || wanted.iter().any(|one| is_other(one) == Some(true))
}

/// True for a condition that names platforms of other systems alone.
fn is_of_another_system(condition: &Node, os: Os) -> bool {
    let Some(named) = condition.get("platform") else { return false };
    let named = named.get("include").unwrap_or(named);
    let platforms: Vec<&str> = named.list().iter().chain([named]).filter_map(|one| one.text()).collect();
    let is_other = |platform: &&str| {
        let system = platform.split('/').next().unwrap_or_default();
        let named = Os::of_platform(system);
        !is_pattern(system) && named != Os::Unsaid && named != os
    };
    os != Os::Unsaid && !platforms.is_empty() && platforms.iter().all(is_other)
}

impl Reader<'_, '_> {
    pub(super) fn drone(&mut self, root: &Node) {
        if root.text_at(&["type"]).is_some_and(|kind| WITHOUT_CONTAINERS.contains(&kind)) {
            return;
        }
        let rows = matrix::rows(self.service, root);
        let run = |row| {
            let scopes = vec![row];
            Run { host: self.drone_host(root, &scopes), scopes, shares: Vec::new() }
        };
        let runs: Vec<Run<'_>> = rows.iter().map(run).collect();
        let steps = steps_of(root);
        // Drone has no conditions on a matrix or a platform.
        let is_of_woodpecker = root.text_at(&["kind"]) != Some("pipeline");
        let is_whole = root.get("matrix").is_none() || rows.iter().any(|row| !row.is_empty());
        let mut known: HashMap<*const Node, Vec<bool>> = HashMap::new();
        let mut left = MOST_COMPARED;
        // One machine, or one pod, runs all containers of a pipeline. Where steps say something of their nodes, each is a pod of its own.
        let are_apart = steps.iter().any(|(_, step)| step.at(&["backend_options", "kubernetes"]).is_some());
        let is_conditional = |step: &Node| step.get("when").is_some();
        let conditions = steps.iter().filter(|(_, step)| is_conditional(step)).count().min(MOST_CONDITIONS);
        let mut number = 0_usize;
        for (object, step) in &steps {
            let Some(image) = step.get("image").filter(|_| self.left.get() > 0) else { continue };
            // Aliases may give many steps the same conditions.
            let left_out: &[bool] = match step.get("when").filter(|_| is_of_woodpecker) {
                Some(when) => known.entry(Rc::as_ptr(when)).or_insert_with(|| {
                    left = left.saturating_sub(when.size().saturating_mul(rows.len()));
                    let known = runs.iter().zip(&rows).filter(|_| left > 0);
                    known.map(|(run, values)| is_left_out(when, &Row { values, is_whole }, run.host.0)).collect()
                }),
                None => &[],
            };
            // Of two steps with conditions it is not known whether they ever run together: each is compared with those without one.
            let groups = if is_conditional(step) {
                number += 1;
                number..number + usize::from(number <= conditions)
            } else {
                0..conditions + 1
            };
            let mut shared = Vec::new();
            for (number, run) in runs.iter().enumerate() {
                if left_out.get(number) != Some(&true) {
                    let groups = groups.clone().filter(|_| !are_apart);
                    let shares = groups.map(|group| format!("{} {number} {group}", root.span.start)).collect();
                    shared.push(Run { shares, ..run.clone() });
                }
            }
            self.add(image, object.clone(), &shared);
        }
        if root.text_at(&["type"]) == Some(IN_PODS) {
            self.found.iter_mut().for_each(|found| found.isolated_by = IsolatedBy::Kubelet);
        }
    }

    /// The machine that a pipeline names, in this row of its matrix. One of Drone that names none runs on Linux.
    fn drone_host(&self, root: &Node, scopes: &[&Scope]) -> (Os, Lands) {
        let texts = [root.text_at(&["platform", "os"]), root.text_at(&["platform"]), root.text_at(&["labels", "platform"])];
        let said = texts.into_iter().flatten().next();
        let lands = root.text_at(&["platform", "version"]).map_or(Lands::Fleet, |version| Lands::Hosted(version.to_owned()));
        let scopes = Scopes { service: self.service, given: self.values, parts: scopes.to_vec() };
        let os = said.and_then(|text| match scopes.meant(text) {
            Meant::Known(platform) => Some(Os::of_platform(&platform)),
            _ => None,
        });
        match os {
            Some(os) => (os, lands),
            None if said.is_none() && root.text_at(&["kind"]) == Some("pipeline") => {
                let why = "Drone runs a pipeline whose `platform` does not name a system on Linux".to_owned();
                (Os::Unsaid, Lands::Linux { why, hint: "add `os: windows` to the `platform` of the pipeline".to_owned() })
            }
            None => (Os::Unsaid, lands),
        }
    }
}
