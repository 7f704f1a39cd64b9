//! Kustomizations: which manifests each leads to, and the images that it puts in the place of those written there.
//!
//! Source: kubernetes-sigs/kustomize api/types, api/internal/image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// Entries, each with the file that it stands in.
type Replacements = Vec<(PathBuf, Replacement)>;

/// What one kustomization says.
#[derive(Clone, Debug)]
pub struct Kustomization {
    path: PathBuf,
    folder: PathBuf,
    /// Files and folders.
    resources: Vec<PathBuf>,
    /// Resources that are elsewhere, e.g. in a repository on a server.
    remote: Vec<(Place, String)>,
    patches: Vec<Patch>,
    /// Parts that make or change objects in ways that are not followed.
    others: Vec<(Place, &'static str)>,
    images: Vec<Replacement>,
}

/// A text that is put over an object.
#[derive(Clone, Debug)]
struct Patch {
    place: Place,
    file: Option<PathBuf>,
    text: Option<String>,
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
    /// Reads one.
    pub fn of(path: &Path, root: &Node, lines: &Lines<'_>) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let (mut resources, mut remote) = (Vec::new(), Vec::new());
        for key in ["resources", "bases", "components"] {
            let list = root.get(key).map(|list| list.list()).unwrap_or_default();
            for (node, text) in list.iter().filter_map(|one| Some((one, one.text()?))) {
                if text.contains("://") || text.contains("?ref=") || text.starts_with("git@") || text.starts_with("github.com/") {
                    remote.push((lines.place(node.span.clone()), text.to_owned()));
                } else {
                    resources.push(normal(&folder.join(text.replace('\\', "/"))));
                }
            }
        }
        let images = root.get("images").map(|list| list.list()).unwrap_or_default().iter();
        let images = images.filter_map(|image| Replacement::of(image, lines)).collect();
        let patches = patches(root, &folder, lines);
        let others = OTHERS.iter().filter_map(|key| Some((lines.place(root.get(key)?.span.clone()), *key))).collect();
        Self { path: path.to_owned(), folder: normal(&folder), resources, remote, patches, others, images }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files that it puts over objects.
    pub fn patch_files(&self) -> impl Iterator<Item = &PathBuf> {
        self.patches.iter().filter_map(|patch| patch.file.as_ref())
    }

    /// What of it is not followed.
    pub fn notes(&self, text_of: &dyn Fn(&Path) -> Option<std::rc::Rc<str>>) -> Vec<Note> {
        let hint = format!("render it first, `kubectl kustomize {} | wincompat scan -`", shown(&self.folder));
        let note = |place: &Place, what: &str| Note { place: place.clone(), text: format!("{what}: {hint}") };
        let mut notes: Vec<Note> = Vec::new();
        notes.extend(self.remote.iter().map(|(place, remote)| note(place, &format!("{remote} is elsewhere and is not read"))));
        for patch in &self.patches {
            let of_file = || patch.file.as_deref().and_then(text_of).is_some_and(|text| names_image(&text));
            if patch.text.as_deref().is_some_and(names_image) || of_file() {
                notes.push(note(&patch.place, "this patch changes an image, which is not followed"));
            }
        }
        notes.extend(self.others.iter().map(|(place, key)| note(place, &format!("`{key}` is not followed"))));
        notes
    }
}

/// The patches of a kustomization, in each of the ways to write them.
fn patches(root: &Node, folder: &Path, lines: &Lines<'_>) -> Vec<Patch> {
    let mut patches = Vec::new();
    for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
        for entry in root.get(key).map(|list| list.list()).unwrap_or_default() {
            let text = |text: &str| text.to_owned();
            let file = |text: &str| normal(&folder.join(text.replace('\\', "/")));
            // A bare text is the name of a file, or the patch itself.
            let bare = entry.text();
            let is_patch = bare.is_some_and(|text| text.contains('\n'));
            patches.push(Patch {
                place: lines.place(entry.span.clone()),
                file: bare.filter(|_| !is_patch).or_else(|| entry.text_at(&["path"])).map(file),
                text: bare.filter(|_| is_patch).or_else(|| entry.text_at(&["patch"])).map(text),
            });
        }
    }
    patches
}

/// True for a patch that gives a container or volume another image.
fn names_image(text: &str) -> bool {
    ["image:", "\"image\"", "/image"].iter().any(|word| text.contains(word))
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
    /// The entries, the base's first, each with its file.
    images: Replacements,
}

impl Way {
    /// The kustomization that nothing else uses.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The kustomizations that it leads through, as far as they replace something.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.root).chain(self.images.iter().map(|(file, _)| file))
    }
}

