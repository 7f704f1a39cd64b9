//! Every kind of stream, byte for byte as Windows documents them, typed by hand.

use wincompat::internals::layer::Position;

use super::decode_into;
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::tree::Tree;

/// `O:SY`: revision 1, owner at 20, the owner being S-1-5-18.
#[rustfmt::skip]
pub const DESCRIPTOR: [u8; 32] = [
    0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
];

/// The backup stream of the entry at `path`.
fn stream_of(path: &str, write: impl FnOnce(&mut Archive<Vec<u8>>)) -> Vec<u8> {
    let mut archive = Archive::with_files();
    write(&mut archive);
    let mut tree = Tree::default();
    decode_into(&mut tree, &archive.finish(), Position::Base).unwrap();
    tree.raw.remove(path).unwrap()
}

#[test]
fn an_empty_file_has_an_empty_data_stream() {
    let stream = stream_of("Files/a", |archive| {
        archive.file("Files/a", &Meta::default(), b"");
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        1, 0, 0, 0, // BACKUP_DATA
        0, 0, 0, 0, // attributes
        0, 0, 0, 0, 0, 0, 0, 0, // size
        0, 0, 0, 0, // size of the name
    ]);
}

#[test]
fn a_directory_has_no_data_stream() {
    assert_eq!(stream_of("Files", |_| {}), b"");
}

#[test]
fn data() {
    let stream = stream_of("Files/a", |archive| {
        archive.file("Files/a", &Meta::default(), b"hello");
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        b'h', b'e', b'l', b'l', b'o',
    ]);
}

#[test]
fn security() {
    let meta = Meta { security: Some(DESCRIPTOR.to_vec()), ..Meta::attributes(0x10) };
    let stream = stream_of("Files/d", |archive| {
        archive.directory("Files/d", &meta);
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_SECURITY_DATA
        0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
    ]);
}

#[test]
fn extended_attributes_are_chained_and_padded() {
    let attributes = [("A", &b"x"[..]), ("BC", b"0123456"), ("D", b"yz!")];
    let extended_attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_vec())).to_vec();
    let stream = stream_of("Files/d", |archive| {
        archive.directory("Files/d", &Meta { extended_attributes, ..Meta::default() });
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        2, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_EA_DATA
        // 11 bytes, padded to 12.
        12, 0, 0, 0, // offset of the next
        0, 1, 1, 0, // flags, length of the name, length of the value
        b'A', 0, b'x', 0,
        // 18 bytes, padded to 20.
        20, 0, 0, 0, 0, 2, 7, 0,
        b'B', b'C', 0, b'0', b'1', b'2', b'3', b'4', b'5', b'6', 0, 0,
        // The last: 13 bytes, padded to 16.
        0, 0, 0, 0, 0, 1, 3, 0,
        b'D', 0, b'y', b'z', b'!', 0, 0, 0,
    ]);
}

#[test]
fn a_relative_symbolic_link() {
    let stream = stream_of("Files/l", |archive| {
        archive.link("Files/l", "a/b", &Meta::attributes(0x400));
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        8, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // BACKUP_REPARSE_DATA
        0x0C, 0x00, 0x00, 0xA0, // IO_REPARSE_TAG_SYMLINK
        28, 0, 0, 0, // length of what follows, reserved
        0, 0, 6, 0, // substitute name: offset, length
        8, 0, 6, 0, // print name: offset, length
        1, 0, 0, 0, // SYMLINK_FLAG_RELATIVE
        b'a', 0, b'\\', 0, b'b', 0, 0, 0,
        b'a', 0, b'\\', 0, b'b', 0, 0, 0,
    ]);
}

#[test]
fn an_absolute_symbolic_link() {
    let stream = stream_of("Files/l", |archive| {
        archive.link("Files/l", "C:\\x", &Meta::attributes(0x400));
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        8, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x0C, 0x00, 0x00, 0xA0,
        40, 0, 0, 0,
        0, 0, 16, 0,
        18, 0, 8, 0,
        0, 0, 0, 0,
        b'\\', 0, b'?', 0, b'?', 0, b'\\', 0, b'C', 0, b':', 0, b'\\', 0, b'x', 0, 0, 0,
        b'C', 0, b':', 0, b'\\', 0, b'x', 0, 0, 0,
    ]);
}

#[test]
fn a_junction() {
    let meta = Meta { mount_point: true, ..Meta::attributes(0x410) };
    let stream = stream_of("Files/l", |archive| {
        archive.link("Files/l", "C:/x", &meta);
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        8, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x03, 0x00, 0x00, 0xA0, // IO_REPARSE_TAG_MOUNT_POINT
        36, 0, 0, 0,
        0, 0, 16, 0,
        18, 0, 8, 0, // and no flags
        b'\\', 0, b'?', 0, b'?', 0, b'\\', 0, b'C', 0, b':', 0, b'\\', 0, b'x', 0, 0, 0,
        b'C', 0, b':', 0, b'\\', 0, b'x', 0, 0, 0,
    ]);
}

#[test]
fn all_of_a_file_in_order() {
    let meta = Meta {
        security: Some(DESCRIPTOR.to_vec()),
        extended_attributes: vec![("A".to_owned(), b"xyz".to_vec())],
        ..Meta::attributes(0x20)
    };
    let stream = stream_of("Files/a", |archive| {
        archive.file("Files/a", &meta, b"data").file("Files/a:s", &Meta::default(), b"alternate").file(
            "Files/a:ü",
            &Meta::default(),
            b"",
        );
    });
    #[rustfmt::skip]
    assert_eq!(stream, [
        3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x01, 0x00, 0x04, 0x80, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
        2, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 1, 3, 0, b'A', 0, b'x', b'y', b'z', 0, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        b'd', b'a', b't', b'a',
        4, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, // BACKUP_ALTERNATE_DATA, its name
        b':', 0, b's', 0, b':', 0, b'$', 0, b'D', 0, b'A', 0, b'T', 0, b'A', 0,
        b'a', b'l', b't', b'e', b'r', b'n', b'a', b't', b'e',
        4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0,
        b':', 0, 0xFC, 0, b':', 0, b'$', 0, b'D', 0, b'A', 0, b'T', 0, b'A', 0,
    ]);
}
