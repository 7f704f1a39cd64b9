//! Findings about the isolation asked for, and what the policy leaves out of the choice.

use super::declare::declare;

declare! {
    HostProcessVersions = "host-process-versions", Note, about [Isolation] {
        title: "HostProcess containers ignore versions",
        message: "a HostProcess container does not depend on the image's Windows version",
        help: "",
        meaning: "A HostProcess container uses the host's own Windows, so image and host versions need not match. Some container runtimes still match os.version when they pull from an index with several entries.",
        advice: "Publish HostProcess images without an index and without os.version.",
        source: "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
    }

    ProcessNotForUntrusted = "process-not-for-untrusted", Error, about [Isolation] {
        title: "process isolation is not for untrusted code",
        message: "process isolation is not allowed for untrusted code ({setting untrusted})",
        help: "{if hyperv}ask for Hyper-V isolation: {setting isolation hyperv}||use a host with Hyper-V, and an image that is not newer than it",
        meaning: "A process-isolated container shares the host's kernel; Microsoft does not regard it as a security boundary against hostile code. With {setting untrusted} only Hyper-V isolation is taken.",
        advice: "Use a host with Hyper-V and an image that is not newer than it.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    ProcessNotForProduction = "process-not-for-production", Error, about [Host, Isolation] {
        title: "process isolation on a client is for development",
        message: "process isolation is not allowed in production on {host-name}, which is a client ({setting production})",
        help: "{if hyperv}use Hyper-V isolation|use a Windows Server host",
        meaning: "On Windows 10 and 11 process isolation is meant for development and test only.",
        advice: "Use Hyper-V isolation on the client, or deploy to Windows Server.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    OtherIsolationPossible = "other-isolation-possible", Note, about [Isolation] {
        title: "the other isolation would work",
        message: "{other-isolation} isolation would work here",
        help: "run {run-other}",
        meaning: "The isolation mode that you chose, or the default of the host, is not possible, but the other one is.",
        advice: "Pass {flag} to Docker; in Kubernetes use nodes whose build fits the image.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    ProcessOnClient = "process-on-client", Warning, about [Host, Isolation] {
        title: "process isolation on a client is for development",
        message: "process isolation on {host-name} is for development and test only: image {image}, host {host}",
        help: "{if hyperv}use Hyper-V isolation for anything else||use a Windows Server host for anything else",
        meaning: "Windows 10 from 1809 on and Windows 11 can run process-isolated containers when asked (with Docker: Engine 18.09.1 or newer). Microsoft supports it for development and test, as a preview on Windows 11 where builds differ; current documents list no Windows 10 for it. Port forwarding, TLS on port 443 and some AMD processors are reported to cause problems.",
        advice: "Use it for fast local work; use Hyper-V isolation or a server otherwise.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }
}
