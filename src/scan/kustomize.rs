//! Kustomizations: which manifests each leads to, and the images that it puts in the place of those written there, by name or by patches.
//!
//! Source: kubernetes-sigs/kustomize api/types, api/internal/image, api/internal/target.

mod patches;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::patches::{Patch, TextOf};
use super::paths::{normal, shown};
use super::placeholder::meant;
use super::tags::Typed;
use super::words::Values;
use super::yaml::Node;
use super::{Editable, Found, Lines, Note, Place};

/// The names of the file.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The longest chain of bases.
const DEEPEST: usize = 16;

/// The most ways to one manifest: overlays times bases.
const MOST_WAYS: usize = 1_000;

/// True for the file of a kustomization.
pub fn is_kustomization(path: &Path) -> bool {
    path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known))
}

/// One of the things that a kustomization does to objects.
#[derive(Debug)]
struct Step {
    /// The file of the kustomization.
    file: PathBuf,
    what: Change,
}

/// Steps in their order, what is nearer to the manifest first.
type Steps = Rc<[Rc<Step>]>;

#[derive(Debug)]
enum Change {
    Patch(Patch),
    Image(Replacement),
}

/// What one kustomization says.
#[derive(Debug)]
pub struct Kustomization {
    path: PathBuf,
    folder: PathBuf,
    /// Files and folders.
    resources: Vec<PathBuf>,
    /// The folders of kustomizations that do to these resources what they say.
    components: Vec<PathBuf>,
    /// Resources that are elsewhere, e.g. in a repository on a server.
    remote: Vec<(Place, String)>,
    /// What it does, in this order.
    steps: Vec<Rc<Step>>,
    /// Parts that make or change objects in ways that are not followed.
    others: Vec<(Place, &'static str)>,
}

/// The parts of a kustomization that make or change objects by other programs.
const OTHERS: [&str; 5] = ["helmCharts", "helmChartInflationGenerator", "generators", "transformers", "replacements"];

/// An entry of `images`.
#[derive(Clone, Debug)]
struct Replacement {
    name: String,
    new_name: Option<String>,
    new_tag: Option<String>,
    digest: Option<String>,
    /// Where the new tag, digest or name stands.
    place: Place,
    written: String,
    editable: Option<Editable>,
}

impl Kustomization {
    /// Reads one, and the files of its patches.
    pub fn of(path: &Path, root: &Node, lines: &Lines<'_>, text_of: TextOf<'_>) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut remote = Vec::new();
        let mut places = |key: &str| {
            let mut here = Vec::new();
            let list = root.get(key).map(|list| list.list()).unwrap_or_default();
            for (node, text) in list.iter().filter_map(|one| Some((one, one.text()?))) {
                if text.contains("://") || text.contains("?ref=") || text.starts_with("git@") || text.starts_with("github.com/") {
                    remote.push((lines.place(node.span.clone()), text.to_owned()));
                } else {
                    here.push(normal(&folder.join(text.replace('\\', "/"))));
                }
            }
            here
        };
        let resources = [places("resources"), places("bases")].concat();
        let components = places("components");
        let images = root.get("images").map(|list| list.list()).unwrap_or_default().iter();
        let images = images.filter_map(|image| Replacement::of(image, lines)).map(Change::Image);
        let patches = Patch::all(root, &folder, lines, text_of).into_iter().map(Change::Patch);
        let steps = patches.chain(images).map(|what| Rc::new(Step { file: path.to_owned(), what })).collect();
        let others = OTHERS.iter().filter_map(|key| Some((lines.place(root.get(key)?.span.clone()), *key))).collect();
        Self { path: path.to_owned(), folder: normal(&folder), resources, components, remote, steps, others }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files that it puts over objects.
    pub fn patch_files(&self) -> impl Iterator<Item = &PathBuf> {
        self.patches().filter_map(|patch| patch.file.as_ref())
    }

    fn patches(&self) -> impl Iterator<Item = &Patch> {
        self.steps.iter().filter_map(|step| if let Change::Patch(patch) = &step.what { Some(patch) } else { None })
    }

