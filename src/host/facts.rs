//! The facts that a source tells of a host, and the whole host that they make: attributes applied, the rest assumed from the
//! release and listed.

use crate::OsVersion;
use crate::knowledge::editions::Edition;
use crate::knowledge::{Knowledge, Release};
use crate::{Architecture, Isolation, Kind};

use super::attributes::Attributes;
use super::{Attribute, Availability, Host, HostEngine, Node, Source};

/// The EditionID a host gets that is only known to be Home.
pub(super) const HOME: &str = "Core";

/// The facts that one source tells of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostFacts {
    /// The name of this host, e.g. `web01`; `None` if the source does not name it.
    pub label: Option<String>,
    /// The Windows version.
    pub os_version: OsVersion,
    /// The id of the release, where the source named one.
    pub release: Option<String>,
    /// Server or client.
    pub kind: Option<Kind>,
    /// The EditionID, or the name of an edition that is not known here.
    pub edition: Option<String>,
    /// The processor.
    pub architecture: Option<Architecture>,
    /// The Containers feature.
    pub containers: Option<Availability>,
    /// Hyper-V isolation.
    pub hyperv: Option<Availability>,
    /// The engine that starts containers there.
    pub engine: Option<HostEngine>,
    /// The isolation that the engine is configured to take when none is named.
    pub default_isolation: Option<Isolation>,
    /// The labels and taints of a node of Kubernetes.
    pub node: Option<Node>,
    /// The release by its marketing number, e.g. `24H2`; only used for builds that the knowledge does not name.
    pub display_version: Option<String>,
    /// The place where all this was read.
    pub source: Source,
}

impl HostFacts {
    /// The facts of a source that says nothing but a version.
    pub fn of_version(os_version: OsVersion, source: Source) -> Self {
        Self {
            label: None,
            os_version,
            release: None,
            kind: None,
            edition: None,
            architecture: None,
            containers: None,
            hyperv: None,
            engine: None,
            default_isolation: None,
            node: None,
            display_version: None,
            source,
        }
    }

    /// The facts of a release that is named.
    pub fn of_release(release: &Release) -> Self {
        Self {
            release: Some(release.id.clone()),
            kind: Some(release.kind),
            ..Self::of_version(OsVersion::of_build(release.build), Source::Text)
        }
    }

    /// The host: what the attributes say, else what the source says, else what the release lets assume.
    pub fn host(self, attributes: &Attributes, knowledge: &Knowledge) -> Host {
        let mut assumed = Vec::new();
        let mut overridden = Vec::new();

        let kind = settle(Attribute::Kind, attributes.kind_asked(), self.kind, &mut overridden).unwrap_or_else(|| {
            assumed.push(Attribute::Kind);
            likely_kind(self.os_version, knowledge)
        });

        let release = self.release(kind, knowledge);
        let name = match release {
            Some(release) => release.name.clone(),
            None => nameless(self.os_version, self.display_version.as_deref()),
        };

        let edition = match &self.edition {
            Some(said) if attributes.home && Edition::of_id(said) != Some(Edition::Home) => {
                overridden.push(Attribute::Edition);
                Some(HOME.to_owned())
            }
            Some(said) => Some(said.clone()),
            None if attributes.home => Some(HOME.to_owned()),
            None => {
                assumed.push(Attribute::Edition);
                None
            }
        };

        let architectures = release.map(|release| release.architectures.as_slice()).unwrap_or_default();
        let said = self.architecture.or(match architectures {
            [only] => Some(*only),
            _ => None,
        });
        let architecture = settle(Attribute::Architecture, attributes.architecture, said, &mut overridden);
        let architecture = architecture.unwrap_or_else(|| {
            assumed.push(Attribute::Architecture);
            architectures.first().copied().unwrap_or(Architecture::Amd64)
        });

        // Home and a 32-bit Windows come without either feature; elsewhere a host that somebody asks about is taken for one that is set up.
        let home = kind == Kind::Client && edition.as_deref().and_then(Edition::of_id) == Some(Edition::Home);
        let likely = if home || architecture == Architecture::X86 { Availability::Unavailable } else { Availability::Available };
        let containers = self.containers.unwrap_or_else(|| {
            assumed.push(Attribute::Containers);
            likely
        });
        let hyperv = settle(Attribute::Hyperv, attributes.hyperv, self.hyperv, &mut overridden).unwrap_or_else(|| {
            assumed.push(Attribute::Hyperv);
            likely
        });

        Host {
            label: self.label.unwrap_or_else(|| name.clone()),
            name,
            os_version: self.os_version,
            release: release.map(|release| release.id.clone()),
            kind,
            edition,
            architecture,
            containers,
            hyperv,
            engine: self.engine,
            default_isolation: self.default_isolation,
            node: self.node,
            source: self.source,
            file: None,
            assumed,
            overridden,
        }
    }

    /// The release of this kind: the one the source named, else the one of the edition (Azure Stack HCI shares its builds with
    /// Windows Server), else the first with this build.
    fn release<'k>(&self, kind: Kind, knowledge: &'k Knowledge) -> Option<&'k Release> {
        if !self.os_version.is_windows_10_line() {
            return None;
        }
        let mut named = knowledge.releases.iter().filter(|release| release.kind == kind);
        let named = named.find(|release| self.release.as_deref() == Some(release.id.as_str()));
        named.or_else(|| {
            let hci = self.edition.as_deref().is_some_and(|edition| edition.contains("AzureStackHCI"));
            let mut releases = knowledge.releases.iter();
            let of_edition = releases.find(|release| {
                release.build == self.os_version.build && release.kind == kind && release.id.starts_with("azure-") == hci
            });
            of_edition.or_else(|| knowledge.release(self.os_version.build, kind))
        })
    }
}

/// The value that was asked for, else the one that was said; asking for something else than was said is an override.
fn settle<T: PartialEq>(attribute: Attribute, asked: Option<T>, said: Option<T>, overridden: &mut Vec<Attribute>) -> Option<T> {
    match (asked, said) {
        (Some(asked), Some(said)) => {
            if asked != said {
                overridden.push(attribute);
            }
            Some(asked)
        }
        (asked, said) => asked.or(said),
    }
}

/// A build that has a server release is more likely to be one: servers run containers. So is a build that nothing is known of.
fn likely_kind(os_version: OsVersion, knowledge: &Knowledge) -> Kind {
    let known = |kind| knowledge.release(os_version.build, kind).is_some();
    if !known(Kind::Server) && known(Kind::Client) { Kind::Client } else { Kind::Server }
}

/// The name of a Windows that the knowledge does not name, e.g. `Windows build 29651`.
fn nameless(os_version: OsVersion, display_version: Option<&str>) -> String {
    let line =
        if os_version.is_windows_10_line() { String::new() } else { format!(" {}.{}", os_version.major, os_version.minor) };
    let known_as = display_version.map(|version| format!(" ({version})")).unwrap_or_default();
    format!("Windows{line} build {}{known_as}", os_version.build)
}
