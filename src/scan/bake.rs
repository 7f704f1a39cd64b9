//! Bake files of Docker's buildx, as HCL and as JSON: which Dockerfile each target builds, with which arguments.
//!
//! Source: docker/buildx bake/bake.go, docs of the bake file.

mod blocks;
mod builds;
mod origins;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;

use self::blocks::{Block, attributes, blocks, body, entries, name_of};
pub use self::blocks::{Parsed, parse};
use super::compose::{Built, Inline};
use super::hcl::{Evaluator, Function, Locals, Unknown, Value};
use super::words::Values;
use super::{Files, Found, Lines, Note, Problem, Shared};

/// The most builds of one set of files.
const MOST_BUILDS: usize = 1_000;

/// The files of a folder that buildx reads together, each over those before it.
const NAMES: [&str; 4] = ["docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"];

/// The files that buildx reads together with this one, itself among them, in their order; this one alone if it has another name.
pub fn set_of(path: &Path) -> Vec<PathBuf> {
    let is_usual = path.file_name().is_some_and(|name| NAMES.iter().any(|usual| name == *usual));
    if is_usual { NAMES.iter().map(|name| path.with_file_name(name)).collect() } else { vec![path.to_owned()] }
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
    /// Their names, also of those whose Dockerfiles are not read.
    pub made: Vec<String>,
    /// References of Dockerfiles that stand within it.
    pub found: Vec<(usize, Found)>,
    /// These Dockerfiles.
    pub inline: Vec<Inline>,
    /// Values that are used for more than images, so that they are not to be changed for one.
    pub shared: Vec<Shared>,
    /// What is built and not read.
    pub notes: Vec<(usize, Note)>,
    /// What Docker refuses.
    pub problems: Vec<(usize, Problem)>,
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
            // One with a type has no value at all then.
            "variable" if block.said("default").is_none() && block.said("type").is_some() => {}
            "variable" => {
                let known = evaluator.variables.get(&block.name).copied().flatten();
                evaluator.variables.insert(block.name.clone(), block.said("default").or(known));
            }
            "function" => {
                if let (Some(Expression::Array(parameters)), Some(result)) = (block.said("params"), block.said("result")) {
                    let parameters = parameters.iter().filter_map(name_of).collect();
                    let variadic = block.said("variadic_params").and_then(name_of);
                    evaluator.functions.insert(block.name.clone(), Function { parameters, variadic, result });
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
    for (name, is_template) in reader.targets() {
        reader.target(&name, is_template, &mut bake);
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

/// A target from which another one has attributes, by its block, with the values of its matrix.
#[derive(Clone, Copy)]
struct Parent<'r> {
    block: &'r str,
    locals: &'r Locals,
}

/// An attribute of a target, and where its names get their values.
#[derive(Clone, Copy)]
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

    /// The targets that are built, and whether others complete them. Each can be named; a name that begins with `_` is for what is only
    /// there to be inherited from.
    fn targets(&self) -> Vec<(String, bool)> {
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
        grouped.extend(self.linked());
        // What is built where nothing is named.
        if self.named("group", "default").next().is_none() {
            grouped.insert("default".to_owned());
        }
        let mut names: Vec<(String, bool)> = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for block in self.blocks.iter().filter(|block| block.kind == "target") {
            let is_grouped = grouped.contains(&block.name);
            let is_built = is_grouped || !block.name.starts_with('_');
            if is_built && names.len() < MOST_BUILDS && seen.insert(&block.name) {
                names.push((block.name.clone(), !is_grouped && inherited.contains(&block.name)));
            }
        }
        names
    }

    /// A target once for each combination of its matrix.
    fn target(&self, name: &str, is_template: bool, bake: &mut Bake) {
        let axes = self.axes(name);
        let number = axes.iter().fold(1_usize, |number, (_, values)| number.saturating_mul(values.len()));
        // An axis that is too large has no values here, and is not one that nobody gives a value.
        let lacks_axes = self.matrix(name).is_some_and(|matrix| axes.len() < entries(matrix).len().max(1));
        let is_too_large = lacks_axes && self.evaluator.was_too_much();
        if is_too_large || bake.built.len().saturating_add(number) > MOST_BUILDS {
            bake.problems.extend(self.too_many(name));
            return;
        }
        for locals in combined(axes) {
            self.built((name, is_template), &locals, bake);
        }
    }

    /// The matrix of a target.
    fn matrix<'r>(&'r self, name: &'r str) -> Option<&'r Expression> {
        self.named("target", name).rev().find_map(|block| block.said("matrix"))
    }

    /// The first combinations of the matrix of a target.
    fn combinations(&self, name: &str) -> Vec<Locals> {
        combined(self.axes(name))
    }

    /// The names of a matrix, each with its values. One whose values are not known leaves its name without a value.
    fn axes(&self, name: &str) -> Vec<(String, Vec<Value>)> {
        let matrix = self.matrix(name);
        let value = |expression: &Expression| self.evaluator.value(expression, &Locals::new());
        let axes: Vec<(String, Value)> = match matrix {
            Some(Expression::Object(_)) => {
                let axes = matrix.map(entries).unwrap_or_default().into_iter();
                axes.filter_map(|(axis, values)| Some((axis, value(values).ok()?))).collect()
            }
            Some(other) => match value(other) {
                Ok(Value::Map(axes)) => axes,
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        let listed = |(axis, values): (String, Value)| if let Value::List(values) = values { Some((axis, values)) } else { None };
        axes.into_iter().filter_map(listed).collect()
    }

    /// The target and those that it inherits from, each once, of which the first wins; and what it inherits from where that is not known.
    fn lineage<'r>(&'r self, target: &'r str, own: &'r Locals, plain: &'r Locals) -> (Vec<Parent<'r>>, Option<Attribute<'r>>) {
        let (mut lineage, mut unknown) = (Vec::new(), None);
        // A target's name, that of its block, and the values of its matrix.
        let mut open = vec![(target.to_owned(), Parent { block: target, locals: own })];
        let mut seen = BTreeSet::new();
        while let Some((name, parent)) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let inherits = self.attributes(&[parent], "inherits").into_iter().next();
            lineage.push(parent);
            let Some(inherits) = inherits else { continue };
            let is_known = self.value(&inherits).is_ok_and(|list| match list {
                Value::List(names) => names.iter().all(|name| name.text().is_some()),
                other => other == Value::Null,
            });
            // The last parent's words win over those of the others, and it is the next to be taken.
            for name in self.listed(inherits.value, inherits.locals) {
                match (self.made.get(&name), self.blocks.iter().find(|block| block.name == name)) {
                    (Some((block, locals)), _) => open.push((name, Parent { block, locals })),
                    (None, Some(block)) => open.push((name, Parent { block: &block.name, locals: plain })),
                    (None, None) => {}
                }
            }
            if !is_known {
                unknown = unknown.or(Some(inherits));
            }
        }
        (lineage, unknown)
    }

    /// The attributes of this name: of the last file first, each target's before those that it inherits.
    fn attributes<'r>(&'r self, lineage: &[Parent<'r>], key: &str) -> Vec<Attribute<'r>> {
        let mut found = Vec::new();
        for Parent { block, locals } in lineage {
            for block in self.named("target", block).rev() {
                let named = block.attributes.iter().filter(|(name, _)| name == key);
                found.extend(named.map(|(_, value)| Attribute { layer: block.layer, value, locals }));
            }
        }
        found
    }

    fn value(&self, one: &Attribute<'_>) -> Result<Value, Unknown> {
        self.evaluator.value(one.value, one.locals)
    }
}

/// Every combination of these values, as far as so many are built.
fn combined(axes: Vec<(String, Vec<Value>)>) -> Vec<Locals> {
    let mut all = vec![Locals::new()];
    for (axis, values) in axes {
        let with = |locals: &Locals, value: &Value| {
            let mut locals = locals.clone();
            locals.insert(axis.clone(), value.clone());
            locals
        };
        all = all.iter().flat_map(|locals| values.iter().map(|value| with(locals, value))).take(MOST_BUILDS).collect();
    }
    all
}

#[cfg(test)]
mod tests;
