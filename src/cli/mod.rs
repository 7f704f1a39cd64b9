//! The command line: one file a subcommand, its arguments and the few lines that join the rooms below.

pub mod check;
pub mod explain;
mod facts;
mod progress;
pub mod pull;
mod registries;
mod store;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::report::{failure, plain};

/// Will this Windows container image run on this host, under which isolation, why, and what to do if not.
#[derive(Debug, Parser)]
#[command(
    name = "wincompat",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 all is well, 1 an image does not run as asked, 2 something could not be decided or read.",
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Explain(explain::ExplainArgs),
    Pull(pull::Args),
}

/// Runs the program with these arguments, the first of which is its name; the answer is its exit code.
pub fn run(arguments: Vec<OsString>) -> u32 {
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let mut err = anstream::AutoStream::auto(io::stderr().lock());
    let done = match &cli.command {
        Command::Check(args) => check::run(args, columns(), &mut out, &mut err),
        Command::Pull(args) => pull::run(args, &mut out, &mut err),
        Command::Explain(args) => explain::run(args, io::stdin().lock(), &mut out, &mut err),
    };
    let done = done.and_then(|code| out.flush().map(|()| code));
    match done {
        Ok(code) => u32::from(code),
        // Whoever reads the answer has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            let _ = failure::write("the answer could not be written", &[error.to_string()], None, &mut err);
            2
        }
    }
}

/// Help and version are answers; anything else is an error of usage. Arguments are text from outside: the message is made from
/// harmless ones.
fn usage(error: &clap::Error, arguments: &[OsString]) -> u32 {
    if !error.use_stderr() {
        let _ = error.print();
        return 0;
    }
    let harmless = arguments.iter().map(|argument| plain::clean(&argument.to_string_lossy()).into_owned());
    let message = match Cli::command().try_get_matches_from(harmless) {
        Err(error) => error.render(),
        // The harmless arguments are in order: only the harm was wrong.
        Ok(_) => Cli::command().error(clap::error::ErrorKind::InvalidValue, "an argument has control characters").render(),
    };
    let _ = write!(anstream::stderr(), "{}", message.ansi());
    2
}

/// How wide what is wide may be: the terminal, or 80 columns where the answer goes elsewhere.
fn columns() -> u16 {
    if io::stdout().is_terminal() { textwrap::termwidth().try_into().unwrap_or(u16::MAX) } else { 80 }
}
