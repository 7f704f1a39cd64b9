//! The programs that start Windows containers.

use serde::{Deserialize, Serialize};

use crate::{Isolation, Kind};

/// A program that starts containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Engine {
    /// Docker.
    #[default]
    Docker,
    /// containerd, asked by its own client, e.g. `nerdctl`.
    Containerd,
    /// The kubelet, with containerd below it.
    Kubernetes,
    /// This program.
    Wincompat,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Docker, Self::Containerd, Self::Kubernetes, Self::Wincompat];

    /// The word for it, e.g. `docker`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Containerd => "containerd",
            Self::Kubernetes => "kubernetes",
            Self::Wincompat => "wincompat",
        }
    }

    /// The isolations that it takes when none is named, the preferred one first. Docker's and this program's depend on the kind of
    /// host; containerd and the kubelet take process isolation everywhere.
    pub const fn default_isolations(self, kind: Kind) -> &'static [Isolation] {
        match (self, kind) {
            (Self::Docker, Kind::Server) | (Self::Containerd | Self::Kubernetes, _) => &[Isolation::Process],
            (Self::Docker | Self::Wincompat, Kind::Client) => &[Isolation::Hyperv],
            (Self::Wincompat, Kind::Server) => &[Isolation::Process, Isolation::Hyperv],
        }
    }

    /// True if a container can be asked to run in Hyper-V isolation. The kubelet has no such request: a runtime class names another
    /// handler, and the image is still matched with the node's own version.
    pub const fn offers_hyperv(self) -> bool {
        !matches!(self, Self::Kubernetes)
    }
}

/// The place in which Docker keeps images. It decides by which rules an entry of an index is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImageStore {
    /// Docker's own store, the driver `windowsfilter`: the default on Windows.
    GraphDriver,
    /// The store of containerd, the snapshotter `windows`.
    Containerd,
}
