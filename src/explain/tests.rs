//! Texts that people paste, and their explanations.

mod causes;
mod conditional;
mod elsewhere;
mod kinds;
mod kubernetes;
mod machine;
mod network;
mod others;
mod unlooked;
mod versions;
mod words;

use super::*;

/// The built-in knowledge, and no base image to offer: which one is offered is decided in the command.
fn context() -> Context<'static> {
    Context { knowledge: Knowledge::built_in(), replacement: &|_, _| None }
}

pub(super) fn explained(text: &str) -> Explanation<String> {
    let explanation = explain(text, &context()).unwrap_or_else(|| panic!("nothing for {text}"));
    explanation.worded(|text| text.worded(|remedy| format!("{remedy:?}")))
}

/// Numbers and messages in the words of the tools that print them, with the id of the explanation.
const PASTED: &[(&str, &str)] = &[
    ("0xc0370101", "0x80370101"),
    ("ERROR_VMCOMPUTE_IMAGE_MISMATCH", "0x80370101"),
    (
        "docker: Error response from daemon: container 2f0c encountered an error during CreateContainer: failure in a Windows system call: The operating system of the container does not match the operating system of the host. (0xc0370101) extra info: {\"SystemType\":\"Container\"}",
        "0x80370101",
    ),
    ("The container operating system does not match the host operating system.", "0x80370101"),
    (
        "Error response from daemon: container 725a encountered an error during hcs::System::Start: failure in a Windows system call: The virtual machine or container exited unexpectedly. (0xc0370106)",
        "0x80370106",
    ),
    ("The virtual machine or container exited unexpectedly while starting.", "0x80370100"),
    ("{\"Error\":-1070137082,\"ErrorMessage\":\"The compute system exited unexpectedly.\"}", "0x80370106"),
    (
        "hcsshim::ActivateLayer failed in Win32: The container image contains a layer with an unrecognized format. (0xc0370112)",
        "0x80370112",
    ),
    ("hnsCall failed in Win32: The specified port already exists. (0x803b0013)", "0x803b0013"),
    ("failed to create endpoint x on network nat: HNS failed with error : Element not found.", "0x80070490"),
    ("hnsCall failed in Win32: O arquivo já está sendo usado por outro processo. (0x20).", "0x80070020"),
    ("The command 'cmd /S /C setup.exe' returned a non-zero code: 3221225785", "0xc0000139"),
    ("Process exited with code -1073741502", "0xc0000142"),
    ("exit-code-3221225786", "0xc000013a"),
    ("No hypervisor is present on this system.", "0xc0351000"),
    ("CreateComputeSystem failed: c0370101h", "0x80370101"),
    ("Err.Number = &H80370101 (HcsStartComputeSystem)", "0x80370101"),
    ("HcsCreateComputeSystem returned 0xC0370101L.", "0x80370101"),
    ("no matching manifest for windows/amd64 10.0.19045 in the manifest list entries", "no-matching-manifest"),
    ("No matching manifest for linux/amd64 in the manifest list entries", "no-matching-manifest"),
    ("a Windows version 10.0.20348-based image is incompatible with a 10.0.19045 host", "windows-version-incompatible"),
    (
        "failed to pull and unpack image \"docker.io/library/x:1\": no match for platform in manifest sha256:0a1b: not found",
        "no-match-for-platform",
    ),
    (
        "manifest for mcr.microsoft.com/windows/nanoserver:latest not found: manifest unknown: manifest tagged by \"latest\" is not found",
        "manifest-unknown",
    ),
    ("reading manifest latest in mcr.microsoft.com/windows/servercore: manifest unknown", "manifest-unknown"),
    ("failed to load vmcompute.dll, ensure that the Containers feature is installed", "containers-feature"),
    ("a required service is not installed, ensure the Containers feature is installed", "containers-feature"),
    ("hcsshim::CreateComputeSystem 1d2c: The system cannot find the file specified. (extra info: {})", "create-file-not-found"),
    ("error during connect: open //./pipe/docker_engine: The system cannot find the file specified.", "docker-not-reached"),
    (
        "error getting credentials - err: exec: \"docker-credential-wincred\": executable file not found in %PATH%, out: ``",
        "credential-helper",
    ),
    (
        "failed to solve: error getting credentials - err: exec: \"docker-credential-desktop.exe\": executable file not found in $PATH",
        "credential-helper",
    ),
    (
        "Error saving credentials: error storing credentials - err: exit status 1, out: `A specified logon session does not exist.`",
        "credential-helper",
    ),
    ("utility VM image could not be found", "utility-vm-missing"),
    ("utility VM folder could not be found in layers", "utility-vm-missing"),
    (
        "this version of Windows does not support the docker daemon (Windows build 17763 or higher is required)",
        "docker-host-too-old",
    ),
    ("Error 1719. The Windows Installer Service could not be accessed.", "february-2020-msi"),
    ("Windows client operating systems earlier than version 1809 can only run Hyper-V containers", "docker-refuses-process"),
    ("invalid isolation (foo): Windows supports 'default', 'process', or 'hyperv'", "invalid-isolation"),
    ("docker: image operating system \"linux\" cannot be used on this platform.", "linux-on-windows"),
    ("image operating system \"windows\" cannot be used on this platform", "windows-on-linux"),
    ("containers-feature", "containers-feature"),
];

