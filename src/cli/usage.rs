//! Arguments that are not understood: the message, from harmless text, and what to type instead.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::Write as _;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::exit::ExitCode;
use super::io::Io;
use super::{amiss, command, command_for, foreign, matches, one_hyphen, optional, subcommand_in, typed_command};
use crate::login;
use crate::report::plain;

/// The most letters in which a suggested option differs from what was typed. `--no-confirm` for `--no-color` would weaken a check.
const MOST_DIFFERENCES: usize = 2;

/// The reason why a value is refused, where the right one would show a part of a password.
const MAY_BE_PASSWORD: &str = "what stands before the @ may be a password, which does not belong here";

/// Help and version are answers; anything else is an error of usage. Arguments are text from outside: the message is made from
/// harmless ones.
pub fn refuse(error: &clap::Error, arguments: &[OsString], io: &mut Io<'_>) -> ExitCode {
    if !error.use_stderr() {
        let _ = write!(io.out, "{}", error.render().ansi());
        return io.ended(ExitCode::DONE, |_| refused(subcommand_in(&typed_command(), arguments).map(clap::Command::get_name)));
    }
    let whole = typed_command();
    let subcommand = subcommand_in(&whole, arguments).map(clap::Command::get_name);
    let refused = refused(subcommand);
    let harmless = arguments.iter().map(|argument| safe(&argument.to_string_lossy()));
    let harmless: Vec<OsString> = harmless.map(OsString::from).collect();
    let mut was_typed = false;
    let mut error = match matches(command_for(&harmless), &harmless) {
        // The usage line shows the options that are set. Those of variables, which nobody typed, are left out if they are not at fault.
        Err(error) => match matches(typed_command(), &harmless) {
            Err(typed) if is_same(&typed, &error) => {
                was_typed = true;
                typed
            }
            _ => error,
        },
        // The harmless arguments are in order: only the harm was wrong.
        Ok(_) => command().error(
            ErrorKind::InvalidValue,
            match arguments.iter().find(|argument| argument.to_str().is_none()) {
                Some(argument) => format!("{} is not valid Unicode: type it again", plain::clean(&argument.to_string_lossy())),
                None if arguments.iter().any(|argument| login::is_hidden(&argument.to_string_lossy())) => {
                    MAY_BE_PASSWORD.to_owned()
                }
                None => "an argument has control characters: type it again".to_owned(),
            },
        ),
    };
    // A value may also be from the environment.
    let of_variable = variable_at_fault(&error, arguments).filter(|_| !was_typed);
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.clone(),
        _ => String::new(),
    };
    // The error names one value of several, which can be a part of a password.
    let value = of_variable.as_ref().and_then(std::env::var_os).map_or(value, |all| all.to_string_lossy().into_owned());
    if login::is_hidden(&value) {
        error.insert(ContextKind::InvalidValue, ContextValue::String(login::hidden(&value).into_owned()));
    }
    let named: Vec<(ContextKind, String)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, safe(text))),
            _ => None,
        })
        .collect();
    for (kind, text) in named {
        error.insert(kind, ContextValue::String(text));
    }
    if error.get(ContextKind::SuggestedValue).is_none()
        && let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue)
        && let Some(meant) = valid.iter().find(|valid| valid.eq_ignore_ascii_case(&value)).cloned()
    {
        // For clap the case of a letter is as great a difference as another letter.
        error.insert(ContextKind::SuggestedValue, ContextValue::String(meant));
    }
    let mut hint = None;
    if error.kind() == ErrorKind::UnknownArgument {
        // Only options begin with a hyphen here: with `-- --restart`, as clap suggests, the option would be an image.
        error.remove(ContextKind::Suggested);
        let named = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(name)) => name.clone(),
            _ => String::new(),
        };
        hint = foreign::hint(subcommand, &named).map(str::to_owned);
        let alike = |suggested: &str| strsim::damerau_levenshtein(suggested, &named) <= MOST_DIFFERENCES;
        let keep = match error.get(ContextKind::SuggestedArg) {
            Some(ContextValue::String(suggested)) => hint.is_none() && alike(suggested),
            _ => false,
        };
        if !keep && error.remove(ContextKind::SuggestedArg).is_some() {
            // The usage line shows the option that was suggested.
            error.insert(ContextKind::Usage, ContextValue::StyledStr(usage(arguments)));
        }
        if !keep
            && hint.is_none()
            && let Some(option) = option_like(innermost(&whole, &harmless), &named)
        {
            error.insert(ContextKind::SuggestedArg, ContextValue::String(option));
        }
    }
    if error.kind() == ErrorKind::InvalidSubcommand {
        // The list of other suggestions is there, but empty: it would be an empty line.
        error.remove(ContextKind::Suggested);
        let named = match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(name)) => name.clone(),
            _ => String::new(),
        };
        hint = foreign::commands::hint(&named).filter(|_| is_first(&whole, &harmless, &named)).map(str::to_owned);
        let mut names = match error.remove(ContextKind::SuggestedSubcommand) {
            Some(ContextValue::Strings(alike)) => alike,
            _ => Vec::new(),
        };
        // For clap two letters in the wrong order are no likeness: `rnu` and `run`.
        let within = if is_first(&whole, &harmless, &named) { &whole } else { innermost(&whole, &harmless) };
        let others = within.get_subcommands().filter(|command| !command.is_hide_set()).map(clap::Command::get_name);
        let others: Vec<String> = others.filter(|name| !names.iter().any(|known| known == name)).map(str::to_owned).collect();
        names.extend(others);
        let meant = foreign::commands::meant(&named, &names);
        if hint.is_none() && !meant.is_empty() {
            error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(meant));
        }
    }
    if error.kind() == ErrorKind::MissingRequiredArgument
        && let Some(ContextValue::Strings(names)) = error.get(ContextKind::InvalidArg)
    {
        hint = subcommand.and_then(|subcommand| amiss::missing(subcommand, names)).map(str::to_owned);
    }
    let at_fault = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(named)) => named.as_str(),
        _ => "",
    };
    let detached = optional::detached(&whole, &harmless);
    let meant = detached.iter().find(|one| one.is(at_fault) || one.refusal().is_some());
    hint = hint.or_else(|| meant.map(optional::Detached::hint));
    hint = one_hyphen::slip(&whole, &harmless).map(|slip| slip.hint).or(hint);
    if error.kind() == ErrorKind::UnknownArgument && !at_fault.starts_with('-') {
        hint = hint.or_else(|| subcommand.map(|subcommand| amiss::surplus(subcommand).to_owned()));
    }
    let told = error.render().ansi().to_string().replace("For more information, try", "hint: for more information, try");
    let mut told = told.replace("tip:", "hint:");
    // So may the reason, which can name a part of the value.
    if let Some(reason) = error.source().map(ToString::to_string).filter(|reason| !reason.is_empty()) {
        let shown = if login::is_told(&value, &reason) { MAY_BE_PASSWORD.to_owned() } else { plain::clean(&reason).into_owned() };
        told = told.replace(&reason, in_plain_words(&reason).unwrap_or(&shown));
    }
    let _ = write!(io.err, "{told}");
    if let Some(hint) = hint {
        let _ = writeln!(io.err, "hint: {hint}");
    }
    if let Some(variable) = of_variable {
        let _ = writeln!(io.err, "\nhint: it was not typed but is in the variable {variable}: change that, or remove it");
    }
    io.ended(refused, |_| refused)
}

