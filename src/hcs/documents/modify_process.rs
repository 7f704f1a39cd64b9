//! What can be done to a running process: its console resized, its standard input closed, a signal sent.

use serde::{Deserialize, Serialize};

/// A `ProcessModifyRequest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "Operation")]
pub enum ModifyProcess {
    /// Its console has another size.
    ConsoleSize {
        /// The new size.
        #[serde(rename = "ConsoleSize")]
        size: ConsoleSize,
    },
    /// One of its standard handles is closed.
    CloseHandle {
        /// Which.
        #[serde(rename = "CloseHandle")]
        handle: CloseHandle,
    },
}

impl ModifyProcess {
    /// The end of standard input. The local end of the pipe is closed after this.
    pub const CLOSE_STDIN: Self = Self::CloseHandle { handle: CloseHandle { handle: "StdIn" } };
}

/// Which handle of a process.
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

/// `SignalProcessOptions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SignalProcess {
    /// Which signal.
    pub signal: Signal,
}

/// The console events Windows can send to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Signal {
    /// What Ctrl-C does.
    CtrlC,
    /// What Ctrl-Break does.
    CtrlBreak,
    /// What closing the console window does.
    CtrlClose,
    /// What the end of the session does.
    CtrlLogOff,
    /// What the system's shutdown does; `docker stop` sends it.
    CtrlShutdown,
}
