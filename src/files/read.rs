//! Reads that end: no input is larger than its limit, and none is cut off without a word.

use std::io::{self, Read};

/// All bytes of a reader, which may have at most `max`, e.g. `read_capped(File::open(path)?, 1 << 20)`.
///
/// Fails with [`io::ErrorKind::FileTooLarge`] where there are more.
pub(crate) fn read_capped(from: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {max} bytes")));
    }
    Ok(bytes)
}

/// Opens a regular file to read. It is looked at before: opening a pipe would wait for someone to write into it.
pub(crate) fn open_regular(path: &std::path::Path) -> io::Result<std::fs::File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file"));
    }
    std::fs::File::open(path)
}

/// [`read_capped`] of a regular file.
#[cfg(feature = "registries")]
pub(crate) fn read_regular(path: &std::path::Path, max: u64) -> io::Result<Vec<u8>> {
    read_capped(open_regular(path)?, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_its_limit_is_refused() {
        assert_eq!(read_capped(&b"abc"[..], 3).unwrap(), b"abc");
        assert_eq!(read_capped(&b""[..], 0).unwrap(), b"");
        for endless in [read_capped(&b"abcd"[..], 3), read_capped(io::repeat(b'x'), 3)] {
            let error = endless.unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::FileTooLarge, "it has more than 3 bytes"));
        }
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_regular(folder.path(), 9).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read_regular(&folder.path().join("none"), 9).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(folder.path().join("file"), "text").unwrap();
        assert_eq!(read_regular(&folder.path().join("file"), 4).unwrap(), b"text");
    }
}