    /// What of it is not followed.
    pub fn notes(&self) -> Vec<Note> {
        let hint = format!("render it first, `kubectl kustomize {} | wincompat scan -`", shown(&self.folder));
        let note = |place: &Place, what: &str| Note { place: place.clone(), text: format!("{what}: {hint}") };
        let mut notes: Vec<Note> = Vec::new();
        notes.extend(self.remote.iter().map(|(place, remote)| note(place, &format!("{remote} is elsewhere and is not read"))));
        let open = self.patches().filter(|patch| patch.concerns_pods && !patch.is_followed());
        notes.extend(open.map(|patch| note(&patch.place, "this patch changes images or where pods land, and is not followed")));
        notes.extend(self.others.iter().map(|(place, key)| note(place, &format!("`{key}` is not followed"))));
        notes
    }

    /// What it does as a component, its own components first; `left` is the number of components that are followed.
    fn all_steps(&self, by_folder: &BTreeMap<&Path, &Self>, left: &mut usize) -> Vec<Rc<Step>> {
        let mut steps = Vec::new();
        for component in self.components.iter().filter_map(|folder| by_folder.get(folder.as_path())) {
            if let Some(fewer) = left.checked_sub(1) {
                *left = fewer;
                steps.extend(component.all_steps(by_folder, left));
            }
        }
        steps.extend_from_slice(&self.steps);
        steps
    }
}

impl Replacement {
    fn of(image: &Node, lines: &Lines<'_>) -> Option<Self> {
        let text = |key: &str| image.text_at(&[key]).filter(|text| !text.is_empty()).map(str::to_owned);
        let new = ["digest", "newTag", "newName"].into_iter().find_map(|key| image.get(key))?;
        Some(Self {
            name: text("name")?,
            new_name: text("newName"),
            new_tag: text("newTag"),
            digest: text("digest"),
            place: lines.place(new.span.clone()),
            written: new.text().unwrap_or_default().to_owned(),
            editable: new.text().and_then(|text| lines.literal(new.span.clone(), text)),
        })
    }

    /// The image with this entry's words, if it is the one that it names.
    fn applied(&self, image: &str) -> Option<String> {
        let name = Typed::of(image).name;
        if name != self.name {
            return None;
        }
        let rest = image.get(name.len()..).unwrap_or_default();
        let name = self.new_name.as_deref().unwrap_or(name);
        Some(match (&self.digest, &self.new_tag) {
            (Some(digest), Some(tag)) => format!("{name}:{tag}@{digest}"),
            (Some(digest), None) => format!("{name}@{digest}"),
            (None, Some(tag)) => format!("{name}:{tag}"),
            (None, None) => format!("{name}{rest}"),
        })
    }
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

