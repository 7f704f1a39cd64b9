//! Findings that only a scan has: what a lock, the other images of a pod and newer images say of an image. They are put to results behind
//! the judgement, by whoever has read those.

use super::declare::declare;

declare! {
    TagMoved = "tag-moved", Warning, about [Scan] {
        title: "the tag stands for another image than the lock says",
        message: "the tag has moved since the lock was written",
        help: "look at the new image, then write the lock again",
        meaning: "A lock says which digest the tag stood for when it was written. The registry has another one now: what is deployed from today on is not what was checked then.",
        advice: "Look at the new image, then write the lock again. To deploy what was checked, name the image by its digest.",
        source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
    }

    PodFitsNoNode = "pod-fits-no-node", Error, about [Scan] {
        title: "not one node fits all images of the pod",
        message: "each image of this pod fits some node, and not one node fits all of them",
        help: "use images of one Windows release in the pod",
        meaning: "All containers of a pod run on one node. Each of these images has a node that it can run on, and no node can run all of them, so the pod never becomes ready, wherever it lands. A node selector does not help.",
        advice: "Use images of one Windows release in the pod, or move a container into a pod of its own.",
        source: "https://kubernetes.io/docs/concepts/windows/intro/",
    }
}
