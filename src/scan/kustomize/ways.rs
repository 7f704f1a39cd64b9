//! The ways from kustomizations to manifests, and what is deployed on each.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::paths::shown;
use super::super::placeholder::meant;
use super::super::words::Values;
use super::super::yaml::{Node, Value, each_once};
use super::super::{Editable, Found};
use super::patches::{Names, Patch, Patched};
use super::{Change, Kustomization, Replacement, Step};

/// The longest chain of bases.
const DEEPEST: usize = 16;

/// The most ways to one manifest: overlays times bases.
const MOST_WAYS: usize = 1_000;

/// The most steps that are followed, all kustomizations together.
const MOST_FOLLOWED: usize = 1_000_000;

/// Steps in their order, what is nearer to the manifest first.
type Steps = Rc<[Rc<Step>]>;

/// Kustomizations by their folders.
type ByFolder<'k> = BTreeMap<&'k Path, &'k Kustomization>;

/// The lists of an object in which Kustomize replaces images, wherever they are.
const REPLACED: [&str; 2] = ["containers", "initContainers"];

/// Images, each by what is written and its first byte.
type Images = HashSet<(String, usize)>;

/// An object of a manifest as it is written.
pub struct Object {
    node: Rc<Node>,
    /// Its references.
    found: Vec<Found>,
    /// Those of its images that Kustomize replaces.
    replaced: Images,
}

impl Object {
    /// This object, with its references.
    pub fn of(node: &Rc<Node>, found: Vec<Found>) -> Self {
        Self { node: Rc::clone(node), found, replaced: replaced(node) }
    }

    /// Its references.
    pub fn found(&self) -> &[Found] {
        &self.found
    }
}

/// The images of an object that Kustomize replaces.
fn replaced(object: &Rc<Node>) -> Images {
    let mut images = Images::new();
    for node in each_once([object]) {
        let Value::Map(entries) = &node.value else { continue };
        let lists = entries.iter().filter(|(key, _)| key.text().is_some_and(|key| REPLACED.contains(&key)));
        let of_lists = lists.flat_map(|(_, list)| list.list()).filter_map(|container| container.get("image"));
        images.extend(of_lists.filter_map(|image| Some((image.text()?.to_owned(), image.span.start))));
    }
    images
}

/// One way from a kustomization that nothing else uses to a manifest.
#[derive(Clone, Debug)]
pub struct Way {
    /// The file of the kustomization.
    root: PathBuf,
    /// What is done on it.
    steps: Steps,
}

impl Way {
    /// The kustomization that nothing else uses.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The kustomizations that it leads through and the files of their patches, as far as they change something.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let changing = self.steps.iter().flat_map(|step| {
            let patch = if let Change::Patch(patch) = &step.what { patch.file.as_ref() } else { None };
            std::iter::once(&step.file).chain(patch)
        });
        std::iter::once(&self.root).chain(changing)
    }

    /// An object of a manifest after the patches of this way: none where one takes it away. `None` where that is more work than `left`,
    /// counted in values that are looked at.
    pub fn patched(&self, written: &Rc<Node>, left: &mut usize) -> Option<Vec<Rc<Node>>> {
        let (mut object, mut names) = (Rc::clone(written), Names::of(written));
        *left = left.checked_sub(1 + self.steps.len())?;
        for step in self.steps.iter() {
            match &step.what {
                Change::Image(_) => {}
                Change::Rename { before, behind, namespace } => names.rename(before, behind, namespace.as_deref()),
                Change::Patch(patch) => match patch.applied(&object, &names, left)? {
                    Patched::Untouched => {}
                    Patched::Gone => return Some(Vec::new()),
                    Patched::Changed(patched, _) => {
                        names.add(Names::of(&patched));
                        object = patched;
                    }
                },
            }
        }
        Some(vec![object])
    }

    /// The references of an object of a manifest as it is deployed in this way, each with the file that it stands in if that is not the
    /// manifest: the kustomization that replaces it, or a patch. `read` finds those of a patched object. `None` where that is more work than
    /// `left`, counted in values that are looked at.
    pub fn deployed(
        &self,
        written: &Object,
        read: &dyn Fn(&Rc<Node>) -> Vec<Found>,
        values: &Values,
        left: &mut usize,
    ) -> Option<Vec<(Option<PathBuf>, Found)>> {
        let (mut object, mut names) = (Rc::clone(&written.node), Names::of(&written.node));
        let mut parts: Vec<Part> = written.found.iter().cloned().map(Part::of).collect();
        let mut images = Cow::Borrowed(&written.replaced);
        for step in self.steps.iter() {
            *left = left.checked_sub(1 + parts.len())?;
            match &step.what {
                Change::Image(image) => {
                    let parts = parts.iter_mut().filter(|part| images.contains(&part.written()));
                    parts.for_each(|part| part.replace(&step.file, image, self, values));
                }
                Change::Rename { before, behind, namespace } => names.rename(before, behind, namespace.as_deref()),
                Change::Patch(patch) => match patch.applied(&object, &names, left)? {
                    Patched::Untouched => {}
                    Patched::Gone => return Some(Vec::new()),
                    Patched::Changed(patched, found) => {
                        parts = Part::patched(read(&patched), &parts, &found, patch, &step.file);
                        names.add(Names::of(&patched));
                        images = Cow::Owned(replaced(&patched));
                        object = patched;
                    }
                },
            }
        }
        Some(parts.into_iter().map(|part| (part.file, part.found)).collect())
    }
}

