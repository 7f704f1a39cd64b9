//! Names within a layer, safe to use as Windows file names.

use std::fmt;

use crate::layer::Refusal;

/// Windows allows 255 UTF-16 units in a part of a path.
const LONGEST_PART: usize = 255;
/// NT paths have at most 32,767 UTF-16 units; this leaves room for the folder of the layer before them.
const LONGEST_PATH: usize = 32_000;
const WHITEOUT: &str = ".wh.";
/// The ending of the file beside a directory in which HCS looks for its metadata in a transport folder.
pub(crate) const DIRECTORY_METADATA: &str = ".$wcidirs$";

/// The path of an entry from the root of its layer, e.g. `Files/Windows/System32/ntdll.dll`; slashes, no trailing slash.
///
/// Every part is a name that Windows takes as it stands: no `..`, drive, backslash, colon, device, trailing dot or space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerPath(String);

/// The three parts of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// `Files`: the content of the container's drive C.
    Files,
    /// `Hives`: registry hives, whole (base layer) or as a delta.
    Hives,
    /// `UtilityVM`: the guest system for Hyper-V isolation, in `UtilityVM/Files`.
    UtilityVm,
}

/// A name in a tar header, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub path: LayerPath,
    /// `Zone.Identifier` in `Files/a.exe:Zone.Identifier`.
    pub stream: Option<String>,
    /// `true` if the last part was `.wh.NAME`; `path` is then without the prefix.
    pub whiteout: bool,
    /// `true` if the name ended in a slash, as only those of directories may.
    pub trailing_slash: bool,
}

impl LayerPath {
    /// The area of the layer in which it lies.
    pub fn area(&self) -> Area {
        match self.0.split('/').next() {
            Some("Hives") => Area::Hives,
            Some("UtilityVM") => Area::UtilityVm,
            _ => Area::Files,
        }
    }

    /// With slashes, e.g. `Files/Windows`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts, e.g. `Files` and `Windows`.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The parent, e.g. `Files` of `Files/Windows`; `None` for `Files`.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// `true` for the directories that every layer may have: `Files`, `Hives`, `UtilityVM`, `UtilityVM/Files`.
    pub(crate) fn is_area_root(&self) -> bool {
        matches!(self.as_str(), "Files" | "Hives" | "UtilityVM" | "UtilityVM/Files")
    }

    /// The number of directories up to the root of its drive: 0 for `Files/a`, 1 for `Files/a/b` and `UtilityVM/Files/a/b`.
    pub(crate) fn depth_on_drive(&self) -> usize {
        let root = if self.area() == Area::UtilityVm { 2 } else { 1 };
        self.parts().count().saturating_sub(root + 1)
    }

    /// The path of a link target, which is neither a stream nor a whiteout.
    pub(crate) fn parse_link_target(raw: &[u8]) -> Result<Self, Refusal> {
        let name = Name::parse(raw)?;
        if name.stream.is_some() {
            return Err(Refusal::Colon);
        }
        if name.whiteout || name.trailing_slash {
            return Err(Refusal::LinkTarget);
        }
        Ok(name.path)
    }
}

impl fmt::Display for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Name {
    /// Reads the name of an entry, or refuses it.
    pub fn parse(raw: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(raw).map_err(|_| Refusal::NotUtf8)?;
        if text.contains('\\') {
            return Err(Refusal::Backslash);
        }
        // `tar -C FOLDER .` begins every name so.
        let text = text.strip_prefix("./").unwrap_or(text);
        if text.starts_with('/') || is_drive(text) {
            return Err(Refusal::Absolute);
        }
        if text.encode_utf16().take(LONGEST_PATH + 1).count() > LONGEST_PATH {
            return Err(Refusal::TooLong);
        }
        let (text, trailing_slash) = match text.strip_suffix('/') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (parents, last) = match text.rsplit_once('/') {
            Some((parents, last)) => (Some(parents), last),
            None => (None, text),
        };
        let (last, stream) = split_stream(last)?;
        let (last, whiteout) = match last.strip_prefix(WHITEOUT) {
            Some(last) => (last, true),
            None => (last, false),
        };
        // `.wh.` alone removes nothing, `.wh..wh..opq` is the opaque marker of other systems.
        if whiteout && (last.is_empty() || last.starts_with(WHITEOUT) || stream.is_some()) {
            return Err(Refusal::Whiteout);
        }
        for part in parents.into_iter().flat_map(|parents| parents.split('/')) {
            check_part(part)?;
            if part.starts_with(WHITEOUT) {
                return Err(Refusal::Whiteout);
            }
        }
        check_part(last)?;
        if let Some(stream) = &stream {
            check_stream(stream)?;
        }
        let path = match parents {
            Some(parents) => LayerPath(format!("{parents}/{last}")),
            None => LayerPath(last.to_owned()),
        };
        check_area(&path)?;
        Ok(Self { path, stream: stream.map(str::to_owned), whiteout, trailing_slash })
    }
}

