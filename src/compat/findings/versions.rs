//! Findings about image and host together: their versions, revisions and processors.

use super::declare::declare;

declare! {
    BuildEqual = "build-equal", Note, about [Image, Host] {
        title: "image and host have the same build",
        message: "image {image} has the build of host {host}",
        help: "",
        meaning: "The image was built for the very Windows build that the host runs, so it can share the host's kernel (process isolation). The monthly revision may differ, except on Windows Server 2016.",
        advice: "Nothing to do.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    StableAbi = "stable-abi", Note, about [Image, Host] {
        title: "the host runs images of this release too",
        message: "image {image} is within the stable ABI of host {host}",
        help: "",
        meaning: "Since Windows Server 2022, a host can run process-isolated images from the previous long-term release up to its own build. An image built for Windows Server 2022 (20348) therefore shares the kernel of Windows Server 2025 (26100) and of Windows 11.",
        advice: "Nothing to do.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/portability",
    }

    ImageOlderThanHost = "image-older-than-host", Note, about [Image, Host] {
        title: "the image is older than the host",
        message: "image {image} is older than host {host}",
        help: "",
        meaning: "Hyper-V isolation gives the container a kernel of its own, taken from the image, so an older image runs on a newer host. Microsoft documents this for long-term releases and, in one general sentence, for every mismatched version.",
        advice: "Nothing to do; pass the flag for Hyper-V isolation where process isolation is the default.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    VersionLineMismatch = "version-line-mismatch", Error, about [Image, Host] {
        title: "not the Windows 10 line",
        message: "image {image} and host {host} are of different Windows lines",
        help: "use {base}||no Windows base image runs on this host with these settings",
        meaning: "Windows containers exist for Windows versions 10.0 only; Windows 11 and every Windows Server since 2016 are 10.0 too. Another major or minor version never matches.",
        advice: "Check the os.version of the image: a 6.x or 11.x there is a mistake.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    ImageNewerThanHost = "image-newer-than-host", Error, about [Image, Host] {
        title: "the image is newer than the host",
        message: "image {image}{image-release} is newer than host {host} ({host-name}), so it cannot run there in any isolation mode",
        help: "use {base same-processor}|run this image on {host-for-image} of build {host-builds}",
        meaning: "A newer image runs on an older host in neither isolation. Microsoft documents it so, and Docker refuses the pull, also for Hyper-V isolation: `a Windows version … based image is incompatible with a … host`. Whether a utility VM could boot it is unproven; it is not supported.",
        advice: "Rebase the image on the host's release or an older one, or update the host.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    BuildMismatch = "build-mismatch", Note, about [Image, Host] {
        title: "the builds differ",
        message: "process isolation needs matching builds: image {image}{image-release}, host {host} ({host-name})",
        help: "{unless-in-pod}for process isolation use {base process}|{if-in-pod}use {base process}|for Hyper-V isolation run {run hyperv}||use a host of build {host-builds process}",
        meaning: "In process isolation the container uses the host's kernel. Before Windows Server 2022 the builds must be equal; from then on the image may be as old as the previous long-term release. Outside of that the Host Compute Service refuses with 0xc0370101.",
        advice: "Use a tag for the host's release, or Hyper-V isolation if the image is older than the host.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    RevisionMismatch = "revision-mismatch", Note, about [Image, Host] {
        title: "Windows Server 2016 needs equal revisions",
        message: "on Windows Server 2016 the revisions must be equal too: image {image}, host {host}",
        help: "{host-behind}update the host to the revision of the image|{image-behind}rebuild the image on a base image with the host's revision|run {run hyperv}",
        meaning: "Windows Server 2016 (build 14393) is the one release whose process-isolated containers need the host's exact revision. From version 1709 on only the build counts.",
        advice: "Keep image and host on the same monthly update, or use Hyper-V isolation.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    RevisionUnknown = "revision-unknown", Warning, about [Image, Host] {
        title: "a revision is missing",
        message: "on Windows Server 2016 the revisions must be equal, and one is not known: image {image}, host {host}",
        help: "{no-revision host}name the host with its revision, as in `{setting host 10.0.14393.9140}`, or run `wincompat` on the host itself|{no-revision image}name the image by a tag that has the revision, as in `10.0.14393.9140`|{no-revision offline}run again without {setting offline}, so that the registry is asked for the image's revision",
        meaning: "Windows Server 2016 compares revisions. A host given as `14393`, or an image without a fourth number, leaves that open.",
        advice: "Read the revision on the host with {command host} or `reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" /v UBR`.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    February2020Cut = "february-2020-cut", Warning, about [Image, Host] {
        title: "different sides of the update of February 2020",
        message: "image {image} and host {host} are on different sides of the update of February 2020 (first revision {first-revision}); 32-bit programs may fail",
        help: "update both past that revision|run {run hyperv}",
        meaning: "The security update of 2020-02-11 changed an interface between host and container. In process isolation across it, 32-bit programs in the container fail with 0xC0000142 or hang, msiexec with 1719, while the container itself starts.",
        advice: "Bring the older side up to date.",
        source: "https://support.microsoft.com/help/4542617",
    }

    HostBehindImage = "host-behind-image", Warning, about [Image, Host] {
        title: "the host lacks updates the image has",
        message: "image {image} has newer updates than host {host}; since 2025 such pairs are reported to fail with 0xc0370106",
        help: "install {update} on the host|use an older revision of the image|run {run hyperv}",
        meaning: "Microsoft documents that revisions need not match. Since 2025 users report that process-isolated server and servercore images newer than their host exit at start with 0xc0370106 until the host is updated; nanoserver is usually spared, and hotpatched hosts always look one update behind.",
        advice: "Update the host first, then the images.",
        source: "https://github.com/microsoft/Windows-Containers/issues/591",
    }

    HostUpdatesUnknown = "host-updates-unknown", Note, about [Host] {
        title: "the updates of the host are not known",
        message: "the data of host {host} does not say its revision, so whether it lacks updates that the image has is not known",
        help: "add what `reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" /v UBR` or `ver` prints on the host, or name its version with all four numbers",
        meaning: "The fourth number of a Windows version, the revision, counts its updates. systeminfo, Win32_OperatingSystem and [Environment]::OSVersion leave it out; the registry has it as UBR, and `ver` prints it. A host with fewer updates than a server image of the same build is reported to fail.",
        advice: "Read the host's registry: reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" > host.txt.",
        source: "https://github.com/microsoft/Windows-Containers/issues/591",
    }

    Ltsc2025On25h2 = "ltsc2025-on-25h2", Warning, about [Image, Host] {
        title: "Windows Server 2025 images on newer Windows 11 clients",
        message: "images of Windows Server 2025 ({written}) are reported to fail on clients newer than 24H2 ({host}) with 0xc0370112, in both isolations",
        help: "use {entry}|use {base}||try it before you rely on it, and pull the image again after Windows updates",
        meaning: "Microsoft's table supports the pair. Since November 2025 users report that it fails with `the container image contains a layer with an unrecognized format`, while ltsc2022 images work; the report is open.",
        advice: "Use an image built on ltsc2022, or delete and pull the image again.",
        source: "https://github.com/microsoft/hcsshim/issues/2566",
    }

    SharedKernelReported = "shared-kernel-reported", Note, about [Image, Host] {
        title: "reported to work in process isolation too",
        message: "image {image} is reported to run in process isolation on {host}, unsupported",
        help: "{if hyperv}use Hyper-V isolation||do not rely on it",
        meaning: "Windows 10 1903 and 1909 share a kernel, and so do 2004 to 22H2. Users run 1903 images on 1909 and 2004 images on 20H2 to 22H2 in process isolation. Microsoft does not support it, and the rule says no.",
        advice: "Rely on Hyper-V isolation.",
        source: "https://github.com/docker/for-win/issues/5148",
    }

    AnnualChannelHost = "annual-channel-host", Note, about [Image, Host] {
        title: "Annual Channel hosts are documented for ltsc2022 images only",
        message: "Microsoft documents only Windows Server 2022 images on version 23H2; image {image} follows the general rule",
        help: "use {base}||try it before you rely on it",
        meaning: "The page on portability says that a Windows Server, version 23H2 container host supports only the Windows Server 2022 container image. It is silent on Hyper-V isolation of older images; that they run is inferred from the general rule.",
        advice: "Try it before you rely on it.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/portability",
    }

    ArchitectureMismatch = "architecture-mismatch", Error, about [Image, Host] {
        title: "the image is for another processor",
        message: "image is for {architecture}, host is {host-architecture}",
        help: "use {base}|{processor-served}use an image with an {host-architecture} entry|use an {other-processor} host||use another host: no base image for {host-architecture} runs on this one",
        meaning: "Windows containers run no foreign architecture. An amd64 image on an arm64 host ends in 0xc0370106 or in a timeout. arm64 base images exist only since Windows Server 2025 (26100).",
        advice: "Use a multi-architecture tag, or build for the host's processor.",
        source: "https://github.com/microsoft/Windows-Containers/issues/586",
    }
}
