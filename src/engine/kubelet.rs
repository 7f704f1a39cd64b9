//! The kubelet with containerd below it: every pull asks for the node's own platform, whatever the runtime class says. With Docker below
//! it, by dockershim or cri-dockerd, every pull is Docker's own.

use super::{Refusal, containerd, graph_driver};
use crate::Engine;
use crate::host::Host;
use crate::image::Image;
use crate::knowledge::EngineVersions;

/// The entry that the node pulls: what the program below the kubelet takes for the node's own version. A runtime class with Hyper-V
/// changes nothing.
///
/// From 2.1 on, containerd pulls for the kubelet by its transfer service. An index without an entry for the node is no error for that;
/// the config of the image is not found then, which is said in other words (`internal/cri/server/images/image_pull.go`).
pub(super) fn select(versions: &EngineVersions, host: &Host, image: &Image) -> (Option<usize>, Option<Refusal>) {
    let (candidate, refusal) = match versions.engine {
        Engine::Docker => graph_driver::select(versions, host, image),
        Engine::Containerd | Engine::Kubernetes | Engine::Wincompat => containerd::select(versions, host, image),
    };
    let in_its_words = |refusal| match (refusal, versions.kubelet_message) {
        (Refusal::NoEntry { containerd, .. }, Some(words)) => Refusal::NoEntry { words, containerd },
        (refusal, _) => refusal,
    };
    (candidate, refusal.map(in_its_words))
}
