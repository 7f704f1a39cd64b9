//! An error for people: what failed, why, and what to do.

use std::io::{self, Write};

use super::plain::clean;

/// Writes `error: what`, a line `caused by: why` for each cause, and `hint: what to do`, all of it harmless.
pub fn write(what: &str, causes: &[String], hint: &str, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "error: {}", clean(what))?;
    for cause in causes {
        writeln!(err, "caused by: {}", clean(cause))?;
    }
    writeln!(err, "hint: {}", clean(hint))
}
