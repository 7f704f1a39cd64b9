//! The prerequisites of launching containers without an engine: the Host Compute Service, the right to call it, and a place for
//! layers.

use super::{Launch, Volume};
use crate::advice::{Advice, Command, Setting, advice};
use crate::host::prerequisite::{Feature, Needed, Prerequisite, Requirement};
use crate::host::probe::Probe;
use crate::host::{Availability, Host};
use crate::knowledge::builds::FIRST_WITH_HCS;

/// The version of the documents for process isolation.
const SCHEMA: (u32, u32) = (2, 1);
/// A store with less room than this is called full: 1 GiB, a choice. The scratch of a container grows while it runs, and an image
/// is as large again as its blobs when it is imported; what is to be downloaded is compared with the free space when it is pulled.
const ROOM: u64 = 1 << 30;

impl Host {
    pub(in crate::host) fn hcs_windows(&self) -> Prerequisite {
        let there = self.os_version.is_windows_10_line() && self.os_version.build >= FIRST_WITH_HCS;
        Prerequisite {
            requirement: Requirement::HcsWindows,
            needed: Needed::Hcs,
            state: if there { Availability::Available } else { Availability::Unavailable },
            assumed: false,
            found: format!("build {}; the libraries came with build {FIRST_WITH_HCS}", self.os_version.build),
            fix: if there { Vec::new() } else { vec!["use Windows Server 2019, Windows 10 1809 or newer".into()] },
        }
    }

    pub(in crate::host) fn hcs_libraries(&self, probe: &Probe) -> Prerequisite {
        let missing: Vec<&str> = probe.libraries.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
        let state = if missing.is_empty() { Availability::Available } else { Availability::Unavailable };
        Prerequisite {
            requirement: Requirement::HcsLibraries,
            needed: Needed::Hcs,
            state,
            assumed: false,
            found: if missing.is_empty() {
                "the libraries of the Host Compute Service are in System32".to_owned()
            } else {
                format!("{} missing from System32", missing.join(", "))
            },
            fix: self.to_enable(Feature::Containers, state),
        }
    }
}

/// The step that gives a console the rights of an administrator.
const ELEVATE: &str = "open the console with \"Run as administrator\"";

/// The rights of this console.
pub(in crate::host) fn elevation(probe: &Probe) -> Prerequisite {
    const NEEDED: &str = "process isolation needs it at every start, Hyper-V isolation to import an image";
    let (state, found) = match probe.elevated {
        Some(true) => (Availability::Available, "this console is elevated".to_owned()),
        Some(false) => (Availability::Unavailable, format!("this console is not elevated; {NEEDED}")),
        None => (Availability::Unknown, format!("Windows did not say whether this console is elevated; {NEEDED}")),
    };
    let fix = if state == Availability::Available { Vec::new() } else { vec![ELEVATE.into()] };
    Prerequisite { requirement: Requirement::Elevation, needed: Needed::Hcs, state, assumed: false, found, fix }
}

/// The right to call the Host Compute Service, which elevated administrators and the group Hyper-V Administrators have.
pub(in crate::host) fn hcs_access(probe: &Probe) -> Prerequisite {
    let (state, found) = match (probe.elevated, probe.hyperv_administrator) {
        (Some(true), _) => (Availability::Available, "an elevated console may call the Host Compute Service"),
        (_, Some(true)) => (Availability::Available, "Hyper-V Administrators may call the Host Compute Service"),
        (Some(false), Some(false)) => (
            Availability::Unavailable,
            "only an elevated console or a member of Hyper-V Administrators may call the Host Compute Service",
        ),
        _ => (Availability::Unknown, "Windows did not say whether this user may call the Host Compute Service"),
    };
    let fix = match state {
        Availability::Available => Vec::new(),
        _ => vec![
            format!("{ELEVATE}, or ask an administrator to add you to the group, and sign in again:").into(),
            "Add-LocalGroupMember -SID S-1-5-32-578 -Member NAME".into(),
        ],
    };
    Prerequisite { requirement: Requirement::HcsAccess, needed: Needed::Hcs, state, assumed: false, found: found.to_owned(), fix }
}

impl Launch {
    /// Documents for process isolation, which the service must take.
    pub(in crate::host) fn hcs_schema(&self) -> Prerequisite {
        let (major, minor) = SCHEMA;
        let (state, found) = match &self.schema_versions {
            Ok(versions) => {
                let versions: Vec<String> = versions.iter().map(|(major, minor)| format!("{major}.{minor}")).collect();
                let state = match self.takes(SCHEMA) {
                    Some(true) => Availability::Available,
                    _ => Availability::Unavailable,
                };
                let versions = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
                (
                    state,
                    format!("the Host Compute Service takes documents up to {versions}; process isolation needs {major}.{minor}"),
                )
            }
            Err(why) => (Availability::Unknown, format!("the Host Compute Service did not say which documents it takes: {why}")),
        };
        let fix = match state {
            Availability::Available => Vec::new(),
            Availability::Unavailable => vec!["update Windows: Server 2019 and Windows 10 1809 take such documents".into()],
            Availability::Unknown => vec!["in an elevated console: Get-Service vmcompute, and Start-Service vmcompute".into()],
        };
        Prerequisite { requirement: Requirement::HcsSchema, needed: Needed::Hcs, state, assumed: false, found, fix }
    }
}

impl Volume {
    /// A local volume with NTFS: layers need what only NTFS has, and engines too refuse anything else for them.
    pub(in crate::host) fn store_volume(&self) -> Prerequisite {
        let folder = self.folder.display();
        let (state, found) = match (self.remote, self.file_system.as_deref()) {
            (Some(true), _) => {
                (Availability::Unavailable, format!("the store {folder} is on another machine; layers need a local disk"))
            }
            (_, Some(name)) if name.eq_ignore_ascii_case("NTFS") => {
                (Availability::Available, format!("the store {folder} is on NTFS"))
            }
            (_, Some(name)) => (Availability::Unavailable, format!("the store {folder} is on {name}; layers need NTFS")),
            (_, None) => (Availability::Unknown, format!("the file system of the store {folder} is not known; layers need NTFS")),
        };
        let fix = match state {
            Availability::Available => Vec::new(),
            _ => vec![advice!["name a folder on a local NTFS disk: ", another_folder()]],
        };
        Prerequisite { requirement: Requirement::StoreVolume, needed: Needed::Hcs, state, assumed: false, found, fix }
    }

    /// Free space.
    pub(in crate::host) fn store_room(&self) -> Prerequisite {
        let folder = self.folder.display();
        let (state, found) = match self.free {
            Some(free) => {
                let state = if free >= ROOM { Availability::Available } else { Availability::Unavailable };
                (state, format!("the store {folder} has {} MiB free; {} MiB are to be there", free >> 20, ROOM >> 20))
            }
            None => (Availability::Unknown, format!("the free space of the store {folder} is not known")),
        };
        let fix = match state {
            Availability::Available => Vec::new(),
            _ => vec![
                advice!["make room there; ", Command::Prune, " frees what stopped containers hold"],
                advice!["or name a folder on a larger disk: ", another_folder()],
            ],
        };
        Prerequisite { requirement: Requirement::StoreRoom, needed: Needed::Hcs, state, assumed: false, found, fix }
    }
}

/// The two ways of naming another folder for the store.
fn another_folder() -> Advice {
    advice![Setting::Store, ", or ", Setting::StoreVariable]
}