#[test]
fn what_is_pasted_is_explained() {
    for (text, id) in PASTED {
        let explanation = explained(text);
        assert_eq!(explanation.id, *id, "{text}");
        assert!(!explanation.steps.is_empty() && !explanation.sources.is_empty(), "{text}");
    }
}

#[test]
fn it_is_found_within_longer_output_and_over_wrapped_lines() {
    // The id of a message is a name, not something to be found in a log.
    for (text, id) in PASTED.iter().filter(|(text, id)| text != id) {
        let wrapped = text.replace(' ', "\r\n\t ");
        let log =
            format!("Sending build context to Docker daemon  2.048kB\nStep 1/3 : FROM x\n{wrapped}\nSee 'docker run --help'.\n");
        assert_eq!(explained(&log).id, *id, "{text}");
    }
}

#[test]
fn the_version_in_no_matching_manifest_is_the_hosts() {
    for (text, host) in [
        (
            "no matching manifest for windows/amd64 10.0.19045 in the manifest list entries",
            "10.0.19045 is the version of the host (Windows 10, version 22H2)",
        ),
        (
            "no matching manifest for windows/amd64 10.0.17763 in the manifest list entries",
            "10.0.17763 is the version of the host (Windows Server 2019 or Windows 10, version 1809)",
        ),
        (
            "no matching manifest for windows(10.0.26200)/amd64/v3 in the manifest list entries: no match for platform in manifest: not found",
            "10.0.26200 is the version of the host (Windows 11, version 25H2)",
        ),
        (
            "no matching manifest for windows(10.0.17763+win32k)/amd64 in the manifest list entries",
            "10.0.17763 is the version of the host (Windows Server 2019",
        ),
        (
            "no matching manifest for windows/arm64 10.0.99999 in the manifest list entries",
            "10.0.99999 is the version of the host, not of the image",
        ),
        ("no matching manifest for windows/amd64 in the manifest list entries", "does not print the host's version"),
        ("no matching manifest for unknown in the manifest list entries", "does not print the host's version"),
    ] {
        let meaning = explained(text).meaning;
        assert!(meaning.contains(host), "{text}: {meaning}");
    }
}

