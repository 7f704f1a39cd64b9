//! The matrix of a job: the values with which it runs, once for each row.
//!
//! Sources: the services' own references: `jobs.<job_id>.strategy.matrix` of GitHub, `strategy.matrix` of Azure, `parallel:matrix` of
//! GitLab, `matrix` of Woodpecker.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Service;
use super::branches::{entries, is_condition};
use super::variables::{Scope, UNSET};
use crate::scan::yaml::{Node, Value};

/// The most rows of one job: GitHub takes 256 and GitLab 200.
const MOST: usize = 256;

/// The most variables of one row, and the most entries of `include` and `exclude`.
const MOST_NAMES: usize = 256;

/// The key of GitHub's rows that are added, and of those that are left out.
const INCLUDE: &str = "include";
const EXCLUDE: &str = "exclude";

/// The rows of a job's matrix, each with the variables that it sets. A job without one has a row that sets none, and so has one whose
/// matrix is made when the pipeline runs, or is larger than the service takes.
pub(super) fn rows(service: Service, job: &Node) -> Vec<Scope> {
    let rows = match service {
        Service::GitHub => job.at(&["strategy", "matrix"]).and_then(|matrix| of_github(matrix)),
        Service::Azure => job.at(&["strategy", "matrix"]).and_then(|matrix| of_azure(matrix)),
        Service::GitLab => job.at(&["parallel", "matrix"]).and_then(|matrix| of_gitlab(matrix)),
        Service::Drone => job.get("matrix").and_then(|matrix| of_woodpecker(matrix)),
        _ => None,
    };
    rows.filter(|rows| !rows.is_empty() && rows.len() <= MOST).unwrap_or_else(|| vec![Scope::new()])
}

/// Every combination of the lists, without those of `exclude`, and with what `include` adds to them or beside them. `None` for more
/// than there may be.
fn of_github(matrix: &Node) -> Option<Vec<Scope>> {
    let mut lists: Vec<Vec<Scope>> = Vec::new();
    for (name, list) in matrix.entries() {
        let Some(name) = name.text().filter(|name| ![INCLUDE, EXCLUDE].contains(name)) else { continue };
        let values = list.list().iter().map(|value| of_value(name, value));
        let values: Vec<Scope> = values.collect();
        // A list that an expression makes: nothing is known of its values.
        lists.push(if values.is_empty() { vec![Scope::from([(key(name), None)])] } else { values });
    }
    let listed = |key: &str| matrix.get(key).map(|rows| rows.list()).unwrap_or_default();
    if listed(INCLUDE).len().max(listed(EXCLUDE).len()) > MOST_NAMES {
        return None;
    }
    let mut rows = if lists.is_empty() { Vec::new() } else { product(&lists)? };
    let of_rows = |key: &str| listed(key).iter().map(|row| bounded(of_row(row))).collect::<Option<Vec<Scope>>>();
    let (excluded, included) = (of_rows(EXCLUDE)?, of_rows(INCLUDE)?);
    rows.retain(|row| !excluded.iter().any(|excluded| excluded.iter().all(|(name, value)| row.get(name) == Some(value))));
    let original = rows.clone();
    for added in included {
        let mut is_new = true;
        for (row, original) in rows.iter_mut().zip(&original) {
            if added.iter().all(|(name, value)| original.get(name).is_none_or(|own| own == value)) {
                row.extend(added.clone());
                is_new = false;
            }
        }
        if is_new {
            rows.push(added);
        }
    }
    // What a row does not set is nothing in its expressions.
    let names: BTreeSet<String> = rows.iter().flat_map(Scope::keys).cloned().collect();
    if names.len() > MOST_NAMES {
        return None;
    }
    // Rows that an expression adds may set any name.
    let is_list = |key: &str| matrix.get(key).is_none_or(|rows| matches!(rows.value, Value::List(_)));
    let is_whole = is_list(INCLUDE) && listed(INCLUDE).iter().all(|row| row.is_map());
    for row in &mut rows {
        for name in &names {
            row.entry(name.clone()).or_insert_with(|| Some(String::new()));
        }
        if is_whole {
            row.insert(UNSET.to_owned(), Some(String::new()));
        }
    }
    Some(rows)
}

