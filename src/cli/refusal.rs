//! Why a command was not done, whichever room says so: printed on stderr as what, why, and what to do.

use std::io::{self, Write};

use crate::report::failure;
use crate::runner::error::Exit;
use crate::{host, image, runner};

/// What is wrong, why, and what to do about it.
#[derive(Debug)]
pub struct Refusal {
    /// What was not done, or is wrong.
    pub what: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// What `run` and `exec` end with because of it.
    pub exit: Exit,
}

impl Refusal {
    /// Without cause or hint.
    pub fn new(what: impl Into<String>) -> Self {
        runner::error::Error::new(what).into()
    }

    /// The same because of this.
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same with this hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written.
    pub fn write(&self, err: &mut dyn Write) -> io::Result<()> {
        failure::write(&self.what, &self.causes, self.hint.as_deref(), err)
    }
}

/// Why a command ended that writes while it runs.
#[derive(Debug)]
pub enum Failure {
    /// It refused, or failed.
    Refused(Refusal),
    /// A stream that cannot be written.
    Stream(io::Error),
}

impl<E: Into<Refusal>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl Failure {
    /// Prints a refusal: what `run` and `exec` end with because of it.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written, this failure or another.
    pub fn write(self, err: &mut dyn Write) -> io::Result<Exit> {
        match self {
            Self::Refused(refusal) => refusal.write(err).map(|()| refusal.exit),
            Self::Stream(error) => Err(error),
        }
    }
}

impl From<host::Error> for Refusal {
    fn from(error: host::Error) -> Self {
        Self { what: error.what, causes: error.causes, hint: error.hint, exit: Exit::Failed }
    }
}

impl From<image::Error> for Refusal {
    fn from(error: image::Error) -> Self {
        Self { what: error.what, causes: error.causes, hint: error.hint, exit: Exit::Failed }
    }
}

impl From<runner::error::Error> for Refusal {
    fn from(error: runner::error::Error) -> Self {
        Self { what: error.what, causes: error.causes, hint: error.hint, exit: error.exit }
    }
}
