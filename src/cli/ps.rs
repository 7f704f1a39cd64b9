//! `wincompat ps`: lists containers and their status.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::notation::filter::{self, Filter};
use super::platform::Platform;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::advice::{Command, advice};
use crate::report::Page;
use crate::report::containers::Containers;
use crate::runner::life::containers::{self, Listed, Status};

/// List containers.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat ps
  wincompat ps -a --filter status=exited
  wincompat ps -q --filter name=web
  wincompat ps -a --format json

A container whose monitor is gone, or whose state is lost, is shown as such; `wincompat prune` removes what is left of it.

Exit codes: 0 success, 2 the running containers are not known.")]
pub struct Args {
    /// Show all containers, not only running ones.
    #[arg(short, long)]
    all: bool,
    /// Show only IDs.
    #[arg(short, long)]
    quiet: bool,
    /// Do not truncate output.
    #[arg(long)]
    no_trunc: bool,
    /// Show only containers with id=, name=, ancestor= (the image), status=, isolation=, exited= (the exit code) or label= (KEY or KEY=VALUE); can be given several times.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = filter::parse)]
    filter: Vec<Filter>,
    #[command(flatten)]
    format: FormatArgs<Containers>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let containers = Containers::new(&self.list(io.platform)?);
        if !self.quiet {
            let page = Page { whole: self.no_trunc, ..io.page() };
            self.format.write(&containers, &page, io.out)?;
            return Ok(ExitCode::DONE);
        }
        for entry in &containers.containers {
            writeln!(io.out, "{}", if self.no_trunc { entry.id.clone() } else { entry.short_id() })?;
        }
        Ok(ExitCode::DONE)
    }
}

impl Args {
    fn list(&self, platform: &Platform) -> Result<Vec<Listed>, Error> {
        let store = self.store.store(platform)?;
        // As with Docker, whoever asks for a status means those that have it.
        let all = self.all || self.filter.iter().any(Filter::asks_for_a_status);
        let machine = match platform.machine() {
            Ok(machine) => Some(machine),
            // The store may have been brought here.
            Err(_) if all => None,
            Err(error) => return Err(error.hint(advice![Command::ListContainers, " shows the containers in the store"])),
        };
        let mut listed = containers::list(machine.as_deref(), &store)?;
        listed.retain(|listed| (all || listed.status() == Status::Running) && filter::passes(&self.filter, listed));
        Ok(listed)
    }
}
