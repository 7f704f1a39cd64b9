//! The answer of a command that judges images: further reports written, failures repeated, and the exit code of the results.

use super::appended;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::{FormatArgs, OutputArgs};
use super::io::Io;
use crate::report::document::Report;
use crate::report::{Page, Printed, lines};

/// Prints an answer `R` whose results are those of `judged`; the exit code follows from them.
///
/// # Errors
///
/// A stream or a file that cannot be written, where no image fails.
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
/// A stream or a file that cannot be written, where no image fails.
pub fn print_with<R: Printed>(
    answer: &R,
    judged: &Report,
    code: ExitCode,
    (format, output): (&FormatArgs<R>, &OutputArgs<R>),
    page: &Page<'_>,
    io: &mut Io<'_>,
) -> Result<ExitCode, Failure> {
    // A file that cannot be written takes nothing from the answer, and does not hide that an image fails.
    let written = output.write(answer, page);
    for warning in appended::append(&output.formats(format.chosen()), answer, page) {
        io.warn(&warning);
    }
    if !format.is_for_people() {
        lines::write(judged, io.err)?;
    }
    format.write(answer, page, io.out)?;
    match (written, code) {
        (Err(error), ExitCode::NOT_OK) => {
            io.fail(&error);
            Ok(ExitCode::NOT_OK)
        }
        (Err(error), _) => Err(error.into()),
        (Ok(()), code) => Ok(code),
    }
}
