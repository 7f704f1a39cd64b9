//! `wincompat monitor`: looks after a container in the background. `run -d` starts it, and nobody types it.

use super::exit::ExitCode;
use super::failure::Failure;
use super::failure_report;
use super::io::Io;
use super::subcommand::Subcommand;
use crate::hcs::machine::CALL_TIMEOUT;
use crate::runner::life::monitor::{self, Monitored};

/// Monitor a container that runs in the background. `wincompat run -d` starts this command.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {}

impl Subcommand for Args {
    /// Does what standard input asks for, until the container has ended.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let platform = io.platform;
        let machine = Monitored {
            connect: &|trace| platform.connect(trace, CALL_TIMEOUT),
            folders: &*platform.folders,
            report: &|root, error| failure_report::attach(platform, root, error),
        };
        monitor::serve(&machine, std::io::stdin(), std::io::stdout());
        Ok(ExitCode::DONE)
    }
}
