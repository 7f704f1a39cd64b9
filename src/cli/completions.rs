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
  wincompat completions powershell | Out-String | Invoke-Expression

The line for PowerShell goes into the file that $PROFILE names. The script itself cannot be added to that file: it begins with `using`, which \
PowerShell takes at the top of a file only.")]
pub struct Args {
    /// Shell.
    shell: Shell,
}

/// The command line without the subcommands that its help leaves out.
fn shown() -> clap::Command {
    let command = super::command();
    let subcommands: Vec<_> = command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()).cloned().collect();
    clap::Command::new("wincompat").version(super::VERSION).subcommands(subcommands)
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        // In memory first: the generator ends the program where a stream is closed.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut shown(), "wincompat", &mut script);
        std::io::Write::write_all(io.out, &script)?;
        Ok(ExitCode::DONE)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    fn script(shell: Shell) -> String {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut shown(), "wincompat", &mut script);
        String::from_utf8(script).unwrap()
    }

    #[test]
    fn every_shell_completes_what_the_help_shows() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            assert!(script.contains("explain") && script.contains("isolation"), "{shell}");
            assert!(!script.contains("monitor"), "{shell}");
        }
    }

    /// Scripts of these shells hold the values; where others may be typed too, they offer the usual ones.
    #[test]
    fn values_are_completed() {
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            let script = script(shell);
            for value in ["host-process", "containerd", "windows-server-2022", "build-mismatch", "sarif"] {
                assert!(script.contains(value), "{value} in {shell}");
            }
        }
        assert!(script(Shell::Bash).contains("docker containerd kubernetes wincompat"));
        assert!(script(Shell::Bash).contains("local all windows-10-1507"));
    }
}
