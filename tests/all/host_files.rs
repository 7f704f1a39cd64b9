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
        ("windows-server-2022", "Windows Server 2022 10.0.20348 ltsc2022 Server ServerDatacenter amd64"),
        ("windows-11-german-cp850", "Windows 11, version 24H2 10.0.26100 windows-11-24h2 Client Professional amd64"),
        ("windows-10-home-japanese-cp932", "Windows 10, version 22H2 10.0.19045 windows-10-22h2 Client Core amd64"),
        ("windows-11-arm64-french-utf16", "Windows 11, version 25H2 10.0.26200 windows-11-25h2 Client Professional arm64"),
    ] {
        let host = read(&fixture(&format!("systeminfo-{name}.txt"))).unwrap();
        assert_eq!(line(&host), expected, "{name}");
        assert_eq!(host.source, Source::Systeminfo, "{name}");
        assert!(!host.assumes(Attribute::Kind) && !host.assumes(Attribute::Architecture), "{name}");
    }
    let csv = "\"Host Name\",\"OS Name\",\"OS Version\"\r\n\"A\",\"Microsoft Windows 11 Pro\",\"10.0.26100 N/A Build 26100\"\r\n";
    assert_eq!(
        line(&read(csv.as_bytes()).unwrap()),
        "Windows 11, version 24H2 10.0.26100 windows-11-24h2 Client Professional amd64"
    );
}

/// A file in an old code page does not say which; the names of editions are known by their bytes.
#[test]
fn home_is_home_in_every_language_and_code_page() {
    let systeminfo = |name: &[u8], build: u32| {
        let version = format!("\r\nOS Version: 10.0.{build} N/A Build {build}\r\nSystem Type: x64-based PC\r\n");
        [b"OS Name: Microsoft Windows 11 ", name, version.as_bytes()].concat()
    };
    for (case, name, home) in [
        ("English", "Home".as_bytes(), Some(true)),
        ("French", "Famille".as_bytes(), Some(true)),
        ("French, one language", "Famille Unilingue".as_bytes(), Some(true)),
        ("Russian", "Домашняя".as_bytes(), Some(true)),
        ("Russian, code page 866", b"\x84\xae\xac\xa0\xe8\xad\xef\xef", Some(true)),
        ("Russian, code page 1251", b"\xc4\xee\xec\xe0\xf8\xed\xff\xff", Some(true)),
        ("Chinese", "家庭中文版".as_bytes(), Some(true)),
        ("Chinese, code page 936", b"\xbc\xd2\xcd\xa5\xd6\xd0\xce\xc4\xb0\xe6", Some(true)),
        ("Chinese, code page 950", b"\xae\x61\xa5\xce\xaa\xa9", Some(true)),
        ("Pro", b"Pro", Some(false)),
        ("Chinese Pro, code page 936", b"\xd7\xa8\xd2\xb5\xb0\xe6", Some(false)),
        ("a language that is not known", "Otthoni".as_bytes(), None),
        ("a code page that is not known", b"\xc8\xa8", None),
    ] {
        let host = read(&systeminfo(name, 26100)).unwrap();
        assert_eq!(host.is_of_home(), home, "{case}: {:?}", host.edition);
    }
    let utf16: Vec<u8> = "\u{feff}OS Name: Microsoft Windows 10 家庭版\r\nOS Version: 10.0.19045 N/A Build 19045\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(read(&utf16).unwrap().is_home());
}

