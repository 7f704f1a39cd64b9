//! What Compose gives to a build for an argument that stands without quotes: a number is read as one, and written anew.
//!
//! Sources: go-yaml, `resolve.go`; compose-spec/compose-go, `types/mapping.go`, which prints what is no text by `fmt.Sprint`.

/// The text that a build is given, e.g. `1.1` for `1.10`, `8` for `8.0`, `228` for `2_28`.
pub(super) fn given(plain: &str) -> String {
    match plain {
        "True" | "TRUE" => "true".to_owned(),
        "False" | "FALSE" => "false".to_owned(),
        _ if plain.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) => {
            let bare = plain.replace('_', "");
            whole(&bare).map(|number| number.to_string()).or_else(|| fraction(&bare)).unwrap_or_else(|| plain.to_owned())
        }
        _ => plain.to_owned(),
    }
}

/// A whole number. A zero before its digits makes it an octal one.
fn whole(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.split_at_checked(2) {
        Some(("0x" | "0X", digits)) => (16, digits),
        Some(("0o" | "0O", digits)) => (8, digits),
        Some(("0b" | "0B", digits)) => (2, digits),
        _ => digits.strip_prefix('0').filter(|digits| !digits.is_empty()).map_or((10, digits), |digits| (8, digits)),
    };
    // A second sign makes it a text.
    let is_number = digits.starts_with(|first: char| first.is_ascii_alphanumeric());
    let number = i64::from_str_radix(digits, radix).ok().filter(|_| is_number)?;
    Some(if is_negative { -number } else { number })
}

/// A number with a point or an exponent, as Go prints it: with as few digits as tell it from others, and with an exponent where it is large
/// or small.
fn fraction(text: &str) -> Option<String> {
    let is_number = text.chars().all(|one| one.is_ascii_digit() || "+-.eE".contains(one));
    let number: f64 = text.parse().ok().filter(|number: &f64| is_number && number.is_finite())?;
    let shown = format!("{number:e}");
    let (digits, exponent) = shown.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..6).contains(&exponent) {
        return Some(number.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_anew() {
        for (plain, expected) in [
            ("1809", "1809"),
            ("1.10", "1.1"),
            ("8.0", "8"),
            ("4.8", "4.8"),
            ("24.", "24"),
            (".50", "0.5"),
            ("+1.20", "1.2"),
            ("-0.250", "-0.25"),
            ("2_28", "228"),
            ("010", "8"),
            ("089", "89"),
            ("0x1F", "31"),
            ("-0o17", "-15"),
            ("0b101", "5"),
            ("1e3", "1000"),
            ("1234e56", "1.234e+59"),
            ("1234567.5", "1.2345675e+06"),
            ("0.00001", "1e-05"),
            ("True", "true"),
            ("FALSE", "false"),
        ] {
            assert_eq!(given(plain), expected, "{plain}");
        }
        for text in
            ["", "-", ".", "+-1", "0x", "1.2.3", "10.0.17763.1", "2022-01-01", "20H2", "ltsc2022", "yes", "1e999", "e5", "true"]
        {
            assert_eq!(given(text), text);
        }
    }
}
