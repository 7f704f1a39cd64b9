//! The variables that pipelines give themselves, as far as their values are plain: `variables` of GitLab and Azure, `env` of GitHub and
//! Cirrus. A value that is chosen when the pipeline runs is not.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Service;
use super::branches::{branches, entries, is_condition, items, values};
use super::github::INPUTS;
use crate::scan::Meant;
use crate::scan::placeholder::meant;
use crate::scan::words::Values;
use crate::scan::yaml::Node;

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

/// The name, in capitals as no other is there, under which a part of a pipeline of Azure has no value that may set any: a template gives it
/// variables, and is not read.
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
            // Those of a matrix, and inputs, keep theirs: no variable of `env` has a dot in its name. They are the same in capitals and small
            // letters, and those of `env` are not.
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

/// True for an entry of a list of variables that is a template, or has one below a condition: those that are read stand there no more.
fn has_template(entry: &Node) -> bool {
    let is_one = |entry: &Rc<Node>| entry.get("template").is_some();
    entry.get("template").is_some() || branches(entry).iter().any(|branch| items(branch).into_iter().any(is_one))
}

/// The variables of a part of an Azure pipeline: a map, or a list of names and values. Those that conditions or a matrix set have no
/// plain value, and neither have those that a template behind them, which is not read, may set again.
pub(super) fn of_azure(part: &Node) -> Scope {
    let mut scope = Scope::new();
    if let Some(variables) = part.get("variables") {
        let is_plain = |(name, _): &(&Rc<Node>, &Rc<Node>)| !name.text().is_some_and(is_condition);
        for (name, value) in variables.entries().into_iter().filter(is_plain) {
            scope.extend(name.text().map(|name| (name.to_ascii_lowercase(), value.text().map(str::to_owned))));
        }
        let last = variables.list().iter().rposition(|entry| has_template(entry));
        scope.extend(last.map(|_| (OPEN.to_owned(), None)));
        for (number, entry) in variables.list().iter().enumerate() {
            if let Some(name) = entry.text_at(&["name"]) {
                let is_last = last.is_none_or(|last| number > last);
                let value = entry.text_at(&["value"]).filter(|_| is_last);
                scope.insert(name.to_ascii_lowercase(), value.map(str::to_owned));
            }
        }
    }
    // What stands below a condition has no known value.
    let mut chosen: Vec<&Rc<Node>> = branches(part).into_iter().flat_map(|branch| values(branch, "variables")).collect();
    if let Some(variables) = part.get("variables") {
        chosen.extend(branches(variables));
        chosen.extend(variables.list().iter().flat_map(|entry| branches(entry)));
    }
    for branch in chosen {
        let listed = items(branch).into_iter().filter_map(|entry| entry.text_at(&["name"]));
        let mapped = entries(branch).into_iter().filter_map(|(name, _)| name.text());
        for name in listed.chain(mapped) {
            scope.insert(name.to_ascii_lowercase(), None);
        }
    }
    of_matrix(part, scope)
}

/// Takes the values of what the matrix of a job sets.
fn of_matrix(job: &Node, mut scope: Scope) -> Scope {
    let rows = job.at(&["strategy", "matrix"]).map(|matrix| entries(matrix)).unwrap_or_default();
    for (name, _) in rows.into_iter().flat_map(|(_, row)| entries(row)) {
        scope.extend(name.text().map(|name| (name.to_ascii_lowercase(), None)));
    }
    scope
}
