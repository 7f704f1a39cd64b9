//! A trace: one JSON line for every call of the system, for support and for comparison with other hosts.
//!
//! Its documents are complete: the container's environment, passwords included, is in the trace. The last calls are also kept in memory,
//! without those, for the report about a failure ([`Journal`]).

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use crate::Error;
use crate::advice::{Setting, advice};
use crate::hcs::journal::Journal;

/// The place that calls are recorded in: a file, if there is one, and the memory.
#[derive(Debug, Default)]
pub struct Trace {
    file: Option<Mutex<File>>,
    journal: Arc<Journal>,
}

/// A call that is being made, from its beginning to its end. One that never returns is seen in the journal.
#[derive(Debug)]
pub struct Begun<'a> {
    trace: &'a Trace,
    call: &'static str,
    document: Option<String>,
    started: Instant,
    number: u64,
}

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
        file.map(|file| Self { file: Some(Mutex::new(file)), journal: Arc::default() }).map_err(|error| {
            Error::new(format!("the trace file {} cannot be written", path.display()))
                .because(error)
                .hint(advice!["name a file you may write to: ", Setting::Trace])
        })
    }

    /// A trace without a file.
    pub fn off() -> Self {
        Self::default()
    }

    /// The same trace, whose last calls are kept in this journal.
    #[must_use]
    pub fn with_journal(self, journal: Arc<Journal>) -> Self {
        Self { journal, ..self }
    }

    /// Begins to record a call with its document.
    pub fn begin(&self, call: &'static str, document: Option<&str>) -> Begun<'_> {
        let number = self.journal.begin(call, document);
        Begun { trace: self, call, document: document.map(str::to_owned), started: Instant::now(), number }
    }
}

impl Begun<'_> {
    /// Records the answer of the call, and the time it took. A full disk does not end a container.
    pub fn end(&self, hresult: u32, result: Option<&str>) {
        let took = self.started.elapsed();
        self.trace.journal.end(self.number, hresult, took, result);
        let Some(file) = &self.trace.file else { return };
        let line = Line {
            call: self.call,
            document: self.document.as_deref().map(json_or_text),
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
pub(crate) fn json_or_text(text: &str) -> Value {
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
        trace.begin("HcsCreateComputeSystem", Some(r#"{"Owner":"w"}"#)).end(0, None);
        trace.begin("PrepareLayer", Some("C:\\scratch\nx")).end(0x8007_0005, Some("not JSON"));
        Trace::off().begin("nothing", None).end(0, None);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [create, prepare] = lines.as_slice() else { panic!("{text}") };
        assert_eq!((&create["call"], &create["document"]["Owner"]), (&"HcsCreateComputeSystem".into(), &"w".into()));
        assert_eq!((&create["hresult"], create.get("result")), (&"0x00000000".into(), None));
        assert!(create["ms"].as_f64().is_some_and(|ms| ms >= 0.0));
        assert_eq!((&prepare["document"], &prepare["hresult"]), (&"C:\\scratch\nx".into(), &"0x80070005".into()));
        assert_eq!(prepare["result"], "not JSON");
    }
}