#[test]
fn the_containerd_mistake_is_named_only_where_it_can_be_met() {
    let mistake = |platform: &str, tail: &str| {
        let text = format!("no matching manifest for {platform} in the manifest list entries{tail}");
        explained(&text).causes.join(" ").contains("known mistake")
    };
    let containerd = ": no match for platform in manifest: not found";
    assert!(mistake("windows(10.0.26200)/amd64/v3", containerd));
    assert!(!mistake("windows(10.0.26100)/amd64/v3", containerd));
    // Docker's own store prints no level of the processor.
    assert!(mistake("windows(10.0.26200)/amd64/v3", ""));
    assert!(!mistake("windows(10.0.26200)/amd64", ""));
    // Where the text is cut, it can be either store.
    assert!(mistake("windows(10.0.26200)/amd64", "..."));
    assert!(!mistake("windows/amd64 10.0.26200", "..."));
}

#[test]
fn both_versions_of_an_incompatible_pair_are_named() {
    let explanation = explained("a Windows version 10.0.20348-based image is incompatible with a 10.0.19045 host");
    assert!(explanation.meaning.contains("10.0.20348 (ltsc2022)"));
    assert!(explanation.meaning.contains("10.0.19045 (Windows 10, version 22H2)"));
    assert!(explanation.steps[1].contains("build 20348 or newer"));
    let before_the_stable_abi = explained("a Windows version 10.0.18362-based image is incompatible with a 10.0.17763 host");
    assert!(before_the_stable_abi.steps[1].ends_with("build 18362, or on a newer one in Hyper-V isolation."));
    for (image, host, relation) in [
        ("10.0.17763", "10.0.20348", "older than the host 10.0.20348."),
        ("10.0.26100", "10.0.26100", "of the host's build 10.0.26100."),
    ] {
        let found = explained(&format!("a Windows version {image}-based image is incompatible with a {host} host"));
        assert!(found.meaning.contains(&format!("The image {image} in this text is {relation}")), "{}", found.meaning);
        let said = format!("{}\n{}\n{}", found.title, found.causes.join("\n"), found.steps.join("\n"));
        assert!(!said.contains("newer") && !said.contains("Rebase"), "{said}");
    }
}

#[test]
fn a_missing_tag_of_a_base_image_lists_the_tags_there_are() {
    let explanation = explained("manifest for mcr.microsoft.com/windows/nanoserver:latest not found: manifest unknown");
    assert!(explanation.steps[0].contains("newest first: ltsc2025, ltsc2025-arm64, ltsc2022, 20H2"), "{}", explanation.steps[0]);
    let moved = explained("manifest for mcr.microsoft.com/windows:ltsc2022 not found: manifest unknown");
    assert!(moved.steps[0].ends_with("mcr.microsoft.com/windows/server:ltsc2022."), "{}", moved.steps[0]);
    let other = explained("manifest for example.com/app:2 not found: manifest unknown");
    assert!(!other.steps[0].contains("ltsc2022"), "{}", other.steps[0]);
}

#[test]
fn twins_and_names_are_listed() {
    let explanation = explained("0xC0370101");
    assert_eq!(explanation.names, ["HCS_E_IMAGE_MISMATCH", "ERROR_VMCOMPUTE_IMAGE_MISMATCH", "0xc0370101"]);
    assert_eq!(explanation.kind, Kind::ErrorCode);
    assert_eq!(explained("0xc0370103").names, ["ERROR_VMCOMPUTE_OPERATION_PENDING", "0x80370103"]);
    assert_eq!(explained("0x803b0001").names, ["HCN_E_NETWORK_NOT_FOUND"]);
}

#[test]
fn other_texts_are_not_explained() {
    for text in [
        "",
        " \n ",
        "hello",
        "build-mismatch",
        "12345",
        "0x12345678",
        "listening on port 1455",
        "it took 5 seconds",
        "windows version -based image is incompatible with a  host",
        "manifest for",
        "manifest for this and that, which was not found",
        "\u{202e}\u{1b}[31m",
    ] {
        assert_eq!(explain(text, &context()), None, "{text:?}");
    }
}

