//! The transport folder: what lies in it, and what is left to do after its import.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use wincompat::internals::layer::transport::{PendingLink, Stamp, stamp_portably};
use wincompat::internals::layer::{LayerError, LayerPath, Position, Transport};

use super::decode_into;
use crate::layers::golden::DESCRIPTOR;
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::synthetic::{Item, ItemKind, Numbers, layer, write};
use crate::support::layers::tree::{Node, Tree};

/// All below a folder, sorted: `path` of files, `path/` of directories.
fn listing(root: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                all.push(format!("{path}/"));
            } else {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn upper_layer() -> Archive<Vec<u8>> {
    let plain = Meta::default();
    let secured = Meta { security: Some(DESCRIPTOR.to_vec()), ..Meta::attributes(0x2010) };
    let timed =
        Meta { modified: Some("1700000000.5".to_owned()), accessed: Some("1600000000".to_owned()), ..Meta::attributes(0x21) };
    let mut archive = Archive::with_files();
    archive
        .directory("Files/d", &secured)
        .file("Files/d/a", &timed, b"data")
        .file("Files/d/a:s", &plain, b"alternate")
        .link("Files/l", "d", &Meta::attributes(0x410))
        .hard_link("Files/h", "Files/d/a")
        .hard_link("Files/p", "Files/of/the/parents")
        .whiteout("Files/d/w")
        .directory("Hives", &plain)
        .file("Hives/System_Delta", &Meta { security: Some(DESCRIPTOR.to_vec()), ..timed.clone() }, b"hive")
        .directory("UtilityVM", &plain)
        .directory("UtilityVM/Files", &plain)
        .file("UtilityVM/Files/a", &Meta::attributes(0x20), b"vm")
        .hard_link("UtilityVM/Files/h", "UtilityVM/Files/a")
        .whiteout("UtilityVM/Files/w");
    archive
}

fn texts(paths: &[LayerPath]) -> Vec<&str> {
    paths.iter().map(LayerPath::as_str).collect()
}

#[test]
fn an_upper_layer() {
    let parent = tempfile::tempdir().unwrap();
    let mut vm = Tree::default();
    {
        let mut transport = Transport::create_in(parent.path(), stamp_portably, Some(&mut vm)).unwrap();
        decode_into(&mut transport, &upper_layer().finish(), Position::Upper).unwrap();
        let root = transport.path();
        assert_eq!(
            listing(root),
            [
                "Files.$wcidirs$",
                "Files/",
                "Files/d.$wcidirs$",
                "Files/d/",
                "Files/d/a",
                "Files/l.$wcidirs$",
                "Files/l/",
                "Hives.$wcidirs$",
                "Hives/",
                "Hives/System_Delta",
            ]
        );
        let read = |path: &str| fs::read(root.join(path)).unwrap();
        assert_eq!(read("Files.$wcidirs$"), [0x10, 0, 0, 0], "attributes and an empty stream");
        #[rustfmt::skip]
        assert_eq!(read("Files/d.$wcidirs$"), [
            0x10, 0x20, 0, 0, // attributes
            3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
        ]);
        #[rustfmt::skip]
        assert_eq!(read("Files/d/a"), [
            0x21, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            b'd', b'a', b't', b'a',
            4, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0,
            b':', 0, b's', 0, b':', 0, b'$', 0, b'D', 0, b'A', 0, b'T', 0, b'A', 0,
            b'a', b'l', b't', b'e', b'r', b'n', b'a', b't', b'e',
        ]);
        assert_eq!(read("Hives/System_Delta"), b"hive", "hives are plain");
        for path in ["Files/d/a", "Hives/System_Delta"] {
            let metadata = fs::metadata(root.join(path)).unwrap();
            assert_eq!(metadata.modified().unwrap(), UNIX_EPOCH + Duration::from_millis(1_700_000_000_500), "{path}");
        }

        let pending = transport.pending();
        assert_eq!(texts(&pending.tombstones), ["Files/d/w"]);
        let link = |link: &PendingLink| (link.path.to_string(), link.target.to_string(), link.in_layer);
        assert_eq!(
            pending.links.iter().map(link).collect::<Vec<_>>(),
            [("Files/h".into(), "Files/d/a".into(), true), ("Files/p".into(), "Files/of/the/parents".into(), false)]
        );
        let directories: Vec<_> = pending.directories.iter().map(|directory| directory.path.as_str()).collect();
        assert_eq!(directories, ["Hives", "Files/l", "Files/d", "Files"]);
        assert!(pending.utility_vm);
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "the folder goes with its owner");

    assert!(vm.finished);
    assert_eq!(
        vm.nodes.keys().collect::<Vec<_>>(),
        ["UtilityVM", "UtilityVM/Files", "UtilityVM/Files/a", "UtilityVM/Files/h", "UtilityVM/Files/w"]
    );
    assert_eq!(vm.nodes["UtilityVM/Files/w"], Node::Removed);
    assert_eq!(vm.directories.len(), 2);
}

#[test]
fn an_utility_vm_without_a_sink_is_stored_like_files() {
    let parent = tempfile::tempdir().unwrap();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, None).unwrap();
    decode_into(&mut transport, &upper_layer().finish(), Position::Upper).unwrap();
    let stored = fs::read(transport.path().join("UtilityVM/Files/a")).unwrap();
    assert_eq!(stored, [&[0x20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], b"vm"].concat());
    assert_eq!(texts(&transport.pending().tombstones), ["Files/d/w", "UtilityVM/Files/w"]);
}

