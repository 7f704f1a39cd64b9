//! Win32 backup streams into and out of files: with owner, access list, extended attributes and reparse data.

use std::ffi::c_void;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::windows::io::AsRawHandle;
use std::ptr::null_mut;

use windows_sys::Win32::Storage::FileSystem::{BackupRead, BackupWrite};

/// A file into which a backup stream is restored. Security descriptors are restored too: left out, nothing fails until a service
/// in the container cannot read its own DLLs.
#[derive(Debug)]
pub(super) struct Restore {
    file: File,
    context: *mut c_void,
}

// SAFETY: the context belongs to this value alone and is not bound to a thread.
unsafe impl Send for Restore {}

impl Restore {
    /// Restores into this file, which was opened for it.
    pub const fn into(file: File) -> Self {
        Self { file, context: null_mut() }
    }
}

impl Write for Restore {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut written = 0;
        // SAFETY: the file is open, the bytes have this length, the context is null or this function's own.
        let done = unsafe {
            BackupWrite(self.file.as_raw_handle(), bytes.as_ptr(), length, &raw mut written, 0, 1, &raw mut self.context)
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(written as usize) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        if !self.context.is_null() {
            let mut written = 0;
            // SAFETY: this frees the context, once, before the file is closed.
            unsafe { BackupWrite(self.file.as_raw_handle(), null_mut(), 0, &raw mut written, 1, 1, &raw mut self.context) };
        }
    }
}

/// A file whose backup stream is read.
#[derive(Debug)]
pub(super) struct Backup {
    file: File,
    context: *mut c_void,
}

impl Backup {
    /// Reads this file, which was opened for it.
    pub const fn of(file: File) -> Self {
        Self { file, context: null_mut() }
    }
}

impl Read for Backup {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let mut read = 0;
        // SAFETY: the file is open, the buffer has this length, the context is null or this function's own.
        let done = unsafe {
            BackupRead(self.file.as_raw_handle(), buffer.as_mut_ptr(), length, &raw mut read, 0, 1, &raw mut self.context)
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(read as usize) }
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        if !self.context.is_null() {
            let mut read = 0;
            // SAFETY: this frees the context, once, before the file is closed.
            unsafe { BackupRead(self.file.as_raw_handle(), null_mut(), 0, &raw mut read, 1, 1, &raw mut self.context) };
        }
    }
}
