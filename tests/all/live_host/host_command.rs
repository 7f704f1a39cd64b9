//! `wincompat host`: every fixture's registry, damaged ones, and the features that services tell.

use std::process::{Command, Output};

use serde_json::Value;
use windows_registry::{LOCAL_MACHINE, Type};

use crate::live_host::machine::{CURRENT_VERSION, Machine, SERVICES, open};
use crate::support::started::started;

fn wincompat(arguments: &[&str]) -> Output {
    started(|| Command::new(env!("CARGO_BIN_EXE_wincompat")).args(arguments).output())
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

/// Version, release, kind, edition, default isolation, and whether its own version runs as a process.
#[test]
fn versions_and_editions_are_read_from_each_registry() {
    let Some(machine) = Machine::borrow() else { return };
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

#[test]
fn what_cannot_be_believed_is_an_error_that_names_it() {
    let Some(machine) = Machine::borrow() else { return };
    machine.has_services(&["vmcompute", "hns"]);
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

/// The processor of this test is never a Hyper-V root partition: Linux is below it.
#[test]
fn features_follow_from_services_that_exist() {
    let Some(machine) = Machine::borrow() else { return };
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

#[test]
fn what_launching_needs_is_asked_of_the_machine() {
    let Some(machine) = Machine::borrow() else { return };
    let store = std::env::temp_dir().join("wincompat-not-there");
    let ask = || this_machine(&["--root", store.to_str().unwrap()]);
    machine.becomes("windows-server-2022");
    let host = ask();
    // Wine has no library of the Host Compute Service, so that says nothing; its drive C: says it is NTFS, its user is elevated.
    for (prerequisite, expected) in [
        ("hcs-windows", "available"),
        ("hcs-libraries", "unavailable"),
        ("elevation", "available"),
        ("hcs-access", "available"),
        ("hcs-schema", "unknown"),
        ("store-volume", "available"),
        ("store-room", "available"),
    ] {
        assert_eq!(state(&host, prerequisite), expected, "{prerequisite}: {host}");
    }
    assert!(!store.exists(), "asking made the store");

    machine.becomes("windows-server-2016");
    assert_eq!(state(&ask(), "hcs-windows"), "unavailable");
    // Nothing is asked of this machine where another is meant.
    let named = this_machine(&["--host", "ltsc2022"]);
    assert!(named["prerequisites"].as_array().unwrap().iter().all(|one| one["needed"] != "hcs"), "{named}");
}
