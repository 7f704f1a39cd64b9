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

/// The script for a shell.
fn script(shell: Shell) -> Vec<u8> {
    // In memory first: the generator ends the program where a stream is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown(), "wincompat", &mut script);
    if shell == Shell::Fish {
        script.extend(of_fish(&shown()).into_bytes());
    }
    script
}

/// What the generator leaves out for fish, which then offers files: the values of arguments that are not options, and the subcommands
/// behind `help`, for which it asks that no subcommand was typed and takes `help` for one.
fn of_fish(command: &clap::Command) -> String {
    let line = |when: &str, what: &str| format!("complete -c wincompat -n \"__fish_wincompat_using_subcommand {when}\" {what}\n");
    let mut lines = line("help", "-f");
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name();
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        let about = about.replace('\\', "\\\\").replace('\'', "\\'");
        lines += &line("help; and test (count (commandline -opc)) -eq 2", &format!("-a {name} -d '{about}'"));
        for argument in subcommand.get_positionals() {
            let values: Vec<String> = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
            if !values.is_empty() {
                // Where others may be typed too, a file may be meant.
                let files = if argument.is_hide_possible_values_set() { "" } else { "-f " };
                lines += &line(name, &format!("{files}-a \"{}\"", values.join(" ")));
            }
        }
    }
    lines
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        std::io::Write::write_all(io.out, &script(self.shell))?;
        Ok(ExitCode::DONE)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    fn script(shell: Shell) -> String {
        String::from_utf8(super::script(shell)).unwrap()
    }

    /// Its generator knows options alone.
    #[test]
    fn fish_completes_arguments_that_are_not_options() {
        let script = script(Shell::Fish);
        let using = |subcommand: &str, what: &str| {
            let line = format!("complete -c wincompat -n \"__fish_wincompat_using_subcommand {subcommand}\" {what}");
            assert!(script.lines().any(|known| known.starts_with(&line)), "{line}");
        };
        using("completions", "-f -a \"bash elvish fish powershell zsh\"");
        using("explain", "-a \"");
        using("host", "-a \"local all ");
        using("help", "-f");
        using("help; and test (count (commandline -opc)) -eq 2", "-a check -d '");
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
