//! The kubelet with containerd below it: every pull asks for the node's own platform, whatever the runtime class says.

use super::{Refusal, containerd};
use crate::host::Host;
use crate::image::Image;
use crate::knowledge::EngineVersions;

/// The entry that the node pulls: what containerd takes for the node's own version. A runtime class with Hyper-V changes nothing.
///
/// From 2.1 on, containerd pulls for the kubelet by its transfer service. An index without an entry for the node is no error for that;
/// the config of the image is not found then, which is said in other words (`internal/cri/server/images/image_pull.go`).
pub(super) fn select(versions: &EngineVersions, host: &Host, image: &Image) -> (Option<usize>, Option<Refusal>) {
    let (candidate, refusal) = containerd::select(versions, host, image);
    let in_its_words = |refusal| match (refusal, versions.kubelet_message) {
        (Refusal::NoEntry { containerd, .. }, Some(words)) => Refusal::NoEntry { words, containerd },
        (refusal, _) => refusal,
    };
    (candidate, refusal.map(in_its_words))
}
