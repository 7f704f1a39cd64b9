//! Where the values that Compose files use stand, and which of them are used for more than images.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use super::Reader;
use crate::scan::Editable;
use crate::scan::origin::{Origins, last, mentioned, origin, others};
use crate::scan::paths::shown;
use crate::scan::words::{Style, expand};
use crate::scan::yaml::{self, Node};

impl Reader<'_, '_> {
    /// What can be changed of a text: itself, the only value in it, or the default of that.
    pub(super) fn editable(&self, number: usize, span: Range<usize>, written: &str) -> Option<Editable> {
        let lines = self.lines.get(number)?;
        let literal = lines.literal(span.clone(), written);
        literal.or_else(|| origin(written, Style::Compose, &self.values, &self.origins)).or_else(|| {
            let one = last(written).filter(|one| !self.values.contains_key(one.name))?;
            let (default, text) = (one.default.filter(|default| !default.is_empty())?, self.layers.get(number)?.text);
            // As it is written: `-` is before it, and the brace behind it.
            let at = text.get(span.clone())?.rfind(&format!("-{default}}}"))? + 1;
            let editable = lines.literal(span.start + at..span.start + at + default.len(), default)?;
            let word = expand(one.before, Style::Compose, &self.values);
            word.missing.is_empty().then(|| Editable { before: word.text, after: one.after.to_owned(), ..editable })
        })
    }

    /// Where the values of arguments stand that are plain text.
    pub(super) fn origins_of(&self, number: usize, node: &Node) -> Origins {
        let path = self.layers.get(number).map(|layer| layer.path);
        let here = |editable: Editable| Editable { file: editable.file.or_else(|| path.map(Path::to_owned)), ..editable };
        let of_map = node.entries().into_iter().filter_map(|(name, value)| {
            let name = name.text()?;
            let editable = match value.text() {
                Some(text) => self.editable(number, value.span.clone(), text),
                None => self.origins.get(name).cloned(),
            };
            Some((name.to_owned(), editable?))
        });
        let of_list = node.list().iter().filter_map(|entry| {
            let text = entry.text()?;
            let Some((name, value)) = text.split_once('=') else {
                return Some((text.to_owned(), self.origins.get(text)?.clone()));
            };
            let whole = self.lines.get(number)?.literal(entry.span.clone(), text);
            let own = whole.map(|whole| Editable {
                span: whole.span.start + name.len() + 1..whole.span.end,
                text: value.to_owned(),
                ..whole
            });
            let editable = own.or_else(|| origin(value, Style::Compose, &self.values, &self.origins))?;
            Some((name.to_owned(), editable))
        });
        of_map.chain(of_list).map(|(name, editable)| (name, here(editable))).collect()
    }
}

impl Reader<'_, '_> {
    /// The variables that are used beside references and arguments of builds, each with the first use, e.g. `in line 3 of compose.yaml`.
    pub(super) fn used(&self) -> BTreeMap<String, String> {
        let mut used = BTreeMap::new();
        // Compose reads these for itself.
        for name in self.origins.keys().filter(|name| name.starts_with("COMPOSE_") || name.starts_with("DOCKER_")) {
            used.insert(name.clone(), "by Compose itself".to_owned());
        }
        let consumed = self.consumed.borrow();
        for (layer, lines) in self.layers.iter().zip(&self.lines) {
            let aliased = yaml::under_several_keys(&layer.root, &|key| key.starts_with("x-") || key.starts_with('.'));
            let is_read = |node: &Node| consumed.contains(&std::ptr::from_ref(node)) && !aliased.contains(&node.span.start);
            uses(&layer.root, &is_read, &mut |name, node| {
                let by = || format!("in line {} of {}", lines.place(node.span.clone()).line, shown(layer.path));
                used.entry(name.to_owned()).or_insert_with(by);
            });
        }
        for (by, service) in self.extended.borrow().iter() {
            uses(service, &|_| false, &mut |name, _| {
                used.entry(name.to_owned()).or_insert_with(|| by.clone());
            });
        }
        used
    }
}

/// Tells each variable that a text below this node mentions, or that is passed on by its name alone. Of a text that was read as a
/// reference, which can be changed by its last variable, the others.
fn uses(root: &Rc<Node>, is_read: &dyn Fn(&Node) -> bool, tell: &mut dyn FnMut(&str, &Node)) {
    let mut seen: HashSet<*const Node> = HashSet::new();
    let mut open = vec![root];
    // An alias is a second way to a node: each is looked at once.
    while let Some(node) = open.pop() {
        if !seen.insert(Rc::as_ptr(node)) {
            continue;
        }
        match &node.value {
            yaml::Value::Scalar { text, .. } if is_read(node) => others(text).for_each(|name| tell(name, node)),
            yaml::Value::Scalar { text, .. } => mentioned(text).for_each(|name| tell(name, node)),
            yaml::Value::List(list) => open.extend(list),
            yaml::Value::Map(entries) => {
                for (key, value) in entries {
                    if key.text() == Some("environment") {
                        passed_on(value).into_iter().for_each(|name| tell(name, value));
                    }
                    open.extend([key, value]);
                }
            }
        }
    }
}

/// The variables that an `environment` takes as they are: names without a value for a service, and the one of a secret or a config.
fn passed_on(environment: &Node) -> Vec<&str> {
    let bare = |entry: &'_ Rc<Node>| entry.text().is_some_and(|text| !text.contains('='));
    let listed = environment.list().iter().filter(|entry| bare(entry)).filter_map(|entry| entry.text());
    let entries = environment.entries().into_iter();
    let open = entries.filter(|(_, value)| value.text().is_none()).filter_map(|(name, _)| name.text());
    listed.chain(open).chain(environment.text()).collect()
}
