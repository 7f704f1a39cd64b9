//! Layers: writers of archives, good and hostile ones, and readers of what the decoder makes of them.

pub mod archive;
pub mod backup;
pub mod hostile_archives;
mod in_memory;
pub mod synthetic;
pub mod three_layers;
pub mod tree;
