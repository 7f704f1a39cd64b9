//! Text from outside, made fit to stand in a message.

use std::fmt::Write as _;

/// A text from outside as it may stand in a message: control characters escaped, cut after 200 characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == 200 {
            shown.push('…');
            break;
        }
        if character.is_control() {
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A text from outside between backticks: on one line, without control characters, at most 60 characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut printable = text.trim().chars().filter(|c| !c.is_control());
    let mut shown: String = printable.by_ref().take(LONGEST).collect();
    if printable.next().is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_one_short_line() {
        assert_eq!(quoted("  windows\r\n::error::x\x1b[31m "), "`windows::error::x[31m`");
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), 63);
    }
}
