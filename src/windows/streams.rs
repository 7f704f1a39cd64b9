//! The standard handles of this process, as files.

use std::fs::File;
use std::io;
use std::os::windows::io::AsHandle;

/// Standard input, as a file.
///
/// # Errors
///
/// There is none, or it cannot be duplicated.
pub fn stdin() -> io::Result<File> {
    own(io::stdin())
}

/// Standard output, as a file.
///
/// # Errors
///
/// There is none, or it cannot be duplicated.
pub fn stdout() -> io::Result<File> {
    own(io::stdout())
}

/// Standard error, as a file.
///
/// # Errors
///
/// There is none, or it cannot be duplicated.
pub fn stderr() -> io::Result<File> {
    own(io::stderr())
}

fn own(handle: impl AsHandle) -> io::Result<File> {
    handle.as_handle().try_clone_to_owned().map(File::from)
}
