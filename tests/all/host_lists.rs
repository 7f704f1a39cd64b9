//! Several hosts: in one argument, in lists, in folders, and by name.

use std::fs;
use std::path::Path;

use jiff::civil::{Date, date};
use wincompat::host::{Found, Source, find, in_list, listed};
use wincompat::knowledge::Knowledge;
use wincompat::{Error, Kind};

const TODAY: Date = date(2026, 11, 23);

fn lines(found: Result<Vec<Found>, Error>) -> Vec<String> {
    let found = found.unwrap_or_else(|error| panic!("{}", error.sentence()));
    found.iter().map(|found| format!("{} {}", found.host.label, found.host.os_version)).collect()
}

fn argument(text: &str) -> Result<Vec<Found>, Error> {
    find(&[text.to_owned()], None, Knowledge::built_in(), TODAY)
}

fn list(text: &str) -> Result<Vec<Found>, Error> {
    in_list("standard input", text.as_bytes(), None, Knowledge::built_in(), TODAY)
}

fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn in_path(path: &Path) -> Result<Vec<Found>, Error> {
    listed(path, None, Knowledge::built_in(), TODAY)
}

#[test]
fn one_argument_may_name_several_hosts() {
    for (text, expected) in [
        ("ltsc2019,ltsc2022", &["Windows Server 2019 10.0.17763", "Windows Server 2022 10.0.20348"][..]),
        ("ltsc2019,no-hyperv, ltsc2022", &["Windows Server 2019 10.0.17763", "Windows Server 2022 10.0.20348"]),
        ("10.0.17763.1,10.0.20348.2", &["Windows Server 2019 10.0.17763.1", "Windows Server 2022 10.0.20348.2"]),
        ("ltsc2019,10.0.20348.2402", &["Windows Server 2019 10.0.17763", "Windows Server 2022 10.0.20348.2402"]),
        ("web=ltsc2022,db=ltsc2022", &["web 10.0.20348", "db 10.0.20348"]),
        ("web01=20348,no-hyperv", &["web01 10.0.20348"]),
        ("a.b-c=Windows Server 2022", &["a.b-c 10.0.20348"]),
        ("Windows Server, version 1903", &["Windows Server, version 1903 10.0.18362"]),
        ("Windows Server 2022, 10.0.20348.5", &["Windows Server 2022 10.0.20348.5"]),
        ("BuildNumber=20348", &["Windows Server 2022 10.0.20348"]),
        ("OS=ltsc2022", &["Windows Server 2022 10.0.20348"]),
        // What says more of one host is no host of its own.
        ("OS=Windows Server 2022, Version=20348.2402", &["Windows Server 2022 10.0.20348.2402"]),
        ("Windows Server 2022 Datacenter, 2009, 20348", &["Windows Server 2022 10.0.20348"]),
        ("Windows Server 2022 Datacenter, 2009, 20348.2402", &["Windows Server 2022 10.0.20348.2402"]),
        ("Windows Server 2022, 20348", &["Windows Server 2022 10.0.20348"]),
        ("Windows 11, 24H2, 26100", &["Windows 11, version 24H2 10.0.26100"]),
        ("Windows 11, 24H2, 26100.4061", &["Windows 11, version 24H2 10.0.26100.4061"]),
        ("pc1=win11,24h2", &["pc1 10.0.26100"]),
        ("2009,20348", &["Windows Server, version 20H2 10.0.19042", "Windows Server 2022 10.0.20348"]),
        ("Windows 10 2009, 22631.1", &["Windows 10, version 20H2 10.0.19042", "Windows 11, version 23H2 10.0.22631.1"]),
    ] {
        assert_eq!(lines(argument(text)), expected, "{text}");
    }
    let named = argument("lab=all,server").unwrap();
    assert!(named.len() > 2 && named.iter().all(|found| found.host.label.starts_with("lab/")));
}

#[test]
fn a_name_wins_over_the_sources_and_that_over_the_files() {
    let systeminfo = "Host Name: WIN7\nOS Name: Microsoft Windows Server 2022 Standard\nOS Version: 10.0.20348 N/A Build 20348\n";
    let folder = folder_of(&[("web01.txt", systeminfo), ("web02.txt", "Microsoft Windows [Version 10.0.17763.1]")]);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let given = path("web01.txt");
    assert_eq!(lines(argument(&format!("front=@{given}"))), ["front 10.0.20348"]);
    assert_eq!(lines(argument(&format!("@{given}"))), ["WIN7 10.0.20348"]);
    assert_eq!(lines(argument(&format!("@{}", path("web02.txt")))), ["web02 10.0.17763.1"]);
    assert_eq!(lines(argument(&format!("@{given},@{}", path("web02.txt")))), ["WIN7 10.0.20348", "web02 10.0.17763.1"]);
    let found = in_path(folder.path()).unwrap();
    assert_eq!(found[0].host.file, Some(given));
    assert_eq!(lines(Ok(found)), ["WIN7 10.0.20348", "web02 10.0.17763.1"]);
}

