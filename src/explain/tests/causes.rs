//! Pastes in which cleaning up fails as well: the cause is explained, and what failed behind it only where nothing else is known.

use super::explained;

/// A failure of process isolation, as an event and as a line of a log.
const MISMATCH: [&str; 2] = [
    "  Warning  Failed  9s  kubelet  Error: failed to create containerd task: failed to create shim task: hcs::CreateComputeSystem web: The container operating system does not match the host operating system.: unknown",
    "time=\"2024-05-01T10:00:00.1Z\" level=error msg=\"CreateContainer within sandbox failed\" error=\"failed to create containerd task: hcs::CreateComputeSystem web: The container operating system does not match the host operating system.: unknown\"",
];

/// Errors of cleaning up, with the id of the explanation of each alone.
const CLEANUP: [(&str, &str); 5] = [
    (
        "  Warning  FailedKillPod  2s  kubelet  error killing pod: failed to \"KillPodSandbox\" for \"x\" with KillPodSandboxError: \"rpc error: code = Unknown desc = failed to destroy network for sandbox \\\"x\\\": plugin type=\\\"azure-vnet\\\" failed (delete): HNS failed with error : Element not found. \"",
        "0x80070490",
    ),
    (
        "time=\"2024-05-01T10:00:00.2Z\" level=error msg=\"failed to cleanup layer\" error=\"hcsshim::DestroyLayer failed in Win32: Access is denied. (0x5)\"",
        "0x80070005",
    ),
    (
        "time=\"2024-05-01T10:00:00.2Z\" level=error msg=\"StopPodSandbox for \\\"x\\\" failed\" error=\"failed to destroy network: plugin type=\\\"azure-vnet\\\" failed (delete): hnsCall failed in Win32: The parameter is incorrect. (0x57)\"",
        "0x80070057",
    ),
    (
        "E0501 10:00:00.000000    1234 pod.go:1] plugin type=\"azure-vnet\" failed (delete): HNS failed with error : Element not found.",
        "0x80070490",
    ),
    ("hcsshim::DestroyLayer failed in Win32: Access is denied. (0x5)", "0x80070005"),
];

#[test]
fn the_cause_is_explained_and_not_cleaning_up_behind_it() {
    for mismatch in MISMATCH {
        for (cleanup, _) in CLEANUP {
            assert_eq!(explained(&format!("{mismatch}\n{cleanup}")).id, "0x80370101", "{cleanup}");
        }
    }
    // In one statement, and before what only follows.
    let one = format!(
        "hcs::CreateComputeSystem web: The container operating system does not match the host operating system.\n{}",
        CLEANUP[4].0
    );
    assert_eq!(explained(&one).id, "0x80370101");
}

#[test]
fn cleaning_up_is_explained_where_nothing_else_is_known() {
    for (cleanup, id) in CLEANUP {
        assert_eq!(explained(cleanup).id, id, "{cleanup}");
        let waits = format!("{cleanup}\n  Warning  BackOff  1s  kubelet  Back-off restarting failed container web in pod web");
        assert_eq!(explained(&waits).id, id, "{waits}");
    }
}

#[test]
fn setting_up_that_fails_is_no_cleaning_up() {
    let text = "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"x\": plugin type=\"azure-vnet\" failed (add): HNS failed with error : Element not found.";
    assert_eq!(explained(&format!("{}\n  Warning  FailedCreatePodSandBox  1s  kubelet  {text}", MISMATCH[0])).id, "0x80070490");
}
