//! Bake files of Docker's buildx, as HCL and as JSON: which Dockerfile each target builds, with which arguments.
//!
//! Source: docker/buildx bake/bake.go, docs of the bake file.

mod blocks;
mod origins;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;

use self::blocks::{Block, attributes, blocks, body, entries, name_of};
pub use self::blocks::{Parsed, parse};
use super::compose::Built;
use super::dockerfile::Build;
use super::hcl::{Evaluator, Function, Locals, Unknown, Value};
use super::paths::{is_elsewhere, normal, slashes};
use super::words::Values;
use super::{Files, Found, Lines, Meant, Note, Os, Shared, nested};

/// The most builds of one set of files.
const MOST_BUILDS: usize = 1_000;

/// The folders above a bake file that are looked through for the Dockerfiles it names: it may be meant to be run from one of them.
const ABOVE: usize = 4;

/// The longest text of an expression that is shown.
const SHOWN: usize = 120;

/// The file that buildx reads along with this one: its override.
pub fn override_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (stem, ending) = name.rsplit_once('.')?;
    (stem == "docker-bake").then(|| path.with_file_name(format!("{stem}.override.{ending}")))
}

/// The file that this one is the override of.
pub fn base_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("docker-bake.override.").map(|ending| path.with_file_name(format!("docker-bake.{ending}")))
}

/// One file of a set, the base first.
#[derive(Debug)]
pub struct Layer<'h> {
    /// Its path.
    pub path: &'h Path,
    /// Its text.
    pub text: &'h str,
    /// The same, parsed.
    pub parsed: &'h Parsed,
}

/// What a set of files builds, and the references in it, each with the number of its file.
#[derive(Debug, Default)]
pub struct Bake {
    /// The images that are built.
    pub built: Vec<Built>,
    /// References of Dockerfiles that stand within it.
    pub found: Vec<(usize, Found)>,
    /// Values that are used for more than images, so that they are not to be changed for one.
    pub shared: Vec<Shared>,
    /// What is built and not read.
    pub notes: Vec<(usize, Note)>,
}

/// Reads a set of files. Values that were given win over the defaults of variables.
pub fn read(path: &Path, layers: &[Layer<'_>], given: &Values, files: &dyn Files) -> Bake {
    let numbered = || layers.iter().enumerate();
    let mut blocks: Vec<Block<'_>> = numbered().flat_map(|(number, layer)| blocks(number, layer.parsed)).collect();
    // They count more than the default of a variable.
    blocks.extend(numbered().flat_map(|(number, layer)| attributes(number, layer.parsed)));
    let mut evaluator = Evaluator::new(given);
    for block in &blocks {
        match block.kind.as_str() {
            "variable" => {
                let known = evaluator.variables.get(&block.name).copied().flatten();
                evaluator.variables.insert(block.name.clone(), block.said("default").or(known));
            }
            "function" => {
                if let (Some(Expression::Array(parameters)), Some(result)) = (block.said("params"), block.said("result")) {
                    let parameters = parameters.iter().filter_map(name_of).collect();
                    evaluator.functions.insert(block.name.clone(), Function { parameters, result });
                }
            }
            // An expression may name what another target says.
            "target" => {
                let said = block.attributes.iter().map(|(name, value)| (name.clone(), *value));
                evaluator.targets.entry(block.name.clone()).or_default().extend(said);
            }
            _ => {}
        }
    }
    let lines = layers.iter().map(|layer| Lines::of(layer.text).from(body(layer.text).0)).collect();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = Reader { folder, layers, lines, blocks: &blocks, evaluator, made: BTreeMap::new(), files };
    reader.made = reader.made_by_matrices();
    let mut bake = Bake::default();
    for name in reader.targets() {
        reader.target(&name, &mut bake);
    }
    bake
}

struct Reader<'r, 'h> {
    folder: &'r Path,
    layers: &'r [Layer<'h>],
    /// The lines of each, in which places of expressions count.
    lines: Vec<Lines<'h>>,
    blocks: &'r [Block<'h>],
    evaluator: Evaluator<'h>,
    /// The targets that matrices make, by their names: the block, and the values of its matrix.
    made: BTreeMap<String, (String, Locals)>,
    files: &'r dyn Files,
}

