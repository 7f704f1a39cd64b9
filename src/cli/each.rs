//! Commands that take several names: every name is tried, and one failure does not stop the others.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use crate::Error;
use crate::report::plain::clean;

/// Calls `act` for each name, and prints the error of each that fails; the exit code is 0 if none did, else 2.
///
/// # Errors
///
/// An answer that cannot be made.
pub fn each(
    names: &[String],
    io: &mut Io<'_>,
    mut act: impl FnMut(&str, &mut Io<'_>) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::DONE;
    for name in names {
        match act(name, io) {
            Ok(()) => {}
            Err(Failure::Refused(error)) => {
                io.fail(&error);
                code = ExitCode::NOT_DONE;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(code)
}

/// Calls `act` for each name and prints its line; the exit code is 0 if none failed, else 2.
///
/// # Errors
///
/// An answer that cannot be made.
pub fn print_each(
    names: &[String],
    io: &mut Io<'_>,
    mut act: impl FnMut(&str) -> Result<String, Error>,
) -> Result<ExitCode, Failure> {
    each(names, io, |name, io| Ok(writeln!(io.out, "{}", clean(&act(name)?))?))
}
