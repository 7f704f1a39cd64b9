//! Pastes of Kubernetes and ECS that refuse a pod or a task before an image is used.

use super::explained;
use super::kinds::hold;

#[test]
fn a_runtime_class_that_is_not_there_or_contradicts_the_pod() {
    hold(&[
        (
            "Error creating: pods \"web-1\" is forbidden: pod rejected: RuntimeClass \"windows-2019\" not found",
            "runtime-class-not-found",
            "runtimeclassname",
        ),
        (
            "Failed to create pod sandbox: RuntimeClass.node.k8s.io \"windows-2019\" not found",
            "runtime-class-not-found",
            "runtimeclassname",
        ),
        (
            "Error from server (Forbidden): error when creating \"web.yaml\": pods \"web\" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[node.kubernetes.io/windows-build] = 10.0.17763; pod.spec.nodeSelector[node.kubernetes.io/windows-build] = 10.0.20348",
            "runtime-class-node-selector",
            "node selectors",
        ),
        ("no runtime for \"runhcs-wcow-hyperv\" is configured", "runtime-handler-missing", "runhcs-wcow-process"),
    ]);
}

#[test]
fn a_pod_that_is_refused_for_its_containers_or_its_system() {
    hold(&[
        (
            "The Pod \"hp\" is invalid: spec.containers[1].securityContext.windowsOptions.hostProcess: Invalid value: false: If pod contains any hostProcess containers then all containers must be HostProcess containers",
            "host-process-rules",
            "nothing but those",
        ),
        (
            "The Pod \"hp\" is invalid: spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
            "host-process-rules",
            "hostnetwork: true",
        ),
        ("Failed to admit pod as the OS field doesn't match node OS", "pod-os-not-supported", "spec.os.name"),
        ("Failed to admit pod as the `kubernetes.io/os` label doesn't match node label", "pod-os-not-supported", "selector"),
    ]);
}

#[test]
fn a_pod_for_linux_on_a_windows_node() {
    hold(&[(
        "Warning  FailedMount  14s  kubelet  MountVolume.SetUp failed for volume \"kube-api-access-x7k2p\" : chown c:\\var\\lib\\kubelet\\pods\\5d1d\\volumes\\kubernetes.io~projected\\kube-api-access-x7k2p\\..2024_05_08\\token: not supported by windows",
        "pod-owner-of-files",
        "runasusername",
    )]);
}

/// It follows from an attempt that does not end: where that has an error, the error is explained.
#[test]
fn a_name_that_is_reserved_is_not_the_cause() {
    let reserved =
        "Error: failed to reserve container name \"web_web-1_default_0\": name \"web_web-1_default_0\" is reserved for \"5d1d\"";
    let cause = "Error: failed to create containerd task: failed to create shim task: hcs::System::Start: The virtual machine or container exited unexpectedly.: unknown";
    let both = format!("  Warning  Failed  9s  kubelet  {cause}\n  Warning  Failed  2s  kubelet  {reserved}\n");
    assert_eq!(explained(reserved).id, "name-reserved");
    assert_eq!(explained(&both).id, "0x80370106");
}

#[test]
fn an_image_without_the_platform_of_a_task() {
    hold(&[
        (
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'windows/amd64'",
            "ecs-no-platform",
            "runtimeplatform",
        ),
        (
            "Error: no child with platform linux/amd64 in index mcr.microsoft.com/windows/servercore:ltsc2022",
            "no-platform-for-tool",
            "crane",
        ),
    ]);
}

#[test]
fn a_log_that_is_not_there_because_the_image_is_not() {
    hold(&[
        (
            "Error from server (BadRequest): container \"web\" in pod \"x\" is waiting to start: trying and failing to pull image",
            "image-pull-back-off",
            "kubectl describe pod",
        ),
        (
            "container \"web\" in pod \"x\" is waiting to start: image can't be pulled",
            "image-pull-back-off",
            "kubectl describe pod",
        ),
    ]);
}

