//! Folders as a whole: removed with everything in them, or shown elsewhere by hard links.

use std::fs;
use std::io;
use std::path::Path;

/// Removes a folder and all in it, read-only files included.
pub fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            remove(&entry.path())?;
        } else {
            remove_file(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

/// Removes a file, even a read-only one.
pub fn remove_file(file: &Path) -> io::Result<()> {
    fs::remove_file(file).or_else(|_| {
        let mut permissions = fs::metadata(file)?.permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "the file is removed next")]
        permissions.set_readonly(false);
        fs::set_permissions(file, permissions)?;
        fs::remove_file(file)
    })
}

/// Makes `to` show what is in `from` itself: its files are hard links, its folders are empty.
pub fn placeholders(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            _ if target.exists() => {}
            true => fs::create_dir(&target)?,
            false => fs::hard_link(entry.path(), &target)?,
        }
    }
    Ok(())
}

/// Makes `to` show what `from` holds: folders are made, files are hard links.
pub fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link(&entry.path(), &target)?;
        } else {
            fs::hard_link(entry.path(), &target)?;
        }
    }
    Ok(())
}
