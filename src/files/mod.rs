//! Files that others may use at the same time: bounded reads, locks, replacing, and folders that are not links.

#[cfg(feature = "registries")]
mod busy;
#[cfg(feature = "running")]
mod folder;
#[cfg(feature = "registries")]
mod lock;
mod read;

#[cfg(feature = "running")]
pub(crate) use busy::replace;
#[cfg(feature = "registries")]
pub(crate) use busy::retry_while_busy;
#[cfg(feature = "running")]
pub(crate) use folder::{is_folder, remove_folder};
#[cfg(feature = "registries")]
pub(crate) use lock::{lock_file, lock_shared_within, lock_within, try_lock};
#[cfg(feature = "registries")]
pub(crate) use read::read_regular;
pub(crate) use read::{open_regular, read_capped};
