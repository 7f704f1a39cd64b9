//! Archives that no exporter writes: each is refused for its own reason and leaves nothing.

use std::fs;

use wincompat::runner::layer::transport::stamp_portably;
use wincompat::runner::layer::{LayerError, LayerSink, Limits, Options, Position, Refusal, Transport, decode};

use crate::archive::{Archive, Meta, header, pax};
use crate::decode_into;
use crate::options;
use crate::tree::Tree;

/// Decodes into memory and into a transport folder; both must refuse it in the same way and hold nothing.
fn refusal_with(archive: &[u8], options: &Options<'_>) -> Refusal {
    let mut tree = Tree::default();
    let refusal = refused(decode(archive, options, &mut tree).unwrap_err());
    assert!(tree.aborted && !tree.finished && tree.nodes.is_empty());

    let parent = tempfile::tempdir().unwrap();
    let mut transport = Transport::create_in(parent.path(), stamp_portably, None).unwrap();
    let again = refused(decode(archive, options, &mut transport).unwrap_err());
    assert_eq!(again, refusal);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "the transport folder is gone");
    refusal
}

fn refused(error: LayerError) -> Refusal {
    match error {
        LayerError::Refused { reason, .. } => reason,
        other => panic!("not refused but {other:?}"),
    }
}

fn refusal(archive: &[u8]) -> Refusal {
    refusal_with(archive, &options(Position::Upper))
}

/// A good beginning, then what is hostile, then a good end.
fn archive(write: impl FnOnce(&mut Archive<Vec<u8>>) -> &mut Archive<Vec<u8>>) -> Vec<u8> {
    let plain = Meta::default();
    let mut archive = Archive::with_files();
    archive.directory("Files/d", &plain).file("Files/d/good", &plain, b"good").file("Files/f", &plain, b"good");
    write(&mut archive);
    archive.file("Files/also-good", &plain, b"good");
    archive.finish()
}

#[test]
fn the_good_beginning_and_end_are_taken() {
    let mut tree = Tree::default();
    decode_into(&mut tree, &archive(|archive| archive), Position::Upper).unwrap();
    assert!(tree.finished);
}

#[test]
fn names() {
    let long = format!("Files/{}", "a".repeat(256));
    for (name, reason) in [
        ("../escape", Refusal::Dots),
        ("Files/../../escape", Refusal::Dots),
        ("Files/./a", Refusal::Dots),
        ("/Files/absolute", Refusal::Absolute),
        ("//server/share/x", Refusal::Absolute),
        ("C:/Windows/x", Refusal::Absolute),
        ("C:x", Refusal::Absolute),
        ("Files\\..\\..\\escape", Refusal::Backslash),
        ("\\\\?\\C:\\x", Refusal::Backslash),
        ("Files/d:s/x", Refusal::Colon),
        ("Files/f:", Refusal::Colon),
        ("Files/f:a:b", Refusal::Colon),
        ("Files/f:s:$DATA", Refusal::StreamType),
        ("Files/f::$DATA", Refusal::StreamType),
        ("Files/d:$I30:$INDEX_ALLOCATION", Refusal::StreamType),
        ("Files/f.", Refusal::TrailingDotOrSpace),
        ("Files/f ", Refusal::TrailingDotOrSpace),
        ("Files/d./x", Refusal::TrailingDotOrSpace),
        ("Files/CON", Refusal::Device),
        ("Files/d/nul.txt", Refusal::Device),
        ("Files/COM1/x", Refusal::Device),
        ("Files/lpt².log", Refusal::Device),
        ("Files/CONIN$", Refusal::Device),
        ("Files/a\x01", Refusal::Character('\x01')),
        ("Files/a\nb", Refusal::Character('\n')),
        ("Files/a*", Refusal::Character('*')),
        ("Files//x", Refusal::Empty),
        (&long, Refusal::TooLong),
        ("Files/d.$wcidirs$", Refusal::Reserved),
        ("Windows/x", Refusal::OutsideAreas),
        ("tombstones.txt", Refusal::OutsideAreas),
        ("UtilityVM/SystemTemplate.vhdx", Refusal::OutsideAreas),
    ] {
        let hostile = archive(|archive| archive.file(name, &Meta::default(), b"x"));
        assert_eq!(refusal(&hostile), reason, "{name:?}");
    }
    let mut invalid = header("Files/", b'0', "", 0);
    invalid.as_old_mut().name[6] = 0xFF;
    invalid.set_cksum();
    assert_eq!(refusal(&archive(|archive| archive.raw(&invalid, b""))), Refusal::NotUtf8);
}

