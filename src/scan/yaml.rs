//! YAML with the place of every value. One broken document does not spoil the others of its file.
//!
//! An alias is a second way to the node that it names, so a file that multiplies itself by aliases stays as small as it is written; but
//! who reads it goes each way, so there is an end to what aliases bring in.

mod aliases;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScanError, Tag};

pub use self::aliases::{each_once, under_several_keys};

/// The most nodes of one file.
const MOST_NODES: usize = 4_000_000;

/// The most values that the aliases of one file bring in, those that they name counted with all that is in them.
const MOST_ALIASED: usize = 1_000_000;

/// The key by which a map takes in others.
const MERGE: &str = "<<";

/// The most maps that one takes in, those of others included: they are followed by recursion.
const MOST_MERGES: usize = 64;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The bytes of a scalar, quotes included, or of the whole of a list or map.
    pub span: Range<usize>,
    /// What it does to those of the files before.
    pub merging: Merging,
    /// The number of values in it, itself included, each as often as there is a way to it.
    values: usize,
}

/// What a value does to those of the files before it, by its tag.
///
/// Source: compose-spec/compose-spec, `13-merge.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merging {
    /// They are merged, by the rules of their key.
    #[default]
    Usual,
    /// `!reset`: there is no value, neither theirs nor this one.
    Reset,
    /// `!override`: this value stands in their place.
    Override,
}

impl Merging {
    fn of(tag: Option<&Tag>) -> Self {
        match tag.filter(|tag| tag.handle() == "!").map(Tag::suffix) {
            Some("reset") => Self::Reset,
            Some("override") => Self::Override,
            _ => Self::Usual,
        }
    }
}

/// True for a tag by which a scalar is a text, whatever it looks like: `!!str` and `!`.
fn is_of_text(tag: &Tag) -> bool {
    matches!((tag.handle(), tag.suffix()), ("tag:yaml.org,2002:", "str") | ("", "!"))
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, a number, or nothing, as it is written.
    Scalar {
        /// The text, escapes resolved.
        text: String,
        /// True for text without quotes, which may be a number or nothing. False for one whose tag says that it is a text.
        plain: bool,
    },
    /// A list.
    List(Vec<Rc<Node>>),
    /// Keys and values in their order.
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// A document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// The root; `None` for an empty document.
    pub root: Option<Rc<Node>>,
}

/// A place where a file is not YAML.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The byte.
    pub at: usize,
    /// What is wrong.
    pub why: String,
}

impl Node {
    fn new(value: Value, span: Range<usize>, merging: Merging) -> Self {
        let values = match &value {
            Value::Scalar { .. } => 1,
            Value::List(list) => list.iter().fold(1, |sum: usize, node| sum.saturating_add(node.values)),
            Value::Map(entries) => {
                entries.iter().fold(1, |sum: usize, (key, value)| sum.saturating_add(key.values).saturating_add(value.values))
            }
        };
        Self { value, span, merging, values }
    }

    /// A part of another text, as text.
    pub fn of_text(text: &str, span: Range<usize>) -> Self {
        Self::new(Value::Scalar { text: text.to_owned(), plain: false }, span, Merging::Usual)
    }

    /// The same place with another value.
    pub fn with(&self, value: Value) -> Self {
        Self::new(value, self.span.clone(), self.merging)
    }

    /// The number of values in it, itself included, each as often as there is a way to it.
    pub const fn size(&self) -> usize {
        self.values
    }

    /// True for a scalar that is nothing.
    pub fn is_nothing(&self) -> bool {
        matches!(self.value, Value::Scalar { .. }) && self.text().is_none()
    }

    /// The text of a scalar that is not nothing.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") => None,
            Value::Scalar { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The value of a key. The last one of a key that is there twice, as most readers take; then those of `<<`.
    pub fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.get_within(key, &mut HashSet::new())
    }

