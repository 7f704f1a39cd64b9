//! The reason a call failed, in a form that allows both a decision and a sentence.

use std::fmt;
use std::time::Duration;

use crate::hcs::codes;

/// The result of a call.
pub type Result<T> = std::result::Result<T, CallError>;

/// A failed call of HCS, HCN or the layer functions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {reason}")]
pub struct CallError {
    /// The function, e.g. `HcsStartComputeSystem`.
    pub call: &'static str,
    /// The reason.
    pub reason: Reason,
}

/// The reason a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The service refused, or tried and failed.
    Refused {
        /// The HRESULT, or the code of the older generation in its place, e.g. `0x80370101`, `0xC0370101`.
        code: u32,
        /// The service's own sentences (`ErrorEvents`), the most useful first.
        messages: Vec<String>,
    },
    /// It did not answer in time. The request may still be carried out.
    TimedOut(Duration),
    /// A DLL, or a function in it, is missing: a Windows feature is off, or this Windows is too old.
    Missing {
        /// The missing part, e.g. `computecore.dll is not on this Windows`.
        what: String,
        /// Advice, e.g. to enable a feature.
        hint: &'static str,
    },
    /// The request cannot be written, or the answer cannot be read.
    Unusable(String),
}

impl CallError {
    /// A refusal of the service with this code.
    pub const fn refused(call: &'static str, code: u32, messages: Vec<String>) -> Self {
        Self { call, reason: Reason::Refused { code, messages } }
    }

    /// A request or an answer that makes no sense.
    pub fn unusable(call: &'static str, why: impl fmt::Display) -> Self {
        Self { call, reason: Reason::Unusable(why.to_string()) }
    }

    /// A call that a dry run never makes.
    pub fn not_planned(call: &'static str) -> Self {
        Self::unusable(call, "it is not part of a dry run")
    }

    /// The code, if the service gave one.
    pub const fn code(&self) -> Option<u32> {
        match &self.reason {
            Reason::Refused { code, .. } => Some(*code),
            Reason::TimedOut(_) | Reason::Missing { .. } | Reason::Unusable(_) => None,
        }
    }

    /// The code, if the service gave one, with one number for an error of both generations.
    const fn canonical(&self) -> Option<u32> {
        match self.code() {
            Some(code) => Some(codes::canonical(code)),
            None => None,
        }
    }

    /// True if the object of the call does not exist.
    pub const fn is_absent(&self) -> bool {
        matches!(
            self.canonical(),
            Some(
                codes::HCS_E_SYSTEM_NOT_FOUND
                    | codes::HCN_E_NETWORK_NOT_FOUND
                    | codes::HCN_E_ENDPOINT_NOT_FOUND
                    | codes::ERROR_FILE_NOT_FOUND
                    | codes::ERROR_PATH_NOT_FOUND
                    | codes::ERROR_NOT_FOUND
            )
        )
    }

    /// True if the compute system or process has ended: it does not exist, has stopped, or has exited.
    pub const fn is_gone(&self) -> bool {
        self.is_absent()
            || matches!(
                self.canonical(),
                Some(codes::HCS_E_TERMINATED | codes::HCS_E_SYSTEM_ALREADY_STOPPED | codes::HCS_E_PROCESS_ALREADY_STOPPED)
            )
    }

    /// True if the container ended unexpectedly, which Windows 11 does now and then at a start that works the next time.
    pub const fn is_unexpected_exit(&self) -> bool {
        matches!(self.canonical(), Some(codes::HCS_E_UNEXPECTED_EXIT))
    }

    /// True if the compute system was not in a state for the request.
    pub const fn is_invalid_state(&self) -> bool {
        matches!(self.canonical(), Some(codes::HCS_E_INVALID_STATE))
    }

    /// True if a DLL or a function of it is missing.
    pub const fn is_missing(&self) -> bool {
        matches!(self.reason, Reason::Missing { .. })
    }

    /// True if there was no answer in time.
    pub const fn is_timed_out(&self) -> bool {
        matches!(self.reason, Reason::TimedOut(_))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, messages } => {
                write!(f, "0x{code:08x}")?;
                messages.iter().try_for_each(|message| write!(f, ", {message}"))
            }
            Self::TimedOut(after) => write!(f, "no answer within {} seconds", after.as_secs()),
            Self::Missing { what, .. } => f.write_str(what),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_mean_the_same() {
        for (code, absent, gone, unexpected) in [
            (0x8037_010e, true, true, false),
            (0xc037_010e, true, true, false),
            (0xc037_0110, false, true, false),
            (0x8037_011f, false, true, false),
            (0x8007_0005, false, false, false),
            (0xc037_0106, false, false, true),
            (0x803b_0002, true, true, false),
            (0x8037_0101, false, false, false),
            (0x8007_0057, false, false, false),
        ] {
            let error = CallError::refused("call", code, Vec::new());
            assert_eq!((error.is_absent(), error.is_gone(), error.is_unexpected_exit()), (absent, gone, unexpected), "{code:#x}");
        }
    }

    #[test]
    fn prints_what_the_service_said() {
        let error = CallError::refused("HcsCreateComputeSystem", 0x8037_0101, vec!["The OS does not match.".into()]);
        assert_eq!(error.to_string(), "HcsCreateComputeSystem: 0x80370101, The OS does not match.");
    }
}
