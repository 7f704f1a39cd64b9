//! Changes of files in the place of images that do not fit: shown as a patch, or made.

use std::collections::{BTreeMap, BTreeSet};
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

/// A file and bytes in it.
type Spot = (PathBuf, Range<usize>);

/// The changes of all files.
#[derive(Debug, Default)]
pub struct Fixes {
    files: BTreeMap<PathBuf, Vec<Change>>,
    /// Places that were asked to be two things.
    ambiguous: Vec<Spot>,
    /// The references that each change is for, as `file:line`.
    wanted: Vec<(Spot, String)>,
    /// The reasons why references stay as they are.
    kept: Vec<String>,
}

impl Fixes {
    /// Notes a change for a reference of this file and place. A text that two references want in different ways is left as it is.
    pub fn add(&mut self, (path, place): (&Path, &str), editable: &Editable, new: String) {
        let spot = spot(path, editable);
        self.wanted.push((spot.clone(), place.to_owned()));
        let changes = self.files.entry(spot.0).or_default();
        let known = changes.iter().find(|(span, ..)| *span == editable.span);
        match known {
            Some((_, _, other)) if *other == new => {}
            Some(_) => self.forbid(path, editable),
            None => changes.push((editable.span.clone(), editable.text.clone(), new)),
        }
    }

    /// Notes that a text must stay: a reference that rests on it fits, or cannot be made to fit.
    pub fn forbid(&mut self, path: &Path, editable: &Editable) {
        self.ambiguous.push(spot(path, editable));
    }

    /// Notes why a reference stays as it is.
    pub fn keep(&mut self, why: String) {
        self.kept.push(why);
    }

    /// The reasons why references for which something would fit stay as they are.
    pub fn kept(&self) -> Vec<String> {
        let of_ambiguous = self.wanted.iter().filter(|(spot, _)| self.ambiguous.contains(spot));
        let reason = |(spot, place): &(Spot, String)| {
            format!(
                "{place} stays: other references rest on the same text of {}, and it does not help all of them",
                shown(&spot.0)
            )
        };
        let kept: BTreeSet<String> = self.kept.iter().cloned().chain(of_ambiguous.map(reason)).collect();
        kept.into_iter().collect()
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

/// The place that is changed, which may be in another file than the reference.
fn spot(path: &Path, editable: &Editable) -> Spot {
    (editable.file.as_deref().unwrap_or(path).to_owned(), editable.span.clone())
}
