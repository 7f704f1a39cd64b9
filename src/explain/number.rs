//! Error numbers in every form in which tools print them.

use super::evidence::{Evidence, What};
use super::paste::Paste;
use super::traces;
use crate::knowledge::{ErrorCode, Errors};

/// The error that a text is nothing but the number or the name of: `0xc0370101`, `C0370101`, `3224830209`, `-1070137087`,
/// `hcs_e_image_mismatch`, `1455`, `error 1455`.
pub(super) fn whole<'a>(text: &str, errors: &'a Errors) -> Option<&'a ErrorCode> {
    if is_of_a_program(text) {
        return None;
    }
    let text = without_name(text).trim_matches(['(', ')', '[', ']', '"', '\'', '`', ':', ',', ';', '.']);
    errors.by_name(text).or_else(|| known(unmarked(text), errors, true))
}

/// True for nothing but a small exit code, e.g. `exit code 3`: the program that ended chose it, and no list of Windows has its meaning.
/// `docker run` and shells chose 125 to 127, for what is explained.
pub fn is_of_a_program(text: &str) -> bool {
    let number = without_name(text);
    let name = text.trim().strip_suffix(number).unwrap_or_default().trim_end_matches([' ', ':', '=']);
    let is_exit_code = ["exit code", "exit status"].iter().any(|known| known.eq_ignore_ascii_case(name));
    let has_meaning = || known(number, Errors::built_in(), true).is_some_and(|error| error.exit_code);
    is_exit_code && number.parse::<u16>().is_ok_and(|number| !(125..=127).contains(&number)) && !has_meaning()
}

/// A number without the words before it that say what it is, e.g. that of `System error 5` and `exit code: 127`.
fn without_name(text: &str) -> &str {
    const NAMES: [&str; 8] =
        ["system error", "win32 error", "os error", "error code", "exit code", "exit status", "error", "errno"];
    let is_name = |name: &str| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let named = text.trim().rsplit_once([' ', ':', '=']);
    named.filter(|(name, _)| is_name(name.trim_end_matches([' ', ':', '=']))).map_or(text, |(_, number)| number)
}

/// The number that a text is, where it belongs to a family that is known, e.g. `0x80370999`.
pub(super) fn unknown(text: &str, errors: &Errors) -> Option<u32> {
    let text = text.trim_matches(['(', ')', '[', ']', '"', '\'', '`', ':', ',', ';', '.']);
    parse(unmarked(text)).find(|number| errors.family(*number).is_some())
}

/// Finds the numbers and symbolic names among the words of a text.
///
/// Small decimal numbers are not taken: they count lines, ports and seconds; only behind `exit code` and the like those with which
/// programs are known to end. Nor are short hexadecimal ones, unless in parentheses, which is how hcsshim and Docker print Windows
/// errors: `(0x20)`.
pub(super) fn all(paste: &Paste, errors: &'static Errors, found: &mut Vec<Evidence>) {
    let before = found.len();
    for (start, word) in paste.words(false).map(|(start, word)| with_mark(paste, start, word)) {
        let what =
            known_in(paste, start, word, errors).map(What::Number).or_else(|| unknown_in(paste, start, word).map(What::Unknown));
        found.extend(what.map(|what| evidence(start, word.len(), what)));
    }
    if found.len() > before {
        return;
    }
    // A console may have broken a number.
    for (start, word) in paste.words(true) {
        let length = if word.starts_with("0x") { 10 } else { 10 + usize::from(word.starts_with('-')) };
        let cut = word.get(..length).unwrap_or(word);
        let known = [word, cut].into_iter().find_map(|word| known_in(paste, start, word, errors));
        found.extend(known.map(|error| evidence(start, word.len(), What::Number(error))));
    }
}

const fn evidence(start: usize, length: usize, what: What) -> Evidence {
    let general = matches!(what, What::Number(error) if !traces::is_of_containers(error.code));
    Evidence { start, end: start + length, length, what, general }
}

/// A word with the `&` of a number such as `&h80370101`, which is not part of any word.
fn with_mark<'a>(paste: &'a Paste, start: usize, word: &'a str) -> (usize, &'a str) {
    let marked = start.checked_sub(1).filter(|_| word.starts_with('h') && paste.before(start).ends_with('&'));
    marked.and_then(|begin| Some((begin, paste.text.get(begin..start + word.len())?))).unwrap_or((start, word))
}

/// A number without what languages put at a hexadecimal one: `c0370101h`, `&H80370101`, `0xC0370101L`.
fn unmarked(word: &str) -> &str {
    if word.starts_with("0x") || word.starts_with("0X") {
        return word.trim_end_matches(['l', 'L', 'u', 'U']);
    }
    let before = || word.strip_prefix("&h").or_else(|| word.strip_prefix("&H"));
    let digits = word.strip_suffix(['h', 'H']).or_else(before);
    digits.filter(|digits| digits.len() == 8).unwrap_or(word)
}

