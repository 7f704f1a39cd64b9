//! A base layer: files, streams, times, attributes, links.

use std::fs::{self, File};
use std::io::Write;
use std::os::windows::fs::MetadataExt;
use std::path::Path;

use wincompat::internals::layer::{Compression, Expected, Limits, Options, Position, decode};

use crate::emulated_layers::importer::Shop;
use crate::support::emulated::image::{BOOT, Image, base_layer, with_utility_vm};
use crate::support::emulated::without_data;
use crate::support::layers::archive::Meta;
use crate::support::layers::synthetic::{Item, ItemKind, Numbers, layer, write};
use crate::support::layers::tree::Tree;

pub const VERSION: &str = "10.0.20348.2402";

/// `O:SY`: revision 1, owner at 20, the owner being S-1-5-18.
#[rustfmt::skip]
const DESCRIPTOR: [u8; 32] = [
    0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
];

#[test]
fn it_is_imported_once() {
    let Some(shop) = Shop::new() else { return };
    let base = with_utility_vm(base_layer(VERSION)).finish();
    let ids = shop.put("app", &Image::of(VERSION, vec![base]));
    shop.import("app");
    shop.holds(&ids, "after the import");
    let calls = |function: &str| shop.host.calls_of(function).len();
    assert_eq!((calls("ProcessBaseImage"), calls("ProcessUtilityImage")), (1, 1));
    assert!(shop.place(&ids[0], "blank.vhdx").is_file());
    assert!(shop.place(&ids[0], "UtilityVM/SystemTemplate.vhdx").is_file());
    assert_eq!(fs::read(shop.place(&ids[0], "Hives/Sam_Base")).unwrap(), b"Sam");
    shop.import("app");
    assert_eq!((calls("ProcessBaseImage"), calls("ProcessUtilityImage")), (1, 1));
    shop.host.has_nothing_left();
}

/// Every kind of stream that a layer has, in the order of `docs/hcs.md#backup-streams`, typed by hand; the data's content
/// is in the file.
#[test]
fn streams_byte_for_byte() {
    let Some(shop) = Shop::new() else { return };
    let secured = Meta { security: Some(DESCRIPTOR.to_vec()), ..Meta::attributes(0x20) };
    let all = Meta { extended_attributes: vec![("A".to_owned(), b"xyz".to_vec())], ..secured.clone() };
    let plain = Meta::default();
    let mut base = base_layer(VERSION);
    base.file("Files/all", &all, b"data")
        .file("Files/all:s", &plain, b"alternate")
        .file("Files/all:empty", &plain, b"")
        .file("Files/nothing", &plain, b"")
        .directory("Files/folder", &Meta { attributes: Some(0x10), ..all })
        .link("Files/link", "a/b", &Meta { attributes: Some(0x400), ..secured.clone() })
        .link("Files/junction", "C:\\d", &Meta { mount_point: true, ..Meta::attributes(0x410) })
        .file("Hives/Extra_Base", &secured, b"hive");
    let ids = shop.put("app", &Image::of(VERSION, vec![base.finish()]));
    shop.import("app");
    let streams = |path: &str| shop.host.streams(&shop.place(&ids[0], path)).unwrap();
    #[rustfmt::skip]
    assert_eq!(streams("Files/all"), [
        3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_SECURITY_DATA
        0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
        2, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_EA_DATA
        0, 0, 0, 0, 0, 1, 3, 0, b'A', 0, b'x', b'y', b'z', 0, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_DATA
        4, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, // BACKUP_ALTERNATE_DATA
        b':', 0, b's', 0, b':', 0, b'$', 0, b'D', 0, b'A', 0, b'T', 0, b'A', 0,
        b'a', b'l', b't', b'e', b'r', b'n', b'a', b't', b'e',
        4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0,
        b':', 0, b'e', 0, b'm', 0, b'p', 0, b't', 0, b'y', 0, b':', 0, b'$', 0, b'D', 0, b'A', 0, b'T', 0, b'A', 0,
    ]);
    assert_eq!(fs::read(shop.place(&ids[0], "Files/all")).unwrap(), b"data");
    assert_eq!(streams("Files/nothing"), [[1, 0, 0, 0].as_slice(), &[0; 16]].concat(), "empty data is data");
    #[rustfmt::skip]
    assert_eq!(streams("Files/folder"), [
        3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
        2, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 1, 3, 0, b'A', 0, b'x', b'y', b'z', 0, 0, 0,
    ]);
    #[rustfmt::skip]
    assert_eq!(streams("Files/link"), [
        3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
        8, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_REPARSE_DATA
        0x0C, 0x00, 0x00, 0xA0, 28, 0, 0, 0, 0, 0, 6, 0, 8, 0, 6, 0, 1, 0, 0, 0,
        b'a', 0, b'\\', 0, b'b', 0, 0, 0, b'a', 0, b'\\', 0, b'b', 0, 0, 0,
    ]);
    #[rustfmt::skip]
    assert_eq!(streams("Files/junction"), [
        8, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x03, 0x00, 0x00, 0xA0, 36, 0, 0, 0, 0, 0, 16, 0, 18, 0, 8, 0,
        b'\\', 0, b'?', 0, b'?', 0, b'\\', 0, b'C', 0, b':', 0, b'\\', 0, b'd', 0, 0, 0,
        b'C', 0, b':', 0, b'\\', 0, b'd', 0, 0, 0,
    ]);
    assert_eq!(streams("Hives/Extra_Base")[..4], [3, 0, 0, 0], "a hive of a base layer is a file like others");
    assert_eq!(fs::read(shop.place(&ids[0], "Hives/Extra_Base")).unwrap(), b"hive");
}