/// A reference on its way.
#[derive(Clone, Debug)]
struct Part {
    /// What it belongs to, its text, and its place in the file that has it, in the object after patches.
    of_object: (Option<String>, String, usize),
    /// The image with what was put in its place.
    image: String,
    /// The file that it stands in, if that is not the manifest.
    file: Option<PathBuf>,
    found: Found,
}

impl Part {
    fn of(found: Found) -> Self {
        let of_object = (found.object.clone(), found.written.clone(), found.place.span.start);
        Self { of_object, image: found.written.clone(), file: None, found }
    }

    /// The image as the object has it, after patches.
    fn written(&self) -> (String, usize) {
        let (_, text, start) = &self.of_object;
        (text.clone(), *start)
    }

    /// The references of a patched object: each the one that it was before, with what is new about its pod, or one of the patch.
    fn patched(found: Vec<Found>, before: &[Self], of_patch: &[&Found], patch: &Patch, kustomization: &Path) -> Vec<Self> {
        let before: BTreeMap<_, &Self> = before.iter().map(|part| (&part.of_object, part)).collect();
        let of_patch: BTreeMap<_, &Found> = of_patch.iter().map(|one| ((name(one), &one.written), *one)).collect();
        let part = |new: Found| {
            let one = Self::of(new);
            let written = of_patch.get(&(name(&one.found), &one.image));
            if let Some(old) = before.get(&one.of_object).filter(|_| written.is_none()) {
                let Found { os, isolation, lands, together, .. } = one.found;
                return Self { found: Found { os, isolation, lands, together, ..old.found.clone() }, ..(*old).clone() };
            }
            let start = written.map_or(one.found.place.span.start, |written| written.place.span.start);
            let (file, (place, editable)) = match patch.standing(start, &one.image) {
                Some(standing) => (patch.file.as_deref().unwrap_or(kustomization), standing.clone()),
                None => (kustomization, (patch.place.clone(), None)),
            };
            Self { file: Some(file.to_owned()), found: Found { place, editable, ..one.found }, ..one }
        };
        found.into_iter().map(part).collect()
    }

    /// The same with the image of this entry, if it is the one that the entry names.
    fn replace(&mut self, file: &Path, entry: &Replacement, way: &Way, values: &Values) {
        let Some(image) = entry.applied(&self.image) else { return };
        let through = if file == way.root { String::new() } else { format!(" ({})", shown(&way.root)) };
        self.found.object = self.of_object.0.as_ref().map(|object| format!("{object}{through}"));
        self.found.place = entry.place.clone();
        self.found.written.clone_from(&entry.written);
        self.found.editable = entry.editable.as_ref().and_then(|editable| {
            // A tag alone: the rest of the reference stands elsewhere.
            let before = image.strip_suffix(editable.text.as_str())?.to_owned();
            Some(Editable { before, ..editable.clone() })
        });
        self.found.meant = meant(&image, values);
        self.image = image;
        self.file = Some(file.to_owned());
    }
}

