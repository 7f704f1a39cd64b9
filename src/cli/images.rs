//! `wincompat images`: lists the images in the store.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::report::Page;
use crate::report::images::ImageListing;
use crate::runner::store;
use crate::text;

/// List the images in the local store.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat images
  wincompat images -q
  wincompat images --format json
  wincompat images --verify

The size is that of the compressed layers. An image's id is the digest of its manifest.

Exit codes: 0 success, 2 the store cannot be read, or an image in it is damaged (--verify).")]
pub struct Args {
    /// Show only IDs.
    #[arg(short, long)]
    quiet: bool,
    /// Do not truncate output.
    #[arg(long)]
    no_trunc: bool,
    /// Read all images completely and report damaged ones.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    format: FormatArgs<ImageListing>,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let blobs = self.store.images(io.platform)?;
        let stored = blobs.as_ref().map_or_else(|| Ok(Vec::new()), store::images::list)?;
        let images = ImageListing::new(&stored);
        if self.quiet {
            for image in &images.images {
                let (whole, short) = (image.digest.as_str(), image.digest.short());
                writeln!(io.out, "{}", if self.no_trunc { whole } else { short })?;
            }
        } else {
            let page = Page { whole: self.no_trunc, ..io.page() };
            self.format.write(&images, &page, io.out)?;
        }
        let Some(blobs) = blobs.filter(|_| self.verify) else { return Ok(ExitCode::DONE) };
        let damaged = store::verify::verify(&blobs)?;
        for image in &damaged {
            io.fail(image);
        }
        if damaged.is_empty() {
            let all = text::count(images.images.len(), "image");
            io.note(&format!("{all} read completely, and no damage found").into());
        }
        Ok(if damaged.is_empty() { ExitCode::DONE } else { ExitCode::NOT_DONE })
    }
}
