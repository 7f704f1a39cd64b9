//! Folders that are made together with their access list, and the owner of a folder.

use std::fs::File;
use std::io;
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::windows::io::AsRawHandle as _;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use windows_sys::Wdk::Storage::FileSystem::{FILE_CREATE, FILE_DIRECTORY_FILE};
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{ConvertSidToStringSidW, GetSecurityInfo, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{OWNER_SECURITY_INFORMATION, PSID, SECURITY_ATTRIBUTES, TOKEN_USER, TokenUser};
use windows_sys::Win32::Storage::FileSystem::{
    CreateDirectoryW, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, READ_CONTROL,
};

use super::folder::{SHARE_ALL, relative_with};
use super::handles::one;
use super::security::self_relative;
use super::text::{Wide, read};
use super::token;
use crate::handles::Handles;
use crate::ownership::{Folders, Readers, Seen};

/// Folders with a protected access list.
#[derive(Clone, Copy, Debug)]
pub struct StoreFolders;

impl Folders for StoreFolders {
    fn look(&self, folder: &Path) -> io::Result<Seen> {
        look(folder)
    }

    fn make(&self, folder: &Path, readers: Readers) -> io::Result<()> {
        make(folder, readers)
    }

    fn make_in(&self, parent: &File, name: &str, readers: Readers) -> io::Result<()> {
        let descriptor = descriptor(readers)?;
        relative_with(parent, one(name)?, 0, SHARE_ALL, FILE_CREATE, FILE_DIRECTORY_FILE, Some(&descriptor)).map(drop)
    }

    fn owner(&self, folder: &File) -> io::Result<String> {
        owner(folder)
    }

    fn user(&self) -> io::Result<String> {
        user()
    }

    fn trusted(&self) -> &'static [(&'static str, &'static str)] {
        &[("S-1-5-18", "SYSTEM"), ("S-1-5-32-544", "Administrators")]
    }

    fn elevation(&self) -> Option<&'static str> {
        Some("open the console with \"Run as administrator\"")
    }

    fn handles(&self) -> &'static dyn Handles {
        &Self
    }
}

/// The store's folder for all users, e.g. `C:\ProgramData\wincompat`; `None` if the environment names no such place.
pub fn default_store() -> Option<PathBuf> {
    std::env::var_os("ProgramData").map(|data| PathBuf::from(data).join("wincompat"))
}

/// Reads the nature and the owner of what is at this path; a reparse point is looked at and not followed.
fn look(folder: &Path) -> io::Result<Seen> {
    let file = File::options()
        .access_mode(READ_CONTROL | FILE_READ_ATTRIBUTES)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(folder)?;
    let found = file.metadata()?;
    let is_folder = found.is_dir() && found.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT == 0;
    Ok(Seen { folder: is_folder, owner: owner(&file)? })
}