    /// Each node is looked at once, whatever number of ways lead to it.
    fn get_within(&self, key: &str, seen: &mut HashSet<*const Self>) -> Option<&Rc<Node>> {
        let Value::Map(entries) = &self.value else { return None };
        let own = entries.iter().rev().find(|(name, _)| name.text() == Some(key));
        own.map(|(_, value)| value).or_else(|| {
            let merged = entries.iter().filter(|(name, _)| name.text() == Some(MERGE)).map(|(_, value)| value);
            merged.into_iter().find_map(|merged| {
                if seen.len() > MOST_MERGES || !seen.insert(Rc::as_ptr(merged)) {
                    return None;
                }
                match &merged.value {
                    Value::List(list) => list.iter().find_map(|one| {
                        let is_new = seen.len() <= MOST_MERGES && seen.insert(Rc::as_ptr(one));
                        if is_new { one.get_within(key, seen) } else { None }
                    }),
                    _ => merged.get_within(key, seen),
                }
            })
        })
    }

    /// The value below these keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Rc<Node>> {
        let (last, before) = keys.split_last()?;
        before.iter().try_fold(self, |node, key| node.get(key).map(Rc::as_ref))?.get(last)
    }

    /// The text below these keys.
    pub fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys).and_then(|node| node.text())
    }

    /// The entries of a list; none for anything else.
    pub fn list(&self) -> &[Rc<Node>] {
        match &self.value {
            Value::List(list) => list,
            Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// The keys that are text, and their values, those of `<<` behind the others; none for anything else.
    pub fn entries(&self) -> Vec<(&Rc<Node>, &Rc<Node>)> {
        let Value::Map(own) = &self.value else { return Vec::new() };
        // Most maps inherit nothing, so no name has to be compared with those before it.
        if own.iter().all(|(name, _)| name.text() != Some(MERGE)) {
            return own.iter().filter(|(name, _)| name.text().is_some()).map(|(name, value)| (name, value)).collect();
        }
        let mut entries = Vec::new();
        self.add_entries(&mut entries, &mut HashSet::new(), &mut HashSet::new());
        entries
    }

    fn add_entries<'n>(
        &'n self,
        found: &mut Vec<(&'n Rc<Node>, &'n Rc<Node>)>,
        names: &mut HashSet<&'n str>,
        seen: &mut HashSet<*const Self>,
    ) {
        let Value::Map(entries) = &self.value else { return };
        let (merged, own): (Vec<_>, Vec<_>) = entries.iter().partition(|(name, _)| name.text() == Some(MERGE));
        // A map's own names may be there twice; those that it inherits count where it has none of its own.
        let known: Vec<_> = own.into_iter().filter(|(name, _)| name.text().is_some_and(|name| !names.contains(name))).collect();
        names.extend(known.iter().filter_map(|(name, _)| name.text()));
        found.extend(known.into_iter().map(|(name, value)| (name, value)));
        for (_, merged) in merged {
            for one in std::iter::once(merged).chain(merged.list()) {
                if seen.len() <= MOST_MERGES && seen.insert(Rc::as_ptr(one)) {
                    one.add_entries(found, names, seen);
                }
            }
        }
    }

    /// True for a map.
    pub const fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

/// The entries of a map, where `!reset` stands beside `<<`: what that takes in stands in the place of all values before it. Compose reads the
/// file without the values of the tag, and only then takes away those of the files before.
///
/// Source: compose-spec/compose-go, `loader/reset.go`.
fn with_values_of_merges(entries: Vec<(Rc<Node>, Rc<Node>)>) -> Vec<(Rc<Node>, Rc<Node>)> {
    let is_merge = |(name, _): &(Rc<Node>, Rc<Node>)| name.text() == Some(MERGE);
    let is_reset = |(_, value): &(Rc<Node>, Rc<Node>)| value.merging == Merging::Reset;
    if !entries.iter().any(is_merge) || !entries.iter().any(is_reset) {
        return entries;
    }
    let merges = Node::new(Value::Map(entries.iter().filter(|one| is_merge(one)).cloned().collect()), 0..0, Merging::Usual);
    let mut values: HashMap<&str, &Rc<Node>> =
        merges.entries().into_iter().filter_map(|(name, value)| Some((name.text()?, value))).collect();
    // Of a key that is there twice, the last one counts.
    let value_of = |(name, value): (Rc<Node>, Rc<Node>)| {
        let merged = name.text().filter(|_| value.merging == Merging::Reset).and_then(|name| values.remove(name));
        let merged = merged.map(|merged| Rc::new(Node::new(merged.value.clone(), merged.span.clone(), Merging::Override)));
        (name, merged.unwrap_or(value))
    };
    let mut entries: Vec<(Rc<Node>, Rc<Node>)> = entries.into_iter().rev().map(value_of).collect();
    entries.reverse();
    entries
}

/// The documents of a file that can be read, and the places where it is broken.
pub fn read(text: &str) -> (Vec<Document>, Vec<Broken>) {
    let options = granit_parser::options! { emit_comments: false };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        documents: Vec::new(),
        anchors: Vec::new(),
        nodes: 0,
        aliased: 0,
    };
    let mut broken = Vec::new();
    loop {
        match reader.documents() {
            Ok(()) => break,
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or_default().min(text.len());
                broken.push(Broken { at, why: why(&error) });
                // A file that is broken in every document is told so once for each, up to a limit.
                if broken.len() >= 100 || !reader.parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
            }
        }
    }
    (reader.documents, broken)
}

