//! The Compose files of a question: which belong together, which include others, and what each project says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Project, Yaml, with_a_tag};
use crate::scan::compose::{self, Layer, Outer, Set};
use crate::scan::paths::normal;
use crate::scan::recorded::Recorded;
use crate::scan::words::Values;
use crate::scan::yaml::{self, Document, Node};
use crate::scan::{Lines, Problem};

/// The longest chain of Compose files that include each other.
const LONGEST_CHAIN: usize = 16;

impl Project<'_> {
    /// The Compose files, each read with those that belong to it, and what they include.
    pub(super) fn compose_files(&mut self) {
        let is_compose = |file: &&Yaml| roots(&file.documents).any(|root| compose::is_compose(&file.path, root));
        let all: Vec<&Yaml> = self.yaml.iter().filter(is_compose).collect();
        let paths: Vec<&Path> = all.iter().map(|file| file.path.as_path()).collect();
        let environment = self.given;
        let sets = sets(&paths, &|folder| compose::listed(folder, environment, self.files));
        let mut included_files: BTreeSet<PathBuf> = BTreeSet::new();
        for file in &all {
            included_files.extend(roots(&file.documents).flat_map(|root| included(&file.path, root, environment)));
        }
        let is_included = |set: &Set| set.files.first().is_some_and(|first| included_files.contains(&normal(first)));
        let mut extended = extended(&all, environment);
        let with_templates = |files: Vec<PathBuf>| {
            let templates = files.first().and_then(|file| extended.remove(&normal(file)));
            let templates = templates.filter(|_| !self.is_started(&files)).unwrap_or_default();
            Set { templates, ..Set::of(files) }
        };
        let sets: Vec<Set> = sets.into_iter().map(with_templates).collect();
        // What others include is read by them; what is left then is included in a circle.
        let (later, first): (Vec<_>, Vec<_>) = sets.into_iter().partition(is_included);
        let mut done = BTreeSet::new();
        let outer = Outer { values: environment.clone(), ..Outer::default() };
        for set in first.into_iter().chain(later) {
            self.compose(&set, (&outer, &BTreeSet::new()), LONGEST_CHAIN, &mut done);
        }
    }

    /// True for files that Compose starts by themselves: it looks for their name, a variable lists them, or they were asked for.
    fn is_started(&self, files: &[PathBuf]) -> bool {
        let [only] = files else { return true };
        let listed = || compose::listed(only.parent().unwrap_or(Path::new("")), self.given, self.files);
        compose::is_usual(only) || self.files.is_asked(only) || listed().is_some_and(|list| list.contains(&normal(only)))
    }

    /// Files that belong together, with values from outside and the files that these rest on.
    fn compose(&mut self, set: &Set, (outer, outside): (&Outer, &BTreeSet<PathBuf>), depth: usize, done: &mut BTreeSet<PathBuf>) {
        let Some(base) = set.files.first() else { return };
        if !done.insert(normal(base)) {
            return;
        }
        // The others say nothing by themselves.
        done.extend(set.files.iter().map(|path| normal(path)));
        // Each document is a layer: Compose puts those of one file over each other, as it does with files.
        let mut loaded: Vec<(&PathBuf, Rc<str>, Rc<Node>)> = Vec::new();
        for path in &set.files {
            if let Some((text, roots)) = self.compose_file(path) {
                loaded.extend(roots.into_iter().map(|root| (path, Rc::clone(&text), root)));
            }
        }
        let layers: Vec<Layer<'_>> =
            loaded.iter().map(|(path, text, root)| Layer { path, text, root: Rc::clone(root) }).collect();
        let recorded = Recorded::new(self.files);
        let project = compose::read(set, &layers, outer, &recorded);
        let mut rests_on = recorded.read_ones();
        rests_on.extend(set.files.iter().chain(outside).cloned());
        // What is said of one that is not there is said here.
        let is_missing = |path: &&PathBuf| !self.by_path.contains_key(&normal(path)) && self.files.read(path).is_err();
        rests_on.extend(project.includes.iter().flat_map(|included| &included.files).filter(is_missing).cloned());
        for path in &set.files {
            self.rest(path, rests_on.iter().cloned());
        }
        for inline in project.inline {
            if let Some((path, ..)) = loaded.get(inline.file) {
                self.inline.push((PathBuf::clone(path), inline));
            }
        }
        for (number, found) in project.found {
            if let Some((path, ..)) = loaded.get(number) {
                let found = found.shared_in(&path.to_string_lossy());
                self.of(path).found.push(found);
            }
        }
        for (number, note) in project.notes {
            if let Some((path, ..)) = loaded.get(number) {
                self.of(path).notes.push(note);
            }
        }
        for (number, problem) in project.problems {
            if let Some((path, ..)) = loaded.get(number) {
                self.of(path).problems.push(problem);
            }
        }
        for (path, error) in project.unread {
            let problem = Problem { place: Lines::of("").place(0..0), error };
            let problems = &mut self.of(&path).problems;
            // Several projects may read it.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        self.env_files.extend(set.env_files.iter().map(|path| normal(path)));
        self.uses.extend(project.shared);
        self.made.extend(project.made.iter().map(|image| with_a_tag(image)));
        self.build(project.built, &rests_on);
        if let Some(depth) = depth.checked_sub(1) {
            for included in &project.includes {
                let known = |path: &PathBuf| self.by_path.get(path).map_or_else(|| path.clone(), |file| file.path.clone());
                let set = Set { files: included.files.iter().map(known).collect(), ..included.clone() };
                self.compose(&set, (&project.outer, &rests_on), depth, done);
            }
        }
    }

    /// A Compose file that is among the files, or that another one names, with its documents.
    fn compose_file(&self, path: &Path) -> Option<(Rc<str>, Vec<Rc<Node>>)> {
        if let Some(file) = self.by_path.get(&normal(path)) {
            return Some((Rc::clone(&file.text), roots(&file.documents).cloned().collect()));
        }
        let text = self.files.read(path).ok()?;
        let roots = roots(&yaml::read(&text).0).cloned().collect();
        Some((text, roots))
    }
}

