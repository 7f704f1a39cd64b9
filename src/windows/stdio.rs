//! The pipes of a container's process: overlapped ones, on which reading and writing as usual is undefined.

use std::io::{self, Read, Write};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_HANDLE_EOF, ERROR_IO_PENDING, ERROR_PIPE_NOT_CONNECTED, HANDLE, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::CreateEventW;

/// The status of an operation that has not ended, where `OVERLAPPED` keeps it.
const STATUS_PENDING: usize = windows_sys::Win32::Foundation::STATUS_PENDING as usize;

/// One end of a pipe that was opened for overlapped use. It is used by one thread, which waits for every operation.
#[derive(Debug)]
pub(super) struct Pipe {
    handle: OwnedHandle,
    done: OwnedHandle,
}

impl Pipe {
    /// Takes over a handle that HCS gave; `None` if it gave none, which it says with either of two values.
    ///
    /// # Safety
    /// The handle is 0, -1, or an open overlapped pipe that nothing else owns.
    pub unsafe fn from_hcs(handle: HANDLE) -> io::Result<Option<Self>> {
        if handle.is_null() || handle == INVALID_HANDLE_VALUE {
            return Ok(None);
        }
        // SAFETY: the caller vouches for the handle.
        let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
        // SAFETY: null is allowed for both pointers: no security attributes, no name.
        let done = unsafe { CreateEventW(null(), 1, 0, null()) };
        if done.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the event was just created and belongs to nobody else.
        let done = unsafe { OwnedHandle::from_raw_handle(done) };
        Ok(Some(Self { handle, done }))
    }

    /// Starts an operation and waits for its end: how many bytes were moved.
    fn finish(&mut self, start: impl FnOnce(HANDLE, *mut OVERLAPPED) -> i32) -> io::Result<usize> {
        let mut overlapped = OVERLAPPED { hEvent: self.done.as_raw_handle(), ..OVERLAPPED::default() };
        let handle = self.handle.as_raw_handle();
        if start(handle, &raw mut overlapped) == 0 {
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(ERROR_IO_PENDING.cast_signed()) {
                return Err(error);
            }
        }
        let mut moved = 0;
        // SAFETY: the operation was started on this handle with this structure; the call returns when the system is done with
        // the structure and the buffer, so that both outlive the operation.
        if unsafe { GetOverlappedResult(handle, &raw const overlapped, &raw mut moved, 1) } != 0 {
            return Ok(moved as usize);
        }
        let error = io::Error::last_os_error();
        // SAFETY: the system wrote the status, and may be writing it still.
        while unsafe { (&raw const overlapped.Internal).read_volatile() } == STATUS_PENDING {
            // The wait itself failed: the operation still has the structure and the buffer. Neither may go before it has ended.
            // SAFETY: both belong to the operation; cancelling one that has ended does nothing.
            unsafe {
                CancelIoEx(handle, &raw const overlapped);
                GetOverlappedResult(handle, &raw const overlapped, &raw mut moved, 1);
            }
        }
        Err(error)
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let read = self.finish(|handle, overlapped| {
            // SAFETY: the buffer has this length and is borrowed until the operation has ended.
            unsafe { ReadFile(handle, buffer.as_mut_ptr(), length, null_mut(), overlapped) }
        });
        match read {
            Err(error) if is_end(&error) => Ok(0),
            read => read,
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.finish(|handle, overlapped| {
            // SAFETY: the bytes have this length and are borrowed until the operation has ended.
            unsafe { WriteFile(handle, bytes.as_ptr(), length, null_mut(), overlapped) }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        // FlushFileBuffers would wait until the process has read it all.
        Ok(())
    }
}

/// True if the error is the end of a pipe.
fn is_end(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(i32::cast_unsigned);
    matches!(code, Some(ERROR_BROKEN_PIPE | ERROR_PIPE_NOT_CONNECTED | ERROR_HANDLE_EOF))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::text::Wide;
    use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
    use windows_sys::Win32::Storage::FileSystem::{
        CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_DUPLEX,
    };
    use windows_sys::Win32::System::Pipes::CreateNamedPipeW;

    /// Both ends of an overlapped pipe.
    fn pipe(name: &str) -> (Pipe, Pipe) {
        let path = format!("\\\\.\\pipe\\wincompat-{name}-{}", std::process::id());
        let path = Wide::new("CreateNamedPipe", path).unwrap();
        let mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE;
        // SAFETY: the path is ended by a NUL; null attributes are allowed.
        let server = unsafe { CreateNamedPipeW(path.as_ptr(), mode, 0, 1, 4096, 4096, 0, null()) };
        // SAFETY: likewise.
        let client = unsafe {
            CreateFileW(path.as_ptr(), GENERIC_READ | GENERIC_WRITE, 0, null(), OPEN_EXISTING, FILE_FLAG_OVERLAPPED, null_mut())
        };
        // SAFETY: both were just opened.
        let own = |handle| unsafe { Pipe::from_hcs(handle) }.unwrap().unwrap();
        (own(server), own(client))
    }

    #[test]
    fn ten_megabytes_byte_for_byte_then_the_end() {
        let (mut from, mut to) = pipe("bytes");
        let sent: Vec<u8> = (0..10 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let expected = sent.clone();
        let writer = std::thread::spawn(move || to.write_all(&sent).unwrap());
        let mut received = Vec::new();
        from.read_to_end(&mut received).unwrap();
        writer.join().unwrap();
        assert!(received == expected, "{} bytes came", received.len());
    }

    #[test]
    fn a_reader_that_is_gone_is_an_error_for_the_writer() {
        let (from, mut to) = pipe("gone");
        drop(from);
        assert!(to.write_all(b"lost").is_err());
    }

    #[test]
    fn two_values_mean_no_handle() {
        // SAFETY: neither is a handle.
        unsafe {
            assert!(Pipe::from_hcs(null_mut()).unwrap().is_none());
            assert!(Pipe::from_hcs(INVALID_HANDLE_VALUE).unwrap().is_none());
        }
    }
}
