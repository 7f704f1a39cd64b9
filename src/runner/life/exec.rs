//! Another process in a container that runs.

use crate::Error;
use crate::hcs::id::ContainerId;
use crate::runner::life::context::Context;
use crate::runner::life::ending;
use crate::runner::life::process;
use crate::runner::life::stdio::Stdio;
use crate::runner::request::ProcessRequest;

/// Runs a process in this container and stays with it: what it ended with.
///
/// # Errors
///
/// A container that does not run, or a command that does not start.
pub fn run(
    context: &Context<'_>,
    id: &ContainerId,
    request: &ProcessRequest,
    stdio: impl FnOnce() -> Result<Stdio, Error>,
) -> Result<u32, Error> {
    let container = ending::open_running(context.machine, context.store, id)?;
    let stdio = stdio()?;
    let spawned = process::create(context, &*container, request)?;
    process::accompany(context, &*container, spawned, stdio, request.console, || ())
}

/// Starts a process in this container and leaves it.
///
/// # Errors
///
/// As for [`run`].
pub fn start(context: &Context<'_>, id: &ContainerId, request: &ProcessRequest) -> Result<(), Error> {
    let container = ending::open_running(context.machine, context.store, id)?;
    process::create(context, &*container, request).map(drop)
}