#[test]
fn names_that_meet_others() {
    let plain = Meta::default();
    type Write = for<'a> fn(&'a mut Archive<Vec<u8>>, &Meta) -> &'a mut Archive<Vec<u8>>;
    let cases: [(&str, Write, Refusal); 13] = [
        ("twice", |archive, plain| archive.file("Files/f", plain, b""), Refusal::SameName),
        ("in another case", |archive, plain| archive.file("Files/F", plain, b""), Refusal::SameName),
        ("a directory in another case", |archive, plain| archive.directory("Files/D", plain), Refusal::SameName),
        (
            "in another case outside of ASCII",
            |archive, plain| archive.file("Files/é", plain, b"").file("Files/É", plain, b""),
            Refusal::SameName,
        ),
        ("below a directory in another case", |archive, plain| archive.file("Files/D/x", plain, b""), Refusal::OtherCase),
        ("below a file", |archive, plain| archive.file("Files/f/x", plain, b""), Refusal::ParentNotDirectory),
        ("without its directory", |archive, plain| archive.file("Files/no/x", plain, b""), Refusal::NoParent),
        (
            "through a symbolic link",
            |archive, plain| archive.link("Files/l", "C:\\", &Meta::attributes(0x410)).file("Files/l/x", plain, b""),
            Refusal::ParentNotDirectory,
        ),
        (
            "through a junction",
            |archive, plain| {
                let junction = Meta { mount_point: true, ..Meta::attributes(0x410) };
                archive.link("Files/l", "C:\\", &junction).directory("Files/l/x", plain)
            },
            Refusal::ParentNotDirectory,
        ),
        ("a whiteout of its own", |archive, _| archive.whiteout("Files/f"), Refusal::SameName),
        ("a stream of nothing", |archive, plain| archive.file("Files/x:s", plain, b""), Refusal::StreamWithoutFile),
        (
            "a stream that comes late",
            |archive, plain| archive.file("Files/x", plain, b"").file("Files/f:s", plain, b""),
            Refusal::StreamWithoutFile,
        ),
        (
            "a stream twice",
            |archive, plain| archive.file("Files/x", plain, b"").file("Files/x:s", plain, b"").file("Files/x:S", plain, b""),
            Refusal::SameName,
        ),
    ];
    for (what, write, reason) in cases {
        assert_eq!(refusal(&archive(|archive| write(archive, &plain))), reason, "{what}");
    }
}

#[test]
fn links() {
    for (target, reason) in [
        ("../../escape", Refusal::Dots),
        ("/etc/passwd", Refusal::Absolute),
        ("C:/Windows/System32/config/SAM", Refusal::Absolute),
        ("..\\escape", Refusal::Backslash),
        ("Files/d", Refusal::LinkTarget),
        ("Files/F", Refusal::OtherCase),
        ("Files/f/x", Refusal::ParentNotDirectory),
        ("Files/f:s", Refusal::Colon),
        ("Hives/System_Base", Refusal::WrongKindForArea),
        ("elsewhere", Refusal::OutsideAreas),
    ] {
        let hostile = archive(|archive| archive.hard_link("Files/h", target));
        assert_eq!(refusal(&hostile), reason, "hard link to {target}");
    }
    for (target, reason) in [
        ("..", Refusal::LinkEscapes),
        ("../../../Windows", Refusal::LinkEscapes),
        ("\\\\server\\share", Refusal::LinkEscapes),
        ("\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1", Refusal::LinkEscapes),
        ("\\\\.\\PhysicalDrive0", Refusal::LinkEscapes),
        ("C:x", Refusal::LinkMalformed),
        ("", Refusal::LinkMalformed),
    ] {
        let hostile = archive(|archive| archive.link("Files/s", target, &Meta::attributes(0x400)));
        assert_eq!(refusal(&hostile), reason, "symbolic link to {target}");
    }
    let through =
        archive(|archive| archive.link("Files/l", "C:\\", &Meta::attributes(0x410)).hard_link("Files/h", "Files/l/Windows/x"));
    assert_eq!(refusal(&through), Refusal::ParentNotDirectory, "hard link through a symbolic link");
}

