//! What a target of bake files builds: the Dockerfile, with its arguments, contexts and stage.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;

use super::blocks::{body, entries};
use super::{Attribute, Bake, MOST_BUILDS, Reader};
use crate::scan::compose::{Built, Inline, context_name};
use crate::scan::dockerfile::Build;
use crate::scan::hcl::{Locals, Part, Unknown, Value};
use crate::scan::nested::{self, Inner};
use crate::scan::paths::{is_elsewhere, normal, slashes};
use crate::scan::{Found, Meant, Note, Os, Place, Problem, Shared, platforms_of};
use crate::{Error, ErrorKind};

/// The folders above a bake file that are looked through for the Dockerfiles it names: it may be meant to be run from one of them.
const ABOVE: usize = 4;

/// What stands before the name of a target that is a context.
const TARGET: &str = "target:";

/// The longest text of an expression that is shown.
const SHOWN: usize = 120;

/// Names with what is known of their values; `None` for one that is taken away, or a folder.
type Pairs = Vec<(String, Option<Meant>)>;

impl Reader<'_, '_> {
    /// What a target builds, once for each platform. Of one that others complete, only what can be told.
    pub(super) fn built(&self, (name, is_template): (&str, bool), locals: &Locals, bake: &mut Bake) {
        let plain = Locals::new();
        let (lineage, unknown_parents) = self.lineage(name, locals, &plain);
        let all = |key: &str| self.attributes(&lineage, key);
        // One that is null is as one that is not there.
        let said = |key: &str| all(key).into_iter().find(|one| self.value(one) != Ok(Value::Null));
        let text = |key: &str| said(key).map(|one| self.value(&one).ok().and_then(|value| value.text()));
        // A name is not inherited.
        let own_name = self.named("target", name).rev().find_map(|block| block.said("name"));
        let own_name = own_name.and_then(|value| self.evaluator.value(value, locals).ok()?.text());
        let shown = own_name.unwrap_or_else(|| name.to_owned());
        let platforms = said("platforms").and_then(|one| self.value(&one).ok()).map(Value::items).unwrap_or_default();
        let platforms: Vec<String> = platforms.iter().filter_map(Value::text).collect();
        let platforms = platforms_of(&platforms);
        let object = format!("target {shown}");
        let undecided = |one: &Attribute<'_>, bake: &mut Bake| {
            let is_for_others = platforms.iter().all(|(os, _)| *os == Os::Other);
            let found = self.undecided(one, &object).filter(|_| !is_template && !is_for_others);
            bake.found.extend(found.map(|found| (one.layer, found)));
        };
        if let Some(parents) = unknown_parents {
            return undecided(&parents, bake);
        }
        let mut makes = said("tags").map(|one| self.tags(&one)).unwrap_or_default();
        makes.push(self.context_name(&shown));
        bake.made.extend(makes.iter().cloned());
        let target = text("target");
        if let (Some(one), Some(None)) = (said("target"), &target) {
            return undecided(&one, bake);
        }
        let mut build = Build {
            targets: target.flatten().filter(|target| !target.is_empty()).into_iter().collect(),
            object: Some(object.clone()),
            is_template,
            ..Build::default()
        };
        // What stands first wins, so it is put in last.
        for one in all("args").iter().rev() {
            self.add_arguments(one, &mut build, bake);
        }
        for one in all("contexts").iter().rev() {
            let Some(pairs) = self.pairs(one) else { return undecided(one, bake) };
            for (name, meant) in pairs {
                build.contexts.insert(name, meant.and_then(|meant| self.image_of(meant, bake)));
            }
        }
        // What is not read may use a value for anything.
        let share = |build: &Build, by: &str, bake: &mut Bake| {
            bake.shared.extend(build.origins.iter().map(|(name, value)| Shared::new(name, value, by)));
        };
        let asks = said("target").and_then(|one| self.place(&one));
        if let Some(one) = said("dockerfile-inline") {
            share(&build, &format!("by the Dockerfile of target {shown}"), bake);
            let file = self.layers.get(one.layer).zip(self.lines.get(one.layer));
            let (Some(inner), Some((layer, lines)), Some(span)) = (self.inner(&one), file, one.value.span()) else {
                return undecided(&one, bake);
            };
            for platform in platforms {
                (build.os, build.processor) = platform;
                let asks = asks.clone().filter(|(layer, _)| *layer == one.layer).map(|(_, place)| place);
                let scanned = nested::read((body(layer.text).1, lines), &span, &inner, &build, asks);
                let found = scanned.found.clone();
                bake.inline.push(Inline { file: one.layer, at: span.start, makes: makes.clone(), found });
                bake.found.extend(scanned.found.into_iter().map(|found| (one.layer, found)));
                let problems = scanned.problems.into_iter().map(|problem| (one.layer, problem));
                let new: Vec<_> = problems.filter(|problem| !bake.problems.contains(problem)).collect();
                bake.problems.extend(new);
            }
            return;
        }
        let at = |key: &str| said(key).and_then(|one| self.place(&one));
        let at = at("dockerfile").or_else(|| at("context")).or_else(|| self.first_place(name));
        let unread = |why: &str, build: &Build, bake: &mut Bake| {
            let text = format!("what target {shown} builds is not read: {why}");
            bake.notes.extend(at.clone().map(|(layer, place)| (layer, Note { place, text })));
            share(build, &format!("by what target {shown} builds, which is not read"), bake);
        };
        let context = match text("context").unwrap_or_else(|| Some(".".to_owned())) {
            Some(context) if !is_elsewhere(&context) => context,
            Some(context) => return unread(&format!("{context} is elsewhere"), &build, bake),
            None => return unread("the value of context cannot be told", &build, bake),
        };
        let Some(dockerfile) = text("dockerfile").unwrap_or_else(|| Some("Dockerfile".to_owned())) else {
            return unread("the value of dockerfile cannot be told", &build, bake);
        };
        let dockerfile = self.placed(&Path::new(&slashes(&context)).join(slashes(&dockerfile)));
        // Those that complete it say which one is meant.
        if is_template && self.files.read(&dockerfile).is_err_and(|error| error.kind == ErrorKind::NotFound) {
            return;
        }
        let of_file = |(layer, place): (usize, Place)| Some((self.layers.get(layer)?.path.to_owned(), place));
        let one = Built { dockerfile, build, makes, said: at.and_then(of_file), asks: asks.and_then(of_file) };
        let for_each = platforms.into_iter().map(|(os, processor)| Build { os, processor, ..one.build.clone() });
        bake.built.extend(for_each.map(|build| Built { build, ..one.clone() }));
    }

    /// The image that a context is, if it is one: that of a registry, or what another target builds.
    fn image_of(&self, context: Meant, bake: &mut Bake) -> Option<Meant> {
        let text = match context {
            Meant::Known(text) => text,
            open => return Some(open),
        };
        if let Some(image) = text.strip_prefix("docker-image://") {
            return Some(Meant::Known(image.to_owned()));
        }
        let name = self.context_name(text.strip_prefix(TARGET)?);
        // Where nothing is known of how it is built, it is no image of a registry all the same.
        bake.made.push(name.clone());
        Some(Meant::Known(name))
    }

    /// The text for what a target builds.
    fn context_name(&self, target: &str) -> String {
        context_name("target", target, self.layers.first().map_or(Path::new(""), |layer| layer.path))
    }

    /// The targets that others have as contexts: they are built for these.
    pub(super) fn linked(&self) -> BTreeSet<String> {
        let mut linked = BTreeSet::new();
        for block in self.blocks.iter().filter(|block| block.kind == "target") {
            let Some(value) = block.said("contexts") else { continue };
            for locals in self.combinations(&block.name) {
                let one = Attribute { layer: block.layer, value, locals: &locals };
                for (_, meant) in self.pairs(&one).unwrap_or_default() {
                    if let Some(Meant::Known(text)) = meant {
                        linked.extend(text.strip_prefix(TARGET).map(str::to_owned));
                    }
                }
            }
        }
        linked
    }

    /// Puts arguments over those that are there. Where they are not known as a whole, any of those may have another value.
    fn add_arguments(&self, one: &Attribute<'_>, build: &mut Build, bake: &mut Bake) {
        let Some(pairs) = self.pairs(one) else {
            build.arguments.clear();
            build.open.clear();
            build.origins.clear();
            build.rest = Some(self.written(one.layer, one.value));
            return;
        };
        let mut origins = self.origins(one, &mut bake.shared);
        for (argument, meant) in pairs {
            build.arguments.remove(&argument);
            build.open.remove(&argument);
            build.origins.remove(&argument);
            build.origins.extend(origins.remove_entry(&argument));
            match meant {
                Some(Meant::Known(value)) => drop(build.arguments.insert(argument, value)),
                Some(open) => drop(build.open.insert(argument, open)),
                None => {}
            }
        }
    }

    /// The names that a list gives the image of a target, as far as they are known.
    fn tags(&self, one: &Attribute<'_>) -> Vec<String> {
        let values: Vec<Value> = match one.value {
            // One that is not known leaves the others what they are.
            Expression::Array(tags) => tags.iter().filter_map(|tag| self.evaluator.value(tag, one.locals).ok()).collect(),
            _ => self.value(one).map(Value::items).unwrap_or_default(),
        };
        values.iter().filter_map(Value::text).filter(|tag| !tag.is_empty()).collect()
    }

    /// The place of an attribute, with the number of its file.
    fn place(&self, one: &Attribute<'_>) -> Option<(usize, Place)> {
        Some((one.layer, self.lines.get(one.layer)?.place(one.value.span().unwrap_or_default())))
    }

    /// The place of the first attribute of a target.
    fn first_place(&self, name: &str) -> Option<(usize, Place)> {
        let block = self.named("target", name).next()?;
        let span = block.attributes.first().and_then(|(_, value)| value.span()).unwrap_or_default();
        Some((block.layer, self.lines.get(block.layer)?.place(span)))
    }

    /// The error about a target that makes more images than are read.
    pub(super) fn too_many(&self, name: &str) -> Option<(usize, Problem)> {
        let matrix = self.named("target", name).rev().find_map(|block| Some((block.layer, block.said("matrix")?)));
        let of_matrix = matrix.and_then(|(layer, value)| {
            let span = value.span().unwrap_or_default();
            Some((layer, self.lines.get(layer)?.place(span)))
        });
        let what = if of_matrix.is_some() {
            format!("the matrix of target {name} is too large")
        } else {
            format!("target {name} is not read: the targets before it build too many images")
        };
        let (layer, place) = of_matrix.or_else(|| self.first_place(name))?;
        let error = Error::of(ErrorKind::Invalid, what)
            .because(format!("no more than {MOST_BUILDS} images are read of bake files that belong together"))
            .hint("make the lists of the matrix shorter, or write the targets into files of several folders");
        Some((layer, Problem { place, error }))
    }

    /// What a target builds cannot be told, since this attribute cannot.
    fn undecided(&self, one: &Attribute<'_>, object: &str) -> Option<Found> {
        let (_, place) = self.place(one)?;
        let expression = self.written(one.layer, one.value);
        let why = match self.value(one) {
            Err(why) => why,
            Ok(Value::Unset(name)) => Unknown::Variable(name),
            Ok(_) => Unknown::Expression,
        };
        let meant = unknown(why, expression.clone());
        Some(Found { object: Some(object.to_owned()), ..Found::of(place, expression, meant) })
    }

    /// The text of a Dockerfile; `None` where nothing of it is known.
    fn inner(&self, one: &Attribute<'_>) -> Option<Inner> {
        let mut inner = Inner::default();
        let parts = self.evaluator.parts(one.value, one.locals);
        let is_one = parts.len() == 1;
        for part in parts {
            match part {
                Part::Text(text) => inner.push(&text),
                Part::Unknown(..) if is_one => return None,
                Part::Unknown(span, why) => {
                    let written = self.written_at(one.layer, span);
                    let expression = written.trim_start_matches("${").trim_end_matches('}').trim().to_owned();
                    inner.push_unknown(written, unknown(why, expression));
                }
            }
        }
        Some(inner)
    }

    /// The path of a Dockerfile: below the folder of the bake file, or the nearest folder above it that holds it.
    fn placed(&self, path: &Path) -> PathBuf {
        let below = |folder: &Path| normal(&folder.join(path));
        let is_there = |path: &PathBuf| self.files.read(path).is_ok();
        self.folder.ancestors().take(ABOVE).map(below).find(is_there).unwrap_or_else(|| below(self.folder))
    }

    /// The entries of an attribute that is an object, each with what is known of its value; `None` where even their names are not known.
    fn pairs(&self, one: &Attribute<'_>) -> Option<Pairs> {
        let meant = |name: &str, expression: &Expression, value: Result<Value, Unknown>| match value {
            Ok(Value::Null) => None,
            Ok(Value::Unset(variable)) | Err(Unknown::Variable(variable)) => Some(Meant::Unresolved(vec![variable])),
            Ok(value) if value.text().is_some() => value.text().map(Meant::Known),
            _ => Some(Meant::Unevaluated { name: name.to_owned(), expression: self.written(one.layer, expression) }),
        };
        if let Expression::Object(object) = one.value {
            let pairs = entries(one.value);
            if pairs.len() == object.len() {
                let pair = |(name, expression): (String, &Expression)| {
                    let meant = meant(&name, expression, self.evaluator.value(expression, one.locals));
                    (name, meant)
                };
                return Some(pairs.into_iter().map(pair).collect());
            }
        }
        match self.value(one) {
            Ok(Value::Map(entries)) => {
                let pair = |(name, value): (String, Value)| {
                    let meant = meant(&name, one.value, Ok(value));
                    (name, meant)
                };
                Some(entries.into_iter().map(pair).collect())
            }
            Ok(Value::Null) => Some(Vec::new()),
            _ => None,
        }
    }

    /// An expression as it is written.
    fn written(&self, layer: usize, expression: &Expression) -> String {
        self.written_at(layer, expression.span().unwrap_or_default())
    }

    fn written_at(&self, layer: usize, span: Range<usize>) -> String {
        let text = self.layers.get(layer).map(|layer| body(layer.text).1);
        let written = text.and_then(|text| text.get(span)).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
    }
}

/// What is known of a value that is not known, with its expression.
fn unknown(why: Unknown, expression: String) -> Meant {
    match why {
        Unknown::Variable(name) => Meant::Unresolved(vec![name]),
        Unknown::Expression => Meant::Unevaluated { name: String::new(), expression },
    }
}
