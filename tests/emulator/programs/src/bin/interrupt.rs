//! Starts a program on a console of its own, and presses Ctrl-C there: once for every line it reads.
//!
//! ```text
//! interrupt PROGRAM ARGUMENTS…     the program's output is passed through, its exit code too
//! ```

use std::io::BufRead;
use std::process::{Command, ExitStatus, Stdio, exit};
use windows_sys::Win32::System::Console::{
    AllocConsole, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent, GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE,
    STD_OUTPUT_HANDLE, SetConsoleCtrlHandler, SetStdHandle,
};
use windows_sys::core::BOOL;

fn main() {
    own_console();
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().unwrap_or_default();
    let started = Command::new(&program).args(arguments).stdin(Stdio::null()).spawn();
    let mut child = started.unwrap_or_else(|error| fail(&format!("{}: {error}", program.display())));
    std::thread::spawn(|| {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            // SAFETY: takes two numbers: the event, and 0 for all who share the console.
            if unsafe { GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) } == 0 {
                fail("GenerateConsoleCtrlEvent");
            }
        }
    });
    let status = child.wait().unwrap_or_else(|error| fail(&format!("{}: {error}", program.display())));
    exit(code(status).cast_signed());
}

fn code(status: ExitStatus) -> u32 {
    // A Windows process always has one.
    status.code().map_or(1, i32::cast_unsigned)
}

/// Takes a new console and keeps the standard handles, which would be the console's.
fn own_console() {
    // SAFETY: the handles are only read and put back; the handler neither blocks nor panics.
    unsafe {
        let names = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];
        let handles = names.map(|name| GetStdHandle(name));
        FreeConsole();
        if AllocConsole() == 0 {
            fail("AllocConsole");
        }
        for (name, handle) in names.into_iter().zip(handles) {
            SetStdHandle(name, handle);
        }
        // Not with null, which would make the child deaf too.
        SetConsoleCtrlHandler(Some(survive), 1);
    }
}

/// The Ctrl-C is for the child.
unsafe extern "system" fn survive(_event: u32) -> BOOL {
    1
}

fn fail(what: &str) -> ! {
    eprintln!("interrupt: {what}: {}", std::io::Error::last_os_error());
    exit(99)
}
