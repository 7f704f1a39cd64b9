//! Findings about an object of a cluster and the nodes that its pods can land on. They are put to workloads by whoever knows all nodes.

use super::declare::declare;

/// The names of values in the texts here, which a cluster gives.
pub(in crate::compat) const VALUES: [&str; 11] =
    ["class", "conflict", "day", "elsewhere", "fits", "handler", "images", "misfits", "os", "steer", "taint"];

declare! {
    NoNodeFits = "no-node-fits", Error, about [Cluster] {
        title: "no node fits",
        message: "no node of this cluster runs all images of the pod: {images}",
        help: "{steer}",
        meaning: "All images of a pod run on one node. On every node of the cluster at least one of them does not start: the builds differ, or the image is for another system. The pod is never ready, and the scheduler, which does not look at images, binds it all the same.",
        advice: "Build the images for the Windows of the nodes, or add a node pool whose Windows they fit.",
        source: "https://kubernetes.io/docs/concepts/windows/intro/#windows-os-version-compatibility",
    }

    SomeNodesFit = "some-nodes-fit", Error, about [Cluster] {
        title: "some nodes fit, and the pod can land on others",
        message: "the pod can land on {misfits}, where an image does not run: {images}; all of them run on {fits}",
        help: "{steer}",
        meaning: "The scheduler may bind the pod to nodes of several Windows builds, and its images run on some of these alone. On the others the pull fails with `no match for platform in manifest`, or the container is never created, and the scheduler does not try another node.",
        advice: "Select the nodes that fit by their label `node.kubernetes.io/windows-build`: {command cluster-patch} writes the change.",
        source: "https://kubernetes.io/docs/concepts/windows/user-guide/#handling-multiple-windows-versions-in-the-same-cluster",
    }

    SelectorExcludesFitting = "selector-excludes-fitting", Error, about [Cluster] {
        title: "the selector leaves out the nodes that fit",
        message: "all images of the pod run on {elsewhere}, and its node selector or affinity leaves these out",
        help: "{steer}",
        meaning: "There are nodes on which every image of the pod runs, and what the pod asks of its node (nodeSelector, required node affinity, the selector of its RuntimeClass) excludes all of them: it stays Pending, or starts on nodes where it cannot run.",
        advice: "Change the selector so that it matches a node that fits. {command cluster-patch} writes the change where one is known.",
        source: "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/",
    }

    SelectorMissingOs = "selector-missing-os", Error, about [Cluster] {
        title: "the pod does not select an operating system",
        message: "the pod can land on {misfits}, and its images are not for that system: {images}",
        help: "{steer}",
        meaning: "The scheduler looks at labels and taints only. Without `kubernetes.io/os` in its selector a Linux pod lands on Windows nodes and a Windows pod on Linux nodes, where it does not start. `spec.os.name` does not select a node: the kubelet refuses the pod after it was bound.",
        advice: "Add `kubernetes.io/os` to the node selector of the pod, or taint the Windows nodes.",
        source: "https://kubernetes.io/docs/concepts/windows/user-guide/#ensuring-os-specific-workloads-land-on-the-appropriate-container-host",
    }

    PodOsDiffers = "pod-os-differs", Error, about [Cluster] {
        title: "the pod is for another operating system than its nodes",
        message: "the pod {os}, and it can land on {misfits}",
        help: "{steer}",
        meaning: "`spec.os.name` does not select a node. Where the scheduler binds the pod to a node of another operating system, the kubelet refuses it: `Failed to admit pod as the OS field doesn't match node OS`.",
        advice: "Let `spec.os.name` and the label `kubernetes.io/os` in the node selector name the same system.",
        source: "https://kubernetes.io/docs/concepts/workloads/pods/#pod-os",
    }

    SelectorMissingArch = "selector-missing-arch", Error, about [Cluster] {
        title: "the pod does not select a processor",
        message: "the pod can land on {misfits}, whose processor its images are not for: {images}",
        help: "{steer}",
        meaning: "The cluster has nodes with another processor than the images are built for, and nothing in the pod keeps it away from them. `kubernetes.io/os: windows` alone matches arm64 nodes as well.",
        advice: "Add `kubernetes.io/arch` to the node selector of the pod.",
        source: "https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-arch",
    }

    TaintNotTolerated = "taint-not-tolerated", Error, about [Cluster] {
        title: "a taint keeps the pod from the nodes that fit",
        message: "all images of the pod run on {elsewhere}, and it does not tolerate {taint}",
        help: "{steer}",
        meaning: "The nodes on which every image of the pod runs are selected by it, and have a taint that it does not tolerate: it stays Pending, or lands on nodes where it cannot run. Windows nodes of GKE and OpenShift are tainted by the provider.",
        advice: "Add a toleration if the taint is there to keep Linux pods away. Other taints, such as that of spot nodes, may be there to keep this pod away.",
        source: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
    }

    RuntimeClassMissing = "runtime-class-missing", Error, about [Cluster] {
        title: "the RuntimeClass is not there",
        message: "the pod names the RuntimeClass {class}, and the cluster has none of that name",
        help: "create the RuntimeClass before the pod, or correct its name",
        meaning: "Kubernetes refuses to create a pod whose RuntimeClass does not exist.",
        advice: "Create the RuntimeClass, or correct `runtimeClassName`.",
        source: "https://kubernetes.io/docs/concepts/containers/runtime-class/",
    }

    RuntimeClassConflicts = "runtime-class-conflicts", Error, about [Cluster] {
        title: "the RuntimeClass contradicts the pod",
        message: "the pod and its RuntimeClass {class} ask for different values of a label: {conflict}",
        help: "make the two agree, or take the label out of the node selector of the pod",
        meaning: "The node selector of a RuntimeClass is merged into that of the pod. Where both name a label with different values, Kubernetes refuses to create the pod.",
        advice: "Make the node selectors of the pod and of its RuntimeClass agree.",
        source: "https://kubernetes.io/docs/concepts/containers/runtime-class/#scheduling",
    }

    HandlerMissing = "handler-missing", Error, about [Cluster] {
        title: "nodes do not have the handler of the RuntimeClass",
        message: "nodes do not have the handler {handler} of its RuntimeClass {class}: {misfits}",
        help: "{steer}",
        meaning: "The handler that a RuntimeClass names must be in the configuration of the node's container runtime. Where it is not, the pod is bound, and its sandbox is never created.",
        advice: "Let the node selector of the RuntimeClass match the nodes that are configured for it, or configure the others.",
        source: "https://kubernetes.io/docs/concepts/containers/runtime-class/#1-configure-the-cri-implementation-on-nodes",
    }

    HypervClassDoesNotWiden = "hyperv-class-does-not-widen", Warning, about [Cluster] {
        title: "a RuntimeClass for Hyper-V does not make older images run",
        message: "the RuntimeClass {class} asks for Hyper-V isolation, which does not make these images run here: {images}",
        help: "use images of the build of the nodes, with Hyper-V isolation as well",
        meaning: "With Hyper-V isolation the container runtime still pulls the image for the Windows of the node, and the virtual machine is that of the pause image. An image of another build fails in it as it would on the node.",
        advice: "Use images that fit the nodes in process isolation.",
        source: "https://github.com/containerd/containerd/issues/8348",
    }

    DaemonsetMissesNodes = "daemonset-misses-nodes", Error, about [Cluster] {
        title: "the DaemonSet has pods where they do not run",
        message: "the DaemonSet has a pod on each of {misfits}, where an image does not run: {images}; it runs on {fits}",
        help: "use an image with an entry for the Windows of every node, or one DaemonSet for each Windows with a selector of its own",
        meaning: "A DaemonSet has a pod on every node that it selects. On some of these an image of it does not run, so what it does is not done there.",
        advice: "Use images whose index has an entry for each Windows of the cluster.",
        source: "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
    }

    DigestPinsBuild = "digest-pins-build", Warning, about [Cluster] {
        title: "a digest pins the Windows build",
        message: "named by the digest of one manifest, and so bound to one Windows build: {images}",
        help: "name the tag, or the digest of the index, so that each node takes the entry that fits it",
        meaning: "The digest of one entry of an index, or of an image without an index, names one Windows build. Nodes of another Windows cannot take another entry, and an index that is published again with a patched base is not followed.",
        advice: "Name the digest of the index where the image has one.",
        source: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
    }

    BuildRetires = "build-retires", Warning, about [Cluster] {
        title: "all nodes that fit run a Windows whose support ends",
        message: "all images of the pod run on {fits} alone, whose support ends or has ended on {day}",
        help: "publish the images for a later Windows as well, before these nodes are replaced",
        meaning: "The Windows of every node on which the images of this pod run gets no updates any more, or soon does not. When these nodes are replaced by later ones, the pod has nowhere to run.",
        advice: "Publish the images for a later Windows as well, before the nodes are replaced.",
        source: "https://learn.microsoft.com/windows-server/get-started/windows-server-release-info",
    }
}
