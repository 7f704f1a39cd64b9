//! Texts with several errors: those of another cause than the one explained are named.

use super::*;

/// The name of what is explained, and those of the others.
fn found(text: &str) -> (String, Vec<String>) {
    let told = explain(text, &context()).unwrap_or_else(|| panic!("nothing for {text}"));
    let others = super::super::others(text, &told, &context());
    (told.id, others.into_iter().map(|entry| entry.id).collect())
}

#[test]
fn errors_of_another_cause_are_named() {
    for (text, told, others) in [
        (
            "x 0xc0370106\na Windows version 10.0.26100-based image is incompatible with a 10.0.19045 host\nno space left on device",
            "windows-version-incompatible",
            &["0x80370106", "0x80070070"][..],
        ),
        ("0xC0370101, 0xC0370106, 0x80370109", "0x80370101", &["0x80370106", "0x80370109"]),
        ("0xC0370101\n0xC0370106\n0x80370109\n", "0x80370101", &["0x80370106", "0x80370109"]),
        (&"0xc0370101\n0xc0370106\n".repeat(3000), "0x80370101", &["0x80370106"]),
        ("0xc0370101 and 0x803b0013", "0x80370101", &["0x803b0013"]),
        ("0xc0370101 und 0xc0370106", "0x80370101", &["0x80370106"]),
        ("0xc0370101 0xc0370106 foo", "0x80370101", &["0x80370106"]),
        (
            "step 1: no matching manifest for windows/amd64 10.0.19045 in the manifest list entries\nstep 2: Error response from daemon: container 9f1 encountered an error during hcsshim::System::Start: The virtual machine or container exited unexpectedly. (0xc0370106)",
            "0x80370106",
            &["no-matching-manifest"],
        ),
        (
            "no matching manifest for windows/amd64 10.0.19045 in the manifest list entries; Error response from daemon: container 9f1 encountered an error during hcsshim::System::Start: The virtual machine or container exited unexpectedly. (0xc0370106)",
            "0x80370106",
            &["no-matching-manifest"],
        ),
        (
            "<ul><li>no matching manifest for windows/amd64 10.0.19045 in the manifest list entries</li><li>The virtual machine or container exited unexpectedly. (0xc0370106)</li></ul>",
            "no-matching-manifest",
            &["0x80370106"],
        ),
        ("x509: certificate signed by unknown authority\nno space left on device", "certificate-not-trusted", &["0x80070070"]),
        ("hcsshim::CreateComputeSystem: 0xc0370101; hcsshim::ImportLayer failed in Win32: (0x70)", "0x80370101", &["0x80070070"]),
        (
            "NAME  READY STATUS\nweb 0/1 ImagePullBackOff\ndb 0/1 CreateContainerError\napi 0/1 CrashLoopBackOff",
            "create-container-error",
            &["image-pull-back-off", "crash-loop-back-off"],
        ),
        (
            "time=\"2024-05-01T10:00:00.1Z\" level=error msg=\"hnsCall failed in Win32: The specified port already exists. (0x803b0013)\"\ntime=\"2024-05-01T10:00:00.2Z\" level=error msg=\"container exited unexpectedly (0xc0370106)\"",
            "0x80370106",
            &["0x803b0013"],
        ),
    ] {
        let (id, names) = found(text);
        assert_eq!((id.as_str(), names.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), (told, others), "{text}");
    }
}

/// An operation on another line, or behind a semicolon, ended with another error.
#[test]
fn an_error_is_said_of_its_own_operation() {
    for between in ["; ", "\n"] {
        let text = format!("hcsshim::CreateComputeSystem: 0xc0370101{between}hcsshim::ImportLayer failed in Win32: (0x70)");
        let meaning = explained(&text).meaning;
        assert!(!meaning.contains("while a layer of the image was unpacked"), "{meaning}");
    }
    let both = "hcsshim::ImportLayer failed in Win32: hcsshim::CreateComputeSystem: (0xc0370101)";
    assert!(explained(both).meaning.contains("while a layer of the image was unpacked"));
}

/// What the Host Compute Service adds to an error, and further lines about the same failure.
#[test]
fn a_failure_that_is_wrapped_or_repeated_is_one() {
    let start = "container 8cc3 encountered an error during hcs::System::Start: failure in a Windows system call: The virtual machine or container exited unexpectedly. (0xc0370106)";
    let detail =
        "[Event Detail: The requested virtual machine or container operation is not valid in the current state. Provider: 0]";
    let long =
        format!("docker: Error response from daemon: {start} extra info: {{\"Layers\":\"{}\"}}\n{detail}", "x".repeat(900));
    let sandbox = "time=\"2024-05-01T10:00:00.1Z\" level=error msg=\"RunPodSandbox for web failed, error\" error=\"failed to get sandbox image \\\"registry.k8s.io/pause:3.9\\\": failed to pull image \\\"registry.k8s.io/pause:3.9\\\": no match for platform in manifest: not found\"";
    let pull = "time=\"2024-05-01T10:00:00.2Z\" level=error msg=\"PullImage \\\"registry.k8s.io/pause:3.9\\\" failed\" error=\"failed to pull and unpack image \\\"registry.k8s.io/pause:3.9\\\": no match for platform in manifest: not found\"";
    let daemon = format!(
        "time=\"2024-05-01T10:00:00.1Z\" level=error msg=\"Handler for POST /containers/8cc3/start returned error: {start}\""
    );
    for (text, told) in [
        (format!("docker: Error response from daemon: {start}\n{detail}"), "0x80370106"),
        (format!("{start}\n{detail}\n    CallContext:[x] (0x80370109)"), "0x80370106"),
        (long, "0x80370106"),
        (format!("{sandbox}\n{pull}"), "pause-image"),
        (format!("{pull}\n{sandbox}"), "pause-image"),
        (format!("{pull}\n{sandbox}\n{pull}"), "pause-image"),
        ("failed to get sandbox image x: no match for platform in manifest\nPullImage failed: no match for platform in manifest".to_owned(), "pause-image"),
        (format!("docker: Error response from daemon: {start}\n{daemon}"), "0x80370106"),
        (format!("{daemon}\ndocker: Error response from daemon: {start}"), "0x80370106"),
        (
            "  Warning  Failed  5s  kubelet  Failed to pull image \"x\": rpc error: code = NotFound desc = failed to pull and unpack image \"x\": no match for platform in manifest: not found\n  Warning  Failed  5s  kubelet  Error: ErrImagePull\n  Warning  Failed  4s (x2 over 5s)  kubelet  Failed to pull image \"x\": no match for platform in manifest: not found\n  Warning  Failed  4s  kubelet  Error: ImagePullBackOff".to_owned(),
            "no-match-for-platform",
        ),
    ] {
        assert_eq!(found(&text), (told.to_owned(), Vec::new()), "{text}");
    }
}