/// `C:/x` and `C:x`; a one-letter file at the top with a stream would look the same, and nothing but the areas is there.
fn is_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn split_stream(last: &str) -> Result<(&str, Option<&str>), Refusal> {
    let Some((file, stream)) = last.split_once(':') else { return Ok((last, None)) };
    if stream.contains(':') || is_stream_type(stream) {
        // `file:stream:$DATA`, `file::$DATA`, `dir:$I30:$INDEX_ALLOCATION`, and `file:$DATA`, which a reader may take for a type.
        return Err(if stream.contains('$') { Refusal::StreamType } else { Refusal::Colon });
    }
    Ok((file, Some(stream)))
}

/// `true` for the types of attributes that NTFS knows. Any other name may begin with a dollar sign, e.g. `$CmdTcID`.
fn is_stream_type(stream: &str) -> bool {
    const TYPES: [&str; 17] = [
        "$ATTRIBUTE_LIST",
        "$BITMAP",
        "$DATA",
        "$EA",
        "$EA_INFORMATION",
        "$FILE_NAME",
        "$INDEX_ALLOCATION",
        "$INDEX_ROOT",
        "$LOGGED_UTILITY_STREAM",
        "$OBJECT_ID",
        "$PROPERTY_SET",
        "$REPARSE_POINT",
        "$SECURITY_DESCRIPTOR",
        "$STANDARD_INFORMATION",
        "$SYMBOLIC_LINK",
        "$VOLUME_INFORMATION",
        "$VOLUME_NAME",
    ];
    TYPES.iter().any(|name| stream.eq_ignore_ascii_case(name))
}

fn check_part(part: &str) -> Result<(), Refusal> {
    match part {
        "" => return Err(Refusal::Empty),
        "." | ".." => return Err(Refusal::Dots),
        _ => {}
    }
    for character in part.chars() {
        match character {
            ':' => return Err(Refusal::Colon),
            '"' | '<' | '>' | '|' | '?' | '*' => return Err(Refusal::Character(character)),
            _ if character.is_control() => return Err(Refusal::Character(character)),
            _ => {}
        }
    }
    if part.ends_with(['.', ' ']) {
        return Err(Refusal::TrailingDotOrSpace);
    }
    if part.encode_utf16().count() > LONGEST_PART {
        return Err(Refusal::TooLong);
    }
    if is_device(part) {
        return Err(Refusal::Device);
    }
    let tail = part.len().checked_sub(DIRECTORY_METADATA.len()).and_then(|start| part.get(start..));
    if tail.is_some_and(|tail| tail.eq_ignore_ascii_case(DIRECTORY_METADATA)) {
        return Err(Refusal::Reserved);
    }
    Ok(())
}

/// `true` if Windows takes this name for a device, whatever its extension: `CON`, `nul.txt`, `aux .c`, `COM1`, `lpt²`.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end_matches(' ');
    const NAMES: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];
    if NAMES.iter().any(|name| stem.eq_ignore_ascii_case(name)) {
        return true;
    }
    let mut characters = stem.chars();
    let port: String = characters.by_ref().take(3).collect();
    let numbered = matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³')) && characters.next().is_none();
    numbered && (port.eq_ignore_ascii_case("COM") || port.eq_ignore_ascii_case("LPT"))
}

/// A stream's name may be what a file's may not, e.g. a device's; it is never opened by that name alone.
fn check_stream(stream: &str) -> Result<(), Refusal> {
    if stream.is_empty() {
        return Err(Refusal::Colon);
    }
    if let Some(character) = stream.chars().find(|character| character.is_control()) {
        return Err(Refusal::Character(character));
    }
    if stream.encode_utf16().count() > LONGEST_PART { Err(Refusal::TooLong) } else { Ok(()) }
}

