//! Compute systems of this machine: which generation, and so which DLL, each isolation uses.

use std::sync::Arc;
use std::time::Duration;

use super::computecore::{ArgonContainer, ComputeCore};
use super::dll::Lazy;
use super::vmcompute::{VmCompute, XenonContainer};
use crate::Isolation;
use crate::hcs::call::Result;
use crate::hcs::compute_systems::{ComputeSystems, Container};
use crate::hcs::documents::{ContainerDocument, SystemProperties, SystemQuery};
use crate::hcs::id::ContainerId;
use crate::hcs::trace::Trace;

/// Both generations of compute systems. Each DLL is loaded at its first call.
pub(super) struct LocalSystems {
    trace: Arc<Trace>,
    timeout: Duration,
    computecore: Lazy<Arc<ComputeCore>>,
    vmcompute: Lazy<Arc<VmCompute>>,
}

impl LocalSystems {
    /// The compute systems of this machine; every call is traced, and ends after this timeout.
    pub const fn new(trace: Arc<Trace>, timeout: Duration) -> Self {
        Self { trace, timeout, computecore: Lazy::new(), vmcompute: Lazy::new() }
    }

    fn computecore(&self) -> Result<&Arc<ComputeCore>> {
        self.computecore.get_or_load(|| ComputeCore::load(Arc::clone(&self.trace), self.timeout).map(Arc::new))
    }

    fn vmcompute(&self) -> Result<&Arc<VmCompute>> {
        self.vmcompute.get_or_load(|| VmCompute::load(Arc::clone(&self.trace), self.timeout).map(Arc::new))
    }
}

impl ComputeSystems for LocalSystems {
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        self.computecore()?.schema_versions()
    }

    fn create(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>> {
        let id = id.to_string();
        Ok(match document {
            ContainerDocument::Argon(document) => Box::new(ArgonContainer::create(self.computecore()?, &id, document)?),
            ContainerDocument::Xenon(document) => Box::new(XenonContainer::create(self.vmcompute()?, &id, document)?),
        })
    }

    fn open(&self, id: &str, isolation: Isolation) -> Result<Option<Box<dyn Container>>> {
        Ok(match isolation {
            Isolation::Process => ArgonContainer::open(self.computecore()?, id)?.map(|container| Box::new(container) as _),
            Isolation::Hyperv => XenonContainer::open(self.vmcompute()?, id)?.map(|container| Box::new(container) as _),
        })
    }

    fn enumerate(&self, isolation: Isolation, query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        match isolation {
            Isolation::Process => self.computecore()?.enumerate(query),
            Isolation::Hyperv => self.vmcompute()?.enumerate(query),
        }
    }
}
