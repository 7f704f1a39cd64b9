//! Symbolic links and junctions: where they may lead, and the reparse data that Windows keeps for them.

use crate::layer::{LayerPath, Refusal};

const TAG_MOUNT_POINT: u32 = 0xA000_0003;
const TAG_SYMLINK: u32 = 0xA000_000C;
const SYMLINK_RELATIVE: u32 = 1;
/// `MAXIMUM_REPARSE_DATA_BUFFER_SIZE`.
const LARGEST: usize = 16 * 1024;

/// A symbolic link or junction whose target stays within the container's own drives.
///
/// An absolute target, e.g. `C:\Users`, means the container's drive and is followed by nobody while the layer is imported; it is
/// common in Windows images (`C:\Documents and Settings`). Targets on the network, on devices, and relative ones that climb
/// above the root of the drive lead out of the layer and its parents and are refused: whoever walks the layer's folder on the host,
/// e.g. a virus scanner, would be led to a server of the image's author, or into other folders of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reparse {
    /// As people write it, e.g. `C:\Users`.
    target: String,
    substitute: String,
    relative: bool,
    mount_point: bool,
}

impl Reparse {
    /// Reads the target that a tar header gives the link at `path`; slashes in it are taken for backslashes.
    pub(crate) fn parse(raw: &[u8], mount_point: bool, path: &LayerPath) -> Result<Self, Refusal> {
        let target = std::str::from_utf8(raw).map_err(|_| Refusal::NotUtf8)?.replace('/', "\\");
        // PowerShell makes junctions without the name that exporters write into the tar.
        let is_nameless = mount_point && target.is_empty();
        if (target.is_empty() && !mount_point) || target.contains(|character: char| character.is_control()) {
            return Err(Refusal::LinkMalformed);
        }
        // Some tools give a junction the same name twice, that of the kernel.
        let of_kernel = target.strip_prefix(r"\??\").filter(|_| mount_point);
        let (substitute, rest, relative) = if let Some(device) = target.strip_prefix(r"\\?\").or(of_kernel) {
            let rest = after_drive(device).or_else(|| after_container_object(device)).ok_or(Refusal::LinkEscapes)?;
            (format!(r"\??\{device}"), rest, false)
        } else if target.starts_with(r"\\") || target.starts_with(r"\??\") {
            return Err(Refusal::LinkEscapes);
        } else if let Some(rest) = after_drive(&target) {
            (format!(r"\??\{target}"), rest, false)
        } else {
            (target.clone(), target.as_str(), true)
        };
        if rest.contains([':', '"', '<', '>', '|', '?', '*']) || (relative && mount_point && !is_nameless) {
            return Err(Refusal::LinkMalformed);
        }
        if climbs_out(rest, if relative && !rest.starts_with('\\') { path.depth_on_drive() } else { 0 }) {
            return Err(Refusal::LinkEscapes);
        }
        let reparse = Self { substitute, relative, mount_point, target };
        if reparse.buffer().len() > LARGEST { Err(Refusal::LinkMalformed) } else { Ok(reparse) }
    }

    /// `true` for a junction; else it is a symbolic link.
    pub fn is_mount_point(&self) -> bool {
        self.mount_point
    }

    /// The `REPARSE_DATA_BUFFER`: tag, length of what follows the first eight bytes, offsets and lengths of both names, for a
    /// symbolic link its flags, the substitute name in the form of the NT kernel, the print name; both end in NUL.
    pub(crate) fn buffer(&self) -> Vec<u8> {
        let wide = |name: &str| -> Vec<u8> { name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let (substitute, print) = (wide(&self.substitute), wide(&self.target));
        let flags = if self.mount_point { 0 } else { 4 };
        let length = 8 + flags + substitute.len() + print.len();
        let mut buffer = Vec::with_capacity(8 + length);
        buffer.extend_from_slice(&if self.mount_point { TAG_MOUNT_POINT } else { TAG_SYMLINK }.to_le_bytes());
        // Longer ones than 16 KiB do not become a `Reparse`: the lengths fit.
        for number in [length, 0, 0, substitute.len() - 2, substitute.len(), print.len() - 2] {
            buffer.extend_from_slice(&(number as u16).to_le_bytes());
        }
        if !self.mount_point {
            buffer.extend_from_slice(&if self.relative { SYMLINK_RELATIVE } else { 0 }.to_le_bytes());
        }
        buffer.extend_from_slice(&substitute);
        buffer.extend_from_slice(&print);
        buffer
    }
}

/// The rest after `C:` in `C:\x`; `C:x` is relative to a directory that nobody knows.
fn after_drive(target: &str) -> Option<&str> {
    match target.as_bytes() {
        [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic() => target.get(2..),
        _ => None,
    }
}

/// The rest after the objects besides drives that a container has: volumes, and the mapped directories of old engines.
fn after_container_object(device: &str) -> Option<&str> {
    let (object, rest) = device.split_once('\\')?;
    let known = object == "ContainerMappedDirectories" || (object.starts_with("Volume{") && object.ends_with('}'));
    if known { Some(rest) } else { None }
}

/// `true` if the parts of a target, seen from `depth` directories below the root, climb above it on their way.
fn climbs_out(target: &str, mut depth: usize) -> bool {
    for part in target.split('\\') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::path::Name;

    fn parse(target: &str, mount_point: bool, path: &str) -> Result<Reparse, Refusal> {
        Reparse::parse(target.as_bytes(), mount_point, &Name::parse(path.as_bytes()).unwrap().path)
    }

    #[test]
    fn takes_what_stays_in_the_container() {
        for (target, mount_point, substitute, relative) in [
            ("C:/Users", true, r"\??\C:\Users", false),
            (r"C:\Users", true, r"\??\C:\Users", false),
            (r"C:\", true, r"\??\C:\", false),
            (r"\\?\C:\Users", true, r"\??\C:\Users", false),
            (r"D:\data", false, r"\??\D:\data", false),
            (r"\Windows", false, r"\Windows", true),
            ("b", false, "b", true),
            ("../b", false, r"..\b", true),
            (r"..\..\x\..\y", false, r"..\..\x\..\y", true),
            (
                r"\\?\Volume{b75e2c83-0000-0000-0000-602f00000000}\",
                true,
                r"\??\Volume{b75e2c83-0000-0000-0000-602f00000000}\",
                false,
            ),
            (r"\\?\ContainerMappedDirectories\A1", false, r"\??\ContainerMappedDirectories\A1", false),
            (r"\??\C:\Users", true, r"\??\C:\Users", false),
            (
                r"\??\Volume{b75e2c83-0000-0000-0000-602f00000000}\",
                true,
                r"\??\Volume{b75e2c83-0000-0000-0000-602f00000000}\",
                false,
            ),
            // It leads nowhere.
            ("", true, "", true),
        ] {
            let reparse = parse(target, mount_point, "Files/a/b/link").unwrap_or_else(|refusal| panic!("{target}: {refusal}"));
            assert_eq!((reparse.substitute.as_str(), reparse.relative), (substitute, relative), "{target}");
            assert_eq!(reparse.target, target.replace('/', "\\"));
        }
    }

    #[test]
    fn refuses_what_leads_elsewhere() {
        for (target, mount_point, path, refusal) in [
            ("..", false, "Files/link", Refusal::LinkEscapes),
            ("../../x", false, "Files/a/link", Refusal::LinkEscapes),
            ("x/../../..", false, "Files/a/link", Refusal::LinkEscapes),
            ("../x", false, "UtilityVM/Files/link", Refusal::LinkEscapes),
            (r"\..\x", false, "Files/a/link", Refusal::LinkEscapes),
            (r"C:\..\x", false, "Files/a/link", Refusal::LinkEscapes),
            (r"\\server\share", false, "Files/link", Refusal::LinkEscapes),
            ("//server/share", true, "Files/link", Refusal::LinkEscapes),
            (r"\\?\UNC\server\share", false, "Files/link", Refusal::LinkEscapes),
            (r"\\?\GLOBALROOT\Device", false, "Files/link", Refusal::LinkEscapes),
            (r"\\?\Volume{x}\..\y", false, "Files/link", Refusal::LinkEscapes),
            (r"\\?\Volume{x", false, "Files/link", Refusal::LinkEscapes),
            (r"\\.\PhysicalDrive0", false, "Files/link", Refusal::LinkEscapes),
            (r"\??\C:\x", false, "Files/link", Refusal::LinkEscapes),
            (r"\??\UNC\server\share", true, "Files/link", Refusal::LinkEscapes),
            (r"\??\GLOBALROOT\Device", true, "Files/link", Refusal::LinkEscapes),
            ("", false, "Files/link", Refusal::LinkMalformed),
            ("x", true, "Files/link", Refusal::LinkMalformed),
            (r"\x", true, "Files/link", Refusal::LinkMalformed),
            ("C:x", false, "Files/link", Refusal::LinkMalformed),
            (r"C:\a:b", false, "Files/link", Refusal::LinkMalformed),
            ("a\nb", false, "Files/link", Refusal::LinkMalformed),
            ("a*", false, "Files/link", Refusal::LinkMalformed),
            (&"a".repeat(5_000), false, "Files/link", Refusal::LinkMalformed),
        ] {
            assert_eq!(parse(target, mount_point, path).map(|_| ()), Err(refusal), "{target} {path}");
        }
        let path = Name::parse(b"Files/link").unwrap().path;
        assert_eq!(Reparse::parse(b"\xff", false, &path).map(|_| ()), Err(Refusal::NotUtf8));
    }
}
