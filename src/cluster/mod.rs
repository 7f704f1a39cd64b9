//! Kubernetes clusters: their nodes and workloads read, and which workloads land only where all of their images run.
//!
//! [`api`] reads, and changes nothing. Everything else is pure: objects in, answers out.

pub mod admission;
pub mod api;
mod check;
pub mod client;
mod kubeconfig;
pub mod live;
mod nodes;
mod objects;
mod patch;
mod plan;
mod plugin;
mod rights;
mod says;
pub mod secrets;
mod steer;
mod upgrade;
mod views;
pub mod watch;

use std::collections::BTreeMap;

pub use check::{Answer, Question, Said, Share};
pub use nodes::{ClusterNode, Group, Nodes};
pub use objects::{ImageOf, Kinds, Workload};
pub use patch::{Form, Patch, patch, yaml};
pub use plan::{Effect, Fitting, OldClass, Plan, Planned, Times, retiring, version_of};
pub use steer::Steer;
pub use upgrade::Upgrade;

use crate::host::pod::RuntimeClass;

/// The RuntimeClasses of a cluster, by their names; `None` where they could not be read.
pub type Classes = Option<BTreeMap<String, RuntimeClass>>;

#[cfg(test)]
mod tests;
