//! A process that lives on without us: no console, no job of ours, and none of our handles but the two pipes it is given. A handle
//! more, and whoever reads our own output through a pipe would wait for that process to end.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::mem::size_of;
use std::os::windows::io::{AsRawHandle, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Threading::{
    CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DETACHED_PROCESS,
    DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList, LPPROC_THREAD_ATTRIBUTE_LIST,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_CREATION_FLAGS, PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW,
    STARTUPINFOW, UpdateProcThreadAttribute,
};

use super::text::Wide;
use crate::hcs::command_line::Command;

/// Starts a program with these arguments in this folder, and returns our ends of the pipes of its standard input and output. What
/// it writes to standard error goes nowhere.
///
/// # Errors
///
/// A program that cannot be started.
pub fn spawn(program: &Path, arguments: &[&str], folder: &Path) -> io::Result<(PipeWriter, PipeReader)> {
    let (their_stdin, stdin) = io::pipe()?;
    let (stdout, their_stdout) = io::pipe()?;
    let their_stderr = File::options().write(true).open("NUL")?;
    let theirs: [HANDLE; 3] = [their_stdin.as_raw_handle(), their_stdout.as_raw_handle(), their_stderr.as_raw_handle()];
    for handle in theirs {
        // SAFETY: the handle is open, as its owner is above.
        if unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) } == 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let mut attributes = Attributes::only(&theirs)?;
    let startup = STARTUPINFOEXW {
        StartupInfo: STARTUPINFOW {
            cb: size_of::<STARTUPINFOEXW>() as u32,
            dwFlags: STARTF_USESTDHANDLES,
            hStdInput: theirs[0],
            hStdOutput: theirs[1],
            hStdError: theirs[2],
            ..STARTUPINFOW::default()
        },
        lpAttributeList: attributes.list(),
    };
    let name = program.to_str().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
    let arguments: Vec<String> = [name].into_iter().chain(arguments.iter().map(|&argument| argument.to_owned())).collect();
    let line = Command { arguments: &arguments, ..Command::default() }.line().map_err(io::Error::other)?;
    match create(program, &line, folder, &startup, CREATE_BREAKAWAY_FROM_JOB) {
        // A job may forbid to leave it. Then the process ends with the job, and `prune` gives back what it held.
        Err(error) if error.raw_os_error() == Some(ERROR_ACCESS_DENIED.cast_signed()) => {
            create(program, &line, folder, &startup, 0)?
        }
        created => created?,
    }
    Ok((stdin, stdout))
}

fn create(program: &Path, line: &str, folder: &Path, startup: &STARTUPINFOEXW, more: PROCESS_CREATION_FLAGS) -> io::Result<()> {
    let (program, folder) = (wide(program)?, wide(folder)?);
    let mut line = wide(line)?;
    let flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT | more;
    let mut created = PROCESS_INFORMATION::default();
    // SAFETY: all texts end with a NUL and the line is writable; the startup structure has the size it says and its attribute
    // list lives in the caller; null means this process' security and environment.
    let done = unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            null(),
            null(),
            1,
            flags,
            null(),
            folder.as_ptr(),
            (&raw const startup.StartupInfo).cast(),
            &raw mut created,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    for handle in [created.hProcess, created.hThread] {
        // SAFETY: both were just given to us and belong to nobody else.
        drop(unsafe { OwnedHandle::from_raw_handle(handle) });
    }
    Ok(())
}

/// A list of one attribute: which handles are inherited. It points to them, so it must not outlive them.
struct Attributes<'a> {
    list: Box<[usize]>,
    _handles: &'a [HANDLE],
}

impl<'a> Attributes<'a> {
    fn only(handles: &'a [HANDLE]) -> io::Result<Self> {
        let mut size = 0;
        // SAFETY: with null this only tells the size, and fails, as documented.
        unsafe { InitializeProcThreadAttributeList(null_mut(), 1, 0, &raw mut size) };
        // Words, since the list is to be aligned.
        let mut list = vec![0_usize; size.div_ceil(size_of::<usize>())].into_boxed_slice();
        // SAFETY: the buffer has the size that was asked for.
        if unsafe { InitializeProcThreadAttributeList(list.as_mut_ptr().cast(), 1, 0, &raw mut size) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let mut attributes = Self { list, _handles: handles };
        let attribute = PROC_THREAD_ATTRIBUTE_HANDLE_LIST as usize;
        // SAFETY: the list is initialised for one attribute; the handles live as long as the list, by its type.
        let updated = unsafe {
            UpdateProcThreadAttribute(
                attributes.list(),
                0,
                attribute,
                handles.as_ptr().cast(),
                size_of_val(handles),
                null_mut(),
                null(),
            )
        };
        if updated == 0 { Err(io::Error::last_os_error()) } else { Ok(attributes) }
    }

    /// The list for a call, which may write to it.
    fn list(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.list.as_mut_ptr().cast()
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: the list was initialised, and is deleted once.
        unsafe { DeleteProcThreadAttributeList(self.list()) };
    }
}

/// A text with a NUL in it could not be meant.
fn wide(text: impl AsRef<OsStr>) -> io::Result<Wide> {
    Wide::new("CreateProcess", text).map_err(io::Error::other)
}
