//! The privileges that restoring a layer takes: of administrators, and off until they are asked for.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_NOT_ALL_ASSIGNED, GetLastError, LUID};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_BACKUP_NAME, SE_PRIVILEGE_ENABLED, SE_RESTORE_NAME,
    SE_SECURITY_NAME, TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_PRIVILEGES_ATTRIBUTES, TOKEN_QUERY,
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
    enable_in(&unsafe { OwnedHandle::from_raw_handle(token) })
}

fn enable_in(token: &OwnedHandle) -> io::Result<()> {
    enable(token, SE_BACKUP_NAME)?;
    enable(token, SE_RESTORE_NAME)?;
    // Audit lists need it on some volumes, e.g. of a mounted disk (`docs/hcs.md#layer-files`). Where the token lacks it, the two above
    // are enough on all others.
    let _ = enable(token, SE_SECURITY_NAME);
    Ok(())
}

fn enable(token: &OwnedHandle, name: PCWSTR) -> io::Result<()> {
    adjust(token, name, SE_PRIVILEGE_ENABLED)
}

fn adjust(token: &OwnedHandle, name: PCWSTR, attributes: TOKEN_PRIVILEGES_ATTRIBUTES) -> io::Result<()> {
    let mut id = LUID::default();
    // SAFETY: the name is one of Windows' own, the out pointer is valid; null means this machine.
    if unsafe { LookupPrivilegeValueW(null(), name, &raw mut id) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let privilege = LUID_AND_ATTRIBUTES { Luid: id, Attributes: attributes };
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

#[cfg(test)]
mod tests {
    use windows_sys::Win32::Security::{
        DuplicateTokenEx, PRIVILEGE_SET, PrivilegeCheck, SE_PRIVILEGE_REMOVED, SecurityImpersonation, TOKEN_DUPLICATE,
        TokenImpersonation,
    };

    use super::*;

    /// A copy of the token of this process, whose privileges can be taken away without harm to other tests.
    fn copy() -> OwnedHandle {
        let (mut token, mut copy) = (null_mut(), null_mut());
        // SAFETY: the out pointers are valid, and the handles are owned once they are given.
        unsafe {
            assert_ne!(OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, &raw mut token), 0);
            let token = OwnedHandle::from_raw_handle(token);
            let access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
            let copied =
                DuplicateTokenEx(token.as_raw_handle(), access, null(), SecurityImpersonation, TokenImpersonation, &raw mut copy);
            assert_ne!(copied, 0, "{}", io::Error::last_os_error());
            OwnedHandle::from_raw_handle(copy)
        }
    }

    fn is_on(token: &OwnedHandle, name: PCWSTR) -> bool {
        let mut id = LUID::default();
        let mut answer = 0;
        // SAFETY: the name is one of Windows' own, the out pointers and the set are valid.
        unsafe {
            assert_ne!(LookupPrivilegeValueW(null(), name, &raw mut id), 0);
            let privilege = [LUID_AND_ATTRIBUTES { Luid: id, Attributes: 0 }];
            let mut set = PRIVILEGE_SET { PrivilegeCount: 1, Control: 0, Privilege: privilege };
            assert_ne!(PrivilegeCheck(token.as_raw_handle(), &raw mut set, &raw mut answer), 0);
        }
        answer != 0
    }

    #[test]
    fn audit_lists_are_asked_for_and_not_insisted_on() {
        let token = copy();
        enable_in(&token).unwrap();
        assert!([SE_BACKUP_NAME, SE_RESTORE_NAME, SE_SECURITY_NAME].iter().all(|name| is_on(&token, *name)));
        adjust(&token, SE_SECURITY_NAME, SE_PRIVILEGE_REMOVED).unwrap();
        enable_in(&token).unwrap();
        assert!(!is_on(&token, SE_SECURITY_NAME));
        adjust(&token, SE_RESTORE_NAME, SE_PRIVILEGE_REMOVED).unwrap();
        assert_eq!(enable_in(&token).unwrap_err().raw_os_error(), Some(ERROR_NOT_ALL_ASSIGNED.cast_signed()));
    }
}
