//! The log: lines of JSON on standard error, written by a thread of their own. A reader that does not read holds nobody up.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::now;
use crate::report::plain::clean;

/// The lines that may wait.
const WAITING: usize = 4096;

/// The most characters of one value.
const LONGEST: usize = 300;

/// The time for which the end waits for lines that are not written yet.
const FLUSHED: Duration = Duration::from_secs(1);

/// What the writing thread gets.
#[derive(Debug)]
enum Item {
    Line(Vec<u8>),
    /// All lines before it are written.
    Mark(SyncSender<()>),
}

/// The log.
#[derive(Clone, Debug)]
pub struct Journal {
    lines: SyncSender<Item>,
    lost: Arc<AtomicU64>,
}

impl Journal {
    /// A log that is written here.
    pub fn on(mut to: impl Write + Send + 'static) -> Self {
        let (lines, waiting) = sync_channel::<Item>(WAITING);
        thread::spawn(move || {
            for item in waiting {
                // A line that cannot be written cannot be reported anywhere else. Who asked for a mark may have stopped waiting.
                let _ = match item {
                    Item::Line(line) => to.write_all(&line).and_then(|()| to.flush()).is_ok(),
                    Item::Mark(mark) => mark.try_send(()).is_ok(),
                };
            }
        });
        Self { lines, lost: Arc::default() }
    }

    /// Writes a line with these values; texts are cleaned, and cut where they are long.
    pub fn line(&self, level: &str, what: &str, values: Value) {
        let mut line = json!({ "time": now().to_string(), "level": level, "what": what });
        for (key, value) in values.as_object().into_iter().flatten() {
            line[key] = cleaned(value);
        }
        let mut bytes = line.to_string().into_bytes();
        bytes.push(b'\n');
        if self.lines.try_send(Item::Line(bytes)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was logged is written, for a second at most.
    pub fn flush(&self) {
        let (mark, written) = sync_channel(1);
        if self.lines.try_send(Item::Mark(mark)).is_ok() {
            let _ = written.recv_timeout(FLUSHED);
        }
    }

    /// The lines that were dropped since too many waited.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

fn cleaned(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(cut(&clean(text))),
        Value::Array(values) => values.iter().map(cleaned).collect(),
        other => other.clone(),
    }
}

/// A text of at most so many characters; a longer one ends behind a word where it has one, with `…`.
fn cut(text: &str) -> String {
    let Some((before, _)) = text.char_indices().nth(LONGEST).and_then(|(end, _)| text.split_at_checked(end)) else {
        return text.to_owned();
    };
    let whole = before.rsplit_once(' ').map(|(whole, _)| whole).filter(|whole| whole.len() > before.len() / 2);
    format!("{}…", whole.unwrap_or(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        assert_eq!(cut(&"é".repeat(LONGEST + 1)), format!("{}…", "é".repeat(LONGEST)));
        let text = "registry ".repeat(40);
        let shown = cut(&text);
        assert!(shown.ends_with("registry…") && shown.len() > LONGEST - 20, "{shown}");
    }
}
