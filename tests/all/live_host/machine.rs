//! The machine of these tests: its registry and services, borrowed and given back.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::support::started::started;
use windows_registry::{Key, LOCAL_MACHINE};

pub const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const PRODUCT_OPTIONS: &str = r"SYSTEM\CurrentControlSet\Control\ProductOptions";
const CONTROL: &str = r"SYSTEM\CurrentControlSet\Control";

/// Every value that the fixtures set.
const VALUES: [(&str, &str); 18] = [
    (CURRENT_VERSION, "SystemRoot"),
    (CURRENT_VERSION, "CurrentVersion"),
    (CURRENT_VERSION, "CurrentBuild"),
    (CURRENT_VERSION, "CurrentBuildNumber"),
    (CURRENT_VERSION, "CurrentMajorVersionNumber"),
    (CURRENT_VERSION, "CurrentMinorVersionNumber"),
    (CURRENT_VERSION, "CurrentType"),
    (CURRENT_VERSION, "EditionID"),
    (CURRENT_VERSION, "InstallationType"),
    (CURRENT_VERSION, "ProductName"),
    (CURRENT_VERSION, "BuildLab"),
    (CURRENT_VERSION, "BuildLabEx"),
    (CURRENT_VERSION, "BuildBranch"),
    (CURRENT_VERSION, "UBR"),
    (CURRENT_VERSION, "ReleaseId"),
    (CURRENT_VERSION, "DisplayVersion"),
    (PRODUCT_OPTIONS, "ProductType"),
    (CONTROL, "ContainerType"),
];

/// The services that tell features, in the order of their probing.
pub const SERVICES: [&str; 4] = ["vmcompute", "hns", "vmms", "hvhost"];

/// There is one machine, and each test wants it to be another.
static MACHINE: Mutex<()> = Mutex::new(());

/// The machine as it was found, which it is again when this is dropped.
pub struct Machine {
    before: Vec<Option<windows_registry::Value>>,
    _alone: MutexGuard<'static, ()>,
}

impl Machine {
    /// The machine, once no other test has it; `None` where the environment does not say that it may be changed. Refuses to touch
    /// anything but Wine.
    pub fn borrow() -> Option<Self> {
        if std::env::var_os("WINCOMPAT_TEST_REGISTRY").is_none_or(|value| value != "1") {
            eprintln!("skipped: it changes the machine's registry; set WINCOMPAT_TEST_REGISTRY=1 under Wine to run it");
            return None;
        }
        // A test that failed gave the machine back all the same.
        let alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
        let ntdll = std::fs::read(r"C:\windows\system32\ntdll.dll").unwrap();
        let export = b"wine_get_version";
        assert!(ntdll.windows(export.len()).any(|bytes| bytes == export), "this is no Wine: its registry is not touched");
        let before = VALUES.iter().map(|(key, name)| open(key).get_value(name).ok()).collect();
        Some(Self { before, _alone: alone })
    }

    /// Removes every value that a host is told by, then imports a fixture.
    pub fn becomes(&self, fixture: &str) {
        for (key, name) in VALUES {
            let _absent = open(key).remove_value(name);
        }
        let file = root().join(format!("fixtures/hosts/{fixture}.reg"));
        succeeds(Command::new("reg").arg("import").arg(file));
    }

    /// Sets the revision, or removes it.
    pub fn has_revision(&self, revision: Option<u32>) {
        match revision {
            Some(revision) => open(CURRENT_VERSION).set_u32("UBR", revision).unwrap(),
            None => open(CURRENT_VERSION).remove_value("UBR").unwrap(),
        }
    }

    /// Makes these services exist, and no other of the four.
    pub fn has_services(&self, names: &[&str]) {
        for service in SERVICES {
            if names.contains(&service) {
                // Only its existence matters: it is never started.
                succeeds(Command::new("sc").args(["create", service, "binPath=", r"C:\windows\system32\services.exe"]));
            } else {
                let _absent = Command::new("sc").args(["delete", service]).output();
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.has_services(&[]);
        for ((key, name), value) in VALUES.iter().zip(&self.before) {
            let key = open(key);
            let _absent = match value {
                Some(value) => key.set_value(name, value),
                None => key.remove_value(name),
            };
        }
    }
}

pub fn open(key: &str) -> Key {
    LOCAL_MACHINE.options().read().write().wow64_64().create().open(key).unwrap()
}

/// The folder of the package: the path that the compiler knew has no drive, and reg.exe needs one.
fn root() -> PathBuf {
    std::path::absolute(env!("CARGO_MANIFEST_DIR")).unwrap()
}

fn succeeds(command: &mut Command) {
    let output = started(|| command.output());
    assert!(output.status.success(), "{command:?}: {output:?}");
}
