//! `wincompat check` without `--host`: images of a registry, judged for the machine the program runs on.

use std::path::Path;

use serde_json::Value;

use crate::live_host::machine::Machine;
use crate::support::program::{Answer, Program, codes};
use crate::support::registry::Server;
use crate::support::registry::images::{Access, DOCKER_LIST, DOCKER_MANIFEST, Images, OCI_INDEX, serve};
use crate::support::registry::windows::WindowsImage;

/// The columns of the tables below.
const IMAGES: [&str; 8] = [
    // 10.0.14393.9140, as Windows Server 2016 of the fixtures: there, revisions decide.
    "mcr.microsoft.com/windows/servercore:ltsc2016",
    // 10.0.17763.3770, of December 2022, behind the revisions of every host here.
    "mcr.microsoft.com/windows/nanoserver:1809",
    // 10.0.18362.1256, as recorded.
    "mcr.microsoft.com/windows/nanoserver:1903",
    // 10.0.18363.1556, as recorded: no index.
    "user/nanoserver:1909",
    // 10.0.20348.2582.
    "mcr.microsoft.com/windows/nanoserver:ltsc2022",
    // 10.0.26100.32860.
    "mcr.microsoft.com/windows/nanoserver:ltsc2025",
    // 10.0.26100.33438 and 10.0.20348.5622 in one index.
    "hello-world:nanoserver",
    // Nothing for Windows.
    "busybox",
];

