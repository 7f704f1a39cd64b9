//! `wincompat inspect`: shows everything that is known of containers.

use super::each::each;
use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::report::containers::Inspected;
use crate::report::json;
use crate::runner::life::containers;

/// Show detailed information about containers (JSON).
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat inspect web

On other systems than Windows, the content of the store is shown. The output includes environment variables.

Exit codes: 0 success, 2 one could not be shown.")]
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

    /// Prints one JSON document, also when some containers are not in it.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let store = self.store.store(io.platform)?;
        // Elsewhere than on Windows no container runs.
        let machine = io.platform.machine().ok();
        let all = containers::list(machine.as_deref(), &store)?;
        let mut found = Vec::new();
        let code = each(&self.containers, io, |name, _| {
            let id = store.resolve(name)?.to_string();
            found.extend(all.iter().find(|listed| listed.id == id).cloned());
            Ok(())
        })?;
        json::write(&Inspected::new(&found), io.out)?;
        Ok(code)
    }
}
