//! The arguments that `run` and `exec` have in common: what a process in a container gets, and how it is connected to us.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;

use super::terminal;
use crate::Error;
use crate::cli::notation::flags::Environment;
use crate::hcs::documents::ConsoleSize;

/// What the process gets.
#[derive(clap::Args, Clone, Debug)]
pub struct ProcessArgs {
    /// Set an environment variable; without a value, the one it has here; repeatable.
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Read environment variables from a file, one a line; repeatable.
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// The folder it starts in.
    #[arg(short, long, value_name = "FOLDER")]
    pub workdir: Option<String>,
    /// The account it runs as, e.g. ContainerAdministrator.
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,
    /// Pass standard input on to it.
    #[arg(short, long)]
    pub interactive: bool,
    /// Give it a console.
    #[arg(short, long)]
    pub tty: bool,
}

/// No file of environment variables is larger.
const LARGEST_ENV_FILE: u64 = 1 << 20;

impl ProcessArgs {
    /// The variables: those of the files, then the single ones.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or what is no variable.
    pub fn environment(&self) -> Result<Environment, Error> {
        let mut environment = Environment::default();
        let outer = |name: &str| std::env::var(name).ok();
        for file in &self.env_file {
            let wrong = |why: String| {
                let what = format!("{} is no file of environment variables", file.display());
                Error::new(what).because(why).hint("name a text file with NAME=VALUE lines")
            };
            let mut text = String::new();
            let opened = std::fs::File::open(file).map_err(|error| wrong(error.to_string()))?;
            opened.take(LARGEST_ENV_FILE).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
            if text.len() as u64 == LARGEST_ENV_FILE {
                return Err(wrong(format!("it has {} MiB or more", LARGEST_ENV_FILE >> 20)));
            }
            environment.add_file(&text, &outer).map_err(wrong)?;
        }
        for variable in &self.env {
            environment.add(variable, &outer).map_err(|why| Error::new("the environment is wrong").because(why))?;
        }
        Ok(environment)
    }

    /// The console it gets, if it gets one: as large as ours, or of a usual size where we have none.
    pub fn console(&self) -> Option<ConsoleSize> {
        self.tty.then(|| terminal::size().unwrap_or(ConsoleSize { height: 25, width: 80 }))
    }

    /// Refuses a console whose input is no terminal, as Docker does: the process would wait for keys that never come.
    ///
    /// # Errors
    ///
    /// `-i` and `-t` without a terminal.
    pub fn check_terminal(&self) -> Result<(), Error> {
        if self.tty && self.interactive && !io::stdin().is_terminal() {
            return Err(Error::new("standard input is no terminal, which -i and -t together need").hint("leave out -t"));
        }
        Ok(())
    }
}
