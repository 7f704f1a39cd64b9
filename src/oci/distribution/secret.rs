//! A text that must not be shown: passwords and tokens.

use std::fmt;

/// A shorter one says nothing, and stands in many words.
const SHORTEST: usize = 4;

/// A password or token; its `Debug` form hides it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps this text from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for a request and nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// The text with these secrets hidden: a server may send back what was shown to it.
pub(crate) fn hide(text: &str, secrets: &[String]) -> String {
    let mut shown = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        for form in [quoted.trim_matches('"'), secret.as_str()] {
            shown = shown.replace(form, "(hidden)");
        }
    }
    shown
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_sends_back_is_hidden() {
        let secrets = ["pass\"word".to_owned(), "dXNlcjpw".to_owned(), "a".to_owned()];
        for (text, expected) in [
            ("you sent Basic dXNlcjpw==", "you sent Basic (hidden)=="),
            (r#"{"message":"pass\"word"}"#, r#"{"message":"(hidden)"}"#),
            (r#"pass"word and pass"word"#, "(hidden) and (hidden)"),
            ("a banana", "a banana"),
        ] {
            assert_eq!(hide(text, &secrets), expected);
        }
        assert_eq!(hide("nothing", &[]), "nothing");
    }
}
