//! Pastes with the same failures as reported cases, in other words: wrapped, localised, of other engines and versions. Names are made up.

use super::explained;
use super::kinds::hold;

#[test]
fn a_container_group_and_its_system() {
    hold(&[
        (
            "ERROR: (ImageOsTypeNotMatchContainerGroup) The container image 'fabrikam.azurecr.io/web:ltsc2019' does not match the OS type 'Linux' of the container group 'web-prod'.",
            "aci-os-type",
            "linux|windows",
        ),
        (
            "{\"error\":{\"code\":\"ImageOsTypeNotMatchContainerGroup\",\"message\":\"The container image 'nginx:latest' doesn't support specified OS 'Windows' in container group 'x'.\"}}",
            "aci-linux-image-in-windows-group",
            "linux|windows",
        ),
        (
            "Deployment failed. Correlation ID: 5e1c. The OS type 'Linux' of the container group does not match image 'mcr.microsoft.com/windows/servercore/iis:windowsservercore-ltsc2022'. ImageOsTypeNotMatchContainerGroup",
            "aci-os-type",
            "linux|windows",
        ),
    ]);
}

#[test]
fn a_builder_in_linux_mode() {
    hold(&[
        (
            "ERROR: failed to solve: mcr.microsoft.com/windows/servercore:ltsc2022: failed to resolve source metadata for mcr.microsoft.com/windows/servercore:ltsc2022: no match for platform in manifest: not found",
            "build-no-match-for-platform",
            "windows",
        ),
        ("#4 ERROR: no match for platform in manifest sha256:1bd2a4b7: not found", "build-no-match-for-platform", "windows"),
        ("#12 ERROR: no match for platform in manifest: not found", "build-no-match-for-platform", "linux mode"),
        (
            "failed to solve with frontend dockerfile.v0: failed to create LLB definition: no match for platform in manifest sha256:61a2e0e5: not found",
            "build-no-match-for-platform",
            "windows",
        ),
    ]);
}

#[test]
fn process_isolation_on_an_old_client() {
    hold(&[
        (
            "docker: Error response from daemon: invalid isolation: Windows client operating systems earlier than version 1809 can only run Hyper-V containers.",
            "docker-refuses-process",
            "1809",
        ),
        (
            "C:\\Program Files\\Docker\\docker.exe: Error response from daemon: Windows client operating systems earlier than version 1809 can only run Hyper-V containers. See 'docker run --help'.",
            "docker-refuses-process",
            "1809",
        ),
        (
            "Error response from daemon: Windows client operating sys tems earlier than version 1809 can only run Hyper-V contain ers",
            "docker-refuses-process",
            "1809",
        ),
    ]);
}

#[test]
fn a_container_that_does_not_answer_in_time() {
    hold(&[
        (
            "docker: Error response from daemon: hcsshim::CreateComputeSystem 4f1a: timeout waiting for notification.",
            "hcs-timeout",
            "time",
        ),
        (
            "failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem web: context deadline exceeded: unknown",
            "hcs-timeout",
            "time",
        ),
        (
            "container web encountered an error during hcsshim::System::waitBackground: hcsshim: the operation timed out waiting for exit notification",
            "hcs-timeout",
            "time",
        ),
    ]);
}

#[test]
fn the_network_service() {
    hold(&[
        (
            "docker: Error response from daemon: failed to create endpoint sleepy_bell on network nat: hnsCall failed in Win32: Element not found. (0x490).",
            "0x80070490",
            "network",
        ),
        ("Error response from daemon: HNS failed with error : The parameter is incorrect.", "0x80070057", "network"),
        (
            "failed to create network for sandbox: hcnCreateEndpoint failed in Win32: The specified network does not exist. (0x803b0001)",
            "0x803b0001",
            "network",
        ),
    ]);
}

/// What the network service says of a port or a network has nothing to do with the disk or the document of a container.
#[test]
fn an_error_of_the_network_service_is_explained_as_one_of_networks() {
    for (text, id, cause) in [
        (
            "failed to create endpoint web on network nat: hnsCall failed in Win32: The process cannot access the file because it is being used by another process. (0x20).",
            "0x80070020",
            "has the published port",
        ),
        ("HNS failed with error : The parameter is incorrect.", "0x80070057", "not valid there"),
        ("hnsCall failed in Win32: Element not found. (0x490)", "0x80070490", "still remembers it"),
        ("HNS failed with error : The object already exists.", "0x80071392", "left over from an earlier engine"),
    ] {
        let explanation = explained(text);
        assert_eq!(explanation.id, id, "{text}");
        assert!(explanation.meaning.starts_with("It failed while the Host Network Service (HNS)"), "{}", explanation.meaning);
        assert!(explanation.causes[0].contains(cause), "{:?}", explanation.causes);
        let said = format!("{} {} {}", explanation.meaning, explanation.causes.join(" "), explanation.steps.join(" "));
        for other in ["layer", "document", "hcsdiag", "Hyper-V-Compute", "mounts"] {
            assert!(!said.contains(other), "{other}: {said}");
        }
        let ports = explanation.steps.iter().filter(|step| step.contains("netstat")).count();
        assert_eq!(ports, usize::from(id == "0x80070020"), "{:?}", explanation.steps);
    }
    // By itself, the number can be of a disk too.
    assert!(explained("0x80070020").causes.iter().any(|cause| cause.contains("layer store")));
}

