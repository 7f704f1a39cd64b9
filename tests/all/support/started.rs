//! Programs that tests start and wait for, also where Wine fails to.

use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// ERROR_INTERNAL_ERROR: of a thousand programs, Wine does not get one or two to run, and says so.
const INTERNAL_ERROR: i32 = 1359;

/// The result of a start such as `command.output()` or `command.spawn()`, tried again where Wine failed.
#[track_caller]
pub fn started<T>(mut start: impl FnMut() -> io::Result<T>) -> T {
    let mut tries = 0;
    loop {
        tries += 1;
        match start() {
            Err(error) if error.raw_os_error() == Some(INTERNAL_ERROR) && tries < 5 => {}
            result => return result.unwrap_or_else(|error| panic!("a program does not start: {error}")),
        }
    }
}

/// Longer than anything here takes, also on a busy machine.
pub const LONG: Duration = Duration::from_secs(300);

/// Waits for the end of a program. It is asked again and again: once, under Wine, a wait did not end although the program had.
#[track_caller]
pub fn ended(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        let waited = begun.elapsed();
        assert!(waited < LONG, "the program {} does not end", child.id());
        // What takes long is asked seldom: the others of these programs need the machine.
        thread::sleep((waited / 20).clamp(Duration::from_millis(1), Duration::from_millis(50)));
    }
}

/// True if a program says that it could not start another one for that reason.
#[cfg(windows)]
pub fn is_wines_fault(said: &str) -> bool {
    said.contains(&format!("(os error {INTERNAL_ERROR})"))
}