#[test]
fn a_list_has_a_host_on_each_line() {
    let text = "# fleet\r\n\r\nweb01 10.0.20348.2402 # front\r\nweb02=ltsc2019,no-hyperv\r\nweb03\tWindows Server 2025\r\nweb04: 20348\r\n\
                Windows Server 2016\r\nMicrosoft Windows [Version 10.0.26100.1]\r\n1903\r\n";
    let expected = [
        "web01 10.0.20348.2402",
        "web02 10.0.17763",
        "web03 10.0.26100",
        "web04 10.0.20348",
        "Windows Server 2016 10.0.14393",
        "Windows Server 2025 10.0.26100.1",
        "Windows Server, version 1903 10.0.18362",
    ];
    assert_eq!(lines(list(text)), expected);
    let utf16: Vec<u8> = "\u{feff}web01 20348\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(lines(in_list("-", &utf16, None, Knowledge::built_in(), TODAY)), ["web01 10.0.20348"]);
    // What a command printed is one host.
    assert_eq!(
        lines(list("Microsoft Windows [Version 10.0.20348.2]\n(c) Microsoft Corporation. All rights reserved.\n")),
        ["Windows Server 2022 10.0.20348.2"]
    );
    // The files of a list lie beside it.
    let folder = folder_of(&[("fleet.txt", "a=@one.txt\n@one.txt\n"), ("one.txt", "10.0.20348.7")]);
    assert_eq!(lines(in_path(&folder.path().join("fleet.txt"))), ["a 10.0.20348.7", "one 10.0.20348.7"]);
}

/// A colon before an @ is that of a password in a text that is no host, and nowhere else.
#[test]
fn a_list_of_files_and_a_line_with_an_address_are_read() {
    for text in [r"ltsc2019,@C:\none.txt,@C:\none2.txt", r"a=@C:\none.txt,b=@C:\none2.txt,c=@C:\none3.txt"] {
        let error = argument(text).expect_err(text).sentence();
        assert!(error.contains(r"C:\none.txt") && !error.contains("password"), "{text}: {error}");
    }
    for line in ["web01,10.0.20348.2402,12:30,bob@x.test\n", "web01;10.0.20348.2402;00:1a:2b:3c:4d:5e;bob@x.test\n"] {
        assert_eq!(lines(list(line)), ["web01 10.0.20348.2402"], "{line}");
    }
    for text in ["bob:hunter2@registry", "ltsc2022,bob:hunter2,hunter2=hunter2@r.test", "web=bob:hunter2@registry"] {
        let error = argument(text).expect_err(text).sentence();
        assert!(error.contains("may be a password") && !error.contains("hunter2"), "{text}: {error}");
    }
}

