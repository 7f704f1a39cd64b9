//! Files that take the place of others at once, so that nobody reads a half.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::paths::{folder_of, real};
use crate::Error;

/// Puts a text in the place of a file at once, or makes the file. A link is replaced and not followed.
///
/// # Errors
///
/// A folder that cannot be written to.
pub fn placed(path: &Path, text: &str) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(text.as_bytes())?;
    put(file, path)
}

/// Writes a file that was named for an answer: one that is there or new at once, so that a failure leaves the old one. A link is
/// followed, and a device or a pipe is written to as it is.
///
/// # Errors
///
/// What the function fails with, and a file that cannot be written.
pub fn written(path: &Path, write: impl Fn(&mut (dyn Write + 'static)) -> io::Result<()>) -> io::Result<()> {
    let as_it_is = || filled(File::create(path)?, &write).map(drop);
    if path.symlink_metadata().is_ok_and(|found| !found.is_file() || found.permissions().readonly()) {
        return as_it_is();
    }
    // Some folders take no new file, and let a file that is there be written.
    let Ok(file) = beside(path) else { return as_it_is() };
    put(filled(file, &write)?, path).or_else(|_| as_it_is())
}

/// A file with what this function writes.
fn filled<F: Write + 'static>(file: F, write: impl Fn(&mut (dyn Write + 'static)) -> io::Result<()>) -> io::Result<F> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

/// Refuses two files that are one, except a device or a pipe: that takes one answer behind the other.
///
/// # Errors
///
/// As its name says, with the file.
pub fn refuse_shared(files: &[&Path]) -> Result<(), Error> {
    let mut seen: Vec<PathBuf> = Vec::new();
    for file in files.iter().filter(|file| !is_stream(file)) {
        let real = real(file);
        if seen.contains(&real) {
            return Err(Error::new(format!("two answers are to be written into {}", file.display()))
                .hint("name a file of its own for each"));
        }
        seen.push(real);
    }
    Ok(())
}

/// True for a device or a pipe: nothing that was written before stands there.
pub fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A new file in the folder of this one, with the permissions that new files have, which those of temporary ones are not.
fn beside(path: &Path) -> io::Result<NamedTempFile<File>> {
    tempfile::Builder::new().prefix(".wincompat-").make_in(folder_of(path), |path| File::create_new(path))
}

/// Puts a file that is written in the place of another, with the permissions of that.
fn put(file: NamedTempFile<File>, path: &Path) -> io::Result<()> {
    if let Ok(known) = path.metadata() {
        file.as_file().set_permissions(known.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_the_middle_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        std::fs::write(&file, "old").unwrap();
        let torn = |out: &mut (dyn Write + 'static)| {
            out.write_all(b"ne")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        assert!(written(&file, torn).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
        written(&file, |out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn one_file_by_two_ways_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.json"), folder.path().join(".").join("a.json"));
        let error = refuse_shared(&[&one, &other]).unwrap_err();
        assert!(error.what.contains("two answers"), "{error:?}");
        refuse_shared(&[&one, &folder.path().join("b.json")]).unwrap();
    }
}