#[test]
fn a_base_layer_has_no_parents() {
    let options = options(Position::Base);
    let whiteout = archive(|archive| archive.whiteout("Files/x"));
    assert_eq!(refusal_with(&whiteout, &options), Refusal::WhiteoutInBase);
    let link = archive(|archive| archive.hard_link("Files/h", "Files/of-the-parents"));
    assert_eq!(refusal_with(&link, &options), Refusal::LinkTarget);
}

#[test]
fn whiteouts() {
    let plain = Meta::default();
    type Write = for<'a> fn(&'a mut Archive<Vec<u8>>, &Meta) -> &'a mut Archive<Vec<u8>>;
    let cases: [(&str, Write, Refusal); 8] = [
        ("of nothing", |archive, plain| archive.file("Files/.wh.", plain, b""), Refusal::Whiteout),
        ("opaque", |archive, plain| archive.file("Files/.wh..wh..opq", plain, b""), Refusal::Whiteout),
        ("of a parent", |archive, plain| archive.file("Files/.wh...", plain, b""), Refusal::Dots),
        ("as a directory", |archive, plain| archive.directory("Files/.wh.x", plain), Refusal::Whiteout),
        ("with content", |archive, plain| archive.file("Files/.wh.x", plain, b"x"), Refusal::Size),
        ("of all files", |archive, plain| archive.file(".wh.Files", plain, b""), Refusal::WrongKindForArea),
        ("of a hive", |archive, plain| archive.file("Hives/.wh.x", plain, b""), Refusal::WrongKindForArea),
        (
            "through a symbolic link",
            |archive, _| archive.link("Files/l", "C:\\", &Meta::attributes(0x410)).whiteout("Files/l/x"),
            Refusal::ParentNotDirectory,
        ),
    ];
    for (what, write, reason) in cases {
        assert_eq!(refusal(&archive(|archive| write(archive, &plain))), reason, "{what}");
    }
}

#[test]
fn extended_headers_against_headers() {
    let record = |key: &str, value: &str| (key.to_owned(), value.as_bytes().to_vec());
    let long = format!("Files/{}", "a".repeat(120));
    for (what, records, header, reason) in [
        ("path", vec![record("path", "Files/evil")], header("Files/x", b'0', "", 0), Refusal::NameDisagrees),
        ("long path", vec![record("path", &long)], header("Files/x", b'0', "", 0), Refusal::NameDisagrees),
        ("linkpath", vec![record("linkpath", "Files/d/good")], header("Files/x", b'1', "Files/f", 0), Refusal::LinkDisagrees),
        ("size", vec![record("size", "1024")], header("Files/x", b'0', "", 512), Refusal::Size),
        ("no size", vec![record("size", "-1")], header("Files/x", b'0', "", 512), Refusal::Record("size")),
        ("sparse", vec![record("GNU.sparse.major", "1")], header("Files/x", b'0', "", 0), Refusal::Type('S')),
        ("twice", vec![record("path", "Files/x"), record("path", "Files/x")], header("Files/x", b'0', "", 0), Refusal::Pax),
    ] {
        let records = pax(&records);
        let hostile =
            archive(|archive| archive.raw(&self::header("p", b'x', "", records.len() as u64), &records).raw(&header, &[0; 512]));
        assert_eq!(refusal(&hostile), reason, "{what}");
    }
    let long_name = archive(|archive| {
        archive.raw(&header("././@LongLink", b'L', "", 11), b"Files/evil\0").raw(&header("Files/x", b'0', "", 0), b"")
    });
    assert_eq!(refusal(&long_name), Refusal::NameDisagrees, "GNU long name");
}