/// Marks of lists, tables and quotes are no part of a host.
#[test]
fn a_list_is_read_with_the_marks_around_its_hosts() {
    for text in [
        "- ltsc2019\n- 10.0.20348.2402\n",
        "* ltsc2019\n* 10.0.20348.2402\n",
        "- [ ] ltsc2019\n- [x] **10.0.20348.2402**\n",
        "---\n- \"ltsc2019\"\n- '10.0.20348.2402'\n",
        "1. ltsc2019\n2. 10.0.20348.2402\n",
        "\"ltsc2019\",\n\"10.0.20348.2402\"\n",
    ] {
        assert_eq!(lines(list(text)), ["Windows Server 2019 10.0.17763", "Windows Server 2022 10.0.20348.2402"], "{text}");
        let folder = folder_of(&[("fleet.txt", text)]);
        let error = argument(&format!("@{}", folder.path().join("fleet.txt").display())).expect_err(text);
        assert!(error.sentence().contains("is a list with a host on each line"), "{text}: {}", error.sentence());
    }
    for text in [
        "| Name | Windows |\n|---|---|\n| alpha | ltsc2019 |\n| beta | 10.0.20348.2402 |\n",
        "+-------+----------+\n| alpha | ltsc2019 |\n+-------+----------+\n| beta | 10.0.20348.2402 |\n+-------+----------+\n",
        "alpha | `ltsc2019`\nbeta | `10.0.20348.2402`\n",
        "- alpha: ltsc2019\n- beta: 10.0.20348.2402\n",
        "\"alpha\": \"ltsc2019\",\n\"beta\": \"10.0.20348.2402\"\n",
    ] {
        assert_eq!(lines(list(text)), ["alpha 10.0.17763", "beta 10.0.20348.2402"], "{text}");
    }
    // What is no host is named, and not lost beside one whole version.
    for text in [
        "- ltsc2002\n- 10.0.20348.2402\n",
        "- Windows 11\n- 10.0.20348.2402\n",
        "| alpha | ltsc22 |\n| beta | 10.0.20348.2402 |\n",
        "| alpha | prod | ltsc2019 |\n| beta | prod | 10.0.20348.2402 |\n",
        "alpha prod ltsc2019\nbeta prod 10.0.20348.2402\n",
        "| beta | Windows Server |\n|------|----------------|\n| web1 | 10.0.20348.2402 |\n",
    ] {
        let error = list(text).expect_err(text).sentence();
        assert!(error.contains("line 1 is not a host"), "{text}: {error}");
    }
    let text = "os: Windows 11\nkernel: 10.0.20348\n";
    let error = list(text).expect_err(text).sentence();
    assert!(error.contains("the systems of several hosts"), "{text}: {error}");
    // Another product is no other host.
    assert_eq!(lines(list("SQL Server 2019\n10.0.20348.2402\n")), ["Windows Server 2022 10.0.20348.2402"]);
    assert_eq!(lines(list("Windows 11\n10.0.26100.4061\n")), ["Windows 11, version 24H2 10.0.26100.4061"]);
}

/// A name that is like a release is that of a computer where a colon or the status of a node says so; else it is asked for.
#[test]
fn a_computer_may_be_called_like_a_release() {
    for (text, expected) in [
        ("server2019: 10.0.20348.2402\nweb02 ltsc2022\n", &["server2019 10.0.20348.2402", "web02 10.0.20348"][..]),
        ("server2019=10.0.20348.2402\n", &["server2019 10.0.20348.2402"]),
        (
            "server2019   Ready   <none>   9d   v1.29.2   10.0.0.4   <none>   Windows Server 2022 Datacenter   10.0.20348.2340   containerd://1.7.13\n\
             winnode   Ready,SchedulingDisabled   <none>   9d   v1.29.2   10.0.0.5   <none>   Windows Server 2019 Datacenter   10.0.17763.5458   containerd://1.7.13\n",
            &["server2019 10.0.20348.2340", "winnode 10.0.17763.5458"],
        ),
        ("win-10 10.0.20348.2402\n", &["win-10 10.0.20348.2402"]),
    ] {
        assert_eq!(lines(list(text)), expected, "{text}");
    }
    let error = list("server2019 10.0.20348.2402\nweb02 ltsc2022\n").unwrap_err();
    assert!(error.sentence().contains("line 1 is not a host"), "{}", error.sentence());
    let hint = error.hint.unwrap().to_string();
    assert!(hint.contains("write server2019=10.0.20348.2402 on this line"), "{hint}");
}

/// A file with one line is the same host, whichever way it is given.
#[test]
fn one_line_is_one_host_in_a_list_and_by_itself() {
    for (line, version, kind) in [
        ("win11,24h2", "10.0.26100", Kind::Client),
        ("win11 24h2", "10.0.26100", Kind::Client),
        ("win11: 24h2", "10.0.26100", Kind::Client),
        ("win11 10.0.26100", "10.0.26100", Kind::Client),
        ("26100,client", "10.0.26100", Kind::Client),
        ("10.0.26100.1,client", "10.0.26100.1", Kind::Client),
        ("web01=26100,client", "10.0.26100", Kind::Client),
        ("Windows 11, 24H2, 26100", "10.0.26100", Kind::Client),
        ("24h2", "10.0.26100", Kind::Server),
        ("20348", "10.0.20348", Kind::Server),
    ] {
        let folder = folder_of(&[("one.txt", line)]);
        let path = folder.path().join("one.txt");
        for found in [argument(&format!("@{}", path.display())), in_path(&path), argument(line)] {
            let found = found.unwrap_or_else(|error| panic!("{line}: {}", error.sentence()));
            let hosts: Vec<_> = found.iter().map(|found| (found.host.os_version.to_string(), found.host.kind)).collect();
            assert_eq!(hosts, [(version.to_owned(), kind)], "{line}");
        }
    }
}

