//! Three layers make an image, in memory.

use std::rc::Rc;

use wincompat::internals::layer::Position;

use super::decode_into;
use crate::support::layers::three_layers::{SAME, SEEN, three_layers};
use crate::support::layers::tree::{Entry, Image, Node, Tree};

#[test]
fn whiteouts_links_across_layers_and_a_patched_utility_vm() {
    let mut position = Position::Base;
    let [base, update, application] = three_layers().map(|archive| {
        let mut tree = Tree::default();
        decode_into(&mut tree, &archive.finish(), position).unwrap();
        position = Position::Upper;
        tree
    });
    let in_layer = |tree: &Tree, path: &str| matches!(tree.nodes[path], Node::Link { in_layer: true, .. });
    assert!(in_layer(&update, "Files/Windows/WinSxS/ntdll.dll"), "its target is replaced in the same layer");
    assert!(!in_layer(&update, "Files/Windows/WinSxS/kernel32.dll"), "its target is the base's");

    let mut image = Image::default();
    for layer in [&base, &update, &application] {
        image.apply(layer);
    }
    let line = |(path, entry): (&String, &Rc<Entry>)| match &entry.streams.data {
        Some(data) => format!("{path} = {}", String::from_utf8_lossy(data)),
        None => format!("{path}/"),
    };
    let (hives, seen): (Vec<String>, Vec<String>) = image.0.iter().map(line).partition(|line| line.starts_with("Hives"));
    assert_eq!(hives, ["Hives/", "Hives/System_Base = hive", "Hives/System_Delta = delta 2"]);
    assert_eq!(seen, SEEN);
    for (one, other) in SAME {
        assert!(Rc::ptr_eq(&image.0[one], &image.0[other]), "{one} and {other}");
    }
}
