//! The terminal of wincompat, for a container: the standard streams, Ctrl-C, and the size.

use std::io;
use std::sync::Arc;

use crate::Error;
use crate::advice::{Command, advice};
use crate::cli::exit::ExitCode;
use crate::cli::platform::{Platform, Streams};
use crate::cli::store::StoreArgs;
use crate::cli::stream::Patient;
use crate::cli::{failure_report, interrupted};
use crate::hcs::documents::ConsoleSize;
use crate::report::{Wording as _, failure};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::stdio::Stdio;

/// The number of Ctrl-C that ends the program, whatever it waits for: a call of Windows that does not return would keep it for
/// ever. The first three are for the container.
const LAST_INTERRUPT: u32 = 4;

/// Counts Ctrl-C from now on, and ends the program at the last one, with the command that releases what is left in this store.
///
/// # Errors
///
/// A system that does not allow it.
pub fn interrupts(platform: &Platform, store: &StoreArgs) -> Result<Arc<Interrupts>, Error> {
    let interrupts = Arc::new(Interrupts::new());
    let (raised, journal) = (Arc::clone(&interrupts), Arc::clone(&platform.journal));
    let prune = store.wording().advice(&advice!["run ", Command::Prune, " to release what is left"]);
    let handler = move || {
        raised.raise();
        if raised.count() >= LAST_INTERRUPT {
            let mut hint = prune.clone();
            if let Some(path) = failure_report::last_words(&journal) {
                hint.push_str(&format!("; what Windows answered is in {}", path.display()));
            }
            // Standard error may be closed.
            let _ = failure::write("interrupted before everything was released", &[], &hint, &mut io::stderr());
            interrupted::end(ExitCode::REFUSED);
        }
    };
    interrupted::on_signal(handler).map_err(|error| {
        Error::new("Ctrl-C cannot be passed on to a container")
            .because(error)
            .hint("run wincompat from another console, or in the background with -d")
    })?;
    // Where that is not possible, the closing of the console ends the program at once.
    let _ = platform.windows.as_ref().map(|windows| (windows.on_close)(interrupted::signalled));
    Ok(interrupts)
}

/// The standard streams of this process, with standard input if `with_stdin`.
///
/// # Errors
///
/// A stream that cannot be opened.
pub fn stdio(platform: &Platform, with_stdin: bool) -> Result<Stdio, Error> {
    let failed = |error: io::Error| {
        Error::new("a standard handle of wincompat cannot be used")
            .because(error)
            .hint("start it with standard input, output and error open")
    };
    let Streams { stdin, stdout, stderr } = platform.streams;
    Ok(Stdio {
        stdin: if with_stdin { Some(Box::new(stdin().map_err(failed)?)) } else { None },
        stdout: Box::new(Patient(stdout().map_err(failed)?)),
        stderr: Box::new(Patient(stderr().map_err(failed)?)),
    })
}

/// The size of the terminal, if there is one.
pub fn size() -> Option<ConsoleSize> {
    terminal_size::terminal_size().map(|(width, height)| ConsoleSize { height: height.0, width: width.0 })
}
