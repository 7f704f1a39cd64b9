//! What `--host @FILE` reads: registry exports and the output of systeminfo, recognised by what is in them.

use wincompat::Error;
use wincompat::Kind;
use wincompat::host::{self, Attribute, Attributes, Availability, Host, Source};
use wincompat::knowledge::Knowledge;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/hosts/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(bytes: &[u8]) -> Result<Host, Error> {
    read_with(bytes, &Attributes::default())
}

fn read_with(bytes: &[u8], attributes: &Attributes) -> Result<Host, Error> {
    let [host] = <[Host; 1]>::try_from(host::read(bytes, None, attributes, Knowledge::built_in())?).unwrap();
    Ok(host)
}

/// A host on one line: name, version, release, kind, edition, architecture.
fn line(host: &Host) -> String {
    let release = host.release.as_deref().unwrap_or("-");
    let edition = host.edition.as_deref().unwrap_or("-");
    let (name, version, architecture) = (&host.name, host.os_version, host.architecture.as_str());
    format!("{name} {version} {release} {:?} {edition} {architecture}", host.kind)
}

const HOSTS: [(&str, &str); 15] = [
    ("windows-server-2016", "Windows Server 2016 10.0.14393.9140 ltsc2016 Server ServerDatacenter amd64"),
    ("windows-server-2019", "Windows Server 2019 10.0.17763.8755 ltsc2019 Server ServerStandard amd64"),
    ("windows-server-2022", "Windows Server 2022 10.0.20348.5139 ltsc2022 Server ServerDatacenter amd64"),
    ("windows-server-2025", "Windows Server 2025 10.0.26100.32860 ltsc2025 Server ServerTurbine amd64"),
    (
        "azure-stack-hci-21h2",
        "Azure Stack HCI, version 21H2 10.0.20348.5139 azure-stack-hci-21h2 Server ServerAzureStackHCICor amd64",
    ),
    ("windows-10-1809", "Windows 10, version 1809 10.0.17763.8755 windows-10-1809 Client EnterpriseS amd64"),
    ("windows-10-22h2", "Windows 10, version 22H2 10.0.19045.3803 windows-10-22h2 Client Professional amd64"),
    ("windows-11-24h2", "Windows 11, version 24H2 10.0.26100.4061 windows-11-24h2 Client Professional amd64"),
    ("windows-11-25h2", "Windows 11, version 25H2 10.0.26200.7462 windows-11-25h2 Client Enterprise amd64"),
    ("windows-11-arm64", "Windows 11, version 24H2 10.0.26100.4061 windows-11-24h2 Client Professional arm64"),
    ("windows-11-home", "Windows 11, version 24H2 10.0.26100.4061 windows-11-24h2 Client Core amd64"),
    ("windows-11-multi-session", "Windows 11, version 24H2 10.0.26100.4061 windows-11-24h2 Client ServerRdsh amd64"),
    ("windows-server-preview", "Windows build 29651 (26H2) 10.0.29651.1000 - Server ServerDatacenter amd64"),
    ("windows-8.1", "Windows 6.3 build 9600 6.3.9600 - Client Professional amd64"),
    ("values-missing", "Windows Server 2025 10.0.26100 ltsc2025 Server - amd64"),
];

#[test]
fn a_registry_export_is_a_host() {
    for (name, expected) in HOSTS {
        let host = read(&fixture(&format!("{name}.reg"))).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(line(&host), expected, "{name}");
        assert_eq!(host.source, Source::RegExport, "{name}");
        assert_eq!(host.is_home(), name == "windows-11-home", "{name}");
        let features = if host.is_home() { Availability::Unavailable } else { Availability::Available };
        assert_eq!((host.containers, host.hyperv), (features, features), "{name}");
        assert!(host.assumes(Attribute::Containers) && host.assumes(Attribute::Hyperv), "{name}");
        assert_eq!(host.assumes(Attribute::Kind), name == "values-missing", "{name}");
        assert_eq!(host.assumes(Attribute::Edition), name == "values-missing", "{name}");
        assert!(host.overridden.is_empty(), "{name}");
    }
}

