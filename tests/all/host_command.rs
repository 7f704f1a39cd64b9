//! What `wincompat host` prints: for people, as JSON with its schema, and when something is wrong.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use wincompat::compat::{Policy, survey};
use wincompat::host::{Availability, Found, Hypervisor, Launch, Probe, Services, Volume, find};
use wincompat::internals::cli::wording::CommandLine;
use wincompat::knowledge::Knowledge;
use wincompat::report::host::{HostReport, schema};
use wincompat::report::host_table::HostTable;
use wincompat::report::{Detail, Page, Renderer as _};

use crate::support::committed::assert_committed;
use crate::support::started::started;

const TODAY: Date = date(2026, 11, 23);

fn root() -> PathBuf {
    std::path::absolute(env!("CARGO_MANIFEST_DIR")).unwrap()
}

fn wincompat() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("wincompat"))
}

pub fn hosts(texts: &[&str]) -> Vec<Found> {
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    find(&texts, None, Knowledge::built_in(), TODAY).unwrap()
}

fn report(hosts: &[Found]) -> HostReport {
    let knowledge = Knowledge::built_in();
    let surveyed = |found: &Found| (found.clone(), survey(knowledge, &found.host, &Policy::on(TODAY)));
    HostReport::new(knowledge, &hosts.iter().map(surveyed).collect::<Vec<_>>(), &Policy::on(TODAY), &CommandLine)
}

pub fn printed(hosts: &[Found]) -> String {
    printed_on(hosts, 80)
}

fn printed_on(hosts: &[Found], columns: u16) -> String {
    let page = Page { columns, now: Timestamp::UNIX_EPOCH, whole: false, detail: Detail::Summary, wording: &CommandLine };
    let mut out = Vec::new();
    HostTable.render(&report(hosts), &page, &mut out).unwrap();
    anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
}

/// In a table of so few columns words would break into letters.
#[test]
fn a_terminal_that_is_too_narrow_for_a_table_gets_lines() {
    let text = printed_on(&hosts(&["windows-server-2022"]), 40);
    assert!(!text.contains("| image"), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("windows/nanoserver:ltsc2022, build 20348: process yes, Hyper-V yes"), "{text}");
    assert!(printed_on(&hosts(&["windows-server-2022"]), 60).contains("| image"));
}

fn document(hosts: &[Found]) -> Value {
    serde_json::to_value(report(hosts)).unwrap()
}

/// A machine with these services, on this hypervisor.
pub fn machine(text: &str, containers: bool, hyperv: bool, hypervisor: Hypervisor) -> Found {
    let there = |there| if there { Availability::Available } else { Availability::Unavailable };
    let probe = Probe {
        services: Services {
            vmcompute: there(containers || hyperv),
            hns: there(containers),
            vmms: there(hyperv),
            hvhost: there(hyperv),
        },
        hypervisor: Some(hypervisor),
        machine: None,
        libraries: vec![("vmcompute.dll", containers || hyperv), ("computecore.dll", true)],
        elevated: Some(true),
        hyperv_administrator: Some(false),
    };
    let mut found = hosts(&[text]).remove(0);
    found.host.containers = probe.containers();
    found.host.hyperv = probe.hyperv();
    found.host.assumed.clear();
    let volume = Volume {
        folder: r"D:\stores\wincompat".into(),
        file_system: Some("ReFS".to_owned()),
        remote: Some(false),
        free: Some(5 << 30),
    };
    let launch = Launch { schema_versions: Ok(vec![(1, 0), (2, 4)]), volume };
    Found { probe: Some(probe), launch: Some(launch), ..found }
}

