//! Machines that are to run containers, and the sources that hosts are read from.
//!
//! [`find`] gives the hosts of a question, [`parse`] reads the text that names some, [`read`] those in the bytes of a file.

mod attributes;
mod edition;
mod facts;
mod find;
mod launch;
mod list;
mod live;
mod node;
mod not_a_host;
mod other_computer;
mod other_host;
mod other_thing;
#[cfg(feature = "scanning")]
pub(crate) mod placement;
#[cfg(feature = "scanning")]
pub(crate) mod pod;
mod prerequisite;
mod probe;
pub(crate) mod registry;
mod source;
mod spec;
mod version_text;
mod vm_image;

use serde::{Deserialize, Serialize};

use crate::knowledge::editions::Edition;
use crate::knowledge::{Below, EngineVersion};
use crate::{Architecture, Engine, ImageStore, Isolation, Kind, OsVersion};
pub use attributes::Attributes;
#[cfg(feature = "clusters")]
pub(crate) use find::of_node;
pub use find::{Found, find, read};
pub use launch::{Launch, Volume, Volumes, obstacles, refusal};
pub use list::{in_list, listed};
pub use live::LiveHost;
#[cfg(feature = "clusters")]
pub(crate) use node::{ARCHITECTURE_LABELS, BUILD_LABEL};
#[cfg(feature = "scanning")]
pub(crate) use node::{AZURE_SKU, OS_LABELS};
pub use node::{Labels, Node, Taint};
pub use prerequisite::{Feature, Needed, Prerequisite, Requirement};
pub use probe::{Hypervisor, Probe, Services};
pub use registry::RegistryValues;
pub use source::Source;
#[cfg(feature = "clusters")]
pub(crate) use source::nodes::scheduled;
pub use spec::{Spec, is_host, items, parse};

/// A machine that is to run containers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// The name that tells it from other hosts: its own, e.g. `web01`, its file's, or its release's.
    pub label: String,
    /// The name of its Windows, e.g. `Windows Server 2022`.
    pub name: String,
    /// The Windows version.
    pub os_version: OsVersion,
    /// The release it belongs to, e.g. `ltsc2022`; `None` for a build the knowledge does not name.
    pub release: Option<String>,
    /// Server or client.
    pub kind: Kind,
    /// The EditionID, e.g. `ServerDatacenter`, `Core` (which is Home), or the name of an edition that is not known here, e.g.
    /// `Otthoni`; `None` if nothing says it.
    pub edition: Option<String>,
    /// The processor.
    pub architecture: Architecture,
    /// The Containers feature.
    pub containers: Availability,
    /// Hyper-V isolation: the feature is there, and this machine may create partitions.
    pub hyperv: Availability,
    /// The engine that starts containers here, where the source tells.
    pub engine: Option<HostEngine>,
    /// The isolation that this host's engine is configured to take when none is named; `None` where nothing is said.
    pub default_isolation: Option<Isolation>,
    /// Its labels and taints, where it was read as a node of Kubernetes that shows them.
    pub node: Option<Node>,
    /// The place where all this was read.
    pub source: Source,
    /// The file that it was read from, e.g. `hosts/web01.reg`.
    pub file: Option<String>,
    /// The attributes that the source did not say and that follow from the release.
    pub assumed: Vec<Attribute>,
    /// The attributes that the source said and that were asked to be others.
    pub overridden: Vec<Attribute>,
}

impl Host {
    /// True for a Home edition (`Core…`), to which Microsoft gives no Windows containers. `CoreSingleLanguage` and
    /// `CoreN` are Home too; `ServerCore` editions are not.
    pub fn is_home(&self) -> bool {
        self.is_of_home() == Some(true)
    }

    /// [`Self::is_home`]; `None` for an edition of which that is not known. Where nothing says the edition, it is not Home.
    pub fn is_of_home(&self) -> Option<bool> {
        match (self.kind, &self.edition) {
            (Kind::Client, Some(edition)) => Edition::of_id(edition).map(|edition| edition == Edition::Home),
            (Kind::Client, None) | (Kind::Server, _) => Some(false),
        }
    }

    /// True for a Windows for 32-bit x86, which has neither containers nor Hyper-V.
    pub fn is_32_bit(&self) -> bool {
        self.architecture == Architecture::X86
    }

    /// True if this attribute was assumed.
    pub fn assumes(&self, attribute: Attribute) -> bool {
        self.assumed.contains(&attribute)
    }
}

