//! Colours: `--color`, and the variables by which other programs choose them.

use anstream::ColorChoice;

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

/// Chooses the colours of standard output and standard error, from the option if there is one. Where nothing is chosen, those
/// streams know terminals, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` themselves.
pub fn choose(typed: Option<&ColorArgs>) {
    choice(typed.and_then(|args| args.color), |name| std::env::var(name).ok()).write_global();
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
}
