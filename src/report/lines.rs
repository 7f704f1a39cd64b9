//! One line for each result that does not pass, for standard error where standard output holds another format: the log of a job that
//! fails says why.

use std::io::{self, BufWriter, Write};

use super::document::{Report, ResultEntry};
use super::plain::clean;

/// Writes a line for each failure, then for each result that is undecided and each image that was not read. Workloads of a cluster without a
/// result stand behind the results.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    // Standard error is written at once, and there may be thousands of lines.
    let mut out = BufWriter::new(out);
    for (ok, word) in [(Some(false), "FAIL"), (None, "UNDECIDED")] {
        for entry in report.results.iter().filter(|entry| entry.ok == ok) {
            writeln!(out, "{word} {}", clean(&line(entry)))?;
        }
        for placement in report.placements.iter().filter(|placement| placement.ok == ok) {
            writeln!(out, "{word} {}", clean(&placement.line()))?;
        }
    }
    for error in &report.errors {
        writeln!(out, "ERROR {}", clean(&error.placed_line()))?;
    }
    out.flush()
}

/// The place if there is one, the image, the host, the reason and what to do, e.g. `Dockerfile:3: app:1 on web01: the builds differ
/// [build-mismatch]; hint: use app:2`.
fn line(entry: &ResultEntry) -> String {
    let file = entry.location.as_ref().map(|location| format!("{}: ", location.place())).unwrap_or_default();
    let place = format!("{file}{} on {}", entry.image.reference, entry.host.called());
    let severe = entry.findings.iter().find(|finding| finding.warns());
    match severe.or(entry.findings.first()) {
        Some(finding) if finding.help.is_empty() => format!("{place}: {} [{}]", finding.message, finding.code),
        Some(finding) => format!("{place}: {} [{}]; hint: {}", finding.message, finding.code, finding.help),
        None => place,
    }
}
