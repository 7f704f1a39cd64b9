//! `wincompat man`: writes the manual pages, for packages.

use std::path::PathBuf;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::subcommand::Subcommand;
use crate::Error;

/// Write the manual pages to a folder.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Folder that exists.
    folder: PathBuf,
}

impl Subcommand for Args {
    fn run(&self, _: &mut Io<'_>) -> Result<ExitCode, Failure> {
        clap_mangen::generate_to(super::command(), &self.folder).map_err(|error| {
            Error::new(format!("the manual pages cannot be written to {}", self.folder.display()))
                .because(error)
                .hint("name a folder that exists and that you may write to")
        })?;
        Ok(ExitCode::DONE)
    }
}
