//! `wincompat ps`: which containers there are, and how they fare.

use std::io::{self, Write};

use jiff::Timestamp;

use super::each::begin;
use super::store::{self, StoreArgs};
use crate::Error;
use crate::cli::notation::filter::{self, Filter};
use crate::report::containers::Containers;
use crate::report::{Format, containers_table, json};
use crate::runner::life::containers::{self, Listed, Status};

/// Show containers: those that run, by what the Host Compute Service says, or all.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat ps
  wincompat ps -a --filter status=exited
  wincompat ps -q --filter name=web
  wincompat ps -a --format json

A container that nobody looks after, or whose state is lost, is shown as such; `wincompat prune` removes what is left of it.

Exit codes: 0 done, 2 what runs is not known.")]
pub struct Args {
    /// Show all containers, not only those that run.
    #[arg(short, long)]
    all: bool,
    /// Show ids only.
    #[arg(short, long)]
    quiet: bool,
    /// Cut no ids and no commands.
    #[arg(long)]
    no_trunc: bool,
    /// Show only containers with id=, name=, ancestor= (the image), status=, isolation= or exited= (the exit code); repeatable.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = filter::parse)]
    filter: Vec<Filter>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints the containers on `out`; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, columns: u16, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(listed) = begin(args.list(), err)? else { return Ok(2) };
    let containers = Containers::new(&listed);
    match args.format {
        _ if args.quiet => {
            for entry in &containers.containers {
                writeln!(out, "{}", if args.no_trunc { entry.id.clone() } else { entry.short_id() })?;
            }
        }
        Format::Table => containers_table::write(&containers, columns, Timestamp::now(), args.no_trunc, out)?,
        Format::Json => json(&containers, out)?,
    }
    Ok(0)
}

impl Args {
    fn list(&self) -> Result<Vec<Listed>, Error> {
        let store = self.store.store()?;
        // As with Docker, whoever asks for a status means those that have it.
        let all = self.all || self.filter.iter().any(Filter::asks_for_a_status);
        let system = match store::system() {
            Ok(system) => Some(system),
            // The store may have been brought here.
            Err(_) if all => None,
            Err(error) => return Err(Error::from(error).hint("`wincompat ps -a` shows what stands in the store")),
        };
        let mut listed = containers::list(system.as_deref(), &store)?;
        listed.retain(|listed| (all || listed.status() == Status::Running) && filter::passes(&self.filter, listed));
        Ok(listed)
    }
}
