//! The patches of a kustomization: objects that are put over others of the same name, and lists of operations (JSON 6902).
//!
//! Sources: kubernetes-sigs/kustomize api/types (`Patch`, `Selector`), kyaml/yaml/merge2; RFC 6901 and 6902.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::kubernetes::{self, Known};
use super::super::paths::normal;
use super::super::yaml::{self, Node, Value};
use super::super::{Found, Lines, Place};
use crate::host::pod;

/// The text of a file.
pub type TextOf<'t> = &'t dyn Fn(&Path) -> Option<Rc<str>>;

/// A text that is put over objects.
#[derive(Debug)]
pub struct Patch {
    /// Where the kustomization names it.
    pub place: Place,
    /// The file that it stands in; `None` where the kustomization has it itself.
    pub file: Option<PathBuf>,
    /// What it does; `None` where that is not followed.
    changes: Option<Vec<Change>>,
    /// True if it has words of images, or of where pods land.
    pub concerns_pods: bool,
}

/// The objects that a patch concerns: those of this kind and name, as far as they are said.
#[derive(Clone, Debug, Default)]
struct Target {
    kind: Option<String>,
    name: Option<String>,
}

/// What a patch does to an object.
#[derive(Debug)]
struct Change {
    target: Target,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A part of an object, and the images in it where it stands in a file.
    Merge(Rc<Node>, Vec<Found>),
    /// An operation, and the keys of the value that it is for.
    Operation(Operation, Vec<String>),
}

/// What an operation does to a value.
#[derive(Debug)]
enum Operation {
    /// In a list, it is put before it.
    Add(Rc<Node>),
    Replace(Rc<Node>),
    Remove,
}

/// The words of images and of where pods land.
const WORDS: [&str; 8] =
    ["image:", "\"image\"", "/image", "nodeSelector", "affinity", "tolerations", "runtimeClassName", "nodeName"];

impl Patch {
    /// The patches of a kustomization, in each of the ways to write them.
    pub fn all(root: &Node, folder: &Path, lines: &Lines<'_>, text_of: TextOf<'_>) -> Vec<Self> {
        let mut patches = Vec::new();
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            for entry in root.get(key).map(|list| list.list()).unwrap_or_default() {
                // A bare text is the name of a file, or the patch itself.
                let bare = entry.text();
                let is_patch = bare.is_some_and(|text| text.contains('\n'));
                let named = bare.filter(|_| !is_patch).or_else(|| entry.text_at(&["path"]));
                let file = named.map(|text| normal(&folder.join(text.replace('\\', "/"))));
                let own = bare.filter(|_| is_patch).or_else(|| entry.text_at(&["patch"])).map(Rc::from);
                let Some(text) = own.or_else(|| text_of(file.as_deref()?)) else { continue };
                patches.push(Self {
                    place: lines.place(entry.span.clone()),
                    changes: changes(entry, &text, file.is_some()),
                    concerns_pods: WORDS.iter().any(|word| text.contains(word)),
                    file,
                });
            }
        }
        patches
    }

    /// True if what it does is followed.
    pub const fn is_followed(&self) -> bool {
        self.changes.is_some()
    }

    /// The object with this patch, and the images of the patch where they stand in its file; `None` for an object that it does not concern.
    pub fn applied(&self, object: &Rc<Node>) -> Option<(Rc<Node>, Vec<&Found>)> {
        let concerned: Vec<&Change> = self.changes.iter().flatten().filter(|change| change.target.is(object)).collect();
        if concerned.is_empty() {
            return None;
        }
        let (mut patched, mut found) = (Rc::clone(object), Vec::new());
        // Lists of the kinds of others have no names by which they are merged.
        let by_name = object.text_at(&["kind"]).is_some_and(|kind| pod::template(kind).is_some());
        for change in concerned {
            match &change.what {
                What::Merge(over, images) => {
                    patched = merged(&patched, over, by_name)?;
                    found.extend(images);
                }
                What::Operation(operation, keys) => patched = operation.applied(&patched, keys)?,
            }
        }
        Some((patched, found))
    }
}

impl Target {
    /// That of a patch; `None` where it chooses by more than a kind and a name.
    fn of(target: &Node) -> Option<Self> {
        let text = |key: &str| target.text_at(&[key]).filter(|text| !text.is_empty()).map(str::to_owned);
        let (kind, name) = (text("kind"), text("name"));
        // Both are regular expressions.
        let is_plain = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_simple = [&kind, &name].into_iter().flatten().all(is_plain);
        let has_more = ["labelSelector", "annotationSelector"].iter().any(|key| text(key).is_some());
        (is_simple && !has_more).then_some(Self { kind, name })
    }

    fn is(&self, object: &Node) -> bool {
        let is =
            |wanted: &Option<String>, keys: &[&str]| wanted.as_deref().is_none_or(|wanted| object.text_at(keys) == Some(wanted));
        is(&self.kind, &["kind"]) && is(&self.name, &["metadata", "name"])
    }
}

