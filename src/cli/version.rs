//! `wincompat version`: shows the version, the system it was built for, and the date of its release data.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::subcommand::Subcommand;
use crate::knowledge::Knowledge;

/// Show the version, the build and the date of the release data.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        // The release workflow sets the commit.
        let commit = option_env!("WINCOMPAT_COMMIT").unwrap_or("not known");
        writeln!(io.out, "wincompat {}", super::VERSION)?;
        writeln!(io.out, "commit:       {commit}")?;
        writeln!(io.out, "system:       {} {}", std::env::consts::OS, std::env::consts::ARCH)?;
        writeln!(io.out, "release data: {}", Knowledge::built_in().date)?;
        Ok(ExitCode::DONE)
    }
}
