//! Templates of variables in pipelines of Azure: what a template gives stands in the place where it is named.
//!
//! Source: Azure Pipelines, template usage reference: variable reuse.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::branches::is_condition;
use crate::scan::yaml::{Node, Value};

/// The deepest that values stand in each other, and that templates name others.
const DEEPEST: usize = 64;

/// The most values that templates give to one pipeline.
const MOST: usize = 200_000;

/// The file and the root of a template, by the file that names it and its name there.
pub type RootOf<'t> = dyn Fn(&Path, &str) -> Option<(PathBuf, Rc<Node>)> + 't;

/// The pipeline of this file, in which the variables of templates stand where these are named. A template that is not there, has
/// variables that are made when the pipeline starts, or has more values than are left for it, stays.
pub fn with_variables(root: &Rc<Node>, path: &Path, root_of: &RootOf<'_>, left: &Cell<usize>) -> Rc<Node> {
    let most = left.get().min(MOST);
    let mut templates = Templates { root_of, left: most };
    let whole = templates.within(root, path, DEEPEST);
    left.set(left.get().saturating_sub(most.saturating_sub(templates.left)));
    whole
}

struct Templates<'t> {
    root_of: &'t RootOf<'t>,
    /// The values of templates that may still be taken in.
    left: usize,
}

impl Templates<'_> {
    /// A value of a file, with the variables in all of its parts.
    fn within(&mut self, node: &Rc<Node>, path: &Path, depth: usize) -> Rc<Node> {
        let Some(depth) = depth.checked_sub(1) else { return Rc::clone(node) };
        let value = match &node.value {
            Value::Scalar { .. } => return Rc::clone(node),
            Value::List(list) => Value::List(list.iter().map(|one| self.within(one, path, depth)).collect()),
            Value::Map(entries) => {
                let with_variables = |(key, value): &(Rc<Node>, Rc<Node>)| {
                    let is_list = key.text() == Some("variables");
                    let value = if is_list { self.listed(value, path, depth) } else { self.within(value, path, depth) };
                    (Rc::clone(key), value)
                };
                Value::Map(entries.iter().map(with_variables).collect())
            }
        };
        Rc::new(node.with(value))
    }

    /// A list of variables of a file, with those of its templates.
    fn listed(&mut self, node: &Rc<Node>, path: &Path, depth: usize) -> Rc<Node> {
        let Value::List(list) = &node.value else { return Rc::clone(node) };
        let mut items = Vec::new();
        for one in list {
            self.add(one, path, depth, &mut items);
        }
        Rc::new(node.with(Value::List(items)))
    }

    /// Adds an entry of such a list, or what stands in its place.
    fn add(&mut self, one: &Rc<Node>, path: &Path, depth: usize, items: &mut Vec<Rc<Node>>) {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.left > 0) else {
            items.push(Rc::clone(one));
            return;
        };
        let template = one.text_at(&["template"]).and_then(|name| (self.root_of)(path, name));
        if let Some((file, root)) = template {
            let variables = root.get("variables");
            // An expression may make all of them, and there may be some below a condition.
            let is_made = variables.is_some_and(|variables| variables.text().is_some())
                || root.entries().iter().any(|(key, _)| key.text().is_some_and(is_condition));
            let left = self.left.checked_sub(variables.map_or(0, |variables| variables.size()));
            let Some(left) = left.filter(|_| !is_made) else {
                items.push(Rc::clone(one));
                return;
            };
            self.left = left;
            let Some(variables) = variables else { return };
            if variables.is_map() {
                items.extend(variables.entries().into_iter().map(|(name, value)| variable(name, value)));
            }
            for one in variables.list() {
                self.add(one, &file, depth, items);
            }
            return;
        }
        match &one.value {
            // What stands below a condition may be templates too.
            Value::Map(entries) if entries.iter().any(|(key, _)| key.text().is_some_and(is_condition)) => {
                let branch = |(key, value): &(Rc<Node>, Rc<Node>)| (Rc::clone(key), self.listed(value, path, depth));
                let entries: Vec<(Rc<Node>, Rc<Node>)> = entries.iter().map(branch).collect();
                items.push(Rc::new(one.with(Value::Map(entries))));
            }
            _ => items.push(Rc::clone(one)),
        }
    }
}

/// A name and its value as an entry of a list of variables; what stands below a condition stays there.
fn variable(name: &Rc<Node>, value: &Rc<Node>) -> Rc<Node> {
    let entry = |key: &str, node: &Rc<Node>| (Rc::new(Node::of_text(key, name.span.clone())), Rc::clone(node));
    let entries = if name.text().is_some_and(is_condition) {
        vec![(Rc::clone(name), Rc::clone(value))]
    } else {
        vec![entry("name", name), entry("value", value)]
    };
    Rc::new(value.with(Value::Map(entries)))
}
