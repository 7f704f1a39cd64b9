//! The bake files of a question: which belong together, and what they build.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use super::Project;
use crate::scan::bake;

impl Project<'_> {
    /// The bake files, each read with its override.
    pub(super) fn bake_files(&mut self, bakes: &[(PathBuf, Rc<str>)]) {
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
            self.uses.extend(read.shared);
            let paths: BTreeSet<PathBuf> = set.iter().map(|(path, ..)| PathBuf::clone(path)).collect();
            for path in &paths {
                self.rest(path, paths.iter().cloned());
            }
            for (number, note) in read.notes {
                if let Some((path, ..)) = set.get(number) {
                    self.of(path).notes.push(note);
                }
            }
            self.build(read.built, &paths);
        }
    }
}