#[test]
fn nodes_are_hosts_and_the_others_are_counted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts/nodes-wide.txt");
    let found = in_path(&path).unwrap();
    assert!(found.iter().all(|found| found.host.source == Source::Node && found.host.file.is_some()));
    let notes: Vec<String> = found.iter().flat_map(|found| &found.notes).map(ToString::to_string).collect();
    assert_eq!(notes, ["one node of 3 left out, since only Windows nodes are hosts here"]);
    assert_eq!(lines(Ok(found)), ["akswin000000 10.0.20348.2655", "akswin25000000 10.0.26100.32860"]);
}

/// A line that is no host is not passed over as part of what a command printed: the host on it would be forgotten.
#[test]
fn a_line_that_is_no_host_fails_also_beside_one_whole_version() {
    for (text, wrong) in [
        ("web01 ltsc2019\nweb02 windows 11\nweb03 10.0.26100.4061\n", 2),
        ("web01=ltsc2002\nweb03 10.0.26100.4061\n", 1),
        ("lin01 Ubuntu 22.04\nweb03 10.0.26100.4061\n", 1),
        ("web03=10.0.26100.4061\nlin01 Ubuntu 22.04\n", 2),
        ("ltsc2019\nltsc2002\n10.0.26100.4061\n", 2),
        ("10.0.26100.4061\nltsc2002\n", 2),
        ("10.0.20348.2402\nWindows Server 2020\n", 2),
        ("web01 ltsc2019 10.0.20348.2402\nweb02 ltsc2022\n", 1),
        ("web01 10.0.20348.2402\nweb02 ltsc2019,20348.2402,ltsc22\n", 2),
    ] {
        let error = list(text).unwrap_err().sentence();
        assert!(error.contains(&format!("line {wrong} is not a host")), "{text}: {error}");
    }
    // What tells properties of one host names none.
    let facts = "ansible_os_name: Microsoft Windows Server 2022 Datacenter\nansible_kernel: 10.0.20348.0\n";
    assert_eq!(lines(list(facts)), ["Windows Server 2022 10.0.20348"]);
    assert_eq!(lines(list("os-01: ltsc2022\nweb: ltsc2019\n")), ["os-01 10.0.20348", "web 10.0.17763"]);
    assert_eq!(lines(list("os-a: 10.0.20348.2402\nos-b: ltsc2019\n")), ["os-a 10.0.20348.2402", "os-b 10.0.17763"]);
    // Columns behind the version are passed over.
    assert_eq!(
        lines(list("web01 10.0.20348.2402 prod rack3\nweb02: Microsoft Windows [Version 10.0.20348.2402]\n")),
        ["web01 10.0.20348.2402", "web02 10.0.20348.2402"]
    );
    // What a command printed stays one host.
    assert_eq!(lines(list("C:\\>ver\n\nMicrosoft Windows [Version 10.0.20348.2]\n")), ["Windows Server 2022 10.0.20348.2"]);
}

