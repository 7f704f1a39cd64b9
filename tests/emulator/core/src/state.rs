//! What the service knows, kept in `state.json` so that every process sees the same, under a lock that a dying process gives
//! back.

use crate::home;
use crate::owner::Owner;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::windows::io::AsRawHandle;
use windows_sys::Win32::Storage::FileSystem::{LOCKFILE_EXCLUSIVE_LOCK, LockFileEx};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// Everything that outlives a call.
#[derive(Default, PartialEq, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Compute systems by id.
    pub systems: BTreeMap<String, System>,
    /// Layers that are active, by their normal path.
    pub active: BTreeMap<String, Active>,
    /// Scratches that CreateSandboxLayer made and DestroyLayer has not destroyed.
    pub scratches: BTreeSet<String>,
    /// Rights on files given to virtual machines.
    pub grants: BTreeSet<(String, String)>,
    /// Networks by id; none until the first use, which puts the configured ones here.
    pub networks: Option<BTreeMap<String, Network>>,
    /// Endpoints by id.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Namespaces by id.
    pub namespaces: BTreeMap<String, Namespace>,
    /// What was put on drive C for containers to see, newest last.
    pub shown: Vec<String>,
    /// Why the service would have crashed.
    pub crashes: Vec<String>,
}

/// Which DLL made a system and therefore drives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Generation {
    /// vmcompute.dll.
    V1,
    /// computecore.dll.
    V2,
}

/// What a system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A container isolated by process.
    Process,
    /// A container with its own VM, from one document of schema 1.
    HyperV,
    /// A virtual machine that may host containers.
    Machine,
    /// A container inside such a machine.
    Hosted,
    /// A VM the service keeps as a template for others.
    Template,
}

/// How far a system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Made, not started.
    Created,
    /// Running.
    Running,
    /// Paused.
    Paused,
    /// Over; kept only while handles are open.
    Stopped,
}

/// A compute system.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// A GUID of its own, so that a later system with the same id is another one.
    pub runtime_id: String,
    /// Its DLL.
    pub generation: Generation,
    /// What it is.
    pub kind: Kind,
    /// How far it is.
    pub phase: Phase,
    /// Who owns it, as its document says.
    pub owner: String,
    /// Its name, in schema 1.
    pub name: String,
    /// Whether it ends with its last handle.
    pub reap: bool,
    /// Who holds handles to it, by number.
    pub handles: BTreeMap<String, Owner>,
    /// Its document.
    pub document: serde_json::Value,
    /// Its layers' folders on the host, topmost first.
    pub layers: Vec<String>,
    /// Its scratch's normal path.
    pub scratch: Option<String>,
    /// The UtilityVM folder it boots from.
    pub image: Option<String>,
    /// The machine it runs in.
    pub hosting: Option<String>,
    /// Its network namespace.
    pub namespace: Option<String>,
    /// Endpoints it was given directly.
    pub endpoints: Vec<String>,
    /// Directories of the host it sees: (host, container).
    pub directories: Vec<(String, String)>,
    /// What was added to a machine while it ran.
    pub machine: Machine,
    /// Its processes by id.
    pub processes: BTreeMap<u32, Process>,
    /// How it ended.
    pub exit: Option<Exit>,
}

/// What a virtual machine holds.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Whether the service speaks with the guest.
    pub guest_connection: bool,
    /// Shares: host folders by name.
    pub shares: BTreeMap<String, String>,
    /// Disks by logical unit: the file, and when it was attached (ms).
    pub disks: BTreeMap<String, (String, u64)>,
    /// Network adapters: endpoints by adapter.
    pub adapters: BTreeMap<String, String>,
    /// Disks mounted in the guest: logical units by guest path.
    pub mounts: BTreeMap<String, String>,
    /// Roots the guest combined: guest paths of layers by root.
    pub roots: BTreeMap<String, Vec<String>>,
    /// Namespaces told to the guest.
    pub namespaces: BTreeSet<String>,
}

/// A process in a container.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// When the real process began, so that its id is not mistaken for a later one's.
    pub began: u64,
    /// Its command line.
    pub command_line: String,
    /// Its exit code, once the exit was seen.
    pub exit_code: Option<u32>,
}

/// How a system ended.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// An HRESULT.
    pub status: i32,
    /// `GracefulExit`, `ForcedExit` or `UnexpectedExit`.
    pub kind: String,
}

/// A layer that ActivateLayer activated.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Active {
    /// The GUID of its volume.
    pub volume: String,
    /// The layers PrepareLayer put below it, topmost first; none while it is not prepared.
    pub prepared: Option<Vec<String>>,
}

/// An HCN network.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its type, e.g. `NAT`.
    pub kind: String,
    /// Its address range, e.g. `172.28.64.0/20`.
    pub prefix: String,
    /// Its gateway.
    pub gateway: String,
    /// The document it was made from; null for one that was there before.
    pub document: serde_json::Value,
}

/// An HCN endpoint.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its network.
    pub network: String,
    /// The document it was made from.
    pub document: serde_json::Value,
    /// Its address.
    pub address: String,
    /// The length of the network's prefix.
    pub prefix_length: u8,
    /// Its MAC address.
    pub mac: String,
    /// The namespace it is in.
    pub namespace: Option<String>,
    /// Ports of the host it takes: (protocol, port).
    pub ports: Vec<(u32, u16)>,
}

/// An HCN namespace.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Namespace {
    /// Its number.
    pub number: u32,
    /// `Host`, `HostDefault`, `Guest` or `GuestDefault`.
    pub kind: String,
}

/// Does something with the state, alone. What vanished with its owners is gone before `act` sees it. Not to be nested.
pub fn with<R>(act: impl FnOnce(&mut State) -> R) -> R {
    let _lock = Lock::take();
    let path = home::folder().join("state.json");
    let mut state: State = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let before = state.clone();
    crate::systems::reap(&mut state);
    let result = act(&mut state);
    if state != before {
        write(&path, &serde_json::to_vec_pretty(&state).expect("the state is plain data"));
    }
    result
}

/// Replaces a file as a whole: a process killed while it writes leaves the old one.
fn write(path: &std::path::Path, bytes: &[u8]) {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    if let Err(error) = std::fs::write(&fresh, bytes).and_then(|()| std::fs::rename(&fresh, path)) {
        eprintln!("hcsemu: {}: {error}", path.display());
    }
}

/// The one lock of a state folder: the file that also counts the calls.
pub struct Lock {
    file: File,
}

impl Lock {
    /// Waits for the lock. It is free when the value is dropped, or when the process dies.
    pub fn take() -> Lock {
        let path = home::folder().join("counts.json");
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // Far beyond the content, so that others may read it.
        let mut overlapped = OVERLAPPED::default();
        overlapped.Anonymous.Anonymous.OffsetHigh = 1;
        // SAFETY: the handle is open and the structure outlives the call, which waits.
        let locked = unsafe { LockFileEx(file.as_raw_handle(), LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &mut overlapped) };
        assert!(locked != 0, "{}: cannot be locked", path.display());
        Lock { file }
    }

    /// The number of calls of each function so far.
    pub fn counts(&mut self) -> BTreeMap<String, u64> {
        let mut text = String::new();
        let read = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.read_to_string(&mut text));
        read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Keeps the numbers.
    pub fn set_counts(&mut self, counts: &BTreeMap<String, u64>) {
        let text = serde_json::to_string(counts).expect("counts are plain data");
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(text.as_bytes()));
        if let Err(error) = written.and_then(|()| self.file.set_len(text.len() as u64)) {
            eprintln!("hcsemu: counting: {error}");
        }
    }
}
