//! The notation of Docker's flags, which `run` and `ps` read as Docker does.

pub mod filter;
pub mod flags;
pub mod hardware;
