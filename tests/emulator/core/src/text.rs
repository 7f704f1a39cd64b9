//! Texts that cross the boundary: UTF-16 in, allocated UTF-16 out.

use windows_sys::Win32::Foundation::HLOCAL;
use windows_sys::Win32::System::Com::CoTaskMemAlloc;
use windows_sys::Win32::System::Memory::{LMEM_FIXED, LocalAlloc};
use windows_sys::core::{PCWSTR, PWSTR};

/// Reads a NUL-terminated text; none for a null pointer.
///
/// # Safety
/// `text` is null or points to a NUL-terminated UTF-16 text.
pub unsafe fn read(text: PCWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    let mut length = 0;
    // SAFETY: the caller's text ends with a NUL, and nothing beyond it is read.
    let units = unsafe {
        while *text.add(length) != 0 {
            length += 1;
        }
        std::slice::from_raw_parts(text, length)
    };
    Some(String::from_utf16_lossy(units))
}

/// A NUL-terminated copy for a Windows function.
pub fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain(std::iter::once(0)).collect()
}

/// Who frees a text that is given out.
#[derive(Clone, Copy)]
pub enum Owner {
    /// LocalFree: computecore.dll.
    Local,
    /// CoTaskMemFree: vmcompute.dll and computenetwork.dll.
    TaskMemory,
}

/// Gives a text out; null if there is none or no memory.
pub fn give(text: Option<&str>, owner: Owner) -> PWSTR {
    let Some(text) = text else { return std::ptr::null_mut() };
    let units = wide(text);
    // SAFETY: the allocation is as long as what is copied into it.
    unsafe {
        let memory: HLOCAL = match owner {
            Owner::Local => LocalAlloc(LMEM_FIXED, units.len() * 2),
            Owner::TaskMemory => CoTaskMemAlloc(units.len() * 2),
        };
        if !memory.is_null() {
            std::ptr::copy_nonoverlapping(units.as_ptr(), memory.cast::<u16>(), units.len());
        }
        memory.cast()
    }
}

/// Gives a text out through a caller's pointer, which may be null.
///
/// # Safety
/// `place` is null or points to a place for a pointer.
pub unsafe fn give_to(place: *mut PWSTR, text: Option<&str>, owner: Owner) {
    if !place.is_null() {
        // SAFETY: the caller's pointer is valid for one pointer.
        unsafe { *place = give(text, owner) };
    }
}
