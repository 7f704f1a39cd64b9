//! A folder that is entered through its handle only: what is in it is opened by relative paths, never through a reparse point,
//! whatever an archive may have planted there.
#![allow(clippy::missing_const_for_thread_local, reason = "the only one is const, which Clippy does not see for this target")]

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::rc::Rc;

use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_CREATE, FILE_DIRECTORY_FILE, FILE_INFORMATION_CLASS, FILE_LINK_INFORMATION, FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT,
    FILE_OPEN_REPARSE_POINT, FILE_RENAME_INFORMATION, FILE_SYNCHRONOUS_IO_NONALERT, FileLinkInformation,
    NTCREATEFILE_CREATE_DISPOSITION, NTCREATEFILE_CREATE_OPTIONS, NtCreateFile, NtSetInformationFile,
};
use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED, GENERIC_READ,
    GENERIC_WRITE, HANDLE, NTSTATUS, OBJ_DONT_REPARSE, RtlNtStatusToDosError, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_REPARSE_POINT,
    FILE_DISPOSITION_FLAG_DELETE, FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE, FILE_DISPOSITION_FLAG_POSIX_SEMANTICS,
    FILE_DISPOSITION_INFO, FILE_DISPOSITION_INFO_EX, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_ATTRIBUTES, SYNCHRONIZE, WRITE_DAC,
    WRITE_OWNER,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;
use windows_sys::Win32::System::SystemServices::ACCESS_SYSTEM_SECURITY;

use super::file_call::named;
use super::file_info::{basic_info, set, set_basic_info};
use super::handles::entries;
use super::path::verbatim;
use super::privilege;
use crate::files::retry_while_busy;
use crate::layer::BasicInfo;

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    handle: File,
    path: PathBuf,
}

/// Everyone may read, write and delete meanwhile.
pub(super) const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// The access to set everything in a backup stream, with the owner and the access list.
const RESTORE: u32 = GENERIC_READ | GENERIC_WRITE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY;

