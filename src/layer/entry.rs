//! A member of a tar as an entry of a Windows layer: typed, complete, and free of contradictions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::layer::archive::Member;
use crate::layer::extended_attributes::ExtendedAttribute;
use crate::layer::path::{Area, LayerPath, Name};
use crate::layer::pax::Records;
use crate::layer::reparse::Reparse;
use crate::layer::{FileTime, Refusal};

/// `FILE_ATTRIBUTE_DIRECTORY`.
const DIRECTORY: u32 = 0x10;
/// The header of a self-relative `SECURITY_DESCRIPTOR`.
const SMALLEST_DESCRIPTOR: usize = 20;

/// An entry of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path; for an alternate stream, that of its file.
    pub path: LayerPath,
    /// The kind of the entry.
    pub kind: Kind,
    /// The attributes and times.
    pub info: BasicInfo,
    /// The owner and access list, where the layer has them.
    pub security: Option<Security>,
    /// The extended attributes.
    pub extended_attributes: Vec<ExtendedAttribute>,
}

/// The kind of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file of this many bytes.
    File {
        /// In bytes.
        size: u64,
    },
    /// An alternate stream of the file or directory before it.
    Stream {
        /// E.g. `Zone.Identifier`.
        name: String,
        /// In bytes.
        size: u64,
    },
    /// A symbolic link or a junction; a directory if its attributes say so.
    Reparse(Reparse),
    /// A further name of a file.
    HardLink {
        /// The file.
        target: LayerPath,
    },
    /// A file or directory of the parents is removed.
    Whiteout,
}

/// The attributes and times of a file, `FILE_BASIC_INFO` for Windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasicInfo {
    /// The time of its creation.
    pub creation: FileTime,
    /// The time of the last read.
    pub access: FileTime,
    /// The time of the last write.
    pub write: FileTime,
    /// The time of the last change of it or its metadata.
    pub change: FileTime,
    /// `FILE_ATTRIBUTE_*`, e.g. 0x20 (archive).
    pub attributes: u32,
}

impl BasicInfo {
    /// `true` if the attributes say directory.
    pub fn is_directory(&self) -> bool {
        self.attributes & DIRECTORY != 0
    }
}

/// A security descriptor in one of the two forms that layers have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// A self-relative `SECURITY_DESCRIPTOR`.
    Descriptor(Vec<u8>),
    /// The legacy text, e.g. `O:BAG:SYD:(A;;FA;;;SY)`; Windows has the only converter.
    Sddl(String),
}

impl Entry {
    /// Reads a member of the archive as an entry, or refuses what does not belong into a layer.
    pub fn from_member(member: &Member) -> Result<Self, Refusal> {
        let name = Name::parse(&member.name)?;
        let kind = kind(member, &name)?;
        let path = name.path;
        let described = matches!(kind, Kind::Directory | Kind::File { .. } | Kind::Reparse(_));
        check_area(&path, &kind)?;
        let mut entry = Self { path, kind, info: BasicInfo::default(), security: None, extended_attributes: Vec::new() };
        // A stream, a further name and a removal have no metadata of their own.
        if described {
            let records = &member.records;
            entry.info = basic_info(member, &entry.kind)?;
            entry.security = security(records)?;
            entry.extended_attributes = records
                .with_prefix("MSWINDOWS.xattr.")
                .map(|(name, value)| ExtendedAttribute::new(name, base64(value, Refusal::ExtendedAttribute)?))
                .collect::<Result<_, _>>()?;
        }
        Ok(entry)
    }
}