#[test]
fn services_and_files_that_are_not_free() {
    hold(&[
        (
            "failed to start daemon: Error initializing network controller: Error creating default network: failed during hnsCallRawResponse: hnsCall failed in Win32: There are no more endpoints available from the endpoint mapper. (0x6d9)",
            "0x800706d9",
            "mpssvc",
        ),
        ("hcsshim::ImportLayer failed in Win32: The requested resource is in use. (0xaa)", "layer-in-use", "antivirus"),
        (
            "ERROR: Multi-platform build is not supported for the docker driver.\nSwitch to a different driver, or turn on the containerd image store, and try again.",
            "buildx-driver",
            "docker buildx create",
        ),
        (
            "docker: Error response from daemon: create ./data: \"./data\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed.",
            "mount-refused",
            "relative",
        ),
        ("docker: Error response from daemon: Duplicate mount point: c:\\data.", "mount-refused", "two mounts"),
    ]);
}

#[test]
fn a_timeout_of_a_start_is_not_said_to_be_another_build_in_process_isolation() {
    let text = "container 60f9 encountered an error during Start: failure in a Windows system call: This operation returned because the timeout period expired. (0x5b4)";
    let explanation = explained(text);
    assert!(explanation.meaning.contains("rarely a wrong version in process isolation"), "{}", explanation.meaning);
    assert!(explanation.causes[0].starts_with("Hyper-V isolation: the machine is slow"), "{:?}", explanation.causes);
    assert!(!explanation.causes.iter().any(|cause| cause.contains("process isolation with an image of another Windows build")));
}

/// A step of the number that only repeats the commands of the operation's steps is left out.
#[test]
fn a_step_is_said_once() {
    for text in [
        "hnsCall failed in Win32: (0x80072740)",
        "failed to register layer: hcsshim::ImportLayer failed in Win32: (0x50)",
        "hcs::CreateComputeSystem 5d1d: (0x8007007f)",
    ] {
        let steps = explained(text).steps;
        for (at, step) in steps.iter().enumerate() {
            let commands: Vec<&str> = step.split('`').skip(1).step_by(2).collect();
            let before = steps[..at].join("\n");
            let is_repeated = |command: &&str| before.contains(&format!("`{command}`"));
            assert!(commands.is_empty() || !commands.iter().all(is_repeated), "{text}: {steps:?}");
        }
    }
    // The name of an image is not a command.
    let steps = explained("container 5d1d encountered an error during hcsexec::Start: CreateProcess web.exe: (0x800700c1)").steps;
    assert!(steps.iter().any(|step| step.starts_with("Copy the 64-bit Windows build")), "{steps:?}");
}

/// An error that only follows says more than the name of an operation by itself.
#[test]
fn an_error_that_follows_is_explained_where_only_an_operation_is_known() {
    for (words, number, id, said) in [
        (
            "The virtual machine or container with the specified identifier is not running.",
            "0xc0370110",
            "0x80370110",
            "had already stopped",
        ),
        ("The virtual machine or container was forcefully exited.", "0xc0370107", "0x80370107", "by force"),
        (
            "A virtual machine or container with the specified identifier does not exist.",
            "0xc037010e",
            "0x8037010e",
            "does not know a container with this id",
        ),
    ] {
        let text = format!(
            "container 5d1d encountered an error during hcsshim::System::Start: failure in a Windows system call: {words} ({number})"
        );
        let explanation = explained(&text);
        assert_eq!(explanation.id, id, "{text}");
        assert!(explanation.meaning.starts_with("It failed while Windows created or started"), "{}", explanation.meaning);
        assert!(explanation.meaning.contains(said), "{}", explanation.meaning);
        assert!(!explanation.causes.iter().any(|cause| cause.contains("Image and host do not fit")), "{:?}", explanation.causes);
        // Where the reason is in the text too, it is explained.
        let both = format!("{text}: The container operating system does not match the host operating system.");
        assert_eq!(explained(&both).id, "0x80370101");
    }
}