/// Verdict, use and exit code; `X` is `incompatible`, `P` and `H` stand for the isolations, `-` for no use.
type Cells = [&'static str; IMAGES.len()];

/// A machine with the Containers feature and without Hyper-V.
#[rustfmt::skip]
const WITHOUT_HYPERV: [(&str, Cells); 12] = [
    // image build:                14393    17763    18362    18363    20348    26100    both     Linux
    ("windows-server-2016",      ["P P 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-server-2019",      ["X - 1", "P P 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-server-2022",      ["X - 1", "X - 1", "X - 1", "X - 1", "P P 0", "X - 1", "P P 0", "X - 1"]),
    ("windows-server-2025",      ["X - 1", "X - 1", "X - 1", "X - 1", "P P 0", "P P 0", "P P 0", "X - 1"]),
    // Process isolation works on a client, and is never taken there unasked.
    ("windows-10-1809",          ["X - 1", "P - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-10-22h2",          ["X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-11-24h2",          ["X - 1", "X - 1", "X - 1", "X - 1", "P - 1", "P - 1", "P - 1", "X - 1"]),
    ("windows-11-25h2",          ["X - 1", "X - 1", "X - 1", "X - 1", "P - 1", "P - 1", "P - 1", "X - 1"]),
    ("windows-11-multi-session", ["X - 1", "X - 1", "X - 1", "X - 1", "P - 1", "P - 1", "P - 1", "X - 1"]),
    ("windows-11-home",          ["X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-8.1",              ["X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    // A build and nothing else: taken for a server.
    ("values-missing",           ["X - 1", "X - 1", "X - 1", "X - 1", "P P 0", "P P 0", "P P 0", "X - 1"]),
];

/// The same machines when they are said to have Hyper-V (below Wine there never is a root partition of it), where either
/// isolation will do.
#[rustfmt::skip]
const WITH_HYPERV: [(&str, Cells); 10] = [
    // image build:                14393    17763    18362    18363    20348    26100    both     Linux
    ("windows-server-2016",      ["P P 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-server-2019",      ["H H 0", "P P 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-server-2022",      ["H H 0", "H H 0", "H H 0", "H H 0", "P P 0", "X - 1", "P P 0", "X - 1"]),
    ("windows-server-2025",      ["H H 0", "H H 0", "H H 0", "H H 0", "P P 0", "P P 0", "P P 0", "X - 1"]),
    ("windows-10-1809",          ["H H 0", "P H 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-10-22h2",          ["H H 0", "H H 0", "H H 0", "H H 0", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-11-24h2",          ["H H 0", "H H 0", "H H 0", "H H 0", "P H 0", "P H 0", "P H 0", "X - 1"]),
    ("windows-11-25h2",          ["H H 0", "H H 0", "H H 0", "H H 0", "P H 0", "P H 0", "P H 0", "X - 1"]),
    ("windows-11-home",          ["X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("values-missing",           ["H H 0", "H H 0", "H H 0", "H H 0", "P P 0", "P P 0", "P P 0", "X - 1"]),
];

/// What engines take unasked: process isolation on a server, Hyper-V isolation on a client.
#[rustfmt::skip]
const UNASKED: [(&str, Cells); 2] = [
    // image build:                14393    17763    18362    18363    20348    26100    both     Linux
    ("windows-server-2019",      ["H - 1", "P P 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-10-22h2",          ["H H 0", "H H 0", "H H 0", "H H 0", "X - 1", "X - 1", "X - 1", "X - 1"]),
];

/// A machine without Hyper-V, asked for process isolation: what a client needs to be told.
#[rustfmt::skip]
const AS_PROCESS: [(&str, Cells); 4] = [
    // image build:                14393    17763    18362    18363    20348    26100    both     Linux
    ("windows-server-2022",      ["X - 1", "X - 1", "X - 1", "X - 1", "P P 0", "X - 1", "P P 0", "X - 1"]),
    ("windows-10-1809",          ["X - 1", "P P 0", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
    ("windows-11-25h2",          ["X - 1", "X - 1", "X - 1", "X - 1", "P P 0", "P P 0", "P P 0", "X - 1"]),
    ("windows-11-home",          ["X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1", "X - 1"]),
];

fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/manifests/{name}.json"))).unwrap()
}

/// What MCR and Docker Hub serve: recorded where index, manifest and config are at hand, else of the same versions. An
/// answer rests on a config that was read, so that all three must be there.
fn images() -> Images {
    let (nanoserver, hello, user) = ("windows/nanoserver", "library/hello-world", "user/nanoserver");
    let of = WindowsImage::of;
    Images::default()
        .windows("windows/servercore", "ltsc2016", &[of("10.0.14393.9140")])
        .windows(nanoserver, "1809", &[of("10.0.17763.3770")])
        .tagged(nanoserver, "1903", DOCKER_LIST, recorded("synthetic-nanoserver-1903-18362.1256-index"))
        .manifest(nanoserver, DOCKER_MANIFEST, recorded("synthetic-nanoserver-1903-18362.1256-manifest"))
        .blob(nanoserver, recorded("synthetic-nanoserver-1903-18362.1256-config"))
        .tagged(user, "1909", DOCKER_MANIFEST, recorded("dockerhub-user-nanoserver-1909-manifest"))
        .blob(user, recorded("dockerhub-user-nanoserver-1909-config"))
        .windows(nanoserver, "ltsc2022", &[of("10.0.20348.2582")])
        .windows(nanoserver, "ltsc2025", &[of("10.0.26100.32860")])
        .windows(hello, "nanoserver", &[of("10.0.26100.33438"), of("10.0.20348.5622")])
        .tagged("library/busybox", "latest", OCI_INDEX, recorded("synthetic-linux-index"))
}

/// A machine with the Containers feature, a registry and the program.
struct Here {
    machine: Machine,
    server: Server,
    program: Program,
}

impl Here {
    fn new() -> Option<Self> {
        let machine = Machine::borrow()?;
        machine.has_services(&["vmcompute", "hns"]);
        Some(Self { machine, server: serve(images(), Access::Anyone), program: Program::new() })
    }

    fn check(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.program.check(&self.server.url("")).args(arguments))
    }

    /// The exit code of `check --format json` with these arguments, and its one result.
    fn result(&self, arguments: &[&str]) -> (i32, Value) {
        let answer = self.check(&[&["--format", "json"], arguments].concat());
        let mut report = answer.json();
        assert_eq!(report["errors"], serde_json::json!([]), "{answer:?}");
        assert_eq!(report["results"].as_array().map(Vec::len), Some(1), "{answer:?}");
        (answer.code, report["results"][0].take())
    }

    /// Every image on every host of a table.
    fn holds(&self, table: &[(&str, Cells)], arguments: &[&str]) {
        for (fixture, cells) in table {
            self.machine.becomes(fixture);
            for (image, cell) in IMAGES.iter().zip(cells) {
                let case = format!("{arguments:?} {image} on {fixture}");
                let (code, result) = self.result(&[arguments, &[image]].concat());
                assert_eq!(result["host"]["source"], "live", "{case}");
                let verdict = match result["verdict"].as_str() {
                    Some("process") => "P",
                    Some("hyperv") => "H",
                    Some("incompatible") => "X",
                    other => panic!("{case}: {other:?}"),
                };
                let taken = match result["use"].as_str() {
                    Some("process") => "P",
                    Some("hyperv") => "H",
                    None => "-",
                    other => panic!("{case}: {other:?}"),
                };
                assert_eq!(format!("{verdict} {taken} {code}"), *cell, "{case}: {result}");
            }
        }
    }
}

#[test]
fn images_are_judged_for_the_machine_itself() {
    let Some(here) = Here::new() else { return };
    here.holds(&WITHOUT_HYPERV, &[]);
}

#[test]
fn what_is_said_of_the_machine_counts_beside_what_it_says() {
    let Some(here) = Here::new() else { return };
    here.holds(&WITH_HYPERV, &["--host", "local,hyperv", "--isolation", "auto"]);
    here.holds(&UNASKED, &["--host", "local,hyperv"]);
}

#[test]
fn a_client_takes_process_isolation_when_it_is_asked_to() {
    let Some(here) = Here::new() else { return };
    here.holds(&AS_PROCESS, &["--isolation", "process"]);
}

/// Revisions decide on Windows Server 2016, and only there; elsewhere one behind the image is a warning.
#[test]
fn the_revision_in_the_registry_counts() {
    let Some(here) = Here::new() else { return };
    let (server_2016, server_2022) =
        ("mcr.microsoft.com/windows/servercore:ltsc2016", "mcr.microsoft.com/windows/nanoserver:ltsc2022");
    for (fixture, revision, image, expected, finding) in [
        ("windows-server-2016", 9140, server_2016, ("process", 0), "build-equal"),
        ("windows-server-2016", 9139, server_2016, ("incompatible", 1), "revision-mismatch"),
        ("windows-server-2022", 2582, server_2022, ("process", 0), "build-equal"),
        ("windows-server-2022", 2581, server_2022, ("process", 0), "build-equal"),
    ] {
        here.machine.becomes(fixture);
        here.machine.has_revision(Some(revision));
        let (code, result) = here.result(&[image]);
        assert_eq!((result["verdict"].as_str(), code), (Some(expected.0), expected.1), "{fixture}.{revision}");
        assert_eq!(result["process"]["because"], serde_json::json!([finding]), "{fixture}.{revision}");
        assert_eq!(codes(&result).contains(&"host-behind-image"), revision == 2581, "{fixture}.{revision}: {result}");
    }
    // Where the registry has no revision, it is unknown, never 0.
    here.machine.becomes("windows-server-2016");
    here.machine.has_revision(None);
    let (code, result) = here.result(&[server_2016]);
    assert_eq!((result["verdict"].as_str(), code), (Some("unknown"), 2));
    assert_eq!(result["process"]["because"], serde_json::json!(["revision-unknown"]));
    assert_eq!(result["host"]["osVersion"], "10.0.14393");
}

/// Of an index, the entry that fits this machine is taken.
#[test]
fn the_entry_that_fits_the_machine_is_chosen() {
    let Some(here) = Here::new() else { return };
    for (fixture, version) in [
        ("windows-server-2022", "10.0.20348.5622"),
        ("windows-server-2025", "10.0.26100.33438"),
        // That of Windows Server 2025 is reported to fail there.
        ("windows-11-25h2", "10.0.20348.5622"),
        // Nothing fits: the nearest is shown.
        ("windows-10-22h2", "10.0.20348.5622"),
    ] {
        here.machine.becomes(fixture);
        let (_, result) = here.result(&["hello-world:nanoserver"]);
        assert_eq!(result["image"]["osVersion"], version, "{fixture}");
    }
}

/// Why not, on this machine: the edition, a feature that is not there, what had to be assumed.
#[test]
fn reasons_are_those_of_the_machine() {
    let Some(here) = Here::new() else { return };
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

    here.machine.becomes("windows-11-home");
    let (_, home) = here.result(&[image]);
    assert_eq!(home["process"]["because"], serde_json::json!(["edition-home"]));
    assert_eq!(home["host"]["edition"], "Core");

    here.machine.becomes("values-missing");
    let (code, assumed) = here.result(&["--strict", image]);
    assert_eq!((assumed["verdict"].as_str(), assumed["use"].as_str(), code), (Some("process"), None, 2));
    assert_eq!(assumed["host"]["assumed"], serde_json::json!(["kind", "edition"]));

    here.machine.becomes("windows-server-2022");
    here.machine.has_services(&[]);
    let (code, bare) = here.result(&[image]);
    assert_eq!((bare["verdict"].as_str(), code), (Some("incompatible"), 1));
    assert_eq!(bare["process"]["because"], serde_json::json!(["containers-feature-missing"]));
}

/// A registry that does not tell the host ends the check before an image is asked for.
#[test]
fn a_machine_that_cannot_be_told_is_no_answer() {
    let Some(here) = Here::new() else { return };
    for (fixture, named) in [
        ("in-container", "container"),
        ("build-missing", "CurrentBuildNumber"),
        ("wrong-type", "UBR is REG_SZ and should be REG_DWORD"),
    ] {
        here.machine.becomes(fixture);
        for format in ["table", "json"] {
            let answer = here.check(&["--format", format, "mcr.microsoft.com/windows/nanoserver:ltsc2022"]);
            assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{fixture}: {answer:?}");
            assert!(answer.err.starts_with("error: ") && answer.err.contains(named), "{fixture}: {}", answer.err);
            assert!(answer.err.contains("\nhint: "), "{fixture}: {}", answer.err);
        }
    }
    assert!(here.server.requests().is_empty());
}
