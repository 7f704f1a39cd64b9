//! Layers on others: what a container would see of them, and what stays the parents'.

use std::fs;
use std::path::Path;

use wincompat::internals::layer::LayerId;

use crate::emulated_layers::base::{VERSION, is_same_file};
use crate::emulated_layers::importer::Shop;
use crate::support::emulated::image::{BOOT, Image, base_layer, with_utility_vm};
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::three_layers::{SAME, SEEN, three_layers};

/// What is below a folder, sorted: directories end in a slash, files show their content.
fn listing(root: &Path, below: &str) -> Vec<String> {
    let mut lines = vec![format!("{below}/")];
    let mut entries: Vec<_> = fs::read_dir(root.join(below.replace('/', "\\"))).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{below}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            lines.extend(listing(root, &path));
        } else {
            lines.push(format!("{path} = {}", String::from_utf8_lossy(&fs::read(entry.path()).unwrap())));
        }
    }
    lines
}

/// The emulator shows in a layer's folder what a container would see (its README), so the topmost has it all.
#[test]
fn three_layers_give_the_right_tree() {
    let Some(shop) = Shop::new() else { return };
    let ids = shop.put("app", &Image::of(VERSION, three_layers().map(Archive::finish).into()));
    shop.import("app");
    shop.holds(&ids, "after the import");
    let [base, update, application] = ids[..] else { panic!("{} layers", ids.len()) };
    let layer = |id: &LayerId| shop.place(id, "Files").parent().unwrap().to_owned();
    // The guest system is that of the topmost layer which has one.
    assert!(!shop.place(&application, "UtilityVM").exists());
    let mut seen = listing(&layer(&application), "Files");
    let as_it_was = |line: String| line.replace("\nrewritten\n", "");
    seen.extend(listing(&layer(&update), "UtilityVM").into_iter().filter(|line| !line.contains(".vhdx")).map(as_it_was));
    seen.sort();
    let mut expected = SEEN;
    expected.sort_unstable();
    assert_eq!(seen, expected);
    for (one, other) in SAME {
        let id = if one.starts_with("UtilityVM") { &update } else { &application };
        assert!(is_same_file(&shop.place(id, one), &shop.place(id, other)), "{one} and {other}");
    }
    let text = |id: &LayerId, path: &str| fs::read_to_string(shop.place(id, path)).unwrap();
    assert_eq!(text(&application, "Hives/System_Delta"), "delta 2");
    assert_eq!(text(&update, "Hives/System_Delta"), "delta 1");
    // What of the parent's guest system is not changed is the same file, and what is changed leaves the parent's alone.
    let driver = "UtilityVM/Files/driver.sys";
    assert!(is_same_file(&shop.place(&base, driver), &shop.place(&update, driver)));
    assert_eq!(text(&base, "UtilityVM/Files/kernel.exe"), "vm kernel 1");
    assert_eq!(text(&base, "UtilityVM/Files/old/old.exe"), "vm old");
    assert_eq!(text(&base, &format!("{BOOT}/BCD")), "boot 1\nrewritten\n", "once, for the base");
    // So do removals and replacements outside of it.
    assert_eq!(text(&base, "Files/Windows/System32/ntdll.dll"), "ntdll 1");
    assert_eq!(text(&base, "Files/License.txt"), "license");
    assert_eq!(text(&base, "Files/Temp/b/c"), "temporary too");
    shop.host.has_nothing_left();
}

/// On Windows a layer's folder holds no files of its parents, and what is removed or linked to is not to be seen in it.
#[test]
fn removals_and_links_where_the_parents_are_not_to_be_seen() {
    let Some(shop) = Shop::new().map(|shop| shop.without("parents-shown")) else { return };
    let ids = shop.put("app", &Image::of(VERSION, three_layers().map(Archive::finish).into()));
    shop.import("app");
    shop.holds(&ids, "after the import");
    let [base, update, application] = ids[..] else { panic!("{} layers", ids.len()) };
    let place = |id: &LayerId, path: &str| shop.place(id, path);
    for (id, path) in [
        (&update, "Files/License.txt"),
        (&update, "Files/Temp/b"),
        (&update, "UtilityVM/Files/old"),
        (&application, "Files/Windows/System32/kernel32.dll"),
    ] {
        assert!(!place(id, path).exists(), "{path}");
    }
    let kernel = "Files/Windows/System32/kernel32.dll";
    for (id, path, from, target) in [
        (&update, "Files/Windows/WinSxS/ntdll.dll", &update, "Files/Windows/System32/ntdll.dll"),
        (&update, "Files/Windows/WinSxS/kernel32.dll", &base, kernel),
        (&application, "Files/app/ntdll.dll", &update, "Files/Windows/System32/ntdll.dll"),
        (&application, "Files/app/kept.dll", &base, kernel),
    ] {
        assert!(is_same_file(&place(id, path), &place(from, target)), "{path}");
    }
    let text = |id: &LayerId, path: &str| fs::read_to_string(place(id, path)).unwrap();
    assert_eq!(text(&application, "Files/Temp"), "now a file");
    // The base is as it was.
    for (path, content) in [
        ("Files/Windows/System32/ntdll.dll", "ntdll 1"),
        (kernel, "kernel32 1"),
        ("Files/License.txt", "license"),
        ("Files/Temp/a", "temporary"),
        ("Files/Temp/b/c", "temporary too"),
        ("UtilityVM/Files/kernel.exe", "vm kernel 1"),
    ] {
        assert_eq!(text(&base, path), content, "{path}");
    }
    shop.host.has_nothing_left();
}

