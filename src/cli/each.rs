//! Commands that take many names: all of them are tried, one failure spoils no other.

use std::io::{self, Write};

use super::refusal::Refusal;
use crate::report::plain::clean;

/// Does this for each name and prints the line that comes of it; the exit code is 0 if all was done, else 2.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn each(
    names: &[String],
    out: &mut dyn Write,
    err: &mut dyn Write,
    mut act: impl FnMut(&str) -> Result<String, Refusal>,
) -> io::Result<u8> {
    let mut code = 0;
    for name in names {
        match act(name) {
            Ok(line) => writeln!(out, "{}", clean(&line))?,
            Err(refusal) => {
                refusal.write(err)?;
                code = 2;
            }
        }
    }
    Ok(code)
}

/// Nothing but the refusal, if there is one: a command that could not even begin.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn begin<T>(result: Result<T, Refusal>, err: &mut dyn Write) -> io::Result<Option<T>> {
    match result {
        Ok(begun) => Ok(Some(begun)),
        Err(refusal) => {
            refusal.write(err)?;
            Ok(None)
        }
    }
}
