//! Findings about a host: what it is, what its features allow, and what was assumed of it.

use super::declare::declare;

declare! {
    HostBeforeContainers = "host-before-containers", Error, about [Host, Isolation] {
        title: "this Windows has no containers",
        message: "host {host} is older than Windows containers, which came with build 14393",
        help: "update the host to Windows Server 2016, Windows 10 1607 or newer",
        meaning: "Windows containers came with Windows Server 2016 and Windows 10 version 1607 (build 14393).",
        advice: "Update the host.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    EditionHome = "edition-home", Error, about [Host, Isolation] {
        title: "Home editions have no Windows containers",
        message: "{host-name} is a Home edition ({edition}), which has no Windows containers",
        help: "use Windows Pro, Enterprise or Education, or a server",
        meaning: "Microsoft offers the Containers feature and Hyper-V on Pro, Enterprise and Education. Packages that force them onto Home exist and are unsupported.",
        advice: "Change the edition, or run the container elsewhere.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    Windows32Bit = "windows-32-bit", Error, about [Host, Isolation] {
        title: "a 32-bit Windows has no containers",
        message: "{host-name} is a 32-bit Windows, which has no containers",
        help: "use a 64-bit Windows",
        meaning: "The Containers feature and Hyper-V exist on 64-bit Windows only, and no base image is made for 32-bit x86.",
        advice: "Install a 64-bit Windows, or run the container elsewhere.",
        source: "https://learn.microsoft.com/virtualization/hyper-v-on-windows/reference/hyper-v-requirements",
    }

    EditionUnknown = "edition-unknown", Warning, about [Host, Isolation] {
        title: "it is not known whether this edition has Windows containers",
        message: "it is not known whether edition {edition} of {host-name} is a Home edition, which has no Windows containers",
        help: "use a registry export of the host, or add `{setting host-attribute home}` if it is Home, `{own-host client}` if it is not",
        meaning: "The source of the host's data names an edition in words that are not known here, for example in another language. Home editions have no Windows containers, and this may be one.",
        advice: "Export the registry key HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion of the host: its EditionID is the same in every language, and begins with Core for Home.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    ContainersFeatureMissing = "containers-feature-missing", Error, about [Host, Isolation] {
        title: "the Containers feature is off",
        message: "the Containers feature is not enabled on this host",
        help: "enable it in an elevated PowerShell and restart: {enable-containers}",
        meaning: "Without the Windows feature Containers the services vmcompute and hns do not exist, and no container starts in any isolation.",
        advice: "On a client: Enable-WindowsOptionalFeature -Online -All -FeatureName Containers. On a server: Install-WindowsFeature Containers. Then restart.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    ClientBefore1809 = "client-before-1809", Note, about [Host, Isolation] {
        title: "this client has no process isolation",
        message: "process isolation came to clients with Windows 10 1809; host is {host}",
        help: "run {run hyperv}|{on-1809}update the host to Windows 10, version 1809||for process isolation use a newer host, and an image of its build",
        meaning: "Clients older than Windows 10 version 1809 (17763) run containers in Hyper-V isolation only; Docker Engine refuses the other with a message of its own.",
        advice: "Use Hyper-V isolation, or update Windows.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    HypervUnavailable = "hyperv-unavailable", Note, about [Host, Isolation] {
        title: "Hyper-V isolation cannot work here",
        message: "Hyper-V isolation is not available on host {host}",
        help: "enable Hyper-V and restart: {enable-hyperv}; in a virtual machine, expose virtualization to it first (nested virtualization)||Kubernetes has no Hyper-V isolation: use a node or an image that fits in process isolation",
        meaning: "Hyper-V isolation needs the Hyper-V feature, its services, and a hypervisor in which this Windows is the root partition. In a virtual machine that takes nested virtualization. Home editions do not have it.",
        advice: "Enable the feature. In Azure take a size with nested virtualization; on Hyper-V run Set-VMProcessor -ExposeVirtualizationExtensions $true. Check that virtualization is on in the firmware and `bcdedit /set hypervisorlaunchtype auto`.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    HypervUnknown = "hyperv-unknown", Warning, about [Host, Isolation] {
        title: "it is not known whether Hyper-V isolation works",
        message: "it is not known whether Hyper-V isolation works on host {host}",
        help: "{if-offered}run {command host} on the host, or tell wincompat: `{own-host hyperv}` or `{setting host-attribute no-hyperv}`|{if-by-class}see whether a pod with a RuntimeClass for Hyper-V isolation starts on such a node; without such a class it runs in process isolation",
        meaning: "The source of the host's data does not tell whether Hyper-V is enabled and can start virtual machines.",
        advice: "Run wincompat on the host itself, in an elevated prompt if possible.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    HypervAssumed = "hyperv-assumed", Note, about [Host, Isolation] {
        title: "Hyper-V is assumed to be enabled",
        message: "Hyper-V is assumed to be enabled on host {host}",
        help: "tell wincompat: `{setting host …,hyperv}` or `{setting host …,no-hyperv}`, or run it on the host",
        meaning: "A version or a release name does not tell whether Hyper-V is enabled. It is assumed on servers and on clients that are not Home, because most hosts can enable it; cloud and nested machines often cannot.",
        advice: "Add {setting host-attribute hyperv} or {setting host-attribute no-hyperv} to {setting host}. With {setting strict} the result is undecided instead.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    KindAssumed = "kind-assumed", Note, about [Host, Isolation] {
        title: "server or client was assumed",
        message: "build {host} may be a server or a client; it is assumed to be a {host-kind}, and this changes the result",
        help: "tell wincompat: `{setting host …,server}` or `{setting host …,client}`",
        meaning: "Windows Server and Windows share builds (26100 is Windows Server 2025 and Windows 11 24H2), and their default isolation differs.",
        advice: "Add {setting host-attribute server} or {setting host-attribute client} to {setting host}. With {setting strict} the result is undecided instead.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    ArchitectureAssumed = "architecture-assumed", Note, about [Host, Isolation] {
        title: "the processor was assumed",
        message: "host {host} is assumed to be {host-architecture}",
        help: "tell wincompat: `{setting host …,amd64}` or `{setting host …,arm64}`",
        meaning: "This release exists for more than one architecture, and an image runs on its own only.",
        advice: "Add {setting host-attribute amd64} or {setting host-attribute arm64} to {setting host}. With {setting strict} the result is undecided instead.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements",
    }

    HostNewerThanKnowledge = "host-newer-than-knowledge", Warning, about [Host] {
        title: "the host is newer than the release data of wincompat",
        message: "host {host} is newer than the newest known {host-kind} build ({newest}, release data of {knowledge-date})",
        help: "update wincompat, or use newer release data with `{setting knowledge}`",
        meaning: "The rule of the stable ABI is applied to the build as it is. When a new long-term release has appeared since, the oldest image this host takes in process isolation may have moved.",
        advice: "Update wincompat.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/portability",
    }

    KnowledgeOld = "knowledge-old", Note, about [Host] {
        title: "the release data is old",
        message: "the release data is of {knowledge-date}",
        help: "update wincompat, or use newer release data with `{setting knowledge}`",
        meaning: "Releases, lifecycles and revisions change monthly. Data older than 180 days may lack the newest ones; the rules themselves change rarely.",
        advice: "Update wincompat.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/base-image-lifecycle",
    }

    HostEndOfSupport = "host-end-of-support", Warning, about [Host] {
        title: "the host gets no more updates",
        message: "{host-name} ({host}) is out of support since {end-of-support}",
        help: "move to a release in support; {command check-everywhere} shows which can run the image",
        meaning: "Regular updates for this release have ended. Paid extensions (ESU) are not counted.",
        advice: "Update the host.",
        source: "https://learn.microsoft.com/lifecycle/products/",
    }
}
