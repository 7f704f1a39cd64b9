//! A machine that runs containers: its compute systems, layers and networks, each behind a trait of its own.
//!
//! Three things implement them: Windows itself (`crate::windows`), the plan that a dry run prints ([`crate::hcs::plan`]), and the
//! fake of the tests. A call that a plan never makes has an answer of its own in its trait, so that a new call need only be written
//! where it is made. All calls block; none may be made from a callback.

use std::time::Duration;

use crate::Error;
use crate::advice::{Setting, advice};
use crate::hcs::compute_systems::ComputeSystems;
use crate::hcs::layers::Layers;
use crate::hcs::networks::Networks;
use crate::hcs::trace::Trace;

/// A machine that runs containers.
pub trait Machine: Send + Sync {
    /// Containers and their processes.
    fn systems(&self) -> &dyn ComputeSystems;
    /// Layers of images and scratch layers.
    fn layers(&self) -> &dyn Layers;
    /// Networks, endpoints and namespaces.
    fn networks(&self) -> &dyn Networks;
}

/// A type that implements all three traits is a machine.
impl<T: ComputeSystems + Layers + Networks> Machine for T {
    fn systems(&self) -> &dyn ComputeSystems {
        self
    }

    fn layers(&self) -> &dyn Layers {
        self
    }

    fn networks(&self) -> &dyn Networks {
        self
    }
}

/// This machine. Every call is traced, and ends after this timeout, usually [`CALL_TIMEOUT`].
///
/// # Errors
///
/// Anywhere but on Windows.
pub fn this_machine(trace: Trace, timeout: Duration) -> Result<Box<dyn Machine>, Error> {
    #[cfg(windows)]
    return Ok(Box::new(crate::windows::machine::LocalMachine::new(trace, timeout)));
    #[cfg(not(windows))]
    {
        let _ = (trace, timeout);
        Err(Error::new("this machine runs no Windows containers")
            .because(format!("it runs {}", std::env::consts::OS))
            .hint(advice![Setting::DryRun, " shows what would be done on Windows"]))
    }
}

/// The time a call may take; hcsshim gives creations and starts as much.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(240);