#[test]
fn what_is_captured_is_never_repeated_unread() {
    let hostile = "::error::\u{1b}[31m##vso[task.setvariable]x";
    for text in [
        format!("no matching manifest for {hostile} in the manifest list entries"),
        format!("no matching manifest for linux/{hostile} in the manifest list entries"),
        format!("no matching manifest for windows({hostile})/{hostile} {hostile} in the manifest list entries"),
        "manifest for mcr.microsoft.com/::error::##vso[task.setvariable]x:latest not found".to_owned(),
        format!("no match for platform in manifest {hostile}: not found"),
    ] {
        let explanation = explained(&text);
        let said = serde_json::to_string(&explanation).unwrap();
        assert!(!said.contains("::error") && !said.contains("##vso") && !said.contains("u001b"), "{said}");
    }
}

#[test]
fn small_numbers_are_also_exit_codes_of_docker_run() {
    for (text, id, said) in [
        ("125", "0x8007007d", "Docker itself failed"),
        ("126", "0x8007007e", "cannot be started"),
        ("127", "0x8007007f", "the command was not found"),
        ("exit code 127", "0x8007007f", "the command was not found"),
        ("error 1460", "0x800705b4", "timed out"),
        ("Error 1460.", "0x800705b4", "timed out"),
        ("system error 5", "0x80070005", "not allowed"),
    ] {
        let explanation = explained(text);
        assert_eq!(explanation.id, id, "{text}");
        assert!(explanation.meaning.contains(said), "{text}: {}", explanation.meaning);
    }
    for text in ["line 1460", "error 12345", "1460 errors", "it ended with 127"] {
        assert_eq!(explain(text, &context()), None, "{text}");
    }
}

#[test]
fn near_misses_are_suggested() {
    let none = || std::iter::empty();
    assert_eq!(suggest("smb", none()), ["smb-share-refused", "smb-share-not-reached"]);
    assert!(suggest("sm", none()).is_empty());
    assert_eq!(suggest("HCS_E_IMAGE_MISSMATCH", none())[0], "HCS_E_IMAGE_MISMATCH");
    assert_eq!(suggest("hcs_e_invalid_leyer", none())[0], "HCS_E_INVALID_LAYER");
    assert_eq!(suggest("buildmismatch", ["build-mismatch", "build-equal"].into_iter()), ["build-mismatch"]);
    assert!(suggest("something else altogether", none()).is_empty());
    assert!(suggest(&"x".repeat(100_000), none()).is_empty());
}

#[test]
fn the_family_of_an_unknown_number_is_named() {
    for (text, family) in [
        ("0x8037ffff", "Host Compute Service"),
        ("0x803b0099", "Network"),
        ("0x80070091", "net helpmsg 145"),
        ("-2143878759", "Host Compute Service"),
        ("failed with HRESULT 0x80131500", ".NET"),
        ("0xC0000299", "NTSTATUS"),
        ("0xe0434f4d", ".NET"),
        ("exit code: -2147450744", ".NET host"),
        ("0x80072ef1", "HTTP client of Windows"),
        ("0x8000401a", "COM"),
    ] {
        let explanation = explained(text);
        assert!(explanation.title.contains("not known here"), "{text}: {}", explanation.title);
        let said = format!("{} {} {}", explanation.title, explanation.meaning, explanation.steps.join(" "));
        assert!(said.contains(family), "{text}: {said}");
    }
    // Windows has no text for these where `net helpmsg` looks.
    let said = explained("0x80072ef1").steps.join(" ");
    assert!(!said.contains("net helpmsg"), "{said}");
    for text in ["0x12345678", "what", "0xdeadbeef"] {
        assert_eq!(explain(text, &context()), None, "{text}");
    }
}

#[test]
fn an_operation_is_explained_with_the_number_that_is_not_known() {
    let text = "container 5d1d encountered an error during CreateContainer: failure in a Windows system call: winapi error #3757047808 (0xdff00000)";
    let explanation = explained(text);
    assert_eq!(explanation.id, "create-container");
    assert!(explanation.meaning.contains("0xdff00000"), "{}", explanation.meaning);
    let text = "hcsshim::ImportLayer failed in Win32: Ein Fehler. (0x1a5)";
    assert!(explained(text).meaning.contains("0x800701a5"), "{}", explained(text).meaning);
}