/// The ways to every manifest that a kustomization leads to.
pub fn ways(all: &[Kustomization]) -> BTreeMap<PathBuf, Vec<Way>> {
    let by_folder: BTreeMap<&Path, &Kustomization> = all.iter().map(|one| (one.folder.as_path(), one)).collect();
    let mut ways: BTreeMap<PathBuf, Vec<Way>> = BTreeMap::new();
    let mut users: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (folder, user) in all.iter().flat_map(|one| one.resources.iter().map(|resource| (resource.as_path(), one.path()))) {
        let users = users.entry(folder).or_default();
        // Of many, two tell as much as all of them.
        if users.len() < 2 && !users.contains(&user) {
            users.push(user);
        }
    }
    let is_used =
        |one: &Kustomization| users.get(one.folder.as_path()).is_some_and(|users| users.iter().any(|user| *user != one.path));
    for root in all.iter().filter(|one| !is_used(one)) {
        let mut open: Vec<(&Kustomization, Replacements, usize)> = vec![(root, Vec::new(), 0)];
        while let Some((one, outer, depth)) = open.pop() {
            // What is nearer to the manifest is done first.
            let mut images: Replacements = one.images.iter().map(|image| (one.path.clone(), image.clone())).collect();
            images.extend(outer);
            for resource in &one.resources {
                if let Some(base) = by_folder.get(resource.as_path()) {
                    if depth < DEEPEST && open.len() < MOST_WAYS {
                        open.push((base, images.clone(), depth + 1));
                    }
                } else {
                    let known = ways.entry(resource.clone()).or_default();
                    if known.len() < MOST_WAYS {
                        known.push(Way { root: root.path.clone(), images: images.clone() });
                    }
                }
            }
        }
    }
    ways
}

/// A reference of a manifest as it is deployed in this way: in the manifest, or in the kustomization that replaces it, whose file is
/// named then.
pub fn deployed(found: &Found, way: &Way, values: &Values) -> (Option<PathBuf>, Found) {
    let mut image = found.written.clone();
    let mut at: Option<&(PathBuf, Replacement)> = None;
    for replacement in &way.images {
        if let Some(new) = replacement.1.applied(&image) {
            image = new;
            at = Some(replacement);
        }
    }
    let Some((file, replacement)) = at else { return (None, found.clone()) };
    let through = if *file == way.root { String::new() } else { format!(" ({})", shown(&way.root)) };
    let object = found.object.as_ref().map(|object| format!("{object}{through}"));
    let new = Found {
        place: replacement.place.clone(),
        object,
        written: replacement.written.clone(),
        editable: replacement.editable.as_ref().and_then(|editable| {
            // A tag alone: the rest of the reference stands elsewhere.
            let before = image.strip_suffix(editable.text.as_str())?.to_owned();
            Some(Editable { before, ..editable.clone() })
        }),
        meant: meant(&image, values),
        ..found.clone()
    };
    (Some(file.clone()), new)
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
            Kustomization::of(Path::new(path), &root, &Lines::of(text))
        };
        let base = read(
            "k/base/kustomization.yaml",
            "resources: [web.yaml]\nimages:\n- {name: app, newName: r.example/app, newTag: '1'}\n",
        );
        let over = "resources: [../base, https://x.example/y]\nimages:\n- name: r.example/app\n  newTag: ltsc2022\n";
        let over = read("k/prod/kustomization.yaml", over);
        assert_eq!(over.notes(&|_| None).iter().map(|note| note.place.line).collect::<Vec<_>>(), [1]);
        let ways = ways(&[base, over]);
        let [way] = ways[Path::new("k/base/web.yaml")].as_slice() else { panic!("{ways:?}") };
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app}]}\n";
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let found = crate::scan::kubernetes::read(&root, &Lines::of(text), &Known::default());
        let (file, new) = deployed(&found[0], way, &Values::new());
        assert_eq!(file.as_deref(), Some(Path::new("k/prod/kustomization.yaml")));
        assert_eq!((new.place.line, new.written.as_str()), (4, "ltsc2022"));
        assert_eq!(new.meant, Meant::Known("r.example/app:ltsc2022".to_owned()));
    }

    #[test]
    fn what_is_not_followed_is_said() {
        let text = "resources:\n- github.com/x/y?ref=1\npatches:\n- path: image.yaml\n- path: replicas.yaml\n- patch: |-\n    - op: replace\n      \
            path: /spec/template/spec/containers/0/image\n      value: a\npatchesStrategicMerge:\n- old.yaml\nhelmCharts:\n- name: x\n";
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let read = Kustomization::of(Path::new("k/kustomization.yaml"), &root, &Lines::of(text));
        let text_of = |path: &Path| {
            let text = if path.ends_with("replicas.yaml") { "spec: {replicas: 2}" } else { "spec: {containers: [{image: a}]}" };
            Some(std::rc::Rc::from(text))
        };
        let notes: Vec<(u32, String)> = read.notes(&text_of).into_iter().map(|note| (note.place.line, note.text)).collect();
        assert_eq!(notes.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 6, 11, 13]);
        assert!(notes.iter().all(|(_, text)| text.contains("`kubectl kustomize k | wincompat scan -`")), "{notes:?}");
        let files: Vec<_> = read.patch_files().collect();
        assert_eq!(files, [Path::new("k/image.yaml"), Path::new("k/replicas.yaml"), Path::new("k/old.yaml")]);
    }

    #[test]
    fn circles_end() {
        let read = |path: &str, text: &str| {
            let root = yaml::read(text).0[0].root.clone().unwrap();
            Kustomization::of(Path::new(path), &root, &Lines::of(text))
        };
        let one = read("a/kustomization.yaml", "resources: [../b, ../b, ../b]\n");
        let two = read("b/kustomization.yaml", "resources: [../a, ../b, x.yaml]\n");
        let top = read("c/kustomization.yaml", "resources: [../a]\n");
        assert!(ways(&[one, two, top])[Path::new("b/x.yaml")].len() <= MOST_WAYS);
    }
}
