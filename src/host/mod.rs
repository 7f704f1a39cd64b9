//! A machine that is to run containers, and where knowledge of one comes from.

mod attributes;
mod facts;
mod file;
mod launch;
mod live;
mod prerequisite;
mod probe;
mod reg_export;
pub(crate) mod registry;
mod spec;
mod systeminfo;
mod version_text;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::knowledge::Knowledge;
use crate::text::quoted;
use crate::{Architecture, Error, Kind, OsVersion};
pub use attributes::Attributes;
pub use launch::{Launch, Volume};
pub use prerequisite::{Feature, Needed, Prerequisite};
pub use probe::{Hypervisor, Probe, Services};
pub use registry::RegistryValues;
pub use spec::{Request, parse};

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
        self.kind == Kind::Client && self.edition.as_deref().is_some_and(is_home_edition)
    }

    /// Whether this attribute was assumed.
    pub fn assumes(&self, attribute: Attribute) -> bool {
        self.assumed.contains(&attribute)
    }
}

/// Whether something is there.
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

/// Where a host was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// Whether an EditionID of a client is one of Home's: `Core`, `CoreN`, `CoreSingleLanguage`, `CoreCountrySpecific`.
fn is_home_edition(edition: &str) -> bool {
    edition.starts_with("Core")
}

/// A host, and what was asked of this machine if it is this machine.
#[derive(Clone, Debug)]
pub struct Found {
    /// The host.
    pub host: Host,
    /// What its features were read from.
    pub probe: Option<Probe>,
    /// What else launching containers needs, where that was asked.
    pub launch: Option<Launch>,
}

impl Found {
    /// What containers need of this host.
    pub fn prerequisites(&self) -> Vec<Prerequisite> {
        self.host.prerequisites(self.probe.as_ref(), self.launch.as_ref())
    }
}

/// The hosts that `--host` texts name, in their order; this machine if there are none.
///
/// # Errors
///
/// The first text that names no host, file that cannot be read, or this machine where it is asked for and is no Windows host.
pub fn find(texts: &[String], knowledge: &Knowledge, today: Date) -> Result<Vec<Found>, Error> {
    if texts.is_empty() {
        return Ok(vec![this_machine(&Attributes::default(), knowledge)?]);
    }
    let mut found = Vec::new();
    for text in texts {
        match parse(text, knowledge, today)? {
            Request::Local(attributes) => found.push(this_machine(&attributes, knowledge)?),
            Request::File(path, attributes) => {
                let host = read_file(&file::read(&path)?, &attributes, knowledge)
                    .map_err(|error| error.within(format!("no host can be read from {}", quoted(&path.to_string_lossy()))))?;
                found.push(Found { host, probe: None, launch: None });
            }
            Request::Hosts(hosts) => found.extend(hosts.into_iter().map(|host| Found { host, probe: None, launch: None })),
        }
    }
    Ok(found)
}

/// The host in the bytes of a file: a registry export in UTF-16 or UTF-8, the output of `systeminfo` in any language, or a text
/// with one Windows version.
///
/// # Errors
///
/// None of these, several hosts, or a registry export that does not say which Windows it is from.
pub fn read_file(bytes: &[u8], attributes: &Attributes, knowledge: &Knowledge) -> Result<Host, Error> {
    Ok(file::facts(bytes)?.host(attributes, knowledge))
}

/// This machine.
fn this_machine(attributes: &Attributes, knowledge: &Knowledge) -> Result<Found, Error> {
    let (facts, probe) = live::facts()?;
    Ok(Found { host: facts.host(attributes, knowledge), probe: Some(probe), launch: None })
}
