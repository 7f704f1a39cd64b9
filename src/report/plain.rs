//! Makes text from outside harmless before it is printed: on a terminal, in a log, to a pipeline's runner.

use std::borrow::Cow;

use crate::login;
use crate::text::is_invisible;

/// This text without invisible characters, without anything a pipeline's runner takes as a command, and without passwords.
///
/// All that is printed goes through here, so no password of an argument or a file is shown, whoever made the message.
///
/// Line breaks and tabs become spaces, other characters that nobody sees vanish.
/// GitHub takes `::` at the beginning of a line, leading spaces aside, as a command; Azure takes `##vso[`, and both take
/// `##[`, anywhere in a line: a space goes into each `##`, and into each `::` but those behind a letter or a digit: lines are broken at
/// spaces and behind slashes, never there.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' if byte != b'@')) && !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let text = login::hidden_in(text);
    let mut cleaned = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' => cleaned.push(' '),
            _ if is_invisible(character) => {}
            ':' if cleaned.strip_suffix(':').is_some_and(may_begin_line) => cleaned.push_str(" :"),
            '#' if cleaned.ends_with('#') => cleaned.push_str(" #"),
            _ => cleaned.push(character),
        }
    }
    Cow::Owned(cleaned)
}

/// True if what comes behind this may stand at the beginning of a line. `[::1]` is an address, `nanoserver::ltsc2022` is mistyped.
fn may_begin_line(before: &str) -> bool {
    !before.ends_with(|last: char| last == '[' || last.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_honest_text_alone() {
        for text in [
            "mcr.microsoft.com/windows/nanoserver::ltsc2022@sha256:00",
            "[::1]:5000/app:1",
            "Größe 10 µm",
            "C:\\store",
            "a::b",
            "",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn shows_no_password() {
        for (text, shown) in [
            ("`bob:hunter2@registry/app` is no host", "`…@registry/app` is no host"),
            ("x=https://bob:hunter2@r.test\n", "x=https://…@r.test "),
            ("ask bob@x.test at 12:30", "ask bob@x.test at 12:30"),
            ("web=app:1@sha256:00", "web=app:1@sha256:00"),
        ] {
            assert_eq!(clean(text), shown);
            assert_eq!(clean(shown), shown, "cleaning twice changes nothing");
        }
    }

    #[test]
    fn takes_the_teeth_out_of_hostile_text() {
        let table = [
            ("a\nb\r\nc\td", "a b  c d"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
            ("\u{9b}31m\u{7}\u{0}x", "31mx"),
            ("::error::no", ": :error::no"),
            ("a\n::warning file=x::y", "a : :warning file=x::y"),
            (":\u{1}:error::", ": :error::"),
            (":\u{200b}:error", ": :error"),
            (":\u{ad}:error", ": :error"),
            ("#\u{fe0f}#[error]", "# #[error]"),
            ("##vso[task.setvariable]x", "# #vso[task.setvariable]x"),
            ("#\u{0}#vso[x]", "# #vso[x]"),
            ("##[error]x", "# #[error]x"),
            ("###[x]", "# # #[x]"),
            (":::x", ": : :x"),
            ("a:::x", "a:: :x"),
            ("a/::x", "a/: :x"),
            ("a ::x", "a : :x"),
            ("[::1]::x", "[::1]: :x"),
            ("evil\u{202e}gpj", "evilgpj"),
            ("\u{fff9}:\u{fffa}:\u{fffb}error", ": :error"),
            (":\u{1d173}:error::\u{1d17a}x", ": :error::x"),
            ("#\u{e0041}\u{e007f}#[error]", "# #[error]"),
            ("a\u{13430}\u{3164}b", "ab"),
        ];
        for (hostile, harmless) in table {
            assert_eq!(clean(hostile), harmless, "{hostile:?}");
            let twice = clean(harmless);
            assert_eq!(twice, harmless, "cleaning twice changes nothing");
        }
    }
}
