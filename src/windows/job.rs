//! Job objects: processes that are ended together with all that they have started.

use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::process::Command;
use std::ptr::null;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::JobObjects::{AssignProcessToJobObject, CreateJobObjectW, TerminateJobObject};
use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SET_QUOTA, PROCESS_TERMINATE};

use crate::process_group::{ProcessGroup, ProcessGroups, Starting};

/// The exit code of what is ended by force.
const ENDED: u32 = 1;

/// Groups of processes as job objects. What a process starts before it is in its job, in its first moments, is not in it.
#[derive(Clone, Copy, Debug)]
pub struct Jobs;

impl ProcessGroups for Jobs {
    fn begin(&self, _: &mut Command) -> Starting {
        Starting::default()
    }

    fn of(&self, process: u32) -> io::Result<Box<dyn ProcessGroup>> {
        // SAFETY: null is allowed for both pointers: no security attributes, no name.
        let job = own(unsafe { CreateJobObjectW(null(), null()) })?;
        // SAFETY: no conditions; a number that is no process is an error.
        let process = own(unsafe { OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, 0, process) })?;
        // SAFETY: both handles are open and have the rights that this needs.
        if unsafe { AssignProcessToJobObject(job.as_raw_handle(), process.as_raw_handle()) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Box::new(Job(job)))
    }
}

/// A job object. Closing it leaves its processes alone.
struct Job(OwnedHandle);

impl ProcessGroup for Job {
    fn end(&self) {
        // SAFETY: the handle is open, and has all rights, since it was made here.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), ENDED) };
    }
}

/// The handle that a call has just given, which it says with null where there is none.
fn own(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just given to us and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_job_ends_with_what_was_started_in_it() {
        // The outer shell waits for the inner one, which lives for minutes.
        let mut command = Command::new("cmd");
        command.args(["/c", "cmd /c ping -n 300 127.0.0.1"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let _starting = Jobs.begin(&mut command);
        let mut child = command.spawn().unwrap();
        let job = Jobs.of(child.id()).unwrap();
        let begun = Instant::now();
        job.end();
        assert_eq!(child.wait().unwrap().code(), Some(ENDED.cast_signed()));
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert!(Jobs.of(0).is_err(), "the idle process is in no job");
    }
}
