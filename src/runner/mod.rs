//! The life of a container without Docker and without containerd.

pub mod census;
pub mod life;
pub mod log;
mod network;
pub mod request;
pub mod store;
#[cfg(test)]
mod tests;
