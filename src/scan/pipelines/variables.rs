//! The variables that pipelines give themselves, as far as their values are plain: `variables` of GitLab and Azure, `env` of GitHub and
//! Cirrus. A value that is chosen when the pipeline runs is not.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Service;
use super::branches::{branches, entries, is_condition, maps, values};
use super::github::INPUTS;
use crate::scan::Meant;
use crate::scan::placeholder::meant;
use crate::scan::words::Values;
use crate::scan::yaml::{Node, Value};

/// The longest value, in bytes. References are shorter.
const LONGEST: usize = 1024;

/// The deepest nesting of values that use others.
const DEEPEST: usize = 16;

/// The most values that are looked up for one reference.
const MOST: usize = 256;

/// The variables of a part of a pipeline; `None` for one whose value is not plain.
pub(super) type Scope = BTreeMap<String, Option<String>>;

/// The name under which a row of GitHub's matrix has the value of what no row sets.
pub(super) const UNSET: &str = "matrix.";

/// The name, in capitals as no other is there, under which a part of a pipeline of Azure has no value that may set any: a group, a
/// template that is not read, or an expression gives it variables.
const OPEN: &str = "OPEN";

/// The variables that a reference sees, the outermost part first.
pub(super) struct Scopes<'s> {
    pub service: Service,
    pub given: &'s Values,
    pub parts: Vec<&'s Scope>,
}

impl Scopes<'_> {
    /// The reference of a text, in which variables of the pipeline have their values.
    pub fn meant(&self, text: &str) -> Meant {
        self.resolved(text, 0, &Cell::new(0))
    }

    fn resolved(&self, text: &str, depth: usize, steps: &Cell<usize>) -> Meant {
        if self.service == Service::GitLab && text.len() <= LONGEST && text.contains("$$") {
            return self.with_dollars(text, depth, steps);
        }
        let known = meant(text, self.given);
        let Meant::Unresolved(names) = &known else { return known };
        if depth > DEEPEST || text.len() > LONGEST {
            return known;
        }
        let mut values = self.given.clone();
        for name in names {
            steps.set(steps.get() + 1);
            let Some(written) = self.find(name).filter(|_| steps.get() <= MOST) else { continue };
            if let Meant::Known(value) = self.resolved(written, depth + 1, steps)
                && value.len() <= LONGEST
            {
                values.insert(name.clone(), value);
            }
        }
        meant(text, &values)
    }

    /// A text of GitLab in which two dollars are one that begins no variable.
    ///
    /// Source: docs.gitlab.com/ci/variables, "Use the `$` character in CI/CD variables".
    fn with_dollars(&self, text: &str, depth: usize, steps: &Cell<usize>) -> Meant {
        let (mut known, mut missing) = (Vec::new(), Vec::new());
        for part in text.split("$$") {
            match self.resolved(part, depth, steps) {
                Meant::Known(text) => known.push(text),
                Meant::Unresolved(names) => missing.extend(names),
                open => return open,
            }
        }
        if missing.is_empty() { Meant::Known(known.join("$")) } else { Meant::Unresolved(missing) }
    }

    /// The value of a variable as it is written, by the name with which it is used, e.g. `env.TAG`.
    fn find(&self, name: &str) -> Option<&str> {
        let name = match self.service {
            // Those of a matrix, and inputs, keep theirs: no variable of `env` has a dot in its name. They are the same in capitals
            // and small letters, and those of `env` are not.
            Service::GitHub => {
                let lower = name.to_ascii_lowercase();
                let is_kept = lower.starts_with(UNSET) || lower.starts_with(INPUTS);
                if is_kept { lower } else { name.strip_prefix("env.")?.to_owned() }
            }
            // Names there are the same in capitals and small letters.
            Service::Azure => {
                let indexed = name.strip_prefix("variables['").and_then(|name| name.strip_suffix("']"));
                indexed.or_else(|| name.strip_prefix("variables.")).unwrap_or(name).to_ascii_lowercase()
            }
            _ => name.to_owned(),
        };
        let open = Some(OPEN).filter(|_| self.service == Service::Azure);
        let own = self.parts.iter().rev().find_map(|part| part.get(&name).or_else(|| part.get(open?)));
        own.or_else(|| self.unset(&name))?.as_deref()
    }

    /// The value of what no row of a matrix sets: nothing, unless it may be a part of a value that is not known.
    fn unset(&self, name: &str) -> Option<&Option<String>> {
        let is_plain = name.starts_with(UNSET) && name.chars().all(|one| one.is_alphanumeric() || "._-".contains(one));
        let is_open = |(at, _): (usize, &str)| {
            let outer = name.get(..at).unwrap_or_default();
            self.parts.iter().any(|part| part.get(outer).is_some_and(Option::is_none))
        };
        let is_known = is_plain && !name.match_indices('.').any(is_open);
        self.parts.iter().rev().find_map(|part| part.get(UNSET)).filter(|_| is_known)
    }
}

