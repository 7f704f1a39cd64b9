//! Pipelines of Jenkins, and the files with the YAML of their pods.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::named::{path_said, places_above};
use super::{Project, Yaml, read_yaml, with_a_tag};
use crate::scan::groovy::{PodFile, Read};
use crate::scan::kubernetes::{self, Known};
use crate::scan::paths::normal;
use crate::scan::{Found, IsolatedBy, Lines, Note};
use crate::{Error, ErrorKind};

impl Project<'_> {
    /// The files of YAML that pipelines name for their pods: what stands there is a part of a pod.
    pub(super) fn files_of_pods(&self, pipelines: &[(PathBuf, Read)]) -> BTreeSet<PathBuf> {
        let named = pipelines.iter().flat_map(|(path, read)| read.pod_files.iter().map(move |one| (path, one)));
        named.filter_map(|(path, one)| Some(self.place_of(&places_above(path, path_said(&one.file).ok()?))?.clone())).collect()
    }

    /// The first of these places at which a file is.
    fn place_of<'r>(&self, places: &'r [PathBuf]) -> Option<&'r PathBuf> {
        places.iter().find(|place| self.by_path.contains_key(*place) || self.files.read(place).is_ok())
    }

    /// What a pipeline of Jenkins says.
    pub(super) fn jenkinsfile(&mut self, path: &Path, read: Read) {
        let mut found = read.found;
        for one in &mut found {
            one.together = one.together.take().map(|pod| format!("{} {pod}", path.display()));
        }
        let scanned = self.of(path);
        scanned.found.extend(found);
        scanned.notes.extend(read.notes);
        self.made.extend(read.made.iter().map(|image| with_a_tag(image)));
        self.builds_of(path, read.built);
        for one in &read.pod_files {
            self.pod_file(path, one);
        }
    }

    /// The pod whose YAML stands in a file that a pipeline names. Its path begins at the folder of the pipeline, or at the top of the
    /// repository, which may be any folder above it.
    fn pod_file(&mut self, path: &Path, one: &PodFile) {
        let Err(why) = self.try_pod_file(path, one) else { return };
        let note = Note { place: one.place.clone(), text: format!("the pod of pipeline is not read: {why}") };
        let notes = &mut self.of(path).notes;
        // Each choice of a matrix may name it.
        if notes.last() != Some(&note) {
            notes.push(note);
        }
    }

    /// The same.
    ///
    /// # Errors
    ///
    /// The reason why the file is not read.
    fn try_pod_file(&mut self, path: &Path, one: &PodFile) -> Result<(), String> {
        let name = path_said(&one.file)?;
        let mut first_missing = None;
        for place in places_above(path, name) {
            if let Some(file) = self.by_path.get(&place).copied() {
                return self.pods_of_file(path, one, file);
            }
            match self.files.read(&place) {
                Ok(text) => {
                    self.rest(path, [place.clone()]);
                    let Some(file) = read_yaml(&place, text) else {
                        return Err(format!("{name} is a template, which is YAML only when its values are put in"));
                    };
                    self.of(&place).problems.clone_from(&file.problems);
                    return self.pods_of_file(path, one, &file);
                }
                Err(error) => _ = first_missing.get_or_insert((place, error)),
            }
        }
        let Some((place, error)) = first_missing else { return Ok(()) };
        // It may come later.
        self.rest(path, [place]);
        Err(why_unread(&error))
    }

    /// Adds the pods of a file that a pipeline names.
    ///
    /// # Errors
    ///
    /// More work than is left.
    fn pods_of_file(&mut self, path: &Path, one: &PodFile, file: &Yaml) -> Result<(), String> {
        let roots = || file.documents.iter().filter_map(|document| document.root.as_ref());
        // Many pipelines may name one file.
        let size: usize = roots().map(|root| root.size()).sum();
        self.left = self.left.checked_sub(size).ok_or("the files of pods are too many, or too large")?;
        let (lines, known) = (Lines::of(&file.text), self.known(&file.path, None));
        let known = Known { unled: one.pod.unled(), ..known };
        let whole = format!("{} {}", path.display(), one.pod.key);
        let is_beside = |found: &Found| {
            let behind = found.together.as_deref().and_then(|key| key.strip_prefix(whole.as_str()));
            found.isolated_by == IsolatedBy::Kubelet && behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let has_others = self.of(path).found.iter().any(is_beside);
        let (mut all, mut notes): (Vec<Found>, Vec<Note>) = (Vec::new(), Vec::new());
        for root in roots() {
            if !kubernetes::is_object(root) {
                notes.extend(kubernetes::unknown_classes(root, &lines, &known));
            }
            all.extend(kubernetes::read(root, &lines, &known));
        }
        for found in &mut all {
            one.pod.place(found);
            // A pod that several pipelines name alike is one.
            let own = |pod: String| format!("{} {} {pod}", file.path.display(), one.pod.written);
            found.together = if has_others { Some(whole.clone()) } else { found.together.take().map(own) };
        }
        if has_others {
            let of_file = roots().flat_map(|root| kubernetes::nodes(root, &known)).next();
            let (lands, os) = of_file.map_or_else(|| one.pod.without_yaml(), |nodes| one.pod.placed(nodes));
            for beside in self.of(path).found.iter_mut().filter(|found| is_beside(found)) {
                beside.lands = lands.clone();
                beside.os = os;
            }
            self.rest(path, [normal(&file.path)]);
        }
        self.rest(&file.path, [path.to_owned()]);
        let scanned = self.of(&file.path);
        scanned.found.extend(all);
        for note in notes {
            if !scanned.notes.contains(&note) {
                scanned.notes.push(note);
            }
        }
        Ok(())
    }
}

/// Why a file could not be read; where it is there, also what lets it be read.
fn why_unread(error: &Error) -> String {
    let advice = error.hint.as_ref().filter(|_| error.kind != ErrorKind::NotFound).map(|hint| hint.worded(|_| String::new()));
    let why = error.sentence();
    advice.map_or(why.clone(), |advice| format!("{why}: {advice}"))
}
