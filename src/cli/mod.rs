//! The command line: one file a subcommand, its arguments and the few lines that join the rooms below.
//!
//! A new subcommand is a file here with its `Args`, which implement [`subcommand::Subcommand`], and its lines in this file.

mod amiss;
mod appended;
pub mod check;
#[cfg(feature = "clusters")]
mod cluster;
mod color;
mod completions;
mod detached;
mod detail;
mod each;
mod engine;
mod engines;
mod exec;
mod exit;
mod explain;
mod failure;
mod failure_report;
mod foreign;
mod format;
mod fresh;
mod host;
mod hosts;
mod images;
mod inspect;
mod interrupted;
pub mod io;
mod judged;
mod judging;
mod kill;
mod knowledge;
pub mod list;
mod logs;
mod man;
mod mistyped;
mod monitor;
mod notation;
mod offered;
mod one_hyphen;
mod optional;
mod paths;
mod placed;
pub mod platform;
mod policy;
mod process;
mod progress;
mod prune;
mod ps;
mod pull;
pub mod reading;
mod references;
mod registries;
#[cfg(feature = "clusters")]
mod releases;
mod rm;
mod rmi;
mod run;
mod scan;
mod stop;
mod store;
pub mod stream;
mod subcommand;
mod suggestions;
mod terminal;
mod time;
mod trace;
mod usage;
pub mod variables;
mod version;
mod wait;
mod warnings;
#[cfg(feature = "clusters")]
mod webhook;
pub mod wording;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser};

use self::io::Io;
use self::platform::Platform;
use self::stream::{Patient, Plain, Stream};
use self::subcommand::Subcommand;
use crate::login;

/// Check whether a Windows container image can run on a Windows host, and run it.
#[derive(Debug, Parser)]
#[command(
    name = "wincompat",
    version,
    max_term_width = 100,
    after_help = "Examples:
  wincompat check mcr.microsoft.com/windows/nanoserver:ltsc2022
  wincompat run mcr.microsoft.com/windows/nanoserver:ltsc2022 cmd /c ver

Exit codes: 0 success, 2 failure; see also `check --help`, `run --help` and `exec --help`."
)]
pub struct Cli {
    #[command(flatten)]
    color: color::ColorArgs,
    #[command(subcommand)]
    command: Command,
}

/// The subcommands, in the order of the help.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Check(Box<check::Args>),
    Scan(Box<scan::Args>),
    Init(scan::init::Args),
    Engines(Box<engines::Args>),
    #[cfg(feature = "clusters")]
    Cluster(cluster::Args),
    #[cfg(feature = "clusters")]
    Webhook(webhook::Args),
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
    Version(version::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    Man(man::Args),
    #[command(hide = true)]
    Monitor(monitor::Args),
}

/// The headings of the help, each with its subcommands.
const GROUPS: [(&str, &[&str]); 4] = [
    #[cfg(feature = "clusters")]
    ("Check", &["check", "scan", "init", "cluster", "webhook", "engines", "host", "explain"]),
    #[cfg(not(feature = "clusters"))]
    ("Check", &["check", "scan", "init", "engines", "host", "explain"]),
    ("Containers", &["run", "ps", "logs", "exec", "stop", "kill", "wait", "rm", "inspect"]),
    ("Images", &["pull", "images", "rmi"]),
    ("Other", &["prune", "version", "completions", "help"]),
];

/// The version of this program, as in `wincompat --version`.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The columns of the list of subcommands: clap takes it as it is, and a terminal has 80 or more.
const LIST_COLUMNS: usize = 80;

/// The line about `help`, in clap's words.
const HELP: &str = "Print this message or the help of the given subcommand(s)";

/// The command line as clap sees it, with its subcommands under headings and a variable for every option.
pub fn command() -> clap::Command {
    variables::add(typed_command())
}

/// The command line without variables.
fn typed_command() -> clap::Command {
    let command = Cli::command();
    let mut lists = String::new();
    for (heading, names) in GROUPS {
        lists.push_str(&format!("\n{heading}:\n"));
        for name in names {
            let about = command.find_subcommand(name).and_then(|subcommand| subcommand.get_about());
            // clap adds `help` itself, and only later.
            let about = about.map_or_else(|| HELP.to_owned(), ToString::to_string);
            let options = textwrap::Options::new(LIST_COLUMNS)
                .initial_indent("  ")
                .subsequent_indent("               ")
                .break_words(false)
                .word_separator(textwrap::WordSeparator::AsciiSpace)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            lists.push_str(&textwrap::fill(&format!("{name:<12} {about}"), options));
            lists.push('\n');
        }
    }
    let template = format!("{{about}}\n\n{{usage-heading}} {{usage}}\n{lists}\nOptions:\n{{options}}{{after-help}}");
    command.help_template(template)
}