/// The engine of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HostEngine {
    /// The engine.
    pub name: Engine,
    /// The version as it writes it itself, e.g. `27.3.1`; `None` if nothing says it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub version: Option<EngineVersion>,
    /// The image store of Docker; `None` if nothing says it.
    #[serde(default)]
    pub store: Option<ImageStore>,
    /// The version of the containerd below the kubelet, e.g. `1.7.20+azure`, or another program with its version, e.g.
    /// `docker://20.10.21`; `None` if nothing says it.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub runtime: Option<EngineVersion>,
}

impl HostEngine {
    /// This engine, in this version.
    pub fn new(name: Engine, version: Option<String>) -> Self {
        Self { name, version: version.map(EngineVersion::from), store: None, runtime: None }
    }

    /// The version of what pulls images: that of the containerd below a kubelet, else its own.
    pub const fn pulling_version(&self) -> Option<&EngineVersion> {
        match self.name {
            Engine::Kubernetes => self.runtime.as_ref(),
            Engine::Docker | Engine::Containerd | Engine::Wincompat => self.version.as_ref(),
        }
    }

    /// The program below a kubelet; `None` for any other engine, and where nothing says it.
    pub fn below(&self) -> Option<Below> {
        match self.name {
            Engine::Kubernetes => self.runtime.as_ref().map(EngineVersion::below),
            Engine::Docker | Engine::Containerd | Engine::Wincompat => None,
        }
    }

    /// The same engine, where what pulls images has this version.
    #[must_use]
    pub fn in_version(&self, version: String) -> Self {
        let version = match self.below() {
            Some(Below::Docker) => EngineVersion::from(format!("docker://{version}")),
            _ => EngineVersion::from(version),
        };
        match self.name {
            Engine::Kubernetes => Self { runtime: Some(version), ..self.clone() },
            Engine::Docker | Engine::Containerd | Engine::Wincompat => Self { version: Some(version), ..self.clone() },
        }
    }

    /// The engine as it is typed, e.g. `docker/containerd@29.1.0`.
    #[cfg(feature = "program")]
    fn typed(&self) -> String {
        let below = match (self.name, self.store) {
            (Engine::Docker, Some(ImageStore::Containerd)) => "/containerd",
            (Engine::Kubernetes, _) if self.runtime.is_some() => "/containerd",
            _ => "",
        };
        let version = self.runtime.as_ref().or(self.version.as_ref()).map(|version| format!("@{version}"));
        format!("{}{below}{}", self.name.as_str(), version.unwrap_or_default())
    }

    /// The label of a host that stands beside the same host with another engine: `web01 (containerd@2.1.6)`.
    #[cfg(feature = "program")]
    pub(crate) fn behind(&self, label: &str) -> String {
        format!("{label} ({})", self.typed())
    }

    /// This engine, with what is known of the same one on a host beyond that.
    #[must_use]
    pub fn beside(&self, own: Option<&Self>) -> Self {
        match own.filter(|own| own.name == self.name) {
            Some(own) => Self {
                name: self.name,
                version: self.version.clone().or_else(|| own.version.clone()),
                store: self.store.or(own.store),
                runtime: self.runtime.clone().or_else(|| own.runtime.clone()),
            },
            None => self.clone(),
        }
    }
}

/// The label of a host without the engine that may stand behind it: `web01` of `web01 (containerd@2.1.6)`.
#[cfg(feature = "program")]
pub(crate) fn without_engine(label: &str) -> &str {
    let parts = label.strip_suffix(')').and_then(|label| label.rsplit_once(" ("));
    let is_engine = |text: &str| {
        let name = text.split(['/', '@']).next().unwrap_or_default();
        Engine::ALL.into_iter().any(|engine| engine.as_str() == name)
    };
    parts.filter(|(_, engine)| is_engine(engine)).map_or(label, |(label, _)| label)
}

/// The presence of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Availability {
    /// It is there.
    Available,
    /// It is not there.
    Unavailable,
    /// Nothing says it.
    Unknown,
}

/// An attribute of a host that can be assumed or overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Attribute {
    /// Server or client.
    Kind,
    /// The edition.
    Edition,
    /// The processor.
    Architecture,
    /// The Containers feature.
    Containers,
    /// Hyper-V.
    Hyperv,
}

impl Attribute {
    /// The word of the report, e.g. `hyperv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Edition => "edition",
            Self::Architecture => "architecture",
            Self::Containers => "containers",
            Self::Hyperv => "hyperv",
        }
    }
}
