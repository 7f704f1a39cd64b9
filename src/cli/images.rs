//! `wincompat images`: what the store holds.

use std::io::{self, Write};

use jiff::Timestamp;

use super::each::begin;
use super::store::StoreArgs;
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

/// Prints the images on `out`; the answer is the exit code.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, columns: u16, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(images) = begin(args.list(), err)? else { return Ok(2) };
    match args.format {
        _ if args.quiet => {
            for image in &images.images {
                let (whole, short) = (image.digest.as_str(), image.digest.short());
                writeln!(out, "{}", if args.no_trunc { whole } else { short })?;
            }
        }
        Format::Table => images::write(&images, columns, Timestamp::now(), args.no_trunc, out)?,
        Format::Json => json(&images, out)?,
    }
    Ok(0)
}

impl Args {
    fn list(&self) -> Result<Images, Error> {
        let stored = self.store.images()?.map_or_else(|| Ok(Vec::new()), |blobs| store::images::list(&blobs))?;
        Ok(Images::new(&stored))
    }
}