/// The command line for these arguments: a variable does not count where they say the same in another way.
fn command_for(arguments: &[OsString]) -> clap::Command {
    with_variables(typed_command(), arguments)
}

fn with_variables(command: clap::Command, arguments: &[OsString]) -> clap::Command {
    variables::without_replaced(variables::add_for(command, arguments), arguments)
}

/// The subcommand among these arguments; options may stand before it, e.g. `--color never check`.
fn subcommand_in<'c>(command: &'c clap::Command, arguments: &[OsString]) -> Option<&'c clap::Command> {
    arguments.iter().skip(1).find_map(|argument| command.find_subcommand(argument))
}

/// The command line without variables for these arguments: where the first one is a subcommand, without the others, and without all of
/// them for the version. To build them takes longer than the rest of the start. Help and messages need the whole.
fn lean_command(arguments: &[OsString]) -> Option<clap::Command> {
    let program = || color::ColorArgs::augment_args(clap::Command::new("wincompat")).version(VERSION);
    match arguments.get(1)?.to_str()? {
        "--version" | "-V" => Some(program()),
        name => Some(program().subcommand(with_arguments(name)?(clap::Command::new(name.to_owned())))),
    }
}

/// The arguments, the first of which is the program's name, as they were meant.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let lean = lean_command(arguments).map(|lean| matches(with_variables(lean, arguments), arguments));
    let matches = match lean {
        Some(Ok(matches)) => matches,
        Some(Err(version)) if version.kind() == clap::error::ErrorKind::DisplayVersion => return Err(version),
        Some(Err(_)) | None => matches(command_for(arguments), arguments)?,
    };
    Cli::from_arg_matches(&matches)
}

/// What these arguments say to this command line.
fn matches(mut command: clap::Command, arguments: &[OsString]) -> Result<clap::ArgMatches, clap::Error> {
    if let Some(slip) = one_hyphen::slip(&command, arguments) {
        command.build();
        return Err(called(command, &slip.commands).error(clap::error::ErrorKind::UnknownArgument, slip.refusal));
    }
    let matches = command.try_get_matches_from_mut(arguments)?;
    let Some(refusal) = optional::detached(&command, arguments).iter().find_map(optional::Detached::refusal) else {
        return Ok(matches);
    };
    // Beside the error stands the usage of the subcommand that was called.
    let mut names = Vec::new();
    let mut of_called = &matches;
    while let Some((name, matches)) = of_called.subcommand() {
        names.push(name.to_owned());
        of_called = matches;
    }
    Err(called(command, &names).error(clap::error::ErrorKind::InvalidValue, refusal))
}

/// The subcommand that these names lead to.
fn called(command: clap::Command, names: &[String]) -> clap::Command {
    names.iter().fold(command, |command, name| command.find_subcommand(name).cloned().unwrap_or(command))
}

/// What puts its arguments to the subcommand of this name.
fn with_arguments(name: &str) -> Option<fn(clap::Command) -> clap::Command> {
    Some(match name {
        "check" => check::Args::augment_args,
        "scan" => scan::Args::augment_args,
        "init" => scan::init::Args::augment_args,
        "engines" => engines::Args::augment_args,
        #[cfg(feature = "clusters")]
        "cluster" => cluster::Args::augment_args,
        #[cfg(feature = "clusters")]
        "webhook" => webhook::Args::augment_args,
        "host" => host::Args::augment_args,
        "explain" => explain::Args::augment_args,
        "run" => run::Args::augment_args,
        "ps" => ps::Args::augment_args,
        "logs" => logs::Args::augment_args,
        "exec" => exec::Args::augment_args,
        "stop" => stop::Args::augment_args,
        "kill" => kill::Args::augment_args,
        "wait" => wait::Args::augment_args,
        "rm" => rm::Args::augment_args,
        "inspect" => inspect::Args::augment_args,
        "pull" => pull::Args::augment_args,
        "images" => images::Args::augment_args,
        "rmi" => rmi::Args::augment_args,
        "prune" => prune::Args::augment_args,
        "version" => version::Args::augment_args,
        "completions" => completions::Args::augment_args,
        "man" => man::Args::augment_args,
        "monitor" => monitor::Args::augment_args,
        _ => return None,
    })
}

