//! Ctrl-C, counted: the recipe looks at it between steps and while it waits.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Error;

/// How often the user has asked for an end.
#[derive(Debug, Default)]
pub struct Interrupts(AtomicU32);

impl Interrupts {
    /// None yet.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// One more.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Stops a recipe that has no process yet to which the interrupt could be passed on.
    pub fn check(&self) -> Result<(), Error> {
        if self.count() == 0 { Ok(()) } else { Err(Error::new("interrupted")) }
    }
}
