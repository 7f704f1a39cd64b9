//! The rights of this process: its token.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null_mut;

use windows_sys::Win32::Security::{
    CheckTokenMembership, CreateWellKnownSid, GetTokenInformation, SECURITY_MAX_SID_SIZE, TOKEN_ELEVATION,
    TOKEN_INFORMATION_CLASS, TOKEN_QUERY, TokenElevation, WELL_KNOWN_SID_TYPE, WinBuiltinAdministratorsSid,
    WinBuiltinHyperVAdminsSid,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// True if this process runs elevated; `None` if Windows did not say.
pub(super) fn elevated() -> Option<bool> {
    let mut elevation = TOKEN_ELEVATION { TokenIsElevated: 0 };
    // SAFETY: a TOKEN_ELEVATION is what this class fills.
    unsafe { information(TokenElevation, &mut elevation) }.ok()?;
    Some(elevation.TokenIsElevated != 0)
}

/// True if the group Administrators is in the token and enabled: an unelevated administrator has it for denial only.
pub(super) fn is_administrator() -> Option<bool> {
    is_member(WinBuiltinAdministratorsSid)
}

/// True if the group Hyper-V Administrators is in the token and enabled.
pub(super) fn is_hyperv_administrator() -> Option<bool> {
    is_member(WinBuiltinHyperVAdminsSid)
}

/// Reads the information of one class from the token.
///
/// # Safety
/// `T` holds what this class fills, with all it points to, and is valid whatever its bytes are.
pub(super) unsafe fn information<T>(class: TOKEN_INFORMATION_CLASS, into: &mut T) -> io::Result<()> {
    let mut token = null_mut();
    // SAFETY: the pseudo handle is always valid, the out pointer is valid.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the token was just opened and belongs to nobody else.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let (size, mut length) = (size_of::<T>() as u32, 0);
    // SAFETY: the token is open for queries; the pointer and the size describe the place.
    match unsafe { GetTokenInformation(token.as_raw_handle(), class, (&raw mut *into).cast(), size, &raw mut length) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn is_member(group: WELL_KNOWN_SID_TYPE) -> Option<bool> {
    let mut sid = [0u32; SECURITY_MAX_SID_SIZE as usize / 4];
    let mut size = SECURITY_MAX_SID_SIZE;
    let sid = sid.as_mut_ptr().cast();
    // SAFETY: the buffer is aligned for a SID and as large as the largest one.
    if unsafe { CreateWellKnownSid(group, null_mut(), sid, &mut size) } == 0 {
        return None;
    }
    let mut member = 0;
    // SAFETY: no token means this thread's; the SID was filled above, the pointer is to a live integer.
    let answered = unsafe { CheckTokenMembership(null_mut(), sid, &mut member) };
    (answered != 0).then_some(member != 0)
}