/// The owner of what is open with the right to read it.
fn owner(file: &File) -> io::Result<String> {
    let (mut owner, mut descriptor) = (null_mut(), null_mut());
    // SAFETY: the handle is open with READ_CONTROL; the out pointers are valid, and what is not asked for may be null.
    let code = unsafe {
        let (handle, nothing) = (file.as_raw_handle(), null_mut());
        let owner = &raw mut owner;
        GetSecurityInfo(
            handle,
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            owner,
            null_mut(),
            nothing,
            null_mut(),
            &raw mut descriptor,
        )
    };
    if code != 0 {
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    // SAFETY: on success the owner is a SID in the descriptor, which is not freed yet.
    let owner = unsafe { in_text(owner) };
    // SAFETY: the descriptor is documented to be freed so, once.
    unsafe { LocalFree(descriptor) };
    owner
}

/// The access list of a new folder, and its owner.
fn descriptor(readers: Readers) -> io::Result<Vec<u8>> {
    let user = if token::is_administrator() == Some(true) { None } else { Some(user()?) };
    self_relative(&access_list(readers, user.as_deref()))
}

/// Makes a folder, its access list and its owner in one step.
fn make(folder: &Path, readers: Readers) -> io::Result<()> {
    let mut descriptor = descriptor(readers)?;
    let path = Wide::new("CreateDirectory", folder).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.as_mut_ptr().cast(),
        bInheritHandle: 0,
    };
    // SAFETY: the path ends with a NUL; the attributes and the descriptor in them live through the call.
    match unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The SID of the user of this process, e.g. `S-1-5-21-…-1001`.
fn user() -> io::Result<String> {
    // The structure, and behind it the SID it points to.
    let mut buffer = [0u64; 16];
    // SAFETY: 128 bytes hold a TOKEN_USER (16) and the largest SID (68).
    unsafe { token::information(TokenUser, &mut buffer)? };
    // SAFETY: it filled a TOKEN_USER whose SID lies in the buffer; u64 is aligned for both.
    unsafe { in_text((*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

/// A protected access list: nothing of the parent's is inherited. Administrators own what one of them makes; an unelevated user
/// cannot give it to them, and gets a line of his own.
fn access_list(readers: Readers, user: Option<&str>) -> String {
    let mut list = match user {
        None => "O:BAD:P".to_owned(),
        Some(user) => format!("D:P(A;OICI;FA;;;{user})"),
    };
    list.push_str("(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
    list.push_str(match readers {
        // Users and all virtual machines read and execute.
        Readers::Everyone => "(A;OICI;0x1200a9;;;BU)(A;OICI;0x1200a9;;;S-1-5-83-0)",
        // Hyper-V Administrators modify. Users read nothing of it but who owns it: READ_CONTROL, FILE_READ_ATTRIBUTES, SYNCHRONIZE,
        // not inherited.
        Readers::Nobody => "(A;OICI;0x1301bf;;;S-1-5-32-578)(A;OICI;0x1200a9;;;S-1-5-83-0)(A;;0x120080;;;BU)",
    });
    list
}

/// A SID in text.
///
/// # Safety
/// The pointer is to a valid SID.
unsafe fn in_text(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: the caller vouches for the SID; the out pointer is valid.
    if unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: on success it is a text that ends with a NUL.
    let read = unsafe { read(text) };
    // SAFETY: the text is documented to be freed so, once.
    unsafe { LocalFree(text.cast()) };
    read.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_list_names_those_who_may_and_no_one_else() {
        assert_eq!(
            access_list(Readers::Everyone, None),
            "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICI;0x1200a9;;;S-1-5-83-0)"
        );
        assert_eq!(
            access_list(Readers::Nobody, Some("S-1-5-21-1-2-3-1001")),
            "D:P(A;OICI;FA;;;S-1-5-21-1-2-3-1001)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)\
             (A;OICI;0x1301bf;;;S-1-5-32-578)(A;OICI;0x1200a9;;;S-1-5-83-0)(A;;0x120080;;;BU)"
        );
        // SE_DACL_PRESENT and SE_DACL_PROTECTED in the second byte of the control, and the owner's offset.
        let described = self_relative(&access_list(Readers::Everyone, None)).unwrap();
        assert_eq!(described[2] & 0x04, 0x04);
        assert_eq!(described[3] & 0x10, 0x10);
        assert_ne!(described[4..8], [0; 4]);
        let described = self_relative(&access_list(Readers::Nobody, Some("S-1-5-21-1-2-3-1001"))).unwrap();
        assert_eq!((described[3] & 0x10, &described[4..8]), (0x10, &[0; 4][..]));
    }

    #[test]
    fn a_new_folder_is_the_administrators_or_the_users() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("store");
        assert_eq!(look(&folder).unwrap_err().kind(), io::ErrorKind::NotFound);
        make(&folder, Readers::Everyone).unwrap();
        let seen = look(&folder).unwrap();
        assert!(seen.folder);
        assert!(["S-1-5-32-544", &user().unwrap()].contains(&seen.owner.as_str()), "{seen:?}");
        assert_eq!(make(&folder, Readers::Everyone).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        std::fs::write(folder.join("file"), "").unwrap();
        assert!(!look(&folder.join("file")).unwrap().folder);
    }
}
