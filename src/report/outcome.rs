//! The outcome of a result as asked, in one word.

use super::Word;
use super::document::ResultEntry;
use crate::compat::Use;

/// The outcome of a result, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// It fails.
    Failed,
    /// It fails only because the engine has to be asked for another isolation.
    NeedsFlag,
    /// The facts do not decide.
    Undecided,
    /// It fails, and a team has accepted that.
    Accepted,
    /// It runs, in a way that a later version added.
    Passed,
    /// It runs as a HostProcess container.
    HostProcess,
    /// It runs with Hyper-V isolation.
    Hyperv,
    /// It runs with process isolation.
    Process,
}

impl Outcome {
    /// The outcome of this result.
    pub fn of(entry: &ResultEntry) -> Self {
        match (entry.ok, entry.taken.as_ref().and_then(Word::known)) {
            (Some(true), _) if entry.is_accepted() => Self::Accepted,
            (Some(true), Some(Use::Process)) => Self::Process,
            (Some(true), Some(Use::Hyperv)) => Self::Hyperv,
            (Some(true), Some(Use::HostProcess)) => Self::HostProcess,
            (Some(true), _) => Self::Passed,
            (Some(false), _) if entry.needs_flag() => Self::NeedsFlag,
            (Some(false), _) => Self::Failed,
            (None, _) => Self::Undecided,
        }
    }

    /// The word for a cell of a matrix, e.g. `P`; [`LEGEND`] explains it.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Failed => "FAIL",
            Self::NeedsFlag => "flag",
            Self::Undecided => "?",
            Self::Accepted => "acc",
            Self::Passed => "ok",
            Self::HostProcess => "HP",
            Self::Hyperv => "H",
            Self::Process => "P",
        }
    }
}

/// The meaning of the short words.
pub(super) const LEGEND: &str = "P process isolation, H Hyper-V isolation, HP HostProcess, flag: passes with another --isolation, acc: fails, which is accepted, ? undecided";
