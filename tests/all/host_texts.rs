//! What a `--host` text names.

use jiff::civil::{Date, date};
use wincompat::Error;
use wincompat::Kind;
use wincompat::host::{Attribute, Availability, Host, Spec, parse};
use wincompat::knowledge::Knowledge;

const TODAY: Date = date(2026, 11, 23);

fn request(text: &str) -> Result<Spec, Error> {
    parse(text, Knowledge::built_in(), TODAY)
}

fn hosts(text: &str) -> Vec<Host> {
    match request(text) {
        Ok(Spec::Hosts(hosts)) => hosts,
        other => panic!("{text}: {other:?}"),
    }
}

fn host(text: &str) -> Host {
    let mut hosts = hosts(text);
    assert_eq!(hosts.len(), 1, "{text}");
    hosts.remove(0)
}

fn error(text: &str) -> Error {
    request(text).expect_err(text)
}

/// A host on one line: version, release, kind, architecture, Hyper-V.
fn line(host: &Host) -> String {
    let release = host.release.as_deref().unwrap_or("-");
    let hyperv = if host.hyperv == Availability::Available { "" } else { " no-hyperv" };
    format!("{} {release} {:?} {}{hyperv}", host.os_version, host.kind, host.architecture.as_str()).to_lowercase()
}

#[test]
fn a_version_or_a_name_is_a_host() {
    for (text, expected) in [
        ("10.0.20348.2402", "10.0.20348.2402 ltsc2022 server amd64"),
        ("20348.2402", "10.0.20348.2402 ltsc2022 server amd64"),
        ("20348", "10.0.20348 ltsc2022 server amd64"),
        (" 20348 ", "10.0.20348 ltsc2022 server amd64"),
        ("10.0.20348.0", "10.0.20348 ltsc2022 server amd64"),
        ("26100", "10.0.26100 ltsc2025 server amd64"),
        ("17763", "10.0.17763 ltsc2019 server amd64"),
        ("19045", "10.0.19045 windows-10-22h2 client amd64"),
        ("22631.4460", "10.0.22631.4460 windows-11-23h2 client amd64"),
        ("29651", "10.0.29651 - server amd64"),
        ("6.3.9600", "6.3.9600 - server amd64"),
        ("windows-server-2022", "10.0.20348 ltsc2022 server amd64"),
        ("Windows Server 2022 Datacenter", "10.0.20348 ltsc2022 server amd64"),
        ("ltsc2022", "10.0.20348 ltsc2022 server amd64"),
        ("server2022", "10.0.20348 ltsc2022 server amd64"),
        ("1903", "10.0.18362 1903 server amd64"),
        ("Windows Server, version 1903", "10.0.18362 1903 server amd64"),
        ("2004", "10.0.19041 2004 server amd64"),
        ("1809", "10.0.17763 1809 server amd64"),
        ("windows-11-24h2", "10.0.26100 windows-11-24h2 client amd64"),
        ("windows-10-22h2", "10.0.19045 windows-10-22h2 client amd64"),
        ("2009", "10.0.19042 20h2 server amd64"),
        ("windows-10-2009", "10.0.19042 windows-10-20h2 client amd64"),
        ("Windows Server 2022 21H2", "10.0.20348 ltsc2022 server amd64"),
        ("Win2022Datacenter", "10.0.20348 ltsc2022 server amd64"),
        ("Windows Server 2025 Datacenter (Desktop Experience)", "10.0.26100 ltsc2025 server amd64"),
        ("Windows Server 2022 Standard (Server Core)", "10.0.20348 ltsc2022 server amd64"),
        ("WINDOWS_CORE_2019_x86_64", "10.0.17763 ltsc2019 server amd64"),
        ("ltsc2019-amd64", "10.0.17763 ltsc2019 server amd64"),
        ("ltsc2025-arm64", "10.0.26100 ltsc2025 server arm64"),
        (
            "BuildLabEx: x\nHost OS Version: 10.0.20348.1\nContainer OS Version: 10.0.17763.2",
            "10.0.20348.1 ltsc2022 server amd64",
        ),
        ("24h2", "10.0.26100 ltsc2025 server amd64"),
        ("Microsoft Windows [Version 10.0.26100.4061]", "10.0.26100.4061 ltsc2025 server amd64"),
        ("Windows 11 Pro 24H2 (OS Build 26100.4061)", "10.0.26100.4061 windows-11-24h2 client amd64"),
        ("10.0 19045 (19041.1.amd64fre.vb_release.191206-1406)", "10.0.19045 windows-10-22h2 client amd64"),
        // A name and a version of one Windows, and names that are not those of the host.
        ("windows-server-2022 (10.0.20348.2402)", "10.0.20348.2402 ltsc2022 server amd64"),
        ("ltsc2022 10.0.20348.2402", "10.0.20348.2402 ltsc2022 server amd64"),
        ("Windows Server Version 21H2 (OS Build 20348.169)", "10.0.20348.169 ltsc2022 server amd64"),
        ("Windows Server 2022 Core, 10.0.20348.5", "10.0.20348.5 ltsc2022 server amd64"),
        ("Windows Server, version 1903, 10.0.18362.1", "10.0.18362.1 1903 server amd64"),
        ("Microsoft Windows [Version 10.0.18363.1] (c) 2019 Microsoft Corporation", "10.0.18363.1 1909 server amd64"),
        ("Windows 10 Pro 2009 10.0.19045.2965", "10.0.19045.2965 windows-10-22h2 client amd64"),
        ("Windows 10 Pro 22H2 (Build 22621.1)", "10.0.22621.1 windows-11-22h2 client amd64"),
        ("Windows 11 Pro 24H2 (OS Build 26120.3073)", "10.0.26120.3073 - client amd64"),
        ("SQL Server 2019 on 10.0.20348.2402", "10.0.20348.2402 ltsc2022 server amd64"),
        ("Microsoft Windows Server 2022 Datacenter\n10.0.20348.2402", "10.0.20348.2402 ltsc2022 server amd64"),
    ] {
        assert_eq!(line(&host(text)), expected, "{text}");
    }
}

