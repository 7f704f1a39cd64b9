//! The isolation that is asked for, and what is out of the choice.

use super::time::today;
use crate::Error;
use crate::compat::{Policy, Wish};

/// The wish for an isolation, and its limits.
#[derive(clap::Args, Clone, Debug)]
pub struct PolicyArgs {
    /// The isolation asked for.
    #[arg(long, value_enum, default_value_t, env = "WINCOMPAT_ISOLATION", hide_env_values = true)]
    pub isolation: Wish,
    /// The code is not trusted: process isolation is out of the choice.
    #[arg(long)]
    untrusted: bool,
    /// This is production: on a client, process isolation is out of the choice.
    #[arg(long)]
    production: bool,
}

impl PolicyArgs {
    /// The policy of today.
    ///
    /// # Errors
    ///
    /// Arguments that exclude each other.
    pub fn policy(&self) -> Result<Policy, Error> {
        if self.untrusted && matches!(self.isolation, Wish::Process | Wish::HostProcess) {
            return Err(Error::new("untrusted code and an isolation that shares the host's kernel exclude each other")
                .hint("take --isolation hyperv, or leave out --untrusted"));
        }
        Ok(Policy { wish: self.isolation, untrusted: self.untrusted, production: self.production, ..Policy::on(today()) })
    }
}