    /// The number of changes on it.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The references of an object of a manifest as it is deployed in this way, each with the file that it stands in if that is not the
    /// manifest: the kustomization that replaces it, or a patch. `read` finds those of an object.
    pub fn deployed(
        &self,
        object: &Rc<Node>,
        read: &dyn Fn(&Rc<Node>) -> Vec<Found>,
        values: &Values,
    ) -> Vec<(Option<PathBuf>, Found)> {
        let mut object = Rc::clone(object);
        let mut parts: Vec<Part> = read(&object).into_iter().map(Part::of).collect();
        for step in self.steps.iter() {
            match &step.what {
                Change::Image(image) => parts.iter_mut().for_each(|part| part.replace(&step.file, image, self, values)),
                Change::Patch(patch) => {
                    let Some((patched, found)) = patch.applied(&object) else { continue };
                    parts = Part::patched(read(&patched), &parts, &found, patch, &step.file);
                    object = patched;
                }
            }
        }
        parts.into_iter().map(|part| (part.file, part.found)).collect()
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

    /// The references of a patched object: each the one that it was before, with what is new about its pod, or one of the patch.
    fn patched(found: Vec<Found>, before: &[Self], of_patch: &[&Found], patch: &Patch, kustomization: &Path) -> Vec<Self> {
        let before: BTreeMap<_, &Self> = before.iter().map(|part| (&part.of_object, part)).collect();
        let of_patch: BTreeMap<_, &Found> = of_patch.iter().map(|one| ((name(one), &one.written), *one)).collect();
        let part = |new: Found| {
            let one = Self::of(new);
            if let Some(old) = before.get(&one.of_object) {
                let Found { os, isolation, lands, together, .. } = one.found;
                return Self { found: Found { os, isolation, lands, together, ..old.found.clone() }, ..(*old).clone() };
            }
            let (file, place, editable) = match of_patch.get(&(name(&one.found), &one.image)) {
                Some(standing) => (patch.file.clone(), standing.place.clone(), standing.editable.clone()),
                None => (Some(kustomization.to_owned()), patch.place.clone(), None),
            };
            Self { file, found: Found { place, editable, ..one.found }, ..one }
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

/// The ways to every manifest that a kustomization leads to.
pub fn ways(all: &[Kustomization]) -> BTreeMap<PathBuf, Vec<Way>> {
    let by_folder: BTreeMap<&Path, &Kustomization> = all.iter().map(|one| (one.folder.as_path(), one)).collect();
    let mut ways: BTreeMap<PathBuf, Vec<Way>> = BTreeMap::new();
    let mut users: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (folder, user) in
        all.iter().flat_map(|one| one.resources.iter().chain(&one.components).map(|used| (used.as_path(), one.path())))
    {
        let users = users.entry(folder).or_default();
        // Of many, two tell as much as all of them.
        if users.len() < 2 && !users.contains(&user) {
            users.push(user);
        }
    }
    let is_used =
        |one: &Kustomization| users.get(one.folder.as_path()).is_some_and(|users| users.iter().any(|user| *user != one.path));
    for root in all.iter().filter(|one| !is_used(one)) {
        let mut open: Vec<(&Kustomization, Steps, usize)> = vec![(root, Rc::from([]), 0)];
        while let Some((one, outer, depth)) = open.pop() {
            let deeper = depth < DEEPEST;
            // What is nearer to the manifest is done first: what its components do, then its own, then the others'.
            let mut steps = [&one.steps, &*outer].concat();
            let mut left = MOST_WAYS;
            // What a component does comes after what those before it do.
            for component in one.components.iter().rev().filter_map(|folder| by_folder.get(folder.as_path())).take(MOST_WAYS) {
                if deeper && open.len() < MOST_WAYS && !(component.resources.is_empty() && component.components.is_empty()) {
                    open.push((component, Rc::from(steps.as_slice()), depth + 1));
                }
                steps.splice(0..0, component.all_steps(&by_folder, &mut left));
            }
            let steps = Steps::from(steps);
            for resource in &one.resources {
                if let Some(base) = by_folder.get(resource.as_path()) {
                    if deeper && open.len() < MOST_WAYS {
                        open.push((base, Rc::clone(&steps), depth + 1));
                    }
                } else {
                    let known = ways.entry(resource.clone()).or_default();
                    if known.len() < MOST_WAYS {
                        known.push(Way { root: root.path.clone(), steps: Rc::clone(&steps) });
                    }
                }
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::kubernetes::Known;
    use crate::scan::{Meant, yaml};

    #[test]
    fn overlays_replace_what_bases_say() {
        let read = |path: &str, text: &str| {
            let root = yaml::read(text).0[0].root.clone().unwrap();
            Kustomization::of(Path::new(path), &root, &Lines::of(text), &|_| None)
        };
        let base = read(
            "k/base/kustomization.yaml",
            "resources: [web.yaml]\nimages:\n- {name: app, newName: r.example/app, newTag: '1'}\n",
        );
        let over = "resources: [../base, https://x.example/y]\nimages:\n- name: r.example/app\n  newTag: ltsc2022\n";
        let over = read("k/prod/kustomization.yaml", over);
        assert_eq!(over.notes().iter().map(|note| note.place.line).collect::<Vec<_>>(), [1]);
        let ways = ways(&[base, over]);
        let [way] = ways[Path::new("k/base/web.yaml")].as_slice() else { panic!("{ways:?}") };
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app}]}\n";
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let found = |root: &Rc<yaml::Node>| crate::scan::kubernetes::read(root, &Lines::of(text), &Known::default());
        let (file, new) = way.deployed(&root, &found, &Values::new()).remove(0);
        assert_eq!(file.as_deref(), Some(Path::new("k/prod/kustomization.yaml")));
        assert_eq!((new.place.line, new.written.as_str()), (4, "ltsc2022"));
        assert_eq!(new.meant, Meant::Known("r.example/app:ltsc2022".to_owned()));
    }

    const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      nodeSelector: {a: b}\n      \
        containers:\n      - {name: one, image: 'app:1'}\n      - {name: two, image: 'app:2'}\n";

    /// The references of [`WEB`] as this kustomization deploys them, each with its file and line; `patch.yaml` is the file of a patch.
    fn deployed(kustomization: &str, patch: &str) -> (Vec<String>, Vec<Found>, Vec<Note>) {
        let root = |text: &str| yaml::read(text).0[0].root.clone().unwrap();
        let text_of = |path: &Path| path.ends_with("patch.yaml").then(|| Rc::from(patch));
        let text = format!("resources: [web.yaml]\n{kustomization}");
        let one = Kustomization::of(Path::new("k/kustomization.yaml"), &root(&text), &Lines::of(&text), &text_of);
        let notes = one.notes();
        let ways = ways(&[one]);
        let read = |root: &Rc<yaml::Node>| crate::scan::kubernetes::read(root, &Lines::of(WEB), &Known::default());
        let found = ways[Path::new("k/web.yaml")][0].deployed(&root(WEB), &read, &Values::new());
        let shown = found.iter().map(|(file, one)| {
            let file = file.as_deref().map_or("web.yaml".into(), |file| file.file_name().unwrap().to_string_lossy().into_owned());
            let Meant::Known(image) = &one.meant else { panic!("{one:?}") };
            format!("{file}:{} {image}", one.place.line)
        });
        (shown.collect(), found.iter().map(|(_, found)| found.clone()).collect(), notes)
    }

    #[test]
    fn patches_change_images() {
        let object = "kind: Deployment\nmetadata: {name: web}\n";
        let containers = |what: &str| format!("{object}spec: {{template: {{spec: {{containers: [{what}]}}}}}}\n");
        let image = containers("{name: two, image: 'app:3'}");
        let merge = "patches:\n- path: patch.yaml\n";
        let targeted = "patches:\n- path: patch.yaml\n  target: {kind: Deployment}\n";
        let json = |operations: &str| {
            format!(
                "patches:\n- target: {{kind: Deployment, name: web}}\n  patch: |-\n    {}\n",
                operations.replace('\n', "\n    ")
            )
        };
        let at = "path: /spec/template/spec/containers";
        for (kustomization, patch, expected) in [
            (merge, image.as_str(), vec!["patch.yaml:3 app:3", "web.yaml:9 app:1"]),
            ("patchesStrategicMerge: [patch.yaml]\n", &image, vec!["patch.yaml:3 app:3", "web.yaml:9 app:1"]),
            (targeted, &image.replace("name: web", "name: any"), vec!["patch.yaml:3 app:3", "web.yaml:9 app:1"]),
            (merge, &image.replace("name: web", "name: other"), vec!["web.yaml:9 app:1", "web.yaml:10 app:2"]),
            (
                merge,
                &containers("{name: three, image: 'x:1'}"),
                vec!["patch.yaml:3 x:1", "web.yaml:9 app:1", "web.yaml:10 app:2"],
            ),
            (merge, &containers("{name: one, $patch: delete}"), vec!["web.yaml:10 app:2"]),
            (merge, &containers("{name: one, args: [image]}"), vec!["web.yaml:9 app:1", "web.yaml:10 app:2"]),
            // What replaces images by their names comes after it, and concerns the others too.
            (
                "patches: [{path: patch.yaml}]\nimages:\n- name: app\n  newTag: '4'\n",
                &image,
                vec!["kustomization.yaml:5 app:4", "kustomization.yaml:5 app:4"],
            ),
            (
                &json(&format!("- op: replace\n  {at}/0/image\n  value: app:5")),
                "",
                vec!["kustomization.yaml:3 app:5", "web.yaml:10 app:2"],
            ),
            (&json(&format!("- op: remove\n  {at}/0")), "", vec!["web.yaml:10 app:2"]),
            (
                &json(&format!("- op: add\n  {at}/-\n  value: {{name: z, image: 'z:1'}}\n- {{op: test, {at}, value: 1}}")),
                "",
                vec!["web.yaml:9 app:1", "web.yaml:10 app:2", "kustomization.yaml:3 z:1"],
            ),
        ] {
            let (found, _, notes) = deployed(kustomization, patch);
            assert_eq!(
                (found, notes),
                (expected.iter().map(|one| (*one).to_owned()).collect(), Vec::new()),
                "{kustomization} {patch}"
            );
        }
    }

    #[test]
    fn patches_change_where_pods_land() {
        let patch = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {nodeSelector: {c: d, a: null}}}}\n";
        let (found, all, notes) = deployed("patches: [{path: patch.yaml}]\n", patch);
        assert_eq!(
            (found.as_slice(), notes.len()),
            (["web.yaml:9 app:1".to_owned(), "web.yaml:10 app:2".to_owned()].as_slice(), 0)
        );
        let crate::scan::Lands::Nodes(placement) = &all[0].lands else { panic!("{all:?}") };
        let labels = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
        assert!(placement.selects("n", &labels("c", "d")) && !placement.selects("n", &labels("a", "b")));
    }

    #[test]
    fn what_is_not_followed_is_said() {
        let many = "- path: patch.yaml\n  target: {labelSelector: a=b}\n- patch: |-\n    - op: move\n      path: /spec/template/spec/containers/0/image\n      from: /x\n";
        let (found, _, notes) =
            deployed(&format!("patches:\n{many}helmCharts:\n- name: x\nbases: [github.com/x/y?ref=1]\n"), "image: a");
        assert_eq!(found.len(), 2);
        let lines: Vec<u32> = notes.iter().map(|note| note.place.line).collect();
        assert_eq!(lines, [11, 3, 5, 10], "{notes:?}");
        assert!(notes.iter().all(|note| note.text.contains("`kubectl kustomize k | wincompat scan -`")), "{notes:?}");
        // A patch of something else needs no word.
        let (_, _, notes) = deployed("patches: [{path: patch.yaml, target: {labelSelector: a=b}}]\n", "spec: {replicas: 2}");
        assert_eq!(notes, []);
    }

    #[test]
    fn components_do_what_they_say_to_what_is_there() {
        let read = |path: &str, text: &str| {
            let root = yaml::read(text).0[0].root.clone().unwrap();
            Kustomization::of(Path::new(path), &root, &Lines::of(text), &|_| None)
        };
        let component =
            read("c/kustomization.yaml", "kind: Component\nresources: [own.yaml]\nimages: [{name: app, newTag: '2'}]\n");
        let top =
            read("k/kustomization.yaml", "resources: [web.yaml]\ncomponents: [../c]\nimages: [{name: app, newName: other}]\n");
        let ways = ways(&[component, top]);
        let root = yaml::read(WEB).0[0].root.clone().unwrap();
        let found = |root: &Rc<yaml::Node>| crate::scan::kubernetes::read(root, &Lines::of(WEB), &Known::default());
        for path in ["k/web.yaml", "c/own.yaml"] {
            let [way] = ways[Path::new(path)].as_slice() else { panic!("{ways:?}") };
            let found = way.deployed(&root, &found, &Values::new());
            assert_eq!(found[0].1.meant, Meant::Known("other:2".to_owned()), "{path}");
        }
    }

    #[test]
    fn circles_end() {
        let read = |path: &str, text: &str| {
            let root = yaml::read(text).0[0].root.clone().unwrap();
            Kustomization::of(Path::new(path), &root, &Lines::of(text), &|_| None)
        };
        let one = read("a/kustomization.yaml", "resources: [../b, ../b, ../b]\n");
        let two = read("b/kustomization.yaml", "resources: [../a, ../b, x.yaml]\n");
        let top = read("c/kustomization.yaml", "resources: [../a]\n");
        assert!(ways(&[one, two, top])[Path::new("b/x.yaml")].len() <= MOST_WAYS);
    }
}
