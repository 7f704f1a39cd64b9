//! `wincompat rmi`: removes images from the store.

use std::io::{self, Write as _};

use super::each::each;
use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::advice::{Command, Setting, advice};
use crate::oci::layout::Folder;
use crate::report::plain::clean;
use crate::runner::store::Store;
use crate::runner::store::images::{Removed, StoreImages};

/// Remove images from the local store.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat rmi mcr.microsoft.com/windows/nanoserver:ltsc2022
  wincompat rmi 1f3a5c7e9b2d

Layers used by other images or containers are kept. An image that a container was made from is removed with -f only.

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

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints everything that is removed, a line each.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let (store, blobs) = self.open(io.platform)?;
        // Elsewhere than on Windows there are no imported layers.
        let machine = io.platform.machine().ok();
        let images = StoreImages { machine: machine.as_deref(), store: &store, blobs: &blobs };
        each(&self.images, io, |image, io| Ok(print(&images.remove(image, self.force)?, io)?))
    }
}

fn print(removed: &Removed, io: &mut Io<'_>) -> io::Result<()> {
    for name in &removed.names {
        writeln!(io.out, "Untagged: {}", clean(name))?;
    }
    for digest in &removed.blobs {
        writeln!(io.out, "Deleted: {digest}")?;
    }
    for layer in &removed.layers {
        writeln!(io.out, "Deleted: layer {layer}")?;
    }
    removed.notes.iter().for_each(|note| io.warn(note));
    Ok(())
}

impl Args {
    fn open(&self, platform: &Platform) -> Result<(Store, Folder), Error> {
        let blobs = self.store.images(platform)?.ok_or_else(|| {
            Error::new("there are no images in the store").hint(advice![
                "download one with ",
                Command::Pull("IMAGE".to_owned()),
                ", or name another store with ",
                Setting::Store
            ])
        })?;
        Ok((self.store.store(platform)?, blobs))
    }
}