/// The exit code of arguments that were not understood: a code of 2 after `run` and `exec` may be the container's.
fn refused(subcommand: Option<&str>) -> ExitCode {
    if matches!(subcommand, Some("run" | "exec")) { ExitCode::REFUSED } else { ExitCode::NOT_DONE }
}

/// True if this word stands before any subcommand: it was typed in the place of one of the program, not of one below it.
fn is_first(program: &clap::Command, arguments: &[OsString], word: &str) -> bool {
    let is_either = |argument: &&OsString| argument.as_os_str() == word || program.find_subcommand(argument).is_some();
    arguments.iter().skip(1).find(is_either).is_some_and(|first| first.as_os_str() == word)
}

/// The subcommand that these arguments lead to, or the program.
fn innermost<'c>(program: &'c clap::Command, arguments: &[OsString]) -> &'c clap::Command {
    let mut within = program;
    while let Some(next) = subcommand_in(within, arguments) {
        within = next;
    }
    within
}

/// The option that was meant where its case is wrong, one letter of its name, or the order of two, e.g. `--var` for `--VAR` and `--vra`.
/// Clap finds no likeness there.
fn option_like(command: &clap::Command, typed: &str) -> Option<String> {
    const SHORTEST: usize = 3;
    let typed = typed.split('=').next()?.strip_prefix("--").filter(|typed| typed.chars().count() >= SHORTEST)?;
    let lower = typed.to_lowercase();
    let names = command.get_arguments().filter(|option| !option.is_hide_set()).filter_map(clap::Arg::get_long);
    let near = names.filter(|known| *known != typed).map(|known| (strsim::damerau_levenshtein(&lower, known), known));
    let nearest = near.filter(|(distance, _)| *distance <= 1).min_by_key(|(distance, _)| *distance);
    nearest.map(|(_, known)| format!("--{known}"))
}