/// The variables of a row of `include` or `exclude`.
fn of_row(row: &Node) -> Scope {
    row.entries().into_iter().filter_map(|(name, value)| Some(of_value(name.text()?, value))).flatten().collect()
}

/// The variables of one value: itself, or what it holds, one level deep, e.g. `matrix.config.os`, and of lists `matrix.os[0]`. Of a map
/// and a list themselves there is no text.
fn of_value(name: &str, value: &Node) -> Scope {
    let mut scope = of_list(name, value);
    for (inner, value) in value.entries() {
        scope.extend(inner.text().map(|inner| of_list(&format!("{name}.{inner}"), value)).into_iter().flatten());
    }
    scope
}

/// The variables of a value that is no map: itself, and the entries of a list.
fn of_list(name: &str, value: &Node) -> Scope {
    // Nothing is an empty text in an expression.
    let text_of = |value: &Node| if value.is_nothing() { Some(String::new()) } else { text(value) };
    let entries = value.list().iter().enumerate();
    let entries = entries.map(|(index, value)| (key(&format!("{name}[{index}]")), text_of(value)));
    entries.chain([(key(name), text_of(value))]).collect()
}

/// The name by which it is used in an expression. It is the same in capitals and small letters.
///
/// Source: actions/runner, `DictionaryContextData`.
fn key(name: &str) -> String {
    format!("{UNSET}{}", name.to_ascii_lowercase())
}

/// One row for each name, in all branches. Names of variables there are the same in capitals and small letters; one that conditions set
/// has no known value. `None` for more than there may be.
fn of_azure(matrix: &Node) -> Option<Vec<Scope>> {
    let row = |row: &Rc<Node>| {
        let own = row.entries().into_iter().filter(|(name, _)| !name.text().is_some_and(is_condition));
        let own = own.filter_map(|(name, value)| Some((name.text()?.to_ascii_lowercase(), text(value))));
        let mut row: Scope =
            entries(row).into_iter().filter_map(|(name, _)| Some((name.text()?.to_ascii_lowercase(), None))).collect();
        row.extend(own);
        row
    };
    entries(matrix).iter().map(|(_, values)| bounded(row(values))).collect()
}

/// Every combination of the values of each entry. `None` for more than there may be.
fn of_gitlab(matrix: &Node) -> Option<Vec<Scope>> {
    let mut rows = Vec::new();
    for entry in matrix.list() {
        rows.extend(product(&lists(entry))?);
        if rows.len() > MOST {
            return None;
        }
    }
    Some(rows)
}

/// The rows of `include` and no others, or every combination of the values. `None` for more than there may be.
fn of_woodpecker(matrix: &Node) -> Option<Vec<Scope>> {
    let Some(included) = matrix.get(INCLUDE) else { return product(&lists(matrix)) };
    let row = |row: &Rc<Node>| -> Scope {
        row.entries().into_iter().filter_map(|(name, value)| Some((name.text()?.to_owned(), text(value)))).collect()
    };
    included.list().iter().map(|one| bounded(row(one))).collect()
}

/// The values of each name of an entry.
fn lists(entry: &Node) -> Vec<Vec<Scope>> {
    let mut lists: Vec<Vec<Scope>> = Vec::new();
    for (name, values) in entry.entries() {
        let Some(name) = name.text() else { continue };
        let one = |value: &Node| Scope::from([(name.to_owned(), text(value))]);
        lists.push(match values.list() {
            [] => vec![one(values)],
            list => list.iter().map(|value| one(value)).collect(),
        });
    }
    lists
}

/// Every combination of one part of each list, the last list's parts first. `None` for more than there may be.
fn product(lists: &[Vec<Scope>]) -> Option<Vec<Scope>> {
    let number =
        lists.iter().try_fold(1_usize, |number, list| number.checked_mul(list.len()).filter(|number| *number <= MOST))?;
    let row = |number: usize| {
        let mut left = number;
        let mut row = Scope::new();
        for list in lists.iter().rev() {
            row.extend(list.get(left % list.len())?.clone());
            left /= list.len();
        }
        bounded(row)
    };
    (0..number).map(row).collect()
}

/// A row, if it has no more variables than there may be.
fn bounded(row: Scope) -> Option<Scope> {
    (row.len() <= MOST_NAMES).then_some(row)
}

fn text(value: &Node) -> Option<String> {
    value.text().map(str::to_owned)
}
