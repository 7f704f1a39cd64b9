//! The calls of Windows: the only unsafe code.
//!
//! The public items are for `main.rs`, which hands them to the command line. Each DLL of HCS has a file with its functions, and every
//! call goes through one place there, which traces it and turns its answer into a result.

mod backup;
mod closing;
mod compute_systems;
mod computecore;
mod computenetwork;
mod console;
mod detached;
mod dll;
mod events;
mod facts;
mod file_call;
mod file_info;
mod folder;
mod handle;
mod handles;
mod host;
mod job;
mod layer_writer;
mod machine;
mod notices;
mod path;
mod privilege;
mod probe;
mod registry;
mod security;
mod stdio;
mod store_folder;
mod streams;
mod text;
mod token;
mod vmcompute;
mod volume;
mod wclayer;

pub use closing::on_close;
pub use console::Raw;
pub use detached::spawn;
pub use host::WindowsHost;
pub use job::Jobs;
pub use machine::connect;
pub use store_folder::{StoreFolders, default_store};
pub use streams::{stderr, stdin, stdout};
