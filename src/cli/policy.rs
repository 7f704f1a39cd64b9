//! The isolation that is asked for, and what is out of the choice.

use super::time::today;
use crate::Error;
use crate::compat::{Policy, Wish};
use crate::host::HostEngine;

/// The help of the isolation where the nodes of a cluster start the containers.
#[cfg(feature = "clusters")]
pub const ISOLATION_ON_NODES: &str =
    "Isolation mode you will use. If it is not given: `default`, which on a node is process isolation";

/// The wish for an isolation, and its limits.
#[derive(clap::Args, Clone, Debug)]
pub struct PolicyArgs {
    /// Isolation mode you will use. If it is not given: `default` for check, `auto` for run.
    #[arg(long, value_enum)]
    isolation: Option<IsolationArg>,
    /// Untrusted code: do not use process isolation.
    #[arg(long)]
    untrusted: bool,
    /// Production: do not use process isolation on Windows 10 or 11.
    #[arg(long)]
    production: bool,
}

/// The values of `--isolation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum IsolationArg {
    /// The engine's default, with no flag. Docker: process on servers, Hyper-V on clients.
    Default,
    /// One that works: process first on servers, Hyper-V on clients.
    Auto,
    /// Process isolation.
    Process,
    /// Hyper-V isolation.
    Hyperv,
    /// A Kubernetes HostProcess container: Windows versions do not matter.
    HostProcess,
}

impl From<IsolationArg> for Wish {
    fn from(isolation: IsolationArg) -> Self {
        match isolation {
            IsolationArg::Auto => Self::Auto,
            IsolationArg::Default => Self::Default,
            IsolationArg::Process => Self::Process,
            IsolationArg::Hyperv => Self::Hyperv,
            IsolationArg::HostProcess => Self::HostProcess,
        }
    }
}

impl PolicyArgs {
    /// The isolation asked for, if one was.
    pub fn wish(&self) -> Option<Wish> {
        self.isolation.map(Wish::from)
    }

    /// The policy of today, for this engine, or each host's own; with this wish where none was given.
    ///
    /// # Errors
    ///
    /// Arguments that exclude each other.
    pub fn policy(&self, unasked: Wish, engine: Option<HostEngine>) -> Result<Policy, Error> {
        let wish = self.wish().unwrap_or(unasked);
        if self.untrusted && matches!(wish, Wish::Process | Wish::HostProcess) {
            return Err(Error::new("untrusted code cannot be combined with this isolation, which shares the host's kernel")
                .hint("use --isolation hyperv, or remove --untrusted"));
        }
        Ok(Policy { wish, engine, untrusted: self.untrusted, production: self.production, ..Policy::on(today()) })
    }
}
