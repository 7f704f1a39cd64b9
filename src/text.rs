//! Text from outside: decoded, and made fit to stand in a message.

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::login;

/// True for a character that nobody sees: a control, one that steers how others are written (direction, annotation, musical beams,
/// tags), a line or paragraph separator, one that Unicode lets programs ignore, or one that Unicode says will never be a character:
/// XML forbids some of those, and parsers of HTML report them.
///
/// Such characters change what is seen; and comparisons by the rules of a language, as .NET's, pass over them, so that to a
/// pipeline's runner written in it `:\u{ad}:` may begin with `::`
/// (https://learn.microsoft.com/dotnet/standard/base-types/best-practices-strings). The rule is the general category: Cc, Cf, Zl and
/// Zp. The rest of what may be ignored (`Default_Ignorable_Code_Point`) are letters, marks and unassigned characters by category, so
/// they are listed.
pub(crate) fn is_invisible(character: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    // Nearly all characters: and without this, a build that is not optimised copies a table for each of them.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let category = get_general_category(character);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        // The last two code points of each plane are not characters.
        || u32::from(character) & 0xfffe == 0xfffe
        || matches!(
            character,
            '\u{fdd0}'..='\u{fdef}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// True for a text that as a path of Windows may name another machine, e.g. `\\server\share\x`. To look whether it is there asks that
/// machine, and tells it who asks: that is for those who name a path, and not for any text.
pub(crate) const fn is_on_network(text: &str) -> bool {
    match text.as_bytes() {
        // A drive of this machine in its long form.
        [b'\\' | b'/', b'\\' | b'/', b'?' | b'.', b'\\' | b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => false,
        [b'\\' | b'/', b'\\' | b'/', ..] => true,
        _ => false,
    }
}

/// True for a quote of any kind: those of shells, and those that word processors put in their place.
pub(crate) const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»')
}

/// A text from outside as it may stand in a message: invisible characters escaped, cut after 200 characters. Passwords are hidden before:
/// they are not known without the @ behind them.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let text = login::hidden_in(text);
    let mut shown = String::new();
    let mut length = 0;
    for character in text.chars() {
        let escaped = is_invisible(character).then(|| character.escape_default());
        length += escaped.as_ref().map_or(1, ExactSizeIterator::len);
        if length > LONGEST {
            shown.push('…');
            break;
        }
        match escaped {
            Some(escaped) => shown.extend(escaped),
            None => shown.push(character),
        }
    }
    shown
}

/// A text from outside between backticks: on one line, with a space for each tab and line break, without other invisible characters and
/// passwords, at most 60 characters.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let text = login::hidden_in(text.trim());
    let visible = |c: char| if is_invisible(c) { c.is_whitespace().then_some(' ') } else { Some(c) };
    let mut printable = text.chars().filter_map(visible);
    let mut shown: String = printable.by_ref().take(LONGEST).collect();
    if printable.next().is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// The first of these names in quotes, and how many there are beside them: the names `a` and `b` of five as "`a`, `b` and 3 more".
pub(crate) fn first_named(names: impl IntoIterator<Item: AsRef<str>>, all: usize) -> String {
    const MOST: usize = 5;
    let named: Vec<String> = names.into_iter().take(MOST).map(|name| quoted(name.as_ref())).collect();
    let more = all.saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// A number of things, e.g. `1 layer`, `3 layers`.
#[cfg(feature = "running")]
pub(crate) fn count(number: usize, what: &str) -> String {
    counted(number, what, &format!("{what}s"))
}

/// A number of bytes for people, in powers of 1024: `54 bytes`, `57.2 MiB`, `40.0 GiB`.
#[cfg(feature = "running")]
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte");
    }
    let (mut rest, mut unit) = (bytes as f64 / 1024.0, 0);
    // What would be rounded to 1024.0 is 1.0 of the next unit.
    while rest >= 1023.95 && unit + 1 < UNITS.len() {
        rest /= 1024.0;
        unit += 1;
    }
    format!("{rest:.1} {}", UNITS.get(unit).copied().unwrap_or_default())
}

/// An encoding of text files.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Encoding {
    /// UTF-8, or bytes that nothing says more of.
    Utf8,
    /// UTF-16, with this order of the two bytes of a unit, e.g. `u16::from_le_bytes`.
    Utf16(fn([u8; 2]) -> u16),
}

/// The encoding that a byte order mark names, and the bytes behind the mark. Without a mark it is UTF-8.
pub(crate) const fn encoding(bytes: &[u8]) -> (Encoding, &[u8]) {
    match bytes {
        [0xff, 0xfe, rest @ ..] => (Encoding::Utf16(u16::from_le_bytes), rest),
        [0xfe, 0xff, rest @ ..] => (Encoding::Utf16(u16::from_be_bytes), rest),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => (Encoding::Utf8, rest),
    }
}

