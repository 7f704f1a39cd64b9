//! Whether words about a network or a certificate are about a registry: probes, webhooks, network plugins and programs of every kind
//! print the same ones.

use super::evidence::{Evidence, What};
use super::paste::Paste;
use super::traces;
use crate::knowledge::Peer;

/// The most bytes between such words and what says whom they are about.
const NEAR: usize = 400;

/// Parts of texts about a registry, in the form of [`Paste::text`]: hosts, addresses below them, and what is done there.
const OF_REGISTRIES: [&str; 38] = [
    "docker.io",
    "mcr.microsoft.com",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "azurecr.io",
    "azurecr.cn",
    "azurecr.us",
    ".pkg.dev",
    ".dkr.ecr.",
    "registry.k8s.io",
    "containerregistry",
    "dockerregistry",
    "docker://",
    "/v2/:",
    "/v2/failed",
    "/manifests/",
    "/blobs/",
    "httpreadseeker",
    "dockerpull",
    "podmanpull",
    "nerdctlpull",
    "crictlpull",
    "imagepull",
    "imagespull",
    "pullimage",
    "pullingimage",
    "failedtopull",
    "unabletopull",
    "errorpulling",
    "failedtopush",
    "failedtofetch",
    "failedtoresolve",
    "failedtoauthorize",
    "fetchingblob",
    "copyingblob",
    "readingmanifest",
    "loadmetadata",
];

/// Takes out words about a network that are not about a registry. Where nothing says whom they are about, they stay only if nothing in the
/// text names a container, and all else that is known is printed by programs of every kind: what is said about them is then conditional.
pub(super) fn leave_out_others(paste: &Paste, found: &mut Vec<Evidence>) {
    let peers: Vec<Option<Peer>> = found.iter().map(|one| peer(paste, found, one)).collect();
    let are_open = traces::are_missing(paste, found);
    let mut peers = peers.into_iter();
    found.retain(|one| {
        let peer = peers.next().flatten();
        !needs_registry(one) || peer == Some(Peer::Registry) || peer.is_none() && are_open
    });
}

/// True for words that are about a registry only where something near says so.
fn needs_registry(one: &Evidence) -> bool {
    one.general && matches!(one.what, What::Message(message) if message.peer == Some(Peer::Registry))
}

/// Whom words are about: what is known before them decides, the nearest first, then other parts of their statement.
fn peer(paste: &Paste, found: &[Evidence], one: &Evidence) -> Option<Peer> {
    if !needs_registry(one) {
        return None;
    }
    let around = paste.around(one.start, one.end, NEAR);
    let begin = found.partition_point(|other| other.start < around.start);
    let end = found.partition_point(|other| other.start < one.start);
    let before = found.get(begin..end).unwrap_or_default().iter();
    before.rev().find_map(said_peer).or_else(|| {
        let text = paste.text.get(around)?;
        OF_REGISTRIES.iter().any(|part| text.contains(part)).then_some(Peer::Registry)
    })
}

/// The other end that an operation or a message names by itself.
fn said_peer(one: &Evidence) -> Option<Peer> {
    match one.what {
        What::Operation(operation) => operation.message.peer,
        What::Message(message) if !one.general => message.peer,
        _ => None,
    }
}
