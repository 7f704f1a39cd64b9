//! Pastes of what is not a Windows container and ends with the same numbers: WSL, virtual machines, Windows Sandbox. Names are made up; the
//! words are those of the tools.

use super::kinds::hold;
use super::*;

/// A failure of Hyper-V isolation, as Docker prints it.
const DOCKER: &str = "docker: Error response from daemon: container 5d1d encountered an error during hcs::System::Start: failure in a Windows system call: The virtual machine or container exited unexpectedly. (0xc0370106).";

#[test]
fn wsl_that_cannot_start_its_virtual_machine() {
    for text in [
        "WslRegisterDistribution failed with error: 0x80370102\nError: 0x80370102 The virtual machine could not be started because a required feature is not installed.",
        "Installing, this may take a few minutes...\nWslRegisterDistribution failed with error: 0x80370114\nError: 0x80370114 The operation could not be started because a required feature is not installed.\n\nPress any key to continue...",
        "WslRegisterDistribution failed with error: 0x80370102",
        "Error code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED",
        "Error code: Wsl/Service/CreateInstance/CreateVm/HCS_E_SERVICE_NOT_AVAILABLE",
        "Fehlercode: Wsl/InstallDistro/Service/RegisterDistro/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED",
        "WSL2 is not supported with your current machine configuration.\nPlease enable the \"Virtual Machine Platform\" optional component and ensure virtualization is enabled in the BIOS.\nEnable \"Virtual Machine Platform\" by running: wsl.exe --install --no-distribution\nFor information please visit https://aka.ms/enablevirtualization\nError code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED",
        "Please enable the Virtual Machine Platform Windows feature and ensure virtualization is enabled in the BIOS.",
    ] {
        let explanation = explained(text);
        assert_eq!(explanation.id, "wsl-features", "{text}");
        assert!(explanation.meaning.contains("A Windows container is not part of this"), "{}", explanation.meaning);
        assert!(explanation.steps[0].contains("VirtualMachinePlatform"), "{:?}", explanation.steps);
    }
}

#[test]
fn wsl_and_its_disks() {
    hold(&[
        ("Wsl/Service/CreateInstance/MountVhd/HCS/ERROR_FILE_NOT_FOUND", "wsl-disk-missing", "ext4.vhdx"),
        (
            "Failed to attach disk 'C:\\Users\\x\\ext4.vhdx' to WSL2: The system cannot find the path specified. Error code: Wsl/Service/CreateInstance/MountVhd/HCS/ERROR_PATH_NOT_FOUND",
            "wsl-disk-missing",
            "wsl -l -v",
        ),
        (
            "Failed to attach disk 'D:\\wsl\\ext4.vhdx' to WSL2: The system cannot find the file specified.\nError code: Wsl/Service/CreateInstance/MountDisk/HCS/ERROR_FILE_NOT_FOUND",
            "wsl-disk-missing",
            "basepath",
        ),
        (
            "Failed to attach disk 'D:\\wsl\\ext4.vhdx' to WSL2: The process cannot access the file because it is being used by another process.\nError code: Wsl/Service/CreateInstance/MountDisk/HCS/ERROR_SHARING_VIOLATION",
            "wsl",
            "being used by another process",
        ),
    ]);
}

#[test]
fn other_failures_of_wsl_are_not_those_of_a_container() {
    hold(&[
        ("Catastrophic failure\nError code: Wsl/Service/CreateInstance/E_UNEXPECTED", "wsl", "wsl --update"),
        ("Error code: Wsl/Service/CreateInstance/CreateVm/HCS/0x800705aa", "wsl", "insufficient system resources"),
        ("Código de error: Wsl/Service/CreateInstance/CreateVm/HCS_E_CONNECTION_TIMEOUT", "wsl", "wsl --shutdown"),
        ("Error code: Wsl/Service/CreateInstance/0x8007274c", "wsl", "0x8007274c"),
        ("There is no distribution with the supplied name.\nError code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND", "wsl", "wsl -l -v"),
        (
            "<3>WSL (7 - SessionLeader) ERROR: CreateProcessCommon:640: execvpe(/bin/sh) failed: No such file or directory\nError code: Wsl/Service/CreateInstance/E_FAIL",
            "wsl",
            "wsl runs linux",
        ),
    ]);
}

#[test]
fn a_virtual_machine_of_hyper_v() {
    let features = "virtual-machine-features";
    hold(&[
        (
            "Start-VM : 'Ubuntu' failed to start. The virtual machine could not be started because a required feature is not installed. (0x80370102)",
            features,
            "hypervisorlaunchtype",
        ),
        (
            "Hyper-V\\Start-VM : 'minikube' failed to start.\nVirtual machine 'minikube' could not be started because the hypervisor is not running.",
            features,
            "hypervisorlaunchtype",
        ),
        ("Virtual machine 'web' could not be started because the hypervisor is not running.", features, "firmware"),
        (
            "'Ubuntu' failed to start worker process: Access is denied. (0x80070005). (Virtual machine ID 8B1C1D5E)",
            "virtual-machine",
            "access is denied",
        ),
    ]);
}

