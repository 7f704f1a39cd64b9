//! Warnings of the rooms below, as lines on standard error.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::progress::Beside;
use crate::report::plain::clean;
use crate::runner::life::context::Progress;

/// What takes a warning.
type PassOn = Box<dyn Fn(&str) + Send + Sync>;

/// The place of warnings that are not printed.
static PASSED_ON: OnceLock<PassOn> = OnceLock::new();

/// Gives every warning from now on to this, and prints none. Later calls change nothing.
#[cfg(feature = "clusters")]
pub fn pass_on(to: impl Fn(&str) + Send + Sync + 'static) {
    let _ = PASSED_ON.set(Box::new(to));
}

/// Prints every warning from now on as `warning: what`. Later calls change nothing.
pub fn print() {
    // What cannot be written to standard error would be told there, by a panic.
    let printed = tracing_subscriber::fmt().log_internal_errors(false);
    let printed = printed.with_max_level(Level::WARN).with_writer(|| Beside).event_format(Line);
    // There may be a subscriber already.
    let _ = tracing::subscriber::set_global_default(printed.finish());
}

/// Prints the notes of a run, and not its progress.
pub fn note(progress: Progress<'_>) {
    if let Progress::Note(note) = progress {
        // A note that cannot be written does not stop the run.
        let _ = writeln!(io::stderr(), "warning: {}", clean(note));
    }
}

/// A line `warning: what`, without control characters.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // Warnings of libraries are nothing that a user can act on.
        if !event.metadata().target().starts_with(env!("CARGO_CRATE_NAME")) {
            return Ok(());
        }
        let mut message = Message::default();
        event.record(&mut message);
        if let Some(pass_on) = PASSED_ON.get() {
            pass_on(&message.0);
            return Ok(());
        }
        writeln!(writer, "warning: {}", clean(&message.0))
    }
}

/// The message of an event, without its other fields.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