/// What a patch does; `None` for what is not followed.
fn changes(entry: &Node, text: &str, is_file: bool) -> Option<Vec<Change>> {
    let target = match entry.get("target") {
        Some(target) => Some(Target::of(target)?),
        None => None,
    };
    let (documents, broken) = yaml::read(text);
    if !broken.is_empty() {
        return None;
    }
    let mut changes = Vec::new();
    for root in documents.into_iter().filter_map(|document| document.root) {
        if let Value::List(operations) = &root.value {
            let target = target.clone()?;
            for operation in operations.iter().filter(|operation| operation.text_at(&["op"]) != Some("test")) {
                changes.push(Change { target: target.clone(), what: Operation::of(operation)? });
            }
            continue;
        }
        let own = |keys: &[&str]| root.text_at(keys).map(str::to_owned);
        let target = match &target {
            Some(target) => target.clone(),
            None => Target { kind: Some(own(&["kind"])?), name: Some(own(&["metadata", "name"])?) },
        };
        let found = if is_file { kubernetes::read(&root, &Lines::of(text), &Known::default()) } else { Vec::new() };
        // An object keeps its kind and its name.
        let is_content = |key: &Node| key.text().is_some_and(|key| !["apiVersion", "kind", "metadata"].contains(&key));
        let content = root.entries().into_iter().filter(|(key, _)| is_content(key));
        let content = content.map(|(key, value)| (Rc::clone(key), Rc::clone(value))).collect();
        changes.push(Change { target, what: What::Merge(Rc::new(root.with(Value::Map(content))), found) });
    }
    Some(changes)
}

impl Operation {
    fn of(operation: &Node) -> Option<What> {
        let value = || operation.get("value").cloned();
        let what = match operation.text_at(&["op"])? {
            "add" => Self::Add(value()?),
            "replace" => Self::Replace(value()?),
            "remove" => Self::Remove,
            _ => return None,
        };
        let path = operation.text_at(&["path"])?.strip_prefix('/')?;
        Some(What::Operation(what, path.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// A value after this operation at these keys below it; `None` where they lead nowhere.
    fn applied(&self, within: &Rc<Node>, keys: &[String]) -> Option<Rc<Node>> {
        let (key, below) = keys.split_first()?;
        let changed = match &within.value {
            Value::Map(_) => {
                let value = match below {
                    [] => self.value().cloned(),
                    below => Some(self.applied(within.get(key)?, below)?),
                };
                let others = within.entries().into_iter().filter(|(name, _)| name.text() != Some(key));
                let mut entries: Vec<_> = others.map(|(name, value)| (Rc::clone(name), Rc::clone(value))).collect();
                entries.extend(value.map(|value| (Rc::new(Node::of_text(key, 0..0)), value)));
                Value::Map(entries)
            }
            Value::List(list) => {
                let at = if key == "-" { list.len() } else { key.parse().ok()? };
                let new = match below {
                    [] => self.value().cloned(),
                    below => Some(self.applied(list.get(at)?, below)?),
                };
                let is_added = below.is_empty() && matches!(self, Self::Add(_));
                let until = if is_added { at } else { at.checked_add(1)? };
                let (before, behind) = (list.get(..at)?, list.get(until..)?);
                Value::List(before.iter().cloned().chain(new).chain(behind.iter().cloned()).collect())
            }
            Value::Scalar { .. } => return None,
        };
        Some(Rc::new(within.with(changed)))
    }

    const fn value(&self) -> Option<&Rc<Node>> {
        match self {
            Self::Add(value) | Self::Replace(value) => Some(value),
            Self::Remove => None,
        }
    }
}

/// A value with another over it; `None` where nothing is left. Maps are merged key by key, and lists of things with names by these where
/// that is the rule; other lists and texts are replaced.
fn merged(under: &Rc<Node>, over: &Rc<Node>, by_name: bool) -> Option<Rc<Node>> {
    match over.text_at(&["$patch"]) {
        Some("delete") => return None,
        Some("replace") => return Some(Rc::clone(over)),
        _ => {}
    }
    if over.is_nothing() {
        return None;
    }
    if over.is_map() && under.is_map() {
        let mut entries = Vec::new();
        for (key, value) in under.entries() {
            let new = key.text().and_then(|key| over.get(key));
            let value = new.map_or_else(|| Some(Rc::clone(value)), |new| merged(value, new, by_name));
            entries.extend(value.map(|value| (Rc::clone(key), value)));
        }
        let is_new = |key: &Node| key.text().is_some_and(|key| under.get(key).is_none() && key != "$patch");
        let new = over.entries().into_iter().filter(|(key, value)| is_new(key) && !value.is_nothing());
        entries.extend(new.map(|(key, value)| (Rc::clone(key), Rc::clone(value))));
        return Some(Rc::new(under.with(Value::Map(entries))));
    }
    let (Value::List(below), Value::List(above)) = (&under.value, &over.value) else { return Some(Rc::clone(over)) };
    let by_names = |list: &'_ [Rc<Node>]| -> Option<BTreeMap<String, Rc<Node>>> {
        list.iter().map(|one| Some((one.text_at(&["name"])?.to_owned(), Rc::clone(one)))).collect()
    };
    let (Some(old), Some(new)) = (by_names(below), by_names(above)) else { return Some(Rc::clone(over)) };
    if !by_name || above.is_empty() {
        return Some(Rc::clone(over));
    }
    // Those of the patch come first: operations count by this order.
    let mut list = Vec::new();
    for one in above {
        match one.text_at(&["name"]).and_then(|name| old.get(name)) {
            Some(old) => list.extend(merged(old, one, by_name)),
            None => list.push(Rc::clone(one)),
        }
    }
    let is_kept = |one: &&Rc<Node>| one.text_at(&["name"]).is_some_and(|name| !new.contains_key(name));
    list.extend(below.iter().filter(is_kept).cloned());
    Some(Rc::new(under.with(Value::List(list))))
}
