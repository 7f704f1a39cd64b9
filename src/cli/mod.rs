//! The command line: one file a subcommand, its arguments and the few lines that join the rooms below.
//!
//! A new subcommand is a file here with its `Args`, which implement [`subcommand::Subcommand`], and its lines in this file.

mod appended;
mod check;
mod detached;
mod each;
mod engine;
mod exec;
mod exit;
mod explain;
mod failure;
mod format;
mod host;
mod hosts;
mod images;
mod inspect;
mod io;
mod kill;
mod knowledge;
pub mod list;
mod logs;
mod monitor;
mod notation;
pub mod platform;
mod policy;
mod process;
mod progress;
mod prune;
mod ps;
mod pull;
mod registries;
mod rm;
mod rmi;
mod run;
mod stop;
mod store;
mod stream;
mod subcommand;
mod terminal;
mod time;
mod trace;
mod wait;
mod warnings;
pub mod wording;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser};

use self::exit::ExitCode;
use self::io::Io;
use self::platform::Platform;
use self::stream::{Patient, Stream};
use self::subcommand::Subcommand;
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

/// The subcommands, in the order of the help.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(check::Args),
    Host(host::Args),
    Explain(explain::Args),
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

impl Command {
    fn subcommand(&self) -> &dyn Subcommand {
        match self {
            Self::Check(args) => args,
            Self::Host(args) => args,
            Self::Explain(args) => args,
            Self::Run(args) => &**args,
            Self::Ps(args) => args,
            Self::Logs(args) => args,
            Self::Exec(args) => args,
            Self::Stop(args) => args,
            Self::Kill(args) => args,
            Self::Wait(args) => args,
            Self::Rm(args) => args,
            Self::Inspect(args) => args,
            Self::Pull(args) => args,
            Self::Images(args) => args,
            Self::Rmi(args) => args,
            Self::Prune(args) => args,
            Self::Monitor(args) => args,
        }
    }
}

/// Runs the program on this platform with these arguments, the first of which is its name, and returns its exit code.
pub fn run(arguments: Vec<OsString>, platform: &Platform) -> u32 {
    let mut out = stream(AutoStream::auto(std::io::stdout()).current_choice(), std::io::stdout().lock());
    // Not locked: warnings and progress come from other threads too.
    let mut err = stream(AutoStream::auto(std::io::stderr()).current_choice(), std::io::stderr());
    // Not locked: the monitor of a container reads it in another thread.
    let mut input = std::io::stdin();
    let mut io = Io { input: &mut input, out: &mut out, err: &mut err, columns: columns(), platform };
    let code = match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            warnings::print();
            subcommand::execute(cli.command.subcommand(), &mut io)
        }
        Err(error) => usage(&error, &arguments, &mut io),
    };
    code.number()
}

/// Help and version are answers; anything else is an error of usage. Arguments are text from outside: the message is made from
/// harmless ones.
fn usage(error: &clap::Error, arguments: &[OsString], io: &mut Io<'_>) -> ExitCode {
    let passes_on = arguments.get(1).is_some_and(|command| command == "run" || command == "exec");
    let refused = if passes_on { ExitCode::REFUSED } else { ExitCode::NOT_DONE };
    if !error.use_stderr() {
        let _ = write!(io.out, "{}", error.render().ansi());
        return io.ended(ExitCode::DONE, |_| refused);
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
        // Only options begin with a hyphen here: with `-- --restart`, as clap suggests, the option would be an image.
        error.remove(ContextKind::Suggested);
    }
    let told = error.render().ansi().to_string().replace("For more information, try", "hint: for more information, try");
    let _ = write!(io.err, "{told}");
    if let Some(variable) = variable_at_fault(&error, arguments) {
        let _ = writeln!(io.err, "\nhint: it was not typed but is in the variable {variable}: change that, or remove it");
    }
    io.ended(refused, |_| refused)
}

/// The variable that the value at fault is from, if its option was not typed.
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

/// A standard stream with colours where they were chosen for it; a stream of our own does not tell what it writes to. It waits where
/// it is full for now below the one that leaves out colours: that writes a text in pieces, and would not know where to go on.
fn stream(colours: ColorChoice, to: impl Write + 'static) -> Stream {
    let to: Box<dyn Write> = Box::new(Patient(to));
    Stream::new(match colours {
        ColorChoice::AlwaysAnsi => AutoStream::always_ansi(to),
        // A console that knows no escape sequences gets none.
        ColorChoice::Always | ColorChoice::Auto | ColorChoice::Never => AutoStream::never(to),
    })
}

/// The columns of the terminal; where the answer goes elsewhere, those that the variable `COLUMNS` names, or 120, as in logs.
fn columns() -> u16 {
    const ELSEWHERE: u16 = 120;
    let named = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
    if std::io::stdout().is_terminal() {
        textwrap::termwidth().try_into().unwrap_or(u16::MAX)
    } else {
        named().unwrap_or(ELSEWHERE)
    }
}
