//! The GitLab pipelines of a question: which files include others, and what each pipeline says.
//!
//! Sources: the CI/CD YAML reference of GitLab: `include` (with its wildcards), `trigger:include`, `spec:inputs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Project, Yaml};
use crate::scan::paths::{normal, shown};
use crate::scan::pipelines::{self, Inputs, Layer, Service, inputs_of};
use crate::scan::yaml::Node;
use crate::scan::{Lines, Note, OF_INPUT, Pattern, Problem, compose, kubernetes, kustomize};
use crate::{Error, ErrorKind};

/// The longest chain of files that include each other.
const LONGEST_CHAIN: usize = 100;

/// The most files of one pipeline: GitLab takes 150.
const MOST_FILES: usize = 500;

/// The most ways to read the path of one `include`.
const MOST_WAYS: usize = 16;

/// The most values that are read, all pipelines together: a file that several pipelines include counts for each.
const MOST_VALUES: usize = 10_000_000;

/// The most notes of one file.
const MOST_NOTES: usize = 1_000;

/// What a pipeline includes.
enum Included {
    /// A path from the top folder of the repository, e.g. `/ci/*.yml`.
    Local {
        /// The path.
        path: String,
    },
    /// Something else, e.g. the address of a file.
    Elsewhere(String),
}

/// A pipeline: its files, those that it includes before itself, each with the values of its inputs.
#[derive(Default)]
struct Set {
    files: Vec<(PathBuf, Inputs)>,
    seen: BTreeSet<PathBuf>,
    /// It includes what is not read.
    lacks_files: bool,
    /// Pipelines that its jobs start.
    started: Vec<PathBuf>,
    /// The values that may still be read; `None` where that was not enough.
    left: Option<usize>,
}