/// The usage line of the subcommand among these arguments, or of the program.
fn usage(arguments: &[OsString]) -> StyledStr {
    let mut command = typed_command();
    command.build();
    let named = subcommand_in(&command, arguments).cloned();
    named.unwrap_or(command).render_usage()
}

/// True for two errors of the same kind about the same argument.
fn is_same(one: &clap::Error, other: &clap::Error) -> bool {
    one.kind() == other.kind() && one.get(ContextKind::InvalidArg) == other.get(ContextKind::InvalidArg)
}

/// The variable of the option whose value is at fault.
fn variable_at_fault(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(at_fault)) = error.get(ContextKind::InvalidArg) else { return None };
    let mut command = command();
    // Options of the program become those of its subcommands.
    command.build();
    let subcommand = subcommand_in(&command, arguments)?;
    // It is shown with its value: `--isolation <ISOLATION>`.
    let long = at_fault.split(' ').next()?;
    let option = subcommand.get_arguments().find(|option| option.get_long() == long.strip_prefix("--"))?;
    Some(option.get_env()?.to_string_lossy().into_owned())
}

/// What the parser of numbers says, for people.
fn in_plain_words(reason: &str) -> Option<&'static str> {
    match reason {
        "invalid digit found in string" | "cannot parse integer from empty string" => Some("write a whole number"),
        "value was not a boolean" => Some("write true or false; yes and no, on and off, 1 and 0 mean the same"),
        "number too large to fit in target type" => Some("the number is too large"),
        _ => None,
    }
}

/// This text as it may stand in a message: messages end in logs.
fn safe(text: &str) -> String {
    plain::clean(&login::hidden(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_like_another_where_one_thing_is_wrong() {
        let scan = typed_command().find_subcommand("scan").unwrap().clone();
        for (typed, meant) in [
            ("--vra", Some("--var")),
            ("--HOST", Some("--host")),
            ("--Hosts", Some("--hosts")),
            ("--HOST=ltsc2022", Some("--host")),
            ("--ISOLATON", Some("--isolation")),
            ("--v", None),
            ("--raav", None),
            ("-x", None),
        ] {
            assert_eq!(option_like(&scan, typed).as_deref(), meant, "{typed}");
        }
    }

    #[test]
    fn numbers_are_refused_in_plain_words() {
        for text in ["abc", "", "1.5", "99999999999999999999"] {
            let reason = text.parse::<u64>().unwrap_err().to_string();
            assert!(in_plain_words(&reason).is_some(), "{reason}");
        }
    }

    #[test]
    fn a_switch_that_is_neither_on_nor_off_is_refused_with_what_it_can_be() {
        use clap::builder::TypedValueParser as _;
        let parser = clap::builder::BoolishValueParser::new();
        let error = parser.parse_ref(&clap::Command::new("x"), None, std::ffi::OsStr::new("banana")).unwrap_err();
        let reason = error.source().unwrap().to_string();
        assert!(in_plain_words(&reason).unwrap().contains("true or false"), "{reason}");
    }
}
