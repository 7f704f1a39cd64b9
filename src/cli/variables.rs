//! Variables of the environment: every option has one, which counts where the option is not typed.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// The beginning of every name.
pub const PREFIX: &str = "WINCOMPAT_";

/// The variable that names the folder of the cache.
pub const CACHE: &str = "WINCOMPAT_CACHE";

/// The commands whose options have no command in the names of their variables: `WINCOMPAT_FORMAT` is their `--format`.
const MAIN: [&str; 2] = ["check", "scan"];

/// The options that mean the same in every command that has them; any other has its command in the name, e.g. `WINCOMPAT_RUN_MEMORY`.
const SHARED: [&str; 19] = [
    "ca-file",
    "cache",
    "cache-size",
    "color",
    "host",
    "hosts",
    "insecure",
    "isolation",
    "knowledge",
    "max-age",
    "mirror",
    "no-cache",
    "offline",
    "plain-http",
    "production",
    "root",
    "timeout",
    "untrusted",
    "engine",
];

/// The options with a name of their own although another command shares them: containers run on this machine, whatever host is checked.
const OWN: [(&str, &str); 1] = [("run", "host")];

/// The options without a variable: command (`*` for every one), option, reason.
pub const WITHOUT: [(&str, &str, &str); 7] = [
    ("*", "help", "it asks for another answer"),
    ("*", "version", "it asks for another answer"),
    ("*", "force", "it overrides a refusal, which is decided for one call at a time"),
    ("prune", "cache", "it chooses what is removed; the folder is that of WINCOMPAT_CACHE"),
    ("explain", "list", "it asks for another answer"),
    ("scan", "fix", "it changes files, which is decided for one call at a time"),
    ("run", "format", "it is for --dry-run only"),
];

/// The arguments that are typed in the place of an option: its variable does not count then.
const INSTEAD: [(&str, &[&str]); 9] = [
    ("host", &["hosts", "specs"]),
    ("hosts", &["host", "specs"]),
    ("from", &["images"]),
    ("format", &["diff"]),
    ("verbose", &["quiet"]),
    ("quiet", &["verbose"]),
    ("cache", &["no_cache"]),
    ("no_cache", &["cache"]),
    ("max_age", &["no_cache"]),
];

/// The name of the variable of an option, e.g. `WINCOMPAT_MAX_AGE` for `--max-age` of `check`.
pub fn name(command: &str, option: &str) -> Option<String> {
    if WITHOUT.iter().any(|(of, name, _)| *name == option && (*of == "*" || *of == command)) {
        return None;
    }
    let shared = SHARED.contains(&option) && !OWN.contains(&(command, option));
    let named = if MAIN.contains(&command) || shared { option.to_owned() } else { format!("{command}_{option}") };
    Some(format!("{PREFIX}{}", named.replace('-', "_").to_ascii_uppercase()))
}

/// The command line with a variable for every option; those that are set and empty, as they are in many pipelines, are left out.
pub fn add(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    add_to(command, names)
}

/// The command line with a variable for every option of the subcommand among these arguments and of the program: nothing reads those of
/// the others, and each takes time.
pub fn add_for(command: Command, arguments: &[OsString]) -> Command {
    let named = path(&command, arguments).into_iter().next();
    add_to(command, named)
}

/// The command line with a variable for every option of the program and of these subcommands.
fn add_to(command: Command, names: impl IntoIterator<Item = String>) -> Command {
    let command = command.mut_args(|argument| with_variable("check", argument));
    names.into_iter().fold(command, |command, name| command.mut_subcommand(&name, |subcommand| of_subcommand(&name, subcommand)))
}

/// A subcommand, and those below it, whose variables have its name: `WINCOMPAT_CLUSTER_CONTEXT`.
fn of_subcommand(name: &str, command: Command) -> Command {
    let below: Vec<String> = command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    let command = command.mut_args(|argument| with_variable(name, argument));
    below.into_iter().fold(command, |command, below| command.mut_subcommand(below, |subcommand| of_subcommand(name, subcommand)))
}

fn with_variable(command: &str, argument: Arg) -> Arg {
    let Some(name) = argument.get_long().and_then(|long| name(command, long)) else { return argument };
    if std::env::var_os(&name).is_some_and(|value| value.is_empty()) {
        return argument;
    }
    let argument = argument.env(name).hide_env_values(true);
    // `1`, `yes` and `on` count as well as `true`.
    if matches!(argument.get_action(), ArgAction::SetTrue) { argument.value_parser(BoolishValueParser::new()) } else { argument }
}

/// The command line without the variables of options that another typed argument replaces: `-v` beside `WINCOMPAT_QUIET=1`.
pub fn without_replaced(command: Command, arguments: &[OsString]) -> Command {
    let names = path(&command, arguments);
    let Some(subcommand) = names.iter().try_fold(&command, |command, name| command.find_subcommand(name)) else { return command };
    let is_set = |argument: &Arg| argument.get_env().and_then(std::env::var_os).is_some();
    let set = subcommand.get_arguments().filter(|argument| is_set(argument)).map(|argument| argument.get_id().to_string());
    let concerned: Vec<(&str, &[&str])> = {
        let set: BTreeSet<String> = set.collect();
        INSTEAD.into_iter().filter(|(option, _)| set.contains(*option)).collect()
    };
    if concerned.is_empty() {
        return command;
    }
    let Ok(typed) = command.clone().ignore_errors(true).try_get_matches_from(arguments) else { return command };
    let Some(typed) = names.iter().try_fold(&typed, |typed, name| typed.subcommand_matches(name)) else { return command };
    let replaced: BTreeSet<&str> = concerned
        .into_iter()
        .filter(|(_, others)| others.iter().any(|other| is_typed(typed, other)))
        .map(|(option, _)| option)
        .collect();
    without(command, &names, &replaced)
}

/// The names of the subcommand among these arguments, and of the one below it, e.g. `cluster` and `check`.
fn path(command: &Command, arguments: &[OsString]) -> Vec<String> {
    let mut names = Vec::new();
    let mut within = command;
    for argument in arguments.iter().skip(1) {
        if let Some(found) = within.find_subcommand(argument) {
            names.push(found.get_name().to_owned());
            within = found;
        }
    }
    names
}

/// The command line with these arguments of the subcommand of this path without their variables.
fn without(command: Command, names: &[String], replaced: &BTreeSet<&str>) -> Command {
    match names.split_first() {
        Some((name, below)) => command.mut_subcommand(name, |subcommand| without(subcommand, below, replaced)),
        None => {
            command.mut_args(
                |argument| {
                    if replaced.contains(argument.get_id().as_str()) { argument.env(None::<&str>) } else { argument }
                },
            )
        }
    }
}

/// True if an argument of this name exists, and stands in the command line.
fn is_typed(typed: &ArgMatches, argument: &str) -> bool {
    typed.try_contains_id(argument).is_ok() && typed.value_source(argument) == Some(ValueSource::CommandLine)
}
