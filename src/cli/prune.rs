//! `wincompat prune`: releases what ended and killed containers left behind.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::report::plain::clean;
use crate::runner::life::prune::{Pruned, prune};
use crate::runner::store::images::{Removed, StoreImages};

/// Remove ended containers, and all that killed runs and pulls left behind.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat prune

Containers that run are left alone, and so are images: `wincompat rmi` removes those. What an interrupted pull left is kept for a day, since the next pull goes on from there.

Exit codes: 0 done, 2 something could not be removed; then prune again.")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    /// Prints everything that is removed.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let (pruned, removed) = self.prune(io.platform)?;
        let lines = pruned.containers.iter().map(|id| format!("container {id}"));
        let lines = lines.chain(pruned.compute_systems.iter().map(|id| format!("compute system {id}")));
        let lines = lines.chain(pruned.endpoints.iter().map(|name| format!("endpoint {name}")));
        let lines = lines.chain(removed.layers.iter().map(|layer| format!("layer {layer}")));
        for line in lines.chain(removed.blobs.iter().map(|digest| format!("blob {digest}"))) {
            writeln!(io.out, "{}", clean(&line))?;
        }
        for note in &removed.notes {
            io.warn(note);
        }
        for left in &pruned.left_over {
            io.fail(left);
        }
        Ok(if pruned.left_over.is_empty() { ExitCode::DONE } else { ExitCode::NOT_DONE })
    }
}

impl Args {
    fn prune(&self, platform: &Platform) -> Result<(Pruned, Removed), Error> {
        let store = self.store.store(platform)?;
        // Elsewhere than on Windows there are neither containers nor imported layers.
        let machine = platform.machine().ok();
        let mut pruned = machine.as_deref().map_or_else(|| Ok(Pruned::default()), |machine| prune(machine, &store))?;
        let mut removed = Removed::default();
        if let Some(blobs) = self.store.images(platform)? {
            match (StoreImages { machine: machine.as_deref(), store: &store, blobs: &blobs }).prune() {
                Ok(done) => removed = done,
                Err(error) => pruned.left_over.push(error),
            }
        }
        Ok((pruned, removed))
    }
}
