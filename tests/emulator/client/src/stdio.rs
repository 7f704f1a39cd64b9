//! Standard streams: overlapped handles, read and written with an OVERLAPPED each.

use crate::ffi::Handle;
use windows_sys::Win32::Foundation::{CloseHandle, ERROR_IO_PENDING, GetLastError};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::CreateEventW;

/// A stream that is closed with its owner.
pub struct Stream(Handle);

// SAFETY: kernel handles may be used from any thread.
unsafe impl Send for Stream {}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the handle is owned.
        unsafe { CloseHandle(self.0) };
    }
}

impl Stream {
    /// The stream, if there is one.
    pub fn new(handle: Handle) -> Option<Stream> {
        (!handle.is_null() && handle as isize != -1).then_some(Stream(handle))
    }

    fn transfer(&self, start: impl FnOnce(*mut OVERLAPPED) -> i32) -> Result<usize, u32> {
        // SAFETY: the structure and its event live until the transfer is over.
        unsafe {
            let event = CreateEventW(std::ptr::null(), 1, 0, std::ptr::null());
            let mut overlapped = OVERLAPPED { hEvent: event, ..Default::default() };
            let mut count = 0;
            let begun = start(&mut overlapped) != 0 || GetLastError() == ERROR_IO_PENDING;
            let fine = begun && GetOverlappedResult(self.0, &overlapped, &mut count, 1) != 0;
            let error = GetLastError();
            CloseHandle(event);
            if fine { Ok(count as usize) } else { Err(error) }
        }
    }

    /// All there is until the end (errors 109 and 233).
    pub fn read_all(self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = vec![0u8; 65536];
        loop {
            // SAFETY: the buffer lives until the transfer is over.
            let read = self.transfer(|overlapped| unsafe {
                ReadFile(self.0, buffer.as_mut_ptr(), buffer.len() as u32, std::ptr::null_mut(), overlapped)
            });
            match read {
                Ok(0) | Err(109 | 233) => return all,
                Ok(count) => all.extend(&buffer[..count]),
                Err(error) => panic!("reading a stream: {error}"),
            }
        }
    }

    /// Writes everything.
    pub fn write_all(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let piece = &bytes[..bytes.len().min(65536)];
            // SAFETY: the bytes live until the transfer is over.
            let written = self.transfer(|overlapped| unsafe {
                WriteFile(self.0, piece.as_ptr(), piece.len() as u32, std::ptr::null_mut(), overlapped)
            });
            bytes = &bytes[written.expect("writing a stream")..];
        }
    }
}
