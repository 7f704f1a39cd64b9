//! A container's life without Docker and without containerd, told as a [recipe].
//!
//! The recipe sees the operating system through one trait, [`system::System`]. All it takes of the host it writes down first
//! ([`state`]) and gives back afterwards ([`release`]); [`prune`] does that for runs that were killed.
//!
//! What is asked of the file system alone is no part of that trait: who owns the store's folders ([`guarded`]), and what volume they
//! are on ([`preflight`], which knows of `host` what a machine needs to launch containers).

pub mod call;
pub mod claim;
pub mod command_line;
pub mod containers;
pub mod documents;
pub mod ending;
pub mod error;
pub mod exec;
mod files;
pub mod filter;
pub mod flags;
pub(crate) mod guarded;
pub mod guid;
pub mod id;
pub mod image_config;
pub mod images;
pub mod import;
pub mod interrupts;
pub mod layer;
pub mod layer_removal;
pub mod log;
pub mod monitor;
pub mod name;
mod network;
pub mod plan;
pub mod preflight;
mod process;
pub mod prune;
pub mod pull;
pub mod recipe;
mod release;
pub mod request;
mod scratch;
pub mod state;
pub mod stdio;
pub mod store;
pub mod system;
#[cfg(test)]
mod tests;
pub mod trace;
