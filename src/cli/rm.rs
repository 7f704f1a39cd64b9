//! `wincompat rm`: containers are removed, with what they wrote.

use std::io::{self, Write};

use super::each::{begin, print_each};
use super::store::StoreArgs;
use crate::runner::life::ending;

/// Remove containers, with their logs.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat rm web
  wincompat rm -f web 4c01db0b339c

Exit codes: 0 all are removed, 2 one is not.")]
pub struct Args {
    /// Containers, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
    /// End those that run by force.
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints the name of each that is removed on `out`; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some((store, system)) = begin(args.store.store_and_system(), err)? else { return Ok(2) };
    print_each(&args.containers, out, err, |name| {
        ending::remove(&*system, &store, &store.resolve(name)?, args.force)?;
        Ok(name.to_owned())
    })
}
