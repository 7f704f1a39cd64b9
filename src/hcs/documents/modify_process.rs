//! Changes to a running process: its console resized, its standard input closed, a signal sent.

use serde::{Deserialize, Serialize};

/// A `ProcessModifyRequest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Operation")]
pub enum ModifyProcess {
    /// Another size of its console.
    ConsoleSize {
        /// The new size.
        #[serde(rename = "ConsoleSize")]
        size: ConsoleSize,
    },
    /// The end of one of its standard handles.
    CloseHandle {
        /// The handle.
        #[serde(rename = "CloseHandle")]
        handle: CloseHandle,
    },
}

impl ModifyProcess {
    /// The end of standard input. The local end of the pipe is closed after this.
    pub const CLOSE_STDIN: Self = Self::CloseHandle { handle: CloseHandle { handle: "StdIn" } };
}

/// A standard handle of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CloseHandle {
    handle: &'static str,
}

/// The size of a console in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConsoleSize {
    /// Lines, e.g. 25.
    pub height: u16,
    /// Columns, e.g. 80.
    pub width: u16,
}

/// `SignalProcessOptions`: a console event for a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SignalProcess {
    signal: &'static str,
}

impl SignalProcess {
    /// Ctrl-C.
    pub const CTRL_C: Self = Self { signal: "CtrlC" };
}
