//! `wincompat completions`: prints a script that completes the command line in a shell.

use clap_complete::Shell;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::subcommand::Subcommand;

/// Print a script that completes commands and options in your shell.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat completions bash >/etc/bash_completion.d/wincompat
  wincompat completions powershell >>$PROFILE")]
pub struct Args {
    /// Shell.
    shell: Shell,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        // In memory first: the generator ends the program where a stream is closed.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "wincompat", &mut script);
        std::io::Write::write_all(io.out, &script)?;
        Ok(ExitCode::DONE)
    }
}