/// The reason without the place, which stands beside it.
fn why(error: &ScanError) -> String {
    let text = error.to_string();
    let ends = [" at byte ", " at char "].iter().filter_map(|end| text.find(end)).min();
    text.get(..ends.unwrap_or(text.len())).unwrap_or_default().trim().to_owned()
}

type YamlParser<'t> = Parser<'t, granit_parser::StrInput<'t>>;

struct Reader<'t> {
    parser: YamlParser<'t>,
    documents: Vec<Document>,
    anchors: Vec<(usize, Rc<Node>)>,
    nodes: usize,
    /// The values that aliases brought in.
    aliased: usize,
}

impl Reader<'_> {
    /// Reads to the end, or to the first error.
    fn documents(&mut self) -> Result<(), ScanError> {
        while let Some(next) = self.parser.next_event() {
            let (event, _) = next?;
            if let Event::DocumentStart(..) = event {
                self.anchors.clear();
                let root = self.root()?;
                self.documents.push(Document { root });
            }
        }
        Ok(())
    }

    /// The node of a document, built without recursion: nesting is of strangers.
    fn root(&mut self) -> Result<Option<Rc<Node>>, ScanError> {
        let mut open: Vec<Open> = Vec::new();
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            let range = span.byte_range().unwrap_or_default();
            self.nodes += 1;
            if self.nodes > MOST_NODES {
                return Err(ScanError::new(span.start, format!("more than {MOST_NODES} values in one file")));
            }
            let done = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let tag = tag.as_deref();
                    let plain = style == granit_parser::ScalarStyle::Plain && !tag.is_some_and(is_of_text);
                    let value = Value::Scalar { text: text.into_owned(), plain };
                    Some(self.node(Node::new(value, range, Merging::of(tag)), anchor))
                }
                Event::Alias(anchor) => {
                    let named = self.anchors.iter().rev().find(|(id, _)| *id == anchor).map(|(_, node)| Rc::clone(node));
                    // An anchor that is still open would make a circle.
                    let named = named.ok_or_else(|| ScanError::new(span.start, "an alias names what it stands in"))?;
                    self.aliased = self.aliased.saturating_add(named.values);
                    if self.aliased > MOST_ALIASED {
                        let why = format!("the aliases of this file bring in more than {MOST_ALIASED} values");
                        return Err(ScanError::new(span.start, why));
                    }
                    Some(named)
                }
                Event::SequenceStart(_, anchor, tag) => {
                    open.push(Open::new(Items::List(Vec::new()), anchor, Merging::of(tag.as_deref()), &range));
                    None
                }
                Event::MappingStart(_, anchor, tag) => {
                    open.push(Open::new(Items::Map(Vec::new(), None), anchor, Merging::of(tag.as_deref()), &range));
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(closed) = open.pop() else { return Ok(None) };
                    let anchor = closed.anchor;
                    Some(self.node(closed.node(range.end), anchor))
                }
                Event::DocumentEnd => return Ok(None),
                _ => None,
            };
            let Some(node) = done else { continue };
            match open.last_mut() {
                Some(parent) => parent.items.push(node),
                None => return Ok(Some(node)),
            }
        }
        Ok(None)
    }

    fn node(&mut self, node: Node, anchor: usize) -> Rc<Node> {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.push((anchor, Rc::clone(&node)));
        }
        node
    }
}

/// A list or map whose end was not met yet.
struct Open {
    items: Items,
    anchor: usize,
    merging: Merging,
    start: usize,
}

