//! Colours: `--color`, and the variables by which other programs choose them.

use std::ffi::OsString;

use anstream::ColorChoice;
use clap::ValueEnum as _;

/// The place in the help: behind the options of a command.
const LAST: usize = 998;

/// The choice of colours.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct ColorArgs {
    /// When to use colours: on a terminal (auto), always or never. The variables NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE choose too.
    #[arg(long, global = true, value_enum, value_name = "WHEN", display_order = LAST)]
    color: Option<When>,
}

/// The values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Chooses the colours of standard output and standard error, from the option if it was typed. Where nothing is chosen, those
/// streams know terminals, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` themselves.
pub fn choose(typed: &ColorArgs) {
    choice(typed.color, |name| std::env::var(name).ok()).write_global();
}

/// The option among arguments that are not understood as a whole, or its variable: what is said about them has colours too.
pub fn among(arguments: &[OsString]) -> ColorArgs {
    in_words(arguments, std::env::var("WINCOMPAT_COLOR").ok().as_deref())
}

fn in_words(arguments: &[OsString], variable: Option<&str>) -> ColorArgs {
    let known = |value: &str| When::from_str(value, false).ok();
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).take_while(|word| word != "--");
    let mut color = variable.and_then(known);
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        color = value.as_deref().and_then(known).or(color);
    }
    ColorArgs { color }
}

/// The choice of the option, else of `FORCE_COLOR`, in which `0` and `false` mean never; `NO_COLOR` comes before it.
fn choice(typed: Option<When>, variable: impl Fn(&str) -> Option<String>) -> ColorChoice {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match typed {
        Some(When::Always) => ColorChoice::AlwaysAnsi,
        Some(When::Never) => ColorChoice::Never,
        Some(When::Auto) => ColorChoice::Auto,
        None if set("NO_COLOR").is_some() => ColorChoice::Auto,
        None => match set("FORCE_COLOR").as_deref() {
            Some("0" | "false") => ColorChoice::Never,
            Some(_) => ColorChoice::AlwaysAnsi,
            None => ColorChoice::Auto,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_before_the_variables() {
        for (typed, variables, expected) in [
            (None, &[][..], ColorChoice::Auto),
            (None, &[("FORCE_COLOR", "1")], ColorChoice::AlwaysAnsi),
            (None, &[("FORCE_COLOR", "3")], ColorChoice::AlwaysAnsi),
            (None, &[("FORCE_COLOR", "")], ColorChoice::Auto),
            (None, &[("FORCE_COLOR", "0")], ColorChoice::Never),
            (None, &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], ColorChoice::Auto),
            (Some(When::Never), &[("FORCE_COLOR", "1")], ColorChoice::Never),
            (Some(When::Always), &[("NO_COLOR", "1")], ColorChoice::AlwaysAnsi),
            (Some(When::Auto), &[("FORCE_COLOR", "1")], ColorChoice::Auto),
        ] {
            let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(choice(typed, variable), expected, "{typed:?} {variables:?}");
        }
    }

    #[test]
    fn the_option_is_found_among_arguments_that_are_not_understood() {
        for (line, variable, expected) in [
            ("wincompat --color always chekc", None, Some(When::Always)),
            ("wincompat check --color=never --nonsense", Some("always"), Some(When::Never)),
            ("wincompat chekc", Some("always"), Some(When::Always)),
            ("wincompat chekc --color", None, None),
            ("wincompat check --color=blue", None, None),
            ("wincompat check -- --color=always", None, None),
            ("wincompat check --colors=always", None, None),
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(in_words(&arguments, variable).color, expected, "{line}");
        }
    }
}
