//! The store: images, layers and containers in folders, their owners, and their state files.

pub mod arriving;
pub mod claim;
mod folders;
pub(crate) mod guarded;
pub mod images;
pub mod import;
mod layer_removal;
pub mod name;
mod reached;
mod reports;
pub mod state;
mod transport;
pub mod verify;
mod watched;

pub use folders::Store;
