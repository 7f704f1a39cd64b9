//! Any report as one JSON document.

use std::io::{self, Write};

use serde::Serialize;

use super::{Page, Renderer};

/// One JSON document and a line feed.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl<R: Serialize> Renderer<R> for Json {
    fn render(&self, report: &R, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        write(report, out)
    }
}

/// Writes one JSON document and a line feed. Strings are escaped, so no line begins with text from outside.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn write<T: Serialize>(document: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}
