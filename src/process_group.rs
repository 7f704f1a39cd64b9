//! Programs that are ended together with all that they have started: the seam to the system, which has groups of processes.

use std::fmt;
use std::io;
use std::process::Command;
use std::sync::MutexGuard;

/// The groups of processes of a system.
pub trait ProcessGroups: fmt::Debug + Send + Sync {
    /// Lets the process that this command starts begin a group of its own. What is returned is kept until that group was asked for.
    fn begin(&self, command: &mut Command) -> Starting;

    /// The group of the process with this number, which began one and was not waited for yet.
    ///
    /// # Errors
    ///
    /// The process is gone, or the system has no group for it.
    fn of(&self, process: u32) -> io::Result<Box<dyn ProcessGroup>>;
}

/// A process is being started, and nobody can know its group yet: what ends all groups waits for the end of this.
#[derive(Debug, Default)]
#[must_use]
pub struct Starting(pub Option<MutexGuard<'static, ()>>);

/// A process and all that it has started.
pub trait ProcessGroup: Send + Sync {
    /// Ends all of them by force. Those that have ended are passed over.
    fn end(&self);
}

/// No groups: every process is alone, and who started it ends it.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl ProcessGroups for Alone {
    fn begin(&self, _: &mut Command) -> Starting {
        Starting::default()
    }

    fn of(&self, _: u32) -> io::Result<Box<dyn ProcessGroup>> {
        Ok(Box::new(Self))
    }
}

impl ProcessGroup for Alone {
    fn end(&self) {}
}
