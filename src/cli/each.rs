//! Commands that take many names: all of them are tried, one failure spoils no other.

use std::io::{self, Write};

use super::failure::{self, Failure};
use crate::Error;
use crate::report::plain::clean;

/// Does this for each name; the exit code is 0 if all was done, else 2.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn each(
    names: &[String],
    err: &mut dyn Write,
    mut act: impl FnMut(&str, &mut dyn Write) -> Result<(), Failure>,
) -> io::Result<u8> {
    let mut code = 0;
    for name in names {
        if let Err(failure) = act(name, err) {
            failure.write(err)?;
            code = 2;
        }
    }
    Ok(code)
}

/// Does this for each name and prints the line that comes of it; the exit code is 0 if all was done, else 2.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn print_each(
    names: &[String],
    out: &mut dyn Write,
    err: &mut dyn Write,
    mut act: impl FnMut(&str) -> Result<String, Error>,
) -> io::Result<u8> {
    each(names, err, |name, _| writeln!(out, "{}", clean(&act(name)?)).map_err(Failure::Stream))
}

/// Nothing but the refusal, if there is one: a command that could not even begin.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn begin<T>(result: Result<T, Error>, err: &mut dyn Write) -> io::Result<Option<T>> {
    match result {
        Ok(begun) => Ok(Some(begun)),
        Err(refusal) => {
            failure::write(&refusal, err)?;
            Ok(None)
        }
    }
}
