//! Paths that may be long.

use std::io;
use std::path::{Component, Path, PathBuf, Prefix};

/// The same path without the limit of 260 characters: `\\?\C:\store` for `C:\store`. Unlike a canonical path it leads where this
/// one does: a link in it stays one. Paths that are not on a drive stay as they are; no layer
/// lies there (`docs/hcs.md#store-volume`).
pub(super) fn verbatim(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    Ok(match path.components().next() {
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::Disk(_)) => {
            let mut verbatim = std::ffi::OsString::from(r"\\?\");
            verbatim.push(path);
            verbatim.into()
        }
        _ => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_only() {
        for (path, long) in
            [(r"C:\store", r"\\?\C:\store"), (r"C:\a b\ü", r"\\?\C:\a b\ü"), (r"\\server\share\x", r"\\server\share\x")]
        {
            assert_eq!(verbatim(Path::new(path)).unwrap(), Path::new(long));
        }
        assert_eq!(verbatim(Path::new(r"\\?\C:\x")).unwrap(), Path::new(r"\\?\C:\x"));
        assert_eq!(verbatim(Path::new("C:/a/../b")).unwrap(), Path::new(r"\\?\C:\b"));
    }
}
