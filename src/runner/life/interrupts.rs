//! Ctrl-C, counted: a run looks at it between steps and while it waits.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Error;

/// The number of times the user has pressed Ctrl-C.
#[derive(Debug, Default)]
pub struct Interrupts(AtomicU32);

impl Interrupts {
    /// No interrupt yet.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Counts one more.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The number so far.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Fails after an interrupt: for a run that has no process yet to which it could be passed on.
    pub fn check(&self) -> Result<(), Error> {
        if self.count() == 0 { Ok(()) } else { Err(Error::new("interrupted")) }
    }
}