#[test]
fn attributes_complete_and_change_a_host() {
    use Attribute::{Architecture, Containers, Edition, Hyperv};
    for (text, expected, assumed, overridden) in [
        ("26100", "10.0.26100 ltsc2025 server amd64", &[Attribute::Kind, Edition, Containers, Hyperv][..], &[][..]),
        ("26100,server", "10.0.26100 ltsc2025 server amd64", &[Edition, Containers, Hyperv], &[]),
        ("26100,client", "10.0.26100 windows-11-24h2 client amd64", &[Edition, Architecture, Containers, Hyperv], &[]),
        ("26100,client,arm64,no-hyperv", "10.0.26100 windows-11-24h2 client arm64 no-hyperv", &[Edition, Containers], &[]),
        ("26100,home", "10.0.26100 windows-11-24h2 client amd64 no-hyperv", &[Architecture, Containers, Hyperv], &[]),
        ("26100,home,hyperv", "10.0.26100 windows-11-24h2 client amd64", &[Architecture, Containers], &[]),
        ("29651,amd64", "10.0.29651 - server amd64", &[Attribute::Kind, Edition, Containers, Hyperv], &[]),
        ("29651", "10.0.29651 - server amd64", &[Attribute::Kind, Edition, Architecture, Containers, Hyperv], &[]),
        ("ltsc2022", "10.0.20348 ltsc2022 server amd64", &[Edition, Containers, Hyperv], &[]),
        ("ltsc2022,server,amd64", "10.0.20348 ltsc2022 server amd64", &[Edition, Containers, Hyperv], &[]),
        ("ltsc2022,hyperv", "10.0.20348 ltsc2022 server amd64", &[Edition, Containers], &[]),
        (
            "ltsc2025,client",
            "10.0.26100 windows-11-24h2 client amd64",
            &[Edition, Architecture, Containers, Hyperv],
            &[Attribute::Kind],
        ),
        ("ltsc2022,client", "10.0.20348 - client amd64", &[Edition, Architecture, Containers, Hyperv], &[Attribute::Kind]),
        ("ltsc2022,arm64", "10.0.20348 ltsc2022 server arm64", &[Edition, Containers, Hyperv], &[Architecture]),
        ("1903,client", "10.0.18362 windows-10-1903 client amd64", &[Edition, Containers, Hyperv], &[Attribute::Kind]),
        ("23h2,client", "10.0.22631 windows-11-23h2 client amd64", &[Edition, Containers, Hyperv], &[]),
        ("24h2,client", "10.0.26100 windows-11-24h2 client amd64", &[Edition, Architecture, Containers, Hyperv], &[]),
        ("Windows Server, version 1903, NO-HYPERV", "10.0.18362 1903 server amd64 no-hyperv", &[Edition, Containers], &[]),
    ] {
        let host = host(text);
        assert_eq!(line(&host), expected, "{text}");
        assert_eq!((host.assumed.as_slice(), host.overridden.as_slice()), (assumed, overridden), "{text}");
    }
    let home = host("windows-11-24h2,home");
    assert!(home.is_home());
    assert_eq!(home.containers, Availability::Unavailable);
}

