//! The isolation that is asked for, and what is out of the choice.

use super::time::today;
use crate::Error;
use crate::compat::{Policy, Wish};

/// The wish for an isolation, and its limits.
#[derive(clap::Args, Clone, Debug)]
pub struct PolicyArgs {
    /// The isolation asked for.
    #[arg(long, value_enum, default_value_t, env = "WINCOMPAT_ISOLATION", hide_env_values = true)]
    isolation: IsolationArg,
    /// The code is not trusted: process isolation is out of the choice.
    #[arg(long)]
    untrusted: bool,
    /// This is production: on a client, process isolation is out of the choice.
    #[arg(long)]
    production: bool,
}

/// The values of `--isolation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum IsolationArg {
    /// Whatever works: on a server process, else Hyper-V; on a client Hyper-V.
    #[default]
    Auto,
    /// What Docker and Kubernetes do with no flag: process on a server, Hyper-V on a client.
    Default,
    /// Process isolation.
    Process,
    /// Hyper-V isolation.
    Hyperv,
    /// A Kubernetes HostProcess container: versions do not matter.
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
    /// The isolation asked for.
    pub fn wish(&self) -> Wish {
        self.isolation.into()
    }

    /// The policy of today.
    ///
    /// # Errors
    ///
    /// Arguments that exclude each other.
    pub fn policy(&self) -> Result<Policy, Error> {
        if self.untrusted && matches!(self.wish(), Wish::Process | Wish::HostProcess) {
            return Err(Error::new("untrusted code and an isolation that shares the host's kernel exclude each other")
                .hint("take --isolation hyperv, or leave out --untrusted"));
        }
        Ok(Policy { wish: self.wish(), untrusted: self.untrusted, production: self.production, ..Policy::on(today()) })
    }
}
