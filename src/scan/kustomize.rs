//! Kustomizations: which manifests each leads to, and the images that it puts in the place of those written there, by name or by patches.
//!
//! Source: kubernetes-sigs/kustomize api/types, api/internal/image, api/internal/target, api/filters/imagetag.

mod merging;
mod patches;
mod ways;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::patches::Patch;
pub use self::patches::PatchFiles;
pub use self::ways::{Object, Way, Ways};
use super::paths::{normal, shown, slashes};
use super::tags::Typed;
use super::yaml::{Node, Value};
use super::{Editable, Lines, Note, OF_INPUT, Place};

/// The names of the file.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// True for the file of a kustomization.
pub fn is_kustomization(path: &Path) -> bool {
    path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known))
}

/// True for a resource on a server, e.g. `github.com/x/y?ref=1`.
///
/// Source: kubernetes-sigs/kustomize api/internal/git/repospec.go.
fn is_remote(resource: &str) -> bool {
    let has = ["://", "?ref=", "?version="].iter().any(|sign| resource.contains(sign));
    // Two slashes part a repository from a folder in it; a path may have them by mistake.
    let has_folder = resource.contains("//") && !resource.starts_with(['.', '/']);
    has || has_folder
        || ["git@", "git::", "github.com/", "gitlab.com/", "bitbucket.org/"].iter().any(|start| resource.starts_with(start))
}

/// One of the things that a kustomization does to objects.
#[derive(Debug)]
struct Step {
    /// The file of the kustomization.
    file: PathBuf,
    what: Change,
}

#[derive(Debug)]
enum Change {
    Patch(Patch),
    /// What is put before and behind the names of objects, and their namespace.
    Rename {
        before: String,
        behind: String,
        namespace: Option<String>,
    },
    Image(Replacement),
}

/// A file or folder that a kustomization names.
#[derive(Debug)]
struct Named {
    place: Place,
    path: PathBuf,
}

/// What one kustomization says.
#[derive(Debug)]
pub struct Kustomization {
    path: PathBuf,
    folder: PathBuf,
    /// Files and folders.
    resources: Vec<Named>,
    /// The folders of kustomizations that do to these resources what they say.
    components: Vec<Named>,
    /// Resources that are elsewhere, e.g. in a repository on a server.
    remote: Vec<(Place, String)>,
    /// What it does, in this order.
    steps: Vec<Rc<Step>>,
    /// Parts that make or change objects in ways that are not followed.
    others: Vec<(Place, String)>,
    /// True if it has charts of Helm.
    has_charts: bool,
}

/// The parts of a kustomization that make or change objects by other programs.
const OTHERS: [&str; 7] =
    ["helmCharts", "helmChartInflationGenerator", "generators", "transformers", "replacements", "openapi", "configurations"];

