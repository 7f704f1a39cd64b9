//! Files that others may use at the same time: bounded reads, locks, replacing, and folders in which no link is followed.

#[cfg(feature = "registries")]
mod busy;
#[cfg(feature = "registries")]
mod lock;
#[cfg(feature = "registries")]
mod open_folder;
mod read;

#[cfg(feature = "registries")]
pub(crate) use busy::retry_while_busy;
#[cfg(feature = "registries")]
pub(crate) use lock::{lock_shared_within, lock_within, try_lock};
#[cfg(feature = "registries")]
pub(crate) use open_folder::{OpenFolder, is_aside};
pub(crate) use read::read_regular;
#[cfg(feature = "registries")]
pub(crate) use read::{open_regular, read_capped};