/// As one text with one version, a list would be one host, and the others would be lost.
#[test]
fn a_list_that_is_given_as_one_host_is_told_how_to_be_read() {
    for (case, text) in [
        ("a whole version and a release", "web01 10.0.20348.2402\nweb02 ltsc2019\n"),
        ("the same build", "web01 10.0.20348.2402\nweb02 ltsc2022\n"),
        ("builds", "web01 20348.100\nweb02 17763\n"),
        ("columns", "web01 10.0.20348.2402 prod rack3\nweb02 ltsc2019 prod rack4\n"),
        ("releases", "web01 ltsc2022\nweb02 ltsc2019\n"),
        ("no names", "windows-server-2022\nwindows-server-2019\n"),
        ("two versions", "web01 10.0.20348.2402\nweb02 10.0.17763.1\n"),
        ("a misspelt release", "web01 10.0.20348.2402\nweb02 ltsc22\n"),
        ("a misspelt name", "10.0.20348.2402\nWindows Server 2020\n"),
        ("a name of several releases", "web01 10.0.20348.2402\nweb02 windows 11\n"),
        ("equals signs", "web=10.0.20348.2402\ndb=ltsc2019\n"),
    ] {
        let folder = folder_of(&[("fleet.txt", text)]);
        let path = folder.path().join("fleet.txt");
        let typed = path.to_str().unwrap();
        let error = argument(&format!("@{typed}")).expect_err(case);
        assert!(error.hint.clone().unwrap_or_default().to_string().contains("<hosts(\"file\")>"), "{case}: {error:?}");
        let hint = argument(typed).expect_err(case).hint.unwrap().to_string();
        assert!(hint.contains("<hosts("), "{case}: {hint}");
    }
    // One host in several lines stays one.
    for text in [
        "Microsoft Windows Server 2022 Datacenter\n10.0.20348.2402\n",
        "Microsoft Windows 10 Pro\n10.0.22631.3007\n",
        "Edition\tWindows 11 Pro\nVersion\t24H2\nOS build\t26100.3194\n",
        "Version 24H2\nBuild 26100.3194\n",
        "Version=10.0.20348\nKernel=10.0.20348.2402\n",
        "Microsoft Windows [Version 10.0.18363.1]\n(c) 2019 Microsoft Corporation. All rights reserved.\n",
    ] {
        let folder = folder_of(&[("web01.txt", text)]);
        let found = argument(&format!("@{}", folder.path().join("web01.txt").display()));
        assert_eq!(lines(found).len(), 1, "{text}");
    }
    // In one line, two that are not one Windows.
    let folder = folder_of(&[("web01.txt", "ltsc2019 10.0.20348.2402\n")]);
    let error = argument(&format!("@{}", folder.path().join("web01.txt").display())).unwrap_err();
    assert!(error.sentence().contains("more than one Windows version"), "{}", error.sentence());
}

#[test]
fn computers_of_a_directory_are_hosts_and_those_without_a_version_are_counted() {
    let rows = "\"Name\",\"OperatingSystem\",\"OperatingSystemVersion\"\n\"DC1\",\"Windows Server 2019 Standard\",\"10.0 (17763)\"\n\
                \"OLD\",\"Windows Server 2012 R2 Standard\",\"6.3 (9600)\"\n\"LX\",\"pc-linux-gnu\",\"\"\n";
    let found = list(rows).unwrap();
    let notes: Vec<String> = found.iter().flat_map(|found| &found.notes).map(ToString::to_string).collect();
    assert_eq!(notes, ["one computer of 3 left out, since no version of Windows is named for it: `LX`"]);
    assert_eq!(lines(Ok(found)), ["DC1 10.0.17763", "OLD 6.3.9600"]);
    let found = list(
        "Name,OperatingSystem,OperatingSystemVersion\n,Windows Server 2022,10.0 (20348)\nB,Windows Server 2022,10.0 (20348)\n",
    );
    let found = found.unwrap();
    let notes: Vec<String> = found.iter().flat_map(|found| &found.notes).map(ToString::to_string).collect();
    assert_eq!(notes, ["one computer of 2 has no name, and is called by its place"]);
    assert_eq!(lines(Ok(found)), ["computer 1 10.0.20348", "B 10.0.20348"]);
}

/// Items and keys of YAML, fields of JSON and sections below the names of computers are hosts, also where all have one version.
#[test]
fn computers_of_one_version_are_hosts_of_their_own() {
    for (text, expected) in [
        ("- name: a\n  os: ltsc2019\n- name: b\n  os: 10.0.20348.2402\n", &["a 10.0.17763", "b 10.0.20348.2402"][..]),
        (
            "# fleet\nhosts:\n- name: \"a\"\n  version: 10.0.20348.2402 # front\n- name: b\n  version: 10.0.20348.2402\n",
            &["a 10.0.20348.2402", "b 10.0.20348.2402"],
        ),
        (
            "web01:\n  version: 10.0.20348.2402\nweb02:\n  version: 10.0.20348.2402\n",
            &["web01 10.0.20348.2402", "web02 10.0.20348.2402"],
        ),
        (
            r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"version": "10.0.20348.2402"}}"#,
            &["web01 10.0.20348.2402", "web02 10.0.20348.2402"],
        ),
        (
            "=== database\n10.0.20348.2402\n=== fileserver\n10.0.20348.2402\n",
            &["database 10.0.20348.2402", "fileserver 10.0.20348.2402"],
        ),
        (
            "CSName  Version     \r\r\nWEB01   10.0.20348  \r\r\nWEB02   10.0.20348  \r\r\n",
            &["WEB01 10.0.20348", "WEB02 10.0.20348"],
        ),
        ("Name,OS\na,ltsc2019\nb,10.0.20348.2402\n", &["a 10.0.17763", "b 10.0.20348.2402"]),
    ] {
        assert_eq!(lines(list(text)), expected, "{text}");
        let folder = folder_of(&[("fleet.txt", text)]);
        let found = argument(&format!("@{}", folder.path().join("fleet.txt").display()));
        assert_eq!(lines(found), expected, "{text}");
    }
    // Properties of one host are items of one key each.
    let one = "- OS: Windows Server 2022\n- OsVersion: 10.0.20348.2402\n";
    assert_eq!(lines(list(one)), ["Windows Server 2022 10.0.20348.2402"]);
}

