//! Pipelines of Drone and Woodpecker: steps, services and clones, each with an image.
//!
//! Sources: docs.drone.io, `platform` (without a system, it is Linux); woodpecker-ci.org, workflow syntax: `labels`, `clone`.

use std::rc::Rc;

use super::{Reader, Run};
use crate::scan::yaml::Node;
use crate::scan::{Lands, Os};

/// The types of pipelines of Drone whose steps are not containers.
const WITHOUT_CONTAINERS: [&str; 4] = ["exec", "ssh", "digitalocean", "macstadium"];

impl Reader<'_, '_> {
    pub(super) fn drone(&mut self, root: &Node) {
        if root.text_at(&["type"]).is_some_and(|kind| WITHOUT_CONTAINERS.contains(&kind)) {
            return;
        }
        let runs = [Run { host: host(root), scopes: Vec::new() }];
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
    }
}

/// The machine that a pipeline names. One of Drone that names none runs on Linux.
fn host(root: &Node) -> (Os, Lands) {
    let texts = [root.text_at(&["platform", "os"]), root.text_at(&["platform"]), root.text_at(&["labels", "platform"])];
    let said = texts.into_iter().flatten().next();
    let lands = root.text_at(&["platform", "version"]).map_or(Lands::Fleet, |version| Lands::Hosted(version.to_owned()));
    match said.filter(|text| !text.contains('$')).map(Os::of_platform) {
        Some(os) => (os, lands),
        None if said.is_none() && root.text_at(&["kind"]) == Some("pipeline") => {
            let why = "Drone runs a pipeline whose `platform` does not name a system on Linux".to_owned();
            (Os::Unsaid, Lands::Linux { why, hint: "add `os: windows` to the `platform` of the pipeline".to_owned() })
        }
        None => (Os::Unsaid, lands),
    }
}
