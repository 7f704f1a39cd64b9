//! The policy of a judgement: the isolation asked for, and the limits set to it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Code, Finding, Severity};
use crate::host::Host;
use crate::{Isolation, Kind};

/// The isolation asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Wish {
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

/// The isolation that would be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Use {
    /// Process isolation.
    Process,
    /// Hyper-V isolation.
    Hyperv,
    /// A HostProcess container.
    HostProcess,
}

impl From<Isolation> for Use {
    fn from(isolation: Isolation) -> Self {
        match isolation {
            Isolation::Process => Self::Process,
            Isolation::Hyperv => Self::Hyperv,
        }
    }
}

/// The policy of a judgement. It changes what is used and whether that passes, never a verdict.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// The isolation asked for.
    pub wish: Wish,
    /// The code in the image is not trusted, so process isolation is out of the choice.
    pub untrusted: bool,
    /// This is production, so process isolation is out of the choice on a client.
    pub production: bool,
    /// A result that rests on an assumption is undecided.
    pub strict: bool,
    /// Findings with these codes make the result fail.
    pub deny: Vec<Code>,
    /// Every warning makes the result fail.
    pub deny_warnings: bool,
    /// The day with which ends of support and the age of the knowledge are compared.
    pub today: Date,
}

impl Policy {
    /// The policy with which nothing is asked for, on this day.
    pub const fn on(today: Date) -> Self {
        Self {
            wish: Wish::Auto,
            untrusted: false,
            production: false,
            strict: false,
            deny: Vec::new(),
            deny_warnings: false,
            today,
        }
    }

    /// True if this finding makes the result fail.
    pub(super) fn denies(&self, finding: &Finding) -> bool {
        self.deny.contains(&finding.code) || (self.deny_warnings && finding.severity == Severity::Warning)
    }

    /// The isolations this wish allows on this host, the preferred one first, before those that are not trusted or not for production are left out.
    pub(super) fn wished(&self, host: &Host) -> &'static [Isolation] {
        match (self.wish, host.kind) {
            (Wish::Auto, Kind::Server) => &[Isolation::Process, Isolation::Hyperv],
            (Wish::Auto | Wish::Default, Kind::Client) => &[Isolation::Hyperv],
            (Wish::Default, Kind::Server) | (Wish::Process, _) => &[Isolation::Process],
            (Wish::Hyperv, _) => &[Isolation::Hyperv],
            (Wish::HostProcess, _) => &[],
        }
    }

    /// The reason why this isolation is out of the choice, if it is.
    pub(super) fn excludes(&self, isolation: Isolation, host: &Host) -> Option<Code> {
        match isolation {
            Isolation::Process if self.untrusted => Some(Code::ProcessNotForUntrusted),
            Isolation::Process if self.production && host.kind == Kind::Client => Some(Code::ProcessNotForProduction),
            Isolation::Process | Isolation::Hyperv => None,
        }
    }
}
