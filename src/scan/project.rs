//! The files of a question together: which file builds which Dockerfile, which values it gives, which classes lead pods where.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::bake;
use super::compose::{self, Built, Layer};
use super::dockerfile::{self, Build};
use super::kubernetes::{self, Known};
use super::kustomize::{self, Kustomization, Way};
use super::origin::mentioned;
use super::recorded::Recorded;
use super::yaml::{self, Document, Node};
use super::{Editable, FileKind, Files, Found, Lines, Meant, Os, Problem, Scanned, Typed, Values, kind_of, kind_of_text};
use super::{groovy, list, pipelines};
use crate::{Error, ErrorKind};

/// A file and what it says.
#[derive(Clone, Debug)]
pub struct ScannedFile {
    /// The path.
    pub path: PathBuf,
    /// What it says.
    pub scanned: Scanned,
    /// Other files that give it values, e.g. the `.env` beside a Compose file, or the Compose file that builds a Dockerfile.
    pub rests_on: BTreeSet<PathBuf>,
    /// True for a Dockerfile.
    pub is_dockerfile: bool,
    /// The names of the images that a Dockerfile makes, as far as other files say them.
    pub makes: BTreeSet<String>,
    /// The images among its references that these files make.
    pub own_images: BTreeSet<String>,
}

/// The longest chain of Compose files that include each other.
const LONGEST_CHAIN: usize = 16;

/// A file of YAML.
struct Yaml {
    path: PathBuf,
    text: Rc<str>,
    documents: Vec<Document>,
    problems: Vec<Problem>,
}

/// Reads files together, with values that win over every file's. Each is in the answer once, in the order of their paths; those that name no images are left out.
pub fn scan(paths: &[PathBuf], files: &dyn Files, given: &Values) -> Vec<ScannedFile> {
    let mut answer: BTreeMap<PathBuf, Scanned> = BTreeMap::new();
    let (mut dockerfiles, mut yaml, mut bakes, mut pipelines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        let text = match files.read(path) {
            Ok(text) => text,
            Err(error) => {
                let problem = Problem { place: Lines::of("").place(0..0), error };
                answer.insert(path.clone(), Scanned { problems: vec![problem], ..Scanned::default() });
                continue;
            }
        };
        // A file that was named may be called anything.
        match kind_of(path).unwrap_or_else(|| kind_of_text(&text)) {
            FileKind::Dockerfile => dockerfiles.push((path.clone(), text)),
            FileKind::Bake => bakes.push((path.clone(), text)),
            FileKind::Groovy => pipelines.push((path.clone(), text)),
            FileKind::List => drop(answer.insert(path.clone(), list::read(&text, given))),
            FileKind::Yaml if text.contains("{{") && chart_of(path, files).is_some() => {
                answer.insert(path.clone(), Scanned { left_out: Some(helm(path)), ..Scanned::default() });
            }
            FileKind::Yaml => {
                let file = read_yaml(path, text);
                if file.documents.is_empty() && file.problems.is_empty() && file.text.contains(['{', '%']) {
                    let left_out = Some("a template, which is YAML only when its values are put in".to_owned());
                    answer.insert(path.clone(), Scanned { left_out, ..Scanned::default() });
                }
                yaml.push(file);
            }
        }
    }
    let documents: Vec<&Document> = yaml.iter().flat_map(|file| &file.documents).collect();
    let kustomizations = kustomizations(&yaml);
    let mut project = Project {
        yaml: &yaml,
        by_path: yaml.iter().map(|file| (compose::normal(&file.path), file)).collect(),
        files,
        given,
        known: Known { classes: kubernetes::runtime_classes(&documents), values: given.clone() },
        ways: kustomize::ways(&kustomizations),
        patches: kustomizations.iter().flat_map(Kustomization::patch_files).cloned().collect(),
        built: BTreeMap::new(),
        made: BTreeSet::new(),
        shared: HashSet::new(),
        rests_on: BTreeMap::new(),
        answer,
    };
    for one in &kustomizations {
        let notes = one.notes(&|path| files.read(path).ok());
        project.of(one.path()).notes.extend(notes);
    }
    yaml.iter().for_each(|file| project.read(file));
    project.compose_files();
    project.bake_files(&bakes);
    for (path, text) in &pipelines {
        let found = groovy::read(text, &project.known);
        project.of(path).found.extend(found);
    }
    let Project { built, made, mut shared, mut answer, mut rests_on, .. } = project;
    for (path, text) in &dockerfiles {
        let builds = built.get(&compose::normal(path)).map(Vec::as_slice).unwrap_or_default();
        answer.insert(path.clone(), read_dockerfile(text, builds, given, &mut shared));
    }
    answer
        .into_iter()
        .map(|(path, mut scanned)| {
            // What these files build is judged by its Dockerfile, and is in no registry yet.
            let mut own_images = BTreeSet::new();
            scanned.found.retain(|found| match &found.meant {
                Meant::Known(text) if made.contains(&with_a_tag(text)) => {
                    own_images.insert(with_a_tag(text));
                    false
                }
                _ => true,
            });
            for found in &mut scanned.found {
                found.editable =
                    found.editable.take().filter(|editable| place_of(editable).is_none_or(|place| !shared.contains(&place)));
            }
            scanned.found.sort_by_key(|found| found.place.span.start);
            scanned.found.dedup();
            let rests_on = rests_on.remove(&compose::normal(&path)).unwrap_or_default();
            let is_dockerfile = dockerfiles.iter().any(|(dockerfile, _)| *dockerfile == path);
            let built = built.get(&compose::normal(&path)).map(Vec::as_slice).unwrap_or_default();
            let makes = built.iter().flat_map(|one| &one.makes).map(|name| with_a_tag(name)).collect();
            ScannedFile { path, scanned, rests_on, is_dockerfile, makes, own_images }
        })
        .filter(|file| file.scanned != Scanned::default() || !file.own_images.is_empty())
        .collect()
}

