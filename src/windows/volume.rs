//! The volume of a folder: its file system, and whether it is another machine's.

use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Storage::FileSystem::{GetDriveTypeW, GetVolumeInformationW, GetVolumePathNameW};

use super::text::Wide;

/// DRIVE_REMOTE, which windows-sys has elsewhere, with much else.
const REMOTE: u32 = 4;

/// The file system, e.g. `NTFS`, and whether the volume is another machine's, of a folder that exists; `None` for what Windows
/// does not say.
pub(crate) fn of(folder: &Path) -> (Option<String>, Option<bool>) {
    let Ok(folder) = Wide::path("GetVolumePathName", folder) else { return (None, None) };
    // A volume can be mounted at a folder: its path may be as long as any.
    let mut root = vec![0u16; 1 << 15];
    // SAFETY: the folder ends with a NUL; the pointer and the length describe the buffer.
    if unsafe { GetVolumePathNameW(folder.as_ptr(), root.as_mut_ptr(), root.len() as u32) } == 0 {
        return (None, None);
    }
    // SAFETY: on success the buffer holds a text that ends with a NUL.
    let remote = match unsafe { GetDriveTypeW(root.as_ptr()) } {
        // DRIVE_UNKNOWN and DRIVE_NO_ROOT_DIR.
        0 | 1 => None,
        kind => Some(kind == REMOTE),
    };
    let mut name = [0u16; 64];
    let (no_name, nothing) = (null_mut(), null_mut());
    // SAFETY: as above; what is not asked for may be null, and the last two describe the buffer for the name.
    let told = unsafe {
        GetVolumeInformationW(root.as_ptr(), no_name, 0, nothing, nothing, nothing, name.as_mut_ptr(), name.len() as u32)
    };
    let length = name.iter().position(|&unit| unit == 0).unwrap_or_default();
    let name = (told != 0 && length > 0).then(|| String::from_utf16_lossy(name.get(..length).unwrap_or_default()));
    (name, remote)
}
