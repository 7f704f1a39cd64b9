//! `wincompat prune`: what ended and killed containers left behind is given back.

use std::io::{self, Write};

use super::each::begin;
use super::store::{self, StoreArgs};
use crate::Error;
use crate::cli::failure;
use crate::cli::wording::CommandLine;
use crate::report::Wording as _;
use crate::report::plain::clean;
use crate::runner::life::prune::{Pruned, prune};
use crate::runner::store::images::{Images, Removed};

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

/// Prints what was removed on `out`; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some((pruned, removed)) = begin(args.prune(), err)? else { return Ok(2) };
    let lines = pruned.containers.iter().map(|id| format!("container {id}"));
    let lines = lines.chain(pruned.compute_systems.iter().map(|id| format!("compute system {id}")));
    let lines = lines.chain(pruned.endpoints.iter().map(|name| format!("endpoint {name}")));
    let lines = lines.chain(removed.layers.iter().map(|layer| format!("layer {layer}")));
    for line in lines.chain(removed.blobs.iter().map(|digest| format!("blob {digest}"))) {
        writeln!(out, "{}", clean(&line))?;
    }
    for note in &removed.notes {
        writeln!(err, "warning: {}", clean(&CommandLine.advice(note)))?;
    }
    let code = if pruned.left_over.is_empty() { 0 } else { 2 };
    for left in pruned.left_over {
        failure::write(&left, err)?;
    }
    Ok(code)
}

impl Args {
    fn prune(&self) -> Result<(Pruned, Removed), Error> {
        let store = self.store.store()?;
        // Elsewhere than on Windows there are neither containers nor imported layers.
        let system = store::system().ok();
        let mut pruned = system.as_deref().map_or_else(|| Ok(Pruned::default()), |system| prune(system, &store))?;
        let mut removed = Removed::default();
        if let Some(blobs) = self.store.images()? {
            match (Images { machine: system.as_deref(), store: &store, blobs: &blobs }).prune() {
                Ok(done) => removed = done,
                Err(error) => pruned.left_over.push(error),
            }
        }
        Ok((pruned, removed))
    }
}
