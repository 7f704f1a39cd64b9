//! Three layers make an image: whiteouts, hard links across layers, and a utility VM that is patched.

use std::rc::Rc;

use wincompat::runner::layer::Position;

use crate::archive::{Archive, Meta};
use crate::decode_into;
use crate::tree::{Image, Node, Tree};

fn decoded(archive: Archive<Vec<u8>>, position: Position) -> Tree {
    let mut tree = Tree::default();
    decode_into(&mut tree, &archive.finish(), position).unwrap();
    tree
}

/// The image as lines: directories end in a slash, files show their content.
fn listing(image: &Image) -> Vec<String> {
    let line = |(path, entry): (&String, &Rc<crate::tree::Entry>)| match &entry.streams.data {
        Some(data) => format!("{path} = {}", String::from_utf8_lossy(data)),
        None => format!("{path}/"),
    };
    image.0.iter().map(line).collect()
}

#[test]
fn three_layers() {
    let plain = Meta::default();
    let mut base = Archive::new();
    base.directory("Files", &plain)
        .directory("Files/Windows", &plain)
        .directory("Files/Windows/System32", &plain)
        .file("Files/Windows/System32/ntdll.dll", &plain, b"ntdll 1")
        .file("Files/Windows/System32/kernel32.dll", &plain, b"kernel32 1")
        .directory("Files/Windows/WinSxS", &plain)
        .hard_link("Files/Windows/WinSxS/ntdll.dll", "Files/Windows/System32/ntdll.dll")
        .directory("Files/Temp", &plain)
        .file("Files/Temp/a", &plain, b"temporary")
        .directory("Files/Temp/b", &plain)
        .file("Files/Temp/b/c", &plain, b"temporary too")
        .file("Files/License.txt", &plain, b"license")
        .directory("Hives", &plain)
        .file("Hives/System_Base", &plain, b"hive")
        .directory("UtilityVM", &plain)
        .directory("UtilityVM/Files", &plain)
        .directory("UtilityVM/Files/EFI", &plain)
        .file("UtilityVM/Files/EFI/BCD", &plain, b"boot 1")
        .file("UtilityVM/Files/kernel.exe", &plain, b"vm kernel 1")
        .file("UtilityVM/Files/old.exe", &plain, b"vm old");

    let mut update = Archive::new();
    update
        .directory("Files", &plain)
        .whiteout("Files/Temp/b")
        .whiteout("Files/License.txt")
        .directory("Files/Windows", &plain)
        .directory("Files/Windows/System32", &plain)
        .file("Files/Windows/System32/ntdll.dll", &plain, b"ntdll 2")
        .directory("Files/Windows/WinSxS", &plain)
        .hard_link("Files/Windows/WinSxS/ntdll.dll", "Files/Windows/System32/ntdll.dll")
        .hard_link("Files/Windows/WinSxS/kernel32.dll", "Files/Windows/System32/kernel32.dll")
        .directory("Hives", &plain)
        .file("Hives/System_Delta", &plain, b"delta 1")
        .directory("UtilityVM", &plain)
        .directory("UtilityVM/Files", &plain)
        .file("UtilityVM/Files/kernel.exe", &plain, b"vm kernel 2")
        .hard_link("UtilityVM/Files/again.exe", "UtilityVM/Files/kernel.exe")
        .whiteout("UtilityVM/Files/old.exe");

    let mut application = Archive::new();
    application
        .directory("Files", &plain)
        .whiteout("Files/Windows/System32/kernel32.dll")
        .directory("Files/app", &plain)
        .file("Files/app/app.exe", &plain, b"app")
        .hard_link("Files/app/ntdll.dll", "Files/Windows/WinSxS/ntdll.dll")
        .hard_link("Files/app/kept.dll", "Files/Windows/System32/kernel32.dll")
        .file("Files/Temp", &plain, b"now a file")
        .directory("Hives", &plain)
        .file("Hives/System_Delta", &plain, b"delta 2");

    let base = decoded(base, Position::Base);
    let update = decoded(update, Position::Upper);
    let application = decoded(application, Position::Upper);
    let in_layer = |tree: &Tree, path: &str| matches!(tree.nodes[path], Node::Link { in_layer: true, .. });
    assert!(in_layer(&update, "Files/Windows/WinSxS/ntdll.dll"), "its target is replaced in the same layer");
    assert!(!in_layer(&update, "Files/Windows/WinSxS/kernel32.dll"), "its target is the base's");

    let mut image = Image::default();
    for layer in [&base, &update, &application] {
        image.apply(layer);
    }
    assert_eq!(
        listing(&image),
        [
            "Files/",
            "Files/Temp = now a file",
            "Files/Windows/",
            "Files/Windows/System32/",
            "Files/Windows/System32/ntdll.dll = ntdll 2",
            "Files/Windows/WinSxS/",
            "Files/Windows/WinSxS/kernel32.dll = kernel32 1",
            "Files/Windows/WinSxS/ntdll.dll = ntdll 2",
            "Files/app/",
            "Files/app/app.exe = app",
            "Files/app/kept.dll = kernel32 1",
            "Files/app/ntdll.dll = ntdll 2",
            "Hives/",
            "Hives/System_Base = hive",
            "Hives/System_Delta = delta 2",
            "UtilityVM/",
            "UtilityVM/Files/",
            "UtilityVM/Files/EFI/",
            "UtilityVM/Files/EFI/BCD = boot 1",
            "UtilityVM/Files/again.exe = vm kernel 2",
            "UtilityVM/Files/kernel.exe = vm kernel 2",
        ]
    );
    let same = |one: &str, other: &str| Rc::ptr_eq(&image.0[one], &image.0[other]);
    assert!(same("Files/app/ntdll.dll", "Files/Windows/System32/ntdll.dll"));
    assert!(same("Files/app/kept.dll", "Files/Windows/WinSxS/kernel32.dll"));
    assert!(same("UtilityVM/Files/again.exe", "UtilityVM/Files/kernel.exe"));
}
