//! Files and folders reached through the handle of their folder: by relative paths, never through a reparse point.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::mem::offset_of;
use std::os::windows::ffi::OsStringExt as _;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;

use windows_sys::Wdk::Storage::FileSystem::{
    FILE_CREATE, FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE, FILE_OPEN, FILE_OPEN_IF, FILE_OPEN_REPARSE_POINT,
    FILE_RENAME_POSIX_SEMANTICS, FILE_RENAME_REPLACE_IF_EXISTS, FileRenameInformation, FileRenameInformationEx,
};
use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_NO_MORE_FILES, ERROR_REPARSE_POINT_ENCOUNTERED, GENERIC_READ, GENERIC_WRITE,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, DELETE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_ID_BOTH_DIR_INFO,
    FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES, FileIdBothDirectoryInfo, GetFileInformationByHandle,
    GetFileInformationByHandleEx,
};

use super::folder::{SHARE_ALL, again, delete, is_unknown, relative, set_name};
use super::path::verbatim;
use super::store_folder::StoreFolders;
use crate::handles::{Access, Found, FoundKind, Handles};

/// The bytes of a list of names that are read at a time, in units that are aligned for the structure.
const LIST: usize = (64 << 10) / size_of::<u64>();

impl Handles for StoreFolders {
    fn open_folder(&self, path: &Path, through_link: bool) -> io::Result<File> {
        let links = if through_link { 0 } else { FILE_FLAG_OPEN_REPARSE_POINT };
        let folder = File::options()
            .access_mode(GENERIC_READ)
            .share_mode(SHARE_ALL)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | links)
            .open(verbatim(path)?)?;
        plain_folder(folder)
    }

    fn folder_in(&self, parent: &File, name: &str) -> io::Result<File> {
        match relative(parent, one(name)?, GENERIC_READ, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE) {
            Err(error) if is_link(&error) => Err(io::ErrorKind::NotADirectory.into()),
            opened => plain_folder(opened?),
        }
    }

    fn make_folder_in(&self, parent: &File, name: &str) -> io::Result<()> {
        relative(parent, one(name)?, 0, SHARE_ALL, FILE_CREATE, FILE_DIRECTORY_FILE).map(drop)
    }

    fn file_in(&self, parent: &File, name: &str, access: Access) -> io::Result<File> {
        let name = one(name)?;
        let open = |rights, disposition| relative(parent, name, rights, SHARE_ALL, disposition, FILE_NON_DIRECTORY_FILE);
        let opened = match access {
            // With the right to note when it was used, where this user has it.
            Access::Read => open(GENERIC_READ | FILE_WRITE_ATTRIBUTES, FILE_OPEN).or_else(|error| match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => open(GENERIC_READ, FILE_OPEN),
                _ => Err(error),
            }),
            Access::Grow => open(GENERIC_READ | GENERIC_WRITE, FILE_OPEN_IF),
            Access::New => open(GENERIC_READ | GENERIC_WRITE, FILE_CREATE),
        };
        let file = match opened {
            Err(error) if is_link(&error) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "it is not a regular file, but a link, which is not followed",
                ));
            }
            // So Windows refuses to open a folder as a file.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(match self.look_in(parent, name) {
                    Ok(Found { kind: FoundKind::Folder, .. }) => {
                        io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file, but a folder")
                    }
                    _ => error,
                });
            }
            opened => opened?,
        };
        if access == Access::Grow && names_of(&file)? > 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has a second name elsewhere, so it is not written"));
        }
        Ok(file)
    }

    fn look_in(&self, parent: &File, name: &str) -> io::Result<Found> {
        let file = relative(parent, one(name)?, FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, FILE_OPEN_REPARSE_POINT)?;
        let found = file.metadata()?;
        let kind = match found.file_type() {
            kind if kind.is_file() => FoundKind::File,
            kind if kind.is_dir() => FoundKind::Folder,
            _ => FoundKind::Other,
        };
        Ok(Found { kind, size: found.len(), modified: found.modified()? })
    }

    fn rename(&self, from: &File, name: &str, to: &File, new_name: &str) -> io::Result<()> {
        let rights = DELETE | FILE_READ_ATTRIBUTES;
        let file = relative(from, one(name)?, rights, SHARE_ALL, FILE_OPEN, FILE_OPEN_REPARSE_POINT)?;
        let (to, new_name) = (to.as_raw_handle(), one(new_name)?);
        // Also over a file that somebody has open, where the file system knows how to do that.
        let flags = FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS;
        match set_name(&file, FileRenameInformationEx, to, new_name, flags) {
            Err(error) if is_unknown(&error) => {
                set_name(&file, FileRenameInformation, to, new_name, FILE_RENAME_REPLACE_IF_EXISTS)
            }
            renamed => renamed,
        }
    }

    fn remove_file_in(&self, parent: &File, name: &str) -> io::Result<()> {
        if self.look_in(parent, name)?.kind == FoundKind::Folder {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        remove(parent, name, 0)
    }

    fn remove_folder_in(&self, parent: &File, name: &str) -> io::Result<()> {
        remove(parent, name, FILE_DIRECTORY_FILE)
    }

    fn names_in(&self, folder: &File) -> io::Result<Vec<OsString>> {
        // The place in the list belongs to the handle, so each reader has one of its own: the same folder, by an empty name. Wine also
        // keeps the list that a handle was first asked for.
        Ok(entries(&again(folder, GENERIC_READ)?)?.into_iter().map(|(name, _)| name).collect())
    }
}

