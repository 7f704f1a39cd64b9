//! Pastes of engines and tools that ended before they looked at the image: at an option, a network, a platform.

use super::kinds::hold;

#[test]
fn what_an_engine_refuses_before_it_looks_at_the_image() {
    hold(&[
        (
            "Error response from daemon: client version 1.24 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version",
            "docker-api-version",
            "min-api-version",
        ),
        (
            "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.43",
            "docker-api-version",
            "docker_api_version",
        ),
        ("docker: Error response from daemon: Windows does not support privileged mode.", "not-on-windows", "hostprocess"),
        ("Error response from daemon: Windows does not support root filesystem in read-only mode", "not-on-windows", "read_only"),
        ("docker: Error response from daemon: network nat not found.", "network-missing", "restart-service"),
        ("Error response from daemon: network shop_default not found", "network-missing", "docker network create"),
        ("docker: Error response from daemon: invalid isolation 'hyperv' on linux.", "isolation-on-linux", "switchdaemon"),
        ("Error response from daemon: invalid isolation 'process' on linux", "isolation-on-linux", "leave the option out"),
        ("docker: Error response from daemon: invalid isolation 'vm' on windows.", "invalid-isolation", "`process`"),
        (
            "FATA[0000] failed to create default network: needs CNI plugin \"nat\" to be installed in CNI_PATH (\"C:\\\\Program Files\\\\containerd\\\\cni\\\\bin\"), see https://github.com/containernetworking/plugins/releases: exec: \"C:\\\\Program Files\\\\containerd\\\\cni\\\\bin\\\\nat\": file does not exist",
            "cni-plugin-missing",
            "windows-container-networking",
        ),
        (
            "plugin type=\"sdnbridge\" failed (add): failed to find plugin \"sdnbridge\" in path [C:\\Program Files\\containerd\\cni\\bin]",
            "cni-plugin-missing",
            "sdnbridge",
        ),
        ("Error: InvalidImageName", "invalid-reference", "upper case"),
        ("Failed to apply default image tag \"shop:\": couldn't parse image reference \"shop:\"", "invalid-reference", "empty"),
        (
            "In order to run Windows Containers the Hyper-V and Containers features must be enabled.\nDo you want to enable them?",
            "containers-feature",
            "enable-windowsoptionalfeature",
        ),
        (
            "[FAIL] DD0023: is the Containers Windows Feature enabled? required Windows Feature not installed: Containers",
            "containers-feature",
            "enable-windowsoptionalfeature",
        ),
        ("Containers feature disabled. Enable it by using PowerShell script", "containers-feature", "restart"),
        (
            "unable to configure the Docker daemon with file C:\\ProgramData\\docker\\config\\daemon.json: invalid character 'd' in string escape code",
            "daemon-json",
            "backslash",
        ),
        (
            "Install-WindowsFeature : The target of the specified cmdlet cannot be a Windows client-based operating system.",
            "server-command-on-client",
            "enable-windowsoptionalfeature",
        ),
        (
            "Get-WindowsFeature : The term 'Get-WindowsFeature' is not recognized as the name of a cmdlet, function, script file, or operable program.",
            "server-command-on-client",
            "microsoft-hyper-v",
        ),
        (
            "docker: Error response from daemon: failed to create endpoint web on network nat: Windows does not support host IP addresses in NAT settings.",
            "port-with-address",
            "-p 8080:80",
        ),
        (
            "error: failed to solve: failed to solve with frontend dockerfile.v0: failed to read dockerfile: failed to mount in-place: {bind C:\\ProgramData\\Docker\\windowsfilter\\q1w2e3 [rbind ro]}: invalid windows mount type: 'bind'",
            "buildkit-on-windows-engine",
            "docker_buildkit = 0",
        ),
    ]);
}

