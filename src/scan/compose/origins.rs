//! Where the values that Compose files use stand, and which of them are used for images alone.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use super::{Layer, Reader};
use crate::scan::Editable;
use crate::scan::origin::{Origins, last, mentioned, origin, others};
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

/// The variables that these files use for more than images: anywhere but in the image of a service that is not built, and in arguments of builds.
pub(super) fn used_elsewhere<'n>(layers: &'n [Layer<'_>]) -> BTreeSet<&'n str> {
    let services =
        || layers.iter().flat_map(|layer| layer.root.get("services").map(|services| services.entries()).unwrap_or_default());
    let built: BTreeSet<&str> =
        services().filter(|(_, service)| service.get("build").is_some()).filter_map(|(name, _)| name.text()).collect();
    let mut seen: HashSet<*const Node> = HashSet::new();
    // A text with several variables rests on each of them, and can be changed by the last one.
    let mut used = BTreeSet::new();
    for (name, service) in services() {
        let image = service.get("image").filter(|_| name.text().is_some_and(|name| !built.contains(name)));
        let args = service.at(&["build", "args"]);
        let listed = args.map(|args| args.list()).unwrap_or_default().iter();
        let mapped = args.map(|args| args.entries()).unwrap_or_default().into_iter().map(|(_, value)| value);
        for node in image.into_iter().chain(listed).chain(mapped) {
            seen.insert(Rc::as_ptr(node));
            used.extend(others(node.text().unwrap_or_default()));
        }
    }
    let mut open: Vec<&Rc<Node>> = layers.iter().map(|layer| &layer.root).collect();
    // An alias is a second way to a node: each is looked at once.
    while let Some(node) = open.pop() {
        if !seen.insert(Rc::as_ptr(node)) {
            continue;
        }
        match &node.value {
            yaml::Value::Scalar { text, .. } => used.extend(mentioned(text)),
            yaml::Value::List(list) => open.extend(list),
            yaml::Value::Map(entries) => open.extend(entries.iter().flat_map(|(name, value)| [name, value])),
        }
    }
    used
}
