//! What the services of Compose files build: the Dockerfile, with its arguments, contexts and target.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Built, ELSEWHERE, Inline, Numbered, Project, Reader, context_name, merged, scalars};
use crate::scan::dockerfile::Build;
use crate::scan::paths::{is_elsewhere, normal, slashes};
use crate::scan::words::{Style, Word, expand, expand_marked};
use crate::scan::yaml::{Merging, Node, Value};
use crate::scan::{Asked, Found, Lines, Meant, Note, Os, Place, Platform, Problem, Shared, nested, platforms_of};

impl Reader<'_, '_> {
    /// What is built: each key as the last file says it, arguments and contexts of all of them.
    pub(super) fn build(
        &self,
        builds: &[Numbered<'_>],
        (object, made, extends): (&str, &[String], Option<Numbered<'_>>),
        started_in: Option<Asked>,
        platform: Platform,
        read: &mut Project,
    ) {
        let word = |text: &str| expand(text, Style::Compose, &self.values);
        // What the files say of a key, the last one first, as far as it counts.
        let said_of = |key: &str| merged(builds.iter().filter_map(|(number, build)| Some((*number, build.get(key)?))));
        let counts = |key: &str, value: &Rc<Node>| said_of(key).iter().any(|(_, one)| Rc::ptr_eq(one, value));
        let said_word = |key: &str| said_of(key).into_iter().find_map(|(_, value)| value.text()).map(word);
        // What is another file's has no place here.
        let place = |number: usize, node: &Node| -> Option<Place> { Some(self.lines.get(number)?.place(node.span.clone())) };
        // What stands in another file is shown where this one extends it.
        let own = builds.iter().find(|(number, _)| self.layers.get(*number).is_some()).copied().or(extends);
        // A path counts from the folder of the file that says it.
        let of_file = |build: &Rc<Node>| Some(self.file_of(build)?.parent()?.to_owned());
        let said = |(_, build): &Numbered<'_>| {
            let path = build.text_at(&["context"]).or_else(|| build.text())?;
            Some((of_file(build), word(path)))
        };
        let (folder, context) = builds
            .iter()
            .find_map(said)
            .unwrap_or_else(|| (builds.last().and_then(|(_, build)| of_file(build)), Word::default()));
        let platforms = said_of("platforms").into_iter().next().map(|(_, list)| list.list()).unwrap_or_default();
        let platforms: Vec<String> = platforms.iter().filter_map(|one| Some(word(one.text()?).text)).collect();
        // It is built once for each platform.
        let platforms = if platforms.is_empty() { vec![platform] } else { platforms_of(&platforms) };
        let is_for_others = platforms.iter().all(|(os, _)| *os == Os::Other);
        // Compose gives the build its own isolation alone, and the container that of the service.
        let key = format!("`isolation` of the build of {object}");
        let (built_in, note) = self.isolation(said_of("isolation").into_iter(), extends, &key);
        read.notes.extend(note.filter(|_| !is_for_others));
        let target = said_word("target").unwrap_or_default();
        let asks = said_of("target").first().copied();
        let asks = asks.and_then(|(number, node)| Some((number, place(number, node)?)));
        if let (Some(name), Some((number, node))) = (target.missing.first(), own) {
            let shown_at = asks.clone().or_else(|| Some((number, place(number, node)?)));
            let found = shown_at.filter(|_| !is_for_others).map(|(number, place)| (number, undecided(place, name, object)));
            read.found.extend(found);
            return;
        }
        let targets = Some(target.text).filter(|target| !target.is_empty()).into_iter().collect();
        let named = Some(object.to_owned());
        let mut build = Build { targets, object: named, started_in, built_in, is_of_service: true, ..Build::default() };
        // The last file's words win, so its are put in last.
        for (number, node) in builds.iter().rev() {
            let source = self.source_of(*number, node);
            let args = node.get("args").filter(|&args| counts("args", args));
            let mut origins = args.map(|args| self.origins_of(source.as_ref(), args)).unwrap_or_default();
            if let Some(args) = node.get("args") {
                let values = args.entries().into_iter().map(|(_, value)| value);
                for value in args.list().iter().chain(values) {
                    self.consumed.borrow_mut().insert(Rc::as_ptr(value));
                    self.refuses(*number, value, &value.text().map(word).unwrap_or_default());
                }
            }
            for name in args.map(|args| names_in(args)).unwrap_or_default() {
                build.arguments.remove(&name);
                build.open.remove(&name);
                build.origins.remove(&name);
            }
            for (name, meant) in args.map(|args| self.arguments(args)).unwrap_or_default() {
                build.origins.extend(origins.remove_entry(&name));
                match meant {
                    Meant::Known(value) => drop(build.arguments.insert(name, value)),
                    open => drop(build.open.insert(name, open)),
                }
            }
            let contexts = node.get("additional_contexts").filter(|&contexts| counts("additional_contexts", contexts));
            for name in contexts.map(|contexts| taken_away(contexts)).unwrap_or_default() {
                build.contexts.remove(name);
            }
            let contexts = contexts.map(|contexts| self.arguments(contexts)).unwrap_or_default();
            for meant in contexts.values() {
                if let Meant::Known(text) = meant
                    && let Some(service) = text.strip_prefix("service:")
                {
                    self.needs_service(own, service, read);
                }
            }
            build.contexts.extend(contexts.into_iter().map(|(name, meant)| (name, self.image_of(meant, read))));
        }
        match builds.iter().find_map(|(number, build)| Some((*number, build, build.get("dockerfile_inline")?))) {
            Some((number, of, inner)) => {
                let Some(source) = self.source_of(number, of) else { return };
                let of_other = Lines::of(if number == ELSEWHERE { source.text() } else { "" });
                let lines = self.lines.get(number).unwrap_or(&of_other);
                // What stands in another file is shown where this one extends it.
                let shown_at = if number == ELSEWHERE { own.and_then(|(number, node)| place(number, node)) } else { None };
                let file = own.map_or(number, |(shown, _)| if number == ELSEWHERE { shown } else { number });
                let word = expand_marked(inner.text().unwrap_or_default(), Style::Compose, &self.values);
                if self.refuses(number, inner, &word) {
                    return;
                }
                let inner_text = nested::Inner::of_word(word);
                for platform in platforms {
                    (build.os, build.processor) = platform;
                    let asks = asks.clone().filter(|(of, _)| *of == number).map(|(_, place)| place);
                    let scanned = nested::read((source.text(), lines), &inner.span, &inner_text, &build, asks);
                    let at = |place: Place| shown_at.clone().unwrap_or(place);
                    let found = scanned.found.into_iter().map(|found| Found { place: at(found.place.clone()), ..found });
                    let found: Vec<Found> = found.collect();
                    read.inline.push(Inline { file, at: inner.span.start, makes: made.to_vec(), found: found.clone() });
                    read.found.extend(found.into_iter().map(|found| (file, found)));
                    let problems = scanned.problems.into_iter();
                    self.refuse_all(file, problems.map(|problem| Problem { place: at(problem.place), error: problem.error }));
                }
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
                let of_layer = |number: usize, place: Place| Some((self.layers.get(number)?.path.to_owned(), place));
                let said = own.and_then(|(number, node)| Some((number, of_layer(number, place(number, node)?)?)));
                if let Some(why) = why {
                    let text = format!("what {object} builds is not read: {why}");
                    read.notes.extend(said.map(|(number, (_, place))| (number, Note { place, text })));
                    // What is not read may use a value for anything.
                    let by = format!("by what {object} builds, which is not read");
                    read.shared.extend(build.origins.iter().map(|(name, value)| Shared::new(name, value, &by)));
                    return;
                }
                let folder = folder.as_deref().unwrap_or(self.folder);
                let dockerfile = normal(&folder.join(slashes(&context.text)).join(slashes(&dockerfile.text)));
                let (said, asks) = (said.map(|(_, said)| said), asks.and_then(|(number, place)| of_layer(number, place)));
                let one = Built { dockerfile, build, makes: made.to_vec(), said, asks };
                let for_each = platforms.into_iter().map(|(os, processor)| Build { os, processor, ..one.build.clone() });
                read.built.extend(for_each.map(|build| Built { build, ..one.clone() }));
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

    /// The image that a context is, if it is one: that of a registry, or what another service builds.
    fn image_of(&self, context: Meant, read: &mut Project) -> Option<Meant> {
        let text = match context {
            Meant::Known(text) => text,
            open => return Some(open),
        };
        if let Some(image) = text.strip_prefix("docker-image://") {
            return Some(Meant::Known(image.to_owned()));
        }
        let service = text.strip_prefix("service:")?;
        let said = self.said(service);
        // One that is not here is of a file that this project includes, or that includes it.
        let may_be_built =
            said.is_empty() || said.iter().any(|(_, node)| ["build", "extends"].iter().any(|key| node.get(key).is_some()));
        let name = may_be_built.then(|| context_name("service", service, &self.project))?;
        // Where nothing is known of how it is built, it is no image of a registry all the same.
        read.made.push(name.clone());
        Some(Meant::Known(name))
    }
}

/// What a build makes cannot be told, since the stage that it asks for rests on this variable.
fn undecided(place: Place, variable: &str, object: &str) -> Found {
    let meant = Meant::Unresolved(vec![variable.to_owned()]);
    Found { object: Some(object.to_owned()), ..Found::of(place, format!("${{{variable}}}"), meant) }
}

/// The names in a map whose values it takes away from the files before.
fn taken_away(node: &Node) -> Vec<&str> {
    let gone = node.entries().into_iter().filter(|(_, value)| value.merging == Merging::Reset);
    gone.filter_map(|(name, _)| name.text()).collect()
}

/// The names that a map or list says anything of, so that what the files before say of them does not count: also those that it leaves to the
/// environment, and those that it takes away.
fn names_in(node: &Node) -> BTreeSet<String> {
    let gone = taken_away(node).into_iter().map(str::to_owned);
    pairs(node).into_keys().chain(gone).collect()
}

/// A map, or a list of `NAME=VALUE` and `NAME`. What is taken away is not in it.
fn pairs(node: &Node) -> BTreeMap<String, Option<String>> {
    let given = |value: &Node| match &value.value {
        Value::Scalar { plain: true, .. } => value.text().map(scalars::given),
        _ => value.text().map(str::to_owned),
    };
    let entries = node.entries().into_iter().filter(|(_, value)| value.merging != Merging::Reset);
    let of_map = entries.filter_map(|(name, value)| Some((name.text()?.to_owned(), given(value))));
    let of_list = node.list().iter().filter_map(|entry| entry.text()).map(|entry| match entry.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (entry.to_owned(), None),
    });
    of_map.chain(of_list).collect()
}
