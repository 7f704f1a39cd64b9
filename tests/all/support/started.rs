//! Programs started by tests, also where Wine fails to.

use std::io;

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

/// True if a program says that it could not start another one for that reason.
#[cfg(windows)]
pub fn is_wines_fault(said: &str) -> bool {
    said.contains(&format!("(os error {INTERNAL_ERROR})"))
}