/// The time for which this thread was on a processor, however busy the machine is; nothing where the system does not tell.
fn time_on_a_processor() -> std::time::Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    std::time::Duration::from_nanos(told.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or_default())
}

#[test]
fn the_work_is_bounded_by_the_length_of_the_text() {
    let before = time_on_a_processor();
    for piece in [
        "createcomputesystem ",
        "failed to create pod sandbox: ",
        "manifest for ",
        "no matching manifest for ",
        "windows version 10.0.1-based image is incompatible with a ",
        "(0x5) ",
        "0xc037\n0101",
        "\u{1b}[",
        "[1;",
        "\\u00",
        "\\",
        "&quot;",
        "3221225781-",
        "-",
        "level=error \"",
        "containername=sf-",
        "preparelayerimportlayerprocessbaselayer",
        "é",
    ] {
        let text = piece.repeat((64 << 10) / piece.len());
        let _ = explain(&text, &context());
    }
    let taken = time_on_a_processor() - before;
    assert!(taken.as_secs() < 60, "{taken:?}");
}

/// The versions that say a message, and what they take on the host that it names.
#[test]
fn an_engines_message_names_its_versions() {
    for (text, expected) in [
        (
            "no matching manifest for windows(10.0.26200)/amd64/v3 in the manifest list entries: no match for platform in manifest: not found",
            &[
                "These versions use these words: Docker 29.6.0 to 29.7.2 with the containerd image store.",
                "On a host of build 26200, Docker 29.6.0 to 29.7.2 with the containerd image store take entries from build 26100 to 26200",
            ][..],
        ),
        (
            "no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries: no match for platform in manifest: not found",
            &[
                "These versions use these words: Docker 27.2.1 to 29.5.3 with the containerd image store.",
                "On a host of build 26200, Docker 27.2.1 to 28.5.2 with the containerd image store take entries from build 20348 to 26200",
                "On a host of build 26200, Docker 29.0.0 to 29.5.3 with the containerd image store take entries from build 26100 to 26200",
            ],
        ),
        (
            "no matching manifest for windows(10.0.26200)/arm64/v8 in the manifest list entries: no match for platform in manifest: not found",
            &["These versions use these words: Docker 27.2.1 to 29.7.2 with the containerd image store."],
        ),
        (
            "no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries",
            &[
                "These versions use these words: Docker 28.0.0 to 29.7.2.",
                "On a host of build 26200, Docker 28.0.0 to 29.7.2 take entries up to build 26200: an image that they refuse has none.",
            ],
        ),
        (
            "no matching manifest for windows(10.0.26200)/amd6",
            &[
                "Docker 28.0.0 to 29.7.2 and Docker 27.2.1 to 29.7.2 with the containerd image store.",
                "On a host of build 26200, Docker 28.0.0 to 29.7.2 take entries up to build 26200",
                "On a host of build 26200, Docker 29.0.0 to 29.7.2 with the containerd image store take entries from build 26100 to 26200",
                "A known mistake: Docker 29.0.0 to 29.7.2 with the containerd image store",
            ],
        ),
        (
            "no matching manifest for windows/amd64 10.0.17763 in the manifest list entries",
            &["Docker 18.09.6 to 27.5.1.", "On a host of build 17763, Docker 18.09.6 to 27.5.1 take entries up to build 17763"],
        ),
        ("no matching manifest for unknown in the manifest list entries", &["Docker 18.06.0 to 18.09.5."]),
        ("no matching manifest for windows/amd64 in the manifest list entries", &["Docker 17.03.0 to 18.05.0."]),
        (
            "failed to resolve image: no match for platform in manifest: not found",
            &[
                "containerd 1.2.0 to 1.4.13 print this for an index without an entry for Windows",
                "containerd 1.6.18 to 1.6.22 and 1.7.0 to 1.7.5 print this",
                "containerd 2.1.6 to 2.3.4 print this for the same; and on hosts above 26100",
                "Docker 25.0.0 to 27.2.0 with the containerd image store and containerd 1.6.23 to 1.6.39",
            ],
        ),
        (
            "Error response from daemon: no match for platform in manifest: not found",
            &[
                "Docker 25.0.0 to 27.2.0 with the containerd image store print this for an index without an entry from build 20348",
            ],
        ),
        (
            "a Windows version 10.0.20348-based image is incompatible with a 10.0.19045 host",
            &["Docker 18.04.0 to 29.7.2 print this for an image that is newer than the host."],
        ),
    ] {
        let causes = explained(text).causes.join("\n");
        for expected in expected {
            assert!(causes.contains(expected), "{text}: {expected}\n{causes}");
        }
    }
    // What Docker answered is not of containerd alone.
    let of_docker = explained("Error response from daemon: no match for platform in manifest: not found");
    let said = format!("{}\n{}", of_docker.causes.join("\n"), of_docker.steps.join("\n"));
    assert!(
        !said.contains("containerd 1.") && !said.contains("containerd 2.") && !said.contains("containerd --version"),
        "{said}"
    );
    assert!(said.contains("`docker version`"), "{said}");
    // What a kubelet says of an image without a config is not said by Docker, nor with an older containerd.
    let of_kubelet = explained("get image config descriptor: no match for platform in manifest sha256:0a1b: not found");
    let of_kubelet = of_kubelet.causes.join("\n");
    assert!(!of_kubelet.contains("containerd 1.") && !of_kubelet.contains("Docker 2"), "{of_kubelet}");
    assert!(of_kubelet.contains("A kubelet with containerd 2.1.0 to 2.1.5 prints this for an index without"), "{of_kubelet}");
    assert!(of_kubelet.contains("A kubelet with containerd 2.1.6 to 2.3.4 prints this for the same"), "{of_kubelet}");
    let cut = explained("no matching manifest for windows(10.0.26200)/amd6").meaning;
    assert!(cut.contains("with its own image store or with that of containerd"), "{cut}");
    // Nothing is said of versions where the text is cut.
    assert!(!explained("no matching manifest for windows").causes.join(" ").contains("These versions"));
}

