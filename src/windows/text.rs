//! Texts across the border: UTF-16 with a NUL, and who frees what.

use std::ffi::{OsStr, c_void};
use std::os::windows::ffi::OsStrExt;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::core::{PCWSTR, PWSTR};

use crate::hcs::call::CallError;

/// A text for Windows: UTF-16, ended by a NUL.
#[derive(Debug)]
pub(super) struct Wide(Vec<u16>);

impl Wide {
    /// A text or path. One with a NUL inside is refused, which Windows would take for its end.
    pub fn new(call: &'static str, text: impl AsRef<OsStr>) -> Result<Self, CallError> {
        let mut units: Vec<u16> = text.as_ref().encode_wide().collect();
        if units.contains(&0) {
            return Err(CallError::unusable(call, "a text with a NUL in it"));
        }
        units.push(0);
        Ok(Self(units))
    }

    /// Valid as long as this lives, for a function that writes to it.
    pub fn as_mut_ptr(&mut self) -> PWSTR {
        self.0.as_mut_ptr()
    }

    /// Valid as long as this lives.
    pub fn as_ptr(&self) -> PCWSTR {
        self.0.as_ptr()
    }
}

/// Reads a text that belongs to someone else; `None` for a null pointer.
///
/// # Safety
/// The pointer is null or points to UTF-16 units ended by a NUL.
pub(super) unsafe fn read(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    let mut length = 0;
    // SAFETY: the caller vouches for a NUL, and nothing beyond it is read.
    while unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: these units were just read.
    Some(String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) }))
}

/// Reads and frees a text of computecore.dll, which is documented to be freed with LocalFree.
///
/// # Safety
/// The pointer is null, or came from computecore.dll and was not freed.
pub(super) unsafe fn take_local(text: PWSTR) -> Option<String> {
    // SAFETY: what the DLL gives is ended by a NUL.
    let read = unsafe { read(text) };
    // SAFETY: the text is ours to free, once; null is allowed.
    unsafe { LocalFree(text.cast::<c_void>()) };
    read
}

/// Reads and frees a text of computenetwork.dll or vmcompute.dll, which are freed with CoTaskMemFree.
///
/// # Safety
/// The pointer is null, or came from one of these DLLs and was not freed.
pub(super) unsafe fn take_com(text: PWSTR) -> Option<String> {
    // SAFETY: what the DLL gives is ended by a NUL.
    let read = unsafe { read(text) };
    // SAFETY: the text is ours to free, once; null is allowed.
    unsafe { CoTaskMemFree(text.cast::<c_void>()) };
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let wide = Wide::new("test", "C:\\Größe 😀").unwrap();
        // SAFETY: `wide` ends with a NUL.
        assert_eq!(unsafe { read(wide.as_ptr()) }.as_deref(), Some("C:\\Größe 😀"));
        // SAFETY: null is allowed.
        assert_eq!(unsafe { read(std::ptr::null()) }, None);
        assert!(Wide::new("test", "a\0b").is_err());
    }
}