#[test]
fn times_and_attributes() {
    let Some(shop) = Shop::new() else { return };
    let meta = |attributes: u32, modified: &str, accessed: &str| Meta {
        modified: Some(modified.to_owned()),
        accessed: Some(accessed.to_owned()),
        ..Meta::attributes(attributes)
    };
    let mut base = base_layer(VERSION);
    base.directory("Files/d", &meta(0x10, "1500000000.5", "1500000001"))
        .directory("Files/d/e", &meta(0x12, "1400000000", "1400000001.0000001"))
        .file("Files/d/e/f", &meta(0x21, "1600000000.1234567", "1600000001"), &[7; 100_000])
        .file("Files/d/e/g", &meta(0x26, "1700000000", "1700000001"), b"g")
        .hard_link("Files/d/e/h", "Files/d/e/f");
    let ids = shop.put("app", &Image::of(VERSION, vec![base.finish()]));
    shop.import("app");
    for (path, attributes, modified, accessed) in [
        ("Files/d", 0x10, 15_000_000_005_000_000, 15_000_000_010_000_000),
        ("Files/d/e", 0x12, 14_000_000_000_000_000, 14_000_000_010_000_001),
        ("Files/d/e/f", 0x21, 16_000_000_001_234_567, 16_000_000_010_000_000),
        ("Files/d/e/g", 0x26, 17_000_000_000_000_000, 17_000_000_010_000_000),
        ("Files/d/e/h", 0x21, 16_000_000_001_234_567, 16_000_000_010_000_000),
    ] {
        let found = fs::metadata(shop.place(&ids[0], path)).unwrap();
        // From 1601 to 1970, in units of 100 ns.
        let times = [found.last_write_time(), found.last_access_time()].map(|time| time - 116_444_736_000_000_000);
        assert_eq!((found.file_attributes(), times), (attributes, [modified, accessed]), "{path}");
    }
}

/// The proportions of nanoserver, a third of it hard links.
#[test]
fn ten_thousand_entries() {
    let Some(shop) = Shop::new() else { return };
    let mut items = layer(10_000, &mut Numbers(1), |numbers| {
        let length = numbers.below(2_000);
        numbers.bytes(length)
    });
    let bootable = boot_configuration(&items[0].meta);
    items.extend(bootable);
    let tar = write(&items, Vec::new());
    let mut tree = Tree::default();
    let options = Options {
        compression: Compression::None,
        position: Position::Base,
        expected: Expected::default(),
        limits: Limits::default(),
        sddl: None,
    };
    decode(&tar[..], &options, &mut tree).unwrap();
    let ids = shop.put("app", &Image::of(VERSION, vec![tar]));
    let started = std::time::Instant::now();
    shop.import("app");
    println!("imported in {:.1} s", started.elapsed().as_secs_f64());
    shop.holds(&ids, "after the import");
    let mut links = 0;
    // The last, the boot configuration, is rewritten.
    items.pop();
    for Item { path, kind, meta } in &items {
        let place = shop.place(&ids[0], path);
        if let ItemKind::HardLink { target } = kind {
            assert!(is_same_file(&place, &shop.place(&ids[0], target)), "{path}");
            links += 1;
            continue;
        }
        let found = fs::metadata(&place).unwrap();
        assert_eq!(found.is_dir(), meta.attributes.unwrap() & 0x10 != 0, "{path}");
        let modified = meta.modified.as_ref().unwrap().replace('.', "").parse::<u64>().unwrap();
        // To this folder, the making of a template adds its disks.
        if path != "UtilityVM" {
            assert_eq!(found.last_write_time(), modified + 116_444_736_000_000_000, "{path}");
        }
        assert_eq!(shop.host.streams(&place).unwrap_or_default(), without_data(&tree.raw[path]), "{path}");
        if let ItemKind::File { content, .. } = kind {
            assert_eq!(&fs::read(&place).unwrap(), content, "{path}");
        }
    }
    println!("{} entries, {links} hard links", items.len());
    assert!(links > 3_000);
}

/// What Windows looks for in a utility VM.
fn boot_configuration(meta: &Meta) -> Vec<Item> {
    let directory = |path: &str| Item { path: path.to_owned(), kind: ItemKind::Directory, meta: meta.clone() };
    let file = ItemKind::File { content: b"boot configuration".to_vec(), streams: Vec::new() };
    let bcd = Item { path: format!("{BOOT}/BCD"), kind: file, meta: Meta { attributes: Some(0x20), ..meta.clone() } };
    vec![directory("UtilityVM/Files/EFI"), directory("UtilityVM/Files/EFI/Microsoft"), directory(BOOT), bcd]
}

/// Whether two names are of one file: what is added by one is seen by the other, and taken away again.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let length = || fs::metadata(other).unwrap().len();
    let before = length();
    let mut file = File::options().append(true).open(one).unwrap();
    file.write_all(b"!").unwrap();
    let same = length() == before + 1;
    file.set_len(fs::metadata(one).unwrap().len() - 1).unwrap();
    same
}
