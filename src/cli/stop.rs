//! `wincompat stop`: containers are asked to end, and ended by force when they do not.

use std::io::{self, Write};
use std::time::Duration;

use super::each::{begin, print_each};
use super::store::StoreArgs;
use crate::runner::life::ending;

/// Stop containers.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat stop web
  wincompat stop -t 60 web 4c01db0b339c

Exit codes: 0 all are stopped, 2 one is not.")]
pub struct Args {
    /// Containers, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
    /// How long they may take before they are ended by force; the container's own time if nothing is said, or 10.
    #[arg(short, long, value_name = "SECONDS", visible_alias = "timeout")]
    time: Option<u32>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints the name of each that is stopped on `out`; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some((store, system)) = begin(args.store.store_and_system(), err)? else { return Ok(2) };
    let timeout = args.time.map(|seconds| Duration::from_secs(seconds.into()));
    print_each(&args.containers, out, err, |name| {
        ending::stop(&*system, &store, &store.resolve(name)?, timeout)?;
        Ok(name.to_owned())
    })
}