#[test]
fn a_named_server_for_people() {
    assert_eq!(
        printed(&hosts(&["windows-server-2022"])),
        "\
Windows Server 2022 10.0.20348
  release     ltsc2022
  kind        server, amd64
  read from   the text of --host
  assumed     edition, containers, hyperv
  default     process isolation
  process     yes: docker run, without a flag; images of build 20348
  Hyper-V     yes: docker run --isolation=hyperv; images of builds 14393 to
              20348

What containers need
  ok          windows: build 20348; containers came with build 14393
  assumed     edition: the edition is not known; Home has no Windows containers
  assumed     containers-feature: the Windows feature Containers
  assumed     hyperv-feature: the Windows feature Hyper-V, with its hypervisor
              running (for Hyper-V isolation)

Base images at mcr.microsoft.com/
| image                                       | build | process | Hyper-V |
|---------------------------------------------|-------|---------|---------|
| windows/nanoserver:ltsc2025                 | 26100 | no      | no      |
| windows/servercore:ltsc2025                 |       |         |         |
| windows/server:ltsc2025                     |       |         |         |
| windows/nanoserver:ltsc2022                 | 20348 | yes     | yes     |
| windows/servercore:ltsc2022                 |       |         |         |
| windows/server:ltsc2022                     |       |         |         |
| windows/nanoserver:1809                     | 17763 | no      | yes     |
| windows/servercore:ltsc2019                 |       |         |         |
| windows:1809                                |       |         |         |
| windows/nanoserver:sac2016 (out of support) | 14393 | no      | yes     |
| windows/servercore:ltsc2016                 |       |         |         |
Out of support: 20h2, 2004, 1909, 1903, 1803, 1709 with Hyper-V isolation.
"
    );
}

#[test]
fn a_cloud_machine_for_people() {
    let machine = machine("windows-11-25h2,amd64", false, false, Hypervisor::Guest);
    let text = printed(&[machine]);
    let (before_images, _) = text.split_once("Base images").unwrap();
    assert_eq!(
        before_images,
        "\
Windows 11, version 25H2 10.0.26200
  release     windows-11-25h2
  kind        client, amd64
  read from   the text of --host
  default     Hyper-V isolation
  process     no: the Containers feature is off [containers-feature-missing]
  Hyper-V     no: the Containers feature is off [containers-feature-missing];
              Hyper-V isolation cannot work here [hyperv-unavailable]

What containers need
  ok          windows: build 26200; containers came with build 14393
  ok          edition: the edition is not known; Home has no Windows containers
  missing     containers-feature: service vmcompute is missing, service hns is
              missing
    > Enable-WindowsOptionalFeature -Online -All -FeatureName Containers
  missing     hyperv-feature: service vmms is missing, service hvhost is missing
              (for Hyper-V isolation)
    > Enable-WindowsOptionalFeature -Online -All -FeatureName Microsoft-Hyper-V
  missing     hypervisor: this is a virtual machine of Hyper-V or Azure that may
              not create others (for Hyper-V isolation)
    > let it have virtual machines of its own (nested virtualization): in Azure,
      by a size that offers it; elsewhere, on its Hyper-V host and while it is
      off:
    > Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true
    > then enable the feature Hyper-V here and restart
  ok          hcs-windows: build 26200; the libraries came with build 17763 (for
              `run`)
  missing     hcs-libraries: vmcompute.dll missing from System32 (for `run`)
    > Enable-WindowsOptionalFeature -Online -All -FeatureName Containers
  ok          elevation: this console is elevated (for `run`)
  ok          hcs-access: an elevated console may call the Host Compute Service
              (for `run`)
  ok          hcs-schema: the Host Compute Service takes documents up to 1.0,
              2.4; process isolation needs 2.1 (for `run`)
  missing     store-volume: the store D:\\stores\\wincompat is on ReFS; layers
              need NTFS (for `run`)
    > name a folder on a local NTFS disk: --root DIR, or WINCOMPAT_ROOT
  ok          store-room: the store D:\\stores\\wincompat has 5120 MiB free; 1024
              MiB are to be there (for `run`)

"
    );
}

#[test]
fn every_line_fits_into_80_columns() {
    let mut all = hosts(&["all", "29651", "6.3.9600", "14393", "windows-11-24h2,home", "26100,client,arm64,no-hyperv"]);
    for hypervisor in [Hypervisor::Absent, Hypervisor::Guest, Hypervisor::Foreign("VMwareVMware".to_owned()), Hypervisor::Root] {
        for features in [(false, false), (true, false), (true, true)] {
            all.push(machine("ltsc2025", features.0, features.1, hypervisor.clone()));
        }
    }
    let text = printed(&all);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_eq!(text.matches("Base images").count(), all.len());
}

