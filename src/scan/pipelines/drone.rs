//! Pipelines of Drone and Woodpecker: steps, services and clones, each with an image.
//!
//! Sources: docs.drone.io, `platform` (without a system, it is Linux), `type: kubernetes` (the steps are containers of a pod);
//! woodpecker-ci.org, workflow syntax: `labels`, `clone`, `matrix`.

use std::rc::Rc;

use super::variables::{Scope, Scopes};
use super::{Reader, Run, matrix};
use crate::scan::yaml::Node;
use crate::scan::{IsolatedBy, Lands, Meant, Os};

/// The type of a pipeline of Drone whose steps run in a pod.
const IN_PODS: &str = "kubernetes";

/// The types of pipelines of Drone whose steps are not containers.
const WITHOUT_CONTAINERS: [&str; 4] = ["exec", "ssh", "digitalocean", "macstadium"];

impl Reader<'_, '_> {
    pub(super) fn drone(&mut self, root: &Node) {
        if root.text_at(&["type"]).is_some_and(|kind| WITHOUT_CONTAINERS.contains(&kind)) {
            return;
        }
        let rows = matrix::rows(self.service, root);
        let run = |row| {
            let scopes = vec![row];
            Run { host: self.drone_host(root, &scopes), scopes }
        };
        let runs: Vec<Run<'_>> = rows.iter().map(run).collect();
        for (key, word) in [("clone", "clone"), ("steps", "step"), ("services", "step"), ("pipeline", "step")] {
            let Some(list) = root.get(key) else { continue };
            let named = list.list().iter().map(|step| (step.text_at(&["name"]).unwrap_or_default(), step));
            let keyed = list.entries().into_iter().map(|(name, step)| (name.text().unwrap_or_default(), step));
            let steps: Vec<(&str, &Rc<Node>)> = named.chain(keyed).collect();
            for (name, step) in steps {
                if let Some(image) = step.get("image") {
                    self.add(image, format!("{word} {name}"), &runs);
                }
            }
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
