//! The command line: one file a subcommand, its arguments and the few lines that join the rooms below.

pub mod check;
mod detached;
mod each;
pub mod exec;
mod exit;
pub mod explain;
mod facts;
mod failure;
pub mod host;
pub mod images;
pub mod inspect;
pub mod kill;
pub mod list;
pub mod logs;
mod moment;
pub mod monitor;
mod notation;
mod platform;
mod policy;
mod process;
mod progress;
pub mod prune;
pub mod ps;
pub mod pull;
mod registries;
pub mod rm;
pub mod rmi;
pub mod run;
pub mod stop;
mod store;
mod terminal;
pub mod wait;
mod warnings;
pub mod wording;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::Error;
use crate::cli::exit::Exit;
use crate::report::plain;

/// Will this Windows container image run on this host, under which isolation, why, and what to do if not.
#[derive(Debug, Parser)]
#[command(
    name = "wincompat",
    version,
    max_term_width = 100,
    after_help = "Examples:
  wincompat check mcr.microsoft.com/windows/nanoserver:ltsc2022
  wincompat run mcr.microsoft.com/windows/nanoserver:ltsc2022 cmd /c ver

Exit codes: 0 done, 2 not done; `check --help`, `run --help` and `exec --help` have more.",
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Host(host::Args),
    Explain(explain::ExplainArgs),
    Run(Box<run::Args>),
    Ps(ps::Args),
    Logs(logs::Args),
    Exec(exec::Args),
    Stop(stop::Args),
    Kill(kill::Args),
    Wait(wait::Args),
    Rm(rm::Args),
    Inspect(inspect::Args),
    Pull(pull::Args),
    Images(images::Args),
    Rmi(rmi::Args),
    Prune(prune::Args),
    #[command(hide = true)]
    Monitor(monitor::Args),
}

/// Runs the program with these arguments, the first of which is its name; the answer is its exit code.
pub fn run(arguments: Vec<OsString>) -> u32 {
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments),
    };
    warnings::print();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    // Not locked: warnings and progress come from other threads too.
    let mut err = anstream::AutoStream::auto(io::stderr());
    let done = match &cli.command {
        Command::Check(args) => check::run(args, columns(), &mut out, &mut err).map(u32::from),
        Command::Exec(args) => exec::run(args, &mut err),
        Command::Explain(args) => explain::run(args, io::stdin().lock(), &mut out, &mut err).map(u32::from),
        Command::Host(args) => host::run(args, columns(), &mut out, &mut err).map(u32::from),
        Command::Images(args) => images::run(args, columns(), &mut out, &mut err).map(u32::from),
        Command::Inspect(args) => inspect::run(args, &mut out, &mut err).map(u32::from),
        Command::Kill(args) => kill::run(args, &mut out, &mut err).map(u32::from),
        Command::Logs(args) => logs::run(args, &mut err).map(u32::from),
        Command::Monitor(args) => Ok(monitor::run(args)),
        Command::Prune(args) => prune::run(args, &mut out, &mut err).map(u32::from),
        Command::Ps(args) => ps::run(args, columns(), &mut out, &mut err).map(u32::from),
        Command::Pull(args) => pull::run(args, &mut out, &mut err).map(u32::from),
        Command::Rm(args) => rm::run(args, &mut out, &mut err).map(u32::from),
        Command::Rmi(args) => rmi::run(args, &mut out, &mut err).map(u32::from),
        Command::Run(args) => run::run(args, columns(), &mut out, &mut err),
        Command::Stop(args) => stop::run(args, &mut out, &mut err).map(u32::from),
        Command::Wait(args) => wait::run(args, &mut out, &mut err).map(u32::from),
    };
    match done.and_then(|code| unless_closed(out.flush()).map(|()| code)) {
        Ok(code) => code,
        // Whoever reads the answer has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            let _ = failure::write(&Error::new("the answer could not be written").because(error), &mut err);
            2
        }
    }
}

/// Whoever reads an answer may see enough before its end: that is no error, and changes no exit code.
fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Help and version are answers; anything else is an error of usage. Arguments are text from outside: the message is made from
/// harmless ones.
fn usage(error: &clap::Error, arguments: &[OsString]) -> u32 {
    if !error.use_stderr() {
        let _ = error.print();
        return 0;
    }
    let harmless = arguments.iter().map(|argument| plain::clean(&without_password(&argument.to_string_lossy())).into_owned());
    let mut error = match Cli::command().try_get_matches_from(harmless) {
        Err(error) => error,
        // The harmless arguments are in order: only the harm was wrong.
        Ok(_) => Cli::command().error(
            ErrorKind::InvalidValue,
            match arguments.iter().find(|argument| argument.to_str().is_none()) {
                Some(argument) => format!("{} is not valid Unicode: type it anew", plain::clean(&argument.to_string_lossy())),
                None => "an argument has control characters: type it anew".to_owned(),
            },
        ),
    };
    // A value may also be from the environment.
    let named: Vec<(ContextKind, String)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, plain::clean(text).into_owned())),
            _ => None,
        })
        .collect();
    for (kind, text) in named {
        error.insert(kind, ContextValue::String(text));
    }
    if error.kind() == ErrorKind::UnknownArgument {
        // It is no advice that nothing here begins with a hyphen but options: `-- --restart` would be an image.
        error.remove(ContextKind::Suggested);
    }
    let _ = write!(anstream::stderr(), "{}", error.render().ansi());
    if let Some(variable) = variable_at_fault(&error, arguments) {
        let _ =
            writeln!(anstream::stderr(), "\nhint: it was not typed but is in the variable {variable}: change that, or remove it");
    }
    let passes_on = arguments.get(1).is_some_and(|command| command == "run" || command == "exec");
    if passes_on { Exit::Failed.code() } else { 2 }
}

/// The variable that gave the value of this error, where the option it stands for was not typed.
fn variable_at_fault(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(at_fault)) = error.get(ContextKind::InvalidArg) else { return None };
    let command = Cli::command();
    let subcommand = command.find_subcommand(arguments.get(1)?)?;
    // It is shown with its value: `--isolation <ISOLATION>`.
    let long = at_fault.split(' ').next()?;
    let option = subcommand.get_arguments().find(|option| option.get_long() == long.strip_prefix("--"))?;
    let typed = arguments.iter().any(|argument| argument.to_string_lossy().starts_with(long));
    let variable = option.get_env().filter(|_| !typed)?;
    Some(variable.to_string_lossy().into_owned())
}

/// This text with `…` for what stands between `://` and `@`: messages end in logs.
fn without_password(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@').and_then(|at| rest.get(at..)) {
        Some(after) => format!("{scheme}://…{after}").into(),
        None => text.into(),
    }
}

/// How wide what is wide may be: the terminal, or 80 columns where the answer goes elsewhere.
fn columns() -> u16 {
    if io::stdout().is_terminal() { textwrap::termwidth().try_into().unwrap_or(u16::MAX) } else { 80 }
}