fn kind(member: &Member, name: &Name) -> Result<Kind, Refusal> {
    let size = member.size;
    let kind = match member.type_flag {
        b'0' | 0 if name.whiteout => Kind::Whiteout,
        _ if name.whiteout => return Err(Refusal::Whiteout),
        b'0' | 0 => match &name.stream {
            Some(stream) => Kind::Stream { name: stream.clone(), size },
            None => Kind::File { size },
        },
        _ if name.stream.is_some() => return Err(Refusal::Colon),
        b'1' => Kind::HardLink { target: LayerPath::parse_link_target(&member.link)? },
        b'2' => {
            let mount_point = member.records.get("MSWINDOWS.mountpoint").is_some();
            Kind::Reparse(Reparse::parse(&member.link, mount_point, &name.path)?)
        }
        b'5' => Kind::Directory,
        other => return Err(Refusal::Type(char::from(other))),
    };
    if size != 0 && !matches!(kind, Kind::File { .. } | Kind::Stream { .. }) {
        return Err(Refusal::Size);
    }
    if name.trailing_slash && kind != Kind::Directory {
        return Err(Refusal::Empty);
    }
    Ok(kind)
}

/// Refuses what the areas themselves and `Hives` may not be and hold.
fn check_area(path: &LayerPath, kind: &Kind) -> Result<(), Refusal> {
    let allowed = match (path.area(), kind) {
        _ if path.is_area_root() => *kind == Kind::Directory,
        (Area::Hives, Kind::File { .. }) => true,
        (Area::Hives, _) => false,
        (_, Kind::HardLink { target }) => target.area() != Area::Hives && !target.is_area_root(),
        _ => true,
    };
    if allowed { Ok(()) } else { Err(Refusal::WrongKindForArea) }
}

fn basic_info(member: &Member, kind: &Kind) -> Result<BasicInfo, Refusal> {
    let records = &member.records;
    let time = |key: &str| records.get(key).map(FileTime::parse_pax).transpose();
    let write = match time("mtime")? {
        Some(time) => time,
        // Writers put zero there when they know no time.
        None if member.modified == 0 => FileTime::UNKNOWN,
        None => FileTime::from_unix(member.modified)?,
    };
    let attributes = match records.get("MSWINDOWS.fileattr") {
        Some(value) => decimal(value).ok_or(Refusal::Record("MSWINDOWS.fileattr"))?,
        None if *kind == Kind::Directory => DIRECTORY,
        None => 0,
    };
    let info = BasicInfo {
        creation: time("LIBARCHIVE.creationtime")?.unwrap_or(write),
        access: time("atime")?.unwrap_or_default(),
        write,
        change: time("ctime")?.unwrap_or_default(),
        attributes,
    };
    let consistent = match kind {
        Kind::Directory => info.is_directory(),
        Kind::Reparse(reparse) => info.is_directory() || !reparse.is_mount_point(),
        _ => !info.is_directory(),
    };
    if consistent { Ok(info) } else { Err(Refusal::Attributes) }
}

fn security(records: &Records) -> Result<Option<Security>, Refusal> {
    if let Some(value) = records.get("MSWINDOWS.rawsd") {
        let descriptor = base64(value, Refusal::SecurityDescriptor)?;
        return if is_self_relative(&descriptor) {
            Ok(Some(Security::Descriptor(descriptor)))
        } else {
            Err(Refusal::SecurityDescriptor)
        };
    }
    let Some(value) = records.get("MSWINDOWS.sd") else { return Ok(None) };
    match std::str::from_utf8(value) {
        Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => Ok(Some(Security::Sddl(text.to_owned()))),
        _ => Err(Refusal::SecurityDescriptor),
    }
}

/// Revision 1, the self-relative bit, and no part that would begin outside: what else is in it, Windows checks.
fn is_self_relative(descriptor: &[u8]) -> bool {
    let Some((header, _)) = descriptor.split_first_chunk::<SMALLEST_DESCRIPTOR>() else { return false };
    let [1, _, _, control_high, offsets @ ..] = header else { return false };
    let inside = |offset: &[u8; 4]| {
        let offset = u32::from_le_bytes(*offset) as usize;
        offset == 0 || (SMALLEST_DESCRIPTOR..descriptor.len()).contains(&offset)
    };
    control_high & 0x80 != 0 && offsets.as_chunks::<4>().0.iter().all(inside)
}

fn base64(value: &[u8], refusal: Refusal) -> Result<Vec<u8>, Refusal> {
    STANDARD.decode(value).map_err(|_| refusal)
}

