//! The answer of a command that judges images: further reports written, failures repeated, and the exit code of the results.

use super::appended;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::{FormatArgs, OutputArgs};
use super::io::Io;
use crate::Error;
use crate::report::document::Report;
use crate::report::{Page, Printed, lines};

/// Prints an answer `R` whose results are those of `judged`; the exit code follows from them.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn print<R: Printed>(
    answer: &R,
    judged: &Report,
    (format, output): (&FormatArgs<R>, &OutputArgs<R>),
    page: &Page<'_>,
    io: &mut Io<'_>,
) -> Result<ExitCode, Failure> {
    print_with(answer, judged, ExitCode::of_results(&judged.summary), (format, output), page, io)
}

/// Prints an answer `R` whose results are those of `judged`, with this exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn print_with<R: Printed>(
    answer: &R,
    judged: &Report,
    code: ExitCode,
    (format, output): (&FormatArgs<R>, &OutputArgs<R>),
    page: &Page<'_>,
    io: &mut Io<'_>,
) -> Result<ExitCode, Failure> {
    // A file that cannot be written takes nothing from the answer, and does not hide that an image fails.
    let unwritten = output.write(answer, page);
    for warning in appended::append(&output.formats(format.chosen()), answer, page) {
        io.warn(&warning);
    }
    if !format.is_for_people() {
        lines::write(judged, io.err)?;
    }
    format.write(answer, page, io.out)?;
    Ok(with_unwritten(&unwritten, code, io))
}

/// Says which files could not be written. The exit code is that of the answer if something fails in it, else that of an error.
pub fn with_unwritten(unwritten: &[Error], code: ExitCode, io: &mut Io<'_>) -> ExitCode {
    for error in unwritten {
        io.fail(error);
    }
    if unwritten.is_empty() || code == ExitCode::NOT_OK { code } else { ExitCode::NOT_DONE }
}