#[test]
fn an_operation_that_is_about_something_else_is_named() {
    let pull = "  Warning  Failed  5s  kubelet  Failed to pull image \"x\": no match for platform in manifest: not found";
    let network = "  Warning  FailedCreatePodSandBox  3s  kubelet  Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"1a\": boom";
    let start = "time=\"2024-05-01T10:00:00.2Z\" level=error msg=\"(0xc0370106)\"";
    let port = "time=\"2024-05-01T10:00:00.2Z\" level=error msg=\"hnsCall failed in Win32: The specified port already exists. (0x803b0013)\"";
    let sandbox = "  Warning  FailedCreatePodSandBox  9m  kubelet  Failed to create pod sandbox: rpc error: code = NotFound desc = failed to get sandbox image \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": no match for platform in manifest: not found";
    let line = |message: &str| format!("time=\"2024-05-01T10:00:00.1Z\" level=error msg=\"{message}\"\n");
    for (text, told, others) in [
        (format!("{pull}\n{network}"), "no-match-for-platform", &["pod-network"][..]),
        (format!("{network}\n{pull}\n{network}"), "no-match-for-platform", &["pod-network"]),
        (
            "Failed to create pod sandbox: failed to setup network for sandbox 1a: boom\nFailed to pull image x: no match for platform in manifest: not found".to_owned(),
            "no-match-for-platform",
            &["pod-network"],
        ),
        // The same words about two images.
        (format!("{sandbox}\n{pull}"), "no-match-for-platform", &["pause-image"]),
        (line("MountVolume.SetUp failed for volume x: boom") + start, "0x80370106", &["pod-volume"]),
        (line("failed to resolve reference x: boom") + start, "0x80370106", &["resolve-image"]),
        (line("pulling: dial tcp: lookup mcr.microsoft.com: no such host") + start, "0x80370106", &["registry-not-reached"]),
        // The same failure, further out.
        (line("failed to pull image x: boom") + pull, "no-match-for-platform", &[]),
        (line("networkPlugin cni failed to set up pod x") + port, "0x803b0013", &[]),
        (line("failed to create pod sandbox: failed to create containerd task") + start, "0x80370106", &[]),
        // Progress.
        ("#2 [internal] load metadata for mcr.microsoft.com/x\n#5 0.1 failure in a Windows system call (0xc0370106)".to_owned(), "0x80370106", &[]),
        (line("failed to pull image x: boom").replace("error", "warning") + start, "0x80370106", &[]),
    ] {
        let (id, names) = found(&text);
        assert_eq!((id.as_str(), names.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), (told, others), "{text}");
    }
}

#[test]
fn what_belongs_to_the_failure_is_not_named() {
    for text in [
        "0xc0370106",
        "0xc0370106 0x80370106 HCS_E_UNEXPECTED_EXIT",
        "docker: Error response from daemon: hcs::System::Start: The virtual machine or container exited unexpectedly. (0xc0370106)",
        "docker: failure in a Windows system call: The virtual machine or container exited\r\n unexpectedly. (0xc0370106)",
        // Errors that anything can end with.
        "hcs::CreateComputeSystem web: 0xc0370106: Unspecified error (0x80004005)",
        "0xc0370106\nUnspecified error (0x80004005)\nAccess is denied.",
        // A number on the line of a message is its number.
        "a Windows version 10.0.26100-based image is incompatible with a 10.0.19045 host (0xc0370101)",
        // An operation and its error are one thing.
        "Start-VM : 'Ubuntu' failed to start.\nThe virtual machine could not be started because a required feature is not installed. (0x80370102)",
        "hcsshim::PrepareLayer failed in Win32:\nIncorrect function. (0x1)",
        // What is a warning or progress stopped nothing.
        "time=\"2024-05-01T10:00:00.1Z\" level=warning msg=\"(0x803b0013)\"\ntime=\"2024-05-01T10:00:00.2Z\" level=error msg=\"(0xc0370106)\"",
    ] {
        assert_eq!(found(text).1, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn no_more_than_five_are_named_each_once() {
    let text = (0x101..0x10e).map(|low| format!("0xc0370{low:x}\n")).collect::<String>().repeat(50);
    let (told, others) = found(&text);
    assert_eq!(others.len(), 5, "{others:?}");
    let mut distinct = others.clone();
    distinct.push(told);
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 6, "{distinct:?}");
}
