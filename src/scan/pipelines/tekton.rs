//! Objects of Tekton: the steps and sidecars of tasks, alone or within pipelines and runs.
//!
//! Source: tektoncd/pipeline, docs: tasks, pipelines (`finally`, embedded specifications), runs, step actions.

use std::rc::Rc;

use super::{Reader, Run};
use crate::scan::yaml::Node;
use crate::scan::{Lands, Os};

impl Reader<'_, '_> {
    pub(super) fn tekton(&mut self, root: &Node) {
        let name = root.text_at(&["metadata", "name"]).unwrap_or("?");
        let kind = root.text_at(&["kind"]).unwrap_or_default();
        let runs = [Run { host: (Os::Unsaid, Lands::Fleet), scopes: Vec::new() }];
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
        self.found.sort_by_key(|found| found.place.span.start);
    }
}