/// The image with the tag that it has where none is written.
fn with_a_tag(image: &str) -> String {
    let typed = Typed::of(image);
    if typed.tag.is_none() && typed.digest.is_none() { format!("{image}:latest") } else { image.to_owned() }
}

fn read_yaml(path: &Path, text: Rc<str>) -> Yaml {
    let (documents, broken) = yaml::read(&text);
    if !broken.is_empty() && (text.contains("{{") || text.contains("{%")) {
        // It is YAML only when its values are put in.
        return Yaml { path: path.to_owned(), text, documents: Vec::new(), problems: Vec::new() };
    }
    let lines = Lines::of(&text);
    let problems = broken
        .into_iter()
        .map(|broken| Problem {
            place: lines.place(broken.at..broken.at),
            error: Error::of(ErrorKind::Invalid, "this is not well-formed YAML")
                .because(broken.why)
                .hint("correct the file at this line"),
        })
        .collect();
    Yaml { path: path.to_owned(), text, documents, problems }
}

fn kustomizations(yaml: &[Yaml]) -> Vec<Kustomization> {
    let named = yaml.iter().filter(|file| kustomize::is_kustomization(&file.path));
    let rooted = named.filter_map(|file| Some((file, file.documents.iter().find_map(|document| document.root.as_ref())?)));
    rooted.map(|(file, root)| Kustomization::of(&file.path, root, &Lines::of(&file.text))).collect()
}

/// The files, and what was found in them so far.
struct Project<'p> {
    yaml: &'p [Yaml],
    by_path: BTreeMap<PathBuf, &'p Yaml>,
    files: &'p dyn Files,
    given: &'p Values,
    known: Known,
    /// The kustomizations that lead to a manifest.
    ways: BTreeMap<PathBuf, Vec<Way>>,
    /// The files that kustomizations put over others: what stands there is a part of something else.
    patches: BTreeSet<PathBuf>,
    /// The builds of each Dockerfile.
    built: BTreeMap<PathBuf, Vec<Built>>,
    /// The images that are built.
    made: BTreeSet<String>,
    /// Values that are used for more than images.
    shared: HashSet<ValuePlace>,
    /// The files that give values to others, by these.
    rests_on: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    answer: BTreeMap<PathBuf, Scanned>,
}

