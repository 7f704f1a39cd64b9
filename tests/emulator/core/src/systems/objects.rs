//! The kernel objects of a system, shared by name between the processes that hold handles to it: an event that says it has
//! exited, and the job its processes are in.

use crate::text::wide;
use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, WAIT_OBJECT_0};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, OpenJobObjectW, SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CreateEventW, EVENT_MODIFY_STATE, INFINITE, OpenEventW, SetEvent, WaitForMultipleObjects, WaitForSingleObject,
};

/// A handle that is closed with its owner.
pub struct Object(pub HANDLE);

// SAFETY: kernel handles may be used from any thread.
unsafe impl Send for Object {}
// SAFETY: as above.
unsafe impl Sync for Object {}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the handle is owned and closed once.
        unsafe { CloseHandle(self.0) };
    }
}

const ALL_ACCESS: u32 = 0x001F_001F;

fn exit_name(runtime_id: &str) -> Vec<u16> {
    wide(&format!("hcsemu-exit-{runtime_id}"))
}

fn job_name(runtime_id: &str) -> Vec<u16> {
    wide(&format!("hcsemu-job-{runtime_id}"))
}

/// An event nobody else knows.
pub fn event() -> Object {
    // SAFETY: all arguments may be null.
    Object(unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) })
}

/// Sets an event.
pub fn set(event: &Object) {
    // SAFETY: the handle is open.
    unsafe { SetEvent(event.0) };
}

/// The event that is set when the system has exited.
pub fn exit_event(runtime_id: &str) -> Object {
    // SAFETY: the name ends with a NUL.
    Object(unsafe { CreateEventW(std::ptr::null(), 1, 0, exit_name(runtime_id).as_ptr()) })
}

/// Tells all who hold the system that it has exited.
pub fn announce_exit(runtime_id: &str) {
    // SAFETY: the name ends with a NUL; the handle is checked and closed.
    unsafe {
        let event = OpenEventW(EVENT_MODIFY_STATE, 0, exit_name(runtime_id).as_ptr());
        if !event.is_null() {
            SetEvent(event);
            CloseHandle(event);
        }
    }
}

/// Waits for the first of two objects; true if it was the first.
pub fn first_of(first: HANDLE, second: &Object) -> bool {
    let objects = [first, second.0];
    // SAFETY: both handles are open while the call waits.
    unsafe { WaitForMultipleObjects(2, objects.as_ptr(), 0, INFINITE) == WAIT_OBJECT_0 }
}

/// Waits for an object, so many milliseconds at most.
pub fn wait(object: HANDLE, timeout: u32) -> bool {
    // SAFETY: the handle is open while the call waits.
    unsafe { WaitForSingleObject(object, timeout) == WAIT_OBJECT_0 }
}

/// The job of a system; with `reap` its processes die with the last handle to it.
pub fn job(runtime_id: &str, reap: bool) -> Object {
    // SAFETY: the name ends with a NUL; the structure is as long as stated.
    unsafe {
        let job = CreateJobObjectW(std::ptr::null(), job_name(runtime_id).as_ptr());
        if reap {
            let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
            limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
            let size = size_of_val(&limits) as u32;
            SetInformationJobObject(job, JobObjectExtendedLimitInformation, (&raw const limits).cast(), size);
        }
        Object(job)
    }
}

/// Puts a process into a job.
pub fn assign(job: &Object, process: HANDLE) -> bool {
    // SAFETY: both handles are open.
    unsafe { AssignProcessToJobObject(job.0, process) != 0 }
}

/// Ends every process of the system's job, if the job is still known by its name.
pub fn end_job(runtime_id: &str, code: u32) {
    // SAFETY: the name ends with a NUL; the handle is checked and closed.
    unsafe {
        let job = OpenJobObjectW(ALL_ACCESS, 0, job_name(runtime_id).as_ptr());
        if !job.is_null() {
            TerminateJobObject(job, code);
            CloseHandle(job);
        }
    }
}