/// The error that a word of a text stands for.
fn known_in(paste: &Paste, start: usize, word: &str, errors: &'static Errors) -> Option<&'static ErrorCode> {
    if word.contains('_') {
        return errors.by_name(word);
    }
    let (start, word) = match word.trim_end_matches('-').rsplit_once('-') {
        // `exit-code-3221225786`; a number below zero has nothing before its sign.
        Some((before, last)) if !before.is_empty() => (start + before.len() + 1, last),
        _ => (start, word.trim_end_matches('-')),
    };
    let number = unmarked(word);
    if !word.starts_with(|c: char| c.is_ascii_digit() || c == '-') && number.len() != 8 {
        return None;
    }
    let is_exit_code = follows_code(paste.before(start));
    if word == "-1" && !is_exit_code {
        return None;
    }
    let small = word.starts_with("0x") && is_in_parentheses(paste, start, word);
    known(number, errors, small).or_else(|| {
        let number = is_exit_code.then(|| word.parse::<u16>().ok()).flatten()?;
        errors.by_number(0x8007_0000 | u32::from(number)).filter(|error| error.exit_code)
    })
}

/// The number that a word of a text is, if it looks like an error: `0x80370999`, `-2143878759`, `(0x1f)`.
fn unknown_in(paste: &Paste, start: usize, word: &str) -> Option<u32> {
    let word = unmarked(word);
    if let Some(digits) = word.strip_prefix("0x") {
        let small = digits.len() <= 4 && is_in_parentheses(paste, start, word);
        let number = parse(word).next()?;
        return match digits.len() {
            8 | 16 => (number >> 31 == 1).then_some(number),
            _ if small => Some(0x8007_0000 | number),
            _ => None,
        };
    }
    let is_long = word.len() == 10 + usize::from(word.starts_with('-'));
    let number = is_long.then(|| parse(word).next()).flatten()?;
    (number >> 31 == 1 && (word.starts_with('-') || follows_code(paste.before(start)))).then_some(number)
}

/// True for `(0x20)` and `(error 0x20)`.
fn is_in_parentheses(paste: &Paste, start: usize, word: &str) -> bool {
    paste.after(start + word.len()).starts_with(')')
}

/// True if a text ends with words after which an exit code stands.
fn follows_code(before: &str) -> bool {
    let words = before.trim_end_matches([':', '=', '(', '-']);
    ["code", "exitstatus", "errorlevel", "exitcodeis"].iter().any(|end| words.ends_with(end))
}

fn known<'a>(word: &str, errors: &'a Errors, small: bool) -> Option<&'a ErrorCode> {
    parse(word).find_map(|number| match number {
        0..=0xffff if small => errors.by_number(0x8007_0000 | number),
        0..=0xffff => None,
        _ => errors.by_number(number),
    })
}

/// The numbers a word can stand for: a decimal one, signed or not, and a hexadecimal one with or without `0x`.
pub(super) fn parse(word: &str) -> impl Iterator<Item = u32> {
    let decimal = match word.strip_prefix('-') {
        Some(digits) => {
            number(digits, 10).and_then(|number| i32::try_from(-i64::try_from(number).ok()?).ok()).map(i32::cast_unsigned)
        }
        None => number(word, 10).and_then(|number| u32::try_from(number).ok()),
    };
    let hexadecimal = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        // A 64-bit program prints an HRESULT with its sign extended.
        Some(digits) => number(digits, 16).and_then(|number| {
            let low = u32::try_from(number & 0xffff_ffff).ok()?;
            matches!(number >> 32, 0 | 0xffff_ffff).then_some(low)
        }),
        None if word.len() == 8 => number(word, 16).and_then(|number| u32::try_from(number).ok()),
        None => None,
    };
    decimal.into_iter().chain(hexadecimal)
}

/// Digits alone: `from_str_radix` would take a sign.
fn number(digits: &str, radix: u32) -> Option<u64> {
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, radix).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_all_its_forms() {
        for text in [
            "0xc0370101",
            "0XC0370101",
            "c0370101",
            "c0370101h",
            "&H80370101",
            "0xC0370101L",
            "0xc0370101ul",
            "C0370101",
            "0x80370101",
            "80370101",
            "3224830209",
            "-1070137087",
            "2151088385",
            "-2143878911",
            "0xFFFFFFFFC0370101",
            "(0xc0370101)",
            "0xc0370101.",
            "HCS_E_IMAGE_MISMATCH",
            "hcs_e_image_mismatch",
            "ERROR_VMCOMPUTE_IMAGE_MISMATCH",
        ] {
            let error = whole(text, Errors::built_in()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(error.code, 0x8037_0101, "{text}");
        }
    }

    #[test]
    fn exit_codes_and_windows_errors() {
        for (text, code) in [
            ("3221225785", 0xc000_0139),
            ("3221225786", 0xc000_013a),
            ("-1073741502", 0xc000_0142),
            ("3221225794", 0xc000_0142),
            ("3221225781", 0xc000_0135),
            ("0xC0351000", 0xc035_1000),
            ("1455", 0x8007_05af),
            ("0x5af", 0x8007_05af),
            ("-2147024891", 0x8007_0005),
            ("0x803B0013", 0x803b_0013),
            ("error 1460", 0x8007_05b4),
            ("System error: 5", 0x8007_0005),
            ("Error code=0xc0370101", 0x8037_0101),
            ("exit code 127", 0x8007_007f),
            ("exit code 1603", 0x8007_0643),
            ("exit code: 3221225786", 0xc000_013a),
            ("error code 3", 0x8007_0003),
        ] {
            assert_eq!(whole(text, Errors::built_in()).unwrap().code, code, "{text}");
        }
    }

    #[test]
    fn no_number_at_all() {
        for text in [
            "",
            "-",
            "0x",
            "+1455",
            "-+1455",
            "0x+5af",
            "--1070137087",
            "99999999999999999999",
            "0xffffffff80370101ff",
            "0x1c0370101",
            "-4294967297",
            "IMAGE",
            "0xc037g101",
            "c037010h",
            "&h",
            "h80370101",
            "line 5",
            "error",
            "error 1455 times",
            "1 error 5",
            "exit code 1",
            "Exit code: 3",
            "exit status 2",
            "exit code=259",
        ] {
            assert!(whole(text, Errors::built_in()).is_none(), "{text}");
        }
    }
}
