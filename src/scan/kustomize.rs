//! Kustomizations: which manifests each leads to, and the images that it puts in the place of those written there.
//!
//! Source: kubernetes-sigs/kustomize api/types, api/internal/image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::compose::normal;
use super::yaml::Node;
use super::{Editable, Found, Lines, Meant, Place};

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

/// What one kustomization says.
#[derive(Clone, Debug)]
pub struct Kustomization {
    path: PathBuf,
    folder: PathBuf,
    /// Files and folders.
    resources: Vec<PathBuf>,
    /// Resources that are elsewhere, e.g. in a repository on a server.
    pub remote: Vec<String>,
    images: Vec<Replacement>,
}

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
            for text in root.get(key).map(|list| list.list()).unwrap_or_default().iter().filter_map(|one| one.text()) {
                if text.contains("://") || text.contains("?ref=") || text.starts_with("git@") || text.starts_with("github.com/") {
                    remote.push(text.to_owned());
                } else {
                    resources.push(normal(&folder.join(text.replace('\\', "/"))));
                }
            }
        }
        let images = root.get("images").map(|list| list.list()).unwrap_or_default().iter();
        let images = images.filter_map(|image| Replacement::of(image, lines)).collect();
        Self { path: path.to_owned(), folder: normal(&folder), resources, remote, images }
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
        let (name, rest) = split(image);
        if name != self.name {
            return None;
        }
        let name = self.new_name.as_deref().unwrap_or(name);
        Some(match (&self.digest, &self.new_tag) {
            (Some(digest), Some(tag)) => format!("{name}:{tag}@{digest}"),
            (Some(digest), None) => format!("{name}@{digest}"),
            (None, Some(tag)) => format!("{name}:{tag}"),
            (None, None) => format!("{name}{rest}"),
        })
    }
}

/// The name of an image, and its tag or digest with the character before it.
fn split(image: &str) -> (&str, &str) {
    let name_end = image.find('@').unwrap_or_else(|| {
        let last = image.rfind('/').map_or(0, |at| at + 1);
        image.get(last..).and_then(|end| end.find(':')).map_or(image.len(), |at| last + at)
    });
    // A tag may stand before the digest.
    let before = image.get(..name_end).unwrap_or(image);
    let last = before.rfind('/').map_or(0, |at| at + 1);
    let name_end = before.get(last..).and_then(|end| end.find(':')).map_or(name_end, |at| last + at);
    image.split_at_checked(name_end).unwrap_or((image, ""))
}

/// One way from a kustomization that nothing else uses to a manifest.
#[derive(Clone, Debug)]
pub struct Way {
    /// The file of the kustomization.
    root: PathBuf,
    /// The entries, the base's first, each with its file.
    images: Vec<(PathBuf, Replacement)>,
}

/// The ways to every manifest that a kustomization leads to.
pub fn ways(all: &[Kustomization]) -> BTreeMap<PathBuf, Vec<Way>> {
    let by_folder: BTreeMap<&Path, &Kustomization> = all.iter().map(|one| (one.folder.as_path(), one)).collect();
    let mut ways: BTreeMap<PathBuf, Vec<Way>> = BTreeMap::new();
    let is_used = |one: &Kustomization| all.iter().any(|other| other.path != one.path && other.resources.contains(&one.folder));
    for root in all.iter().filter(|one| !is_used(one)) {
        let mut open: Vec<(&Kustomization, Vec<(PathBuf, Replacement)>, usize)> = vec![(root, Vec::new(), 0)];
        while let Some((one, outer, depth)) = open.pop() {
            // What is nearer to the manifest is done first.
            let mut images: Vec<(PathBuf, Replacement)> =
                one.images.iter().map(|image| (one.path.clone(), image.clone())).collect();
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
pub fn deployed(found: &Found, way: &Way) -> (Option<PathBuf>, Found) {
    let mut image = found.written.clone();
    let mut at: Option<&(PathBuf, Replacement)> = None;
    for replacement in &way.images {
        if let Some(new) = replacement.1.applied(&image) {
            image = new;
            at = Some(replacement);
        }
    }
    let Some((file, replacement)) = at else { return (None, found.clone()) };
    let through = if *file == way.root { String::new() } else { format!(" ({})", way.root.display()) };
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
        meant: Meant::Known(image),
        ..found.clone()
    };
    (Some(file.clone()), new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::yaml;

    #[test]
    fn names_end_before_tags_and_digests() {
        for (image, name) in [
            ("app", "app"),
            ("app:1", "app"),
            ("r.example:5000/a/app", "r.example:5000/a/app"),
            ("r.example:5000/a/app:1", "r.example:5000/a/app"),
            ("app@sha256:00", "app"),
            ("r.example:5000/app:1@sha256:00", "r.example:5000/app"),
        ] {
            assert_eq!(split(image).0, name, "{image}");
        }
    }

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
        assert_eq!(over.remote, ["https://x.example/y"]);
        let ways = ways(&[base, over]);
        let [way] = ways[Path::new("k/base/web.yaml")].as_slice() else { panic!("{ways:?}") };
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app}]}\n";
        let root = yaml::read(text).0[0].root.clone().unwrap();
        let found = crate::scan::kubernetes::read(&root, &Lines::of(text), &BTreeMap::new());
        let (file, new) = deployed(&found[0], way);
        assert_eq!(file.as_deref(), Some(Path::new("k/prod/kustomization.yaml")));
        assert_eq!((new.place.line, new.written.as_str()), (4, "ltsc2022"));
        assert_eq!(new.meant, Meant::Known("r.example/app:ltsc2022".to_owned()));
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
