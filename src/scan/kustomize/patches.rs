//! The patches of a kustomization: objects that are put over others of the same name, and lists of operations (JSON 6902).
//!
//! Source: kubernetes-sigs/kustomize api/types (`Patch`, `Selector`), api/resmap, api/resource (any name that an object has or had).

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::inner_text::InnerText;
use super::super::kubernetes::{self, Known};
use super::super::paths::{normal, slashes};
use super::super::yaml::{self, Document, Node, Value};
use super::super::{Editable, Found, Lines, Place};
use super::merging::{Operation, merged, replaces};

/// The files of patches, each of which is read once.
pub struct PatchFiles<'t> {
    text_of: &'t dyn Fn(&Path) -> Option<Rc<str>>,
    read: RefCell<BTreeMap<PathBuf, Option<Rc<Content>>>>,
}

/// A text that is put over objects.
#[derive(Debug)]
pub struct Patch {
    /// Where the kustomization names it.
    pub place: Place,
    /// The file that it stands in; `None` where the kustomization has it itself.
    pub file: Option<PathBuf>,
    /// The objects that it concerns, where the kustomization says them.
    target: Option<Target>,
    /// `None` for what is not followed.
    content: Option<Rc<Content>>,
    /// True if it has words of images, or of where pods land, or cannot be read.
    pub concerns_pods: bool,
}

/// What stands in a patch.
#[derive(Debug)]
struct Content {
    /// `None` for what is not followed.
    changes: Option<Vec<Change>>,
    concerns_pods: bool,
    texts: Texts,
}

/// Where texts stand that may be images, with what can be changed of each, by their first bytes in the patch and what they say.
type Texts = HashMap<(usize, String), Standing>;

/// The place of a text, and what can be changed of it.
type Standing = (Place, Option<Editable>);

/// What a patch does to an object.
#[derive(Debug)]
enum Change {
    /// A part is put over the objects that it names itself, with the images in it, whose places are those in the text of the patch.
    Merge {
        own: Option<Target>,
        part: Rc<Node>,
        found: Vec<Found>,
    },
    Operation(Operation),
}

/// The objects that a patch concerns, as far as it is said.
#[derive(Debug, Default)]
struct Target {
    group: Option<String>,
    version: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
}

/// The names that an object has or had, each with its namespace: a patch may name any of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(Vec<(String, String)>);

/// What becomes of an object by a patch.
pub enum Patched<'p> {
    /// It does not concern it.
    Untouched,
    /// It takes it away.
    Gone,
    /// This object, and the images of the patch, whose places are those in its text.
    Changed(Rc<Node>, Vec<&'p Found>),
}

/// The namespace of what has none.
const DEFAULT: &str = "default";

/// The words of images.
const IMAGE_WORDS: [&str; 3] = ["image:", "\"image\"", "/image"];

/// The words of where pods land.
const LANDING_WORDS: [&str; 9] = [
    "nodeSelector",
    "affinity",
    "tolerations",
    "runtimeClassName",
    "nodeName",
    "hostNetwork",
    "hostProcess",
    // Of a RuntimeClass.
    "scheduling:",
    "/scheduling",
];

/// The keys whose values may be images, in objects and in operations.
const OF_IMAGES: [&str; 3] = ["image", "reference", "value"];

/// The kinds and their versions whose lists are merged by names; those of others are replaced.
const BY_NAME: [(&str, &[&str]); 4] = [
    ("v1", &["Pod", "PodTemplate", "ReplicationController"]),
    ("apps/v1", &["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"]),
    ("batch/v1", &["Job", "CronJob"]),
    ("batch/v1beta1", &["CronJob"]),
];

impl<'t> PatchFiles<'t> {
    /// Those that this reads.
    pub const fn new(text_of: &'t dyn Fn(&Path) -> Option<Rc<str>>) -> Self {
        Self { text_of, read: RefCell::new(BTreeMap::new()) }
    }

    fn content(&self, path: &Path) -> Option<Rc<Content>> {
        let known = self.read.borrow().get(path).cloned();
        known.unwrap_or_else(|| {
            let content = (self.text_of)(path).map(|text| Rc::new(Content::of_file(&text)));
            self.read.borrow_mut().insert(path.to_owned(), content.clone());
            content
        })
    }
}

impl Patch {
    /// The patches of a kustomization, in the order in which its ways to write them count.
    pub fn all(root: &Node, folder: &Path, lines: &Lines<'_>, files: &PatchFiles<'_>) -> Vec<Self> {
        let keys = ["patchesStrategicMerge", "patches", "patchesJson6902"];
        let entries = keys.iter().flat_map(|key| root.get(key).map(|list| list.list()).unwrap_or_default());
        entries.map(|entry| Self::of(entry, folder, lines, files)).collect()
    }