/// One line that may be about two hosts, or names two Windows, is an error that says what to type, whichever way it is given.
#[test]
fn a_host_is_not_lost_within_a_line() {
    for (line, what, advice) in [
        ("web01/web02 ltsc2022", "`web01` and `web02` stand before one host", "write web01=ltsc2022,web02=ltsc2022"),
        ("web01 web02 10.0.20348.2402", "`web01` and `web02` stand before one host", "web02=10.0.20348.2402"),
        ("web01 and web02: 10.0.20348.2402", "`web01` and `web02` stand before one host", "web02=10.0.20348.2402"),
        ("web01,web02=10.0.20348.2402", "`web01` and `web02` stand before one host", "web02=10.0.20348.2402"),
        ("web 01=10.0.20348.2402", "`web 01` is not the name of a host", "web-01=10.0.20348.2402"),
        ("10.0.14393,7000", "`10.0.14393,7000` is not a known Windows host", "10.0.14393.7000"),
        ("database 10.0.14393,7000", "`database 10.0.14393,7000` is not a known Windows host", "10.0.14393.7000"),
        ("web01,Windows Server 2016,\"10.0.14393,7000\"", "is not a known Windows host", "10.0.14393.7000"),
        ("fileserver;2019;10.0.20348.2402", "are not the same Windows", "two"),
    ] {
        let folder = folder_of(&[("one.txt", line)]);
        let file = format!("@{}", folder.path().join("one.txt").display());
        for error in [argument(line).expect_err(line), argument(&file).expect_err(line), list(line).expect_err(line)] {
            let hint = error.hint.clone().unwrap_or_default().to_string();
            assert!(error.sentence().contains(what) && hint.contains(advice), "{line}: {} {hint}", error.sentence());
        }
    }
    for (text, what) in [
        ("web01 ltsc2019\nrack1/web02 10.0.20348.2402\n", "`rack1/web02` may be the name of one host or of several"),
        ("web01,Windows Server 2019,20348\n", "`Windows Server 2019` and `20348` are not the same Windows"),
        ("web01,ltsc2019,ltsc2022\n", "`ltsc2019` and `ltsc2022` are not the same Windows"),
        ("web01;Windows Server 2019;10.0.20348.2402\n", "`Windows Server 2019` and `10.0.20348.2402` are not the same Windows"),
    ] {
        let error = list(text).expect_err(text).sentence();
        assert!(error.contains(what), "{text}: {error}");
    }
    // Words before a sign that are not a name.
    assert_eq!(lines(argument("SET WINCOMPAT_HOST=10.0.20348.2402")), ["Windows Server 2022 10.0.20348.2402"]);
    for text in ["set HOST=ltsc2022", "OS Image=Windows Server 2022 Datacenter"] {
        let error = argument(text).expect_err(text).sentence();
        assert!(!error.contains("is not the name of a host"), "{text}: {error}");
    }
    // A build and the name of a release behind a comma.
    for (text, expected) in [("10.0.14393,1607", "10.0.14393"), ("10.0.20348,2022", "10.0.20348")] {
        let folder = folder_of(&[("web01.txt", text)]);
        let file = format!("@{}", folder.path().join("web01.txt").display());
        assert_eq!(lines(argument(&file)), [format!("web01 {expected}")], "{text}");
    }
    // Names that are written with their hosts, columns, and names of one computer.
    for (text, expected) in [
        ("web01=ltsc2022,web02=ltsc2022\n", &["web01 10.0.20348", "web02 10.0.20348"][..]),
        ("rack1/web02=ltsc2022\n", &["rack1/web02 10.0.20348"]),
        ("web01 web01.corp.example 10.0.20348.2402\n", &["web01 10.0.20348.2402"]),
        ("web01 rack3 10.0.20348.2402\n", &["web01 10.0.20348.2402"]),
        ("web01,Windows Server 2022,20348\n", &["web01 10.0.20348"]),
        ("Windows Server 2022, 20348\n", &["Windows Server 2022 10.0.20348"]),
        ("web01,10.0.20348,8,32\n", &["web01 10.0.20348"]),
        ("web01,10.0.20348,2,prod\n", &["web01 10.0.20348"]),
        ("web01,Windows Server 2022,10.0.20348,8,32\n", &["web01 10.0.20348"]),
        ("prod/web01 10.0.20348.2402\n", &["prod/web01 10.0.20348.2402"]),
        ("web/sql ltsc2022\n", &["web/sql 10.0.20348"]),
        (
            "corp.example/Servers/WEB01 10.0.20348.2402\ncorp.example/Servers/WEB02 10.0.20348.2402\n",
            &["corp.example/Servers/WEB01 10.0.20348.2402", "corp.example/Servers/WEB02 10.0.20348.2402"],
        ),
        (
            "hosts/web01.txt:Microsoft Windows [Version 10.0.20348.2402]\n\
             hosts/web02.txt:Microsoft Windows [Version 10.0.20348.2402]\n",
            &["hosts/web01.txt 10.0.20348.2402", "hosts/web02.txt 10.0.20348.2402"],
        ),
        ("Windows Server 2019, 20348\n", &["Windows Server 2019 10.0.17763", "Windows Server 2022 10.0.20348"]),
    ] {
        assert_eq!(lines(list(text)), expected, "{text}");
    }
}

