//! What launching containers without an engine needs of a host: the Host Compute Service, the right to call it, and a place for layers.

use super::{Feature, Needed, Prerequisite};
use crate::host::launch::{Launch, Volume};
use crate::host::probe::Probe;
use crate::host::{Availability, Host};
use crate::knowledge::builds::FIRST_WITH_HCS;

/// The version of the documents for process isolation.
const SCHEMA: (u32, u32) = (2, 1);
/// A store with less room than this is called full: 1 GiB, a choice. The scratch of a container grows while it runs, and an image
/// is as large again as its blobs when it is imported; what is to be downloaded is compared with the free space when it is pulled.
const ROOM: u64 = 1 << 30;

impl Host {
    pub(super) fn windows_with_hcs(&self) -> Prerequisite {
        let there = self.os_version.is_windows_10_line() && self.os_version.build >= FIRST_WITH_HCS;
        Prerequisite {
            name: "hcs-windows",
            needed: Needed::Hcs,
            state: if there { Availability::Available } else { Availability::Unavailable },
            assumed: false,
            found: format!("build {}; the libraries came with build {FIRST_WITH_HCS}", self.os_version.build),
            fix: if there { Vec::new() } else { vec!["use Windows Server 2019, Windows 10 1809 or newer".to_owned()] },
        }
    }

    pub(super) fn libraries(&self, probe: &Probe) -> Prerequisite {
        let missing: Vec<&str> = probe.libraries.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
        let state = if missing.is_empty() { Availability::Available } else { Availability::Unavailable };
        Prerequisite {
            name: "hcs-libraries",
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

/// What opens a console with the rights of an administrator.
const ELEVATE: &str = "open the console with \"Run as administrator\"";

pub(super) fn elevation(probe: &Probe) -> Prerequisite {
    const NEEDED: &str = "process isolation needs it at every start, Hyper-V isolation to import an image";
    let (state, found) = match probe.elevated {
        Some(true) => (Availability::Available, "this console is elevated".to_owned()),
        Some(false) => (Availability::Unavailable, format!("this console is not elevated; {NEEDED}")),
        None => (Availability::Unknown, format!("Windows did not say whether this console is elevated; {NEEDED}")),
    };
    let fix = if state == Availability::Available { Vec::new() } else { vec![ELEVATE.to_owned()] };
    Prerequisite { name: "elevation", needed: Needed::Hcs, state, assumed: false, found, fix }
}

/// Who may call the Host Compute Service at all: administrators, if elevated, and the group Hyper-V Administrators.
pub(super) fn hcs_access(probe: &Probe) -> Prerequisite {
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
            format!("{ELEVATE}, or let somebody elevated enter you into the group and sign in again:"),
            "Add-LocalGroupMember -SID S-1-5-32-578 -Member NAME".to_owned(),
        ],
    };
    Prerequisite { name: "hcs-access", needed: Needed::Hcs, state, assumed: false, found: found.to_owned(), fix }
}

pub(super) fn hcs_schema(launch: &Launch) -> Prerequisite {
    let (major, minor) = SCHEMA;
    let (state, found) = match &launch.schema_versions {
        Ok(versions) => {
            let versions: Vec<String> = versions.iter().map(|(major, minor)| format!("{major}.{minor}")).collect();
            let state = match launch.takes(SCHEMA) {
                Some(true) => Availability::Available,
                _ => Availability::Unavailable,
            };
            let versions = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
            (state, format!("the Host Compute Service takes documents up to {versions}; process isolation needs {major}.{minor}"))
        }
        Err(why) => (Availability::Unknown, format!("the Host Compute Service did not say which documents it takes: {why}")),
    };
    let fix = match state {
        Availability::Available => Vec::new(),
        Availability::Unavailable => vec!["update Windows: Server 2019 and Windows 10 1809 take such documents".to_owned()],
        Availability::Unknown => vec!["in an elevated console: Get-Service vmcompute, and Start-Service vmcompute".to_owned()],
    };
    Prerequisite { name: "hcs-schema", needed: Needed::Hcs, state, assumed: false, found, fix }
}

/// Layers need what only NTFS has; engines refuse anything else for them, and other machines' folders.
pub(super) fn store_volume(volume: &Volume) -> Prerequisite {
    let folder = volume.folder.display();
    let (state, found) = match (volume.remote, volume.file_system.as_deref()) {
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
        _ => vec!["name a folder on a local NTFS disk: --root DIR, or WINCOMPAT_ROOT".to_owned()],
    };
    Prerequisite { name: "store-volume", needed: Needed::Hcs, state, assumed: false, found, fix }
}

pub(super) fn store_room(volume: &Volume) -> Prerequisite {
    let folder = volume.folder.display();
    let (state, found) = match volume.free {
        Some(free) => {
            let state = if free >= ROOM { Availability::Available } else { Availability::Unavailable };
            (state, format!("the store {folder} has {} MiB free; {} MiB are to be there", free >> 20, ROOM >> 20))
        }
        None => (Availability::Unknown, format!("the free space of the store {folder} is not known")),
    };
    let fix = match state {
        Availability::Available => Vec::new(),
        _ => vec![
            "make room there; `wincompat prune` gives back what ended containers hold".to_owned(),
            "or name a folder on a larger disk: --root DIR, or WINCOMPAT_ROOT".to_owned(),
        ],
    };
    Prerequisite { name: "store-room", needed: Needed::Hcs, state, assumed: false, found, fix }
}