impl Project<'_> {
    fn read(&mut self, file: &Yaml) {
        self.of(&file.path).problems.extend(file.problems.iter().cloned());
        if kustomize::is_kustomization(&file.path) {
            return;
        }
        let lines = Lines::of(&file.text);
        for root in file.documents.iter().filter_map(|document| document.root.as_ref()) {
            if compose::is_compose(root) {
                // They are read together, at the end.
                continue;
            }
            if let Some(service) = pipelines::service_of(&file.path, root) {
                let found = pipelines::read(service, root, &lines, self.given);
                self.of(&file.path).found.extend(found);
            } else if kubernetes::is_object(root) || root.get("items").is_some() {
                let notes = kubernetes::unknown_classes(root, &lines, &self.known);
                self.of(&file.path).notes.extend(notes);
                let mut found = kubernetes::read(root, &lines, &self.known);
                if let Some(source) = kubernetes::source_of(&file.text, root.span.start) {
                    for one in &mut found {
                        one.object = one.object.take().map(|object| format!("{object} ({source})"));
                    }
                }
                self.manifest(file, found);
            }
        }
    }

    fn of(&mut self, path: &Path) -> &mut Scanned {
        self.answer.entry(path.to_owned()).or_default()
    }

    /// Notes that these files give values to this one.
    fn rest(&mut self, path: &Path, others: impl IntoIterator<Item = PathBuf>) {
        self.rests_on.entry(compose::normal(path)).or_default().extend(others);
    }

    /// The references of a manifest, as each kustomization that leads to it deploys them.
    fn manifest(&mut self, file: &Yaml, found: Vec<Found>) {
        if self.patches.contains(&compose::normal(&file.path)) {
            return;
        }
        let Some(ways) = self.ways.get(&compose::normal(&file.path)).cloned() else {
            let pod = |name: String| format!("{} {name}", file.path.display());
            let found = found.into_iter().map(|one| Found { together: one.together.map(pod), ..one });
            self.of(&file.path).found.extend(found);
            return;
        };
        for way in &ways {
            self.rest(&file.path, way.files().cloned());
        }
        for one in &found {
            for way in &ways {
                let (elsewhere, mut new) = kustomize::deployed(one, way, self.given);
                let pod = |name: String| format!("{} {} {name}", way.root().display(), file.path.display());
                new.together = new.together.map(pod);
                if let Some(elsewhere) = &elsewhere {
                    self.rest(elsewhere, way.files().chain([&file.path]).cloned());
                }
                self.of(elsewhere.as_deref().unwrap_or(&file.path)).found.push(new);
            }
        }
    }

    /// The Compose files, each read with those that belong to it, and what they include.
    fn compose_files(&mut self) {
        let root = |file: &'_ Yaml| {
            file.documents.iter().filter_map(|document| document.root.as_ref()).find(|root| compose::is_compose(root)).cloned()
        };
        let all: Vec<(PathBuf, Rc<Node>)> = self.yaml.iter().filter_map(|file| Some((file.path.clone(), root(file)?))).collect();
        let paths: Vec<&Path> = all.iter().map(|(path, _)| path.as_path()).collect();
        let environment = self.given;
        let sets = sets(&paths, &|folder| compose::listed(folder, environment, self.files));
        let included: BTreeSet<PathBuf> =
            all.iter().flat_map(|(path, root)| compose::included(path, root, environment)).flatten().collect();
        let is_included = |set: &Vec<PathBuf>| set.first().is_some_and(|first| included.contains(&compose::normal(first)));
        // What others include is read by them; what is left then is included in a circle.
        let (later, first): (Vec<_>, Vec<_>) = sets.into_iter().partition(is_included);
        let mut done = BTreeSet::new();
        for set in first.into_iter().chain(later) {
            self.compose(&set, (environment, &BTreeSet::new()), LONGEST_CHAIN, &mut done);
        }
    }

    /// Files that belong together, with values from outside and the files that these rest on.
    fn compose(
        &mut self,
        set: &[PathBuf],
        (environment, outer): (&Values, &BTreeSet<PathBuf>),
        depth: usize,
        done: &mut BTreeSet<PathBuf>,
    ) {
        let Some(base) = set.first() else { return };
        if !done.insert(compose::normal(base)) {
            return;
        }
        let loaded: Vec<(&PathBuf, Rc<str>, Rc<Node>)> =
            set.iter().filter_map(|path| self.compose_file(path).map(|(text, root)| (path, text, root))).collect();
        let layers: Vec<Layer<'_>> =
            loaded.iter().map(|(path, text, root)| Layer { path, text, root: Rc::clone(root) }).collect();
        let recorded = Recorded::new(self.files);
        let project = compose::read(base, &layers, environment, &recorded);
        let mut rests_on = recorded.read_ones();
        rests_on.extend(set.iter().chain(outer).cloned());
        let dockerfiles = project.built.iter().map(|one| &one.dockerfile);
        for path in set.iter().chain(dockerfiles) {
            self.rest(path, rests_on.iter().cloned());
        }
        for (number, found) in project.found {
            if let Some((path, ..)) = loaded.get(number) {
                self.of(path).found.push(found);
            }
        }
        self.shared.extend(project.shared.iter().filter_map(place_of));
        self.made.extend(project.made.iter().map(|image| with_a_tag(image)));
        for one in project.built {
            self.built.entry(one.dockerfile.clone()).or_default().push(one);
        }
        if let Some(depth) = depth.checked_sub(1) {
            for included in &project.includes {
                let known = |path: &PathBuf| self.by_path.get(path).map_or_else(|| path.clone(), |file| file.path.clone());
                let set: Vec<PathBuf> = included.iter().map(known).collect();
                self.compose(&set, (&project.values, &rests_on), depth, done);
            }
        }
    }

    /// A Compose file that is among the files, or that another one names.
    fn compose_file(&self, path: &Path) -> Option<(Rc<str>, Rc<Node>)> {
        let root = |documents: &[Document]| documents.iter().find_map(|document| document.root.clone());
        if let Some(file) = self.by_path.get(&compose::normal(path)) {
            return Some((Rc::clone(&file.text), root(&file.documents)?));
        }
        let text = self.files.read(path).ok()?;
        let root = root(&yaml::read(&text).0)?;
        Some((text, root))
    }

    /// The bake files, each read with its override.
    fn bake_files(&mut self, bakes: &[(PathBuf, Rc<str>)]) {
        let mut parsed: Vec<(&PathBuf, &Rc<str>, bake::Parsed)> = Vec::new();
        for (path, text) in bakes {
            match bake::parse(path, text) {
                Ok(one) => parsed.push((path, text, one)),
                Err(problem) => self.of(path).problems.push(problem),
            }
        }
        let named = |wanted: Option<PathBuf>| wanted.and_then(|wanted| parsed.iter().find(|(path, ..)| **path == wanted));
        for file in &parsed {
            if named(bake::base_of(file.0)).is_some() {
                continue;
            }
            let set: Vec<_> = std::iter::once(file).chain(named(bake::override_of(file.0))).collect();
            let layers: Vec<bake::Layer<'_>> =
                set.iter().map(|(path, text, parsed)| bake::Layer { path, text, parsed }).collect();
            let read = bake::read(file.0, &layers, self.given, self.files);
            for (number, found) in read.found {
                if let Some((path, ..)) = set.get(number) {
                    self.of(path).found.push(found);
                }
            }
            let paths: Vec<PathBuf> = set.iter().map(|(path, ..)| PathBuf::clone(path)).collect();
            let dockerfiles = read.built.iter().map(|one| &one.dockerfile);
            for path in paths.iter().chain(dockerfiles) {
                self.rest(path, paths.iter().cloned());
            }
            for one in read.built {
                self.built.entry(one.dockerfile.clone()).or_default().push(one);
            }
        }
    }
}

