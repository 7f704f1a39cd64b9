//! `wincompat check --host windows-server-2022 mcr.microsoft.com/windows/nanoserver:1903`, as the README begins.

use serde_json::json;
use wincompat::image::Digest;
use wincompat::knowledge::Knowledge;

use super::Shop;
use crate::support::program::codes;
use crate::support::registry::images::{DOCKER_LIST, DOCKER_MANIFEST, Images};

/// With whatever isolation works; with none named, a server takes process isolation alone.
const COMMAND: [&str; 4] = ["--isolation=auto", "--host", "windows-server-2022", "mcr.microsoft.com/windows/nanoserver:1903"];

fn fixture(part: &str) -> Vec<u8> {
    let name = format!("synthetic-nanoserver-1903-18362.1256-{part}.json");
    std::fs::read(format!("{}/fixtures/manifests/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub fn nanoserver_1903() -> Images {
    let repository = "windows/nanoserver";
    Images::default()
        .tagged(repository, "1903", DOCKER_LIST, fixture("index"))
        .manifest(repository, DOCKER_MANIFEST, fixture("manifest"))
        .blob(repository, fixture("config"))
}

#[test]
fn it_runs_with_hyperv_isolation() {
    let shop = Shop::of(nanoserver_1903());
    let (code, report) = shop.report(&COMMAND);
    let result = &report["results"][0];
    assert_eq!(code, 0);
    assert_eq!(result["verdict"], "hyperv");
    assert_eq!(report["tool"]["knowledge"], Knowledge::built_in().date.to_string());
    assert!(codes(result).contains(&"explicit-isolation-needed"));
}

/// Also beside the longest verdict, a version is not broken.
#[test]
fn a_version_stays_whole() {
    let image = "mcr.microsoft.com/windows/servercore:ltsc2025";
    for version in ["10.0.20348.5139", "10.0.20348.65535"] {
        let answer = Shop::of(nanoserver_1903()).check(&["--offline", "--host", version, image]);
        assert!(answer.out.contains(&format!("| {version} ")), "{}", answer.out);
        assert!(answer.out.lines().all(|line| line.len() <= 80), "{}", answer.out);
    }
}

/// The table says that process isolation is possible; the sentence under it, why it is not what is taken.
#[test]
fn a_client_takes_its_default() {
    let arguments = ["--offline", "--host", "windows-11-24h2", "mcr.microsoft.com/windows/nanoserver:ltsc2022"];
    let said = |more: &[&str]| Shop::of(nanoserver_1903()).check(&[&arguments[..], more].concat()).out.replace("\n  ", " ");
    assert!(said(&[]).contains("runs with Hyper-V isolation, the default of this host"), "{}", said(&[]));
    let asked = said(&["--isolation=hyperv"]);
    assert!(asked.contains("runs with Hyper-V isolation ") && !asked.contains("the default of this host"), "{asked}");
}

#[test]
fn people_get_a_table() {
    let shop = Shop::of(nanoserver_1903());
    let answer = shop.check(&[&COMMAND[..], &["--knowledge", &shop.timeless()]].concat());
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    insta::assert_snapshot!(answer.out, @r"
    mcr.microsoft.com/windows/nanoserver:1903
    | image                  | host           | process | Hyper-V | result     |
    |------------------------|----------------|---------|---------|------------|
    | 10.0.18362.1256 (1903) | Windows Server | no      | yes     | ok: hyperv |
    |                        | 2022           |         |         |            |
    |                        | 10.0.20348     |         |         |            |

    mcr.microsoft.com/windows/nanoserver:1903 on Windows Server 2022: runs with
      Hyper-V isolation
      warning: image 10.0.18362.1256 needs Hyper-V isolation on host 10.0.20348,
        which is not the default of a server [explicit-isolation-needed]
        hint: run `docker run --isolation=hyperv
          mcr.microsoft.com/windows/nanoserver:1903`
      warning: Windows base images of build 10.0.18362.1256 (1903) are out of
        support since 2020-12-08 [image-end-of-support]
        hint: use mcr.microsoft.com/windows/nanoserver:ltsc2022
      note: process isolation needs matching builds: image 10.0.18362.1256 (1903),
        host 10.0.20348 (Windows Server 2022) [build-mismatch]
      note: Hyper-V is assumed to be enabled on host 10.0.20348 [hyperv-assumed]
        hint: tell wincompat: `--host …,hyperv` or `--host …,no-hyperv`, or run it
          on the host
      note: some layers are not in this registry but elsewhere: mcr.microsoft.com
        [foreign-layers]
        hint: allow the engine to reach the servers that the manifest names, or
          mirror the image with `--allow-nondistributable-artifacts`
      Assumed about Windows Server 2022: Containers feature on, Hyper-V on. If
        Hyper-V is off there: --host …,no-hyperv

    More about a code in brackets: `wincompat explain explicit-isolation-needed`
    ");
    let longest = answer.out.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(80), "{}", answer.out);
}

#[test]
fn programs_get_one_document() {
    let shop = Shop::of(nanoserver_1903());
    let (code, report) = shop.report(&[&COMMAND[..], &["--knowledge", &shop.timeless()]].concat());
    assert_eq!(code, 0);
    let expected = json!({
        "schema": "wincompat/report/v1",
        "tool": {"name": "wincompat", "version": env!("CARGO_PKG_VERSION"), "knowledge": "9999-12-31"},
        "results": [{
            "image": {
                "reference": "mcr.microsoft.com/windows/nanoserver:1903", "digest": Digest::of(&fixture("index")).as_str(),
                "source": "registry", "os": "windows", "architecture": "amd64", "osVersion": "10.0.18362.1256", "release": "1903",
            },
            "host": {
                "label": "Windows Server 2022", "file": null,
                "name": "Windows Server 2022", "osVersion": "10.0.20348", "release": "ltsc2022", "kind": "server", "edition": null,
                "architecture": "amd64", "containers": "available", "hyperv": "available", "default": "process",
                "source": "text", "assumed": ["edition", "containers", "hyperv"], "overridden": [],
            },
            "engine": {
                "name": "docker", "version": null, "store": null, "runtime": null,
                "takes": {"candidate": 0, "isolation": "hyperv", "outcome": "starts", "says": null},
            },
            "verdict": "hyperv", "isolation": "auto", "use": "hyperv", "ok": true,
            "process": {"possible": false, "because": ["build-mismatch"]},
            "hyperv": {"possible": true, "because": ["image-older-than-host"]},
            "findings": [],
            "candidates": [{
                "digest": Digest::of(&fixture("manifest")).as_str(), "architecture": "amd64",
                "osVersion": "10.0.18362.1256", "verdict": "hyperv", "chosen": true,
            }],
            "location": null,
        }],
        "errors": [],
        "summary": {
            "process": 0, "hyperv": 1, "incompatible": 0, "unknown": 0, "errors": 0, "ok": 1, "needsFlag": 0, "notOk": 0, "undecided": 0,
        },
    });
    let mut without_findings = report.clone();
    without_findings["results"][0]["findings"] = json!([]);
    let read = without_findings["results"][0]["image"].as_object_mut().unwrap().remove("read").unwrap();
    let read: jiff::Timestamp = read.as_str().unwrap().parse().unwrap();
    assert!(read.duration_since(jiff::Timestamp::now()).abs() < jiff::SignedDuration::from_mins(10), "{read}");
    assert_eq!(without_findings, expected);

    let findings = report["results"][0]["findings"].as_array().unwrap();
    let found: Vec<_> = findings.iter().map(|finding| (finding["severity"].as_str(), finding["code"].as_str())).collect();
    let expected = [
        ("warning", "explicit-isolation-needed"),
        ("warning", "image-end-of-support"),
        ("note", "build-mismatch"),
        ("note", "hyperv-assumed"),
        ("note", "foreign-layers"),
    ];
    assert_eq!(found, expected.map(|(severity, code)| (Some(severity), Some(code))));
    for finding in findings {
        let fields: Vec<_> = finding.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["code", "help", "message", "remedies", "severity", "source"]);
        assert!(finding["source"].as_str().unwrap().starts_with("https://"), "{finding}");
    }
    let mismatch = &findings[2];
    let message = mismatch["message"].as_str().unwrap();
    assert!(message.contains("10.0.18362.1256") && message.contains("10.0.20348"), "both versions are named: {message}");
    let help = mismatch["help"].as_str().unwrap();
    assert!(help.contains("mcr.microsoft.com/windows/nanoserver:ltsc2022"), "the tag to use instead: {help}");
    assert!(help.contains("docker run --isolation=hyperv mcr.microsoft.com/windows/nanoserver:1903"), "{help}");
    assert_eq!(
        mismatch["remedies"],
        json!([
            {"kind": "image", "value": "mcr.microsoft.com/windows/nanoserver:ltsc2022", "verified": null},
            {"kind": "flag", "value": "--isolation=hyperv", "verified": null},
        ])
    );
}

/// With no isolation named, it is what `docker run` does: the image needs a flag there, and is counted apart.
#[test]
fn a_gate_that_passes_means_that_the_usual_way_works() {
    let shop = Shop::of(nanoserver_1903());
    let (code, report) = shop.report(&COMMAND[1..]);
    let result = &report["results"][0];
    assert_eq!((code, &result["verdict"], &result["isolation"]), (1, &json!("hyperv"), &json!("default")));
    assert_eq!((&result["ok"], &report["summary"]["needsFlag"]), (&json!(false), &json!(1)));
    let offered = result["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "other-isolation-possible");
    assert_eq!(offered.unwrap()["remedies"], json!([{"kind": "flag", "value": "--isolation=hyperv", "verified": null}]));
    for (engine, code) in [("kubernetes", 1), ("containerd@2.1.0", 1), ("wincompat", 0)] {
        let (exit, report) = shop.report(&[&["--engine", engine], &COMMAND[1..]].concat());
        // No flag helps: both take nothing of another build from an index, in whatever isolation.
        assert_eq!((exit, &report["summary"]["needsFlag"]), (code, &json!(0)), "{engine}");
    }
}
