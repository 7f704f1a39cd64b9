//! Texts that aliases put in several places.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{Node, Value};

/// The nodes from these on, in their order, each once, whatever number of aliases lead to it. The keys of maps are not among them.
pub fn each_once<'n>(roots: impl IntoIterator<Item = &'n Rc<Node>>) -> impl Iterator<Item = &'n Rc<Node>> {
    let mut open: Vec<&Rc<Node>> = roots.into_iter().collect();
    open.reverse();
    let mut seen: HashSet<*const Node> = HashSet::new();
    std::iter::from_fn(move || {
        loop {
            let node = open.pop()?;
            if !seen.insert(Rc::as_ptr(node)) {
                continue;
            }
            match &node.value {
                Value::Scalar { .. } => {}
                Value::List(list) => open.extend(list.iter().rev()),
                Value::Map(entries) => open.extend(entries.iter().rev().map(|(_, value)| value)),
            }
            return Some(node);
        }
    })
}

/// The bytes at which texts begin that stand under several keys, by aliases: a change of one is a change of all. What a document keeps
/// for aliases alone, under such a key at its root, is not a use.
pub fn under_several_keys(root: &Rc<Node>, is_kept: &dyn Fn(&str) -> bool) -> HashSet<usize> {
    let mut keys: HashMap<*const Node, &str> = HashMap::new();
    let mut several = HashSet::new();
    let mut seen: HashSet<*const Node> = HashSet::new();
    let mut open: Vec<(&str, &Rc<Node>)> = Vec::new();
    match &root.value {
        Value::Map(entries) => {
            let used = entries.iter().filter(|(key, _)| !key.text().is_some_and(is_kept));
            open.extend(used.map(|(key, value)| (key.text().unwrap_or_default(), value)));
        }
        _ => open.push(("", root)),
    }
    while let Some((key, node)) = open.pop() {
        if let Value::Scalar { .. } = &node.value
            && Rc::strong_count(node) > 1
            && *keys.entry(Rc::as_ptr(node)).or_insert(key) != key
        {
            several.insert(node.span.start);
        }
        if !seen.insert(Rc::as_ptr(node)) {
            continue;
        }
        match &node.value {
            Value::Scalar { .. } => {}
            Value::List(list) => open.extend(list.iter().map(|one| (key, one))),
            Value::Map(entries) => open.extend(entries.iter().map(|(key, value)| (key.text().unwrap_or_default(), value))),
        }
    }
    several
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::yaml;

    #[test]
    fn a_text_may_stand_under_several_keys() {
        for (text, several) in [
            ("a: {image: &i x}\nb: {image: *i}\n", None),
            ("a: {image: &i x}\nb: {label: *i}\n", Some("x")),
            ("x-image: &i x\na: {image: *i}\n", None),
            ("x-image: &i x\na: {image: *i}\nb: {args: [*i]}\n", Some("x")),
            ("a: &a {image: x}\nb: {other: *a}\n", None),
        ] {
            let found: Vec<usize> =
                under_several_keys(&yaml::read(text).0[0].root.clone().unwrap(), &|key| key.starts_with("x-"))
                    .into_iter()
                    .collect();
            assert_eq!(found, several.map(|word| text.rfind(word).unwrap()).into_iter().collect::<Vec<_>>(), "{text}");
        }
    }
}