/// Home is Home in every language of Windows, and an edition that nobody knows is not taken for another.
#[test]
fn an_edition_in_a_text_is_read() {
    for (text, edition, home) in [
        ("Windows 11 Home 24H2 (OS Build 26100.4061)", Some("Core"), Some(true)),
        ("Microsoft Windows 11 Famille 10.0.26100", Some("Core"), Some(true)),
        ("Microsoft Windows 10 家庭中文版 10.0.19045", Some("Core"), Some(true)),
        ("Microsoft Windows 11 家用版 10.0.26100", Some("Core"), Some(true)),
        ("Майкрософт Windows 11 Домашняя 10.0.26100", Some("Core"), Some(true)),
        ("Microsoft Windows 11 Otthoni 10.0.26100", Some("Otthoni"), None),
        ("Microsoft Windows 11 Pro 10.0.26100", None, Some(false)),
        ("Windows 11 Version 24H2 (OS Build 26100.4061)", None, Some(false)),
        ("Windows Server 2022 Otthoni 10.0.20348", None, Some(false)),
        // Long-term servicing, whose support ends later.
        ("ltsc2021", Some("EnterpriseS"), Some(false)),
        ("windows-10-iot-enterprise-ltsc-2021", Some("IoTEnterpriseS"), Some(false)),
        ("Windows 10 Enterprise LTSC 2021", Some("EnterpriseS"), Some(false)),
        ("Windows 10 Enterprise LTSC 2021 10.0.19044.4529", Some("EnterpriseS"), Some(false)),
        ("Microsoft Windows 10 Entreprise LTSC 10.0.17763", Some("EnterpriseS"), Some(false)),
        ("Microsoft Windows 10 Enterprise 2016 LTSB 10.0.14393", Some("EnterpriseS"), Some(false)),
        ("Windows 11 Pro 10.0.22631 with servercore:ltsc2022", None, Some(false)),
        ("ltsc2022", None, Some(false)),
    ] {
        let host = host(text);
        assert_eq!((host.edition.as_deref(), host.is_of_home()), (edition, home), "{text}");
    }
}