impl Command {
    fn subcommand(&self) -> &dyn Subcommand {
        match self {
            Self::Check(args) => &**args,
            Self::Scan(args) => &**args,
            Self::Init(args) => args,
            Self::Engines(args) => &**args,
            #[cfg(feature = "clusters")]
            Self::Cluster(args) => args,
            #[cfg(feature = "clusters")]
            Self::Webhook(args) => args,
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
            Self::Version(args) => args,
            Self::Completions(args) => args,
            Self::Man(args) => args,
            Self::Monitor(args) => args,
        }
    }
}

/// Keeps in mind the passwords among these arguments and in the variables of options, before anything is printed.
fn remember_logins(arguments: &[OsString]) {
    arguments.iter().for_each(|argument| login::remember(&argument.to_string_lossy()));
    for (name, value) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(variables::PREFIX) {
            login::remember(&value.to_string_lossy());
        }
    }
}

/// Runs the program on this platform with these arguments, the first of which is its name, and returns its exit code.
pub fn run(arguments: Vec<OsString>, platform: &Platform) -> u32 {
    remember_logins(&arguments);
    let expanded = scan::settings::arguments::expanded(&arguments);
    let (arguments, settings) = expanded.clone().unwrap_or_else(|_| (arguments, scan::settings::Settings::default()));
    let mut parsed = parse(&arguments);
    if let Ok(Cli { command: Command::Scan(args), .. }) = &mut parsed {
        args.settings = settings;
    }
    color::choose(&parsed.as_ref().map_or_else(|_| color::among(&arguments), |cli| cli.color));
    let mut out = stream(AutoStream::auto(std::io::stdout()).current_choice(), std::io::stdout().lock());
    // Not locked: warnings and progress come from other threads too.
    let mut err = stream(AutoStream::auto(std::io::stderr()).current_choice(), std::io::stderr());
    // Not locked: the monitor of a container reads it in another thread.
    let mut input = std::io::stdin();
    let mut io = Io { input: &mut input, out: &mut out, err: &mut err, columns: columns(), platform, store: None };
    warnings::print();
    if let Err(error) = &expanded {
        io.fail(error);
        return exit::ExitCode::NOT_DONE.number();
    }
    answer(parsed, &arguments, &mut io)
}

/// Runs the command that these arguments were parsed to on these streams, or says what is wrong with them; returns the exit code.
pub fn answer(parsed: Result<Cli, clap::Error>, arguments: &[OsString], io: &mut Io<'_>) -> u32 {
    let code = match parsed {
        Ok(cli) => subcommand::execute(cli.command.subcommand(), io),
        Err(error) => usage::refuse(&error, arguments, io),
    };
    code.number()
}

/// A standard stream with colours where they were chosen for it; a stream of our own does not tell what it writes to. It waits where
/// it is full for now below the one that leaves out colours: that writes a text in pieces, and would not know where to go on.
fn stream(colours: ColorChoice, to: impl Write + 'static) -> Stream {
    match colours {
        ColorChoice::AlwaysAnsi => Stream::new(Patient(to)).with_colours(),
        // A console that knows no escape sequences gets none.
        ColorChoice::Always | ColorChoice::Auto | ColorChoice::Never => Stream::new(Plain::new(Patient(to))),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subcommand_alone_is_what_it_is_among_the_others() {
        let whole = typed_command();
        for subcommand in whole.get_subcommands() {
            let name = subcommand.get_name();
            let lean = lean_command(&["wincompat".into(), name.into()]).unwrap_or_else(|| panic!("{name} is missing"));
            let alone = lean.find_subcommand(name).unwrap();
            let arguments = |command: &clap::Command| command.get_arguments().map(|one| format!("{one:?}")).collect::<Vec<_>>();
            let below =
                |command: &clap::Command| command.get_subcommands().map(|one| one.get_name().to_owned()).collect::<Vec<_>>();
            assert_eq!((arguments(alone), below(alone)), (arguments(subcommand), below(subcommand)), "{name}");
        }
        assert!(lean_command(&["wincompat".into(), "--help".into()]).is_none());
        assert!(lean_command(&["wincompat".into()]).is_none());
        for version in ["--version", "-V"] {
            let arguments = ["wincompat".into(), version.into()];
            let asked = |command: clap::Command| matches(command, &arguments).unwrap_err().to_string();
            assert_eq!(asked(lean_command(&arguments).unwrap()), asked(whole.clone()));
        }
    }
}