enum Items {
    List(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>, Option<Rc<Node>>),
}

impl Items {
    fn push(&mut self, node: Rc<Node>) {
        match self {
            Self::List(list) => list.push(node),
            Self::Map(entries, key) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(node),
            },
        }
    }
}

impl Open {
    const fn new(items: Items, anchor: usize, merging: Merging, range: &Range<usize>) -> Self {
        Self { items, anchor, merging, start: range.start }
    }

    fn node(self, end: usize) -> Node {
        let value = match self.items {
            Items::List(list) => Value::List(list),
            Items::Map(entries, _) => Value::Map(with_values_of_merges(entries)),
        };
        Node::new(value, self.start..end.max(self.start), self.merging)
    }
}

impl Drop for Node {
    /// Takes deep nesting apart step by step: the drop of a value within a value within a value would end the stack.
    fn drop(&mut self) {
        let mut below = take_children(&mut self.value);
        while let Some(node) = below.pop() {
            if let Some(mut node) = Rc::into_inner(node) {
                below.extend(take_children(&mut node.value));
            }
        }
    }
}

fn take_children(value: &mut Value) -> Vec<Rc<Node>> {
    match value {
        Value::Scalar { .. } => Vec::new(),
        Value::List(list) => std::mem::take(list),
        Value::Map(entries) => std::mem::take(entries).into_iter().flat_map(|(key, value)| [key, value]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Rc<Node> {
        let (documents, broken) = read(text);
        assert!(broken.is_empty(), "{broken:?}");
        documents.into_iter().find_map(|document| document.root).unwrap()
    }

    #[test]
    fn values_stand_where_they_are_written() {
        let text = "\u{feff}a:\r\n  - image: 'x:1'\r\n    b: {c: y}\r\n";
        let root = only(text);
        let image = Rc::clone(root.at(&["a"]).unwrap().list()[0].get("image").unwrap());
        assert_eq!((image.text(), text.get(image.span.clone())), (Some("x:1"), Some("'x:1'")));
        let inner = Rc::clone(root.at(&["a"]).unwrap().list()[0].at(&["b", "c"]).unwrap());
        assert_eq!(text.get(inner.span.clone()), Some("y"));
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let root = only("base: &b {image: x, name: n}\nweb:\n  <<: *b\n  name: w\nlist:\n  <<: [*b, {other: o}]\n");
        assert_eq!(root.text_at(&["web", "image"]), Some("x"));
        assert_eq!(root.text_at(&["web", "name"]), Some("w"));
        assert_eq!(root.text_at(&["list", "other"]), Some("o"));
        let web = Rc::clone(root.get("web").unwrap());
        let names: Vec<_> = web.entries().iter().filter_map(|(key, _)| key.text()).collect();
        assert_eq!(names, ["name", "image"]);
    }

    #[test]
    fn a_broken_document_leaves_its_neighbours() {
        let (documents, broken) = read("a: 1\n---\nb: [\n---\nc: 3\n");
        let roots: Vec<_> = documents.iter().filter_map(|document| document.root.clone()).collect();
        assert_eq!(roots.len(), 2, "{documents:?}");
        assert_eq!(roots[1].text_at(&["c"]), Some("3"));
        assert_eq!(broken.len(), 1);
    }

    #[test]
    fn hostile_files_end() {
        let mut bomb = "a0: &a0 x\n".to_owned();
        for level in 1..200 {
            bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1));
        }
        let (documents, broken) = read(&bomb);
        assert!(documents.is_empty() && broken[0].why.contains("bring in more than 1000000 values"), "{broken:?}");
        // Each of these is a way to all of the others.
        let pods = format!("c: &c {{image: x}}\np: &p [{}]\nl: [{}]\n", "*c,".repeat(1_500), "*p,".repeat(1_500));
        assert_eq!(read(&pods).1.len(), 1);
        only(&format!("c: &c {{image: x}}\nl: [{}]\n", "*c,".repeat(100_000)));
        read(&"[".repeat(100_000));
        read(&"- ".repeat(100_000));
        read("a: &a [*a]");
        let many = "---\nimage: x\n".repeat(10_000);
        assert_eq!(read(&many).0.len(), 10_000);
    }
}