/// A Windows image that an engine for Linux unpacks: its layers have links between folders that only Windows puts together.
#[test]
fn windows_layers_in_a_store_for_linux() {
    hold(&[
        (
            "failed to extract layer sha256:5d1d: link /var/lib/desktop-containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs/Files/Program Files/Common Files/a.mui /var/lib/desktop-containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs/Files/Program Files (x86)/a.mui: no such file or directory: unknown",
            "windows-on-linux",
            "switchdaemon",
        ),
        (
            "failed to register layer: Error processing tar file(exit status 1): link /Files/Windows/System32/drivers/a.sys /Files/Windows/WinSxS/amd64_a/a.sys: no such file or directory",
            "windows-on-linux",
            "switchdaemon",
        ),
        // The store of an engine for Windows has such folders too.
        (
            "failed to register layer: re-exec error: exit status 1: output: failed to find link target for 'Files\\Windows\\System32\\a.sys'",
            "register-layer",
            "antivirus",
        ),
    ]);
}

#[test]
fn registries_that_refuse() {
    hold(&[
        (
            "failed to copy: httpReadSeeker: failed open: unexpected status code https://mcr.microsoft.com/v2/windows/servercore/blobs/sha256:5d1d: 403 Forbidden",
            "registry-login",
            "data.mcr.microsoft.com",
        ),
        (
            "Failed to pull image \"shop.azurecr.io/web:1\": failed to resolve reference \"shop.azurecr.io/web:1\": unexpected status from HEAD request to https://shop.azurecr.io/v2/web/manifests/1: 403 Forbidden",
            "registry-login",
            "firewall",
        ),
        (
            "Error response from daemon: denied: client with IP '192.0.2.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
            "registry-login",
            "firewall",
        ),
        (
            "Error response from daemon: Head \"https://ghcr.io/v2/shop/web/manifests/1\": denied: denied",
            "registry-login",
            "docker login",
        ),
        ("Error response from daemon: unauthorized: incorrect username or password", "registry-login", "docker login"),
        (
            "Error response from daemon: Get \"https://shop.azurecr.io/v2/\": unauthorized: {\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}",
            "registry-login",
            "expired",
        ),
        ("unauthorized: access to the requested resource is not authorized", "registry-login", "private"),
        (
            "name unknown: The repository with name 'shop/web' does not exist in the registry with id '1'",
            "registry-login",
            "misspelt",
        ),
        ("NAME_UNKNOWN: repository name not known to registry", "registry-login", "misspelt"),
        (
            "Error response from daemon: error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: \"<html>\"",
            "registry-login",
            "proxy",
        ),
    ]);
}

#[test]
fn tools_that_look_for_another_platform() {
    hold(&[
        (
            "time=\"2025-03-01T10:00:00Z\" level=fatal msg=\"Error parsing manifest for image: choosing image instance: no image found in manifest list for architecture amd64, variant \\\"\\\", OS linux\"",
            "no-platform-for-tool",
            "override-os",
        ),
        (
            "Error: choosing an image from manifest list docker://mcr.microsoft.com/windows/nanoserver:ltsc2022: no image found in image index for architecture \"amd64\", variant \"\", OS \"linux\"",
            "no-platform-for-tool",
            "podman pull --platform",
        ),
        (
            "Error: no child with platform linux/amd64 in index mcr.microsoft.com/windows/servercore:ltsc2022",
            "no-platform-for-tool",
            "crane",
        ),
        (
            "WARNING: The requested image's platform (windows/amd64) does not match the detected host platform (linux/amd64/v3) and no specific platform was requested",
            "windows-on-linux",
            "windows host",
        ),
        (
            "The requested image's platform (linux/amd64) does not match the detected host platform (windows/amd64)",
            "linux-on-windows",
            "linux",
        ),
        (
            "WARNING: The requested image's platform (windows/amd64) does not match the detected host platform (windows/arm64) and no specific platform was requested",
            "other-processor",
            "processor",
        ),
        (
            "WARNING: image platform (windows/arm64) does not match the expected platform (windows/amd64)",
            "other-processor",
            "processor",
        ),
        (
            "The requested image's platform (linux/arm64) does not match the detected host platform (linux/amd64)",
            "wanted-other-platform",
            "processor",
        ),
    ]);
}
