//! Errors that were put on one line, as in a list of HTML or behind a semicolon: each stands for itself.

use std::borrow::Cow;

/// The ends of elements of HTML that are lines of their own.
const ELEMENTS: [&str; 7] = ["</li>", "</p>", "</tr>", "</div>", "</pre>", "<br>", "<br/>"];

/// What stands between two errors.
const SEPARATOR: &str = "; ";

/// The words with which an error begins behind a separator, in lower case: the answer of an engine, or an operation.
const BEGINNINGS: [&str; 6] = ["error response from daemon", "docker:", "error:", "hcsshim::", "hcs::", "time=\""];

/// The text with each of such errors on a line of its own.
pub(super) fn apart(text: &str) -> Cow<'_, str> {
    if !text.contains(SEPARATOR) && !ELEMENTS.iter().any(|end| text.contains(end)) {
        return text.into();
    }
    let mut apart = String::with_capacity(text.len());
    let mut start = 0;
    for (at, _) in text.match_indices(['<', ';']) {
        let Some(end) = length_of_end(text.get(at..).unwrap_or_default()).map(|length| at + length) else { continue };
        apart.push_str(text.get(start..end).unwrap_or_default());
        // The end of a line is there already.
        if text.get(end..).is_some_and(|behind| !behind.starts_with(['\n', '\r'])) {
            apart.push('\n');
        }
        start = end;
    }
    apart.push_str(text.get(start..).unwrap_or_default());
    apart.into()
}

/// The length of what ends an error at the beginning of this text, if something does.
fn length_of_end(text: &str) -> Option<usize> {
    let is_begin = |behind: &str| {
        BEGINNINGS.iter().any(|begin| behind.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin)))
    };
    let of_element = ELEMENTS.iter().find(|end| text.starts_with(**end)).map(|end| end.len());
    of_element.or_else(|| text.strip_prefix(SEPARATOR).is_some_and(is_begin).then_some(SEPARATOR.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_a_line() {
        for (text, expected) in [
            ("a; Error response from daemon: b; c\nd", "a; \nError response from daemon: b; c\nd"),
            ("<ul><li>a</li><li>b</li></ul>", "<ul><li>a</li>\n<li>b</li>\n</ul>"),
            ("<p>a<br>b</p>\r\n", "<p>a<br>\nb</p>\r\n"),
            ("hcs::a: 0x1; hcsshim::b: 0x2", "hcs::a: 0x1; \nhcsshim::b: 0x2"),
            ("a; b", "a; b"),
            ("a;\nb; é", "a;\nb; é"),
            ("", ""),
        ] {
            assert_eq!(apart(text), expected, "{text}");
        }
    }
}
