//! `wincompat stop`: asks containers to end, and ends by force those that do not.

use std::time::Duration;

use super::each::print_each;
use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
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
    /// Seconds to wait before killing (default: the container's --stop-timeout, or 10).
    #[arg(short, long, value_name = "SECONDS", visible_alias = "timeout")]
    time: Option<u32>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints the name of each container that is stopped.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let (store, machine) = self.store.store_and_machine(io.platform)?;
        let timeout = self.time.map(|seconds| Duration::from_secs(seconds.into()));
        print_each(&self.containers, io, |name| {
            ending::stop(&*machine, &store, &store.resolve(name)?, timeout)?;
            Ok(name.to_owned())
        })
    }
}