/// A release, an edition or a processor between commas tells more of the one host, and numbers of other things are no hosts.
#[test]
fn a_text_that_says_more_of_one_host_is_that_host() {
    for (text, version) in [
        ("Windows 10, version 22H2, 19045.3930", "10.0.19045.3930"),
        ("Windows 10 Pro, 22H2, 19045.3930", "10.0.19045.3930"),
        ("Windows Server 2022, Version 21H2, 20348.2402", "10.0.20348.2402"),
        ("Windows Server 2022 Standard, 21H2, 20348.2402", "10.0.20348.2402"),
        ("Windows 11 Enterprise, 64-bit, 22631.3447", "10.0.22631.3447"),
        ("windows-2k19 10.0.17763.1", "10.0.17763.1"),
        ("Windows 10 Pro, Version 2009, Build 22621.1", "10.0.22621.1"),
        ("web01, Windows Server 2022, 10.0.20348.2402", "10.0.20348.2402"),
        ("Windows Server 2022 Datacenter, Azure Edition, 10.0.20348.2402", "10.0.20348.2402"),
        ("Visual Studio 2022 10.0.17763.1", "10.0.17763.1"),
        ("server2019: 10.0.20348.2402", "10.0.20348.2402"),
        ("ltsc2022a 10.0.20348.2402", "10.0.20348.2402"),
        ("Microsoft Windows [Version 10.0.20348.2402]\nMemory: 16384", "10.0.20348.2402"),
        ("Microsoft Windows [Version 10.0.20348.2402]\nOffice 2019", "10.0.20348.2402"),
        ("Windows Server 2022 10.0.20348.2402\nRAM 32768\nCores 8", "10.0.20348.2402"),
        ("web01\n10.0.20348.2402\nuptime 12345", "10.0.20348.2402"),
        // A release that the registry says of later ones too, a bare build, labels, a preview by the name of the release before.
        ("Windows Server 2022 Datacenter, 2009, 20348", "10.0.20348"),
        ("Windows Server 2022 Datacenter, 2009, 20348.2402", "10.0.20348.2402"),
        ("Windows Server 2022, 21H2, 20348", "10.0.20348"),
        ("OS=Windows Server 2022, Version=20348.2402", "10.0.20348.2402"),
        ("Windows 11 24H2 26200.5074", "10.0.26200.5074"),
        ("Windows 11 Pro Version 24H2 (OS Build 26200.5074)", "10.0.26200.5074"),
        ("Windows 11 22H2 (OS Build 22631.1)", "10.0.22631.1"),
        // The annual channel has the name of Windows Server 2022.
        ("Windows Server 2022 Datacenter 10.0.25398.2330", "10.0.25398.2330"),
        ("OS: Windows Server 2022 Datacenter\nOS Version: 10.0.25398.2330", "10.0.25398.2330"),
        // Other products.
        ("SQL Server 2019 on Windows Server 2022 10.0.20348.2402", "10.0.20348.2402"),
        ("Windows Server 2022 10.0.20348.2402 with SQL Server Standard 2019", "10.0.20348.2402"),
        ("10.0.20348.2402, Project Server 2019", "10.0.20348.2402"),
        ("Azure DevOps Server 2019 on Windows Server 2022 10.0.20348.2402", "10.0.20348.2402"),
        // The name of a node, and a platform.
        (
            "server2019 Ready <none> 9d v1.29.2 10.0.0.4 <none> Windows Server 2022 Datacenter 10.0.20348.2340 containerd://1.7.13",
            "10.0.20348.2340",
        ),
        ("windows,amd64,10.0.20348.2402", "10.0.20348.2402"),
    ] {
        assert_eq!(host(text).os_version.to_string(), version, "{text}");
    }
}

#[test]
fn a_build_without_a_release_is_named_by_its_number() {
    assert_eq!(host("29651").name, "Windows build 29651");
    assert_eq!(host("ltsc2022,client").name, "Windows build 20348");
    assert_eq!(host("6.3.9600").name, "Windows 6.3 build 9600");
    assert_eq!(host("20348").name, "Windows Server 2022");
}

#[test]
fn this_machine_and_files_are_asked_for() {
    let Ok(Spec::Local(attributes)) = request("LOCAL,no-hyperv") else { panic!("local is this machine") };
    assert_eq!(attributes.hyperv, Some(Availability::Unavailable));
    let Ok(Spec::File(path, attributes)) = request("@my hosts/a,b.reg,client") else { panic!("@ is a file") };
    assert_eq!((path.to_str(), attributes.kind), (Some("my hosts/a,b.reg"), Some(Kind::Client)));
}

#[test]
fn all_is_every_release_in_support() {
    let names = |text: &str| -> Vec<String> { hosts(text).into_iter().filter_map(|host| host.release).collect() };
    let all = names("all");
    for (release, in_support) in [
        ("ltsc2016", true),
        ("ltsc2019", true),
        ("ltsc2022", true),
        ("ltsc2025", true),
        ("windows-11-24h2", true),
        ("windows-11-25h2", true),
        ("server-23h2", false),
        ("1903", false),
        ("windows-11-23h2", false),
    ] {
        assert_eq!(all.iter().any(|name| name == release), in_support, "{release}");
    }
    assert!(hosts("all,server").iter().all(|host| host.kind == Kind::Server && host.overridden.is_empty()));
    assert!(hosts("all,home").iter().all(|host| host.is_home() && host.overridden.is_empty()));
    assert!(hosts("all,arm64").iter().all(|host| host.architecture.as_str() == "arm64" && host.overridden.is_empty()));
    assert_eq!(hosts("all,server").len() + hosts("all,client").len(), all.len());

    let Ok(Spec::Hosts(later)) = parse("all", Knowledge::built_in(), date(2027, 2, 1)) else { panic!("hosts") };
    assert!(!later.iter().any(|host| host.release.as_deref() == Some("ltsc2016")), "2016 left support in January 2027");
    assert!(parse("all", Knowledge::built_in(), date(2090, 1, 1)).is_err());
}

