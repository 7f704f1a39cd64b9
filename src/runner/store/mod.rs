//! The store: images, layers and containers in folders, who owns them, and what is written down about them.

pub mod claim;
mod folders;
pub(crate) mod guarded;
pub mod images;
pub mod import;
mod layer_removal;
pub mod name;
pub mod state;

pub use folders::Store;
pub(crate) use folders::entries;
