//! What could not be released: the answer of `hcsemu left`.

use crate::layers::scratch::VM_GROUP;
use crate::network::networks;
use crate::state::{Kind, Phase, State};
use std::path::Path;

/// One line for each thing that is still there and should not be. Template VMs are the service's own and do not count.
pub fn list(state: &State) -> Vec<String> {
    let mut left = Vec::new();
    for (id, system) in &state.systems {
        if system.kind != Kind::Template && system.phase != Phase::Stopped {
            left.push(format!("compute system {id} ({:?}, {:?}, owner {:?})", system.kind, system.phase, system.owner));
        }
    }
    for (path, active) in &state.active {
        left.push(format!("layer {path} is {}", if active.prepared.is_some() { "prepared" } else { "active" }));
    }
    for path in &state.scratches {
        if Path::new(path).join("sandbox.vhdx").exists() {
            left.push(format!("scratch {path}"));
        }
    }
    for (id, endpoint) in &state.endpoints {
        left.push(format!("endpoint {id} ({}, ports {:?})", endpoint.address, endpoint.ports));
    }
    for id in state.namespaces.keys() {
        left.push(format!("namespace {id}"));
    }
    let configured = networks::configured();
    for (id, network) in state.networks.iter().flatten().filter(|(id, _)| !configured.contains_key(*id)) {
        left.push(format!("network {id} ({})", network.name));
    }
    for (vm, file) in &state.grants {
        if vm != VM_GROUP && Path::new(file).exists() {
            left.push(format!("access of {vm} to {file}"));
        }
    }
    left.extend(state.crashes.iter().map(|why| format!("the service crashed: {why}")));
    left
}