/// Two hosts in one file are an error that lists both, however they got there.
#[test]
fn two_versions_in_one_file_are_listed_in_any_form() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let ver = "Microsoft Windows [Version 10.0.17763.737]\r\n";
    let systeminfo = "OS Name: Microsoft Windows Server 2022 Datacenter\r\nOS Version: 10.0.20348 N/A Build 20348\r\n";
    let key = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]";
    let export = format!("Windows Registry Editor Version 5.00\r\n\r\n{key}\r\n\"CurrentBuildNumber\"=\"20348\"\r\n");
    let mark = [0xff, 0xfe];
    for (case, bytes) in [
        ("ver, then systeminfo", [ver, systeminfo].concat().into_bytes()),
        ("systeminfo, then ver", [systeminfo, ver].concat().into_bytes()),
        ("carriage returns alone", [systeminfo, ver].concat().replace("\r\n", "\r").into_bytes()),
        ("one line of CSV", br#""A","10.0.20348 N/A Build 20348","B","10.0.17763 N/A Build 17763""#.to_vec()),
        ("two columns", b"OS Version   10.0.20348   10.0.17763".to_vec()),
        ("JSON and text", [r#"{"OsVersion": "10.0.20348"}"#, "\n", ver].concat().into_bytes()),
        ("one field of JSON twice", br#"{"OsVersion": "10.0.20348", "OsVersion": "10.0.17763"}"#.to_vec()),
        ("one export, two builds", format!("{export}\"CurrentBuild\"=\"17763\"\r\n").into_bytes()),
        ("two documents of JSON", br#"{"OsVersion": "10.0.20348"} {"OsVersion": "10.0.17763"}"#.to_vec()),
        (
            "two of docker info",
            b"Kernel Version: 10.0 20348 (20348.1.amd64fre.x)\nKernel Version: 10.0 17763 (17763.1.x)".to_vec(),
        ),
        ("an export, then ver", [export.as_str(), ver].concat().into_bytes()),
        ("ver, then an export", [ver, export.as_str()].concat().into_bytes()),
        ("an export, then systeminfo of another", [export.as_str(), &systeminfo.replace("20348", "17763")].concat().into_bytes()),
        ("UTF-16, then eight bits", [&mark[..], &utf16(systeminfo), ver.as_bytes()].concat()),
        ("UTF-16 without a mark, then eight bits", [&utf16(systeminfo)[..], ver.as_bytes()].concat()),
        ("eight bits, then UTF-16", [systeminfo.as_bytes(), &utf16(ver)].concat()),
        ("UTF-8 with a mark, then UTF-16 with one", [b"\xef\xbb\xbf", systeminfo.as_bytes(), &mark, &utf16(ver)].concat()),
        ("UTF-16, a mark in the middle", [&mark[..], &utf16(systeminfo), &mark, &utf16(ver)].concat()),
        ("an export in UTF-16, then eight bits", [&mark[..], &utf16(&export), ver.as_bytes()].concat()),
    ] {
        let error = read(&bytes).expect_err(case);
        let said = error.sentence();
        assert!(said.contains("20348") && said.contains("17763"), "{case}: {said}");
    }
    // One host that is described twice is one.
    for (case, text) in [
        ("ver and systeminfo", ver.replace("17763.737", "20348.2402") + systeminfo),
        ("an export and ver", export + "Microsoft Windows [Version 10.0.20348.2402]\r\n"),
    ] {
        assert_eq!(read(text.as_bytes()).unwrap().os_version.build, 20348, "{case}");
    }
}

#[test]
fn a_text_with_one_version_is_a_host() {
    let host = read(b"\r\nMicrosoft Windows [Version 10.0.20348.2402]\r\n").unwrap();
    assert_eq!(
        (line(&host).as_str(), host.source),
        ("Windows Server 2022 10.0.20348.2402 ltsc2022 Server - amd64", Source::Text)
    );
}

/// `reg query` of the key that matters has no environment: the label of the build is all that tells the processor.
#[test]
fn the_label_of_the_build_tells_the_processor() {
    let values = |flavour: &str| {
        format!(
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    CurrentBuild    REG_SZ    26100\r\n    \
             UBR    REG_DWORD    0xfdd\r\n    InstallationType    REG_SZ    Client\r\n    \
             BuildLabEx    REG_SZ    26100.1.{flavour}.ge_release.240331-1435\r\n"
        )
    };
    let properties = |flavour: &str| {
        format!(
            "CurrentBuild : 26100\nUBR : 4061\nInstallationType : Client\nBuildLabEx : 26100.1.{flavour}.ge_release.240331-1435\n"
        )
    };
    for (flavour, architecture, assumed) in
        [("arm64fre", "arm64", false), ("amd64fre", "amd64", false), ("x86fre", "amd64", true), ("fre", "amd64", true)]
    {
        for text in [values(flavour), properties(flavour)] {
            let host = read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((host.architecture.as_str(), host.assumes(Attribute::Architecture)), (architecture, assumed), "{text}");
        }
    }
}

#[test]
fn attributes_change_what_a_file_says() {
    let (_, attributes) = Attributes::split("@file,home,arm64,no-hyperv").unwrap();
    let host = read_with(&fixture("windows-server-2025.reg"), &attributes).unwrap();
    assert_eq!(line(&host), "Windows 11, version 24H2 10.0.26100.32860 windows-11-24h2 Client Core arm64");
    assert_eq!(host.kind, Kind::Client);
    assert_eq!(host.overridden, [Attribute::Kind, Attribute::Edition, Attribute::Architecture]);
    assert_eq!(host.assumed, [Attribute::Containers], "Hyper-V was not in the file, and was said beside it");

    let (_, attributes) = Attributes::split("@file,server,amd64").unwrap();
    let host = read_with(&fixture("windows-11-arm64.reg"), &attributes).unwrap();
    assert_eq!(host.overridden, [Attribute::Kind, Attribute::Architecture]);
}

#[test]
fn errors_say_what_is_wrong_with_a_file() {
    let current_version = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]";
    let export = |body: &str| format!("Windows Registry Editor Version 5.00\r\n\r\n{body}\r\n").into_bytes();
    let one = format!("{current_version}\r\n\"CurrentBuildNumber\"=\"20348\"\r\n");
    let of_build = |build: &str| export(&(one.replace("20348", build) + "\"CurrentMajorVersionNumber\"=dword:0000000a\r\n"));
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
        ("no Windows had build 1", of_build("1"), "the registry value CurrentBuildNumber says `1`"),
        ("no Windows had build 0", of_build("0"), "the registry value CurrentBuildNumber says `0`"),
        ("no Windows had build 203480", of_build("203480"), "the registry value CurrentBuildNumber says `203480`"),
        ("nothing", Vec::new(), "no Windows version found in this text"),
        ("noise", vec![0xff; 100], "no Windows version found in this text"),
        ("half a mark", vec![0xff, 0xfe], "no Windows version found in this text"),
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
