//! The arguments that `run` and `exec` share: the environment, account, folder and streams of a process in a container.

use std::io::{self, ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::notation::flags::Environment;
use super::terminal;
use crate::Error;
use crate::files::read_regular;
use crate::hcs::documents::ConsoleSize;

/// The process in a container.
#[derive(clap::Args, Clone, Debug)]
pub struct ProcessArgs {
    /// Set an environment variable (without a value: copy it from this shell); can be given several times.
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Read environment variables from a file, one per line; can be given several times.
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// Working folder.
    #[arg(short, long, value_name = "FOLDER")]
    pub workdir: Option<String>,
    /// User name, e.g. ContainerAdministrator.
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,
    /// Keep standard input open.
    #[arg(short, long)]
    pub interactive: bool,
    /// Allocate a terminal.
    #[arg(short, long)]
    pub tty: bool,
}

/// The size from which on a file is not taken for one of environment variables.
const TOO_LARGE: u64 = 1 << 20;

impl ProcessArgs {
    /// The variables: those of the files, then the single ones.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a text that is not a variable.
    pub fn environment(&self) -> Result<Environment, Error> {
        let mut environment = Environment::default();
        let outer = |name: &str| std::env::var(name).ok();
        for file in &self.env_file {
            let wrong = |why: String| {
                let what = format!("{} is not a file of environment variables", file.display());
                Error::new(what).because(why).hint("name a text file with NAME=VALUE lines")
            };
            let text = read(file).map_err(|error| match error.kind() {
                ErrorKind::FileTooLarge => wrong(format!("it has {} MiB or more", TOO_LARGE >> 20)),
                _ => wrong(error.to_string()),
            })?;
            environment.add_file(&text, &outer).map_err(wrong)?;
        }
        for variable in &self.env {
            environment.add(variable, &outer).map_err(|why| Error::new("the environment is wrong").because(why))?;
        }
        for name in environment.empty() {
            // `docs/hcs.md#processes`
            tracing::warn!("the variable {name} is empty, and Windows starts the container's process without it");
        }
        Ok(environment)
    }

    /// The console of the process, if it gets one: as large as ours, or of a usual size if we have none.
    pub fn console(&self) -> Option<ConsoleSize> {
        self.tty.then(|| terminal::size().unwrap_or(ConsoleSize { height: 25, width: 80 }))
    }

    /// Refuses a console whose input is not a terminal, as Docker does: the process would wait for keys that never come.
    ///
    /// # Errors
    ///
    /// Both `-i` and `-t` without a terminal.
    pub fn check_terminal(&self) -> Result<(), Error> {
        if self.tty && self.interactive && !io::stdin().is_terminal() {
            return Err(Error::new("standard input is not a terminal, which -i and -t together need").hint("leave out -t"));
        }
        Ok(())
    }
}

/// The text of a file of environment variables.
fn read(file: &Path) -> io::Result<String> {
    let bytes = read_regular(file, TOO_LARGE - 1)?;
    io::read_to_string(bytes.as_slice())
}
