//! Failed calls and refused documents as errors for people.

use crate::advice::{Command, advice};
use crate::hcs::call::{CallError, Reason};
use crate::hcs::documents::Invalid;
use crate::knowledge::error_by_hresult;
use crate::{Error, ErrorKind};

/// The error of a failed call: its code, the meaning of the code, and the service's own sentences.
pub fn failed(what: impl Into<String>, error: &CallError) -> Error {
    let mut shown = Error::new(what);
    match &error.reason {
        Reason::Refused { code, messages } => {
            let known = error_by_hresult(*code);
            let meaning = known.and_then(|known| Some(format!(" {}: {}", known.names.first()?, known.title)));
            shown.causes.push(format!("{} answered 0x{code:08x}{}", error.call, meaning.unwrap_or_default()));
            shown.causes.extend(messages.iter().cloned());
            shown.hint = known.and_then(|error| error.known.steps.first()).map(|step| {
                advice![step.clone().without_full_stop(), "; ", Command::Explain(format!("0x{code:08x}")), " explains the number"]
            });
        }
        Reason::Missing { what, hint } => {
            shown.causes.push(what.clone());
            shown.hint = Some((*hint).into());
        }
        Reason::TimedOut(_) | Reason::Unusable(_) => shown.causes.push(error.to_string()),
    }
    shown
}

/// The error of a document that was not built.
pub fn invalid(what: impl Into<String>, invalid: &Invalid) -> Error {
    Error::of(ErrorKind::Invalid, what).because(invalid).hint(invalid.hint())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Remedy;

    #[test]
    fn a_code_becomes_a_sentence_with_what_to_do() {
        for code in [0x8037_0101, 0xc037_0101] {
            let error = CallError::refused("HcsCreateComputeSystem", code, vec!["The operating system does not match.".into()]);
            let shown = failed("the container was not created", &error);
            assert_eq!(shown.causes.len(), 2);
            assert!(shown.causes[0].starts_with(&format!("HcsCreateComputeSystem answered 0x{code:08x} HCS_E_IMAGE_MISMATCH: ")));
            assert_eq!(shown.causes[1], "The operating system does not match.");
            let explain = Remedy::Command(Command::Explain(format!("0x{code:08x}")));
            assert_eq!(shown.hint.unwrap().remedies().last(), Some(&explain));
        }
        let unknown = failed("what", &CallError::refused("Call", 0x8765_4321, Vec::new()));
        assert_eq!((unknown.causes, unknown.hint), (vec!["Call answered 0x87654321".to_owned()], None));
    }
}
