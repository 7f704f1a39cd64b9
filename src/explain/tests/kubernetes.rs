//! Pastes of Kubernetes and ECS that refuse a pod or a task before an image is used.

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
    assert_eq!(super::explained(reserved).id, "name-reserved");
    assert_eq!(super::explained(&both).id, "0x80370106");
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
