//! `wincompat webhook`: pods that land only where their images run, by Kubernetes' own admission.

mod images;
mod manifest;
mod named;
mod serve;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::subcommand::Subcommand;

/// The port for questions.
const PORT: u16 = 8443;

/// The port for probes and metrics.
const HEALTH_PORT: u16 = 8080;

/// Lead pods to nodes where their images run, as a webhook of Kubernetes.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat webhook manifest --image registry.example/wincompat:1 > w.yaml
  wincompat webhook manifest --image r.example/wincompat:1 --as helm --output c
  wincompat webhook serve --tls-cert tls.crt --tls-key tls.key
  wincompat webhook serve --tls-secret wincompat-tls --service wincompat")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// The commands of the webhook.
#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    Manifest(Box<manifest::Args>),
    Serve(Box<serve::Args>),
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        match &self.command {
            Command::Manifest(args) => args.run(io),
            Command::Serve(args) => args.run(io),
        }
    }
}
