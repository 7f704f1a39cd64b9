//! Makes text from outside harmless before it is printed: on a terminal, in a log, to a pipeline's runner.

use std::borrow::Cow;

/// This text without control characters and without anything a pipeline's runner takes as a command.
///
/// Line breaks and tabs become spaces, other control characters and those that change the direction of writing vanish.
/// GitHub takes `::` at the beginning of a line, leading spaces aside, as a command; Azure takes `##vso[`, and both take
/// `##[`, anywhere in a line: a space goes into each, wherever it stands, since a line may be broken anywhere.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' => cleaned.push(' '),
            _ if character.is_control() || steers(character) => {}
            // `[::1]` is an address; nothing else of use has two colons.
            ':' if cleaned.ends_with(':') && !cleaned.ends_with("[:") => cleaned.push_str(" :"),
            '#' if cleaned.ends_with('#') => cleaned.push_str(" #"),
            _ => cleaned.push(character),
        }
    }
    Cow::Owned(cleaned)
}

/// Characters nobody sees: direction marks, embeddings, isolates, byte order marks, zero widths, soft hyphens, variation selectors.
/// They change what is seen; and comparisons by the rules of a language, as .NET's, pass over them, so that to a runner written
/// in it `:\u{ad}:` may begin with `::` (https://learn.microsoft.com/dotnet/standard/base-types/best-practices-strings).
fn steers(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_honest_text_alone() {
        for text in
            ["mcr.microsoft.com/windows/nanoserver:ltsc2022@sha256:00", "[::1]:5000/app:1", "Größe 10 µm", "C:\\store", ""]
        {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn takes_the_teeth_out_of_hostile_text() {
        let table = [
            ("a\nb\r\nc\td", "a b  c d"),
            ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
            ("\u{9b}31m\u{7}\u{0}x", "31mx"),
            ("::error::no", ": :error: :no"),
            ("a\n::warning file=x::y", "a : :warning file=x: :y"),
            (":\u{1}:error::", ": :error: :"),
            (":\u{200b}:error", ": :error"),
            (":\u{ad}:error", ": :error"),
            ("#\u{fe0f}#[error]", "# #[error]"),
            ("##vso[task.setvariable]x", "# #vso[task.setvariable]x"),
            ("#\u{0}#vso[x]", "# #vso[x]"),
            ("##[error]x", "# #[error]x"),
            ("###[x]", "# # #[x]"),
            (":::x", ": : :x"),
            ("[::1]::x", "[::1]: :x"),
            ("evil\u{202e}gpj", "evilgpj"),
        ];
        for (hostile, harmless) in table {
            assert_eq!(clean(hostile), harmless, "{hostile:?}");
            let twice = clean(harmless);
            assert_eq!(twice, harmless, "cleaning twice changes nothing");
        }
    }
}
