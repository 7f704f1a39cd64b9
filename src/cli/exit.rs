//! The exit codes of the command line.

use crate::ErrorKind;
use crate::report::document::Summary;

/// The exit code of a command. Windows keeps all 32 bits of it, other systems the low 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitCode(u32);

impl ExitCode {
    /// 0: done; of `check`: every image runs as asked.
    pub const DONE: Self = Self(0);
    /// 1: an image does not run as asked.
    pub const NOT_OK: Self = Self(1);
    /// 2: not done, or not decided.
    pub const NOT_DONE: Self = Self(2);
    /// 125, of `run` and `exec`: wincompat failed or refused.
    pub const REFUSED: Self = Self(125);
    /// 126, of `run` and `exec`: the command exists and cannot be started.
    pub const NOT_STARTABLE: Self = Self(126);
    /// 127, of `run` and `exec`: there is no such command.
    pub const NO_SUCH_COMMAND: Self = Self(127);

    /// The exit code of a container's process, passed on as it is, e.g. `0xC000013A`.
    pub const fn of_container(code: u32) -> Self {
        Self(code)
    }

    /// The exit code of `run` and `exec` where there is none to pass on, as Docker has it.
    pub const fn of_unstarted(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoSuchCommand => Self::NO_SUCH_COMMAND,
            ErrorKind::CommandNotStartable => Self::NOT_STARTABLE,
            _ => Self::REFUSED,
        }
    }

    /// 1 if any result is not ok; else 2 if any is undecided or anything failed; else 0.
    pub const fn of_results(summary: &Summary) -> Self {
        Self::of_numbers(summary.not_ok, summary.undecided, summary.errors)
    }

    /// 1 if anything is not ok; else 2 if anything is undecided or failed; else 0: the numbers of these, e.g. of workloads.
    pub const fn of_numbers(not_ok: usize, undecided: usize, errors: usize) -> Self {
        if not_ok > 0 {
            Self::NOT_OK
        } else if undecided > 0 || errors > 0 {
            Self::NOT_DONE
        } else {
            Self::DONE
        }
    }

    /// That of a program that a signal has ended, as shells and Windows have it.
    pub fn interrupted() -> Self {
        Self(if std::env::consts::FAMILY == "windows" { 0xC000_013A } else { 130 })
    }

    /// The number, e.g. 125.
    pub const fn number(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_outweighs_what_is_undecided() {
        let code = |not_ok, undecided, errors| {
            ExitCode::of_results(&Summary { ok: 3, not_ok, undecided, errors, ..Summary::default() }).number()
        };
        assert_eq!([code(0, 0, 0), code(1, 1, 1), code(0, 1, 0), code(0, 0, 1)], [0, 1, 2, 2]);
    }
}