/// The transport folder holds what `docs/hcs.md#upper-layers` says: ImportLayer, as strict as that, found every stream in it.
#[test]
fn what_travels_arrives() {
    let Some(shop) = Shop::new() else { return };
    let meta = Meta {
        security: Some([&[1, 0, 4, 0x80, 20, 0, 0, 0][..], &[0; 12], &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]].concat()),
        modified: Some("1600000000.1234567".to_owned()),
        ..Meta::attributes(0x22)
    };
    let directory = Meta { modified: Some("1500000000".to_owned()), ..Meta::attributes(0x12) };
    let mut upper = Archive::with_files();
    upper
        .directory("Files/d", &directory)
        .file("Files/d/f", &meta, b"data")
        .file("Files/d/f:s", &Meta::default(), b"alternate")
        .link("Files/j", "C:\\x", &Meta { mount_point: true, ..Meta::attributes(0x410) })
        .hard_link("Files/d/h", "Files/d/f")
        .directory("Hives", &Meta::default())
        .file("Hives/Sam_Delta", &meta, b"hive");
    let ids = shop.put("app", &Image::of(VERSION, vec![base_layer(VERSION).finish(), upper.finish()]));
    shop.import("app");
    let place = |path: &str| shop.place(&ids[1], path);
    let streams = shop.host.streams(&place("Files/d/f")).unwrap();
    assert_eq!((streams[0], streams[20 + 32], streams.last()), (3, 1, Some(&b'e')), "security, data, alternate data");
    assert_eq!(shop.host.streams(&place("Files/j")).unwrap()[20..24], [3, 0, 0, 0xA0], "a mount point");
    assert_eq!(fs::read(place("Hives/Sam_Delta")).unwrap(), b"hive", "hives are plain");
    assert!(is_same_file(&place("Files/d/h"), &place("Files/d/f")));
    let modified = |path: &str| fs::metadata(place(path)).unwrap().modified().unwrap();
    let at = |seconds, nanos| std::time::UNIX_EPOCH + std::time::Duration::new(seconds, nanos);
    assert_eq!(modified("Files/d"), at(1_500_000_000, 0), "set last, after the link was made in it");
    let attributes = std::os::windows::fs::MetadataExt::file_attributes(&fs::metadata(place("Files/d")).unwrap());
    assert_eq!(attributes, 0x12);
    // By the source it names, the transport folder was below the store, and it is gone.
    let calls = shop.host.calls_of("ImportLayer");
    assert_eq!(calls.len(), 1);
    shop.holds(&ids, "after the import");
}

/// A layer between that has no guest system does not hide the one below it.
#[test]
fn a_guest_system_is_patched_over_layers_without_one() {
    let Some(shop) = Shop::new() else { return };
    let mut between = Archive::with_files();
    between.file("Files/between", &Meta::default(), b"");
    let mut patch = Archive::with_files();
    patch
        .directory("UtilityVM", &Meta::default())
        .directory("UtilityVM/Files", &Meta::default())
        .whiteout("UtilityVM/Files/of-base")
        .hard_link("UtilityVM/Files/renamed", "UtilityVM/Files/of-base");
    let mut base = with_utility_vm(base_layer(VERSION));
    base.file("UtilityVM/Files/of-base", &Meta::default(), b"old name");
    let ids = shop.put("app", &Image::of(VERSION, vec![base.finish(), between.finish(), patch.finish()]));
    shop.import("app");
    shop.holds(&ids, "after the import");
    assert_eq!(fs::read(shop.place(&ids[2], "UtilityVM/Files/renamed")).unwrap(), b"old name");
    assert!(!shop.place(&ids[2], "UtilityVM/Files/of-base").exists());
    assert!(shop.place(&ids[2], "UtilityVM/SystemTemplate.vhdx").is_file());
}

#[test]
fn a_link_to_what_no_layer_has_is_an_error() {
    let Some(shop) = Shop::new() else { return };
    let mut upper = Archive::with_files();
    upper.hard_link("Files/h", "Files/not/there");
    let ids = shop.put("app", &Image::of(VERSION, vec![base_layer(VERSION).finish(), upper.finish()]));
    let outcomes = shop.try_import(&["app"]);
    let causes = outcomes[0].as_ref().unwrap_err();
    assert!(causes.iter().any(|cause| cause.contains(r"Files\not\there")), "{causes:?}");
    shop.holds(&ids[..1], "after the failure");
}