/// Those among them that are charts of Helm.
const CHARTS: [&str; 2] = ["helmCharts", "helmChartInflationGenerator"];

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
    pub fn of(path: &Path, root: &Node, lines: &Lines<'_>, files: &PatchFiles<'_>) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let list = |key: &str| root.get(key).map(|list| list.list()).unwrap_or_default();
        let mut remote = Vec::new();
        let mut named = |key: &str| {
            let mut here = Vec::new();
            for (node, text) in list(key).iter().filter_map(|one| Some((one, one.text()?))) {
                let place = lines.place(node.span.clone());
                if is_remote(text) {
                    remote.push((place, text.to_owned()));
                } else {
                    here.push(Named { place, path: normal(&folder.join(slashes(text))) });
                }
            }
            here
        };
        let resources = named("resources").into_iter().chain(named("bases")).collect();
        let components = named("components");
        let text = |key: &str| root.text_at(&[key]).unwrap_or_default().to_owned();
        let (before, behind) = (text("namePrefix"), text("nameSuffix"));
        let namespace = Some(text("namespace")).filter(|namespace| !namespace.is_empty());
        let mut others: Vec<_> =
            OTHERS.iter().filter_map(|key| Some((lines.place(root.get(key)?.span.clone()), format!("`{key}`")))).collect();
        let mut steps: Vec<Change> = Patch::all(root, &folder, lines, files).into_iter().map(Change::Patch).collect();
        if namespace.is_some() || !before.is_empty() || !behind.is_empty() {
            steps.push(Change::Rename { before, behind, namespace });
        }
        for image in list("images").iter().filter(|image| SET_BY_IMAGES.iter().any(|key| image.get(key).is_some())) {
            match Replacement::of(image, lines) {
                Some(image) => steps.push(Change::Image(image)),
                None => others.push((lines.place(image.span.clone()), "this entry of `images`".to_owned())),
            }
        }
        let steps = steps.into_iter().map(|what| Rc::new(Step { file: path.to_owned(), what })).collect();
        let has_charts = CHARTS.iter().any(|key| root.get(key).is_some());
        let (path, folder) = (path.to_owned(), normal(&folder));
        Self { path, folder, resources, components, remote, steps, others, has_charts }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that it puts over objects.
    pub fn patch_files(&self) -> impl Iterator<Item = &PathBuf> {
        self.patches().filter_map(|patch| patch.file.as_ref())
    }

    fn patches(&self) -> impl Iterator<Item = &Patch> {
        self.steps.iter().filter_map(|step| if let Change::Patch(patch) = &step.what { Some(patch) } else { None })
    }

    /// The command that renders it.
    fn hint(&self) -> String {
        // Without this option kustomize refuses charts, wherever they stand among the others.
        let option = if self.has_charts { "--enable-helm " } else { "" };
        format!("render it first, `kubectl kustomize {option}{} | {OF_INPUT}`", shown(&self.folder))
    }

    /// What of it is not followed; `is_read` knows the manifests and the folders of kustomizations, and `ways` where it leads.
    pub fn notes(&self, is_read: &dyn Fn(&Path) -> bool, ways: &Ways) -> Vec<Note> {
        let hint = self.hint();
        let note = |place: &Place, what: &str| Note { place: place.clone(), text: format!("{what}: {hint}") };
        let mut notes: Vec<Note> = Vec::new();
        notes.extend(self.remote.iter().map(|(place, remote)| note(place, &format!("{remote} is elsewhere and is not read"))));
        let open = self.patches().filter(|patch| !patch.is_followed() && patch.concerns_pods);
        let what = "this patch may change images or where pods land, and is not followed";
        notes.extend(open.map(|patch| note(&patch.place, what)));
        notes.extend(self.others.iter().map(|(place, what)| note(place, &format!("{what} is not followed"))));
        let unread = |named: &&Named| !is_read(&named.path);
        for named in self.resources.iter().chain(&self.components).filter(unread) {
            notes.push(note(&named.place, &format!("{} is not among the files that are read", shown(&named.path))));
        }
        if ways.open.contains(&self.path) {
            let start = Lines::of("").place(0..0);
            notes.push(note(&start, "the resources of this kustomization lead further, or on more ways, than is followed"));
        }
        notes
    }
}

/// The keys of an entry of `images` that change something.
const SET_BY_IMAGES: [&str; 4] = ["newName", "newTag", "digest", "tagSuffix"];

impl Replacement {
    /// Reads an entry; `None` for one that is not followed: its name is a pattern, or it adds to tags.
    fn of(image: &Node, lines: &Lines<'_>) -> Option<Self> {
        if image.get("tagSuffix").is_some()
            || image.text_at(&["name"])?.contains(['*', '+', '?', '(', '[', '{', '|', '^', '$', '\\'])
        {
            return None;
        }
        let text = |key: &str| image.text_at(&[key]).filter(|text| !text.is_empty()).map(str::to_owned);
        let new = ["digest", "newTag", "newName"].into_iter().find_map(|key| image.get(key))?;
        // Kustomize refuses a number here.
        let is_bare = matches!(new.value, Value::Scalar { plain: true, .. });
        let literal = new.text().and_then(|text| lines.literal(new.span.clone(), text));
        Some(Self {
            name: text("name")?,
            new_name: text("newName"),
            new_tag: text("newTag"),
            digest: text("digest"),
            place: lines.place(new.span.clone()),
            written: new.text().unwrap_or_default().to_owned(),
            editable: literal.map(|editable| Editable { is_bare, ..editable }),
        })
    }

    /// True for an image with the name of this entry, which may have a tag and a digest itself. What follows is a tag and a digest.
    fn is_of(&self, image: &str) -> bool {
        let is_plain = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || "_.{}-".contains(one));
        image.strip_prefix(self.name.as_str()).is_some_and(|rest| {
            let (tag, digest) = rest.split_once('@').map_or((rest, None), |(tag, digest)| (tag, Some(digest)));
            (tag.is_empty() || tag.strip_prefix(':').is_some_and(is_plain))
                && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_plain))
        })
    }

    /// The image with this entry's words, if it is the one that it names.
    fn applied(&self, image: &str) -> Option<String> {
        if !self.is_of(image) {
            return None;
        }
        let name = Typed::of(image).name;
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

#[cfg(test)]
mod tests;