impl Project<'_> {
    /// The pipelines of GitLab, each read with what it includes.
    pub(super) fn gitlab_files(&mut self) {
        let is_gitlab = |file: &&Yaml| {
            let mut roots = file.documents.iter().filter_map(|document| document.root.as_ref());
            !kustomize::is_kustomization(&file.path)
                && roots.any(|root| {
                    !compose::is_compose(&file.path, root) && pipelines::service_of(&file.path, root) == Some(Service::GitLab)
                })
        };
        let own: Vec<PathBuf> = self.yaml.iter().filter(is_gitlab).map(|file| normal(&file.path)).collect();
        // What others include is read by them; what is left then is included in a circle.
        let included: BTreeSet<PathBuf> = own.iter().flat_map(|path| self.included_by(path, &self.top_of(path))).collect();
        let (later, first): (Vec<_>, Vec<_>) = own.into_iter().partition(|path| included.contains(path));
        let mut open: Vec<(PathBuf, PathBuf)> =
            later.into_iter().rev().chain(first.into_iter().rev()).map(|path| (self.top_of(&path), path)).collect();
        let (mut done, mut started) = (BTreeSet::new(), BTreeSet::new());
        let mut left = Some(MOST_VALUES);
        while let Some((top, path)) = open.pop() {
            if done.contains(&path) && !started.contains(&path) || !started.insert(path.clone()) {
                continue;
            }
            let mut set = Set { left, ..Set::default() };
            self.gather(&path, &top, Inputs::new(), LONGEST_CHAIN, &mut set);
            done.extend(set.seen.iter().cloned());
            open.extend(set.started.iter().filter(|path| !started.contains(*path)).map(|path| (top.clone(), path.clone())));
            left = set.left;
            if left.is_none() {
                let error = Error::of(ErrorKind::Invalid, "these pipelines include too much: not all of it is read")
                    .hint("scan a part of the files at a time");
                let own = self.by_path.get(&path).map_or_else(|| path.clone(), |file| file.path.clone());
                self.of(&own).problems.push(Problem { place: Lines::of("").place(0..0), error });
                return;
            }
            self.pipeline(&set);
        }
    }

    fn pipeline(&mut self, set: &Set) {
        let files: Vec<(&Yaml, &Inputs)> =
            set.files.iter().filter_map(|(path, inputs)| Some((*self.by_path.get(path)?, inputs))).collect();
        let lines: Vec<Lines<'_>> = files.iter().map(|(file, _)| Lines::of(&file.text)).collect();
        let mut layers: Vec<(&Yaml, Layer<'_>)> = Vec::new();
        for ((file, inputs), lines) in files.iter().zip(&lines) {
            let root = root_of(file);
            layers.extend(root.map(|root| (*file, Layer { root, lines, inputs: (*inputs).clone() })));
        }
        let (yaml, layers): (Vec<&Yaml>, Vec<Layer<'_>>) = layers.into_iter().unzip();
        let read = pipelines::read_gitlab(&layers, !set.lacks_files, self.given);
        let paths: Vec<PathBuf> = yaml.iter().map(|file| file.path.clone()).collect();
        for path in paths.iter().filter(|_| paths.len() > 1) {
            self.rest(path, paths.iter().cloned());
        }
        for (number, found) in read.found {
            if let (Some(path), Some(main)) = (paths.get(number), paths.last()) {
                self.of(path).found.push(found.shared_in(&main.to_string_lossy()));
            }
        }
        for (number, note) in read.notes {
            if let Some(path) = paths.get(number) {
                self.note(path, note);
            }
        }
        if let (Some(error), Some(path)) = (read.problem, paths.last()) {
            self.of(path).problems.push(Problem { place: Lines::of("").place(0..0), error });
        }
    }

    /// Adds a note, once: several pipelines may read a file.
    fn note(&mut self, path: &Path, note: Note) {
        let notes = &mut self.of(path).notes;
        if notes.len() < MOST_NOTES && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Gathers a file of a pipeline, behind those that it includes, and notes what is not read.
    fn gather(&mut self, path: &Path, top: &Path, given: Inputs, depth: usize, set: &mut Set) {
        let Some(file) = self.by_path.get(path).copied() else { return };
        let Some(depth) = depth.checked_sub(1).filter(|_| set.files.len() < MOST_FILES) else { return };
        if !set.seen.insert(path.to_owned()) {
            // It is there with other inputs: neither value counts for both.
            for (_, inputs) in set.files.iter_mut().filter(|(other, _)| other == path) {
                inputs
                    .iter_mut()
                    .filter(|(name, value)| given.get(*name).is_some_and(|other| other != *value))
                    .for_each(|(_, value)| *value = None);
            }
            return;
        }
        let Some(root) = root_of(file) else { return };
        set.left = set.left.and_then(|left| left.checked_sub(root.size()));
        if set.left.is_none() {
            return;
        }
        let (includes, starts) = (includes(root), starts(root));
        let is_included = std::iter::repeat_n(true, includes.len()).chain(std::iter::repeat_n(false, starts.len()));
        for ((node, included, inputs), is_included) in includes.into_iter().chain(starts).zip(is_included) {
            let (paths, name) = match included {
                Included::Local { path: local } => {
                    let paths = self.locals(&local, top);
                    (paths, format!("{local} is included and is not among these files"))
                }
                Included::Elsewhere(name) => (Vec::new(), format!("{name} is elsewhere and is not read")),
            };
            if paths.is_empty() {
                set.lacks_files |= is_included;
                let text = format!("{name}: scan the whole pipeline, `glab ci config compile | {OF_INPUT}`");
                self.note(&file.path, Note { place: Lines::of(&file.text).place(node.span.clone()), text });
            }
            for path in paths {
                if is_included {
                    self.gather(&path, top, inputs.clone(), depth, set);
                } else {
                    set.started.push(path);
                }
            }
        }
        let mut inputs = inputs_of(&file.documents);
        inputs.extend(given);
        set.files.push((path.to_owned(), inputs));
    }

    /// The files that a file includes, or that its jobs start, as far as they are among these.
    fn included_by(&self, path: &Path, top: &Path) -> Vec<PathBuf> {
        let Some(root) = self.root_of(path) else { return Vec::new() };
        let local = |(_, included, _): (_, Included, _)| match included {
            Included::Local { path, .. } => self.locals(&path, top),
            Included::Elsewhere(_) => Vec::new(),
        };
        let all = includes(root).into_iter().chain(starts(root)).flat_map(local);
        all.filter(|other| other != path).collect()
    }

    /// The top folder of the repository of a pipeline: the nearest one above it with a `.gitlab-ci.yml`.
    fn top_of(&self, path: &Path) -> PathBuf {
        let with_main = path.ancestors().skip(1).find(|folder| self.by_path.contains_key(&folder.join(".gitlab-ci.yml")));
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let folder = if name.starts_with(".gitlab-ci") { path.parent() } else { path.ancestors().last() };
        with_main.or(folder).map(Path::to_owned).unwrap_or_default()
    }

    /// The files that the path of an `include` means.
    fn locals(&self, local: &str, top: &Path) -> Vec<PathBuf> {
        let wanted = normal(&top.join(local.trim_start_matches('/')));
        if !local.contains('*') {
            return self.by_path.contains_key(&wanted).then_some(wanted).into_iter().collect();
        }
        let patterns: Vec<Pattern> =
            patterns_of(&shown(&wanted)).iter().filter_map(|text| Pattern::of(text, true).ok()).collect();
        let is_meant = |path: &&PathBuf| {
            let path = shown(path);
            patterns.iter().any(|pattern| pattern.matches(&path))
        };
        self.by_path.keys().filter(is_meant).cloned().collect()
    }

    fn root_of(&self, path: &Path) -> Option<&Rc<Node>> {
        root_of(self.by_path.get(path)?)
    }
}

/// The patterns of files that a path of `include` stands for. In it `**` is any text, also with slashes: `ci/**.yml` are all files below
/// the folder, and `ci/**/*.yml` those in its folders.
fn patterns_of(path: &str) -> Vec<String> {
    let mut made = vec![String::new()];
    let last = path.split('/').count().saturating_sub(1);
    for (number, name) in path.split('/').enumerate() {
        let ways = match name.split_once("**") {
            Some(("", "")) if number == last => vec![name.to_owned()],
            Some(("", "")) => vec!["*/**".to_owned()],
            Some((before, behind)) if made.len() < MOST_WAYS => {
                let behind = behind.replace("**", "*");
                vec![format!("{before}*{behind}"), format!("{before}*/**/*{behind}")]
            }
            _ => vec![name.to_owned()],
        };
        let slash = if number > 0 { "/" } else { "" };
        made = made.iter().flat_map(|start| ways.iter().map(move |way| format!("{start}{slash}{way}"))).collect();
    }
    made
}

/// The part of a file that is a pipeline, or that one includes: not the header with `spec`.
fn root_of(file: &Yaml) -> Option<&Rc<Node>> {
    let roots = || {
        let roots = file.documents.iter().filter_map(|document| document.root.as_ref());
        roots.filter(|root| root.get("spec").is_none() && !compose::is_compose(&file.path, root) && !kubernetes::is_object(root))
    };
    roots().find(|root| pipelines::service_of(&file.path, root) == Some(Service::GitLab)).or_else(|| roots().next())
}

/// An entry of `include`: where it stands, what it names, and the values that it gives to inputs.
type Entry<'n> = (&'n Rc<Node>, Included, Inputs);

/// What the jobs of a file start: `trigger: {include: …}`.
fn starts(root: &Node) -> Vec<Entry<'_>> {
    let triggers = root.entries().into_iter().filter_map(|(_, job)| job.get("trigger"));
    triggers.filter_map(|trigger| trigger.get("include")).flat_map(|include| of_include(include)).take(MOST_FILES).collect()
}