/// A base image is advice where every engine takes it that prints these words; with Docker's own image store, where that one does.
#[test]
fn a_base_image_is_advice_where_the_engine_takes_it() {
    let containerd = ": no match for platform in manifest: not found";
    for (text, build, is_refused) in [
        (format!("no matching manifest for windows(10.0.26200)/amd64/v3 in the manifest list entries{containerd}"), 20348, true),
        (format!("no matching manifest for windows(10.0.26200)/amd64/v3 in the manifest list entries{containerd}"), 26100, false),
        // Only some of the versions that print this take it.
        (format!("no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries{containerd}"), 20348, true),
        (format!("no matching manifest for windows(10.0.19045)/amd64 in the manifest list entries{containerd}"), 17763, true),
        (format!("no matching manifest for windows(10.0.26100)/amd64 in the manifest list entries{containerd}"), 20348, false),
        ("no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries".to_owned(), 20348, false),
        ("no matching manifest for windows/amd64 10.0.19045 in the manifest list entries".to_owned(), 17763, false),
    ] {
        let base = Replacement { reference: "mcr.microsoft.com/app:1".to_owned(), build, supported: true };
        let found = |_: OsVersion, _: &str| Some(base.clone());
        let context = Context { knowledge: Knowledge::built_in(), replacement: &found };
        let steps = explain(&text, &context).unwrap().worded(ToString::to_string).steps.join("\n");
        assert_eq!(steps.contains("daemon.json), and rebase on a base image"), is_refused, "{text} {build}: {steps}");
        assert_eq!(steps.contains("Rebase on a base image"), !is_refused, "{text} {build}: {steps}");
        assert!(!steps.contains("newer engine"), "{steps}");
    }
}
