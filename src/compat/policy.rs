//! The policy of a judgement: the isolation asked for, and the limits set to it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Code, Freshness, Severity};
use crate::host::{Host, HostEngine};
use crate::{Engine, Isolation, Kind};

/// The isolation asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Wish {
    /// One that works: process first on servers, Hyper-V on clients.
    Auto,
    /// The isolation that the engine takes with no flag; with Docker process on a server, Hyper-V on a client.
    #[default]
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
    /// The engine that is to start the container; `None` for the host's own, or Docker where nothing tells that.
    pub engine: Option<HostEngine>,
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
    /// The ages of images are looked at; `None` where they are not.
    pub freshness: Option<Freshness>,
    /// The day with which ends of support and the age of the knowledge are compared.
    pub today: Date,
}

impl Policy {
    /// The policy with which nothing is asked for, on this day.
    pub const fn on(today: Date) -> Self {
        Self {
            wish: Wish::Default,
            engine: None,
            untrusted: false,
            production: false,
            strict: false,
            deny: Vec::new(),
            deny_warnings: false,
            freshness: None,
            today,
        }
    }

    /// True if a finding with this code and severity makes the result fail.
    pub fn denies(&self, code: Code, severity: Severity) -> bool {
        self.deny.contains(&code) || (self.deny_warnings && severity == Severity::Warning)
    }

    /// The engine that is to start the container on this host.
    pub fn engine_on(&self, host: &Host) -> Engine {
        self.engine.as_ref().or(host.engine.as_ref()).map(|engine| engine.name).unwrap_or_default()
    }

    /// The isolation that this host's engine is configured to take when none is named; `None` for the engine's own choice, also
    /// where another engine was asked for than the one that is configured.
    pub fn configured_default(&self, host: &Host) -> Option<Isolation> {
        let own = host.engine.as_ref().map_or(Engine::Docker, |engine| engine.name);
        host.default_isolation.filter(|_| self.engine_on(host) == own)
    }

    /// The isolations that the engine takes on this host when none is named, the preferred one first.
    pub fn default_on(&self, host: &Host) -> &'static [Isolation] {
        self.default_as(host, host.kind)
    }

    fn default_as(&self, host: &Host, kind: Kind) -> &'static [Isolation] {
        match self.configured_default(host) {
            Some(Isolation::Process) => &[Isolation::Process],
            Some(Isolation::Hyperv) => &[Isolation::Hyperv],
            None => self.engine_on(host).default_isolations(kind),
        }
    }

    /// The isolations that a wish allows on this host, were it of this kind, the preferred one first, before those that are not
    /// trusted or not for production are left out.
    pub(super) fn allowed_by(&self, wish: Wish, host: &Host, kind: Kind) -> &'static [Isolation] {
        match (wish, kind) {
            (Wish::Auto, _) if !self.engine_on(host).offers_hyperv() => &[Isolation::Process],
            (Wish::Auto, Kind::Server) => &[Isolation::Process, Isolation::Hyperv],
            (Wish::Auto, Kind::Client) => &[Isolation::Hyperv],
            (Wish::Default, _) => self.default_as(host, kind),
            (Wish::Process, _) => &[Isolation::Process],
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
