//! `wincompat host` on the registry, the services and the processor of the machine itself.
//!
//! This test changes the machine's registry and services, so it only runs under Wine, in a prefix made for it, and only
//! where the environment says so: `WINCOMPAT_TEST_REGISTRY=1`. It puts back what it found.
#![cfg(windows)]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use windows_registry::{Key, LOCAL_MACHINE, Type};

const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
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
const SERVICES: [&str; 4] = ["vmcompute", "hns", "vmms", "hvhost"];

/// The machine as it was found, which it is again when this is dropped.
struct Machine {
    before: Vec<Option<windows_registry::Value>>,
}

impl Machine {
    /// Refuses to touch anything but Wine.
    fn borrow() -> Self {
        let ntdll = std::fs::read(r"C:\windows\system32\ntdll.dll").unwrap();
        let export = b"wine_get_version";
        assert!(ntdll.windows(export.len()).any(|bytes| bytes == export), "this is no Wine: its registry is not touched");
        Self { before: VALUES.iter().map(|(key, name)| open(key).get_value(name).ok()).collect() }
    }

    /// Removes every value that a host is told by, then imports a fixture.
    fn becomes(&self, fixture: &str) {
        for (key, name) in VALUES {
            let _absent = open(key).remove_value(name);
        }
        let file = root().join(format!("fixtures/hosts/{fixture}.reg"));
        succeeds(Command::new("reg").arg("import").arg(file));
    }