/// The areas are compared with their exact case, as HCS's own tools do.
fn check_area(path: &LayerPath) -> Result<(), Refusal> {
    let mut parts = path.parts();
    match (parts.next(), parts.next(), parts.next()) {
        (Some("Files" | "Hives"), ..) => Ok(()),
        (Some("UtilityVM"), None, _) | (Some("UtilityVM"), Some("Files"), _) => Ok(()),
        _ => Err(Refusal::OutsideAreas),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<Name, Refusal> {
        Name::parse(text.as_bytes())
    }

    #[test]
    fn takes_the_names_of_windows_layers() {
        for text in [
            "Files",
            "Files/",
            "Files/Windows/System32/ntdll.dll",
            "Files/Program Files (x86)/",
            "Files/Windows/WinSxS/amd64_a..b_31bf3856ad364e35_10.0.1_none_0/x",
            "Files/ProgramData/Ünïcode/日本語.txt",
            "Files/.gitignore",
            "Files/CONfig/console/auxiliary/com10/lpt/nul0/comx",
            "Files/$Recycle.Bin/S-1-5-18",
            "Files/a,b;c=d[e]{f}~1'`!@#%^&()-_+",
            "Hives/System_Base",
            "UtilityVM",
            "UtilityVM/Files/EFI/Microsoft/Boot/BCD.LOG1",
        ] {
            let name = name(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
            assert_eq!(name.path.as_str(), text.trim_end_matches('/'));
            assert_eq!((name.trailing_slash, name.whiteout, name.stream), (text.ends_with('/'), false, None));
        }
    }

    #[test]
    fn knows_whiteouts_and_streams() {
        let whiteout = name("Files/a/.wh.b.txt").unwrap();
        assert_eq!((whiteout.path.as_str(), whiteout.whiteout), ("Files/a/b.txt", true));
        let stream = name("Files/a.exe:Zone.Identifier").unwrap();
        assert_eq!((stream.path.as_str(), stream.stream.as_deref()), ("Files/a.exe", Some("Zone.Identifier")));
        assert_eq!(name("Files/a:CON").unwrap().stream.as_deref(), Some("CON"));
        assert_eq!(name("Files/a:$CmdTcID").unwrap().stream.as_deref(), Some("$CmdTcID"));
    }

    #[test]
    fn refuses_what_windows_would_read_otherwise() {
        let long_part = format!("Files/{}", "a".repeat(256));
        let long_part_utf16 = format!("Files/{}", "\u{1F4A9}".repeat(128));
        let long_path = format!("Files{}", "/a".repeat(16_000));
        for (text, refusal) in [
            ("", Refusal::Empty),
            ("/", Refusal::Absolute),
            ("/Files/a", Refusal::Absolute),
            ("//server/share/a", Refusal::Absolute),
            ("C:/Windows", Refusal::Absolute),
            ("c:a", Refusal::Absolute),
            ("\\\\?\\C:\\a", Refusal::Backslash),
            ("Files\\a", Refusal::Backslash),
            ("Files/..\\a", Refusal::Backslash),
            ("..", Refusal::Dots),
            ("../a", Refusal::Dots),
            ("./../a", Refusal::Dots),
            ("././Files/a", Refusal::Dots),
            (".//Files/a", Refusal::Absolute),
            ("./C:/Windows", Refusal::Absolute),
            ("./a", Refusal::OutsideAreas),
            ("Files/../../a", Refusal::Dots),
            ("Files/./a", Refusal::Dots),
            ("Files/a/..", Refusal::Dots),
            ("Files//a", Refusal::Empty),
            ("Files/a//", Refusal::Empty),
            ("Files/...", Refusal::TrailingDotOrSpace),
            ("Files/a.", Refusal::TrailingDotOrSpace),
            ("Files/a./b", Refusal::TrailingDotOrSpace),
            ("Files/a /b", Refusal::TrailingDotOrSpace),
            ("Files/a ", Refusal::TrailingDotOrSpace),
            ("Files/a.:s", Refusal::TrailingDotOrSpace),
            ("Files/CON", Refusal::Device),
            ("Files/con.txt", Refusal::Device),
            ("Files/Nul.tar.gz", Refusal::Device),
            ("Files/aux /b", Refusal::TrailingDotOrSpace),
            ("Files/aux .c", Refusal::Device),
            ("Files/prn/a", Refusal::Device),
            ("Files/COM1", Refusal::Device),
            ("Files/com9.log", Refusal::Device),
            ("Files/COM¹", Refusal::Device),
            ("Files/lpt³.x", Refusal::Device),
            ("Files/LPT0", Refusal::Device),
            ("Files/conin$", Refusal::Device),
            ("Files/CONOUT$.x", Refusal::Device),
            ("Files/CLOCK$", Refusal::Device),
            ("Files/NUL:s", Refusal::Device),
            ("Files/.wh.con", Refusal::Device),
            ("Files/a\0b", Refusal::Character('\0')),
            ("Files/a\nb", Refusal::Character('\n')),
            ("Files/a\u{7f}", Refusal::Character('\u{7f}')),
            ("Files/a\u{85}", Refusal::Character('\u{85}')),
            ("Files/a?", Refusal::Character('?')),
            ("Files/a*b", Refusal::Character('*')),
            ("Files/<a>", Refusal::Character('<')),
            ("Files/a|b", Refusal::Character('|')),
            ("Files/\"a\"", Refusal::Character('"')),
            ("Files/a:b/c", Refusal::Colon),
            ("Files/a:", Refusal::Colon),
            ("Files/a:b:c", Refusal::Colon),
            ("Files/a:b:$DATA", Refusal::StreamType),
            ("Files/a::$DATA", Refusal::StreamType),
            ("Files/a:$DATA", Refusal::StreamType),
            ("Files/a:$Index_Allocation", Refusal::StreamType),
            ("Files/a:$I30:$INDEX_ALLOCATION", Refusal::StreamType),
            ("Files/a:b\n", Refusal::Character('\n')),
            ("Files/:b", Refusal::Empty),
            (&long_part, Refusal::TooLong),
            (&long_part_utf16, Refusal::TooLong),
            (&long_path, Refusal::TooLong),
            ("Files/a.$wcidirs$", Refusal::Reserved),
            ("Files/a.$WciDirs$/b", Refusal::Reserved),
            ("a", Refusal::OutsideAreas),
            ("files/a", Refusal::OutsideAreas),
            ("FILES", Refusal::OutsideAreas),
            ("Windows/System32", Refusal::OutsideAreas),
            ("tombstones.txt", Refusal::OutsideAreas),
            ("UtilityVM/a", Refusal::OutsideAreas),
            ("UtilityVM/files", Refusal::OutsideAreas),
            ("UtilityVM/Files2/a", Refusal::OutsideAreas),
            (".wh.Files2", Refusal::OutsideAreas),
            ("Files/.wh.", Refusal::Whiteout),
            ("Files/.wh..wh..opq", Refusal::Whiteout),
            ("Files/.wh.a/b", Refusal::Whiteout),
            ("Files/.wh.a:s", Refusal::Whiteout),
            ("Files/.wh...", Refusal::Dots),
        ] {
            assert_eq!(name(text), Err(refusal), "{text:?}");
        }
        assert_eq!(Name::parse(b"Files/\xff"), Err(Refusal::NotUtf8));
        // A lone surrogate, as some tools write it.
        assert_eq!(Name::parse(b"Files/\xed\xa0\x80"), Err(Refusal::NotUtf8));
    }

    #[test]
    fn names_may_begin_with_the_folder_that_was_archived() {
        assert_eq!(name("./Files/a").unwrap().path.as_str(), "Files/a");
        assert_eq!(name("./Files/").unwrap().path.as_str(), "Files");
        assert_eq!(LayerPath::parse_link_target(b"./Files/a").unwrap().as_str(), "Files/a");
    }

    #[test]
    fn longest_names_fit() {
        assert!(name(&format!("Files/{}", "a".repeat(255))).is_ok());
        assert!(name(&format!("Files/{}a", "\u{1F4A9}".repeat(127))).is_ok());
        assert!(name(&format!("Files{}", "/a".repeat(15_997))).is_ok());
    }

    #[test]
    fn knows_how_deep_it_lies_on_its_drive() {
        for (text, depth) in
            [("Files", 0), ("Files/a", 0), ("Files/a/b", 1), ("UtilityVM/Files/a", 0), ("UtilityVM/Files/a/b/c", 2)]
        {
            assert_eq!(name(text).unwrap().path.depth_on_drive(), depth, "{text}");
        }
    }
}
