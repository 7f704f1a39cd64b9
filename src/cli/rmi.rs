//! `wincompat rmi`: images are removed from the store.

use std::io::{self, Write};

use super::each::{begin, each};
use super::failure::Failure;
use super::store::{self, StoreArgs};
use crate::Error;
use crate::cli::wording::CommandLine;
use crate::oci::layout::Folder;
use crate::report::Wording as _;
use crate::report::plain::clean;
use crate::runner::store::Store;
use crate::runner::store::images::{Images, Removed};

/// Remove images from the store.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat rmi mcr.microsoft.com/windows/nanoserver:ltsc2022
  wincompat rmi 1f3a5c7e9b2d

What other images and containers need of it stays. An image that a container was made from is removed with -f only.

Exit codes: 0 all are removed, 2 one is not.")]
pub struct Args {
    /// Images, by name, or by the digest of the manifest or its beginning.
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
    /// Remove an image with all its names, and one that a container was made from.
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints what was removed on `out`, a line each; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some((store, blobs)) = begin(args.open(), err)? else { return Ok(2) };
    // Elsewhere than on Windows there are no imported layers.
    let system = store::system().ok();
    let images = Images { machine: system.as_deref(), store: &store, blobs: &blobs };
    each(&args.images, err, |image, err| {
        let removed = images.remove(image, args.force)?;
        print(&removed, out, err).map_err(Failure::Stream)
    })
}

fn print(removed: &Removed, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    for name in &removed.names {
        writeln!(out, "Untagged: {}", clean(name))?;
    }
    for digest in &removed.blobs {
        writeln!(out, "Deleted: {digest}")?;
    }
    for layer in &removed.layers {
        writeln!(out, "Deleted: layer {layer}")?;
    }
    removed.notes.iter().try_for_each(|note| writeln!(err, "warning: {}", clean(&CommandLine.advice(note))))
}

impl Args {
    fn open(&self) -> Result<(Store, Folder), Error> {
        let blobs = self.store.images()?.ok_or_else(|| {
            Error::new("there are no images in the store").hint("`wincompat pull` brings one there; --root names another store")
        })?;
        Ok((self.store.store()?, blobs))
    }
}