#[test]
fn the_encoding_of_an_export_does_not_matter() {
    for (name, _) in HOSTS {
        let bytes = fixture(&format!("{name}.reg"));
        let text = match bytes.strip_prefix(&[0xff, 0xfe]) {
            Some(rest) => {
                let units: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
                String::from_utf16(&units).unwrap()
            }
            None => String::from_utf8(bytes).unwrap(),
        };
        let expected = read(text.as_bytes()).unwrap();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let encodings = [
            ("UTF-16LE", [&[0xff, 0xfe][..], &little].concat()),
            ("UTF-16LE without mark", little.clone()),
            ("UTF-16BE", [&[0xfe, 0xff][..], &big].concat()),
            ("UTF-8 with mark", [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat()),
            ("line feeds alone", text.replace("\r\n", "\n").into_bytes()),
            ("cut in the middle of a character", [&[0xff, 0xfe][..], &little, &[0x41]].concat()),
        ];
        for (encoding, bytes) in encodings {
            assert_eq!(read(&bytes).as_ref(), Ok(&expected), "{name}, {encoding}");
        }
    }
}

#[test]
fn systeminfo_is_read_in_any_language() {
    for (name, expected) in [
        ("windows-server-2022", "Windows Server 2022 10.0.20348 ltsc2022 Server - amd64"),
        ("windows-11-german-cp850", "Windows 11, version 24H2 10.0.26100 windows-11-24h2 Client - amd64"),
        ("windows-10-home-japanese-cp932", "Windows 10, version 22H2 10.0.19045 windows-10-22h2 Client Core amd64"),
        ("windows-11-arm64-french-utf16", "Windows 11, version 25H2 10.0.26200 windows-11-25h2 Client - arm64"),
    ] {
        let host = read(&fixture(&format!("systeminfo-{name}.txt"))).unwrap();
        assert_eq!(line(&host), expected, "{name}");
        assert_eq!(host.source, Source::Systeminfo, "{name}");
        assert!(!host.assumes(Attribute::Kind) && !host.assumes(Attribute::Architecture), "{name}");
    }
    let csv = "\"Host Name\",\"OS Name\",\"OS Version\"\r\n\"A\",\"Microsoft Windows 11 Pro\",\"10.0.26100 N/A Build 26100\"\r\n";
    assert_eq!(line(&read(csv.as_bytes()).unwrap()), "Windows 11, version 24H2 10.0.26100 windows-11-24h2 Client - amd64");
}

#[test]
fn a_text_with_one_version_is_a_host() {
    let host = read(b"\r\nMicrosoft Windows [Version 10.0.20348.2402]\r\n").unwrap();
    assert_eq!(
        (line(&host).as_str(), host.source),
        ("Windows Server 2022 10.0.20348.2402 ltsc2022 Server - amd64", Source::Text)
    );
}

#[test]
fn attributes_change_what_a_file_says() {
    let (_, attributes) = Attributes::split("@file,home,arm64,no-hyperv").unwrap();
    let host = read_with(&fixture("windows-server-2025.reg"), &attributes).unwrap();
    assert_eq!(line(&host), "Windows 11, version 24H2 10.0.26100.32860 windows-11-24h2 Client Core arm64");
    assert_eq!(host.kind, Kind::Client);
    assert_eq!(host.overridden, [Attribute::Kind, Attribute::Edition]);
    assert_eq!(host.assumed, [Attribute::Containers], "Hyper-V and architecture were not in the file, and were said beside it");

    let (_, attributes) = Attributes::split("@file,server,amd64").unwrap();
    let host = read_with(&fixture("windows-11-arm64.reg"), &attributes).unwrap();
    assert_eq!(host.overridden, [Attribute::Kind, Attribute::Architecture]);
}

#[test]
fn errors_say_what_is_wrong_with_a_file() {
    let current_version = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]";
    let export = |body: &str| format!("Windows Registry Editor Version 5.00\r\n\r\n{body}\r\n").into_bytes();
    let one = format!("{current_version}\r\n\"CurrentBuildNumber\"=\"20348\"\r\n");
    let systeminfo = fixture("systeminfo-windows-server-2022.txt");
    for (case, bytes, what) in [
        ("container", fixture("in-container.reg"), "this registry is a container's"),
        ("no build", fixture("build-missing.reg"), "the registry does not say which Windows this is"),
        ("wrong type", fixture("wrong-type.reg"), "the registry value UBR is REG_SZ and should be REG_DWORD"),
        ("another key", export(r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft]"), "does not say which Windows it is from"),
        ("two exports", export(&format!("{one}{one}")), "this registry export holds 2 hosts"),
        ("an empty export", b"REGEDIT4".to_vec(), "does not say which Windows it is from"),
        ("two systeminfos", [systeminfo.clone(), systeminfo].concat(), "this output of systeminfo holds 2 hosts"),
        ("two versions", b"10.0.20348.1\n10.0.26100.2".to_vec(), "more than one Windows version"),
        ("JSON", b" {\"items\": [\"10.0.20348\"]}".to_vec(), "a host cannot be read from JSON"),
        ("nothing", Vec::new(), "this text holds no Windows version"),
        ("noise", vec![0xff; 100], "this text holds no Windows version"),
        ("half a mark", vec![0xff, 0xfe], "this text holds no Windows version"),
    ] {
        let error = read(&bytes).expect_err(case);
        assert!(error.what.contains(what), "{case}: {error}");
    }
    assert!(
        read(&fixture("in-container.reg")).unwrap_err().hint.unwrap().to_string().contains(r#"<host("windows-server-2022")>"#)
    );
}

#[test]
fn the_last_of_two_values_stays_and_a_removed_one_is_gone() {
    let text = r#"Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"CurrentBuildNumber"="14393"
"currentbuildnumber"="20348"
"UBR"=dword:00000962
"UBR"=-
"#;
    assert_eq!(read(text.as_bytes()).unwrap().os_version.to_string(), "10.0.20348");
}

#[test]
fn a_large_export_is_read_in_time_that_grows_with_its_size() {
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n");
    text.push_str(
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n\"CurrentBuildNumber\"=\"20348\"\r\n",
    );
    for value in 0..300_000 {
        text.push_str(&format!("\"{value}\"=\"\"\r\n"));
    }
    assert_eq!(read(text.as_bytes()).unwrap().os_version.build, 20348);
}
