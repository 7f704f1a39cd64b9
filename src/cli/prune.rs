//! `wincompat prune`: releases what ended and killed containers left behind.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::registries::{CACHE_VARIABLE, default_cache};
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::oci::Cache;
use crate::report::plain::clean;
use crate::runner::life::prune::{Pruned, prune};
use crate::runner::store::images::{Removed, StoreImages};

/// Remove stopped containers and leftovers of interrupted runs and pulls.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat prune
  wincompat prune --cache

Containers that run are left alone, and so are images: `wincompat rmi` removes those. What an interrupted pull left is kept for a day, since the next pull goes on from there.

Exit codes: 0 success, 2 something could not be removed (run prune again).")]
pub struct Args {
    /// Empty the cache of checks instead: the usual one, or the one in this folder.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    cache: Option<Option<PathBuf>>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    /// Prints everything that is removed.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if let Some(folder) = &self.cache {
            return empty_cache(folder.as_deref(), io);
        }
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

/// Empties the cache in this folder or the usual one, and prints what is removed.
fn empty_cache(folder: Option<&Path>, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
    let folder =
        folder.map(Path::to_owned).or_else(|| std::env::var_os(CACHE_VARIABLE).map(PathBuf::from)).or_else(default_cache);
    let folder =
        folder.ok_or_else(|| Error::new("this system has no default folder for caches").hint("name one with --cache=DIR"))?;
    let emptied = Cache::empty(io.platform.folders.handles(), &folder)
        .map_err(|error| error.hint("name another folder with --cache=DIR"))?;
    if emptied.files > 0 {
        writeln!(io.out, "cache {}: {} files, {} bytes", clean(&folder.display().to_string()), emptied.files, emptied.bytes)?;
    }
    Ok(ExitCode::DONE)
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
