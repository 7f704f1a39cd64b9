//! Archives that no exporter writes, each with the reason for which it is refused.

use wincompat::internals::layer::{Limits, Position, Refusal};

use super::archive::{Archive, Meta, header, pax};

/// An archive that is refused.
#[derive(Clone, Debug)]
pub struct Hostile {
    /// What is wrong with it.
    pub what: String,
    pub bytes: Vec<u8>,
    pub position: Position,
    pub reason: Refusal,
}

/// What is written between the good beginning and the good end of an archive.
type Write = for<'a> fn(&'a mut Archive<Vec<u8>>, &Meta) -> &'a mut Archive<Vec<u8>>;

/// All of them.
pub fn all() -> Vec<Hostile> {
    let groups = [
        names(),
        names_that_meet_others(),
        hard_links(),
        symbolic_links(),
        in_a_base_layer(),
        whiteouts(),
        extended_headers_against_headers(),
        extended_headers_of_any_size_or_number(),
        types_that_do_not_belong(),
        headers_that_are_none(),
        sizes_that_lie(),
        metadata(),
    ];
    groups.concat()
}

fn upper(what: impl Into<String>, bytes: Vec<u8>, reason: Refusal) -> Hostile {
    Hostile { what: what.into(), bytes, position: Position::Upper, reason }
}

/// A good beginning, then what is hostile, then a good end.
pub fn archive(write: impl FnOnce(&mut Archive<Vec<u8>>) -> &mut Archive<Vec<u8>>) -> Vec<u8> {
    let plain = Meta::default();
    let mut archive = Archive::with_files();
    archive.directory("Files/d", &plain).file("Files/d/good", &plain, b"good").file("Files/f", &plain, b"good");
    write(&mut archive);
    archive.file("Files/also-good", &plain, b"good");
    archive.finish()
}

fn written(cases: &[(&str, Write, Refusal)]) -> Vec<Hostile> {
    let plain = Meta::default();
    cases.iter().map(|(what, write, reason)| upper(*what, archive(|archive| write(archive, &plain)), reason.clone())).collect()
}

fn names() -> Vec<Hostile> {
    let long = format!("Files/{}", "a".repeat(256));
    let mut invalid = header("Files/", b'0', "", 0);
    invalid.as_old_mut().name[6] = 0xFF;
    invalid.set_cksum();
    let not_utf8 = upper("a name that is not UTF-8", archive(|archive| archive.raw(&invalid, b"")), Refusal::NotUtf8);
    [
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
    ]
    .into_iter()
    .map(|(name, reason)| {
        let bytes = archive(|archive| archive.file(name, &Meta::default(), b"x"));
        upper(format!("{name:?}"), bytes, reason)
    })
    .chain([not_utf8])
    .collect()
}

fn names_that_meet_others() -> Vec<Hostile> {
    written(&[
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
    ])
}

fn hard_links() -> Vec<Hostile> {
    let through =
        archive(|archive| archive.link("Files/l", "C:\\", &Meta::attributes(0x410)).hard_link("Files/h", "Files/l/Windows/x"));
    [
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
    ]
    .into_iter()
    .map(|(target, reason)| {
        let bytes = archive(|archive| archive.hard_link("Files/h", target));
        upper(format!("a hard link to {target}"), bytes, reason)
    })
    .chain([upper("a hard link through a symbolic link", through, Refusal::ParentNotDirectory)])
    .collect()
}

fn symbolic_links() -> Vec<Hostile> {
    [
        ("..", Refusal::LinkEscapes),
        ("../../../Windows", Refusal::LinkEscapes),
        ("\\\\server\\share", Refusal::LinkEscapes),
        ("\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1", Refusal::LinkEscapes),
        ("\\\\.\\PhysicalDrive0", Refusal::LinkEscapes),
        ("C:x", Refusal::LinkMalformed),
        ("", Refusal::LinkMalformed),
    ]
    .into_iter()
    .map(|(target, reason)| {
        let bytes = archive(|archive| archive.link("Files/s", target, &Meta::attributes(0x400)));
        upper(format!("a symbolic link to {target}"), bytes, reason)
    })
    .collect()
}

