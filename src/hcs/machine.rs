//! A machine that runs containers: its compute systems, layers and networks, each behind a trait of its own.
//!
//! Three things implement them: Windows itself, the plan that a dry run prints ([`crate::hcs::plan`]), and the
//! fake of the tests. A call that a plan never makes has an answer of its own in its trait, so that a new call need only be written
//! where it is made. All calls block; none may be made from a callback.

use std::time::Duration;

use crate::hcs::compute_systems::ComputeSystems;
use crate::hcs::layers::Layers;
use crate::hcs::networks::Networks;

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

/// The time a call may take; hcsshim gives creations and starts as much.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(240);
