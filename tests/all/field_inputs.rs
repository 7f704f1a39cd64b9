//! Inputs of the kinds that people reported: hosts as tools print them, and checks whose advice has to pass on the same host.

use serde_json::Value;

use crate::support::program::{Answer, Program};

/// What is in the file, the version and the kind of its host.
const HOSTS: [(&str, &str, &str); 12] = [
    (
        "Host is Microsoft Windows Server 2022 Datacenter - ltsc2022\nHost OS Version: 10.0.20348.2227 (ltsc2022)\nContainer OS Version: 10.0.20348.2159 (ltsc2022)\n",
        "10.0.20348.2227",
        "server",
    ),
    (
        "BcContainerHelper is version 6.0.1\nHost is Microsoft Windows 11 Pro - 23H2\nHost OS Version: 10.0.22631.3007 (23H2)\n",
        "10.0.22631.3007",
        "client",
    ),
    (
        "WindowsBuildLabEx : 17763.1.amd64fre.rs5_release.180914-1434\nWindowsEditionId : ServerStandard\nWindowsInstallationType : Server\nOsVersion : 10.0.17763\nOsHardwareAbstractionLayer : 10.0.17763.2867\n",
        "10.0.17763",
        "server",
    ),
    (
        "WindowsBuildLabEx : 14393.0.amd64fre.rs1_release.160715-1616\nWindowsEditionId : ServerDatacenter\nWindowsInstallationType : Server Core\nWindowsProductName : Windows Server 2016 Datacenter\nOsName :\nOsVersion :\n",
        "10.0.14393",
        "server",
    ),
    (
        "Checking for common problems\nContainer Host OS Product Name: Windows Server 2019 Standard\nContainer Host OS Build Label: 17763.1.amd64fre.rs5_release.180914-1434\n",
        "10.0.17763",
        "server",
    ),
    (
        "Checking for common problems\r\nContainer Host OS Product Name: Windows Server 2025 Datacenter\r\nContainer Host OS Build Label: 26100.1.amd64fre.ge_release.240331-1435\r\n",
        "10.0.26100",
        "server",
    ),
    (
        r#"{"OperatingSystem":"Microsoft Windows Server Version 21H2 (OS Build 20348.887)","OSType":"windows","OSVersion":"10.0.20348 20348.1.amd64fre.fe_release.210507-1500","ServerVersion":"20.10.9","Isolation":"process","Name":"WEB9"}"#,
        "10.0.20348.887",
        "server",
    ),
    (
        r#"{"OperatingSystem":"Windows 11 Pro Version 23H2 (OS Build 22631.3007)","OSType":"windows","ServerVersion":"25.0.3","Isolation":"hyperv"}"#,
        "10.0.22631.3007",
        "client",
    ),
    (
        "NAME   STATUS   ROLES    AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE                         KERNEL-VERSION      CONTAINER-RUNTIME\nwin1   Ready    <none>   9d    v1.29.2   10.0.0.4      <none>        Windows Server 2022 Datacenter   10.0.20348.2340     containerd://1.7.13\nlin1   Ready    <none>   9d    v1.29.2   10.0.0.5      <none>        Ubuntu 22.04.3 LTS               5.15.0-1057-azure   containerd://1.7.13\n",
        "10.0.20348.2340",
        "server",
    ),
    ("Major  Minor  Build  Revision\n-----  -----  -----  --------\n10     0      20348  0\n", "10.0.20348", "server"),
    (r#"{"Major":10,"Minor":0,"Build":26100,"Revision":0,"MajorRevision":0,"MinorRevision":0}"#, "10.0.26100", "server"),
    (
        "Platform ServicePack Version      VersionString\n-------- ----------- -------      -------------\n Win32NT             10.0.22631.0 Microsoft Windows NT 10.0.22631.0\n",
        "10.0.22631",
        "client",
    ),
];

#[test]
fn hosts_as_tools_print_them() {
    let program = Program::new();
    for (number, (text, version, kind)) in HOSTS.into_iter().enumerate() {
        let file = program.file(&format!("host-{number}.txt"), text);
        let answer = Answer::of(program.command().args(["host", "--format=json", "--host", &format!("@{file}")]));
        let host = &answer.json()["hosts"][0]["host"];
        assert_eq!((host["osVersion"].as_str(), host["kind"].as_str()), (Some(version), Some(kind)), "{text}: {answer:?}");
    }
}

/// Arguments of a check, an image below `mcr.microsoft.com/windows/`, the verdict, what is said, and what is not.
type Case = (&'static [&'static str], &'static str, &'static str, &'static str, &'static str);

