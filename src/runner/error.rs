//! Why a container could not be launched or looked after, for people.

use serde::{Deserialize, Serialize};

use super::call::{CallError, Reason};
use super::documents::Invalid;
use crate::image;
use crate::knowledge::error_by_hresult;

/// What failed, why, and what to do. The monitor of a container sends it to whoever started it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    /// What failed, one sentence without a full stop.
    pub what: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// What `run` and `exec` end with because of it, as Docker does.
    pub exit: Exit,
}

/// What a command ends with that was to pass on a container's own exit code, and has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// 125: this program failed or refused.
    #[default]
    Failed,
    /// 126: the command is there and cannot be started.
    NotStartable,
    /// 127: there is no such command.
    NotFound,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u32 {
        match self {
            Self::Failed => 125,
            Self::NotStartable => 126,
            Self::NotFound => 127,
        }
    }
}

impl Error {
    /// An error without cause or hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hint: None, exit: Exit::Failed }
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

    /// The same error, with which `run` and `exec` end so.
    pub const fn exits(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Says first what this failure was a part of.
    pub fn within(mut self, what: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.what, what.into());
        self.causes.insert(0, inner);
        self
    }

    /// A failed call: its code, what that means, and the service's own sentences.
    pub fn call(what: impl Into<String>, error: &CallError) -> Self {
        let mut shown = Self::new(what);
        match &error.reason {
            Reason::Refused { code, messages } => {
                let known = error_by_hresult(*code);
                let meaning = known.and_then(|known| Some(format!(" {}: {}", known.names.first()?, known.title)));
                shown.causes.push(format!("{} answered 0x{code:08x}{}", error.call, meaning.unwrap_or_default()));
                shown.causes.extend(messages.iter().cloned());
                shown.hint = known
                    .and_then(|known| known.steps.first())
                    .map(|step| format!("{}; `wincompat explain 0x{code:08x}` tells more", step.trim_end_matches('.')));
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
        Self::new(what).because(invalid).hint(invalid.hint())
    }
}

impl From<image::Error> for Error {
    fn from(error: image::Error) -> Self {
        Self { what: error.what, causes: error.causes, hint: error.hint, exit: Exit::Failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_a_sentence_with_what_to_do() {
        for code in [0x8037_0101, 0xc037_0101] {
            let error = CallError::refused("HcsCreateComputeSystem", code, vec!["The operating system does not match.".into()]);
            let shown = Error::call("the container was not created", &error);
            assert_eq!(shown.causes.len(), 2);
            assert!(shown.causes[0].starts_with(&format!("HcsCreateComputeSystem answered 0x{code:08x} HCS_E_IMAGE_MISMATCH: ")));
            assert_eq!(shown.causes[1], "The operating system does not match.");
            assert!(shown.hint.unwrap().ends_with(&format!("`wincompat explain 0x{code:08x}` tells more")));
        }
        let unknown = Error::call("what", &CallError::refused("Call", 0x8765_4321, Vec::new()));
        assert_eq!((unknown.causes, unknown.hint), (vec!["Call answered 0x87654321".to_owned()], None));
    }
}