/// The virtual machine of a pod is started from the pause image, and no option of an engine reaches a pod.
#[test]
fn a_pod_is_not_told_to_use_an_isolation() {
    let mismatch = "failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem 12: The container operating system does not match the host operating system.: unknown";
    let no_match = "failed to pull and unpack image \"example.com/web:1\": no match for platform in manifest: not found";
    let timeout = "hcs::System::Start 12: This operation returned because the timeout period expired.: unknown";
    let isolates = |steps: &[String]| {
        steps.iter().any(|step| {
            step.contains("isolation: Hyperv") || step.contains("--isolation") || step.contains("under Hyper-V isolation")
        })
    };
    let node = |steps: &[String]| steps.iter().filter(|step| step.contains("a node of the image's build")).count();
    for (error, of_fit) in [(mismatch, 1), (no_match, 1), (timeout, 0)] {
        for text in [
            format!("Warning  Failed  3s  kubelet  Error: {error}"),
            format!("level=error msg=\"CreateContainer within sandbox failed\" error=\"{error}\""),
            format!("Last error of pod web: {error}"),
        ] {
            let steps = explained(&text).steps;
            assert!(!isolates(&steps) && node(&steps) == of_fit, "{text}: {steps:?}");
        }
        // Where nothing names a pod, it can be a container of Docker or nerdctl. The name of an image does not name one.
        for text in [format!("docker: {error}"), format!("docker run mcr.microsoft.com/oss/kubernetes/pause:3.9: {error}")] {
            let steps = explained(&text).steps;
            assert!(isolates(&steps) && node(&steps) == 0, "{text}: {steps:?}");
        }
    }
}

#[test]
fn a_volume_that_is_not_mounted_is_not_a_layer_or_a_command() {
    hold(&[
        (
            "Warning  Failed  3s  kubelet  Error: failed to generate container \"4f1b\" spec: failed to generate spec: failed to stat \"C:\\\\data\": CreateFile C:\\data: The system cannot find the file specified.",
            "mount-source-missing",
            "directoryorcreate",
        ),
        (
            "Error: failed to generate container \"4f1b\" spec: failed to generate spec: failed to mkdir \"E:\\\\data\": mkdir E:: The system cannot find the path specified.",
            "mount-source-missing",
            "drive",
        ),
        (
            "Warning  FailedMount  3s  kubelet  MountVolume.SetUp failed for volume \"logs\" : hostPath type check failed: C:\\logs is not a directory",
            "mount-source-missing",
            "hostpath",
        ),
        (
            "Error: failed to generate container \"4f1b\" spec: failed to generate spec: failed to stat \"c:\\\\var\\\\lib\\\\kubelet\\\\pods\\\\c9e6\\\\volumes\\\\kubernetes.io~csi\\\\web\\\\mount\": CreateFile c:\\var\\lib\\kubelet\\pods\\c9e6\\volumes\\kubernetes.io~csi\\web\\mount: Access is denied.",
            "mount-source-denied",
            "smb share",
        ),
        (
            "Warning  FailedMount  9s  kubelet  MountVolume.SetUp failed for volume \"smb\" : rpc error: New-SmbGlobalMapping : Access is denied.",
            "smb-share-refused",
            "password",
        ),
        (
            "MountVolume.MountDevice failed for volume \"web\" : rpc error: code = Internal desc = volume(web) mount \"//10.0.0.4/web\" failed with NewSmbGlobalMapping(\\\\10.0.0.4\\web, c:\\globalmount) failed with error: rpc error: code = Unknown desc = NewSmbGlobalMapping failed. output: \"New-SmbGlobalMapping : The user name or password is incorrect. \\r\\nAt line:1 char:190\"",
            "smb-share-refused",
            "get-smbglobalmapping",
        ),
        (
            "MountVolume.MountDevice failed for volume \"web\" : New-SmbGlobalMapping : The network path was not found.",
            "smb-share-not-reached",
            "445",
        ),
        (
            "Warning  FailedMount  9s  kubelet  MountVolume.SetUp failed for volume \"tls\" : secret \"web-tls\" not found",
            "volume-object-missing",
            "kubectl get secret",
        ),
        (
            "MountVolume.MountDevice failed for volume \"web\" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name smb.csi.k8s.io not found in the list of registered CSI drivers",
            "csi-driver-missing",
            "daemonset",
        ),
        (
            "open \\\\.\\pipe\\csi-proxy-filesystem-v1: The system cannot find the file specified.",
            "csi-driver-missing",
            "csi-proxy",
        ),
        (
            "Warning  FailedMount  9s  kubelet  Unable to attach or mount volumes: unmounted volumes=[web], unattached volumes=[web kube-api-access-z4lsv]: timed out waiting for the condition",
            "pod-volume",
            "kubectl get pvc",
        ),
    ]);
    let denied = explained("MountVolume.MountDevice failed for volume \"web\" : rpc error: code = Internal: Access is denied.");
    assert_eq!(denied.id, "0x80070005");
    assert!(denied.meaning.starts_with("It failed while a volume of a pod was mounted"), "{}", denied.meaning);
}

