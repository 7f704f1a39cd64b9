//! A machine that is to run containers, and where knowledge of one comes from.

use serde::Serialize;

use crate::OsVersion;
pub use crate::knowledge::{Architecture, Kind};

/// A machine that is to run containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What people call it, e.g. `Windows Server 2022`.
    pub name: String,
    /// Its Windows version.
    pub os_version: OsVersion,
    /// The release it belongs to, e.g. `ltsc2022`; `None` for a build the knowledge does not name.
    pub release: Option<String>,
    /// Server or client.
    pub kind: Kind,
    /// The EditionID, e.g. `ServerDatacenter`, `Core` (which is Home); `None` where nothing says it.
    pub edition: Option<String>,
    /// Its processor.
    pub architecture: Architecture,
    /// Whether the Containers feature is there.
    pub containers: Availability,
    /// Whether Hyper-V isolation can work: the feature, and this machine may create partitions.
    pub hyperv: Availability,
    /// Where all this was read.
    pub source: Source,
    /// What the source did not say and was taken from the release.
    pub assumed: Vec<Attribute>,
    /// What attributes on the command line changed.
    pub overridden: Vec<Attribute>,
}

impl Host {
    /// Whether this is a Home edition (`Core…`), which Microsoft gives no Windows containers. `CoreSingleLanguage` and
    /// `CoreN` are Home too; `ServerCore` editions are not.
    pub fn is_home(&self) -> bool {
        self.kind == Kind::Client && self.edition.as_deref().is_some_and(|edition| edition.starts_with("Core"))
    }

    /// Whether this attribute was assumed.
    pub fn assumes(&self, attribute: Attribute) -> bool {
        self.assumed.contains(&attribute)
    }
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Availability {
    /// It is there.
    Available,
    /// It is not there.
    Unavailable,
    /// Nothing says it.
    Unknown,
}

/// Where a host was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// This machine's registry.
    Live,
    /// A `--host` text: a version, a release name, a line that holds one version.
    Text,
    /// A registry export.
    RegExport,
    /// The output of `systeminfo`.
    Systeminfo,
}

/// An attribute of a host that can be assumed or overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
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