#[test]
fn the_virtual_machine_of_an_engine_for_linux() {
    hold(&[
        (
            "The virtual machine 'DockerDesktopVM' could not be started because the hypervisor is not running",
            "engine-vm-features",
            "virtualmachineplatform",
        ),
        (
            "podman machine: Error: vm \"podman-machine-default\" exited unexpectedly: WSL2 0x80370114",
            "engine-vm-features",
            "virtualmachineplatform",
        ),
        (
            "deploying WSL2 distributions\nprovisioning docker WSL distros: ensuring main distro is deployed: deploying \"docker-desktop\": importing WSL distro \"The operation could not be started because a required feature is not installed. \\r\\nError code: Wsl/Service/RegisterDistro/CreateVm/HCS/HCS_E_SERVICE_NOT_AVAILABLE\\r\\n\" output=\"docker-desktop\": exit code: 4294967295: running WSL command wsl.exe",
            "engine-vm-features",
            "wsl.exe --install",
        ),
        ("Error: the WSL import of guest OS failed: exit status 0xffffffff", "engine-vm", "podman machine start"),
    ]);
}

#[test]
fn windows_sandbox() {
    hold(&[
        (
            "Sandbox: Windows Sandbox failed to start. Error 0x80370106. The virtual machine or container exited unexpectedly.",
            "windows-sandbox",
            "exited unexpectedly",
        ),
        ("Windows Sandbox failed to start. Error 0xc0370106.", "windows-sandbox", "containers-disposableclientvm"),
        ("Windows Sandbox failed to initialize. Error 0x80070015. The device is not ready.", "windows-sandbox", "updates"),
        ("WindowsSandbox.exe: No hypervisor is present on this system.", "windows-sandbox", "hypervisorlaunchtype"),
    ]);
}

#[test]
fn a_container_that_fails_beside_them_is_explained_as_a_container() {
    let info = "Server:\n Operating System: Docker Desktop\n Name: docker-desktop\n Kernel Version: 5.15.153.1-microsoft-standard-WSL2\n";
    for (text, id) in [
        (format!("{info}{DOCKER}"), "0x80370106"),
        (format!("PS C:\\wsl\\images> docker run x\n{DOCKER}"), "0x80370106"),
        (format!("Error code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED\n{DOCKER}"), "0x80370106"),
        (format!("Error code: Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_UNEXPECTED_EXIT\n{DOCKER}"), "0x80370106"),
        (
            "hcsshim::CreateComputeSystem web: The virtual machine could not be started because a required feature is not installed. (0xc0370102) (C:\\ProgramData\\wsl\\x)".to_owned(),
            "0x80370102",
        ),
        (
            "Start-VM : 'Ubuntu' failed to start.\n\ndocker: Error response from daemon: hcs::CreateComputeSystem web: The virtual machine could not be started because a required feature is not installed. (0xc0370102)".to_owned(),
            "0x80370102",
        ),
        ("0x80370102".to_owned(), "0x80370102"),
        ("The virtual machine could not be started because a required feature is not installed.".to_owned(), "0x80370102"),
        (
            "failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem 0a1b: could not be started because the hypervisor is not running".to_owned(),
            "0xc0351000",
        ),
        ("The virtual machine could not be started because the hypervisor is not running. (0xc0351000)".to_owned(), "0xc0351000"),
        ("The virtual machine could not be started because the hypervisor is not running. ".repeat(2), "0xc0351000"),
        (
            "docker: Error response from daemon: container 1 encountered an error during hcsshim::System::Start: The virtual machine could not be started because the hypervisor is not running. (0xc0351000)".to_owned(),
            "0xc0351000",
        ),
        (
            "hcs::System::Start web: Virtual machine 'web' could not be started because the hypervisor is not running. (0xc0351000)".to_owned(),
            "0xc0351000",
        ),
        (
            "docker: Error response from daemon: container 1: Virtual machine 'web' could not be started because the hypervisor is not running.".to_owned(),
            "0xc0351000",
        ),
        (
            "hcs::CreateComputeSystem web: Access is denied. (0x80070005) (Virtual machine ID 8B1C1D5E)".to_owned(),
            "0x80070005",
        ),
    ] {
        let explanation = explained(&text);
        assert_eq!(explanation.id, id, "{text}");
        assert!(!explanation.meaning.contains("not part of this"), "{text}: {}", explanation.meaning);
    }
}

#[test]
fn a_feature_that_this_windows_does_not_have() {
    hold(&[
        ("Enable-WindowsOptionalFeature : Feature name Microsoft-Hyper-V is unknown.", "feature-unknown", "home"),
        (
            "Error: 0x800f080c\n\nFeature name Containers is unknown.\nA Windows feature name was not recognized.",
            "feature-unknown",
            "home",
        ),
        (
            "A prerequisite check for the Hyper-V feature failed. 1. Hyper-V cannot be installed: The processor does not have required virtualization capabilities.",
            "virtualization-off",
            "process isolation",
        ),
        (
            "Install-WindowsFeature : A prerequisite check for the Hyper-V feature failed.\n1. Hyper-V cannot be installed: A hypervisor is already running.",
            "virtualization-off",
            "exposevirtualizationextensions",
        ),
        (
            "Failed to start daemon: The docker daemon requires build 14393 or later of Windows Server 2016 or Windows 10",
            "docker-host-too-old",
            "14393",
        ),
    ]);
}
