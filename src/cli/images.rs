//! `wincompat images`: lists the images in the store.

use jiff::Timestamp;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::report::images::{self, Images};
use crate::report::{Format, json};
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
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let images = self.list(io.platform)?;
        match self.format {
            _ if self.quiet => {
                for image in &images.images {
                    let (whole, short) = (image.digest.as_str(), image.digest.short());
                    writeln!(io.out, "{}", if self.no_trunc { whole } else { short })?;
                }
            }
            Format::Table => images::write(&images, io.columns, Timestamp::now(), self.no_trunc, io.out)?,
            Format::Json => json(&images, io.out)?,
        }
        Ok(ExitCode::DONE)
    }
}

impl Args {
    fn list(&self, platform: &Platform) -> Result<Images, Error> {
        let stored = self.store.images(platform)?.map_or_else(|| Ok(Vec::new()), |blobs| store::images::list(&blobs))?;
        Ok(Images::new(&stored))
    }
}