/// It has no parents, to which a whiteout or a link could refer.
fn in_a_base_layer() -> Vec<Hostile> {
    let base = |what: &str, bytes, reason| Hostile { position: Position::Base, ..upper(what, bytes, reason) };
    let link = archive(|archive| archive.hard_link("Files/h", "Files/of-the-parents"));
    vec![
        base("a whiteout in a base layer", archive(|archive| archive.whiteout("Files/x")), Refusal::WhiteoutInBase),
        base("a link out of a base layer", link, Refusal::LinkTarget),
    ]
}

fn whiteouts() -> Vec<Hostile> {
    written(&[
        ("a whiteout of nothing", |archive, plain| archive.file("Files/.wh.", plain, b""), Refusal::Whiteout),
        ("an opaque one", |archive, plain| archive.file("Files/.wh..wh..opq", plain, b""), Refusal::Whiteout),
        ("a whiteout of a parent", |archive, plain| archive.file("Files/.wh...", plain, b""), Refusal::Dots),
        ("a whiteout as a directory", |archive, plain| archive.directory("Files/.wh.x", plain), Refusal::Whiteout),
        ("a whiteout with content", |archive, plain| archive.file("Files/.wh.x", plain, b"x"), Refusal::Size),
        ("a whiteout of all files", |archive, plain| archive.file(".wh.Files", plain, b""), Refusal::WrongKindForArea),
        ("a whiteout of a hive", |archive, plain| archive.file("Hives/.wh.x", plain, b""), Refusal::WrongKindForArea),
        (
            "a whiteout through a symbolic link",
            |archive, _| archive.link("Files/l", "C:\\", &Meta::attributes(0x410)).whiteout("Files/l/x"),
            Refusal::ParentNotDirectory,
        ),
    ])
}

fn extended_headers_against_headers() -> Vec<Hostile> {
    let record = |key: &str, value: &str| (key.to_owned(), value.as_bytes().to_vec());
    let long = format!("Files/{}", "a".repeat(120));
    let long_name = archive(|archive| {
        archive.raw(&header("././@LongLink", b'L', "", 11), b"Files/evil\0").raw(&header("Files/x", b'0', "", 0), b"")
    });
    [
        ("path", vec![record("path", "Files/evil")], header("Files/x", b'0', "", 0), Refusal::NameDisagrees),
        ("long path", vec![record("path", &long)], header("Files/x", b'0', "", 0), Refusal::NameDisagrees),
        ("linkpath", vec![record("linkpath", "Files/d/good")], header("Files/x", b'1', "Files/f", 0), Refusal::LinkDisagrees),
        ("size", vec![record("size", "1024")], header("Files/x", b'0', "", 512), Refusal::Size),
        ("no size", vec![record("size", "-1")], header("Files/x", b'0', "", 512), Refusal::Record("size")),
        ("sparse", vec![record("GNU.sparse.major", "1")], header("Files/x", b'0', "", 0), Refusal::Type('S')),
        ("twice", vec![record("path", "Files/x"), record("path", "Files/x")], header("Files/x", b'0', "", 0), Refusal::Pax),
    ]
    .into_iter()
    .map(|(what, records, header, reason)| {
        let records = pax(&records);
        let bytes =
            archive(|archive| archive.raw(&self::header("p", b'x', "", records.len() as u64), &records).raw(&header, &[0; 512]));
        upper(format!("records: {what}"), bytes, reason)
    })
    .chain([upper("a GNU long name", long_name, Refusal::NameDisagrees)])
    .collect()
}

fn extended_headers_of_any_size_or_number() -> Vec<Hostile> {
    let x = |size| header("p", b'x', "", size);
    let record = pax(&[("comment".to_owned(), b"c".to_vec())]);
    let twice = archive(|archive| archive.raw(&x(record.len() as u64), &record).raw(&x(record.len() as u64), &record));
    let name = header("p", b'L', "", 2 << 20);
    let nothing_follows = {
        let mut archive = Archive::with_files();
        archive.raw(&x(record.len() as u64), &record);
        archive.finish()
    };
    // A megabyte of the smallest records takes no time that grows with its square.
    let records: Vec<_> = (0..60_000).map(|index| (format!("k{index:x}"), b"v".to_vec())).collect();
    let records = pax(&records);
    let many = archive(|archive| archive.raw(&x(records.len() as u64), &records).raw(&header("Files/x", b'3', "", 0), b""));
    vec![
        upper("two extended headers", twice, Refusal::ExtendedHeader),
        // Said to be 2 MiB: refused before they are read.
        upper("2 MiB of records", archive(|archive| archive.raw(&x(2 << 20), b"")), Refusal::ExtendedHeader),
        upper("2 MiB of name", archive(|archive| archive.raw(&name, b"")), Refusal::ExtendedHeader),
        upper("an extended header of nothing", nothing_follows, Refusal::Truncated),
        upper("60,000 records", many, Refusal::Type('3')),
    ]
}

