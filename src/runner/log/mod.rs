//! A container's log: what it wrote, one JSON object a line, kept by the process that owns the container.
//!
//! ```json
//! {"time":"2026-11-25T08:40:03.123456789Z","stream":"stdout","text":"Reply from ::1: time<1ms\r\n"}
//! {"time":"2026-11-25T08:40:03.123466789Z","stream":"stderr","bytes":"RvxyDQo="}
//! ```
//!
//! An object holds one line of the container with its end, as Docker's `json-file` does it: `text`, or `bytes` in Base64 where the
//! line is not UTF-8. A line of more than 16 KiB stands in several objects. All of a stream in order are its bytes, none lost.
//! At 10 MiB the file `log.jsonl` becomes `log.1.jsonl`, in the place of the one before: a container that writes without end
//! fills no disk, and its last 10 MiB at least are there.

mod read;
mod write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use read::Reader;
pub use write::Log;

/// The most bytes of a file, after which it becomes the older one.
const LARGEST_FILE: u64 = 10 << 20;
/// The most bytes of the container in one object.
const LONGEST_TEXT: usize = 16 << 10;
/// The most bytes of a line of the file: JSON writes a control character in six bytes.
const LONGEST_LINE: usize = 6 * LONGEST_TEXT + 256;

/// The stream that a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line of a container, or a part of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The time when it was complete.
    pub time: Timestamp,
    /// The stream that it was written to.
    pub stream: Stream,
    /// The bytes, the line's end among them.
    pub bytes: Vec<u8>,
}

/// An entry in the file.
#[derive(Serialize, Deserialize)]
struct Line {
    time: Timestamp,
    stream: Stream,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

impl Entry {
    /// The entry as a line of the file, with its end.
    fn to_line(&self) -> Vec<u8> {
        let (text, bytes) = match std::str::from_utf8(&self.bytes) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(STANDARD.encode(&self.bytes))),
        };
        // A structure of texts: serialisation does not fail. If it did, the line would be empty, and be passed over by readers.
        let mut line = serde_json::to_vec(&Line { time: self.time, stream: self.stream, text, bytes }).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// The entry in a line of the file; `None` if this program did not write it.
    fn from_line(line: &[u8]) -> Option<Self> {
        let Line { time, stream, text, bytes } = serde_json::from_slice(line).ok()?;
        let bytes = match (text, bytes) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(bytes)) => STANDARD.decode(bytes).ok()?,
            _ => return None,
        };
        Some(Self { time, stream, bytes })
    }
}

/// The file that is being written.
const CURRENT: &str = "log.jsonl";
/// The full one before it.
const OLDER: &str = "log.1.jsonl";

#[cfg(test)]
mod tests;