/// The characters of a text in UTF-16; `None` for half a surrogate pair and for half a unit at the end.
pub(crate) fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> impl Iterator<Item = Option<char>> {
    let (units, rest) = bytes.as_chunks::<2>();
    let half = (!rest.is_empty()).then_some(None);
    char::decode_utf16(units.iter().map(move |&pair| unit(pair))).map(Result::ok).chain(half)
}

/// A number with its words for one and for several, e.g. `1 image is`, `3 images are`.
#[cfg(feature = "running")]
pub(crate) fn counted(number: usize, of_one: &str, of_several: &str) -> String {
    format!("{number} {}", if number == 1 { of_one } else { of_several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_the_first_are_said() {
        let names = ["a", "b", "c", "d", "e", "f"];
        for (of, all, expected) in [
            (1, 1, "`a`"),
            (2, 2, "`a`, `b`"),
            (2, 5, "`a`, `b` and 3 more"),
            (5, 5, "`a`, `b`, `c`, `d`, `e`"),
            (6, 6, "`a`, `b`, `c`, `d`, `e` and 1 more"),
        ] {
            assert_eq!(first_named(names.iter().take(of), all), expected);
        }
    }

    #[test]
    fn a_mark_names_the_encoding() {
        let text = |bytes: &[u8]| match encoding(bytes) {
            (Encoding::Utf8, rest) => std::str::from_utf8(rest).ok().map(str::to_owned),
            (Encoding::Utf16(unit), rest) => utf16(rest, unit).collect(),
        };
        for bytes in [&b"a\xc3\xa4"[..], b"\xef\xbb\xbfa\xc3\xa4", b"\xff\xfea\0\xe4\0", b"\xfe\xff\0a\0\xe4"] {
            assert_eq!(text(bytes).as_deref(), Some("aä"), "{bytes:?}");
        }
        assert_eq!(text(b"\xff\xfe\x3d\xd8\x00\xde").as_deref(), Some("😀"));
        for wrong in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8", b"\xff\xfe\x00\xd8a\0", b"\xff"] {
            assert_eq!(text(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_path_may_name_another_machine() {
        for text in [r"\\server\share\x", "//server/share", r"\/server\share", r"\\?\UNC\server\share", r"\\.\UNC\server\share"] {
            assert!(is_on_network(text), "{text}");
        }
        for text in [r"\\?\C:\x", r"\\.\c:\x", r"C:\x", r"\x", "/x", "x", "", "https://server/x", r"a\\b"] {
            assert!(!is_on_network(text), "{text}");
        }
    }

    #[test]
    fn what_nobody_sees_is_known_by_its_category() {
        let invisible = [
            '\0',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{206f}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{fff9}',
            '\u{fffa}',
            '\u{fffb}',
            '\u{fffe}',
            '\u{ffff}',
            '\u{fdd0}',
            '\u{10ffff}',
            '\u{13430}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{1d17a}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0100}',
            '\u{3164}',
        ];
        for character in invisible {
            assert!(is_invisible(character), "{character:?}");
        }
        for character in " ~aä🙂\u{a0}\u{301}\u{3000}家中д한ｆ\u{fffd}\u{e000}′".chars() {
            assert!(!is_invisible(character), "{character:?}");
        }
        assert!(('\0'..=char::MAX).filter(|character| character.is_control()).all(is_invisible));
    }

    #[test]
    fn a_text_that_is_shown_is_short_also_where_it_is_escaped() {
        assert_eq!(shown("a\u{feff}b"), "a\\u{feff}b");
        assert_eq!(shown(&"a".repeat(200)), "a".repeat(200));
        assert_eq!(shown(&"a".repeat(201)), format!("{}…", "a".repeat(200)));
        assert_eq!(shown(&"\u{feff}".repeat(100)).chars().count(), 201);
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (60_005_175, "57.2 MiB"),
            (60 << 30, "60.0 GiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), shown, "{bytes}");
        }
    }

    #[test]
    fn a_password_is_hidden_before_a_text_is_cut() {
        let text = format!("bob:{}@r.test/app", "hunter2".repeat(40));
        assert_eq!((quoted(&text).as_str(), shown(&text).as_str()), ("`…@r.test/app`", "…@r.test/app"));
    }

    #[test]
    fn foreign_text_stays_on_one_short_line() {
        assert_eq!(quoted("  windows\r\n::error::x\x1b[31m "), "`windows  ::error::x[31m`");
        assert_eq!(quoted("Host\tOS"), "`Host OS`");
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), 63);
    }
}
