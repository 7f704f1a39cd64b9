//! Parts of Azure's pipelines below `${{ if … }}`, `${{ else }}` and `${{ each … }}`: the conditions are not evaluated, so each branch
//! counts.
//!
//! Source: Azure Pipelines, template expressions: conditional and iterative insertion.

use std::rc::Rc;

use crate::scan::yaml::{Node, Value};

/// True for a key that is an expression.
pub(super) fn is_condition(key: &str) -> bool {
    key.starts_with("${{")
}

/// The entries of a list, those of all branches in their place.
pub(super) fn items(list: &Node) -> Vec<&Rc<Node>> {
    let mut items = Vec::new();
    let mut open: Vec<&Rc<Node>> = list.list().iter().rev().collect();
    while let Some(one) = open.pop() {
        let branches = branches(one);
        match &one.value {
            Value::List(list) => open.extend(list.iter().rev()),
            // It has nothing but branches.
            Value::Map(entries) if !entries.is_empty() && branches.len() == entries.len() => open.extend(branches.iter().rev()),
            _ => items.push(one),
        }
    }
    items
}

/// The entries of a map, those of all branches behind its own.
pub(super) fn entries(map: &Node) -> Vec<(&Rc<Node>, &Rc<Node>)> {
    let is_plain = |(name, _): &(&Rc<Node>, &Rc<Node>)| !name.text().is_some_and(is_condition);
    maps(map).into_iter().flat_map(Node::entries).filter(is_plain).collect()
}

/// The values of a key of a map, those of all branches behind its own.
pub(super) fn values<'n>(map: &'n Node, key: &str) -> Vec<&'n Rc<Node>> {
    maps(map).into_iter().filter_map(|map| map.get(key)).collect()
}

/// The entries of the lists below a key, in all branches.
pub(super) fn listed<'n>(map: &'n Node, key: &str) -> Vec<&'n Rc<Node>> {
    values(map, key).into_iter().flat_map(|list| items(list)).collect()
}

/// True if a key is there whatever the conditions are: outside of them, or below `${{ else }}` too.
pub(super) fn is_always(map: &Node, key: &str) -> bool {
    let is_else = |name: &Rc<Node>| name.text().is_some_and(|name| name.replace(' ', "") == "${{else}}");
    map.get(key).is_some() || map.entries().iter().any(|(name, branch)| is_else(name) && branch.get(key).is_some())
}

/// The map itself, and the maps of all branches in it.
pub(super) fn maps(map: &Node) -> Vec<&Node> {
    let mut maps = Vec::new();
    let mut open = vec![map];
    while let Some(map) = open.pop() {
        maps.push(map);
        open.extend(branches(map).into_iter().rev().map(Rc::as_ref));
    }
    maps
}

/// The values of the keys of a map that are expressions.
pub(super) fn branches(map: &Node) -> Vec<&Rc<Node>> {
    let conditions = map.entries().into_iter().filter(|(name, _)| name.text().is_some_and(is_condition));
    conditions.map(|(_, branch)| branch).collect()
}
