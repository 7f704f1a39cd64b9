//! `wincompat exec`: another process in a container that runs.

use std::io::{self, Write};

use super::process::ProcessArgs;
use super::store::StoreArgs;
use super::{terminal, warnings};
use crate::Error;
use crate::cli::exit::Exit;
use crate::cli::failure;
use crate::hcs::command_line::Command;
use crate::runner::life::context::Context;
use crate::runner::life::exec;
use crate::runner::request::ProcessRequest;
use crate::runner::store::state::State;

/// Run another command in a container that runs.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat exec web cmd /c ver
  wincompat exec -it web cmd
  wincompat exec -e GREETING=hello -w C:\\app web cmd /c \"echo %GREETING%\"

The command gets the environment, the account and the folder of the container's own process, unless others are named.

Exit codes: the command's own; 125 wincompat failed or refused, 126 the command cannot be started, 127 there is no such command.")]
pub struct Args {
    /// The container, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER")]
    container: String,
    /// The command, and its arguments.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<String>,
    /// Start it, and leave it alone.
    #[arg(short, long)]
    detach: bool,
    #[command(flatten)]
    process: ProcessArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command; the answer is the exit code, the command's own if it has one.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, err: &mut dyn Write) -> io::Result<u32> {
    args.run().or_else(|refusal| {
        failure::write(&refusal, err)?;
        Ok(Exit::of(refusal.kind).code())
    })
}

impl Args {
    fn run(&self) -> Result<u32, Error> {
        if !self.detach {
            self.process.check_terminal()?;
        }
        let (store, system) = self.store.store_and_system()?;
        let id = store.resolve(&self.container)?;
        let request = self.request(store.state(&id).as_ref())?;
        let interrupts = terminal::interrupts()?;
        let context = Context {
            machine: &*system,
            store: &store,
            interrupts: &interrupts,
            report: &warnings::note,
            console: &terminal::size,
        };
        if self.detach {
            exec::start(&context, &id, &request)?;
            return Ok(0);
        }
        let _console = request.console.map(|_| terminal::raw(request.stdin));
        Ok(exec::run(&context, &id, &request, || terminal::stdio(request.stdin))?)
    }

    /// What is to be started, from the flags and the container's own process.
    fn request(&self, state: Option<&State>) -> Result<ProcessRequest, Error> {
        let command = Command { entrypoint: &[], image_command: &[], arguments: &self.command, args_escaped: false };
        let command_line = command.line().map_err(|error| {
            Error::new("the command is wrong").because(error).hint("name a program and its arguments after the container")
        })?;
        let own = state.map(|state| state.request.process.clone()).unwrap_or_default();
        let variables: Vec<String> = own.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(ProcessRequest {
            command_line,
            user: self.process.user.clone().unwrap_or(own.user),
            working_directory: self.process.workdir.clone().unwrap_or(own.working_directory),
            environment: self.process.environment()?.over(&variables).into_map(),
            stdin: self.process.interactive && !self.detach,
            console: self.process.console(),
            silent: self.detach,
        })
    }
}
