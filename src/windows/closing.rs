//! The closing of a console, which ends every process whose handler returns: what this one has to release first takes a while.

use std::io;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::System::Console::{CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// The time after which the action is done again: Windows ends the process five seconds after the closing.
const AGAIN: Duration = Duration::from_secs(2);

/// What is done at the closing.
static ACTION: OnceLock<fn()> = OnceLock::new();

/// Does this when the console is closed, and again after two seconds. The process goes on until it ends by itself, or until Windows ends it.
/// Handlers that were set before this one do not hear of the closing any more. A second action is not taken.
///
/// # Errors
///
/// Windows does not take the handler.
pub fn on_close(action: fn()) -> io::Result<()> {
    if ACTION.set(action).is_err() {
        return Ok(());
    }
    // SAFETY: the handler is a function of this program, and stays as long as that.
    match unsafe { SetConsoleCtrlHandler(Some(handler), 1) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Called by Windows on a thread of its own; 0 leaves the event to other handlers.
unsafe extern "system" fn handler(event: u32) -> BOOL {
    if !matches!(event, CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT) {
        return 0;
    }
    if let Some(action) = ACTION.get() {
        action();
        thread::sleep(AGAIN);
        action();
    }
    // "Return TRUE. In this case, no other handler functions are called and the process terminates."
    loop {
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT};

    use super::*;

    static DONE: AtomicU32 = AtomicU32::new(0);

    fn count() {
        DONE.fetch_add(1, Ordering::SeqCst);
    }

    #[test]
    fn nothing_returns_from_a_closing_and_other_events_are_left_to_others() {
        on_close(count).unwrap();
        for event in [CTRL_C_EVENT, CTRL_BREAK_EVENT] {
            // SAFETY: no conditions.
            assert_eq!(unsafe { handler(event) }, 0);
        }
        assert_eq!(DONE.load(Ordering::SeqCst), 0);
        // SAFETY: likewise.
        let handling = thread::spawn(|| unsafe { handler(CTRL_CLOSE_EVENT) });
        let begun = Instant::now();
        while DONE.load(Ordering::SeqCst) < 2 && begun.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(50));
        assert_eq!(DONE.load(Ordering::SeqCst), 2);
        assert!(!handling.is_finished());
    }
}