/// The names of all that is in a folder that was just opened, with their attributes.
pub(super) fn entries(folder: &File) -> io::Result<Vec<(OsString, u32)>> {
    let mut found = Vec::new();
    let mut buffer = vec![0u64; LIST];
    loop {
        // SAFETY: the handle is open, the buffer is aligned for the structure and has this size.
        let read = unsafe {
            let size = size_of_val(buffer.as_slice()) as u32;
            GetFileInformationByHandleEx(folder.as_raw_handle(), FileIdBothDirectoryInfo, buffer.as_mut_ptr().cast(), size)
        };
        if read == 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error().map(i32::cast_unsigned) {
                // The root of an empty volume has not even `.` and `..`.
                Some(ERROR_NO_MORE_FILES | ERROR_FILE_NOT_FOUND) => Ok(found),
                _ => Err(error),
            };
        }
        // In place: most lists are much shorter than the buffer.
        // SAFETY: all of the buffer is initialised, a byte needs no alignment, and nobody writes while this is borrowed.
        let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), size_of_val(buffer.as_slice())) };
        collect(bytes, &mut found).ok_or(io::ErrorKind::InvalidData)?;
    }
}

/// Collects what is in a list of `FILE_ID_BOTH_DIR_INFO`; `None` if it is malformed.
fn collect(bytes: &[u8], found: &mut Vec<(OsString, u32)>) -> Option<()> {
    let number = |entry: &[u8], offset: usize| -> Option<u32> {
        let bytes = entry.get(offset..offset + size_of::<u32>())?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    let mut at = 0;
    loop {
        let entry = bytes.get(at..)?;
        let attributes = number(entry, offset_of!(FILE_ID_BOTH_DIR_INFO, FileAttributes))?;
        let length = usize::try_from(number(entry, offset_of!(FILE_ID_BOTH_DIR_INFO, FileNameLength))?).ok()?;
        let start = offset_of!(FILE_ID_BOTH_DIR_INFO, FileName);
        let (units, _) = entry.get(start..start.checked_add(length)?)?.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_ne_bytes(*unit)).collect();
        let name = OsString::from_wide(&units);
        if name != "." && name != ".." {
            found.push((name, attributes));
        }
        match number(entry, offset_of!(FILE_ID_BOTH_DIR_INFO, NextEntryOffset))? {
            0 => return Some(()),
            next => at = at.checked_add(usize::try_from(next).ok()?)?,
        }
    }
}

/// Removes a file, a link or an empty folder.
fn remove(parent: &File, name: &str, kind: u32) -> io::Result<()> {
    let rights = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE;
    delete(&relative(parent, one(name)?, rights, SHARE_ALL, FILE_OPEN, FILE_OPEN_REPARSE_POINT | kind)?)
}

