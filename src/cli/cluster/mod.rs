//! `wincompat cluster`: the workloads of a Kubernetes cluster and the nodes that they can land on.

mod check;
mod patch;
mod plan;
mod read;
mod upgrade;
mod watch;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::subcommand::Subcommand;

/// Check what runs where on a Kubernetes cluster.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat cluster check -A
  wincompat cluster plan -A --add ltsc2022 --retire 17763
  wincompat cluster patch -n shop deployment/web")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// The commands of a cluster.
#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    Check(Box<check::Args>),
    Plan(Box<plan::Args>),
    Patch(Box<patch::Args>),
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        match &self.command {
            Command::Check(args) => args.run(io),
            Command::Plan(args) => args.run(io),
            Command::Patch(args) => args.run(io),
        }
    }
}
