//! The isolations that the versions and the host allow, whatever anyone wants.

use serde::{Deserialize, Serialize};

use super::Code;
use crate::OsVersion;
use crate::host::{Availability, Host};
use crate::image::{Candidate, Config, Version, VersionSource};
use crate::knowledge::Knowledge;
use crate::knowledge::builds::{FIRST_CLIENT_WITH_PROCESS, FIRST_WINDOWS_10, FIRST_WITH_CONTAINERS, WINDOWS_SERVER_2016};
use crate::{Isolation, Kind};

/// The possibility of one isolation, and the reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Possibility {
    /// `None` where the facts do not decide.
    pub possible: Option<bool>,
    /// The codes of what decided, or of what is missing to decide, e.g. `[build-mismatch]`.
    pub because: Vec<Code>,
}

impl Possibility {
    /// Nothing that decides.
    const fn open() -> Self {
        Self { possible: None, because: Vec::new() }
    }

    fn impossible(because: Code) -> Self {
        Self { possible: Some(false), because: vec![because] }
    }

    /// One more reason: a "no" decides against every "yes", and a missing fact against every "yes" too. Reasons that do not decide
    /// are not kept.
    fn add(&mut self, outcome: Option<bool>, code: Code) {
        let weight = |outcome: Option<bool>| match outcome {
            Some(false) => 2,
            None => 1,
            Some(true) => 0,
        };
        if self.because.is_empty() || weight(outcome) > weight(self.possible) {
            self.because.clear();
            self.possible = outcome;
        }
        if outcome == self.possible {
            self.because.push(code);
        }
    }
}

/// The possibility of process and of Hyper-V isolation for a candidate on a host.
pub(super) fn possibilities(knowledge: &Knowledge, host: &Host, image: &RuleInput<'_>) -> (Possibility, Possibility) {
    let (mut process, mut hyperv) = (Possibility::open(), Possibility::open());
    let mut both = |outcome, code| {
        process.add(outcome, code);
        hyperv.add(outcome, code);
    };

    if image.unread {
        both(None, Code::ConfigUnreadable);
    }
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
        _ if image.unread => {}
        // A HostProcess image has no version, and needs none.
        Err(_) if image.host_process => {}
        Err(code) => both(None, code),
        Ok(version) if !same_line(version, host.os_version) => both(Some(false), Code::VersionLineMismatch),
        Ok(version) if version.build < FIRST_WINDOWS_10 => both(None, Code::NoSuchBuild),
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
        // Nothing that could be enabled makes containers run on such a host.
        _ if never_runs_containers(host) => {}
        Availability::Available => {}
        Availability::Unavailable => hyperv.add(Some(false), Code::HypervUnavailable),
        Availability::Unknown => hyperv.add(None, Code::HypervUnknown),
    }
    (process, hyperv)
}

/// The possibilities of an image without any Windows entry: none.
pub(super) fn nothing_for_windows() -> (Possibility, Possibility) {
    (Possibility::impossible(Code::LinuxImage), Possibility::impossible(Code::LinuxImage))
}

/// The properties of a candidate that the rules look at.
pub(super) struct RuleInput<'a> {
    /// The effective version, or the reason why there is none.
    pub version: Result<OsVersion, Code>,
    /// The architecture as OCI names it, e.g. `amd64`; empty where nothing says it.
    pub architecture: &'a str,
    /// False if the config was read and says another system than Windows.
    pub windows: bool,
    /// True for the base image of Kubernetes' HostProcess containers.
    pub host_process: bool,
    /// True if its config could not be read. It could contradict all that the index says, so nothing of that decides.
    pub unread: bool,
}