/// Windows has the same words for several errors: the more common one is meant.
#[test]
fn words_that_several_errors_share() {
    hold(&[
        ("New-HNSNetwork: A network with this name already exists.", "0x803b0010", "get-hnsnetwork"),
        (
            "cannot create network: HNS failed with error : A network with this name already exists",
            "0x803b0010",
            "remove-hnsnetwork",
        ),
        ("hnsCall failed in Win32: A network with this name already exists. (0x803b0011)", "0x803b0011", "left over"),
        ("HNS failed with error : The specified request is unsupported.", "0x803b0015", "leave the setting out"),
        ("hnsCall failed in Win32: The specified request is unsupported. (0x803b0023)", "0x803b0023", "virtual machine"),
        (
            "hcsshim::CreateComputeSystem 5d1d: Not enough memory resources are available to complete this operation.",
            "0x8007000e",
            "memory",
        ),
        ("hcs::System::Start: The virtual machine or container exited unexpectedly while starting.", "0x80370100", "layer"),
    ]);
}

#[test]
fn the_sandbox_of_a_pod() {
    hold(&[
        (
            "Warning  FailedCreatePodSandBox  12s (x5 over 70s)  kubelet  Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem 0f3: The container operating system does not match the host operating system.: unknown",
            "pause-image",
            "pause",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"registry.k8s.io/pause:3.9\": failed to pull image \"registry.k8s.io/pause:3.9\": no match for platform in manifest: not found",
            "pause-image",
            "pause",
        ),
        (
            "kuberuntime_sandbox.go:72] \"Failed to create sandbox for pod\" err=\"rpc error: code = Unknown desc = failed to create containerd task: hcsshim::CreateComputeSystem: The virtual machine or container exited unexpectedly. (0xc0370106)\"",
            "0x80370106",
            "sandbox|exited",
        ),
    ]);
}

#[test]
fn a_layer_that_cannot_be_prepared() {
    hold(&[
        (
            "failed to register layer: hcsshim::PrepareLayer - failed failed in Win32: The parameter is incorrect. (0x57)",
            "0x80070057",
            "driver|layer",
        ),
        (
            "Error response from daemon: hcsshim::PrepareLayer failed in Win32: Incorrect function. (0x1)",
            "filter-driver",
            "driver|layer",
        ),
        (
            "docker: Error response from daemon: failed to prepare layer: hcsshim::PrepareLayer - failed failed in Win32: Unzulässige Funktion. (0x1)",
            "filter-driver",
            "driver|layer",
        ),
    ]);
}

#[test]
fn a_timeout_by_its_number() {
    hold(&[
        (
            "encountered an error during Start: failure in a Windows system call: This operation returned because the timeout period expired. (0x5b4)",
            "0x800705b4",
            "time",
        ),
        (
            "CreateContainer: failure in a Windows system call: Cette opération s'est terminée car le délai d'attente a expiré. (0x5b4)",
            "0x800705b4",
            "time",
        ),
        (
            "hcs::System::Start web: This operation returned because the timeout period expired.: unknown 0x800705B4",
            "0x800705b4",
            "time",
        ),
    ]);
}

#[test]
fn a_utility_vm_that_cannot_be_unpacked() {
    hold(&[
        (
            "failed to register layer: re-exec error: exit status 1: output: ProcessUtilityVMImage \\\\?\\C:\\ProgramData\\docker\\windowsfilter\\9a1\\UtilityVM: The system cannot find the path specified.",
            "image-newer-layer",
            "newer",
        ),
        (
            "error processing layer: hcsshim::ProcessUtilityVMImage failed in Win32: The system cannot find the path specified. (0x3)",
            "image-newer-layer",
            "newer",
        ),
        (
            "failed to extract layer sha256:ab12: hcsshim::ProcessUtilityVMImage - failed failed in Win32: Das System kann den angegebenen Pfad nicht finden. (0x3): unknown",
            "image-newer-layer",
            "newer",
        ),
    ]);
}

#[test]
fn another_system_than_was_asked_for() {
    hold(&[
        (
            "image with reference fabrikam/web:1 was found but its platform (linux/amd64) does not match the specified platform (windows/amd64)",
            "wanted-windows-found-linux",
            "linux",
        ),
        (
            "Error response from daemon: image with reference fabrikam/app was found but does not match the specified OS platform: wanted: linux, actual: windows",
            "wanted-linux-found-windows",
            "linux",
        ),
        (
            "ERROR: for web  Cannot create container for service web: image operating system \"linux\" cannot be used on this platform: operating system is not supported",
            "linux-on-windows",
            "linux",
        ),
    ]);
}

#[test]
fn a_message_in_a_cell_that_is_wrapped() {
    for bar in ["|", "│"] {
        let table = "+---------+----------------------------------+-------+
| REASON  | MESSAGE                          | NODE  |
+---------+----------------------------------+-------+
| Failed  | docker: Error response from      | node1 |
|         | daemon: The operating system of  |       |
|         | the container does not match the |       |
|         | operating system of the host.    |       |
| Started | Started container web            | node2 |
+---------+----------------------------------+-------+
";
        assert_eq!(explained(&table.replace('|', bar)).id, "0x80370101", "{bar}");
    }
    let number = "| hcs::CreateComputeSystem web: (0xc037 |\n| 0101) |\n";
    assert_eq!(explained(number).id, "0x80370101");
}
