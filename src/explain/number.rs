//! Error numbers in every form in which tools print them.

use crate::knowledge::{ErrorCode, Errors};

/// The error that a text is nothing but the number or the name of: `0xc0370101`, `C0370101`, `3224830209`, `-1070137087`,
/// `hcs_e_image_mismatch`, `1455`.
pub(super) fn whole<'a>(text: &str, errors: &'a Errors) -> Option<&'a ErrorCode> {
    let text = text.trim_matches(['(', ')', '[', ']', '"', '\'', '`', ':', ',', ';', '.']);
    errors.by_name(text).or_else(|| known(text, errors, true))
}

/// The first error whose number or name is among the words of a text.
///
/// Small decimal numbers are not taken: they count lines, ports and seconds. Nor are short hexadecimal ones, unless in
/// parentheses, which is how hcsshim and Docker print Windows errors: `(0x20)`.
pub(super) fn within<'a>(text: &str, errors: &'a Errors) -> Option<&'a ErrorCode> {
    let separator = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
    text.split_inclusive(separator).find_map(|piece| {
        let word = piece.trim_end_matches(separator);
        let small = word.len() < piece.len() && piece.ends_with(')') && word.starts_with("0x");
        errors.by_name(word).or_else(|| known(word, errors, small)).or_else(|| {
            // `exit-code-3221225786`.
            let (_, last) = word.rsplit_once('-')?;
            known(last, errors, false)
        })
    })
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
        ] {
            assert!(whole(text, Errors::built_in()).is_none(), "{text}");
        }
    }
}
