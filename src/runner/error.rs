//! Why a container could not be launched or looked after, for people.

use super::call::{CallError, Reason};
use super::documents::Invalid;

/// What failed, why, and what to do.
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
    /// An error without cause or hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hint: None }
    }

    /// The same error because of this.
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same error with this hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A failed call: its code, what that means, and the service's own sentences.
    pub fn call(what: impl Into<String>, error: &CallError) -> Self {
        let mut shown = Self::new(what);
        match &error.reason {
            Reason::Refused { code, messages } => {
                shown.causes.push(format!("{} answered 0x{code:08x}", error.call));
                shown.causes.extend(messages.iter().cloned());
            }
            Reason::Missing { what, hint } => {
                shown.causes.push(what.clone());
                shown.hint = Some((*hint).to_owned());
            }
            Reason::TimedOut(_) | Reason::Unusable(_) => shown.causes.push(error.to_string()),
        }
        shown
    }

    /// A document that was not built.
    pub fn invalid(what: impl Into<String>, invalid: &Invalid) -> Self {
        Self::new(what).because(invalid)
    }
}
