//! Which isolations the versions and the host allow, whatever anyone wants.

use super::Code;
use crate::OsVersion;
use crate::host::{Availability, Host};
use crate::image::{Candidate, Config, Version};
use crate::knowledge::Knowledge;
use crate::{Isolation, Kind};

/// The first Windows with containers: Windows Server 2016, Windows 10 1607.
const FIRST_WITH_CONTAINERS: u32 = 14393;
/// The first client with process isolation: Windows 10 1809.
const FIRST_CLIENT_WITH_PROCESS: u32 = 17763;

/// Whether one isolation is possible, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possibility {
    /// `None` where the facts do not decide.
    pub possible: Option<bool>,
    /// What decided, or what is missing to decide.
    pub because: Vec<Code>,
}

impl Possibility {
    fn impossible(because: Code) -> Self {
        Self { possible: Some(false), because: vec![because] }
    }
}

/// Whether process and Hyper-V isolation are possible for this candidate on this host.
pub(super) fn possibilities(knowledge: &Knowledge, host: &Host, image: &Facts<'_>) -> (Possibility, Possibility) {
    let mut process = Reasons::default();
    let mut hyperv = Reasons::default();
    let mut both = |outcome, code| {
        process.add(outcome, code);
        hyperv.add(outcome, code);
    };

    if image.host_process {
        both(Some(false), Code::HostProcessImage);
    }
    if !image.windows {
        both(Some(false), Code::LinuxImage);
    }
    if let Some((outcome, code)) = host_allows_containers(host) {
        both(outcome, code);
    }
    if let Some((outcome, code)) = architecture_fits(host, image) {
        both(outcome, code);
    }
    match image.version {
        // A HostProcess image has no version, and needs none.
        Err(_) if image.host_process => {}
        Err(code) => both(None, code),
        Ok(version) if !same_line(version, host.os_version) => both(Some(false), Code::VersionLineMismatch),
        Ok(version) if version.build > host.os_version.build => both(Some(false), Code::ImageNewerThanHost),
        Ok(version) => {
            let (outcome, code) = process_by_version(knowledge, host.os_version, version);
            process.add(outcome, code);
            let equal = version.build == host.os_version.build;
            hyperv.add(Some(true), if equal { Code::BuildEqual } else { Code::ImageOlderThanHost });
        }
    }
    if host.kind == Kind::Client && client_without_process(host.os_version.build) {
        process.add(Some(false), Code::ClientBefore1809);
    }
    match host.hyperv {
        Availability::Available => {}
        Availability::Unavailable => hyperv.add(Some(false), Code::HypervUnavailable),
        Availability::Unknown => hyperv.add(None, Code::HypervUnknown),
    }
    (process.conclude(), hyperv.conclude())
}

/// What an image without any Windows entry allows: nothing.
pub(super) fn nothing_for_windows() -> (Possibility, Possibility) {
    (Possibility::impossible(Code::LinuxImage), Possibility::impossible(Code::LinuxImage))
}

/// What the rules look at in a candidate.
pub(super) struct Facts<'a> {
    /// Its effective version, or why there is none.
    pub version: Result<OsVersion, Code>,
    /// Its architecture as OCI names it; empty where nothing says it.
    pub architecture: &'a str,
    /// Whether its config, where it was read, says Windows too.
    pub windows: bool,
    /// Whether it is the base image of Kubernetes' HostProcess containers.
    pub host_process: bool,
}