/// The sets of Compose files that belong together: those that a folder lists, else each with its override.
fn sets(paths: &[&Path], listed: &dyn Fn(&Path) -> Option<Vec<PathBuf>>) -> Vec<Vec<PathBuf>> {
    let mut folders: BTreeMap<PathBuf, Option<Vec<PathBuf>>> = BTreeMap::new();
    let by_name: BTreeMap<PathBuf, &Path> = paths.iter().map(|path| (compose::normal(path), *path)).collect();
    let (mut sets, mut listed_sets): (Vec<Vec<PathBuf>>, BTreeSet<Vec<PathBuf>>) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let folder = path.parent().unwrap_or(Path::new(""));
        let list = folders.entry(folder.to_owned()).or_insert_with(|| listed(folder));
        if let Some(list) = list.as_ref().filter(|list| list.contains(&compose::normal(path))) {
            let known = |one: &PathBuf| by_name.get(one).map_or_else(|| one.clone(), |path| (*path).to_owned());
            let set: Vec<PathBuf> = list.iter().map(known).collect();
            if listed_sets.insert(set.clone()) {
                sets.push(set);
            }
            continue;
        }
        let is_there = |wanted: &PathBuf| by_name.contains_key(&compose::normal(wanted));
        // An override is read with the file that it belongs to.
        if compose::base_of(path).as_ref().is_some_and(is_there) {
            continue;
        }
        sets.push(std::iter::once((*path).to_owned()).chain(compose::override_of(path).filter(is_there)).collect());
    }
    sets
}