/// The variables of a map of names and values, or of an entry with `value`, as GitLab has it.
pub(super) fn of_map(node: Option<&Rc<Node>>) -> Scope {
    let entries = node.map(|node| node.entries()).unwrap_or_default();
    let value = |node: &Node| node.text().or_else(|| node.text_at(&["value"])).map(str::to_owned);
    entries.into_iter().filter_map(|(name, node)| Some((name.text()?.to_owned(), value(node)))).collect()
}

/// The variables of a part of a GitLab pipeline; those that rules or a matrix set have no plain value.
pub(super) fn of_gitlab(part: &Node) -> Scope {
    let mut scope = of_map(part.get("variables"));
    let rules = [part.get("rules"), part.at(&["workflow", "rules"])].into_iter().flatten().flat_map(|rules| rules.list());
    let of_rules = rules.filter_map(|rule| rule.get("variables")).flat_map(|chosen| chosen.entries());
    let matrix = part.at(&["parallel", "matrix"]).map(|matrix| matrix.list()).unwrap_or_default();
    let of_matrix = matrix.iter().flat_map(|row| row.entries());
    for name in of_rules.chain(of_matrix).filter_map(|(name, _)| name.text()) {
        scope.insert(name.to_owned(), None);
    }
    scope
}

/// What a part of a pipeline of Azure sets, read from its end: the last one of a name counts.
struct Azure {
    scope: Scope,
    /// What was read may set any: a group, a template that is not read, or what an expression makes.
    is_open: bool,
}

impl Azure {
    /// Takes in a variable with this value, unless it is set again behind its place, or may be.
    fn add(&mut self, name: &Node, value: Option<&str>) {
        match name.text().filter(|name| !name.contains("${{")) {
            Some(name) => {
                let value = value.filter(|_| !self.is_open).map(str::to_owned);
                self.scope.entry(name.to_ascii_lowercase()).or_insert(value);
            }
            None => self.is_open = true,
        }
    }

    /// Takes in variables that may be set or not: a map, or a list of names and values, or an entry of such a list. They have no
    /// known value.
    fn choose(&mut self, part: &Rc<Node>, is_entry: bool) {
        let mut open = vec![(part, is_entry)];
        while let Some((node, is_entry)) = open.pop() {
            let branches = branches(node);
            let is_one = match &node.value {
                Value::List(list) => {
                    open.extend(list.iter().map(|one| (one, true)));
                    false
                }
                Value::Map(own) => is_entry && branches.len() < own.len(),
                Value::Scalar { .. } => node.text().is_some(),
            };
            match node.get("name") {
                Some(name) if is_one => self.add(name, None),
                None if is_one => self.is_open = true,
                _ => {
                    plain(node).for_each(|(name, _)| self.add(name, None));
                    open.extend(branches.into_iter().map(|branch| (branch, is_entry)));
                }
            }
        }
    }

    /// Takes in the variables of a part: a map, or a list of names and values.
    fn add_all(&mut self, variables: &Node) {
        self.is_open |= variables.text().is_some();
        branches(variables).into_iter().for_each(|branch| self.choose(branch, false));
        plain(variables).rev().for_each(|(name, value)| self.add(name, value.text()));
        for entry in variables.list().iter().rev() {
            match entry.get("name") {
                // A condition may give it another value.
                Some(name) => self.add(name, entry.text_at(&["value"]).filter(|_| branches(entry).is_empty())),
                None => self.choose(entry, true),
            }
        }
    }
}

/// The entries of a map whose names are no expressions.
fn plain(map: &Node) -> impl DoubleEndedIterator<Item = (&Rc<Node>, &Rc<Node>)> {
    map.entries().into_iter().filter(|(name, _)| !name.text().is_some_and(is_condition))
}

/// True for a map that an expression makes, as a whole or in part: `${{ insert }}: ${{ parameters.x }}`.
fn is_made(map: &Node) -> bool {
    maps(map).into_iter().any(|one| one.text().is_some())
}

/// The variables of a part of an Azure pipeline. Those that conditions or a matrix set have no plain value, and neither have those that
/// may be set again, by a group, by a template that is not read, or by what an expression makes.
pub(super) fn of_azure(part: &Node) -> Scope {
    let mut azure = Azure { scope: Scope::new(), is_open: is_made(part) };
    // What a matrix sets counts more than the variables of its job.
    for strategy in values(part, "strategy") {
        let matrices = values(strategy, "matrix");
        azure.is_open |= is_made(strategy) || matrices.iter().any(|matrix| is_made(matrix));
        let rows = matrices.into_iter().flat_map(|matrix| entries(matrix));
        rows.for_each(|(_, row)| azure.choose(row, false));
    }
    let chosen = branches(part).into_iter().flat_map(|branch| values(branch, "variables"));
    chosen.for_each(|variables| azure.choose(variables, false));
    if let Some(variables) = part.get("variables") {
        azure.add_all(variables);
    }
    if azure.is_open {
        azure.scope.insert(OPEN.to_owned(), None);
    }
    azure.scope
}
