//! Which process holds a handle, and whether it still lives.

use serde::{Deserialize, Serialize};
use windows_sys::Win32::Foundation::{CloseHandle, FILETIME, HANDLE, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentProcessId, GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    WaitForSingleObject,
};

/// A process, told from a later one with the same id by when it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The process id.
    pub pid: u32,
    /// When the process began, as a FILETIME.
    pub began: u64,
}

impl Owner {
    /// This process.
    pub fn current() -> Owner {
        // SAFETY: both calls take nothing and cannot fail.
        let (pid, process) = unsafe { (GetCurrentProcessId(), GetCurrentProcess()) };
        Owner { pid, began: began(process) }
    }

    /// Whether the process still runs.
    pub fn alive(&self) -> bool {
        // SAFETY: the handle is checked before use and closed once.
        unsafe {
            let process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE, 0, self.pid);
            if process.is_null() {
                return false;
            }
            let same = began(process) == self.began && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
            CloseHandle(process);
            same
        }
    }
}

/// When the process behind an open handle began; 0 if that cannot be read.
pub(crate) fn began(process: HANDLE) -> u64 {
    let mut times = [FILETIME::default(); 4];
    let [created, exited, kernel, user] = &mut times;
    // SAFETY: the four places are valid for the call.
    if unsafe { GetProcessTimes(process, created, exited, kernel, user) } == 0 {
        return 0;
    }
    u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime)
}
