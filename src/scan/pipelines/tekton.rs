//! Objects of Tekton: the steps and sidecars of tasks, alone or within pipelines and runs.
//!
//! Source: tektoncd/pipeline, docs: tasks, pipelines (`finally`, embedded specifications), runs, step actions.

use std::rc::Rc;
use std::sync::Arc;

use super::{Reader, Run};
use crate::host::placement::Placement;
use crate::host::pod;
use crate::scan::yaml::Node;
use crate::scan::{Lands, Needs, Os};

impl Reader<'_, '_> {
    pub(super) fn tekton(&mut self, root: &Node) {
        let name = root.text_at(&["metadata", "name"]).unwrap_or("?");
        let kind = root.text_at(&["kind"]).unwrap_or_default();
        let runs = [Run { host: host_of(root), scopes: Vec::new() }];
        let mut open: Vec<&Rc<Node>> = root.get("spec").into_iter().collect();
        // A step that tasks share is an image itself.
        if let Some(image) = root.at(&["spec", "image"]).filter(|_| kind == "StepAction") {
            self.add(image, format!("{kind} {name}"), &runs);
        }
        while let Some(spec) = open.pop() {
            for (list, word) in [("steps", "step"), ("sidecars", "sidecar")] {
                for container in spec.get(list).map(|list| list.list()).unwrap_or_default() {
                    let Some(image) = container.get("image") else { continue };
                    let own = container.text_at(&["name"]).unwrap_or("?");
                    self.add(image, format!("{kind} {name} {word} {own}"), &runs);
                }
            }
            if let Some(image) = spec.at(&["stepTemplate", "image"]) {
                self.add(image, format!("{kind} {name} step template"), &runs);
            }
            let tasks = [spec.get("tasks"), spec.get("finally")].into_iter().flatten().flat_map(|tasks| tasks.list());
            open.extend(tasks.chain(["taskSpec", "pipelineSpec"].iter().filter_map(|key| spec.get(key))));
        }
        // A pod can land on each of its nodes.
        for found in self.found.iter_mut().filter(|found| matches!(found.lands, Lands::Nodes(_))) {
            found.needs = Needs::EveryHost;
        }
        self.found.sort_by_key(|found| found.place.span.start);
    }
}

/// The hosts of an object: for a run the nodes that its template of pods allows, unless its tasks have templates of their own.
fn host_of(root: &Node) -> (Os, Lands) {
    let templates = [&["spec", "podTemplate"][..], &["spec", "taskRunTemplate", "podTemplate"]];
    let template = templates.into_iter().find_map(|path| root.at(path));
    let Some(template) = template.filter(|_| root.at(&["spec", "taskRunSpecs"]).is_none()) else {
        return (Os::Unsaid, Lands::Fleet);
    };
    let placement = Placement::of(template.as_ref());
    let os = Os::of_pod(pod::os_of(&placement).as_deref());
    (os, Lands::Nodes(Arc::new(placement)))
}
