//! The life of a container, from its layers to the removal of its last trace.

pub mod containers;
pub mod context;
pub mod dry_run;
pub mod ending;
pub mod exec;
pub mod interrupts;
pub mod monitor;
pub mod preflight;
mod process;
pub mod prune;
pub mod release;
pub mod run;
mod scratch;
pub mod stdio;
