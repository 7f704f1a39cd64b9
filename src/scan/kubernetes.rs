//! Manifests of Kubernetes: every pod in them, with the nodes that it can land on.

mod classes;
mod host_process;
mod manifests;
mod pods;

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use self::classes::MOST_MEANT;
pub use self::classes::{RuntimeClasses, Stands, is_class};
pub use self::manifests::unread_manifests;
use self::pods::{Containers, pods_of};
use super::placeholder::{meant, put_into};
use super::words::Values;
use super::yaml::{Node, Value};
use super::{Asked, Found, IsolatedBy, Lands, Lines, Needs, Note, Os};
use crate::host::pod::{self, RuntimeClass, Tree};

/// The deepest lists of lists of objects.
const DEEPEST: usize = 8;

/// The deepest manifests within manifests.
const DEEPEST_TEXTS: usize = 4;

impl Tree for Node {
    fn get(&self, key: &str) -> Option<&Self> {
        self.get(key).map(Rc::as_ref)
    }

    fn list(&self) -> Vec<&Self> {
        self.list().iter().map(Rc::as_ref).collect()
    }

    fn entries(&self) -> Vec<(&str, &Self)> {
        self.entries().into_iter().filter_map(|(key, value)| Some((key.text()?, value.as_ref()))).collect()
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        self.text().map(Cow::Borrowed)
    }

    fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } => pod::truth(text),
            _ => None,
        }
    }
}

/// What is known beside a manifest.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The RuntimeClasses of the same input.
    pub classes: Rc<RuntimeClasses>,
    /// Where the manifest is from.
    pub stands: Stands,
    /// Values for what stands in the place of some.
    pub values: Values,
    /// Where a pod lands that says nothing of its nodes; `None` where each of them may take it.
    pub unled: Option<Lands>,
}

/// True for a document that is an object of Kubernetes. A file of Skaffold has a version and a kind too.
pub fn is_object(root: &Node) -> bool {
    root.text_at(&["apiVersion"]).is_some_and(|version| !version.starts_with("skaffold/")) && root.text_at(&["kind"]).is_some()
}

/// The template that a rendered object came from, as Helm writes it above it: `# Source: chart/templates/web.yaml`.
pub fn source_of(text: &str, start: usize) -> Option<&str> {
    let above = text.get(..start)?.lines().rev().map(str::trim);
    let mut comments = above.take_while(|line| line.is_empty() || line.starts_with('#') || line.starts_with("---"));
    comments.find_map(|line| line.strip_prefix("# Source:")).map(str::trim)
}

/// The references of one document.
pub fn read(root: &Rc<Node>, lines: &Lines<'_>, known: &Known) -> Vec<Found> {
    read_below(root, lines, known, DEEPEST_TEXTS)
}

/// The same with the manifests that objects hold as texts, to this depth.
fn read_below(root: &Rc<Node>, lines: &Lines<'_>, known: &Known, depth: usize) -> Vec<Found> {
    let of_template = known_within(root, known);
    let known = of_template.as_ref().unwrap_or(known);
    let mut found = Vec::new();
    for object in objects(root) {
        for containers in pods_of(object) {
            found.extend(Pod::all(object, &containers, known).iter().flat_map(|pod| pod.found(lines)));
        }
        found.extend(manifests::read(object, lines, known, depth));
    }
    found
}

/// Where the pods of a document land, and their systems, whatever containers they have.
pub fn nodes(root: &Rc<Node>, known: &Known) -> Vec<(Lands, Os)> {
    let mut nodes = Vec::new();
    for object in objects(root) {
        for containers in pods_of(object) {
            nodes.extend(Pod::all(object, &containers, known).into_iter().map(|pod| (pod.lands, pod.os)));
        }
    }
    nodes
}

