//! `wincompat wait`: until containers end.

use std::io::{self, Write};

use super::each::{begin, print_each};
use super::store::StoreArgs;
use crate::runner::life::ending;

/// Wait until containers end, and print what they end with.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat wait web

Exit codes: 0 the containers' exit codes are printed, 2 one is not known.")]
pub struct Args {
    /// Containers, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints the exit code of each container on `out`, all 32 bits as a number; the answer is the exit code of the command.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(store) = begin(args.store.store(), err)? else { return Ok(2) };
    print_each(&args.containers, out, err, |name| Ok(ending::wait(&store, &store.resolve(name)?)?.to_string()))
}