    fn of(entry: &Node, folder: &Path, lines: &Lines<'_>, files: &PatchFiles<'_>) -> Self {
        // A bare text is the name of a file, or the patch itself.
        let bare = entry.text();
        let is_patch = bare.is_some_and(|text| text.contains('\n'));
        let named = bare.filter(|_| !is_patch).or_else(|| entry.text_at(&["path"]));
        // What is on a server is not read. Kustomize takes an address with a scheme for one, and all else for a file.
        let file = named.filter(|text| !text.contains("://")).map(|text| normal(&folder.join(slashes(text))));
        let inner = if bare.is_some() { Some(entry) } else { entry.get("patch").map(Rc::as_ref) };
        let content = match &file {
            Some(file) => files.content(file),
            None => inner
                .filter(|_| named.is_none())
                .and_then(|node| Some(Rc::new(Content::of_part(node.text()?, &node.span, lines)))),
        };
        let concerns_pods = content.as_ref().is_none_or(|content| content.concerns_pods);
        let target = entry.get("target").map(|target| Target::of(target));
        let has_operations = content.as_ref().is_some_and(|content| content.has_operations());
        let is_open = ["allowNameChange", "allowKindChange"].iter().any(|key| entry.text_at(&["options", key]) == Some("true"))
            || matches!(target, Some(None))
            || target.is_none() && has_operations;
        let content = content.filter(|content| !is_open && content.changes.is_some());
        Self { place: lines.place(entry.span.clone()), file, target: target.flatten(), content, concerns_pods }
    }

    /// True if what it does is followed.
    pub const fn is_followed(&self) -> bool {
        self.content.is_some()
    }

    /// Where a text stands that begins at this byte of the patch, and what can be changed of it.
    pub fn standing(&self, start: usize, text: &str) -> Option<&Standing> {
        self.content.as_ref()?.texts.get(&(start, text.to_owned()))
    }

    fn changes(&self) -> &[Change] {
        self.content.as_ref().and_then(|content| content.changes.as_deref()).unwrap_or_default()
    }

    /// What becomes of an object that has or had these names; `None` where that is more work than `left`, counted in values that are
    /// looked at.
    pub fn applied(&self, object: &Rc<Node>, names: &Names, left: &mut usize) -> Option<Patched<'_>> {
        let version = object.text_at(&["apiVersion"]).unwrap_or_default();
        let kind = object.text_at(&["kind"]).unwrap_or_default();
        let by_name = BY_NAME.iter().any(|(of, kinds)| *of == version && kinds.contains(&kind));
        let is_named = self.target.as_ref().map(|target| target.is(object, names));
        let (mut patched, mut images) = (None, Vec::new());
        for change in self.changes() {
            let under = patched.as_ref().unwrap_or(object);
            *left = left.checked_sub(1)?;
            match change {
                Change::Merge { own, part, found } => {
                    if is_named.unwrap_or_else(|| own.as_ref().is_some_and(|own| own.is(object, names))) {
                        *left = left.checked_sub(part.size().saturating_add(under.size()))?;
                        let Some(new) = merged(under, part, by_name) else { return Some(Patched::Gone) };
                        images.extend(found);
                        patched = Some(new);
                    }
                }
                Change::Operation(operation) if is_named == Some(true) => {
                    // Kustomize refuses one that leads nowhere.
                    *left = left.checked_sub(under.size())?;
                    let Some(new) = operation.applied(under) else { return Some(Patched::Untouched) };
                    patched = Some(new);
                }
                Change::Operation(_) => {}
            }
        }
        Some(patched.map_or(Patched::Untouched, |new| Patched::Changed(new, images)))
    }
}

impl Content {
    /// That of a file.
    fn of_file(text: &str) -> Self {
        let lines = Lines::of(text);
        Self::of(text, &|span, word| Some((lines.place(span.clone()), lines.literal(span.clone(), word))))
    }

    /// That of a text in these bytes of a file.
    fn of_part(text: &str, span: &Range<usize>, lines: &Lines<'_>) -> Self {
        let inner = InnerText::of(lines.text(), span, text);
        Self::of(text, &|part, word| {
            let span = inner.span(part)?;
            Some((lines.place(span.clone()), lines.literal(span, word)))
        })
    }

    fn of(text: &str, standing: &dyn Fn(&Range<usize>, &str) -> Option<Standing>) -> Self {
        let has_one = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let concerns_pods = has_one(&IMAGE_WORDS) || has_one(&LANDING_WORDS);
        let (documents, broken) = yaml::read(text);
        let texts = texts_of(&documents, standing);
        let changes = if broken.is_empty() { Self::changes(documents, text) } else { None };
        Self { changes, concerns_pods, texts }
    }

    fn has_operations(&self) -> bool {
        self.changes.iter().flatten().any(|change| matches!(change, Change::Operation(_)))
    }