#[test]
fn extended_headers_of_any_size_or_number() {
    let x = |size| header("p", b'x', "", size);
    let record = pax(&[("comment".to_owned(), b"c".to_vec())]);
    let twice = archive(|archive| archive.raw(&x(record.len() as u64), &record).raw(&x(record.len() as u64), &record));
    assert_eq!(refusal(&twice), Refusal::ExtendedHeader);
    // Said to be 2 MiB: refused before they are read.
    assert_eq!(refusal(&archive(|archive| archive.raw(&x(2 << 20), b""))), Refusal::ExtendedHeader);
    let name = header("p", b'L', "", 2 << 20);
    assert_eq!(refusal(&archive(|archive| archive.raw(&name, b""))), Refusal::ExtendedHeader);
    let nothing_follows = {
        let mut archive = Archive::with_files();
        archive.raw(&x(record.len() as u64), &record);
        archive.finish()
    };
    assert_eq!(refusal(&nothing_follows), Refusal::Truncated);
    // A megabyte of the smallest records takes no time that grows with its square.
    let records: Vec<_> = (0..60_000).map(|index| (format!("k{index:x}"), b"v".to_vec())).collect();
    let records = pax(&records);
    let many = archive(|archive| archive.raw(&x(records.len() as u64), &records).raw(&header("Files/x", b'3', "", 0), b""));
    assert_eq!(refusal(&many), Refusal::Type('3'));
}

#[test]
fn types_that_do_not_belong() {
    for type_flag in *b"3467SgVMD" {
        let hostile = archive(|archive| archive.raw(&header("Files/x", type_flag, "", 0), b""));
        assert_eq!(refusal(&hostile), Refusal::Type(char::from(type_flag)));
    }
}

#[test]
fn headers_that_are_none() {
    let mut wrong_sum = header("Files/x", b'0', "", 0);
    wrong_sum.as_old_mut().mode[0] ^= 1;
    assert_eq!(refusal(&archive(|archive| archive.raw(&wrong_sum, b""))), Refusal::Header);
    for size in [
        &b"-0000000001\0"[..],
        b"0000000000x\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x01\0\0\0\0\0\0\0\0\0\0",
    ] {
        let mut wrong_size = header("Files/x", b'0', "", 0);
        wrong_size.as_old_mut().size.copy_from_slice(size);
        wrong_size.set_cksum();
        let hostile = archive(|archive| archive.raw(&wrong_size, b""));
        assert_eq!(refusal(&hostile), Refusal::Header, "{}", size.escape_ascii());
    }
    let mut lone_zero_block = archive(|archive| archive);
    lone_zero_block.truncate(lone_zero_block.len() - 512);
    lone_zero_block.extend(archive(|archive| archive));
    assert_eq!(refusal(&lone_zero_block), Refusal::Header);
}

#[test]
fn sizes_that_lie() {
    // More than there is, by one byte and by nearly all that a number holds.
    let mut short = Archive::with_files();
    short.raw(&header("Files/x", b'0', "", 513), &[0; 512]);
    assert_eq!(refusal(&short.unfinished()), Refusal::Truncated);
    let huge = archive(|archive| archive.raw(&header("Files/x", b'0', "", u64::MAX - 1), b""));
    assert_eq!(refusal(&huge), Refusal::TooLarge { limit: Limits::default().uncompressed });
    // An archive that ends in the middle of a header, or of the padding.
    let whole = archive(|archive| archive);
    for length in [512 * 3 + 100, 512 * 3 + 2] {
        assert_eq!(refusal(&whole[..length]), Refusal::Truncated, "{length}");
    }
    for type_flag in *b"125" {
        let sized = archive(|archive| archive.raw(&header("Files/x", type_flag, "Files/f", 1), b"x"));
        assert_eq!(refusal(&sized), Refusal::Size);
    }
}

