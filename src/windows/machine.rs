//! This machine, as the life of a container sees it.

use std::sync::Arc;
use std::time::Duration;

use super::compute_systems::LocalSystems;
use super::computenetwork::ComputeNetwork;
use super::wclayer::WcLayer;
use crate::hcs::compute_systems::ComputeSystems;
use crate::hcs::layers::Layers;
use crate::hcs::machine::Machine;
use crate::hcs::networks::Networks;
use crate::hcs::trace::Trace;

/// The Host Compute Service, the Host Network Service and the layers of this machine. Each DLL is loaded at its first call.
pub(crate) struct LocalMachine {
    systems: LocalSystems,
    layers: WcLayer,
    networks: ComputeNetwork,
}

/// Connects to this machine. Every call is traced, and ends after this timeout.
pub fn connect(trace: Trace, timeout: Duration) -> Box<dyn Machine> {
    Box::new(LocalMachine::new(trace, timeout))
}

impl LocalMachine {
    /// This machine; every call is traced, and ends after this timeout.
    pub(crate) fn new(trace: Trace, timeout: Duration) -> Self {
        let trace = Arc::new(trace);
        Self {
            systems: LocalSystems::new(Arc::clone(&trace), timeout),
            layers: WcLayer::new(Arc::clone(&trace)),
            networks: ComputeNetwork::new(trace),
        }
    }
}

impl Machine for LocalMachine {
    fn systems(&self) -> &dyn ComputeSystems {
        &self.systems
    }

    fn layers(&self) -> &dyn Layers {
        &self.layers
    }

    fn networks(&self) -> &dyn Networks {
        &self.networks
    }
}
