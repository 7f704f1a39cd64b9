//! The two ways in which a container is separated from its host.

use serde::{Deserialize, Serialize};

/// The separation of a container from its host, as in `docker run --isolation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// The container shares the host's kernel.
    Process,
    /// The container has a kernel of its own in a small virtual machine.
    Hyperv,
}

impl Isolation {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Process, Self::Hyperv];

    /// The isolation that is not this one.
    pub const fn other(self) -> Self {
        match self {
            Self::Process => Self::Hyperv,
            Self::Hyperv => Self::Process,
        }
    }

    /// The word for people, e.g. `Hyper-V`.
    pub const fn named(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Hyperv => "Hyper-V",
        }
    }

    /// The word of `docker run --isolation`, e.g. `hyperv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Hyperv => "hyperv",
        }
    }
}
