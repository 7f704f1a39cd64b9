//! The information that Windows has of an open file: attributes and times, and whether it is to be deleted.

use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_BASIC_INFO, FILE_DISPOSITION_INFO, FILE_DISPOSITION_INFO_EX, FILE_INFO_BY_HANDLE_CLASS, FileBasicInfo,
    FileDispositionInfo, FileDispositionInfoEx, GetFileInformationByHandleEx, SetFileInformationByHandle,
};

use crate::layer::{BasicInfo, FileTime};

/// Sets attributes and times; zero leaves them as they are.
pub(super) fn set_basic_info(file: &File, info: &BasicInfo) -> io::Result<()> {
    let BasicInfo { creation, access, write, change, attributes } = *info;
    let info = FILE_BASIC_INFO {
        CreationTime: creation.0,
        LastAccessTime: access.0,
        LastWriteTime: write.0,
        ChangeTime: change.0,
        FileAttributes: attributes,
    };
    set(file, &info)
}

/// A structure of information about a file.
///
/// # Safety
/// The class is the one for this structure.
pub(super) unsafe trait Information {
    /// The class that Windows reads the structure as.
    const CLASS: FILE_INFO_BY_HANDLE_CLASS;
}

// SAFETY: as documented for the class.
unsafe impl Information for FILE_BASIC_INFO {
    const CLASS: FILE_INFO_BY_HANDLE_CLASS = FileBasicInfo;
}

// SAFETY: as documented for the class.
unsafe impl Information for FILE_DISPOSITION_INFO {
    const CLASS: FILE_INFO_BY_HANDLE_CLASS = FileDispositionInfo;
}

// SAFETY: as documented for the class.
unsafe impl Information for FILE_DISPOSITION_INFO_EX {
    const CLASS: FILE_INFO_BY_HANDLE_CLASS = FileDispositionInfoEx;
}

/// Sets information about a file.
pub(super) fn set<T: Information>(file: &File, information: &T) -> io::Result<()> {
    // SAFETY: the class is the structure's, and this is its size.
    let set = unsafe {
        SetFileInformationByHandle(file.as_raw_handle(), T::CLASS, (&raw const *information).cast(), size_of::<T>() as u32)
    };
    if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Attributes and times as a layer has them.
pub(super) fn info_of(file: &File) -> io::Result<BasicInfo> {
    let info = basic_info(file)?;
    Ok(BasicInfo {
        creation: FileTime(info.CreationTime),
        access: FileTime(info.LastAccessTime),
        write: FileTime(info.LastWriteTime),
        change: FileTime(info.ChangeTime),
        attributes: info.FileAttributes,
    })
}

/// The same as Windows has them.
pub(super) fn basic_info(file: &File) -> io::Result<FILE_BASIC_INFO> {
    let mut info = FILE_BASIC_INFO::default();
    // SAFETY: the structure is the one of this class and has this size.
    let got = unsafe {
        let size = size_of::<FILE_BASIC_INFO>() as u32;
        GetFileInformationByHandleEx(file.as_raw_handle(), FILE_BASIC_INFO::CLASS, (&raw mut info).cast(), size)
    };
    if got == 0 { Err(io::Error::last_os_error()) } else { Ok(info) }
}