#[test]
fn a_build_without_base_images_is_said_to_have_none() {
    let none = "but Microsoft has no base image of that build";
    for (host, has_none) in [("windows-10-22h2", true), ("1903", false), ("ltsc2019", false), ("windows-11-23h2", false)] {
        let text = printed(&hosts(&[host])).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text.contains(none), has_none, "{host}: {text}");
    }
}

/// The isolations of each base image, the newest build first: P both, H Hyper-V only, p process only, X none, ? undecided.
#[test]
fn each_host_runs_the_base_images_of_the_matrix() {
    const BUILDS: [u32; 10] = [26100, 20348, 19042, 19041, 18363, 18362, 17763, 17134, 16299, 14393];
    for (host, expected) in [
        ("10.0.14393.9140", "XXXXXXXXX?"),
        ("ltsc2019", "XXXXXXPHHH"),
        ("1903", "XXXXXPHHHH"),
        ("windows-10-22h2", "XXHHHHHHHH"),
        ("ltsc2022", "XPHHHHHHHH"),
        ("windows-11-23h2", "XPHHHHHHHH"),
        ("ltsc2025", "PPHHHHHHHH"),
        ("ltsc2025,no-hyperv", "ppXXXXXXXX"),
        ("windows-11-24h2,home", "XXXXXXXXXX"),
        ("windows-11-24h2,arm64", "PXXXXXXXXX"),
        ("29651", "PPHHHHHHHH"),
        ("6.3.9600", "XXXXXXXXXX"),
    ] {
        let document = document(&hosts(&[host]));
        let images = document["hosts"][0]["images"].as_array().unwrap();
        let row: String = BUILDS
            .into_iter()
            .map(|build| {
                let image = images.iter().find(|image| image["build"] == build).unwrap();
                match (image["process"].as_bool(), image["hyperv"].as_bool()) {
                    (Some(true), Some(true)) => 'P',
                    (Some(true), _) => 'p',
                    (Some(false), Some(true)) => 'H',
                    (Some(false), Some(false)) => 'X',
                    _ => '?',
                }
            })
            .collect();
        assert_eq!(row, expected, "{host}");
    }
}

#[test]
fn each_isolation_says_whether_and_how_it_works() {
    for (host, process, hyperv) in [
        (
            "ltsc2019",
            json!({"possible": true, "because": ["build-equal"], "builds": [17763, 17763], "how": "docker run, without a flag"}),
            json!({"possible": true, "because": ["build-equal"], "builds": [14393, 17763], "how": "docker run --isolation=hyperv"}),
        ),
        (
            "windows-11-24h2,no-hyperv",
            json!({"possible": true, "because": ["build-equal"], "builds": [20348, 26100],
                   "how": "docker run --isolation=process, for development only"}),
            json!({"possible": false, "because": ["hyperv-unavailable"], "builds": null, "how": "docker run, without a flag"}),
        ),
        (
            "ltsc2016",
            json!({"possible": null, "because": ["revision-unknown"], "builds": [14393, 14393], "how": "docker run, without a flag"}),
            json!({"possible": true, "because": ["build-equal"], "builds": [14393, 14393], "how": "docker run --isolation=hyperv"}),
        ),
        (
            "windows-10-1709",
            json!({"possible": false, "because": ["client-before-1809"], "builds": null,
                   "how": "docker run --isolation=process, for development only"}),
            json!({"possible": true, "because": ["build-equal"], "builds": [14393, 16299], "how": "docker run, without a flag"}),
        ),
    ] {
        let document = document(&hosts(&[host]));
        assert_eq!((&document["hosts"][0]["process"], &document["hosts"][0]["hyperv"]), (&process, &hyperv), "{host}");
    }
}

