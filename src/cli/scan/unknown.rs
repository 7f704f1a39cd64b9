//! The errors about values that nobody gives.

use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The error about variables without a value.
pub fn unresolved(names: &[String]) -> Error {
    let mut named: Vec<&str> = names.iter().map(String::as_str).collect();
    named.dedup();
    let (what, hint) = match named.as_slice() {
        [one] if is_plain(one) => {
            (format!("the variable {one} has no value"), format!("give it one with --var {one}=VALUE, or with --env-file FILE"))
        }
        [one] => (format!("the variable {one} has no value"), format!("it is an expression: {}", as_expression(one))),
        all => {
            let given: Vec<String> = all.iter().map(|name| format!("--var {name}=VALUE")).collect();
            let hint = match all.iter().find(|name| !is_plain(name)) {
                Some(expression) => format!("{expression} is an expression: {}", as_expression(expression)),
                None => format!("give each of them one with {}, or with --env-file FILE", given.join(" ")),
            };
            (format!("the variables {} have no value", all.join(", ")), hint)
        }
    };
    Error::of(ErrorKind::Unresolved, what).hint(hint)
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
    if name.is_empty() {
        return Error::of(
            ErrorKind::Invalid,
            "what stands between the braces is not the name of a variable, so Docker does not build this",
        )
        .hint("write the variable as ${NAME}");
    }
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
    fn a_variable_without_a_name_is_not_told_to_be_declared() {
        let hint = |name: &str| undeclared(name).hint.unwrap().to_string();
        assert_eq!(
            (hint("").as_str(), hint("TAG").as_str()),
            ("write the variable as ${NAME}", "write `ARG TAG` before the first FROM")
        );
    }

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
        for (names, what, hint) in [
            (
                ["A", "B"],
                "the variables A, B have no value",
                "give each of them one with --var A=VALUE --var B=VALUE, or with --env-file FILE",
            ),
            (
                ["A", "a || 'b'"],
                "the variables A, a || 'b' have no value",
                "a || 'b' is an expression: give it a value with --var \"a || 'b'=VALUE\"",
            ),
        ] {
            let error = unresolved(&names.map(str::to_owned));
            assert_eq!((error.what.as_str(), error.hint.map(|hint| hint.to_string()).as_deref()), (what, Some(hint)));
        }
    }
}
