//! Findings about the engine that starts the container.

use super::declare::declare;

declare! {
    ExplicitIsolationNeeded = "explicit-isolation-needed", Warning, about [Isolation, Engine] {
        title: "this image needs a flag on this server",
        message: "image {image} {needs} Hyper-V isolation on host {host}, which is not the default of a server",
        help: "run {run hyperv}|{if process}ask for process isolation, in which it runs too||use a host or an image of the same build",
        meaning: "With no flag, Docker uses process isolation on a server. Kubernetes does so too, and supports no other. `auto` took Hyper-V isolation because process isolation is not possible or not allowed.",
        advice: "Pass {flag hyperv}, or set \"exec-opts\": [\"isolation=hyperv\"] in Docker's daemon.json.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    DefaultConfigured = "default-configured", Note, about [Host, Engine] {
        title: "the engine is configured for another isolation than usual",
        message: "the engine on {host-name} ({host}) is configured to take {configured-default} isolation when none is named",
        help: "",
        meaning: "The isolation that an engine takes when none is named can be configured: Docker reads \"exec-opts\": [\"isolation=process\"] in its daemon.json, and `docker info` shows it as Default Isolation. This host's configuration decided what `default` means.",
        advice: "Name the isolation to be independent of the configuration: {flag hyperv} or {flag process}.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/hyperv-container",
    }

    EngineRefuses = "engine-refuses", Error, about [Image, Engine] {
        title: "the engine refuses an image that fits",
        message: "image {image} {fits} host {host}, but {engine} refuses it: `{engine-says}`",
        help: "name the entry by its digest: {chosen-entry}|use {engine-version}|use {image-store}|use {base}||{if-indexed}correct the index: the entry of this image needs the platform windows/{host-architecture} with os.version {image}|use an image of the host's build",
        meaning: "Every engine chooses an entry of an index by rules of its own, which changed from version to version. This one accepts none of the entries, although one fits the host. A manifest that is named by its digest is not compared by containerd.",
        advice: "Name the manifest by its digest, or use another version of the engine or another image store.",
        source: "https://github.com/containerd/platforms",
    }

    EngineTakesAnother = "engine-takes-another", Note, about [Image, Engine] {
        title: "the engine takes another entry of the index",
        message: "on host {host}, where {image} fits best, the engine takes {engine-takes}; this is so with {engine}",
        help: "name the entry by its digest: {chosen-entry}|run {run hyperv}|use {engine-version}|use {image-store}|use {base}||use an index with entries for this host only",
        meaning: "Every engine chooses an entry of an index by rules of its own. Docker's own image store takes the first one that is not newer than the host, if none has the host's build; containerd takes the first one or the highest version as text, by its version.",
        advice: "Name the manifest by its digest, or use an index whose first fitting entry is the best one.",
        source: "https://github.com/docker/for-win/issues/13986",
    }

    EngineVersionMatters = "engine-version-matters", Note, about [Image, Engine] {
        title: "other versions of the engine answer differently",
        message: "this is the answer of {engine}; {engine-differs} answer differently",
        help: "name the version: `{setting engine}`; all answers: {command engines}",
        meaning: "It was not said which version of the engine is used, so the newest known one decides. Other versions take another entry of the index, or none.",
        advice: "Name the version: `{setting engine}`. {command engines} shows the answers of all of them.",
        source: "https://github.com/containerd/platforms",
    }

    EngineMayRefuse = "engine-may-refuse", Warning, about [Image, Host, Engine] {
        title: "some engines refuse this pair",
        message: "image {image} fits host {host}, but {engine-doubt}",
        help: "name the entry by its digest: {chosen-entry}|use {engine-version}|use {own-store}||try it on such a host before you rely on it",
        meaning: "Every engine chooses an entry of an index by rules of its own, which changed from version to version. Where the rules of this one are not known, and known versions do not start the image, the result is undecided: a version before or after those that are known, a pre-release, a text that is not a version, or another program than containerd below a kubelet. So it is where an index names levels of processors, which Docker 29.6 and later compare. For a Docker whose image store is not known this is a warning beside the result: the matcher of containerd/platforms 1.0.0-rc.2 to rc.4 takes the wrong lower bound for hosts newer than 26100, so that ltsc2022 images are refused on Windows 11 25H2 and newer. rc.5 corrects it.",
        advice: "Name the manifest by its digest, use a version of the engine whose rules are known, or use Docker's own image store.",
        source: "https://github.com/containerd/platforms/pull/34",
    }

    HypervDoesNotWiden = "hyperv-does-not-widen", Error, about [Image, Engine, Isolation] {
        title: "Hyper-V isolation does not make an older image run in Kubernetes",
        message: "in Kubernetes Hyper-V isolation does not make image {image} run on host {host}: the virtual machine has the node's Windows",
        help: "use {base}||use a node or an image of the same build",
        meaning: "With a RuntimeClass for Hyper-V the container runtime still pulls the image for the Windows of the node, and the virtual machine is that of the pause image. An image of another build fails in it as it would on the node.",
        advice: "Use an image that fits the node in process isolation, or a node that fits the image.",
        source: "https://github.com/containerd/containerd/issues/8348",
    }

    DockerBeforeClientProcess = "docker-before-client-process", Error, about [Host, Engine, Isolation] {
        title: "this Docker has no process isolation on clients",
        message: "{engine} runs containers on Windows clients in Hyper-V isolation only",
        help: "run {run hyperv}|use {engine-version}||use Docker 18.09.1 or newer",
        meaning: "Docker Engine runs containers in process isolation on clients since version 18.09.1.",
        advice: "Use Hyper-V isolation, or update Docker.",
        source: "https://github.com/moby/moby/pull/38000",
    }

    EngineWithoutHostProcess = "engine-without-host-process", Error, about [Engine, Isolation] {
        title: "the engine has no HostProcess containers",
        message: "{engine-before-host-process} has no HostProcess containers",
        help: "use Kubernetes 1.22 or newer with containerd 1.6 or newer",
        meaning: "HostProcess containers came with Kubernetes 1.22, where they are to be enabled, and need containerd 1.6 or newer. Docker has none.",
        advice: "Use a cluster whose nodes have these versions, or run the container in process isolation.",
        source: "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
    }

    HostTooOldForDocker = "host-too-old-for-docker", Note, about [Host, Engine] {
        title: "too old for current engines",
        message: "host {host} is older than {engine-minimum}, build 17763",
        help: "update the host to Windows Server 2019 or newer",
        meaning: "Since version 23.0 Docker Engine refuses to start on builds before 17763. Older engines still run there. Where the engine's version is known to be that new, this is an error. Pods of Kubernetes start with containerd from that build on, too.",
        advice: "Update the host.",
        source: "https://github.com/moby/moby",
    }

    HostTooOldForWincompat = "host-too-old-for-wincompat", Error, about [Host, Engine] {
        title: "too old for the containers of this program",
        message: "host {host} is older than build 17763, the first one on which this program starts containers",
        help: "update the host to build 17763 or newer, or start the container with Docker before 23.0",
        meaning: "This program starts containers through libraries of the Host Compute Service that came with build 17763. Docker Engine before version 23.0 starts containers on older builds.",
        advice: "Update the host, or use Docker before 23.0 there.",
        source: "https://learn.microsoft.com/virtualization/api/hcs/overview",
    }
}