#[test]
fn errors_name_what_is_wrong_and_what_to_do() {
    for (text, what) in [
        ("", "the host is empty"),
        (",client", "the host is empty"),
        ("@", "@ needs the name of a file"),
        ("ubuntu-24.04", "`ubuntu-24.04` is not a known Windows host"),
        ("9600", "`9600` is not a known Windows host"),
        ("100000", "`100000` is not a known Windows host"),
        ("11.0.22000.0", "`11.0.22000.0` is not a known Windows host"),
        ("20348.1.amd64fre.fe_release.210507-1500", "a BuildLabEx alone does not tell the version of a Windows"),
        ("10.0.14393,7000", "`10.0.14393,7000` is not a known Windows host"),
        ("10.0.20348,5", "`10.0.20348,5` is not a known Windows host"),
        ("10.0.20348.1,2402", "`10.0.20348.1,2402` is not a known Windows host"),
        (
            "Host web01 runs Windows Server 2022. Windows SDK 10.0.19041.0 is installed.",
            "this text holds more than one Windows version",
        ),
        ("26100,clinet", "unknown attribute `clinet`"),
        ("ltsc2022,nohyperv", "unknown attribute `nohyperv`"),
        ("10.0.26100.4061,client,nohyperv", "unknown attribute `nohyperv`"),
        ("10.0.20348,foo", "unknown attribute `foo`"),
        ("26100.4061,no_hyperv,arm64", "unknown attribute `no_hyperv`"),
        ("local,no-hiperv,home", "unknown attribute `no-hiperv`"),
        ("nanoserver:ltsc2022", "`nanoserver:ltsc2022` is an image, not a host"),
        (
            "mcr.microsoft.com/windows/servercore:ltsc2019",
            "`mcr.microsoft.com/windows/servercore:ltsc2019` is an image, not a host",
        ),
        // Files that are not there: an image begins with a letter or a digit, and a drive is one letter.
        ("/none/fleet.txt", "`/none/fleet.txt` is not a known Windows host"),
        ("./none/fleet.txt", "`./none/fleet.txt` is not a known Windows host"),
        (r"C:\none\fleet.txt", r"`C:\none\fleet.txt` is not a known Windows host"),
        ("C:/none/fleet.txt", "`C:/none/fleet.txt` is not a known Windows host"),
        (
            "MicrosoftWindowsDesktop:windows-11:win11-23h2-pro:latest",
            "`MicrosoftWindowsDesktop:windows-11:win11-23h2-pro:latest` is an image of virtual machines, not a host",
        ),
        ("windows server 2012 r2", "`windows server 2012 r2` has no containers"),
        ("Win2008R2Datacenter", "`Win2008R2Datacenter` has no containers"),
        ("windows-8.1", "`windows-8.1` has no containers"),
        ("windows-20128", "`windows-20128` is not a known Windows host"),
        ("-20348", "`-20348` is not a known Windows host"),
        ("-2022", "`-2022` is not a known Windows host"),
        ("+1903", "`+1903` is not a known Windows host"),
        ("-10.0.20348.1", "`-10.0.20348.1` is not a known Windows host"),
        ("KB5005039", "`KB5005039` is not a known Windows host"),
        ("Hotfix 20348", "`Hotfix 20348` is not a known Windows host"),
        ("Hotfix 20348.2402", "`Hotfix 20348.2402` is not a known Windows host"),
        ("port 20348", "`port 20348` is not a known Windows host"),
        ("'ltsc2022'", "`'ltsc2022'` is not a known Windows host"),
        ("%HOST%", "`%HOST%` is not a known Windows host"),
        ("0", "`0` is not a known Windows host"),
        ("99", "`99` is not a known Windows host"),
        ("10.0.1", "`10.0.1` is not a known Windows host"),
        ("10.0.0.0", "`10.0.0.0` is not a known Windows host"),
        ("26100,client,server", "a host cannot be both `client` and `server`"),
        ("26100,home,server", "a host cannot be both `home` and `server`"),
        ("all,server,arm64", "no release in support is left"),
        ("22h2", "`22h2` means more than one Windows release"),
        ("windows-11", "`windows-11` means more than one Windows release"),
        ("10.0.20348.1 or 10.0.26100.2", "this text holds more than one Windows version"),
        // A list with a part that is not a host is not a text with one version: the other hosts would be lost.
        ("ltsc2019,20348.2402,ltsc22", "`ltsc22` is not a known Windows host"),
        ("ltsc22,20348.2402", "`ltsc22` is not a known Windows host"),
        ("20348.2402,ltsc22,arm64", "`ltsc22` is not a known Windows host"),
        ("Windows Server 2020,20348.2402", "`Windows Server 2020` is not a known Windows host"),
        ("ltsc2019,20348.2402,23h2", "`23h2` means more than one Windows release"),
        ("ltsc2019,17763,20348.2402,23h2,arm64", "`23h2` means more than one Windows release"),
        ("20348.2402,windows-11", "`windows-11` means more than one Windows release"),
        ("ltsc2019,nanoserver:ltsc2022", "`nanoserver:ltsc2022` is an image, not a host"),
        ("client,20348.2402", "the attribute `client` stands before its host"),
        ("20348.2402,%HOST%2", "`20348.2402,%HOST%2` is not a known Windows host"),
        ("ltsc2019;10.0.20348.2402", "this text holds more than one Windows version"),
        ("ltsc2019 10.0.20348.2402", "this text holds more than one Windows version"),
        ("ltsc2019|10.0.20348.2402", "this text holds more than one Windows version"),
        ("2019 10.0.20348.2402", "this text holds more than one Windows version"),
        ("17763 10.0.20348.2402", "this text holds more than one Windows version"),
        ("23h2 10.0.20348.2402", "this text holds more than one Windows version"),
        ("db=ltsc2019 web=10.0.20348.2402", "this text holds more than one Windows version"),
        ("windows-server-2019 (10.0.20348.2402)", "this text holds more than one Windows version"),
        ("Windows Server 2019 Standard 10.0.20348.2402", "this text holds more than one Windows version"),
        ("OS=Windows Server 2019, Version=20348.2402", "this text holds more than one Windows version"),
        ("OS=ltsc2019 Version=20348.2402", "this text holds more than one Windows version"),
        ("Windows 11 22H2 26200.5074", "this text holds more than one Windows version"),
        ("10.0.20348.2402, Web Server 2019", "this text holds more than one Windows version"),
        ("sql ltsc2019 10.0.20348.2402", "this text holds more than one Windows version"),
        ("apps Server 2019 10.0.20348.2402", "this text holds more than one Windows version"),
        ("containerd://1.7.13", "`containerd://1.7.13` is the version of an engine, not a host"),
        ("windows/amd64", "`windows/amd64` is a platform, not a host"),
        ("windows", "`windows` is not a known Windows host"),
        ("web01 10.0.20348.2402\nweb02 ltsc2022", "this text is a list with a host on each line"),
        ("ltsc2022,,ltsc2019", "`ltsc2022,,ltsc2019` has a comma without a host beside it"),
        ("N[x]=ltsc2019", "`N[x]` is not the name of a host"),
        ("-web=ltsc2019,no-hyperv", "`-web` is not the name of a host"),
        ("=ltsc2019", "`=ltsc2019` has no name before its ="),
        ("\u{1b}]0;x\u{7}\r\n::error::", "`]0;x  ::error::` is not a known Windows host"),
    ] {
        assert_eq!(error(text).what, what, "{text}");
    }
    assert_eq!(
        error("22h2").causes,
        ["it may be windows-10-22h2 (build 19045), azure-stack-hci-22h2 (build 20349), windows-11-22h2 (build 22621)"]
    );
    assert_eq!(
        error("26100,clinet").hint.unwrap().to_string(),
        "did you mean client? the attributes of a host are server, client, home, amd64, arm64, x86, hyperv, no-hyperv"
    );
    for (text, advice) in [
        ("10.0.14393,7000", "did you mean <host(\"10.0.14393.7000\")>?"),
        ("ltsc2022,nohyperv", "did you mean no-hyperv?"),
        (
            "MicrosoftWindowsServer:WindowsServer:2019-Datacenter-with-Containers:latest",
            "name the Windows that a machine of it runs: <host(\"ltsc2019\")>",
        ),
        ("AKSWindows-2022-containerd-20348.2402.240513", "<host(\"10.0.20348.2402\")>"),
        ("ltsc2022,x64", "did you mean amd64?"),
        ("19045,client,32-bit", "did you mean x86?"),
        ("all,x86", "leave out one of the attributes behind `all`"),
        ("ltsc2019,ltsc2202", "did you mean ltsc2022?"),
        ("windows-server-2020", "<host(\"windows-server-2025\")> or windows-server-2022?"),
        ("ltsc22", "did you mean <host(\"ltsc2022\")>?"),
        ("ltsc2019,20348.2402,ltsc22", "did you mean ltsc2022?"),
        ("windows-server-2019 (10.0.20348.2402)", "<host(\"ltsc2019,10.0.20348.2402\")>"),
        ("web01 10.0.20348.2402\nweb02 ltsc2022", "<hosts(\"file\")>"),
        ("ltsc2022,,ltsc2019", "did you mean <host(\"ltsc2022,ltsc2019\")>?"),
        ("ltsc2022,ltsc2019,", "did you mean <host(\"ltsc2022,ltsc2019\")>?"),
        ("ltsc2022;ltsc2019", "did you mean <host(\"ltsc2022,ltsc2019\")>?"),
        ("ltsc2022 ltsc2019", "did you mean <host(\"ltsc2022,ltsc2019\")>?"),
        ("web01 ltsc2019", "did you mean <host(\"web01=ltsc2019\")>?"),
        ("N[x]=ltsc2019", "a name begins with a letter or digit, and has at most 63 characters, none of them a space, a quote"),
        ("N[x]=ltsc2019", "or one of @,;=[]{}: name it as in "),
        ("N[x]=ltsc2019,no-hyperv", "name it as in <host(\"web01=ltsc2019\")>"),
        ("servers: ltsc2019, ltsc2022", "did you mean <host(\"servers=ltsc2019\")>?"),
        ("our servers: ltsc2019, ltsc2022", "did you mean <host(\"ltsc2019\")>?"),
        ("web01 windows-server-2020", "<host(\"windows-server-2025\")> or windows-server-2022?"),
        ("windows-11-home", "did you mean <host(\"windows-11-26h2,home\")>?"),
        ("windows-11;24h2", "did you mean <host(\"windows-11-24h2\")>"),
        ("windows-server-latest", "did you mean <host(\"ltsc2025\")>?"),
        ("Windows 11 Home 23H2", "did you mean <host(\"windows-11-23h2,home\")>?"),
        ("windows-11", "<host(\"windows-11-26h2\")>"),
        ("windows-10", "<host(\"windows-10-22h2\")>"),
        ("windows-server", "<host(\"ltsc2025\")>"),
        ("nanoserver:ltsc2019", "<host(\"ltsc2019\")>"),
        ("myregistry.example/app:1.2", "<host(\"windows-server-2022\")>"),
    ] {
        let hint = error(text).hint.unwrap().to_string();
        assert!(hint.contains(advice), "{text}: {hint}");
    }
    for (text, meant) in [
        ("'ltsc2022'", "ltsc2022"),
        ("\"ltsc2022\"", "ltsc2022"),
        ("“ltsc2022”", "ltsc2022"),
        ("'20348,no-hyperv'", "20348,no-hyperv"),
        ("'ltsc2022',no-hyperv", "ltsc2022"),
        ("'ltsc2019,ltsc2022'", "ltsc2019,ltsc2022"),
        ("'@web01.txt'", "@web01.txt"),
        ("'web01=ltsc2022", "web01=ltsc2022"),
    ] {
        let error = error(text);
        assert!(error.causes[0].contains("the quotes are part of it"), "{text}: {:?}", error.causes);
        assert_eq!(error.hint.unwrap().to_string(), format!("did you mean <host(\"{meant}\")>?"), "{text}");
    }
    for text in
        ["%HOST%", "%HOST%,no-hyperv", "ltsc2022,$FEATURES", "$env:HOST", "$HOST", "$(Agent.OS)", "${{ matrix.os }}", "<host>"]
    {
        let error = error(text);
        assert!(error.causes[0].contains("was not replaced by its value"), "{text}: {:?}", error.causes);
        assert!(error.hint.unwrap().to_string().contains("$env:NAME in PowerShell"), "{text}");
    }
    assert!(error("ubuntu").hint.unwrap().to_string().contains("@FILE"));
}

#[test]
fn long_and_odd_texts_are_read_quickly() {
    for text in
        ["1.".repeat(200_000), ",".repeat(200_000), "10.0.".repeat(100_000), "é".repeat(100_000), ",client".repeat(50_000)]
    {
        assert!(request(&text).is_err());
    }
}
