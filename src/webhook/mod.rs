//! The webhook: answers of `cluster::admission` over HTTPS, from memory.
//!
//! [`View`] is what is known of the cluster, kept by watches; [`Images`] what was read of images; [`Answers`] puts the two together for one
//! question; [`serve`] listens, and ends in order.

mod answers;
mod certificate;
mod coming;
mod connections;
mod images;
mod journal;
mod metrics;
mod own_certificate;
mod pace;
mod serve;
mod view;
mod work;

pub use answers::Answers;
pub use certificate::Files;
pub use images::{Images, Reader, Reading};
pub use journal::Journal;
pub use metrics::Metrics;
pub use own_certificate::Own;
pub use serve::{Certificates, Setup, serve};
pub use view::View;
pub use work::Work;