#[test]
fn what_is_to_be_known_of_a_host_is_found() {
    let codes = |host: &str| -> Vec<String> {
        let document = document(&hosts(&[host]));
        let findings = document["hosts"][0]["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes("ltsc2022"), Vec::<String>::new());
    assert_eq!(codes("ltsc2016"), ["host-too-old-for-docker"]);
    assert_eq!(codes("windows-10-22h2"), ["host-end-of-support"]);
    assert_eq!(codes("29651"), ["host-newer-than-knowledge"]);
}

#[test]
fn json_is_one_document_that_keeps_to_its_schema() {
    let file = format!("@{}", root().join("fixtures/hosts/windows-11-24h2.reg").display());
    let output = started(|| wincompat().args(["host", "--format", "json", "--host", "all", "--host", &file]).output());
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = serde_json::to_value(schema()).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &document) {
        panic!("{} at {}", error, error.instance_path());
    }
    assert_eq!(document["schema"], "wincompat/host/v1");
    assert_eq!(document["tool"]["name"], "wincompat");
    let last = document["hosts"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last["host"],
        json!({
            "label": "windows-11-24h2", "file": file.trim_start_matches('@'),
            "name": "Windows 11, version 24H2", "osVersion": "10.0.26100.4061", "release": "windows-11-24h2", "kind": "client",
            "edition": "Professional", "architecture": "amd64", "containers": "available", "hyperv": "available",
            "default": "hyperv", "source": "reg-export", "assumed": ["containers", "hyperv"], "overridden": []
        })
    );
}

#[test]
fn the_published_schema_is_the_one_of_the_document() {
    let generated = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    assert_committed("schema/host-v1.json", &generated);
}

#[test]
fn what_is_wrong_is_said_on_the_standard_error() {
    let fixture = |name: &str| format!("@{}", root().join("fixtures/hosts").join(name).display());
    let missing = "@no/such/file.reg".to_owned();
    let hostile = "x\u{1b}[31m\n::error::y##vso[z]".to_owned();
    for (host, expected) in [
        ("22h2".to_owned(), "caused by: it may be windows-10-22h2 (build 19045)"),
        (missing, "error: cannot read the host file `no/such/file.reg`\ncaused by: "),
        (fixture("in-container.reg"), "hint: run wincompat on the host itself"),
        (fixture("README.md"), "caused by: this text holds"),
        (hostile, "error: `x[31m : :error::y# #vso[z]` is not a known Windows host\nhint: give a version"),
    ] {
        for format in ["table", "json"] {
            let output =
                started(|| wincompat().args(["host", "--format", format, "--host", "ltsc2022", "--host", &host]).output());
            let error = String::from_utf8(output.stderr).unwrap().replace("\r\n", "\n");
            assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{host}: {error}");
            assert!(error.starts_with("error: ") && error.contains(expected), "{host}: {error}");
        }
    }
}

#[test]
#[cfg(not(windows))]
fn there_is_no_local_host_where_there_is_no_windows() {
    for arguments in [&["host"][..], &["host", "--host", "local,no-hyperv"]] {
        let output = started(|| wincompat().args(arguments).output());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.starts_with("error: this machine is not a Windows host\n"), "{error}");
        assert!(error.contains("hint: name the host, e.g. --host windows-server-2022"), "{error}");
    }
}

#[test]
#[cfg(not(windows))]
fn a_report_is_written_on_windows() {
    let output = started(|| wincompat().args(["host", "--report", "never-written.txt"]).output());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("hint: write the report on the Windows machine that it is about"), "{error}");
}

#[test]
fn files_that_never_end_or_are_folders_are_errors() {
    let endless = Path::new("/dev/zero");
    if endless.exists() {
        let output = started(|| wincompat().args(["host", "--host", "@/dev/zero"]).output());
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("it is not a regular file"), "{output:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large");
    std::fs::File::create(&large).unwrap().set_len((64 << 20) + 1).unwrap();
    let output = started(|| wincompat().args(["host", "--host", &format!("@{}", large.display())]).output());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("larger than 64 MiB"), "{output:?}");
    let output = started(|| wincompat().args(["host", "--host", &format!("@{}", root().display())]).output());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read the host file"), "{output:?}");
}
