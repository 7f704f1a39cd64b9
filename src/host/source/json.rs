//! JSON as tools print it: one value, a value on each line, and behind a warning.

use serde_json::Value;

use super::once::Once;
use crate::host::version_text;

/// The most lines before a value, such as the command that was typed and a warning.
const MOST_BEFORE: usize = 20;

/// The JSON that a text is; `None` for any other text. A number or a quoted word is well-formed too, and is a text here; so is an object
/// with one field twice, of which one value would hide the other.
pub(super) fn of_text(text: &str) -> Option<Value> {
    value(text).or_else(|| of_lines(text)).or_else(|| behind_words(text))
}

fn value(text: &str) -> Option<Value> {
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok().map(|Once(json)| json)).flatten()
}

/// The objects of JSON Lines, at least two, as a list.
fn of_lines(text: &str) -> Option<Value> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    lines.peek().filter(|first| first.starts_with('{') && first.ends_with('}'))?;
    lines.map(value).collect::<Option<Vec<Value>>>().map(Value::Array)
}

/// The value behind a few lines that name no Windows, such as a warning of kubectl.
fn behind_words(text: &str) -> Option<Value> {
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MOST_BEFORE) {
        if line.starts_with(['{', '[']) {
            let (before, rest) = text.split_at_checked(at)?;
            return value(rest).filter(|_| version_text::versions(before).is_empty());
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_read_as_tools_print_it() {
        for (text, expected) in [
            (r#"{"a": 1}"#, Some(json!({"a": 1}))),
            ("{\"a\": 1}\n\n{\"a\": 2}\n", Some(json!([{"a": 1}, {"a": 2}]))),
            ("Warning: old\n{\n \"a\": 1}\n", Some(json!({"a": 1}))),
            ("on 10.0.17763.1\n{\"a\": 1}\n", None),
            ("{\"a\": 1}\n10.0.17763.1\n", None),
            ("{\"a\": 1, \"a\": 2}", None),
            ("[12:00] Microsoft Windows [Version 10.0.20348.2402]", None),
            ("\"a\"", None),
            ("", None),
            ("a | SUCCESS => {\n    \"x\": 1\n}\n", None),
            ("a | UNREACHABLE! => {\n", None),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }
}
