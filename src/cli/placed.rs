//! Files that take the place of others at once: a link is replaced and not followed, and nobody reads a half.

use std::io::Write as _;
use std::path::Path;

/// Puts a text in the place of a file at once, or makes the file.
///
/// # Errors
///
/// A folder that cannot be written to.
pub fn placed(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // With the permissions that new files have, which those of temporary ones are not.
    let mut file = tempfile::Builder::new().prefix(".wincompat-").make_in(folder, |path| std::fs::File::create_new(path))?;
    file.write_all(text.as_bytes())?;
    if let Ok(known) = path.metadata() {
        file.as_file().set_permissions(known.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
