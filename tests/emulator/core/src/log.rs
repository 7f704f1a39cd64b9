//! The call log: `calls.jsonl` in the state folder, one line a call and one a completed operation.

use crate::home;
use crate::state::Lock;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;

/// Appends one line; the process and thread are added to it.
pub fn line(mut entry: Value) {
    // SAFETY: takes nothing, cannot fail.
    let thread = unsafe { windows_sys::Win32::System::Threading::GetCurrentThreadId() };
    entry["pid"] = json!(std::process::id());
    entry["tid"] = json!(thread);
    let text = format!("{entry}\n");
    let _lock = Lock::take();
    let file = OpenOptions::new().create(true).append(true).open(home::folder().join("calls.jsonl"));
    if let Ok(mut file) = file {
        let _ = file.write_all(text.as_bytes());
    }
}

/// A document as the log shows it: JSON as JSON, anything else as text.
pub fn shown(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)))
}
