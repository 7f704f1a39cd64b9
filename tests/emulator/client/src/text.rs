//! Texts in, texts out, and who frees them.

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::System::Com::CoTaskMemFree;

/// A NUL-terminated UTF-16 text.
pub struct Wide(Vec<u16>);

impl Wide {
    /// Of this text.
    pub fn new(text: &str) -> Wide {
        Wide(text.encode_utf16().chain([0]).collect())
    }

    /// For a call.
    pub fn ptr(&self) -> *const u16 {
        self.0.as_ptr()
    }
}

/// Reads a text; empty for null.
///
/// # Safety
/// The pointer is null or a NUL-terminated text.
pub unsafe fn read(text: *const u16) -> String {
    let mut units = Vec::new();
    // SAFETY: as the caller says.
    unsafe {
        let mut next = text;
        while !next.is_null() && *next != 0 {
            units.push(*next);
            next = next.add(1);
        }
    }
    String::from_utf16_lossy(&units)
}

/// Reads a text of computecore.dll and frees it.
///
/// # Safety
/// As `read`; the text is the caller's.
pub unsafe fn take_local(text: *mut u16) -> String {
    // SAFETY: as the caller says.
    unsafe {
        let found = read(text);
        if !text.is_null() {
            LocalFree(text.cast());
        }
        found
    }
}

/// Reads a text of vmcompute.dll or computenetwork.dll and frees it.
///
/// # Safety
/// As `read`; the text is the caller's.
pub unsafe fn take_task(text: *mut u16) -> String {
    // SAFETY: as the caller says.
    unsafe {
        let found = read(text);
        if !text.is_null() {
            CoTaskMemFree(text.cast());
        }
        found
    }
}
