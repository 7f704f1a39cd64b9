//! The trace of the calls of Windows: `--trace`.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::hcs::trace::Trace;

/// The trace of a run.
#[derive(clap::Args, Clone, Debug)]
pub struct TraceArgs {
    /// Log every Windows API call to a file (JSON lines). Includes environment variables.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

impl TraceArgs {
    /// The file, if one is named.
    pub fn path(&self) -> Option<&Path> {
        self.trace.as_deref()
    }

    /// The trace; off if no file is named.
    ///
    /// # Errors
    ///
    /// A file that cannot be created.
    pub fn open(&self) -> Result<Trace, Error> {
        self.path().map_or_else(|| Ok(Trace::off()), Trace::to)
    }
}