impl Folder {
    /// Opens a folder, which may not be a reparse point itself.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = verbatim(path)?;
        let handle = File::options()
            .access_mode(GENERIC_READ)
            .share_mode(SHARE_ALL)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
            .open(&path)?;
        let info = basic_info(&handle)?;
        if !is_plain_folder(info.FileAttributes) {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is not a folder", path.display())));
        }
        Ok(Self { handle, path })
    }

    /// Makes a file or folder that is not there yet, to restore a backup stream into.
    pub fn create(&self, path: &str, directory: bool) -> io::Result<File> {
        let kind = if directory { FILE_DIRECTORY_FILE } else { 0 };
        self.relative(path, RESTORE, FILE_SHARE_READ, FILE_CREATE, kind)
    }

    /// Makes a folder that is not there yet.
    pub fn create_folder(&self, path: &str) -> io::Result<()> {
        self.relative(path, 0, SHARE_ALL, FILE_CREATE, FILE_DIRECTORY_FILE).map(drop)
    }

    /// Opens what is there, to restore a backup stream into.
    pub fn reopen(&self, path: &str) -> io::Result<File> {
        self.relative(path, RESTORE, FILE_SHARE_READ, FILE_OPEN, FILE_OPEN_REPARSE_POINT)
    }

    /// Opens what is there, to read its backup stream.
    pub fn open_for_backup(&self, path: &str) -> io::Result<File> {
        self.relative(path, GENERIC_READ | ACCESS_SYSTEM_SECURITY, FILE_SHARE_READ, FILE_OPEN, FILE_OPEN_REPARSE_POINT)
    }

    /// The attributes of what is there, of the link itself where it is one; `None` if there is nothing.
    pub fn attributes(&self, path: &str) -> io::Result<Option<u32>> {
        match self.relative(path, FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, FILE_OPEN_REPARSE_POINT) {
            Ok(file) => {
                let info = basic_info(&file).map_err(named("GetFileInformationByHandleEx", path))?;
                Ok(Some(info.FileAttributes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets attributes and times of a folder in it.
    pub fn set_folder_info(&self, path: &str, info: &BasicInfo) -> io::Result<()> {
        let kind = FILE_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT;
        let folder = self.relative(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, FILE_OPEN, kind)?;
        set_basic_info(&folder, info)
    }

    /// Makes a further name, here, of a file in the same or another folder of the volume. The file may not be a link.
    pub fn link(&self, path: &str, from: &Self, target: &str) -> io::Result<()> {
        let file = from.relative(target, FILE_WRITE_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0)?;
        let (parent, name) = path.rsplit_once('\\').unwrap_or(("", path));
        let parent = if parent.is_empty() {
            None
        } else {
            // Without FILE_OPEN_REPARSE_POINT: a parent that is one is refused.
            Some(self.relative(parent, GENERIC_READ, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE)?)
        };
        let parent = parent.as_ref().map_or(self.handle.as_raw_handle(), File::as_raw_handle);
        set_name(&file, FileLinkInformation, parent, name, 0)
    }

    /// Deletes a file, a link or an empty folder.
    pub fn remove(&self, path: &str) -> io::Result<()> {
        let access = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE;
        delete(&self.relative(path, access, SHARE_ALL, FILE_OPEN, FILE_OPEN_REPARSE_POINT)?)
    }

    /// Deletes what is there with all that is in it, however deep; links are deleted, not followed.
    pub fn remove_all(&self, path: &str) -> io::Result<()> {
        retry_while_busy(|| self.try_to_remove_all(path))
    }

    fn try_to_remove_all(&self, path: &str) -> io::Result<()> {
        let (mut waiting, mut folders) = (vec![path.to_owned()], Vec::new());
        while let Some(path) = waiting.pop() {
            match self.attributes(&path)? {
                None => {}
                Some(attributes) if is_plain_folder(attributes) => {
                    waiting.extend(self.names_in(&path)?.into_iter().map(|name| format!("{path}\\{name}")));
                    folders.push(path);
                }
                Some(_) => self.remove(&path)?,
            }
        }
        // Those that are in others come after them.
        folders.iter().rev().try_for_each(|folder| self.remove(folder))
    }

    /// The names of what is in a folder here.
    pub fn names_in(&self, path: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.path.join(path))? {
            let name = entry?.file_name().into_string();
            // A name that is not Unicode is none that an archive can have brought; it is not touched.
            names.push(name.map_err(|name| io::Error::other(format!("{} is not Unicode", name.display())))?);
        }
        Ok(names)
    }

    /// The number of files in a folder and in all folders below; of links to folders, what is in them is not looked at.
    pub fn count_files(&self, path: &str) -> io::Result<u64> {
        let kind = FILE_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT;
        let root = Rc::new(self.relative(path, GENERIC_READ, SHARE_ALL, FILE_OPEN, kind)?);
        let (mut waiting, mut files) = (vec![(root, None::<String>)], 0);
        // One name at a time, from the folder above: a path through what layers below share could be refused.
        while let Some((above, name)) = waiting.pop() {
            let folder = match name {
                None => above,
                Some(name) => Rc::new(relative(&above, &name, GENERIC_READ, SHARE_ALL, FILE_OPEN, kind)?),
            };
            for (name, attributes) in entries(&folder)? {
                if attributes & FILE_ATTRIBUTE_DIRECTORY == 0 {
                    files += 1;
                } else {
                    waiting.push((Rc::clone(&folder), name.into_string().ok()));
                }
            }
        }
        Ok(files)
    }

    /// Opens or makes something by its path from here, with backslashes.
    fn relative(
        &self,
        path: &str,
        access: u32,
        share: u32,
        disposition: NTCREATEFILE_CREATE_DISPOSITION,
        options: NTCREATEFILE_CREATE_OPTIONS,
    ) -> io::Result<File> {
        relative(&self.handle, path, access, share, disposition, options)
    }
}

/// Opens or makes something by its path from a folder, with backslashes. No reparse point is followed.
pub(super) fn relative(
    folder: &File,
    path: &str,
    access: u32,
    share: u32,
    disposition: NTCREATEFILE_CREATE_DISPOSITION,
    options: NTCREATEFILE_CREATE_OPTIONS,
) -> io::Result<File> {
    relative_with(folder, path, access, share, disposition, options, None)
}

/// [`relative`], and what is made gets this security descriptor, which is self-relative.
pub(super) fn relative_with(
    folder: &File,
    path: &str,
    access: u32,
    share: u32,
    disposition: NTCREATEFILE_CREATE_DISPOSITION,
    options: NTCREATEFILE_CREATE_OPTIONS,
    descriptor: Option<&[u8]>,
) -> io::Result<File> {
    if path.is_empty() || path.starts_with('\\') || path.contains([':', '/', '\0']) || path.split('\\').any(|part| part == "..") {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leads out of the folder"));
    }
    open_below(folder, path, access, share, disposition, options, descriptor)
}

/// The same folder through another handle, with a place of its own in the list of names.
pub(super) fn again(folder: &File, access: u32) -> io::Result<File> {
    open_below(folder, "", access, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE, None)
}

/// Opens or makes what this path leads to, which the callers have looked at.
fn open_below(
    folder: &File,
    path: &str,
    access: u32,
    share: u32,
    disposition: NTCREATEFILE_CREATE_DISPOSITION,
    options: NTCREATEFILE_CREATE_OPTIONS,
    descriptor: Option<&[u8]>,
) -> io::Result<File> {
    let mut units: Vec<u16> = path.encode_utf16().collect();
    let bytes = u16::try_from(units.len() * 2).map_err(|_| io::Error::from(io::ErrorKind::InvalidFilename))?;
    let name = UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: units.as_mut_ptr() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: folder.as_raw_handle(),
        ObjectName: &raw const name,
        Attributes: OBJ_DONT_REPARSE,
        SecurityDescriptor: descriptor.map_or(null(), |descriptor| descriptor.as_ptr().cast()),
        SecurityQualityOfService: null(),
    };
    let options = options | FILE_OPEN_FOR_BACKUP_INTENT | FILE_SYNCHRONOUS_IO_NONALERT;
    let (mut handle, mut status): (HANDLE, _) = (null_mut(), IO_STATUS_BLOCK::default());
    // SAFETY: name, attributes, descriptor and the folder's handle live through the call, the out pointers are valid.
    let code = unsafe {
        NtCreateFile(
            &raw mut handle,
            access | SYNCHRONIZE,
            &raw const attributes,
            &raw mut status,
            null(),
            0,
            share,
            disposition,
            options,
            null(),
            0,
        )
    };
    check(code)?;
    // SAFETY: the handle was just opened and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) }.into())
}

/// Deletes what was opened to be deleted: a file, a link or an empty folder.
pub(super) fn delete(file: &File) -> io::Result<()> {
    match delete_on_close(file) {
        Err(error) if is_unknown(&error) => {}
        result => return result,
    }
    // Not every file system knows how to delete a read-only file.
    let attributes = basic_info(file)?.FileAttributes;
    if attributes & FILE_ATTRIBUTE_READONLY != 0 {
        let attributes = attributes & !FILE_ATTRIBUTE_READONLY;
        let attributes = if attributes == 0 { FILE_ATTRIBUTE_NORMAL } else { attributes };
        set_basic_info(file, &BasicInfo { attributes, ..BasicInfo::default() })?;
    }
    set(file, &FILE_DISPOSITION_INFO { DeleteFile: true })
}

/// Gives a file a name in a folder: a further one by `FileLinkInformation`, another one by the classes for renaming.
pub(super) fn set_name(file: &File, class: FILE_INFORMATION_CLASS, folder: HANDLE, name: &str, flags: u32) -> io::Result<()> {
    let name: Vec<u16> = name.encode_utf16().collect();
    let (mut buffer, size) = name_information(folder, &name, flags)?;
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the buffer holds a FILE_LINK_INFORMATION of this size, which is a FILE_RENAME_INFORMATION as well; both handles are open.
    check(unsafe { NtSetInformationFile(file.as_raw_handle(), &raw mut status, buffer.as_mut_ptr().cast(), size, class) })
}

/// Both structures have the same fields in the same places.
const _: () = {
    assert!(size_of::<FILE_LINK_INFORMATION>() == size_of::<FILE_RENAME_INFORMATION>());
    assert!(std::mem::offset_of!(FILE_LINK_INFORMATION, FileName) == std::mem::offset_of!(FILE_RENAME_INFORMATION, FileName));
    assert!(
        std::mem::offset_of!(FILE_LINK_INFORMATION, RootDirectory)
            == std::mem::offset_of!(FILE_RENAME_INFORMATION, RootDirectory)
    );
};

/// True if something with these attributes is a folder, and not a link to one.
pub(super) const fn is_plain_folder(attributes: u32) -> bool {
    attributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT) == FILE_ATTRIBUTE_DIRECTORY
}

/// Deletes one name of a file, of whose other names (a parent layer's) nothing changes: neither its attributes nor, while a
/// program is run from it, its availability. Older ways of deleting clear the one and mind the other. The name is gone as soon as this
/// handle is closed: otherwise it would stay, and its folder with it, until everybody who has the file open, e.g. to read it, has closed it.
fn delete_on_close(file: &File) -> io::Result<()> {
    let how = FILE_DISPOSITION_FLAG_POSIX_SEMANTICS | FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE;
    set(file, &FILE_DISPOSITION_INFO_EX { Flags: FILE_DISPOSITION_FLAG_DELETE | how })
}

/// True if the file system does not know the request.
pub(super) fn is_unknown(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(i32::cast_unsigned);
    matches!(code, Some(ERROR_INVALID_FUNCTION | ERROR_NOT_SUPPORTED | ERROR_INVALID_PARAMETER | ERROR_CALL_NOT_IMPLEMENTED))
}

/// Deletes a folder with all that is in it, whatever access lists say, if this program may do that at all.
pub(super) fn remove_tree(folder: &Path) -> io::Result<()> {
    // Without the privileges, the deletions below fail.
    let _ = privilege::enable_backup_and_restore();
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name().and_then(OsStr::to_str)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match Folder::open(parent) {
        Ok(parent) => parent.remove_all(name),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// A `FILE_LINK_INFORMATION` with its name behind it, and its size.
fn name_information(parent: HANDLE, name: &[u16], flags: u32) -> io::Result<(Vec<FILE_LINK_INFORMATION>, u32)> {
    let bytes = size_of_val(name);
    // Shorter than the structure, as a name of one letter would make it, it is refused.
    let size = (std::mem::offset_of!(FILE_LINK_INFORMATION, FileName) + bytes).max(size_of::<FILE_LINK_INFORMATION>());
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidFilename);
    let mut buffer = vec![FILE_LINK_INFORMATION::default(); size.div_ceil(size_of::<FILE_LINK_INFORMATION>())];
    if let Some(information) = buffer.first_mut() {
        information.Anonymous.Flags = flags;
        information.RootDirectory = parent;
        information.FileNameLength = u32::try_from(bytes).map_err(too_long)?;
    }
    let start = std::mem::offset_of!(FILE_LINK_INFORMATION, FileName);
    // SAFETY: the buffer has at least `size` bytes, of which the last are for the name, at an even offset.
    unsafe {
        let to = buffer.as_mut_ptr().cast::<u8>().add(start).cast::<u16>();
        std::ptr::copy_nonoverlapping(name.as_ptr(), to, name.len());
    }
    Ok((buffer, u32::try_from(size).map_err(too_long)?))
}

thread_local! {
    /// The status of the last call of ntdll.dll that failed on this thread: the error that is made of it has less in it.
    static LAST_STATUS: Cell<NTSTATUS> = const { Cell::new(0) };
}

/// The status of the last call of ntdll.dll that failed on this thread.
pub(super) fn last_status() -> NTSTATUS {
    LAST_STATUS.get()
}

fn check(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    LAST_STATUS.set(status);
    // SAFETY: any number may be asked for.
    let code = unsafe { RtlNtStatusToDosError(status) };
    Err(io::Error::from_raw_os_error(code.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::FileTime;
    use crate::windows::file_info::info_of;
    use std::io::Write as _;

    #[test]
    fn files_folders_and_links_by_relative_paths() {
        // Only who has these privileges on may open a file with the right to its audit list. Wine gives it to everybody.
        privilege::enable_backup_and_restore().unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let root = Folder::open(temporary.path()).unwrap();
        root.create_folder("Files").unwrap();
        let mut file = root.create("Files\\a.txt", false).unwrap();
        file.write_all(b"content").unwrap();
        let times = BasicInfo {
            creation: FileTime(133_500_000_000_000_000),
            write: FileTime(133_600_000_000_000_000),
            ..BasicInfo::default()
        };
        set_basic_info(&file, &times).unwrap();
        let read = info_of(&file).unwrap();
        assert_eq!(read.write, times.write);
        // Wine on Linux keeps no time of creation and tells that of the last write.
        assert!([times.creation, times.write].contains(&read.creation), "{:?}", read.creation);
        drop(file);
        for link in ["b", "bb", "b.txt"] {
            root.link(&format!("Files\\{link}"), &root, "Files\\a.txt").unwrap();
            assert_eq!(std::fs::read(temporary.path().join("Files").join(link)).unwrap(), b"content");
        }
        assert_eq!(root.names_in("Files").unwrap().len(), 4);
        assert_eq!(root.count_files("Files").unwrap(), 4);
        assert_eq!(root.create("Files\\a.txt", false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);

        root.remove("Files\\a.txt").unwrap();
        assert_eq!(root.attributes("Files\\a.txt").unwrap(), None);
        root.create_folder("Files\\sub").unwrap();
        drop(root.create("Files\\sub\\c", false).unwrap());
        assert_eq!(root.count_files("Files").unwrap(), 4, "one is gone, and one is further down");
        root.remove_all("Files").unwrap();
        assert_eq!(temporary.path().read_dir().unwrap().count(), 0);
    }

    /// Wine 8 does not know this way of deleting.
    #[test]
    fn a_name_is_gone_although_somebody_has_the_file_open() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Folder::open(temporary.path()).unwrap();
        root.create_folder("log").unwrap();
        let path = temporary.path().join("log").join("a.txt");
        std::fs::write(&path, "content").unwrap();
        let reader = File::open(&path).unwrap();
        let file = root.relative("log\\a.txt", DELETE, SHARE_ALL, FILE_OPEN, FILE_OPEN_REPARSE_POINT).unwrap();
        match delete_on_close(&file) {
            Err(error) if is_unknown(&error) => return,
            deleted => deleted.unwrap(),
        }
        drop(file);
        assert_eq!(root.attributes("log\\a.txt").unwrap(), None);
        root.remove("log").unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "content");
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Folder::open(temporary.path()).unwrap();
        for path in ["", "\\Windows", "..", "a\\..\\..\\b", "C:\\Windows", "a:stream", "a/b", "a\0b"] {
            assert_eq!(root.create(path, false).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{path:?}");
        }
    }
}
