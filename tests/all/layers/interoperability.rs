//! Layers by other writers: the reader that distrusts headers must not distrust these.

use std::collections::BTreeMap;

use wincompat::internals::layer::{Compression, FileTime, Options, Position, decode};

use super::options;
use crate::support::layers::tree::{Node, Tree};

macro_rules! layers {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("../../../fixtures/layers/", $name, ".tar.gz")) as &[u8])),*]
    };
}

const LAYERS: [(&str, &[u8]); 7] =
    layers!("go", "gnu-tar-posix", "gnu-tar-gnu", "libarchive-pax", "libarchive-gnutar", "python-pax", "python-gnu");

fn decoded(layer: &[u8]) -> Tree {
    let mut tree = Tree::default();
    let options = Options { compression: Compression::Gzip, ..options(Position::Base) };
    decode(layer, &options, &mut tree).unwrap_or_else(|error| panic!("{error:?}"));
    tree
}

#[test]
fn every_writer_gives_the_same_tree() {
    let long = format!("Files/{}", "d".repeat(90));
    let longer = format!("{long}/{}", "e".repeat(170));
    let link_target = format!(r"{}\{}\x.txt", "d".repeat(90), "e".repeat(170));
    let expected = BTreeMap::from([
        ("Files".to_owned(), "directory".to_owned()),
        ("Files/short.txt".to_owned(), "short".to_owned()),
        ("Files/Ünïcode".to_owned(), "directory".to_owned()),
        ("Files/Ünïcode/日本語.txt".to_owned(), "unicode".to_owned()),
        (long.clone(), "directory".to_owned()),
        (format!("{long}/{}.txt", "f".repeat(60)), "long".to_owned()),
        (longer.clone(), "directory".to_owned()),
        (format!("{longer}/x.txt"), "longer".to_owned()),
        ("Files/z-hard".to_owned(), format!("{longer}/x.txt")),
        ("Files/z-sym".to_owned(), link_target),
    ]);
    for (writer, layer) in LAYERS {
        let seen = decoded(layer).nodes.into_iter().map(|(path, node)| (path, shown(node))).collect::<BTreeMap<_, _>>();
        assert_eq!(seen, expected, "{writer}");
    }
}

fn shown(node: Node) -> String {
    match node {
        Node::Link { target, .. } => target,
        Node::Removed => "removed".to_owned(),
        Node::Entry(entry) => match (&entry.streams.reparse, &entry.streams.data) {
            (Some(reparse), _) => reparse.print.clone(),
            (None, Some(data)) => String::from_utf8(data.clone()).unwrap(),
            (None, None) => "directory".to_owned(),
        },
    }
}

#[test]
fn what_windows_exporter_says_arrives() {
    let tree = decoded(LAYERS[0].1);
    let Node::Entry(entry) = &tree.nodes["Files/short.txt"] else { panic!("a file") };
    assert_eq!(entry.info.attributes, 0x20);
    assert_eq!(entry.info.write, FileTime(133_444_736_001_234_567));
    assert_eq!(entry.info.access, entry.info.write);
    assert_eq!(entry.info.change, entry.info.write);
    assert_eq!(entry.info.creation, FileTime(132_444_736_001_234_567));
    assert_eq!(entry.streams.security.as_deref(), Some(&crate::layers::golden::DESCRIPTOR[..]));
    assert_eq!(entry.streams.extended_attributes["$KERNEL.PURGE.X"], [0, 1, 2]);
}
