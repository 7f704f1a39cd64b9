//! The kubelet with containerd below it: every pull asks for the node's own platform, whatever the runtime class says.

use super::{Refusal, containerd};
use crate::host::Host;
use crate::image::Image;
use crate::knowledge::EngineVersions;

/// The entry that the node pulls: what containerd takes for the node's own version. A runtime class with Hyper-V changes nothing.
pub(super) fn select(versions: &EngineVersions, host: &Host, image: &Image) -> (Option<usize>, Option<Refusal>) {
    containerd::select(versions, host, image)
}
