//! The exit codes of the commands that pass on a container's own.

use crate::ErrorKind;

/// The exit code of `run` and `exec` where there is none of a container to pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 125: this program failed or refused.
    Failed,
    /// 126: the command is there and cannot be started.
    NotStartable,
    /// 127: there is no such command.
    NotFound,
}

impl Exit {
    /// The exit code for an error of this kind, as Docker has it.
    pub const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoSuchCommand => Self::NotFound,
            ErrorKind::CommandNotStartable => Self::NotStartable,
            _ => Self::Failed,
        }
    }

    /// The number.
    pub const fn code(self) -> u32 {
        match self {
            Self::Failed => 125,
            Self::NotStartable => 126,
            Self::NotFound => 127,
        }
    }
}
