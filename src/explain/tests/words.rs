//! Pastes with the same failures as reported cases, in other words: wrapped, localised, of other engines and versions. Names are made up.

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