fn decimal(value: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(value).ok()?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, type_flag: u8, records: &[(&str, &str)]) -> Member {
        let mut content = Vec::new();
        for (key, value) in records {
            let rest = 3 + key.len() + value.len();
            let digits = if rest < 9 {
                1
            } else if rest < 98 {
                2
            } else {
                3
            };
            content.extend_from_slice(format!("{} {key}={value}\n", rest + digits).as_bytes());
        }
        let records = Records::parse(&content).unwrap();
        Member { name: name.into(), link: Vec::new(), type_flag, size: 0, modified: 0, records }
    }

    fn refusal(member: &Member) -> Refusal {
        Entry::from_member(member).unwrap_err()
    }

    #[test]
    fn reads_attributes_and_times() {
        let records = [
            ("MSWINDOWS.fileattr", "8224"),
            ("mtime", "1700000000.5"),
            ("atime", "1700000001"),
            ("ctime", "1700000002"),
            ("LIBARCHIVE.creationtime", "1600000000.1234567"),
        ];
        let entry = Entry::from_member(&member("Files/a", b'0', &records)).unwrap();
        assert_eq!(entry.info.attributes, 0x2020);
        assert_eq!(entry.info.write, FileTime(133_444_736_005_000_000));
        assert_eq!(entry.info.access, FileTime(133_444_736_010_000_000));
        assert_eq!(entry.info.change, FileTime(133_444_736_020_000_000));
        assert_eq!(entry.info.creation, FileTime(132_444_736_001_234_567));
    }

    #[test]
    fn what_is_missing_has_a_default() {
        let entry = Entry::from_member(&member("Files/d/", b'5', &[])).unwrap();
        assert_eq!(entry.info, BasicInfo { attributes: 0x10, ..BasicInfo::default() });
        let mut file = member("Files/a", 0, &[]);
        file.modified = 1_700_000_000;
        let entry = Entry::from_member(&file).unwrap();
        assert_eq!(entry.info.write, FileTime(133_444_736_000_000_000));
        assert_eq!(entry.info.creation, entry.info.write, "the creation falls back to the modification");
        assert_eq!((entry.info.access, entry.info.change, entry.info.attributes), (FileTime(0), FileTime(0), 0));
    }

    #[test]
    fn refuses_contradictions() {
        let directory = [("MSWINDOWS.fileattr", "16")];
        let file = [("MSWINDOWS.fileattr", "32")];
        assert_eq!(refusal(&member("Files/a", b'0', &directory)), Refusal::Attributes);
        assert_eq!(refusal(&member("Files/a", b'5', &file)), Refusal::Attributes);
        assert_eq!(refusal(&member("Files/a/", b'0', &[])), Refusal::Empty);
        let mut junction = member("Files/a", b'2', &[("MSWINDOWS.mountpoint", "1"), ("MSWINDOWS.fileattr", "1024")]);
        junction.link = b"C:/Users".to_vec();
        assert_eq!(refusal(&junction), Refusal::Attributes);
        for type_flag in [b'1', b'2', b'5'] {
            let mut sized = member("Files/a", type_flag, &[]);
            (sized.link, sized.size) = (b"Files/b".to_vec(), 1);
            assert_eq!(refusal(&sized), Refusal::Size);
        }
        let mut whiteout = member("Files/.wh.a", b'0', &[]);
        whiteout.size = 1;
        assert_eq!(refusal(&whiteout), Refusal::Size);
        assert_eq!(refusal(&member("Files/.wh.a", b'5', &[])), Refusal::Whiteout);
        assert_eq!(refusal(&member("Files/a:s", b'5', &[])), Refusal::Colon);
    }

    #[test]
    fn refuses_types_that_are_no_part_of_windows_layers() {
        for type_flag in *b"3467SgVMDNAX\x01\xff" {
            assert_eq!(refusal(&member("Files/a", type_flag, &[])), Refusal::Type(char::from(type_flag)));
        }
    }

    #[test]
    fn the_areas_are_directories_and_hives_are_files() {
        for (name, type_flag, link) in [
            ("Files", b'0', ""),
            ("Hives", b'0', ""),
            ("UtilityVM", b'2', "C:/x"),
            ("UtilityVM/Files", b'2', "C:/x"),
            ("Files", b'1', "Hives/a"),
            (".wh.Files", b'0', ""),
            ("UtilityVM/.wh.Files", b'0', ""),
            ("Hives/d", b'5', ""),
            ("Hives/a", b'2', "C:/x"),
            ("Hives/a", b'1', "Files/a"),
            ("Hives/a:s", b'0', ""),
            ("Hives/.wh.a", b'0', ""),
            ("Files/a", b'1', "Hives/a"),
            ("Files/a", b'1', "Files"),
        ] {
            let mut member = member(name, type_flag, &[]);
            member.link = link.into();
            assert_eq!(refusal(&member), Refusal::WrongKindForArea, "{name}");
        }
    }

    #[test]
    fn hard_links_name_files_by_paths() {
        for (link, refused) in [
            ("", Refusal::Empty),
            ("../../x", Refusal::Dots),
            ("Files/../../x", Refusal::Dots),
            ("/etc/passwd", Refusal::Absolute),
            ("C:/Windows/x", Refusal::Absolute),
            ("Files\\a", Refusal::Backslash),
            ("Files/a:s", Refusal::Colon),
            ("Files/.wh.a", Refusal::LinkTarget),
            ("Files/a/", Refusal::LinkTarget),
            ("Files/NUL", Refusal::Device),
            ("Windows/x", Refusal::OutsideAreas),
        ] {
            let mut member = member("Files/l", b'1', &[]);
            member.link = link.into();
            assert_eq!(refusal(&member), refused, "{link}");
        }
    }

    #[test]
    fn security_descriptors_are_raw_or_text() {
        let owner_only = "AQAEgBQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA=";
        let entry = Entry::from_member(&member("Files/a", b'0', &[("MSWINDOWS.rawsd", owner_only)])).unwrap();
        assert!(matches!(entry.security, Some(Security::Descriptor(bytes)) if bytes.len() == 32));
        let entry = Entry::from_member(&member("Files/a", b'0', &[("MSWINDOWS.sd", "O:BAD:P")])).unwrap();
        assert_eq!(entry.security, Some(Security::Sddl("O:BAD:P".into())));
        for (key, value) in [
            ("MSWINDOWS.rawsd", "AQAEgBQ"),
            ("MSWINDOWS.rawsd", "AQAEgA=="),
            // Revision 2, not self-relative, an owner outside.
            ("MSWINDOWS.rawsd", "AgAEgBQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA="),
            ("MSWINDOWS.rawsd", "AQAEABQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA="),
            ("MSWINDOWS.rawsd", "AQAEgCAAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA="),
            ("MSWINDOWS.sd", "O:BA\n"),
            ("MSWINDOWS.sd", "Ö"),
        ] {
            assert_eq!(refusal(&member("Files/a", b'0', &[(key, value)])), Refusal::SecurityDescriptor, "{value}");
        }
    }

    #[test]
    fn refuses_malformed_records() {
        for (key, value, refused) in [
            ("MSWINDOWS.fileattr", "0x20", Refusal::Record("MSWINDOWS.fileattr")),
            ("MSWINDOWS.fileattr", "+32", Refusal::Record("MSWINDOWS.fileattr")),
            ("MSWINDOWS.fileattr", "4294967296", Refusal::Record("MSWINDOWS.fileattr")),
            ("mtime", "soon", Refusal::Record("time")),
            ("MSWINDOWS.xattr.A", "?", Refusal::ExtendedAttribute),
            ("MSWINDOWS.xattr.A B", "AA==", Refusal::ExtendedAttribute),
        ] {
            assert_eq!(refusal(&member("Files/a", b'0', &[(key, value)])), refused, "{key}={value}");
        }
    }
}
