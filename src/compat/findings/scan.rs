//! Findings that only a scan has: what a lock, the other images of a pod, build or job, the other hosts and newer images say of an image.
//! They are put to results behind the judgement, by whoever has read those.

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

    BuildFitsNoHost = "build-fits-no-host", Error, about [Scan] {
        title: "not one host can run all containers of the build or job",
        message: "each image of this build or job runs on some host, and not one host can run all of them",
        help: "use base images of one Windows release in the stages of this file that run commands",
        meaning: "A build of a Dockerfile runs the commands of all its stages on one host, and so does a job of a pipeline with its container and services. Each of these images has a host that it can run on, and no host can run all of them. So the build or job fails wherever it is started.",
        advice: "Use base images of one Windows release in the stages that run commands, or in the containers of the job. A stage that files are only copied from is not started, so it may be older.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }

    JobFitsSomeHosts = "job-fits-some-hosts", Warning, about [Scan] {
        title: "the job may be given a host on which its image does not run",
        message: "the file does not say which of the hosts runs this job, and the image does not run on all of them",
        help: "give the job a tag, label or pool that only machines have where the image runs, and name only those hosts",
        meaning: "A job of a pipeline runs on one machine, so one host that fits is enough for it to pass. The file does not say which machine that is, and the image does not run on some of the hosts. If the service gives the job one of these, it fails.",
        advice: "Give the job a tag, label or pool that only machines have where the image runs, and name only those hosts. If the service already sends the job to such machines alone, scan the pipeline with those hosts alone.",
        source: "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility",
    }
}
