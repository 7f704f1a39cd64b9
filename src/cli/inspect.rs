//! `wincompat inspect`: all that is known of containers.

use std::io::{self, Write};

use super::each::{begin, each};
use super::store::{self, StoreArgs};
use crate::Error;
use crate::report::containers::Inspected;
use crate::report::json;
use crate::runner::life::containers;

/// Show all that is known of containers, as JSON.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat inspect web

Elsewhere than on Windows, what stands in the store is shown. The environment of the container's process is in it.

Exit codes: 0 done, 2 one could not be shown.")]
pub struct Args {
    /// Containers, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints one JSON document on `out`, also when some containers are not in it; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(store) = begin(args.store.store(), err)? else { return Ok(2) };
    // Elsewhere than on Windows no container runs.
    let system = store::system().ok();
    let Some(all) = begin(containers::list(system.as_deref(), &store).map_err(Error::from), err)? else { return Ok(2) };
    let mut found = Vec::new();
    let code = each(&args.containers, err, |name, _| {
        let id = store.resolve(name)?.to_string();
        found.extend(all.iter().find(|listed| listed.id == id).cloned());
        Ok(())
    })?;
    json(&Inspected::new(&found), out)?;
    Ok(code)
}