fn types_that_do_not_belong() -> Vec<Hostile> {
    let of_type = |type_flag: &u8| {
        let type_name = char::from(*type_flag);
        let bytes = archive(|archive| archive.raw(&header("Files/x", *type_flag, "", 0), b""));
        upper(format!("a member of the type {type_name}"), bytes, Refusal::Type(type_name))
    };
    b"3467SgVMD".iter().map(of_type).collect()
}

fn headers_that_are_none() -> Vec<Hostile> {
    let mut wrong_sum = header("Files/x", b'0', "", 0);
    wrong_sum.as_old_mut().mode[0] ^= 1;
    let mut lone_zero_block = archive(|archive| archive);
    lone_zero_block.truncate(lone_zero_block.len() - 512);
    lone_zero_block.extend(archive(|archive| archive));
    let mut all = vec![
        upper("a wrong checksum", archive(|archive| archive.raw(&wrong_sum, b"")), Refusal::Header),
        upper("a lone block of zeros", lone_zero_block, Refusal::Header),
    ];
    for size in [
        &b"-0000000001\0"[..],
        b"0000000000x\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x01\0\0\0\0\0\0\0\0\0\0",
    ] {
        let mut wrong_size = header("Files/x", b'0', "", 0);
        wrong_size.as_old_mut().size.copy_from_slice(size);
        wrong_size.set_cksum();
        let bytes = archive(|archive| archive.raw(&wrong_size, b""));
        all.push(upper(format!("the size {}", size.escape_ascii()), bytes, Refusal::Header));
    }
    all
}

fn sizes_that_lie() -> Vec<Hostile> {
    // More than there is, by one byte and by nearly all that a number holds.
    let mut short = Archive::with_files();
    short.raw(&header("Files/x", b'0', "", 513), &[0; 512]);
    let huge = archive(|archive| archive.raw(&header("Files/x", b'0', "", u64::MAX - 1), b""));
    let mut all = vec![
        upper("a byte too few", short.unfinished(), Refusal::Truncated),
        upper("the largest size", huge, Refusal::TooLarge { limit: Limits::default().uncompressed }),
    ];
    let whole = archive(|archive| archive);
    for (what, length) in [("the end in a header", 512 * 3 + 100), ("the end in the padding", 512 * 3 + 2)] {
        all.push(upper(what, whole[..length].to_vec(), Refusal::Truncated));
    }
    for type_flag in *b"125" {
        let bytes = archive(|archive| archive.raw(&header("Files/x", type_flag, "Files/f", 1), b"x"));
        all.push(upper(format!("a size for the type {}", char::from(type_flag)), bytes, Refusal::Size));
    }
    all
}

fn metadata() -> Vec<Hostile> {
    let descriptor = Meta { security: Some(vec![1; 32]), ..Meta::default() };
    let attribute = Meta { extended_attributes: vec![("A".to_owned(), vec![0; 65_536])], ..Meta::default() };
    let file = |meta: &Meta| archive(|archive| archive.file("Files/x", meta, b""));
    vec![
        upper("a bell in a security descriptor", with_sddl("O:SY\x07"), Refusal::SecurityDescriptor),
        upper("no security descriptor", file(&descriptor), Refusal::SecurityDescriptor),
        upper("64 KiB of extended attribute", file(&attribute), Refusal::ExtendedAttribute),
        upper("a file that is a directory", file(&Meta::attributes(0x10)), Refusal::Attributes),
    ]
}

/// A file whose security descriptor is in text, as in old layers.
pub fn with_sddl(text: &str) -> Vec<u8> {
    let records = pax(&[("MSWINDOWS.sd".to_owned(), text.as_bytes().to_vec())]);
    archive(|archive| {
        archive.raw(&header("p", b'x', "", records.len() as u64), &records).raw(&header("Files/x", b'0', "", 0), b"")
    })
}
