//! `wincompat prune`: releases what ended and killed containers left behind.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::registries::default_cache;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use super::variables;
use crate::Error;
use crate::oci::Cache;
use crate::report::plain::clean;
use crate::runner::life::prune::{Pruned, prune};
use crate::runner::store::images::{Removed, StoreImages};
use crate::text;

/// Remove stopped containers and leftovers of interrupted runs and pulls.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat prune
  wincompat prune --cache

Containers that run are left alone, and so are images: `wincompat rmi` removes those. The rest of an interrupted pull is kept for a day: the next pull continues from there.

Exit codes: 0 success, 2 something could not be removed (run prune again).")]
pub struct Args {
    /// Empty the cache of checks instead: the usual one, or the one in this folder.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    cache: Option<Option<PathBuf>>,
    /// Print only what was removed, without the summary.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints everything that is removed on standard output, a line each, and a summary on standard error.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if let Some(folder) = &self.cache {
            return self.empty_cache(folder.as_deref(), io);
        }
        let (pruned, removed) = self.prune(io.platform)?;
        let lines = pruned.containers.iter().map(|id| format!("container {id}"));
        let lines = lines.chain(pruned.compute_systems.iter().map(|id| format!("compute system {id}")));
        let lines = lines.chain(pruned.endpoints.iter().map(|name| format!("endpoint {name}")));
        let lines = lines.chain(removed.layers.iter().map(|layer| format!("layer {layer}")));
        for line in lines.chain(removed.blobs.iter().map(|digest| format!("blob {digest}"))) {
            writeln!(io.out, "{}", clean(&line))?;
        }
        if !self.quiet {
            writeln!(io.err, "{}", summary(&pruned, &removed))?;
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

/// The sentence that sums up what was removed, e.g. `Removed 2 containers, 3 files; 57.2 MiB freed.`
fn summary(pruned: &Pruned, removed: &Removed) -> String {
    let counts = [
        (pruned.containers.len(), "container"),
        (pruned.compute_systems.len(), "compute system"),
        (pruned.endpoints.len(), "network endpoint"),
        (removed.layers.len(), "layer"),
        (usize::try_from(removed.files).unwrap_or(usize::MAX), "file"),
    ];
    let parts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| text::count(count, what)).collect();
    match parts.as_slice() {
        [] if pruned.left_over.is_empty() => "Nothing to remove.".to_owned(),
        [] => "Nothing was removed.".to_owned(),
        parts if removed.files > 0 => format!("Removed {}; {} freed.", parts.join(", "), text::size(removed.bytes)),
        parts => format!("Removed {}.", parts.join(", ")),
    }
}

impl Args {
    /// Empties the cache in this folder or the usual one, and prints what is removed.
    fn empty_cache(&self, folder: Option<&Path>, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let of_variable = || std::env::var_os(variables::CACHE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = folder.map(Path::to_owned).or_else(of_variable).or_else(default_cache);
        let folder =
            folder.ok_or_else(|| Error::new("this system has no default folder for caches").hint("name one with --cache=DIR"))?;
        let emptied = Cache::empty(io.platform.folders.handles(), &folder)
            .map_err(|error| error.hint("name another folder with --cache=DIR"))?;
        if emptied.files > 0 {
            let shown = folder.display().to_string();
            let files = text::count(usize::try_from(emptied.files).unwrap_or(usize::MAX), "file");
            writeln!(io.out, "cache {}: {files} removed, {} freed", clean(&shown), text::size(emptied.bytes))?;
        } else if !self.quiet {
            writeln!(io.err, "Nothing to remove.")?;
        }
        Ok(ExitCode::DONE)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_what_was_removed() {
        let (mut pruned, mut removed) = (Pruned::default(), Removed::default());
        assert_eq!(summary(&pruned, &removed), "Nothing to remove.");
        pruned.endpoints = vec!["a".to_owned()];
        assert_eq!(summary(&pruned, &removed), "Removed 1 network endpoint.");
        (removed.files, removed.bytes) = (3, 60_005_175);
        assert_eq!(summary(&pruned, &removed), "Removed 1 network endpoint, 3 files; 57.2 MiB freed.");
        pruned = Pruned { left_over: vec![Error::new("x")], ..Pruned::default() };
        assert_eq!(summary(&pruned, &Removed::default()), "Nothing was removed.");
    }
}