/// A row that says Windows without a version is a host that would be lost; one from before containers is left out.
#[test]
fn a_windows_without_a_version_is_an_error_of_a_table() {
    let head = "Name,OperatingSystem,OperatingSystemVersion\nDC1,Windows Server 2019 Standard,10.0 (17763)\n";
    for row in ["PC1,Windows 10 Pro,\n", "PC1,Windows,unknown\n", "PC1,Microsoft Windows Server 2016 or later (64-bit),\n"] {
        let error = list(&format!("{head}{row}")).expect_err(row);
        assert!(error.sentence().contains("the Windows of the computer `PC1` is not known"), "{row}: {}", error.sentence());
        assert!(error.hint.unwrap_or_default().to_string().contains("leave that row out"), "{row}");
    }
    for row in [
        "OLD,Windows XP Professional,5.1 (2600)\n",
        "OLD,Windows Server 2012 R2 Standard,\n",
        "OLD,Windows 2000 Server,\n",
        "OLD,Windows Storage Server 2012,\n",
        "OLD,Windows Small Business Server 2011,\n",
        "OLD,Windows Web Server 2008 R2,\n",
        "OLD,Windows Embedded Standard,\n",
        "OLD,Windows RT 8.1,\n",
        "OLD,Windows Phone,\n",
        "OLD,Windows CE,\n",
        "OLD,Windows Holographic,\n",
        "OLD,Windows Subsystem for Linux,\n",
        "OLD,,\n",
    ] {
        let found = list(&format!("{head}{row}")).unwrap_or_else(|error| panic!("{row}: {}", error.sentence()));
        assert_eq!(found[0].notes.len(), 1, "{row}");
        assert!(found[0].notes[0].to_string().ends_with("no version of Windows is named for it: `OLD`"), "{row}");
        assert_eq!(lines(Ok(found)), ["DC1 10.0.17763"], "{row}");
    }
    let row = "PC1,Windows 10 IoT Core,\n";
    let error = list(&format!("{head}{row}")).expect_err(row).sentence();
    assert!(error.contains("its system is `Windows 10 IoT Core`"), "{error}");
    let row = "web01,Windows Server 2016,\"10.0.14393,7000\"\n";
    let error = list(&format!("{head}{row}")).expect_err(row).sentence();
    assert!(error.contains("the Windows of the computer `web01` is not known"), "{error}");
}

#[test]
fn standard_input_is_a_list_and_not_a_host() {
    for text in ["-", "@-", "web01=@-", "@-,client"] {
        let error = argument(text).expect_err(text);
        assert!(error.sentence().ends_with("standard input is read as a list of hosts, or as what a tool printed"), "{text}");
        assert_eq!(error.hint.unwrap().to_string(), "read it with <hosts(\"-\")>", "{text}");
    }
}

/// What is left out of a table that was copied into an argument is said, as it is of a file.
#[test]
fn what_is_left_out_of_a_copied_table_is_said() {
    let text = "Name,OperatingSystem,OperatingSystemVersion\nWEB01,Windows Server 2022 Standard,10.0 (20348)\nMAC,macOS,14.5\n";
    let found = argument(text).unwrap_or_else(|error| panic!("{}", error.sentence()));
    let notes: Vec<String> = found[0].notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["one computer of 2 left out, since no version of Windows is named for it: `MAC`"]);
    assert_eq!(lines(Ok(found)), ["WEB01 10.0.20348"]);
}

