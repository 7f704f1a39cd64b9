//! `wincompat rm`: removes containers, with their logs.

use super::each::print_each;
use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::runner::life::ending;

/// Remove containers, with their logs.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat rm web
  wincompat rm -f web 4c01db0b339c

Exit codes: 0 all are removed, 2 at least one is not.")]
pub struct Args {
    /// Containers, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
    /// Force running containers to stop, and their background processes if these hang.
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints the name of each container that is removed.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let platform = io.platform;
        let (store, machine) = self.store.store_and_machine(platform)?;
        let force = self.force.then_some(&*platform.groups);
        print_each(&self.containers, io, |name| {
            ending::remove(&*machine, &store, &store.resolve(name)?, force)?;
            Ok(name.to_owned())
        })
    }
}
