//! Names with line feeds, escape sequences and the commands of pipelines, in every place where a name is printed.
//!
//! GitHub takes a line that begins with `::` for a command, Azure one that holds `##vso[`, both one that holds `##[`; terminals
//! obey control characters, and readers believe what characters that turn the writing make of a line.

mod arguments;
mod files;
mod registries;
mod stores;

use crate::support::started::started;
use assert_cmd::Command;
use serde_json::Value;

/// What every name holds that is shown.
const MARK: &str = "MARK";

/// Names nobody would give, each with everything that one way in may let through.
const HOSTILE: [&str; 7] = [
    "MARK\n::error::a\r\n  ::warning::b\n##vso[task.complete]c\n##[error]d",
    "::error MARK::x##vso[task.complete]y##[group]z",
    "##[group]MARK",
    "##vso[task.complete]MARK",
    "\u{1b}]MARK\u{7}\u{1b}[31m\u{9b}32m\u{8d}\u{202e}\u{2066}\u{200f}\u{61c}\t\u{b}\u{c}\u{1}",
    ":\u{200b}:error::MARK#\u{feff}#[x]#\u{1}#vso[y]\u{2028}::a::b\u{85}::c::\u{ad}:\u{ad}:d::#\u{ad}#[e]",
    "\u{fff9}:\u{fffa}:error\u{fffb}MARK::x#\u{1d173}#[y]#\u{e0041}#vso[z]\u{1d17a}\u{13430}\u{3164}",
];

/// As HTTP headers can carry it: no control characters, nothing but ASCII.
fn in_header(hostile: &str) -> String {
    hostile.chars().filter(|character| matches!(character, ' '..='~')).collect()
}

/// Characters that show nothing; runners compare texts as if they were not there.
fn is_ignored(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{13430}'..='\u{1343f}' | '\u{3164}' | '\u{fff9}'..='\u{fffb}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Holds what was printed to be harmless.
fn assert_harmless(printed: &str, place: &str) {
    for character in printed.chars() {
        assert!(character == '\n' || !character.is_control(), "{place}: the control character {character:?} in {printed:?}");
        assert!(!is_ignored(character), "{place}: the invisible {character:?} in {printed:?}");
        assert!(!matches!(character, '\u{2028}' | '\u{2029}'), "{place}: another line end in {printed:?}");
    }
    for line in printed.lines() {
        assert!(!line.trim_start().starts_with("::"), "{place}: a command of GitHub: {line:?}");
        let line = line.to_ascii_lowercase();
        assert!(!line.contains("##vso[") && !line.contains("##["), "{place}: a command of Azure: {line:?}");
    }
}

/// Runs a command to its end, whatever it is; what it printed is harmless, in every string of JSON too.
fn harmless(place: &str, command: &mut Command) -> String {
    let output = started(|| command.output());
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.code().is_some_and(|code| code < 3), "{place}: {:?} {err}", output.status);
    for printed in [&out, &err] {
        assert_harmless(printed, place);
    }
    if out.starts_with('{') {
        assert_harmless_json(&serde_json::from_str(&out).unwrap(), place);
    }
    out + &err
}

/// Texts of JSON, unescaped: a step of a pipeline prints them with `jq --raw-output`.
fn assert_harmless_json(value: &Value, place: &str) {
    match value {
        Value::String(text) => {
            assert_harmless(text, place);
            assert!(!text.contains('\n'), "{place}: several lines in {text:?}");
        }
        Value::Array(values) => values.iter().for_each(|value| assert_harmless_json(value, place)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            assert_harmless(name, place);
            assert_harmless_json(value, place);
        }),
        _ => {}
    }
}

/// The check itself sees what it looks for.
#[test]
fn harm_is_seen() {
    for harmful in [
        "a\n ::error::b",
        "::b",
        "x ##vso[y]",
        "x ##VSO[y]",
        "##[error]",
        "\u{1b}[31m",
        "a\rb",
        "a\tb",
        "\u{202e}",
        "\u{9b}",
        "\u{200b}",
        "a\u{2028}b",
    ] {
        let seen = std::panic::catch_unwind(|| assert_harmless(harmful, "here")).is_err();
        assert!(seen, "{harmful:?}");
    }
    assert_harmless("error: a : :b\n  # #[x]\nmcr.microsoft.com/windows/nanoserver:1903 Größe\n", "here");
}
