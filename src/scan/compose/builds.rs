//! What the services of Compose files build: the Dockerfile, with its arguments, contexts and target.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Built, Numbered, Project, Reader, asked};
use crate::scan::dockerfile::Build;
use crate::scan::paths::{is_elsewhere, normal, slashes};
use crate::scan::words::{Style, Word, expand};
use crate::scan::yaml::Node;
use crate::scan::{Asked, Found, Meant, Needs, Note, Os, Shared, nested};

impl Reader<'_, '_> {
    /// What is built: each key as the last file says it, arguments and contexts of all of them.
    pub(super) fn build(
        &self,
        builds: &[Numbered<'_>],
        (object, made, extends): (&str, &[String], Option<Numbered<'_>>),
        isolation: Option<Asked>,
        os: Os,
        read: &mut Project,
    ) {
        let word = |text: &str| expand(text, Style::Compose, &self.values);
        let said_word = |key: &str| builds.iter().find_map(|(_, build)| build.text_at(&[key])).map(word);
        let text = |key: &str| said_word(key).map(|word| word.text);
        // What stands in another file is shown where this one extends it.
        let own = builds.iter().find(|(number, _)| self.layers.get(*number).is_some()).copied().or(extends);
        // A path counts from the folder of the file that says it.
        let of_file = |build: &Rc<Node>| self.folders.borrow().get(&Rc::as_ptr(build)).cloned();
        let said = |(_, build): &Numbered<'_>| {
            let path = build.text_at(&["context"]).or_else(|| build.text())?;
            Some((of_file(build), word(path)))
        };
        let (folder, context) = builds
            .iter()
            .find_map(said)
            .unwrap_or_else(|| (builds.last().and_then(|(_, build)| of_file(build)), Word::default()));
        let platforms = builds.iter().find_map(|(_, build)| build.get("platforms"));
        let is_windows = platforms
            .is_some_and(|list| list.list().iter().any(|one| one.text().is_some_and(|one| Os::of_platform(one) == Os::Windows)));
        let os = if is_windows { Os::Windows } else { os };
        let isolation = text("isolation").as_deref().and_then(asked).or(isolation);
        let targets = text("target").into_iter().collect();
        let mut build = Build { targets, object: Some(object.to_owned()), os, ..Build::default() };
        // The last file's words win, so its are put in last.
        for (number, node) in builds.iter().rev() {
            let mut origins = node.get("args").map(|args| self.origins_of(*number, args)).unwrap_or_default();
            if let Some(args) = node.get("args").filter(|_| self.layers.get(*number).is_some()) {
                let values = args.entries().into_iter().map(|(_, value)| value);
                for value in args.list().iter().chain(values) {
                    self.consumed.borrow_mut().insert(Rc::as_ptr(value));
                    self.refuses(*number, value, &value.text().map(word).unwrap_or_default());
                }
            }
            for (name, meant) in node.get("args").map(|args| self.arguments(args)).unwrap_or_default() {
                build.arguments.remove(&name);
                build.open.remove(&name);
                build.origins.remove(&name);
                build.origins.extend(origins.remove_entry(&name));
                match meant {
                    Meant::Known(value) => drop(build.arguments.insert(name, value)),
                    open => drop(build.open.insert(name, open)),
                }
            }
            let contexts = node.get("additional_contexts").map(|contexts| self.arguments(contexts)).unwrap_or_default();
            build.contexts.extend(contexts.into_iter().map(|(name, meant)| (name, image_of(meant))));
        }
        match builds.iter().find_map(|(number, build)| Some((*number, build.get("dockerfile_inline")?))) {
            Some((number, inner)) => {
                let (Some(layer), Some(lines)) = (self.layers.get(number), self.lines.get(number)) else { return };
                let word = expand(inner.text().unwrap_or_default(), Style::Compose, &self.values);
                let found = nested::read(layer.text, lines, &inner.span, &word.text, &build);
                let asked = |found: Found| Found {
                    isolation,
                    os: if found.os == Os::Unsaid && found.needs == Needs::EveryHost { os } else { found.os },
                    ..found
                };
                read.found.extend(found.into_iter().map(|found| (number, asked(found))));
                // What stands in a text within a text is not changed.
                let by = format!("by the Dockerfile of {object}");
                read.shared.extend(build.origins.iter().map(|(name, value)| Shared::new(name, value, &by)));
            }
            None => {
                let dockerfile =
                    said_word("dockerfile").unwrap_or_else(|| Word { text: "Dockerfile".to_owned(), ..Word::default() });
                let why = if is_elsewhere(&context.text) {
                    Some(format!("{} is elsewhere", context.text))
                } else {
                    let missing = context.missing.iter().chain(&dockerfile.missing).next();
                    missing.map(|name| format!("the variable {name} has no value"))
                };
                let said = own.and_then(|(number, node)| {
                    let place = self.lines.get(number)?.place(node.span.clone());
                    Some((number, self.layers.get(number)?.path.to_owned(), place))
                });
                if let Some(why) = why {
                    let text = format!("what {object} builds is not read: {why}");
                    read.notes.extend(said.map(|(number, _, place)| (number, Note { place, text })));
                    // What is not read may use a value for anything.
                    let by = format!("by what {object} builds, which is not read");
                    read.shared.extend(build.origins.iter().map(|(name, value)| Shared::new(name, value, &by)));
                    return;
                }
                let folder = folder.as_deref().unwrap_or(self.folder);
                let dockerfile = normal(&folder.join(slashes(&context.text)).join(slashes(&dockerfile.text)));
                let said = said.map(|(_, path, place)| (path, place));
                read.built.push(Built { dockerfile, build, isolation, os, makes: made.to_vec(), said });
            }
        }
    }

    /// `args` as a map or as a list of `NAME=VALUE`; a bare name takes its value from the environment.
    fn arguments(&self, node: &Node) -> BTreeMap<String, Meant> {
        let meant = |(name, value): (String, Option<String>)| match value {
            Some(value) => {
                let word = expand(&value, Style::Compose, &self.values);
                Some((name, if word.missing.is_empty() { Meant::Known(word.text) } else { Meant::Unresolved(word.missing) }))
            }
            // One that the environment does not have is not given at all.
            None => self.values.get(&name).cloned().map(|value| (name, Meant::Known(value))),
        };
        pairs(node).into_iter().filter_map(meant).collect()
    }
}

/// The image that a context is, if it is one.
fn image_of(context: Meant) -> Option<Meant> {
    match context {
        Meant::Known(text) => text.strip_prefix("docker-image://").map(|image| Meant::Known(image.to_owned())),
        open => Some(open),
    }
}

/// A map, or a list of `NAME=VALUE` and `NAME`.
fn pairs(node: &Node) -> BTreeMap<String, Option<String>> {
    let of_map =
        node.entries().into_iter().filter_map(|(name, value)| Some((name.text()?.to_owned(), value.text().map(str::to_owned))));
    let of_list = node.list().iter().filter_map(|entry| entry.text()).map(|entry| match entry.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (entry.to_owned(), None),
    });
    of_map.chain(of_list).collect()
}