/// The folder itself, unless it is a file or a link.
fn plain_folder(folder: File) -> io::Result<File> {
    if folder.metadata()?.file_type().is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// The number of names that a file has.
fn names_of(file: &File) -> io::Result<u32> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, the out pointer is valid.
    match unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(found.nNumberOfLinks),
    }
}

fn is_link(error: &io::Error) -> bool {
    error.raw_os_error().map(i32::cast_unsigned) == Some(ERROR_REPARSE_POINT_ENCOUNTERED)
}

/// A name that leads nowhere else.
pub(super) fn one(name: &str) -> io::Result<&str> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', ':', '\0']) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not one name in a folder"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn files_are_made_read_renamed_and_removed_by_their_names() {
        let temporary = tempfile::tempdir().unwrap();
        let root = StoreFolders.open_folder(temporary.path(), false).unwrap();
        StoreFolders.make_folder_in(&root, "inner").unwrap();
        let inner = StoreFolders.folder_in(&root, "inner").unwrap();
        StoreFolders.file_in(&root, "new", Access::New).unwrap().write_all(b"content").unwrap();
        assert_eq!(StoreFolders.file_in(&root, "new", Access::New).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        StoreFolders.file_in(&inner, "old", Access::Grow).unwrap().write_all(b"replaced").unwrap();
        StoreFolders.rename(&root, "new", &inner, "old").unwrap();
        let mut content = String::new();
        StoreFolders.file_in(&inner, "old", Access::Read).unwrap().read_to_string(&mut content).unwrap();
        assert_eq!(content, "content");
        let found = StoreFolders.look_in(&inner, "old").unwrap();
        assert_eq!((found.kind, found.size), (FoundKind::File, 7));
        assert_eq!(StoreFolders.names_in(&inner).unwrap(), ["old"]);
        StoreFolders.file_in(&inner, "other", Access::New).unwrap();
        assert_eq!(StoreFolders.names_in(&inner).unwrap().len(), 2, "from its beginning again, with what was added");
        StoreFolders.remove_file_in(&inner, "other").unwrap();
        assert!(StoreFolders.remove_folder_in(&root, "inner").is_err(), "it is not empty");
        StoreFolders.remove_file_in(&inner, "old").unwrap();
        drop(inner);
        assert!(StoreFolders.remove_file_in(&root, "inner").is_err(), "it is a folder");
        StoreFolders.remove_folder_in(&root, "inner").unwrap();
        assert_eq!(StoreFolders.look_in(&root, "inner").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(StoreFolders.names_in(&root).unwrap(), [""; 0]);
    }

    #[test]
    fn a_folder_is_not_a_file_and_a_file_not_a_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let root = StoreFolders.open_folder(temporary.path(), false).unwrap();
        StoreFolders.make_folder_in(&root, "folder").unwrap();
        StoreFolders.file_in(&root, "file", Access::New).unwrap();
        for access in [Access::Read, Access::Grow] {
            assert_eq!(StoreFolders.file_in(&root, "folder", access).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        assert_eq!(StoreFolders.folder_in(&root, "file").unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert!(StoreFolders.open_folder(&temporary.path().join("file"), false).is_err());
        for name in ["", ".", "..", "a\\b", "a/b", "a:stream"] {
            assert_eq!(
                StoreFolders.file_in(&root, name, Access::Read).unwrap_err().kind(),
                io::ErrorKind::InvalidInput,
                "{name:?}"
            );
        }
    }

    #[test]
    fn many_names_are_listed_whole() {
        let temporary = tempfile::tempdir().unwrap();
        let root = StoreFolders.open_folder(temporary.path(), false).unwrap();
        for number in 0..1500 {
            std::fs::write(temporary.path().join(format!("{number:0>60}")), "").unwrap();
        }
        assert_eq!(StoreFolders.names_in(&root).unwrap().len(), 1500);
    }

    #[test]
    fn a_file_with_a_second_name_is_not_written() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("precious"), "precious").unwrap();
        std::fs::hard_link(temporary.path().join("precious"), temporary.path().join("part")).unwrap();
        let root = StoreFolders.open_folder(temporary.path(), false).unwrap();
        assert_eq!(StoreFolders.file_in(&root, "part", Access::Grow).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(StoreFolders.file_in(&root, "part", Access::Read).is_ok());
    }
}
