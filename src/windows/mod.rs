//! Calls of Windows itself: the only unsafe code.
//!
//! [`machine::LocalMachine`] is the runner's view of it. Each DLL of HCS has a file with its functions, and every call goes through
//! one place there, which traces it and turns its answer into a result.

mod backup;
mod compute_systems;
mod computecore;
mod computenetwork;
pub(crate) mod console;
pub(crate) mod detached;
mod dll;
mod folder;
mod handle;
mod layer_writer;
pub(crate) mod machine;
mod notices;
mod path;
mod privilege;
pub(crate) mod probe;
pub(crate) mod registry;
mod security;
mod stdio;
pub(crate) mod store_folder;
mod text;
mod token;
mod vmcompute;
pub(crate) mod volume;
mod wclayer;
