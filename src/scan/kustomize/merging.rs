//! Objects with others put over them, and with operations done on them.
//!
//! Sources: kubernetes-sigs/kustomize kyaml/yaml/merge2; evanphx/json-patch, which counts from the end by negative indexes; RFC 6901, 6902.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::yaml::{Node, Value};

/// The most keys that lead to the value of an operation.
const MOST_KEYS: usize = 64;

/// An operation on a value of an object.
#[derive(Debug)]
pub struct Operation {
    what: Doing,
    /// The keys that lead to the value.
    keys: Vec<String>,
}

#[derive(Debug)]
enum Doing {
    /// In a list, it is put before what is there.
    Add(Rc<Node>),
    Replace(Rc<Node>),
    Remove,
}

impl Operation {
    /// Reads one; `None` for one that is not followed.
    pub fn of(operation: &Node) -> Option<Self> {
        let value = || operation.get("value").cloned();
        let what = match operation.text_at(&["op"])? {
            "add" => Doing::Add(value()?),
            "replace" => Doing::Replace(value()?),
            "remove" => Doing::Remove,
            _ => return None,
        };
        let path = operation.text_at(&["path"])?.strip_prefix('/')?;
        let keys: Vec<String> = path.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
        (keys.len() <= MOST_KEYS).then_some(Self { what, keys })
    }

    /// An object after it; `None` where its keys lead nowhere.
    pub fn applied(&self, object: &Rc<Node>) -> Option<Rc<Node>> {
        self.what.applied(object, &self.keys)
    }
}

impl Doing {
    fn applied(&self, within: &Rc<Node>, keys: &[String]) -> Option<Rc<Node>> {
        let (key, below) = keys.split_first()?;
        let changed = match &within.value {
            Value::Map(_) => {
                let value = match below {
                    [] => self.value().cloned(),
                    below => Some(self.applied(within.get(key)?, below)?),
                };
                let others = within.entries().into_iter().filter(|(name, _)| name.text() != Some(key));
                let mut entries: Vec<_> = others.map(|(name, value)| (Rc::clone(name), Rc::clone(value))).collect();
                entries.extend(value.map(|value| (Rc::new(Node::of_text(key, 0..0)), value)));
                Value::Map(entries)
            }
            Value::List(list) => {
                let is_added = below.is_empty() && matches!(self, Self::Add(_));
                // Behind the last is a place as well for what is added.
                let places = list.len() + usize::from(is_added);
                let at = match key.strip_prefix('-') {
                    Some("") => list.len(),
                    Some(from_the_end) => places.checked_sub(from_the_end.parse().ok()?)?,
                    None => key.parse().ok()?,
                };
                let new = match below {
                    [] => self.value().cloned(),
                    below => Some(self.applied(list.get(at)?, below)?),
                };
                let until = if is_added { at } else { at.checked_add(1)? };
                let (before, behind) = (list.get(..at)?, list.get(until..)?);
                Value::List(before.iter().cloned().chain(new).chain(behind.iter().cloned()).collect())
            }
            Value::Scalar { .. } => return None,
        };
        Some(Rc::new(within.with(changed)))
    }

    const fn value(&self) -> Option<&Rc<Node>> {
        match self {
            Self::Add(value) | Self::Replace(value) => Some(value),
            Self::Remove => None,
        }
    }
}

/// True if an object, or a thing in one of its lists, says that it replaces another as a whole, which Kustomize does not do there.
pub fn replaces(object: &Node) -> bool {
    fn below(node: &Node) -> bool {
        match &node.value {
            Value::Map(entries) => entries.iter().any(|(_, value)| below(value)),
            Value::List(list) => list.iter().any(|one| replaces(one)),
            Value::Scalar { .. } => false,
        }
    }
    let is_whole = matches!(&object.value, Value::Map(entries) if entries.len() > 1);
    is_whole && object.text_at(&["$patch"]) == Some("replace") || below(object)
}

/// A value with another over it; `None` where nothing is left. Maps are merged key by key, and lists of things with names by these where
/// that is the rule; other lists and texts are replaced.
pub fn merged(under: &Rc<Node>, over: &Rc<Node>, by_name: bool) -> Option<Rc<Node>> {
    match over.text_at(&["$patch"]) {
        Some("delete") => return None,
        Some("replace") => return Some(Rc::clone(over)),
        _ => {}
    }
    if over.is_nothing() {
        return None;
    }
    if over.is_map() && under.is_map() {
        let mut entries = Vec::new();
        for (key, value) in under.entries() {
            let new = key.text().and_then(|key| over.get(key));
            let value = new.map_or_else(|| Some(Rc::clone(value)), |new| merged(value, new, by_name));
            entries.extend(value.map(|value| (Rc::clone(key), value)));
        }
        let is_new = |key: &Node| key.text().is_some_and(|key| under.get(key).is_none() && key != "$patch");
        let new = over.entries().into_iter().filter(|(key, value)| is_new(key) && !value.is_nothing());
        entries.extend(new.map(|(key, value)| (Rc::clone(key), Rc::clone(value))));
        return Some(Rc::new(under.with(Value::Map(entries))));
    }
    let (Value::List(below), Value::List(above)) = (&under.value, &over.value) else { return Some(Rc::clone(over)) };
    let by_names = |list: &'_ [Rc<Node>]| -> Option<BTreeMap<String, Rc<Node>>> {
        list.iter().map(|one| Some((one.text_at(&["name"])?.to_owned(), Rc::clone(one)))).collect()
    };
    let (Some(old), Some(new)) = (by_names(below), by_names(above)) else { return Some(Rc::clone(over)) };
    if !by_name {
        return Some(Rc::clone(over));
    }
    // Those of the patch come first: operations count by this order.
    let mut list = Vec::new();
    for one in above {
        match one.text_at(&["name"]).and_then(|name| old.get(name)) {
            Some(old) => list.extend(merged(old, one, by_name)),
            None => list.push(Rc::clone(one)),
        }
    }
    let is_kept = |one: &&Rc<Node>| one.text_at(&["name"]).is_some_and(|name| !new.contains_key(name));
    list.extend(below.iter().filter(is_kept).cloned());
    Some(Rc::new(under.with(Value::List(list))))
}
