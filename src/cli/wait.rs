//! `wincompat wait`: waits until containers end.

use super::each::print_each;
use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::runner::life::ending;

/// Wait for containers to stop, then print their exit codes.
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

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints the exit code of each container, all 32 bits as a number.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let store = self.store.store(io.platform)?;
        print_each(&self.containers, io, |name| Ok(ending::wait(&store, &store.resolve(name)?)?.to_string()))
    }
}