impl<'a> Facts<'a> {
    /// Of this candidate; `repository` tells a HostProcess base image.
    pub fn of(candidate: &'a Candidate, repository: Option<&str>) -> Self {
        let version = candidate.os_version().map(|(version, _)| version).ok_or(match candidate.version().0 {
            Version::Unparsable(_) => Code::OsVersionUnparsable,
            Version::Missing | Version::Known(_) => Code::OsVersionMissing,
        });
        let host_process = version.is_err()
            && repository.is_some_and(|repository| repository.ends_with("/windows-host-process-containers-base-image"));
        let (architecture, windows) = match &candidate.config {
            Config::Read(config) if !config.architecture.is_empty() => (&config.architecture, is_windows(&config.os)),
            Config::Read(config) => (&candidate.architecture, is_windows(&config.os)),
            Config::NotRead | Config::Unreadable(_) => (&candidate.architecture, true),
        };
        Self { version, architecture, windows, host_process }
    }
}

/// Whether a config's `os` is Windows; an empty one says nothing, so the index is believed.
fn is_windows(os: &str) -> bool {
    os.is_empty() || os == "windows"
}

fn same_line(image: OsVersion, host: OsVersion) -> bool {
    image.is_windows_10_line() && host.is_windows_10_line()
}

fn host_allows_containers(host: &Host) -> Option<(Option<bool>, Code)> {
    if host.os_version < OsVersion::of_build(FIRST_WITH_CONTAINERS) {
        Some((Some(false), Code::HostBeforeContainers))
    } else if host.is_home() {
        Some((Some(false), Code::EditionHome))
    } else if host.containers == Availability::Unavailable {
        Some((Some(false), Code::ContainersFeatureMissing))
    } else {
        None
    }
}

fn architecture_fits(host: &Host, image: &Facts<'_>) -> Option<(Option<bool>, Code)> {
    match image.architecture {
        "" => Some((None, Code::ArchitectureUnknown)),
        architecture if architecture == host.architecture.as_str() => None,
        _ => Some((Some(false), Code::ArchitectureMismatch)),
    }
}

/// The version rule for process isolation of an image that is not newer than the host.
fn process_by_version(knowledge: &Knowledge, host: OsVersion, image: OsVersion) -> (Option<bool>, Code) {
    match knowledge.stable_abi_floor(host.build) {
        Some(_) if image.build == host.build => (Some(true), Code::BuildEqual),
        Some(floor) if image.build >= floor => (Some(true), Code::StableAbi),
        Some(_) => (Some(false), Code::BuildMismatch),
        None if image.build != host.build => (Some(false), Code::BuildMismatch),
        // Windows Server 2016 is the one release whose revisions must be equal too.
        None if host.build == FIRST_WITH_CONTAINERS => match (host.revision, image.revision) {
            (Some(host), Some(image)) if host == image => (Some(true), Code::BuildEqual),
            (Some(_), Some(_)) => (Some(false), Code::RevisionMismatch),
            _ => (None, Code::RevisionUnknown),
        },
        None => (Some(true), Code::BuildEqual),
    }
}

/// Reasons gathered for one isolation: one "no" decides against every "yes", and a missing fact against every "yes" too.
#[derive(Default)]
struct Reasons(Vec<(Option<bool>, Code)>);

impl Reasons {
    fn add(&mut self, outcome: Option<bool>, code: Code) {
        self.0.push((outcome, code));
    }

    fn conclude(self) -> Possibility {
        let has = |wanted| self.0.iter().any(|(outcome, _)| *outcome == wanted);
        let possible = if has(Some(false)) {
            Some(false)
        } else if has(None) || !has(Some(true)) {
            None
        } else {
            Some(true)
        };
        let because = self.0.iter().filter(|(outcome, _)| *outcome == possible).map(|(_, code)| *code).collect();
        Possibility { possible, because }
    }
}

/// Whether a client of this build has containers, but none with process isolation.
pub(super) fn client_without_process(build: u32) -> bool {
    (FIRST_WITH_CONTAINERS..FIRST_CLIENT_WITH_PROCESS).contains(&build)
}

/// Either isolation by name.
pub(super) fn of<'a>(isolation: Isolation, process: &'a Possibility, hyperv: &'a Possibility) -> &'a Possibility {
    match isolation {
        Isolation::Process => process,
        Isolation::Hyperv => hyperv,
    }
}
