//! A trace: one JSON line for every call of the system, for support and for comparison with other hosts.
//!
//! Its documents are complete: the container's environment, passwords included, is in the trace.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::Error;
use crate::advice::{Setting, advice};

/// A file that calls are recorded in, or none.
#[derive(Debug, Default)]
pub struct Trace(Option<Mutex<File>>);

/// A line of a trace.
#[derive(Serialize)]
struct Line<'a> {
    call: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
    hresult: String,
    ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
}

impl Trace {
    /// A trace in this file, after its present content.
    pub fn to(path: &Path) -> Result<Self, Error> {
        let file = File::options().create(true).append(true).open(path);
        file.map(|file| Self(Some(Mutex::new(file)))).map_err(|error| {
            Error::new(format!("the trace file {} cannot be written", path.display()))
                .because(error)
                .hint(advice!["name a file you may write to: ", Setting::Trace])
        })
    }

    /// A trace that records nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Records a call: its document, its answer, and the time it took. A full disk does not end a container.
    pub fn call(&self, call: &str, document: Option<&str>, hresult: u32, took: Duration, result: Option<&str>) {
        let Some(file) = &self.0 else { return };
        let line = Line {
            call,
            document: document.map(json_or_text),
            hresult: format!("0x{hresult:08x}"),
            ms: (took.as_secs_f64() * 1e6).round() / 1e3,
            result: result.map(json_or_text),
        };
        if let Ok(mut text) = serde_json::to_vec(&line) {
            text.push(b'\n');
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text);
        }
    }
}

/// JSON as JSON, all else as a text.
fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_call() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.jsonl");
        let trace = Trace::to(&path).unwrap();
        trace.call("HcsCreateComputeSystem", Some(r#"{"Owner":"w"}"#), 0, Duration::from_micros(1500), None);
        trace.call("PrepareLayer", Some("C:\\scratch\nx"), 0x8007_0005, Duration::ZERO, Some("not JSON"));
        Trace::off().call("nothing", None, 0, Duration::ZERO, None);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            concat!(
                r#"{"call":"HcsCreateComputeSystem","document":{"Owner":"w"},"hresult":"0x00000000","ms":1.5}"#,
                "\n",
                r#"{"call":"PrepareLayer","document":"C:\\scratch\nx","hresult":"0x80070005","ms":0.0,"result":"not JSON"}"#,
                "\n"
            )
        );
    }
}
