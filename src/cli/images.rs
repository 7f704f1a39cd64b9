//! `wincompat images`: lists the images in the store.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::platform::Platform;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::report::Page;
use crate::report::images::ImageListing;
use crate::runner::store;

/// Show the images in the store.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat images
  wincompat images -q
  wincompat images --format json

The size is that of the compressed layers. An image's id is the digest of its manifest.

Exit codes: 0 done, 2 the store cannot be read.")]
pub struct Args {
    /// Show ids only.
    #[arg(short, long)]
    quiet: bool,
    /// Cut no ids.
    #[arg(long)]
    no_trunc: bool,
    #[command(flatten)]
    format: FormatArgs<ImageListing>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let images = self.list(io.platform)?;
        if !self.quiet {
            let page = Page { whole: self.no_trunc, ..io.page() };
            self.format.write(&images, &page, io.out)?;
            return Ok(ExitCode::DONE);
        }
        for image in &images.images {
            let (whole, short) = (image.digest.as_str(), image.digest.short());
            writeln!(io.out, "{}", if self.no_trunc { whole } else { short })?;
        }
        Ok(ExitCode::DONE)
    }
}

impl Args {
    fn list(&self, platform: &Platform) -> Result<ImageListing, Error> {
        let stored = self.store.images(platform)?.map_or_else(|| Ok(Vec::new()), |blobs| store::images::list(&blobs))?;
        Ok(ImageListing::new(&stored))
    }
}