/// Secrets in a line, as an inventory of Ansible has them, are not shown.
#[test]
fn no_error_shows_a_secret_of_a_line() {
    let lines = ["web01 ansible_user=Admin ansible_password=hunter2 ltsc2022", "web01 api_token:hunter2 x", "web01=hunter2@x"];
    for line in lines {
        for error in [argument(line).expect_err(line), list(line).expect_err(line)] {
            let hint = error.hint.clone().unwrap_or_default().to_string();
            let sentence = error.sentence();
            assert!(
                sentence.contains('…') && !sentence.contains("hunter2") && !hint.contains("hunter2"),
                "{line}: {sentence} {hint}"
            );
        }
    }
}

/// A release among other words is not one host in silence: what may be meant is asked.
#[test]
fn releases_among_other_words_are_named() {
    for (text, hosts) in [
        ("our servers: ltsc2019", "ltsc2019"),
        ("We run ltsc2019 and ltsc2022", "ltsc2019,ltsc2022"),
        ("Our servers run Windows Server 2019 Standard.", "ltsc2019"),
    ] {
        let folder = folder_of(&[("note.txt", text)]);
        let file = format!("@{}", folder.path().join("note.txt").display());
        for error in [argument(text).expect_err(text), argument(&file).expect_err(text), list(text).expect_err(text)] {
            let hint = error.hint.clone().unwrap_or_default().to_string();
            assert!(hint.contains(&format!("<host(\"{hosts}\")>")), "{text}: {} {hint}", error.sentence());
        }
    }
    // Beside a version in a file, such a word is the tag of an image.
    for below in [
        "ltsc2019: Pulling from windows/servercore\n7c76e5cf7755: Already exists\n",
        "REPOSITORY                             TAG        IMAGE ID       CREATED        SIZE\n\
         mcr.microsoft.com/windows/servercore   ltsc2019   aaaabbbbcccc   2 months ago   5.7GB\n",
        "The operating system of ltsc2019 does not match the host.\n",
    ] {
        for above in ["", "web01 | CHANGED | rc=0 >>\n"] {
            let text = format!("{above}Microsoft Windows [Version 10.0.20348.2402]\n{below}");
            let found = list(&text).unwrap_or_else(|error| panic!("{text}: {}", error.sentence()));
            assert!(lines(Ok(found))[0].ends_with(" 10.0.20348.2402"), "{text}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = folder_of(&[("b.txt", "20348.1"), ("a.md", "# hosts"), ("c.png", "\u{1}"), (".hidden", "x")]);
    let empty = folder_of(&[]);
    let fleet = folder_of(&[("fleet.txt", "web01 20348\n\nweb02 ltsc2202\n")]);
    for (case, error, what, advice) in [
        ("a folder", in_path(folder.path()).unwrap_err(), "no host can be read from `a.md`, `c.png`", "each hold a host"),
        ("an empty folder", in_path(empty.path()).unwrap_err(), "holds no files", "reg query"),
        ("a line", in_path(&fleet.path().join("fleet.txt")).unwrap_err(), "line 3 is not a host", "ltsc2022"),
        (
            "a release behind a name",
            list("web01 windows-server-2020\n").unwrap_err(),
            "line 1 is not a host",
            "windows-server-2022",
        ),
        (
            "columns",
            list("Machine;Windows\nA;Windows Server 2019\n").unwrap_err(),
            "line 1 is not a host",
            "OperatingSystemVersion",
        ),
        ("nothing", list("# none\n").unwrap_err(), "the list is empty", "one host on each line"),
        ("a host", in_path(Path::new("ltsc2022")).unwrap_err(), "cannot read", "<host(\"ltsc2022\")>"),
        ("two names", list("a=20348,nohyperv\n").unwrap_err(), "unknown attribute `nohyperv`", "no-hyperv"),
    ] {
        let hint = error.hint.clone().unwrap_or_default().to_string();
        assert!(error.sentence().contains(what) && hint.contains(advice), "{case}: {} {hint}", error.sentence());
    }
    let typed = folder.path().join("b.txt").to_str().unwrap().to_owned();
    let hint = argument(&typed).unwrap_err().hint.unwrap().to_string();
    assert!(hint.contains(&format!("@{typed}").to_lowercase()) || hint.contains("<host"), "{hint}");
}
