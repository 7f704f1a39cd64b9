//! The world of one case: its own state folder, its own images, a host of a known build.

use crate::layer;
use crate::text::Wide;
use serde_json::{Value, json};
use std::fs;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{CloseHandle, LUID};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, SE_PRIVILEGE_ENABLED, TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows_sys::Win32::System::Registry::{HKEY_LOCAL_MACHINE, REG_SZ, RegSetKeyValueW};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// The folders of a case.
pub struct World {
    /// The folder everything is in.
    pub root: String,
    /// A processed base layer of build 20348.
    pub base: String,
    /// A layer above it.
    pub upper: String,
    /// Where a scratch goes.
    pub scratch: String,
}

/// Says that the host is of this build.
pub fn host_build(build: &str) {
    let key = Wide::new(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    for name in ["CurrentBuildNumber", "CurrentBuild"] {
        let (name, value) = (Wide::new(name), Wide::new(build));
        let bytes = (build.len() as u32 + 1) * 2;
        // SAFETY: the texts end with a NUL and are as long as stated.
        unsafe { RegSetKeyValueW(HKEY_LOCAL_MACHINE, key.ptr(), name.ptr(), REG_SZ, value.ptr().cast(), bytes) };
    }
}

/// Sets a variable of the emulator, or clears it.
pub fn setting(name: &str, value: &str) {
    let name = format!("HCSEMU_{name}");
    // SAFETY: cases run one after the other, and other threads only read.
    unsafe { if value.is_empty() { std::env::remove_var(name) } else { std::env::set_var(name, value) } }
}

/// What a case may have set.
const SETTINGS: [&str; 16] = [
    "FAULTS",
    "TOKEN",
    "HYPERV",
    "NETWORKS",
    "RULES_OFF",
    "RULES_ON",
    "S_FALSE",
    "REFUSE_AT",
    "STREAMS",
    "EMPTY",
    "SIGNALS",
    "EXIT",
    "CREATE",
    "RECORD",
    "NAMESPACE_ID",
    "SCANNER",
];

/// Turns SeBackupPrivilege and SeRestorePrivilege of this process on, as who imports layers does, or off.
pub fn privileges(on: bool) {
    let privilege = |low| LUID_AND_ATTRIBUTES {
        Luid: LUID { LowPart: low, HighPart: 0 },
        Attributes: if on { SE_PRIVILEGE_ENABLED } else { 0 },
    };
    for low in [17, 18] {
        let mut token = null_mut();
        let wanted = TOKEN_PRIVILEGES { PrivilegeCount: 1, Privileges: [privilege(low)] };
        // SAFETY: the token is open until it is closed; the structure is valid during the call.
        unsafe {
            assert_ne!(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &mut token), 0);
            assert_ne!(AdjustTokenPrivileges(token, 0, &wanted, 0, null_mut(), null_mut()), 0);
            CloseHandle(token);
        }
    }
}

impl World {
    fn of(root: String) -> World {
        World {
            base: format!(r"{root}\layers\base"),
            upper: format!(r"{root}\layers\upper"),
            scratch: format!(r"{root}\scratch"),
            root,
        }
    }

    /// The world this process was started in.
    pub fn existing() -> World {
        let state = std::env::var("HCSEMU_STATE").expect("a state folder");
        World::of(state.strip_suffix(r"\state").expect("a state folder of a case").to_string())
    }

    /// An empty world.
    pub fn empty(name: &str) -> World {
        let root = format!(r"C:\emulator-cases\{name}");
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        for variable in SETTINGS {
            setting(variable, "");
        }
        setting("STATE", &format!(r"{root}\state"));
        host_build("20348");
        privileges(true);
        World::of(root)
    }

    /// A world with an image of two layers.
    pub fn with_image(name: &str) -> World {
        let world = World::empty(name);
        layer::base(&world.base, "10.0.20348.2402");
        layer::upper(&world.upper, &[&world.base]);
        world
    }

    /// The image's layers, topmost first.
    pub fn layers(&self) -> Vec<&str> {
        vec![&self.upper, &self.base]
    }

    /// The layers as a document of schema 2 names them.
    pub fn layer_list(&self) -> Value {
        self.layers().iter().map(|path| json!({"Id": layer::id_of(path), "Path": path})).collect()
    }

    /// The layers as a document of schema 1 names them.
    pub fn layer_list_v1(&self) -> Value {
        self.layers().iter().map(|path| json!({"ID": layer::id_of(path), "Path": path})).collect()
    }

    /// The document of a process-isolated container over a prepared scratch.
    pub fn argon(&self) -> Value {
        let volume = layer::scratch(&self.scratch, &self.layers());
        json!({
            "Owner": "raw-client",
            "SchemaVersion": {"Major": 2, "Minor": 1},
            "ShouldTerminateOnLastHandleClosed": true,
            "Container": {
                "GuestOs": {"HostName": "win-1"},
                "Storage": {"Layers": self.layer_list(), "Path": format!(r"{volume}\")},
                "Processor": {"Count": 1},
                "Memory": {"SizeInMB": 1024},
            },
        })
    }

    /// The document of a Hyper-V container of schema 1, over a scratch that is not active.
    pub fn xenon_v1(&self) -> Value {
        layer::create_scratch(&self.scratch, &self.layers()).expect("CreateSandboxLayer");
        json!({
            "SystemType": "Container",
            "Name": "xenon",
            "Owner": "raw-client",
            "IgnoreFlushesDuringBoot": true,
            "LayerFolderPath": self.scratch,
            "Layers": self.layer_list_v1(),
            "HostName": "win-1",
            "HvPartition": true,
            "HvRuntime": {"ImagePath": format!(r"{}\UtilityVM", self.base)},
            "TerminateOnLastHandleClosed": true,
        })
    }

    /// The document of a process-isolated container of schema 1.
    pub fn argon_v1(&self) -> Value {
        let volume = layer::scratch(&self.scratch, &self.layers());
        json!({
            "SystemType": "Container",
            "Name": "argon",
            "Owner": "raw-client",
            "VolumePath": volume,
            "IgnoreFlushesDuringBoot": true,
            "LayerFolderPath": self.scratch,
            "Layers": self.layer_list_v1(),
            "HostName": "win-1",
            "HvPartition": false,
            "TerminateOnLastHandleClosed": true,
        })
    }

    /// The calls the emulator logged.
    pub fn calls(&self) -> Vec<Value> {
        let text = fs::read_to_string(format!(r"{}\state\calls.jsonl", self.root)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a line of the log is JSON")).collect()
    }
}
