//! The errors about values that nobody gives.

use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The error about variables without a value.
pub fn unresolved(names: &[String]) -> Error {
    let mut named: Vec<&str> = names.iter().map(String::as_str).collect();
    named.dedup();
    let what = if named.len() == 1 { "variable" } else { "variables" };
    let first = named.first().copied().unwrap_or_default();
    let hint = if is_plain(first) {
        format!("give it one with --var {first}=VALUE, or with --env-file FILE")
    } else {
        format!("it is an expression: {}", as_expression(first))
    };
    Error::of(ErrorKind::Unresolved, format!("the {what} {} has no value", named.join(", "))).hint(hint)
}

/// The error about a variable whose value is an expression, or about an expression alone.
pub fn unevaluated(name: &str, expression: &str) -> Error {
    if name.is_empty() {
        return Error::of(ErrorKind::Unresolved, format!("the value of {} cannot be told", quoted(expression)))
            .hint("write its value in the file, since it cannot be given on the command line");
    }
    let hint = if is_plain(name) { format!("give it one with --var {name}=VALUE") } else { as_expression(name) };
    Error::of(ErrorKind::Unresolved, format!("the value of {name} cannot be told: it is {}", quoted(expression))).hint(hint)
}

/// The error about a variable of a Dockerfile that its `FROM` does not see.
pub fn undeclared(name: &str) -> Error {
    Error::of(ErrorKind::Invalid, format!("{name} has no value here, so Docker does not build this"))
        .because("a FROM sees only the arguments that an ARG before the first FROM declares")
        .hint(format!("write `ARG {name}` before the first FROM"))
}

/// True for a name that shells take as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || "._-:/+".contains(one))
}

/// How an expression gets a value. Between these quotes it means the same in bash and PowerShell, and `=` ends the name.
fn as_expression(expression: &str) -> String {
    let is_quotable = !expression.is_empty() && !expression.contains(['"', '$', '`', '\\', '!', '%', '=', '\n', '\r']);
    if is_quotable {
        format!("give it a value with --var \"{expression}=VALUE\"")
    } else {
        "write its value in the file, since it cannot be given on the command line".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_can_be_typed_in_a_shell() {
        for (name, expected) in [
            ("TAG", "give it one with --var TAG=VALUE, or with --env-file FILE"),
            ("inputs.tag", "give it one with --var inputs.tag=VALUE, or with --env-file FILE"),
            ("matrix.z || 'a:1'", "it is an expression: give it a value with --var \"matrix.z || 'a:1'=VALUE\""),
            (
                "matrix.z == '1' && 'a'",
                "it is an expression: write its value in the file, since it cannot be given on the command line",
            ),
        ] {
            assert_eq!(unresolved(&[name.to_owned()]).hint.map(|hint| hint.to_string()).as_deref(), Some(expected), "{name}");
        }
    }
}