/// An attribute of a target, and where its names get their values.
struct Attribute<'r> {
    layer: usize,
    value: &'r Expression,
    locals: &'r Locals,
}

impl Reader<'_, '_> {
    fn named<'b>(&'b self, kind: &'b str, name: &'b str) -> impl DoubleEndedIterator<Item = &'b Block<'b>> {
        self.blocks.iter().filter(move |block| block.kind == kind && block.name == name)
    }

    /// The names of targets that an attribute lists, as far as they are known.
    fn listed(&self, list: &Expression, locals: &Locals) -> Vec<String> {
        match (self.evaluator.value(list, locals), list) {
            (Ok(value), _) => value.items().iter().filter_map(Value::text).collect(),
            (Err(_), Expression::Array(names)) => names.iter().filter_map(Expression::as_str).map(str::to_owned).collect(),
            (Err(_), _) => Vec::new(),
        }
    }

    fn made_by_matrices(&self) -> BTreeMap<String, (String, Locals)> {
        let mut made = BTreeMap::new();
        for block in self.blocks.iter().filter(|block| block.kind == "target") {
            let Some(name) = block.said("name") else { continue };
            for locals in self.combinations(&block.name) {
                let name = self.evaluator.value(name, &locals).ok().and_then(|name| name.text());
                if let Some(name) = name.filter(|_| made.len() < MOST_BUILDS) {
                    made.insert(name, (block.name.clone(), locals));
                }
            }
        }
        made
    }

    /// The targets that are built: all but those that are there to be inherited from.
    fn targets(&self) -> Vec<String> {
        let list = |block: &Block<'_>, key: &str| -> Vec<String> {
            let Some(list) = block.said(key) else { return Vec::new() };
            self.combinations(&block.name).iter().flat_map(|locals| self.listed(list, locals)).collect()
        };
        let of = |kind: &'static str, key: &'static str| -> BTreeSet<String> {
            let of_others =
                |block: &Block<'_>| list(block, key).into_iter().filter(|name| *name != block.name).collect::<Vec<_>>();
            self.blocks.iter().filter(|block| block.kind == kind).flat_map(of_others).collect()
        };
        let (mut grouped, inherited) = (of("group", "targets"), of("target", "inherits"));
        let blocks: Vec<String> = grouped.iter().filter_map(|name| Some(self.made.get(name)?.0.clone())).collect();
        grouped.extend(blocks);
        // What is built where nothing is named.
        if self.named("group", "default").next().is_none() {
            grouped.insert("default".to_owned());
        }
        let mut names: Vec<String> = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for block in self.blocks.iter().filter(|block| block.kind == "target") {
            let is_built = grouped.contains(&block.name) || !(inherited.contains(&block.name) || block.name.starts_with('_'));
            if is_built && names.len() < MOST_BUILDS && seen.insert(&block.name) {
                names.push(block.name.clone());
            }
        }
        names
    }

    /// A target once for each combination of its matrix.
    fn target(&self, name: &str, bake: &mut Bake) {
        for locals in self.combinations(name) {
            if bake.built.len() >= MOST_BUILDS {
                return;
            }
            self.built(name, &locals, bake);
        }
    }

    fn combinations(&self, name: &str) -> Vec<Locals> {
        let matrix = self.named("target", name).rev().find_map(|block| block.said("matrix"));
        let mut all = vec![Locals::new()];
        for (axis, value) in matrix.map(entries).unwrap_or_default() {
            // An axis whose values are not known leaves its name without a value.
            let Ok(values) = self.evaluator.value(value, &Locals::new()).map(Value::items) else { continue };
            let with = |locals: &Locals, value: &Value| {
                let mut locals = locals.clone();
                locals.insert(axis.clone(), value.clone());
                locals
            };
            all = all.iter().flat_map(|locals| values.iter().map(|value| with(locals, value))).take(MOST_BUILDS).collect();
        }
        all
    }

    /// The attributes of this name: the target's own, of the last file first, then those that it inherits, each target once.
    fn attributes<'r>(&'r self, target: &'r str, key: &str, own: &'r Locals, plain: &'r Locals) -> Vec<Attribute<'r>> {
        let mut found = Vec::new();
        // A target's name, that of its block, and the values of its matrix.
        let mut open = vec![(target.to_owned(), target, own)];
        let mut seen = BTreeSet::new();
        while let Some((name, block, locals)) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let attribute = |key: &str| {
                let mut all = Vec::new();
                for block in self.named("target", block).rev() {
                    let named = block.attributes.iter().filter(|(name, _)| name == key);
                    all.extend(named.map(|(_, value)| Attribute { layer: block.layer, value, locals }));
                }
                all
            };
            found.extend(attribute(key));
            // The last parent's words win over those of the others, and it is the next to be taken.
            for name in attribute("inherits").first().map(|one| self.listed(one.value, locals)).unwrap_or_default() {
                match (self.made.get(&name), self.blocks.iter().find(|block| block.name == name)) {
                    (Some((block, locals)), _) => open.push((name, block, locals)),
                    (None, Some(block)) => open.push((name, &block.name, plain)),
                    (None, None) => {}
                }
            }
        }
        found
    }

    fn built(&self, name: &str, locals: &Locals, bake: &mut Bake) {
        let plain = Locals::new();
        let all = |key: &str| self.attributes(name, key, locals, &plain);
        let value = |one: &Attribute<'_>| self.evaluator.value(one.value, one.locals);
        let text = |key: &str| all(key).first().map(|one| value(one).ok().and_then(|value| value.text()));
        // A name is not inherited.
        let own_name = self.named("target", name).rev().find_map(|block| block.said("name"));
        let own_name = own_name.and_then(|value| self.evaluator.value(value, locals).ok()?.text());
        let shown = own_name.unwrap_or_else(|| name.to_owned());
        let platforms = all("platforms").first().and_then(|one| value(one).ok()).map(Value::items).unwrap_or_default();
        let platforms: Vec<String> = platforms.iter().filter_map(Value::text).collect();
        let mut build = Build {
            targets: text("target").flatten().into_iter().collect(),
            object: Some(format!("target {shown}")),
            os: os_of(&platforms),
            ..Build::default()
        };
        // What stands first wins, so it is put in last.
        for one in all("args").iter().rev() {
            let mut origins = self.origins(one, &mut bake.shared);
            for (argument, meant) in self.pairs(one) {
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
        // What is not read may use a value for anything.
        let share = |build: &Build, by: &str, bake: &mut Bake| {
            bake.shared.extend(build.origins.iter().map(|(name, value)| Shared::new(name, value, by)));
        };
        let first = |key: &str| all(key).into_iter().next().map(|one| (one.layer, one.value.span().unwrap_or_default()));
        let of_block = || {
            let block = self.named("target", name).next()?;
            Some((block.layer, block.attributes.first().and_then(|(_, value)| value.span()).unwrap_or_default()))
        };
        let said = first("dockerfile").or_else(|| first("context")).or_else(of_block);
        let said = said.and_then(|(layer, span)| Some((layer, self.lines.get(layer)?.place(span))));
        let unread = |why: &str, build: &Build, bake: &mut Bake| {
            let text = format!("what target {shown} builds is not read: {why}");
            bake.notes.extend(said.clone().map(|(layer, place)| (layer, Note { place, text })));
            share(build, &format!("by what target {shown} builds, which is not read"), bake);
        };
        for one in all("contexts").iter().rev() {
            let image = |meant: Meant| match meant {
                Meant::Known(text) => text.strip_prefix("docker-image://").map(|image| Meant::Known(image.to_owned())),
                open => Some(open),
            };
            build.contexts.extend(self.pairs(one).into_iter().map(|(name, meant)| (name, meant.and_then(image))));
        }
        if let Some(one) = all("dockerfile-inline").first() {
            let file = self.layers.get(one.layer).zip(self.lines.get(one.layer));
            if let (Ok(Value::Text(inner)), Some((layer, lines)), Some(span)) = (value(one), file, one.value.span()) {
                let found = nested::read(body(layer.text).1, lines, &span, &inner, &build);
                bake.found.extend(found.into_iter().map(|found| (one.layer, found)));
            }
            share(&build, &format!("by the Dockerfile of target {shown}"), bake);
            return;
        }
        let context = match text("context").unwrap_or_else(|| Some(".".to_owned())) {
            Some(context) if !is_elsewhere(&context) => context,
            Some(context) => return unread(&format!("{context} is elsewhere"), &build, bake),
            None => return unread("the value of context cannot be told", &build, bake),
        };
        let Some(dockerfile) = text("dockerfile").unwrap_or_else(|| Some("Dockerfile".to_owned())) else {
            return unread("the value of dockerfile cannot be told", &build, bake);
        };
        let path = Path::new(&slashes(&context)).join(slashes(&dockerfile));
        let tags = all("tags").first().and_then(|one| value(one).ok()).map(Value::items).unwrap_or_default();
        let makes = tags.iter().filter_map(Value::text).collect();
        let said = said.and_then(|(layer, place)| Some((self.layers.get(layer)?.path.to_owned(), place)));
        bake.built.push(Built { dockerfile: self.placed(&path), os: build.os, build, isolation: None, makes, said });
    }

    /// The path of a Dockerfile: below the folder of the bake file, or the nearest folder above it that holds it.
    fn placed(&self, path: &Path) -> PathBuf {
        let below = |folder: &Path| normal(&folder.join(path));
        let is_there = |path: &PathBuf| self.files.read(path).is_ok();
        self.folder.ancestors().take(ABOVE).map(below).find(is_there).unwrap_or_else(|| below(self.folder))
    }

    /// The entries of an attribute that is an object, each with what is known of its value.
    fn pairs(&self, one: &Attribute<'_>) -> Vec<(String, Option<Meant>)> {
        if matches!(one.value, Expression::Object(_)) {
            let pair = |(name, expression): (String, &Expression)| {
                let value = self.evaluator.value(expression, one.locals);
                let meant = match value {
                    Ok(Value::Null) => None,
                    Ok(value) => Some(value.text().map_or_else(|| self.open(&name, one.layer, expression), Meant::Known)),
                    Err(Unknown::Variable(variable)) => Some(Meant::Unresolved(vec![variable])),
                    Err(Unknown::Expression) => Some(self.open(&name, one.layer, expression)),
                };
                (name, meant)
            };
            return entries(one.value).into_iter().map(pair).collect();
        }
        let value = self.evaluator.value(one.value, one.locals);
        let Ok(Value::Map(values)) = value else { return Vec::new() };
        values.into_iter().map(|(name, value)| (name, value.text().map(Meant::Known))).collect()
    }

    fn open(&self, name: &str, layer: usize, expression: &Expression) -> Meant {
        let text = self.layers.get(layer).map(|layer| body(layer.text).1);
        let written = text.and_then(|text| text.get(expression.span()?)).unwrap_or_default();
        let expression: String = written.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
        Meant::Unevaluated { name: name.to_owned(), expression }
    }
}

fn os_of(platforms: &[String]) -> Os {
    let is_windows = |platform: &String| platform.to_ascii_lowercase().starts_with("windows");
    if platforms.is_empty() {
        Os::Unsaid
    } else if platforms.iter().any(is_windows) {
        Os::Windows
    } else {
        Os::Other
    }
}

#[cfg(test)]
mod tests;
