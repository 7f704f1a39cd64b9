//! Values and texts that are used for more than the references which rest on them: a change of one would change something else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::origin::last;
use super::paths::{normal, shown, slashes};
use super::yaml::{Document, Node, Value, under_several_keys};
use super::{Editable, Found, Lines, Shared};

/// A file and the bytes of a value in it.
type ValuePlace = (PathBuf, Range<usize>);

/// The values that are used for more, each with its other use.
#[derive(Debug, Default)]
pub struct Uses {
    values: HashMap<ValuePlace, String>,
    /// Files of values that are used as a whole.
    files: BTreeMap<PathBuf, String>,
}

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

    /// Takes back what would change of a reference, if something else would change with it.
    pub fn hold(&self, found: &mut Found) {
        let Some(editable) = &found.editable else { return };
        let of_value = place_of(editable).and_then(|place| self.values.get(&place));
        let of_file = editable.file.as_ref().and_then(|file| self.files.get(&normal(file)));
        if let Some(why) = of_value.or(of_file) {
            stay(found, why.clone());
        }
    }
}

/// Takes back what would change of a reference.
fn stay(found: &mut Found, why: String) {
    found.editable = None;
    found.stays = Some(why);
}

/// Takes back what would change of the references of a Dockerfile whose last variable is one of these, each with its other use.
pub fn hold_arguments(found: &mut [Found], used: &BTreeMap<&str, String>) {
    // A default within the reference is not the value of the argument.
    let is_elsewhere = |one: &Found, editable: &Editable| !one.place.span.contains(&editable.span.start);
    let rests =
        |one: &Found| one.editable.as_ref().is_some_and(|editable| editable.file.is_none() && is_elsewhere(one, editable));
    for one in found.iter_mut().filter(|one| rests(one)) {
        if let Some((name, by)) = last(&one.written).and_then(|last| used.get_key_value(last.name)) {
            let why = format!("{name} is also used {by}");
            stay(one, why);
        }
    }
}

/// Takes back what would change of references whose text stands under other keys too, by an alias.
pub fn hold_aliases(found: &mut [Found], documents: &[Document], is_kept: &dyn Fn(&Node, &str) -> bool) {
    let roots = documents.iter().filter_map(|document| document.root.as_ref());
    let several: HashSet<usize> = roots.flat_map(|root| under_several_keys(root, &|key| is_kept(root, key))).collect();
    for one in found {
        let is_own = one.editable.as_ref().is_some_and(|editable| editable.file.is_none());
        if is_own && several.contains(&one.place.span.start) {
            stay(one, "aliases put its text under other keys too".to_owned());
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
