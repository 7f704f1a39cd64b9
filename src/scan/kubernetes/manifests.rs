//! Manifests that workflows of Argo hold as a text: `resource.manifest` of a template.
//!
//! Source: argoproj/argo-workflows, fields: `ResourceTemplate`.

use std::collections::HashSet;
use std::rc::Rc;

use super::{Known, objects, read_below};
use crate::host::pod;
use crate::scan::inner_text::InnerText;
use crate::scan::yaml::{self, Node, Value};
use crate::scan::{Found, Lines, Note};

/// A template of Argo that makes an object.
struct Template<'n> {
    /// What it belongs to, e.g. `argoproj.io/v1alpha1 Workflow w template a`.
    name: String,
    resource: &'n Rc<Node>,
}

impl<'n> Template<'n> {
    /// The text of the object.
    fn manifest(&self) -> Option<(&'n Rc<Node>, &'n str)> {
        let manifest = self.resource.get("manifest")?;
        Some((manifest, manifest.text()?))
    }
}

/// The templates of an object that make others.
fn templates(object: &Rc<Node>) -> Vec<Template<'_>> {
    let is_argo = object.text_at(&["apiVersion"]).is_some_and(|api| api.starts_with("argoproj.io/"));
    let mut templates = Vec::new();
    let mut seen: HashSet<*const Node> = HashSet::new();
    let mut open: Vec<&Rc<Node>> = object.get("spec").filter(|_| is_argo).into_iter().collect();
    while let Some(node) = open.pop() {
        if !seen.insert(Rc::as_ptr(node)) {
            continue;
        }
        match &node.value {
            Value::Scalar { .. } => {}
            Value::List(list) => open.extend(list.iter().rev()),
            Value::Map(_) => {
                let has_text = |resource: &&Rc<Node>| ["manifest", "manifestFrom"].iter().any(|key| resource.get(key).is_some());
                templates.extend(node.get("resource").filter(has_text).map(|resource| Template {
                    name: pod::with_part(&pod::name(object.as_ref()), &pod::part("template", node.text_at(&["name"]))),
                    resource,
                }));
                open.extend(node.entries().into_iter().rev().map(|(_, value)| value));
            }
        }
    }
    templates
}

/// The references of the manifests in an object, which may hold others in turn, to this depth.
pub(super) fn read(object: &Rc<Node>, lines: &Lines<'_>, known: &Known, depth: usize) -> Vec<Found> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let mut all = Vec::new();
    for template in templates(object) {
        let Some((node, text)) = template.manifest() else { continue };
        let inner = InnerText::of(lines.text(), &node.span, text);
        for root in yaml::read(text).0.iter().filter_map(|document| document.root.as_ref()) {
            for found in read_below(root, &Lines::of(text), known, depth) {
                let span = inner.span(&found.place.span);
                all.push(Found {
                    place: lines.place(span.clone().unwrap_or_else(|| node.span.clone())),
                    object: found.object.map(|object| format!("{object} ({})", template.name)),
                    together: found.together.map(|pod| format!("{} {pod}", node.span.start)),
                    editable: span.and_then(|span| lines.literal(span, &found.written)),
                    ..found
                });
            }
        }
    }
    all
}

/// The manifests in a document that are not read.
pub fn unread_manifests(root: &Rc<Node>, lines: &Lines<'_>) -> Vec<Note> {
    let unread = |template: Template<'_>| {
        let (node, why) = match template.manifest() {
            None => (template.resource, "comes from an artifact"),
            Some((_, text)) if yaml::read(text).1.is_empty() => return None,
            Some((node, _)) => (node, "is YAML only when its values are put in"),
        };
        let text = format!("the manifest of {} {why}, and is not read", template.name);
        Some(Note { place: lines.place(node.span.clone()), text })
    };
    objects(root).into_iter().flat_map(templates).filter_map(unread).collect()
}
