//! The bake files of a question: which belong together, and what they build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use super::{Project, with_a_tag};
use crate::scan::bake;
use crate::scan::paths::normal;

impl Project<'_> {
    /// The bake files, each read with those of its folder that buildx reads along with it.
    pub(super) fn bake_files(&mut self, bakes: &[(PathBuf, Rc<str>)]) {
        let mut parsed: Vec<(&PathBuf, &Rc<str>, bake::Parsed)> = Vec::new();
        for (path, text) in bakes {
            match bake::parse(path, text) {
                Ok(one) => parsed.push((path, text, one)),
                Err(problem) => self.of(path).problems.push(problem),
            }
        }
        let by_name: BTreeMap<PathBuf, _> = parsed.iter().map(|file| (normal(file.0), file)).collect();
        let mut done: BTreeSet<PathBuf> = BTreeSet::new();
        for (path, ..) in &parsed {
            if done.contains(&normal(path)) {
                continue;
            }
            let names: Vec<PathBuf> = bake::set_of(path).iter().map(|path| normal(path)).collect();
            let set: Vec<_> = names.iter().filter_map(|name| by_name.get(name).copied()).collect();
            done.extend(names);
            let layers: Vec<bake::Layer<'_>> =
                set.iter().map(|(path, text, parsed)| bake::Layer { path, text, parsed }).collect();
            let read = bake::read(path, &layers, self.given, self.files);
            for inline in read.inline {
                if let Some((path, ..)) = set.get(inline.file) {
                    self.inline.push((PathBuf::clone(path), inline));
                }
            }
            for (number, found) in read.found {
                if let Some((path, ..)) = set.get(number) {
                    self.of(path).found.push(found.shared_in(&path.to_string_lossy()));
                }
            }
            self.uses.extend(read.shared);
            self.made.extend(read.made.iter().map(|image| with_a_tag(image)));
            let paths: BTreeSet<PathBuf> = set.iter().map(|(path, ..)| PathBuf::clone(path)).collect();
            for path in &paths {
                self.rest(path, paths.iter().cloned());
            }
            for (number, note) in read.notes {
                if let Some((path, ..)) = set.get(number) {
                    self.of(path).notes.push(note);
                }
            }
            for (number, problem) in read.problems {
                if let Some((path, ..)) = set.get(number) {
                    self.of(path).problems.push(problem);
                }
            }
            self.build(read.built, &paths);
        }
    }
}
