//! What an error is about: the image, the network, the volumes or the start of a container. An operation that is about something else than
//! the error that is explained failed by itself.

use super::evidence::{Evidence, What};
use crate::knowledge::{ErrorCode, ErrorMessage, Operation, Peer};

/// A part of what an engine does for a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The image: found, pulled and unpacked.
    Image,
    /// The network of a container or of a pod.
    Network,
    /// What is mounted.
    Volume,
    /// The container and its first program. Whatever fails before can end it too.
    Start,
}

/// Messages about finding and pulling an image that name no registry.
const OF_IMAGES: [&str; 18] = [
    "no-matching-manifest",
    "no-match-for-platform",
    "no-platform-for-tool",
    "build-no-match-for-platform",
    "windows-version-incompatible",
    "manifest-unknown",
    "content-missing",
    "linux-on-windows",
    "windows-on-linux",
    "schema-1",
    "sandbox-image-not-pulled",
    "wanted-windows-found-linux",
    "wanted-linux-found-windows",
    "wanted-other-platform",
    "image-never-pulled",
    "registry-login",
    "rate-limited",
    "credential-helper",
];

/// Messages about a network.
const OF_NETWORKS: [&str; 7] = [
    "network-missing",
    "network-driver-missing",
    "cni-plugin-missing",
    "flannel-not-ready",
    "eks-windows-addresses",
    "port-reserved",
    "port-with-address",
];

/// Messages about volumes.
const OF_VOLUMES: [&str; 8] = [
    "mount-refused",
    "mount-source-missing",
    "mount-source-denied",
    "smb-share-refused",
    "smb-share-not-reached",
    "volume-object-missing",
    "csi-driver-missing",
    "image-volume-path",
];

/// What something found is about, if that is known.
pub(super) fn of(one: &Evidence) -> Option<Subject> {
    match one.what {
        What::Operation(operation) => of_operation(operation),
        What::Message(message) => of_message(message),
        What::Number(error) | What::Sentence(error) => of_code(error),
        What::Unknown(_) | What::Remark => None,
    }
}

/// What an operation is about; `None` for one in which everything else happens, such as the start of a pod's sandbox.
pub(super) fn of_operation(operation: &Operation) -> Option<Subject> {
    of_id(&operation.message.id)
}

/// What the operation of this id is about.
fn of_id(operation: &str) -> Option<Subject> {
    match operation {
        "resolve-image" | "register-layer" => Some(Subject::Image),
        "pod-network" | "hns" => Some(Subject::Network),
        "pod-volume" => Some(Subject::Volume),
        "prepare-layer" | "service-vm" | "create-container" | "create-process" => Some(Subject::Start),
        _ => None,
    }
}

/// What a message is about: by its words, or by the operation that it is a case of.
fn of_message(message: &ErrorMessage) -> Option<Subject> {
    let id = message.id.as_str();
    if message.peer == Some(Peer::Registry) || OF_IMAGES.contains(&id) {
        Some(Subject::Image)
    } else if OF_NETWORKS.contains(&id) {
        Some(Subject::Network)
    } else if OF_VOLUMES.contains(&id) {
        Some(Subject::Volume)
    } else {
        message.cases.iter().find_map(|case| of_id(&case.operation))
    }
}

/// The numbers of the services that run containers say what they are about.
const fn of_code(error: &ErrorCode) -> Option<Subject> {
    match error.code >> 16 {
        0x803b => Some(Subject::Network),
        0x8037 | 0xc037 => Some(Subject::Start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Errors;

    #[test]
    fn every_name_is_that_of_a_message() {
        for id in OF_IMAGES.iter().chain(&OF_NETWORKS).chain(&OF_VOLUMES) {
            assert!(Errors::built_in().messages.iter().any(|message| message.id == *id), "{id}");
        }
    }

    #[test]
    fn errors_are_about_what_their_service_does() {
        let errors = Errors::built_in();
        let message = |id: &str| of_message(errors.messages.iter().find(|message| message.id == id).unwrap());
        let operation = |id: &str| of_operation(errors.operations.iter().find(|operation| operation.message.id == id).unwrap());
        assert_eq!(message("registry-not-reached"), Some(Subject::Image));
        assert_eq!(message("hns-unspecified"), Some(Subject::Network));
        assert_eq!(message("daemon-json"), None);
        assert_eq!(operation("pod-network"), Some(Subject::Network));
        assert_eq!(operation("pod-sandbox"), None);
        assert_eq!(of_code(errors.by_number(0xc037_0106).unwrap()), Some(Subject::Start));
        assert_eq!(of_code(errors.by_number(0x803b_0013).unwrap()), Some(Subject::Network));
        assert_eq!(of_code(errors.by_number(0x8007_0005).unwrap()), None);
    }
}
