//! The privileges that restoring a layer takes: of administrators, and off until they are asked for.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_NOT_ALL_ASSIGNED, GetLastError, LUID};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_BACKUP_NAME, SE_PRIVILEGE_ENABLED, SE_RESTORE_NAME,
    SE_SECURITY_NAME, TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::core::PCWSTR;

/// Turns on what is needed to read and write any file with its security descriptor, for the whole process. Fails without
/// elevation.
pub(super) fn enable_backup_and_restore() -> io::Result<()> {
    let mut token = null_mut();
    // SAFETY: the pseudo handle of this process needs no closing, the out pointer is valid.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the token was just opened and belongs to nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    enable(&token, SE_BACKUP_NAME)?;
    enable(&token, SE_RESTORE_NAME)?;
    // Audit lists need it on some volumes, e.g. of a mounted disk (`docs/hcs.md#layer-files`). Where the token lacks it, the two above
    // are enough on all others.
    let _ = enable(&token, SE_SECURITY_NAME);
    Ok(())
}

fn enable(token: &OwnedHandle, name: PCWSTR) -> io::Result<()> {
    let mut id = LUID::default();
    // SAFETY: the name is one of Windows' own, the out pointer is valid; null means this machine.
    if unsafe { LookupPrivilegeValueW(null(), name, &raw mut id) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let privilege = LUID_AND_ATTRIBUTES { Luid: id, Attributes: SE_PRIVILEGE_ENABLED };
    let wanted = TOKEN_PRIVILEGES { PrivilegeCount: 1, Privileges: [privilege] };
    // SAFETY: the token is open, the structure holds as many privileges as it says; the former state is not asked for.
    let adjusted = unsafe { AdjustTokenPrivileges(token.as_raw_handle(), 0, &raw const wanted, 0, null_mut(), null_mut()) };
    // It claims success also where the token does not have the privilege.
    // SAFETY: no conditions.
    match unsafe { GetLastError() } {
        ERROR_NOT_ALL_ASSIGNED => Err(io::Error::from_raw_os_error(ERROR_NOT_ALL_ASSIGNED.cast_signed())),
        _ if adjusted == 0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
