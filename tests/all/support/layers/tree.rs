//! A sink that keeps a layer in memory, and images made of such layers.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use wincompat::internals::layer::{BasicInfo, Content, Directory, LayerPath, LayerSink, LinkTarget};

use super::backup::Streams;

/// What a layer has at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A file, directory or reparse point.
    Entry(Rc<Entry>),
    /// A further name of a file.
    Link { target: String, in_layer: bool },
    /// What the parents have there is removed.
    Removed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub info: BasicInfo,
    /// The parsed backup stream.
    pub streams: Streams,
}

/// A layer in memory.
#[derive(Debug, Default)]
pub struct Tree {
    pub nodes: BTreeMap<String, Node>,
    /// The backup streams as they came.
    pub raw: BTreeMap<String, Vec<u8>>,
    /// What came with `finish`.
    pub directories: Vec<Directory>,
    pub finished: bool,
    pub aborted: bool,
    open: Option<(String, BasicInfo, Vec<u8>)>,
}

impl Tree {
    fn add(&mut self, path: &LayerPath, node: Node) {
        assert!(self.open.is_none(), "an entry is still open");
        assert!(self.nodes.insert(path.to_string(), node).is_none(), "{path} twice");
    }
}

impl LayerSink for Tree {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<Content> {
        assert!(self.open.is_none(), "an entry is still open");
        self.open = Some((path.to_string(), *info, Vec::new()));
        Ok(Content::BackupStream)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open.as_mut().expect("an open entry").2.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let (path, info, bytes) = self.open.take().expect("an open entry");
        let entry = Entry { info, streams: Streams::parse(&bytes) };
        assert!(self.nodes.insert(path.clone(), Node::Entry(Rc::new(entry))).is_none(), "{path} twice");
        self.raw.insert(path, bytes);
        Ok(())
    }

    fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> io::Result<()> {
        self.add(path, Node::Link { target: target.path.to_string(), in_layer: target.in_layer });
        Ok(())
    }

    fn remove(&mut self, path: &LayerPath) -> io::Result<()> {
        self.add(path, Node::Removed);
        Ok(())
    }

    fn finish(&mut self, directories: Vec<Directory>) -> io::Result<()> {
        assert!(self.open.is_none() && !self.aborted && !self.finished);
        (self.finished, self.directories) = (true, directories);
        Ok(())
    }

    fn abort(&mut self) {
        assert!(!self.finished && !self.aborted);
        *self = Self { aborted: true, ..Self::default() };
    }
}

/// What a container sees: layers upon each other. Two names of one file share an entry.
#[derive(Debug, Default)]
pub struct Image(pub BTreeMap<String, Rc<Entry>>);

impl Image {
    /// Puts a layer on top, as the import of a layer does: removals, new entries, and links, whose targets outside of the layer
    /// are the parents' as they were.
    pub fn apply(&mut self, layer: &Tree) {
        let parents = self.0.clone();
        for (path, node) in &layer.nodes {
            if *node == Node::Removed {
                assert!(parents.contains_key(path), "{path} removes nothing");
                self.remove(path);
            }
        }
        for (path, node) in &layer.nodes {
            let Node::Entry(entry) = node else { continue };
            let merges = |old: &Rc<Entry>| old.info.is_directory() && entry.info.is_directory();
            if !self.0.get(path).is_some_and(merges) {
                self.remove(path);
            }
            self.0.insert(path.clone(), Rc::clone(entry));
        }
        for (path, node) in &layer.nodes {
            let Node::Link { .. } = node else { continue };
            let entry = Self::resolve(layer, &parents, node);
            self.remove(path);
            self.0.insert(path.clone(), entry);
        }
    }

    fn resolve(layer: &Tree, parents: &BTreeMap<String, Rc<Entry>>, node: &Node) -> Rc<Entry> {
        match node {
            Node::Entry(entry) => Rc::clone(entry),
            Node::Link { target, in_layer: true } => Self::resolve(layer, parents, &layer.nodes[target]),
            Node::Link { target, in_layer: false } => Rc::clone(&parents[target]),
            Node::Removed => panic!("a link to nothing"),
        }
    }

    fn remove(&mut self, path: &str) {
        let below = format!("{path}/");
        self.0.retain(|other, _| other != path && !other.starts_with(&below));
    }
}
