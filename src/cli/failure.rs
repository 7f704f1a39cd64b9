//! The failure of a command: printed on stderr as what, why, and what to do.

use std::io::{self, Write};

use crate::Error;
use crate::cli::exit::Exit;
use crate::cli::wording::CommandLine;
use crate::report::{Wording as _, failure};

/// Prints an error.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn write(error: &Error, err: &mut dyn Write) -> io::Result<()> {
    failure::write(&error.what, &error.causes, error.hint.as_ref().map(|hint| CommandLine.advice(hint)).as_deref(), err)
}

/// Why a command ended that writes while it runs.
#[derive(Debug)]
pub enum Failure {
    /// It refused, or failed.
    Refused(Error),
    /// A stream that cannot be written.
    Stream(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Failure {
    /// Prints a refusal: the exit code of `run` and `exec` because of it.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written, this failure or another.
    pub fn write(self, err: &mut dyn Write) -> io::Result<Exit> {
        match self {
            Self::Refused(error) => write(&error, err).map(|()| Exit::of(error.kind)),
            Self::Stream(error) => Err(error),
        }
    }
}