    /// Makes these services exist, and no other of the four.
    fn has_services(&self, names: &[&str]) {
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

fn open(key: &str) -> Key {
    LOCAL_MACHINE.options().read().write().wow64_64().create().open(key).unwrap()
}

/// The folder of the package: the path that the compiler knew has no drive, and reg.exe needs one.
fn root() -> PathBuf {
    std::path::absolute(env!("CARGO_MANIFEST_DIR")).unwrap()
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

fn wincompat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wincompat")).args(arguments).output().unwrap()
}

/// What `wincompat host` says of this machine.
fn this_machine(arguments: &[&str]) -> Value {
    let output = wincompat(&[&["host", "--format", "json"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["hosts"][0].take()
}

/// What `wincompat host` fails with.
fn error() -> String {
    let output = wincompat(&["host"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn state<'a>(answer: &'a Value, prerequisite: &str) -> &'a str {
    let all = answer["prerequisites"].as_array().unwrap();
    all.iter().find(|one| one["name"] == prerequisite).unwrap()["state"].as_str().unwrap()
}

#[test]
fn this_machine_is_told_by_its_registry_services_and_processor() {
    if std::env::var_os("WINCOMPAT_TEST_REGISTRY").is_none_or(|value| value != "1") {
        eprintln!("skipped: it changes the machine's registry; set WINCOMPAT_TEST_REGISTRY=1 under Wine to run it");
        return;
    }
    let machine = Machine::borrow();
    versions_and_editions(&machine);
    damaged_registries(&machine);
    features(&machine);
}

/// Each fixture imported: version, release, kind, edition, default isolation, and whether its own version runs as a process.
fn versions_and_editions(machine: &Machine) {
    machine.has_services(&["vmcompute", "hns"]);
    for (fixture, version, release, kind, edition, process) in [
        ("windows-server-2016", "10.0.14393.9140", Some("ltsc2016"), "server", Some("ServerDatacenter"), true),
        ("windows-server-2019", "10.0.17763.8755", Some("ltsc2019"), "server", Some("ServerStandard"), true),
        ("windows-server-2022", "10.0.20348.5139", Some("ltsc2022"), "server", Some("ServerDatacenter"), true),
        ("windows-server-2025", "10.0.26100.32860", Some("ltsc2025"), "server", Some("ServerTurbine"), true),
        ("windows-server-preview", "10.0.29651.1000", None, "server", Some("ServerDatacenter"), true),
        ("azure-stack-hci-21h2", "10.0.20348.5139", Some("azure-stack-hci-21h2"), "server", Some("ServerAzureStackHCICor"), true),
        ("windows-10-1809", "10.0.17763.8755", Some("windows-10-1809"), "client", Some("EnterpriseS"), true),
        ("windows-10-22h2", "10.0.19045.3803", Some("windows-10-22h2"), "client", Some("Professional"), true),
        ("windows-11-24h2", "10.0.26100.4061", Some("windows-11-24h2"), "client", Some("Professional"), true),
        ("windows-11-25h2", "10.0.26200.7462", Some("windows-11-25h2"), "client", Some("Enterprise"), true),
        ("windows-11-home", "10.0.26100.4061", Some("windows-11-24h2"), "client", Some("Core"), false),
        ("windows-11-multi-session", "10.0.26100.4061", Some("windows-11-24h2"), "client", Some("ServerRdsh"), true),
        ("windows-8.1", "6.3.9600", None, "client", Some("Professional"), false),
        ("values-missing", "10.0.26100", Some("ltsc2025"), "server", None, true),
    ] {
        machine.becomes(fixture);
        let answer = this_machine(&[]);
        let host = &answer["host"];
        assert_eq!(host["osVersion"], version, "{fixture}");
        assert_eq!(host["release"].as_str(), release, "{fixture}");
        assert_eq!(host["kind"], kind, "{fixture}");
        assert_eq!(host["edition"].as_str(), edition, "{fixture}");
        assert_eq!(host["default"], if kind == "server" { "process" } else { "hyperv" }, "{fixture}");
        assert_eq!(answer["process"]["possible"], process, "{fixture}");
        assert_eq!(host["source"], "live", "{fixture}");
        assert_eq!(host["architecture"], "amd64", "{fixture}");
        let missing: &[&str] = if fixture == "values-missing" { &["kind", "edition"] } else { &[] };
        assert_eq!(host["assumed"], serde_json::json!(missing), "{fixture}");
        assert_eq!(host["overridden"], serde_json::json!([]), "{fixture}");
    }
}

/// What cannot be believed is an error that names it, and nothing is printed as an answer.
fn damaged_registries(machine: &Machine) {
    machine.becomes("in-container");
    let container = error();
    assert!(container.contains("container") && container.contains("hint:"), "{container}");

    machine.becomes("build-missing");
    assert!(error().contains("CurrentBuildNumber"));

    machine.becomes("wrong-type");
    let wrong = error();
    assert!(wrong.contains("UBR is REG_SZ and should be REG_DWORD") && wrong.contains("CurrentVersion"), "{wrong}");

    machine.becomes("windows-server-2022");
    let key = open(CURRENT_VERSION);
    key.set_bytes("UBR", Type::U32, &[1, 2]).unwrap();
    assert!(error().contains("UBR is a malformed REG_DWORD and should be REG_DWORD"));
    key.set_u64("UBR", 5139).unwrap();
    assert!(error().contains("UBR is REG_QWORD and should be REG_DWORD"));
    key.set_u32("UBR", 5139).unwrap();
    key.set_u32("EditionID", 1).unwrap();
    assert!(error().contains("EditionID is REG_DWORD and should be REG_SZ"));
}

/// Features follow from services that exist. The processor of this test is never a Hyper-V root partition: Linux is below it.
fn features(machine: &Machine) {
    machine.becomes("windows-server-2022");

    machine.has_services(&[]);
    let bare = this_machine(&[]);
    assert_eq!((&bare["host"]["containers"], &bare["host"]["hyperv"]), (&"unavailable".into(), &"unavailable".into()));
    assert_eq!(bare["process"]["because"], serde_json::json!(["containers-feature-missing"]));
    assert_eq!((state(&bare, "containers-feature"), state(&bare, "hyperv-feature")), ("unavailable", "unavailable"));

    // A key below Services is not a service: the service manager did not make it.
    let imitation = r"SYSTEM\CurrentControlSet\Services\vmcompute";
    LOCAL_MACHINE.create(imitation).unwrap().set_u32("Type", 16).unwrap();
    assert_eq!(this_machine(&[])["host"]["containers"], "unavailable");
    LOCAL_MACHINE.remove_tree(imitation).unwrap();

    machine.has_services(&["vmcompute", "hns"]);
    let containers = this_machine(&[]);
    assert_eq!(containers["host"]["containers"], "available");
    assert_eq!((state(&containers, "containers-feature"), state(&containers, "hyperv-feature")), ("available", "unavailable"));
    assert_eq!(containers["process"]["possible"], true);

    machine.has_services(&[]);
    machine.has_services(&SERVICES);
    let both = this_machine(&[]);
    assert_eq!((state(&both, "hyperv-feature"), state(&both, "hypervisor")), ("available", "unavailable"));
    assert_eq!((&both["host"]["hyperv"], &both["hyperv"]["possible"]), (&"unavailable".into(), &false.into()));

    let forced = this_machine(&["--host", "local,hyperv"]);
    assert_eq!((&forced["host"]["hyperv"], &forced["hyperv"]["possible"]), (&"available".into(), &true.into()));
    assert_eq!(forced["host"]["overridden"], serde_json::json!(["hyperv"]));
    assert_eq!(this_machine(&["--host", "local,no-hyperv"])["host"]["overridden"], serde_json::json!([]));
}
