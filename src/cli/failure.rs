//! The failure of a command.

use std::io;

use crate::Error;

/// The reason why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The command refused or failed. This is printed, and the exit code says so.
    Refused(Error),
    /// A standard stream could not be read or written.
    Stream(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}

/// The outcome of a write, where a closed pipe is not a failure: a reader may have seen enough.
pub fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