/// A file and the bytes of a value in it.
type ValuePlace = (PathBuf, Range<usize>);

/// The place of a value that stands in another file than the reference.
fn place_of(value: &Editable) -> Option<ValuePlace> {
    Some((compose::normal(value.file.as_ref()?), value.span.clone()))
}

/// A Dockerfile as it is built: once for each file that builds it, else by its own defaults.
/// An argument that is not a reference, or not that alone, is noted as shared.
fn read_dockerfile(text: &str, builds: &[Built], given: &Values, shared: &mut HashSet<ValuePlace>) -> Scanned {
    let with_values = |build: &Build| {
        let mut build = build.clone();
        build.arguments.extend(given.clone());
        build.origins.retain(|name, _| !given.contains_key(name));
        build
    };
    if builds.is_empty() {
        return dockerfile::read(text, &with_values(&Build::default()));
    }
    let mut all = Scanned::default();
    for built in builds {
        let scanned = dockerfile::read(text, &with_values(&built.build));
        all.left_out = scanned.left_out;
        all.problems = scanned.problems;
        shared.extend(built.build.origins.iter().filter_map(|(name, origin)| {
            let place = place_of(origin)?;
            let mut rest =
                scanned.found.iter().filter(|found| mentioned(&found.written).any(|mentioned| mentioned == name)).peekable();
            let is_used = rest.peek().is_some();
            let is_place = |found: &Found| found.editable.as_ref().and_then(place_of).as_ref() == Some(&place);
            (!is_used || !rest.all(is_place)).then_some(place)
        }));
        let asked = |mut found: Found| {
            found.isolation = built.isolation;
            if found.os == Os::Unsaid && found.needs == super::Needs::EveryHost {
                found.os = built.os;
            }
            found
        };
        all.found.extend(scanned.found.into_iter().map(asked));
    }
    // What several services build is one reference, if all of them mean the same.
    let mut seen = HashSet::new();
    all.found.retain(|found| seen.insert((found.place.clone(), found.meant.clone(), found.isolation)));
    all
}

/// The folder of the chart that a template belongs to.
fn chart_of(path: &Path, files: &dyn Files) -> Option<PathBuf> {
    let mut folder = path.parent()?;
    for _ in 0..8 {
        let above = folder.parent()?;
        if folder.file_name().is_some_and(|name| name == "templates") && files.read(&above.join("Chart.yaml")).is_ok() {
            return Some(above.to_owned());
        }
        folder = above;
    }
    None
}

fn helm(path: &Path) -> String {
    let mut folder = path;
    while let Some(above) = folder.parent() {
        if folder.file_name().is_some_and(|name| name == "templates") {
            let chart = compose::shown(above);
            return format!("a template of a Helm chart: render it first, `helm template {chart} | wincompat scan -`");
        }
        folder = above;
    }
    "a template of a Helm chart".to_owned()
}
