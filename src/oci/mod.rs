//! Images where they are kept: registries, image layouts and archives, the cache of earlier answers, many references read
//! side by side, and blobs pulled into a layout.

mod cache;
mod candidates;
mod content;
pub mod distribution;
mod known;
pub mod layout;
pub mod manifest;
mod once;
pub mod pull;
mod resolve;
mod waiting;

pub use cache::Cache;
pub use content::RawImage;
pub use resolve::{Images, Options};
pub use waiting::Waiting;
