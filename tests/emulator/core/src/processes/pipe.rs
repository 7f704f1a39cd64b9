//! Standard streams: named pipes whose one end, overlapped, goes to the caller, the other, ordinary, to the process.

use super::raw;
use crate::systems::objects::Object;
use crate::text::wide;
use std::sync::atomic::{AtomicU64, Ordering};
use windows_sys::Win32::Foundation::{
    DUPLICATE_SAME_ACCESS, DuplicateHandle, GENERIC_READ, GENERIC_WRITE, GetLastError, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_INBOUND, PIPE_ACCESS_OUTBOUND,
};
use windows_sys::Win32::System::Pipes::{CreateNamedPipeW, PIPE_TYPE_BYTE, PIPE_WAIT};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// The caller's ends, until they are given away; what is not given away is closed.
#[derive(Default)]
pub struct Stdio([Option<Object>; 3]);

impl Stdio {
    /// Standard input, output and error, as far as they were asked for.
    pub fn new(streams: [Option<Object>; 3]) -> Stdio {
        Stdio(streams)
    }

    /// Gives the handles away: from now on they are the caller's.
    pub fn give(self) -> [usize; 3] {
        self.0.map(|stream| {
            stream.map_or(0, |object| {
                let handle = object.0 as usize;
                std::mem::forget(object);
                handle
            })
        })
    }
}

/// A pipe's two ends.
pub struct Pipe {
    /// The caller's, overlapped.
    pub near: Object,
    /// The process's, which it inherits.
    pub far: Object,
}

/// Makes a pipe; `to_process` says in which direction it goes.
pub fn create(to_process: bool) -> Result<Pipe, u32> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let module = &raw const COUNT as usize;
    let name = wide(&format!(r"\\.\pipe\hcsemu-{}-{module:x}-{number}", std::process::id()));
    let (near, far) = if to_process { (PIPE_ACCESS_OUTBOUND, GENERIC_READ) } else { (PIPE_ACCESS_INBOUND, GENERIC_WRITE) };
    let inherited = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: std::ptr::null_mut(),
        bInheritHandle: 1,
    };
    // SAFETY: the name ends with a NUL; each handle is checked before it is kept.
    unsafe {
        let flags = near | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE;
        let near = CreateNamedPipeW(name.as_ptr(), flags, PIPE_TYPE_BYTE | PIPE_WAIT, 1, 65536, 65536, 0, std::ptr::null());
        if near == INVALID_HANDLE_VALUE {
            return Err(GetLastError());
        }
        let near = Object(near);
        let far = CreateFileW(name.as_ptr(), far, 0, &inherited, OPEN_EXISTING, 0, std::ptr::null_mut());
        if far == INVALID_HANDLE_VALUE {
            return Err(GetLastError());
        }
        Ok(Pipe { near, far: Object(far) })
    }
}

/// A second handle to the same end.
pub fn duplicate(end: &Object) -> Option<Object> {
    let mut copy = raw(0);
    // SAFETY: the source is open; the copy is checked before it is kept.
    let made = unsafe {
        let own = GetCurrentProcess();
        DuplicateHandle(own, end.0, own, &mut copy, 0, 0, DUPLICATE_SAME_ACCESS)
    };
    (made != 0).then(|| Object(copy))
}
