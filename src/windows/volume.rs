//! The volume of a folder: its file system, and whether it is another machine's.

use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Storage::FileSystem::{GetDriveTypeW, GetVolumeInformationW, GetVolumePathNameW};

use super::text::Wide;

/// DRIVE_REMOTE, which windows-sys has elsewhere, with much else.
const REMOTE: u32 = 4;

/// Reads the file system of the volume that an existing folder is on, e.g. `NTFS`, and whether it is another machine's; `None` for
/// what Windows does not say.
pub(super) fn of(folder: &Path) -> (Option<String>, Option<bool>) {
    let Ok(folder) = Wide::new("GetVolumePathName", folder) else { return (None, None) };
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
    let answered = unsafe {
        GetVolumeInformationW(root.as_ptr(), no_name, 0, nothing, nothing, nothing, name.as_mut_ptr(), name.len() as u32)
    };
    let length = name.iter().position(|&unit| unit == 0).unwrap_or_default();
    let name = (answered != 0 && length > 0).then(|| String::from_utf16_lossy(name.get(..length).unwrap_or_default()));
    (name, remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_of_a_folder_has_a_file_system_and_is_here() {
        let folder = tempfile::tempdir().unwrap();
        let (file_system, remote) = of(folder.path());
        assert!(file_system.is_some());
        assert_eq!(remote, Some(false));
    }
}
