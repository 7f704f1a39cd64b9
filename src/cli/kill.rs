//! `wincompat kill`: ends containers by force.

use super::each::print_each;
use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use crate::Error;
use crate::advice::{Command, advice};
use crate::runner::life::ending;

/// Force containers to stop.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat kill web
  wincompat kill -s TERM web

As with Docker on Windows there are two signals: KILL ends a container by force, TERM asks it to shut down and does not wait.

Exit codes: 0 success, 2 one was not running or did not end.")]
pub struct Args {
    /// Containers, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER", required = true)]
    containers: Vec<String>,
    /// Signal to send.
    #[arg(short, long, value_name = "SIGNAL", default_value = "KILL", value_parser = signal)]
    signal: Signal,
    #[command(flatten)]
    store: StoreArgs,
}

/// A signal that a container on Windows can be sent (`signal_windows.go` of moby/sys).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Kill,
    Term,
}

fn signal(text: &str) -> Result<Signal, String> {
    let upper = text.to_ascii_uppercase();
    match upper.strip_prefix("SIG").unwrap_or(&upper) {
        "KILL" | "9" => Ok(Signal::Kill),
        "TERM" | "15" => Ok(Signal::Term),
        _ => Err("containers on Windows know KILL and TERM".to_owned()),
    }
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints the name of each container that got the signal.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let (store, machine) = self.store.store_and_machine(io.platform)?;
        print_each(&self.containers, io, |name| {
            let id = store.resolve(name)?;
            let ran = match self.signal {
                Signal::Term => ending::terminate(&*machine, &store, &id)?,
                Signal::Kill => {
                    let runs = ending::runs(&*machine, &store, &id)?;
                    if runs {
                        ending::kill(&*machine, &store, &id)?;
                    }
                    runs
                }
            };
            if !ran {
                let error = Error::new(format!("the container {name} does not run"));
                return Err(error.hint(advice![Command::ListContainers, " shows its status"]));
            }
            Ok(name.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_as_docker_reads_them() {
        for text in ["KILL", "SIGKILL", "sigkill", "9"] {
            assert_eq!(signal(text), Ok(Signal::Kill), "{text}");
        }
        for text in ["TERM", "SIGTERM", "15"] {
            assert_eq!(signal(text), Ok(Signal::Term), "{text}");
        }
        for text in ["", "HUP", "SIG", "SIGSIGKILL", "-9"] {
            assert!(signal(text).is_err(), "{text}");
        }
    }
}
