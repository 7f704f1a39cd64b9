//! Where the values that Compose files use stand, and which of them are used for more than images.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;

use super::Reader;
use crate::scan::Editable;
use crate::scan::origin::{Origins, default_of, mentioned, origin, others, texts_between};
use crate::scan::paths::shown;
use crate::scan::place::literal;
use crate::scan::words::Style;
use crate::scan::yaml::{self, Node};

/// A file with values.
pub(super) struct Source<'s> {
    path: PathBuf,
    text: Text<'s>,
}

/// The text of a file of the project, or of another one.
enum Text<'s> {
    Own(&'s str),
    Other(Rc<str>),
}

impl Source<'_> {
    pub(super) fn text(&self) -> &str {
        match &self.text {
            Text::Own(text) => text,
            Text::Other(text) => text,
        }
    }

    /// The file of a text that can be changed, where it is not one of the project.
    fn other(&self) -> Option<PathBuf> {
        matches!(self.text, Text::Other(_)).then(|| self.path.clone())
    }
}

impl Reader<'_, '_> {
    /// The file in which the image or the build of a service stands.
    pub(super) fn source_of(&self, number: usize, node: &Rc<Node>) -> Option<Source<'_>> {
        if let Some(layer) = self.layers.get(number) {
            return Some(Source { path: layer.path.to_owned(), text: Text::Own(layer.text) });
        }
        let path = self.file_of(node)?;
        let text = Text::Other(self.files.read(&path).ok()?);
        Some(Source { path, text })
    }

    /// What can be changed of a text: itself, the only value in it, or the default of that.
    pub(super) fn editable(&self, source: Option<&Source<'_>>, span: &Range<usize>, written: &str) -> Option<Editable> {
        let here = |source: &Source<'_>, editable: Editable| Editable { file: source.other(), ..editable };
        let own = source.and_then(|source| Some(here(source, literal(source.text(), span.clone(), written)?)));
        own.or_else(|| origin(written, Style::Compose, &self.values, &self.origins)).or_else(|| {
            let source = source?;
            Some(here(source, default_of(source.text(), span, written, Style::Compose, &self.values)?))
        })
    }

    /// The texts between the variables of an image. Of one in another file it is not known whether aliases put it under other keys.
    pub(super) fn texts(&self, source: Option<&Source<'_>>, span: &Range<usize>, written: &str) -> Vec<Editable> {
        let own = source.filter(|source| source.other().is_none());
        own.map(|source| texts_between(source.text(), span, written, Style::Compose, &self.values)).unwrap_or_default()
    }

    /// Where the values of arguments stand that are plain text.
    pub(super) fn origins_of(&self, source: Option<&Source<'_>>, node: &Node) -> Origins {
        let here = |editable: Editable| {
            let file = editable.file.or_else(|| source.map(|source| source.path.clone()));
            Editable { file, ..editable }
        };
        let of_map = node.entries().into_iter().filter_map(|(name, value)| {
            let name = name.text()?;
            let editable = match value.text() {
                Some(text) => self.editable(source, &value.span, text),
                None => self.origins.get(name).cloned(),
            };
            Some((name.to_owned(), editable?))
        });
        let of_list = node.list().iter().filter_map(|entry| {
            let text = entry.text()?;
            let Some((name, value)) = text.split_once('=') else {
                return Some((text.to_owned(), self.origins.get(text)?.clone()));
            };
            let whole = source.and_then(|source| literal(source.text(), entry.span.clone(), text));
            let own = whole.map(|whole| Editable {
                span: whole.span.start + name.len() + 1..whole.span.end,
                text: value.to_owned(),
                ..whole
            });
            let default = || default_of(source?.text(), &entry.span, value, Style::Compose, &self.values);
            let editable = own.or_else(|| origin(value, Style::Compose, &self.values, &self.origins)).or_else(default)?;
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
        let is_consumed = |node: &Node| consumed.contains(&std::ptr::from_ref(node));
        // Of keys that Compose does not read, an alias is the only use.
        let is_kept = |key: &str| key.starts_with("x-") || key.starts_with('.');
        for (layer, lines) in self.layers.iter().zip(&self.lines) {
            let aliased = yaml::under_several_keys(&layer.root, &is_kept);
            let is_read = |node: &Node| is_consumed(node) && !aliased.contains(&node.span.start);
            uses(&layer.root, &is_read, &mut |name, node| {
                let by = || format!("in line {} of {}", lines.place(node.span.clone()).line, shown(layer.path));
                used.entry(name.to_owned()).or_insert_with(by);
            });
        }
        for (by, service) in self.extended.borrow().iter() {
            let aliased = yaml::under_several_keys(service, &is_kept);
            let is_read = |node: &Node| is_consumed(node) && !aliased.contains(&node.span.start);
            uses(service, &is_read, &mut |name, _| {
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
