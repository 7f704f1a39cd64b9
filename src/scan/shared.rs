//! Values and texts that are used for more than the references which rest on them: a change of one would change something else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::origin::last;
use super::paths::{normal, shown, slashes};
use super::yaml::{Document, Node, Value};
use super::{Editable, Found, Lines, Shared};

/// A file and the bytes of a value in it.
type ValuePlace = (PathBuf, Range<usize>);

/// The values that are used for more, each with its other use.
#[derive(Debug, Default)]
pub struct Uses {
    values: HashMap<ValuePlace, String>,
    /// Files of values that are used as a whole.
    files: BTreeMap<PathBuf, String>,
    /// The bytes of files at which texts begin that aliases put under other keys too.
    aliased: HashMap<PathBuf, HashSet<usize>>,
}

/// The reason why a text stays that aliases put under other keys.
const ALIASED: &str = "aliases put its text under other keys too";

/// The place of a value that stands in another file than the reference.
fn place_of(value: &Editable) -> Option<ValuePlace> {
    Some((normal(value.file.as_ref()?), value.span.clone()))
}

impl Uses {
    /// Notes other uses of values.
    pub fn extend(&mut self, shared: impl IntoIterator<Item = Shared>) {
        for Shared { value, why } in shared {
            if let Some(place) = place_of(&value) {
                self.values.entry(place).or_insert(why);
            }
        }
    }

    /// Notes that a file of values is used as a whole, e.g. `in line 7 of compose.yaml`.
    pub fn add_file(&mut self, file: &Path, by: &str) {
        self.files.entry(normal(file)).or_insert_with(|| format!("{} is also used {by}", shown(file)));
    }

    /// Notes the bytes at which texts of a file begin that aliases put under other keys too.
    pub fn add_aliased(&mut self, file: &Path, starts: HashSet<usize>) {
        self.aliased.insert(normal(file), starts);
    }

    /// Takes back what would change of a reference, if something else would change with it.
    pub fn hold(&self, found: &mut Found) {
        found.texts.retain(|text| self.why(text).is_none());
        let Some(why) = found.editables().find_map(|editable| self.why(editable)) else { return };
        let why = why.to_owned();
        found.also.retain(|editable| self.why(editable).is_none());
        if found.editable.as_ref().is_some_and(|editable| self.why(editable).is_some()) {
            found.editable = found.also.pop();
        }
        found.stays = Some(why);
    }

    /// The other use of a text.
    fn why(&self, editable: &Editable) -> Option<&str> {
        let (file, span) = place_of(editable)?;
        let start = span.start;
        // Quotes stand before the text that changes.
        let is_aliased = |starts: &HashSet<usize>| starts.contains(&start) || starts.contains(&start.saturating_sub(1));
        let of_file = self.files.get(&file).map(String::as_str);
        let of_aliases = self.aliased.get(&file).is_some_and(is_aliased).then_some(ALIASED);
        self.values.get(&(file, span)).map(String::as_str).or(of_file).or(of_aliases)
    }
}

/// Takes back what would change of a reference.
fn stay(found: &mut Found, why: String) {
    found.editable = None;
    found.stays = Some(why);
}

/// Takes back what would change of the references of a Dockerfile whose last variable is one of these, each with its other use.
pub fn hold_arguments(found: &mut [Found], used: &BTreeMap<&str, String>) {
    // A default behind the name of its variable is a text of the reference itself.
    let is_own = |one: &Found, editable: &Editable| one.place.span.contains(&editable.span.start);
    let rests =
        |one: &&mut Found| one.editable.as_ref().is_some_and(|editable| editable.file.is_none() && !is_own(one, editable));
    for one in found.iter_mut().filter(rests) {
        if let Some((name, by)) = last(&one.written).and_then(|last| used.get_key_value(last.name)) {
            let why = format!("{name} is also used {by}");
            stay(one, why);
        }
    }
}

/// Takes back what would change of references whose text stands under other keys too, by an alias.
pub fn hold_aliases(found: &mut [Found], several: &HashSet<usize>) {
    for one in found {
        if several.contains(&one.place.span.start) {
            one.texts.clear();
        }
        let is_own = one.editable.as_ref().is_some_and(|editable| editable.file.is_none());
        if is_own && several.contains(&one.place.span.start) {
            stay(one, ALIASED.to_owned());
        }
    }
}

/// The places where a file of YAML in this folder names one of these files: `env_file`, a mount, a generator of Kustomize. What
/// includes a Compose project with its values is not a use of its own.
pub fn named_files(folder: &Path, text: &str, documents: &[Document], files: &BTreeSet<PathBuf>) -> Vec<(PathBuf, u32)> {
    let names: BTreeSet<_> = files.iter().filter_map(|file| file.file_name()).collect();
    let mut named = Vec::new();
    if !names.iter().any(|name| text.contains(name.to_string_lossy().as_ref())) {
        return named;
    }
    let lines = Lines::of(text);
    let mut open: Vec<&Node> = Vec::new();
    for root in documents.iter().filter_map(|document| document.root.as_deref()) {
        match &root.value {
            Value::Map(entries) => {
                let others = entries.iter().filter(|(key, _)| key.text() != Some("include"));
                open.extend(others.map(|(_, value)| value.as_ref()));
            }
            _ => open.push(root),
        }
    }
    let mut seen: HashSet<*const Node> = HashSet::new();
    while let Some(node) = open.pop() {
        if !seen.insert(std::ptr::from_ref(node)) {
            continue;
        }
        match &node.value {
            Value::Scalar { text, .. } => {
                let is_end = |character: char| character.is_whitespace() || ":=,;\"'()".contains(character);
                for word in text.split(is_end).filter(|word| !word.is_empty()) {
                    let path = normal(&folder.join(slashes(word)));
                    if files.contains(&path) {
                        named.push((path, lines.place(node.span.clone()).line));
                    }
                }
            }
            Value::List(list) => open.extend(list.iter().map(AsRef::as_ref)),
            Value::Map(entries) => open.extend(entries.iter().map(|(_, value)| value.as_ref())),
        }
    }
    named
}
