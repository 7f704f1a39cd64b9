//! The failure of a command.

use std::io;

use crate::Error;

/// The reason why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The command refused or failed. This is printed, and the exit code says so.
    Refused(Error),
    /// The answer could not be made or written.
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
