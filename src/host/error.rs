//! Why a host could not be read or named.

/// Why a host could not be read or named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// What failed, one sentence without a full stop.
    pub what: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Error {
    /// An error with nothing but its sentence.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hint: None }
    }

    /// The same error with its reason.
    pub(crate) fn caused_by(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same error as the reason of this one.
    pub(crate) fn within(mut self, what: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.what, what.into());
        self.causes.insert(0, inner);
        self
    }

    /// The same error with something to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Text from outside, fit to stand in a message: on one line, at most 60 characters, between backticks.
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
