//! The Host Compute Service, as far as it is the same on every system: its documents, its result codes, the traits that
//! stand for its calls, their trace, and the plan of a dry run.

pub mod call;
pub mod codes;
pub mod command_line;
pub mod compute_systems;
pub mod documents;
mod failure;
pub mod id;
pub mod journal;
pub mod layers;
pub mod machine;
pub mod networks;
pub mod plan;
pub mod trace;

pub use failure::{failed, invalid};
