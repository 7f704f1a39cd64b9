//! Files that pipelines name: Dockerfiles that they build, templates of Azure.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Project, Yaml};
use crate::scan::compose::Built;
use crate::scan::paths::{is_elsewhere, normal, slashes};
use crate::scan::yaml::{self, Document, Node};
use crate::scan::{Meant, Note, pipelines};

impl Project<'_> {
    /// The Dockerfiles of a pipeline. Their paths begin at its folder, or at the top of the repository, which may be any folder above it.
    pub(super) fn builds_of(&mut self, path: &Path, builds: Vec<pipelines::Built>) {
        for pipelines::Built { file, is_beside, build, makes, place } in builds {
            let file = path_said(&file);
            let file = match file {
                Ok(file) => file,
                Err(why) => {
                    let text = format!("what {} builds is not read: {why}", build.object.as_deref().unwrap_or_default());
                    self.of(path).notes.push(Note { place, text });
                    continue;
                }
            };
            let mut paths = places_above(path, file);
            paths.truncate(if is_beside { 1 } else { usize::MAX });
            let found = paths.iter().position(|path| self.files.read(path).is_ok());
            let Some(dockerfile) = paths.get(found.unwrap_or_default()).cloned() else { continue };
            // One at a place that is looked at before would be the one that is built.
            let before: Vec<PathBuf> = paths.into_iter().take(found.unwrap_or(usize::MAX)).collect();
            if found.is_none() {
                self.rest(path, before.iter().cloned());
            }
            let said = Some((path.to_owned(), place));
            let built = Built { dockerfile, build, makes, said, asks: None };
            self.build(vec![built], &before.into_iter().chain([path.to_owned()]).collect());
        }
    }

    /// True for a template of Azure that is among these files. Its path begins at the file that names it, or with a slash at the top of
    /// the repository, which may be any folder above.
    pub(super) fn has_template(&self, path: &Path, template: &str) -> bool {
        places_of(path, template).iter().any(|place| self.by_path.contains_key(place))
    }

    /// A pipeline of Azure with the variables of the templates that it names, if there are some, and the files of these.
    pub(super) fn with_variables(&self, file: &Yaml, root: &Rc<Node>) -> (Option<Rc<Node>>, BTreeSet<PathBuf>) {
        if !file.text.contains("template") || !file.text.contains("variables") {
            return (None, BTreeSet::new());
        }
        let named = RefCell::new(BTreeSet::new());
        let root_of = |path: &Path, template: &str| {
            let places = places_of(path, template);
            let found = places.iter().find_map(|place| Some((place.clone(), self.root_at(place)?)));
            // One that is not there would give values too.
            named.borrow_mut().extend(places);
            found
        };
        let whole = pipelines::with_variables(root, &file.path, &root_of, &self.left_of_templates);
        (Some(whole), named.into_inner())
    }

    /// The root of the first document of a file of YAML.
    fn root_at(&self, path: &Path) -> Option<Rc<Node>> {
        let first = |documents: &[Document]| documents.iter().find_map(|document| document.root.clone());
        if let Some(file) = self.by_path.get(path) {
            return first(&file.documents);
        }
        if let Some(known) = self.templates.borrow().get(path) {
            return known.clone();
        }
        let root = self.files.read(path).ok().and_then(|text| first(&yaml::read(&text).0));
        self.templates.borrow_mut().insert(path.to_owned(), root.clone());
        root
    }
}

/// The path that a pipeline names.
///
/// # Errors
///
/// The reason why it is not known.
pub(super) fn path_said(file: &Meant) -> Result<&str, String> {
    match file {
        Meant::Known(file) if !is_elsewhere(file) => Ok(file),
        Meant::Known(file) => Err(format!("{file} is elsewhere")),
        Meant::Unresolved(names) if names.len() > 1 => Err(format!("the variables {} have no value", names.join(", "))),
        Meant::Unresolved(names) => Err(format!("the variable {} has no value", names.join(", "))),
        Meant::Unevaluated { name, .. } | Meant::Undeclared(name) => Err(format!("the variable {name} has no value")),
    }
}

/// The places at which a file may be that another one names: beside it, or below any folder above it, the nearest one first.
pub(super) fn places_above(path: &Path, file: &str) -> Vec<PathBuf> {
    let folders = path.parent().into_iter().flat_map(Path::ancestors);
    folders.map(|folder| normal(&folder.join(slashes(file)))).collect()
}

/// The paths that the name of a template may mean in this file, the most likely one first; none for a template of another repository. The
/// top of the repository is not known: the folder that is the farthest above is the most likely one.
fn places_of(path: &Path, template: &str) -> Vec<PathBuf> {
    let (template, repository) = template.rsplit_once('@').unwrap_or((template, "self"));
    if repository != "self" {
        return Vec::new();
    }
    let template = slashes(template);
    match template.strip_prefix('/') {
        Some(template) => {
            let mut places = places_above(path, template);
            places.reverse();
            places
        }
        None => {
            let mut places = places_above(path, &template);
            places.truncate(1);
            places
        }
    }
}
