//! What the user wants: the wish for an isolation, and what the judgement is held against.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Code, Finding, Severity};
use crate::host::Host;
use crate::{Isolation, Kind};

/// The isolation asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
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

/// What `run` would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
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

/// What the judgement is held against. It changes what is used and whether that is well, never a verdict.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The isolation asked for.
    pub wish: Wish,
    /// The code in the image is not trusted: process isolation is out of the choice.
    pub untrusted: bool,
    /// This is production: on a client, process isolation is out of the choice.
    pub production: bool,
    /// What rests on an assumption is undecided.
    pub strict: bool,
    /// Findings with these codes make it not well.
    pub deny: Vec<Code>,
    /// Every warning makes it not well.
    pub deny_warnings: bool,
    /// The day against which ends of support and the age of the knowledge are held.
    pub today: Date,
}

impl Policy {
    /// Nothing asked for, on this day.
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

    /// Whether this finding makes it not well.
    pub(super) fn denies(&self, finding: &Finding) -> bool {
        self.deny.contains(&finding.code) || (self.deny_warnings && finding.severity == Severity::Warning)
    }

    /// The isolations this wish allows on this host, the preferred one first, before `--untrusted` and `--production`.
    pub(super) fn wished(&self, host: &Host) -> &'static [Isolation] {
        match (self.wish, host.kind) {
            (Wish::Auto, Kind::Server) => &[Isolation::Process, Isolation::Hyperv],
            (Wish::Auto | Wish::Default, Kind::Client) => &[Isolation::Hyperv],
            (Wish::Default, Kind::Server) | (Wish::Process, _) => &[Isolation::Process],
            (Wish::Hyperv, _) => &[Isolation::Hyperv],
            (Wish::HostProcess, _) => &[],
        }
    }

    /// Why this isolation is out of the choice, if it is.
    pub(super) fn excludes(&self, isolation: Isolation, host: &Host) -> Option<Code> {
        match isolation {
            Isolation::Process if self.untrusted => Some(Code::ProcessNotForUntrusted),
            Isolation::Process if self.production && host.kind == Kind::Client => Some(Code::ProcessNotForProduction),
            Isolation::Process | Isolation::Hyperv => None,
        }
    }
}
