//! What the tests of several subjects share: the program, a registry, layers, an emulated host.

pub mod again;
pub mod committed;
#[cfg(windows)]
pub mod emulated;
pub mod layers;
pub mod program;
pub mod registry;