/// The kubelet mounts again until it can: what the pod fails with after that is the cause.
#[test]
fn a_volume_that_was_late_does_not_hide_the_error() {
    let late = "  Warning  FailedMount  9s  kubelet  MountVolume.SetUp failed for volume \"kube-api-access-x7k2p\" : object \"shop\"/\"kube-root-ca.crt\" not registered";
    let error = "  Warning  Failed  3s  kubelet  Error: failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem 12: The container operating system does not match the host operating system.: unknown";
    assert_eq!(explained(late).id, "pod-volume");
    for text in [format!("{late}\n{error}"), format!("{error}\n{late}")] {
        assert_eq!(explained(&text).id, "0x80370101", "{text}");
    }
}

#[test]
fn a_pod_that_is_refused_or_removed_on_its_node() {
    hold(&[
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to set up sandbox container \"72a8\" network for pod \"web\": networkPlugin cni failed to set up pod \"web_shop\" network: failed to parse Kubernetes args: pod does not have label vpc.amazonaws.com/PrivateIPv4Address",
            "eks-windows-addresses",
            "enable-windows-ipam",
        ),
        (
            "Warning  Failed  3s  kubelet  Error: container's runAsUserName (ContainerAdministrator) which will be regarded as root identity and will break non-root policy (pod: \"web_shop(5d1d)\", container: web)",
            "windows-non-root",
            "containeruser",
        ),
        (
            "Error creating: admission webhook \"admission-webhook.windows-gmsa.sigs.k8s.io\" denied the request: service account \"default\" is not authorized to `use` GMSA cred spec \"web\"",
            "gmsa-not-authorized",
            "rolebinding",
        ),
        (
            "Warning  ErrImageNeverPull  3s  kubelet  Container image \"web:1\" is not present with pull policy of Never",
            "image-never-pulled",
            "crictl images",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"1c52\": plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: The system cannot find the path specified.",
            "flannel-not-ready",
            "flanneld",
        ),
        (
            "Warning  Evicted  3s  kubelet  The node was low on resource: ephemeral-storage. Threshold quantity: 5368709120, available: 4194304Ki.",
            "pod-evicted",
            "disk",
        ),
        (
            "Error: failed to create containerd container: rootpath on mountPath C:\\Windows\\SystemTemp\\ctd-volume2059, volume c:\\data: CreateFile C:\\Windows\\SystemTemp\\ctd-volume2059\\c:: The filename, directory name, or volume label syntax is incorrect.",
            "image-volume-path",
            "without `volume`",
        ),
        (
            "Warning  Failed  3s  kubelet  Error: failed to start containerd task \"web\": context deadline exceeded: unknown",
            "hcs-timeout",
            "timed out",
        ),
    ]);
}

/// The machine on which a description is pasted is not the node of the pod.
#[test]
fn of_a_pod_that_is_described_the_node_is_asked_about() {
    let text = "Namespace:  shop\nNode:  ws2025-0/10.224.0.62\n    Image:   r.test/web:1\nEvents:\n  Warning  Failed  97s  kubelet  Failed to pull image \"r.test/web:1\": rpc error: code = NotFound desc = failed to pull and unpack image \"r.test/web:1\": no match for platform in manifest: not found\n";
    let explanation = explained(text);
    assert_eq!(explanation.id, "no-match-for-platform");
    let steps = explanation.steps.join("\n");
    for said in [
        "`kubectl get node ws2025-0 -o json > node.json`",
        "CheckEntriesOn { hosts: \"node.json\", image: \"r.test/web:1\" }",
        "ClusterCheckIn(\"shop\")",
        "`kubectl get node ws2025-0 -o wide`",
    ] {
        assert!(steps.contains(said), "{said}: {steps}");
    }
    assert!(!steps.contains("containerd --version") && !steps.contains("on the host"), "{steps}");
    let log = "kubelet: no match for platform in manifest: not found";
    assert!(explained(log).steps.join("\n").contains("containerd --version"));
}
