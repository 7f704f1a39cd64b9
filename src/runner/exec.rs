//! Another process in a container that runs.

use super::error::Error;
use super::id::ContainerId;
use super::recipe::Kitchen;
use super::request::ProcessRequest;
use super::stdio::Stdio;
use super::{ending, process};

/// Runs a process in this container and stays with it: what it ended with.
///
/// # Errors
///
/// A container that does not run, or a command that does not start.
pub fn run(
    kitchen: &Kitchen<'_>,
    id: &ContainerId,
    request: &ProcessRequest,
    stdio: impl FnOnce() -> Result<Stdio, Error>,
) -> Result<u32, Error> {
    let container = ending::open_running(kitchen.system, kitchen.store, id)?;
    let stdio = stdio()?;
    let spawned = process::create(kitchen, &*container, request)?;
    process::accompany(kitchen, &*container, spawned, stdio, request.console, || ())
}

/// Starts a process in this container and leaves it.
///
/// # Errors
///
/// As for [`run`].
pub fn start(kitchen: &Kitchen<'_>, id: &ContainerId, request: &ProcessRequest) -> Result<(), Error> {
    let container = ending::open_running(kitchen.system, kitchen.store, id)?;
    process::create(kitchen, &*container, request).map(drop)
}
