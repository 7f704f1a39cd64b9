//! A layer of 10,000 entries comes out as it went in.

use std::collections::BTreeMap;
use std::rc::Rc;

use wincompat::internals::layer::{BasicInfo, FileTime, Position};

use super::decode_into;
use crate::support::layers::archive::Meta;
use crate::support::layers::backup::{Reparse, Streams};
use crate::support::layers::synthetic::{Item, ItemKind, Numbers, layer, write};
use crate::support::layers::tree::{Entry, Node, Tree};

#[test]
fn ten_thousand_entries() {
    let items = layer(10_000, &mut Numbers(1), |numbers| {
        let length = numbers.below(2_000);
        numbers.bytes(length)
    });
    assert_proportions(&items);
    let mut tree = Tree::default();
    let decoded = decode_into(&mut tree, &write(&items, Vec::new()), Position::Base).unwrap();
    assert!(tree.finished);
    let streams: usize =
        items.iter().map(|item| matches!(&item.kind, ItemKind::File { streams, .. } if !streams.is_empty()) as usize).sum();
    assert_eq!(decoded.entries as usize, 10_000 + streams);
    assert_eq!(tree.nodes.len(), 10_000);
    let expected: BTreeMap<String, Node> = items.iter().map(|item| (item.path.clone(), node(item))).collect();
    for (path, node) in &expected {
        assert_eq!(tree.nodes.get(path), Some(node), "{path}");
    }
}

#[test]
fn directories_finish_with_the_deepest_first() {
    let items = layer(2_000, &mut Numbers(2), |_| Vec::new());
    let mut tree = Tree::default();
    decode_into(&mut tree, &write(&items, Vec::new()), Position::Base).unwrap();
    let directory = |item: &&Item| matches!(item.kind, ItemKind::Directory | ItemKind::Junction { .. });
    let mut expected: Vec<(&str, BasicInfo)> =
        items.iter().filter(directory).map(|item| (item.path.as_str(), info(&item.meta))).collect();
    expected.reverse();
    let directories: Vec<_> = tree.directories.iter().map(|directory| (directory.path.as_str(), directory.info)).collect();
    assert_eq!(directories, expected);
}

fn assert_proportions(items: &[Item]) {
    let percent = |holds: fn(&Item) -> bool| items.iter().filter(|item| holds(item)).count() * 100 / items.len();
    let links = percent(|item| matches!(item.kind, ItemKind::HardLink { .. }));
    let secured = percent(|item| item.meta.security.is_some());
    let attributed = percent(|item| !item.meta.extended_attributes.is_empty());
    let directories = percent(|item| matches!(item.kind, ItemKind::Directory));
    assert!((32..=35).contains(&links), "{links} % hard links");
    assert!((61..=65).contains(&secured), "{secured} % with rawsd");
    assert!((8..=11).contains(&attributed), "{attributed} % with extended attributes");
    assert!((12..=14).contains(&directories), "{directories} % directories");
}

/// What must become of an item.
fn node(item: &Item) -> Node {
    let mut streams = Streams {
        security: item.meta.security.clone(),
        extended_attributes: item.meta.extended_attributes.iter().cloned().collect(),
        ..Streams::default()
    };
    match &item.kind {
        ItemKind::Directory => {}
        ItemKind::File { content, streams: alternate } => {
            streams.data = Some(content.clone());
            streams.alternate = alternate.iter().cloned().collect();
        }
        ItemKind::HardLink { target } => return Node::Link { target: target.clone(), in_layer: true },
        ItemKind::Symlink { target } => {
            streams.reparse =
                Some(Reparse { tag: 0xA000_000C, flags: Some(1), substitute: target.clone(), print: target.clone() });
        }
        ItemKind::Junction { target } => {
            let substitute = format!(r"\??\{target}");
            streams.reparse = Some(Reparse { tag: 0xA000_0003, flags: None, substitute, print: target.clone() });
        }
    }
    Node::Entry(Rc::new(Entry { info: info(&item.meta), streams }))
}

fn info(meta: &Meta) -> BasicInfo {
    let time = |text: &Option<String>| {
        let (seconds, fraction) = text.as_ref().unwrap().split_once('.').unwrap();
        let ticks: i64 = format!("{fraction:0<7}").parse().unwrap();
        FileTime((seconds.parse::<i64>().unwrap() + 11_644_473_600) * 10_000_000 + ticks)
    };
    BasicInfo {
        creation: time(&meta.created),
        access: time(&meta.accessed),
        write: time(&meta.modified),
        change: time(&meta.changed),
        attributes: meta.attributes.unwrap(),
    }
}
