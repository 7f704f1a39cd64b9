//! `wincompat exec`: runs another command in a container that runs.

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::process::ProcessArgs;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use super::{terminal, warnings};
use crate::Error;
use crate::hcs::command_line::Command;
use crate::runner::life::context::Context;
use crate::runner::life::exec;
use crate::runner::request::ProcessRequest;
use crate::runner::store::state::State;

/// Run a command in a running container.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat exec web cmd /c ver
  wincompat exec -it web cmd
  wincompat exec -e GREETING=hello -w C:\\app web cmd /c \"echo %GREETING%\"

The command gets the environment, the account and the folder of the container's own process, unless others are named.

Exit codes: the command's own; 125 wincompat failed or refused, 126 the command cannot be started, 127 the command was not found.")]
pub struct Args {
    /// The container, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER")]
    container: String,
    /// The command, and its arguments.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<String>,
    /// Run in the background.
    #[arg(short, long)]
    detach: bool,
    #[command(flatten)]
    process: ProcessArgs,
    #[command(flatten)]
    store: StoreArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Runs the command, and passes its exit code on.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        Ok(ExitCode::of_container(self.exec(io.platform)?))
    }

    fn exit_code(&self, error: &Error) -> ExitCode {
        ExitCode::of_unstarted(error.kind)
    }
}

impl Args {
    /// Starts the command and stays with it: its exit code, or 0 for one that is left alone.
    fn exec(&self, platform: &Platform) -> Result<u32, Error> {
        if !self.detach {
            self.process.check_terminal()?;
        }
        let (store, machine) = self.store.store_and_machine(platform)?;
        let id = store.resolve(&self.container)?;
        let request = self.request(store.state(&id).as_ref())?;
        let interrupts = terminal::interrupts(platform, &self.store)?;
        let context = Context {
            machine: &*machine,
            store: &store,
            interrupts: &interrupts,
            report: &warnings::note,
            console: &terminal::size,
        };
        if self.detach {
            exec::start(&context, &id, &request)?;
            return Ok(0);
        }
        let _console = request.console.map(|_| platform.raw_console(request.stdin));
        exec::run(&context, &id, &request, || terminal::stdio(platform, request.stdin))
    }

    /// The process to be started, from the arguments and the container's own process.
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
