//! Changes of files in the place of images that do not fit: shown as a patch, or made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::tree::{Tree, shown};
use crate::Error;
use crate::scan::{Editable, Files as _, apply};

/// A file, and the first and the last byte of a text in it.
type Spot = (PathBuf, usize, usize);

/// What references want of a text.
#[derive(Debug, Default)]
struct Wanted {
    /// What stands there.
    old: String,
    /// What is to stand there instead, each with the place of the first reference that wants it, e.g. `compose.yaml:7`.
    new: BTreeMap<String, String>,
    /// The reason why it must stay.
    stays: Option<String>,
}

/// The changes of all files.
#[derive(Debug, Default)]
pub struct Fixes {
    wanted: BTreeMap<Spot, Wanted>,
    /// The reasons why references stay as they are.
    kept: BTreeSet<String>,
}

impl Fixes {
    /// Notes a change for a reference of this file and place. A text that two references want in different ways is left as it is.
    pub fn add(&mut self, (path, place): (&Path, &str), editable: &Editable, new: String) {
        let wanted = self.wanted.entry(spot(path, editable)).or_default();
        wanted.old.clone_from(&editable.text);
        wanted.new.entry(new).or_insert_with(|| place.to_owned());
    }

    /// Notes that a text must stay for a reference that rests on it, e.g. `compose.yaml:7 rests on it too, and fits as it is`.
    pub fn forbid(&mut self, path: &Path, editable: &Editable, why: impl FnOnce() -> String) {
        self.wanted.entry(spot(path, editable)).or_default().stays.get_or_insert_with(why);
    }

    /// Notes why a reference stays as it is.
    pub fn keep(&mut self, why: String) {
        self.kept.insert(why);
    }

    /// The reason why a text is not changed although something else would fit; `None` where it is changed.
    pub fn stays(&self, path: &Path, editable: &Editable) -> Option<String> {
        let spot = spot(path, editable);
        let wanted = self.wanted.get(&spot)?;
        let of = match editable.file {
            Some(_) => format!(" of {}", shown(&spot.0)),
            None => String::new(),
        };
        let text = format!("the text {}{of}", wanted.old);
        if let Some(why) = &wanted.stays {
            return Some(format!("{text} stays: {why}"));
        }
        match wanted.new.iter().collect::<Vec<_>>().as_slice() {
            [(one, at), (other, there), ..] => Some(format!("{text} stays: {at} wants {one}, and {there} wants {other}")),
            _ => None,
        }
    }

    /// The reasons why references for which something would fit stay as they are.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    /// The old and the new text of each file that changes.
    pub fn changed(&self, tree: &Tree) -> Vec<(&Path, String, String)> {
        let mut changes: BTreeMap<&Path, Vec<_>> = BTreeMap::new();
        for ((path, start, end), wanted) in &self.wanted {
            let mut new = wanted.new.keys();
            if let (None, Some(only), None) = (&wanted.stays, new.next(), new.next()) {
                changes.entry(path).or_default().push((*start..*end, wanted.old.clone(), only.clone()));
            }
        }
        let mut changed = Vec::new();
        for (path, changes) in changes {
            let Ok(old) = tree.read(path) else { continue };
            if let Some(new) = apply(&old, &changes) {
                changed.push((path, old.to_string(), new));
            }
        }
        changed
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
    (file_of(path, editable).to_owned(), editable.span.start, editable.span.end)
}

/// The file that is changed for a reference of this one.
pub fn file_of<'f>(path: &'f Path, editable: &'f Editable) -> &'f Path {
    editable.file.as_deref().unwrap_or(path)
}
