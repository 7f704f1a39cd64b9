//! Warnings of the rooms below, as lines on stderr.

use std::fmt;
use std::io::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::report::plain::clean;
use crate::runner::life::context::Progress;

/// Prints every warning from now on as `warning: what`. Later calls change nothing.
pub fn print() {
    let printed = tracing_subscriber::fmt().with_max_level(Level::WARN).with_writer(io::stderr).event_format(Line);
    // Somebody else's subscriber is as good.
    let _ = tracing::subscriber::set_global_default(printed.finish());
}

/// Prints the notes of a run, and nothing of its progress.
pub fn note(progress: Progress<'_>) {
    if let Progress::Note(note) = progress {
        // A note nobody reads is no reason to stop.
        let _ = writeln!(io::stderr(), "warning: {}", clean(note));
    }
}

/// `warning: what`, harmless.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // What libraries have to say, users can do nothing about.
        if !event.metadata().target().starts_with(env!("CARGO_CRATE_NAME")) {
            return Ok(());
        }
        let mut message = Message::default();
        event.record(&mut message);
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