const CHECKS: [Case; 9] = [
    // A client whose build no base image has: process isolation has no image, and the one that failed is not offered.
    (
        &["--host=10.0.19044,client", "--isolation=process"],
        "servercore:20H2",
        "hyperv",
        "isolation=hyperv",
        "process isolation use",
    ),
    (
        &["--host=windows-10-21h2", "--isolation=process"],
        "nanoserver:2004",
        "hyperv",
        "isolation=hyperv",
        "process isolation use",
    ),
    (&["--host=windows-11-22h2", "--isolation=process"], "servercore:1909", "hyperv", "servercore:ltsc2022", "servercore:20H2"),
    // The other name of 20H2.
    (&["--host=ltsc2022"], "servercore:2009", "hyperv", "servercore:ltsc2022", "use mcr.microsoft.com/windows/servercore:2009"),
    (&["--host=ltsc2025"], "nanoserver:2009", "hyperv", "nanoserver:ltsc2025", "use mcr.microsoft.com/windows/nanoserver:2009"),
    (&["--host=2009"], "nanoserver:20H2", "process", "", "build-mismatch"),
    // An image newer than an old client: an older one, and no flag.
    (&["--host=windows-10-1803"], "servercore:ltsc2019", "incompatible", "servercore:ltsc2016", "isolation=hyperv"),
    (&["--host=windows-10-1709"], "nanoserver:1803", "incompatible", "nanoserver:1709", "isolation=hyperv"),
    (&["--host=windows-10-1803", "--isolation=hyperv"], "nanoserver:1809", "incompatible", "nanoserver:1803", "isolation=hyperv"),
];

#[test]
fn advice_that_passes_on_the_same_host() {
    let program = Program::new();
    for (arguments, image, verdict, said, never) in CHECKS {
        let image = format!("mcr.microsoft.com/windows/{image}");
        let command = [&["check", "--offline", "--format=json"], arguments, &[image.as_str()]].concat();
        let answer = Answer::of(program.command().args(command));
        let report = answer.json();
        let result = &report["results"][0];
        assert_eq!(result["verdict"], verdict, "{arguments:?} {image}");
        let findings = result["findings"].as_array().unwrap();
        let text: Vec<&str> =
            findings.iter().flat_map(|finding| ["code", "help"].map(|field| finding[field].as_str())).flatten().collect();
        let text = text.join("\n");
        assert!(text.contains(said) && !text.contains(never), "{arguments:?} {image}: {text}");
    }
}

/// Kubernetes has no Hyper-V isolation: enabling it is not offered.
#[test]
fn kubernetes_is_not_told_to_enable_hyperv() {
    let program = Program::new();
    for (engine, offered) in [("kubernetes", false), ("docker", true)] {
        let host = ["check", "--offline", "--format=json", "--host=10.0.19045,client,no-hyperv", "--engine", engine];
        let answer = Answer::of(program.command().args(host).arg("mcr.microsoft.com/windows/nanoserver:1809"));
        let findings = answer.json()["results"][0]["findings"].clone();
        let helps: Vec<Value> = findings.as_array().unwrap().iter().map(|finding| finding["help"].clone()).collect();
        assert_eq!(
            helps.iter().any(|help| help.to_string().contains("Enable-WindowsOptionalFeature")),
            offered,
            "{engine}: {findings:#}"
        );
    }
}