impl<'a> RuleInput<'a> {
    /// The properties of this candidate; `repository` tells a HostProcess base image.
    pub fn of(candidate: &'a Candidate, repository: Option<&str>) -> Self {
        let version = match candidate.os_version() {
            // Anyone can write a history, and no engine reads it.
            Some((_, VersionSource::History)) => Err(Code::VersionFromHistory),
            Some((version, _)) => Ok(version),
            None => Err(match candidate.version().0 {
                Version::Unparsable(_) => Code::OsVersionUnparsable,
                Version::Missing | Version::Known(_) => Code::OsVersionMissing,
            }),
        };
        let unread = matches!(candidate.config, Config::Unreadable(_));
        let host_process = version.is_err()
            && !unread
            && repository.is_some_and(|repository| repository.ends_with("/windows-host-process-containers-base-image"));
        let (architecture, windows) = match &candidate.config {
            Config::Read(config) if !config.architecture.is_empty() => (&config.architecture, is_windows(&config.os)),
            Config::Read(config) => (&candidate.architecture, is_windows(&config.os)),
            Config::NotRead | Config::Unreadable(_) => (&candidate.architecture, true),
        };
        Self { version, architecture, windows, host_process, unread }
    }

    /// The properties of this candidate by which an engine selects it: where the config could not be read, those of the index.
    pub fn selected_by(candidate: &'a Candidate, repository: Option<&str>) -> Self {
        Self { unread: false, ..Self::of(candidate, repository) }
    }

    /// True if the index leaves out what a selection rests on.
    pub fn is_incomplete(&self) -> bool {
        self.version.is_err() || self.architecture.is_empty()
    }
}

/// True if a config's `os` is Windows, or empty: then it says nothing, and the index is believed.
fn is_windows(os: &str) -> bool {
    os.is_empty() || os == "windows"
}

fn same_line(image: OsVersion, host: OsVersion) -> bool {
    image.is_windows_10_line() && host.is_windows_10_line()
}

fn is_before_containers(host: &Host) -> bool {
    host.os_version < OsVersion::of_build(FIRST_WITH_CONTAINERS)
}

/// True for a Windows to which Microsoft gives no containers.
fn never_runs_containers(host: &Host) -> bool {
    is_before_containers(host) || host.is_home() || host.is_32_bit()
}

/// The reason why this host runs no container at all, or why that is not known.
pub(super) fn host_allows_containers(host: &Host) -> Option<(Option<bool>, Code)> {
    if is_before_containers(host) {
        Some((Some(false), Code::HostBeforeContainers))
    } else if host.is_home() {
        Some((Some(false), Code::EditionHome))
    } else if host.is_32_bit() {
        Some((Some(false), Code::Windows32Bit))
    } else if host.containers == Availability::Unavailable {
        Some((Some(false), Code::ContainersFeatureMissing))
    } else if host.is_of_home().is_none() {
        Some((None, Code::EditionUnknown))
    } else {
        None
    }
}

/// The reasons that hold whatever the version of an image and the isolation are: those of the host, of the processor and of the system,
/// and a config that could not be read.
pub(super) fn reasons_beside_version(host: &Host, image: &RuleInput<'_>) -> Vec<Code> {
    let reasons = [host_allows_containers(host), architecture_fits(host, image)];
    let of_config = [image.unread.then_some(Code::ConfigUnreadable), (!image.windows).then_some(Code::LinuxImage)];
    reasons.into_iter().flatten().map(|(_, code)| code).chain(of_config.into_iter().flatten()).collect()
}

fn architecture_fits(host: &Host, image: &RuleInput<'_>) -> Option<(Option<bool>, Code)> {
    match image.architecture {
        // Of a 32-bit Windows enough is said.
        _ if image.unread || host.is_32_bit() => None,
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
        None if host.build == WINDOWS_SERVER_2016 => match (host.revision, image.revision) {
            (Some(host), Some(image)) if host == image => (Some(true), Code::BuildEqual),
            (Some(_), Some(_)) => (Some(false), Code::RevisionMismatch),
            _ => (None, Code::RevisionUnknown),
        },
        None => (Some(true), Code::BuildEqual),
    }
}

/// True for a client's build that has containers, but no process isolation.
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