/// True for a pod that says nothing of its nodes: it has no node selector, no affinity to nodes and no RuntimeClass.
fn is_unled(pod: &Containers<'_>) -> bool {
    let has = |keys: &[&str]| pod.spec.at(keys).is_some_and(|value| !value.is_nothing());
    pod.placement.selector.is_empty() && !has(&["affinity", "nodeAffinity"]) && !has(&["runtimeClassName"])
}

/// What is known within a template of OpenShift: its parameters have values of their own, unless others are given.
///
/// Source: the documentation of OpenShift, templates: `parameters`.
fn known_within(root: &Node, known: &Known) -> Option<Known> {
    let parameters = root.get("parameters").filter(|_| root.text_at(&["kind"]) == Some("Template"))?;
    let mut known = known.clone();
    for parameter in parameters.list() {
        // An empty one may be generated.
        let value = parameter.text_at(&["value"]).filter(|value| !value.is_empty());
        if let (Some(name), Some(value)) = (parameter.text_at(&["name"]), value) {
            known.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    Some(known)
}

/// The RuntimeClasses that pods of a document name and nobody has, unless the pods are for another system: they decide the nodes and the
/// isolation.
pub fn unknown_classes(root: &Rc<Node>, lines: &Lines<'_>, known: &Known) -> Vec<Note> {
    let unknown = |(object, containers): (&Rc<Node>, Containers<'_>)| {
        let class = containers.spec.get("runtimeClassName")?;
        let name = class.text().filter(|name| !known.classes.has(name))?;
        let pod = Pod::of(object, &containers, known, None);
        let text = format!(
            "the RuntimeClass {name} of {} is not in these files, so its node selector and its handler, which decides the isolation, are not \
             known: scan its file too",
            pod.name
        );
        (pod.os != Os::Other).then(|| Note { place: lines.place(class.span.clone()), text })
    };
    let pods = objects(root).into_iter().flat_map(|object| pods_of(object).into_iter().map(move |pod| (object, pod)));
    pods.filter_map(unknown).collect()
}

/// An object, or those of a list, or of a template of OpenShift.
pub fn objects(root: &Rc<Node>) -> Vec<&Rc<Node>> {
    objects_below(root, DEEPEST)
}

fn objects_below(root: &Rc<Node>, depth: usize) -> Vec<&Rc<Node>> {
    let kind = root.text_at(&["kind"]);
    let key = if kind == Some("Template") { "objects" } else { "items" };
    match root.get(key) {
        Some(items) if depth > 0 && kind.is_none_or(|kind| kind.ends_with("List") || kind == "Template") => {
            items.list().iter().flat_map(|item| objects_below(item, depth - 1)).collect()
        }
        _ => vec![root],
    }
}

struct Pod<'d> {
    known: &'d Known,
    name: String,
    containers: &'d Containers<'d>,
    lands: Lands,
    os: Os,
    host_process: bool,
    /// The number of its class among those that it may mean.
    number: usize,
}

impl<'d> Pod<'d> {
    /// A pod, once for each class that it may mean: by which of them it lands is not known, so it must fit by each.
    fn all(object: &Node, containers: &'d Containers<'d>, known: &'d Known) -> Vec<Self> {
        let unled = || Self::of(object, containers, known, None);
        let Some(name) = containers.spec.text_at(&["runtimeClassName"]) else { return vec![unled()] };
        let Some(classes) = known.classes.meant(name, &known.stands) else {
            let why = format!(
                "too many RuntimeClasses of the name {name} are equally near: more than {MOST_MEANT} lead it to other nodes each"
            );
            let hint = "scan the files of one cluster at a time".to_owned();
            return vec![Self { lands: Lands::Nowhere { why, hint }, ..unled() }];
        };
        if classes.is_empty() {
            return vec![unled()];
        }
        let of_class = |(number, class)| Self { number, ..Self::of(object, containers, known, Some((name, class))) };
        classes.into_iter().enumerate().map(of_class).collect()
    }

    fn of(object: &Node, containers: &'d Containers<'d>, known: &'d Known, class: Option<(&str, &RuntimeClass)>) -> Self {
        let spec: &Node = containers.spec;
        let of_object = pod::name(object);
        let name = match containers.part {
            Some(part) => pod::with_part(&of_object, &format!("template {part}")),
            None => of_object,
        };
        let mut placement = containers.placement.clone();
        let mut open = put_into(&mut placement, &known.values);
        let said = spec.text_at(&["os", "name"]).map(|name| meant(name, &known.values).told());
        let (placement, refused) = match class {
            None => (placement, None),
            Some((class, of_class)) => match placement.clone().with_class(of_class) {
                Ok(merged) => (merged, None),
                Err(pod::Conflict { key, own, of_class }) => {
                    let why =
                        format!("its node selector asks for {key}={own}, and its RuntimeClass {class} for {key}={of_class}");
                    let hint = "make the two agree: Kubernetes refuses a pod whose RuntimeClass contradicts it".to_owned();
                    (placement, Some(Lands::Nowhere { why, hint }))
                }
            },
        };
        let os = match said {
            Some(Ok(name)) => Os::of_pod(Some(name.as_str())),
            Some(Err(names)) => {
                open.extend(names);
                Os::Unsaid
            }
            None => Os::of_pod(pod::os(spec, &placement).as_deref()),
        };
        // It may be for Windows where its nodes are others.
        let os = if containers.unread.is_some() && os == Os::Other { Os::Unsaid } else { os };
        let refused = refused.or_else(|| host_process::refused(containers));
        let untold = (!open.is_empty()).then_some(Lands::Untold(open));
        let unled = || known.unled.clone().filter(|_| is_unled(containers));
        let unread = || containers.unread.clone();
        let lands = refused.or(untold).or_else(unread).or_else(unled).unwrap_or_else(|| Lands::Nodes(Arc::new(placement)));
        let host_process = pod::is_host_process(spec).unwrap_or(false);
        Self { known, name, containers, lands, os, host_process, number: 0 }
    }

    fn found(&self, lines: &Lines<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for (word, container) in &self.containers.all {
            let Some(image) = container.get("image") else { continue };
            let host_process = pod::is_host_process(container.as_ref()).unwrap_or(self.host_process);
            let part = pod::part(word, container.text_at(&["name"]));
            let asked = host_process.then_some(Asked::HostProcess);
            found.extend(self.reference(image, lines, &part, Needs::EveryHost, asked));
        }
        for volume in self.containers.spec.get("volumes").map(|list| list.list()).unwrap_or_default() {
            if let Some(image) = volume.at(&["image", "reference"]) {
                let part = pod::part("volume", volume.text_at(&["name"]));
                found.extend(self.reference(image, lines, &part, Needs::NoHost, None));
            }
        }
        found
    }

    /// A text that no other pod has.
    fn key(&self) -> String {
        let by_class = if self.number > 0 { format!(" {}", self.number) } else { String::new() };
        format!("{} {}{by_class}", self.containers.spec.span.start, self.name)
    }

    fn reference(&self, image: &Node, lines: &Lines<'_>, part: &str, needs: Needs, isolation: Option<Asked>) -> Option<Found> {
        let text = image.text()?;
        Some(Found {
            place: lines.place(image.span.clone()),
            object: Some(pod::with_part(&self.name, part)),
            written: text.to_owned(),
            meant: meant(text, &self.known.values),
            needs,
            os: self.os,
            processor: None,
            isolation,
            isolated_by: IsolatedBy::Start,
            lands: self.lands.clone(),
            // All images of a pod must fit one node.
            together: Some(self.key()),
            shares: Vec::new(),
            editable: lines.literal(image.span.clone(), text),
            texts: Vec::new(),
            also: Vec::new(),
            stays: None,
            made_by: None,
            is_repeated: false,
        })
    }
}

#[cfg(test)]
mod tests;
