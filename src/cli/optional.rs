//! Options whose value may be left out: it stands behind `=`, so that with a blank it is an argument of its own.

use std::any::TypeId;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};

/// An option, and the argument behind it that was meant as its value, e.g. `6` of `--fresh 6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    option: String,
    value: String,
    /// True if every text can be the value, so that the argument may well be one of its own.
    is_free: bool,
}

impl Detached {
    /// What to type instead.
    pub fn hint(&self) -> String {
        format!("the value of {0} stands behind `=`: {0}={1}", self.option, self.value)
    }

    /// True for this argument.
    pub fn is(&self, argument: &str) -> bool {
        self.value == argument
    }

    /// The error where it can be meant in no other way: not as a file that is there, nor as a name.
    pub fn refusal(&self) -> Option<String> {
        let is_other = self.is_free || Path::new(&self.value).exists();
        (!is_other).then(|| format!("`{}` is not taken as the value of {}", self.value, self.option))
    }
}

/// The options among these arguments that are followed by what may have been meant as their values.
pub fn detached(command: &Command, arguments: &[OsString]) -> Vec<Detached> {
    let mut within = command;
    let mut found = Vec::new();
    for pair in arguments.get(1..).unwrap_or_default().windows(2) {
        let [first, second] = pair else { continue };
        if first == "--" {
            break;
        }
        if let Some(subcommand) = within.find_subcommand(first) {
            within = subcommand;
            continue;
        }
        let (Some(option), Some(value)) = (first.to_str(), second.to_str()) else { continue };
        let named = |argument: &&Arg| argument.get_long().is_some_and(|long| option.strip_prefix("--") == Some(long));
        let Some(argument) = within.get_arguments().find(named).filter(|argument| is_optional(argument)) else { continue };
        let alone = Command::new("alone").no_binary_name(true).arg(argument.clone());
        if !value.starts_with('-') && alone.try_get_matches_from([format!("{option}={value}")]).is_ok() {
            let kind = argument.get_value_parser().type_id();
            let is_free = [TypeId::of::<String>(), TypeId::of::<PathBuf>()].iter().any(|free| kind == *free);
            found.push(Detached { option: option.to_owned(), value: value.to_owned(), is_free });
        }
    }
    found
}

/// True for an option that takes a value, and needs none.
fn is_optional(argument: &Arg) -> bool {
    let is_zero = argument.get_num_args().is_some_and(|number| number.min_values() == 0 && number.max_values() > 0);
    argument.is_require_equals_set() && is_zero
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(line: &str) -> Vec<(String, bool)> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        detached(&crate::cli::command(), &arguments).iter().map(|one| (one.hint(), one.refusal().is_some())).collect()
    }

    #[test]
    fn values_behind_a_blank_are_known() {
        let of = |option: &str, value: &str| format!("the value of {option} stands behind `=`: {option}={value}");
        assert_eq!(hints("wincompat check --fresh 6 app:1"), [(of("--fresh", "6"), true)]);
        assert_eq!(hints("wincompat scan --fresh 6"), [(of("--fresh", "6"), true)]);
        assert_eq!(hints("wincompat prune --cache folder"), [(of("--cache", "folder"), false)]);
        // It may be an image of its own.
        assert_eq!(hints("wincompat check --pause app:1"), [(of("--pause", "app:1"), false)]);
        for line in [
            "wincompat check --fresh=6 app:1",
            "wincompat check --fresh app:1",
            "wincompat check app:1 --fresh",
            "wincompat check --fresh --offline app:1",
            "wincompat check -- --fresh 6",
            "wincompat check --cache folder app:1",
        ] {
            assert_eq!(hints(line), [], "{line}");
        }
    }
}
