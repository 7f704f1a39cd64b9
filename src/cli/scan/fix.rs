//! Changes of files in the place of images that do not fit: shown as a patch, or made.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::tree::{Tree, shown};
use crate::Error;
use crate::report::plain::clean;
use crate::scan::{Editable, Files as _, apply};

/// One change: the bytes, what stands there, and what will.
type Change = (Range<usize>, String, String);

/// The changes of all files.
#[derive(Debug, Default)]
pub struct Fixes {
    files: BTreeMap<PathBuf, Vec<Change>>,
    /// Places that were asked to be two things.
    ambiguous: Vec<(PathBuf, Range<usize>)>,
}

impl Fixes {
    /// Notes a change. A text that two references want in different ways is left as it is.
    pub fn add(&mut self, path: &Path, editable: &Editable, new: String) {
        let changes = self.files.entry(path.to_owned()).or_default();
        let known = changes.iter().find(|(span, ..)| *span == editable.span);
        match known {
            Some((_, _, other)) if *other == new => {}
            Some(_) => self.forbid(path, editable),
            None => changes.push((editable.span.clone(), editable.text.clone(), new)),
        }
    }

    /// Notes that a text must stay: a reference that rests on it fits, or cannot be made to fit.
    pub fn forbid(&mut self, path: &Path, editable: &Editable) {
        self.ambiguous.push((path.to_owned(), editable.span.clone()));
    }

    /// The old and the new text of each file that changes.
    fn changed(&self, tree: &Tree) -> Vec<(&Path, String, String)> {
        let mut changed = Vec::new();
        for (path, changes) in &self.files {
            let is_clear = |(span, ..): &&Change| !self.ambiguous.iter().any(|(of, other)| of == path && other == span);
            let changes: Vec<Change> = changes.iter().filter(is_clear).cloned().collect();
            if changes.is_empty() {
                continue;
            }
            let Ok(old) = tree.read(path) else { continue };
            if let Some(new) = apply(&old, &changes) {
                changed.push((path.as_path(), old.to_string(), new));
            }
        }
        changed
    }

    /// Writes the changes as a patch, and returns the number of files.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written.
    pub fn diff(&self, tree: &Tree, out: &mut dyn Write) -> std::io::Result<usize> {
        let changed = self.changed(tree);
        for (path, old, new) in &changed {
            let name = shown(path);
            let diff = TextDiff::from_lines(old.as_str(), new.as_str());
            let text = diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string();
            // Lines end as they do in the file, so that the patch can be applied.
            for line in text.split_inclusive('\n') {
                let (line, end) =
                    line.strip_suffix("\r\n").map_or_else(|| (line.trim_end_matches('\n'), "\n"), |line| (line, "\r\n"));
                write!(out, "{}{end}", clean(line))?;
            }
        }
        Ok(changed.len())
    }

    /// Makes the changes, each file at once; returns the names of those that were changed.
    ///
    /// # Errors
    ///
    /// The first file that cannot be written, or was changed meanwhile.
    pub fn make(&self, tree: &Tree) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for (path, old, new) in self.changed(tree) {
            tree.replace(path, &old, &new)?;
            names.push(shown(path));
        }
        Ok(names)
    }
}
