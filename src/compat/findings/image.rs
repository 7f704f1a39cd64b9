//! Findings about an image alone: what it is for, how it was read, and how long its base gets updates.

use super::declare::declare;

declare! {
    LinuxImage = "linux-image", Error, about [Image] {
        title: "the image is not for Windows",
        message: "no Windows entry in this image: it is for {platforms}",
        help: "{unless-in-pod}use an image with a Windows entry, or run this one on a Linux engine (Docker Desktop in Linux mode, WSL 2)|{if-in-pod}let the pod select Linux nodes (`kubernetes.io/os: linux`), or use an image with a Windows entry",
        meaning: "Every entry of the image is for another operating system. A Windows host runs it only inside a Linux virtual machine, which is another engine. Most reports of 'no matching manifest for windows/amd64' are this.",
        advice: "Look for a Windows variant among the image's tags (often with -nanoserver or -windowsservercore in the name), or switch the engine to Linux containers.",
        source: "https://docs.docker.com/desktop/setup/install/windows-install/",
    }

    ArchitectureUnknown = "architecture-unknown", Warning, about [Image] {
        title: "the image does not say for which processor it was built",
        message: "neither the index nor the config names an architecture",
        help: "build the image with a tool that sets architecture in its config",
        meaning: "The field architecture is required by the OCI image specification. Without it, it is not known whether the host can run the image.",
        advice: "Rebuild the image, or ask its publisher.",
        source: "https://github.com/opencontainers/image-spec/blob/main/config.md",
    }

    OsVersionMissing = "os-version-missing", Warning, about [Image] {
        title: "the image does not say for which Windows it was built",
        message: "image has no os.version; host is {host}",
        help: "build the image again so that its config has os.version; in an index, `docker manifest annotate --os-version` sets it as well; until then you will only know when a container starts",
        meaning: "os.version is optional. Engines pull such an image on every host and let the Host Compute Service decide when the container starts. Tools that assemble indexes by hand often lose it. Images for HostProcess containers have none on purpose.",
        advice: "Annotate the index with the version of the base image. If it is a HostProcess image, check with `{setting host-process}`.",
        source: "https://github.com/opencontainers/image-spec/blob/main/image-index.md",
    }

    OsVersionUnparsable = "os-version-unparsable", Warning, about [Image] {
        title: "the image's os.version is not a version of Windows",
        message: "os.version `{written}` is not a version of Windows, such as 10.0.20348.2402; host is {host}",
        help: "build the image again so that its config has the right os.version; in an index, `docker manifest annotate --os-version` sets it as well",
        meaning: "containerd refuses such an image, Docker's own store lets it pass, so you will only know when the container starts.",
        advice: "Correct os.version in the index and in the config.",
        source: "https://github.com/opencontainers/image-spec/blob/main/image-index.md",
    }

    NoSuchBuild = "no-such-build", Warning, about [Image] {
        title: "the image's build does not exist",
        message: "the image says build {image}, but no Windows 10 or Windows Server has that build; host is {host}",
        help: "build the image again so that its config has the right os.version; in an index, `docker manifest annotate --os-version` sets it as well",
        meaning: "The builds of Windows 10 and later begin with 10240. A lower one in os.version is a placeholder or a mistake, so it is not known for which Windows the image was built.",
        advice: "Correct os.version in the index and in the config.",
        source: "https://learn.microsoft.com/windows/release-health/release-information",
    }

    HostProcessImage = "host-process-image", Error, about [Image] {
        title: "an image for HostProcess containers only",
        message: "this is the base image of HostProcess containers; it cannot run in any isolation mode",
        help: "deploy it as a Kubernetes HostProcess container and check it with `{setting host-process}`",
        meaning: "HostProcess containers run directly on the host, inside a job object. Their base image holds no Windows and no UtilityVM, so it starts in neither process nor Hyper-V isolation.",
        advice: "Set securityContext.windowsOptions.hostProcess: true in the pod.",
        source: "https://github.com/microsoft/windows-host-process-containers-base-image",
    }

    ImageEndOfSupport = "image-end-of-support", Warning, about [Image] {
        title: "the base image gets no more updates",
        message: "Windows base images of build {image}{image-release} are out of support since {end-of-support}",
        help: "use {base supported}||no base image that is in support runs on this host with these settings",
        meaning: "Microsoft publishes no more security updates for this generation of base images. It runs as before.",
        advice: "Rebase on a supported generation.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/base-image-lifecycle",
    }

    BaseImageOutdated = "base-image-outdated", Warning, about [Image] {
        title: "there is a newer base image of the same build",
        message: "the Windows in this image is {image}, {released}; the newest of its build is {newest-base}",
        help: "{fresh-base}||an image with the newest base of this build does not run on this host as asked",
        meaning: "Microsoft publishes base images with the security updates of each month. An image keeps the revision of the base that it was built on, whatever the host has: updates of the host do not reach the files of a container. This is looked for with {setting fresh}, which also sets the age that passes.",
        advice: "Build the image again with `docker build --pull`, so that its base is the newest one. Where revisions must be equal (Windows Server 2016), update the hosts too.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/update-containers",
    }

    IndexEntryOutdated = "index-entry-outdated", Note, about [Image] {
        title: "entries of the index are much older than others",
        message: "the index has entries that were left behind: {written}",
        help: "build the images of all Windows releases again, then the index",
        meaning: "The index lists images for several Windows releases, and some hold a Windows that is months older than that of the others although there are newer base images of their builds. Which one a host gets depends on its release. This is looked for with {setting fresh}.",
        advice: "Build the images of all releases in one run, each on the newest base image of its build.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/update-containers",
    }

    ConfigDiffers = "config-differs", Warning, about [Image] {
        title: "index and config contradict each other",
        message: "the config says {stated}; wincompat uses the config, as engines do",
        help: "rebuild the index from its images",
        meaning: "The entry of an index and the config of the image it names should say the same. Engines start what the config says.",
        advice: "Recreate the index, for example with `docker buildx imagetools create`.",
        source: "https://github.com/opencontainers/image-spec/blob/main/image-index.md",
    }

    ConfigUnreadable = "config-unreadable", Warning, about [Image] {
        title: "the config could not be read",
        message: "the image's config could not be read, so the result is not known: {reason}",
        help: "if the registry did not answer, try again, or trust the index alone with {setting no-confirm}; if it did, push the image again",
        meaning: "Engines select an entry by what the index says of it, and start what its config says; the two can differ. Where the config could not be had, or is not that of the layers in the manifest, whatever rests on it is undecided: a broken network is neither a compatible nor an incompatible image.",
        advice: "Where the registry did not answer, check it and the way to it, then try again; with {setting no-confirm} the index is enough. Where its answer is wrong, or the image cannot be pulled, push the image again.",
        source: "https://github.com/opencontainers/image-spec/blob/main/image-index.md",
    }

    DigestDiffers = "digest-differs", Warning, about [Image] {
        title: "the registry states another digest than that of its answer",
        message: "the registry says that this tag has digest {stated}, but it sent content with another digest",
        help: "ask for the image by its digest, NAME@sha256:…, and report this to the owner of the registry",
        meaning: "The header Docker-Content-Digest should be the digest of the content that comes with it. Engines that believe it pull other content than was judged here, or refuse the image. Where a digest was asked for, such an answer is an error.",
        advice: "Ask for the image by its digest. A cache or a proxy in between may be the cause.",
        source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
    }

    EntryPassedOver = "entry-passed-over", Note, about [Image] {
        title: "an entry of the index cannot be verified",
        message: "one entry of the index was skipped, because its digest uses an algorithm that wincompat does not support: {written}",
        help: "build the index with SHA-256 digests",
        meaning: "Digests of SHA-256 and SHA-512 are verified. An entry that the index names by another algorithm is not among those that are judged; the others are.",
        advice: "Build the index again with a tool that uses SHA-256 digests, as engines expect.",
        source: "https://github.com/opencontainers/image-spec/blob/main/descriptor.md",
    }

    VersionFromHistory = "version-from-history", Warning, about [Image] {
        title: "only the image's history names a version",
        message: "os.version is missing; the history names {image}, but engines do not read the history",
        help: "add os.version to the image; until then you will only know when a container starts",
        meaning: "Neither index nor config state a version, and the history names the base image that was applied. Anyone can write a history, and no engine reads it: such an image is pulled on every host, and the Host Compute Service decides when the container starts.",
        advice: "Rebuild the image with a tool that keeps os.version.",
        source: "https://github.com/opencontainers/image-spec/blob/main/image-index.md",
    }

    VersionFromConfig = "version-from-config", Note, about [Image] {
        title: "the index lacks the version",
        message: "the index has no os.version; the config says {image}",
        help: "annotate the index: `docker manifest annotate --os-version {image} …`",
        meaning: "Engines that select from the index by version cannot tell this entry from others, and take the first one or the config's version.",
        advice: "Annotate the index.",
        source: "https://github.com/opencontainers/image-spec/blob/main/image-index.md",
    }

    ForeignLayers = "foreign-layers", Note, about [Image] {
        title: "some layers are kept elsewhere",
        message: "some layers are not in this registry but elsewhere: {written}",
        help: "allow the engine to reach the servers that the manifest names, or mirror the image with `--allow-nondistributable-artifacts`",
        meaning: "Windows base images before June 2023 used layers of a foreign type, which registries do not hold. Pulling needs access to the addresses in the manifest.",
        advice: "Open the firewall for those servers (of Microsoft's layers it is MCR), or rebase on a newer image.",
        source: "https://github.com/containerd/containerd/issues/8685",
    }

    FromCache = "from-cache", Warning, about [Image] {
        title: "the tag was not asked for again",
        message: "answered from the cache, {tag-read}",
        help: "run again without {setting offline} to ask the registry, or set a limit with {setting max-age}",
        meaning: "With {setting offline} a tag stands for the image that it had when an earlier check asked the registry. The registry may have another one by now. Caches of earlier versions of wincompat do not say when a tag was read.",
        advice: "Check online before you deploy. {setting max-age} refuses answers that are older.",
        source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
    }

    FromKnowledge = "from-knowledge", Warning, about [Image] {
        title: "not checked against the registry",
        message: "not checked against the registry; this tag stands for build {image} (built-in data)",
        help: "run again without {setting offline} to check the image itself",
        meaning: "With {setting offline} and nothing in the cache, the build of Microsoft's own base images is answered from built-in knowledge of their tags. The revision is not known.",
        advice: "Check online before you deploy.",
        source: "https://mcr.microsoft.com/catalog",
    }
}
