//! What tools print about hosts, as people have it in files: every kind of source that `--host @FILE` reads beside registry exports.

use wincompat::Error;
use wincompat::host::{self, Attribute, Attributes, Availability, Host};
use wincompat::knowledge::Knowledge;

fn read(bytes: &[u8]) -> Result<Vec<Host>, Error> {
    host::read(bytes, Some("file"), &Attributes::default(), Knowledge::built_in())
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/hosts/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A host on one line: label, version, kind, edition, architecture, Hyper-V, source; engine and default isolation where there are some.
fn line(host: &Host) -> String {
    let edition = host.edition.as_deref().unwrap_or("-");
    let hyperv = match host.hyperv {
        _ if host.assumes(Attribute::Hyperv) => "assumed",
        Availability::Available => "hyperv",
        Availability::Unavailable => "no-hyperv",
        Availability::Unknown => "unknown",
    };
    let kind = if host.assumes(Attribute::Kind) { "assumed".to_owned() } else { format!("{:?}", host.kind).to_lowercase() };
    let source = serde_json::to_value(host.source).unwrap();
    let engine =
        host.engine.as_ref().map(|engine| format!(" {} {}", engine.name.as_str(), engine.version.as_deref().unwrap_or("-")));
    let isolation = host.default_isolation.map(|isolation| format!(" {}", isolation.as_str()));
    format!(
        "{} {} {kind} {edition} {} {hyperv} {}{}{}",
        host.label,
        host.os_version,
        host.architecture.as_str(),
        source.as_str().unwrap(),
        engine.unwrap_or_default(),
        isolation.unwrap_or_default()
    )
}

#[test]
fn what_tools_print_is_a_host() {
    for (name, expected) in [
        ("systeminfo-windows-server-2022.txt", &["WIN-HOST 10.0.20348 server ServerDatacenter amd64 assumed systeminfo"][..]),
        (
            "systeminfo-windows-server-2019-chinese-cp936.txt",
            &["WIN-CHINA 10.0.17763 server ServerDatacenter amd64 assumed systeminfo"],
        ),
        ("systeminfo-windows-10-russian-cp866.txt", &["BUH-PC 10.0.19045 client - amd64 no-hyperv systeminfo"]),
        ("systeminfo-table.txt", &["WEB-07 10.0.20348 server ServerStandard amd64 assumed systeminfo"]),
        (
            "systeminfo-fleet.csv",
            &[
                "WEB01 10.0.20348 server ServerStandard amd64 assumed systeminfo",
                "WEB02 10.0.26100 server ServerDatacenter amd64 assumed systeminfo",
            ],
        ),
        ("reg-query-windows-server-2022.txt", &["file 10.0.20348.2402 server ServerDatacenter amd64 assumed reg-query"]),
        ("reg-query-windows-11-utf16.txt", &["file 10.0.26200.7462 client Professional amd64 assumed reg-query"]),
        (
            "get-itemproperty-windows-server-2022.txt",
            &["file 10.0.20348.2402 server ServerStandard amd64 assumed registry-properties"],
        ),
        (
            "get-itemproperty-windows-server-2019.json",
            &["file 10.0.17763.6293 server ServerDatacenter amd64 assumed registry-properties"],
        ),
        ("get-itemproperty-selected.txt", &["file 10.0.20348.2402 server - amd64 assumed registry-properties"]),
        ("computer-info-windows-server-2022.txt", &["app01 10.0.20348 server ServerDatacenter amd64 assumed computer-info"]),
        ("computer-info-windows-11.json", &["DEV-3 10.0.26100.4061 client Professional arm64 no-hyperv computer-info"]),
        (
            "computer-info-fleet.csv",
            &[
                "ÄPP01 10.0.17763 server ServerStandard amd64 assumed computer-info",
                "APP02 10.0.20348 server ServerStandard amd64 assumed computer-info",
            ],
        ),
        ("win32-operatingsystem-windows-server-2016.txt", &["file 10.0.14393 assumed - amd64 assumed operating-system"]),
        ("win32-operatingsystem-table.txt", &["file 10.0.20348 assumed - amd64 assumed operating-system"]),
        (
            "win32-operatingsystem-fleet.json",
            &[
                "SQL1 10.0.17763 server ServerDatacenter amd64 assumed operating-system",
                "LAPTOP 10.0.22631 client Core arm64 assumed operating-system",
            ],
        ),
        ("caption.txt", &["file 10.0.20348 server ServerDatacenter amd64 assumed text"]),
        ("wmic-os.txt", &["WEB10 10.0.17763 server ServerDatacenter amd64 assumed operating-system"]),
        ("wmic-os.csv", &["WEB09 10.0.20348 server ServerStandard amd64 assumed operating-system"]),
        (
            "ad-computers.csv",
            &[
                "DC1 10.0.20348 server ServerDatacenter amd64 assumed inventory",
                "PC7 10.0.22631 client Enterprise amd64 assumed inventory",
            ],
        ),
        (
            "ansible-inventory.json",
            &[
                "database 10.0.20348.2402 server ServerStandard amd64 assumed inventory",
                "web01 10.0.20348.2402 server ServerStandard amd64 assumed inventory",
            ],
        ),
        (
            "psexec-ver.txt",
            &["web01 10.0.20348.2402 assumed - amd64 assumed text", "fileserver 10.0.20348.2402 assumed - amd64 assumed text"],
        ),
        ("osversion-list.txt", &["file 10.0.17763 assumed - amd64 assumed os-version"]),
        ("osversion-whole-table.txt", &["file 10.0.20348 assumed - amd64 assumed os-version"]),
        ("osversion.json", &["file 10.0.22631 assumed - amd64 assumed os-version"]),
        ("docker-info-windows-server-2022.txt", &["build-7 10.0.20348.2402 server - amd64 assumed docker docker 27.3.1 process"]),
        ("docker-info-windows-11.txt", &["DESK 10.0.26100.4061 client - amd64 assumed docker docker 28.0.1 hyperv"]),
        ("docker-version-windows.json", &["file 10.0.17763 assumed - amd64 assumed docker docker 27.3.1"]),
        (
            "nodes-wide.txt",
            &[
                "akswin000000 10.0.20348.2655 server - amd64 unknown node kubernetes 1.28.12",
                "akswin25000000 10.0.26100.32860 server - amd64 unknown node kubernetes 1.31.1",
            ],
        ),
        ("nodes.yaml", &["win-a 10.0.20348.2402 server - amd64 unknown node kubernetes 1.30.2"]),
        ("node.yaml", &["edge-1 10.0.22631.3296 client - arm64 unknown node kubernetes 1.30.2"]),
        ("node-described.txt", &["win-b 10.0.17763.5329 server - amd64 unknown node kubernetes 1.29.0"]),
        ("bccontainerhelper-windows-server-2022.txt", &["file 10.0.20348.2159 server ServerDatacenter amd64 assumed labelled"]),
        ("bccontainerhelper-without-version.txt", &["file 10.0.17763 server ServerDatacenter amd64 assumed labelled"]),
        ("debug-containerhost-windows-server-2019.txt", &["file 10.0.17763 server ServerDatacenter amd64 assumed labelled"]),
        ("winver-german.txt", &["file 10.0.22631.4460 assumed - amd64 assumed text"]),
    ] {
        let hosts = read(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {}", error.sentence()));
        let lines: Vec<String> = hosts.iter().map(line).collect();
        assert_eq!(lines, expected, "{name}");
    }
}

#[test]
fn the_encoding_does_not_matter() {
    for name in [
        "reg-query-windows-server-2022.txt",
        "get-itemproperty-windows-server-2022.txt",
        "computer-info-windows-11.json",
        "computer-info-fleet.csv",
        "docker-info-windows-server-2022.txt",
        "nodes.yaml",
        "nodes-wide.txt",
        "osversion-whole-table.txt",
    ] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let expected = read(text.as_bytes()).unwrap();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (encoding, bytes) in [
            ("UTF-16LE", [&[0xff, 0xfe][..], &little].concat()),
            ("UTF-16LE without a mark", little.clone()),
            ("UTF-16BE", [&[0xfe, 0xff][..], &big].concat()),
            ("UTF-8 with a mark", [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat()),
            ("line feeds alone", text.replace("\r\n", "\n").into_bytes()),
        ] {
            assert_eq!(read(&bytes).as_ref(), Ok(&expected), "{name}, {encoding}");
        }
    }
}

/// PowerShell colours the labels of a list and the heads of a table, others colour whole lines.
#[test]
fn colours_do_not_matter() {
    for name in [
        "get-itemproperty-windows-server-2022.txt",
        "computer-info-windows-server-2022.txt",
        "docker-info-windows-server-2022.txt",
        "nodes-wide.txt",
        "osversion-whole-table.txt",
    ] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let coloured = |line: &str| match line.split_once(": ") {
            Some((label, value)) => format!("\u{1b}[32;1m{label}: \u{1b}[0m{value}"),
            None => format!("\u{1b}[36m{line}\u{1b}[0m"),
        };
        let colours: String = text.split_inclusive('\n').map(coloured).collect();
        assert_eq!(read(colours.as_bytes()), read(text.as_bytes()), "{name}");
    }
    let cut = read(b"\x1b[31mMicrosoft Windows [Version 10.0.20348.2402]\x1b[").unwrap();
    assert_eq!(cut[0].os_version.to_string(), "10.0.20348.2402");
}

#[test]
fn what_tells_no_host_says_why() {
    for (case, bytes, what, advice) in [
        (
            "Docker Desktop for Linux",
            fixture("docker-info-linux.txt"),
            "this Docker engine runs Linux containers",
            "SwitchWindowsEngine",
        ),
        ("its version", fixture("docker-version-linux.txt"), "this Docker engine runs Linux containers", "SwitchWindowsEngine"),
        ("a version without a build", fixture("docker-version-windows.txt"), "does not say which Windows", "docker info"),
        (
            "an engine that does not run",
            br#"{"ID": "", "ServerErrors": ["Cannot connect"]}"#.to_vec(),
            "does not say which Windows",
            "docker info",
        ),
        ("Linux nodes", fixture("nodes-linux.json"), "this node does not run Windows", "kubectl get nodes -o json"),
        ("no nodes", br#"{"kind": "NodeList", "items": []}"#.to_vec(), "this list has no nodes", "kubectl"),
        (
            "a narrow table",
            b"NAME  STATUS  ROLES  AGE  VERSION\na  Ready  x  1d  v1.2\n".to_vec(),
            "does not have their Windows versions",
            "-o wide",
        ),
        ("malformed YAML", b"apiVersion: v1\nkind: Node\nitems: [\n".to_vec(), "not well-formed YAML", "-o json"),
        ("a revision alone", b"    UBR    REG_DWORD    0x962\n".to_vec(), "does not say which Windows", "windows-server-2022"),
        (
            "an old label",
            b"WindowsProductName : Windows 10 Pro\nWindowsBuildLabEx : 19041.1.amd64fre.vb\nOsVersion :\n".to_vec(),
            "does not say which Windows",
            "reg query",
        ),
        (
            "two without names",
            b"\"OsVersion\",\"OsName\"\n\"10.0.20348\",\"x\"\n\"10.0.17763\",\"y\"\n".to_vec(),
            "2 hosts without a name",
            "each computer's name",
        ),
        (
            "two queries",
            b"CurrentBuild REG_SZ 20348\nCurrentBuild REG_SZ 17763\n".to_vec(),
            "more than one Windows version",
            "of its own",
        ),
        (
            "two of docker",
            [fixture("docker-info-windows-11.txt"), fixture("docker-info-windows-server-2022.txt")].concat(),
            "more than one Windows version",
            "of its own",
        ),
        (
            "docker that contradicts itself",
            br#"{"OSType":"windows","OperatingSystem":"Windows Server Version 21H2 (OS Build 20348.1)","OSVersion":"10.0.17763"}"#
                .to_vec(),
            "more than one Windows version",
            "of its own",
        ),
        (
            "a list, then ver",
            [fixture("computer-info-windows-server-2022.txt"), b"Microsoft Windows [Version 10.0.17763.1]".to_vec()].concat(),
            "more than one Windows version",
            "of its own",
        ),
        (
            "a list, then systeminfo",
            [fixture("computer-info-windows-server-2022.txt"), fixture("systeminfo-windows-server-2019-chinese-cp936.txt")]
                .concat(),
            "more than one Windows version",
            "of its own",
        ),
    ] {
        let error = read(&bytes).expect_err(case);
        let told = format!("{} {}", error.sentence(), error.hint.clone().unwrap_or_default());
        assert!(error.what.contains(what) && told.contains(advice), "{case}: {told}");
    }
}

/// A number belongs to what its label says; without a label it counts only if it is the only one.
#[test]
fn labels_decide_whose_version_it_is() {
    for (text, expected) in [
        ("Host OS Version: 10.0.20348.1\nContainer OS Version: 10.0.17763.2\n", "10.0.20348.1"),
        ("Container OS Version: 10.0.17763.2\nHost OS Build: 20348.1\n", "10.0.20348.1"),
        ("Image: 10.0.17763.2\nhost version: 10.0.26100.4061\n", "10.0.26100.4061"),
        ("OsVersion : 10.0.20348\nOsHardwareAbstractionLayer : 10.0.20348.2227\nBiosVersion : 10.0.17763.1\n", "10.0.20348"),
        ("BuildNumber=20348\nVersion=10.0.20348\nCaption=Windows\n", "10.0.20348"),
    ] {
        assert_eq!(read(text.as_bytes()).unwrap()[0].os_version.to_string(), expected, "{text}");
    }
}