    fn changes(documents: Vec<Document>, text: &str) -> Option<Vec<Change>> {
        let roots: Vec<Rc<Node>> =
            documents.into_iter().filter_map(|document| document.root).filter(|root| !root.is_nothing()).collect();
        if let [only] = roots.as_slice()
            && let Value::List(operations) = &only.value
        {
            let operations = operations.iter().filter(|operation| operation.text_at(&["op"]) != Some("test"));
            return operations.map(|operation| Operation::of(operation).map(Change::Operation)).collect();
        }
        roots.iter().flat_map(kubernetes::objects).map(|root| Self::merge(root, text)).collect()
    }

    fn merge(root: &Rc<Node>, text: &str) -> Option<Change> {
        if !root.is_map() || replaces(root) {
            return None;
        }
        let found = kubernetes::read(root, &Lines::of(text), &Known::default());
        // An object keeps its kind and its name.
        let is_content = |key: &Node| key.text().is_some_and(|key| !["apiVersion", "kind", "metadata"].contains(&key));
        let content = root.entries().into_iter().filter(|(key, _)| is_content(key));
        let content = content.map(|(key, value)| (Rc::clone(key), Rc::clone(value))).collect();
        Some(Change::Merge { own: Target::of_object(root), part: Rc::new(root.with(Value::Map(content))), found })
    }
}

/// Where the texts of these documents stand that may be images.
fn texts_of(documents: &[Document], standing: &dyn Fn(&Range<usize>, &str) -> Option<Standing>) -> Texts {
    let mut texts = Texts::new();
    for node in yaml::each_once(documents.iter().filter_map(|document| document.root.as_ref())) {
        let Value::Map(entries) = &node.value else { continue };
        for (key, value) in entries {
            if let Some(text) = value.text()
                && key.text().is_some_and(|key| OF_IMAGES.contains(&key))
                && let Some(standing) = standing(&value.span, text)
            {
                texts.insert((value.span.start, text.to_owned()), standing);
            }
        }
    }
    texts
}

impl Names {
    /// Those of an object as it is written.
    pub fn of(object: &Node) -> Self {
        let text = |key: &str| object.text_at(&["metadata", key]);
        Self(vec![(text("name").unwrap_or_default().to_owned(), text("namespace").unwrap_or(DEFAULT).to_owned())])
    }

    /// Those with one more.
    pub fn add(&mut self, others: Self) {
        self.0.extend(others.0.into_iter().filter(|one| !self.0.contains(one)).collect::<Vec<_>>());
    }

    /// Those with the newest one changed: what is before and behind the name, and another namespace.
    pub fn rename(&mut self, before: &str, behind: &str, namespace: Option<&str>) {
        let Some((name, old)) = self.0.last() else { return };
        let new = (format!("{before}{name}{behind}"), namespace.unwrap_or(old).to_owned());
        self.add(Self(vec![new]));
    }
}

impl Target {
    /// That of a kustomization; `None` where it chooses by more than this, or by a pattern: kind, name and the rest are regular expressions.
    fn of(target: &Node) -> Option<Self> {
        let text = |key: &str| target.text_at(&[key]).filter(|text| !text.is_empty()).map(str::to_owned);
        let [group, version, kind, name, namespace] = ["group", "version", "kind", "name", "namespace"].map(text);
        let is_plain = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // A group has dots, and is compared as it is.
        let is_simple = [&version, &kind, &name, &namespace].into_iter().flatten().all(is_plain);
        let has_more = ["labelSelector", "annotationSelector"].iter().any(|key| text(key).is_some());
        (is_simple && !has_more).then_some(Self { group, version, kind, name, namespace })
    }

    /// That of a patch that names its object itself; `None` where it does not.
    fn of_object(root: &Node) -> Option<Self> {
        let text = |keys: &[&str]| root.text_at(keys).map(str::to_owned);
        let group = root.text_at(&["apiVersion"]).map(|version| group(version).0.to_owned());
        let namespace = Some(text(&["metadata", "namespace"]).unwrap_or_else(|| DEFAULT.to_owned()));
        Some(Self { group, version: None, kind: Some(text(&["kind"])?), name: Some(text(&["metadata", "name"])?), namespace })
    }

    fn is(&self, object: &Node, names: &Names) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        let (group, version) = group(object.text_at(&["apiVersion"]).unwrap_or_default());
        is(&self.group, group)
            && is(&self.version, version)
            && is(&self.kind, object.text_at(&["kind"]).unwrap_or_default())
            && names.0.iter().any(|(name, namespace)| is(&self.name, name) && is(&self.namespace, namespace))
    }
}

/// The group and the version in an `apiVersion`: `v1` has no group.
fn group(version: &str) -> (&str, &str) {
    version.split_once('/').unwrap_or(("", version))
}
