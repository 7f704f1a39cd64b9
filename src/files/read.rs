//! Reads that end: only regular files are opened, no input is larger than its limit, and none is cut off without a word.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// All bytes of a reader, which may have at most `max`, e.g. `read_capped(&b"abc"[..], 1 << 20)`.
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

/// Opens a regular file to read; links to one are followed. Nobody at the other end of a pipe is waited for: what was opened is looked at,
/// and refused with [`io::ErrorKind::InvalidInput`] if it is a folder, a pipe or a device.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let file = open(path)?;
    refuse_irregular(&file.metadata()?)?;
    Ok(file)
}

/// [`read_capped`] of a regular file.
pub(crate) fn read_regular(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    read_capped(file, max)
}

/// Refuses everything but a regular file.
pub(crate) fn refuse_irregular(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let what = if found.is_dir() { "a folder" } else { "a pipe or a device" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is not a regular file, but {what}")))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    // Windows refuses to open a folder so: it is named as what it is.
    File::open(path).map_err(|error| match path.metadata().and_then(|found| refuse_irregular(&found)) {
        Err(irregular) if irregular.kind() == io::ErrorKind::InvalidInput => irregular,
        _ => error,
    })
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
        assert!(read_regular(folder.path(), 9).is_err());
        assert_eq!(read_regular(&folder.path().join("none"), 9).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(folder.path().join("file"), "text").unwrap();
        assert_eq!(read_regular(&folder.path().join("file"), 4).unwrap(), b"text");
        assert_eq!(read_regular(&folder.path().join("file"), 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_and_a_device_are_named_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for (path, what) in
            [(pipe.as_path(), "a pipe or a device"), (Path::new("/dev/zero"), "a pipe"), (folder.path(), "a folder")]
        {
            let refused = read_regular(path, 9).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
            assert!(refused.to_string().contains(what), "{refused}");
        }
    }
}
