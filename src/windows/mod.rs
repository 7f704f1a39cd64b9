//! What is asked of Windows itself: the only unsafe code.
//!
//! [`system::Hcs`] is what the runner sees of it. Each DLL of HCS has a file with its functions, and every call goes through one
//! place there, which traces it and turns its answer into a result.

mod backup;
mod computecore;
mod computenetwork;
pub(crate) mod console;
pub(crate) mod detached;
mod dll;
mod folder;
pub(crate) mod host;
mod layer_writer;
mod notices;
mod path;
mod privilege;
mod probe;
mod registry;
mod security;
mod stdio;
pub(crate) mod store_folder;
pub(crate) mod system;
mod text;
mod token;
mod vmcompute;
pub(crate) mod volume;
mod wclayer;
