//! A failed call about one file of a layer: of sixty thousand, the one that failed, by which call, and with which status.

use std::fmt;
use std::io;

use windows_sys::Win32::Foundation::NTSTATUS;

use super::folder::last_status;

/// A call about a file that failed.
#[derive(Debug)]
pub(super) struct FileCall {
    /// The function, e.g. `BackupWrite`.
    pub call: &'static str,
    /// The failure of the system.
    pub error: io::Error,
    path: String,
    /// The status, of the functions that answer with one.
    status: Option<NTSTATUS>,
}

impl FileCall {
    /// The failed call that an error tells of, if it was made by [`named`].
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl fmt::Display for FileCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.call, self.path)?;
        if let Some(status) = self.status {
            write!(f, " answered 0x{status:08x}")?;
        }
        write!(f, ": {}", self.error)
    }
}

impl std::error::Error for FileCall {}

/// Names the call that failed and its file, unless that was done before. For the calls of ntdll.dll, to be used right after the call.
pub(super) fn named(call: &'static str, path: &str) -> impl FnOnce(io::Error) -> io::Error {
    let path = path.to_owned();
    move |error| {
        if FileCall::of(&error).is_some() {
            return error;
        }
        // What was not a call, a path that leads out of the layer for example, has no status.
        let status = (call.starts_with("Nt") && error.raw_os_error().is_some()).then(last_status);
        io::Error::new(error.kind(), FileCall { call, error, path, status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::folder::Folder;

    #[test]
    fn a_failure_names_its_call_its_file_and_its_status() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let failed = folder.create("none\\a", false).map_err(named("NtCreateFile", "none\\a")).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::NotFound);
        // STATUS_OBJECT_PATH_NOT_FOUND
        assert!(failed.to_string().starts_with("NtCreateFile of none\\a answered 0xc000003a: "), "{failed}");
        assert_eq!(FileCall::of(&failed).map(|failed| failed.error.raw_os_error()), Some(Some(3)));
        let other = named("BackupWrite", "a")(io::Error::from_raw_os_error(5));
        assert!(other.to_string().starts_with("BackupWrite of a: "), "{other}");
        // One of several calls may have its name already.
        assert!(named("NtCreateFile", "b")(other).to_string().starts_with("BackupWrite of a: "));
    }
}
