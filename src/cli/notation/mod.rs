//! The notation of Docker's flags, which `run` and `ps` take as they are.

pub mod filter;
pub mod flags;