#[test]
fn a_name_in_the_utility_vm_of_a_file_outside_of_it_waits_for_that_file() {
    let parent = tempfile::tempdir().unwrap();
    let mut vm = Tree::default();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, Some(&mut vm)).unwrap();
    let mut layer = upper_layer();
    layer.hard_link("UtilityVM/Files/out", "Files/d/a").hard_link("Files/into", "UtilityVM/Files/a");
    decode_into(&mut transport, &layer.finish(), Position::Upper).unwrap();
    let links: Vec<_> = transport.pending().links.iter().map(|link| (link.path.as_str(), link.target.as_str())).collect();
    assert!(links.contains(&("UtilityVM/Files/out", "Files/d/a")), "{links:?}");
    assert!(links.contains(&("Files/into", "UtilityVM/Files/a")), "{links:?}");
    drop(transport);
    assert!(!vm.nodes.contains_key("UtilityVM/Files/out"), "{:?}", vm.nodes.keys());
}

#[test]
fn the_files_that_travel_are_counted_and_the_longest_paths_known() {
    let parent = tempfile::tempdir().unwrap();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, None).unwrap();
    let mut layer = Archive::with_files();
    for number in 0..30 {
        layer.file(&format!("Files/{}", "n".repeat(number + 1)), &Meta::default(), b"");
    }
    decode_into(&mut transport, &layer.finish(), Position::Upper).unwrap();
    let sent = &transport.pending().sent;
    let lengths: Vec<usize> = sent.longest.iter().map(|path| path.as_str().len()).collect();
    assert_eq!((sent.files, lengths), (30, (17..=36).rev().collect()));
}

#[test]
fn a_failure_says_what_was_done_to_which_file() {
    let parent = tempfile::tempdir().unwrap();
    let failed = |transport: &mut Transport<'_>| {
        let failed = decode_into(transport, &upper_layer().finish(), Position::Upper).unwrap_err();
        let LayerError::Write { source, .. } = failed else { panic!("{failed:?}") };
        (source.kind(), source.to_string())
    };
    let refused: Stamp = |_, _| Err(io::ErrorKind::PermissionDenied.into());
    let (kind, said) = failed(&mut Transport::create_in(parent.path(), refused, None).unwrap());
    assert!(said.starts_with("setting the times of ") && said.contains("Files.$wcidirs$: "), "{said}");
    assert_eq!(kind, io::ErrorKind::PermissionDenied);
    let mut transport = Transport::create_in(parent.path(), stamp_portably, None).unwrap();
    fs::create_dir(transport.path().join("Files")).unwrap();
    let (kind, said) = failed(&mut transport);
    assert!(said.starts_with("creating ") && said.contains("Files: "), "{said}");
    assert_eq!(kind, io::ErrorKind::AlreadyExists);
}

#[test]
fn a_failure_aborts_the_utility_vm_too() {
    let parent = tempfile::tempdir().unwrap();
    let mut vm = Tree::default();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, Some(&mut vm)).unwrap();
    let mut hostile = upper_layer();
    hostile.file("UtilityVM/Files/../../x", &Meta::default(), b"");
    decode_into(&mut transport, &hostile.finish(), Position::Upper).unwrap_err();
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    drop(transport);
    assert!(vm.aborted);
}

#[test]
fn a_thousand_entries_lie_where_they_belong() {
    let items = layer(1_000, &mut Numbers(3), |numbers| {
        let length = numbers.below(3_000);
        numbers.bytes(length)
    });
    let tar = write(&items, Vec::new());
    let parent = tempfile::tempdir().unwrap();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, None).unwrap();
    decode_into(&mut transport, &tar, Position::Base).unwrap();
    let mut tree = Tree::default();
    decode_into(&mut tree, &tar, Position::Base).unwrap();
    for Item { path, kind, meta } in &items {
        let place = transport.path().join(path);
        match kind {
            ItemKind::HardLink { .. } => assert!(!place.exists(), "{path} is pending"),
            ItemKind::File { content, .. } if path.starts_with("Hives/") => assert_eq!(&fs::read(place).unwrap(), content),
            _ => {
                let directory = meta.attributes.unwrap() & 0x10 != 0;
                assert_eq!(place.is_dir(), directory, "{path}");
                let stored = if directory { format!("{path}.$wcidirs$") } else { path.clone() };
                let stored = fs::read(transport.path().join(stored)).unwrap();
                let (attributes, stream) = stored.split_at(4);
                assert_eq!(attributes, meta.attributes.unwrap().to_le_bytes());
                assert_eq!(stream, tree.raw[path], "{path}");
            }
        }
    }
    let links = items.iter().filter(|item| matches!(item.kind, ItemKind::HardLink { .. })).count();
    assert_eq!(transport.pending().links.len(), links);
}
