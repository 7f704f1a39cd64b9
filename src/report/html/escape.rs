//! Text in the place of words or of an attribute of HTML.

use std::fmt::{self, Write as _};

use crate::report::plain::clean;

/// Text from outside that is written as it is read, whatever it holds: characters of HTML escaped, those that nobody sees left out.
pub(super) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in clean(self.0).chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// A sentence from outside: as [`Escaped`], and what stands between two backticks is code.
pub(super) struct Sentence<'a>(pub &'a str);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.0.split('`').collect();
        // An odd backtick belongs to nothing.
        if parts.len().is_multiple_of(2) {
            return Escaped(self.0).fmt(f);
        }
        for (number, part) in parts.into_iter().enumerate() {
            if number % 2 == 0 {
                Escaped(part).fmt(f)?;
            } else {
                write!(f, "<code>{}</code>", Escaped(part))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        let hostile = "</script><b a='\"'>&amp;\u{0}\u{202e}\n";
        assert_eq!(Escaped(hostile).to_string(), "&lt;/script&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;amp; ");
    }

    #[test]
    fn commands_in_a_sentence_are_code() {
        assert_eq!(Sentence("run `a <b>` or `c`").to_string(), "run <code>a &lt;b&gt;</code> or <code>c</code>");
        assert_eq!(Sentence("an odd `one").to_string(), "an odd `one");
    }
}