/// What a file includes.
fn includes(root: &Node) -> Vec<Entry<'_>> {
    root.get("include").map(|include| of_include(include)).unwrap_or_default()
}

/// The entries of an `include`: a text, a map, or a list of these.
fn of_include(include: &Rc<Node>) -> Vec<Entry<'_>> {
    let one = if include.list().is_empty() { std::slice::from_ref(include) } else { include.list() };
    one.iter().take(MOST_FILES).flat_map(of_entry).take(MOST_FILES).collect()
}

fn of_entry(entry: &Rc<Node>) -> Vec<Entry<'_>> {
    if let Some(text) = entry.text() {
        let is_address = text.starts_with("http://") || text.starts_with("https://");
        let local = |path: &str| Included::Local { path: path.to_owned() };
        let included = if is_address { Included::Elsewhere(text.to_owned()) } else { local(text) };
        return vec![(entry, included, Inputs::new())];
    }
    let given = entry.get("inputs").map(|inputs| inputs.entries()).unwrap_or_default().into_iter();
    let given: BTreeMap<String, Option<String>> =
        given.filter_map(|(name, value)| Some((format!("inputs.{}", name.text()?), value.text().map(str::to_owned)))).collect();
    if let Some(local) = entry.get("local") {
        let names = local.list().iter().chain([local]).filter_map(|one| Some((one, one.text()?)));
        let local = |name: &str| Included::Local { path: name.to_owned() };
        return names.map(|(node, name)| (node, local(name), given.clone())).collect();
    }
    let elsewhere = ["remote", "project", "template", "component", "artifact"].iter().find_map(|key| entry.get(key)?.text());
    elsewhere.map(|name| (entry, Included::Elsewhere(name.to_owned()), Inputs::new())).into_iter().collect()
}

#[cfg(test)]
mod tests;
