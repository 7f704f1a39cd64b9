//! Programs that are ended together with all that they have started: the seam to the system, which has groups of processes.

use std::fmt;
use std::io;
use std::process::Command;

/// The groups of processes of a system.
pub trait ProcessGroups: fmt::Debug + Send + Sync {
    /// Lets the process that this command starts begin a group of its own.
    fn begin(&self, command: &mut Command);

    /// The group of the process with this number, which began one and was not waited for yet.
    ///
    /// # Errors
    ///
    /// The process is gone, or the system has no group for it.
    fn of(&self, process: u32) -> io::Result<Box<dyn ProcessGroup>>;
}

/// A process and all that it has started.
pub trait ProcessGroup: Send + Sync {
    /// Ends all of them by force. Those that have ended are passed over.
    fn end(&self);
}

/// No groups: every process is alone, and who started it ends it.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl ProcessGroups for Alone {
    fn begin(&self, _: &mut Command) {}

    fn of(&self, _: u32) -> io::Result<Box<dyn ProcessGroup>> {
        Ok(Box::new(Self))
    }
}

impl ProcessGroup for Alone {
    fn end(&self) {}
}