#[test]
fn more_than_allowed() {
    let good = archive(|archive| archive);
    let mut options = options(Position::Upper);
    options.limits = Limits { entries: 4, ..Limits::default() };
    assert_eq!(refusal_with(&good, &options), Refusal::TooManyEntries { limit: 4 });
    options.limits = Limits { uncompressed: good.len() as u64 - 1, ..Limits::default() };
    assert_eq!(refusal_with(&good, &options), Refusal::TooLarge { limit: good.len() as u64 - 1 });
    options.limits = Limits { uncompressed: good.len() as u64, entries: 5 };
    decode(&good[..], &options, &mut Tree::default()).unwrap();
}

#[test]
fn metadata() {
    let sddl = |text: &str| {
        let records = pax(&[("MSWINDOWS.sd".to_owned(), text.as_bytes().to_vec())]);
        archive(|archive| {
            archive.raw(&header("p", b'x', "", records.len() as u64), &records).raw(&header("Files/x", b'0', "", 0), b"")
        })
    };
    assert_eq!(refusal(&sddl("O:SY")), Refusal::SddlUnsupported);
    assert_eq!(refusal(&sddl("O:SY\x07")), Refusal::SecurityDescriptor);
    let mut options = options(Position::Upper);
    let fails = |_: &str| Err(std::io::Error::other("no such alias"));
    options.sddl = Some(&fails);
    assert_eq!(refusal_with(&sddl("O:XX"), &options), Refusal::Sddl("no such alias".to_owned()));
    let converts = |text: &str| Ok(text.as_bytes().to_vec());
    options.sddl = Some(&converts);
    let mut tree = Tree::default();
    decode(&sddl("O:SY")[..], &options, &mut tree).unwrap();
    assert_eq!(tree.raw["Files/x"][..24], *b"\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0O:SY");

    let descriptor = Meta { security: Some(vec![1; 32]), ..Meta::default() };
    assert_eq!(refusal(&archive(|archive| archive.file("Files/x", &descriptor, b""))), Refusal::SecurityDescriptor);
    let attribute = Meta { extended_attributes: vec![("A".to_owned(), vec![0; 65_536])], ..Meta::default() };
    assert_eq!(refusal(&archive(|archive| archive.file("Files/x", &attribute, b""))), Refusal::ExtendedAttribute);
    let contradiction = Meta::attributes(0x10);
    assert_eq!(refusal(&archive(|archive| archive.file("Files/x", &contradiction, b""))), Refusal::Attributes);
}

#[test]
fn a_sink_that_fails_is_aborted() {
    /// Runs out of space at the n-th call.
    struct Full {
        tree: Tree,
        left: usize,
    }
    impl Full {
        fn spend(&mut self) -> std::io::Result<()> {
            self.left = self.left.checked_sub(1).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(())
        }
    }
    use wincompat::runner::layer::{BasicInfo, Content, Directory, LayerPath, LinkTarget};
    impl LayerSink for Full {
        fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> std::io::Result<Content> {
            self.spend().and_then(|()| self.tree.begin(path, info))
        }
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.write(bytes))
        }
        fn end(&mut self) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.end())
        }
        fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.hard_link(path, target))
        }
        fn remove(&mut self, path: &LayerPath) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.remove(path))
        }
        fn finish(&mut self, directories: Vec<Directory>) -> std::io::Result<()> {
            self.spend().and_then(|()| self.tree.finish(directories))
        }
        fn abort(&mut self) {
            self.tree.abort();
        }
    }
    let good = archive(|archive| archive.hard_link("Files/h", "Files/f").whiteout("Files/w"));
    let calls = (0..)
        .find(|calls| {
            let mut sink = Full { tree: Tree::default(), left: *calls };
            match decode_into(&mut sink, &good, Position::Upper) {
                Ok(_) => true,
                Err(LayerError::Write { source, .. }) => {
                    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
                    assert!(sink.tree.aborted);
                    false
                }
                Err(other) => panic!("{other:?}"),
            }
        })
        .unwrap();
    // Two directories without content, three files, a link, a whiteout, the end.
    assert_eq!(calls, 2 * 2 + 3 * 3 + 2 + 1);
}
