//! Pastes with words about a network or a certificate: those about a registry, and those about something else.

use super::kinds::hold;
use super::*;

/// A probe that gets no answer, as an event.
const PROBE: &str = "  Warning  Unhealthy  5s (x3 over 50s)  kubelet  Readiness probe failed: Get \"http://10.244.2.9:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

#[test]
fn a_probe_a_webhook_or_a_network_plugin_does_not_hide_the_error() {
    let probes = [
        PROBE,
        "  Warning  Unhealthy  5s  kubelet  Liveness probe failed: Get \"http://10.1.1.1:80/\": dial tcp 10.1.1.1:80: i/o timeout",
        "  Warning  Unhealthy  5s  kubelet  Startup probe failed: Get \"https://10.1.1.1/v2/\": x509: certificate signed by unknown authority",
        "  Warning  Unhealthy  5s  kubelet  Readiness probe failed: Get \"http://10.1.1.1:80/\": dial tcp 10.1.1.1:80: connectex: No connection could be made because the target machine actively refused it.",
        "E0501 10:00:00.000000    1234 prober.go:111] \"Probe failed\" probeType=\"Readiness\" pod=\"shop/web\" output=\"Get http://10.1.1.1:80/: net/http: request canceled\"",
        "  Warning  FailedCreate  5s  replicaset-controller  Error creating: Internal error occurred: failed calling webhook \"pods.example.com\": failed to call webhook: Post \"https://web.web.svc:443/mutate?timeout=3s\": dial tcp 10.0.12.1:443: i/o timeout",
    ];
    let errors = [
        ("    Last State:     Terminated\n      Exit Code:    3221225781\nEvents:", "0xc0000135"),
        (
            "  Warning  Failed  9s  kubelet  Error: failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem web: The container operating system does not match the host operating system.: unknown",
            "0x80370101",
        ),
    ];
    for probe in probes.iter().take(5) {
        for (error, id) in errors {
            assert_eq!(explained(&format!("{error}\n{probe}")).id, id, "{probe}");
        }
    }
    for probe in probes {
        let id = explained(probe).id;
        assert!(["probe-failed", "webhook-not-reached"].contains(&id.as_str()), "{id}: {probe}");
    }
}

#[test]
fn what_was_not_reached_is_named() {
    hold(&[
        (PROBE, "probe-failed", "probe"),
        (
            "Error from server (InternalError): Internal error occurred: failed calling webhook \"pods.example.com\": failed to call webhook: Post \"https://web.web.svc:443/mutate?timeout=3s\": x509: certificate signed by unknown authority",
            "webhook-not-reached",
            "cabundle",
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"0a1b\": plugin type=\"calico\" failed (add): error getting ClusterInformation: Get \"https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default\": dial tcp 10.96.0.1:443: i/o timeout",
            "pod-network",
            "network plugin",
        ),
        (
            "Unable to connect to the server: dial tcp: lookup shop-dns-1234.hcp.westeurope.azmk8s.io: no such host",
            "cluster-not-reached",
            "kubeconfig",
        ),
        (
            "E0501 10:00:00.000000 1234 memcache.go:265] couldn't get current server API group list: Get \"https://10.0.0.1:6443/api?timeout=32s\": x509: certificate signed by unknown authority",
            "cluster-not-reached",
            "kubeconfig",
        ),
        (
            "error during connect: Get \"http://10.1.2.3:2375/v1.24/info\": dial tcp 10.1.2.3:2375: connectex: No connection could be made because the target machine actively refused it.",
            "docker-not-reached",
            "engine",
        ),
    ]);
}

#[test]
fn words_about_a_registry_are_explained() {
    hold(&[
        (
            "Error response from daemon: Get \"https://registry.corp:5000/v2/\": dial tcp 10.1.2.3:5000: connectex: No connection could be made because the target machine actively refused it.",
            "registry-not-reached",
            "refused",
        ),
        (
            "Error response from daemon: Get \"https://registry.corp:5000/v2/\": dial tcp 10.1.2.3:5000: connect: connection refused",
            "registry-not-reached",
            "refused",
        ),
        (
            "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp 3.2.1.4:443: connectex: A connection attempt failed because the connected party did not properly respond after a period of time, or established connection failed because connected host has failed to respond.",
            "registry-not-reached",
            "firewall",
        ),
        (
            "Failed to pull image \"reg.corp/web:1\": failed to copy: read tcp 10.0.0.4:50000->150.171.69.10:443: wsarecv: An existing connection was forcibly closed by the remote host.",
            "registry-not-reached",
            "closed",
        ),
        (
            "Error response from daemon: Get \"https://192.168.1.5:5000/v2/\": http: server gave HTTP response to HTTPS client",
            "registry-without-tls",
            "insecure-registries",
        ),
        (
            "Error response from daemon: Get \"https://mcr.microsoft.com/v2/\": Proxy Authentication Required",
            "proxy-login",
            "407",
        ),
        (
            "Get \"https://reg.corp/v2/\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
            "certificate-not-trusted",
            "expired",
        ),
        (
            "Warning  Unhealthy  9s  kubelet  Readiness probe failed: connection closed\nWarning  Failed  5s  kubelet  Failed to pull image \"reg.corp/web:1\": failed to do request: Head \"https://reg.corp/v2/web/manifests/1\": net/http: TLS handshake timeout",
            "registry-not-reached",
            "registry",
        ),
        (
            "error: registry.corp/web:1: cannot connect to registry.corp: failed to lookup address information: Name or service not known",
            "registry-not-reached",
            "dns",
        ),
        ("wincompat: cannot connect to registry.corp: No such host is known. (os error 11001)", "registry-not-reached", "dns"),
        ("failed to lookup address information: Name or service not known", "registry-not-reached", "dns"),
        (
            "podman pull registry.corp/web: lookup registry.corp: Temporary failure in name resolution",
            "registry-not-reached",
            "dns",
        ),
        // A probe before it in the same statement is not what its words are about.
        (
            "Readiness probe failed: no answer\nFailed to pull image \"reg.corp/web:1\": dial tcp 10.1.2.3:443: i/o timeout",
            "registry-not-reached",
            "registry",
        ),
    ]);
}

#[test]
fn a_program_in_a_container_that_reaches_nothing_is_not_explained() {
    for text in [
        "container web: dial tcp 10.1.2.3:5432: i/o timeout",
        "kubelet: Get \"https://10.0.0.1:6443/api/v1/nodes\": net/http: request canceled",
        "The command 'cmd /S /C npm ci' returned a non-zero code: 1: self-signed certificate in certificate chain",
        "pod web: read tcp 10.0.0.4:50000->10.1.2.3:443: wsarecv: An existing connection was forcibly closed by the remote host.",
    ] {
        assert_eq!(explain(text, &context()), None, "{text}");
    }
}