/// The roots of documents that are not empty.
fn roots(documents: &[Document]) -> impl Iterator<Item = &Rc<Node>> {
    documents.iter().filter_map(|document| document.root.as_ref())
}

/// The files that a Compose file includes.
fn included(path: &Path, root: &Node, values: &Values) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new(""));
    compose::included(folder, root, values).into_iter().flat_map(|one| one.set.files).collect()
}

/// The services of each file that other files extend.
fn extended(all: &[&Yaml], values: &Values) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let mut extended: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for file in all {
        let (own, folder) = (normal(&file.path), file.path.parent().unwrap_or(Path::new("")));
        for (path, service) in roots(&file.documents).flat_map(|root| compose::extended(folder, root, values)) {
            if path != own {
                extended.entry(path).or_default().insert(service);
            }
        }
    }
    extended
}

/// The sets of Compose files that belong together: those that a folder lists, else each with its override.
fn sets(paths: &[&Path], listed: &dyn Fn(&Path) -> Option<Vec<PathBuf>>) -> Vec<Vec<PathBuf>> {
    let mut folders: BTreeMap<PathBuf, Option<Vec<PathBuf>>> = BTreeMap::new();
    let by_name: BTreeMap<PathBuf, &Path> = paths.iter().map(|path| (normal(path), *path)).collect();
    let (mut sets, mut listed_sets): (Vec<Vec<PathBuf>>, BTreeSet<Vec<PathBuf>>) = (Vec::new(), BTreeSet::new());
    for path in paths {
        let folder = path.parent().unwrap_or(Path::new(""));
        let list = folders.entry(folder.to_owned()).or_insert_with(|| listed(folder));
        if let Some(list) = list.as_ref().filter(|list| list.contains(&normal(path))) {
            let known = |one: &PathBuf| by_name.get(one).map_or_else(|| one.clone(), |path| (*path).to_owned());
            let set: Vec<PathBuf> = list.iter().map(known).collect();
            if listed_sets.insert(set.clone()) {
                sets.push(set);
            }
            continue;
        }
        let is_there = |wanted: &PathBuf| by_name.contains_key(&normal(wanted));
        let (base, over) = compose::usual(folder, &is_there).unzip();
        let over = over.flatten();
        // An override is read with the file that it belongs to.
        if over.as_deref() == Some(*path) {
            continue;
        }
        let over = over.filter(|_| base.as_deref() == Some(*path));
        sets.push(std::iter::once((*path).to_owned()).chain(over).collect());
    }
    sets
}