/// The name of the container or volume of a reference.
fn name(found: &Found) -> Option<&str> {
    let object = found.object.as_deref()?;
    [" container ", " volume "].into_iter().find_map(|word| object.rsplit_once(word)).map(|(_, name)| name)
}

/// The ways to every manifest that kustomizations lead to.
#[derive(Debug, Default)]
pub struct Ways {
    /// Those to each manifest.
    pub to: BTreeMap<PathBuf, Vec<Way>>,
    /// The kustomizations that lead further, or on more ways, than is followed.
    pub open: Vec<PathBuf>,
}

impl Ways {
    /// The ways of all of them.
    pub fn of(all: &[Kustomization]) -> Self {
        let by_folder: BTreeMap<&Path, &Kustomization> = all.iter().map(|one| (one.folder.as_path(), one)).collect();
        let mut users: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
        for one in all {
            for named in one.resources.iter().chain(&one.components) {
                let users = users.entry(&named.path).or_default();
                // Of many, two tell as much as all of them.
                if users.len() < 2 && !users.contains(&one.path()) {
                    users.push(one.path());
                }
            }
        }
        let is_used =
            |one: &Kustomization| users.get(one.folder.as_path()).is_some_and(|users| users.iter().any(|user| *user != one.path));
        let (mut ways, mut left) = (Self::default(), MOST_FOLLOWED);
        for root in all.iter().filter(|one| !is_used(one)) {
            if ways.follow(root, &by_folder, &mut left).is_none() {
                ways.open.push(root.path.clone());
            }
        }
        ways
    }

    /// Follows one, as far as `left` steps reach; `None` where it leads further.
    fn follow(&mut self, root: &Kustomization, by_folder: &ByFolder<'_>, left: &mut usize) -> Option<()> {
        let mut is_whole = true;
        let mut open: Vec<(&Kustomization, Steps, usize)> = vec![(root, Rc::from([]), 0)];
        while let Some((one, outer, depth)) = open.pop() {
            if depth > DEEPEST {
                is_whole = false;
                continue;
            }
            // What is nearer to the manifest is done first: what its components do, then its own, then the others'.
            let mut steps = [&one.steps, &*outer].concat();
            // What a component does comes after what those before it do.
            for component in one.components.iter().rev().filter_map(|named| by_folder.get(named.path.as_path())) {
                *left = left.checked_sub(1 + steps.len())?;
                if !(component.resources.is_empty() && component.components.is_empty()) {
                    open.push((component, Rc::from(steps.as_slice()), depth + 1));
                }
                steps.splice(0..0, all_steps(component, by_folder, 0, left)?);
            }
            *left = left.checked_sub(1 + steps.len() + one.resources.len())?;
            let steps = Steps::from(steps);
            for named in &one.resources {
                if let Some(base) = by_folder.get(named.path.as_path()) {
                    open.push((base, Rc::clone(&steps), depth + 1));
                    continue;
                }
                let known = self.to.entry(named.path.clone()).or_default();
                if known.len() < MOST_WAYS {
                    known.push(Way { root: root.path.clone(), steps: Rc::clone(&steps) });
                } else {
                    is_whole = false;
                }
            }
        }
        is_whole.then_some(())
    }
}

/// What a component does, its own components first; `None` where there is more than `left` reaches for.
fn all_steps(one: &Kustomization, by_folder: &ByFolder<'_>, depth: usize, left: &mut usize) -> Option<Vec<Rc<Step>>> {
    let mut steps = Vec::new();
    for component in one.components.iter().filter_map(|named| by_folder.get(named.path.as_path())) {
        if depth == DEEPEST {
            return None;
        }
        steps.extend(all_steps(component, by_folder, depth + 1, left)?);
    }
    steps.extend_from_slice(&one.steps);
    *left = left.checked_sub(1 + steps.len())?;
    Some(steps)
}
