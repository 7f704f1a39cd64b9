//! The end of a command that goes on until it is asked to end, by Ctrl-C or SIGTERM.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

use super::exit::ExitCode;
use crate::Error;

/// Said once somebody asks for the end, and again for every further time; the `last` time ends the program at once.
///
/// # Errors
///
/// A system that does not allow it.
pub fn interrupted(last: u32) -> Result<watch::Receiver<bool>, Error> {
    let (asked, end) = watch::channel(false);
    let count = AtomicU32::new(0);
    ctrlc::set_handler(move || {
        if count.fetch_add(1, Ordering::SeqCst).saturating_add(1) >= last {
            std::process::exit(ExitCode::NOT_DONE.number().cast_signed());
        }
        asked.send_replace(true);
    })
    .map_err(|error| {
        Error::new("the end cannot be asked for by a signal").because(error).hint("run wincompat from another console")
    })?;
    Ok(end)
}
